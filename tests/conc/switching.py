# Switching: the interval's setter, fairness between busy threads, a busy thread beside one that waits for the world.
import os
import sys
import threading
import time

print(sys.getswitchinterval())
sys.setswitchinterval(0.001)
print(sys.getswitchinterval())
for bad in (0, -1, "x"):
    try:
        sys.setswitchinterval(bad)
    except (ValueError, TypeError) as error:
        print(type(error).__name__)
sys.setswitchinterval(0.005)

# Nobody starves: each of several busy threads gets somewhere while the others are busy.
counts = [0] * 4
stop = False


def busy(number):
    while not stop:
        counts[number] += 1


threads = [threading.Thread(target=busy, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
deadline = time.monotonic() + 20
while min(counts) < 1000 and time.monotonic() < deadline:
    time.sleep(0.01)
print(min(counts) >= 1000)

# A pipe goes round beside four busy threads.
reader, writer = os.pipe()
back_reader, back_writer = os.pipe()


def echo():
    while True:
        data = os.read(reader, 1)
        if data == b".":
            return
        os.write(back_writer, data)


thread = threading.Thread(target=echo)
thread.start()
trips = 0
deadline = time.monotonic() + 20
while trips < 200 and time.monotonic() < deadline:
    os.write(writer, b"x")
    trips += os.read(back_reader, 1) == b"x"
os.write(writer, b".")
thread.join()
print(trips)
stop = True
for thread in threads:
    thread.join()

# sleep(0) lets the others go first: two threads that take turns by it take turns indeed.
turns = []
gate = threading.Barrier(2)


def polite(name):
    gate.wait()
    for _ in range(100):
        turns.append(name)
        time.sleep(0)


threads = [threading.Thread(target=polite, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(turns.count("a"), turns.count("b"))
