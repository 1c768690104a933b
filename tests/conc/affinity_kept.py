# Threads that wake each other in a chain while other processes compute may be moved together by the runtime; where each of
# them may run, as it asked for it itself or not, is the same afterwards, and for the processes they start too.
import os
import queue
import subprocess
import sys
import threading

allowed = os.sched_getaffinity(0)
one = {min(allowed)}
hands = [queue.SimpleQueue() for _ in range(4)]
wrong = []


def hand_on(number):
    mine, following = hands[number], hands[number + 1]
    expected = allowed
    while (item := mine.get()) is not None:
        if number == 2 and item == 10000:
            os.sched_setaffinity(0, one)
            expected = one
        if item % 500 == 0 and os.sched_getaffinity(0) != expected:
            wrong.append((number, item))
        sum(range(item % 1000))
        following.put(item)
    following.put(None)


busy = [subprocess.Popen([sys.executable, "-c", "import os\nwhile os.getppid() == %d: pass" % os.getpid()]) for _ in range(2)]
threads = [threading.Thread(target=hand_on, args=(number,)) for number in range(3)]
for thread in threads:
    thread.start()
came = 0
for item in range(20000):
    hands[0].put(item)
    if item % 5 == 4:
        came += sum(hands[3].get() >= 0 for _ in range(5))
hands[0].put(None)
for thread in threads:
    thread.join()
print(came, hands[3].get(), wrong, os.sched_getaffinity(0) == allowed)
child = subprocess.run([sys.executable, "-c", "import os; print(len(os.sched_getaffinity(0)))"], capture_output=True, text=True)
print(int(child.stdout) == len(allowed))
for process in busy:
    process.kill()
    process.wait()
