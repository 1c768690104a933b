# A GiB of bytes to a worker process and back: heddle.parallel's shared memory beside pickles through a pipe.
import os
import sys
import time

LENGTH = 1 << 30


def same(data):
    return data


def through_pipe(data):
    import multiprocessing
    ours, theirs = multiprocessing.Pipe()
    pid = os.fork()
    if not pid:
        theirs.send(same(theirs.recv()))
        os._exit(0)
    start = time.perf_counter()
    ours.send(data)
    result = ours.recv()
    seconds = time.perf_counter() - start
    os.waitpid(pid, 0)
    return result, seconds


def through_pool(data):
    from heddle.parallel import WorkerPool
    with WorkerPool("process", 1) as pool:
        pool.submit(same, b"").result()
        start = time.perf_counter()
        result = pool.submit(same, data).result()
        return result, time.perf_counter() - start


if __name__ == "__main__":
    data = os.urandom(1 << 20) * (LENGTH >> 20)
    result, seconds = (through_pool if sys.implementation.name == "heddle" else through_pipe)(data)
    print("seconds", seconds)
    print("MiB/s", LENGTH / seconds / (1 << 20))
    print("result", result == data)
