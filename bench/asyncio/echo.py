# A server of streams that echoes lines, and clients of it on the same loop: each round trip is two messages, and with one
# client each message a turn of the loop that waits for nothing else.
import asyncio
import time


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line)
        await writer.drain()
    writer.close()


async def client(port, trips):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    answered = 0
    for _ in range(trips):
        writer.write(b"hello\n")
        answered += await reader.readline() == b"hello\n"
    writer.close()
    await writer.wait_closed()
    return answered


async def main(trips=4000, clients=1):
    server = await asyncio.start_server(echo, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server:
        start = time.perf_counter()
        result = sum(await asyncio.gather(*[client(port, trips) for _ in range(clients)]))
        return result, time.perf_counter() - start


if __name__ == "__main__":
    asyncio.run(main(100))
    one, seconds = asyncio.run(main())
    ten, seconds_ten = asyncio.run(main(400, 10))
    print("seconds", seconds)
    print("trips/s", one / seconds)
    print("trips/s_of_10", ten / seconds_ten)
    print("result", one, ten)
