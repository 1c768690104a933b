# Signals during waits: the wait goes on for the rest of its time after the handler (PEP 475), or ends by what it raises.
import os
import select
import signal
import threading
import time

hits = []
signal.signal(signal.SIGALRM, lambda *a: hits.append(1))
signal.setitimer(signal.ITIMER_REAL, 0.02, 0.02)
r, w = os.pipe()


def t(name, f, least):
    n, start = len(hits), time.monotonic()
    result = f()
    print(name, result, time.monotonic() - start >= least, len(hits) > n)


t('select',lambda:select.select([r],[],[],0.15),0.15)
p = select.poll()
p.register(r, select.POLLIN)
t('poll',lambda:p.poll(150),0.15)
e = select.epoll()
e.register(r, select.EPOLLIN)
t('epoll',lambda:e.poll(0.15),0.15)


def child(s):
    pid = os.fork()
    if pid == 0:
        signal.setitimer(signal.ITIMER_REAL, 0)
        time.sleep(s)
        os._exit(3)
    return pid


t('waitpid',lambda:os.waitpid(child(.15),0)[1],0.15)
t('wait4',lambda:os.wait4(child(.15),0)[1],0.15)
t('waitid',lambda:(child(.15),os.waitid(os.P_ALL,0,os.WEXITED).si_status)[1],0.15)
threading.Timer(0.15,lambda:os.write(w,b'x')).start()
t('read',lambda:os.read(r,1),0.1)


class Stop(Exception):
    pass


def stop(*args):
    raise Stop


signal.setitimer(signal.ITIMER_REAL, 0)
signal.signal(signal.SIGALRM, stop)
for wait in (lambda: select.select([r], [], []), p.poll, e.poll, lambda: os.read(r, 1)):
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.05)
        wait()
    except Stop:
        print("stopped")
