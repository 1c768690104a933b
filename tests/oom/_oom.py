"""Runs a function again and again, failing each of its allocations once."""
import _heap, sys

def each(name, f, *expected):
    """Whatever f raises must be a MemoryError (or one of `expected`), and f must work again afterwards."""
    n = strange = 0
    f()
    while True:
        if VERBOSE: print(name, n, file=sys.stderr, flush=True)
        _heap.fail(n)
        try:
            f()
        except MemoryError:
            pass
        except BaseException as e:
            _heap.fail_end()
            if not isinstance(e, expected):
                strange += 1
                if strange < 4: print(f"{name}: allocation {n}: {type(e).__name__}: {e}")
        made, failed = _heap.fail_end()
        if not failed:
            break
        n += 1
    f()
    print(name, "fine" if not strange else f"{strange} strange", *([n] if COUNT else []))

VERBOSE = "-v" in sys.argv
COUNT = "-c" in sys.argv
