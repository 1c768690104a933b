# What threading.py builds on locks: Condition, Event, Semaphore, Barrier, and queue.
import queue
import threading


def run(*functions):
    threads = [threading.Thread(target=function) for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


# Condition: a bounded buffer.
condition = threading.Condition()
buffer, received = [], []


def produce():
    for item in range(300):
        with condition:
            condition.wait_for(lambda: len(buffer) < 5)
            buffer.append(item)
            condition.notify_all()


def consume():
    for _ in range(150):
        with condition:
            condition.wait_for(lambda: buffer)
            received.append(buffer.pop(0))
            condition.notify_all()


run(produce, consume, consume)
print(sorted(received) == list(range(300)), buffer)
with condition:
    print(condition.wait(0.01), condition.wait_for(lambda: False, 0.01))

# Event.
event = threading.Event()
woken = []
threads = [threading.Thread(target=lambda: woken.append(event.wait())) for _ in range(5)]
for thread in threads:
    thread.start()
print(event.wait(0.01), event.is_set())
event.set()
for thread in threads:
    thread.join()
print(woken, event.wait(0))

# Semaphore: never more than two inside.
semaphore = threading.BoundedSemaphore(2)
inside, most = 0, 0
guard = threading.Lock()


def enter():
    global inside, most
    for _ in range(100):
        with semaphore:
            with guard:
                inside += 1
                most = max(most, inside)
            with guard:
                inside -= 1


run(*[enter] * 5)
print(inside, most <= 2)
try:
    semaphore.release()
except ValueError as error:
    print(error)
print(semaphore.acquire(timeout=0.01), semaphore.acquire(blocking=False), semaphore.acquire(timeout=0.01))

# Barrier: nobody is a phase ahead.
barrier = threading.Barrier(4)
phases = [0] * 4
ahead = []


def march(number):
    for phase in range(50):
        phases[number] = phase
        barrier.wait()
        ahead.extend(p for p in phases if p != phase)
        barrier.wait()


run(*[lambda n=n: march(n) for n in range(4)])
print(ahead, phases)
broken = threading.Barrier(2, timeout=0.01)
try:
    broken.wait()
except threading.BrokenBarrierError:
    print("broken", broken.broken)

# Queue and SimpleQueue: all that goes in comes out.
for kind in (queue.Queue, queue.LifoQueue, queue.SimpleQueue):
    line, got = kind(), []

    def put():
        for item in range(500):
            line.put(item)

    def get():
        for _ in range(500):
            item = line.get()
            with guard:
                got.append(item)

    run(put, get, put, get)
    print(kind.__name__, sorted(got) == sorted(list(range(500)) * 2), line.empty())
line = queue.Queue(1)
line.put(1)
try:
    line.put(2, timeout=0.01)
except queue.Full:
    print("full")
print(line.get(), line.qsize())
try:
    line.get_nowait()
except queue.Empty:
    print("empty")

# Two threads hand a ball back and forth.
ping, pong = queue.Queue(), queue.Queue()


def left():
    for n in range(500):
        ping.put(n)
        assert pong.get() == n


def right():
    for n in range(500):
        assert ping.get() == n
        pong.put(n)


run(left, right)
print("played")
