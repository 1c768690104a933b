# N queens: generators, sets, recursion with yield from.
import time


def solve(n, row=0, cols=frozenset(), up=frozenset(), down=frozenset()):
    if row == n:
        yield ()
        return
    for col in range(n):
        if col in cols or row + col in up or row - col in down:
            continue
        for rest in solve(n, row + 1, cols | {col}, up | {row + col}, down | {row - col}):
            yield (col,) + rest

def permutations(items):
    if len(items) <= 1:
        yield list(items)
        return
    for i, item in enumerate(items):
        for rest in permutations(items[:i] + items[i + 1:]):
            yield [item] + rest

def main(n=9):
    return sum(1 for _ in solve(n)), sum(p[0] for p in permutations(list(range(n))))


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
