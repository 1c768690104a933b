# sys.getdlopenflags and setdlopenflags: what is refused, what is kept, and that modules in shared objects still load.
import os
import sys

before = sys.getdlopenflags()
print(before == os.RTLD_NOW)
for wrong in ((), ("a",), (2**40,), (1.0,), (1, 2)):
    try:
        sys.setdlopenflags(*wrong)
    except (TypeError, OverflowError) as error:
        print(type(error).__name__)
print(sys.getdlopenflags() == before)
for flags in (os.RTLD_LAZY, os.RTLD_NOW | os.RTLD_GLOBAL):
    print(sys.setdlopenflags(flags), sys.getdlopenflags() == flags)
    sys.modules.pop("_sqlite3", None)
    import _sqlite3
sys.setdlopenflags(before)
