/* compile.c -- entry points of the compiler, its errors and warnings, and the small containers it uses.
 *
 * Takes no locks; may run Python only where a warning is issued. See compiler.h for the rule about errors.
 */
#include "compile.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "compiler.h"
#include "dict.h"
#include "int.h"
#include "scope.h"

/* --- memory --- */
void *hd_compiler_alloc(HdCompiler *c, size_t size) {
    void *block = hd_arena_alloc(c->arena, size);
    if (!block && !c->failed) {
        hd_raise_no_memory(c->t);
        c->failed = true;
    }
    return block;
}

void *hd_compiler_grow(HdCompiler *c, void *items, int count, int *capacity, size_t item_size) {
    if (count < *capacity) return items;
    int larger = *capacity ? *capacity * 2 : 8;
    void *moved = hd_compiler_alloc(c, (size_t)larger * item_size);
    if (!moved) return NULL;
    if (count) memcpy(moved, items, (size_t)count * item_size);
    *capacity = larger;
    return moved;
}

bool hd_compiler_too_deep(HdCompiler *c) {
    if (c->failed) return true;
    if (HD_LIKELY(!hd_stack_low(c->t))) return false;
    hd_raise_recursion(c->t, " during compilation");
    c->failed = true;
    return true;
}

/* --- names --- */
HdName *hd_compiler_name(HdCompiler *c, const char *bytes, size_t length) {
    HdName *name = hd_ast_intern(c->names, bytes, length);
    if (!name && !c->failed) {
        hd_raise_no_memory(c->t);
        c->failed = true;
    }
    return name;
}

HdValue hd_compiler_name_value(HdCompiler *c, HdName *name) {
    if (HD_LIKELY(name->user != NULL)) return hd_from_object(name->user);
    HdValue text = hd_str_from_wtf8(c->t, name->bytes, (HdSize)name->length);
    if (!hd_is_null(text)) text = hd_str_intern_steal(c->t, text);
    if (hd_is_null(text)) {
        c->failed = true;
        return HD_NULL;
    }
    text = hd_constant_canonical_steal(c, text);
    if (!hd_is_null(text)) name->user = hd_as_object(text);
    return text;
}

static uint32_t pointer_hash(const void *pointer) {
    uint64_t word = (uint64_t)(uintptr_t)pointer >> 3;
    return (uint32_t)(word ^ word >> 17) * 2654435761u >> 7;
}

enum { MAP_LINEAR = 8 };

static bool map_index(HdCompiler *c, HdNameMap *map) {
    uint32_t mask = map->mask ? map->mask : 15;
    while ((uint32_t)map->capacity * 2 > mask) mask = mask * 2 + 1;
    int32_t *table = hd_compiler_alloc(c, (mask + 1) * sizeof *table);
    if (!table) return false;
    for (int i = 0; i < map->count; i++) {
        uint32_t at = pointer_hash(map->items[i]) & mask;
        while (table[at]) at = (at + 1) & mask;
        table[at] = i + 1;
    }
    map->table = table;
    map->mask = mask;
    return true;
}

int hd_compiler_map_find(const HdNameMap *map, HdName *name) {
    if (!map->table) {
        for (int i = 0; i < map->count; i++)
            if (map->items[i] == name) return i;
        return -1;
    }
    for (uint32_t at = pointer_hash(name) & map->mask; map->table[at]; at = (at + 1) & map->mask)
        if (map->items[map->table[at] - 1] == name) return map->table[at] - 1;
    return -1;
}

int hd_compiler_map_add(HdCompiler *c, HdNameMap *map, HdName *name) {
    if (c->failed || !name) return -1;
    int found = hd_compiler_map_find(map, name);
    if (found >= 0) return found;
    int capacity = map->capacity;
    HdName **items = hd_compiler_grow(c, map->items, map->count, &map->capacity, sizeof *items);
    if (!items) return -1;
    map->items = items;
    map->items[map->count++] = name;
    if (map->capacity != capacity && map->capacity > MAP_LINEAR) {
        if (!map_index(c, map)) return -1;
    } else if (map->table) {
        uint32_t at = pointer_hash(name) & map->mask;
        while (map->table[at]) at = (at + 1) & map->mask;
        map->table[at] = map->count;
    }
    return map->count - 1;
}

/* --- errors --- */
/* Line `number` of the source, with its newline; NULL if it has none. */
static const char *source_line(const char *source, HdSize length, int number, HdSize *line_length) {
    if (!source || number < 1) return NULL;
    const char *at = source, *end = source + length;
    for (int line = 1; line < number; line++) {
        at = memchr(at, '\n', (size_t)(end - at));
        if (!at) return NULL;
        at++;
    }
    if (at >= end) return NULL;
    const char *stop = memchr(at, '\n', (size_t)(end - at));
    *line_length = (stop ? stop + 1 : end) - at;
    return at;
}

static HdValue number_or_none(HdThread *t, int number) { return number < 0 ? hd_None : hd_int_from_size(t, number); }

int hd_compile_raise(HdThread *t, HdType *type, const char *message, HdValue filename, const HdPosition *at,
                     const char *text, HdSize text_length) {
    HD_OWNED HdValue msg = hd_str_from_wtf8(t, message, (HdSize)strlen(message));
    HD_OWNED HdValue line = text ? hd_str_from_wtf8(t, text, text_length) : hd_None;
    if (hd_is_null(msg) || hd_is_null(line)) return -1;
    HD_OWNED HdValue place =
        hd_tuple_pack(t, 6, hd_is_null(filename) ? hd_None : filename, number_or_none(t, at->line),
                      number_or_none(t, at->column), line, number_or_none(t, at->end_line),
                      number_or_none(t, at->end_column));
    if (hd_is_null(place)) return -1;
    HD_OWNED HdValue exception = hd_object_call2(t, hd_type_value(type), msg, place);
    if (!hd_is_null(exception)) hd_raise_instance(t, exception);
    return -1;
}

/* Errors found behind the parser show the line that stands in the file, never the source at hand: there may be none. */
static HdValue line_of_file(HdThread *t, HdValue filename, int number) {
    const char *path = hd_is_null(filename) || !hd_is_str(filename) ? NULL : hd_str_utf8(t, filename, NULL);
    if (!path) hd_clear_raised(t);
    FILE *file = path && number > 0 ? fopen(path, "re") : NULL;
    if (!file) return hd_None;
    char *line = NULL;
    size_t capacity = 0;
    ssize_t length = -1;
    for (int at = 0; at < number; at++)
        if ((length = getline(&line, &capacity, file)) < 0) break;
    fclose(file);
    HdValue text = length < 0 ? hd_None : hd_str_decode(t, line, (HdSize)length, "utf-8", "replace");
    free(line);
    return text;
}

/* What the symbol table and the __future__ scan raise: the place is in the attributes alone, args is (message,). */
static int raise_bare(HdThread *t, const char *message, HdValue filename, const HdPosition *at, HdValue line) {
    HD_OWNED HdValue msg = hd_str_from_wtf8(t, message, (HdSize)strlen(message));
    HD_OWNED HdValue exception = hd_is_null(msg) ? HD_NULL : hd_object_call1(t, hd_type_value(&hd_SyntaxError), msg);
    if (hd_is_null(exception)) return -1;
    HdSyntaxErrorObject *e = HD_AS(HdSyntaxErrorObject, exception);
    e->filename = hd_retain(t, hd_is_null(filename) ? hd_None : filename);
    e->lineno = number_or_none(t, at->line);
    e->offset = number_or_none(t, at->column);
    e->text = hd_retain(t, line);
    e->end_lineno = number_or_none(t, at->end_line);
    e->end_offset = number_or_none(t, at->end_column);
    e->print_file_and_line = hd_None;
    hd_raise_instance(t, exception);
    return -1;
}

static void raise_at(HdCompiler *c, HdPosition at, const char *message) {
    HdPosition shown = {at.line, at.end_line, at.column + 1, at.end_column < 0 ? -1 : at.end_column + 1};
    HdSize length = 0;
    HD_OWNED HdValue line = line_of_file(c->t, c->filename, at.line);
    c->failed = true;
    if (hd_is_null(line)) return;
    if (c->bare_errors) {
        raise_bare(c->t, message, c->filename, &shown, line);
        return;
    }
    const char *text = hd_is_none(line) ? NULL : hd_str_utf8(c->t, line, &length);
    hd_compile_raise(c->t, &hd_SyntaxError, message, c->filename, &shown, text, length);
}

void hd_compiler_error_at(HdCompiler *c, HdPosition at, const char *format, ...) {
    if (c->failed) return;
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    raise_at(c, at, message);
}

/* warnings.warn_explicit(message, category, filename, lineno); nothing before the warnings machinery is there. */
static int warn_explicit(HdThread *t, HdType *category, const char *message, HdValue filename, int line) {
    if (hd_is_null(hd_runtime.modules) || hd_is_null(hd_runtime.importlib)) return 0;
    HD_OWNED HdValue function = hd_object_import_from(t, "_warnings", "warn_explicit");
    if (hd_is_null(function)) {
        hd_clear_raised(t);
        return 0;
    }
    HD_OWNED HdValue text = hd_str_from_text(t, message);
    if (hd_is_null(text)) return -1;
    HdValue args[] = {text, hd_type_value(category), filename, hd_int_from_size(t, line)};
    HD_OWNED HdValue result = hd_object_call_values(t, function, args, 4);
    return hd_is_null(result) ? -1 : 0;
}

void hd_compiler_warn_at(HdCompiler *c, HdPosition at, const char *format, ...) {
    if (c->failed) return;
    char message[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    if (warn_explicit(c->t, &hd_SyntaxWarning, message, c->filename, at.line) == 0) return;
    c->failed = true;
    if (!hd_raised_is(c->t, &hd_SyntaxWarning)) return;
    hd_clear_raised(c->t); /* the filter makes it an error: a SyntaxError says where */
    raise_at(c, at, message);
}

/* --- the compiler as a whole --- */
static void start_names(HdCompiler *c) {
    /* A tree that is compiled a second time: its names remember values of the first. */
    for (uint32_t i = 0; i <= c->names->mask; i++)
        for (HdName *name = c->names->buckets[i]; name; name = name->next) name->user = NULL;
#define NAME(field, text) c->field = hd_compiler_name(c, text, sizeof(text) - 1)
    NAME(n_class, "__class__");
    NAME(n_classcell, "__classcell__");
    NAME(n_doc, "__doc__");
    NAME(n_name, "__name__");
    NAME(n_module, "__module__");
    NAME(n_qualname, "__qualname__");
    NAME(n_annotations, "__annotations__");
    NAME(n_debug, "__debug__");
    NAME(n_return, "return");
    NAME(n_super, "super");
    NAME(n_dot0, ".0");
    NAME(n_star, "*");
    NAME(n_join, "join");
    NAME(n_future, "__future__");
    NAME(n_top, "top");
    NAME(n_lambda, "<lambda>");
    NAME(n_genexpr, "<genexpr>");
    NAME(n_listcomp, "<listcomp>");
    NAME(n_setcomp, "<setcomp>");
    NAME(n_dictcomp, "<dictcomp>");
    NAME(n_module_block, "<module>");
    NAME(n_empty, "");
    NAME(n_annotation_block, "_annotation");
#undef NAME
}

HdValue hd_compile_tree(HdThread *t, HdNode *tree, HdAstNames *names, HdArena *arena, HdValue filename, int flags,
                        int optimize, const char *source, HdSize length) {
    HdCompiler c = {.t = t,
                    .arena = arena,
                    .names = names,
                    .filename = filename,
                    .source = source,
                    .source_length = length,
                    .flags = flags,
                    .features = flags & HD_CO_FUTURE_MASK,
                    .optimize = optimize,
                    .bare_errors = true,
                    .future_line = -1};
    HdValue code = HD_NULL;
    start_names(&c);
    if (!c.failed) hd_future_scan(&c, tree);
    if (!c.failed) hd_fold_tree(&c, tree);
    c.bare_errors = true;
    if (!c.failed && hd_scope_build(&c, tree)) {
        c.bare_errors = false;
        hd_codegen_tree(&c, tree, &code);
    }
    if (c.failed && !hd_is_null(code)) hd_clear_slot(t, &code);
    hd_constant_release_all(&c);
    return code;
}

/* --- parsing --- */
typedef struct DecodeContext {
    HdThread *t;
} DecodeContext;

/* HdParseInput.decode: through the codecs of Python; what they raise is replaced by the parser's error. */
static char *decode_source(void *user, HdArena *arena, const char *encoding, const char *bytes, size_t length,
                           size_t *out_length, bool *bad) {
    HdThread *t = ((DecodeContext *)user)->t;
    *bad = false;
    HD_OWNED HdValue text = hd_str_decode(t, bytes, (HdSize)length, encoding, "strict");
    HdSize size = 0;
    const char *utf8 = hd_is_null(text) || !hd_is_str(text) ? NULL : hd_str_utf8(t, text, &size);
    if (!utf8) {
        *bad = !hd_raised_is(t, &hd_LookupError);
        hd_clear_raised(t);
        return NULL;
    }
    *out_length = (size_t)size;
    return hd_arena_copy(arena, utf8, (size_t)size);
}

static void raise_parse_error(HdThread *t, const HdSyntaxError *error, HdValue filename) {
    HdType *type = &hd_SyntaxError;
    switch (error->kind) {
    case HD_ERROR_MEMORY: hd_raise_no_memory(t); return;
    case HD_ERROR_RECURSION: hd_raise(t, &hd_RecursionError, "%s", error->message); return;
    case HD_ERROR_ENCODING: hd_raise(t, &hd_SyntaxError, "%s", error->message); return;
    case HD_ERROR_VALUE: hd_raise(t, &hd_ValueError, "%s", error->message); return;
    case HD_ERROR_INDENTATION: type = &hd_IndentationError; break;
    case HD_ERROR_TAB: type = &hd_TabError; break;
    default: break;
    }
    HD_OWNED HdValue msg = hd_str_from_wtf8(t, error->message, (HdSize)strlen(error->message));
    HD_OWNED HdValue text = error->text ? hd_str_from_wtf8(t, error->text, error->text_length) : hd_None;
    if (hd_is_null(msg) || hd_is_null(text)) return;
    HD_OWNED HdValue place =
        hd_tuple_pack(t, 6, filename, hd_int_from_size(t, error->lineno), hd_int_from_size(t, error->offset), text,
                      hd_int_from_size(t, error->end_lineno), hd_int_from_size(t, error->end_offset));
    if (hd_is_null(place)) return;
    HD_OWNED HdValue exception = hd_object_call2(t, hd_type_value(type), msg, place);
    if (!hd_is_null(exception)) hd_raise_instance(t, exception);
}

static int issue_parse_warnings(HdThread *t, const HdParseWarning *warning, HdValue filename, const char *source, HdSize length) {
    for (; warning; warning = warning->next) {
        HdType *category = warning->deprecation ? &hd_DeprecationWarning : &hd_SyntaxWarning;
        if (warn_explicit(t, category, warning->message, filename, warning->lineno) == 0) continue;
        if (!hd_raised_is(t, category)) return -1;
        hd_clear_raised(t);
        HdPosition at = {warning->lineno, warning->end_lineno, warning->col_offset + 1, warning->end_col_offset + 1};
        HdSize line_length = 0;
        const char *line = source_line(source, length, warning->lineno, &line_length);
        return hd_compile_raise(t, &hd_SyntaxError, warning->message, filename, &at, line, line_length);
    }
    return 0;
}

int hd_compile_parse(HdThread *t, HdArena *arena, const char *bytes, HdSize length, HdValue filename, HdParseMode mode,
                     int flags, int feature_minor, HdParseResult *result) {
    DecodeContext context = {t};
    HdParseInput input = {.source = bytes,
                          .length = (size_t)length,
                          .mode = mode,
                          .source_is_text = (flags & (HD_COMPILE_SOURCE_IS_TEXT | HD_COMPILE_IGNORE_COOKIE)) != 0,
                          .allow_incomplete = (flags & HD_COMPILE_ALLOW_INCOMPLETE) != 0,
                          .dont_imply_dedent = (flags & HD_COMPILE_DONT_IMPLY_DEDENT) != 0,
                          .barry_as_bdfl = (flags & HD_CO_FUTURE_BARRY_AS_BDFL) != 0,
                          .type_comments = (flags & HD_COMPILE_TYPE_COMMENTS) != 0,
                          .allow_top_level_await = (flags & HD_COMPILE_TOP_LEVEL_AWAIT) != 0,
                          .feature_minor = feature_minor,
                          .file_name = flags & HD_COMPILE_FROM_FILE ? hd_str_utf8(t, filename, NULL) : NULL,
                          .stack_limit = t->stack_low,
                          .decode = decode_source,
                          .user = &context};
    hd_clear_raised(t); /* a file name that has no UTF-8 */
    HdSyntaxError error;
    bool parsed = hd_parse(arena, &input, result, &error);
    if (issue_parse_warnings(t, result->warnings, filename, bytes, length) < 0) return -1;
    if (parsed) return 0;
    raise_parse_error(t, &error, filename);
    return -1;
}

HdValue hd_compile_source(HdThread *t, const char *bytes, HdSize length, HdValue filename, HdParseMode mode, int flags,
                          int optimize) {
    HdArena arena;
    hd_arena_init(&arena);
    HdParseResult parsed;
    HdValue code = HD_NULL;
    if (hd_compile_parse(t, &arena, bytes, length, filename, mode, flags, 0, &parsed) == 0)
        code = hd_compile_tree(t, parsed.tree, parsed.names, &arena, filename, flags, optimize, bytes, length);
    hd_arena_free(&arena);
    return code;
}

HdValue hd_compile_scopes(HdThread *t, const char *bytes, HdSize length, HdValue filename, HdParseMode mode, int flags,
                          HdValue (*use)(HdThread *t, const HdScope *top, void *context), void *context) {
    HdArena arena;
    hd_arena_init(&arena);
    HdParseResult parsed;
    HdValue result = HD_NULL;
    if (hd_compile_parse(t, &arena, bytes, length, filename, mode, flags, 0, &parsed) == 0) {
        HdCompiler c = {.t = t,
                        .arena = &arena,
                        .names = parsed.names,
                        .filename = filename,
                        .source = bytes,
                        .source_length = length,
                        .flags = flags,
                        .bare_errors = true,
                        .future_line = -1};
        start_names(&c);
        if (!c.failed) hd_future_scan(&c, parsed.tree);
        if (!c.failed && hd_scope_build(&c, parsed.tree)) result = use(t, c.top_scope, context);
        hd_constant_release_all(&c);
    }
    hd_arena_free(&arena);
    return result;
}
