#!/usr/bin/python3
"""Compares ast.parse of Heddle with that of CPython 3.11 (the Python that runs this file), file by file.

    ast_compare.py PROGRAM [FILE or FOLDER...]      default: the modules of the standard library

PROGRAM is build/heddle (options may follow it in the same argument). For each file: ast.dump with all attributes is the
same in both; in PROGRAM compile(tree) gives the same code as compile(source), and so does the tree after a round trip
through copies of its nodes. Exit status 1 when anything differs.
"""
import ast
import glob
import os
import subprocess
import sys

WORKER = r"""
import ast, sys

def same(a, b):
    if type(a) is not type(b): return False
    if isinstance(a, tuple): return len(a) == len(b) and all(map(same, a, b))
    if not hasattr(a, 'co_code'): return a == b
    return (a.co_code == b.co_code and list(a.co_positions()) == list(b.co_positions()) and a.co_names == b.co_names
            and a.co_exceptiontable == b.co_exceptiontable and a.co_varnames == b.co_varnames
            and a.co_freevars == b.co_freevars and same(a.co_consts, b.co_consts))

class Copy(ast.NodeTransformer):
    def generic_visit(self, node):
        fields = {name: getattr(node, name) for name in node._fields}
        attributes = {name: getattr(node, name) for name in node._attributes}
        return super().generic_visit(type(node)(**fields, **attributes))

for line in sys.stdin:
    path = line.rstrip('\n')
    with open(path, 'rb') as file:
        source = file.read()
    note = ''
    try:
        tree = ast.parse(source)
        text = ast.dump(tree, include_attributes=True)
        code = compile(source, path, 'exec', 0, True)
        if not same(code, compile(tree, path, 'exec', 0, True)): note = 'code of the tree differs'
        elif not same(code, compile(Copy().visit(tree), path, 'exec', 0, True)): note = 'code of the copied tree differs'
    except Exception as e:
        text = type(e).__name__
        if not isinstance(e, (SyntaxError, ValueError)): note = f'{text}: {e}'
    text = text.encode('utf-8', 'surrogatepass')
    sys.stdout.buffer.write(b'%d %s\n' % (len(text), note.encode()) + text)
    sys.stdout.buffer.flush()
"""


def expected(source):
    try:
        return ast.dump(ast.parse(source), include_attributes=True).encode("utf-8", "surrogatepass")
    except Exception as e:
        return type(e).__name__.encode()


def difference(a, b):
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"  expected ...{a[max(0, n - 100):n + 150]!r}\n  found    ...{b[max(0, n - 100):n + 150]!r}"


def main():
    program = sys.argv[1].split()
    files = []
    for path in sys.argv[2:] or ["/usr/lib/python3.11/*.py"]:
        files += glob.glob(path + "/**/*.py", recursive=True) if os.path.isdir(path) else glob.glob(path)
    bad = 0
    worker = None
    for path in sorted(files):
        if not worker:
            worker = subprocess.Popen(program + ["-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        worker.stdin.write(path.encode() + b"\n")
        worker.stdin.flush()
        head = worker.stdout.readline()
        if not head:
            print(f"{path}\n  ended with status {worker.wait()}", flush=True)
            worker = None
            bad += 1
            continue
        size, _, note = head.rstrip(b"\n").partition(b" ")
        found = worker.stdout.read(int(size))
        with open(path, "rb") as file:
            want = expected(file.read())
        if note:
            print(f"{path}\n  {note.decode()}", flush=True)
        if found != want:
            print(f"{path}\n{difference(want, found)}", flush=True)
        bad += bool(note) or found != want
    if worker:
        worker.stdin.close()
        worker.wait()
    print(f"{len(files)} files, {bad} differ")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
