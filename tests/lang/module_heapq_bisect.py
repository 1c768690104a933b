# _heapq and _bisect: order, errors, comparisons that run Python or change the list.
import _heapq, bisect, heapq
from functools import total_ordering

seed = 1
def rnd(n):
    global seed
    seed = (seed * 1103515245 + 12345) % (1 << 31)
    return (seed >> 16) % n

@total_ordering
class W:
    count = 0
    def __init__(self, v): self.v = v
    def __lt__(self, other): W.count += 1; return self.v < other.v
    def __eq__(self, other): return self.v == other.v
    def __repr__(self): return f"W{self.v}"

makers = [int, lambda n: n * 0.5, lambda n: n if n % 2 else float(n), str, lambda n: (n % 3, n), lambda n: (n % 3, W(n)), W,
          lambda n: (1 << 62) + n, lambda n: (str(n % 3), (n, 1))]
for make in makers:
    heap = []
    for i in range(60):
        heapq.heappush(heap, make(rnd(40)))
    print(heap[0], heapq.heappushpop(heap, make(5)), heapq.heapreplace(heap, make(1)), heap[:5])
    out = []
    while heap:
        out.append(heapq.heappop(heap))
    print(out == sorted(out), out[:4])
    heap = [make(rnd(50)) for i in range(61)]
    same = heap[:]
    heapq.heapify(heap)
    _heapq._heapify_max(same)
    print(heap[:6], same[:6], _heapq._heappop_max(same), _heapq._heapreplace_max(same, make(0)), same[:3])
    print(heapq.nlargest(3, heap), heapq.nsmallest(3, heap))
print(W.count)
for wrong in (lambda: heapq.heappop([]), lambda: heapq.heapreplace([], 1), lambda: heapq.heappush((), 1),
              lambda: heapq.heapify(5), lambda: heapq.heappush([1], "a"), lambda: heapq.heappush([1]),
              lambda: heapq.heappop(None), lambda: heapq.heappushpop([], 7)):
    try:
        print(wrong())
    except Exception as e:
        print(type(e).__name__, e)

class Clears:
    def __init__(self, heap): self.heap = heap
    def __lt__(self, other):
        self.heap.clear()
        return True
for act in ("push", "pop", "replace", "pushpop", "heapify"):
    heap = []
    heap.extend(Clears(heap) for i in range(8))
    try:
        if act == "push": heapq.heappush(heap, Clears(heap))
        elif act == "pop": heapq.heappop(heap)
        elif act == "replace": heapq.heapreplace(heap, Clears(heap))
        elif act == "pushpop": heapq.heappushpop(heap, Clears(heap))
        else: heapq.heapify(heap)
        print(act, "went well")
    except Exception as e:
        print(act, type(e).__name__, e)

a = [1, 2, 2, 2, 5, 8]
print([bisect.bisect_left(a, x) for x in range(10)], [bisect.bisect(a, x) for x in range(10)])
print(bisect.bisect_left(a, 2, 2), bisect.bisect_left(a, 2, 0, 2), bisect.bisect(a, 9, hi=None), bisect.bisect(a, -3, key=lambda v: -v))
bisect.insort(a, 2.0); bisect.insort_left(a, 2.5); bisect.insort_left(a, 8.0)
print(a)
b = [("a", 1), ("b", 3)]
bisect.insort(b, ("c", 2), key=lambda r: r[1]); bisect.insort_left(b, ("d", 3), key=lambda r: r[1])
print(b)
class L(list):
    def insert(self, i, v): print("insert", i, v); super().insert(i, v)
l = L([1, 3]); bisect.insort(l, 2); print(l)
big = range((1 << 63) - 2)
print(bisect.bisect_left(big, (1 << 63) - 5), bisect.bisect_right(big, 7))
for wrong in (lambda: bisect.bisect(a, 1, -1), lambda: bisect.bisect(5, 1), lambda: bisect.bisect(a, "x"), lambda: bisect.bisect(a),
              lambda: bisect.bisect([1], 2, 0, 5), lambda: bisect.insort((1,), 2), lambda: bisect.bisect(a, 1, "x")):
    try:
        print(wrong())
    except Exception as e:
        print(type(e).__name__, e)
