# Iterators over str, bytes and bytearray let go of what they went through as soon as they are exhausted.
# test: gil=on
for base, value in (str, "a"), (bytes, b"a"), (bytearray, b"a"):
    class Last(base):
        def __del__(self):
            print("gone", next(it, None))
    it = iter(Last(value))
    print(next(it), next(it, None))
