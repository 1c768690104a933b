# Spectral norm: generator expressions, function calls, float division.
import time


def a(i, j):
    return 1.0 / ((i + j) * (i + j + 1) // 2 + i + 1)

def times(v, transpose):
    n = len(v)
    if transpose:
        return [sum(a(j, i) * v[j] for j in range(n)) for i in range(n)]
    return [sum(a(i, j) * v[j] for j in range(n)) for i in range(n)]

def main(n=250):
    u = [1.0] * n
    for _ in range(5):
        v = times(times(u, False), True)
        u = times(times(v, False), True)
    return round((sum(x * y for x, y in zip(u, v)) / sum(x * x for x in v)) ** 0.5, 9)


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
