/* arena.h -- bump allocation for things that live and die together (tokens, syntax trees, code generation).
 *
 * Not thread-safe: an arena belongs to one thread. Running out of memory is reported by returning NULL; the owner
 * turns that into MemoryError. Freed as a whole.
 */
#ifndef HD_ARENA_H
#define HD_ARENA_H

#include "base.h"

typedef struct HdArenaBlock HdArenaBlock;
typedef struct HdArena {
    HdArenaBlock *blocks; /* newest first */
    char *next, *end;     /* free part of the newest block */
    size_t total;         /* bytes held, for limits and statistics */
} HdArena;

void hd_arena_init(HdArena *arena);
void hd_arena_free(HdArena *arena);
/* `size` bytes, zeroed, aligned to 16; NULL when memory is out. */
void *hd_arena_alloc(HdArena *arena, size_t size) HD_CHECK;
/* A NUL-terminated copy of `length` bytes. */
char *hd_arena_copy(HdArena *arena, const char *bytes, size_t length) HD_CHECK;

#endif
