# test: plain
# test: status
# Requests for more memory than there is, or than there may be.
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

def attempt(text):
    try:
        value = eval(text, {})
    except (MemoryError, OverflowError, ValueError) as e:
        print(text, "->", type(e).__name__, str(e)[:70])
    else:
        print(text, "-> fine", len(value) if hasattr(value, "__len__") else "")

for text in ("'x' * 10**10", "[0] * 10**12", "[0] * 2**62", "(0,) * 10**11", "b'x' * 10**11", "bytearray(10**11)", "bytes(10**11)",
             "'x' * 2**63", "'é' * 2**62", "[None] * (2**63 - 1)", "list(range(10**9))", "1 << 10**12", "1 << 2**70", "''.join(['x' * 10**6] * 10**5)",
             "b''.join([b'x' * 10**6] * 10**5)", "'x'.center(10**11)", "'a'.replace('a', 'b' * 10**6).replace('b', 'c' * 10**6)", "'%*d' % (10**9 * 2, 1)", "'%1000000000000d' % 1", "format(1, '1000000000000d')", "f'{1:>99999999999}'", "'\t'.expandtabs(10**10)" ,
             "bytearray(b'x') * 10**11", "memoryview(b'x' * 10).cast('B').tolist() * 10**11", "set(range(10**9))", "dict.fromkeys(range(10**9))", "'x'.zfill(10**11)", "'x'.ljust(2**63 - 1)",
             "__import__('array').array('d', [0]) * 10**11", "'\\0'.join(['x' * 2**28] * 40)", "(1 << 10**9) * (1 << 10**10)", "__import__('struct').pack('99999999999s', b'')",
             "__import__('io').BytesIO().truncate(10**15)", "__import__('io').StringIO().write('x' * 10**10)", "list(b'x' * 10**8) * 10", "tuple(range(10**9))", "sorted(range(10**9))", "bytes(range(256)) * 10**10"):
    attempt(text)
print("still here", sum([1] * 1000))
