"""heddle.parallel chooses: parallel_map measures the first calls, decides how to run the rest, and tells why.

Its three clocks are how long a call took, how much of that the thread computed, and how much of that with the GIL. So
it tells a loop in Python from compression in C, which lets the GIL go, and both from waiting.
"""
import random
import time
import zlib

from heddle.parallel import WorkerPool, parallel_map

TEXT = random.Random(1).randbytes(50_000) * 4


def tiny(number):
    return number + 1


def wait(number):
    time.sleep(0.01)
    return number


def compute(number):
    return sum(i * i % 7 for i in range(100_000 + number))


def compress(number):
    return len(zlib.compress(TEXT, 6))


JOBS = {"add 1": (tiny, 20_000), "wait 10 ms": (wait, 40), "compute in Python": (compute, 48),
        "compress": (compress, 48)}


def measure():
    """By job: (seconds in a row, seconds by parallel_map, what it said)."""
    found = {}
    for name, (function, count) in JOBS.items():
        start = time.perf_counter()
        expected = [function(number) for number in range(count)]
        middle = time.perf_counter()
        results = parallel_map(function, range(count), mode="auto")
        assert list(results) == expected
        found[name] = middle - start, time.perf_counter() - middle, results.explain()
    return found


def pool():
    """A pool of processes takes lambdas too; its counts and what it says."""
    with WorkerPool("process", 2) as workers:
        answers = [workers.submit(lambda n=n: n * n) for n in range(100)]
        assert [answer.result() for answer in answers] == [n * n for n in range(100)]
        return workers.stats(), workers.explain()


if __name__ == "__main__":
    for name, (row, chosen, why) in measure().items():
        print(f"{name}: {row:.2f} s in a row, {chosen:.2f} s by parallel_map: {why}")
    print(*pool())
