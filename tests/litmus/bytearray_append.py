# `b.append(x)`, `b.extend(bytes)`, `bytes(b)`, `b[i:j]`: atomic
from _race import TIMES, THREADS, race

b = bytearray()
race(lambda n: [b.extend(bytes([n]) * 5) for _ in range(TIMES)])
print(len(b), all(len(set(b[i:i + 5])) == 1 for i in range(0, len(b), 5)))
