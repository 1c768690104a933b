# What every program begins with: reading, compiling and importing modules.
import glob
import os

import argparse, dataclasses, decimal, email.message, enum, http.server, inspect, logging, typing, unittest.mock

for path in sorted(glob.glob(os.path.join(os.path.dirname(os.__file__), "[a-d]*.py"))):
    with open(path, encoding="utf-8", errors="replace") as file:
        compile(file.read(), path, "exec")


@dataclasses.dataclass(order=True)
class Point:
    x: int
    y: int = 0


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


for n in range(1500):
    assert Point(n, 2) > Point(n, 1) and Colour(1 + n % 2) in Colour
    decimal.Decimal(n) / 7
parser = argparse.ArgumentParser()
parser.add_argument("--level", type=int, default=0)
for n in range(150):
    parser.parse_args(["--level", str(n)])
