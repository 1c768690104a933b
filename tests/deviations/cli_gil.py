# The lock is chosen when the program starts: --gil, -X gil, PYTHON_GIL, in this order of weight.
# test: gil=on
import os
import subprocess
import sys


def run(*options, env={}):
    base = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    got = subprocess.run([sys.executable, *options, "-c", "import sys; print(sys._is_gil_enabled(), sys._xoptions)"],
                         capture_output=True, text=True, env={**base, **env})
    print(*options, env, got.returncode, (got.stdout + got.stderr).strip(), sep=" | ")


run()
for option in ("--gil=on", "--gil=off", "--gil=1", "--gil=0", "--gil=maybe", "--gil"):
    run(option)
run("--gil", "off")
run("-X", "gil=0")
run("-Xgil=1")
run("-X", "gil=2")
for value in ("0", "1", "off", "x"):
    run(env={"PYTHON_GIL": value})
run("-X", "gil=1", env={"PYTHON_GIL": "0"})
run("--gil=on", env={"PYTHON_GIL": "0"})
run("-E", env={"PYTHON_GIL": "0"})

# Heddle prints:
# {} | 0 | True {}
# --gil=on | {} | 0 | True {}
# --gil=off | {} | 0 | False {}
# --gil=1 | {} | 0 | True {}
# --gil=0 | {} | 0 | False {}
# --gil=maybe | {} | 2 | heddle: --gil must be on or off (1 or 0), not 'maybe'
# --gil | {} | 2 | heddle: --gil must be on or off (1 or 0), not '-c'
# --gil | off | {} | 0 | False {}
# -X | gil=0 | {} | 0 | False {'gil': '0'}
# -Xgil=1 | {} | 0 | True {'gil': '1'}
# -X | gil=2 | {} | 2 | heddle: -X gil must be on or off (1 or 0), not '2'
# {'PYTHON_GIL': '0'} | 0 | False {}
# {'PYTHON_GIL': '1'} | 0 | True {}
# {'PYTHON_GIL': 'off'} | 0 | False {}
# {'PYTHON_GIL': 'x'} | 2 | heddle: PYTHON_GIL must be on or off (1 or 0), not 'x'
# -X | gil=1 | {'PYTHON_GIL': '0'} | 0 | True {'gil': '1'}
# --gil=on | {'PYTHON_GIL': '0'} | 0 | True {}
# -E | {'PYTHON_GIL': '0'} | 0 | True {}
