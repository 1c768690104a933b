# Sums, sieves, matrices, a random walk, long integers.
import math


def collatz(limit):
    longest, best = 0, 0
    for start in range(1, limit):
        n, steps = start, 0
        while n != 1:
            n = n // 2 if n % 2 == 0 else 3 * n + 1
            steps += 1
        if steps > longest:
            longest, best = steps, start
    return best


def sieve(limit):
    flags = [True] * limit
    for n in range(2, int(limit ** 0.5) + 1):
        if flags[n]:
            for multiple in range(n * n, limit, n):
                flags[multiple] = False
    return sum(flags)


def multiply(a, b):
    size = len(a)
    result = [[0.0] * size for _ in range(size)]
    for i in range(size):
        row, out = a[i], result[i]
        for j in range(size):
            value = 0.0
            for k in range(size):
                value += row[k] * b[k][j]
            out[j] = value
    return result


def walk(steps):
    seed, x, y = 12345, 0.0, 0.0
    for _ in range(steps):
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        angle = (seed >> 8) % 360 * math.pi / 180
        x += math.cos(angle)
        y -= math.sin(angle)
    return math.sqrt(x * x + y * y)


def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


def power(base, exponent):
    return 1 if exponent == 0 else power(base * base, exponent // 2) * (base if exponent & 1 else 1)


collatz(10000)
sieve(300000)
matrix = [[(i * j) % 7 + 0.5 for j in range(60)] for i in range(60)]
multiply(matrix, matrix)
walk(150000)
sum(gcd(a, 360) for a in range(20000))
for n in range(2000):
    power(3, n % 200) % 1000007
