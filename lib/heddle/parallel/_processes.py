"""The parent's side of a pool of worker processes.

Each worker process has an agent, a thread of the parent that forks it, feeds it one batch of tasks at a time, reads what
came of them and forks another one when it is lost. The agents share one queue. How many tasks make a batch follows from
how long they take: about BATCH_TIME of work. An agent that has nothing to do takes back what another's worker has not
begun while that is busy with a long task.

What a lost worker was doing is known from the page it shares with its agent (`_parallel.Claims`): one task had begun
and left no result, which fails or is tried again; results that were written down count; the rest goes back into the
queue. Nothing has a name: sockets, mappings and shared memory end with their last process. A worker dies with its agent
(PR_SET_PDEATHSIG), hence with the parent, however that ends, and at the end of its socket.
"""
import _parallel
import collections
import marshal
import os
import threading
from _signal import SIGKILL

from . import _transport, _worker
from ._errors import TaskTimeout, WorkerLost
from ._job import Chunk, Job, Results, cancelled

BATCH_TIME = 1_000_000  # ns
MOST_IN_BATCH = 512
MOST_BYTES = 1 << 20  # of pickles in a batch
STEAL_AFTER = 2_000_000  # ns that a worker has been in one task when others take what it has not begun
MOST_STILLBORN = 10  # workers in a row that end before they begin a task
LOOK = 0.005  # seconds between looks into the journal of a worker that is silent

_forking = threading.Lock()  # between making a socket pair and closing its other end here
_parent_ends = set()  # what a forked child has to close


class Task:
    """A call of submit()."""

    __slots__ = ("future", "data", "kinds", "shared", "tries")

    def __init__(self, future, data, kinds, shared, tries):
        self.future, self.data, self.kinds, self.shared, self.tries = future, data, kinds, shared, tries

    def __del__(self):
        if self.shared:
            _transport.close(self.shared)


class Process:
    """A worker process, seen from its agent."""

    def __init__(self, core):
        self.claims = _parallel.Claims()
        self.known = set()  # keys of the functions that it has been sent
        self.results = 0
        parent = os.getpid()
        with _forking:
            self.channel, child = _parallel.channel()
            _parent_ends.add(self.channel)
            try:
                self.pid = os.fork()
            except BaseException:
                self.close()
                os.close(child)
                raise
            if self.pid == 0:
                _worker.main(core, parent, child, self.claims)
            os.close(child)
        try:
            self.pidfd = _parallel.pidfd(self.pid)
        except OSError:
            self.pidfd = None

    def close(self):
        if self.channel is not None:
            _parent_ends.discard(self.channel)
            os.close(self.channel)
            self.channel = None

    def receive(self, timeout):
        return _parallel.receive(self.channel, self.pidfd, timeout)

    def end(self, kill):
        """Waits for its end, which comes with the end of the socket; what it says of it."""
        self.close()
        if kill:
            self.kill()
        status = os.waitpid(self.pid, 0)[1]
        if self.pidfd is not None:
            os.close(self.pidfd)
        code = os.waitstatus_to_exitcode(status)
        if code >= 0:
            return f"worker process {self.pid} ended with exit status {code}"
        from signal import Signals
        return f"worker process {self.pid} was killed by {Signals(-code).name}"

    def kill(self):
        try:
            os.kill(self.pid, SIGKILL)
        except ProcessLookupError:
            pass


class Agent:
    """Serves the queue with one worker process."""

    def __init__(self, core):
        self.core = core
        self.process = None
        self.batch = ()    # what the worker was sent; under core.lock, like `count`
        self.count = 0     # how many tasks of it are the worker's: fewer when others took some back
        self.width = 1     # most tasks of the next batch
        self.expired = False
        self.running = False  # counted as a running task

    def run(self):
        core = self.core
        try:
            while (batch := core.take(self)) is not None:
                try:
                    self.serve(batch)
                except BaseException as error:  # nothing may hang because of it
                    self.give_up(batch, error)
                batch = None
        finally:
            core.leave(self)
            process, self.process = self.process, None
            if process is not None:
                process.end(core.killing)

    def give_up(self, batch, error):
        with self.core.lock:
            process, self.process = self.process, None
            self.drop_batch()
        if process is not None:
            process.end(True)
        self.core.fail(batch, error)

    def serve(self, batch):
        core = self.core
        if self.process is None:
            try:
                self.process = Process(core)
            except OSError as error:
                return core.fail(batch, WorkerLost(f"no worker process can be started: {error}"))
        self.expired = False
        try:
            message, shared = self.encode(batch)
        except BaseException as error:
            return core.cannot_send(batch, error)
        with core.lock:
            self.batch, self.count = batch, len(batch)
            self.process.claims.open(self.count)
        core.meter.add(0, 0, 0, 0, 1)
        self.running = True
        try:
            try:
                _parallel.send(self.process.channel, message, shared)
            except (BrokenPipeError, ConnectionResetError):
                done = 0
            else:
                done = self.watch(batch)
        finally:
            self.rests()
        if done is not None:
            self.lost(batch, done)
        else:
            with core.lock:
                self.drop_batch()

    def drop_batch(self):
        """The worker has nothing of it any more; under the lock."""
        self.batch = ()
        if self.core.closing:
            self.core.rested.notify_all()

    def rests(self):
        """None of its tasks runs any more."""
        if self.running:
            self.running = False
            self.core.meter.add(0, 0, 0, 0, -1)

    def encode(self, batch):
        """The message for the worker, and the descriptors that go with it."""
        if type(batch) is not Chunk:
            return (marshal.dumps(([(task.data, task.kinds) for task in batch], None, None, None)), batch[0].shared)
        job, known = batch.job, self.process.known
        function = None
        if job.key not in known:
            function = job.function
            if len(known) == _worker.MOST_FUNCTIONS:
                known.clear()  # as the worker does
            known.add(job.key)
        data, kinds, shared = _transport.dumps(batch.items)
        return marshal.dumps((data, job.key, function, kinds)), _Closing(shared)

    def watch(self, batch):
        """Hands results on until the batch is done (None) or the worker is lost (how many results it left)."""
        process, core = self.process, self.core
        records, done = process.claims.records, 0
        while True:
            message = process.receive(self.patience(process))
            found = records()
            if message:
                body, descriptors = message
                if body and body != b"end":
                    found.append((body, descriptors))
            if found:
                process.results += len(found)
                if done + len(found) >= self.count:
                    self.rests()
                done += core.deliver(batch, found)
            if message:
                if body == b"end":
                    return None
                continue
            if message is None:
                return done
            if core.timeout is not None and process.claims.position()[2] > core.timeout * 1e9:
                self.expired = True
                process.kill()

    def patience(self, process):
        """How long to wait for the worker to say something."""
        begun, there, age = process.claims.position()
        wait = LOOK if there > 1 else None
        if self.core.timeout is not None and not self.expired:
            left = max(0, self.core.timeout - age / 1e9) + 0.0005
            wait = left if wait is None else min(left, wait)
        return wait

    def lost(self, batch, done):
        """The worker is gone. One task was running; what it had not begun is still to do."""
        core, process = self.core, self.process
        self.process = None
        with core.lock:
            begun = process.claims.reclaim()
            rest = batch[begun:self.count]
            self.drop_batch()
        age = process.claims.position()[2] / 1e9
        told = process.end(True)
        lost, again = batch[done:begun], []
        if not self.expired:
            error = WorkerLost(told)
        elif age >= core.timeout:
            error = TaskTimeout(f"the task took longer than {core.timeout} s, so {told}")
        else:
            lost, again = lost[:0], lost  # its time was up when another task had just ended
        if begun == 0 and not process.results:
            core.stillborn += 1
            if core.stillborn > MOST_STILLBORN:  # the initializer fails, perhaps
                lost, rest = rest, rest[:0]
        core.recover([lost, again, rest], error if lost else None)


class _Closing(tuple):
    """Descriptors that are closed when nobody needs them any more."""

    def __del__(self):
        _transport.close(self)


class Processes:
    """The queue and its agents. `lock` guards what is not said to be guarded otherwise."""

    def __init__(self, max_workers, future_type, meter, *, name, initializer=None, initargs=(), retries=0, timeout=None,
                 memory_limit=None):
        self.max_workers, self.future_type, self.meter, self.name = max_workers, future_type, meter, name
        self.initializer, self.initargs = initializer, initargs
        self.retries, self.timeout, self.memory_limit = retries, timeout, memory_limit
        self.keys = 0
        self.reset()

    def reset(self):
        self.lock = threading.Lock()
        self.ready = threading.Condition(self.lock)
        self.rested = threading.Condition(self.lock)  # an agent's batch is over, and `closing` threads wait for that
        self.closing = 0
        self.pending = collections.deque()  # Task, Chunk, Job
        self.idle = 0
        self.agents = []
        self.threads = []
        self.mean = None  # ns that a task takes, lately
        self.stillborn = 0
        self.stopping = self.killing = False

    def after_fork(self):
        self.meter.after_fork()
        self.reset()

    # --- submitting ---

    def submit(self, function, /, *args, **kwargs):
        """Queues the call function(*args, **kwargs) for a worker process; returns its future."""
        data, kinds, shared = _transport.dumps((function, args, kwargs))
        future = self.future_type()
        task = Task(future, data, kinds, shared, 0)
        future._enlist(self.meter)
        try:
            self.push(task)
        except BaseException:
            self.meter.add(-1)
            raise
        return future

    def push(self, entry):
        start = None
        with self.lock:
            if self.stopping:
                raise RuntimeError("cannot schedule new futures after shutdown")
            self.pending.append(entry)
            if self.idle:
                self.ready.notify()
            elif len(self.agents) < self.max_workers:
                start = self.enlist()
        if start is not None:
            start()

    def push_items(self, job, items):
        """More items for a job, and agents for them."""
        starts = []
        with self.lock:
            if self.stopping:
                raise RuntimeError("cannot schedule new futures after shutdown")
            job.items.extend(items)
            if not job.queued:
                job.queued = True
                self.pending.append(job)
            self.ready.notify(min(self.idle, len(job.items)))
            while len(self.agents) < min(self.max_workers, len(self.agents) - self.idle + len(job.items)):
                starts.append(self.enlist())
        for start in starts:
            start()

    def enlist(self):
        """One more agent; under the lock. Returns what starts it."""
        agent = Agent(self)
        self.agents.append(agent)
        thread = threading.Thread(target=agent.run, name=f"{self.name}-{len(self.threads)}", daemon=True)
        self.threads = [each for each in self.threads if each.is_alive() or each.ident is None] + [thread]
        return thread.start

    # --- what agents ask for ---

    def take(self, agent):
        """The next batch; None: there will be none."""
        with self.lock:
            while True:
                while self.pending:
                    batch = self.next_batch(agent)
                    if batch:
                        return batch
                if self.steal(agent):
                    continue
                if self.stopping:
                    return None
                busy = any(other.batch and other.count > 1 for other in self.agents)
                self.idle += 1
                self.ready.wait(LOOK if busy else None)
                self.idle -= 1

    def leave(self, agent):
        with self.lock:
            if agent in self.agents:
                self.agents.remove(agent)
            if self.stopping:
                self.ready.notify_all()

    def width(self, agent, mean):
        """How many tasks a batch should have."""
        if mean is None:
            return 1
        return max(1, min(int(BATCH_TIME / (mean + 1)), MOST_IN_BATCH, 4 * agent.width))

    def next_batch(self, agent):
        first = self.pending[0]
        if type(first) is Task:
            return self.batch_of_tasks(agent)
        self.pending.popleft()
        job = first if type(first) is Job else first.job
        left = job.left() if type(first) is Job else len(first)
        width = agent.width = min(self.width(agent, job.mean), max(1, left // (2 * self.max_workers)))
        if type(first) is Job:
            chunk = first.draw(width)
            if first.queued:
                self.pending.append(first)  # other work takes turns with it
            return chunk
        if job.abandoned:
            self.meter.add(0, 0, 0, len(first))
            return None
        if len(first) > width:
            self.pending.appendleft(first[width:])
        return first[:width]

    def batch_of_tasks(self, agent):
        """Tasks from the front of the queue that have not been cancelled."""
        width = min(self.width(agent, self.mean), -(-len(self.pending) // self.max_workers))
        batch, size = [], 0
        agent.width = width
        while self.pending and len(batch) < width and size < MOST_BYTES and type(self.pending[0]) is Task:
            task = self.pending[0]
            if batch and (task.kinds or batch[0].kinds):
                break
            self.pending.popleft()
            if not task.future.running() and not task.future.set_running_or_notify_cancel():
                continue
            batch.append(task)
            size += len(task.data)
        return batch

    def steal(self, agent):
        """Takes back what the worker of another agent has not begun, if that is busy with a long task."""
        for other in self.agents:
            process = other.process
            if not other.batch or other is agent or process is None:
                continue
            begun, there, age = process.claims.position()
            if there > begun and age > STEAL_AFTER:
                begun = process.claims.reclaim()
                rest, other.count = other.batch[begun:other.count], begun
                self.put_back(rest)
                if rest:
                    return True
        return False

    def put_back(self, batch):
        """To the front of the queue; under the lock."""
        if type(batch) is not Chunk:
            self.pending.extendleft(reversed(batch))
        elif batch:
            self.pending.appendleft(batch)

    # --- what became of a batch ---

    def deliver(self, batch, records):
        """Results from a worker; how many."""
        job = batch.job if type(batch) is Chunk else None
        time_of, unpack = self.meter.time, marshal.loads
        total, good_ones, outcomes = 0, 0, []
        self.stillborn = 0
        for record in records:
            descriptors = ()
            if type(record) is tuple:
                record, descriptors = record
            index, good, data, kinds, began, ran = unpack(record)
            try:
                value = _transport.load_result(data, kinds, descriptors) if good else _transport.load_failure(data)
            except BaseException as error:
                good, value = False, error
            total += ran
            good_ones += good
            if job is None:
                future = batch[index].future
                time_of(began - future._submitted, ran)
                self.meter.add(0, good, not good)
                if good:
                    future.set_result(value)
                else:
                    future.set_exception(value)
            else:
                time_of(began - job.fed_at, ran)
                outcomes.append((batch.start + index, good, value))
        mean = total // len(records)
        if job is None:
            self.mean = mean if self.mean is None else (3 * self.mean + mean) // 4
        else:
            self.meter.add(0, good_ones, len(records) - good_ones)
            job.deliver(outcomes, mean)
        return len(records)

    def recover(self, pieces, error):
        """What is left of the batch of a lost worker: what went down with it, what is as if it had not begun."""
        lost, *rest = pieces
        failed = []
        for entry in [lost[i:i + 1] for i in range(len(lost))] if type(lost) is Chunk else lost:
            entry.tries += 1
            if entry.tries > self.retries or self.killing:
                failed.append(entry)
            else:
                rest.append(entry if type(entry) is Chunk else [entry])
        with self.lock:
            if not self.killing:
                for batch in rest:
                    self.put_back(batch)
                rest = ()
                self.ready.notify_all()
        for entry in failed:
            self.fail(entry if type(entry) is Chunk else [entry], error)
        for batch in rest:
            self.fail(batch, error or WorkerLost("the pool was shut down"))

    def fail(self, batch, error):
        """No more is done for these tasks; those that have a result keep it."""
        if type(batch) is Chunk:
            told = batch.job.deliver([(batch.start + i, False, error) for i in range(len(batch))], None)
            self.meter.add(0, 0, told)
            return
        for task in batch:
            if not task.future.done():
                self.meter.add(0, 0, 1)
                task.future.set_exception(error)

    def cannot_send(self, batch, error):
        """Items cannot be pickled: those fail that cannot, each for itself."""
        if type(batch) is not Chunk or len(batch) == 1:
            return self.fail(batch, error)
        with self.lock:
            for i in reversed(range(len(batch))):
                self.put_back(batch[i:i + 1])
            self.ready.notify_all()

    # --- the end ---

    def stop(self, cancel=False, kill=False):
        """Nothing more is taken in; the agents end when all is done, or when what is queued has been cancelled."""
        dropped = []
        with self.lock:
            self.stopping = True
            self.killing = self.killing or kill
            if cancel:
                dropped, self.pending = list(self.pending), collections.deque()
            self.ready.notify_all()
            processes = [agent.process for agent in self.agents if kill and agent.process is not None]
        for entry in dropped:
            if type(entry) is Task:
                entry.future.cancel()
                entry.future.set_running_or_notify_cancel()
            else:
                (entry if type(entry) is Job else entry.job).abandon(cancelled())
        for process in processes:
            process.kill()

    def wait_for(self, job):
        """Until no worker has an item of the job."""
        with self.lock:
            self.closing += 1
            try:
                self.rested.wait_for(lambda: not any(type(agent.batch) is Chunk and agent.batch.job is job
                                                     for agent in self.agents))
            finally:
                self.closing -= 1

    def join(self):
        for thread in list(self.threads):
            if thread is not threading.current_thread():
                thread.join()

    def map(self, function, source, star, window, ordered, collect, timeout):
        """An iterator over the results; see `_parallel.ThreadPool.map`."""
        return Results(Job(self, function, source, star, window, ordered, collect, timeout))


def _after_fork_in_child():
    global _forking
    _forking = threading.Lock()
    for end in list(_parent_ends):
        try:
            os.close(end)
        except OSError:
            pass
    _parent_ends.clear()


os.register_at_fork(after_in_child=_after_fork_in_child)
