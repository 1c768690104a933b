# Threads that give the same objects another class, side by side: each class is let go of once.
import threading


class A:
    pass


class B:
    pass


class C:
    pass


shared = [A() for _ in range(50)]
start = threading.Barrier(4)


def change(number):
    start.wait()
    for i in range(400):
        for obj in shared:
            obj.__class__ = (A, B, C)[(i + number) % 3]


threads = [threading.Thread(target=change, args=(n,)) for n in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(all(type(obj) in (A, B, C) for obj in shared), A.__name__, B.__name__, C.__name__)
del shared
print([type(cls()).__name__ for cls in (A, B, C)])
