# int from text in every base and back; what is not a number.
n = 123456789012345678901234567890
for value in [0, 1, -1, 255, -255, n, -n, 2**60, -(2**60)]:
    print(value, repr(value), str(value), hex(value), oct(value), bin(value), f'{value:x}')
    for base in (2, 8, 16):
        assert int({2: bin, 8: oct, 16: hex}[base](value), base) == value
        assert int({2: bin, 8: oct, 16: hex}[base](value), 0) == value
digits = '0123456789abcdefghijklmnopqrstuvwxyz'
for base in range(2, 37):
    text = digits[1:base] * 3 + '0'
    print(base, int(text, base), int('-' + text.upper(), base))
good = [('  12 ', 10), ('1_000', 10), ('0x_ff', 0), ('0b1_0', 0), ('0o17', 0), ('00_0', 0), ('+5', 10), ('\t-5\n', 10),
        ('ff', 16), ('0xff', 16), ('z', 36), ('\u0663\u0665', 10), ('\u00a07\u2003', 10), ('0b1', 16), ('0', 0)]
for text, base in good:
    print(ascii(text), base, int(text, base))
for text in ['', ' ', '+', '-', '1 2', '1__2', '_1', '1_', '0x', '0x_', '1.5', 'abc', '--1', '\u00bd', '1\x00', '1' * 250 + 'x']:
    try:
        print(int(text))
    except ValueError as e:
        print(e)
for text, base in [('010', 0), ('0x', 16), ('9', 8), ('0_1', 0), ('', 0), ('1', 1), ('1', 37), ('1', -1), ('g', 16)]:
    try:
        print(int(text, base))
    except ValueError as e:
        print(e)
print(int(b'12'), int(bytearray(b' -7 ')), int(b'ff', 16), int('12', base=5))
for args, kw in [((), {'base': 3}), ((1.5, 3), {}), ((1, 2, 3), {}), (('1',), {'x': 3}), (([],), {}), ((None,), {}),
                 (('1', '2'), {}), ((b'x',), {}), ((1j,), {})]:
    try:
        print(int(*args, **kw))
    except Exception as e:
        print(type(e).__name__, e)
print(int(), int(3.99), int(-3.99), int(True), int(1e30))
