# dict.update and | with keys that C cannot compare alone, some of them equal, some only alike in their hash.
class Key:
    def __init__(self, name, hash_=0):
        self.name, self.hash = name, hash_

    def __hash__(self):
        return self.hash

    def __eq__(self, other):
        print("eq", self.name, getattr(other, "name", other))
        return isinstance(other, Key) and self.name == other.name

    def __repr__(self):
        return self.name


a, b, c = Key("a"), Key("b"), Key("c", 1)
one = {int: 1, "s": 2, a: 3, (1, 2): 4}
two = {str: 5, int: 6, Key("a"): 7, b: 8, c: 9, (1, 2): 10, "s": 11, None: 12}
for merge in (lambda x, y: x | y, lambda x, y: {**x, **y}, lambda x, y: (x.update(y), x)[1]):
    print(merge(dict(one), two))
    print(merge(dict(two), one))
types = {int: "int", complex: 1}
types.update({t: t.__name__ for t in (float, int, str, list, dict, set, bytes)})
print(types)
print({**types, **{float: 0, tuple: 1}}, len(types))


class Gone:
    def __del__(self):
        print("gone")


holder = {int: Gone(), str: Gone()}
holder.update({int: 1, float: 2, str: 3})
print(holder)


def f(**kwargs):
    return kwargs


try:
    f(**{"a": 1}, **{"b": 1, "a": 2})
except TypeError as e:
    print(e)


class Raises(Key):
    def __eq__(self, other):
        raise ValueError(self.name)


try:
    one.update({list: 1, Raises("r"): 2, set: 3})
except ValueError as e:
    print(e, list in one, set in one)
