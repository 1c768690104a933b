# The limit on decimal digits of long ints spares powers of two as bases and can be moved.
import sys
print(sys.get_int_max_str_digits())
def attempt(f):
    try:
        return f()
    except ValueError as e:
        return e
print(attempt(lambda: len(str(10**4299))), attempt(lambda: len(str(10**4300))))
print(attempt(lambda: int('1' * 4300) % 97), attempt(lambda: int('1' * 4301)))
print(attempt(lambda: len(hex(1 << 100000))), attempt(lambda: int('f' * 20000, 16).bit_length()))
print(attempt(lambda: f'{10**5000}'), attempt(lambda: '%d' % 10**5000) and 'ok')
sys.set_int_max_str_digits(640)
print(attempt(lambda: len(str(10**640))), attempt(lambda: len(str(10**639))))
sys.set_int_max_str_digits(0)
print(len(str(3**30000)), str(3**30000)[:50], int('7' * 30000) % 1000003)
print(attempt(lambda: sys.set_int_max_str_digits(100)))
