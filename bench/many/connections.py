# Ten thousand open connections to an asyncio server, each with a task that waits for it: how long until all have had
# their first answer, one after the other, and how much memory of the server each takes.
import asyncio
import os
import resource
import socket
import time

COUNT = 10_000


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def connect_all(address, told):
    """The clients, a process of their own: a byte on each connection, its answer, and all are kept open."""
    kept = []
    for _ in range(COUNT):
        client = socket.create_connection(address)
        client.sendall(b"x")
        assert client.recv(1) == b"x"
        kept.append(client)
    os.read(told, 1)


async def main():
    waiting, everybody = set(), asyncio.Event()

    async def answer(reader, writer):
        writer.write(await reader.read(1))
        waiting.add(writer)
        if len(waiting) == COUNT:
            everybody.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    address = server.sockets[0].getsockname()
    told, tell = os.pipe()
    before = resident()
    child = os.fork()
    if child == 0:
        try:
            os.close(tell)
            connect_all(address, told)
        finally:
            os._exit(0)
    start = time.perf_counter()
    await everybody.wait()
    seconds, memory = time.perf_counter() - start, (resident() - before) / COUNT / 1024
    os.close(tell)
    os.waitpid(child, 0)
    return seconds, memory, len(waiting)


if __name__ == "__main__":
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    seconds, memory, count = asyncio.run(main())
    print("seconds", seconds)
    print("KiB_each", memory)
    print("result", count)
