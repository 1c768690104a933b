# Generators: pipelines, yield from, send, comprehensions, coroutines driven by hand.
import time


def count(n):
    i = 0
    while i < n:
        yield i
        i += 1

def evens(source):
    for x in source:
        if x % 2 == 0:
            yield x

def chain(*sources):
    for source in sources:
        yield from source

def average():
    total = n = 0
    value = None
    while True:
        x = yield value
        total += x
        n += 1
        value = total / n

class Ready:
    def __await__(self):
        value = yield 1
        return value

async def task(n):
    total = 0
    for _ in range(n):
        total += await Ready()
    return total

def drive(coroutine):
    value = None
    while True:
        try:
            value = coroutine.send(value)
        except StopIteration as stop:
            return stop.value

def main(n=400000):
    total = sum(evens(count(n)))
    total += sum(chain(count(n), (x * x for x in count(n)), [y for y in range(n) if y & 1]))
    mean = average()
    next(mean)
    for i in range(n):
        mean.send(i)
    return total, mean.send(0), drive(task(n // 2))


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
