#!/usr/bin/python3
"""The rules of the house that a program can check.

    tools/lint.py [-v] [FOLDER]       FOLDER is a finished build (default: build); -v lists what is only told

Errors, each of which makes the status 1:
  layers      a room of src/ includes a header, or needs a symbol (by nm), of a room that is not below it. The rooms and
              what lies below each are read from meson.build. An upcall through a table that a higher room fills in
              needs no symbol of it and so passes by construction.
  cycles      headers that include each other
  waiting     a wait, a thread or a clock of the system used outside src/sync: by nm and by header
  names       a symbol seen outside its file that does not begin with hd_
  heads       a file that does not begin with a comment `/* file.c -- what it is for`
  one build   `#if` in the body of the runtime, outside the few files whose task that is
  manners     setjmp/longjmp; notes such as T-O-D-O; tabs and trailing blanks

Told, as they want a look and not always a change: files over 1,000 lines (generated tables aside), functions over 60
lines, lines over 120 letters, variables of the program that are neither constant nor in one of the state structs.
"""
import argparse
import collections
import os
import re
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
LONG_FILE, LONG_FUNCTION, LONG_LINE = 1000, 60, 120

GENERATED = {"src/base/unicode_tables.c", "src/base/unicode_tables_names.c", "src/base/pow10_table.inc"}

# What waits, starts threads or tells the time: for src/sync alone.
WAITING_SYMBOLS = re.compile(
    r"pthread_(?!sigmask$).*|futex.*|nanosleep|usleep|sleep|pause|clock|clock_.*|time|times|gettimeofday|getrusage"
    r"|p?poll|__p?poll_chk|epoll_.*|p?select|sem_.*|mtx_.*|cnd_.*|thrd_.*|sched_yield|timer_.*|timerfd_.*"
    r"|sigwait.*|sigtimedwait|sigsuspend|wait|wait[34]|waitid|waitpid|flock|lockf")
WAITING_HEADERS = {"pthread.h", "threads.h", "semaphore.h", "poll.h", "sys/epoll.h", "sys/select.h", "linux/futex.h",
                   "sys/timerfd.h"}
WAITING_EXCEPTIONS = {
    # (room or file, symbol or header): reason
    ("modules", "sched_yield"): "os.sched_yield is this call",
    ("modules", "getrusage"): "the resource module: what the process used, not a clock that anything waits by",
    ("modules", "times"): "os.times is this call",
    ("modules", "wait"): "os.wait, through hd_blocking_*; src/sync knows no processes",
    ("modules", "wait4"): "os.wait3 and os.wait4, the same way",
    ("modules", "waitid"): "os.waitid, the same way",
    ("modules", "waitpid"): "os.waitpid, the same way",
    ("modules", "lockf"): "os.lockf and fcntl.lockf, called through hd_blocking_*",
    ("modules", "flock"): "fcntl.flock, called through hd_blocking_*",
    ("modules", "wait"): "os.wait, called through hd_blocking_*",
    ("modules", "waitpid"): "os.waitpid, called through hd_blocking_*",
    ("modules", "wait4"): "os.wait3 and os.wait4, called through hd_blocking_*",
    ("modules", "waitid"): "os.waitid, called through hd_blocking_*",
    ("modules", "epoll_create1"): "select.epoll makes the set; waiting is hd_blocking_epoll",
    ("modules", "epoll_ctl"): "select.epoll changes the set; waiting is hd_blocking_epoll",
    ("src/modules/select_types.h", "poll.h"): "the events' numbers; waiting is hd_blocking_poll",
    ("src/modules/select_types.h", "sys/epoll.h"): "the events' numbers; waiting is hd_blocking_epoll",
    ("src/modules/select_types.h", "sys/select.h"): "FD_SETSIZE",
}

# Where `#if` is the task of the file.
CONDITIONAL = {
    "src/base/base.h": "compilers and sanitizers",
    "src/base/atomic.h": "the pause instruction of each machine",
    "src/mem/heap_page.h": "sanitizer builds use the system's allocator",
    "src/syntax/ast.def": "a table read with several meanings: defaults for the macros not given",
    "src/modules/sre_machine.inc": "included once for each width of str",
    "src/object/exceptions_os.c": "EWOULDBLOCK is EAGAIN on most systems, and a switch takes each once",
}

Problem = collections.namedtuple("Problem", "rule file line text")


def source_files():
    for folder in ("src", "include", "tests/unit", "fuzz"):
        for where, folders, names in os.walk(os.path.join(ROOT, folder)):
            folders.sort()
            for name in sorted(names):
                if name.endswith((".c", ".h", ".inc", ".def")):
                    yield os.path.relpath(os.path.join(where, name), ROOT)


def without_comments(text):
    """The text with comments and what is in quotes blanked, lines kept."""
    def blank(match):
        piece = match.group()
        if piece[0] in "\"'":
            return piece[0] + " " * (len(piece) - 2) + piece[-1]
        return re.sub(r"[^\n]", " ", piece)
    return re.sub(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', blank, text, flags=re.S)


class Rooms:
    """The rooms and those below each, as meson.build has them."""

    def __init__(self):
        with open(os.path.join(ROOT, "meson.build"), encoding="utf-8") as file:
            table = re.search(r"^rooms = \{(.*?)^\}", file.read(), re.S | re.M).group(1)
        self.below = {room: re.findall(r"'(\w+)'", rest)
                      for room, rest in re.findall(r"^\s*'(\w+)':\s*\[(.*?)\]", table, re.S | re.M)}

    def of(self, path):
        parts = path.split("/")
        return parts[1] if parts[0] == "src" and len(parts) > 2 else None


class Lint:
    def __init__(self, folder):
        self.folder = folder
        self.rooms = Rooms()
        self.errors, self.told = [], []
        self.text = {}
        for path in source_files():
            with open(os.path.join(ROOT, path), encoding="utf-8") as file:
                self.text[path] = file.read()
        self.bare = {path: without_comments(text) for path, text in self.text.items()}
        self.headers = collections.defaultdict(list)
        for path in self.text:
            if self.rooms.of(path) and not path.endswith(".c"):
                self.headers[os.path.basename(path)].append(path)

    def error(self, rule, file, line, text):
        self.errors.append(Problem(rule, file, line, text))

    def tell(self, rule, file, line, text):
        self.told.append(Problem(rule, file, line, text))

    # ---- includes ----

    def includes(self, path):
        """(line, name, whether quoted) of each include."""
        for number, line in enumerate(self.text[path].splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+(["<])([^">]+)[">]', line)
            if match:
                yield number, match.group(2), match.group(1) == '"'

    def resolve(self, path, name):
        """The file of src/ that an include means: of the same room first."""
        found = self.headers.get(name, [])
        own = [p for p in found if self.rooms.of(p) == self.rooms.of(path)]
        return (own or found or [None])[0]

    def check_includes(self):
        for name, paths in self.headers.items():
            if len(paths) > 1:
                self.error("layers", paths[1], 0, f"has the name of {paths[0]}")
        for path in self.text:
            room = self.rooms.of(path)
            if room is None:
                continue
            for number, name, quoted in self.includes(path):
                if not quoted or name.startswith("heddle/"):
                    if name in WAITING_HEADERS and room != "sync" and (path, name) not in WAITING_EXCEPTIONS:
                        self.error("waiting", path, number, f"<{name}> belongs to src/sync")
                    if name.startswith("heddle/") and room not in ("runtime", "modules", "cli"):
                        self.error("layers", path, number, f"<{name}> is for modules and what lies above")
                    continue
                target = self.resolve(path, name)
                if target is None:
                    if not os.path.exists(os.path.join(self.folder, name)):
                        self.error("layers", path, number, f'"{name}" is in no room')
                elif self.rooms.of(target) != room and self.rooms.of(target) not in self.rooms.below[room]:
                    self.error("layers", path, number, f"{room} includes {target}, which is not below it")

    def check_cycles(self):
        edges = {}
        for path in self.text:
            if path.endswith(".h") and self.rooms.of(path):
                targets = [self.resolve(path, name) for _, name, quoted in self.includes(path) if quoted]
                edges[path] = [t for t in targets if t and t != path]
        state = {}

        def visit(path, trail):
            state[path] = 1
            for target in edges.get(path, ()):
                if state.get(target) == 1:
                    self.error("cycles", path, 0, " -> ".join(trail[trail.index(target):] + [target]))
                elif target not in state:
                    visit(target, trail + [target])
            state[path] = 2
        for path in edges:
            if path not in state:
                visit(path, [path])

    # ---- what the compiler made ----

    def symbols(self, room):
        """(undefined, defined and seen outside, variables in .data and .bss) of a room's library, by nm."""
        library = os.path.join(self.folder, f"lib{room}.a")
        if not os.path.exists(library):
            return None
        listing = subprocess.run(["nm", "-f", "sysv", library], capture_output=True, text=True).stdout
        undefined, defined, variables, unit = set(), {}, [], "?"
        for line in listing.splitlines():
            columns = [column.strip() for column in line.split("|")]
            if len(columns) < 7:
                match = re.search(r"from (.*?)\.o[:\]]", line)
                unit = os.path.basename(match.group(1)).replace(f"src_{room}_", "") if match else unit
                continue
            name, kind, section = columns[0], columns[2], columns[6]
            if kind == "U":
                undefined.add(name)
            elif kind in "TDBRVWC" and not name.startswith("__"):
                defined[name] = unit
            if section in (".bss", ".data", "*COM*"):
                variables.append((unit, name))
        return undefined, defined, variables

    def check_symbols(self):
        found = {room: self.symbols(room) for room in self.rooms.below}
        if not any(found.values()):
            self.error("layers", self.folder, 0, "has no libraries of rooms: build first")
            return
        owner = {name: room for room, tables in found.items() if tables for name in tables[1]}
        for room, tables in found.items():
            if not tables:
                continue
            undefined, defined, variables = tables
            allowed = {room, *self.rooms.below[room]}
            for name in sorted(undefined):
                if owner.get(name, room) not in allowed:
                    self.error("layers", f"src/{room}", 0, f"needs {name} of src/{owner[name]}, which is not below it")
                if room != "sync" and WAITING_SYMBOLS.fullmatch(name) and name not in owner \
                        and (room, name) not in WAITING_EXCEPTIONS:
                    self.error("waiting", f"src/{room}", 0, f"calls {name}, which is for src/sync")
            for name, unit in sorted(defined.items()):
                if not name.startswith("hd_") and name != "main":
                    self.error("names", f"src/{room}/{unit}", 0, f"{name} is seen outside and does not begin with hd_")
            for unit, name in sorted(variables):
                if not re.match(r"name_cache_|hd_\w+_type$|\.L|__", name):
                    self.tell("state", f"src/{room}/{unit}", 0, f"{name} is a variable of the program")

    # ---- text ----

    def check_heads(self):
        for path, text in self.text.items():
            name = os.path.basename(path)
            if not re.match(rf"/\* (?:heddle/)?{re.escape(name)} -- \S", text) and path not in GENERATED:
                self.error("heads", path, 1, f"does not begin with the comment '/* {name} -- what it is for'")

    def check_text(self):
        for path, text in self.text.items():
            lines = text.splitlines()
            if len(lines) > LONG_FILE and path not in GENERATED:
                self.tell("size", path, 0, f"{len(lines)} lines")
            if path in GENERATED:
                continue
            for number, line in enumerate(lines, 1):
                if line != line.rstrip() or "\t" in line:
                    self.error("manners", path, number, "a tab or blanks at the end of the line")
                if re.search(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b", line):
                    self.error("manners", path, number, "a note of something to do: do it or say what is missing")
                if len(line) > LONG_LINE:
                    self.tell("width", path, number, f"{len(line)} letters")

    def check_code(self):
        for path, text in self.bare.items():
            if not self.rooms.of(path):
                continue
            for match in re.finditer(r"\b_?(?:sig)?(?:setjmp|longjmp)\s*\(", text):
                self.error("manners", path, text.count("\n", 0, match.start()) + 1, "no longjmp in this house")
            if path in CONDITIONAL:
                continue
            for match in re.finditer(r"^[ \t]*#[ \t]*(?:if|ifdef|ifndef|elif)\b(.*)$", text, re.M):
                guard = re.fullmatch(r"\s*(?:HD_|HEDDLE_)\w+_H\s*", match.group(1))
                if not guard:
                    line = text.count("\n", 0, match.start()) + 1
                    self.error("one build", path, line, "#if in the body of the runtime")

    def check_functions(self):
        """A function begins where a line that is not indented ends in `{` after a `)`, and ends at the next `}`."""
        for path, text in self.bare.items():
            if not self.rooms.of(path):
                continue
            begin, start, name = None, 0, ""
            lines = text.splitlines()
            for number, line in enumerate(lines, 1):
                if line and not line[0].isspace() and line[0] not in "#}{/":
                    start = number
                if begin is None and line.endswith("{") and start:
                    head = " ".join(lines[start - 1:number])
                    match = re.match(r"[\w\s*()]*?\b(\w+)\([^;={}]*\{$", head)
                    if match and head.count("(") == head.count(")") and not head.startswith("op_"):
                        begin, name = number, match.group(1)
                elif begin is not None and line == "}":
                    if number - begin + 1 > LONG_FUNCTION:
                        self.tell("size", path, begin, f"{name} has {number - begin + 1} lines")
                    begin = None

    def run(self):
        self.check_includes()
        self.check_cycles()
        self.check_symbols()
        self.check_heads()
        self.check_text()
        self.check_code()
        self.check_functions()


def show(problem):
    where = f"{problem.file}:{problem.line}" if problem.line else problem.file
    print(f"{where}: {problem.rule}: {problem.text}")


def main():
    parser = argparse.ArgumentParser(description="Checks the rules of the house.")
    parser.add_argument("folder", nargs="?", default=os.path.join(ROOT, "build"), help="a finished build")
    parser.add_argument("-v", dest="verbose", action="store_true", help="list what is only told, too")
    arguments = parser.parse_args()
    lint = Lint(os.path.abspath(arguments.folder))
    lint.run()
    for problem in lint.told if arguments.verbose else ():
        show(problem)
    for problem in lint.errors:
        show(problem)
    kinds = collections.Counter(problem.rule for problem in lint.told)
    told = ", ".join(f"{count} of {rule}" for rule, count in sorted(kinds.items()))
    print(f"lint: {len(lint.errors)} errors; told: {told or 'nothing'}")
    return 1 if lint.errors else 0


if __name__ == "__main__":
    sys.exit(main())
