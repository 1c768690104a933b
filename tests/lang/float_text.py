# float to text and back: the shortest text that reads back, and everything float() takes or refuses.
values = [0.0, -0.0, 0.1, 0.2 + 0.1, 1/3, 1e15, 1e16, 1e17, 123456789012345680.0, 1e-4, 1e-5, 1.5e300, 5e-324,
          2.2250738585072014e-308, 1.7976931348623157e308, 1e22, 1e23, 2.0**-44, 100.0, 123.456, float('inf'), float('-inf'), float('nan')]
for x in values:
    print(repr(x), str(x), f'{x}', x.hex(), '%r %s' % (x, x))
for text in ['1', '1.', '.5', '1e5', '1E-5', ' 1.5 ', '+1.5', '-1.5e+3', 'inf', '-Infinity', 'nan', 'NAN', 'iNf', '1_000.5_0',
             '1e1_0', '\u0661.\u0665', '1e400', '1e-400', '0' * 400 + '1', '1' * 400, '0.' + '0' * 400 + '1', '\u20031.5\u00a0',
             '9007199254740993', '9007199254740992.99999', '2.4703282292062327208e-324', '179769313486231580793e289']:
    print(ascii(text)[:40], float(text))
for text in ['', ' ', '.', 'e5', '1e', '1e+', '1..', '1__0', '_1', '1_', '1_.5', '1._5', 'in', 'infin', '0x1', '1 2', '1\x00', '--1', 'nan1']:
    try:
        print(float(text))
    except ValueError as e:
        print(e)
print(float(b'1.5'), float(bytearray(b'2.5')), float(), float(3), float(True), float(10**30))
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__name__, str(e)
print(attempt(float, []), attempt(float, 1j), attempt(float, 10**400), attempt(float, x=1), attempt(float, 1, 2), attempt(float, None))
for text in ['0x1p0', '0x.8p1', '1.8', '-0x1.fffffffffffffp1023', '0x0.0000000000001p-1022', 'inf', '-nan', ' 0xap3 ', '0x1p-2000',
             '0x', 'p1', '0x1p', '0x1p2000', '1.2.3', '']:
    print(repr(text), attempt(float.fromhex, text))
state = 12345
for i in range(300):
    state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
    x = (state >> 11) * 2.0 ** ((state % 400) - 250)
    assert float(repr(x)) == x and float.fromhex(x.hex()) == x
    print(x)
