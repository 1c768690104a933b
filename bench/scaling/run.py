"""How two threads scale without the GIL: run by Heddle itself, `heddle --gil=off bench/scaling/run.py [ROUNDS] [JOB ...]`.

For each job: the time of two jobs in a row over the time of two threads (speed-up), the same for two processes (the
ceiling), and their quotient, medians. A round in which the processes reach less than 1.8 does not count. The row too is run
by a process that had threads, so that objects are locked (one_thread.py has what that costs).

A job is repeated until it takes LONG_ENOUGH: the kernel may need 2 to 8 ms to spread two threads or processes over two
cores, which was a tenth of the shortest job.
"""
import math
import os
import statistics
import sys
import threading
import time

import jobs

LONG_ENOUGH = 0.3 # seconds


def in_a_row(job, shared):
    start = time.perf_counter()
    job(shared, 0)
    job(shared, 1)
    return time.perf_counter() - start


def in_threads(job, shared):
    gate = threading.Barrier(3)

    def work(number):
        gate.wait()
        job(shared, number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    gate.wait()
    start = time.perf_counter()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def in_processes(job, shared):
    ready, go = os.pipe(), os.pipe()
    children = []
    for number in range(2):
        child = os.fork()
        if child == 0:
            try:
                os.write(ready[1], b"x")
                os.read(go[0], 1)
                job(shared, number)
            finally:
                os._exit(0)
        children.append(child)
    for _ in range(2):
        os.read(ready[0], 1)
    start = time.perf_counter()
    os.write(go[1], b"xx")
    for child in children:
        os.waitpid(child, 0)
    taken = time.perf_counter() - start
    for fd in ready + go:
        os.close(fd)
    return taken


def measure(job, rounds):
    shared = jobs.Shared()
    job(shared, 0)
    times = math.ceil(LONG_ENOUGH / (in_a_row(job, shared) / 2))

    def long_job(shared, number):
        for _ in range(times):
            job(shared, number)

    kept, tries = [], 0
    while len(kept) < rounds and tries < 3 * rounds:
        tries += 1
        row = in_a_row(long_job, shared)
        processes = row / in_processes(long_job, shared)
        threads = row / in_threads(long_job, shared)
        if processes >= 1.8:
            kept.append((threads, processes))
    if not kept:
        return None
    return statistics.median(t for t, _ in kept), statistics.median(p for _, p in kept), \
        statistics.median(t / p for t, p in kept)


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    wanted = sys.argv[2:]
    first = threading.Thread(target=time.time)
    first.start()
    first.join()
    gil = getattr(sys, "_is_gil_enabled", lambda: True)()
    print(f"two jobs at once, GIL {'on' if gil else 'off'}: speed-up over in a row; processes are the ceiling")
    print(f"{'job':24}{'threads':>9}{'processes':>11}{'share':>8}{'goal':>7}")
    for job, goal in jobs.GOALS.items():
        if wanted and job.__name__ not in wanted:
            continue
        result = measure(job, rounds)
        if result is None:
            print(f"{job.__name__:24}  the machine was not idle: no round in which two processes reached 1.8")
            continue
        threads, processes, share = result
        print(f"{job.__name__:24}{threads:9.2f}{processes:11.2f}{share:8.2f}{goal:7.2f}{'' if share >= goal else '  below'}",
              flush=True)


if __name__ == "__main__":
    main()
