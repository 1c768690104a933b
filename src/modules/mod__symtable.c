/* mod__symtable.c -- the module _symtable: the compiler's symbol table as objects, for the module symtable.
 *
 * A table is a copy made once, after which nothing of ours changes it; no locks.
 */
#include <heddle/module.h>

#include "builtins_io.h"
#include "compile.h"
#include "scope.h"

enum { SCOPE_SHIFT = 11, SCOPE_MASK = 15 }; /* where HdScopeOf lies in the number of a symbol */

typedef struct Entry {
    HdObject head;
    HdValue id, name, symbols, varnames, children;
    int type, line, nested;
} Entry;
#define ENTRY(v) HD_AS(Entry, v)

static HdType entry_type;

/* --- entries --- */

static void entry_clear(HdThread *t, HdObject *self) {
    Entry *e = (Entry *)self;
    hd_clear_slot(t, &e->id);
    hd_clear_slot(t, &e->name);
    hd_clear_slot(t, &e->symbols);
    hd_clear_slot(t, &e->varnames);
    hd_clear_slot(t, &e->children);
}
static void entry_dealloc(HdThread *t, HdObject *self) {
    entry_clear(t, self);
    hd_type_free(t, self);
}
static int entry_traverse(HdObject *self, HdVisit visit, void *context) {
    Entry *e = (Entry *)self;
    HD_VISIT(e->symbols);
    HD_VISIT(e->varnames);
    HD_VISIT(e->children);
    return 0;
}
static HdValue entry_repr(HdThread *t, HdValue self) {
    Entry *e = ENTRY(self);
    return hd_str_format(t, "<symtable entry %V(%V), line %d>", e->name, e->id, e->line);
}

static const HdMemberDef entry_members[] = {
    {"id", HD_MEMBER_VALUE, offsetof(Entry, id), true, NULL, false},
    {"name", HD_MEMBER_VALUE, offsetof(Entry, name), true, NULL, false},
    {"symbols", HD_MEMBER_VALUE, offsetof(Entry, symbols), true, NULL, false},
    {"varnames", HD_MEMBER_VALUE, offsetof(Entry, varnames), true, NULL, false},
    {"children", HD_MEMBER_VALUE, offsetof(Entry, children), true, NULL, false},
    {"nested", HD_MEMBER_INT, offsetof(Entry, nested), true, NULL, false},
    {"type", HD_MEMBER_INT, offsetof(Entry, type), true, NULL, false},
    {"lineno", HD_MEMBER_INT, offsetof(Entry, line), true, NULL, false},
    {NULL},
};
static HdType entry_type = {
    HD_TYPE_HEAD("symtable entry"),
    .basicsize = sizeof(Entry),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = entry_dealloc,
    .traverse = entry_traverse,
    .clear = entry_clear,
    .repr = entry_repr,
    .members = entry_members,
};

/* --- from the compiler's table --- */

static HdValue name_text(HdThread *t, const HdName *name) {
    HdValue text = hd_str_from_wtf8(t, name->bytes, (HdSize)name->length);
    return hd_is_null(text) ? HD_NULL : hd_str_intern_steal(t, text);
}

static int fill_symbols(HdThread *t, const HdScope *scope, HdValue symbols) {
    for (int i = 0; i < scope->symbol_count; i++) {
        const HdSymbol *symbol = &scope->symbols[i];
        HD_OWNED HdValue name = name_text(t, symbol->name);
        if (hd_is_null(name)) return -1;
        HdValue flags = hd_imm_int(symbol->flags | (int64_t)symbol->scope << SCOPE_SHIFT);
        if (hd_dict_set(t, symbols, name, flags) < 0) return -1;
    }
    return 0;
}

static HdValue entry_new(HdThread *t, const HdScope *scope) {
    if (hd_object_enter(t, " during compilation") < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, &entry_type);
    if (hd_is_null(self)) return HD_NULL;
    Entry *e = ENTRY(self);
    e->type = (int)scope->kind;
    e->line = scope->at.line;
    e->nested = scope->nested;
    e->id = hd_int_from_u64(t, (uint64_t)(uintptr_t)scope->node);
    e->name = name_text(t, scope->name);
    e->symbols = hd_dict_new(t);
    e->varnames = hd_list_new(t, scope->parameter_count);
    e->children = hd_list_new(t, scope->child_count);
    if (hd_is_null(e->id) || hd_is_null(e->name) || hd_is_null(e->symbols) || hd_is_null(e->varnames) ||
        hd_is_null(e->children) || fill_symbols(t, scope, e->symbols) < 0)
        return HD_NULL;
    for (int i = 0; i < scope->parameter_count; i++) {
        HdValue name = name_text(t, scope->parameters[i]);
        if (hd_is_null(name) || hd_list_append_steal(t, e->varnames, name) < 0) return HD_NULL;
    }
    for (int i = 0; i < scope->child_count; i++) {
        HdValue child = entry_new(t, scope->children[i]);
        if (hd_is_null(child) || hd_list_append_steal(t, e->children, child) < 0) return HD_NULL;
    }
    return hd_move(&self);
}

static HdValue make_entry(HdThread *t, const HdScope *top, void *context) { return entry_new(t, top); }

static HdValue symtable(HdThread *t, HdValue module, const HdValue *args) {
    HD_OWNED HdValue filename = hd_builtins_fs_name(t, args[1]);
    if (hd_is_null(filename)) return HD_NULL;
    if (!hd_is_str(args[2]))
        return hd_raise(t, &hd_TypeError, "symtable() argument 3 must be str, not %T", args[2]);
    HdSize length;
    int flags = 0;
    HD_OWNED HdValue keep = HD_NULL;
    const char *text = hd_builtins_source(t, args[0], "symtable", "string or bytes", &length, &keep, &flags);
    if (!text) return HD_NULL;
    HdParseMode mode;
    if (hd_str_equals_text(args[2], "exec")) mode = HD_PARSE_EXEC;
    else if (hd_str_equals_text(args[2], "eval")) mode = HD_PARSE_EVAL;
    else if (hd_str_equals_text(args[2], "single")) mode = HD_PARSE_SINGLE;
    else return hd_raise(t, &hd_ValueError, "symtable() arg 3 must be 'exec' or 'eval' or 'single'");
    return hd_compile_scopes(t, text, length, filename, mode, flags, make_entry, NULL);
}

/* --- the module --- */

static const struct {
    const char *name;
    int value;
} constants[] = {
    {"USE", HD_USE}, {"DEF_GLOBAL", HD_DEF_GLOBAL}, {"DEF_NONLOCAL", HD_DEF_NONLOCAL}, {"DEF_LOCAL", HD_DEF_LOCAL},
    {"DEF_PARAM", HD_DEF_PARAM}, {"DEF_FREE", HD_DEF_FREE}, {"DEF_FREE_CLASS", HD_DEF_FREE_CLASS},
    {"DEF_IMPORT", HD_DEF_IMPORT}, {"DEF_BOUND", HD_DEF_BOUND}, {"DEF_ANNOT", HD_DEF_ANNOT},
    {"TYPE_FUNCTION", HD_SCOPE_FUNCTION_BLOCK}, {"TYPE_CLASS", HD_SCOPE_CLASS_BLOCK},
    {"TYPE_MODULE", HD_SCOPE_MODULE_BLOCK}, {"LOCAL", HD_SCOPE_LOCAL}, {"GLOBAL_EXPLICIT", HD_SCOPE_GLOBAL_EXPLICIT},
    {"GLOBAL_IMPLICIT", HD_SCOPE_GLOBAL_IMPLICIT}, {"FREE", HD_SCOPE_FREE}, {"CELL", HD_SCOPE_CELL},
    {"SCOPE_OFF", SCOPE_SHIFT}, {"SCOPE_MASK", SCOPE_MASK},
};

static int symtable_exec(HdThread *t, HdValue module) {
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    return hd_type_ready(t, &entry_type);
}

static const HdMethodDef functions[] = {
    HD_METHOD(symtable, "symtable($module, source, filename, startstr, /)",
              "The symbol table of a module's source: an entry for the top block, with its children."),
    HD_METHODS_END,
};

extern const HdModuleDef hd_module__symtable;
const HdModuleDef hd_module__symtable = {.name = "_symtable", .functions = functions, .exec = symtable_exec};
