# Recursive calls of a function of the module.
import time


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def main(n=30):
    return fib(n)


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
