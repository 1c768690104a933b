# _stat: constants, tests of the kind of file, text of modes, errors.
import _stat, stat

print([(n, v) for n, v in sorted(vars(_stat).items()) if isinstance(v, int)])
modes = [0o100644, 0o40755, 0o120777, 0o60660, 0o20666, 0o10600, 0o140777, 0o7777, 0o107000, 0o104755, 0, 0o101777, 1 << 31]
for mode in modes:
    print(oct(mode), stat.filemode(mode), _stat.S_IMODE(mode), _stat.S_IFMT(mode),
          [n for n in sorted(dir(_stat)) if n.startswith("S_IS") and callable(getattr(_stat, n)) and getattr(_stat, n)(mode)])
for wrong in (-1, 1 << 40, 1 << 70, -(1 << 70), "a", 1.5, None):
    for function in (_stat.S_ISREG, _stat.filemode, _stat.S_IMODE):
        try:
            print(function(wrong))
        except Exception as e:
            print(type(e).__name__, e)
