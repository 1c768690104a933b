# ctypes: structures in memory, bit fields, byte order, unions, calls into libc and back, keeping objects alive, pickling.
import ctypes
import pickle
from ctypes import *

libc = CDLL(None, use_errno=True)

class Bits(Structure):
    _fields_ = [("a", c_short, 4), ("b", c_short, 4), ("c", c_int, 24), ("d", c_uint, 3), ("e", c_ubyte)]
bits = Bits(-3, 7, -100, 9, 255)
print(sizeof(Bits), bits.a, bits.b, bits.c, bits.d, bits.e, bytes(bits)[:5].hex())

class Big(BigEndianStructure):
    _fields_ = [("x", c_uint16, 5), ("y", c_uint16, 11), ("z", c_int32), ("f", c_double)]
big = Big(3, 1000, -2, 1.5)
print(bytes(big).hex(), big.x, big.y, big.z, big.f)

class Word(Union):
    _fields_ = [("i", c_int32), ("b", c_ubyte * 4), ("f", c_float)]
class Outer(Structure):
    _anonymous_ = ["word"]
    _fields_ = [("name", c_char * 8), ("word", Word), ("next", POINTER(c_int))]
outer = Outer(b"name")
outer.f = 1.0
number = c_int(42)
outer.next = pointer(number)
print(outer.name, hex(outer.i), list(outer.b), outer.next[0], outer.next.contents, Outer.i, sorted(outer._objects))

class Derived(Outer):
    _pack_ = 2
    _fields_ = [("more", c_longlong), ("wide", c_wchar * 4)]
derived = Derived(b"n", (7,), None, -1, "wide")
print(sizeof(Derived), derived.i, bool(derived.next), derived.more, derived.wide, Derived.more.offset)

class Div(Structure):
    _fields_ = [("quot", c_int), ("rem", c_int)]
libc.div.restype = Div
result = libc.div(17, 5)
print(result.quot, result.rem)
libc.labs.argtypes, libc.labs.restype = [c_long], c_long
print(libc.labs(-2**40), libc.abs(-3), libc.strlen(b"abc"), libc.wcslen("abcd"))
libc.strchr.restype = c_char_p
print(libc.strchr(b"hello", ord("l")), libc.strchr(b"hello", ord("z")))
libc.snprintf.argtypes = [c_char_p, c_size_t, c_char_p]
buffer = create_string_buffer(40)
print(libc.snprintf(buffer, 40, b"%d %s %.2f", c_int(5), b"text", c_double(1.25)), buffer.value)

COMPARE = CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
array = (c_int * 6)(5, 1, 4, 2, 6, 3)
libc.qsort(array, len(array), sizeof(c_int), COMPARE(lambda a, b: a[0] - b[0]))
print(array[:], array[::-2])
libc.close.errcheck = lambda value, function, args: (value, get_errno(), args)
print(libc.close(-1), set_errno(0))
abs_of = CFUNCTYPE(c_int, c_int)(("abs", libc), ((1, "n", 9),))
print(abs_of(), abs_of(-4), abs_of(n=-5))
frexp = CFUNCTYPE(c_double, c_double, POINTER(c_int))(("frexp", CDLL("libm.so.6")), ((1, "x"), (2, "exponent")))
print(frexp(10.0))
for kind, value in ((c_byte, -7), (c_ushort, 65535), (c_longlong, -2**62), (c_float, 0.5), (c_longdouble, 1.5),
                    (c_char, b"x"), (c_wchar, "\u20ac"), (c_bool, True), (py_object, [1])):
    print(kind.__name__, CFUNCTYPE(kind, kind)(lambda x: x)(value))

print(pickle.loads(pickle.dumps(result)).quot, bytes(memoryview((c_short * 3)(1, 2, 3))).hex())
source = bytearray(b"12345678")
shared = (c_uint16 * 4).from_buffer(source)
shared[0] = 0x4142
print(source, (c_char * 4).from_buffer_copy(source, 2).raw)
try:
    source.append(1)
except BufferError as e:
    print(e)
target = create_string_buffer(b"abcdefgh")
memmove(addressof(target) + 2, b"XY", 2)
memset(addressof(target) + 5, ord("-"), 2)
print(target.raw, string_at(target, 3), wstring_at(create_unicode_buffer("text"), 2))
print(cast(target, POINTER(c_char))[1:4], cast(pointer(number), c_void_p).value == addressof(number))
block = (c_int * 2)(1, 2)
resize(block, 16)
print(sizeof(block), block[:], cast(block, POINTER(c_int))[:4])
for bad in (lambda: libc.abs(1.5), lambda: COMPARE(3), lambda: c_int.in_dll(libc, "no_such_thing_here")):
    try:
        bad()
    except Exception as e:
        print(type(e).__name__, str(e).replace(str(e).split(":")[0], "") if "undefined" in str(e) else e)
