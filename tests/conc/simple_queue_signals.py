# SimpleQueue.get on the main thread: signal handlers run, may put, may raise.
import signal, queue, time
q=queue.SimpleQueue()
def h(*a): q.put('from handler')
signal.signal(signal.SIGALRM,h)
signal.setitimer(signal.ITIMER_REAL,0.05)
print(q.get())
def h2(*a): raise KeyError('x')
signal.signal(signal.SIGALRM,h2)
signal.setitimer(signal.ITIMER_REAL,0.05)
try: q.get(timeout=5)
except KeyError as e: print('raised',e)
