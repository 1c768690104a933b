# Pancake flips over all permutations: list slices, item access, int compares.
import time


def main(n=9):
    permutation = list(range(n))
    count = list(range(n + 1))
    checksum = max_flips = 0
    sign = 1
    r = n
    while True:
        while r != 1:
            count[r - 1] = r
            r -= 1
        if permutation[0] != 0:
            work = permutation[:]
            flips = 0
            first = work[0]
            while first:
                work[:first + 1] = work[first::-1]
                flips += 1
                first = work[0]
            if flips > max_flips:
                max_flips = flips
            checksum += flips * sign
        sign = -sign
        while True:
            if r == n:
                return checksum, max_flips
            permutation.insert(r, permutation.pop(0))
            count[r] -= 1
            if count[r] > 0:
                break
            r += 1


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
