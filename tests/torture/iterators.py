"""All threads use the same closures, generators and iterators. What is atomic in one step gives each item once."""
import collections
import itertools

from harness import Random, Torture

torture = Torture()


def one_round(rng):
    count = itertools.count()
    seen, lock_free = collections.deque(), collections.deque()

    def counter():
        n = 0

        def step(by):
            nonlocal n
            n = n + by
            return n

        def read():
            return n
        return step, read

    step, read = counter()

    def generate():
        n = 0
        while True:
            received = yield n
            n += 1
            if received == "stop":
                return

    generator = generate()
    busy = []

    def raises(n):
        if n == 0:
            raise KeyError(n)
        try:
            raises(n - 1)
        except KeyError as error:
            raise ValueError(n) from error

    items = list(range(300))
    of_list, of_zip, of_range = iter(items), zip(items, items), iter(range(300))
    of_map, of_enumerate = map(lambda x: x, items), enumerate(items)
    of_chain, of_cycle = itertools.chain(items, items), itertools.cycle(items)
    text, view = iter("abc" * 100), iter({n: n for n in items}.items())

    def use(seed):
        random_ = Random(seed)
        for _ in range(300):
            what = random_.randrange(16)
            try:
                if what in (0, 1):
                    seen.append(next(count))
                elif what == 2:
                    torture.check(type(step(1)) is int)
                    torture.check(type(read()) is int)
                elif what in (3, 4):
                    lock_free.append(next(generator))
                elif what == 5:
                    torture.check(next(of_list) in range(300))
                elif what == 6:
                    pair = next(of_zip)
                    torture.check(len(pair) == 2 and type(pair[0]) is int, pair)
                elif what == 7:
                    torture.check(next(of_range) in range(300))
                elif what == 8:
                    torture.check(next(of_map) in range(300))
                elif what == 9:
                    number, item = next(of_enumerate)
                    torture.check(type(number) is int and type(item) is int)
                elif what == 10:
                    torture.check(next(of_chain) in range(300) and next(of_cycle) in range(300))
                elif what == 11:
                    torture.check(next(text) in "abc")
                elif what == 12:
                    next(view)
                elif what == 13:
                    raises(random_.randrange(5))
                elif what == 14:
                    if random_.random() < 0.05:
                        generator.send(None)
                else:
                    torture.check(sorted(x * y for x in range(3) for y in range(3)) == [0, 0, 0, 0, 0, 1, 2, 2, 4])
                    torture.check([(lambda: k)() for k in range(4)] == [0, 1, 2, 3])
            except StopIteration:
                pass
            except KeyError:
                pass
            except RuntimeError as error:
                torture.check("changed size" in str(error) or "changed during" in str(error), error)
            except ValueError as error:
                if str(error) == "generator already executing":
                    busy.append(1)
                else:
                    while error.__cause__:
                        error = error.__cause__
                    torture.check(type(error) is KeyError, error)

    torture.together([lambda s=rng.getrandbits(32): use(s) for _ in range(torture.threads)])
    torture.check(len(set(seen)) == len(seen), "itertools.count gave a number twice")
    torture.check(sorted(seen) == list(range(len(seen))), "itertools.count left a number out")
    numbers = list(lock_free)
    torture.check(len(set(numbers)) == len(numbers), "a generator gave an item twice")
    torture.check(next(count) == len(seen))


torture.rounds_of(one_round)
torture.finish()
