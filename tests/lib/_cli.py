"""Helper of the cli_*.py tests: runs the interpreter in a child and prints what it left."""
import os
import re
import subprocess
import sys


def child_environment(env):
    base = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    base["PYTHONDONTWRITEBYTECODE"] = "1"
    if not getattr(sys, "_is_gil_enabled", lambda: True)():
        base["PYTHON_GIL"] = "0"
    return {**base, **env}


def readable(data):
    """Text in which the interpreter, the current folder and addresses have fixed names."""
    text = data.decode("utf-8", "backslashreplace")
    text = text.replace(sys.executable, "PYTHON").replace(os.getcwd(), "HERE").replace("`heddle -h'", "`python -h'")
    return re.sub(r"0x[0-9a-f]{6,16}\b", "0xADDRESS", text)


def run(*arguments, input=b"", env={}):
    """Runs the interpreter with the arguments and prints status, stdout and stderr."""
    show([sys.executable, *arguments], arguments, input, env)


def shell(line, input=b"", env={}):
    """Runs a line of bash in which $PY is the interpreter."""
    show(["bash", "-c", line], line, input, {**env, "PY": sys.executable})


def show(command, title, input, env):
    got = subprocess.run(command, input=input, capture_output=True, env=child_environment(env), timeout=50)
    print("==", title, input or "", env if "PY" not in env else "")
    print("status", got.returncode)
    for name, data in (("out", got.stdout), ("err", got.stderr)):
        if data:
            print(f"{name}: {readable(data)}")


def write(name, text):
    folder = os.path.dirname(name)
    if folder:
        os.makedirs(folder, exist_ok=True)
    with open(name, "wb") as file:
        file.write(text if isinstance(text, bytes) else text.encode())
