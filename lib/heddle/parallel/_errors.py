"""What can go wrong with a worker."""
from concurrent.futures import BrokenExecutor, TimeoutError


class WorkerLost(BrokenExecutor):
    """The worker process that ran the task was killed, or ended, before there was a result."""


class TaskTimeout(WorkerLost, TimeoutError):
    """The task took longer than the pool allows; its worker process was killed."""
