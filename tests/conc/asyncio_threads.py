# Event loops in several threads, calls from one into another, and futures that threads misuse.
import asyncio
import threading

THREADS = 4
results = []


def own_loop(number):
    async def step(n):
        await asyncio.sleep(0)
        return n

    async def main():
        return sum(await asyncio.gather(*[step(i) for i in range(200)]))

    results.append((number, asyncio.run(main())))


threads = [threading.Thread(target=own_loop, args=(i,)) for i in range(THREADS)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(results))


async def serve_threads():
    loop = asyncio.get_running_loop()
    counted = 0

    async def count():
        nonlocal counted
        counted += 1
        return counted

    def body():
        for _ in range(100):
            asyncio.run_coroutine_threadsafe(count(), loop).result()

    await asyncio.gather(*[asyncio.to_thread(body) for _ in range(THREADS)])
    return counted


print(asyncio.run(serve_threads()))

# Futures are not made for several threads; nothing but their order may suffer.
loop = asyncio.new_event_loop()
won = []
for _ in range(200):
    future = loop.create_future()
    start = threading.Barrier(THREADS)

    def settle(number):
        start.wait()
        future.add_done_callback(lambda f: None)
        try:
            future.set_result(number)
            won.append(1)
        except asyncio.InvalidStateError:
            future.result()
        future.remove_done_callback(print)

    threads = [threading.Thread(target=settle, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
loop.call_soon(loop.stop)
loop.run_forever()
loop.close()
print(sum(won))
