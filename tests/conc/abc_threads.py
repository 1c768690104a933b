# Abstract classes asked and registered with by several threads: no answer is older than a registration before it.
import threading
from abc import ABC

class A(ABC): pass
class B(A): pass
def run(n, start, wrong):
    start.wait()
    for i in range(300):
        class C: pass
        if issubclass(C, A) or isinstance(C(), B):
            wrong.append((n, i, "too early"))
        B.register(C)
        if not issubclass(C, A) or not isinstance(C(), B) or not isinstance(C(), A):
            wrong.append((n, i, "too late"))
wrong, start = [], threading.Barrier(4)
threads = [threading.Thread(target=run, args=(n, start, wrong)) for n in range(4)]
for t in threads: t.start()
for t in threads: t.join()
print(wrong, issubclass(int, A))
