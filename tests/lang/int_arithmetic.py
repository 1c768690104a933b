# Operators of int across word boundaries, with every combination of signs; floor division and modulo agree.
edges = [0, 1, 2, 3, 7, 10, 2**30, 2**59, 2**60 - 1, 2**60, 2**60 + 1, 2**61, 2**63 - 1, 2**63, 2**64 - 1, 2**64,
         2**127 - 1, 2**128 + 3, 10**30, 3**200]
values = edges + [-n for n in edges if n]
for a in values:
    for b in values:
        row = [a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a <= b, a == b, a != b, a > b, a >= b]
        if b:
            row += [a // b, a % b, divmod(a, b)]
            assert a // b * b + a % b == a
            try:
                row.append(a / b)
            except OverflowError as e:
                row.append(e)
        print(hash(tuple(row)), row[0] % 1000003, row[2] % 1000003)
for a in values:
    print(-a, +a, ~a, abs(a), bool(a), a.bit_length(), a.bit_count(), hash(a))
    for n in [0, 1, 5, 59, 60, 61, 63, 64, 65, 127, 128, 300]:
        print((a << n) % 1000003, a >> n)
x = 10
x += 5; x -= 2; x *= 3; x //= 2; x %= 11; x <<= 70; x >>= 3; x |= 1; x &= ~2; x ^= 2**65; x **= 2
print(x)
