"""What is atomic and what is not: four threads do each of these at the same time, and the outcome is counted.

One call of a built-in method on a list, dict or set is one bytecode, and nobody comes between. What reads and then
writes is several, and somebody may.
"""
import itertools
import sys
import threading

THREADS, COUNT = 4, 40_000


def together(action):
    """Runs action(number of the thread) in all threads at once."""
    gate = threading.Barrier(THREADS)

    def run(number):
        gate.wait()
        action(number)
    threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def append():
    items = []

    def action(number):
        for i in range(COUNT):
            items.append(i)
    together(action)
    return len(items), THREADS * COUNT


def store():
    table = {}

    def action(number):
        for i in range(COUNT):
            table[number, i] = i
    together(action)
    return len(table), THREADS * COUNT


def pop():
    items = list(range(THREADS * COUNT))
    taken = [[] for _ in range(THREADS)]

    def action(number):
        for _ in range(COUNT):
            taken[number].append(items.pop())
    together(action)
    return len(set().union(*taken)), THREADS * COUNT


def draw():
    numbers = itertools.count()
    drawn = [None] * THREADS

    def action(number):
        drawn[number] = [next(numbers) for _ in range(COUNT)]
    together(action)
    return len(set().union(*drawn)), THREADS * COUNT


def add():
    counter = 0

    def action(number):
        nonlocal counter
        for _ in range(COUNT):
            counter += 1
    together(action)
    return counter, THREADS * COUNT


def count_words():
    table = {"word": 0}

    def action(number):
        for _ in range(COUNT):
            table["word"] = table.get("word") + 1
    together(action)
    return table["word"], THREADS * COUNT


def check_then_act():
    """All threads meet the same items, and each item should be worked on once."""
    seen = set()
    worked_on = [0] * THREADS
    items = COUNT // 10

    def action(number):
        for item in range(items):
            if item not in seen:
                for step in range(20):
                    step * step
                seen.add(item)
                worked_on[number] += 1
    together(action)
    return sum(worked_on), items


CASES = {
    "list.append(x)": append,
    "list.pop()": pop,
    "dict[key] = x": store,
    "next(itertools.count())": draw,
    "counter += 1": add,
    "d[k] = d.get(k) + 1": count_words,
    "if x not in s: ... s.add(x)": check_then_act,
}


def measure():
    """Case: (what came out, what should)."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(0.0001)  # many switches, so that a short run shows what a long one would
    try:
        return {name: case() for name, case in CASES.items()}
    finally:
        sys.setswitchinterval(before)


if __name__ == "__main__":
    for name, (found, expected) in measure().items():
        print(f"{name:28} {found} of {expected}")
