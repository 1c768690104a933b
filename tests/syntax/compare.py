#!/usr/bin/python3
"""Compares Heddle's syntax trees and errors with those of CPython 3.11 (the Python that runs this file).

    compare.py PROGRAM files [FILE or FOLDER...]     trees of whole files (default: the standard library)
    compare.py PROGRAM snippets [FILE...]            trees, errors and warnings of snippets (default: snippets*.py here)

PROGRAM is the built test_syntax_dump. A snippet file is Python and sets `snippets` to a list of str, bytes or
(mode, source) pairs; the mode is exec, eval, single or func_type, with `?` behind it where input may be incomplete.
Exit status 1 when anything differs.
"""
import ast, glob, hashlib, json, os, subprocess, sys, tempfile, warnings

HERE = os.path.dirname(os.path.abspath(__file__))
MODES = {"exec": 0, "eval": 1, "single": 2, "func_type": 3}
INCOMPLETE = 0x4000 | 0x200  # PyCF_ALLOW_INCOMPLETE_INPUT, PyCF_DONT_IMPLY_DEDENT


def oracle(source, mode="exec"):
    flags = ast.PyCF_ONLY_AST
    if mode.endswith("?"):
        mode = mode[:-1]
        flags |= INCOMPLETE
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            tree = compile(source, "<s>", mode, flags, dont_inherit=True)
            text = ast.dump(tree, include_attributes=True)
        except SyntaxError as e:
            place = e.lineno, e.offset or 0, e.end_lineno or 0, e.end_offset or 0
            text = f"ERROR {type(e).__name__} {e.msg!r} {place} {e.text!r}"
        except (ValueError, MemoryError, RecursionError) as e:
            text = f"ERROR {type(e).__name__} {str(e)!r} (0, 0, 0, 0) None"
    for w in caught:
        if w.category is not ResourceWarning:
            text += f" WARNING {w.lineno} {w.message}"
    return text.encode("utf-8", "surrogatepass")


def difference(a, b):
    n = next((i for i, (x, y) in enumerate(zip(a, b)) if x != y), min(len(a), len(b)))
    return f"  expected ...{a[max(0, n - 100):n + 150]!r}\n  found    ...{b[max(0, n - 100):n + 150]!r}"


def library():
    return [p for p in glob.glob("/usr/lib/python3*/**/*.py", recursive=True)]


def compare_files(program, paths):
    files = []
    for path in paths or library():
        files += glob.glob(path + "/**/*.py", recursive=True) if os.path.isdir(path) else [path]
    cache_path = os.path.join(tempfile.gettempdir(), f"heddle-ast-{os.getuid()}.json")
    cache = json.load(open(cache_path)) if os.path.exists(cache_path) else {}
    bad = 0
    for path in sorted(files):
        source = open(path, "rb").read()
        run = subprocess.run([program, path], capture_output=True)
        found = run.stdout.rstrip(b"\n")
        key = hashlib.md5(source).hexdigest()
        if cache.get(key) == hashlib.md5(found).hexdigest():
            continue
        expected = oracle(source)
        cache[key] = hashlib.md5(expected).hexdigest()
        if found != expected:
            bad += 1
            print(path, f"(status {run.returncode})")
            print(difference(expected, found), flush=True)
    json.dump(cache, open(cache_path, "w"))
    print(f"{len(files)} files, {bad} differ")
    return bad


def compare_snippets(program, paths):
    bad = total = 0
    for path in paths or sorted(glob.glob(HERE + "/snippets*.py")):
        scope = {}
        exec(compile(open(path).read(), path, "exec"), scope)
        records, expected = b"", []
        for item in scope["snippets"]:
            mode, source = item if isinstance(item, tuple) else ("exec", item)
            raw = source if isinstance(source, bytes) else source.encode("utf-8", "surrogatepass")
            number = MODES[mode.rstrip("?")] + (8 if mode.endswith("?") else 0) + 16 * isinstance(source, str)
            records += b"%d %d\n%s" % (number, len(raw), raw)
            expected.append(((mode, source), oracle(source, mode)))
        with tempfile.NamedTemporaryFile() as f:
            f.write(records)
            f.flush()
            found = subprocess.run([program, "--snippets", f.name], capture_output=True).stdout.split(b"\n")
        known = scope.get("deviations", {})
        for i, (item, want) in enumerate(expected):
            total += 1
            got = found[i] if i < len(found) else b"<no answer>"
            if got != want and item[1] not in known:
                bad += 1
                print(repr(item)[:200])
                print(difference(want, got))
    print(f"{total} snippets, {bad} differ")
    return bad


if __name__ == "__main__":
    work = {"files": compare_files, "snippets": compare_snippets}[sys.argv[2]]
    sys.exit(1 if work(sys.argv[1], sys.argv[3:]) else 0)
