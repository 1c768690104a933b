"""One program, to be run with the GIL and without: what two threads gain, what a race loses, what a lock keeps.

    heddle --gil=on examples/gil_or_not.py
    heddle --gil=off examples/gil_or_not.py

Without the GIL two threads compute side by side. Nothing is torn, but a race stays a race, and a lock keeps what it
kept.
"""
import sys

import cpu_bound
import lost_updates
import with_lock


def measure():
    times, racy, locked = cpu_bound.measure(), lost_updates.measure(), with_lock.measure()
    return {"sys._is_gil_enabled()": int(sys._is_gil_enabled()),
            "in a row": times["in a row"], "two threads": times["two threads"],
            "speed-up": times["in a row"] / times["two threads"],
            "racy counter": racy["left"], "counter with a lock": locked["left"], "expected": locked["expected"]}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
