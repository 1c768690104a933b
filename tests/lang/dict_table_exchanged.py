# A comparison of keys that changes the dict so often that its second next table may lie where the first one lay: what was
# found before is then no place in it.


class Key:
    """Equal to all of its kind; the first comparison exchanges the tables of the container."""

    exchange = None

    def __hash__(self):
        return 1

    def __eq__(self, other):
        exchange, self.exchange = self.exchange, None
        if exchange:
            exchange()
        return isinstance(other, Key)


def dict_of_five():
    kept = Key()
    table = {100: 0, 101: 0, 102: 0, 103: 0, kept: "kept"}

    def exchange():
        for first in 200, 300, 400:
            for n in [n for n in table if not isinstance(n, Key)]:
                del table[n]
            for n in range(first, first + 2):
                table[n] = 0
    kept.exchange = exchange
    return table, Key()


def remove(table, key):
    del table[key]


def assign(table, key):
    table[key] = "assigned"


for use in (lambda table, key: table.pop(key), lambda table, key: table[key], lambda table, key: key in table, remove, assign,
            lambda table, key: table.setdefault(key, 1), lambda table, key: table.get(key)):
    table, key = dict_of_five()
    result = use(table, key)
    print(result, sorted(str(n) if isinstance(n, int) else "key" for n in table), list(map(str, table.values())))


def set_of_three():
    kept = Key()
    keys = {100, 101, kept}

    def exchange():
        for first in range(100, 1300, 50):
            for n in [n for n in keys if not isinstance(n, Key)]:
                keys.discard(n)
            for n in range(first, first + 40):
                keys.add(n)
    kept.exchange = exchange
    return keys, Key()


for use in set.discard, set.add, set.remove, set.__contains__:
    keys, key = set_of_three()
    result = use(keys, key)
    print(result, len(keys), sum(isinstance(n, Key) for n in keys))
