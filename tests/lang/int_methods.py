# Methods and attributes of int.
for n in [0, 1, -1, 127, 128, -128, -129, 255, 256, 65535, 2**63, -(2**63), 2**64, -(2**100) + 7]:
    size = n.bit_length() // 8 + 1
    for order in ('big', 'little'):
        b = n.to_bytes(size, order, signed=True)
        assert int.from_bytes(b, order, signed=True) == n
        print(n, order, b)
print((5).to_bytes(), (0).to_bytes(0, 'big'), (1000).to_bytes(length=4, byteorder='little'), int.from_bytes(b'\x01\x00'))
print(int.from_bytes([1, 2, 3], 'big'), int.from_bytes(bytearray(b'\xff\xfe'), 'little', signed=True), int.from_bytes(b''))
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
print(attempt((300).to_bytes, 1), attempt((-1).to_bytes, 1), attempt((1).to_bytes, -1), attempt((128).to_bytes, 1, 'big', signed=True))
print((-128).to_bytes(1, 'big', signed=True), attempt((-129).to_bytes, 1, 'big', signed=True), attempt((1).to_bytes, 1, 'x'))
print(attempt(int.from_bytes, 'a'), attempt(int.from_bytes, 3), attempt(int.from_bytes, [256]))
print((7).as_integer_ratio(), (7).conjugate(), (7).real, (7).imag, (7).numerator, (7).denominator, True.real)
for n in [0, 5, 15, 25, -15, -25, 149, 150, 151, 12345678901234567890]:
    print([round(n, -d) for d in range(0, 22)], round(n), round(n, 3))
print((5).__trunc__(), (5).__floor__(), (5).__ceil__(), (5).__index__(), (5).__getnewargs__(), (True).__getnewargs__())
print(attempt(round, 5, 'a'), (2**70).__sizeof__() > (1).__sizeof__())
print(int.__add__(1, 1.5), int.__eq__(1, 1.0), (1).__lt__('a'), int.__and__(True, 3), int.__invert__(5))
print(attempt(lambda: 1 << -1), attempt(lambda: 1 >> -1), 0 << 2**70, 1 >> 2**70, -1 >> 2**70)
print(attempt(lambda: 1 // 0), attempt(lambda: 1 % 0), attempt(lambda: divmod(1, 0)), attempt(lambda: 1 / 0))
