# match: every kind of pattern.
class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
def m(v):
    match v:
        case 0 | 1: return "small"
        case int(n) if n < 0: return f"neg {n}"
        case str() as s: return "str " + s
        case [a]: return f"one {a}"
        case [a, *rest, z]: return f"seq {a} {rest} {z}"
        case {"k": k, **more}: return f"map {k} {more}"
        case Point(0, y=yy): return f"P0 {yy}"
        case Point(a, b): return f"P {a} {b}"
        case None: return "none"
        case float(): return "float"
        case (): return "empty"
        case _: return "other"
for v in (0, 1, -5, "hi", [1], (1, 2, 3, 4), {"k": 1, "j": 2}, {}, Point(0, 1), Point(2, 3), None, 1.5, [], 7, b"x", range(2)):
    print(m(v))
try:
    match Point(1, 2):
        case Point(1, 2, 3): pass
except TypeError as e: print(e)
try:
    match 3:
        case int(1, 2): pass
except TypeError as e: print(e)
