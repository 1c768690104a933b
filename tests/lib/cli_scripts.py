# What the command line names: files, folders, zip files, modules, -c, standard input; sys.argv, sys.path[0], __file__.
import os
import py_compile
import zipfile
from _cli import run, shell, write

TELL = "import sys; print(sys.argv, sys.path[0], __name__, globals().get('__file__'), __package__)\n"
write("script.py", TELL)
write("path.py", "import os, sys; print(os.path.dirname(os.path.abspath(__file__)) in sys.path)\n")
write("folder/__main__.py", TELL)
write("empty/other.py", "")
write("package/__init__.py", "")
write("package/__main__.py", TELL)
write("deep/real.py", TELL)
os.symlink("deep/real.py", "link.py")
with zipfile.ZipFile("archive.zip", "w") as archive:
    archive.write("folder/__main__.py", "__main__.py")
os.rename("archive.zip", "archive")

for arguments in (["script.py"], ["script.py", "-V", "a"], ["./script.py"], ["link.py"], ["deep/real.py"], ["--", "script.py", "x"],
                  ["folder", "a"], ["empty"], ["archive", "b"], ["nothing.py"], ["deep/nothing/x.py"],
                  ["-m", "package", "c"], ["-m", "script"], ["-m", "nothing"], ["-m", "package.nothing"], ["-m", "empty"],
                  ["-c", TELL, "-x", "y"], ["-c" + TELL], ["-P", "-c", "import sys; print(sys.path[0] == '')"], ["-P", "path.py"], ["-I", "path.py"], ["path.py"], ["-P", "-c", "import sys; print('' in sys.path)"]):
    run(*arguments)
run("-", "a", input=TELL.encode())
run(input=TELL.encode())
run(input=b"print(1)\nprint(2)")
run(input=b"")
write("first.py", "#!/bin/none -x\nprint(1)\n1/0\n")
run("-x", "first.py")
write("latin.py", b"# -*- coding: latin-1 -*-\nprint(ascii('\xe9'))\n")
run("latin.py")
with zipfile.ZipFile("modules.zip", "w") as archive:
    archive.writestr("inside/__init__.py", "print(__name__, __file__.endswith('modules.zip/inside/__init__.py'))\n")
for path in ("modules.zip", "script.py", "nothing", "modules.zip/inside"):
    run("-c", "import inside", env={"PYTHONPATH": path})
for arguments in (["."], [""], ["folder/"], ["-m", "."], ["-m", ".package"], ["-m", "script.py"]):
    run(*arguments)
shell("$PY -c $'print(\"\\xe9\")'")
shell("echo 'print(__file__)' | $PY /dev/stdin")
shell("(sleep 0.1; echo 'print(5)') | $PY")
shell("mkdir gone; cd gone; rmdir ../gone; $PY -c 'print(1)'; $PY x.py")
# compiled files, known by their names or by what they begin with, and what loads them
write("loader.py", "print(type(__loader__).__name__, getattr(__loader__, 'name', 0), getattr(__loader__, 'path', 0), globals().get('__cached__', 1))\n")
py_compile.compile("loader.py", "loader.pyc")
os.link("loader.pyc", "loader.data")
write("bad.pyc", "print(1)\n")
for name in ("loader.py", "loader.pyc", "loader.data", "bad.pyc"):
    run(name, "a")
with zipfile.ZipFile("compiled.zip", "w") as archive:
    archive.write("loader.pyc", "__main__.pyc")
shell("$PY compiled.zip | cut -d' ' -f1")
