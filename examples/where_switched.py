"""Between which bytecodes a thread loses the GIL.

Two threads count while a third looks, every half millisecond, at which bytecode each of them did last. A thread that
does not hold the GIL stands still between two bytecodes, so what is seen is where it was made to stop.
"""
import dis
import sys
import threading
import time

LOOKS = 800
counter = 0
stop = False


def increment():
    global counter
    while not stop:
        for _ in range(10_000):
            counter += 1


def measure():
    global stop
    stop = False
    threads = [threading.Thread(target=increment) for _ in range(2)]
    for thread in threads:
        thread.start()
    # The loop's bytecodes, from the inner FOR_ITER to the jump back to it.
    listing = list(dis.get_instructions(increment))
    first = next(i for i, op in enumerate(listing) if op.opname == "FOR_ITER")
    last = next(i for i, op in enumerate(listing) if op.opname == "JUMP_BACKWARD")
    seen = {op.offset: 0 for op in listing[first:last + 1]}
    for _ in range(LOOKS // 2):
        time.sleep(0.0005)
        frames = sys._current_frames()
        for thread in threads:
            frame = frames.get(thread.ident)
            if frame is not None and frame.f_code is increment.__code__ and frame.f_lasti in seen:
                seen[frame.f_lasti] += 1
    stop = True
    for thread in threads:
        thread.join()
    return {f"{op.opname} {op.argrepr}".strip(): seen[op.offset] for op in listing if op.offset in seen}


if __name__ == "__main__":
    for name, value in measure().items():
        print(name, value)
