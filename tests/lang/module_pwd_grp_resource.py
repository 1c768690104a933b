# The modules pwd, grp and resource: entries, limits, usage, and what they refuse.
import grp
import pwd
import resource


def attempt(function, *args, **kw):
    try:
        result = function(*args, **kw)
    except BaseException as e:
        result = type(e).__name__ + ": " + str(e)
    print(function.__name__, result)


for name in ("root", "nope", 5, "a\0", b"a"):
    attempt(pwd.getpwnam, name)
    attempt(grp.getgrnam, name)
for number in (0, 99999, "a", -1, -2, 2**40, 2**70, 1.5):
    attempt(pwd.getpwuid, number)
    attempt(grp.getgrgid, number)
attempt(grp.getgrgid, id=0)
print(pwd.getpwnam("root") in pwd.getpwall(), grp.getgrnam("root") in grp.getgrall())
print(pwd.getpwuid(0).pw_dir, grp.getgrgid(0).gr_mem)

for args in ((99,), (-1,), ("a",)):
    attempt(resource.getrlimit, *args)
for limits in ((1, 2, 3), 5, ("a", 1), (10, 5), (2**70, 1)):
    attempt(resource.setrlimit, resource.RLIMIT_NOFILE, limits)
attempt(resource.setrlimit, resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
attempt(resource.setrlimit, 99, (1, 1))
attempt(resource.getrusage, 99)
attempt(resource.prlimit, 0, 99)
attempt(resource.prlimit, 0, resource.RLIMIT_NOFILE, 5)
print(resource.prlimit(0, resource.RLIMIT_NOFILE) == resource.getrlimit(resource.RLIMIT_NOFILE))
usage = resource.getrusage(resource.RUSAGE_SELF)
print(len(usage), usage.ru_utime >= 0, usage.ru_maxrss > 0, resource.getpagesize(), resource.error is OSError)
