# A forked child can collect and write, whatever other threads were in the middle of.
# In CPython a collection that another thread had begun stays begun in the child, so that none happens there any more,
# and a buffered stream that another thread was writing to stays locked for ever. Heddle lets go of what threads held that
# the child does not have; what they had not written yet is left to the parent. Workaround: fork before threads start.
import gc
import io
import os
import signal
import threading
import weakref

go_on = threading.Event()


class Raw(io.RawIOBase):
    """Its first write waits, with the buffer's lock held."""
    waits = True

    def writable(self):
        return True

    def write(self, data):
        if self.waits:
            inside.set()
            go_on.wait()
        return len(data)


class Cycle:
    waits = True

    def __init__(self):
        self.me = self

    def __del__(self):
        if self.waits:
            inside.set()
            go_on.wait()


def collect():
    Cycle()
    gc.collect()


def write():
    binary.write(b"left to the parent")
    text.write("text")
    text.flush()


def in_child(work):
    pid = os.fork()
    if pid == 0:
        signal.alarm(10)  # CPython hangs
        status = 1
        try:
            status = 0 if work() else 2
        finally:
            os._exit(status)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def collects():
    Cycle.waits = False
    cycle = Cycle()
    gone = weakref.ref(cycle)
    del cycle
    gc.collect()
    return gone() is None


def writes():
    raw.waits = False
    text.write("more")
    text.flush()
    binary.write(b"x")
    binary.flush()
    return True


gc.disable()
raw = Raw()
binary = io.BufferedWriter(raw)
text = io.TextIOWrapper(binary)
for busy, work in ((collect, collects), (write, writes)):
    inside = threading.Event()
    thread = threading.Thread(target=busy)
    thread.start()
    inside.wait()
    print(work.__name__, in_child(work))
    go_on.set()
    thread.join()
    go_on.clear()

# CPython prints:
# collects 2
# writes -14
# Heddle prints:
# collects 0
# writes 0
