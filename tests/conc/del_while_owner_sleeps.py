# The last reference goes away on a thread that did not make the object, while the maker sleeps in a blocking call.
import os
import threading
import time
import weakref

gone = threading.Event()


class Tracked:
    def __del__(self):
        gone.set()


def attempt(block, wake, clean):
    gone.clear()
    box, ready = [], threading.Event()

    def make():
        box.append(Tracked())
        ready.set()
        block()

    maker = threading.Thread(target=make)
    maker.start()
    ready.wait()
    reference = weakref.ref(box[0])
    if clean == "sleeping":
        time.sleep(0.05)  # it is asleep for certain: no race to win, this only chooses what is tested
    box.clear()
    prompt = gone.wait(1)
    print(clean, prompt, reference() is None)
    wake()
    maker.join()


for clean in ("sleeping", "going to sleep"):
    for _ in range(20 if clean != "sleeping" else 2):
        event = threading.Event()
        attempt(event.wait, event.set, clean)
        lock = threading.Lock()
        lock.acquire()
        attempt(lock.acquire, lock.release, clean)
        read, write = os.pipe()
        attempt(lambda: os.read(read, 1), lambda: os.write(write, b"x"), clean)
        os.close(read)
        os.close(write)


# In the hands of a thread that has ended.
box = []
maker = threading.Thread(target=lambda: box.append(Tracked()))
maker.start()
maker.join()
gone.clear()
box.clear()
print("ended", gone.wait(1))


# An attribute of a class goes at once, also while others look it up.
class Holder:
    pass


stop = False


def look():
    while not stop:
        getattr(Holder, "value", None)


readers = [threading.Thread(target=look) for _ in range(2)]
for reader in readers:
    reader.start()
for how in ("del", "set"):
    for _ in range(50):
        gone.clear()
        Holder.value = Tracked()
        if how == "del":
            del Holder.value
        else:
            Holder.value = None
        if not gone.wait(1):
            print("kept", how)
    print(how)
stop = True
for reader in readers:
    reader.join()
