# The module array.
import array, pickle, copy
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__ + ': ' + str(e)
A = array.array
print(array.typecodes, array.ArrayType is A, A)
for code in array.typecodes:
    a = A(code)
    print(a, a.itemsize, a.typecode, len(a))
    for v in [0, 1, -1, 127, 128, 255, 256, 2**31, 2**32, 2**63, 2**64, -2**70, 1.5, 'x', 'xy', None]:
        print(attempt(a.append, v), end='; ')
    print(a, a.tolist() == list(a), a.tobytes())
a = A('i', [1, 2, 3, 4, 5])
print(a[0], a[-1], a[1:3], a[::-1], a[::2], a[10:], attempt(lambda: a[5]), attempt(lambda: a['x']), 3 in a, 9 in a, a.index(3), a.index(3, 1, 4), a.count(2), attempt(a.index, 9))
a[0] = 10; a[1:3] = A('i', [7, 8, 9]); a[::2] = A('i', [0, 0, 0]); print(a)
print(attempt(a.__setitem__, slice(0, 1), [1]), attempt(a.__setitem__, 9, 1), attempt(a.__setitem__, 0, 'x'), attempt(a.__setitem__, slice(None, None, 2), A('i', [1])), attempt(a.__setitem__, slice(0, 1), A('b')))
del a[0]; del a[1:2]; del a[::2]; print(a)
a = A('i', range(10)); del a[::-3]; print(a); del a[:]; print(a)
a = A('d', (1, 2.5)); a.extend([3]); a.extend(A('d', [4])); a += A('d', [5]); a *= 2; print(a, a + a, a * 2, 0 * a, attempt(lambda: a + [1]), attempt(lambda: a + A('i')), attempt(a.extend, A('i')))
def iadd():
    global a
    a += [1]
print(attempt(iadd), attempt(lambda: a * 'x'), attempt(a.fromlist, (1,)), attempt(a.fromlist, [1, 'x']), a)
a = A('h', [3, 1, 2]); a.insert(0, 9); a.insert(-1, 8); a.insert(100, 7); print(a, a.pop(), a.pop(0), attempt(a.pop, 50), a); a.reverse(); a.remove(8); print(a, attempt(a.remove, 99)); a.byteswap(); print(a)
print(attempt(A('i').pop), A('i', [1, 2]) == A('i', [1, 2]), A('i', [1, 2]) == A('d', [1, 2]), A('i', [1]) < A('i', [1, 2]), A('i', [2]) > A('i', [1, 9]), A('i', [1]) != [1], attempt(hash, A('i')), attempt(lambda: A('i') < 3))
u = A('u', 'abc\u20ac'); u.fromunicode('xyz'); print(ascii(u), ascii(u.tounicode()), attempt(A('i').tounicode), attempt(A('i').fromunicode, 'x'), u == A('u', 'abc\u20acxyz'))
b = A('B'); b.frombytes(b'hello'); print(b, bytes(b), bytearray(b), attempt(A('i').frombytes, b'abc'), A('i', b'\x01\x00\x00\x00'), A('B', bytearray(b'xy')), A('B', A('i', [1, 2])))
for args in [(), ('z',), (1,), ('ab',), ('i', 'abc'), ('i', A('u', 'a')), ('i', 5), ('i', [1], 2), ('b', [200])]:
    print(args, attempt(A, *args))
m = memoryview(A('i', [1, 2, 3])); print(m.format, m.itemsize, m.shape, m[1], m.tolist(), m.nbytes)
a = A('b', [1, 2, 3]); m = memoryview(a); m[0] = 9; print(a, attempt(a.append, 1), attempt(a.pop)); m.release(); a.append(4); print(a)
for p in range(pickle.HIGHEST_PROTOCOL + 1):
    for code in 'bHiQdf':
        x = A(code, [1, 2, 3]); y = pickle.loads(pickle.dumps(x, p)); assert x == y and y.typecode == code
print(copy.copy(A('i', [1])), copy.deepcopy(A('i', [1])), A('i', [1]).__reduce_ex__(2), A('i', [1]).__reduce_ex__(4)[1][1:])
class S(A):
    pass
s = S('i', [1, 2]); s.note = 'n'; print(s, s.note, type(s[:1]).__name__, type(pickle.loads(pickle.dumps(s))).__name__, pickle.loads(pickle.dumps(s)).note)
it = iter(A('i', [1, 2, 3])); next(it); print(list(it), list(it), type(it).__name__, list(reversed(A('i', [1, 2]))))
import collections.abc; print(isinstance(A('i'), collections.abc.MutableSequence))
match A('i', [1, 2]):
    case [x, y]: print('sequence', x, y)
import io
f = io.BytesIO(); A('i', range(5)).tofile(f); f.seek(0); r = A('i'); r.fromfile(f, 3); print(r, attempt(r.fromfile, f, 5), r, len(A('i', [0]) * 1000), A('i', [1, 2]).buffer_info()[1])
