# The module posix: what its functions say to wrong arguments and to errors of the system.
import os
import posix


def attempt(function, *args, **kw):
    try:
        result = function(*args, **kw)
    except BaseException as e:
        result = type(e).__name__ + ": " + str(e)
    print(function.__name__, result)


class Five:
    def __fspath__(self):
        return 5


env = {"PATH": "/bin:/usr/bin"}
for wrong in ("x", [], [""]):
    attempt(posix.posix_spawn, "/bin/true", wrong, env)
    attempt(posix.execv, "/bin/nope", wrong)
    attempt(posix.execve, "/bin/nope", wrong, {})
for actions in (1, [1], [()], [(77,)], [("a",)], [(0,)], [(1,)], [(2, 1)], [(1, "x")]):
    attempt(posix.posix_spawn, "/bin/true", ["a"], env, file_actions=actions)
for name, value in (("setsigmask", 1), ("setsigmask", [999]), ("setsigdef", [0]), ("setsigdef", ["a"]), ("scheduler", (1,)),
                    ("scheduler", (1, 2)), ("setpgroup", "a"), ("resetids", "a")):
    attempt(posix.posix_spawn, "/bin/true", ["a"], env, **{name: value})
attempt(posix.posix_spawn, "/bin/true", ["a"], None)
attempt(posix.posix_spawn, 5, ["a"], env)
attempt(posix.posix_spawn, "/bin/nope", ["a"], env)
for wrong in (1, {"a=": "b"}, {"": "b"}, {"=a": "b"}, {"a": "b\0"}, {1: "b"}):
    attempt(posix.execve, "/bin/nope", ["a"], wrong)
attempt(posix.register_at_fork)
attempt(posix.register_at_fork, before=1)
for uid in (-2, 2**32, 2**70, -2**70, "a"):
    attempt(posix.chown, "/nope", uid, 0)
attempt(posix.chown, "/nope", 0, -2)
for cpus in ([-1], ["a"], [1 << 31], 5):
    attempt(posix.sched_setaffinity, 0, cpus)
attempt(posix.sched_setparam, 0, 1)
print(posix.sched_param(2**70), posix.sched_param(sched_priority="a"))
attempt(posix.sched_setparam, 0, posix.sched_param("a"))
attempt(posix.putenv, "a=b", "c")
attempt(posix.putenv, "a", "c\0")
attempt(posix.putenv, Five(), "a")
attempt(posix.unsetenv, "a=")
for status in (0, 0x300, 9, 0x7F, 0x137F, 0xFFFF, 1.0, 2**40):
    attempt(posix.waitstatus_to_exitcode, status)
attempt(posix.getgrouplist, 1, 0)
attempt(posix.setgroups, 5)
attempt(posix.setgroups, ["a"])
attempt(posix.sysconf, "a")
attempt(posix.sysconf, 1.0)
attempt(posix.confstr, "CS_PATH")
attempt(posix.memfd_create, 5)
attempt(posix.readv, 0, 5)
attempt(posix.writev, 1, [5])
attempt(posix.readv, 99, [b"a"])
attempt(posix.preadv, 99, 5, 0)
attempt(posix.pwritev, 99, 5, 0)
attempt(posix.copy_file_range, 99, 98, -1)
attempt(posix.copy_file_range, 99, 98, 1, offset_src="a")
attempt(posix.splice, 99, 98, -1)
attempt(posix.eventfd_write, 99, -1)
attempt(posix.eventfd_write, 99, 2**64)
for bad in ("/tmp/x\0", b"/tmp/x\0", 5, 1.5, None, Five()):
    attempt(posix.mkdir, bad)
    attempt(posix.lstat, bad)
attempt(posix.kill, "a", 1)
attempt(posix.WIFEXITED, "a")
attempt(posix.major, 1.0)
for function in (posix.fstat, posix.close, posix.dup, posix.fsync, posix.fstatvfs, posix.fdatasync, posix.isatty):
    attempt(function, 99)
    attempt(function, "a")
attempt(posix.fsync, -1)
attempt(posix.read, 99, 3)
attempt(posix.read, 0, -1)
attempt(posix.readlink, "/nope")
attempt(posix.rename, "/nope", "/nope2")
attempt(posix.link, "/nope", "/nope2")
attempt(posix.listdir, b"/nope")
attempt(posix.listdir, 5.0)
attempt(posix.stat, "/nope", dir_fd="a")
attempt(posix.stat, 3, dir_fd=4)
attempt(posix.utime, "/nope", (1, 2), ns=(3, 4))
attempt(posix.utime, "/tmp", 5)
attempt(posix.utime, "/tmp", ns=5)
attempt(posix.urandom, -1)
attempt(posix.fspath, 5)
attempt(posix.fspath, Five())
attempt(posix.system, 5)
attempt(posix.strerror, 2)
attempt(posix.terminal_size, 5)
attempt(posix.terminal_size, (1, 2))
attempt(posix.waitpid, -1, 0)
attempt(posix.wait)
attempt(posix.tcgetpgrp, 99)
print(posix.stat_result(range(10)), posix.stat_result(range(10)).st_atime, posix.stat_result(range(12)).st_atime)
print(posix.times_result((1, 2, 3, 4, 5)), posix.DirEntry, posix.error is OSError, os.stat_result)
for path in ("", "..", "/", "//", "///", "a/", "./a", "a/./b", "a/../b", "../a", "/..", "//..", "///../a", "a//b", "a/..", "a/b/../../..",
             "/./", "//a", "foo/../../.."):
    print(repr(path), os.path.normpath(path), os.path.normpath(os.fsencode(path)))
