# Slice assignment of memoryviews: neighbouring items, steps, overlap in both directions, none, items wider than a byte.
import array


def show(name, view):
    print(name, view.tolist())


def letters():
    return memoryview(bytearray(b"abcdefghij"))


view = letters()
view[2:5] = b"XYZ"
show("neighbours", view)

view = letters()
view[::2] = b"12345"
show("every other", view)

view = letters()
view[:5] = view[::2]
show("from every other", view)

view = letters()
view[::-1] = view
show("turned", view)

view = letters()
view[1:] = view[:-1]
show("overlap upwards", view)

view = letters()
view[:-1] = view[1:]
show("overlap downwards", view)

view = letters()
view[4:4] = b""
view[7:2] = b""
show("nothing", view)

empty = memoryview(bytearray())
empty[:] = b""
show("empty", empty)

wide = memoryview(array.array("i", range(8)))
wide[2:6] = wide[4:8]
show("ints", wide)
wide[1::3] = wide[:3]
show("ints by step", wide)

for bad in (b"12", b"1234", array.array("i", [1, 2, 3])):
    try:
        letters()[:3] = bad
    except ValueError as error:
        print("ValueError:", error)

# Counting one byte, one letter, with bounds; a limit counts no further.
data = b"abracadabra" * 7
print(data.count(b"a"), data.count(97), data.count(b"a", 3, -5), data.count(b"z"), b"".count(b"a"), data.count(b"ab"))
text = "abracadabra" * 7
print(text.count("a"), text.count("a", 3, -5), text.count("\u20ac"), (text + "\u20ac").count("a"), "".count("a"))
print(data.replace(b"a", b"--", 3)[:20], text.replace("a", "--", 3)[:20], len(text.replace("a", "")))
