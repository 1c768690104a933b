# Dicts and sets: counting words, grouping, lookups that miss, tuple keys, merges, deletion, set algebra.
import time


def words(count):
    state, text = 12345, []
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        text.append("w%d" % (state >> 16 & 1023))
    return text


def count_words(text):
    counts = {}
    for word in text:
        counts[word] = counts.get(word, 0) + 1
    return counts


def group(text):
    groups = {}
    for word in text:
        groups.setdefault(len(word), []).append(word)
    return {length: len(group) for length, group in groups.items()}


def grid(size):
    cells = {}
    for x in range(size):
        for y in range(size):
            cells[x, y] = x ^ y
    total = 0
    for x in range(size):
        for y in range(size):
            total += cells[x, y] - cells.get((y, -x), 1)
    return total


def churn(count):
    table = {}
    for i in range(count):
        table[i] = i
        if i >= 100:
            del table[i - 100]
    merged = {**table, **{k + 50: v for k, v in table.items()}}
    merged |= {k: None for k in range(10)}
    return len(merged), sum(v or 0 for v in merged.values())


def sets(count):
    evens, threes = set(range(0, count, 2)), {i for i in range(count) if i % 3 == 0}
    hits = sum(1 for i in range(count) if i in evens and i not in threes)
    return hits, len(evens & threes), len(evens | threes), len(evens ^ threes)


def main(n=150000):
    text = words(n)
    counts = count_words(text)
    most = sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))[:3]
    return most, group(text), grid(150), churn(n), sets(n)


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
