# TLS over sockets and over memory: handshakes, what is known of a connection, and what is refused.
# test: timeout=60
import os
import re
import socket
import ssl
import sys
import tempfile
import threading

DATA = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "")


folder = "none yet"


def told(error):
    """An exception's text without the place in C."""
    return re.sub(r" \(_ssl[^)]*\)", "", str(error)).replace(folder, "FOLDER")


def show(call):
    try:
        result = call()
    except Exception as error:
        print("  ", type(error).__name__, error.errno if isinstance(error, OSError) else "", told(error),
              getattr(error, "reason", ""), getattr(error, "library", ""), getattr(error, "verify_code", ""),
              getattr(error, "verify_message", ""))
    else:
        print("  ", result)


def server_context(name="localhost.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(DATA + name)
    return context


def client_context(authority="authority.pem"):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(DATA + authority)
    return context


class Server(threading.Thread):
    """Serves connections, one after the other: sends back what it reads, in capitals."""

    def __init__(self, context, connections=1):
        super().__init__()
        self.context, self.connections, self.failures = context, connections, []
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = self.socket.getsockname()
        self.start()

    def run(self):
        for _ in range(self.connections):
            plain, _ = self.socket.accept()
            plain.settimeout(20)
            try:
                with self.context.wrap_socket(plain, server_side=True) as connection:
                    self.connection = connection
                    while data := connection.recv(1000):
                        connection.sendall(data.upper())
            except OSError as error:
                self.failures.append((type(error).__name__, told(error)))
        self.socket.close()


def connect(server, context, name="localhost", **options):
    return context.wrap_socket(socket.create_connection(server.address, 20), server_hostname=name, **options)


print("a conversation")
for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
    context = client_context()
    context.minimum_version = context.maximum_version = version
    server = Server(server_context())
    with connect(server, context) as client:
        print(client.version(), client.cipher(), client.compression(), client.server_hostname, client.server_side)
        for size in 1, 1000, 40_000:
            client.sendall(b"a" * size)
            got = 0
            while got < size:
                piece = client.recv(size)
                assert piece and set(piece) == {65}
                got += len(piece)
        buffer = bytearray(b"." * 10)
        client.sendall(b"loom")
        print(client.recv_into(buffer, 4), buffer, client.pending(), client.read(0))
        print(client.getpeercert() == ssl._ssl._test_decode_cert(DATA + "localhost.pem"))
        print(len(client.getpeercert(True)), client.selected_alpn_protocol())
        binding = client.get_channel_binding()
        print(len(binding), type(client.session), client.session_reused, client.session == client.session)
        client.unwrap().close()
    server.join()
    print(server.failures)
print(ssl._ssl._test_decode_cert(DATA + "localhost.pem"))

print("verification")
cases = [("localhost.pem", "authority.pem", "localhost"), ("localhost.pem", "authority.pem", "127.0.0.1"),
         ("localhost.pem", "authority.pem", "::1"), ("localhost.pem", "authority.pem", "127.0.0.2"),
         ("localhost.pem", "authority.pem", "heddle.example"), ("other.pem", "authority.pem", "other.example"),
         ("other.pem", "authority.pem", "a.wild.example"), ("other.pem", "authority.pem", "a.b.wild.example"),
         ("selfsigned.pem", "authority.pem", "localhost"), ("selfsigned.pem", "selfsigned.pem", "localhost")]
for certificate, authority, name in cases:
    print(certificate, authority, name)
    server = Server(server_context(certificate))

    def talk():
        with connect(server, client_context(authority), name) as client:
            client.sendall(b"x")
            return client.recv(1)
    show(talk)
    server.join()
    print("  ", server.failures)
context = client_context()
show(lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=""))
show(lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=".localhost"))
context.check_hostname = False
show(lambda: context.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_side=True))
show(lambda: server_context().wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO()))


class Pair:
    """Two ends over memory."""

    def __init__(self, client, server, name="localhost", **options):
        self.bios = to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.client = client.wrap_bio(to_client, to_server, server_hostname=name, **options)
        self.server = server.wrap_bio(to_server, to_client, server_side=True)

    def handshake(self):
        """Both ends' steps, until nobody wants to read any more."""
        waiting = [self.client, self.server]
        for _ in range(10):
            for end in waiting[:]:
                try:
                    end.do_handshake()
                    waiting.remove(end)
                except ssl.SSLWantReadError:
                    pass
        return not waiting


print("memory")
pair = Pair(client_context(), server_context())
show(pair.client.do_handshake)
print(pair.bios[1].pending > 200, pair.client.version(), pair.client.cipher())
show(lambda: pair.client.session)
show(pair.client.getpeercert)
print(pair.handshake(), pair.client.version(), pair.server.getpeercert())
show(lambda: pair.client.read(10))
print(pair.server.write(b"warp and weft"), pair.client.read(4), pair.client.pending(), pair.client.read(), pair.client.write(b""))
show(pair.client.unwrap)
show(pair.server.unwrap)
show(lambda: pair.client.write(b"x"))
show(lambda: pair.client.read(-1))
bio = ssl.MemoryBIO()
print(bio.read(), bio.eof, bio.pending, bio.write(b"abc"), bio.write(memoryview(b"de")), bio.read(2), bio.pending)
bio.write_eof()
print(bio.eof, bio.read(), bio.eof, bio.read())
show(lambda: bio.write(b"x"))
show(lambda: bio.write("x"))
pair = Pair(client_context(), server_context())
pair.handshake()
pair.bios[0].write_eof()
show(lambda: pair.client.read(1) and pair.client.read(1))
pair = Pair(client_context(), server_context())
pair.bios[0].write(b"no hello of TLS\r\n")
show(pair.client.do_handshake)

print("application protocols")
for ours, theirs in (["a", "b"], ["b", "c"]), (["a"], ["c"]), ([], ["c"]), (["x", "c"], []):
    client, server = client_context(), server_context()
    for context, protocols in (client, ours), (server, theirs):
        if protocols:
            context.set_alpn_protocols(protocols)
    pair = Pair(client, server)
    print("  ", pair.handshake(), pair.client.selected_alpn_protocol(), pair.server.selected_alpn_protocol())

print("server names")
first, second = server_context(), server_context("other.pem")
calls = []


def choose(connection, name, context):
    calls.append((type(connection).__name__, name, context is first))
    if name == "refused.example":
        return ssl.ALERT_DESCRIPTION_ACCESS_DENIED
    if name == "wrong.example":
        return "this is no number"
    if name == "broken.example":
        raise KeyError(name)
    if name == "other.example":
        connection.context = second


first.sni_callback = choose
sys.unraisablehook = lambda given: calls.append((given.exc_type.__name__, str(given.exc_value)))
for name in "localhost", "other.example", "127.0.0.1", "refused.example", "wrong.example", "broken.example":
    pair = Pair(client_context(), first, name)
    show(pair.handshake)
    print("  ", calls, pair.server.context is second)
    calls.clear()
show(lambda: setattr(client_context(), "sni_callback", choose))
show(lambda: setattr(first, "sni_callback", 3))
print(first.sni_callback)

print("sessions")
client, server = client_context(), server_context()
client.maximum_version = ssl.TLSVersion.TLSv1_2
pair = Pair(client, server)
pair.handshake()
session = pair.client.session
print(len(session.id), session.has_ticket, session.timeout, session.ticket_lifetime_hint, session.time > 0)
again = Pair(client, server, session=session)
print(again.handshake(), again.client.session_reused, again.server.session_reused, again.client.session == session)
show(lambda: setattr(again.client, "session", session))
show(lambda: Pair(client_context(), server, session=session))
show(lambda: setattr(Pair(client, server).client, "session", 3))
print({key: value for key, value in server.session_stats().items() if value})

print("loading")
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
for password in "heddle", b"heddle", bytearray(b"heddle"), lambda: "heddle", lambda: b"wrong", "wrong", lambda: 3, lambda: 1 / 0, 3:
    show(lambda: context.load_cert_chain(DATA + "localhost.pem", DATA + "locked.key", password))
show(lambda: context.load_cert_chain(DATA + "localhost.pem", DATA + "other.pem"))
show(lambda: context.load_cert_chain(DATA + "none.pem"))
show(lambda: context.load_cert_chain(DATA + "make.sh"))
show(lambda: context.load_cert_chain(3))
show(lambda: context.load_verify_locations())
show(lambda: context.load_verify_locations(DATA + "none.pem"))
show(lambda: context.load_verify_locations(cadata="no certificate"))
show(lambda: context.load_verify_locations(cadata=b"no certificate"))
show(lambda: context.load_verify_locations(cadata=""))
show(lambda: context.load_verify_locations(cadata="\xe9"))
show(lambda: context.load_verify_locations(cadata=3))
pem = open(DATA + "authority.pem").read()
der = ssl.PEM_cert_to_DER_cert(pem)
context.load_verify_locations(cadata=pem)
print(context.cert_store_stats(), context.get_ca_certs(True) == [der], context.get_ca_certs())
context.load_verify_locations(cadata=der + der)
print(context.cert_store_stats())
show(lambda: context.load_dh_params(DATA + "localhost.pem"))
show(lambda: context.set_ciphers("none at all"))
show(lambda: context.set_ecdh_curve("prime256v1"))
show(lambda: context.set_ecdh_curve("none at all"))

print("settings")
import warnings
warnings.simplefilter("always")
warnings.showwarning = lambda message, category, *rest: print("  ", category.__name__, message)
for protocol in ssl.PROTOCOL_TLS_CLIENT, ssl.PROTOCOL_TLS_SERVER, ssl.PROTOCOL_TLS, ssl.PROTOCOL_TLSv1_2:
    context = ssl.SSLContext(protocol)
    print(protocol, context.options, context.verify_mode, context.check_hostname, context.verify_flags,
          context.minimum_version, context.maximum_version, context.num_tickets, context.security_level,
          context.post_handshake_auth, context.keylog_filename, context._host_flags, len(context.get_ciphers()))
    show(lambda: setattr(context, "minimum_version", ssl.TLSVersion.TLSv1_1))
    show(lambda: setattr(context, "minimum_version", 5))
    show(lambda: setattr(context, "num_tickets", 3))
    show(lambda: setattr(context, "num_tickets", -1))
    show(lambda: setattr(context, "verify_mode", ssl.CERT_NONE))
    show(lambda: setattr(context, "options", context.options | ssl.OP_NO_TLSv1_3))
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_LEAF
    context.check_hostname = True
    context.post_handshake_auth = 1
    print(context.minimum_version, context.num_tickets, context.options, context.verify_flags, context.verify_mode,
          context.post_handshake_auth)
print(context.get_ciphers())
show(lambda: ssl._ssl._SSLContext(99))
show(lambda: ssl._ssl._SSLContext())
show(lambda: ssl._ssl.SSLSession())

print("watching")
client, server = client_context(), server_context()
client.maximum_version = ssl.TLSVersion.TLSv1_2
messages = []
client._msg_callback = lambda *given: messages.append((type(given[0]).__name__, given[1], *map(str, given[2:5]), type(given[5])))
with tempfile.TemporaryDirectory() as folder:
    client.keylog_filename = os.path.join(folder, "keys")
    pair = Pair(client, server)
    print(pair.handshake(), os.path.basename(client.keylog_filename))
    with open(client.keylog_filename) as file:
        lines = file.read().splitlines()
    print(lines[0], [line.split()[0] for line in lines[1:]])
    show(lambda: setattr(client, "keylog_filename", folder))
    print(client.keylog_filename)
for message in messages:
    print("  ", message)


def refuse(*given):
    raise LookupError("no messages, please")


client._msg_callback = refuse
show(Pair(client, server).handshake)
show(lambda: setattr(client, "_msg_callback", 3))

print("waiting")
quiet = socket.create_server(("127.0.0.1", 0))
with socket.create_connection(quiet.getsockname()) as plain:
    plain.settimeout(0.05)
    with client_context().wrap_socket(plain, server_hostname="localhost", do_handshake_on_connect=False) as client:
        try:
            client.do_handshake()
        except TimeoutError as error:
            print(str(error).endswith("The handshake operation timed out"))
        client.setblocking(False)
        show(client.do_handshake)
server = Server(server_context())
client = connect(server, client_context())
client.settimeout(0.05)
show(lambda: client.recv(1))
client.setblocking(False)
show(lambda: client.recv(1))
client.settimeout(20)
client.sendall(b"x")
print(client.recv(1))
client.close()
show(lambda: client.recv(1))
server.join()
print(server.failures)

print("random numbers, identifiers")
print(len(ssl.RAND_bytes(20)), ssl.RAND_bytes(9) != ssl.RAND_bytes(9), ssl.RAND_status(), ssl.RAND_add("text", 1.0))
show(lambda: ssl.RAND_bytes(-1))
print(ssl._ssl.txt2obj("1.3.6.1.5.5.7.3.1"), ssl._ssl.txt2obj("MD5", name=True), ssl._ssl.nid2obj(129))
show(lambda: ssl._ssl.txt2obj("MD5"))
show(lambda: ssl._ssl.nid2obj(-1))
print(ssl.get_default_verify_paths())
