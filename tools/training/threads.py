# Threads that share: locks, queues, events, executors, and processes that are sent work.
import concurrent.futures
import queue
import threading


class Account:
    def __init__(self):
        self.lock = threading.Lock()
        self.balance = 0
        self.log = []

    def add(self, amount):
        with self.lock:
            self.balance += amount
            self.log.append(amount)


def deposit(account, times):
    for n in range(times):
        account.add(n)


def relay(incoming, outgoing):
    while (item := incoming.get()) is not None:
        outgoing.put(item + 1)
    outgoing.put(None)


def work(n):
    return sum(i * i for i in range(n % 50))


def run(function, *arguments):
    threads = [threading.Thread(target=function, args=arguments) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    run(deposit, Account(), 8000)
    first, second = queue.Queue(), queue.SimpleQueue()
    relaying = threading.Thread(target=relay, args=(first, second))
    relaying.start()
    for n in range(2500):
        first.put(n)
    first.put(None)
    while second.get() is not None:
        pass
    relaying.join()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(3000)))
        concurrent.futures.wait([pool.submit(work, n) for n in range(500)])
    with concurrent.futures.ProcessPoolExecutor(2) as pool:
        list(pool.map(work, range(1200)))
