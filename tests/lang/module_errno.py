# The module errno.
import errno

print(sorted((k, v) for k, v in vars(errno).items() if k[0] == "E"))
print(sorted(errno.errorcode.items()))
try:
    open("/no/such/file")
except OSError as e:
    print(errno.errorcode[e.errno], e.errno == errno.ENOENT)
