# Processes of multiprocessing, by each start method, in the GIL mode of their parent; pools, pipes, locks, shared memory.
# test: timeout=120
import multiprocessing
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import shared_memory


def mode():
    return getattr(sys, "_is_gil_enabled", lambda: True)()


def tell(queue, number):
    queue.put((number, mode()))


def square(x):
    return x * x


def double(connection):
    connection.send(connection.recv() * 2)
    connection.close()


def wait_for(lock, event):
    with lock:
        event.set()


def fill(name):
    memory = shared_memory.SharedMemory(name)
    memory.buf[:5] = b"child"
    memory.close()


def main():
    for method in ("fork", "spawn", "forkserver"):
        context = multiprocessing.get_context(method)
        queue = context.Queue()
        children = [context.Process(target=tell, args=(queue, i)) for i in range(2)]
        for child in children:
            child.start()
        told = sorted(queue.get() for _ in children)
        for child in children:
            child.join()
        print(method, [(number, own == mode()) for number, own in told], [child.exitcode for child in children])
        with context.Pool(2) as pool:
            print(pool.map(square, range(5)), pool.apply(square, (9,)))
        ours, theirs = context.Pipe()
        child = context.Process(target=double, args=(theirs,))
        child.start()
        ours.send("ab")
        print(ours.recv())
        child.join()
        lock, event = context.Lock(), context.Event()
        child = context.Process(target=wait_for, args=(lock, event))
        with lock:
            child.start()
            print(event.wait(0.05))
        print(event.wait(60))
        child.join()
        memory = shared_memory.SharedMemory(create=True, size=100)
        child = context.Process(target=fill, args=(memory.name,))
        child.start()
        child.join()
        print(bytes(memory.buf[:5]))
        memory.close()
        memory.unlink()
        with ProcessPoolExecutor(1, mp_context=context) as executor:
            print(executor.submit(mode).result() == mode(), list(executor.map(square, range(3))))
    with multiprocessing.get_context("fork").Manager() as manager:
        shared, items = manager.dict(a=1), manager.list()
        items.append(shared["a"])
        print(dict(shared), list(items))
    lock = multiprocessing.get_context("fork").RLock()
    print(lock.acquire(), lock.acquire(False), lock, lock.release(), lock.release())
    try:
        lock.release()
    except AssertionError as e:
        print(e)
    semaphore = multiprocessing.get_context("fork").BoundedSemaphore(1)
    print(semaphore.acquire(), semaphore.acquire(False), semaphore.acquire(timeout=0.01), semaphore.release())
    try:
        semaphore.release()
    except ValueError as e:
        print(e)
    code = "import sys; print(getattr(sys, '_is_gil_enabled', lambda: True)())"
    for options in ([], ["-E"], ["-I"]):
        child = subprocess.run([sys.executable, *options, "-c", code], capture_output=True, text=True)
        print(options, child.stdout.strip() == str(mode()))


if __name__ == "__main__":
    main()
