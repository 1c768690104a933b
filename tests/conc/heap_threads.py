# One heap shared by threads without a lock: no item is lost or doubled.
import heapq, threading

def together(function):
    start = threading.Barrier(4)
    def run(n):
        start.wait()
        function(n)
    threads = [threading.Thread(target=run, args=(n,)) for n in range(4)]
    for t in threads: t.start()
    for t in threads: t.join()

for make in (int, str, lambda n: (n % 7, str(n))):
    heap = []
    def push(n):
        for i in range(1000):
            heapq.heappush(heap, make(i * 4 + n))
    together(push)
    ordered = all(heap[i] <= heap[j] for i in range(4000) for j in (2 * i + 1, 2 * i + 2) if j < 4000)
    print(len(heap), sorted(heap) == sorted(map(make, range(4000))), ordered)
    taken = [[] for n in range(4)]
    def pop(n):
        for i in range(900):
            taken[n].append(heapq.heappop(heap))
            if i % 9 == 0:
                heapq.heappush(heap, heapq.heapreplace(heap, taken[n].pop()))
    together(pop)
    everything = heap + [x for l in taken for x in l]
    print(sorted(everything) == sorted(map(make, range(4000))))
