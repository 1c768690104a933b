# One TLS connection, context or memory BIO in the hands of several threads at once; and in a forked child.
# test: timeout=90
import os
import socket
import ssl
import sys
import threading

DATA = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lib", "data", "")


def contexts():
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(DATA + "localhost.pem")
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.load_verify_locations(DATA + "authority.pem")
    return client, server


def connected(client, server):
    """Both ends of a connection."""
    left, right = socket.socketpair()
    ends = []
    thread = threading.Thread(target=lambda: ends.append(server.wrap_socket(right, server_side=True)))
    thread.start()
    mine = client.wrap_socket(left, server_hostname="localhost")
    thread.join()
    return mine, ends[0]


def run(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def read_exactly(connection, size):
    data = b""
    while len(data) < size:
        piece = connection.recv(65536)
        assert piece, "early end"
        data += piece
    return data


def part(wanted, function):
    """CPython 3.11 has no lock for what is shared here and fails or hangs at times: what it must give is told for it."""
    print(wanted if sys.implementation.name == "cpython" else function())


def reader_that_waits():
    """It keeps nobody from writing or asking."""
    mine, theirs = connected(*contexts())
    reading = threading.Event()
    got = []

    def wait_and_read():
        reading.set()
        got.append(mine.recv(100))

    reader = threading.Thread(target=wait_and_read)
    reader.start()
    reading.wait()
    for _ in range(50):
        mine.sendall(b"ping")
        assert mine.version() == "TLSv1.3" and mine.cipher() and mine.pending() == 0
    assert read_exactly(theirs, 200) == b"ping" * 50
    theirs.sendall(b"pong")
    reader.join()
    return got


def both_directions():
    """More than the kernel keeps, so that writers wait while the same ends are read; two writers take turns."""
    mine, theirs = connected(*contexts())
    size = 1 << 20
    results = []
    run(lambda: mine.sendall(b"a" * size), lambda: mine.sendall(b"a" * size), lambda: theirs.sendall(b"b" * size),
        lambda: results.append(read_exactly(mine, size) == b"b" * size),
        lambda: results.append(read_exactly(theirs, 2 * size) == b"a" * (2 * size)))
    return results


def shared_context():
    """Handshakes with contexts that others change and ask meanwhile."""
    client, server = contexts()
    client.maximum_version = ssl.TLSVersion.TLSv1_2
    stop = threading.Event()
    done = []

    def change():
        while not stop.is_set():
            server.set_alpn_protocols(["a", "b"])
            server.load_cert_chain(DATA + "localhost.pem", DATA + "locked.key", lambda: "heddle")
            client.load_verify_locations(cadata=authority)
            client.set_ciphers("ECDHE+AESGCM")
            server.set_ciphers("DEFAULT")
            client.verify_flags ^= ssl.VERIFY_X509_PARTIAL_CHAIN
            assert client.get_ca_certs() and client.cert_store_stats()["x509"] == 1

    def shake():
        for _ in range(5):
            mine, theirs = connected(client, server)
            mine.sendall(b"x")
            done.append(len(theirs.recv(1)))

    with open(DATA + "authority.pem") as file:
        authority = file.read()
    changer = threading.Thread(target=change)
    changer.start()
    run(*[shake] * 4)
    stop.set()
    changer.join()
    return sum(done)


def memory():
    """The queues of memory BIOs, each end in a thread of its own."""
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    client, server = contexts()
    near = client.wrap_bio(to_client, to_server, server_hostname="localhost")
    far = server.wrap_bio(to_server, to_client, server_side=True)

    def persist(function, *args):
        while True:
            try:
                return function(*args)
            except ssl.SSLWantReadError:
                pass

    def talk(end, first):
        persist(end.do_handshake)
        for i in range(200):
            if first:
                end.write(b"%d" % i)
            assert persist(end.read, 10) == b"%d" % i
            if not first:
                end.write(b"%d" % i)

    run(lambda: talk(near, True), lambda: talk(far, False))
    return near.version(), near.cipher() == far.cipher()


part([b"pong"], reader_that_waits)
part([True, True], both_directions)
part(20, shared_context)
part(("TLSv1.3", True), memory)

# A callback of OpenSSL's may use the connection that it is called for.
seen = []


def choose(connection, name, context):
    seen.append((name, connection.version(), connection.cipher(), connection.server_side))
    connection.context = spare


client, server = contexts()
spare = contexts()[1]
server.sni_callback = choose
mine, theirs = connected(client, server)
print(seen, theirs.context is spare)
mine.close()
theirs.close()

# A child goes on with a connection and makes others.
client, server = contexts()
mine, theirs = connected(client, server)
child = os.fork()
if child == 0:
    mine.sendall(b"from the child")
    one, other = connected(client, server)
    other.sendall(b"new")
    mine.sendall(one.recv(3))
    os._exit(0)
print(read_exactly(theirs, 17), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
