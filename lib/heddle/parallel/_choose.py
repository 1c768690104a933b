"""How to run a function, decided by what its first calls did.

A call is measured by three clocks (`_parallel.measure`): how long it took, how much of that its thread computed, and how
much of that it computed with the GIL. The runtime stops the last clock whenever a thread gives the GIL up.
"""
from __future__ import annotations

import os
import sys

import _parallel

SAMPLES, SAMPLE_TIME = 8, 20_000_000  # calls and ns of calls after which it is decided
THREAD_COST, PROCESS_COST = 3_000, 20_000  # ns that handing a call over costs, roughly; below it is not worth it
PROCESS_START = 5_000_000


def has_gil() -> bool:
    return sys._is_gil_enabled()


def cpus() -> int:
    return len(os.sched_getaffinity(0))


def default_workers(mode: str) -> int:
    """As many threads as concurrent.futures has; a process for each processor."""
    return min(32, cpus() + 4) if mode == "thread" else cpus()


def spell(nanoseconds: float) -> str:
    for size, unit in ((1e9, "s"), (1e6, "ms"), (1e3, "us")):
        if nanoseconds >= size:
            return f"{nanoseconds / size:.3g} {unit}"
    return f"{nanoseconds:.0f} ns"


class Samples:
    """What the first calls took: (wall, computed, held) in ns each. Threads may add to it at once."""

    def __init__(self) -> None:
        self.calls: list[tuple[int, int, int]] = []

    def measure(self, function, /, *args, **kwargs):
        """Calls the function and counts the call, whatever comes of it."""
        outcome = []

        def call():
            try:
                outcome[:] = True, function(*args, **kwargs)
            except BaseException as error:
                outcome[:] = False, error

        _, wall, computed, held = _parallel.measure(call)
        self.calls.append((wall, computed, held))
        good, value = outcome
        try:
            if good:
                return value
            raise value
        finally:
            del outcome[:], value

    def enough(self) -> bool:
        return len(self.calls) >= SAMPLES or sum(call[0] for call in self.calls) >= SAMPLE_TIME

    def decide(self, left: int | None = None, gil: bool | None = None,
               processors: int | None = None) -> tuple[str, str]:
        """(mode, why): "thread", "process" or "inline". `left`: how many calls are to come, if that is known."""
        gil = has_gil() if gil is None else gil
        processors = cpus() if processors is None else processors
        calls = sorted(self.calls)
        if len(calls) >= 4:
            del calls[-1]  # the first call of all, or one that was disturbed
        count = len(calls)
        wall, computed, held = (sum(times) / count for times in zip(*calls))
        waited = max(0, wall - computed)
        part = min(1, held / wall) if wall else 1
        what = (f"{count} calls took {spell(wall)} each: {spell(held)} computing with the GIL ({part:.0%}), "
                f"{spell(max(0, computed - held))} computing without it, {spell(waited)} waiting" if gil else
                f"{count} calls took {spell(wall)} each: {spell(computed)} computing, {spell(waited)} waiting")
        if left == 0:
            return "inline", f"{what}; nothing is left to do"
        if wall < THREAD_COST:
            return "inline", f"{what}; handing a call to a thread costs about {spell(THREAD_COST)}: too short to be worth it"
        if not gil:
            if processors == 1 and waited < wall / 2:
                return "inline", f"{what}; there is one processor, and nothing to wait for"
            return "thread", f"{what}; there is no GIL, so threads run side by side"
        if part < 0.5:
            return "thread", f"{what}; most of the time the GIL is free for another thread"
        if processors == 1:
            return "inline", f"{what}; there is one processor"
        if wall < PROCESS_COST:
            return "inline", f"{what}; handing a call to a process costs about {spell(PROCESS_COST)}: too short to be worth it"
        if left is not None and left * wall < PROCESS_START:
            return "inline", (f"{what}; the {left} calls that are left take {spell(left * wall)}, less than the start of "
                              f"processes")
        return "process", f"{what}; threads would wait for the GIL, processes have one each"
