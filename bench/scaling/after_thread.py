"""Runs the program PATH in a process that had a second thread, so that objects are locked: `after_thread.py PATH`."""
import _thread
import sys

ended = _thread.allocate_lock()
ended.acquire()
_thread.start_new_thread(ended.release, ())
ended.acquire()
del sys.argv[0]
with open(sys.argv[0]) as file:
    exec(compile(file.read(), sys.argv[0], "exec"), {"__name__": "__main__"})
