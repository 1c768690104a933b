# TLS under the library's servers and clients: asyncio's streams, http.server with urllib and http.client.
# test: timeout=60
import asyncio
import http.client
import http.server
import os
import re
import ssl
import threading
import urllib.error
import urllib.request

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "")
serving = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
serving.load_cert_chain(DATA + "localhost.pem")
trusting = ssl.create_default_context(cafile=DATA + "authority.pem")


def told(error):
    return re.sub(r" \(_ssl[^)]*\)", "", str(error))


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def one_client(port, number):
    reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
    writer.write(b"thread %d\n" % number)
    answer = await reader.readline()
    big = b"w" * 300_000 + b"\n"
    writer.write(big)
    same = await reader.readexactly(len(big)) == big.upper()
    kind = writer.get_extra_info("ssl_object").version()
    writer.close()
    await writer.wait_closed()
    return answer, same, kind


async def upgraded():
    """A connection that becomes TLS half-way."""
    async def serve(reader, writer):
        await reader.readline()
        writer.write(b"go on\n")
        await writer.drain()
        await writer.start_tls(serving)
        await echo(reader, writer)

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"start\n")
    print(await reader.readline())
    await writer.start_tls(trusting, server_hostname="localhost")
    writer.write(b"hidden\n")
    print(await reader.readline(), writer.get_extra_info("peercert")["subject"])
    writer.close()
    server.close()


async def main():
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    server = await asyncio.start_server(echo, "127.0.0.1", 0, ssl=serving, limit=1 << 20)
    port = server.sockets[0].getsockname()[1]
    for answer in await asyncio.gather(*[one_client(port, i) for i in range(8)]):
        print(answer)
    for name, context in ("heddle.example", trusting), ("localhost", ssl.create_default_context()):
        try:
            await asyncio.open_connection("127.0.0.1", port, ssl=context, server_hostname=name)
        except ssl.SSLCertVerificationError as error:
            print(error.verify_code, told(error))
    server.close()
    await server.wait_closed()
    if hasattr(asyncio.StreamWriter, "start_tls"):
        await upgraded()


asyncio.run(main())


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        body = self.path.encode() * 1000
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))[::-1]
        self.send_response(201)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *given):
        pass


class Server(http.server.ThreadingHTTPServer):
    def handle_error(self, request, client):
        pass


server = Server(("127.0.0.1", 0), Handler)
server.socket = serving.wrap_socket(server.socket, server_side=True)
thread = threading.Thread(target=server.serve_forever, args=(0.05,))
thread.start()
url = f"https://localhost:{server.server_port}"
with urllib.request.urlopen(url + "/warp", context=trusting) as answer:
    print(answer.status, answer.read() == b"/warp" * 1000)
try:
    urllib.request.urlopen(url, context=ssl.create_default_context())
except urllib.error.URLError as error:
    print(type(error.reason).__name__, told(error.reason))
connection = http.client.HTTPSConnection("localhost", server.server_port, context=trusting)
for size in 10, 100_000:
    connection.request("POST", "/", b"ab" * size)
    answer = connection.getresponse()
    print(answer.status, answer.read() == b"ba" * size)
connection.close()
server.shutdown()
thread.join()
server.server_close()
