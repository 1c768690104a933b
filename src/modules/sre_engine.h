/* sre_engine.h -- the matcher under Python's `re`: runs the code words that `re._compiler` emits (MAGIC 20220615).
 *
 * Knows no Python objects: text is memory of 1, 2 or 4 bytes a unit, results are pointers into it. Not shared between
 * threads: each match has an HdSre of its own; the code is read only. Never recurses: choices, undo records and
 * sub-patterns (look-around, atomic groups) lie on one growing stack.
 */
#ifndef HD_SRE_ENGINE_H
#define HD_SRE_ENGINE_H

#include "base.h"

#define HD_SRE_MAGIC 20220615
#define HD_SRE_MAXREPEAT UINT32_MAX
#define HD_SRE_MAXGROUPS (INT32_MAX / 2)

enum {
    HD_SRE_FLAG_TEMPLATE = 1,
    HD_SRE_FLAG_IGNORECASE = 2,
    HD_SRE_FLAG_LOCALE = 4,
    HD_SRE_FLAG_MULTILINE = 8,
    HD_SRE_FLAG_DOTALL = 16,
    HD_SRE_FLAG_UNICODE = 32,
    HD_SRE_FLAG_VERBOSE = 64,
    HD_SRE_FLAG_DEBUG = 128,
    HD_SRE_FLAG_ASCII = 256,
};

/* What hd_sre_match and hd_sre_search return. */
enum { HD_SRE_NO = 0, HD_SRE_YES = 1, HD_SRE_NO_MEMORY = -1, HD_SRE_STOPPED = -2 };

typedef struct HdSreEntry HdSreEntry;
typedef struct HdSreRepeat HdSreRepeat;

typedef struct HdSre {
    const uint32_t *code;
    unsigned kind;               /* bytes a unit */
    unsigned groups;             /* capturing groups, without group 0 */
    const char *beginning, *end; /* the text: all of it before, cut off behind by endpos */
    const char *start;           /* where to begin; after a success, where the match begins */
    const char *ptr;             /* after a success, where the match ends */
    const char **marks;          /* 2 a group, NULL: not set; the owner's memory */
    int lastindex;               /* group closed last, or -1 */
    bool match_all;              /* fullmatch: only a match that ends at `end` counts */
    bool must_advance;           /* an empty match at `start` does not count */
    bool (*poll)(void *context); /* asked now and then; false stops the match (a signal handler raised) */
    void *context;
    uint32_t ticks;
    HdSreEntry *stack; /* the machine's memory, kept between matches */
    size_t used, room;
    HdSreRepeat *repeats;
    size_t repeats_room;
} HdSre;

/* Matches at s->start. Marks are reset first. */
int hd_sre_match(HdSre *s) HD_CHECK;
/* Finds the first match at or behind s->start. */
int hd_sre_search(HdSre *s) HD_CHECK;
void hd_sre_free(HdSre *s);
/* Whether the words are code that the matcher can run without leaving its bounds. */
bool hd_sre_validate(const uint32_t *code, size_t size, unsigned groups);

bool hd_sre_ascii_iscased(uint32_t c);
bool hd_sre_unicode_iscased(uint32_t c);
uint32_t hd_sre_ascii_tolower(uint32_t c);
uint32_t hd_sre_unicode_tolower(uint32_t c);

#endif
