# hashlib: digests of all kinds, copies, HMAC, keys from passwords, what is wrong.
import hashlib
import hmac
import _hashlib
import _sha512

data = bytes(range(256)) * 20
for name in ("md5", "sha1", "sha224", "sha256", "sha384", "sha512", "sha3_224", "sha3_256", "sha3_384", "sha3_512",
             "blake2b", "blake2s", "sm3", "sha512_256", "ripemd160"):
    h = hashlib.new(name, data[:100])
    copy = h.copy()
    h.update(data[100:])
    print(h.name, h.digest_size, h.block_size, h.hexdigest(), copy.digest() == hashlib.new(name, data[:100]).digest())
for name in ("shake_128", "shake_256"):
    h = hashlib.new(name, data)
    print(h.name, h.digest_size, h.block_size, h.hexdigest(20), h.digest(0), len(h.digest(3000)))
for size in (0, 1, 111, 112, 127, 128, 129, 5000):
    piece = data[:size]
    print(size, _sha512.sha512(piece).digest() == hashlib.sha512(piece).digest(),
          _sha512.sha384(piece).digest() == hashlib.sha384(piece).digest(), hashlib.blake2s(piece).hexdigest()[:16],
          hashlib.blake2b(piece).hexdigest()[:16])
print(hashlib.blake2b(data, digest_size=20, key=b"key", salt=b"salt", person=b"me").hexdigest())
print(hashlib.blake2s(data, fanout=2, depth=2, leaf_size=4096, node_offset=1, node_depth=1, inner_size=32,
                      last_node=True).hexdigest())
print(hashlib.blake2b.MAX_KEY_SIZE, hashlib.blake2s.SALT_SIZE)

h = hmac.new(b"key", b"message", "sha256")
print(h.name, h.digest_size, h.block_size, h.hexdigest(), h.copy().digest() == h.digest())
print(hmac.digest(b"key", b"message", hashlib.md5).hex(), hmac.new(b"", b"", hashlib.sha1).hexdigest())
print(hmac.compare_digest("a", "a"), hmac.compare_digest(b"a", bytearray(b"b")))
print(hashlib.pbkdf2_hmac("sha256", b"password", b"salt", 10, 20).hex())
print(hashlib.scrypt(b"password", salt=b"salt", n=16, r=8, p=1, dklen=16).hex())


def attempt(function, *args, **kwargs):
    try:
        print(function(*args, **kwargs))
    except Exception as error:
        print(type(error).__qualname__, error)


attempt(hashlib.new, "nothing")
attempt(hashlib.md5, "text")
attempt(hashlib.md5, 1)
attempt(hashlib.md5().update, None)
attempt(type(hashlib.md5()))
attempt(_hashlib.hmac_new, b"key", b"", None)
attempt(_hashlib.hmac_new, b"key", digestmod=len)
attempt(_hashlib.hmac_new, b"key")
attempt(hashlib.pbkdf2_hmac, "sha1", b"", b"", 0)
attempt(hashlib.pbkdf2_hmac, "sha1", b"", b"", 1, 0)
attempt(hashlib.scrypt, b"", salt=b"", n=3, r=8, p=1)
attempt(hashlib.scrypt, b"")
attempt(hmac.compare_digest, "é", "é")
attempt(hmac.compare_digest, 1, 2)
attempt(hashlib.blake2b, digest_size=65)
attempt(hashlib.blake2b, key=bytes(65))
attempt(hashlib.blake2s, leaf_size=-1)
attempt(hashlib.blake2s, node_offset=1 << 48)
