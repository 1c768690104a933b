# Two CPU-bound threads against the same work in a row: under a GIL the best is 1.0, without one about 2.0 on two cores.
import threading
import time


def work(n):
    total = 0
    for i in range(n):
        total += i * i % 7
    return total


def together(n):
    threads = [threading.Thread(target=work, args=(n,)) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def in_a_row(n):
    work(n)
    work(n)


def timed(function, n):
    start = time.perf_counter()
    function(n)
    return time.perf_counter() - start


def main(n=2500000):
    work(n // 10)
    # In turn, so that a machine that grows slower or faster meanwhile does so to both.
    row, both = [], []
    for _ in range(3):
        row.append(timed(in_a_row, n))
        both.append(timed(together, n))
    return sorted(row)[1], sorted(both)[1]


if __name__ == "__main__":
    row, both = main()
    print("seconds", both)
    print("speed_of_two", row / both)
    print("result", "done")
