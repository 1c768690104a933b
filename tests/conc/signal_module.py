# The module signal: handlers, masks, waiting, timers, wakeup descriptor, errors.
import os
import signal
import threading
import time


def attempt(function, *args):
    try:
        return function(*args)
    except BaseException as error:
        return type(error).__name__ + ": " + str(error)


print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGPIPE))
print(signal.getsignal(signal.SIGTERM), signal.Signals.SIGUSR1, signal.NSIG, int(signal.SIGRTMIN), int(signal.SIGRTMAX))
got = []
print(signal.signal(signal.SIGUSR1, lambda number, frame: got.append((signal.Signals(number).name, frame.f_code.co_name))))
signal.raise_signal(signal.SIGUSR1)
print(got)
os.kill(os.getpid(), signal.SIGUSR1)
print(len(got))
signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)
print(len(got), callable(signal.getsignal(signal.SIGUSR1)))
print(attempt(signal.signal, 0, print))
print(attempt(signal.signal, 65, print))
print(attempt(signal.signal, signal.SIGKILL, print))
print(attempt(signal.signal, signal.SIGUSR1, 5))
print(attempt(signal.signal, signal.SIGUSR1, "x"))
print(attempt(signal.getsignal, 1000))
out = []
thread = threading.Thread(target=lambda: out.append(attempt(signal.signal, signal.SIGUSR2, print)))
thread.start()
thread.join()
print(out)


class Stop(Exception):
    pass


def stop(number, frame):
    raise Stop(number)


signal.signal(signal.SIGUSR1, stop)
print(attempt(signal.raise_signal, signal.SIGUSR1))
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
signal.raise_signal(signal.SIGUSR1)
print(signal.getsignal(signal.SIGUSR1))
print(attempt(signal.raise_signal, signal.SIGINT))

# Handlers run while the main thread sleeps, waits for a lock, a thread, an event, a read.
signal.signal(signal.SIGALRM, lambda *args: got.append("alarm"))
got.clear()
signal.setitimer(signal.ITIMER_REAL, 0.02)
time.sleep(0.1)
print(got)
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
lock = threading.Lock()
lock.acquire()
print(lock.acquire(timeout=0.15), len(got) > 3)
print([value > 0 for value in signal.setitimer(signal.ITIMER_REAL, 0)], signal.getitimer(signal.ITIMER_REAL))
signal.signal(signal.SIGALRM, stop)
for wait in (lock.acquire, threading.Event().wait, lambda: time.sleep(10), threading.Semaphore(0).acquire,
             lambda: os.read(os.pipe()[0], 1), signal.pause):
    signal.setitimer(signal.ITIMER_REAL, 0.02)
    print(attempt(wait))


def loop():
    while True:
        pass


signal.setitimer(signal.ITIMER_REAL, 0.02)
print(attempt(loop))
print(attempt(signal.setitimer, 100, 1))

# Masks and synchronous waiting.
print(signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1, signal.SIGUSR2]))
print(sorted(signal.pthread_sigmask(signal.SIG_BLOCK, [])))
signal.signal(signal.SIGUSR1, lambda *args: got.append("usr1"))
got.clear()
os.kill(os.getpid(), signal.SIGUSR1)
print(got, signal.sigpending())
print(signal.sigwait([signal.SIGUSR1, signal.SIGUSR2]), signal.sigpending())
os.kill(os.getpid(), signal.SIGUSR2)
info = signal.sigwaitinfo([signal.SIGUSR2])
print(info.si_signo == signal.SIGUSR2, info.si_pid == os.getpid())
print(signal.sigtimedwait([signal.SIGUSR2], 0.01))
os.kill(os.getpid(), signal.SIGUSR1)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR1])
print(got)
print(attempt(signal.pthread_sigmask, signal.SIG_BLOCK, [1000]))

# The wakeup descriptor.
reader, writer = os.pipe()
print(attempt(signal.set_wakeup_fd, writer).split("fd")[0])
os.set_blocking(writer, False)
print(signal.set_wakeup_fd(writer))
signal.raise_signal(signal.SIGUSR1)
print(os.read(reader, 10) == bytes([signal.SIGUSR1]), signal.set_wakeup_fd(-1) == writer)

print(signal.strsignal(signal.SIGINT), signal.strsignal(signal.SIGSEGV))
print(len(signal.valid_signals()), signal.SIGINT in signal.valid_signals())
print(signal.alarm(0), signal.siginterrupt(signal.SIGUSR1, False))
