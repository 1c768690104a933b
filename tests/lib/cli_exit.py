# Exit statuses: SystemExit, uncaught exceptions, signals, streams that fail at the end.
from _cli import run, shell

for value in ("", "0", "3", "'bye'", "-1", "256", "None", "True", "2.5", "(1, 2)", "1 << 70", "1 << 40", "[]", "''"):
    run("-c", f"import sys; sys.exit({value})")
for program in ("raise SystemExit", "raise SystemExit(4)", "raise SystemExit(1, 2)", "raise KeyboardInterrupt", "import os; os._exit(7)", "import os; os.abort()",
                "import os, signal; os.kill(os.getpid(), signal.SIGTERM)",
                "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(10)",
                "import atexit, sys; atexit.register(print, 'end'); sys.exit(2)",
                "import atexit; atexit.register(lambda: 1/0)",
                "import threading, sys; threading.Thread(target=sys.exit, args=(5,)).start()",
                "try: exit(6)\nfinally: print('finally')", "import sys; sys.stdout.close()", "import sys; sys.stdout = None; print(1)", "import sys; del sys.stdout"):
    run("-c", program)
for line in ("$PY -c 'for i in range(100000): print(i)' | head -1; echo ${PIPESTATUS[0]}",
             "$PY -c 'print(1)' > /dev/full", "$PY -c 'print(1, flush=True)' > /dev/full", "$PY -c 'print(1); 1/0' > /dev/full",
             "$PY -c 'import sys; print(1); sys.exit(3)' > /dev/full", "$PY -c 'import sys; print(sys.stdout, file=sys.stderr); print(1)' >&-",
             "$PY -c 'import sys; print(sys.stdin)' <&-", "$PY -c 'import sys; print(sys.stderr); 1/0' 2>&-", "$PY -c 'import os; os.close(1); print(1)'",
             "$PY -u -c 'print(1)' > /dev/full", "$PY <&-; echo $?"):
    shell(line)
for program in ("import threading\nthreading.Thread(target=lambda: 1/0, name='T').start()", "class A:\n def __del__(self): 1/0\na = A()", "import sys; sys.exit(b'x')",
                "import sys; sys.stderr = None; 1/0", "import sys; del sys.excepthook; 1/0", "import atexit, sys; atexit.register(sys.exit, 5)",
                "class S(SystemExit): pass\nraise S(7)", "def f(): f()\nf()", "import signal, os; signal.signal(signal.SIGINT, signal.SIG_DFL); os.kill(os.getpid(), 2)",
                "'\\d'; 1 is 1; assert (1, 2)"):
    run("-c", program)
run("-Werror::DeprecationWarning", "-c", "x = '\\d'")
shell("$PY -c 'import time; time.sleep(10)' & P=$!; sleep 0.4; kill -TERM $P; wait $P; echo $?")
