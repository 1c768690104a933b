# heddle.parallel: a worker process that may not take more memory than so much.
# test: plain
import resource

from heddle.parallel import WorkerPool


def grow():
    parts = []
    while True:
        parts.append(bytes(range(256)) * 65536)


before = resource.getrlimit(resource.RLIMIT_AS)
with WorkerPool("process", 2, memory_limit=1 << 28) as pool:
    print(type(pool.submit(bytes, 1 << 30).exception()).__name__, len(pool.submit(bytes, 1 << 20).result()))
    print(type(pool.submit(grow).exception()).__name__, pool.submit(abs, -1).result(), pool.stats()[:4])
print(len(bytes(1 << 29)), resource.getrlimit(resource.RLIMIT_AS) == before)
# Heddle prints:
# MemoryError 1048576
# MemoryError 1 (4, 2, 2, 0)
# 536870912 True
