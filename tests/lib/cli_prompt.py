# The interactive prompt: statements of several lines, _, tracebacks, sys.ps1, the end of input, -i after a program.
from _cli import run, write

DIALOGUES = ["", "if 1:\n  print(1)", "x = = 1\nprint(2)\n", "x = (1,\n2)\nx\n", "1/0\n3\n", "import sys\nsys.exit(4)\n", "raise KeyboardInterrupt\n1\n",
             "def f():\n  return 5\n\nf()\n_\nimport sys\nsys.ps1='? '\n1\nsys.ps2\n", "if 1:\n  2\n\n\n\n# c\n  \n3\n", "if 1:\n2\n", "print('''a\nb''')\n",
             " 1\n", "class P:\n def __str__(s): return str(1/0)\n\nimport sys; sys.ps1=P()\n5\n", "print('a', end='')\n", "1\\\n+2\n", "x=1;y=2\nx;y\n",
             "@a\n@b\ndef f(): pass\n\n4\n", "exit()\n3\n", "exit(3)", "quit('bye')\n", "for i in range(2):\n  i\nelse: 5\n\n",
             "try: 1/0\nexcept: print('x')\n\n", "def g():\n\treturn 1\n        return 2\n\n", "1/0\nimport sys; sys.last_value\n_\n", "None\n_\n",
             "{\n\n1:2}\n", "x = '''\n\n'''\nx\n", "exit\n", "import sys; sys.displayhook=print; 3\n", "é = 'ü'\né\n", "import sys; del sys.ps1\n1\n",
             "raise SystemExit\n", "import sys;sys.flags.inspect,sys.flags.interactive\n", "assert 0, 'x'\n", "import sys;sys.argv,sys.path[0]\n",
             "__name__, __doc__, sorted(globals())\n", "while 1: break\n\n", "# only\n2", "if 1: 2\nif 0: 3\n", "if 1:\n  x='''\n\n\n'''\n  x\n\n"]
for dialogue in DIALOGUES:
    run("-iq", input=dialogue.encode())
write("script.py", "x = 5\nprint(__name__)\n")
write("start.py", "zz = 3\n")
run("-i", "-c", "import sys; x=3; sys.exit(2)", input=b"x\n")
run("-i", "-c", "x=1", input=b"x\nexit(9)\n")
run("-i", "-c", "1/0", input=b"3\n")
run("-i", "script.py", input=b"x\n")
run("-i", "nothing.py", input=b"x\n")
run("script.py", input=b"x\n", env={"PYTHONINSPECT": "1"})
run("-iq", input=b"zz\n__file__\n", env={"PYTHONSTARTUP": "start.py"})
run("-iq", input=b"2\n", env={"PYTHONSTARTUP": "/nothing"})
