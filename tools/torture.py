#!/usr/bin/python3
"""Runs the programs of tests/torture: many threads, the same objects, random schedules, for a time.

    tools/torture.py [--seconds N] [--builds build,build-asan,build-tsan] [--modes on,off] [--seed N] [PATTERN...]

The time is shared out evenly over programs, builds and modes, in slices; each slice has a seed of its own, printed, and
every second one runs with HEDDLE_YIELD, which makes threads give way at random instructions. A slice that fails is
printed with the command that repeats it. The last line is `N passed, N failed`.
"""
import argparse
import glob
import os
import random
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SANITIZERS = {
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=0:allocator_may_return_null=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
    "TSAN_OPTIONS": "second_deadlock_stack=1:history_size=4:die_after_fork=0:halt_on_error=1:suppressions="
                    + os.path.join(ROOT, "tools", "tsan.supp"),
}


def slice_of(build, mode, program, seed, seconds, yields):
    env = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME") or name.endswith("SAN_OPTIONS")}
    env = {**SANITIZERS, **env, "LANG": "C.UTF-8"}
    shown = f"{build}/heddle --gil={mode} tests/torture/{os.path.basename(program)} --seed {seed} --seconds {seconds:g}"
    if "san" in build:
        env["TORTURE_SANITIZED"] = build
        env["TORTURE_PATIENCE"] = "240"
    if yields:
        env["HEDDLE_YIELD"] = f"{seed}:{yields}"
        shown = f"HEDDLE_YIELD={seed}:{yields} " + shown
    command = [os.path.join(ROOT, build, "heddle"), f"--gil={mode}", program, "--seed", str(seed),
               "--seconds", f"{seconds:g}"]
    print(shown, end="  ", flush=True)
    began = time.monotonic()
    try:
        done = subprocess.run(command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace", timeout=seconds * 6 + 400)
        status, output = done.returncode, done.stdout
    except subprocess.TimeoutExpired as error:
        status, output = "hangs", (error.stdout or b"").decode("utf-8", "replace")
    last = output.rstrip().rpartition("\n")[2]
    good = status == 0 and last.startswith("ok")
    print(f"{last if good else f'FAILED ({status})'} in {time.monotonic() - began:.1f} s", flush=True)
    if not good:
        if len(output) > 8000:  # a sanitizer says at the beginning what happened, a program at the end
            output = output[:6000] + "\n...\n" + output[-2000:]
        print("    " + "\n    ".join(output.splitlines()), flush=True)
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600, help="in all (600)")
    parser.add_argument("--builds", default="build,build-asan,build-tsan")
    parser.add_argument("--modes", default="on,off")
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("patterns", nargs="*")
    arguments = parser.parse_args()
    seed = arguments.seed if arguments.seed is not None else int.from_bytes(os.urandom(4), "little")
    print(f"seed {seed}")
    rng = random.Random(seed)
    programs = [path for path in sorted(glob.glob(os.path.join(ROOT, "tests/torture/*.py")))
                if os.path.basename(path) != "harness.py"
                and (not arguments.patterns or any(pattern in path for pattern in arguments.patterns))]
    builds = [build for build in arguments.builds.split(",") if os.path.exists(os.path.join(ROOT, build, "heddle"))]
    slices = [(build, mode, program) for build in builds for mode in arguments.modes.split(",") for program in programs]
    if not slices:
        raise SystemExit("nothing to run")
    share = max(1.0, min(20.0, arguments.seconds / len(slices)))
    rng.shuffle(slices)
    passed = failed = number = 0
    end = time.monotonic() + arguments.seconds
    while time.monotonic() < end or number < len(slices):
        build, mode, program = slices[number % len(slices)]
        yields = 0 if (number // len(slices) + number) % 2 else rng.choice((20, 100, 1000))
        if slice_of(build, mode, program, rng.getrandbits(32), share, yields):
            passed += 1
        else:
            failed += 1
        number += 1
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


sys.exit(main())
