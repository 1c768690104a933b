# Powers of ints: plain, negative, modular, inverse; and what they refuse.
for a in [0, 1, -1, 2, -2, 3, 10, -10, 2**61, -(2**64), 12345678901234567890]:
    for b in [0, 1, 2, 3, 5, 10, 17, 60, 61, 64]:
        print(pow(a, b) % (10**9 + 7), end=' ')
    print()
print(2 ** -1, (-2) ** -3, 10 ** -2, 1 ** -5)
for a in [0, 2, 3, -3, 10**20, -(10**20) + 1]:
    for b in [0, 1, 2, 5, 100, 10**18, 2**100 + 1]:
        for m in [1, -1, 2, 3, 7, -7, 10**9 + 7, 2**64, 2**64 + 13, -(2**70), 10**40, 3**100]:
            print(pow(a, b, m), end=' ')
    print()
for a, m in [(3, 7), (10, 17), (2, 2**61 - 1), (12345, 10**30 + 57), (-3, 7), (3, -7)]:
    print(pow(a, -1, m), pow(a, -5, m))
for args in [(0, -1), (2, -1, 4), (2, 3, 0), (2, 3, 4.0), (2, 'a'), (2, 'a', 3), ('a', 2), (2.0, 2, 3), (0, -1, 1)]:
    try:
        print(pow(*args))
    except Exception as e:
        print(type(e).__name__, e)
print(pow(base=2, exp=10), pow(2, exp=10, mod=1000))
print((1).__pow__(2, 3.0), (2).__rpow__(3), int.__pow__(2, 5, 7))
