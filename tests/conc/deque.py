# A deque that threads share loses and doubles nothing; its iterators give each item once.
import threading
from collections import OrderedDict, deque

THREADS, ROUNDS = 4, 6000


def run(function):
    threads = [threading.Thread(target=function, args=(i,)) for i in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


shared = deque()
taken = [0] * THREADS


def use(number):
    for i in range(ROUNDS):
        shared.append(1)
        shared.appendleft(1)
        if i % 3 == 0:
            shared.rotate(2)
        if i % 2:
            taken[number] += shared.popleft()
            shared.reverse()


run(use)
print(len(shared) + sum(taken) == 2 * THREADS * ROUNDS, sum(shared) == len(shared))

bounded = deque(maxlen=10)
run(lambda number: bounded.extend(range(ROUNDS)))
print(len(bounded))

iterator = iter(deque(range(20000)))
drawn = []
run(lambda number: drawn.extend(iterator))
print(sorted(drawn) == list(range(20000)))

ordered = OrderedDict.fromkeys(range(50))


def shuffle(number):
    for i in range(ROUNDS):
        ordered.move_to_end(i % 50, last=bool(i % 3))
        try:
            for key in ordered:
                break
        except RuntimeError:
            pass


run(shuffle)
print(sorted(ordered) == list(range(50)), len(ordered))
