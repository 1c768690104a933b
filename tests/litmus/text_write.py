# `print(line)`, `file.write(text)`, `StringIO`, `BytesIO`: atomic: one call's text stays together
from _race import TIMES, THREADS, race

import io
stream, binary = io.StringIO(), io.BytesIO()
def work(n):
    for i in range(TIMES):
        stream.write(f"{n}:{'x' * 50}\n")
        binary.write(b"%d:xxxxx\n" % n)
race(work)
lines = stream.getvalue().splitlines()
print(len(lines), all(len(line) == 52 for line in lines))
lines = binary.getvalue().splitlines()
print(len(lines), all(len(line) == 7 for line in lines))
