#!/usr/bin/python3
"""CPython's own test files on Heddle beside CPython: `passed / passed by CPython` a file and a group.

usage: tests/cpython/conformance.py [options] [GROUP|test_NAME ...]

groups.txt lists the files, by group; without a name, all run but `fast`, whose files stand in other groups too.
manifest.txt names each test that CPython passes and Heddle does not, with the reason, and the reasons that tests give for
skipping themselves. A test that fails, or gives a reason that is not there, is a loss, and the exit status is 1. What
CPython gives is kept in a cache folder by the version of its package. The last line is `N passed, N failed`, alone: a test
counts as failed if it is a loss.
"""
import argparse
import concurrent.futures
import fnmatch
import os
import pathlib
import signal
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CPYTHON = "/usr/bin/python3"
TESTS = pathlib.Path("/usr/lib/python3.11/test")


class File:
    """A test file: its classes that are left out, and seconds it may take."""

    def __init__(self, name):
        self.name, self.left_out, self.limit = name, [], 0


def read_groups():
    groups = {}
    for line in (HERE / "groups.txt").read_text().splitlines():
        group, _, words = line.split("#")[0].partition(":")
        for word in words.split():
            files = groups.setdefault(group.strip(), [])
            if word.startswith("-"):
                files[-1].left_out.append(word[1:])
            elif word.startswith("limit="):
                files[-1].limit = int(word[6:])
            else:
                files.append(File(word))
    return groups


class Manifest:
    """Why tests are lost: by test, class or file name, in one mode or both; and why tests skip themselves."""

    def __init__(self, gil):
        self.reasons, self.skips = {}, []
        for line in (HERE / "manifest.txt").read_text().splitlines():
            name, _, reason = line.partition(" ")
            if name == "skip:":
                self.skips.append(reason.partition(" -- ")[0])
            elif name and not name.startswith("#") and (not reason.startswith("gil=") or reason.startswith("gil=" + gil)):
                self.reasons[name] = reason

    def explains(self, test, file):
        return (not {test, test.rpartition(".")[0], file}.isdisjoint(self.reasons) or
                any("*" in name and fnmatch.fnmatchcase(test, name) for name in self.reasons))

    def allows(self, skip):
        return any(fnmatch.fnmatchcase(skip, pattern) for pattern in self.skips)


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return kept | {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}


def run(command, file, limit, keep_errors=None):
    """{test id: (status, reason of a skip)} of one file, and whether it came to its end; a test that was begun and never
    ended counts as failed."""
    with tempfile.TemporaryDirectory(prefix="conformance") as folder:
        result = pathlib.Path(folder, "result")
        with open(keep_errors or os.devnull, "w") as errors:
            process = subprocess.Popen(
                [*command, str(HERE / "run_one.py"), file.name, str(result), *file.left_out], cwd=folder,
                env=environment(), stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True)
            try:
                process.wait(limit)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            process.wait()
        statuses = {}
        if result.exists():
            for line in result.read_text().splitlines():
                status, test, *reason = line.split(" ", 2)
                if status == "begin":
                    statuses.setdefault(test, ("fail", ""))
                else:
                    statuses[test] = status, "".join(reason)
        complete = statuses.pop(".", None) is not None
        return statuses, complete


def expected(file, limit):
    """What CPython passes, from the cache or by a run; None if that did not come to its end, or there is nothing."""
    version = subprocess.run([CPYTHON, "-V"], capture_output=True, text=True).stdout.split()[-1]
    stamp = int((TESTS / "__init__.py").stat().st_mtime)
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    cache = base / "heddle" / f"cpython-{version}-{stamp}" / "-".join([file.name, *file.left_out])
    if not cache.exists():
        statuses, complete = run([CPYTHON], file, 2 * limit)
        if not complete or not any(status == "ok" for status, _ in statuses.values()):
            return None
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text("".join(f"{test}\n" for test, (status, _) in statuses.items() if status == "ok"))
    return set(cache.read_text().split())


class Outcome:
    """How a file went: the tests that CPython passes, parted into passed, skipped, explained and lost ones."""

    def __init__(self, file, options):
        limit = file.limit or options.limit
        self.name = file.name
        wanted = expected(file, limit)
        self.of_cpython = wanted is not None
        errors = pathlib.Path(options.keep, file.name + ".txt") if options.keep else None
        command = [options.heddle, *([f"--gil={options.gil}"] if options.gil else [])]
        statuses, self.complete = run(command, file, limit, errors) if self.of_cpython else ({}, True)
        self.passed, self.skipped, self.explained, self.lost = [], [], [], []
        for test in sorted(wanted or ()):
            status, reason = statuses.get(test, ("never run", ""))
            if status == "ok":
                self.passed.append(test)
            elif status == "skip" and options.manifest.allows(reason):
                self.skipped.append(test)
            elif options.manifest.explains(test, file.name):
                self.explained.append(test)
            else:
                self.lost.append((status, test, reason))
        if not self.of_cpython:
            self.lost.append(("not to be compared:", file.name, "CPython passes nothing, or did not come to its end"))
        self.stale = [test for test in self.passed if test in options.manifest.reasons]

    def wanted(self):
        return len(self.passed) + len(self.skipped) + len(self.explained) + len(self.lost)

    def tell(self, verbose):
        parts = [f"{len(part)} {word}" for word, part in (("skipped", self.skipped), ("explained", self.explained),
                                                         ("lost", self.lost)) if part]
        end = "" if self.complete else "  (did not come to its end)"
        print("  ".join([f"{self.name:28} {len(self.passed):5} / {self.wanted():5}", *parts]) + end, flush=True)
        shown = len(self.lost) if verbose else 5
        for loss in self.lost[:shown]:
            print("    ", *loss, flush=True)
        if len(self.lost) > shown:
            print(f"     and {len(self.lost) - shown} more")
        for test in self.stale if verbose else ():
            print("     passes, and stands in the manifest:", test, flush=True)


def percent(part, whole):
    return f"{100 * part / max(whole, 1):.1f} %"


def one_mode(chosen, options, gil):
    """(passed, lost) over all groups."""
    options.gil, options.manifest = gil, Manifest(gil or "on")
    passed = lost = 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for group, files in chosen.items():
            got = wanted = skipped = 0
            for outcome in pool.map(lambda file: Outcome(file, options), files):
                outcome.tell(options.v)
                got += len(outcome.passed)
                wanted += outcome.wanted()
                skipped += len(outcome.skipped)
                lost += len(outcome.lost)
            mode = f" --gil={gil}" if gil else ""
            print(f"-- {group}{mode}: {got} / {wanted} of what CPython passes ({percent(got, wanted)}), "
                  f"{percent(got, wanted - skipped)} without those that skip themselves\n", flush=True)
            passed += got
    return passed, lost


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help="groups or files; default: all")
    parser.add_argument("--heddle", default=str(ROOT / "build/heddle"))
    parser.add_argument("--gil", choices=("on", "off", "both"), default=None)
    parser.add_argument("--limit", type=int, default=300, help="seconds a file, if groups.txt gives it no more")
    parser.add_argument("--keep", help="a folder for what each file printed")
    parser.add_argument("-j", type=int, default=2, help="files at a time")
    parser.add_argument("-v", action="store_true", help="name all tests that are lost, and those the manifest need not have")
    return parser.parse_args()


def main():
    options = parse_arguments()
    options.heddle = os.path.abspath(options.heddle)
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    if not TESTS.is_dir():
        sys.exit("CPython's tests are missing: install libpython3.11-testsuite")
    groups = read_groups()
    by_name = {file.name: file for files in groups.values() for file in files}
    chosen = {}
    for word in options.what or [group for group in groups if group != "fast"]:
        if word in groups:
            chosen[word] = groups[word]
        else:
            chosen.setdefault("named", []).append(by_name.get(word) or File(word))
    results = [one_mode(chosen, options, gil) for gil in (("on", "off") if options.gil == "both" else (options.gil,))]
    passed, lost = map(sum, zip(*results))
    print(f"{passed} passed, {lost} failed")
    return 1 if lost or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
