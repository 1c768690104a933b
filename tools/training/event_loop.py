# asyncio: tasks, queues, timeouts, and a server that answers requests of several lines through streams.
import asyncio


async def serve(reader, writer):
    while True:
        head = await reader.readline()
        if not head:
            break
        body = await reader.readexactly(int(head))
        writer.write(b"%d\n" % len(body) + body.upper())
        await writer.drain()
    writer.close()


async def ask(port, bodies):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for body in bodies:
        writer.write(b"%d\n" % len(body))
        writer.write(body)
        await writer.drain()
        assert await reader.readexactly(int(await reader.readline())) == body.upper()
    writer.close()
    await writer.wait_closed()


async def produce(queue, n):
    for i in range(n):
        await queue.put(i)
    await queue.put(None)


async def consume(queue):
    total = 0
    while (item := await queue.get()) is not None:
        total += item
        if item % 100 == 0:
            await asyncio.sleep(0)
    return total


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        await ask(port, [b"one after the other"] * 700)
        await asyncio.gather(*[ask(port, [b"x" * n] * 60) for n in range(8)])
    for size in 0, 5:
        queue = asyncio.Queue(size)
        await asyncio.gather(produce(queue, 1500), consume(queue))
    loop = asyncio.get_running_loop()
    for _ in range(300):
        future = loop.create_future()
        loop.call_later(0, future.set_result, 1)
        await asyncio.wait_for(future, 5)
    async with asyncio.TaskGroup() as group:
        for n in range(1500):
            group.create_task(asyncio.sleep(0, n))

asyncio.run(main())
