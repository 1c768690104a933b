# An operating system in small, in the manner of richards: tasks, packets, queues, dispatch through methods.
IDLE, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = range(6)

class Packet:
    def __init__(self, link, ident, kind):
        self.link = link
        self.ident = ident
        self.kind = kind
        self.datum = 0
        self.data = [0] * 4
    def append_to(self, queue):
        self.link = None
        if queue is None:
            return self
        p = queue
        while p.link is not None:
            p = p.link
        p.link = self
        return queue

class Task:
    def __init__(self, system, ident, priority, queue):
        self.system = system
        self.ident = ident
        self.priority = priority
        self.queue = queue
        self.waiting = queue is None
        self.held = False
        system.tasks.append(self)
    def put(self, packet):
        self.queue = packet.append_to(self.queue)
        self.waiting = False
    def take(self):
        packet = self.queue
        if packet is not None:
            self.queue = packet.link
        return packet
    def runnable(self):
        return not self.held and not self.waiting
    def run(self):
        raise NotImplementedError

class Idle(Task):
    def __init__(self, system, count):
        super().__init__(system, IDLE, 0, None)
        self.waiting = False
        self.control = 1
        self.count = count
    def run(self):
        self.count -= 1
        if self.count <= 0:
            self.held = True
            return
        if self.control & 1:
            self.control = self.control >> 1 ^ 0xD008
            self.system.release(DEVICE_B)
        else:
            self.control >>= 1
            self.system.release(DEVICE_A)

class Worker(Task):
    def __init__(self, system, queue):
        super().__init__(system, WORKER, 1000, queue)
        self.to = HANDLER_A
        self.n = 0
    def run(self):
        packet = self.take()
        if packet is None:
            self.waiting = True
            return
        self.to = HANDLER_B if self.to == HANDLER_A else HANDLER_A
        packet.datum = 0
        for i in range(4):
            self.n = self.n % 26 + 1
            packet.data[i] = 64 + self.n
        packet.ident = self.ident
        self.system.send(packet, self.to)

class Handler(Task):
    def __init__(self, system, ident, device, queue):
        super().__init__(system, ident, 2000, queue)
        self.device = device
        self.done = 0
    def run(self):
        packet = self.take()
        if packet is None:
            self.waiting = True
            return
        if packet.datum < 4:
            packet.datum += 1
            self.done += packet.data[packet.datum - 1] & 3
            packet.ident = self.ident
            self.system.send(packet, self.device)
        else:
            self.system.send(packet, WORKER)

class Device(Task):
    def __init__(self, system, ident):
        super().__init__(system, ident, 4000, None)
        self.pending = None
    def run(self):
        packet = self.take()
        if packet is not None:
            self.pending = packet
            self.held = True
        elif self.pending is not None:
            packet, self.pending = self.pending, None
            self.system.send(packet, packet.ident)
        else:
            self.waiting = True

class System:
    def __init__(self):
        self.tasks = []
        self.steps = 0
    def find(self, ident):
        for task in self.tasks:
            if task.ident == ident:
                return task
    def send(self, packet, ident):
        self.find(ident).put(packet)
    def release(self, ident):
        task = self.find(ident)
        task.held = False
        task.waiting = False
    def run(self):
        while True:
            best = None
            for task in self.tasks:
                if task.runnable() and (best is None or task.priority > best.priority):
                    best = task
            if best is None:
                return self.steps
            self.steps += 1
            best.run()

def main(count=6000):
    system = System()
    Idle(system, count)
    Worker(system, Packet(Packet(None, WORKER, 1), WORKER, 1))
    a = Handler(system, HANDLER_A, DEVICE_A, Packet(Packet(None, DEVICE_A, 0), DEVICE_A, 0))
    b = Handler(system, HANDLER_B, DEVICE_B, Packet(Packet(None, DEVICE_B, 0), DEVICE_B, 0))
    Device(system, DEVICE_A)
    Device(system, DEVICE_B)
    return system.run(), a.done, b.done

if __name__ == "__main__":
    print(main())
