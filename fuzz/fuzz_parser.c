/* fuzz_parser.c -- libFuzzer target: any bytes through the parser, in a mode that the first byte picks. The tree is
 * walked, so that wild pointers in it are found.
 *
 * clang -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc/base -Isrc/syntax fuzz/fuzz_parser.c
 *     src/syntax/[a-z]*.c src/base/[a-z]*.c -lgmp -lm
 */
#include <stdlib.h>

#include "parse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t walk(const HdNode *node) {
    size_t sum = 1;
    const HdAstClassInfo *info = &hd_ast_classes[node->kind];
    for (int i = 0; i < info->field_count; i++) {
        const HdAstFieldInfo *field = &info->fields[i];
        const void *at = (const char *)node + field->offset;
        const HdNode *child = NULL;
        if (field->type == HD_AST_SUM_constant) {
            const HdConstant *value = at;
            if (value->kind == HD_CONSTANT_STR || value->kind == HD_CONSTANT_BYTES)
                for (HdSize n = 0; n < value->length; n++) sum += (uint8_t)value->bytes[n];
        }
        if (field->type >= HD_AST_SUM_identifier || hd_ast_sums[field->type].is_operator) continue;
        if (field->count == HD_AST_MANY) {
            const HdNodeList *list = at;
            for (int n = 0; n < list->count; n++)
                if (list->items[n]) sum += walk(list->items[n]);
        } else {
            memcpy(&child, at, sizeof child);
            if (child)
                sum += walk(child);
            else if (field->count == HD_AST_ONE)
                abort();
        }
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size == 0) return 0;
    HdArena arena;
    HdParseInput input = {.source = (const char *)data + 1, .length = size - 1, .mode = (HdParseMode)(data[0] & 3)};
    input.allow_incomplete = input.dont_imply_dedent = (data[0] & 4) != 0;
    input.source_is_text = (data[0] & 8) != 0;
    input.int_max_str_digits = 4300;
    HdParseResult result;
    HdSyntaxError error;
    hd_arena_init(&arena);
    if (hd_parse(&arena, &input, &result, &error)) {
        if (walk(result.tree) == 0) abort();
    } else if (error.kind == HD_ERROR_NONE || (error.kind <= HD_ERROR_VALUE && !error.message)) {
        abort();
    }
    hd_arena_free(&arena);
    return 0;
}
