"""What a worker process does: it serves batches of tasks until its socket ends.

A batch is one message; each task of it is claimed on the page shared with the parent before it begins, and its result is
written into the journal there as soon as there is one, so that it is not lost when the worker is. What does not fit goes
through the socket. The parent is told at most every HOLD nanoseconds, and at the end of the batch.
"""
import _parallel
import _signal
import marshal
import os
import sys
from time import monotonic_ns

from . import _transport

HOLD = 1_000_000
MOST_FUNCTIONS = 16  # of maps that a worker keeps
DONE, FAILED = True, False


class _Memory:
    """At most so many more bytes of address space than the worker has now."""

    def __init__(self, limit):
        import resource
        with open("/proc/self/statm") as file:
            now = int(file.read().split()[0]) * resource.getpagesize()
        hard = resource.getrlimit(resource.RLIMIT_AS)[1]
        resource.setrlimit(resource.RLIMIT_AS, (now + limit, hard))


def main(core, parent, channel, claims):
    """Runs in the forked child; does not return."""
    status = 1
    try:
        if _parallel.die_with(parent):  # before anything that may wait
            forget_streams()
            _signal.signal(_signal.SIGINT, _signal.SIG_IGN)  # Ctrl-C is the parent's: it ends its workers
            _signal.signal(_signal.SIGTERM, _signal.SIG_DFL)
            _signal.set_wakeup_fd(-1)
            if core.memory_limit is not None:
                _Memory(core.memory_limit)
            if core.initializer is not None:
                core.initializer(*core.initargs)
            serve(channel, claims)
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        flush()
        os._exit(status)


def forget_streams():
    """What the parent has printed and not written yet is the parent's to write."""
    nowhere = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nowhere, 0)  # and what is typed is for the parent
    os.close(nowhere)
    for stream in (sys.stdout, sys.stderr):
        try:
            number = stream.fileno()
            kept, nowhere = os.dup(number), os.open(os.devnull, os.O_WRONLY)
            try:
                os.dup2(nowhere, number)
                stream.flush()
            finally:
                os.dup2(kept, number)
                os.close(kept)
                os.close(nowhere)
        except (AttributeError, ValueError, OSError):
            pass


def flush():
    """What tasks have printed goes out before their results are told."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            pass


def serve(channel, claims):
    functions = {}
    while True:
        message = _parallel.receive(channel)
        if message is None:
            return
        body, descriptors = message
        tasks, key, data, kinds = marshal.loads(body)
        if key is None:
            run = batch_of_calls(tasks, descriptors)
        else:
            run = batch_of_items(functions, key, data, tasks, kinds, descriptors)
        execute(channel, claims, run)


def batch_of_calls(tasks, descriptors):
    """tasks: (pickle of (function, args, kwargs), kinds); only a task that is alone has descriptors."""
    def run(index):
        data, kinds = tasks[index]
        function, args, kwargs = _transport.loads(data, kinds, descriptors)
        return function(*args, **kwargs)
    return run


def batch_of_items(functions, key, data, items, kinds, descriptors):
    """One function for all items; `data` when it is new here."""
    problem = None
    try:
        if data is not None:
            if len(functions) == MOST_FUNCTIONS:
                functions.clear()
            functions[key] = None  # as the parent counts, whatever comes of it
            functions[key] = _transport.loads(data, None, ())
        if functions[key] is None:
            raise _transport.RemoteError("the function could not be loaded")
        function, star = functions[key]
        values = _transport.loads(items, kinds, descriptors)
    except BaseException as error:
        problem = error

    def run(index):
        if problem is not None:
            raise problem
        return function(*values[index]) if star else function(values[index])
    return run


def execute(channel, claims, run):
    claim, put, send = claims.claim, claims.put, _parallel.send
    dump, pack = _transport.dump_result, marshal.dumps
    now = told = monotonic_ns()
    while (index := claim()) >= 0:
        began = now
        try:
            good, value = DONE, run(index)
            data, kinds, descriptors = dump(value)
        except SystemExit:
            raise
        except BaseException as error:
            good, kinds, descriptors = FAILED, None, ()
            data = _transport.dump_failure(error)
        value = error = None
        now = monotonic_ns()
        record = pack((index, good, data, kinds, began, now - began))
        if descriptors or not put(record):
            flush()
            send(channel, record, descriptors)
            _transport.close(descriptors)
            told = now
        elif now - told > HOLD:
            flush()
            send(channel, b"")
            told = now
    flush()
    send(channel, b"end")
