"""Pools of worker threads and processes.

    from heddle.parallel import WorkerPool, parallel_map

    with WorkerPool(mode="process") as pool:
        future = pool.submit(lambda n: sum(range(n)), 10 ** 6)
        print(future.result(), pool.stats())

    for page in parallel_map(fetch, urls, mode="io", max_workers=20):
        ...

``WorkerPool`` is an executor of ``concurrent.futures`` whose queue, futures and worker loop are native.
``parallel_map`` draws its items while results are asked for, so that endless input is as good as any.
docs/parallel.md has the whole story.
"""

__all__ = ["WorkerPool", "parallel_map", "ParallelMap", "Future", "Stats", "Times", "WorkerLost", "TaskTimeout",
           "RemoteError", "RemoteTraceback"]

from ._errors import TaskTimeout, WorkerLost
from ._pool import Future, Stats, Times, WorkerPool


def __getattr__(name):  # what is not needed by threads
    if name in ("parallel_map", "ParallelMap"):
        from . import _map as module
    elif name in ("RemoteError", "RemoteTraceback"):
        from . import _transport as module
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(module, name)
    return value
