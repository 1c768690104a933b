# _thread.RLock: recursion, ownership, what Condition needs, subclassing, misuse.
import re
import threading


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


lock = threading.RLock()
print(re.sub("0x[0-9a-f]+", "ADDR", repr(lock)))
print(lock.acquire(), lock.acquire(), lock.acquire(False), lock._is_owned())
print(re.sub("owner=[0-9]+", "owner=N", re.sub("0x[0-9a-f]+", "ADDR", repr(lock))))
state = lock._release_save()
print(state[0], state[1] == threading.get_ident(), lock._is_owned())
lock._acquire_restore(state)
print(lock._is_owned())
for _ in range(3):
    print(lock.release(), lock._is_owned())
print(attempt(lock.release))
print(attempt(lock._release_save))
with lock:
    with lock:
        print(lock._is_owned())

results = []


def other():
    results.append(lock.acquire(False))
    results.append(lock._is_owned())
    results.append(attempt(lock.release))


lock.acquire()
thread = threading.Thread(target=other)
thread.start()
thread.join()
print(results)
lock.release()


class Named(type(lock)):
    """Subclassed as programs do it."""

    def acquire(self, *args):
        results.append("acquire")
        return super().acquire(*args)


named = Named()
print(named.acquire(), results[-1], named._is_owned(), named.release())
counter = 0


def count():
    global counter
    for _ in range(2000):
        with lock:
            with lock:
                counter += 1


threads = [threading.Thread(target=count) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(counter)
