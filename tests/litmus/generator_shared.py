# a generator or coroutine resumed by two threads: one runs it, the other gets ValueError: generator already executing
from _race import TIMES, THREADS, race

def numbers():
    for i in range(TIMES):
        yield i
g = numbers()
def drain(n):
    got = []
    while True:
        try:
            got.append(next(g))
        except StopIteration:
            return got
        except ValueError as error:
            if str(error) != "generator already executing":
                raise
print(sorted(sum(race(drain), [])) == list(range(TIMES)))
