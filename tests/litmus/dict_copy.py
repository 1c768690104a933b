# `d.copy()`, `dict(d)`, `list(d)`, `list(d.keys())`, `list(d.values())`, `list(d.items())`, `{**d}`: atomic: a copy shows one moment
from _race import TIMES, THREADS, race

d = dict.fromkeys("abcdef", (0, 0))
def write(n):
    for i in range(TIMES):
        d.update(dict.fromkeys("abcdef", (n, i)))
        d["more", n] = d["a"]
        del d["more", n]
def read(n):
    for i in range(TIMES):
        copies = d.copy(), dict(d), {**d}
        lists = list(d), list(d.keys()), list(d.values()), list(d.items())
        for copy in copies:
            if len({copy[key] for key in "abcdef"}) != 1:
                return False
        if any(not 6 <= len(one) <= 8 for one in lists) or any(key not in d for key in lists[0][:6]):
            return False
        if len({value for key, value in lists[3] if key in ("a", "b", "c", "d", "e", "f")}) != 1:
            return False
    return True
print(race(write, read, threads=2))
