"""All threads change the same list, dict, set and deque. What one thread puts in comes out once; nothing else does."""
import collections

from harness import Random, Torture

torture = Torture()
STEPS = 400


class Key:
    """A key that Python compares."""

    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return self.n % 7

    def __eq__(self, other):
        return isinstance(other, Key) and self.n == other.n


def key_of(rng, n):
    return rng.choice((n, str(n), (n, "t"), float(n) + 0.5, Key(n), b"%d" % n, frozenset((n,))))


def one_round(rng):
    shared_list, shared_dict, shared_set, shared_deque = [], {}, set(), collections.deque()
    short = collections.deque(maxlen=5)
    scratch_list, scratch_dict, scratch_set = list(range(50)), dict.fromkeys(range(20), ()), set(range(30))
    taken = []

    def tokens(seed, number):
        random_ = Random(seed)
        put, got = [], []
        for step in range(STEPS):
            token = (number, step)
            put.append(token)
            what = random_.randrange(4)
            if what == 0:
                shared_list.append(token)
            elif what == 1:
                shared_dict[token] = [token]
            elif what == 2:
                shared_set.add(token)
            else:
                (shared_deque.append if random_.random() < 0.5 else shared_deque.appendleft)(token)
            what = random_.randrange(6)
            try:
                if what == 0:
                    got.append(shared_list.pop(random_.choice((-1, 0))))
                elif what == 1:
                    key, value = shared_dict.popitem()
                    torture.check(value == [key], key, value)
                    got.append(key)
                elif what == 2:
                    got.append(shared_set.pop())
                elif what == 3:
                    got.append(shared_deque.popleft())
                elif what == 4:
                    value = shared_dict.pop((number, random_.randrange(STEPS)), None)
                    if value:
                        got.extend(value)
            except (IndexError, KeyError):
                pass
        taken.append((put, got))

    def disorder(seed):
        random_ = Random(seed)
        for _ in range(STEPS // 2):
            what, n = random_.randrange(30), random_.randrange(40)
            try:
                if what == 0:
                    scratch_list.sort(key=lambda x: -x if isinstance(x, int) else 0)
                elif what == 1:
                    scratch_list[n:n + 3] = [n] * random_.randrange(5)
                elif what == 2:
                    del scratch_list[::3]
                elif what == 3:
                    scratch_list.extend(range(n))
                elif what == 4:
                    scratch_list.insert(n, n)
                elif what == 5:
                    scratch_list.remove(n)
                elif what == 6:
                    scratch_list.reverse()
                elif what == 7:
                    sum(x for x in list(scratch_list))
                elif what == 8:
                    scratch_list[n] += 1
                elif what == 9:
                    torture.check(len(scratch_list[:]) >= 0)
                    for item in scratch_list:
                        torture.check(type(item) is int, item)
                elif what == 10:
                    if len(scratch_list) > 500:
                        scratch_list.clear()
                elif what == 11:
                    scratch_list.__iadd__(scratch_list[:10])
                elif what in (12, 13, 14):
                    scratch_dict[key_of(random_, n)] = (n,)
                elif what == 15:
                    scratch_dict.pop(key_of(random_, n), None)
                elif what == 16:
                    scratch_dict.update(dict.fromkeys(range(n), (n,)))
                elif what == 17:
                    copy = dict(scratch_dict)
                    torture.check(len(list(copy)) == len(copy))
                elif what == 18:
                    for key, value in list(scratch_dict.items()):
                        torture.check(type(value) is tuple, key, value)
                elif what == 19:
                    for key, value in scratch_dict.items():
                        torture.check(type(value) is tuple, key, value)
                elif what == 20:
                    scratch_dict.setdefault(key_of(random_, n), (n,))
                elif what == 21:
                    if len(scratch_dict) > 300:
                        scratch_dict.clear()
                elif what == 22:
                    scratch_dict == dict(scratch_dict)
                elif what == 23:
                    scratch_set.add(key_of(random_, n))
                elif what == 24:
                    scratch_set.discard(key_of(random_, n))
                elif what == 25:
                    scratch_set.update(range(n))
                elif what == 26:
                    scratch_set.symmetric_difference_update({n, n + 1})
                elif what == 27:
                    torture.check(len(set(scratch_set) | {n}) > 0)
                elif what == 28:
                    for key in scratch_set:
                        hash(key)
                else:
                    short.append(n)
                    short.rotate(1)
                    torture.check(len(list(short.copy())) <= 5)
                    repr(scratch_list[:3]), repr(short)
            except (IndexError, KeyError, ValueError):
                pass
            except RuntimeError as error:
                torture.check("changed size" in str(error) or "mutated" in str(error) or "changed during" in str(error),
                              error)

    half = max(1, torture.threads // 2)
    torture.together([lambda s=rng.getrandbits(32), n=n: tokens(s, n) for n in range(half)] +
                     [lambda s=rng.getrandbits(32): disorder(s) for _ in range(max(1, torture.threads - half))])
    put = collections.Counter(token for puts, _ in taken for token in puts)
    got = collections.Counter(token for _, gots in taken for token in gots)
    got.update(shared_list)
    got.update(list(shared_dict))
    got.update(shared_set)
    got.update(shared_deque)
    torture.check(put == got, "lost", list((put - got).items())[:5], "twice", list((got - put).items())[:5])
    torture.check(len(scratch_dict) == len(list(scratch_dict)), "dict length")
    torture.check(len(scratch_set) == len(list(scratch_set)), "set length")


torture.rounds_of(one_round)
torture.finish()
