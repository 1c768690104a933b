/* code.c -- the type `code`: making, comparing, and what Python sees of it. See code.h.
 *
 * Takes no locks; the three lazily made tuples are published by compare-and-swap. Never parks.
 */
#include "code.h"

#include "bytes.h"
#include "const_key.h"
#include "int.h"
#include "iter.h"
#include "number.h"
#include "verify.h"

HdCodeHooks hd_code_hooks;

/* --- making --- */
static HdValue interned_names(HdThread *t, HdValue names) {
    HdSize count = hd_tuple_length(names);
    HdSize i = 0;
    while (i < count && hd_str_is_interned(hd_tuple_at_borrowed(names, i))) i++;
    if (i == count) return hd_retain(t, names);
    HdValue tuple = hd_tuple_new(t, count);
    if (hd_is_null(tuple)) return tuple;
    for (i = 0; i < count; i++)
        hd_tuple_put_steal(tuple, i, hd_str_intern_steal(t, hd_retain(t, hd_tuple_at_borrowed(names, i))));
    return tuple;
}

static void *copy_block(HdThread *t, const void *from, size_t size) {
    if (!size) return NULL;
    void *to = hd_heap_raw(t, size);
    if (!to) hd_raise_no_memory(t);
    else memcpy(to, from, size);
    return to;
}

static void count_locals(HdCode *code) {
    for (int i = 0; i < code->localsplus_count; i++) {
        uint8_t kind = code->localsplus_kinds[i];
        code->local_count += (kind & HD_LOCAL_PLAIN) != 0;
        code->cell_count += (kind & HD_LOCAL_CELL) != 0;
        code->free_count += (kind & HD_LOCAL_FREE) != 0;
    }
}

HdValue hd_code_new(HdThread *t, const HdCodeParts *parts) {
    HdValue result = hd_type_alloc(t, &hd_code_type);
    if (hd_is_null(result)) return result;
    HD_OWNED HdValue owner = result;
    HdCode *code = hd_code(result);
    code->count = parts->count;
    code->flags = parts->flags;
    bool simple = !(parts->flags & (HD_CO_VARARGS | HD_CO_VARKEYWORDS)) && parts->kwonlyargcount == 0;
    code->simple_argcount = simple ? parts->argcount : -1;
    code->argcount = parts->argcount;
    code->posonlyargcount = parts->posonlyargcount;
    code->kwonlyargcount = parts->kwonlyargcount;
    code->stack_size = parts->stack_size;
    code->first_line = parts->first_line;
    code->attrs_hint = parts->attrs_hint;
    code->localsplus_count = (int32_t)hd_tuple_length(parts->localsplus_names);
    code->frame_size = code->localsplus_count + (code->stack_size ? code->stack_size : 1); /* the VM clears slots by twos */
    code->handler_count = parts->handler_count;
    code->positions_size = parts->positions_size;
    code->consts = hd_retain(t, parts->consts);
    code->constants = HD_AS(HdTuple, code->consts)->at;
    code->names = interned_names(t, parts->names);
    if (hd_is_null(code->names)) return HD_NULL;
    code->name_items = HD_AS(HdTuple, code->names)->at;
    code->localsplus_names = interned_names(t, parts->localsplus_names);
    if (hd_is_null(code->localsplus_names)) return HD_NULL;
    code->name = hd_retain(t, parts->name);
    code->qualname = hd_retain(t, parts->qualname);
    code->filename = hd_retain(t, parts->filename);
    code->units = copy_block(t, parts->units, parts->count * sizeof(HdUnit));
    code->localsplus_kinds = copy_block(t, parts->localsplus_kinds, (size_t)code->localsplus_count);
    code->handlers = copy_block(t, parts->handlers, parts->handler_count * sizeof(HdHandler));
    code->positions = copy_block(t, parts->positions, parts->positions_size);
    if (hd_raised(t)) return HD_NULL;
    count_locals(code);
    return hd_move(&owner);
}

HdValue hd_code_new_empty(HdThread *t, const char *filename, const char *name, int line) {
    HdUnit units[] = {hd_ops_unit(HD_INS_LOAD_ASSERTION_ERROR, 0), hd_ops_unit(HD_INS_RAISE_VARARGS, 1)};
    HdPosition at[] = {{line, -1, -1, -1}, {line, -1, -1, -1}};
    uint8_t positions[2 * HD_POSITION_BYTES];
    HD_OWNED HdValue file = hd_str_from_text(t, filename);
    HD_OWNED HdValue title = hd_str_from_text(t, name);
    if (hd_is_null(file) || hd_is_null(title)) return HD_NULL;
    HdCodeParts parts = {.units = units, .count = 2, .stack_size = 1, .first_line = line, .consts = hd_tuple_empty(),
                         .names = hd_tuple_empty(), .localsplus_names = hd_tuple_empty(), .name = title,
                         .qualname = title, .filename = file, .positions = positions};
    parts.positions_size = hd_code_positions_encode(positions, at, 2, line);
    return hd_code_new(t, &parts);
}

static void code_dealloc(HdThread *t, HdObject *self) {
    HdCode *code = (HdCode *)self;
    if (hd_code_hooks.free_extra) hd_code_hooks.free_extra(t, code);
    hd_release(t, code->consts);
    hd_release(t, code->names);
    hd_release(t, code->localsplus_names);
    hd_release(t, code->name);
    hd_release(t, code->qualname);
    hd_release(t, code->filename);
    hd_release(t, code->varnames);
    hd_release(t, code->cellvars);
    hd_release(t, code->freevars);
    if (code->units) hd_heap_raw_free(t, code->units, code->count * sizeof(HdUnit));
    if (code->localsplus_kinds) hd_heap_raw_free(t, code->localsplus_kinds, (size_t)code->localsplus_count);
    if (code->handlers) hd_heap_raw_free(t, code->handlers, code->handler_count * sizeof(HdHandler));
    if (code->positions) hd_heap_raw_free(t, code->positions, code->positions_size);
    hd_type_free(t, self);
}

static int code_traverse(HdObject *self, HdVisit visit, void *context) {
    HdCode *code = (HdCode *)self;
    HD_VISIT(code->consts);
    HD_VISIT(code->names);
    HD_VISIT(code->localsplus_names);
    HD_VISIT(code->name);
    HD_VISIT(code->qualname);
    HD_VISIT(code->filename);
    HD_VISIT(code->varnames);
    HD_VISIT(code->cellvars);
    HD_VISIT(code->freevars);
    return 0;
}

/* --- lazily made tuples --- */
static HdValue names_of_kind(HdThread *t, HdCode *code, HdValue *slot, uint8_t kind, int32_t count) {
    HdValue known = {HD_LOAD_ACQUIRE(&slot->bits)};
    if (!hd_is_null(known)) return hd_retain(t, known);
    HdValue tuple = count ? hd_tuple_new(t, count) : hd_retain(t, hd_tuple_empty());
    if (hd_is_null(tuple)) return tuple;
    HdSize at = 0;
    for (int i = 0; i < code->localsplus_count; i++)
        if (code->localsplus_kinds[i] & kind)
            hd_tuple_put_steal(tuple, at++, hd_retain(t, hd_code_local_name(code, (uint32_t)i)));
    uint64_t none = 0;
    if (HD_CAS(&slot->bits, &none, tuple.bits)) return hd_retain(t, tuple);
    hd_release(t, tuple);
    return hd_retain(t, (HdValue){none});
}
HdValue hd_code_varnames(HdThread *t, HdCode *code) {
    return names_of_kind(t, code, &code->varnames, HD_LOCAL_PLAIN, code->local_count);
}
HdValue hd_code_cellvars(HdThread *t, HdCode *code) {
    return names_of_kind(t, code, &code->cellvars, HD_LOCAL_CELL, code->cell_count);
}
HdValue hd_code_freevars(HdThread *t, HdCode *code) {
    return names_of_kind(t, code, &code->freevars, HD_LOCAL_FREE, code->free_count);
}

/* --- attributes --- */
static HdValue get_varnames(HdThread *t, HdValue self, void *closure) { return hd_code_varnames(t, hd_code(self)); }
static HdValue get_cellvars(HdThread *t, HdValue self, void *closure) { return hd_code_cellvars(t, hd_code(self)); }
static HdValue get_freevars(HdThread *t, HdValue self, void *closure) { return hd_code_freevars(t, hd_code(self)); }
static HdValue get_nlocals(HdThread *t, HdValue self, void *closure) { return hd_imm_int(hd_code(self)->local_count); }
static HdValue get_flags(HdThread *t, HdValue self, void *closure) { return hd_imm_int(hd_code(self)->flags); }

static HdValue get_code(HdThread *t, HdValue self, void *closure) {
    HdCode *code = hd_code(self);
    HdValue bytes = hd_bytes_new(t, NULL, (HdSize)(code->count * sizeof(HdUnit)));
    if (hd_is_null(bytes)) return bytes;
    for (uint32_t i = 0; i < code->count; i++) {
        HdUnit unit = hd_code_plain_unit(code, i);
        memcpy(hd_bytes_data(bytes) + i * sizeof unit, &unit, sizeof unit);
    }
    return bytes;
}
static HdValue get_linetable(HdThread *t, HdValue self, void *closure) {
    return hd_bytes_new(t, hd_code(self)->positions, hd_code(self)->positions_size);
}
static HdValue get_exceptiontable(HdThread *t, HdValue self, void *closure) {
    return hd_bytes_new(t, hd_code(self)->handlers, (HdSize)(hd_code(self)->handler_count * sizeof(HdHandler)));
}

/* Runs of units on one line, in offsets: the next run, or false. */
static bool next_line_run(const HdCode *code, HdPositionCursor *cursor, bool *ahead, uint32_t *start, uint32_t *end,
                          int *line) {
    if (!*ahead && !hd_code_positions_next(code, cursor)) return false;
    *start = cursor->start;
    *end = cursor->end;
    *line = cursor->position.line;
    *ahead = false;
    while (hd_code_positions_next(code, cursor)) {
        if (cursor->position.line != *line) {
            *ahead = true;
            break;
        }
        *end = cursor->end;
    }
    return true;
}

static HdValue iterator_of_steal(HdThread *t, HdValue list) {
    HdValue iterator = hd_object_iter(t, list);
    hd_release(t, list);
    return iterator;
}

static HdValue line_or_none(int line) { return line < 0 ? hd_None : hd_imm_int(line); }

static HdValue co_lines(HdThread *t, HdValue self, const HdValue *args) {
    HdCode *code = hd_code(self);
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (hd_is_null(list)) return HD_NULL;
    HdPositionCursor cursor;
    bool ahead = false;
    uint32_t start, end;
    int line;
    hd_code_positions_begin(code, &cursor);
    while (next_line_run(code, &cursor, &ahead, &start, &end, &line)) {
        HdValue row = hd_tuple_pack(t, 3, hd_imm_int(2 * (int64_t)start), hd_imm_int(2 * (int64_t)end), line_or_none(line));
        if (hd_is_null(row) || hd_list_append_steal(t, list, row) < 0) return HD_NULL;
    }
    return iterator_of_steal(t, hd_move(&list));
}

static HdValue co_positions(HdThread *t, HdValue self, const HdValue *args) {
    HdCode *code = hd_code(self);
    HD_OWNED HdValue list = hd_list_new(t, code->count);
    if (hd_is_null(list)) return HD_NULL;
    HdPositionCursor cursor;
    hd_code_positions_begin(code, &cursor);
    while (hd_code_positions_next(code, &cursor)) {
        HdPosition *p = &cursor.position;
        for (uint32_t i = cursor.start; i < cursor.end; i++) {
            HdValue row = hd_tuple_pack(t, 4, line_or_none(p->line), line_or_none(p->end_line), line_or_none(p->column),
                                        line_or_none(p->end_column));
            if (hd_is_null(row) || hd_list_append_steal(t, list, row) < 0) return HD_NULL;
        }
    }
    return iterator_of_steal(t, hd_move(&list));
}

static HdValue get_lnotab(HdThread *t, HdValue self, void *closure) {
    HdCode *code = hd_code(self);
    HD_OWNED HdValue out = hd_bytearray_new(t, NULL, 0);
    if (hd_is_null(out)) return HD_NULL;
    HdPositionCursor cursor;
    bool ahead = false;
    uint32_t start, end, offset = 0;
    int line, last = code->first_line;
    hd_code_positions_begin(code, &cursor);
    while (next_line_run(code, &cursor, &ahead, &start, &end, &line)) {
        if (line < 0 || line == last) continue;
        int step = (int)(start - offset) * 2, delta = line - last;
        while (step || delta) {
            int s = step > 254 ? 254 : step;
            int d = step > 254 ? 0 : delta > 127 ? 127 : delta < -128 ? -128 : delta;
            HdSize size = HD_AS(HdByteArray, out)->length;
            if (hd_bytearray_resize(t, out, size + 2) < 0) return HD_NULL;
            hd_bytearray_data(out)[size] = (uint8_t)s;
            hd_bytearray_data(out)[size + 1] = (uint8_t)d;
            step -= s;
            delta -= d;
        }
        offset = start;
        last = line;
    }
    return hd_bytes_new(t, hd_bytearray_data(out), HD_AS(HdByteArray, out)->length);
}

static HdValue varname_from_oparg(HdThread *t, HdValue self, const HdValue *args) {
    HdSize i = hd_number_as_size(t, args[0], &hd_IndexError);
    if (i == -1 && hd_raised(t)) return HD_NULL;
    if (i < 0 || i >= hd_code(self)->localsplus_count) return hd_raise(t, &hd_IndexError, "tuple index out of range");
    return hd_retain(t, hd_code_local_name(hd_code(self), (uint32_t)i));
}

/* --- protocol --- */
static HdValue code_repr(HdThread *t, HdValue self) {
    HdCode *code = hd_code(self);
    return hd_str_format(t, "<code object %U at %p, file \"%U\", line %d>", code->name, (void *)code, code->filename,
                         code->first_line ? code->first_line : -1);
}

static bool same_consts(HdThread *t, HdValue a, HdValue b);
static bool same_const(HdThread *t, HdValue a, HdValue b) {
    if (hd_is_code(a) && hd_is_code(b)) {
        HdCode *x = hd_code(a), *y = hd_code(b);
        if (x == y) return true;
        if (!hd_str_equal(x->name, y->name) || x->argcount != y->argcount || x->posonlyargcount != y->posonlyargcount ||
            x->kwonlyargcount != y->kwonlyargcount || x->flags != y->flags || x->first_line != y->first_line ||
            x->count != y->count || x->positions_size != y->positions_size || x->handler_count != y->handler_count ||
            x->localsplus_count != y->localsplus_count)
            return false;
        for (uint32_t i = 0; i < x->count; i++)
            if (hd_code_plain_unit(x, i) != hd_code_plain_unit(y, i)) return false;
        if (x->positions_size && memcmp(x->positions, y->positions, x->positions_size) != 0) return false;
        if (x->handler_count && memcmp(x->handlers, y->handlers, x->handler_count * sizeof(HdHandler)) != 0) return false;
        if (x->localsplus_count && memcmp(x->localsplus_kinds, y->localsplus_kinds, (size_t)x->localsplus_count) != 0)
            return false;
        return same_consts(t, x->consts, y->consts) && hd_const_key_same(t, x->names, y->names) &&
               hd_const_key_same(t, x->localsplus_names, y->localsplus_names);
    }
    return hd_const_key_same(t, a, b);
}
static bool same_consts(HdThread *t, HdValue a, HdValue b) {
    if (hd_tuple_length(a) != hd_tuple_length(b)) return false;
    for (HdSize i = 0; i < hd_tuple_length(a); i++)
        if (!same_const(t, hd_tuple_at_borrowed(a, i), hd_tuple_at_borrowed(b, i))) return false;
    return true;
}

static HdValue code_compare(HdThread *t, HdValue a, HdValue b, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_code(a) || !hd_is_code(b)) return hd_NotImplemented;
    return hd_bool(same_const(t, a, b) == (op == HD_EQ));
}

static int64_t code_hash(HdThread *t, HdValue self) {
    HdCode *code = hd_code(self);
    uint64_t hash = (uint64_t)hd_str_hash(code->name);
    hash = (hash ^ (uint64_t)hd_const_key_hash(t, code->names)) * 0x9E3779B97F4A7C15u;
    hash = (hash ^ (uint64_t)hd_const_key_hash(t, code->localsplus_names)) * 0x9E3779B97F4A7C15u;
    hash ^= (uint64_t)code->argcount ^ (uint64_t)code->kwonlyargcount << 8 ^ (uint64_t)code->flags << 16 ^
            (uint64_t)code->first_line << 32 ^ code->count;
    return (int64_t)hash == -1 ? -2 : (int64_t)hash;
}

/* --- the constructor and replace() --- */
enum { A_ARGCOUNT, A_POSONLY, A_KWONLY, A_NLOCALS, A_STACKSIZE, A_FLAGS, A_CODE, A_CONSTS, A_NAMES, A_VARNAMES,
    A_FILENAME, A_NAME, A_QUALNAME, A_FIRSTLINE, A_LINETABLE, A_EXCEPTIONS, A_FREEVARS, A_CELLVARS, A_COUNT };

static bool all_str(HdValue tuple) {
    for (HdSize i = 0; i < hd_tuple_length(tuple); i++)
        if (!hd_is_exact_str(hd_tuple_at_borrowed(tuple, i))) return false;
    return true;
}

static int read_number(HdThread *t, HdValue v, int32_t *out) {
    int n = hd_number_as_int(t, v);
    if (n == -1 && hd_raised(t)) return -1;
    if (n < 0) return hd_raise_int(t, &hd_ValueError, "code: argcounts and sizes must not be negative");
    *out = n;
    return 0;
}

static bool index_of(HdValue tuple, HdValue name, HdSize *at) {
    for (*at = 0; *at < hd_tuple_length(tuple); ++*at)
        if (hd_str_equal(hd_tuple_at_borrowed(tuple, *at), name)) return true;
    return false;
}

/* Joins the three tuples of names into localsplus. */
static HdValue join_names(HdThread *t, const HdValue *args, uint8_t **kinds_out, HdSize *count_out) {
    HdSize locals = hd_tuple_length(args[A_VARNAMES]), cells = hd_tuple_length(args[A_CELLVARS]);
    HdSize frees = hd_tuple_length(args[A_FREEVARS]), total = locals + frees, at;
    for (HdSize i = 0; i < cells; i++) total += !index_of(args[A_VARNAMES], hd_tuple_at_borrowed(args[A_CELLVARS], i), &at);
    HdValue names = hd_tuple_new(t, total);
    uint8_t *kinds = hd_heap_raw_zeroed(t, (size_t)total + 1);
    if (hd_is_null(names) || !kinds) {
        hd_release(t, names);
        if (!hd_raised(t)) hd_raise_no_memory(t);
        return HD_NULL;
    }
    HdSize next = 0;
    for (HdSize i = 0; i < locals; i++, next++) {
        hd_tuple_put_steal(names, next, hd_retain(t, hd_tuple_at_borrowed(args[A_VARNAMES], i)));
        kinds[next] = HD_LOCAL_PLAIN;
    }
    for (HdSize i = 0; i < cells; i++) {
        HdValue name = hd_tuple_at_borrowed(args[A_CELLVARS], i);
        if (!index_of(args[A_VARNAMES], name, &at)) {
            at = next++;
            hd_tuple_put_steal(names, at, hd_retain(t, name));
        }
        kinds[at] |= HD_LOCAL_CELL;
    }
    for (HdSize i = 0; i < frees; i++, next++) {
        hd_tuple_put_steal(names, next, hd_retain(t, hd_tuple_at_borrowed(args[A_FREEVARS], i)));
        kinds[next] = HD_LOCAL_FREE;
    }
    *kinds_out = kinds;
    *count_out = total + 1;
    return names;
}

static HdValue code_from_arguments(HdThread *t, const HdValue *args, int32_t attrs_hint) {
    HdCodeParts parts = {.attrs_hint = attrs_hint};
    int32_t locals = 0, flags = 0;
    if (read_number(t, args[A_ARGCOUNT], &parts.argcount) < 0 || read_number(t, args[A_POSONLY], &parts.posonlyargcount) < 0 ||
        read_number(t, args[A_KWONLY], &parts.kwonlyargcount) < 0 || read_number(t, args[A_NLOCALS], &locals) < 0 ||
        read_number(t, args[A_STACKSIZE], &parts.stack_size) < 0 || read_number(t, args[A_FLAGS], &flags) < 0 ||
        read_number(t, args[A_FIRSTLINE], &parts.first_line) < 0)
        return HD_NULL;
    static const uint8_t tuples[] = {A_CONSTS, A_NAMES, A_VARNAMES, A_FREEVARS, A_CELLVARS};
    static const uint8_t texts[] = {A_FILENAME, A_NAME, A_QUALNAME};
    static const uint8_t tables[] = {A_CODE, A_LINETABLE, A_EXCEPTIONS};
    for (unsigned i = 0; i < HD_COUNT_OF(tuples); i++) {
        if (!hd_is_exact_tuple(args[tuples[i]])) return hd_raise(t, &hd_TypeError, "code: expected a tuple, not %T", args[tuples[i]]);
        if (tuples[i] != A_CONSTS && !all_str(args[tuples[i]]))
            return hd_raise(t, &hd_TypeError, "name tuples must contain only strings, not '%T'", hd_tuple_at_borrowed(args[tuples[i]], 0));
    }
    for (unsigned i = 0; i < HD_COUNT_OF(texts); i++)
        if (!hd_is_str(args[texts[i]])) return hd_raise(t, &hd_TypeError, "code: expected str, not %T", args[texts[i]]);
    for (unsigned i = 0; i < HD_COUNT_OF(tables); i++)
        if (!hd_is_bytes(args[tables[i]])) return hd_raise(t, &hd_TypeError, "code: expected bytes, not %T", args[tables[i]]);
    if (hd_tuple_length(args[A_VARNAMES]) != locals) return hd_raise(t, &hd_ValueError, "code: co_nlocals != len(co_varnames)");
    if (hd_bytes_length(args[A_CODE]) % 4 || hd_bytes_length(args[A_EXCEPTIONS]) % (HdSize)sizeof(HdHandler))
        return hd_raise(t, &hd_ValueError, "code: co_code is malformed");
    parts.flags = (uint32_t)flags;
    parts.units = (const HdUnit *)hd_bytes_data(args[A_CODE]);
    parts.count = (uint32_t)(hd_bytes_length(args[A_CODE]) / 4);
    parts.consts = args[A_CONSTS];
    parts.names = args[A_NAMES];
    parts.filename = args[A_FILENAME];
    parts.name = args[A_NAME];
    parts.qualname = args[A_QUALNAME];
    parts.positions = hd_bytes_data(args[A_LINETABLE]);
    parts.positions_size = (uint32_t)hd_bytes_length(args[A_LINETABLE]);
    parts.handlers = (const HdHandler *)hd_bytes_data(args[A_EXCEPTIONS]);
    parts.handler_count = (uint32_t)(hd_bytes_length(args[A_EXCEPTIONS]) / (HdSize)sizeof(HdHandler));
    uint8_t *kinds = NULL;
    HdSize kinds_size = 0;
    HD_OWNED HdValue names = join_names(t, args, &kinds, &kinds_size);
    if (hd_is_null(names)) return HD_NULL;
    parts.localsplus_names = names;
    parts.localsplus_kinds = kinds;
    HdValue code = HD_NULL;
    const char *wrong = hd_verify_parts(t, &parts);
    if (wrong) hd_raise(t, &hd_ValueError, "code: %s", wrong);
    else code = hd_code_new(t, &parts);
    hd_heap_raw_free(t, kinds, (size_t)kinds_size);
    return code;
}

static const HdMethodDef new_def = HD_METHOD(NULL,
    "code(argcount, posonlyargcount, kwonlyargcount, nlocals, stacksize, flags, codestring, constants, names, varnames, "
    "filename, name, qualname, firstlineno, linetable, exceptiontable, freevars=(), cellvars=(), /)", NULL);

static HdValue code_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue bound[A_COUNT];
    if (hd_native_bind(t, &new_def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    for (int i = A_FREEVARS; i <= A_CELLVARS; i++)
        if (hd_is_null(bound[i])) bound[i] = hd_tuple_empty();
    return code_from_arguments(t, bound, 0);
}

static HdValue code_replace(HdThread *t, HdValue self, const HdValue *given) {
    /* Order of replace()'s parameters in terms of the constructor's. */
    static const uint8_t order[A_COUNT] = {A_ARGCOUNT, A_POSONLY, A_KWONLY, A_NLOCALS, A_STACKSIZE, A_FLAGS, A_FIRSTLINE,
                                           A_CODE, A_CONSTS, A_NAMES, A_VARNAMES, A_FREEVARS, A_CELLVARS, A_FILENAME,
                                           A_NAME, A_QUALNAME, A_LINETABLE, A_EXCEPTIONS};
    HdCode *code = hd_code(self);
    HD_OWNED HdValue units = get_code(t, self, NULL);
    HD_OWNED HdValue lines = get_linetable(t, self, NULL);
    HD_OWNED HdValue exceptions = get_exceptiontable(t, self, NULL);
    HD_OWNED HdValue varnames = hd_code_varnames(t, code);
    HD_OWNED HdValue cellvars = hd_code_cellvars(t, code);
    HD_OWNED HdValue freevars = hd_code_freevars(t, code);
    if (hd_raised(t)) return HD_NULL;
    HdValue args[A_COUNT] = {
        [A_ARGCOUNT] = hd_imm_int(code->argcount), [A_POSONLY] = hd_imm_int(code->posonlyargcount),
        [A_KWONLY] = hd_imm_int(code->kwonlyargcount), [A_NLOCALS] = hd_imm_int(code->local_count),
        [A_STACKSIZE] = hd_imm_int(code->stack_size), [A_FLAGS] = hd_imm_int(code->flags), [A_CODE] = units,
        [A_CONSTS] = code->consts, [A_NAMES] = code->names, [A_VARNAMES] = varnames, [A_FILENAME] = code->filename,
        [A_NAME] = code->name, [A_QUALNAME] = code->qualname, [A_FIRSTLINE] = hd_imm_int(code->first_line),
        [A_LINETABLE] = lines, [A_EXCEPTIONS] = exceptions, [A_FREEVARS] = freevars, [A_CELLVARS] = cellvars};
    for (int i = 0; i < A_COUNT; i++)
        if (!hd_is_null(given[i])) args[order[i]] = given[i];
    return code_from_arguments(t, args, code->attrs_hint);
}

/* --- tables --- */
static const HdMethodDef methods[] = {
    HD_METHOD(code_replace,
              "replace($self, /, *, co_argcount=-1, co_posonlyargcount=-1, co_kwonlyargcount=-1, co_nlocals=-1, "
              "co_stacksize=-1, co_flags=-1, co_firstlineno=-1, co_code=None, co_consts=None, co_names=None, "
              "co_varnames=None, co_freevars=None, co_cellvars=None, co_filename=None, co_name=None, co_qualname=None, "
              "co_linetable=None, co_exceptiontable=None)",
              "Return a copy of the code object with new values for the specified fields."),
    HD_METHOD(co_lines, "co_lines($self, /)", NULL),
    HD_METHOD(co_positions, "co_positions($self, /)", NULL),
    HD_METHOD(varname_from_oparg, "_varname_from_oparg($self, /, oparg)", "Return the local variable name for the given oparg."),
    HD_METHODS_END,
};
static const HdGetSetDef getsets[] = {
    {"co_code", get_code, NULL, NULL, NULL},
    {"_co_code_adaptive", get_code, NULL, NULL, NULL},
    {"co_linetable", get_linetable, NULL, NULL, NULL},
    {"co_exceptiontable", get_exceptiontable, NULL, NULL, NULL},
    {"co_lnotab", get_lnotab, NULL, NULL, NULL},
    {"co_varnames", get_varnames, NULL, NULL, NULL},
    {"co_cellvars", get_cellvars, NULL, NULL, NULL},
    {"co_freevars", get_freevars, NULL, NULL, NULL},
    {"co_nlocals", get_nlocals, NULL, NULL, NULL},
    {"co_flags", get_flags, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static const HdMemberDef members[] = {
    {"co_argcount", HD_MEMBER_INT, offsetof(HdCode, argcount), true, NULL, false},
    {"co_posonlyargcount", HD_MEMBER_INT, offsetof(HdCode, posonlyargcount), true, NULL, false},
    {"co_kwonlyargcount", HD_MEMBER_INT, offsetof(HdCode, kwonlyargcount), true, NULL, false},
    {"co_stacksize", HD_MEMBER_INT, offsetof(HdCode, stack_size), true, NULL, false},
    {"co_firstlineno", HD_MEMBER_INT, offsetof(HdCode, first_line), true, NULL, false},
    {"co_consts", HD_MEMBER_VALUE, offsetof(HdCode, consts), true, NULL, false},
    {"co_names", HD_MEMBER_VALUE, offsetof(HdCode, names), true, NULL, false},
    {"co_filename", HD_MEMBER_VALUE, offsetof(HdCode, filename), true, NULL, false},
    {"co_name", HD_MEMBER_VALUE, offsetof(HdCode, name), true, NULL, false},
    {"co_qualname", HD_MEMBER_VALUE, offsetof(HdCode, qualname), true, NULL, false},
    {NULL, 0, 0, false, NULL, false},
};

HdType hd_code_type = {
    HD_TYPE_HEAD("code"),
    .doc = "Create a code object.  Not for the faint of heart.",
    .basicsize = sizeof(HdCode),
    .flags = HD_TYPE_GC | HD_TYPE_IMMUTABLE,
    .flags2 = HD_TYPE2_GC_HIDDEN,
    .dealloc = code_dealloc,
    .traverse = code_traverse,
    .repr = code_repr,
    .hash = code_hash,
    .compare = code_compare,
    .create = code_create,
    .methods = methods,
    .getsets = getsets,
    .members = members,
};

int hd_code_init(HdThread *t) { return hd_type_ready(t, &hd_code_type); }
