# Two threads exchange a function's __code__ while two others call it: by what a call binds is what it runs.
import threading


def short(a):
    return a


def long(a, b=2, c=3, *rest, d=4, **more):
    x, y, z = a, b, c
    return (x, y, z, rest, d, more) and a


def called(a):
    return a


called.__defaults__ = (2, 3)
called.__kwdefaults__ = {"d": 4}
ROUNDS = 3000
wrong = []
codes = short.__code__, long.__code__


def exchange():
    for i in range(ROUNDS):
        called.__code__ = codes[i % 2]


def call():
    for i in range(ROUNDS):
        if called(i) != i or called(*(i,)) != i:
            wrong.append(i)
        try:
            called(i, 5, 6, 7, d=8, e=9)
        except TypeError:
            pass


threads = [threading.Thread(target=target) for target in (exchange, exchange, call, call)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(wrong)
