# s += x grows in place only where nobody else can see it.
def f():
    s = "a"
    t = s
    for i in range(5):
        s += str(i)
    u = s
    s += s
    s += "!"
    return s, t, u
for _ in range(20): r = f()
print(r)
