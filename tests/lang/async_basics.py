# Coroutines, async generators, async with and for, driven by hand.
import sys
class Aw:
    def __init__(self, v): self.v = v
    def __await__(self):
        r = yield self.v
        return r
def run(c):
    sent = None
    log = []
    while True:
        try:
            log.append(c.send(sent))
            sent = len(log)
        except StopIteration as e:
            return log, e.value
async def add(a, b):
    return await Aw(a) + await Aw(b)
print(run(add(10, 20)))
async def agen(n):
    try:
        for i in range(n):
            got = yield i
            if got: print("asend", got)
            await Aw(("in", i))
    finally:
        print("agen end")
async def consume():
    out = []
    async for x in agen(3): out.append(x)
    out.append([y async for y in agen(2)])
    g = agen(3)
    out.append(await g.__anext__())
    out.append(await g.asend("hello"))
    await g.aclose()
    try:
        await g.__anext__()
    except StopAsyncIteration: out.append("stopped")
    g2 = agen(2)
    await g2.__anext__()
    try:
        await g2.athrow(KeyError("t"))
    except KeyError as e: out.append(repr(e))
    return out
print(run(consume()))
class CM:
    async def __aenter__(self):
        await Aw("enter")
        return 5
    async def __aexit__(self, t, v, tb):
        await Aw("exit")
        return t is ValueError
async def withs():
    async with CM() as v:
        print(v)
        raise ValueError
    return "ok"
print(run(withs()))
async def bad():
    await 3
try: run(bad())
except TypeError as e: print(e)
async def bad2():
    async for x in 3: pass
try: run(bad2())
except TypeError as e: print(e)
async def bad3():
    async with 3: pass
try: run(bad3())
except TypeError as e: print(e)
c = add(1, 2)
print(type(c).__name__, c.cr_frame is not None, c.cr_await, c.__qualname__)
c.close()
try: c.send(None)
except RuntimeError as e: print(e)
async def stop():
    raise StopIteration(1)
try: run(stop())
except RuntimeError as e: print(e)
async def agstop():
    raise StopAsyncIteration
    yield
async def use():
    async for x in agstop(): pass
try: run(use())
except RuntimeError as e: print(e)
