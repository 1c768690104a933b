# The module time: clocks, sleeping, calendar time, formats, errors.
import os
import time

os.environ["TZ"] = "Europe/Berlin"
time.tzset()


def attempt(function, *args):
    try:
        return function(*args)
    except Exception as error:
        return type(error).__name__ + ": " + str(error)


print(time.timezone, time.altzone, time.daylight, time.tzname)
print(time.gmtime(0))
print(time.localtime(1000000000))
print(tuple(time.gmtime(1e9)), time.gmtime(-1).tm_year, time.gmtime(1.9).tm_sec, time.gmtime(-0.5).tm_sec)
print(time.gmtime(0).tm_zone, time.gmtime(0).tm_gmtoff, time.localtime(0).tm_zone, time.localtime(0).tm_gmtoff)
print(time.asctime(time.gmtime(0)), "|", time.ctime(0))
print(time.asctime((2000, 1, 2, 3, 4, 5, 6, 7, 0)))
print(time.mktime(time.localtime(1234567890)), time.mktime((2000, 6, 1, 0, 0, 0, 0, 0, -1)))
print(time.strftime("%Y-%m-%d %H:%M:%S %j %U %w %a %b %p %y %% %Z %z", time.localtime(86400 * 200)))
print(time.strftime("é %d ü", time.gmtime(0)), repr(time.strftime("", time.gmtime(0))))
print(time.strptime("2021-03-04 05:06:07", "%Y-%m-%d %H:%M:%S"))
print(attempt(time.strptime, "x", "%Y"))
print(time.struct_time(range(9)), len(time.struct_time(range(11))), time.struct_time(range(11)).tm_gmtoff)
for bad in [(2000, 13, 1, 0, 0, 0, 0, 1, 0), (2000, 1, 32, 0, 0, 0, 0, 1, 0), (2000, 1, 1, 24, 0, 0, 0, 1, 0),
            (2000, 1, 1, 0, 60, 0, 0, 1, 0), (2000, 1, 1, 0, 0, 62, 0, 1, 0), (2000, 1, 1, 0, 0, 0, -2, 1, 0),
            (2000, 1, 1, 0, 0, 0, 0, 367, 0), (2000,), "x"]:
    print(attempt(time.strftime, "%Y", bad))
print(attempt(time.gmtime, float("nan")))
print(attempt(time.gmtime, 1e300))
print(attempt(time.gmtime, 10**30))
print(attempt(time.gmtime, "x"))
print(attempt(time.sleep, -1))
print(attempt(time.sleep, "x"))
print(attempt(time.sleep, float("nan")))
print(attempt(time.get_clock_info, "x"))
for name in ("time", "monotonic", "perf_counter", "process_time", "thread_time"):
    info = time.get_clock_info(name)
    print(name, info.implementation, info.monotonic, info.adjustable, info.resolution)
    value, nanoseconds = getattr(time, name)(), getattr(time, name + "_ns")()
    print(type(value).__name__, type(nanoseconds).__name__, abs(nanoseconds / 1e9 - value) < 1)
before = time.monotonic()
print(time.sleep(0.02), time.monotonic() - before >= 0.02, time.sleep(0), time.sleep(0.0))
cpu = time.process_time()
time.sleep(0.05)
print(time.process_time() - cpu < 0.04)
print(time.clock_gettime(time.CLOCK_MONOTONIC) <= time.monotonic(), time.clock_getres(time.CLOCK_REALTIME))
print(type(time.clock_gettime_ns(time.CLOCK_REALTIME)).__name__, attempt(time.clock_gettime, 12345))
print(abs(time.time() - time.time_ns() / 1e9) < 1, time.monotonic() <= time.monotonic())
