# Seeded random numbers are the same everywhere: the Mersenne Twister and the class over it.
import _random
for seed in [0, 1, -1, 2**32, 2**100, 12345678901234567890]:
    r = _random.Random(seed)
    print(seed, [r.random() for _ in range(5)], [r.getrandbits(k) for k in (1, 8, 31, 32, 33, 64, 65, 200)], r.getrandbits(0))
r = _random.Random(5)
state = r.getstate()
first = [r.random() for _ in range(700)]
r.setstate(state)
print(first == [r.random() for _ in range(700)], first[650], len(state), state[-1], hash(state) == hash(tuple(state)))
r.seed(1.5); a = r.random(); r.seed(1.5); print(a == r.random(), a)
r.seed(); b = r.random(); r.seed(None); print(b != r.random())
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
print(attempt(r.getrandbits, -1), attempt(r.getrandbits, 1.5), attempt(r.setstate, [1]), attempt(r.setstate, (1,)), attempt(r.setstate, (1,) * 624 + (700,)), attempt(r.seed, []))
import random
random.seed(42)
print(random.random(), random.randint(1, 100), random.choice('abcdef'), random.sample(range(100), 5), random.uniform(1, 2), random.gauss(0, 1))
l = list(range(10)); random.shuffle(l); print(l, random.choices('xyz', k=5), random.randrange(10**30), random.expovariate(1), random.betavariate(2, 3))
random.seed('text'); print(random.random()); random.seed(b'bytes'); print(random.random(), random.randbytes(5), random.getrandbits(70))
