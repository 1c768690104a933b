# The format mini-language for int and float.
def attempt(v, spec):
    try:
        return repr(format(v, spec))
    except Exception as e:
        return type(e).__name__ + ': ' + str(e)
ints = [0, 1, -1, 42, 255, -255, 1234567, -98765432109876543210, 2**70]
for spec in ['', 'd', '5', '<5', '>5', '^5', '=5', '05', '*^9', '+', '-', ' ', '+5d', ' 08d', ',', '_', '012,', '013,', '03,', '020,d', '0=12,',
             'x=12,', 'b', '#b', 'o', '#o', 'x', '#x', 'X', '#X', '#010x', '_b', '_x', '014_x', '#_X', 'n', 'e', '.3e', 'f', '.1f', 'g', '.3g', '%',
             '.2%', ',.2f', '+,.1f', 'E', 'G', '<08', '^08', '-<10', '\u20ac>6', '1', '30', '^30,', '010.2f']:
    print(repr(spec), [attempt(n, spec) for n in ints])
floats = [0.0, -0.0, 1.0, -1.5, 0.1, 1234567.891, -1e-7, 1e16, 1e22, 123456789012.5, 0.5, 2.5, float('inf'), -float('inf'), float('nan'), 9.995, 99999.5]
for spec in ['', '.0f', '.1f', '.2f', '.10f', 'f', 'F', 'e', '.0e', '.3e', 'E', 'g', '.0g', '.1g', '.3g', '.10g', 'G', '#g', '#.3g', '#.0f', '#.0e', '#',
             '.3', '.0', '.17', '.20', '10', '<10', '>10.2f', '^12.3f', '=12.2f', '010.2f', '+', ' ', '+.1f', ',', '_', ',.2f', '_.3f', '015,.2f', '020,',
             '%', '.1%', '.0%', 'n', '.3n', 'z', 'z.0f', 'z.1f', '+z.2f', '.25f', '.60g', '*^20.3e', 'x<15', '010', '#.5G']:
    print(repr(spec), [attempt(x, spec) for x in floats])
for spec in ['abc', '.2d', 's', ',n', '_,d', ',,', '__', 'c,', ',x', ',b', 'z', '+c', '#c', '5.', '.', '99999999999999999999', '.99999999999999999999', 'y', '=+z',
             '\x01', '\u20ac', '10c', 'zd', '.3c', ',s', '_n']:
    print(ascii(spec), attempt(65, spec), attempt(1.5, spec))
print(format(0x20ac, 'c') == '\u20ac', attempt(0x110000, 'c'), attempt(-1, 'c'), attempt(2**70, 'c'), attempt(65, '5c'), attempt(65, '*<5c'), attempt(65, '05c'))
print(f'{3.14159:.{2}f} {42:{"#x"}} {1e10:>{20}}')
for spec in ['5', '<5', '>5', '^5', '05', '.2', '*^7.1', 's', '=5', '+', '#', 'z', ',', 'd', '_', ' ', '\u0665']:
    print(repr(spec), attempt('abc', spec))
