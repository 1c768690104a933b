#!/usr/bin/python3
"""The benchmarks, beside CPython 3.11 and PyPy: `make bench`.

    bench/run.py [-n ROUNDS] [--heddle PATH] [--gil=on|off] [--without NAME] [PATTERN...]

Each program of bench/classic, threads, asyncio, many and pools runs in a process of its own, ROUNDS times (default 7) for
each interpreter, the interpreters in turn, and tells its own seconds (`seconds 0.123` on a line, other
figures likewise, and `result ...`, which must be the same everywhere). The tables show medians; a ratio is Heddle's
speed over CPython's, above 1 is faster. PyPy's seconds include the warming of its compiler. Then come start-up time and
resident memory of `-c pass`; the set `scaling`, Heddle beside itself without the GIL: how two threads scale
(bench/scaling/run.py) and what one thread pays (bench/scaling/one_thread.py); and the goals that the project has set
itself with what this run reached.

A PATTERN is part of `FOLDER/NAME.py`, such as `threads/` or `fib`; `scaling` chooses that set. Figures are worth
something on an idle machine only.
"""
import argparse
import math
import os
import shutil
import statistics
import subprocess
import sys
import time

from scaling import one_thread

BENCH = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(BENCH)
FOLDERS = ("classic", "threads", "asyncio", "many", "pools")
TIME_LIMIT = 120
RESIDENT = ("import sys\nfor line in open('/proc/self/status'):\n"
            "    if line.startswith('VmRSS'): sys.stdout.write(line.split()[1])")


# Program of bench/pools, what it stands for, least speed beside CPython.
POOLS = (
    ("thread_submit", "WorkerPool of threads, submit, against ThreadPoolExecutor.map", 4),
    ("thread_map", "WorkerPool of threads, map, against the same", 10),
    ("process_map", "WorkerPool of processes, map, against ProcessPoolExecutor.map", 8),
    ("process_first", "first result of a new pool of processes", 2),
    ("process_bytes", "bytes to a worker and back against a pipe", 5),
    ("library_threads", "ThreadPoolExecutor.map itself", 1.5),
    ("library_processes", "ProcessPoolExecutor.map itself", 1.5),
)
# Programs of bench/threads and bench/asyncio, likewise.
HAND_OFFS = (
    ("simple_queue", "ping-pong through SimpleQueue", 2),
    ("handoff", "hand-off through locks", 1),
    ("condition", "hand-off through Condition and Event", 1),
)
ASYNCIO = (
    ("gather", "asyncio.gather of 100,000 sleeps of 0", 1.2),
    ("echo", "asyncio echo server and client on one loop", 1.2),
)


class Failure(Exception):
    pass


def run(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIME_LIMIT, stdin=subprocess.DEVNULL)
    except subprocess.TimeoutExpired:
        raise Failure(f"takes more than {TIME_LIMIT} s") from None
    if done.returncode < 0:
        raise Failure(f"dies by signal {-done.returncode}")
    if done.returncode:
        raise Failure((done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1])
    return done.stdout


def figures(command):
    """What a program tells: its numbers by name, and its result."""
    numbers, result = {}, None
    for line in run(command).splitlines():
        name, _, value = line.partition(" ")
        if name == "result":
            result = value
        else:
            numbers[name] = float(value)
    if "seconds" not in numbers or result is None:
        raise Failure("tells no seconds")
    return numbers, result


def programs(folder):
    return sorted(name[:-3] for name in os.listdir(os.path.join(BENCH, folder)) if name.endswith(".py"))


def wanted(patterns, path):
    return not patterns or any(pattern in path for pattern in patterns)


class Measured:
    """The medians of one program by interpreter, or why there are none."""

    def __init__(self, name):
        self.name, self.medians, self.failures, self.results = name, {}, {}, {}

    def measure(self, interpreters, path, rounds):
        runs = {who: [] for who in interpreters}
        for _ in range(rounds):
            for who, command in interpreters.items():
                if who in self.failures:
                    continue
                try:
                    numbers, result = figures([*command, path])
                    if self.results.setdefault(who, result) != result:
                        raise Failure("its result is another each time")
                    runs[who].append(numbers)
                except Failure as failure:
                    self.failures[who] = str(failure)
        for who, numbers in runs.items():
            if who not in self.failures:
                self.medians[who] = {key: statistics.median(run[key] for run in numbers) for key in numbers[0]}
        if "heddle" in self.results and self.results["heddle"] != self.results.get("python3", self.results["heddle"]):
            self.failures["heddle"] = "its result is not CPython's"
            self.medians.pop("heddle", None)

    def seconds(self, who):
        return self.medians[who]["seconds"] if who in self.medians else None

    def ratio(self, who="heddle"):
        ours, theirs = self.seconds(who), self.seconds("python3")
        return theirs / ours if ours and theirs else None

    def figure(self, name, who="heddle"):
        return self.medians.get(who, {}).get(name)


def milliseconds(value):
    return f"{value * 1e3:10.1f}" if value is not None else f"{'-':>10}"


def times(value):
    return f"{value:8.2f}x" if value is not None else f"{'-':>9}"


def header(title, interpreters):
    print(f"\n{title + ' (ms)':24}" + "".join(f"{who:>10}" for who in interpreters) + f"{'speed':>9}"
          + (f"{'PyPy':>9}" if "pypy3" in interpreters else ""))


def row(measured, interpreters):
    print(f"{measured.name:24}" + "".join(milliseconds(measured.seconds(who)) for who in interpreters)
          + times(measured.ratio()) + (times(measured.ratio("pypy3")) if "pypy3" in interpreters else ""))
    for who, why in measured.failures.items():
        print(f"    {who}: {why}")
    sys.stdout.flush()


def geometric_mean(ratios):
    return math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else None


def start_up(interpreters, rounds):
    """Seconds from the start of `-c pass` to its end, and resident KiB of such a process, by interpreter."""
    result = {}
    for who, command in interpreters.items():
        spent, resident = [], []
        try:
            for _ in range(max(rounds, 7)):
                begin = time.perf_counter()
                run([*command, "-c", "pass"])
                spent.append(time.perf_counter() - begin)
                resident.append(int(run([*command, "-c", RESIDENT])))
        except Failure as failure:
            print(f"{'-c pass':24}{who}: {failure}")
            continue
        result[who] = statistics.median(spent), statistics.median(resident)
    return result


def without_gil(heddle, rounds):
    """Prints the set `scaling`; returns (geometric mean of what one thread pays, whether something failed)."""
    print(flush=True)
    status = subprocess.run([heddle, "--gil=off", os.path.join(BENCH, "scaling", "run.py"), str(rounds)]).returncode
    if status:
        print(f"bench/scaling/run.py: exit status {status}")
    paths = [os.path.join(BENCH, "classic", name + ".py") for name in programs("classic")]
    ratios, after, failed = one_thread.table(heddle, paths, rounds)
    mean = geometric_mean(ratios)
    if mean:
        print(f"{'geometric mean':52}{mean:9.3f}{geometric_mean(after):16.3f}")
    return mean, bool(status) or failed


def goal(text, value, reached, shape="{:.2f}x"):
    if value is not None:
        print(f"  {'yes' if reached else 'NO ':4}{text:78}{shape.format(value)}")


def goals(found, start, one_thread_pays):
    """What the project wants to reach, and what this run did."""
    print("\nGoals")
    classic = [m.ratio() for m in found["classic"].values() if m.ratio()]
    if classic:
        mean = geometric_mean(classic)
        goal("classic programs, geometric mean of speed: at least 0.8x", mean, mean >= 0.8)
        goal("the slowest of them: not under 0.4x", min(classic), min(classic) >= 0.4)
    threads = found["threads"]

    def inverse(name):
        ratio = threads[name].ratio() if name in threads else None
        return 1 / ratio if ratio else None

    def figure(name, key):
        return threads[name].figure(key) if name in threads else None

    lock, start_join, two = inverse("lock"), inverse("start_join"), figure("cpu_bound", "speed_of_two")
    goal("with lock: pass, time: at most 0.4x of CPython's", lock, lock and lock <= 0.4)
    goal("start and join, time: at most 0.5x of CPython's", start_join, start_join and start_join <= 0.5)
    for name, text, least in HAND_OFFS:
        ratio = threads[name].ratio() if name in threads else None
        goal(f"{text}: at least {least:g}x", ratio, ratio and ratio >= least)
    for name, text, least in ASYNCIO:
        ratio = found["asyncio"][name].ratio() if name in found["asyncio"] else None
        goal(f"{text}: at least {least:g}x", ratio, ratio and ratio >= least)
    goal("two CPU-bound threads against the same in a row: at least 0.97x", two, two and two >= 0.97)
    share, p99, busy, p99_ten = (figure("convoy", key) for key in ("share_1", "p99_1", "busy_1", "p99_10"))
    goal("round trips beside a busy thread against alone: at least 0.5x", share, share and share >= 0.5)
    goal("their 99th percentile: under 1 ms", p99, p99 and p99 < 0.001, "{:.6f} s")
    goal("what the busy thread keeps of its speed: at least 0.3x", busy, busy and busy >= 0.3)
    goal("beside ten busy threads, 99th percentile: under 5 ms", p99_ten, p99_ten and p99_ten < 0.005, "{:.6f} s")
    counter = figure("lost_updates", "counter")
    goal("two million increments without a lock: updates are lost", counter, counter and counter < 2e6, "{:.0f}")
    for name, text, least in POOLS:
        ratio = found["pools"][name].ratio() if name in found["pools"] else None
        goal(f"{text}: at least {least:g}x", ratio, ratio and ratio >= least)
    goal("one thread without the GIL, time: at most 1.05x of that with it", one_thread_pays,
         one_thread_pays and one_thread_pays <= 1.05, "{:.3f}x")
    if "heddle" in start and "python3" in start:
        spent, resident = (start["heddle"][i] / start["python3"][i] for i in (0, 1))
        goal("start-up of -c pass: at most 2x of CPython's", spent, spent <= 2)
        goal("resident memory of -c pass: at most 2x of CPython's", resident, resident <= 2)


def show_figures(found, interpreters):
    """The figures beside seconds that programs tell."""
    for measured in found.values():
        names = [name for numbers in measured.medians.values() for name in numbers if name != "seconds"]
        for name in dict.fromkeys(names):
            values = [measured.figure(name, who) for who in interpreters]
            print(f"  {measured.name + ' ' + name:22}"
                  + "".join(f"{value:10.4g}" if value is not None else f"{'-':>10}" for value in values))


def command_line():
    parser = argparse.ArgumentParser(description="Runs the benchmarks beside CPython and PyPy.")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="part of a program's path, such as threads/")
    parser.add_argument("-n", type=int, default=7, dest="rounds", help="runs of each program (default 7)")
    parser.add_argument("--heddle", default=os.path.join(ROOT, "build", "heddle"), help="default: build/heddle")
    parser.add_argument("--gil", choices=("on", "off"), help="passed to heddle")
    parser.add_argument("--without", action="append", default=[], help="leave an interpreter out (pypy3)")
    return parser.parse_args()


def main():
    arguments = command_line()
    heddle = [os.path.abspath(arguments.heddle)] + (["--gil=" + arguments.gil] if arguments.gil else [])
    interpreters = {"heddle": heddle, "python3": ["/usr/bin/python3"], "pypy3": ["pypy3"]}
    interpreters = {who: command for who, command in interpreters.items()
                    if who not in arguments.without and shutil.which(command[0])}
    found = {}
    for folder in FOLDERS:
        found[folder] = {}
        names = [name for name in programs(folder) if wanted(arguments.patterns, f"{folder}/{name}.py")]
        if names:
            header(folder, interpreters)
        for name in names:
            measured = found[folder][name] = Measured(name)
            measured.measure(interpreters, os.path.join(BENCH, folder, name + ".py"), arguments.rounds)
            row(measured, interpreters)
        if folder == "classic":
            mean = geometric_mean([m.ratio() for m in found[folder].values() if m.ratio()])
            if mean:
                print(f"{'geometric mean':24}" + times(mean).rjust(10 * len(interpreters) + 9))
    show_figures({**found["threads"], **found["many"], **found["pools"]}, interpreters)
    start = {}
    if not arguments.patterns:
        start = start_up(interpreters, arguments.rounds)
        print(f"\n{'-c pass':24}" + "".join(f"{who:>10}" for who in interpreters))
        for title, index, scale in (("milliseconds", 0, 1e3), ("resident MiB", 1, 1 / 1024)):
            print(f"{title:24}" + "".join(f"{start[who][index] * scale:10.1f}" if who in start else f"{'-':>10}"
                                          for who in interpreters))
    mean, failed = None, False
    if wanted(arguments.patterns, "scaling/") and "heddle" in interpreters:
        mean, failed = without_gil(heddle[0], arguments.rounds)
    goals(found, start, mean)
    return 1 if failed or any("heddle" in m.failures for table in found.values() for m in table.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
