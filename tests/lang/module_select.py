# The module select: select, poll and epoll on pipes; what they refuse.
import os
import select


def attempt(function, *args, **kw):
    try:
        return function(*args, **kw)
    except BaseException as e:
        return type(e).__name__ + ": " + str(e)


class File:
    def __init__(self, fd):
        self.fd = fd

    def fileno(self):
        return self.fd


r, w = os.pipe()
full, filled = os.pipe()
os.write(filled, b"x")
print(select.select([r], [w], [], 0) == ([], [w], []))
print(select.select([r, full], [], [full], 0.01) == ([full], [], []))
f = File(w)
print(select.select([], [f, w], [])[1] == [f, w])
print(select.select([], [], [], 0.001))
for args in (([], [], [], "a"), ([], [], [], -1), (1, [], []), (["a"], [], [], 0), ([-1], [], [], 0), ([5000], [], [], 0),
             ([], [File("a")], []), ([object()], [], []), ([], [], [], float("nan")), ([],)):
    print(attempt(select.select, *args))

p = select.poll()
p.register(full)
p.register(w, select.POLLOUT)
print(p.poll(0) == [(full, select.POLLIN), (w, select.POLLOUT)])
for args in ((w, 70000), (w, -1), ("a",), (w, "a")):
    print(attempt(p.register, *args))
print(attempt(p.modify, 99, 1), attempt(p.unregister, 99), attempt(p.poll, "a"), attempt(p.poll, 1e12))
p.modify(full, select.POLLOUT)
print(p.poll(-1) == [(w, select.POLLOUT)], p.poll(None) == [(w, select.POLLOUT)])
p.unregister(w)
print(p.poll(1.5), attempt(p.unregister, w), attempt(type(p)))

e = select.epoll()
print(e.closed, os.get_inheritable(e.fileno()))
e.register(w, select.EPOLLOUT)
e.register(full)
print(sorted(e.poll()) == sorted([(w, select.EPOLLOUT), (full, select.EPOLLIN)]), len(e.poll(maxevents=1)))
print(attempt(e.register, w), attempt(e.register, 99), attempt(e.modify, r, 1))
print(attempt(e.poll, 0, 0), attempt(e.poll, 0, -5), attempt(e.poll, "a"))
e.modify(w, 0)
e.unregister(full)
print(e.poll(0.001), attempt(e.unregister, full))
with e as same:
    print(same is e)
print(e.closed, e.close())
for call in (e.poll, e.fileno, e.__enter__):
    print(attempt(call))
print(attempt(e.register, 1), attempt(e.unregister, 1), attempt(e.modify, 1, 1))
print(attempt(select.epoll, 0), attempt(select.epoll, -2), attempt(select.epoll, 1, 5), attempt(select.epoll, "a"))
select.epoll(sizehint=4, flags=select.EPOLL_CLOEXEC).close()

# the lists may change while their descriptors are asked for
lists = []


class Clears:
    def fileno(self):
        lists.clear()
        return full


lists += [Clears(), w]
print(len(select.select(lists, [], [], 0)[0]))
os.close(w)
p = select.poll()
p.register(r)
print(p.poll() == [(r, select.POLLHUP)], select.select([r], [], [])[0] == [r])
