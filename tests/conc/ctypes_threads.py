# ctypes: callbacks from threads that C code started beside Python's own, calls that nest, errno of each thread.
import ctypes
import threading

libc = ctypes.CDLL(None)
START = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
libc.pthread_create.argtypes = [ctypes.POINTER(ctypes.c_ulong), ctypes.c_void_p, START, ctypes.c_void_p]
libc.pthread_join.argtypes = [ctypes.c_ulong, ctypes.c_void_p]

lock = threading.Lock()
seen = []
idents = set()


def body(argument):
    local = threading.current_thread()
    total = 0
    for i in range(200):
        total += len([i] * (argument or 0))
    with lock:
        seen.append(argument)
        idents.add(threading.get_ident())
    return total


callback = START(body)


def run(base):
    handles = []
    for i in range(8):
        handle = ctypes.c_ulong()
        assert libc.pthread_create(ctypes.byref(handle), None, callback, base + i) == 0
        handles.append(handle)
    for handle in handles:
        result = ctypes.c_void_p()
        assert libc.pthread_join(handle, ctypes.byref(result)) == 0
        assert result.value % 200 == 0, result


threads = [threading.Thread(target=run, args=(100 * n,)) for n in range(1, 5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(seen) == [100 * n + i for n in range(1, 5) for i in range(8)])

# qsort with a Python comparison in several threads: calls and callbacks nest
COMPARE = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
compare = COMPARE(lambda a, b: a[0] - b[0])
good = []


def sort(seed):
    for round in range(5):
        numbers = [(i * 7919 + seed) % 97 for i in range(60)]
        array = (ctypes.c_int * 60)(*numbers)
        libc.qsort(array, 60, 4, compare)
        good.append(list(array) == sorted(numbers))


threads = [threading.Thread(target=sort, args=(n,)) for n in range(6)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(good.count(True), good.count(False))

# errno is each thread's own
noted = ctypes.CDLL(None, use_errno=True)
barrier = threading.Barrier(4)
kept = []


def errno_of(n):
    ctypes.set_errno(n)
    barrier.wait()
    noted.close(-1) if n % 2 else None
    barrier.wait()
    kept.append((n, ctypes.get_errno()))


threads = [threading.Thread(target=errno_of, args=(n,)) for n in range(1, 5)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(sorted(kept))
