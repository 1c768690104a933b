/* hashlib_types.h -- what the files of the module _hashlib share: its state, digests by name, hash and HMAC objects.
 *
 * An object's OpenSSL context is guarded by the object's mutex, in both modes, for a thread that hashes a long piece
 * does so detached, holding it. Nothing is called with the mutex held that may run Python.
 */
#ifndef HD_HASHLIB_TYPES_H
#define HD_HASHLIB_TYPES_H

#include <openssl/evp.h>

#include "hash_common.h"
#include "heddle/module.h"
#include "mutex.h"

enum { HD_HASHLIB_NAMES = 16 };

typedef struct HdHashlibState {
    HdValue unsupported;                   /* UnsupportedDigestmodError */
    HdValue constructors;                  /* mappingproxy: function -> name */
    EVP_MD *digests[2][HD_HASHLIB_NAMES]; /* atomic; fetched once: [usedforsecurity][row of the table of names] */
} HdHashlibState;

/* Raises the newest error of OpenSSL's queue as `type`, and empties the queue. */
HD_COLD HdValue hd_hashlib_raise(HdThread *t, HdType *type);
/* The digest of a name, as Python or OpenSSL spells it; counted, for EVP_MD_free. NULL = ValueError. */
EVP_MD *hd_hashlib_digest(HdThread *t, HdValue module, const char *name, bool for_security) HD_CHECK;
/* The digest of a digestmod argument: a name or one of the module's functions. NULL = UnsupportedDigestmodError. */
EVP_MD *hd_hashlib_digest_by_mod(HdThread *t, HdValue module, HdValue digestmod) HD_CHECK;
/* Python's name of a digest; lives as long as the digest. */
const char *hd_hashlib_name(const EVP_MD *digest);
/* A hash object that has been given `data` (HD_NULL: nothing). */
HdValue hd_hashlib_hash_new(HdThread *t, const EVP_MD *digest, HdValue data) HD_CHECK;
extern HdType hd_hashlib_hash_type, hd_hashlib_xof_type, hd_hashlib_hmac_type;

HdValue hd_hashlib_hmac_new(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
HdValue hd_hashlib_hmac_digest(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
HdValue hd_hashlib_pbkdf2(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
HdValue hd_hashlib_scrypt(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;
HdValue hd_hashlib_compare_digest(HdThread *t, HdValue module, const HdValue *args) HD_CHECK;

#endif
