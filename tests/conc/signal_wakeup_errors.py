# A wakeup descriptor that cannot be written to: what is told on stderr, when, and that handlers run all the same.
import io
import os
import signal
import socket
import sys

signal.signal(signal.SIGALRM, lambda number, frame: print("handled", number))


def ring():
    """A signal; what came to stderr, less the place where the signal arrived."""
    sys.stderr = told = io.StringIO()
    signal.raise_signal(signal.SIGALRM)
    sys.stderr = sys.__stderr__
    print(*[line for line in told.getvalue().splitlines() if not line.startswith(" ")], sep="\n")


def hook(unraisable):
    print("hook", type(unraisable.exc_value).__name__, unraisable.err_msg, unraisable.object)


reader, writer = os.pipe()
os.set_blocking(reader, False)
signal.set_wakeup_fd(reader)
ring()
sys.unraisablehook = hook
ring()
sys.unraisablehook = sys.__unraisablehook__

left, right = socket.socketpair()
left.setblocking(False)
try:
    while True:
        left.send(b"x" * 65536)
except BlockingIOError:
    pass
for options in ({}, {"warn_on_full_buffer": True}, {"warn_on_full_buffer": False}, {}):
    print(options)
    signal.set_wakeup_fd(left.fileno(), **options)
    ring()
left.close()
right.close()
ring()
