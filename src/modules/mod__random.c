/* mod__random.c -- the module _random: the Mersenne Twister MT19937 as Python shows it, bit for bit.
 *
 * Source: Makoto Matsumoto, Takuji Nishimura, "Mersenne Twister: A 623-dimensionally equidistributed uniform
 * pseudo-random number generator" (1998), with the array seeding of 2002. A generator's state is guarded by its
 * object's lock; seeding from an arbitrary object hashes it first, outside the lock.
 */
#include <errno.h>
#include <sys/random.h>

#include <heddle/module.h>

#include "int_internal.h"
#include "mutex.h"

enum { WORDS = 624, MIDDLE = 397 };

typedef struct Random {
    HdObject head;
    uint32_t index; /* next word; WORDS: make new ones */
    uint32_t state[WORDS];
} Random;

/* --- the generator; callers hold the lock --- */

static uint32_t next_word(Random *r) {
    if (r->index >= WORDS) {
        uint32_t *s = r->state;
        for (int k = 0; k < WORDS; k++) {
            uint32_t y = (s[k] & 0x80000000u) | (s[(k + 1) % WORDS] & 0x7fffffffu);
            s[k] = s[(k + MIDDLE) % WORDS] ^ (y >> 1) ^ (y & 1 ? 0x9908b0dfu : 0);
        }
        r->index = 0;
    }
    uint32_t y = r->state[r->index++];
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c5680u;
    y ^= (y << 15) & 0xefc60000u;
    return y ^ (y >> 18);
}

static void seed_word(Random *r, uint32_t seed) {
    r->state[0] = seed;
    for (uint32_t i = 1; i < WORDS; i++) {
        r->state[i] = 1812433253u * (r->state[i - 1] ^ (r->state[i - 1] >> 30)) + i;
    }
    r->index = WORDS;
}

static void seed_array(Random *r, const uint32_t *key, size_t length) {
    uint32_t *s = r->state;
    seed_word(r, 19650218u);
    size_t i = 1, j = 0;
    for (size_t k = length > WORDS ? length : WORDS; k > 0; k--) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1664525u)) + key[j] + (uint32_t)j;
        if (++i >= WORDS) {
            s[0] = s[WORDS - 1];
            i = 1;
        }
        if (++j >= length) j = 0;
    }
    for (size_t k = WORDS - 1; k > 0; k--) {
        s[i] = (s[i] ^ ((s[i - 1] ^ (s[i - 1] >> 30)) * 1566083941u)) - (uint32_t)i;
        if (++i >= WORDS) {
            s[0] = s[WORDS - 1];
            i = 1;
        }
    }
    s[0] = 0x80000000u;
}

/* --- seeding --- */

static void seed_locked(HdThread *t, Random *r, const uint32_t *key, size_t length) {
    hd_lock_object(t, &r->head);
    seed_array(r, key, length);
    hd_unlock_object(t, &r->head);
}

static int seed_from_system(HdThread *t, Random *r) {
    uint32_t key[WORDS];
    size_t have = 0;
    while (have < sizeof key) {
        ssize_t n = getrandom((char *)key + have, sizeof key - have, 0);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) {
            hd_raise_errno(t, errno, HD_NULL);
            return -1;
        }
        have += (size_t)n;
    }
    seed_locked(t, r, key, WORDS);
    return 0;
}

static int seed_from_int(HdThread *t, Random *r, HdValue number) {
    HdIntView x;
    hd_int_view(&x, number);
    size_t length = x.size ? (size_t)(hd_int_bits(x.limbs, x.size) + 31) / 32 : 1;
    uint32_t *key = hd_heap_raw_zeroed(t, length * sizeof *key);
    if (!key) {
        hd_raise_no_memory(t);
        return -1;
    }
    for (size_t i = 0; i < length && x.size; i++) key[i] = (uint32_t)(x.limbs[i / 2] >> (i % 2 * 32));
    seed_locked(t, r, key, length);
    hd_heap_raw_free(t, key, length * sizeof *key);
    return 0;
}

HD_CHECK static int seed_from(HdThread *t, Random *r, HdValue seed) {
    if (hd_is_null(seed) || hd_is_none(seed)) return seed_from_system(t, r);
    if (hd_is_exact_int(seed)) return seed_from_int(t, r, seed);
    HdValue number;
    if (hd_is_int(seed)) { /* a subclass may say what its absolute value is */
        number = hd_number_absolute(t, seed);
    } else {
        int64_t hash = hd_object_hash(t, seed);
        if (hash == -1) return -1;
        number = hd_int_from_u64(t, (uint64_t)hash);
    }
    if (hd_is_null(number)) return -1;
    int status = hd_is_int(number) ? seed_from_int(t, r, number)
                                   : hd_raise_int(t, &hd_TypeError, "__abs__ returned non-int (type %T)", number);
    hd_release(t, number);
    return status;
}

/* --- methods --- */

static HdValue random_random(HdThread *t, HdValue self, const HdValue *args) {
    Random *r = HD_AS(Random, self);
    hd_lock_object(t, &r->head);
    uint32_t a = next_word(r) >> 5, b = next_word(r) >> 6;
    hd_unlock_object(t, &r->head);
    return hd_float_new(t, (a * 67108864.0 + b) * (1.0 / 9007199254740992.0));
}

static HdValue random_seed(HdThread *t, HdValue self, const HdValue *args) {
    return seed_from(t, HD_AS(Random, self), args[0]) < 0 ? HD_NULL : hd_None;
}

static HdValue random_getrandbits(HdThread *t, HdValue self, const HdValue *args) {
    Random *r = HD_AS(Random, self);
    int bits = hd_number_as_int(t, args[0]);
    if (bits == -1 && hd_raised(t)) return HD_NULL;
    if (bits < 0) return hd_raise(t, &hd_ValueError, "number of bits must be non-negative");
    if (bits == 0) return hd_imm_int(0);
    HdIntResult result;
    HdSize words = ((HdSize)bits + 31) / 32, limbs = (words + 1) / 2;
    if (hd_int_result_begin(t, &result, limbs) < 0) return HD_NULL;
    hd_lock_object(t, &r->head);
    for (HdSize i = 0; i < words; i++, bits -= 32) {
        mp_limb_t word = next_word(r);
        if (bits < 32) word >>= 32 - bits;
        if (i % 2 == 0) result.limbs[i / 2] = word;
        else result.limbs[i / 2] |= word << 32;
    }
    hd_unlock_object(t, &r->head);
    return hd_int_result_finish(t, &result, limbs, false);
}

static HdValue random_getstate(HdThread *t, HdValue self, const HdValue *args) {
    Random *r = HD_AS(Random, self);
    HdValue tuple = hd_tuple_new(t, WORDS + 1);
    if (hd_is_null(tuple)) return HD_NULL;
    hd_lock_object(t, &r->head);
    for (int i = 0; i < WORDS; i++) hd_tuple_put_steal(tuple, i, hd_imm_int(r->state[i]));
    hd_tuple_put_steal(tuple, WORDS, hd_imm_int(r->index));
    hd_unlock_object(t, &r->head);
    return tuple;
}

static HdValue random_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Random *r = HD_AS(Random, self);
    uint32_t words[WORDS];
    if (!hd_is_tuple(args[0])) return hd_raise(t, &hd_TypeError, "state vector must be a tuple");
    if (hd_tuple_length(args[0]) != WORDS + 1) return hd_raise(t, &hd_ValueError, "state vector is the wrong size");
    for (int i = 0; i < WORDS; i++) {
        HdValue item = hd_tuple_at_borrowed(args[0], i);
        if (!hd_is_int(item)) return hd_raise(t, &hd_TypeError, "an integer is required");
        uint64_t word = hd_number_as_u64(t, item);
        if (word == (uint64_t)-1 && hd_raised(t)) return HD_NULL;
        words[i] = (uint32_t)word;
    }
    int64_t index = hd_number_as_i64(t, hd_tuple_at_borrowed(args[0], WORDS));
    if (index == -1 && hd_raised(t)) return HD_NULL;
    if (index < 0 || index > WORDS) return hd_raise(t, &hd_ValueError, "invalid state");
    hd_lock_object(t, &r->head);
    memcpy(r->state, words, sizeof words);
    r->index = (uint32_t)index;
    hd_unlock_object(t, &r->head);
    return hd_None;
}

static const HdMethodDef random_methods[] = {
    HD_METHOD(random_random, "random($self, /)", "random() -> x in the interval [0, 1)."),
    HD_METHOD(random_seed, "seed($self, n=None, /)",
              "Sets the generator's state from n, an int or the hash of anything else; None: from the system."),
    HD_METHOD(random_getstate, "getstate($self, /)", "A tuple with the generator's state."),
    HD_METHOD(random_setstate, "setstate($self, state, /)", "Restores a state that getstate() gave."),
    HD_METHOD(random_getrandbits, "getrandbits($self, k, /)", "An int of k random bits."),
    HD_METHODS_END,
};

static HdValue random_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);

static HdType random_type = {
    HD_TYPE_HEAD("_random.Random"),
    .doc = "Random() -> a random number generator with its own state.",
    .basicsize = sizeof(Random),
    .flags = HD_TYPE_BASE,
    .create = random_create,
    .methods = random_methods,
};

static HdValue random_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (type == &random_type && hd_native_no_keywords(t, "Random", kwnames) < 0) return HD_NULL;
    if (nargs > 1) return hd_raise(t, &hd_TypeError, "Random() requires 0 or 1 argument");
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    if (seed_from(t, HD_AS(Random, self), nargs ? hd_ref_value(args[0]) : HD_NULL) < 0) {
        hd_release(t, self);
        return HD_NULL;
    }
    return self;
}

static int random_exec(HdThread *t, HdValue module) { return hd_module_add_type(t, module, &random_type); }

const HdModuleDef hd_module__random = {
    .name = "_random",
    .doc = "Module implements the Mersenne Twister random number generator.",
    .exec = random_exec,
};
