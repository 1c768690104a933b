#!/usr/bin/python3
"""CPython's own test files on Heddle beside CPython: `passed / passed by CPython` a file and a group.

usage: tests/cpython/conformance.py [options] [GROUP|test_NAME ...]

groups.txt lists the files, by group. manifest.txt names each test that CPython passes and Heddle does not, with the
reason; a test that fails and does not stand there is a loss, and the exit status is 1. A test that skips itself on Heddle
(marked as CPython's own business, or in need of a C test module) is told and is no loss. What CPython gives is kept in a
cache folder by the version of its package. The last line is `N passed, N failed`, alone: a test counts as failed if it is
a loss.
"""
import argparse
import concurrent.futures
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


def read_groups():
    groups = {}
    for line in (HERE / "groups.txt").read_text().splitlines():
        line = line.split("#")[0].strip()
        if line:
            name, _, files = line.partition(":")
            groups.setdefault(name.strip(), []).extend(files.split())
    return groups


def read_manifest():
    """{test id, class or file name: reason}"""
    reasons = {}
    for line in (HERE / "manifest.txt").read_text().splitlines():
        if line.strip() and not line.startswith("#"):
            test, _, reason = line.partition(" ")
            reasons[test] = reason.strip()
    return reasons


def environment():
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    return kept | {"LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "0"}


def run(command, name, limit, keep_errors=None):
    """{test id: status} of one file; a test that was begun and never ended counts as failed."""
    with tempfile.TemporaryDirectory(prefix="conformance") as folder:
        result = pathlib.Path(folder, "result")
        with open(keep_errors or os.devnull, "w") as errors:
            process = subprocess.Popen(
                [*command, str(HERE / "run_one.py"), name, str(result)], cwd=folder, env=environment(),
                stdin=subprocess.DEVNULL, stdout=errors, stderr=errors, start_new_session=True)
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
                status, _, test = line.partition(" ")
                if status == "begin":
                    statuses.setdefault(test, "fail")
                else:
                    statuses[test] = status
        complete = statuses.pop(".", None) == "end"
        return statuses, complete


def expected(name, limit):
    """What CPython passes, from the cache or by a run."""
    version = subprocess.run([CPYTHON, "-V"], capture_output=True, text=True).stdout.split()[-1]
    stamp = int((TESTS / "__init__.py").stat().st_mtime)
    base = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    cache = base / "heddle" / f"cpython-{version}-{stamp}" / name
    if not cache.exists():
        statuses, _ = run([CPYTHON], name, limit)
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.write_text("".join(f"{test}\n" for test, status in statuses.items() if status == "ok"))
    return set(cache.read_text().split())


def one_file(name, options):
    wanted = expected(name, options.limit)
    errors = pathlib.Path(options.keep, name + ".txt") if options.keep else None
    statuses, complete = run([options.heddle, *options.gil], name, options.limit, errors)
    return name, wanted, statuses, complete


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", help="groups or files; default: all")
    parser.add_argument("--heddle", default=str(ROOT / "build/heddle"))
    parser.add_argument("--gil", choices=("on", "off"), default=None)
    parser.add_argument("--limit", type=int, default=300, help="seconds a file")
    parser.add_argument("--keep", help="a folder for what each file printed")
    parser.add_argument("-j", type=int, default=2)
    parser.add_argument("-v", action="store_true", help="name the tests that are lost")
    options = parser.parse_args()
    options.heddle = os.path.abspath(options.heddle)
    options.gil = [f"--gil={options.gil}"] if options.gil else []
    if options.keep:
        os.makedirs(options.keep, exist_ok=True)
    if not TESTS.is_dir():
        sys.exit("CPython's tests are missing: install libpython3.11-testsuite")
    groups, reasons = read_groups(), read_manifest()
    chosen = {}
    for word in options.what or groups:
        if word in groups:
            chosen[word] = groups[word]
        else:
            chosen.setdefault("named", []).append(word)
    losses, passed = [], 0
    with concurrent.futures.ThreadPoolExecutor(options.j) as pool:
        for group, files in chosen.items():
            got_all = wanted_all = 0
            for name, wanted, statuses, complete in pool.map(lambda name: one_file(name, options), files):
                got = {test for test in wanted if statuses.get(test) == "ok"}
                skipped = {test for test in wanted if statuses.get(test) == "skip"}
                missing = sorted(wanted - got - skipped)
                lost = [t for t in missing if not {t, t.rpartition('.')[0], name} & reasons.keys()]
                note = "" if complete else "  (did not come to its end)"
                explained = len(missing) - len(lost)
                print(f"{name:28} {len(got):5} / {len(wanted):5}" + (f"  {len(skipped)} skipped" if skipped else "") +
                      (f"  {explained} explained" if explained else "") +
                      (f"  {len(lost)} lost" if lost else "") + note, flush=True)
                if options.v:
                    for test in lost[:20]:
                        print("    ", statuses.get(test, "never run"), test)
                    if len(lost) > 20:
                        print(f"     and {len(lost) - 20} more")
                losses += lost
                passed += len(got)
                got_all += len(got)
                wanted_all += len(wanted)
            share = 100 * got_all / wanted_all if wanted_all else 0
            print(f"-- {group}: {got_all} / {wanted_all} of what CPython passes ({share:.1f} %)\n", flush=True)
    print(f"{passed} passed, {len(losses)} failed")
    return 1 if losses else 0


if __name__ == "__main__":
    sys.exit(main())
