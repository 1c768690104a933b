"""What processes can share: a number in shared memory with its lock and without, a block of bytes, a manager's dict.

Processes have no objects in common. Shared memory is common bytes: as fast as memory, and as unsafe without a lock. A
manager is one more process that has the objects; the others send it their calls, each a message there and back.
"""
import ctypes
import multiprocessing
import time
from multiprocessing import shared_memory

WORKERS, COUNT, CALLS = 2, 200_000, 1_000
SIZE, ROUNDS = 16 << 20, 10
context = multiprocessing.get_context("fork")


def add_with_lock(number, gate):
    gate.wait()
    for _ in range(COUNT):
        with number.get_lock():
            number.value += 1


def add_without(number, gate):
    gate.wait()
    for _ in range(COUNT):
        number.value += 1


def add_to_dict(table, lock, gate):
    gate.wait()
    for _ in range(CALLS // WORKERS):
        with lock:
            table["count"] += 1  # two calls of the manager, one reads and one writes; the lock is two more


def fill(end, block):
    """Writes into the shared block when asked, and says so; the block itself is not sent."""
    data = b"x" * SIZE
    while end.recv():
        block.buf[:] = data
        end.send_bytes(b"done")


def send(end, block):
    """Sends the same through the pipe."""
    data = b"x" * SIZE
    while end.recv():
        end.send_bytes(data)


def in_workers(function, *args):
    """Seconds that WORKERS processes take, which begin together."""
    gate = context.Barrier(WORKERS)
    workers = [context.Process(target=function, args=(*args, gate)) for _ in range(WORKERS)]
    start = time.perf_counter()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return time.perf_counter() - start


def hand_over(function, block):
    """Seconds from asking another process for SIZE bytes until they are there."""
    ours, theirs = context.Pipe()
    worker = context.Process(target=function, args=(theirs, block))
    worker.start()
    start = time.perf_counter()
    for _ in range(ROUNDS):
        ours.send(True)
        ours.recv_bytes()
    taken = time.perf_counter() - start
    ours.send(False)
    worker.join()
    return taken / ROUNDS


def measure():
    figures = {"expected": WORKERS * COUNT, "manager, expected": CALLS, "size": SIZE}
    for name, add, number in (("without a lock", add_without, context.RawValue(ctypes.c_long, 0)),
                              ("with its lock", add_with_lock, context.Value(ctypes.c_long, 0))):
        taken = in_workers(add, number)
        figures |= {f"{name}, left": number.value, f"{name}, each": taken / (WORKERS * COUNT)}
    with context.Manager() as manager:
        table = manager.dict(count=0)
        taken = in_workers(add_to_dict, table, manager.Lock())
        figures |= {"manager, left": table["count"], "manager, each": taken / CALLS}
    block = shared_memory.SharedMemory(create=True, size=SIZE)
    try:
        figures |= {"through shared memory": hand_over(fill, block), "through a pipe": hand_over(send, block)}
        assert bytes(block.buf).count(b"x") == SIZE
    finally:
        block.close()
        block.unlink()
    return figures


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
