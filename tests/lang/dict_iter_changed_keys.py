# A dict whose keys change while it is gone over, its size the same; what the iterator gives after that; update() from a
# dict that changes meanwhile; hints of exhausted reverse iterators.
import operator

for view in (dict.keys, dict.values, dict.items, iter):
    d = {0: 0}
    it = iter(view(d))
    for step in range(4):
        try:
            print(next(it))
        except (RuntimeError, StopIteration) as error:
            print(repr(error))
        del d[0]
        d[0] = step
for view in (dict.keys, dict.values, dict.items):
    d = {0: 0, 1: 1}
    for item in reversed(view(d)):
        print(item)
        del d[0]
        d[0] = 0


class Key:
    def __hash__(self):
        return 0

    def __eq__(self, other):
        source.clear()
        return False


source = {number: 0 for number in range(1, 100)}
source[Key()] = 0
for update in (dict.update, operator.ior):
    target = {Key(): 0, 1: 1}
    try:
        print(update(target, source))
    except RuntimeError as error:
        print(repr(error), len(target))
    source.update({number: 0 for number in range(1, 100)})
    source[Key()] = 0

it = reversed([1, 2])
print(operator.length_hint(it), list(it), operator.length_hint(it), list(it))
