# bytearray and memoryview where Python code runs in between; messages of methods that take start and end.
b = bytearray()
def items():
    for i in range(1, 6):
        yield i
        print(list(b))
b.__init__(items())
b = bytearray(range(8))
b[1:-1:2] = b""
print(b)
view = memoryview(b)
for action in (lambda: b.__setitem__(slice(1, -1, 2), b""), lambda: b.extend(b"x")):
    try:
        action()
    except BufferError as e:
        print(e)


class Release:
    def __index__(self):
        m.release()
        return 1
for key in (Release(), 0), (0, Release()):
    m = memoryview(bytearray(8)).cast("B", (2, 4))
    try:
        m[key]
    except ValueError as e:
        print(e)
m = memoryview(bytearray(8))
try:
    m[Release():] = bytes(7)
except ValueError as e:
    print(e)

for text in "", b"", bytearray():
    for name in "find", "count", "startswith":
        for args in (), (1, 2, 3, 4):
            try:
                getattr(text, name)(*args)
            except TypeError as e:
                print(e)
for text, value in ("% %", 1), ("%u", 3j), ("%i", "x"), ("%%", ()):
    try:
        print(text % value)
    except (TypeError, ValueError) as e:
        print(e)
