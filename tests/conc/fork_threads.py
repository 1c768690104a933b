# fork in a program with threads: the child has one, its locks work, it can start others.
import os
import threading

lock = threading.Lock()
stop = threading.Event()
tick = 0


def busy():
    global tick
    while not stop.is_set():
        with lock:
            tick += 1


threads = [threading.Thread(target=busy) for _ in range(3)]
for thread in threads:
    thread.start()
data = threading.local()
data.x = "kept"

for _ in range(5):
    with lock:
        child = os.fork()
    if child == 0:
        code = 1
        try:
            assert threading.active_count() == 1
            assert threading.current_thread() is threading.main_thread()
            assert data.x == "kept"
            out = []
            inner = [threading.Thread(target=lambda: out.append(lock.acquire() and lock.release())) for _ in range(3)]
            for thread in inner:
                thread.start()
            for thread in inner:
                thread.join()
            assert len(out) == 3
            condition = threading.Condition()
            with condition:
                assert not condition.wait(0.01)
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status))

# From a thread: the forking thread is the child's main thread.
results = []


def forker():
    child = os.fork()
    if child == 0:
        ok = threading.current_thread() is threading.main_thread() and threading.active_count() == 1
        os._exit(0 if ok else 1)
    results.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


thread = threading.Thread(target=forker)
thread.start()
thread.join()
print(results)
stop.set()
for thread in threads:
    thread.join()
print("joined", tick > 0)
