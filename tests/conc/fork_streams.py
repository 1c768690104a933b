# A child forked while another thread is inside sys.stdout can print: what the parent's thread held is nobody's there.
# (CPython's child may wait for ever.)
# test: timeout=60
import os
import sys
import threading

reader, writer = os.pipe()
kept = os.dup(1)
os.dup2(writer, 1)
started = threading.Event()


def fill():
    started.set()
    sys.stdout.write("x" * (1 << 20))  # more than a pipe holds: stays inside until somebody reads
    sys.stdout.flush()


thread = threading.Thread(target=fill)
thread.start()
started.wait()
first = os.read(reader, 1)  # now it is in the write
pid = os.fork()
if pid == 0:
    os.dup2(kept, 1)
    print("child prints")
    sys.stdout.flush()
    os._exit(0)
status = os.waitpid(pid, 0)[1]
count = len(first)
while count < 1 << 20:
    count += len(os.read(reader, 1 << 20))
thread.join()
os.dup2(kept, 1)
print("child ended with", status, "bytes", count)
# Heddle prints:
# child prints
# child ended with 0 bytes 1048576
