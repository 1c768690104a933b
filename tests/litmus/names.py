# reading and storing a global, a closure's variable, a module's attribute: atomic
from _race import TIMES, THREADS, race

value = (0, 0)
def closure():
    cell = (0, 0)
    def set_(x):
        nonlocal cell
        cell = x
    return set_, lambda: cell
set_, get = closure()
def write(n):
    global value
    for i in range(TIMES * 3):
        value = (n, n)
        set_((n, n))
def read(n):
    for _ in range(TIMES * 3):
        a, b = value, get()
        if a[0] != a[1] or b[0] != b[1]:
            return False
    return True
print(all(value in (None, True) for value in race(write, read, threads=2)))
