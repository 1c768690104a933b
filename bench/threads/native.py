# SHA-256 and zlib let the GIL go while they compute: 64 MB in each of two threads against one after the other. Two
# cores allow a speed of 2 also under a GIL.
import hashlib
import statistics
import threading
import time
import zlib

SIZE = 64_000_000


def sha256(data):
    return hashlib.sha256(data).hexdigest()[:16]


def compress(data):
    return zlib.crc32(zlib.compress(data, 1))


def in_a_row(function, data, results):
    start = time.perf_counter()
    results.append(function(data))
    results.append(function(data))
    return time.perf_counter() - start


def together(function, data, results):
    threads = [threading.Thread(target=lambda: results.append(function(data))) for _ in range(2)]
    start = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - start


def main():
    piece = " ".join(str(i * i) for i in range(100_000)).encode()
    data = (piece * (SIZE // len(piece) + 1))[:SIZE]
    figures, results = {"seconds": 0.0}, []
    for function, rounds in ((sha256, 9), (compress, 3)):
        # In turn, so that a machine that grows slower or faster meanwhile does so to both.
        row, both = [], []
        for _ in range(rounds):
            row.append(in_a_row(function, data, results))
            both.append(together(function, data, results))
        figures["seconds"] += statistics.median(both)
        figures["speed_of_two_" + function.__name__] = statistics.median(row) / statistics.median(both)
    return figures, sorted(set(map(str, results)))


if __name__ == "__main__":
    figures, results = main()
    for name, value in figures.items():
        print(name, value)
    print("result", *results)
