# Exceptions: raised and caught at several depths, finally, with, StopIteration, KeyError from C.
import time


class Guard:
    depth = 0
    def __enter__(self):
        Guard.depth += 1
        return self
    def __exit__(self, *info):
        Guard.depth -= 1
        return info[0] is ValueError

def fail(n):
    if n == 0:
        raise ValueError("deep")
    return fail(n - 1)

def main(n=120000):
    total = 0
    table = {}
    for i in range(n):
        try:
            fail(i % 4)
        except ValueError as error:
            total += len(error.args)
        finally:
            total += 1
        try:
            table[i % 10]
        except KeyError:
            table[i % 10] = i
        with Guard():
            if i % 3 == 0:
                raise ValueError
        try:
            int("x%d" % i) if i % 5 == 0 else total
        except (TypeError, ValueError):
            total += 2
    return total


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
