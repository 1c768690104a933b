/* test_syntax_memory.c -- fails each allocation of a parse in turn: MemoryError every time, never a crash, and the tree
 * once the failure lies behind the last allocation. Linked with --wrap for malloc, calloc and realloc.
 */
#include <stdio.h>
#include <stdlib.h>

#include "parse.h"

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);

static long countdown = -1; /* allocations until one fails; negative: none */

static bool fails(void) { return countdown >= 0 && countdown-- == 0; }
void *__wrap_malloc(size_t size) { return fails() ? NULL : __real_malloc(size); }
void *__wrap_calloc(size_t count, size_t size) { return fails() ? NULL : __real_calloc(count, size); }
void *__wrap_realloc(void *old, size_t size) { return fails() ? NULL : __real_realloc(old, size); }

static bool parse(const char *source, HdSyntaxError *error) {
    HdArena arena;
    HdParseInput input = {.source = source, .length = strlen(source)};
    HdParseResult result;
    hd_arena_init(&arena);
    bool good = hd_parse(&arena, &input, &result, error);
    hd_arena_free(&arena);
    return good;
}

int main(void) {
    static const char *const units[] = {"\xC3\xA9t\xC3\xA9 = f'a{b!r:{c}}d{e=}' 'x\\n' + [a, {b: c}, (d, *e), lambda x, /, y=1, *, z: 0][1:2]\n",
                                        "if a:\n  def f(x: int, *y, **z) -> 0: return (a b)\n",
                                        "match x:\n  case {'a': [1, *_], **r} | P(q, r=2): pass\n", "x = 'abc\n"};
    HdSyntaxError error;
    int failures = 0;
    char *source = malloc(8001);
    if (!source) return 1;
    for (size_t i = 0; i < HD_COUNT_OF(units); i++) {
        size_t length = strlen(units[i]), used = 0;
        while (used + length < 8000 && (used == 0 || i != 1)) used += (size_t)sprintf(source + used, "%s", units[i]);
        countdown = -1;
        bool expected = parse(source, &error);
        HdSyntaxErrorKind kind = error.kind;
        for (long n = 0;; n++) {
            countdown = n;
            bool good = parse(source, &error);
            bool reached = countdown < 0;
            countdown = -1;
            if (!reached) {
                if (good != expected || error.kind != kind) failures++;
                break;
            }
            if (good || error.kind != HD_ERROR_MEMORY) {
                printf("unit %zu, allocation %ld: %s, kind %d\n", i, n, good ? "good" : "no memory error", error.kind);
                failures++;
            }
        }
    }
    free(source);
    return failures != 0;
}
