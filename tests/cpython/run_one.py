"""Runs one of CPython's test files and writes a line per test to a file: `status id`, for a skipped one `skip id reason`.

usage: INTERPRETER run_one.py NAME RESULT-FILE [CLASS ...]      (NAME as in test.NAME, without the tests of each CLASS)
A file that cannot be imported without a C module of CPython's that Heddle lacks gets a stand-in from the folder
stand_ins; for the others the module is missing, and their tests skip themselves.
Status: begin (written before each test, so that a crash names its test), ok, skip, fail.
"""
import importlib
import pathlib
import sys
import unittest

STAND_INS = {"test_call": ["_testcapi"]} | {
    name: ["_testinternalcapi"] for name in ("test_code", "test_compile", "test_marshal", "test_traceback")}


class Recorder(unittest.TestResult):
    def __init__(self, out):
        super().__init__()
        self.out = out
        self.bad = set()

    def tell(self, status, test, *reason):
        print(status, test.id().split()[0], *reason, file=self.out, flush=True)

    def startTest(self, test):
        super().startTest(test)
        self.tell("begin", test)

    def failed(self, test):
        if test.id() not in self.bad:
            self.bad.add(test.id())
            self.tell("fail", test)

    def addError(self, test, error):
        super().addError(test, error)
        self.failed(test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.failed(test)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            self.failed(test)

    def addUnexpectedSuccess(self, test):
        """What CPython is known to fail and Heddle does not is no loss."""
        super().addUnexpectedSuccess(test)
        self.tell("ok", test)

    def addExpectedFailure(self, test, error):
        super().addExpectedFailure(test, error)
        self.tell("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.tell("skip", test, " ".join(reason.split()))

    def addSuccess(self, test):
        super().addSuccess(test)
        if test.id() not in self.bad:
            self.tell("ok", test)


def add_stand_ins(name):
    if sys.implementation.name == "cpython":
        return
    folder = str(pathlib.Path(__file__).resolve().parent / "stand_ins")
    sys.path.insert(0, folder)
    for module in STAND_INS.get(name, ()):
        importlib.import_module(module)
    sys.path.remove(folder)


def without(suite, classes):
    """The suite less the tests of these classes."""
    if not isinstance(suite, unittest.TestSuite):
        return suite
    kept = unittest.TestSuite()
    for part in suite:
        if type(part).__name__ not in classes:
            kept.addTest(without(part, classes))
    return kept


def main():
    name, path, *left_out = sys.argv[1:]
    add_stand_ins(name)
    with open(path, "w") as out:
        suite = unittest.defaultTestLoader.loadTestsFromName("test." + name)
        if left_out:
            suite = without(suite, left_out)
        recorder = Recorder(out)
        suite.run(recorder)
        for test, text in recorder.errors + recorder.failures:
            print(f"--- {test.id()}\n{text}", file=sys.stderr)
        print("end .", file=out)


if __name__ == "__main__":
    main()
