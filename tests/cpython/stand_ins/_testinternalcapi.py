"""Stands in for CPython's C test module of this name: what lets its test files be imported. Whatever else a test asks for
is internal to CPython, so the test is skipped."""
import unittest


def get_config():
    """The options of the interpreter that tests look at."""
    return {"code_debug_ranges": 1}


def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    raise unittest.SkipTest(f"_testinternalcapi.{name} is CPython's own")
