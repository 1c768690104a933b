# asyncio.gather of 100,000 sleeps of 0: making tasks, one turn of the loop for each step, collecting what they return.
import asyncio
import time


async def main(n=100000):
    return len(await asyncio.gather(*[asyncio.sleep(0) for _ in range(n)]))


if __name__ == "__main__":
    asyncio.run(main(1000))
    start = time.perf_counter()
    result = asyncio.run(main())
    print("seconds", time.perf_counter() - start)
    print("result", result)
