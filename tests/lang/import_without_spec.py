# A module in sys.modules whose __spec__ is gone, and whose __getattr__ raises something else than AttributeError.
import sys
import types

module = types.ModuleType("odd")
del module.__spec__
sys.modules["odd"] = module
import odd
print(odd is module)


def raising(name):
    raise ValueError(name)


module.__getattr__ = raising
try:
    import odd
    print("imported")
except ValueError as e:
    print("ValueError", e)
