# Tuples that hold no container are none after a collection; tuples that are filled again become containers again.
import gc
import weakref

gc.disable()


class Node:
    pass


def make(*items):
    return tuple(list(items))


flat, nested, holding = make(1, "a", None, 2.5), make(make(1), make("b", b"c")), make(1, [])
gc.collect()
gc.collect()
print([gc.is_tracked(o) for o in (flat, nested, holding, nested[0])])
print(sorted(map(repr, gc.get_referents(flat))), gc.get_referents(nested), any(o is flat for o in gc.get_objects()))

# what reuses a tuple that nobody kept
for source in (lambda items: zip(items), lambda items: zip(items, items), lambda items: dict.fromkeys(items).items()):
    node = Node()
    dead = weakref.ref(node)
    iterator = iter(source([1, 2, node]))
    next(iterator)
    gc.collect()
    next(iterator)
    gc.collect()
    node.pair = next(iterator)
    print(gc.is_tracked(node.pair))
    del node, iterator
    gc.collect()
    print(dead())


# a collection while a tuple is being filled
def collecting(items):
    for item in items:
        gc.collect()
        yield item


for fill in (tuple, lambda it: (*it,), lambda it: next(zip(it, it)), lambda it: tuple(map(lambda x: x, it))):
    node = Node()
    dead = weakref.ref(node)
    node.filled = fill(collecting([1, node]))
    print(len(node.filled), gc.is_tracked(node.filled))
    del node
    gc.collect()
    print(dead())

iterator = zip(collecting([1, 2, 3]), collecting([4, 5, Node()]))
for pair in iterator:
    gc.collect()
    last = pair
    pair = None
    if isinstance(last[1], Node):
        last[1].pair = last
        dead = weakref.ref(last[1])
    last = None
del iterator
gc.collect()
print(dead())
gc.freeze()
frozen = gc.get_freeze_count() > 0
gc.unfreeze()
gc.collect()
print(frozen, gc.get_freeze_count(), gc.is_tracked(flat))
