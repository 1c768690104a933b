# The module posix: fork with its hooks, exec, spawn, wait, pipes, the environment, times of files.
import os
import sys


def child_code(pid):
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


pid = os.fork()
if pid == 0:
    os._exit(7)
print(child_code(pid))
print(os.waitstatus_to_exitcode(os.system("exit 3")))
r, w = os.pipe()
print(os.get_inheritable(r), os.get_blocking(r))
pid = os.posix_spawn("/bin/echo", ["echo", "hi"], os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, w, 1), (os.POSIX_SPAWN_CLOSE, r)])
print(child_code(pid), os.read(r, 100))
pid = os.posix_spawnp("sh", ["sh", "-c", "echo $A; kill -9 $$"], {"A": "b", "PATH": "/bin"},
                      file_actions=((os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),), setsid=True, setsigdef={2})
print(child_code(pid))

# hooks: before ones backwards, the others in order; what they raise is reported
trail = []
os.register_at_fork(before=lambda: trail.append("before 1"), after_in_parent=lambda: trail.append("parent 1"),
                    after_in_child=lambda: trail.append("child 1"))
os.register_at_fork(before=lambda: trail.append("before 2"), after_in_parent=lambda: 1 / 0, after_in_child=lambda: trail.append("child 2"))
sys.unraisablehook = lambda u: trail.append(u.exc_type.__name__)
pid = os.fork()
if pid == 0:
    os.write(w, repr(trail).encode())
    os._exit(0)
print(child_code(pid), trail)
print(os.read(r, 1000).decode())

os.environ["HEDDLE_TEST"] = "zä"
pid = os.fork()
if pid == 0:
    os.dup2(w, 1)
    os.execvp("sh", ["sh", "-c", "echo $HEDDLE_TEST"])
print(child_code(pid), os.read(r, 100))
del os.environ["HEDDLE_TEST"]
pid = os.fork()
if pid == 0:
    os.dup2(w, 1)
    os.execle("/bin/sh", "sh", "-c", "echo $HEDDLE_TEST-$X", {"X": "y"})
print(child_code(pid), os.read(r, 100))

pid = os.fork()
if pid == 0:
    os._exit(5)
result = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
print(result.si_pid == pid, result.si_status, result.si_code == os.CLD_EXITED)
child, status, usage = os.wait4(pid, 0)
print(child == pid, os.WIFEXITED(status), os.WEXITSTATUS(status), type(usage).__name__)
pid = os.fork()
if pid == 0:
    os.kill(os.getpid(), 15)
    os._exit(0)
_, status = os.wait()
print(os.WIFSIGNALED(status), os.WTERMSIG(status), os.waitstatus_to_exitcode(status))

folder = "folder"
os.mkdir(folder)
path = os.path.join(folder, "file")
f = os.open(path, os.O_RDWR | os.O_CREAT)
print(os.writev(f, [b"abc", bytearray(b"defg")]), os.pwritev(f, [b"X"], 1), os.lseek(f, 0, 0))
a, b = bytearray(3), bytearray(5)
print(os.readv(f, [a, b]), a, b, os.preadv(f, [a], 2), a)
g = os.open(os.path.join(folder, "copy"), os.O_RDWR | os.O_CREAT)
print(os.copy_file_range(f, g, 100, offset_src=0), os.sendfile(g, f, 0, 3), os.fstat(g).st_size)
os.utime(path, (1.5, 2.25))
print(os.stat(path).st_atime, os.stat(path).st_mtime_ns)
os.utime(path, ns=(10**9 + 1, -5))
print(os.stat(path).st_atime_ns, os.stat(path).st_mtime_ns, os.stat(path).st_mtime, os.stat(path)[8])
os.symlink("file", os.path.join(folder, "link"))
os.mkdir(os.path.join(folder, "sub"), 0o700)
print(os.readlink(os.path.join(folder, "link")), oct(os.stat(os.path.join(folder, "sub")).st_mode))
with os.scandir(folder) as entries:
    for e in sorted(entries, key=lambda e: e.name):
        print(e, e.is_dir(), e.is_file(), e.is_symlink(), e.is_file(follow_symlinks=False), e.stat().st_size > 0, e.inode() > 0)
print(sorted(os.listdir(os.fsencode(folder))))
print([(os.path.relpath(top, folder), sorted(dirs), sorted(files)) for top, dirs, files in os.walk(folder)])
os.truncate(path, 2)
os.close(f)
os.close(g)
print(os.path.getsize(path))
for name in os.listdir(folder):
    if name != "sub":
        os.remove(os.path.join(folder, name))
os.removedirs(os.path.join(folder, "sub"))
e = os.eventfd(3)
print(os.eventfd_read(e))
os.eventfd_write(e, 5)
print(os.eventfd_read(e))
m = os.memfd_create("x")
print(os.write(m, b"q"), os.pread(m, 5, 0), os.pwrite(m, b"r", 1), os.pread(m, 5, 0))
os.set_blocking(r, False)
try:
    os.read(r, 1)
except BlockingIOError as e:
    print(e)
print(os.sched_getaffinity(0) <= set(range(os.cpu_count())), os.times().elapsed > 0, os.uname().sysname, len(os.urandom(9)))
pid, terminal = os.forkpty()
if pid == 0:
    os.write(1, b"terminal" if os.isatty(0) else b"no")
    os._exit(0)
print(os.read(terminal, 100), child_code(pid))
