# Threads that share sockets: records are neither lost nor torn, a time-out ends each wait, closing beside a user breaks nothing.
import socket
import threading

THREADS, RECORDS = 4, 200


def together(*bodies):
    threads = [threading.Thread(target=body) for body in bodies]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
got = []


def send(number):
    for i in range(RECORDS):
        a.sendall(b"%d:%d" % (number, i))


def receive():
    for _ in range(RECORDS):
        got.append(b.recv(100))


together(*[lambda n=n: send(n) for n in range(THREADS)], *[receive] * THREADS)
print(len(got), len(set(got)) == THREADS * RECORDS)

a.settimeout(0.02)
ended = []


def expire():
    try:
        a.recv(1)
    except TimeoutError:
        ended.append(1)


together(*[expire] * THREADS)
print(sum(ended))
a.close(), b.close()

# One thread closes what others use.
outcomes = set()
for _ in range(50):
    a, b = socket.socketpair()
    a.setblocking(False)
    start = threading.Barrier(3)

    def use(call):
        start.wait()
        for _ in range(20):
            try:
                call()
            except OSError as e:
                outcomes.add(type(e) in (OSError, BlockingIOError, BrokenPipeError, ConnectionResetError))

    def close():
        start.wait()
        a.close()

    together(lambda: use(lambda: a.recv(10)), lambda: use(lambda: a.getsockname()), close)
    b.close()
print(outcomes)

# A server with a thread a connection.
server = socket.create_server(("127.0.0.1", 0))


def serve():
    for _ in range(THREADS):
        connection, _ = server.accept()
        threading.Thread(target=echo, args=(connection,)).start()


def echo(connection):
    with connection:
        while data := connection.recv(4096):
            connection.sendall(data)


answers = []


def client(number):
    with socket.create_connection(server.getsockname()) as connection:
        for i in range(RECORDS):
            message = b"%d/%d" % (number, i)
            connection.sendall(message)
            answer = b""
            while len(answer) < len(message):
                answer += connection.recv(4096)
            if answer == message:
                answers.append(1)


together(serve, *[lambda n=n: client(n) for n in range(THREADS)])
server.close()
print(sum(answers))
