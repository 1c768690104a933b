"""parallel_map: a function over items that are drawn as results are asked for."""
from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

from . import _choose
from ._pool import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any, Literal, TextIO

_MODES = {"io": "thread", "cpu": "process", "auto": "auto"}


class Progress:
    """A line on a terminal that tells how far it is; nothing elsewhere."""

    WIDTH, EVERY = 30, 0.1

    def __init__(self, total: int | None, stream: TextIO) -> None:
        self.total, self.stream = total, stream
        self.began = self.shown = time.monotonic()

    def show(self, done: int, last: bool = False) -> None:
        now = time.monotonic()
        if now - self.shown < self.EVERY and not last:
            return
        self.shown = now
        rate = done / max(now - self.began, 1e-9)
        if self.total:
            filled = self.WIDTH * done // self.total
            line = f"[{'#' * filled}{'.' * (self.WIDTH - filled)}] {done}/{self.total} {rate:.1f}/s"
            if 0 < done < self.total:
                line += f" {(self.total - done) / rate:.0f} s left"
        else:
            line = f"{done} done {rate:.1f}/s"
        self.stream.write(f"\r\x1b[K{line}" + ("\n" if last else ""))
        self.stream.flush()


class ParallelMap:
    """The iterator that ``parallel_map`` returns. One thread at a time asks it for results."""

    def __init__(self, *arguments):
        # Two objects: dropping this one drops the generator, which ends what runs.
        self._run = _Run(*arguments)
        self._results = self._run.results()

    def __iter__(self) -> ParallelMap:
        return self

    def __next__(self) -> Any:
        return next(self._results)

    def close(self) -> None:
        """Ends it: items that have not begun are dropped, worker processes are killed, worker threads waited for."""
        self._results.close()

    def __enter__(self) -> ParallelMap:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def explain(self) -> str:
        """What runs the calls, and why, in a sentence."""
        names = {"thread": "threads", "process": "processes", "inline": "in line", "auto": "in line for now"}
        return f"{names[self._run.mode]}: {self._run.why}"


class _Run:
    """What a ParallelMap does."""

    def __init__(self, func, items, mode, max_workers, chunksize, timeout, ordered, progress, on_error):
        self.func, self.source = func, iter(items)
        try:
            self.total = len(items)
        except TypeError:
            self.total = None
        self.max_workers, self.chunksize = max_workers, chunksize
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.ordered, self.collect = ordered, on_error == "collect"
        self.mode, self.why = mode, "it was asked for"
        if mode == "auto":
            self.why = "not decided yet: no calls have been measured"
        elif mode == "process" and not _choose.has_gil():
            self.mode, self.why = "thread", "there is no GIL, so threads run side by side"
        stream = sys.stderr
        self.progress = Progress(self.total, stream) if progress and stream and stream.isatty() else None

    def results(self):
        done = 0
        try:
            for value in self.steps():
                yield value
                value = None
                done += 1
                if self.progress is not None:
                    self.progress.show(done)
        finally:
            self.source = None
            if self.progress is not None:
                self.progress.show(done, True)

    def steps(self):
        if self.mode == "auto":
            samples = _choose.Samples()
            yield from self.in_line(samples.measure, samples)
            if self.source is None:
                if samples.calls:
                    self.mode, self.why = samples.decide(0)
                return
            left = None if self.total is None else self.total - len(samples.calls)
            self.mode, self.why = samples.decide(left)
            self.check_sendable()
        if self.mode == "inline":
            yield from self.in_line(None, None)
        else:
            yield from self.in_pool()

    def in_line(self, measure, samples):
        """Calls here, until the items or the samples are enough."""
        func, collect = self.func, self.collect
        while samples is None or not samples.enough():
            if self.deadline is not None and time.monotonic() > self.deadline:
                raise TimeoutError("the results took too long")
            try:
                item = next(self.source)
            except StopIteration:
                self.source = None
                return
            try:
                value = func(item) if measure is None else measure(func, item)
            except Exception as error:
                if not collect:
                    raise
                value = error
            item = None
            yield value

    def check_sendable(self):
        if self.mode == "process":
            from ._transport import dumps_plain
            try:
                dumps_plain(self.func)
            except Exception as error:
                self.mode = "thread"
                self.why += f", but the function cannot be sent to one ({error})"

    def in_pool(self):
        pool = WorkerPool(self.mode, self.max_workers, name="parallel_map")
        try:
            core = pool._chosen
            workers = self.max_workers or _choose.default_workers(self.mode)
            window = max(2 * workers, (self.chunksize or 1) * workers)
            left = None if self.deadline is None else max(0, self.deadline - time.monotonic())
            yield from core.map(self.func, self.source, False, window, self.ordered, self.collect, left)
        except BaseException as error:
            # A thread that is stuck cannot be ended: who set a time-out is not made to wait for it.
            pool.shutdown(kill=True, wait=not isinstance(error, TimeoutError) or self.mode == "process")
            raise
        else:
            pool.shutdown()


def parallel_map(func: Callable[[Any], Any], items: Iterable, mode: Literal["io", "cpu", "auto"] = "auto",
                 max_workers: int | None = None, chunksize: int | None = None, timeout: float | None = None,
                 ordered: bool = True, progress: bool = False,
                 on_error: Literal["raise", "collect"] = "raise") -> ParallelMap:
    """An iterator over ``func(item)`` for each item, computed by several workers.

    mode        "io": threads. "cpu": processes, or threads without the GIL. "auto": the first items are run here and
                measured, and it is decided by what they did with the GIL; ``explain()`` of the iterator tells.
    max_workers how many workers at most
    chunksize   how many items for each worker are drawn ahead at least; how many go to a process together follows from
                how long they take
    timeout     seconds from now until all results are there; then TimeoutError is raised
    ordered     False: results come as they are ready
    progress    a line on the terminal (stderr), if it is one
    on_error    "raise": the exception of a call is raised in the place of its result, and that is the end. "collect": it
                is given as the result, and the others go on

    Items are drawn from ``items`` in the thread that asks for results, a few ahead of it (more, up to 4,096, when they
    are short), so memory is bounded however many there are. Leaving the loop and dropping the iterator, or ``close()``,
    ends all that runs.
    """
    if mode not in _MODES:
        raise ValueError(f"mode must be 'io', 'cpu' or 'auto', not {mode!r}")
    if on_error not in ("raise", "collect"):
        raise ValueError(f"on_error must be 'raise' or 'collect', not {on_error!r}")
    if max_workers is not None and max_workers < 1:
        raise ValueError("max_workers must be greater than 0")
    if chunksize is not None and chunksize < 1:
        raise ValueError("chunksize must be at least 1")
    return ParallelMap(func, items, _MODES[mode], max_workers, chunksize, timeout, ordered, progress, on_error)
