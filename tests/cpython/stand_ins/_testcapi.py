"""Stands in for CPython's C test module of this name. test_call asks it at import for functions in each of CPython's
calling conventions, which Heddle does not have: calling one, or asking for anything else, skips the test."""
import unittest


def skip(*args, **kwargs):
    raise unittest.SkipTest("a calling convention of CPython's C functions")


class MethInstance:
    pass


class MethClass:
    pass


class MethStatic:
    pass


for _name in ("varargs", "varargs_keywords", "o", "noargs", "fastcall", "fastcall_keywords"):
    globals()["meth_" + _name] = skip
    for _class in (MethInstance, MethClass, MethStatic):
        setattr(_class, "meth_" + _name, staticmethod(skip))


def __getattr__(name):
    if name.startswith("__") or name == "unicode_legacy_string":
        raise AttributeError(name)
    raise unittest.SkipTest(f"_testcapi.{name} is for CPython's C interface")
