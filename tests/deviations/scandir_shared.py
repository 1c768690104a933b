# Threads may draw from one folder iterator, and close it under each other. In CPython 3.11 the process may crash: it
# reads the folder without its lock while another thread closes it. Workaround there: a lock around next() and close().
import os
import threading

THREADS = 4


def run(function):
    start = threading.Barrier(THREADS)

    def body():
        start.wait()
        function()

    threads = [threading.Thread(target=body) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


os.mkdir("many")
for i in range(200):
    os.close(os.open("many/%d" % i, os.O_CREAT))
seen = []
iterator = os.scandir("many")
run(lambda: seen.extend([entry.name for entry in iterator]))
print(sorted(seen) == sorted(str(i) for i in range(200)))
for _ in range(50):
    iterator = os.scandir("many")
    run(lambda: (next(iterator, None), iterator.close(), next(iterator, None)))
    assert next(iterator, None) is None
print("closed")

# Heddle prints:
# True
# closed
