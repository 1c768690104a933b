# Threads may switch between any two bytecodes. CPython 3.10 and later look for another thread only at loop ends and
# calls, so that `counter += 1` in two threads happens to come out whole there; Heddle looks at every bytecode, as the
# language allows, and loses updates.
# Workaround: take a lock around what reads and then writes. That is right on every Python.
import threading

counter = 0


def increment():
    global counter
    for _ in range(1_000_000):
        counter += 1


def run():
    global counter
    counter = 0
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return counter


print("updates are lost:", any(run() < 2_000_000 for _ in range(10)))

# Heddle prints:
# updates are lost: True
# CPython prints:
# updates are lost: False
