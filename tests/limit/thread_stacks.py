# Recursion without end in threads with small and large stacks.
import sys, threading

def python(): python()
class Repr:
    def __repr__(self): return repr(self)
class Attr:
    def __getattr__(self, name): return getattr(self, name)
class Equal:
    def __eq__(self, other): return self == other
def key(x): return sorted([1, 2], key=key)
def attempt(f, results):
    try:
        f()
    except (RecursionError, MemoryError):  # how deep one may go is not the point
        pass
    results.append("ok")

deep = []
for _ in range(200000): deep = [deep]
for size in (32768, 65536, 262144, 1 << 20, 64 << 20):
    threading.stack_size(size)
    for name, f in (("python", python), ("repr", lambda: repr(Repr())), ("getattr", lambda: Attr().x), ("eq", lambda: Equal() == Equal()),
                    ("key", lambda: key(1)), ("deep repr", lambda: repr(deep)), ("compile", lambda: compile("-" * 50000 + "1", "", "eval")),
                    ("nested", lambda: compile("(" * 190 + "1" + ")" * 190, "", "eval")), ("exec", lambda: exec("import json, re; re.compile('(a|b)*c').match('ab' * 100); json.dumps([[1]])"))):
        results = []
        thread = threading.Thread(target=attempt, args=(f, results))
        thread.start()
        thread.join()
        print(size, name, *results)
sys.setrecursionlimit(10 ** 9)
threading.stack_size(0)
for name, f in (("repr", lambda: repr(Repr())), ("getattr", lambda: Attr().x), ("eq", lambda: Equal() == Equal()), ("key", lambda: key(1))):
    results = []
    thread = threading.Thread(target=attempt, args=(f, results))
    thread.start()
    thread.join()
    print("no limit", name, *results)

# Heddle prints:
# 32768 python ok
# 32768 repr ok
# 32768 getattr ok
# 32768 eq ok
# 32768 key ok
# 32768 deep repr ok
# 32768 compile ok
# 32768 nested ok
# 32768 exec ok
# 65536 python ok
# 65536 repr ok
# 65536 getattr ok
# 65536 eq ok
# 65536 key ok
# 65536 deep repr ok
# 65536 compile ok
# 65536 nested ok
# 65536 exec ok
# 262144 python ok
# 262144 repr ok
# 262144 getattr ok
# 262144 eq ok
# 262144 key ok
# 262144 deep repr ok
# 262144 compile ok
# 262144 nested ok
# 262144 exec ok
# 1048576 python ok
# 1048576 repr ok
# 1048576 getattr ok
# 1048576 eq ok
# 1048576 key ok
# 1048576 deep repr ok
# 1048576 compile ok
# 1048576 nested ok
# 1048576 exec ok
# 67108864 python ok
# 67108864 repr ok
# 67108864 getattr ok
# 67108864 eq ok
# 67108864 key ok
# 67108864 deep repr ok
# 67108864 compile ok
# 67108864 nested ok
# 67108864 exec ok
# no limit repr ok
# no limit getattr ok
# no limit eq ok
# no limit key ok
