"""The tour: what the GIL does and what it does not, what is there without it, and what to use when. `make tour`, or
`heddle examples/tour.py`.

Each part runs one of the small programs beside this file and draws what it measured; read them, change them, run them
alone. Where it tells something, the same program runs under CPython, if this machine has one, or in Heddle's two modes.
"""
import os
import sys
import time

import atomic
import convoy
import cpu_bound
import gil_or_not
import lost_updates
import shared_by_processes
import sleepers
import switch_interval
import ways_to_work
import where_switched
import with_lock

HERE = os.path.dirname(os.path.abspath(__file__))
CPYTHON = "/usr/bin/python3"
OURS = {"heddle": "Heddle", "cpython": "CPython"}.get(sys.implementation.name, sys.implementation.name)
LABEL, NUMBER, BAR = 28, 14, 30


class Page:
    """Writes to the terminal: colours and block letters there, plain text elsewhere."""

    def __init__(self, out):
        self.out = out
        self.terminal = out.isatty() and os.environ.get("TERM") != "dumb"
        self.colours = self.terminal and "NO_COLOR" not in os.environ
        self.blocks = self.terminal and (out.encoding or "").lower().replace("-", "") == "utf8"
        self.part = 0

    def style(self, code, text):
        return f"\033[{code}m{text}\033[0m" if self.colours else text

    def write(self, text=""):
        self.out.write(text + "\n")
        self.out.flush()

    def title(self, text):
        self.part += 1
        self.write()
        self.write(self.style("1", f"{self.part}. {text}"))

    def say(self, text):
        """An explanation, in lines that fit."""
        line = "  "
        for word in text.split():
            if len(line) + len(word) > 88:
                self.write(self.style("2", line))
                line = "  "
            line += " " + word
        self.write(self.style("2", line))

    def bar(self, share):
        share = min(max(share, 0.0), 1.0)
        if not self.blocks:
            return "#" * round(share * BAR)
        eighths = round(share * BAR * 8)
        return "\u2588" * (eighths // 8) + ["", *"\u258f\u258e\u258d\u258c\u258b\u258a\u2589"][eighths % 8]

    def row(self, label, value, most, note="", colour="36", mark=" "):
        """One line of a chart: label, figure, a bar of value/most, a note."""
        bar = self.bar(value / most if most else 0)
        figure = note or f"{value:,}"
        bar = self.style(colour, bar) + " " * (BAR - len(bar))
        self.write(f"  {mark} {label:{LABEL}}{figure:>{NUMBER}}  {bar}".rstrip())

    def columns(self, label, texts, colours=()):
        """One line of a table; a column is red, green or plain."""
        line = f"    {label:{LABEL}}"
        for i, text in enumerate(texts):
            padded = f"{text:>{NUMBER}}"
            line += self.style(colours[i], padded) if i < len(colours) else padded
        self.write(line)


def told(command, program):
    """The lines `name value` that a program beside this file prints when a command runs it; None if it fails."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.dup2(write, 1)
            os.execv(command[0], [*command, os.path.join(HERE, program.__name__ + ".py")])
        finally:
            os._exit(127)
    os.close(write)
    text = b""
    while piece := os.read(read, 65536):
        text += piece
    os.close(read)
    _, status = os.waitpid(child, 0)
    if status:
        return None
    return {name: float(value) for name, value in (line.rsplit(" ", 1) for line in text.decode().splitlines())}


def beside(program):
    """What CPython says to it, or None."""
    return told([CPYTHON, "-E"], program) if OURS != "CPython" and os.access(CPYTHON, os.X_OK) else None


def in_both_modes(program):
    """By mode: what Heddle says to it with the GIL and without."""
    found = {}
    for mode in ("on", "off"):
        found["GIL " + mode] = told([sys.executable, "--gil=" + mode], program)
        if found["GIL " + mode] is None:
            raise RuntimeError(f"{program.__name__}.py fails with --gil={mode}")
    return found


def percent(share):
    return f"{share * 100:.0f} %"


def show_lost_updates(page):
    page.title("Lost updates")
    page.say("Two threads do `counter += 1` a million times each, without a lock (examples/lost_updates.py).")
    lost = []
    for number in range(1, 5):
        figures = lost_updates.measure()
        most = figures["expected"]
        lost.append(most - figures["left"])
        page.row(f"{OURS}, run {number}", figures["left"], most, colour="31" if lost[-1] else "32")
    theirs = beside(lost_updates)
    if theirs:
        page.row("CPython", round(theirs["left"]), most, colour="32")
    page.say(f"Of {most:,} increments up to {max(lost):,} are lost: `+=` reads, adds and writes back, and between "
             "these the other thread may write. CPython 3.10 and later give the GIL away only at loop ends and calls, "
             "so this program comes out whole there, by luck and not by promise.")


def show_where_switched(page):
    page.title("Between which bytecodes")
    page.say("Where a thread stood when the other had the GIL, seen by a third one (examples/where_switched.py).")
    seen = where_switched.measure()
    total, most = sum(seen.values()) or 1, max(seen.values())
    names = list(seen)
    reads = next(i for i, name in enumerate(names) if name.startswith("LOAD_GLOBAL"))
    writes = next(i for i, name in enumerate(names) if name.startswith("STORE_GLOBAL"))
    open_looks = 0
    for i, name in enumerate(names):
        between = reads <= i < writes
        open_looks += seen[name] if between else 0
        page.row("after " + name, seen[name], most, colour="31" if between else "36", mark=">" if between else " ")
    page.say(f"In {percent(open_looks / total)} of {total} looks (the lines with >) the value was read and not yet "
             "written back: what the other thread writes in between is overwritten.")


def show_lock(page):
    page.title("The lock that mends it")
    page.say("The same with `with lock:` around it (examples/with_lock.py).")
    ours, theirs = with_lock.measure(), beside(with_lock)
    page.row(f"{OURS}, with the lock", ours["left"], ours["expected"], colour="32")
    slowest = max(ours["seconds"], theirs["seconds"] if theirs else 0)
    page.row(f"{OURS}, time", ours["seconds"], slowest, f"{ours['seconds']:.2f} s")
    if theirs:
        page.row("CPython, time", theirs["seconds"], slowest, f"{theirs['seconds']:.2f} s")
    page.say("A lock makes read, add and write back one step for all who take it. It is exact on every Python.")


def show_switch_interval(page):
    page.title("The switch interval")
    page.say(f"Two busy threads take turns; sys.getswitchinterval() is {sys.getswitchinterval()} "
             "(examples/switch_interval.py).")
    turns = switch_interval.measure()
    most = max(turns.values())
    for name, value in turns.items():
        page.row(f"interval {name}", value, most, f"{value:,.0f} turns/s")
    page.say("The interval is how long a thread may compute while another waits. Shorter means more turns, longer "
             "fewer; no setting makes a program without locks a right one.")


def show_sleepers(page):
    page.title("Sleep lets the GIL go")
    page.say("Five threads sleep 0.2 s each (examples/sleepers.py).")
    for name, value in sleepers.measure().items():
        page.row(name, value, 1.0, f"{value:.2f} s")
    page.say("A thread that waits holds no GIL, so waits overlap, and a busy thread does not hold the sleepers up.")


def show_convoy(page):
    page.title("I/O beside computing: the convoy")
    page.say("One byte to another process and back, again and again; then the same beside a thread that only computes "
             "(examples/convoy.py).")
    ours, theirs = convoy.measure(), beside(convoy)
    most = max(ours["alone"], theirs["alone"] if theirs else 0)
    for name, figures in ((OURS, ours), ("CPython", theirs)):
        if figures:
            page.row(f"{name}, alone", figures["alone"], most, f"{figures['alone']:,.0f} /s")
            page.row(f"{name}, beside a busy one", figures["beside"], most, f"{figures['beside']:,.0f} /s",
                     colour="33")
    for name, figures in ((OURS, ours), ("CPython", theirs)):
        if figures:
            page.say(f"{name}: {percent(figures['beside'] / figures['alone'])} of the round trips are left, 99 of 100 "
                     f"take less than {figures['beside p99'] * 1000:.2f} ms; the busy thread keeps "
                     f"{percent(figures['busy keeps'])} of its speed.")
    page.say("Whoever comes back from waiting on the world needs the GIL again. Where it must wait out a whole "
             "interval for it, one busy thread slows down all that talk; Heddle lets it go first.")


def show_cpu_bound(page):
    page.title("Threads that only compute")
    page.say("The same work twice, in a row and by two threads (examples/cpu_bound.py).")
    found = [(OURS, cpu_bound.measure()), ("CPython", beside(cpu_bound))]
    most = max(max(figures.values()) for _, figures in found if figures)
    for name, figures in found:
        if figures:
            for what, value in figures.items():
                page.row(f"{name}, {what}", value, most, f"{value:.2f} s")
    ours = found[0][1]
    gain = ours["in a row"] / ours["two threads"]
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        page.say(f"{gain:.2f} times as fast with two threads: under a GIL one computes at a time, however many cores "
                 "there are. Threads are for waiting; processes, or a Python without a GIL, are for computing.")
    else:
        page.say(f"{gain:.2f} times as fast with two threads: without a GIL they compute side by side.")


def show_atomic(page):
    page.title("What is atomic and what is not")
    page.say("Four threads at once; what came out, of what should (examples/atomic.py).")
    for name, (found, expected) in atomic.measure().items():
        good = found == expected
        page.row(name, found, max(found, expected), f"{found:,}", colour="32" if good else "31",
                 mark=" " if good else ">")
        if not good:
            kind = "lost" if found < expected else "done twice or more"
            page.write(f"    {'':{LABEL}}{'':{NUMBER}}  of {expected:,}: {abs(expected - found):,} {kind}")
    page.say("One call of a built-in method is one bytecode, and nobody comes between. Whatever reads first and writes "
             "later (the lines with >) needs a lock.")


def show_gil_or_not(page):
    page.title("The same program with the GIL and without")
    page.say("heddle --gil=on and heddle --gil=off, one after the other (examples/gil_or_not.py).")
    found = in_both_modes(gil_or_not)
    page.columns("", found)
    for name, text in (("sys._is_gil_enabled()", lambda value: str(bool(value))),
                       ("in a row", "{:.2f} s".format), ("two threads", "{:.2f} s".format),
                       ("speed-up", "{:.2f}".format)):
        page.columns(name, [text(figures[name]) for figures in found.values()])
    for name in ("racy counter", "counter with a lock"):
        page.columns(name, [f"{figures[name]:,.0f}" for figures in found.values()],
                     ["32" if figures[name] == figures["expected"] else "31" for figures in found.values()])
    on, off = found.values()
    race, lock = (" and ".join(f"{figures['expected'] - figures[name]:,.0f}" for figures in found.values())
                  for name in ("racy counter", "counter with a lock"))
    page.say(f"Two threads that compute are {on['speed-up']:.2f} times as fast as one with the GIL and "
             f"{off['speed-up']:.2f} times without. Of {off['expected']:,.0f} increments the race loses {race}; the "
             f"lock loses {lock}. What was right because of a lock is right in both modes; what was right because of "
             "the GIL never was.")


def show_ways_to_work(page):
    page.title("In a row, threads, processes or asyncio?")
    page.say(f"{ways_to_work.TASKS} tasks that compute and {ways_to_work.REQUESTS} that wait {ways_to_work.WAIT} s "
             "for a server, each way, in both modes (examples/ways_to_work.py).")
    found = in_both_modes(ways_to_work)
    page.columns("", found)
    for name in next(iter(found.values())):
        page.columns(name, [f"{figures[name]:.2f} s" for figures in found.values()])
    best = {}
    for mode, figures in found.items():
        for kind in ("compute", "wait"):
            row = figures[kind + ", in a row"]
            gains = {name.split(", ")[1]: row / value for name, value in figures.items()
                     if name.startswith(kind) and not name.endswith("in a row")}
            best[mode, kind] = ", ".join(f"{name} {gain:.1f}" for name, gain in gains.items())
    page.say(f"Times as fast as in a row, computing: {best['GIL on', 'compute']} with the GIL; "
             f"{best['GIL off', 'compute']} without. Waiting: {best['GIL on', 'wait']} with it; "
             f"{best['GIL off', 'wait']} without.")
    page.say("asyncio is one thread: it overlaps waiting and no computing. Processes compute side by side in every "
             "Python, and cost their start; threads do without the GIL.")


def show_shared_by_processes(page):
    page.title("What processes share")
    page.say(f"{shared_by_processes.WORKERS} processes add to one number in shared memory, and to one in a manager's "
             "dict (examples/shared_by_processes.py).")
    figures = shared_by_processes.measure()
    for name in ("without a lock", "with its lock", "manager"):
        left, expected = figures[name + ", left"], figures["manager, expected" if name == "manager" else "expected"]
        page.row(name, left, expected, colour="32" if left == expected else "31", mark=" " if left == expected else ">")
    mib = figures["size"] >> 20
    ways = ("through shared memory", "through a pipe")
    for way in ways:
        page.row(f"{mib} MiB {way}", figures[way], max(figures[way] for way in ways), f"{figures[way] * 1000:.1f} ms")
    page.say(f"One addition takes {figures['without a lock, each'] * 1e6:.2f} us without a lock, "
             f"{figures['with its lock, each'] * 1e6:.2f} us with the one that multiprocessing.Value has, and "
             f"{figures['manager, each'] * 1e6:,.0f} us through a manager, each call of which is a message to its "
             "process and back. Shared memory is as quick as memory and races like it.")


def show_choosing(page):
    page.title("heddle.parallel chooses")
    page.say("parallel_map(function, items, mode=\"auto\") measures the first calls and decides; explain() says what "
             "and why (examples/choosing.py).")
    import choosing  # its package is Heddle's own, and CPython can run this tour without it
    for name, (row, chosen, why) in choosing.measure().items():
        page.row(name + ", in a row", row, max(row, chosen), f"{row * 1000:.1f} ms")
        page.row(name + ", chosen", chosen, max(row, chosen), f"{chosen * 1000:.1f} ms", colour="32")
        page.say(why)
    stats, why = choosing.pool()
    page.say(f"A WorkerPool is an executor of concurrent.futures with counts: of {stats.submitted} lambdas sent to two "
             f"processes {stats.completed} came back and {stats.failed} failed; the median took "
             f"{stats.running_time.p50 * 1e6:.0f} us. docs/parallel.md has the rest.")


OF_THE_GIL = (show_lost_updates, show_where_switched, show_lock, show_switch_interval, show_sleepers, show_convoy,
              show_cpu_bound, show_atomic)
OF_HEDDLE = (show_gil_or_not, show_ways_to_work, show_shared_by_processes, show_choosing)


def main():
    page = Page(sys.stdout)
    start = time.perf_counter()
    gil = "on" if getattr(sys, "_is_gil_enabled", lambda: True)() else "off"
    page.write(page.style("1", f"{OURS}, Python {sys.version.split()[0]}, GIL {gil}, {os.cpu_count()} cores"))
    busy = os.getloadavg()[0]
    if busy > os.cpu_count() / 2:
        page.say(f"Other programs compute on this machine (load {busy:.1f}): times come out longer and speed-ups "
                 "smaller than they are when it is idle.")
    for show in OF_THE_GIL + (OF_HEDDLE if OURS == "Heddle" else ()):
        show(page)
    page.write()
    page.say(f"Measured on this machine just now, in {time.perf_counter() - start:.0f} seconds.")


if __name__ == "__main__":
    main()
