# Threads that share a DirEntry, a poll object, an epoll object that is closed, an import lock and forks.
import os
import select
import sys
import threading

THREADS = 4


def run(function, *args):
    start = threading.Barrier(THREADS)

    def body():
        start.wait()
        function(*args)

    threads = [threading.Thread(target=body) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


os.mkdir("folder")
os.close(os.open("folder/one", os.O_CREAT))
entry = next(os.scandir("folder"))
results = []
run(lambda: results.extend([entry.stat() for _ in range(100)]))
print(len(results), len(set(results)))

r, w = os.pipe()
p = select.poll()
outcomes = []


def change():
    for i in range(200):
        p.register(r, select.POLLIN)
        try:
            outcomes.append(p.poll(0))
        except RuntimeError:
            outcomes.append([])
        try:
            p.unregister(r)
        except KeyError:
            pass


run(change)
print(len(outcomes), all(not o for o in outcomes))

for _ in range(20):
    e = select.epoll()
    e.register(w, select.EPOLLOUT)

    def use(e):
        try:
            for _ in range(20):
                assert e.poll(0) in ([(w, select.EPOLLOUT)], [])
            e.close()
        except (ValueError, OSError):
            pass

    run(use, e)
    assert e.closed
print("epoll")

codes = []


def forks():
    for _ in range(5):
        child = os.fork()
        if child == 0:
            os._exit(7)
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


def imports():
    for _ in range(20):
        sys.modules.pop("colorsys", None)
        import colorsys


importer = threading.Thread(target=imports)
importer.start()
run(forks)
importer.join()
print(len(codes), set(codes))
