# Options and variables of the environment, as sys.flags and the program's behaviour show them.
from _cli import run

FLAGS = ("import sys; print({n: getattr(sys.flags, n) for n in dir(sys.flags) if n[0] != '_' and n not in ('n_fields', 'n_sequence_fields',"
         " 'n_unnamed_fields', 'count', 'index', 'int_max_str_digits', 'dont_write_bytecode', 'gil')}, sys._xoptions, sys.warnoptions)")
for options in ([], ["-O"], ["-OO"], ["-OOO"], ["-E"], ["-I"], ["-s"], ["-S"], ["-P"], ["-b"], ["-bb"], ["-q"], ["-u"], ["-d"], ["-R"], ["-x"],
                ["-X", "dev"], ["-Xutf8"], ["-X", "utf8=0"], ["-X", "warn_default_encoding"], ["-X", "faulthandler"], ["-X", "foo=bar", "-X", "baz"],
                ["-W", "error"], ["-Wd", "-Wi"], ["-EOuqb"]):
    run(*options, "-c", FLAGS)
for name, value in (("PYTHONOPTIMIZE", "2"), ("PYTHONOPTIMIZE", "x"), ("PYTHONNOUSERSITE", "1"), ("PYTHONSAFEPATH", "1"), ("PYTHONHASHSEED", "0"),
                    ("PYTHONHASHSEED", "random"), ("PYTHONWARNINGS", "error,ignore"), ("PYTHONDEVMODE", "1"), ("PYTHONUTF8", "1"), ("PYTHONUTF8", "0"),
                    ("PYTHONDEBUG", "2"), ("PYTHONUNBUFFERED", "1")):
    run("-c", FLAGS, env={name: value})
    run("-E", "-c", FLAGS, env={name: value})
for arguments in (["-c"], ["-m"], ["-W"], ["-X"], ["-Z"], ["-OZ"], ["--nope"], ["--check-hash-based-pycs"], ["--check-hash-based-pycs", "x"]):
    run(*arguments)
for value in ("abc", "-1", "4294967296"):
    run("-c", "pass", env={"PYTHONHASHSEED": value})
run("-c", "pass", env={"PYTHONUTF8": "2"})
run("-X", "int_max_str_digits=5", "-c", "pass")
run("-X", "int_max_str_digits=1000", "-c", "import sys; print(sys.get_int_max_str_digits(), sys.flags.int_max_str_digits)")
run("-c", "import sys; print(sys.get_int_max_str_digits())", env={"PYTHONINTMAXSTRDIGITS": "777"})
run("-O", "-c", "assert 0; print(__debug__)")
run("-OO", "-c", "def f(): 'doc'\nprint(f.__doc__)")
run("-c", "import sys; print(sys.orig_argv[1:])", "a", "-b")
for options in (["-W", "error"], ["-W", "ignore"], ["-W", "nonsense"], ["-W", "always::UserWarning"], []):
    run(*options, "-c", "import warnings; warnings.warn('x'); warnings.warn('x', DeprecationWarning)")
for option in ("-b", "-bb"):
    for expression in ("str(b'')", "str(bytearray())", "b'' == ''", "b'' != ''", "b'' == 1", "bytearray() == ''", "b'' < b'a'", "f\"{b''}\""):
        run(option, "-c", expression)
STREAMS = "import sys; print([(type(s.buffer).__name__, s.write_through, s.line_buffering, s.errors, s.mode, s.name) for s in (sys.stdin, sys.stdout, sys.stderr)])"
run("-c", STREAMS)
run("-u", "-c", STREAMS)
run("-c", STREAMS, env={"PYTHONIOENCODING": "latin-1:replace"})
