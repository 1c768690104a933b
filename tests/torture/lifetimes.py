"""Threads make, share and drop objects with finalizers, weak references and cycles, and collect. Each finalizer runs
once; a weak reference gives the object or None."""
import collections
import gc
import time
import weakref

from harness import Random, Torture

torture = Torture()


def one_round(rng):
    made, ended, called = collections.deque(), collections.deque(), collections.deque()
    shelf = [None] * 16
    references = [None] * 16
    by_name = weakref.WeakValueDictionary()
    by_key = weakref.WeakKeyDictionary()
    group = weakref.WeakSet()
    back = []

    class Thing:
        def __init__(self, name):
            self.name = name
            self.other = None
            made.append(name)

        def __del__(self):
            ended.append(self.name)
            if self.name % 50 == 0:
                back.append(self.name)

    def use(seed, number):
        random_ = Random(seed)
        for step in range(200):
            name = number * 1000 + step
            place = random_.randrange(16)
            what = random_.randrange(14)
            thing = shelf[random_.randrange(16)]
            if what in (0, 1, 2):
                shelf[place] = Thing(name)
            elif what == 3:
                shelf[place] = None
            elif what == 4 and thing:
                thing.other = shelf[place]
            elif what == 5 and thing:
                thing.other = thing
            elif what == 6 and thing:
                references[place] = weakref.ref(thing)
            elif what == 7:
                reference = references[place]
                found = reference and reference()
                torture.check(found is None or type(found) is Thing, found)
            elif what == 8 and thing:
                by_name[thing.name] = thing
                group.add(thing)
            elif what == 9:
                try:
                    for other in list(by_name.values()):
                        torture.check(type(other) is Thing)
                except RuntimeError as error:  # written in Python, and not made for that
                    torture.check("changed size" in str(error) or "changed during" in str(error), error)
                len(group), len(by_name)
            elif what == 10 and thing:
                by_key[thing] = name
                by_key.get(thing)
            elif what == 11 and thing:
                references[place] = weakref.ref(thing, lambda r, n=name: called.append(n))
            elif what == 12 and step % 40 == 0:
                gc.collect()
            elif what == 13 and thing:
                proxy = weakref.proxy(thing)
                torture.check(type(proxy.name) is int)
                weakref.getweakrefcount(thing)
            thing = None

    torture.together([lambda s=rng.getrandbits(32), n=n: use(s, n) for n in range(torture.threads)])
    shelf.clear()
    gc.collect()
    limit = time.monotonic() + 5  # what another thread took over to finalize may take a moment
    while len(made) != len(ended) and time.monotonic() < limit:
        gc.collect()
        time.sleep(0.001)
    torture.check(collections.Counter(made) == collections.Counter(ended),
                  "finalizers", len(made), len(ended), list((collections.Counter(made) - collections.Counter(ended)))[:5])
    torture.check(not list(by_name.values()) and not list(group) and not list(by_key), "weak containers")
    torture.check(all(r is None or r() is None for r in references), "weak references")
    torture.check(len(set(called)) == len(called), "a callback ran twice")


torture.rounds_of(one_round)
torture.finish()
