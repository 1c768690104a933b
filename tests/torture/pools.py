"""Event loops in threads and pools that come and go: what is submitted is done once, results and exceptions arrive, calls
from other threads wake a loop, and each shutdown ends."""
import asyncio
import concurrent.futures
import queue
import threading

from harness import Random, Torture

torture = Torture()


class Wanted(Exception):
    pass


def job(n):
    if n % 7 == 0:
        raise Wanted(n)
    return n * n


def right(future, n):
    error = future.exception()
    return type(error) is Wanted and error.args == (n,) if n % 7 == 0 else error is None and future.result() == n * n


def pools(seed):
    """Pools of few threads, some ended with jobs waiting in them."""
    random_ = Random(seed)
    for _ in range(6):
        pool = concurrent.futures.ThreadPoolExecutor(1 + random_.randrange(4))
        jobs = [(pool.submit(job, n), n) for n in range(random_.randrange(40))]
        early = random_.random() < 0.3
        pool.shutdown(wait=not early, cancel_futures=early)
        kept = [(future, n) for future, n in jobs if not (early and future.cancelled())]
        left = concurrent.futures.wait([future for future, _ in kept], 30).not_done
        torture.check(not left, "jobs left", len(left))
        torture.check(all(right(future, n) for future, n in kept), "results")


async def conversation(random_, inbox, bell):
    """Tasks that hand on to each other, wait with a limit, are cancelled, and use the loop's pool."""
    steps = []

    async def hand_on(channel, n):
        for i in range(n):
            await channel.put(i)
            await asyncio.sleep(0)
        await channel.put(None)

    async def take(channel):
        while (item := await channel.get()) is not None:
            steps.append(item)

    channel = asyncio.Queue(2)
    count = random_.randrange(30)
    await asyncio.gather(hand_on(channel, count), take(channel))
    torture.check(steps == list(range(count)), steps)
    sleeper = asyncio.ensure_future(asyncio.sleep(60))
    await asyncio.sleep(0)
    sleeper.cancel()
    try:
        await sleeper
        torture.fail("not cancelled")
    except asyncio.CancelledError:
        pass
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        torture.fail("no time-out")
    except asyncio.TimeoutError:
        pass
    got = await asyncio.gather(*(asyncio.to_thread(job, n) for n in range(1, 6)))
    torture.check(got == [1, 4, 9, 16, 25], got)
    bell.set()
    while not inbox.done():
        await asyncio.sleep(0)
    return inbox.result()


def loops(seed, mail):
    """A loop of its own; another thread sets its future."""
    random_ = Random(seed)
    for _ in range(3):
        async def main():
            loop = asyncio.get_running_loop()
            inbox, bell = loop.create_future(), threading.Event()
            mail.put((loop, inbox, bell))
            torture.check(await asyncio.wait_for(conversation(random_, inbox, bell), 60) == "mail")
        asyncio.run(main())


def postman(mail):
    """Calls into loops of other threads, by both ways there are."""
    async def deliver(inbox):
        if not inbox.done():
            inbox.set_result("mail")
        return True

    while (order := mail.get()) is not None:
        loop, inbox, bell = order
        bell.wait()
        try:
            if id(inbox) & 64:
                loop.call_soon_threadsafe(inbox.set_result, "mail")
            else:
                torture.check(asyncio.run_coroutine_threadsafe(deliver(inbox), loop).result(60))
        except RuntimeError as error:  # the loop's thread failed, and says so itself
            torture.fail(repr(error))


def one_round(rng):
    mail = queue.SimpleQueue()
    post = threading.Thread(target=torture.guard, args=(postman, mail))
    post.start()
    torture.together([lambda s=rng.getrandbits(32): pools(s) for _ in range(min(torture.threads, 4))] +
                     [lambda s=rng.getrandbits(32): loops(s, mail) for _ in range(min(torture.threads, 4))])
    mail.put(None)
    post.join()


torture.rounds_of(one_round)
torture.finish()
