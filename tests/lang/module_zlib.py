# zlib: whole pieces, objects with limits and dictionaries, checksums, what is wrong.
import zlib

data = b"the quick brown fox jumps over the lazy dog " * 50
for level in (-1, 0, 1, 9):
    packed = zlib.compress(data, level)
    print(level, len(packed), zlib.decompress(packed) == data)
for wbits in (15, -15, 31, 9):
    packed = zlib.compress(data, wbits=wbits)
    print(wbits, packed[:2].hex(), zlib.decompress(packed, wbits) == data)
print(zlib.crc32(b""), zlib.crc32(b"abc"), zlib.crc32(b"c", zlib.crc32(b"ab")), zlib.crc32(b"abc", -1))
print(zlib.adler32(b""), zlib.adler32(b"abc"), zlib.adler32(b"c", zlib.adler32(b"ab")))

c = zlib.compressobj(6, zlib.DEFLATED, 15, 8, zlib.Z_DEFAULT_STRATEGY, zdict=b"brown fox")
pieces = [c.compress(data[:100]), c.flush(zlib.Z_SYNC_FLUSH)]
other = c.copy()
print(c.flush(zlib.Z_NO_FLUSH))
pieces += [c.compress(data[100:]), c.flush()]
print(zlib.decompressobj(zdict=b"brown fox").decompress(b"".join(pieces)) == data)
print(zlib.decompressobj(zdict=b"brown fox").decompress(b"".join(pieces[:2]) + other.flush()) == data[:100])

packed = zlib.compress(data)
d = zlib.decompressobj()
out = [d.decompress(packed + b"tail", 10)]
print(out, len(d.unconsumed_tail) > 0, d.eof, d.unused_data)
while not d.eof:
    out.append(d.decompress(d.unconsumed_tail, 500))
print([len(piece) for piece in out], d.eof, d.unused_data, d.unconsumed_tail)
d = zlib.decompressobj()
print(d.decompress(packed, 7), d.flush() == data[7:], d.eof)


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__module__, type(error).__qualname__, error)


attempt(zlib.decompress, b"no")
attempt(zlib.decompress, packed[:-5])
attempt(zlib.decompress, packed, bufsize=-1)
attempt(zlib.compress, data, 10)
attempt(zlib.compress, "text")
attempt(zlib.compressobj, wbits=1)
attempt(zlib.decompressobj, wbits=99)
attempt(zlib.decompressobj, zdict=1)
attempt(zlib.decompressobj().decompress, b"", -1)
attempt(zlib.decompressobj().flush, 0)
attempt(zlib.decompressobj().decompress, b"".join(pieces))
attempt(zlib.decompressobj(zdict=b"other").decompress, b"".join(pieces))
attempt(type(d))
