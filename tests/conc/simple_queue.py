# queue.SimpleQueue between threads: nothing is lost or doubled, each producer's order holds, time-outs end.
import queue, threading
from queue import SimpleQueue

def work(producers, consumers, items):
    q, results = SimpleQueue(), SimpleQueue()
    start = threading.Barrier(producers + consumers)
    def produce(n):
        start.wait()
        for i in range(items):
            q.put((n, i))
    def consume():
        start.wait()
        got = []
        while (item := q.get()) is not None:
            got.append(item)
        results.put(got)
    makers = [threading.Thread(target=produce, args=(n,)) for n in range(producers)]
    takers = [threading.Thread(target=consume) for n in range(consumers)]
    for t in makers + takers: t.start()
    for t in makers: t.join()
    for t in takers: q.put(None)
    for t in takers: t.join()
    lists = [results.get_nowait() for t in takers]
    every = sorted(x for l in lists for x in l)
    ordered = all([i for m, i in l if m == n] == sorted(i for m, i in l if m == n) for l in lists for n in range(producers))
    print(producers, consumers, every == [(n, i) for n in range(producers) for i in range(items)], ordered, q.qsize(), q.empty())

for producers, consumers in ((1, 1), (4, 1), (1, 4), (4, 4)):
    work(producers, consumers, 500)

q = SimpleQueue()
def wait():
    try:
        q.get(timeout=0.02)
    except queue.Empty:
        print("timed out")
t = threading.Thread(target=wait); t.start(); t.join()
t = threading.Thread(target=lambda: print(q.get())); t.start()
q.put("handed over"); t.join()

class Puts:
    def __del__(self): q.put("from a finalizer")
q.put(Puts())
q.get()
print(q.get())
