"""What one thread pays for running without the GIL: the time of each program of bench/classic with `--gil=off` over
that with `--gil=on`; and the same in a process that had a second thread (after_thread.py), where objects are locked.

A program's time is the processor time (user and system) of its whole process; the least of some rounds counts, and the
modes run in turn, so that a busy machine disturbs both.
"""
import os
import subprocess
import sys

TIME_LIMIT = 120
AFTER_THREAD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "after_thread.py")
MODES = {"on": ("--gil=on",), "off": ("--gil=off",), "after": ("--gil=off", AFTER_THREAD)}


class Failure(Exception):
    pass


def processor_time(command):
    # timeout(1) waits for the program, so that what it took is in the usage of timeout.
    child = subprocess.Popen(["timeout", str(TIME_LIMIT), *command], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise Failure(f"{command[1]}: " + (f"takes more than {TIME_LIMIT} s" if child.returncode == 124
                                           else f"exit status {child.returncode}"))
    return usage.ru_utime + usage.ru_stime


def table(heddle, paths, rounds):
    """Prints the table; returns (the ratios, those after a second thread, whether a program failed)."""
    print(f"\n{'one thread, user + system (ms)':32}{'GIL on':>10}{'GIL off':>10}{'off/on':>9}{'had another/on':>16}")
    ratios, after, failed = [], [], False
    for path in paths:
        name = os.path.splitext(os.path.basename(path))[0]
        times = {mode: [] for mode in MODES}
        try:
            for _ in range(rounds):
                for mode in MODES:
                    times[mode].append(processor_time([heddle, *MODES[mode], path]))
        except Failure as failure:
            print(f"{name:32}{failure}")
            failed = True
            continue
        on, off, had_another = (min(times[mode]) for mode in MODES)
        ratios.append(off / on)
        after.append(had_another / on)
        print(f"{name:32}{on * 1e3:10.1f}{off * 1e3:10.1f}{ratios[-1]:9.3f}{after[-1]:16.3f}")
        sys.stdout.flush()
    return ratios, after, failed
