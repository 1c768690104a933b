# How errors of programs are shown: syntax, encodings, uncaught exceptions.
from _cli import run, write

SOURCES = [b"x = = 1\n", b"def f(:\n", b"if 1:\nx\n", b"if 1:\n\tx\n        y\n", b"x = (1,\n", b'print("""a\n', b"x = 1\n  y = 2\n",
           b"print('\xe9')\n", b"# \xe9\nprint(1)\n", b"# coding: unknown\nx\n", b"\xef\xbb\xbfprint('bom')\n",
           b"def f():\n    return g()\ndef g():\n    1/0\nf()\n", b"raise ValueError('a\\nb')\n", b"try:\n    1/0\nexcept Exception as e:\n    raise KeyError('k') from e\n",
           b"class E(Exception):\n    def __str__(self): return 1/0\nraise E\n", b"print('\\ud800')\n", b"break\n", b"x: int = yield\n", b"nonlocal x\n",
           b"import sys\nsys.excepthook = lambda *a: print('hook', a[0])\n1/0\n", b"import sys\nsys.excepthook = lambda *a: 1/0\n[][0]\n", b"raise 3\n"]
for source in SOURCES:
    write("program.py", source)
    print(source)
    run("program.py")
run("-c", "x = = 1")
run("-c", "def f():\n  1/0\nf()")
run(input=b"1 +\n")
run(input=b"1/0\n")
