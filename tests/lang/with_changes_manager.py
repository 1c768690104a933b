# The manager of a `with` lives as long as the block needs its __exit__, whatever happens to the name it came from.
import threading


class Manager:
    def __init__(self, name):
        self.name = name

    def __enter__(self):
        print("enter", self.name)
        return self

    def __exit__(self, kind, value, traceback):
        print("exit", self.name, kind and kind.__name__)
        return kind is KeyError

    def __del__(self):
        print("gone", self.name)


def rebound(manager):
    with manager:
        manager = None
        print("block")
    print("after")


def raising(manager):
    with manager:
        del manager
        raise KeyError
    print("after")


def returning(manager):
    with manager as other:
        manager = other = 5
        return manager, other


def nested():
    for i in range(4):
        with Manager(("outer", i)) as manager, Manager(("inner", i)):
            manager = i
            if i == 1:
                continue
            if i == 2:
                raise KeyError
            if i == 3:
                break


rebound(Manager("rebound"))
raising(Manager("raising"))
print(returning(Manager("returning")))
nested()


def lock_rebound(lock):
    other = lock
    with lock:
        lock = None
        print(other.locked())
    print(other.locked())


lock_rebound(threading.Lock())
lock_rebound(type("L", (), {"__enter__": lambda s: 1, "__exit__": lambda *a: print(len(a)), "locked": lambda s: 0})())
