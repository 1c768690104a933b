# The text of an SSLError does not end in a line number of CPython's _ssl.c: "(_ssl)" in its place. Where a reason has a text
# that OpenSSL did not make from the reason's name, `reason` is made from the text. Programs look at `reason`,
# `library` and `verify_code`.
import ssl

client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
try:
    client.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname="localhost").do_handshake()
except ssl.SSLError as error:
    print(error)
try:
    client.load_dh_params("/dev/null")
except ssl.SSLError as error:
    print(error, error.library, error.reason)

# CPython prints:
# The operation did not complete (read) (_ssl.c:992)
# [PEM: NO_START_LINE] no start line (_ssl.c:4174) PEM NO_START_LINE
# Heddle prints:
# The operation did not complete (read) (_ssl)
# [PEM: NO_START_LINE] no start line (_ssl) PEM NO_START_LINE
