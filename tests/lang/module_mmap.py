# The module mmap: anonymous maps and files, the position, searching, slices, access, resizing; what it refuses.
import mmap
import os
import tempfile


def attempt(function, *args, **kw):
    try:
        return function(*args, **kw)
    except BaseException as e:
        return type(e).__name__ + ": " + str(e)


print("-- memory")
m = mmap.mmap(-1, 20)
print(m, len(m), attempt(m.size), m.tell(), m.closed)
print(m.write(b"hello\nworld\n"), m.tell(), m.seek(0), m.readline(), m.read(3), m.read_byte(), m.read(100), m.read())
m.seek(0)
print(m.find(b"o"), m.find(b"o", 5), m.find(b"o", -15, -1), m.rfind(b"o"), m.rfind(b"zz"), m.find(b""), m.rfind(b"", 0, 3))
print(m[0], m[-20], m[:5], m[4::-1], m[::3], m[5:2], list(m)[:3], b"w" in m)
m[0] = 72
m[1:5] = b"ELLO"
m[6:12:2] = b"WRD"
print(m[:12], m.move(12, 0, 5), m[:])
m.seek(-1, 2)
print(m.write_byte(33), attempt(m.write_byte, 33), attempt(m.read_byte), attempt(m.write, b"x"), m[:])
for wrong in (lambda: m[20], lambda: m["a"], lambda: m.seek(21), lambda: m.seek(0, 5), lambda: m.__setitem__(0, 256),
              lambda: m.__setitem__(0, "a"), lambda: m.__setitem__(slice(0, 2), b"abc"), lambda: m.__delitem__(0),
              lambda: m.move(0, 19, 2), lambda: m.flush(1, 20), lambda: m.madvise(mmap.MADV_NORMAL, 20),
              lambda: m.write_byte(256), lambda: m.find("text")):
    print(attempt(wrong))
print(m.flush(), m.madvise(mmap.MADV_NORMAL), m.madvise(mmap.MADV_WILLNEED, 0, 5))
view = memoryview(m)
print(view.readonly, view.nbytes, bytes(view[:5]), attempt(m.close), attempt(m.resize, 5))
view.release()
print(m.resize(5), len(m), m[:])
with m as same:
    print(same is m)
print(m, m.closed, attempt(len, m), attempt(m.read), attempt(m.__enter__), m.close())

print("-- files")
with tempfile.TemporaryFile() as file:
    print(attempt(mmap.mmap, file.fileno(), 0))
    file.write(b"0123456789" * 1000)
    file.flush()
    with mmap.mmap(file.fileno(), 0) as m:
        print(len(m), m.size(), m)
        m[:3] = b"abc"
        m.flush()
        os.lseek(file.fileno(), 0, 0)
        print(os.read(file.fileno(), 5))
        m.resize(5)
        print(m[:], os.fstat(file.fileno()).st_size)
        m.resize(10000)
    with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as m:
        print(m[:5], memoryview(m).readonly, attempt(m.write, b"x"), attempt(m.__setitem__, 0, 1), attempt(m.resize, 1), m)
    with mmap.mmap(file.fileno(), 100, access=mmap.ACCESS_COPY) as m:
        m[:5] = b"COPY!"
        print(m[:6], os.pread(file.fileno(), 6, 0), m.flush())
    with mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as m:
        print(m, attempt(m.move, 0, 1, 1))
    with mmap.mmap(file.fileno(), 0, offset=mmap.ALLOCATIONGRANULARITY) as m:
        print(len(m) == 10000 - mmap.ALLOCATIONGRANULARITY)
    fd = file.fileno()
    for args, kw in (((fd, 10001), {}), ((fd, 0), {"offset": 1 << 20}), ((fd, -1), {}), ((fd, 1), {"offset": -1}),
                     ((fd, 1), {"access": 9}), ((fd, 1), {"access": 1, "prot": 1}), ((-1, 0), {}),
                     (("x", 1), {}), ((9999, 10), {})):
        print(attempt(mmap.mmap, *args, **kw))


class Named(mmap.mmap):
    pass


n = Named(-1, 3)
n.name = "sub"
print(n.name, n[:], Named.__mro__[1], mmap.error)
