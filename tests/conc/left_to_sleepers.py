"""The last reference to an object goes on another thread while its maker is on its way to sleep, and while the world is
stopped by collections: it ends without waiting for the maker to wake up."""
import gc
import threading
import time
from _queue import SimpleQueue

ended = []


class Told:
    def __del__(self):
        ended.append(None)


def maker():
    while (count := wanted.get()) is not None:
        for _ in range(count):
            made.put([Told()])


def dropper():
    while (box := made.get()) is not None:
        del box
        dropped.put(None)


wanted, made, dropped = SimpleQueue(), SimpleQueue(), SimpleQueue()
threads = [threading.Thread(target=work) for work in (maker, dropper)]
for thread in threads:
    thread.start()
late = 0
for i in range(600):
    before = len(ended)
    wanted.put(3)
    for _ in range(3):
        dropped.get()
        gc.collect()
    limit = time.monotonic() + 1
    while len(ended) < before + 3 and time.monotonic() < limit:
        time.sleep(0)
    late += len(ended) < before + 3
wanted.put(None)
made.put(None)
for thread in threads:
    thread.join()
print(late, len(ended))
