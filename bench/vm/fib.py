def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)

def main(n=27):
    return fib(n)

if __name__ == "__main__":
    print(main())
