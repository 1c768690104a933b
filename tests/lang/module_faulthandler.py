# test: plain
# The module faulthandler: stacks on request, on a signal, after a time; arguments. Thread numbers are not shown.
import faulthandler
import os
import re
import signal
import sys
import threading
import time


def attempt(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)


def show(text):
    text = re.sub("0x[0-9a-f]+", "0x…", text)
    text = re.sub(r'File ".*/', 'File "', text)
    print(re.sub(r"line \d+", "line N", text), end="")


name = "/tmp/faulthandler-test-%d" % os.getpid()
file = open(name, "w+")
os.unlink(name)


def written():
    file.seek(0)
    text = file.read()
    file.seek(0)
    file.truncate()
    return text


def inner(**arguments):
    faulthandler.dump_traceback(file, **arguments)


class K:
    def method(self):
        inner(all_threads=False)
        inner()


K().method()
show(written())


def grüße():
    inner(all_threads=False)


grüße()
show(written())


def deep(n):
    if n:
        return deep(n - 1)
    inner(all_threads=False)


deep(200)
print(written().count("\n"))

# Another thread
ready, leave = threading.Event(), threading.Lock()
leave.acquire()


def waits():
    ready.set()
    leave.acquire()


thread = threading.Thread(target=waits)
thread.start()
ready.wait()
inner()
text = written()
print(text.count("hread 0x"), "in waits" in text, text.index("in waits") < text.index("Current thread"))
leave.release()
thread.join()

# A signal
seen = []
signal.signal(signal.SIGUSR1, lambda *a: seen.append(a[0]))
faulthandler.register(signal.SIGUSR1, file, all_threads=False)
os.kill(os.getpid(), signal.SIGUSR1)
show(written())
faulthandler.register(signal.SIGUSR1, file, all_threads=False, chain=True)
os.kill(os.getpid(), signal.SIGUSR1)
for i in range(3):
    pass
print("Stack" in written(), seen == [signal.SIGUSR1])
print(faulthandler.unregister(signal.SIGUSR1), faulthandler.unregister(signal.SIGUSR1))
os.kill(os.getpid(), signal.SIGUSR1)
print(len(seen), written() == "")

# After a time
faulthandler.dump_traceback_later(0.01, file=file)
deadline = time.monotonic() + 20
text = ""
while "in <module>" not in text and time.monotonic() < deadline:
    time.sleep(0.01)
    text = os.pread(file.fileno(), 10000, 0).decode()  # leaves the place where the watchdog writes alone
faulthandler.cancel_dump_traceback_later()
print(written().split("\n")[0])
faulthandler.dump_traceback_later(1000, file=file, repeat=True)
faulthandler.cancel_dump_traceback_later()
faulthandler.cancel_dump_traceback_later()
print(written() == "")

# Arguments
print(faulthandler.is_enabled(), faulthandler.disable(), faulthandler.enable(file), faulthandler.is_enabled(), faulthandler.disable())
for use in (lambda: faulthandler.enable(file=-1), lambda: faulthandler.enable(file="x"), lambda: faulthandler.register(999),
            lambda: faulthandler.register(signal.SIGSEGV), lambda: faulthandler.dump_traceback_later(0),
            lambda: faulthandler.dump_traceback_later(-1), lambda: faulthandler.unregister(0),
            lambda: faulthandler.dump_traceback_later("x"), lambda: faulthandler.enable(1, 2, 3)):
    attempt(use)
sys.stderr = None
attempt(faulthandler.enable)

# A fault: in a child
for number, name in ((signal.SIGSEGV, "_sigsegv"), (signal.SIGABRT, "_sigabrt"), (signal.SIGFPE, "_sigfpe")):
    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        faulthandler.enable(file, all_threads=False)
        getattr(faulthandler, name)()
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    print(os.WTERMSIG(status) == number)
    show(written())
