"""What the torture programs share: the seed, the clock, the threads, the checks.

A program calls run(worker, ...) or writes its own main around Torture. It takes `--seed N` and `--seconds S`, prints
the seed first, and ends with status 0 only if every check held. A hang is ended with all threads' tracebacks.
"""
import faulthandler
import gc
import os
import sys
import threading
import time
import traceback


class Random:
    """What the programs need of random.Random, without its imports (splitmix64)."""

    def __init__(self, seed):
        self.state = seed

    def getrandbits(self, bits):
        self.state = x = (self.state + 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
        x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
        x = (x ^ x >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
        return (x ^ x >> 31) >> 64 - bits

    def random(self):
        return self.getrandbits(53) / (1 << 53)

    def randrange(self, first, end=None):
        return self.getrandbits(62) % first if end is None else first + self.getrandbits(62) % (end - first)

    def choice(self, items):
        return items[self.randrange(len(items))]

    def shuffle(self, items):
        for i in range(len(items) - 1, 0, -1):
            j = self.randrange(i + 1)
            items[i], items[j] = items[j], items[i]


class Torture:
    def __init__(self):
        self.seed, self.seconds, self.threads = int.from_bytes(os.urandom(4), "little"), 5.0, 0
        arguments = sys.argv[1:]
        while arguments:
            name, value = arguments.pop(0), arguments.pop(0)
            if name == "--seed":
                self.seed = int(value)
            elif name == "--seconds":
                self.seconds = float(value)
            elif name == "--threads":
                self.threads = int(value)
            else:
                raise SystemExit(f"unknown option {name}")
        self.random = Random(self.seed)
        self.threads = self.threads or self.random.choice([2, 3, 4, 8, 16])
        self.sanitized = os.environ.get("TORTURE_SANITIZED", "")  # the build's name: a sanitizer keeps what was freed
        self.failures = []
        self.rounds = 0
        print(f"{os.path.basename(sys.argv[0])} --seed {self.seed} --threads {self.threads}", flush=True)
        faulthandler.dump_traceback_later(self.seconds * 4 + float(os.environ.get("TORTURE_PATIENCE", 60)), exit=True)
        self.end = time.monotonic() + self.seconds

    def going(self):
        return not self.failures and time.monotonic() < self.end

    def fail(self, text):
        self.failures.append(text)

    def check(self, condition, *what):
        if not condition:
            self.fail(f"{sys._getframe(1).f_code.co_name}:{sys._getframe(1).f_lineno}: {what}")

    def guard(self, function, *arguments):
        try:
            function(*arguments)
        except BaseException:
            self.fail(traceback.format_exc())

    def together(self, functions):
        """Runs each function in a thread of its own, beginning at the same moment."""
        barrier = threading.Barrier(len(functions))

        def body(function):
            barrier.wait()
            self.guard(function)

        threads = [threading.Thread(target=body, args=(function,)) for function in functions]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def rounds_of(self, one_round):
        """one_round(random) again and again until time is up; what is left over must not grow."""
        sizes = []
        while self.going():
            one_round(Random(self.random.getrandbits(32)))
            self.rounds += 1
            if self.rounds % 8 == 0:
                gc.collect()
                sizes.append(resident())
        # The second half must not end much above where it began: 48 MiB and a fifth.
        half = sizes[len(sizes) // 2:]
        if len(half) > 8 and not self.sanitized:
            self.check(half[-1] < half[0] * 1.2 + (48 << 20), "memory grows", half[0] >> 20, half[-1] >> 20)

    def finish(self):
        faulthandler.cancel_dump_traceback_later()
        for failure in self.failures[:3]:
            print(failure, file=sys.stderr)
        print("FAILED" if self.failures else f"ok, {self.rounds} rounds", flush=True)
        sys.exit(1 if self.failures else 0)


def fresh_folder():
    path = f"/tmp/torture-{os.getpid()}"
    os.mkdir(path)
    return path


def resident():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
