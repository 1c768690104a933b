# Starting and joining threads: arguments, results, failures, names, daemons, excepthook, stack sizes.
import _thread
import io
import sys
import threading


def attempt(function, *args):
    try:
        return function(*args)
    except BaseException as error:
        return type(error).__name__ + ": " + str(error)


out = []
thread = threading.Thread(target=lambda a, b=0: out.append((a, b)), args=(1,), kwargs={"b": 2}, name="named")
print(thread.is_alive(), thread.ident, thread.name, thread.daemon)
thread.start()
thread.join()
print(out, thread.is_alive(), isinstance(thread.ident, int), repr(thread).split(" 1")[0].rstrip("0123456789)>"))
print(attempt(thread.start))
print(attempt(threading.Thread().join))
print(attempt(threading.current_thread().join))
print(repr(threading.current_thread()).split(",")[0], threading.main_thread() is threading.current_thread())
print(threading.get_ident() == threading.main_thread().ident, threading.active_count())

print(attempt(_thread.start_new_thread, 1, ()))
print(attempt(_thread.start_new_thread, print, []))
print(attempt(_thread.start_new_thread, print, (), 1))
print(attempt(_thread.exit))

# A bare thread tells when it ends through its lock.
lock = _thread.allocate_lock()
lock.acquire()
seen = []


def bare(*args, **kwargs):
    seen.append((args, kwargs, threading.get_ident() != main, _thread.get_native_id() > 0))
    lock.release()


main = threading.get_ident()
ident = _thread.start_new_thread(bare, (1, 2), {"c": 3})
lock.acquire()
print(seen, isinstance(ident, int))

# What ends a thread by raising is shown by excepthook, SystemExit is not.
caught = []
threading.excepthook, saved = lambda args: caught.append((args.exc_type.__name__, str(args.exc_value), args.thread.name)), threading.excepthook


def fail(error):
    raise error


for error in (ValueError("bad"), SystemExit(3), KeyError("k")):
    thread = threading.Thread(target=fail, args=(error,), name="failing")
    thread.start()
    thread.join()
print(caught)
threading.excepthook = saved
sys.stderr, saved = io.StringIO(), sys.stderr
thread = threading.Thread(target=fail, args=(ValueError("shown"),), name="showing")
thread.start()
thread.join()
text, sys.stderr = sys.stderr.getvalue(), saved
print(text.splitlines()[0])
print(text.splitlines()[-1])

# Stack sizes.
print(threading.stack_size(), threading.stack_size(256 * 1024), threading.stack_size())
print(attempt(threading.stack_size, 100))
print(attempt(threading.stack_size, -1))


def deep(n):
    return 0 if n == 0 else 1 + deep(n - 1)


thread = threading.Thread(target=lambda: out.append(deep(500)))
thread.start()
thread.join()
print(out[-1], threading.stack_size(0))


def too_deep():
    def forever():
        return forever()

    try:
        forever()
    except RecursionError:
        out.append("RecursionError")


thread = threading.Thread(target=too_deep)
thread.start()
thread.join()
print(out[-1])

# A storm.
total = 0
guard = threading.Lock()


def add():
    global total
    with guard:
        total += 1


for _ in range(20):
    threads = [threading.Thread(target=add) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
print(total, threading.active_count())


class Subclass(threading.Thread):
    def run(self):
        self.result = sum(range(100))


thread = Subclass()
thread.start()
thread.join()
print(thread.result)

timer = threading.Timer(0.01, out.append, ("timer",))
timer.start()
timer.join()
print(out[-1])

# Daemon threads do not keep the process.
threading.Thread(target=threading.Event().wait, daemon=True).start()
threading.Thread(target=lambda: [None for _ in iter(int, 1)], daemon=True).start()
print("end")
