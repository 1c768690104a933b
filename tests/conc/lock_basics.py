# _thread.lock: acquire's arguments and results, release, with, repr, misuse.
import _thread
import re
import threading


def attempt(function, *args, **kwargs):
    try:
        return function(*args, **kwargs)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


lock = threading.Lock()
print(type(lock).__name__, type(lock).__module__, isinstance(lock, _thread.LockType))
print(re.sub("0x[0-9a-f]+", "ADDR", repr(lock)))
print(lock.acquire(), lock.locked(), re.sub("0x[0-9a-f]+", "ADDR", repr(lock)))
print(lock.acquire(False), lock.acquire(blocking=False), lock.acquire(timeout=0.01), lock.acquire(True, 0.01), lock.acquire(True, 0))
print(lock.release(), lock.locked())
print(attempt(lock.release))
print(attempt(lock.acquire, False, 1))
print(attempt(lock.acquire, True, -2))
print(attempt(lock.acquire, timeout=-2.5))
print(attempt(lock.acquire, timeout=float("nan")))
print(attempt(lock.acquire, timeout=1e300).split(":")[0])
print(attempt(lock.acquire, timeout=threading.TIMEOUT_MAX * 2).split(":")[0])
print(attempt(_thread.LockType).split(":")[0])
with lock as entered:
    print(entered, lock.locked())
print(lock.locked())
try:
    with lock:
        raise ValueError("inside")
except ValueError as error:
    print(error, lock.locked())
lock.acquire()
lock._at_fork_reinit()
print(lock.locked())
print(lock.acquire_lock(), lock.locked_lock(), lock.release_lock())
print(threading.TIMEOUT_MAX, _thread.error is RuntimeError)

# Released by another thread than acquired it.
lock.acquire()
thread = threading.Thread(target=lock.release)
thread.start()
print(lock.acquire())
thread.join()

# Every waiter gets it in the end, one at a time.
lock = threading.Lock()
inside = 0
most = 0
done = []


def worker(number):
    global inside, most
    for _ in range(200):
        with lock:
            inside += 1
            most = max(most, inside)
            inside -= 1
    done.append(number)


threads = [threading.Thread(target=worker, args=(n,)) for n in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(done), most, inside)
