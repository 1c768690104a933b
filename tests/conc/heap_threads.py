# One heap shared by threads without a lock: no item is lost or doubled.
import heapq, threading

heap, start = [], threading.Barrier(4)
def push(n):
    start.wait()
    for i in range(1000):
        heapq.heappush(heap, i * 4 + n)
threads = [threading.Thread(target=push, args=(n,)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(len(heap), sorted(heap) == list(range(4000)), all(heap[i] <= heap[j] for i in range(4000) for j in (2 * i + 1, 2 * i + 2) if j < 4000))
