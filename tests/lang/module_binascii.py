# The module binascii: encodings there and back, and what they refuse.
import binascii
def attempt(f, *args, **kw):
    try:
        return f(*args, **kw)
    except Exception as e:
        return type(e).__module__ + '.' + type(e).__name__ + ': ' + str(e)
data = bytes(range(256)) + b'hello world. \n\t=end \r\n'
for n in list(range(0, 50)) + [len(data)]:
    d = data[-n:] if n else b''
    b = binascii.b2a_base64(d)
    assert binascii.a2b_base64(b) == d
    h = binascii.b2a_hex(d)
    assert binascii.a2b_hex(h) == d
    print(n, b, h, binascii.crc32(d), binascii.crc_hqx(d, 0), attempt(binascii.b2a_uu, d), binascii.b2a_qp(d))
    if n <= 45:
        assert binascii.a2b_uu(binascii.b2a_uu(d)) == d
print(binascii.b2a_qp(b'a b\t\n .\n=x\x80' * 20), binascii.b2a_qp(b' a_b ', True, True, True), binascii.b2a_qp(b'a b ', quotetabs=True), binascii.b2a_qp(b'x\r\ny \r\nz' * 9, istext=False))
print(binascii.b2a_qp(b'x' * 200), binascii.b2a_qp(b'=' * 60), binascii.b2a_qp(b'.\n.\r\n..\n.'), binascii.b2a_qp(b'line \nline\t\n'), binascii.b2a_qp(b'a\r\nb\nc'))
for t in [b'a=41=\nb=4_', b'=', b'==41', b'=4', b'=zz', b'a=\r\nb', b'soft=   \nx', b'=3D=3d']:
    print(t, binascii.a2b_qp(t), binascii.a2b_qp(t, header=True))
for t in ['abc', 'a', 'abcde', 'ab=c', '=abc', 'abc=d', 'ab!c=', 'abcd=', 'ab==x', 'abc==', 'a===', 'YQ==YQ==', 'Y Q = =', '', '=', 'YQ=\n=', '\n\nYWJj\n']:
    print(t, attempt(binascii.a2b_base64, t), attempt(binascii.a2b_base64, t, strict_mode=True))
for t in ['abc', 'zz', 3, '\u20ac', b'0aF', bytearray(b'00'), None]:
    print(ascii(t), attempt(binascii.a2b_hex, t), attempt(binascii.unhexlify, t))
for t in ['!', '', '\x7f', '#86)C', '#86)C\nx', '#86)C x', '#86)C  \n', '"\x01', ' ', '$86)C']:
    print(repr(t), attempt(binascii.a2b_uu, t))
print(binascii.hexlify(b'abcdefg', ':', 3), binascii.b2a_hex(b'abcdef', '-', -2), attempt(binascii.b2a_hex, b'ab', '--'), attempt(binascii.b2a_hex, b'ab', '\u20ac'), attempt(binascii.b2a_hex, b'ab', 3), binascii.b2a_hex(b'ab', b':', 0))
print(binascii.b2a_uu(b'abc\0', backtick=True), binascii.b2a_base64(b'abc', newline=False), binascii.crc32(b'abc', -1), binascii.crc_hqx(b'abc', 70000), attempt(binascii.b2a_base64, 'str'), issubclass(binascii.Error, ValueError))
