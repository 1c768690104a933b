# ctypes.pythonapi has no function of CPython's C interface: Heddle has no such interface, and values of other layouts.
# It still loads functions of the C library. Workaround: none is needed by the standard library.
import ctypes

print(ctypes.pythonapi.abs(-3))
try:
    print(ctypes.pythonapi.Py_IsInitialized())
except AttributeError as e:
    print(str(e).rpartition(": ")[2])

# Heddle prints:
# 3
# Py_IsInitialized
# CPython prints:
# 3
# 1
