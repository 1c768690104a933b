# Futures and tasks of asyncio as C and as Python classes: states, callbacks, cancelling, names, messages, subclasses.
import asyncio
from asyncio import futures, tasks


def attempt(function, *args, **kw):
    try:
        return function(*args, **kw)
    except BaseException as e:
        return type(e).__name__ + ": " + str(e).split(" 0x")[0]


async def number(n, delay=0):
    await asyncio.sleep(delay)
    return n


async def check_future(Future):
    loop = asyncio.get_running_loop()
    print("--", Future.__name__, issubclass(asyncio.Task, asyncio.Future))
    f = Future(loop=loop)
    print(f, f.done(), f.cancelled(), f._state, f.get_loop() is loop, f._asyncio_future_blocking)
    seen = []
    f.add_done_callback(lambda x: seen.append(1))
    f.add_done_callback(seen.append)
    f.add_done_callback(seen.append)
    print(len(f._callbacks), f.remove_done_callback(seen.append), len(f._callbacks))
    print(f.set_result("r"), f.result(), f.exception(), seen, attempt(f.set_result, 1).split(":")[0])
    f.add_done_callback(lambda x: seen.append(x is f))
    await asyncio.sleep(0)
    print(seen, await f, f, f.cancel())
    f = Future()
    print(attempt(f.set_exception, StopIteration), f.set_exception(KeyError), f._log_traceback, attempt(f.result),
          repr(f.exception()), f._log_traceback)
    print(attempt(setattr, f, "_log_traceback", True))
    f = Future()
    print(f.cancel("why"), f.cancelled(), attempt(f.result), attempt(f.exception), f._cancel_message)
    try:
        await f
    except asyncio.CancelledError as e:
        print(e.args)
    print(Future[int])


async def check_task(Task):
    print("--", Task.__name__)
    t = Task(number(5), name="five")
    print(t.get_name(), t.get_coro().__name__, t.done(), t in asyncio.all_tasks(), await t, t.result(), t.cancel())
    print(attempt(t.set_result, 1), attempt(t.set_exception, OSError()), attempt(Task, 5))

    async def stubborn():
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError as e:
            return "caught", e.args, asyncio.current_task().cancelling(), asyncio.current_task().uncancel()

    t = Task(stubborn())
    await asyncio.sleep(0)
    print(t.cancel("now"), t.cancelling(), await t, t.cancelled())
    t = Task(asyncio.sleep(60))
    print(t.cancel(), t._must_cancel)
    try:
        await t
    except asyncio.CancelledError as e:
        print("cancelled", e.args, t.cancelled())

    async def fail():
        raise ValueError("x")

    t = Task(fail())
    print(attempt(t.exception), [type(r) for r in await asyncio.gather(t, return_exceptions=True)], t.get_stack() != [])

    class Bad:
        def __await__(self):
            yield 5

    async def bad():
        await Bad()

    t = Task(bad())
    await asyncio.wait([t])
    print(t.exception())

    async def itself():
        await t

    t = Task(itself())
    await asyncio.wait([t])
    print(str(t.exception())[:27])

    class Named(Task):
        def __init__(self, *args, **kw):
            self.extra = 1
            super().__init__(*args, **kw)

    t = Named(number(3))
    print(await t, t.extra, type(t).__name__)


async def check_rest():
    print("-- rest")
    print(await asyncio.gather(*[number(i) for i in range(5)]), await asyncio.to_thread(sum, [1, 2]))
    async with asyncio.TaskGroup() as group:
        made = [group.create_task(number(i)) for i in range(3)]
    print([t.result() for t in made])
    try:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(60)
    except TimeoutError:
        print("timeout")
    print(attempt(asyncio.current_task().get_loop().run_until_complete, asyncio.get_running_loop().create_future()).split(":")[0])

    async def handle(reader, writer):
        while line := await reader.readline():
            writer.write(line.upper())
        writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    writer.write(b"one\ntwo\n")
    writer.write_eof()
    print(await reader.read())
    writer.close()
    server.close()
    process = await asyncio.create_subprocess_exec("cat", stdin=-1, stdout=-1)
    print(await process.communicate(b"through"), process.returncode)


for Future in (futures._CFuture, futures._PyFuture):
    asyncio.run(check_future(Future))
for Task in (tasks._CTask, tasks._PyTask):
    asyncio.run(check_task(Task))
asyncio.run(check_rest())
print(attempt(asyncio.get_running_loop), asyncio._get_running_loop())
