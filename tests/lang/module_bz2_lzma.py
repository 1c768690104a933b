# _bz2 and _lzma: objects piece by piece, limits, ends, filters, what is wrong.
import bz2
import lzma

data = b"the quick brown fox jumps over the lazy dog " * 50


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__module__, type(error).__qualname__, error)


for module, compressor, decompressor in ((bz2, bz2.BZ2Compressor, bz2.BZ2Decompressor),
                                         (lzma, lzma.LZMACompressor, lzma.LZMADecompressor)):
    c = compressor()
    packed = c.compress(data[:100]) + c.compress(data[100:]) + c.flush()
    print(packed == module.compress(data), module.decompress(packed) == data)
    attempt(c.compress, b"")
    attempt(c.flush)
    d = decompressor()
    print(d.needs_input, d.eof, d.unused_data)
    out = d.decompress(packed + b"tail", 10)
    print(out, d.needs_input, d.eof)
    sizes = []
    while not d.eof:
        piece = d.decompress(b"", 700)
        sizes.append(len(piece))
        out += piece
    print(sizes, out == data, d.unused_data, d.needs_input)
    attempt(d.decompress, b"")
    attempt(decompressor().decompress, b"not compressed")
    attempt(decompressor().decompress, "text")
    d = decompressor()
    print(b"".join(d.decompress(packed[i:i + 1]) for i in range(len(packed))) == data, d.eof)

attempt(bz2.BZ2Compressor, 0)
attempt(bz2.BZ2Compressor, "1")

for settings in ({"preset": 0}, {"format": lzma.FORMAT_ALONE}, {"check": lzma.CHECK_SHA256},
                 {"filters": [{"id": lzma.FILTER_DELTA, "dist": 4}, {"id": lzma.FILTER_LZMA2, "preset": 1}]}):
    packed = lzma.compress(data, **settings)
    d = lzma.LZMADecompressor()
    print(sorted(settings), d.decompress(packed) == data, d.check)
raw = [{"id": lzma.FILTER_X86}, {"id": lzma.FILTER_LZMA2, "dict_size": 65536}]
packed = lzma.compress(data, lzma.FORMAT_RAW, filters=raw)
print(lzma.decompress(packed, lzma.FORMAT_RAW, filters=raw) == data)
attempt(lzma.compress, data, lzma.FORMAT_RAW)
attempt(lzma.compress, data, filters=[{"id": 99}])
attempt(lzma.compress, data, filters=[{}])
attempt(lzma.compress, data, filters=[{"id": lzma.FILTER_DELTA, "oops": 1}])
attempt(lzma.compress, data, filters=[3])
attempt(lzma.compress, data, filters=raw * 3)
attempt(lzma.compress, data, preset=99)
attempt(lzma.compress, data, preset=1, filters=raw)
attempt(lzma.compress, data, lzma.FORMAT_ALONE, check=lzma.CHECK_CRC32)
attempt(lzma.compress, data, 77)
attempt(lzma.decompress, lzma.compress(data), memlimit=1000)
print(lzma._encode_filter_properties({"id": lzma.FILTER_LZMA1, "dict_size": 4096}).hex())
print(lzma._decode_filter_properties(lzma.FILTER_LZMA1, b"\x5d\0\x10\0\0"))
print(lzma.is_check_supported(lzma.CHECK_CRC64), lzma.is_check_supported(9))
