# Objects whose counts several threads fight over: counted right, ended at once when the threads have, and by the collector.
import gc
import sys
import threading
import weakref


class Node:
    def __init__(self, *held):
        self.held = held

    def size(self):
        return len(self.held)


class Told:
    ended = []

    def __init__(self, name):
        self.name = name

    def __del__(self):
        Told.ended.append(self.name)


def fight(things, turns=3000, threads=4):
    gate = threading.Barrier(threads)

    def work():
        gate.wait()
        for _ in range(turns):
            for thing in things:
                one = thing
                two = [one, one]
                del one, two

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def references():
    node, table, items = Node(1), {"a": 1}, [1, 2]
    things = [node, table, items, Node.size, node.size, fight.__name__ * 2, fight, weakref]
    before = [sys.getrefcount(thing) for thing in things]
    fight(things)
    print([sys.getrefcount(thing) for thing in things] == before)


def ended_at_once():
    told = Told("in a container")
    watched = Node(2)
    gone = weakref.ref(watched)
    things = [Node(told), {"told": told}, [told], lambda: told, watched]
    del told, watched
    fight(things)
    things.clear()
    print(Told.ended, gone())
    Told.ended.clear()


def while_others_run():
    stop, seen = threading.Event(), []
    ready = threading.Barrier(3)
    shared = [Node(Told("while others run")), {}]
    shared[0].cycle = shared

    def work(things):
        ready.wait()
        while not stop.is_set():
            for thing in things:
                seen[:] = [thing]
                thing = None

    def runs():
        ready.wait()
        stop.wait()

    threads = [threading.Thread(target=work, args=(shared,)), threading.Thread(target=runs)]
    for thread in threads:
        thread.start()
    ready.wait()
    for _ in range(20000):
        one = shared[0]
        one = shared[1]
    stop.set()
    for thread in threads:
        thread.join()
    seen.clear()
    del threads, shared, one, thread
    gc.collect()
    print(Told.ended)


def classes_made_by_threads():
    made = []

    def work(number):
        for i in range(20):
            kind = type(f"Kind{number}", (Node,), {"value": number})
            made.append(kind)
            for each in list(made):
                each(1).size()

    workers = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    watch = [weakref.ref(kind) for kind in made]
    made.clear()
    gc.collect()
    print(sum(ref() is not None for ref in watch), len(Node.__subclasses__()))


references()
ended_at_once()
while_others_run()
classes_made_by_threads()
