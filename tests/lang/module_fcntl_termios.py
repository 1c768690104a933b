# The modules fcntl and termios: locks, descriptors' flags, ioctl into buffers, attributes of a terminal.
import array
import fcntl
import os
import termios


def attempt(function, *args):
    try:
        result = function(*args)
    except BaseException as e:
        result = type(e).__name__ + ": " + str(e)
    print(function.__name__, result)


fd = os.open("file", os.O_RDWR | os.O_CREAT)
for args in ((fd, fcntl.F_GETFD), (99, 1), (-1, 1), ("a", 1), (fd, 1, "abc"), (fd, 1, b"x" * 2000), (fd, "a"), (fd, 1, 1.0),
             (fd, fcntl.F_GETLK, b"\0" * 32), (fd, fcntl.F_GETFD, b"abc")):
    attempt(fcntl.fcntl, *args)
r, w = os.pipe()
os.write(w, b"abc")
numbers, few, many = array.array("i", [0]), bytearray(4), bytearray(2000)
for args in ((fd, termios.TIOCGWINSZ, b"\0" * 8), (r, termios.FIONREAD, b"\0" * 4), (r, termios.FIONREAD, numbers),
             (r, termios.FIONREAD, few, False), (r, termios.FIONREAD, few), (r, termios.FIONREAD, b"x" * 1025),
             (r, termios.FIONREAD, "\0\0\0\0"), (r, termios.FIONREAD, 1.0), (99, 1), (r, termios.FIONREAD, many, False),
             (r, termios.FIONREAD, many)):
    attempt(fcntl.ioctl, *args)
print(numbers, few, many[:4])
for args in ((fd, fcntl.LOCK_EX), (fd, fcntl.LOCK_UN), (99, fcntl.LOCK_EX)):
    attempt(fcntl.flock, *args)
    attempt(fcntl.lockf, *args)
attempt(fcntl.lockf, fd, 0)
attempt(fcntl.lockf, fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, 2, 0)
attempt(fcntl.lockf, fd, fcntl.LOCK_SH, "a")

attempt(termios.tcgetattr, fd)
attempt(termios.tcgetattr, "a")
master, slave = os.openpty()
mode = termios.tcgetattr(slave)
print(len(mode), [type(x).__name__ for x in mode], len(mode[6]), mode[6][termios.VMIN])
mode[3] &= ~termios.ICANON
attempt(termios.tcsetattr, slave, termios.TCSANOW, mode)
mode = termios.tcgetattr(slave)
print(mode[6][termios.VMIN], mode[6][termios.VTIME])
mode[6][termios.VMIN], mode[6][termios.VTIME] = 3, b"\x05"
attempt(termios.tcsetattr, slave, termios.TCSANOW, mode)
print(termios.tcgetattr(slave)[6][:8])
for wrong in (mode[:6], 5, mode[:6] + [mode[6][:3]], mode[:6] + [["x"] * 32], ["a"] + mode[1:], [2**70] + mode[1:]):
    attempt(termios.tcsetattr, slave, termios.TCSANOW, wrong)
attempt(termios.tcsetattr, slave, 99, mode)
attempt(termios.tcflush, slave, termios.TCIFLUSH)
attempt(termios.tcflow, slave, termios.TCOON)
attempt(termios.tcdrain, slave)
attempt(termios.tcgetwinsize, slave)
for size in ((10, 20), (10,), 5, (10, 2**20), ("a", 1), (-1, 1)):
    attempt(termios.tcsetwinsize, slave, size)
attempt(termios.tcgetwinsize, slave)
print(os.get_terminal_size(slave), os.isatty(slave), os.ttyname(slave).startswith("/dev/pts"))
