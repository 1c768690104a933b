# sys.settrace: call, line, return and exception events.
import sys
events = []
def tracer(frame, event, arg):
    if frame.f_code.co_name in ("f", "g", "h"):
        events.append((frame.f_code.co_name, event, frame.f_lineno - frame.f_code.co_firstlineno, arg if event == "return" else None))
        return tracer
def f(n):
    total = 0
    for i in range(n):
        total += i
    return total
def g():
    try:
        raise ValueError
    except ValueError:
        return 1
def h():
    yield 1
    yield 2
sys.settrace(tracer)
f(2); g(); list(h())
sys.settrace(None)
for e in events: print(e)
print(sys.gettrace())
