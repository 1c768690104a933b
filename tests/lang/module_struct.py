# The module struct: formats, byte orders, alignment, errors.
import struct
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__module__ + '.' + type(e).__name__ + ': ' + str(e)
for code in 'bBhHiIlLqQnNfdeP?c':
    for order in ['', '@', '=', '<', '>', '!']:
        f = order + code
        for v in [0, 1, -1, 127, 128, 255, 32768, 65535, 2**31, 2**32, 2**63, 2**64, -2**63, -2**70, 1.5, b'x', 'x', None, True]:
            print(f, v, attempt(struct.pack, f, v), end='; ')
        print(attempt(struct.calcsize, f))
for f in ['', 'b', 'bi', 'bq', 'ib', 'b0q', 'bqb0q', '<bi', '3s', '5p', '3x', '2i3h', ' b b ', 'bhilq', '@bd', '=bd', '0s', '10s3x2h', '4?', 'bxh']:
    print(f, struct.calcsize(f), struct.Struct(f).size, struct.Struct(f).format)
print(struct.pack('<3s5pxhx', b'abcdef', b'xyz', -2), struct.unpack('<3s5pxhx', struct.pack('<3s5pxhx', b'abcdef', b'xyz', -2)), struct.pack('300p', b'a' * 400)[:3])
print(struct.unpack('>bhiq', bytes(range(15))), struct.unpack('<eefd', struct.pack('<eefd', 1.5, -65504, 0.1, 1e300)), struct.pack('?', []), struct.unpack('?', b'\x05'))
for x in [0.0, -0.0, 1e-8, 6e-8, 5.9604644775390625e-08, 0.00006103515625, 65519.9, 65520.0, float('inf'), -float('inf'), 1 / 3]:
    print(x, attempt(struct.pack, '>e', x), attempt(lambda: struct.unpack('>e', struct.pack('>e', x))))
b = bytearray(12)
struct.pack_into('<ih', b, 2, 1, -1); struct.pack_into('b', b, -1, 7)
print(b, struct.unpack_from('<ih', b, 2), struct.unpack_from('b', b, -1), list(struct.iter_unpack('<hi', bytes(range(12)))), struct.unpack_from(format='b', buffer=b, offset=3) if False else '')
it = struct.iter_unpack('h', bytes(6))
print(it.__length_hint__(), next(it), it.__length_hint__(), list(it), type(it).__name__)
for args in [('bb', 1), ('b',), ('b', 1, 2), (), ('z', 1), ('3',), ('3 b', 1), ('99999999999999999999b',), (3,), ('s', 1), ('p', 1), ('c', 'a'), ('c', b'ab'), ('f', 'a'), ('x', 1), ('\u20ac',), ('<f', 1e300), ('e', 1e300), ('d', 10**400)]:
    print(args, attempt(struct.pack, *args))
print(attempt(struct.unpack, 'b', b'ab'), attempt(struct.unpack, 'b', 'a'), attempt(struct.unpack_from, 'i', b'ab', 0), attempt(struct.unpack_from, 'i', b'abcdefgh', 5), attempt(struct.unpack_from, 'i', b'abcdefgh', -2), attempt(struct.unpack_from, 'i', b'abcdefgh', -20))
print(attempt(struct.pack_into, 'i', bytearray(2), 0, 1), attempt(struct.pack_into, 'i', bytearray(8), -2, 1), attempt(struct.pack_into, 'i', bytearray(8), -20, 1), attempt(struct.pack_into, 'i', b'abcd', 0, 1), attempt(struct.pack_into, 'i', bytearray(8)), attempt(struct.pack_into, 'i'), attempt(struct.pack_into, 'i', bytearray(8), 'a', 1))
print(attempt(struct.iter_unpack, 'i', b'abcde'), attempt(struct.iter_unpack, '', b''), attempt(struct.Struct), attempt(struct.Struct, 1), struct.Struct(b'i').format)
class I:
    def __index__(self): return 65
print(struct.pack('b', I()), struct.pack('<Q', I()), issubclass(struct.error, Exception), struct.error.__name__, struct.error.__module__)
s = struct.Struct('i'); s.__init__('hh'); print(s.size, s.pack(1, 2))
