/* arena.c -- see arena.h. */
#include "arena.h"

#include <stdlib.h>

struct HdArenaBlock {
    HdArenaBlock *older;
    size_t size;
    _Alignas(16) char bytes[];
};

enum { BLOCK_SIZE = 64 * 1024 - 64 };

void hd_arena_init(HdArena *arena) { *arena = (HdArena){0}; }

void hd_arena_free(HdArena *arena) {
    for (HdArenaBlock *block = arena->blocks, *older; block; block = older) {
        older = block->older;
        free(block);
    }
    hd_arena_init(arena);
}

void *hd_arena_alloc(HdArena *arena, size_t size) {
    if (size > PTRDIFF_MAX - 64) return NULL;
    size = (size + 15) & ~(size_t)15;
    if ((size_t)(arena->end - arena->next) < size) {
        size_t room = size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE;
        HdArenaBlock *block = calloc(1, sizeof *block + room);
        if (!block) return NULL;
        block->size = room;
        arena->total += room;
        if (room != BLOCK_SIZE && arena->blocks) { /* a big one goes behind, the current block stays in use */
            block->older = arena->blocks->older;
            arena->blocks->older = block;
            return block->bytes;
        }
        block->older = arena->blocks;
        arena->blocks = block;
        arena->next = block->bytes;
        arena->end = block->bytes + room;
    }
    void *result = arena->next;
    arena->next += size;
    return result;
}

char *hd_arena_copy(HdArena *arena, const char *bytes, size_t length) {
    char *copy = hd_arena_alloc(arena, length + 1);
    if (copy) memcpy(copy, bytes, length);
    return copy;
}
