"""WorkerPool: an executor of threads or processes, or of what suits the work."""
from __future__ import annotations

import concurrent.futures
import os
import threading
import traceback
import weakref
from typing import TYPE_CHECKING, NamedTuple

import _parallel

from . import _choose
from ._processes import Processes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any, Literal, TypeVar

    T = TypeVar("T")

_cores = weakref.WeakSet()  # of all pools that are alive
_numbers = iter(range(1, 1 << 62))


class Future(_parallel.FutureBase, concurrent.futures.Future):
    """The result of a call that may not be there yet; a ``concurrent.futures.Future``, of which the methods are native."""

    __slots__ = ()


class Times(NamedTuple):
    """Seconds: the mean, the median and the 99th percentile (these within 6 %)."""

    mean: float
    p50: float
    p99: float


class Stats(NamedTuple):
    """What a pool has done. ``submitted`` is the sum of the five counts that follow it."""

    submitted: int
    completed: int
    failed: int
    cancelled: int
    pending: int
    running: int
    waiting_time: Times
    running_time: Times


class Threads:
    """Worker threads: `_parallel.ThreadPool` and the threads that serve it."""

    def __init__(self, max_workers, future_type, meter, *, name, initializer=None, initargs=()):
        threads = self.threads = []

        def spawn(native):
            target, args = native.work, ()
            if initializer is not None:
                target, args = _work, (native, initializer, initargs)
            thread = threading.Thread(target=target, args=args, name=f"{name}-{len(threads)}", daemon=True)
            thread.start()
            threads[:] = [each for each in threads if each.is_alive()] + [thread]

        self.meter = meter
        self.native = _parallel.ThreadPool(max_workers, future_type, spawn, meter)
        self.submit, self.map = self.native.submit, self.native.map

    def stop(self, cancel=False, kill=False):
        self.native.stop(cancel or kill)

    def join(self):
        for thread in list(self.threads):
            if thread is not threading.current_thread():
                thread.join()

    def after_fork(self):
        self.meter.after_fork()
        self.native.after_fork()
        self.threads.clear()


def _work(native, initializer, initargs):
    try:
        initializer(*initargs)
    except BaseException:
        traceback.print_exc()
        native.stop(True)
    native.work()


class WorkerPool(concurrent.futures.Executor):
    """Runs calls in worker threads or processes.

    mode            "thread": threads of this process. "process": forked processes; functions may be lambdas, closures
                    or local ones, they go by value. "auto": the first calls are measured, then it is decided
                    (``explain()`` tells what, and why).
    max_workers     how many at most; they are started when there is work for them
    initializer, initargs    called first in each worker
    retries         how often a task is tried again whose worker process was lost, or whose time was up
    timeout         seconds a task may run; then its process is killed and it fails with ``TaskTimeout``
    memory_limit    bytes of memory that a worker process may take beyond what it starts with; then tasks get MemoryError

    The last two can be had of processes only: a thread cannot be stopped from outside, so they make "auto" choose those.
    All methods may be called from any thread. A forked child gets an empty pool of its own.
    """

    def __init__(self, mode: Literal["thread", "process", "auto"] = "auto", max_workers: int | None = None, *,
                 name: str | None = None, initializer: Callable[..., object] | None = None, initargs: tuple = (),
                 retries: int = 0, timeout: float | None = None, memory_limit: int | None = None) -> None:
        if mode not in ("thread", "process", "auto"):
            raise ValueError(f"mode must be 'thread', 'process' or 'auto', not {mode!r}")
        if max_workers is not None and max_workers < 1:
            raise ValueError("max_workers must be greater than 0")
        if retries < 0:
            raise ValueError("retries must not be negative")
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be callable")
        limited = timeout is not None or memory_limit is not None
        if mode == "thread" and limited:
            raise ValueError("timeout and memory_limit need mode='process': a thread cannot be stopped from outside")
        self._max_workers, self._name = max_workers, name or f"WorkerPool-{next(_numbers)}"
        self._common = {"initializer": initializer, "initargs": initargs}
        self._limits = {"retries": retries, "timeout": timeout, "memory_limit": memory_limit}
        self._meter = _parallel.Meter()
        self._lock = threading.Lock()
        self._cores_used = []
        self._chosen = None  # what runs the calls; None: not decided, or they run in line
        self._closed = False
        self._samples = None
        if mode != "auto":
            self._settle(mode, "as it was asked for")
        elif limited:
            self._settle("process", "only a process can be held to a time or a size")
        else:
            self._samples = _choose.Samples()
            self._mode, self._why = "auto", "not decided yet: no calls have been measured"

    def _core(self, mode):
        """Threads or processes, made when they are first needed; under the lock, or at the start."""
        workers = self._max_workers or _choose.default_workers(mode)
        if mode == "thread":
            core = Threads(workers, Future, self._meter, name=self._name, **self._common)
        else:
            core = Processes(workers, Future, self._meter, name=self._name, **self._common, **self._limits)
        self._cores_used.append(core)
        _cores.add(core)
        return core

    def _settle(self, mode, why):
        self._mode, self._why = mode, why
        if mode == "inline":
            return
        core = next((each for each in self._cores_used if (type(each) is Threads) == (mode == "thread")), None)
        self._chosen = core or self._core(mode)

    # --- what an executor does ---

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future:
        """Queues the call ``fn(*args, **kwargs)``; returns its future."""
        if (core := self._chosen) is not None:
            return core.submit(fn, *args, **kwargs)
        return self._submit_measured(fn, args, kwargs)

    def _submit_measured(self, fn, args, kwargs):
        """In "auto" mode: a call that is measured, or the way that has been decided."""
        with self._lock:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._mode == "auto" and self._samples.enough():
                self._settle(*self._samples.decide())
            mode = self._mode
            if mode == "auto" and not self._cores_used:
                self._core("thread")
        if mode == "auto":
            return self._cores_used[0].submit(self._samples.measure, fn, *args, **kwargs)
        return self._run_inline(fn, args, kwargs) if mode == "inline" else self._chosen.submit(fn, *args, **kwargs)

    def _run_inline(self, fn, args, kwargs):
        future = Future()
        future._enlist(self._meter)
        future.set_running_or_notify_cancel()
        outcome = []
        _, wall, _, _ = _parallel.measure(_call, outcome, fn, args, kwargs)
        good, value = outcome
        self._meter.time(0, wall)
        self._meter.add(0, good, not good)
        (future.set_result if good else future.set_exception)(value)
        return future

    def map(self, fn: Callable[..., T], *iterables: Iterable, timeout: float | None = None,
            chunksize: int | None = None) -> Iterator[T]:
        """An iterator over the results of ``fn`` for the items of the iterables (one argument from each), in order.

        All calls are queued at once. ``chunksize`` is accepted and not needed: how many items go to a worker together
        follows from how long they take.
        """
        if chunksize is not None and chunksize < 1:
            raise ValueError("chunksize must be >= 1.")
        star = len(iterables) != 1
        items = zip(*iterables) if star else iterables[0]
        if self._chosen is None:
            return self._map_measured(fn, list(items), star, timeout)
        return self._chosen.map(fn, items, star, 0, True, False, timeout)

    def _map_measured(self, fn, items, star, timeout):
        """The first items here, the rest as is decided then."""
        first = []
        while items and self._chosen is None:
            if self._closed:
                raise RuntimeError("cannot schedule new futures after shutdown")
            if self._mode == "auto" and self._samples.enough():
                with self._lock:
                    self._settle(*self._samples.decide(len(items)))
                continue
            call = fn if self._mode == "inline" else self._samples.measure
            args = items.pop(0) if star else (items.pop(0),)
            first.append(self._run_inline(call, args if self._mode == "inline" else (fn, *args), {}))
        rest = self._chosen.map(fn, items, star, 0, True, False, timeout) if items else ()
        return _results(first, rest)

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False, kill: bool = False) -> None:
        """Takes no more calls. ``wait``: returns when what was queued has been done, or cancelled with
        ``cancel_futures``. ``kill``: the same, and worker processes are killed in the middle of what they do."""
        with self._lock:
            self._closed = True
            cores = list(self._cores_used)
        for core in cores:
            core.stop(cancel_futures or kill, kill)
        if wait:
            for core in cores:
                core.join()

    def __exit__(self, exc_type: Any, exc_value: Any, trace: Any) -> bool:
        if exc_type is not None and not issubclass(exc_type, Exception):
            self.shutdown(kill=True)  # Ctrl-C: what waits is dropped
        else:
            self.shutdown()
        return False

    def __del__(self):
        for core in self.__dict__.get("_cores_used", ()):
            core.stop()

    # --- what it can tell ---

    def stats(self) -> Stats:
        """Counts of tasks and their times; see ``Stats``."""
        submitted, completed, failed, cancelled, running, waited, ran = self._meter.read()
        pending = max(0, submitted - completed - failed - cancelled - running)
        return Stats(submitted, completed, failed, cancelled, pending, running, Times(*waited), Times(*ran))

    @property
    def mode(self) -> str:
        """ "thread", "process", "inline", or "auto" while that is not decided."""
        return self._mode

    def explain(self) -> str:
        """What runs the calls, and why, in a sentence."""
        names = {"thread": "threads", "process": "processes", "inline": "in line", "auto": "threads for now"}
        return f"{names[self._mode]}: {self._why}"

    def __repr__(self) -> str:
        return f"<WorkerPool {self._name} mode={self._mode!r}>"


def _call(outcome, fn, args, kwargs):
    try:
        outcome[:] = True, fn(*args, **kwargs)
    except BaseException as error:
        outcome[:] = False, error


def _results(first, rest):
    for future in first:
        yield future.result()
    yield from rest


def _at_exit():
    """As concurrent.futures does: what was queued is done before the interpreter ends."""
    for wait in (False, True):
        for core in list(_cores):
            core.join() if wait else core.stop()


def _after_fork_in_child():
    for core in list(_cores):
        core.after_fork()


threading._register_atexit(_at_exit)
os.register_at_fork(after_in_child=_after_fork_in_child)
