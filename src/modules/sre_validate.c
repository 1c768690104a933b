/* sre_validate.c -- checks code words before the matcher runs them: every operator whole, every skip inside its part,
 * every group number in range. The walk recurses by nesting, bounded so that no code can exhaust the stack. */
#include "sre_codes.h"
#include "sre_engine.h"

enum { DEEPEST = 5000 };

static bool check_set(const uint32_t *at, const uint32_t *end) {
    while (at < end) {
        size_t left = (size_t)(end - at);
        switch (*at) {
        case SRE_FAILURE: return left == 1;
        case SRE_NEGATE: at++; break;
        case SRE_LITERAL:
            if (left < 2) return false;
            at += 2;
            break;
        case SRE_RANGE:
        case SRE_RANGE_UNI_IGNORE:
            if (left < 3) return false;
            at += 3;
            break;
        case SRE_CHARSET:
            if (left < 9) return false;
            at += 9;
            break;
        case SRE_BIGCHARSET: {
            if (left < 2 + 64) return false;
            uint32_t blocks = at[1];
            if (blocks > 256 || left < 2 + 64 + (size_t)blocks * 8) return false;
            const uint8_t *map = (const uint8_t *)(at + 2);
            for (int i = 0; i < 256; i++)
                if (map[i] >= blocks) return false;
            at += 2 + 64 + (size_t)blocks * 8;
            break;
        }
        case SRE_CATEGORY:
            if (left < 2 || at[1] > SRE_CATEGORY_UNI_NOT_LINEBREAK) return false;
            at += 2;
            break;
        default: return false;
        }
    }
    return false; /* no FAILURE at the end */
}

/* The end of what the skip word at `at` spans; NULL when it leaves the part. */
static const uint32_t *span(const uint32_t *at, const uint32_t *end) {
    if (at >= end || *at == 0 || *at > (size_t)(end - at)) return NULL;
    return at + *at;
}

static bool is_single(uint32_t op) {
    switch (op) {
    case SRE_ANY: case SRE_ANY_ALL: case SRE_CATEGORY: case SRE_LITERAL: case SRE_NOT_LITERAL: case SRE_LITERAL_IGNORE:
    case SRE_NOT_LITERAL_IGNORE: case SRE_LITERAL_UNI_IGNORE: case SRE_NOT_LITERAL_UNI_IGNORE:
    case SRE_LITERAL_LOC_IGNORE: case SRE_NOT_LITERAL_LOC_IGNORE: case SRE_IN: case SRE_IN_IGNORE:
    case SRE_IN_UNI_IGNORE: case SRE_IN_LOC_IGNORE: return true;
    default: return false;
    }
}

static bool check_info(const uint32_t *at, const uint32_t *end) { /* at: the skip word */
    size_t left = (size_t)(end - at);
    if (left < 4 || at[1] & ~7u || ((at[1] & SRE_INFO_PREFIX) && (at[1] & SRE_INFO_CHARSET))) return false;
    if ((at[1] & SRE_INFO_LITERAL) && !(at[1] & SRE_INFO_PREFIX)) return false;
    if (at[1] & SRE_INFO_PREFIX) {
        if (left < 6) return false;
        size_t length = at[4], skip = at[5];
        if (length == 0 || skip > length || left != 6 + 2 * length) return false;
        const uint32_t *overlap = at + 6 + length;
        for (size_t i = 0; i < length; i++)
            if (overlap[i] > i) return false;
        return true;
    }
    if (at[1] & SRE_INFO_CHARSET) return check_set(at + 4, end);
    return left == 4;
}

static bool check(const uint32_t *at, const uint32_t *end, unsigned groups, int depth);

static bool check_branch(const uint32_t **place, const uint32_t *end, unsigned groups, int depth) {
    const uint32_t *at = *place, *target = NULL;
    for (;;) {
        if (at >= end) return false;
        if (*at == 0) break;
        const uint32_t *stop = span(at, end);
        if (!stop || stop - at < 3 || stop[-2] != SRE_JUMP) return false;
        const uint32_t *jump = span(stop - 1, end);
        if (!jump || (target && jump != target)) return false;
        target = jump;
        if (!check(at + 1, stop - 2, groups, depth)) return false;
        at = stop;
    }
    at++;
    if (target && target != at) return false;
    *place = at;
    return true;
}

/* A repeat's three words, then the item up to `stop`. */
static bool check_repeat(const uint32_t *at, const uint32_t **stop, const uint32_t *end, bool one, unsigned groups,
                         int depth) {
    *stop = span(at, end);
    if (!*stop || *stop - at < 4 || at[1] > at[2]) return false;
    if (!one) return true;
    if ((*stop)[-1] != SRE_SUCCESS || !is_single(at[3])) return false;
    return check(at + 3, *stop - 1, groups, depth);
}

static bool check(const uint32_t *at, const uint32_t *end, unsigned groups, int depth) {
    if (depth > DEEPEST) return false;
    depth++;
    while (at < end) {
        uint32_t op = *at++;
        size_t left = (size_t)(end - at);
        const uint32_t *stop;
        switch (op) {
        case SRE_ANY: case SRE_ANY_ALL: case SRE_FAILURE: break;
        case SRE_MARK:
            if (left < 1 || at[0] >= 2 * (size_t)groups) return false;
            at++;
            break;
        case SRE_LITERAL: case SRE_NOT_LITERAL: case SRE_LITERAL_IGNORE: case SRE_NOT_LITERAL_IGNORE:
        case SRE_LITERAL_UNI_IGNORE: case SRE_NOT_LITERAL_UNI_IGNORE: case SRE_LITERAL_LOC_IGNORE:
        case SRE_NOT_LITERAL_LOC_IGNORE:
            if (left < 1) return false;
            at++;
            break;
        case SRE_AT:
            if (left < 1 || at[0] > SRE_AT_UNI_NON_BOUNDARY) return false;
            at++;
            break;
        case SRE_CATEGORY:
            if (left < 1 || at[0] > SRE_CATEGORY_UNI_NOT_LINEBREAK) return false;
            at++;
            break;
        case SRE_IN: case SRE_IN_IGNORE: case SRE_IN_UNI_IGNORE: case SRE_IN_LOC_IGNORE:
            stop = span(at, end);
            if (!stop || !check_set(at + 1, stop)) return false;
            at = stop;
            break;
        case SRE_INFO:
            stop = span(at, end);
            if (!stop || !check_info(at, stop)) return false;
            at = stop;
            break;
        case SRE_BRANCH:
            if (!check_branch(&at, end, groups, depth)) return false;
            break;
        case SRE_REPEAT_ONE: case SRE_MIN_REPEAT_ONE: case SRE_POSSESSIVE_REPEAT_ONE:
            if (!check_repeat(at, &stop, end, true, groups, depth)) return false;
            at = stop;
            break;
        case SRE_REPEAT:
            if (!check_repeat(at, &stop, end, false, groups, depth)) return false;
            if (stop >= end || (*stop != SRE_MAX_UNTIL && *stop != SRE_MIN_UNTIL)) return false;
            if (!check(at + 3, stop, groups, depth)) return false;
            at = stop + 1;
            break;
        case SRE_POSSESSIVE_REPEAT:
            if (!check_repeat(at, &stop, end, false, groups, depth)) return false;
            /* re emits the item's SUCCESS behind the span, where the tail begins */
            if (stop >= end || *stop != SRE_SUCCESS || !check(at + 3, stop, groups, depth)) return false;
            at = stop + 1;
            break;
        case SRE_ATOMIC_GROUP:
            stop = span(at, end);
            if (!stop || stop - at < 2 || stop[-1] != SRE_SUCCESS || !check(at + 1, stop - 1, groups, depth)) return false;
            at = stop;
            break;
        case SRE_ASSERT: case SRE_ASSERT_NOT:
            stop = span(at, end);
            if (!stop || stop - at < 3 || stop[-1] != SRE_SUCCESS || at[1] & 0x80000000u) return false;
            if (!check(at + 2, stop - 1, groups, depth)) return false;
            at = stop;
            break;
        case SRE_GROUPREF: case SRE_GROUPREF_IGNORE: case SRE_GROUPREF_UNI_IGNORE: case SRE_GROUPREF_LOC_IGNORE:
            if (left < 1 || at[0] >= groups) return false;
            at++;
            break;
        case SRE_GROUPREF_EXISTS: {
            if (left < 2 || at[0] >= groups) return false;
            at++;
            if (at[0] < 2 || at[0] - 1 > (size_t)(end - at)) return false;
            stop = at + at[0] - 1; /* this skip alone counts from the word before it */
            /* With an else part, the yes part ends in a jump over it: <group> <skip> yes JUMP <skip> no. */
            if (stop - at >= 3 && stop[-2] == SRE_JUMP) {
                const uint32_t *over = span(stop - 1, end);
                if (over && check(at + 1, stop - 2, groups, depth)) {
                    if (!check(stop, over, groups, depth)) return false;
                    at = over;
                    break;
                }
            }
            if (!check(at + 1, stop, groups, depth)) return false;
            at = stop;
            break;
        }
        default: return false;
        }
    }
    return at == end;
}

bool hd_sre_validate(const uint32_t *code, size_t size, unsigned groups) {
    if (groups > HD_SRE_MAXGROUPS || size == 0 || code[size - 1] != SRE_SUCCESS) return false;
    return check(code, code + size - 1, groups, 0);
}
