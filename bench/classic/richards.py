# Richards: Martin Richards' kernel of an operating system. An idle task, a worker, two handlers and two devices pass
# packets; the kernel runs the first task of the list that can run. Attribute access and short method calls.
import time

IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)
FOR_DEVICE, FOR_WORK = range(2)
DATA_SIZE = 4


class Packet:
    def __init__(self, behind, owner, kind):
        self.behind = behind
        self.owner = owner
        self.kind = kind
        self.datum = 0
        self.data = [0] * DATA_SIZE


def put_last(packet, queue):
    packet.behind = None
    if queue is None:
        return packet
    last = queue
    while last.behind is not None:
        last = last.behind
    last.behind = packet
    return queue


class Task:
    """A task and its place in the kernel: it has packets, it waits for one, it is held, or some of these."""

    def __init__(self, kernel, number, priority, queue):
        self.kernel = kernel
        self.number = number
        self.priority = priority
        self.queue = queue
        self.pending = queue is not None
        self.waiting = True
        self.held = False
        self.next = kernel.first
        kernel.first = self
        kernel.tasks[number] = self

    def cannot_run(self):
        return self.held or (self.waiting and not self.pending)

    def step(self):
        packet = None
        if self.waiting and self.pending:
            packet = self.queue
            self.queue = packet.behind
            self.waiting = False
            self.pending = self.queue is not None
        return self.work(packet)

    def take(self, packet, sender):
        """Receives a packet: who goes on is the one of higher priority."""
        if self.queue is None:
            self.queue = packet
            self.pending = True
            if self.priority > sender.priority:
                return self
        else:
            put_last(packet, self.queue)
        return sender


class Idle(Task):
    def __init__(self, kernel, count):
        super().__init__(kernel, IDLE, 0, None)
        self.waiting = False
        self.count = count
        self.control = 1

    def work(self, packet):
        self.count -= 1
        if self.count == 0:
            return self.kernel.hold()
        if self.control & 1:
            self.control = self.control >> 1 ^ 0xD008
            return self.kernel.release(DEVICE_B)
        self.control >>= 1
        return self.kernel.release(DEVICE_A)


class Worker(Task):
    def __init__(self, kernel, queue):
        super().__init__(kernel, WORKER, 1000, queue)
        self.handler = HANDLER_A
        self.letter = 0

    def work(self, packet):
        if packet is None:
            return self.kernel.wait()
        self.handler = HANDLER_B if self.handler == HANDLER_A else HANDLER_A
        packet.owner = self.handler
        packet.datum = 0
        for i in range(DATA_SIZE):
            self.letter = self.letter + 1 if self.letter < 26 else 1
            packet.data[i] = self.letter
        return self.kernel.send(packet)


class Handler(Task):
    def __init__(self, kernel, number, priority, queue):
        super().__init__(kernel, number, priority, queue)
        self.work_queue = None
        self.device_queue = None

    def work(self, packet):
        if packet is not None:
            if packet.kind == FOR_WORK:
                self.work_queue = put_last(packet, self.work_queue)
            else:
                self.device_queue = put_last(packet, self.device_queue)
        job = self.work_queue
        if job is not None:
            done = job.datum
            if done >= DATA_SIZE:
                self.work_queue = job.behind
                return self.kernel.send(job)
            carrier = self.device_queue
            if carrier is not None:
                self.device_queue = carrier.behind
                carrier.datum = job.data[done]
                job.datum = done + 1
                return self.kernel.send(carrier)
        return self.kernel.wait()


class Device(Task):
    def __init__(self, kernel, number, priority):
        super().__init__(kernel, number, priority, None)
        self.kept = None

    def work(self, packet):
        if packet is not None:
            self.kept = packet
            return self.kernel.hold()
        if self.kept is None:
            return self.kernel.wait()
        packet, self.kept = self.kept, None
        return self.kernel.send(packet)


class Kernel:
    def __init__(self):
        self.first = None
        self.tasks = [None] * 6
        self.running = None
        self.sent = 0
        self.holds = 0

    def run(self):
        task = self.first
        while task is not None:
            if task.cannot_run():
                task = task.next
            else:
                self.running = task
                task = task.step()

    def hold(self):
        self.holds += 1
        self.running.held = True
        return self.running.next

    def release(self, number):
        task = self.tasks[number]
        task.held = False
        return task if task.priority > self.running.priority else self.running

    def wait(self):
        self.running.waiting = True
        return self.running

    def send(self, packet):
        self.sent += 1
        receiver = self.tasks[packet.owner]
        packet.behind = None
        packet.owner = self.running.number
        return receiver.take(packet, self.running)


def packets(owner, kind, count):
    queue = None
    for _ in range(count):
        queue = Packet(queue, owner, kind)
    return queue


def main(rounds=8):
    for _ in range(rounds):
        kernel = Kernel()
        Idle(kernel, 10000)
        Worker(kernel, packets(WORKER, FOR_WORK, 2))
        Handler(kernel, HANDLER_A, 2000, packets(DEVICE_A, FOR_DEVICE, 3))
        Handler(kernel, HANDLER_B, 3000, packets(DEVICE_B, FOR_DEVICE, 3))
        Device(kernel, DEVICE_A, 4000)
        Device(kernel, DEVICE_B, 5000)
        kernel.run()
        # The figures that every right version of this program reaches.
        assert (kernel.sent, kernel.holds) == (23246, 9297), (kernel.sent, kernel.holds)
    return kernel.sent, kernel.holds


if __name__ == "__main__":
    start = time.perf_counter()
    result = main()
    print("seconds", time.perf_counter() - start)
    print("result", result)
