#!/usr/bin/python3
"""Runs the Python tests: each program under build/heddle, compared with CPython's behaviour.

    tests/run.py [options] [PATTERN...]

The programs of tests/lang, tests/conc, tests/litmus and tests/lib run under Heddle and under /usr/bin/python3; stdout,
stderr and exit status must be the same. A program of tests/deviations, where Heddle differs on purpose, carries what it prints
in its last lines: comment lines below one that says `# Heddle prints:`, and, where it can be told, below
`# CPython prints:` (then CPython is run too, so that a deviation that is none any more is noticed). The programs of
tests/limit (bad input, deep nesting, memory that runs out) and tests/oom (each allocation fails once) do it either way:
CPython crashes on some of them.

A PATTERN is a part of a path (`conc/`, `module_math`) or a glob (`int_*`); without one, all run. Both interpreters
run with the same environment, in an empty folder of the same name. A program may say in a comment of its first
lines:

    # test: timeout=120        seconds instead of --timeout
    # test: gil=on             not run with --gil=off (or the other way round)
    # test: plain              not run with --sanitized
    # test: args=a b           command-line arguments of the program
    # test: status             compare the exit status and stdout, not stderr

Only addresses (0x7f...) and the interpreter's own path are made equal in stderr before it is compared.
The last line is `N passed, N failed`; the status is 0 only when something ran and nothing failed.
"""
import argparse
import concurrent.futures
import difflib
import fnmatch
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time

TESTS = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(TESTS)
COMPARED = ("lang", "conc", "lib", "litmus", "limit", "oom")
DEVIATIONS = "deviations"
ORACLE = "/usr/bin/python3"
MOST_OUTPUT = 32 << 20
SHORT_DIFF = 14
LONG_LINE = 160


class Options:
    """What the `# test:` comments of a program say."""

    def __init__(self, path, timeout):
        self.timeout, self.gil, self.args, self.stderr, self.plain = timeout, None, [], True, False
        with open(path, "rb") as file:
            head = file.read(2000).decode("utf-8", "replace").splitlines()
        for line in head[:12]:
            match = re.match(r"#\s*test:\s*(\w+)(?:\s*=\s*(.*\S))?\s*$", line)
            if match:
                self.take(path, *match.groups())

    def take(self, path, name, value):
        if name == "timeout":
            self.timeout = max(self.timeout, float(value))
        elif name == "gil" and value in ("on", "off"):
            self.gil = value
        elif name == "args":
            self.args = value.split()
        elif name == "plain":
            self.plain = True
        elif name == "status":
            self.stderr = False
        else:
            raise SystemExit(f"{path}: unknown option in a '# test:' comment: {name}")


class Outcome:
    """What one run of a program left: status (or None when it ran out of time), stdout and stderr."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err

    def how(self):
        if self.status is None:
            return "ran out of time"
        if self.status < 0:
            return f"died by {signal.Signals(-self.status).name}"
        return f"exit status {self.status}"


def environment(arguments):
    """The same few variables for both interpreters; sanitizers' options pass through."""
    kept = {name: value for name, value in os.environ.items()
            if name in ("PATH", "HOME", "USER", "LOGNAME", "HEDDLE_STDLIB") or name.endswith("SAN_OPTIONS")}
    kept.update(LANG="C.UTF-8", PYTHONHASHSEED="0", PYTHONDONTWRITEBYTECODE="1")
    return kept


def read(path):
    with open(path, "rb") as file:
        return file.read(MOST_OUTPUT)


def execute(command, folder, env, timeout):
    """Runs a command in an empty folder; it and what it started are gone afterwards."""
    shutil.rmtree(folder, ignore_errors=True)
    os.mkdir(folder)
    names = [f"{folder}.out", f"{folder}.err"]
    with open(names[0], "wb") as out, open(names[1], "wb") as err:
        child = subprocess.Popen(command, cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                 start_new_session=True)
        try:
            status = child.wait(timeout)
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(child.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        child.wait()
    return Outcome(status, read(names[0]), read(names[1]))


def normal(err, *interpreters):
    """stderr with addresses and the interpreter's path made equal."""
    for path in interpreters:
        err = err.replace(os.fsencode(path), b"PYTHON")
    return re.sub(rb"0x[0-9a-f]{6,16}\b", b"0xADDRESS", err)


def differences(what, want, got, shown):
    want = want.decode("utf-8", "backslashreplace").splitlines()
    got = got.decode("utf-8", "backslashreplace").splitlines()
    number = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), None)
    if number is not None and max(len(want[number]), len(got[number])) > LONG_LINE:
        return long_line(what, number, want[number], got[number])
    lines = list(difflib.unified_diff(want, got, f"{what} expected", f"{what} found", lineterm="", n=2))
    if not lines:
        lines = [f"{what}: only the line ends differ"]
    rest = len(lines) - shown
    lines = [line[:LONG_LINE] for line in lines[:shown]]
    return lines + ([f"... {rest} more lines"] if rest > 0 else [])


def long_line(what, number, want, got):
    """The piece around the first difference of a long line."""
    at = next((i for i, (a, b) in enumerate(zip(want, got)) if a != b), min(len(want), len(got)))
    piece = slice(max(0, at - 60), at + 100)
    return [f"{what}, line {number + 1}, from letter {piece.start + 1}:", "-" + want[piece], "+" + got[piece]]


def printed(path, who):
    """The comment block below `# WHO prints:`, as bytes, or None."""
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    marks = [i for i, line in enumerate(lines) if re.fullmatch(rf"#\s*{who} prints:\s*", line)]
    if not marks:
        return None
    text = []
    for line in lines[marks[-1] + 1:]:
        if not line.startswith("#") or re.fullmatch(r"#\s*\w+ prints:\s*", line):
            break
        text.append(line[2:] if line.startswith("# ") else line[1:])
    return "".join(line + "\n" for line in text).encode()


class Runner:
    def __init__(self, arguments, scratch):
        self.arguments, self.scratch = arguments, scratch
        self.env = environment(arguments)
        self.shown = 10 ** 6 if arguments.verbose else SHORT_DIFF

    def run(self, interpreter, path, options, number):
        command = [interpreter]
        if interpreter == self.arguments.heddle:
            command += self.arguments.option
            if self.arguments.gil:
                command.append("--gil=" + self.arguments.gil)
        folder = os.path.join(self.scratch, f"test{number}")
        return execute(command + [path] + options.args, folder, self.env, options.timeout)

    def compare(self, path, options, number):
        """A program that must behave as under CPython: the lines that tell what differs."""
        want = self.run(ORACLE, path, options, number)
        if want.status is None:
            return ["CPython ran out of time"]
        got = self.run(self.arguments.heddle, path, options, number)
        report = []
        if got.status != want.status:
            report.append(f"{got.how()}, expected {want.how()}")
        if got.out != want.out:
            report += differences("stdout", want.out, got.out, self.shown)
        want_err, got_err = (normal(outcome.err, self.arguments.heddle, ORACLE) for outcome in (want, got))
        if want_err != got_err and (options.stderr or report):
            report += differences("stderr", want_err, got_err, self.shown)
        return report

    def deviation(self, path, options, number):
        """A program that carries what it prints."""
        report = []
        for who, interpreter in (("Heddle", self.arguments.heddle), ("CPython", ORACLE)):
            want = printed(path, who)
            if want is None:
                if who == "Heddle":
                    report.append("the file has no comment '# Heddle prints:'")
                continue
            got = self.run(interpreter, path, options, number)
            if got.status is None:
                report.append(f"{who} ran out of time")
            elif got.out != want:
                report.append(f"{who}: {got.how()}")
                report += differences("stdout", want, got.out, self.shown)
                report += differences("stderr", b"", got.err, self.shown) if got.err else []
        return report

    def test(self, path, number):
        """Returns (seconds, what differs), or None for a program that is not for this mode."""
        options = Options(path, self.arguments.timeout)
        if options.gil and options.gil != (self.arguments.gil or "on") or options.plain and self.arguments.sanitized:
            return None
        start = time.monotonic()
        carries = os.path.basename(os.path.dirname(path)) == DEVIATIONS or printed(path, "Heddle") is not None
        kind = self.deviation if carries else self.compare
        report = kind(path, options, number)
        return time.monotonic() - start, report


def wanted(path, patterns):
    name = os.path.relpath(path, TESTS)
    stem = os.path.splitext(os.path.basename(path))[0]
    return not patterns or any(p in name or os.path.abspath(p) == path or fnmatch.fnmatch(stem, p)
                               or fnmatch.fnmatch(name, p) for p in patterns)


def find(patterns):
    found = []
    for folder in (*COMPARED, DEVIATIONS):
        where = os.path.join(TESTS, folder)
        if os.path.isdir(where):
            found += sorted(os.path.join(where, name) for name in os.listdir(where)
                            if name.endswith(".py") and not name.startswith("_"))
    return [path for path in found if wanted(path, patterns)]


def command_line():
    parser = argparse.ArgumentParser(description="Runs the Python tests under Heddle and compares with CPython.")
    parser.add_argument("patterns", nargs="*", metavar="PATTERN", help="part of a path, or a glob")
    parser.add_argument("--heddle", default=os.path.join(ROOT, "build", "heddle"), help="default: build/heddle")
    parser.add_argument("--gil", choices=("on", "off"), help="passed to heddle")
    parser.add_argument("--option", action="append", default=[], help="another option for heddle (may be repeated)")
    parser.add_argument("--sanitized", action="store_true", help="the build has sanitizers, which want the memory and signals")
    parser.add_argument("--timeout", type=float, default=60, help="seconds a run may take (default 60)")
    parser.add_argument("-j", type=int, default=2, dest="jobs", help="how many at a time (default 2)")
    parser.add_argument("-v", dest="verbose", action="store_true", help="each test with its time, whole diffs")
    arguments = parser.parse_args()
    arguments.heddle = os.path.abspath(arguments.heddle)
    return arguments


def main():
    arguments = command_line()
    if not os.access(arguments.heddle, os.X_OK):
        print(f"tests/run.py: {arguments.heddle} is not there: build first (make)")
        return 2
    # Inherited by the programs: no core files, and SIGINT as a shell leaves it, also when we run in its background.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    passed = failed = 0
    with tempfile.TemporaryDirectory(prefix="heddle-tests-") as scratch, \
            concurrent.futures.ThreadPoolExecutor(max(1, arguments.jobs)) as pool:
        runner = Runner(arguments, scratch)
        running = [(path, pool.submit(runner.test, path, number))
                   for number, path in enumerate(find(arguments.patterns))]
        for path, future in running:
            name = os.path.relpath(path, ROOT)
            result = future.result()
            if result is None:
                if arguments.verbose:
                    print(f"not for this mode: {name}")
                continue
            seconds, report = result
            if report:
                failed += 1
                print(f"FAILED: {name}", *("    " + line for line in report), sep="\n")
            else:
                passed += 1
                if arguments.verbose:
                    print(f"passed: {name} ({seconds:.2f} s)")
            sys.stdout.flush()
    print(f"{passed} passed, {failed} failed")
    return 0 if passed and not failed else 1


if __name__ == "__main__":
    sys.exit(main())
