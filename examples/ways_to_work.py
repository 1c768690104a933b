"""In a row, threads, processes or asyncio? Four tasks that compute and eight that wait for a server, each way.

The server is a process of its own that takes WAIT seconds for each answer. What to use follows from what the time goes
to: waiting overlaps in all but the first way, computing needs another interpreter (a process) or to be without a GIL.
"""
import asyncio
import multiprocessing
import os
import socket
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

TASKS, STEPS = 4, 1_500_000
REQUESTS, WAIT = 8, 0.05


def compute(number):
    total = number
    for i in range(STEPS):
        total = (total * 31 + i) & 0xFFFFFF
    return total


def request(address):
    """Waits for the answer with a blocking socket."""
    with socket.create_connection(address) as connection:
        connection.sendall(b"ping\n")
        return connection.recv(100)


async def compute_as_task(number):
    return compute(number)


async def request_as_task(address):
    """Waits for the answer in the event loop."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(b"ping\n")
    answer = await reader.readline()
    writer.close()
    return answer


def serve(listening):
    """The server: one process, all its connections in one event loop."""
    async def answer(reader, writer):
        await reader.readline()
        await asyncio.sleep(WAIT)
        writer.write(b"pong\n")
        writer.close()

    async def main():
        async with await asyncio.start_server(answer, sock=listening) as server:
            await server.serve_forever()
    asyncio.run(main())


def in_a_row(function, items):
    return [function(item) for item in items]


def in_threads(function, items):
    with ThreadPoolExecutor(len(items)) as pool:
        return list(pool.map(function, items))


def in_processes(function, items):
    # Whoever computes needs a core; whoever waits needs none.
    with ProcessPoolExecutor(os.cpu_count() if function is compute else len(items)) as pool:
        return list(pool.map(function, items))


def in_event_loop(function, items):
    async def main():
        return await asyncio.gather(*(function(item) for item in items))
    return asyncio.run(main())


def seconds(way, function, items):
    start = time.perf_counter()
    results = way(function, items)
    assert len(results) == len(items) and all(results)
    return time.perf_counter() - start


def measure():
    listening = socket.create_server(("127.0.0.1", 0))
    server = multiprocessing.get_context("fork").Process(target=serve, args=(listening,))
    server.start()
    compute(0)
    numbers, addresses = range(1, TASKS + 1), [listening.getsockname()] * REQUESTS
    figures = {}
    for kind, function, as_task, items in (("compute", compute, compute_as_task, numbers),
                                           ("wait", request, request_as_task, addresses)):
        figures[f"{kind}, in a row"] = seconds(in_a_row, function, items)
        figures[f"{kind}, threads"] = seconds(in_threads, function, items)
        figures[f"{kind}, processes"] = seconds(in_processes, function, items)
        figures[f"{kind}, asyncio"] = seconds(in_event_loop, as_task, items)
    server.terminate()
    server.join()
    listening.close()
    return figures


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
