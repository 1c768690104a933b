# Standard streams that cannot be written: closed, full, or read by nobody.
import os, re, subprocess, sys

def run(title, code, shell):
    command = f'"$0" -c "$1" {shell}'
    done = subprocess.run(["bash", "-c", f"{command}; echo status ${{PIPESTATUS[0]}} >&3", sys.executable, code],
                          stderr=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=(3,), text=True, timeout=60)
    print(title, "| out:", done.stdout.strip()[:200], "| err:", re.sub("0x[0-9a-f]+", "0x", done.stderr.strip()))

os.dup2(1, 3)
for title, shell in (("closed stdout", ">&-"), ("full stdout", ">/dev/full"), ("closed stderr", "2>&-"),
                     ("full stderr", "2>/dev/full"), ("closed stdin", "<&-"), ("all closed", "<&- >&- 2>&-"),
                     ("no reader", "| true")):
    for code in ("print(1)", "import sys; sys.stdin.read()", "1/0", "import sys; sys.exit('bye')", "print('x' * 100000, flush=True)",
                 "import sys, time; time.sleep(0.2); print('x' * 100000); sys.stdout.flush()", "import sys; print(sys.stdin, sys.stderr is None, sys.stdout is None)"):
        sys.stdout.flush()
        run(f"{title}, {code}:", code, shell)
