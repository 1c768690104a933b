"""All threads write to and read from the same files. Lines stay whole where one call writes one."""
import io
import os

from harness import Random, Torture, fresh_folder

torture = Torture()
folder = fresh_folder()


def one_round(rng):
    path = os.path.join(folder, "lines")
    text, binary, memory, strings = open(path, "w"), open(path + "b", "wb"), io.BytesIO(), io.StringIO()
    raw = open(path + "r", "wb", buffering=0)
    read, write = os.pipe()
    written = []

    def use(seed, number):
        random_ = Random(seed)
        mine = 0
        for step in range(150):
            line = f"{number}:{step}:" + "x" * random_.randrange(200)
            line += ":" + str(len(line)) + "\n"
            what = random_.randrange(9)
            if what in (0, 1, 2):
                text.write(line)
                binary.write(line.encode())
                raw.write(line.encode())
                mine += 1
            elif what == 3:
                text.flush()
                binary.flush()
            elif what == 4:
                memory.write(line.encode())
                memory.getvalue()
            elif what == 5:
                strings.write(line)
                strings.getvalue()
            elif what == 6:
                with open(path) as again:
                    for _ in again:
                        pass
            elif what == 7:
                os.write(write, b"y")
                torture.check(os.read(read, 1) == b"y")
            else:
                memory.seek(0)
                memory.read(10)
                strings.tell()
                print(end="", file=text)
        written.append(mine)

    torture.together([lambda s=rng.getrandbits(32), n=n: use(s, n) for n in range(torture.threads)])
    for file in (text, binary, raw):
        file.close()
    os.close(read)
    os.close(write)
    for name in (path, path + "b", path + "r"):
        with open(name) as file:
            lines = file.readlines()
        torture.check(len(lines) == sum(written), name, len(lines), sum(written))
        for line in lines:
            body, _, length = line.rstrip("\n").rpartition(":")
            torture.check(length.isdigit() and len(body) == int(length), "torn line", line)
        torture.check(len(set(line.rpartition(":")[0].split(":x")[0] for line in lines)) == len(lines), "twice")


torture.rounds_of(one_round)
for name in os.listdir(folder):
    os.unlink(os.path.join(folder, name))
os.rmdir(folder)
torture.finish()
