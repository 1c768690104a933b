# Newline decoders that __init__ has not seen; ints that cannot be descriptors.
import io

decoder = io.IncrementalNewlineDecoder.__new__(io.IncrementalNewlineDecoder)
for call in (lambda: decoder.decode(b"bar"), decoder.getstate, lambda: decoder.setstate((b"foo", 0)),
             lambda: decoder.setstate(1), decoder.reset):
    try:
        print(call())
    except (ValueError, TypeError) as error:
        print(repr(error))
decoder.__init__(None, True)
print(decoder.getstate(), decoder.decode("a\r\nb\r"), decoder.getstate(), decoder.setstate((b"", 1)), decoder.reset())


class Int(int):
    pass


for number in (-1, 2**31, -2**31 - 1, 2**64, Int(2**40)):
    for kind in (io.FileIO, open):
        try:
            print(kind(number))
        except (ValueError, TypeError, OverflowError, OSError) as error:
            print(repr(error))
