# Classes at work: a bank of machines that jobs pass through, in the order of an event queue.
import heapq


class Event:
    __slots__ = ("time", "action", "job")

    def __init__(self, time, action, job):
        self.time = time
        self.action = action
        self.job = job

    def __lt__(self, other):
        return self.time < other.time


class Job:
    made = 0

    def __init__(self, steps):
        self.steps = list(steps)
        self.number = Job.made
        self.history = []
        Job.made += 1

    @property
    def done(self):
        return not self.steps

    def next_step(self):
        return self.steps.pop(0) if self.steps else None


class Machine:
    def __init__(self, name, speed):
        self.name = name
        self.speed = speed
        self.waiting = []
        self.current = None
        self.served = 0

    def accept(self, job):
        if self.current is None:
            self.current = job
            return True
        self.waiting.append(job)
        return False

    def duration(self, job):
        return self.speed + job.number % 3

    def release(self):
        job, self.current = self.current, None
        self.served += 1
        job.history.append(self.name)
        return job


class SlowMachine(Machine):
    def duration(self, job):
        return super().duration(job) + 2


class Plant:
    def __init__(self, machines):
        self.machines = {machine.name: machine for machine in machines}
        self.events = []
        self.now = 0

    def later(self, delay, action, job):
        heapq.heappush(self.events, Event(self.now + delay, action, job))

    def arrive(self, job):
        step = job.next_step()
        if step is None:
            return
        machine = self.machines[step]
        if machine.accept(job):
            self.later(machine.duration(job), machine, job)

    def run(self):
        while self.events:
            event = heapq.heappop(self.events)
            self.now = event.time
            if isinstance(event.action, Machine):
                machine = event.action
                job = machine.release()
                if machine.waiting:
                    following = machine.waiting.pop(0)
                    machine.accept(following)
                    self.later(machine.duration(following), machine, following)
                if not job.done:
                    self.arrive(job)
            else:
                event.action(event.job)
        return self.now


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def scaled(self, factor):
        return Vector(self.x * factor, self.y * factor)


for _ in range(3):
    plant = Plant([Machine("saw", 2), SlowMachine("drill", 3), Machine("paint", 1)])
    for n in range(3000):
        plant.later(n * 2, plant.arrive, Job(("saw", "drill", "paint", "saw")[n % 2:]))
    plant.run()
total = Vector(0.0, 0.0)
for n in range(30000):
    total = total + Vector(n, 1.0).scaled(0.5)
    if total == Vector(-1, 0):
        break
