# A lock that was just released is not locked, even when a thread has waited for it so long that it gets it next.
# test: gil=on
import threading
import time

lock = threading.Lock()
taken = threading.Event()


def waiter():
    with lock:
        taken.set()


lock.acquire()
thread = threading.Thread(target=waiter)
thread.start()
time.sleep(0.05)
lock.release()
print(lock.locked())
taken.wait()
thread.join()
print(lock.locked())
try:
    lock.release()
except RuntimeError as e:
    print(e)


# threading._shutdown relies on it: a thread that waits for the main thread goes on when that ends.
def outlives(main):
    main.join()
    print("end of thread", flush=True)


threading.Thread(target=outlives, args=(threading.current_thread(),)).start()
time.sleep(0.05)
print("end of main", flush=True)
