# threading.local: each thread its own attributes, __init__ in each thread, what goes when.
import gc
import threading
import time
import weakref


def attempt(function):
    try:
        return function()
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


def in_thread(function):
    out = []
    thread = threading.Thread(target=lambda: out.append(function()))
    thread.start()
    thread.join()
    return out[0]


data = threading.local()
data.x = 1
print(data.x, sorted(data.__dict__.items()))
print(in_thread(lambda: (attempt(lambda: data.x), data.__dict__)))
print(data.x)
del data.x
print(attempt(lambda: data.x))


def remove():
    del data.x


print(attempt(remove))
print(attempt(lambda: setattr(data, "__dict__", {})))
print(attempt(lambda: threading.local(1)))


class Counter(threading.local):
    kind = "counter"
    made = []

    def __init__(self, start, step=1):
        self.value = start
        self.step = step
        Counter.made.append((start, step))

    def next(self):
        self.value += self.step
        return self.value

    @property
    def double(self):
        return self.value * 2


counter = Counter(10, step=5)
print(counter.next(), counter.next(), counter.double, counter.kind)
print(in_thread(lambda: (counter.next(), counter.double)))
print(counter.next(), Counter.made)


class Value:
    pass


# A thread's values go with the thread.
def leave():
    value = Value()
    data.value = value
    return weakref.ref(value)


reference = in_thread(leave)
gc.collect()
print(reference() is None)

# All threads' values go with the local.
holder = threading.local()
ready, stop = threading.Event(), threading.Event()
references = []


def keep():
    holder.value = Value()
    references.append(weakref.ref(holder.value))
    ready.set()
    stop.wait()


thread = threading.Thread(target=keep)
thread.start()
ready.wait()
print(references[0]() is None)
del holder
limit = time.monotonic() + 1  # the thread may be on its way to its wait, and drops what it owns there
gc.collect()
while references[0]() is not None and time.monotonic() < limit:
    time.sleep(0.001)
    gc.collect()
print(references[0]() is None)
stop.set()
thread.join()

# Many locals in one thread.
many = [threading.local() for _ in range(300)]
for number, each in enumerate(many):
    each.number = number
print(sum(each.number for each in many))
print(in_thread(lambda: sum(hasattr(each, "number") for each in many)))
del many


class Hooked(threading.local):
    def __getattr__(self, name):
        return "missing " + name


print(Hooked().anything)
