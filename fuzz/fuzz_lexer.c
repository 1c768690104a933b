/* fuzz_lexer.c -- libFuzzer target: any text through the lexer alone. Tokens lie in order and inside the text.
 *
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc/base -Isrc/syntax fuzz/fuzz_lexer.c
 *     src/syntax/[a-z]*.c src/base/[a-z]*.c -lgmp -lm
 */
#include <stdlib.h>

#include "lexer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size && memchr(data, '\0', size)) return 0;
    HdArena arena;
    hd_arena_init(&arena);
    HdAstNames *names = hd_ast_names_new(&arena);
    char *text = hd_arena_copy(&arena, (const char *)data, size);
    HdLexer *lexer = hd_arena_alloc(&arena, sizeof *lexer);
    if (!names || !text || !lexer) abort();
    for (size_t i = 0; i < size; i++)
        if (text[i] == '\r') text[i] = '\n';
    HdParseWarning *warnings = NULL;
    hd_lexer_init(lexer, &arena, names, text, size);
    lexer->warnings_tail = &warnings;
    HdToken token = {0};
    uint32_t behind = 0;
    while (hd_lexer_next(lexer, &token)) {
        if (token.start < behind || token.end < token.start || token.end > size) abort();
        if (token.type == T_NAME && !token.name) abort();
        behind = token.end;
        if (token.type == T_END) break;
    }
    if (token.type != T_END && !lexer->failed) abort();
    hd_arena_free(&arena);
    return 0;
}
