/* code.h -- code objects: what the compiler makes, marshal stores and the eval loop runs.
 *
 * Immutable once made, but for what the VM keeps beside it (caches, version, warmth, extra) and the two lazily made
 * tables of Python attributes. Reading takes no lock. Offsets that Python sees (f_lasti, tb_lasti, dis, co_lines) are
 * 2 x the unit index.
 */
#ifndef HD_CODE_H
#define HD_CODE_H

#include "list.h"
#include "object.h"
#include "ops.h"
#include "str.h"

/* co_flags; the values are CPython's. */
enum {
    HD_CO_OPTIMIZED = 0x1, HD_CO_NEWLOCALS = 0x2, HD_CO_VARARGS = 0x4, HD_CO_VARKEYWORDS = 0x8, HD_CO_NESTED = 0x10,
    HD_CO_GENERATOR = 0x20, HD_CO_COROUTINE = 0x80, HD_CO_ITERABLE_COROUTINE = 0x100, HD_CO_ASYNC_GENERATOR = 0x200,
    HD_CO_ANY_GENERATOR = 0x20 | 0x80 | 0x200, /* starts with RETURN_GENERATOR */
    HD_CO_FUTURE_DIVISION = 0x20000, HD_CO_FUTURE_ABSOLUTE_IMPORT = 0x40000, HD_CO_FUTURE_WITH_STATEMENT = 0x80000,
    HD_CO_FUTURE_PRINT_FUNCTION = 0x100000, HD_CO_FUTURE_UNICODE_LITERALS = 0x200000,
    HD_CO_FUTURE_BARRY_AS_BDFL = 0x400000, HD_CO_FUTURE_GENERATOR_STOP = 0x800000, HD_CO_FUTURE_ANNOTATIONS = 0x1000000,
    HD_CO_FUTURE_MASK = 0x1fe0000,
};

/* Kinds of localsplus; an argument that is also a cell is LOCAL | CELL and keeps its place. */
enum { HD_LOCAL_HIDDEN = 0x10, HD_LOCAL_PLAIN = 0x20, HD_LOCAL_CELL = 0x40, HD_LOCAL_FREE = 0x80 };

/* A row of the exception table, in units; rows are sorted by start and do not overlap. An exception raised at a unit in
 * [start, end) cuts the stack to `depth` items, pushes the index of the unit (an int) if `lasti`, pushes the exception, and goes on at target. */
typedef struct HdHandler {
    uint32_t start, end, target;
    uint32_t depth : 31, lasti : 1;
} HdHandler;

/* Where a unit comes from; -1: unknown. Columns count UTF-8 bytes. line -1: no line at all (artificial). */
typedef struct HdPosition {
    int line, end_line, column, end_column;
} HdPosition;

typedef struct HdCode {
    HdObject head;
    /* --- hot --- */
    HdUnit *units;             /* raw block of `count` units; the VM may rewrite opcodes by specialised ones of the family */
    const HdValue *constants;  /* items of consts */
    const HdValue *name_items; /* items of names */
    struct HdCache **caches;   /* VM: one atomic pointer a unit, NULL until the code runs; freed by hd_code_hooks */
    uintptr_t cache_delta;     /* VM, atomic: caches - 2 * units as numbers, 0 until the code runs */
    uint32_t count;            /* units */
    uint32_t flags;            /* HD_CO_… */
    int32_t simple_argcount;   /* a call with so many positional arguments needs no binding; -1: every call does */
    int32_t argcount;          /* positional parameters, posonly included */
    int32_t posonlyargcount, kwonlyargcount;
    int32_t local_count;       /* plain locals (parameters first), len(co_varnames) */
    int32_t cell_count;        /* cells, parameters that are cells included */
    int32_t free_count;        /* the last free_count places of localsplus */
    int32_t localsplus_count;
    int32_t stack_size;        /* items of evaluation stack */
    int32_t frame_size;        /* localsplus_count + stack_size, and at least one more than the first */
    int32_t first_line;
    uint32_t version;          /* VM; 0: none given out */
    uint32_t warmth;           /* VM; atomic */
    int32_t attrs_hint;        /* class bodies: distinct names assigned as self.X in its methods */
    void *extra;               /* VM */
    /* --- the rest; owned --- */
    HdValue consts, names;     /* tuples */
    HdValue localsplus_names;  /* tuple of str */
    uint8_t *localsplus_kinds; /* raw block of localsplus_count */
    HdValue name, qualname, filename;
    HdHandler *handlers;
    uint32_t handler_count;
    uint8_t *positions;        /* raw block, format in code_position.c */
    uint32_t positions_size;
    HdValue varnames, cellvars, freevars; /* tuples, made on demand (atomic) */
} HdCode;
extern HdType hd_code_type;
HD_INLINE bool hd_is_code(HdValue v) { return hd_is_exact_object(v, &hd_code_type); }
HD_INLINE HdCode *hd_code(HdValue v) { return HD_AS(HdCode, v); }
HD_INLINE HdValue hd_code_const(const HdCode *code, uint32_t n) { return code->constants[n]; } /* lent */
HD_INLINE HdValue hd_code_name(const HdCode *code, uint32_t n) { return code->name_items[n]; } /* lent, interned */
HD_INLINE HdValue hd_code_local_name(const HdCode *code, uint32_t n) { return hd_tuple_at_borrowed(code->localsplus_names, n); }
HD_INLINE uint8_t hd_code_local_kind(const HdCode *code, uint32_t n) { return code->localsplus_kinds[n]; }

/* What a code object is made of; everything is lent and copied or retained. */
typedef struct HdCodeParts {
    const HdUnit *units;
    uint32_t count;
    uint32_t flags;
    int32_t argcount, posonlyargcount, kwonlyargcount, stack_size, first_line, attrs_hint;
    HdValue consts, names, localsplus_names; /* tuples; names must be str */
    const uint8_t *localsplus_kinds;
    HdValue name, qualname, filename;
    const HdHandler *handlers;
    uint32_t handler_count;
    const uint8_t *positions;
    uint32_t positions_size;
} HdCodeParts;
/* Interns names and name-like string constants; trusts the rest (hd_verify_code is for code from elsewhere). */
HdValue hd_code_new(HdThread *t, const HdCodeParts *parts) HD_CHECK;
/* A code of the given name whose only line is `line` (for tracebacks made by C code). */
HdValue hd_code_new_empty(HdThread *t, const char *filename, const char *name, int line) HD_CHECK;

/* --- tables --- */
void hd_code_position(const HdCode *code, uint32_t unit, HdPosition *out);
/* Line of a unit, -1 when it has none. */
int hd_code_line(const HdCode *code, uint32_t unit);
/* Steps through runs of units of one position: start with *cursor zeroed; false at the end. */
typedef struct HdPositionCursor {
    uint32_t at, unit; /* next byte, next unit */
    int line;
    uint32_t start, end; /* the run found, in units */
    HdPosition position;
} HdPositionCursor;
void hd_code_positions_begin(const HdCode *code, HdPositionCursor *cursor);
bool hd_code_positions_next(const HdCode *code, HdPositionCursor *cursor);
bool hd_code_positions_valid(const uint8_t *bytes, uint32_t size, uint32_t units); /* of a table from elsewhere */
/* Encodes the positions of `count` units into `out`, which has room for HD_POSITION_BYTES a unit; returns the bytes. */
enum { HD_POSITION_BYTES = 22 };
uint32_t hd_code_positions_encode(uint8_t *out, const HdPosition *positions, uint32_t count, int first_line);
/* The handler of an exception raised at `unit`, NULL if there is none. */
HD_INLINE const HdHandler *hd_code_handler(const HdCode *code, uint32_t unit) {
    uint32_t low = 0, high = code->handler_count;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (code->handlers[middle].end <= unit) low = middle + 1;
        else high = middle;
    }
    return low < code->handler_count && code->handlers[low].start <= unit ? &code->handlers[low] : NULL;
}
/* The instruction as compiled, whatever the VM made of it. */
HD_INLINE HdUnit hd_code_plain_unit(const HdCode *code, uint32_t unit) {
    HdUnit word = HD_LOAD_RELAXED(&code->units[unit]);
    return hd_ops_unit(hd_ops_info[hd_ops_opcode(word)].family, hd_ops_operand(word));
}

/* --- what Python code sees --- */
HdValue hd_code_varnames(HdThread *t, HdCode *code) HD_CHECK;
HdValue hd_code_cellvars(HdThread *t, HdCode *code) HD_CHECK;
HdValue hd_code_freevars(HdThread *t, HdCode *code) HD_CHECK;

/* Registered once by the VM: frees code->caches and code->extra. Called by the dealloc of code. */
typedef struct HdCodeHooks {
    void (*free_extra)(HdThread *t, HdCode *code);
} HdCodeHooks;
extern HdCodeHooks hd_code_hooks;
int hd_code_init(HdThread *t) HD_CHECK;

#endif
