"""A map in worker processes: many items, one function, results in order or as they come.

The items wait in the job until an agent draws some of them as a chunk (under the pool's lock). Results come in chunks too
and wait in the job (under its own lock) until they are asked for. What is ahead of the consumer is bounded by the
window, which grows while items are short.
"""
import collections
import threading
import time
from concurrent.futures import CancelledError, TimeoutError

from . import _transport

AHEAD = 4_000_000  # ns of work for each worker that a wide window holds
MOST_AHEAD = 4096


class Chunk:
    """Some items of a map, from number `start` on."""

    __slots__ = ("job", "start", "items", "tries")

    def __init__(self, job, start, items, tries):
        self.job, self.start, self.items, self.tries = job, start, items, tries

    def __len__(self):
        return len(self.items)

    def __getitem__(self, piece):
        start = piece.indices(len(self.items))[0]
        return Chunk(self.job, self.start + start, self.items[piece], self.tries)


class Job:
    """`window`: how many items at least may be ahead of the consumer; 0: all of them, at once."""

    def __init__(self, core, function, source, star, window, ordered, collect, timeout):
        with core.lock:
            core.keys += 1
            self.key = core.keys
        self.core, self.ordered, self.collect, self.window = core, ordered, collect, window
        self.function = _transport.dumps_plain((function, star))
        self.deadline = None if timeout is None else time.monotonic() + timeout
        self.source = iter(source)
        self.error = None          # to be raised when all results were given
        self.items = collections.deque()  # under core.lock, like the next three
        self.drawn = 0
        self.queued = self.abandoned = False
        self.mean = None           # ns that an item takes
        self.fed = 0
        self.fed_at = time.monotonic_ns()
        self.changed = threading.Condition(threading.Lock())
        self.ready = {} if ordered else []  # under `changed`
        self.open = set()          # numbers of items that were drawn and have no result yet
        self.finished = self.given = 0
        if window == 0:
            self.feed(None)
            if self.error is not None:
                self.abandon()
                raise self.error

    # --- items ---

    def feed(self, count):
        """Draws `count` items (None: all) from the source and queues them."""
        items = []
        try:
            while count is None or len(items) < count:
                items.append(next(self.source))
        except StopIteration:
            self.source = None
        except BaseException as error:
            self.source, self.error = None, error
        if items:
            self.core.meter.add(len(items))
            self.fed += len(items)
            self.fed_at = time.monotonic_ns()
            self.core.push_items(self, items)

    def left(self):
        return len(self.items)

    def draw(self, width):
        """The next chunk, or None; under core.lock."""
        start, pop = self.drawn, self.items.popleft
        items = [pop() for _ in range(min(width, len(self.items)))]
        self.open.update(range(start, start + len(items)))
        self.drawn += len(items)
        self.queued = bool(self.items)
        return Chunk(self, start, items, 0) if items else None

    def wanted(self, waits):
        """How many more items should be drawn from the source now."""
        if self.source is None:
            return 0
        most = self.window
        if self.mean is not None:
            most = max(most, min(self.core.max_workers * AHEAD // (self.mean + 1), MOST_AHEAD))
        ahead = self.fed - self.given
        return 0 if ahead > most // 2 and not waits else max(0, most - ahead)

    def abandon(self, error=None):
        """What no worker has begun is dropped. `error` is what asking for the rest raises then."""
        core = self.core
        with core.lock:
            dropped = len(self.items)
            self.items.clear()
            self.abandoned, self.source = True, None
            for agent in core.agents:
                if type(agent.batch) is Chunk and agent.batch.job is self and agent.process is not None:
                    begun = agent.process.claims.reclaim()
                    dropped += agent.count - begun
                    agent.count = begun
        core.meter.add(0, 0, 0, dropped)
        with self.changed:
            self.error = self.error or error
            self.changed.notify_all()

    # --- results ---

    def deliver(self, outcomes, mean):
        """outcomes: (number, whether it is a result, result or exception); how many of them were new."""
        with self.changed:
            if mean is not None:
                self.mean = mean if self.mean is None else (3 * self.mean + mean) // 4
            new = [each for each in outcomes if each[0] in self.open]
            self.open.difference_update([each[0] for each in new])
            if self.ordered:
                self.ready.update((number, (good, value)) for number, good, value in new)
                if self.given in self.ready or self.abandoned:
                    self.changed.notify_all()
            else:
                self.ready.extend((good, value) for number, good, value in new)
                self.changed.notify_all()
            self.finished += len(new)
            return len(new)

    def collect_ready(self):
        """The results that can be given now; under `changed`."""
        if not self.ordered:
            batch, self.ready = self.ready, []
            self.given += len(batch)
            return batch
        batch, ready = [], self.ready
        while (outcome := ready.pop(self.given, None)) is not None:
            self.given += 1
            batch.append(outcome)
        return batch

    def next_batch(self):
        """Waits for results; an empty list: there are no more."""
        waits = False
        while True:
            if (more := self.wanted(waits)):
                self.feed(more)
            with self.changed:
                batch = self.collect_ready()
                if batch or self.given == self.fed and self.source is None or self.abandoned:
                    break
                if self.window and not waits:
                    waits = True
                    continue
                self.wait()
        if not batch and self.error is not None:
            error, self.error = self.error, None
            raise error
        return batch

    def wait(self):
        if self.deadline is None:
            self.changed.wait()
        elif (left := self.deadline - time.monotonic()) <= 0 or not self.changed.wait(left):
            raise TimeoutError("the results took too long")


class Results:
    """The iterator that a map returns."""

    def __init__(self, job):
        self.job, self.batch, self.over = job, collections.deque(), False

    def __iter__(self):
        return self

    def __next__(self):
        while not self.batch:
            if self.over:
                raise StopIteration
            try:
                self.batch.extend(self.job.next_batch())
            except TimeoutError:
                self.over = True
                self.job.abandon()
                raise
            self.over = not self.batch
        good, value = self.batch.popleft()  # nothing here holds it any more
        if good or self.job.collect:
            return value
        self.over = True
        self.batch.clear()
        self.job.abandon()
        try:
            raise value
        finally:
            value = None

    def close(self, wait=True):
        """Items that have not begun are dropped; with `wait`, returns when those that have are over."""
        self.over = True
        self.batch.clear()
        self.job.abandon()
        if wait:
            self.job.core.wait_for(self.job)

    def counts(self):
        """(items drawn, items done, results given)"""
        return self.job.fed, self.job.finished, self.job.given

    def __del__(self):
        job = self.job
        if not self.over and (job.window or job.given):
            job.abandon()


def cancelled():
    return CancelledError("the pool was shut down")
