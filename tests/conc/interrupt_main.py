# _thread.interrupt_main while the main thread computes.
import _thread
import signal
import threading


def attempt(function, *args):
    try:
        return function(*args)
    except BaseException as error:
        return type(error).__name__


started = threading.Event()


def interrupt(how):
    started.wait()
    how()


def both():
    started.set()
    while True:
        pass


started.clear()
thread = threading.Thread(target=interrupt, args=(_thread.interrupt_main,))
thread.start()
print(attempt(both))
thread.join()

signal.signal(signal.SIGUSR1, signal.SIG_IGN)
print(_thread.interrupt_main(signal.SIGUSR1))
try:
    _thread.interrupt_main(1000)
except ValueError as error:
    print(error)
