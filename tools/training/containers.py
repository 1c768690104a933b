# Lists, dicts, sets, tuples: word counts, graphs, permutations, slices, sorting.
import collections


def count(words):
    counts = {}
    for word in words:
        counts[word] = counts.get(word, 0) + 1
    return sorted(counts.items(), key=lambda pair: (-pair[1], pair[0]))


def breadth_first(graph, start):
    seen, queue, order = {start}, collections.deque([start]), []
    while queue:
        node = queue.popleft()
        order.append(node)
        for neighbour in graph[node]:
            if neighbour not in seen:
                seen.add(neighbour)
                queue.append(neighbour)
    return order


def permutations(items):
    if len(items) <= 1:
        yield items
        return
    for i in range(len(items)):
        for rest in permutations(items[:i] + items[i + 1:]):
            yield [items[i]] + rest


def life(cells):
    around = collections.defaultdict(int)
    for x, y in cells:
        for dx in (-1, 0, 1):
            for dy in (-1, 0, 1):
                if dx or dy:
                    around[x + dx, y + dy] += 1
    return {cell for cell, n in around.items() if n == 3 or (n == 2 and cell in cells)}


def rotate(values, times):
    for _ in range(times):
        values = values[1:] + values[:1]
        values[0], values[-1] = values[-1], values[0]
        values[2:5] = values[4:1:-1]
    return values


for _ in range(3):
    for _ in range(20):
        count(("the", "lock", "that", "holds", "all", "threads", str(n % 50))[n % 7] for n in range(2000))
    graph = {n: [(n * k) % 2000 for k in (2, 3, 5, 7)] for n in range(2000)}
    for _ in range(8):
        breadth_first(graph, 1)
    sum(1 for _ in permutations(list(range(7))))
    cells = {(0, 1), (1, 2), (2, 0), (2, 1), (2, 2), (9, 9), (9, 10), (9, 11)}
    for _ in range(150):
        cells = life(cells)
    rotate(list(range(12)), 8000)
    records = [{"name": f"n{n % 100}", "age": n % 70, "tags": [n, n + 1]} for n in range(5000)]
    groups = {}
    for record in records:
        groups.setdefault(record["age"], []).append(record["name"])
    {age: len(set(names)) for age, names in groups.items()}
    [a + b for a, b in zip(range(20000), reversed(range(20000))) if a % 3]
