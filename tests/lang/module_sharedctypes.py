# multiprocessing.sharedctypes: values, arrays and structures in memory that processes share.
import ctypes
import multiprocessing
from multiprocessing import sharedctypes

class Point(ctypes.Structure):
    _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

def work(value, array, raw, points):
    with value.get_lock():
        value.value += 5
    for i in range(len(array)):
        array[i] *= 2
    raw[1] = 7
    points[0].x += 1
    points[1].y = 2.5

if __name__ == "__main__":
    context = multiprocessing.get_context("fork")
    value, array = context.Value("i", 1), context.Array("d", [1.0, 2.5])
    raw = context.RawArray("h", 3)
    points = context.Array(Point, [(1, 0.0), (2, 0.5)])
    processes = [context.Process(target=work, args=(value, array, raw, points)) for _ in range(2)]
    for process in processes:
        process.start()
        process.join()
    print([p.exitcode for p in processes], value.value, array[:], list(raw), [(p.x, p.y) for p in points])
    text = context.Array("c", b"hello")
    text.value = b"bye"
    print(text.value, text.raw, len(text), sharedctypes.copy(value.get_obj()).value)
