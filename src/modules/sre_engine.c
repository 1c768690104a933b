/* sre_engine.c -- see sre_engine.h. The machine itself is in sre_machine.inc, made once for each width of unit; the
 * validator is in sre_validate.c.
 *
 * One stack holds three sorts of entries, and a failure pops it:
 *   - choices: a place to go on from in another way;
 *   - undo records: the value a group mark had before; popping one restores it;
 *   - sub-patterns being matched (look-around, atomic group, possessive repeat): `frame` is the innermost one's place
 *     plus 1. When such a sub-pattern has matched, the choices made in it are cut out and the undo records stay.
 * The counters of a repeat are records that never change: each iteration makes a new one and choices remember theirs,
 * so going back needs no repair. They are freed by resetting `repeat_top` when a choice is popped.
 */
#include "sre_engine.h"

#include <ctype.h>
#include <stdlib.h>

#include "search.h"
#include "sre_codes.h"
#include "unicode.h"

enum {
    UNDO_MARK,
    CHOICE_RESUME, /* go on at pc */
    CHOICE_BRANCH, /* pc: the skip word of the next alternative */
    CHOICE_FEWER,  /* greedy one-unit repeat: pc is the tail, ptr may go back to limit */
    CHOICE_MORE,   /* lazy one-unit repeat: pc is its operator, count items are taken */
    SUB_ASSERT,
    SUB_ASSERT_NOT,
    SUB_ATOMIC,
    SUB_POSSESSIVE,
};

struct HdSreEntry {
    uint32_t kind;
    uint32_t repeat; /* UNDO_MARK: the mark */
    uint32_t repeat_top, frame;
    const uint32_t *pc;
    const char *ptr; /* UNDO_MARK: its value */
    union {
        HdSize count; /* UNDO_MARK: lastindex */
        const char *limit;
    };
};

struct HdSreRepeat {
    const uint32_t *pc; /* the REPEAT */
    const char *last;   /* where the iteration before began */
    HdSize count;
    uint32_t previous; /* the repeat around this one */
};

HD_INLINE HdSreEntry *push(HdSre *s) {
    if (HD_UNLIKELY(s->used == s->room)) {
        size_t room = s->room ? s->room * 2 : 64;
        if (room > UINT32_MAX) return NULL;
        HdSreEntry *stack = realloc(s->stack, room * sizeof *stack);
        if (!stack) return NULL;
        s->stack = stack;
        s->room = room;
    }
    HdSreEntry *entry = &s->stack[s->used++];
    entry->limit = NULL;
    return entry;
}

static uint32_t new_repeat(HdSre *s, uint32_t *top) {
    if (*top >= s->repeats_room) {
        size_t room = s->repeats_room ? s->repeats_room * 2 : 32;
        if (room > UINT32_MAX) return 0;
        HdSreRepeat *repeats = realloc(s->repeats, room * sizeof *repeats);
        if (!repeats) return 0;
        s->repeats = repeats;
        s->repeats_room = room;
    }
    return (*top)++;
}

static uint32_t iterate(HdSre *s, uint32_t *top, const HdSreRepeat *now, HdSize count, const char *last) {
    uint32_t node = new_repeat(s, top);
    if (node) s->repeats[node] = (HdSreRepeat){.pc = now->pc, .previous = now->previous, .count = count, .last = last};
    return node;
}

/* Drops everything above and including entry `index`, putting marks back. */
static void undo_to(HdSre *s, uint32_t index) {
    while (s->used > index) {
        HdSreEntry *entry = &s->stack[--s->used];
        if (entry->kind != UNDO_MARK) continue;
        s->marks[entry->repeat] = entry->ptr;
        s->lastindex = (int)entry->count;
    }
}

/* Drops everything above and including entry `index` but the undo records. */
static void cut_to(HdSre *s, uint32_t index) {
    size_t kept = index;
    for (size_t i = index; i < s->used; i++)
        if (s->stack[i].kind == UNDO_MARK) s->stack[kept++] = s->stack[i];
    s->used = kept;
}

void hd_sre_free(HdSre *s) {
    free(s->stack);
    free(s->repeats);
    s->stack = NULL;
    s->repeats = NULL;
    s->used = s->room = s->repeats_room = 0;
}

static bool ascii_alnum(uint32_t c) { return c - '0' < 10 || (c | 32) - 'a' < 26; }
static bool ascii_space(uint32_t c) { return c == ' ' || c - '\t' < 5; }
static bool locale_alnum(uint32_t c) { return c < 256 && isalnum((int)c); }
static uint32_t locale_lower(uint32_t c) { return c < 256 ? (uint32_t)tolower((int)c) : c; }
static uint32_t locale_upper(uint32_t c) { return c < 256 ? (uint32_t)toupper((int)c) : c; }

uint32_t hd_sre_ascii_tolower(uint32_t c) { return c - 'A' < 26 ? c + 32 : c; }
uint32_t hd_sre_unicode_tolower(uint32_t c) { return c < 128 ? hd_sre_ascii_tolower(c) : hd_unicode_lower(c); }
bool hd_sre_ascii_iscased(uint32_t c) { return (c | 32) - 'a' < 26; }
bool hd_sre_unicode_iscased(uint32_t c) { return hd_unicode_lower(c) != c || hd_unicode_upper(c) != c; }

static bool in_category(uint32_t category, uint32_t c) {
    switch (category) {
    case SRE_CATEGORY_DIGIT: return c - '0' < 10;
    case SRE_CATEGORY_NOT_DIGIT: return c - '0' >= 10;
    case SRE_CATEGORY_SPACE: return ascii_space(c);
    case SRE_CATEGORY_NOT_SPACE: return !ascii_space(c);
    case SRE_CATEGORY_WORD: return ascii_alnum(c) || c == '_';
    case SRE_CATEGORY_NOT_WORD: return !(ascii_alnum(c) || c == '_');
    case SRE_CATEGORY_LINEBREAK: return c == '\n';
    case SRE_CATEGORY_NOT_LINEBREAK: return c != '\n';
    case SRE_CATEGORY_LOC_WORD: return locale_alnum(c) || c == '_';
    case SRE_CATEGORY_LOC_NOT_WORD: return !(locale_alnum(c) || c == '_');
    case SRE_CATEGORY_UNI_DIGIT: return c < 128 ? c - '0' < 10 : hd_unicode_is_decimal(c);
    case SRE_CATEGORY_UNI_NOT_DIGIT: return !(c < 128 ? c - '0' < 10 : hd_unicode_is_decimal(c));
    case SRE_CATEGORY_UNI_SPACE: return hd_unicode_is_space(c);
    case SRE_CATEGORY_UNI_NOT_SPACE: return !hd_unicode_is_space(c);
    case SRE_CATEGORY_UNI_WORD: return c < 128 ? ascii_alnum(c) || c == '_' : hd_unicode_is_alnum(c);
    case SRE_CATEGORY_UNI_NOT_WORD: return !(c < 128 ? ascii_alnum(c) || c == '_' : hd_unicode_is_alnum(c));
    case SRE_CATEGORY_UNI_LINEBREAK: return hd_unicode_is_line_break(c);
    case SRE_CATEGORY_UNI_NOT_LINEBREAK: return !hd_unicode_is_line_break(c);
    default: return false;
    }
}

/* Whether a set (its items, ended by FAILURE) holds c. */
static bool in_set(const uint32_t *set, uint32_t c) {
    bool found = true;
    for (;;) {
        switch (*set++) {
        case SRE_FAILURE: return !found;
        case SRE_LITERAL:
            if (c == set[0]) return found;
            set++;
            break;
        case SRE_CATEGORY:
            if (in_category(set[0], c)) return found;
            set++;
            break;
        case SRE_CHARSET:
            if (c < 256 && (set[c >> 5] >> (c & 31) & 1)) return found;
            set += 8;
            break;
        case SRE_RANGE:
            if (set[0] <= c && c <= set[1]) return found;
            set += 2;
            break;
        case SRE_RANGE_UNI_IGNORE: {
            if (set[0] <= c && c <= set[1]) return found;
            uint32_t upper = hd_unicode_upper(c);
            if (set[0] <= upper && upper <= set[1]) return found;
            set += 2;
            break;
        }
        case SRE_NEGATE: found = !found; break;
        case SRE_BIGCHARSET: {
            uint32_t blocks = *set++;
            if (c < 0x10000) {
                uint32_t block = ((const uint8_t *)set)[c >> 8];
                if (set[64 + block * 8 + ((c & 255) >> 5)] >> (c & 31) & 1) return found;
            }
            set += 64 + blocks * 8;
            break;
        }
        default: return false;
        }
    }
}

static bool literal_locale(uint32_t literal, uint32_t c) {
    return c == literal || locale_lower(c) == literal || locale_upper(c) == literal;
}

/* Whether the operator at pc, one that takes just one unit, takes c. */
static bool one_unit(const uint32_t *pc, uint32_t c) {
    switch (pc[0]) {
    case SRE_ANY: return c != '\n';
    case SRE_ANY_ALL: return true;
    case SRE_CATEGORY: return in_category(pc[1], c);
    case SRE_LITERAL: return c == pc[1];
    case SRE_NOT_LITERAL: return c != pc[1];
    case SRE_LITERAL_IGNORE: return hd_sre_ascii_tolower(c) == pc[1];
    case SRE_NOT_LITERAL_IGNORE: return hd_sre_ascii_tolower(c) != pc[1];
    case SRE_LITERAL_UNI_IGNORE: return hd_sre_unicode_tolower(c) == pc[1];
    case SRE_NOT_LITERAL_UNI_IGNORE: return hd_sre_unicode_tolower(c) != pc[1];
    case SRE_LITERAL_LOC_IGNORE: return literal_locale(pc[1], c);
    case SRE_NOT_LITERAL_LOC_IGNORE: return !literal_locale(pc[1], c);
    case SRE_IN: return in_set(pc + 2, c);
    case SRE_IN_IGNORE: return in_set(pc + 2, hd_sre_ascii_tolower(c));
    case SRE_IN_UNI_IGNORE: return in_set(pc + 2, hd_sre_unicode_tolower(c));
    case SRE_IN_LOC_IGNORE: {
        uint32_t lower = locale_lower(c), upper = locale_upper(c);
        return in_set(pc + 2, lower) || (upper != lower && in_set(pc + 2, upper));
    }
    default: return false;
    }
}

/* Whether a back reference takes b for a, given that they differ. */
static bool same_folded(uint32_t op, uint32_t a, uint32_t b) {
    switch (op) {
    case SRE_GROUPREF_IGNORE: return hd_sre_ascii_tolower(a) == hd_sre_ascii_tolower(b);
    case SRE_GROUPREF_UNI_IGNORE: return hd_sre_unicode_tolower(a) == hd_sre_unicode_tolower(b);
    case SRE_GROUPREF_LOC_IGNORE: return locale_lower(a) == locale_lower(b);
    default: return false;
    }
}

#define SRE_UNIT uint8_t
#define SRE_WIDTH 1
#define SRE_NAME(x) x##_1
#include "sre_machine.inc"
#define SRE_UNIT uint16_t
#define SRE_WIDTH 2
#define SRE_NAME(x) x##_2
#include "sre_machine.inc"
#define SRE_UNIT uint32_t
#define SRE_WIDTH 4
#define SRE_NAME(x) x##_4
#include "sre_machine.inc"

static void reset(HdSre *s) {
    for (size_t i = 0; i < 2 * (size_t)s->groups; i++) s->marks[i] = NULL;
    s->lastindex = -1;
}

int hd_sre_match(HdSre *s) {
    reset(s);
    if (s->start > s->end) return HD_SRE_NO;
    switch (s->kind) {
    case 1: return match_1(s, s->code, s->start);
    case 2: return match_2(s, s->code, s->start);
    default: return match_4(s, s->code, s->start);
    }
}

int hd_sre_search(HdSre *s) {
    reset(s);
    switch (s->kind) {
    case 1: return search_1(s);
    case 2: return search_2(s);
    default: return search_4(s);
    }
}
