# Ten thousand threads that wait in sleep: how long until all do, and how much memory each of them takes.
import os
import threading
import time

COUNT = 10_000


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def main():
    begun = []

    def wait():
        begun.append(None)
        time.sleep(600)

    before, start = resident(), time.perf_counter()
    for _ in range(COUNT):
        threading.Thread(target=wait, daemon=True).start()
    while len(begun) < COUNT:
        time.sleep(0.001)
    return time.perf_counter() - start, (resident() - before) / COUNT / 1024


if __name__ == "__main__":
    seconds, memory = main()
    print("seconds", seconds)
    print("KiB_each", memory)
    print("result", threading.active_count() - 1, flush=True)
    os._exit(0)
