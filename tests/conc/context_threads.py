# contextvars and threads: contexts are apart, one thread at a time enters one, copies are taken beside changes.
import threading
from contextvars import ContextVar, copy_context

v = ContextVar("v", default="none")
many = [ContextVar(f"v{i}") for i in range(40)]
v.set("main")
def show():
    print(v.get(), len(copy_context()))
    v.set("thread")
t = threading.Thread(target=show); t.start(); t.join()
t = threading.Thread(target=copy_context().run, args=(show,)); t.start(); t.join()
print(v.get())

shared = copy_context()
inside, leave = threading.Event(), threading.Event()
def hold():
    inside.set()
    leave.wait()
t = threading.Thread(target=shared.run, args=(hold,)); t.start()
inside.wait()
try:
    shared.run(print)
except RuntimeError as e:
    print("already entered" in str(e))
leave.set(); t.join()
print(shared.run(v.get))

stop = threading.Event()
def change():
    i = 0
    while not stop.is_set():
        token = many[i % 40].set(i)
        if i % 3 == 0:
            many[i % 40].reset(token)
        i += 1
t = threading.Thread(target=shared.run, args=(change,)); t.start()
for i in range(300):
    taken = shared.copy()
    assert len(taken) == len(list(taken.items())) == len(set(taken))
    assert all(taken[k] is x for k, x in taken.items())
stop.set(); t.join()
print("done")
