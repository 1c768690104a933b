# A module in sys.modules whose __spec__ is gone or is no spec, and whose __getattr__ raises something else than AttributeError.
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

for spec in (5, 1.5, "text", [], None, object(), int):
    module = types.ModuleType("other")
    module.__spec__ = spec
    sys.modules["other"] = module
    import other
    print(other is module)
