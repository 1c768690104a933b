/* pickle_types.h -- what the files of the module _pickle share: opcodes, the module's state, Pickler and Unpickler.
 *
 * A Pickler or Unpickler works for one thread at a time: `busy` holds the serial of the thread that is inside, anybody
 * else gets RuntimeError, so that nothing in it needs a lock while Python runs in between. Pickling calls Python
 * everywhere (reducers, iterators, file methods): pointers into buffers and tables are not held over such calls.
 */
#ifndef HD_PICKLE_TYPES_H
#define HD_PICKLE_TYPES_H

#include "heddle/module.h"

enum {
    HD_PICKLE_HIGHEST = 5,
    HD_PICKLE_DEFAULT = 4,
    HD_PICKLE_BATCH = 1000,          /* items between MARK and APPENDS, SETITEMS, ADDITEMS */
    HD_PICKLE_FRAME_MIN = 4,         /* bytes that are worth a frame */
    HD_PICKLE_FRAME_TARGET = 65536,  /* bytes at which a frame ends */
    HD_PICKLE_FRAME_HEADER = 9,
};

/* The opcodes: letters for protocols 0 and 1, numbers from 0x80 on for 2 to 5. */
enum {
    OP_MARK = '(', OP_STOP = '.', OP_POP = '0', OP_POP_MARK = '1', OP_DUP = '2', OP_FLOAT = 'F', OP_INT = 'I',
    OP_BININT = 'J', OP_BININT1 = 'K', OP_LONG = 'L', OP_BININT2 = 'M', OP_NONE = 'N', OP_PERSID = 'P',
    OP_BINPERSID = 'Q', OP_REDUCE = 'R', OP_STRING = 'S', OP_BINSTRING = 'T', OP_SHORT_BINSTRING = 'U',
    OP_UNICODE = 'V', OP_BINUNICODE = 'X', OP_APPEND = 'a', OP_BUILD = 'b', OP_GLOBAL = 'c', OP_DICT = 'd',
    OP_EMPTY_DICT = '}', OP_APPENDS = 'e', OP_GET = 'g', OP_BINGET = 'h', OP_INST = 'i', OP_LONG_BINGET = 'j',
    OP_LIST = 'l', OP_EMPTY_LIST = ']', OP_OBJ = 'o', OP_PUT = 'p', OP_BINPUT = 'q', OP_LONG_BINPUT = 'r',
    OP_SETITEM = 's', OP_TUPLE = 't', OP_EMPTY_TUPLE = ')', OP_SETITEMS = 'u', OP_BINFLOAT = 'G', OP_BINBYTES = 'B',
    OP_SHORT_BINBYTES = 'C',
    OP_PROTO = 0x80, OP_NEWOBJ, OP_EXT1, OP_EXT2, OP_EXT4, OP_TUPLE1, OP_TUPLE2, OP_TUPLE3, OP_NEWTRUE, OP_NEWFALSE,
    OP_LONG1, OP_LONG4, OP_SHORT_BINUNICODE, OP_BINUNICODE8, OP_BINBYTES8, OP_EMPTY_SET, OP_ADDITEMS, OP_FROZENSET,
    OP_NEWOBJ_EX, OP_STACK_GLOBAL, OP_MEMOIZE, OP_FRAME, OP_BYTEARRAY8, OP_NEXT_BUFFER, OP_READONLY_BUFFER,
};

typedef struct HdPickleName HdPickleName; /* pickle_names.c */

/* References for as long as the process lives; the newest module's. */
typedef struct HdPickleState {
    HdValue error, pickling_error, unpickling_error;
    HdValue dispatch_table, extension_registry, inverted_registry, extension_cache; /* copyreg's */
    HdValue name_mapping, import_mapping, reverse_name_mapping, reverse_import_mapping; /* _compat_pickle's */
    HdValue encode, partial, getattr;
    HdPickleName *names;
} HdPickleState;

/* Which object has which number: an open-addressing table by identity, and the objects in order. */
typedef struct HdPickleMemo {
    HdValue *objects; /* owned, by number; HD_NULL: none (numbers set from Python may leave gaps); None, which needs no
                       * number, for the __dict__ of an instance that has not got one, which nobody can refer to */
    HdSize count, capacity;
    uint32_t *slots;  /* number + 1 of the object there; 0: empty */
    HdSize mask;      /* slots - 1 */
} HdPickleMemo;

typedef struct HdPickler {
    HdObject head;
    uint64_t busy;
    HdPickleMemo memo;
    HdValue write;           /* the file's method; HD_NULL: everything stays in `data` (dumps) */
    HdValue buffer_callback; /* HD_NULL: none */
    HdValue persistent_id;   /* set from Python; HD_NULL: none */
    HdValue dispatch_table;  /* set from Python; HD_NULL: none */
    int protocol, binary, fast;
    HdSize out_of_band; /* bytes and bytearrays of this length go to the buffer_callback too; 0: none do */
    bool fix_imports, ready;
    /* while dump() runs */
    HdValue persist, override, dispatch; /* what is in force: methods of subclasses count; HD_NULL: none */
    bool framing;
    HdSize frame_start; /* place of the open frame's header; -1: none */
    uint8_t *data;      /* output that waits, from the C library */
    HdSize length, capacity;
    int fast_depth;
    HdValue fast_memo;  /* dict: containers being written in fast mode, deep down */
} HdPickler;

typedef struct HdUnpickler {
    HdObject head;
    uint64_t busy;
    HdValue read, readinto, readline, peek; /* of the file; HD_NULL: not there */
    HdValue persistent_load; /* set from Python; HD_NULL: none */
    HdValue buffers;         /* iterator; HD_NULL: none */
    HdValue *memo;           /* owned, by number */
    HdValue memo_far;        /* dict of those whose number is far beyond the others'; HD_NULL: none */
    HdSize memo_count, memo_capacity;
    HdValue encoding, errors; /* str; HD_NULL until __init__ */
    bool fix_imports;
    int protocol;
    /* while load() runs */
    HdValue persist;
    HdValue *stack;
    HdSize depth, stack_capacity, fence; /* nothing below the fence may be popped */
    bool marked;                         /* the fence is a mark */
    int names; /* falls with each short str that is not interned: at 0 the others are not looked for */
    HdSize *marks;
    HdSize mark_count, mark_capacity;
    HdBuffer input; /* owner HD_NULL: none */
    const uint8_t *bytes;
    HdSize position, available, prefetched; /* prefetched: up to where the file itself has been read */
    HdValue line;   /* bytes that hold a line longer than what was available */
} HdUnpickler;

extern HdType hd_pickler_type, hd_unpickler_type, hd_pickle_buffer_type, hd_pickler_memo_type, hd_unpickler_memo_type;
HdPickleState *hd_pickle_state(void);
HD_INLINE HdType *hd_pickling_error(void) { return HD_AS(HdType, hd_pickle_state()->pickling_error); }
HD_INLINE HdType *hd_unpickling_error(void) { return HD_AS(HdType, hd_pickle_state()->unpickling_error); }

/* self.name into *out unless that is the class's own attribute, which is `field`: 0, -1 raised. */
HD_CHECK HD_INLINE int hd_pickle_hook(HdThread *t, HdValue self, HdType *own, HdValue name, HdValue *field, HdValue *out) {
    HdType *type = hd_type_of(self);
    if (hd_same(hd_type_lookup_borrowed(t, type, name), hd_type_lookup_borrowed(t, own, name)) &&
        type->getattr == hd_object_type.getattr) {
        *out = hd_slot_read(t, field, hd_as_object(self));
        return 0;
    }
    return hd_object_find_attr(t, self, name, out) < 0 ? -1 : 0;
}

/* Enters: 1, or 0 when this thread is inside already; -1 raised: another is. */
int hd_pickle_enter(HdThread *t, uint64_t *busy) HD_CHECK;
HD_INLINE void hd_pickle_leave(uint64_t *busy) { HD_STORE_RELEASE(busy, 0); }

/* --- memo (pickle_memo.c) --- */
HdSize hd_pickle_memo_find(const HdPickleMemo *memo, HdValue object); /* -1: not there */
int hd_pickle_memo_add(HdThread *t, HdPickleMemo *memo, HdValue object, HdSize number) HD_CHECK;
void hd_pickle_memo_clear(HdThread *t, HdPickleMemo *memo);
int hd_unpickler_memo_put(HdThread *t, HdUnpickler *u, HdSize number, HdValue value) HD_CHECK;
HdValue hd_unpickler_memo_get(HdThread *t, HdUnpickler *u, HdSize number); /* owned; HD_NULL: none, or raised */
void hd_unpickler_memo_clear(HdThread *t, HdUnpickler *u);
HdValue hd_pickle_get_memo(HdThread *t, HdValue self, void *closure) HD_CHECK;
int hd_pickle_set_memo(HdThread *t, HdValue self, HdValue value, void *closure) HD_CHECK;

/* --- writing (pickle_write.c) --- */
int hd_pickle_write(HdThread *t, HdPickler *p, const void *bytes, HdSize count) HD_CHECK;
HD_CHECK HD_INLINE int hd_pickle_op(HdThread *t, HdPickler *p, int op) {
    uint8_t byte = (uint8_t)op;
    if (HD_UNLIKELY(p->length == p->capacity || (p->framing && p->frame_start == -1))) return hd_pickle_write(t, p, &byte, 1);
    p->data[p->length++] = byte;
    return 0;
}
/* Header and data; data of a frame's size go past the buffer. `payload`: an object with these bytes, or HD_NULL. */
int hd_pickle_write_long(HdThread *t, HdPickler *p, const uint8_t *header, HdSize header_size, const uint8_t *bytes,
                         HdSize count, HdValue payload) HD_CHECK;
int hd_pickle_boundary(HdThread *t, HdPickler *p) HD_CHECK; /* between objects: ends a full frame */
int hd_pickle_end_frame(HdThread *t, HdPickler *p) HD_CHECK;
int hd_pickle_flush(HdThread *t, HdPickler *p) HD_CHECK;
int hd_pickle_memo_put(HdThread *t, HdPickler *p, HdValue object) HD_CHECK;
int hd_pickle_memo_get(HdThread *t, HdPickler *p, HdSize number) HD_CHECK;

/* --- saving --- */
int hd_pickle_save(HdThread *t, HdPickler *p, HdValue object, bool as_persistent) HD_CHECK;
int hd_pickle_save_atom(HdThread *t, HdPickler *p, HdValue object, HdType *type) HD_CHECK; /* 1 done, 0 none of them */
int hd_pickle_save_bytes(HdThread *t, HdPickler *p, HdValue object) HD_CHECK;
int hd_pickle_save_str(HdThread *t, HdPickler *p, HdValue object) HD_CHECK;
int hd_pickle_save_container(HdThread *t, HdPickler *p, HdValue object, HdType *type) HD_CHECK; /* 1, 0, -1 */
int hd_pickle_save_items(HdThread *t, HdPickler *p, HdValue iterator) HD_CHECK; /* of a list */
int hd_pickle_save_pairs(HdThread *t, HdPickler *p, HdValue iterator) HD_CHECK; /* of a dict */
int hd_pickle_save_global(HdThread *t, HdPickler *p, HdValue object, HdValue name_or_null) HD_CHECK;
int hd_pickle_save_type(HdThread *t, HdPickler *p, HdValue object) HD_CHECK;
int hd_pickle_save_reduce(HdThread *t, HdPickler *p, HdValue reduced, HdValue object_or_null) HD_CHECK;
/* dump(): everything from PROTO to STOP. */
int hd_pickle_dump(HdThread *t, HdPickler *p, HdValue self, HdValue object) HD_CHECK;
int hd_pickler_init(HdThread *t, HdPickler *p, HdValue file_or_null, HdValue protocol, HdValue fix_imports,
                    HdValue buffer_callback) HD_CHECK;

/* --- loading --- */
int hd_unpickler_init(HdThread *t, HdUnpickler *u, HdValue file_or_null, HdValue fix_imports, HdValue encoding,
                      HdValue errors, HdValue buffers) HD_CHECK;
HdValue hd_unpickle(HdThread *t, HdUnpickler *u, HdValue self) HD_CHECK;
HdValue hd_unpickle_find_class(HdThread *t, HdUnpickler *u, HdValue module, HdValue name) HD_CHECK;
/* Names that were found (pickle_names.c): the object, owned, and its module, lent; HD_NULL: look for it. */
HdPickleName *hd_pickle_names_new(void);
HdValue hd_pickle_name_find(HdThread *t, HdValue module_name, HdValue name, HdValue *module);
void hd_pickle_name_note(HdThread *t, HdValue module_name, HdValue name, HdValue module);
/* object.a.b.c; `parent` (owned) is what the last name was looked up in, may be NULL. */
HdValue hd_pickle_dotted(HdThread *t, HdValue object, HdValue dotted, HdValue *parent) HD_CHECK;

/* Reading (pickle_read.c): *out points to `count` bytes, valid until the next read. */
int hd_unpickle_read_more(HdThread *t, HdUnpickler *u, HdSize count, const uint8_t **out) HD_CHECK;
HD_CHECK HD_INLINE int hd_unpickle_read(HdThread *t, HdUnpickler *u, HdSize count, const uint8_t **out) {
    if (HD_UNLIKELY(count > u->available - u->position)) return hd_unpickle_read_more(t, u, count, out);
    *out = u->bytes + u->position;
    u->position += count;
    return 0;
}
int hd_unpickle_read_into(HdThread *t, HdUnpickler *u, uint8_t *out, HdSize count) HD_CHECK;
HdSize hd_unpickle_read_line(HdThread *t, HdUnpickler *u, const uint8_t **out) HD_CHECK; /* its length with the end */
int hd_unpickle_skip_consumed(HdThread *t, HdUnpickler *u) HD_CHECK;
/* The stack (pickle_stack.c). */
int hd_unpickle_push_growing(HdThread *t, HdUnpickler *u, HdValue v) HD_CHECK;
HD_CHECK HD_INLINE int hd_unpickle_push_steal(HdThread *t, HdUnpickler *u, HdValue v) { /* HD_NULL: -1 */
    if (HD_UNLIKELY(hd_is_null(v))) return -1;
    if (HD_UNLIKELY(u->depth == u->stack_capacity)) return hd_unpickle_push_growing(t, u, v);
    u->stack[u->depth++] = v;
    return 0;
}
HdValue hd_unpickle_pop(HdThread *t, HdUnpickler *u) HD_CHECK; /* owned; HD_NULL raised */
HdValue hd_unpickle_top(HdThread *t, HdUnpickler *u) HD_CHECK; /* lent */
HdSize hd_unpickle_pop_mark(HdThread *t, HdUnpickler *u) HD_CHECK; /* where the items above it begin */
HdValue hd_unpickle_pop_tuple(HdThread *t, HdUnpickler *u, HdSize from) HD_CHECK;
HdValue hd_unpickle_pop_list(HdThread *t, HdUnpickler *u, HdSize from) HD_CHECK;
void hd_unpickle_cut(HdThread *t, HdUnpickler *u, HdSize depth); /* drops what is above */
int hd_unpickle_underflow(HdThread *t, HdUnpickler *u);          /* raises */
/* Opcodes that build objects (pickle_build.c). */
int hd_unpickle_build(HdThread *t, HdUnpickler *u, HdValue self, int op) HD_CHECK;

#endif
