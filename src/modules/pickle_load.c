/* pickle_load.c -- an Unpickler's stack, the opcodes for numbers, text, bytes and containers, and load() itself. */
#include <errno.h>
#include <stdlib.h>

#include "codecs.h"
#include "pickle_types.h"
#include "utf8.h"

/* --- the stack --- */

int hd_unpickle_push_growing(HdThread *t, HdUnpickler *u, HdValue v) {
    HdSize capacity = u->stack_capacity ? u->stack_capacity * 2 : 64;
    HdValue *stack = hd_heap_raw_resize(t, u->stack, (size_t)u->stack_capacity * sizeof v, (size_t)capacity * sizeof v);
    if (!stack) {
        hd_release(t, v);
        hd_raise_no_memory(t);
        return -1;
    }
    u->stack = stack;
    u->stack_capacity = capacity;
    u->stack[u->depth++] = v;
    return 0;
}

int hd_unpickle_underflow(HdThread *t, HdUnpickler *u) {
    return hd_raise_int(t, hd_unpickling_error(),
                        u->marked ? "unexpected MARK found" : "unpickling stack underflow");
}

HdValue hd_unpickle_pop(HdThread *t, HdUnpickler *u) {
    if (u->depth <= u->fence) return hd_unpickle_underflow(t, u), HD_NULL;
    return u->stack[--u->depth];
}

HdValue hd_unpickle_top(HdThread *t, HdUnpickler *u) {
    if (u->depth <= u->fence) return hd_unpickle_underflow(t, u), HD_NULL;
    return u->stack[u->depth - 1];
}

void hd_unpickle_cut(HdThread *t, HdUnpickler *u, HdSize depth) {
    while (u->depth > depth) hd_release(t, u->stack[--u->depth]);
}

static int push_mark(HdThread *t, HdUnpickler *u) {
    if (u->mark_count == u->mark_capacity) {
        HdSize capacity = u->mark_capacity ? u->mark_capacity * 2 : 32;
        HdSize *marks = hd_heap_raw_resize(t, u->marks, (size_t)u->mark_capacity * sizeof *marks,
                                           (size_t)capacity * sizeof *marks);
        if (!marks) return hd_raise_no_memory(t), -1;
        u->marks = marks;
        u->mark_capacity = capacity;
    }
    u->marks[u->mark_count++] = u->fence = u->depth;
    u->marked = true;
    return 0;
}

HdSize hd_unpickle_pop_mark(HdThread *t, HdUnpickler *u) {
    if (u->mark_count == 0) return hd_raise_int(t, hd_unpickling_error(), "could not find MARK");
    HdSize mark = u->marks[--u->mark_count];
    u->marked = u->mark_count != 0;
    u->fence = u->marked ? u->marks[u->mark_count - 1] : 0;
    return mark;
}

HdValue hd_unpickle_pop_tuple(HdThread *t, HdUnpickler *u, HdSize from) {
    if (from < u->fence) return hd_unpickle_underflow(t, u), HD_NULL;
    HdValue tuple = from == u->depth ? hd_retain(t, hd_tuple_empty()) : hd_tuple_new(t, u->depth - from);
    if (hd_is_null(tuple)) return tuple;
    for (HdSize i = from; i < u->depth; i++) hd_tuple_put_steal(tuple, i - from, u->stack[i]);
    u->depth = from;
    return tuple;
}

HdValue hd_unpickle_pop_list(HdThread *t, HdUnpickler *u, HdSize from) {
    if (from < u->fence) return hd_unpickle_underflow(t, u), HD_NULL;
    HdValue list = hd_list_from_values(t, u->stack + from, u->depth - from);
    if (!hd_is_null(list)) hd_unpickle_cut(t, u, from);
    return list;
}

/* --- numbers --- */

static uint64_t little(const uint8_t *bytes, HdSize count) {
    uint64_t word = 0;
    memcpy(&word, bytes, (size_t)count);
    return word;
}

/* A length of `count` bytes; -1 raised. */
static HdSize read_size(HdThread *t, HdUnpickler *u, HdSize count, const char *what) {
    const uint8_t *bytes;
    if (hd_unpickle_read(t, u, count, &bytes) < 0) return -1;
    uint64_t size = little(bytes, count);
    if (size <= HD_SIZE_MAX) return (HdSize)size;
    return hd_raise_int(t, &hd_OverflowError, "%s exceeds system's maximum size of %zd bytes", what, HD_SIZE_MAX);
}

static int load_small_int(HdThread *t, HdUnpickler *u, HdSize count) {
    const uint8_t *bytes;
    if (hd_unpickle_read(t, u, count, &bytes) < 0) return -1;
    uint64_t word = little(bytes, count);
    return hd_unpickle_push_steal(t, u, hd_imm_int(count == 4 ? (int32_t)word : (int64_t)word));
}

static int load_int_line(HdThread *t, HdUnpickler *u, bool is_long) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return -1;
    if (length < 2) return hd_raise_int(t, hd_unpickling_error(), "pickle data was truncated");
    if (!is_long && length == 3 && line[0] == '0' && (line[1] == '0' || line[1] == '1')) {
        return hd_unpickle_push_steal(t, u, hd_bool(line[1] == '1'));
    }
    HdSize end = length - 1;
    if (is_long && line[end - 1] == 'L') end--;
    HdValue number = hd_int_from_text(t, (const char *)line, end, is_long ? 10 : 0);
    return hd_unpickle_push_steal(t, u, number);
}

static int load_long_bytes(HdThread *t, HdUnpickler *u, HdSize count) {
    const uint8_t *bytes;
    HdSize size = count == 1 ? read_size(t, u, 1, "LONG1") : read_size(t, u, 4, "LONG4");
    if (size < 0) return -1;
    if (size > 0x7fffffff) return hd_raise_int(t, hd_unpickling_error(), "LONG pickle has negative byte count");
    if (hd_unpickle_read(t, u, size, &bytes) < 0) return -1;
    return hd_unpickle_push_steal(t, u, size ? hd_int_from_bytes(t, bytes, size, true, true) : hd_imm_int(0));
}

static int load_float_line(HdThread *t, HdUnpickler *u) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return -1;
    if (length < 2) return hd_raise_int(t, hd_unpickling_error(), "pickle data was truncated");
    double d;
    int fine = hd_float_parse_text(t, (const char *)line, length - 1, &d);
    if (fine < 0) return -1;
    if (!fine) return hd_raise_int(t, &hd_ValueError, "could not convert string to float");
    return hd_unpickle_push_steal(t, u, hd_float_new(t, d));
}

static int load_binfloat(HdThread *t, HdUnpickler *u) {
    const uint8_t *bytes;
    if (hd_unpickle_read(t, u, 8, &bytes) < 0) return -1;
    uint64_t word = __builtin_bswap64(little(bytes, 8));
    double d;
    memcpy(&d, &word, 8);
    return hd_unpickle_push_steal(t, u, hd_float_new(t, d));
}

/* --- text and bytes --- */

/* A str of Python 2: bytes or text, as `encoding` says. */
static int push_old_str(HdThread *t, HdUnpickler *u, const uint8_t *bytes, HdSize length) {
    if (hd_str_equals_text(u->encoding, "bytes")) return hd_unpickle_push_steal(t, u, hd_bytes_new(t, bytes, length));
    HD_OWNED HdValue copy = hd_bytes_new(t, bytes, length); /* a codec may run Python, which may read on */
    const char *encoding = hd_is_null(copy) ? NULL : hd_str_utf8(t, u->encoding, NULL);
    const char *errors = encoding ? hd_str_utf8(t, u->errors, NULL) : NULL;
    if (!errors) return -1;
    return hd_unpickle_push_steal(t, u, hd_str_decode(t, (const char *)hd_bytes_data(copy), length, encoding, errors));
}

static int load_string_line(HdThread *t, HdUnpickler *u) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return -1;
    length--;
    if (length < 2 || line[0] != line[length - 1] || (line[0] != '"' && line[0] != '\'')) {
        return hd_raise_int(t, hd_unpickling_error(), "the STRING opcode argument must be quoted");
    }
    const char *warned = NULL;
    HD_OWNED HdValue bytes = hd_codecs_escape_decode(t, line + 1, length - 2, NULL, &warned);
    return hd_is_null(bytes) ? -1 : push_old_str(t, u, hd_bytes_data(bytes), hd_bytes_length(bytes));
}

static int load_binstring(HdThread *t, HdUnpickler *u, HdSize count) {
    const uint8_t *bytes;
    HdSize size = read_size(t, u, count, "BINSTRING");
    if (size < 0) return -1;
    if (size > 0x7fffffff) {
        return hd_raise_int(t, hd_unpickling_error(), "BINSTRING pickle has negative byte count");
    }
    return hd_unpickle_read(t, u, size, &bytes) < 0 ? -1 : push_old_str(t, u, bytes, size);
}

static int load_binbytes(HdThread *t, HdUnpickler *u, HdSize count) {
    HdSize size = read_size(t, u, count, "BINBYTES");
    if (size < 0) return -1;
    const uint8_t *there;
    if (hd_is_null(u->read) || size <= u->available - u->position) { /* so that a false size allocates nothing */
        if (hd_unpickle_read(t, u, size, &there) < 0) return -1;
        return hd_unpickle_push_steal(t, u, hd_bytes_new(t, there, size));
    }
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes) || hd_unpickle_read_into(t, u, hd_bytes_data(bytes), size) < 0) return -1;
    return hd_unpickle_push_steal(t, u, hd_move(&bytes));
}

static int load_bytearray(HdThread *t, HdUnpickler *u) {
    HdSize size = read_size(t, u, 8, "BYTEARRAY8");
    if (size < 0) return -1;
    const uint8_t *there;
    if (hd_is_null(u->read) || size <= u->available - u->position) {
        if (hd_unpickle_read(t, u, size, &there) < 0) return -1;
        return hd_unpickle_push_steal(t, u, hd_bytearray_new(t, there, size));
    }
    HD_OWNED HdValue array = hd_bytearray_new(t, NULL, size);
    if (hd_is_null(array) || hd_unpickle_read_into(t, u, hd_bytearray_data(array), size) < 0) return -1;
    return hd_unpickle_push_steal(t, u, hd_move(&array));
}

static int load_unicode_line(HdThread *t, HdUnpickler *u) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return -1;
    return hd_unpickle_push_steal(t, u, hd_codecs_raw_unicode_escape_decode(t, line, length - 1, NULL, NULL));
}

enum { LONGEST_NAME = 48, NAMES = 16 };

static int load_binunicode(HdThread *t, HdUnpickler *u, HdSize count) {
    const uint8_t *bytes;
    HdSize size = read_size(t, u, count, "BINUNICODE");
    if (size < 0 || hd_unpickle_read(t, u, size, &bytes) < 0) return -1;
    if (size <= LONGEST_NAME && u->names > 0 && hd_utf8_ascii_prefix(bytes, (size_t)size) == (size_t)size) {
        bool known;
        HdValue name = hd_str_from_name(t, (const char *)bytes, size, &known);
        u->names += known ? 1 : -1;
        return hd_unpickle_push_steal(t, u, name);
    }
    return hd_unpickle_push_steal(t, u, hd_codecs_utf8_decode(t, bytes, size, "surrogatepass", NULL));
}

static int load_next_buffer(HdThread *t, HdUnpickler *u) {
    if (hd_is_null(u->buffers)) {
        return hd_raise_int(t, hd_unpickling_error(),
                            "pickle stream refers to out-of-band data but no *buffers* argument was given");
    }
    HdValue buffer = hd_object_next(t, u->buffers);
    if (hd_is_null(buffer) && !hd_raised(t)) hd_raise(t, hd_unpickling_error(), "not enough out-of-band buffers");
    return hd_unpickle_push_steal(t, u, buffer);
}

static int load_readonly_buffer(HdThread *t, HdUnpickler *u) {
    HdValue top = hd_unpickle_top(t, u);
    HD_OWNED HdValue view = hd_is_null(top) ? HD_NULL : hd_memoryview_new(t, top);
    HD_OWNED HdValue read_only = hd_is_null(view) ? HD_NULL : hd_object_getattr_text(t, view, "readonly");
    if (hd_is_null(read_only)) return -1;
    if (hd_same(read_only, hd_True)) return 0;
    HdValue result = hd_object_call_method0(t, view, "toreadonly");
    if (hd_is_null(result)) return -1;
    hd_replace_steal(t, &u->stack[u->depth - 1], result);
    return 0;
}

/* --- containers --- */

static int load_tuple(HdThread *t, HdUnpickler *u, HdSize count) {
    if (u->depth - count < u->fence) return hd_unpickle_underflow(t, u);
    return hd_unpickle_push_steal(t, u, hd_unpickle_pop_tuple(t, u, u->depth - count));
}

static int load_marked(HdThread *t, HdUnpickler *u, int op) {
    HdSize mark = hd_unpickle_pop_mark(t, u);
    if (mark < 0) return -1;
    if (op == OP_TUPLE) return hd_unpickle_push_steal(t, u, hd_unpickle_pop_tuple(t, u, mark));
    if (op == OP_LIST) return hd_unpickle_push_steal(t, u, hd_unpickle_pop_list(t, u, mark));
    if (op == OP_POP_MARK) return hd_unpickle_cut(t, u, mark), 0;
    HD_OWNED HdValue items = hd_unpickle_pop_tuple(t, u, mark);
    if (hd_is_null(items)) return -1;
    if (op == OP_FROZENSET) return hd_unpickle_push_steal(t, u, hd_frozenset_new(t, items));
    HD_OWNED HdValue dict = hd_dict_new(t);
    HdSize length = hd_tuple_length(items);
    if (length % 2) return hd_raise_int(t, hd_unpickling_error(), "odd number of items for DICT");
    for (HdSize i = 0; i < length && !hd_is_null(dict); i += 2) {
        if (hd_dict_set(t, dict, hd_tuple_at_borrowed(items, i), hd_tuple_at_borrowed(items, i + 1)) < 0) return -1;
    }
    return hd_unpickle_push_steal(t, u, hd_move(&dict));
}

/* --- memo --- */

static int memo_get(HdThread *t, HdUnpickler *u, HdSize number) {
    HdValue v = hd_unpickler_memo_get(t, u, number);
    if (hd_is_null(v) && !hd_raised(t)) {
        hd_raise(t, hd_unpickling_error(), "Memo value not found at index %ld", (long)number);
    }
    return hd_unpickle_push_steal(t, u, v);
}

static int memo_put(HdThread *t, HdUnpickler *u, HdSize number) {
    HdValue top = hd_unpickle_top(t, u);
    if (HD_UNLIKELY(hd_is_null(top))) return -1;
    if (HD_UNLIKELY(number >= u->memo_capacity || !hd_is_null(u->memo[number]))) return hd_unpickler_memo_put(t, u, number, top);
    u->memo[number] = hd_retain(t, top);
    u->memo_count++;
    return 0;
}

static int load_memo(HdThread *t, HdUnpickler *u, int op, HdSize count) {
    HdSize number = read_size(t, u, count, "memo key");
    if (number < 0) return -1;
    return op == OP_BINGET || op == OP_LONG_BINGET ? memo_get(t, u, number) : memo_put(t, u, number);
}

static int load_memo_line(HdThread *t, HdUnpickler *u, bool put) {
    const uint8_t *line;
    HdSize length = hd_unpickle_read_line(t, u, &line);
    if (length < 0) return -1;
    if (length < 2) return hd_raise_int(t, hd_unpickling_error(), "pickle data was truncated");
    HD_OWNED HdValue key = hd_int_from_text(t, (const char *)line, length - 1, 10);
    if (hd_is_null(key)) return -1;
    HdSize number = hd_number_as_size(t, key, &hd_OverflowError);
    if (number == -1 && hd_raised(t)) return -1;
    if (!put) return memo_get(t, u, number);
    return number < 0 ? hd_raise_int(t, &hd_ValueError, "negative PUT argument") : memo_put(t, u, number);
}

/* --- frames and the rest --- */

static int load_proto(HdThread *t, HdUnpickler *u) {
    const uint8_t *byte;
    if (hd_unpickle_read(t, u, 1, &byte) < 0) return -1;
    if (*byte > HD_PICKLE_HIGHEST) return hd_raise_int(t, &hd_ValueError, "unsupported pickle protocol: %d", *byte);
    u->protocol = *byte;
    return 0;
}

/* Has the whole frame read; nothing else is to be done with it. */
static int load_frame(HdThread *t, HdUnpickler *u) {
    const uint8_t *bytes;
    HdSize size = read_size(t, u, 8, "FRAME length");
    if (size < 0 || hd_unpickle_read(t, u, size, &bytes) < 0) return -1;
    if (bytes == u->bytes + u->position - size) {
        u->position -= size;
        return 0;
    }
    /* the frame was put together in u->line: read on from there */
    HD_OWNED HdValue whole = hd_move(&u->line);
    hd_buffer_release(t, &u->input);
    if (hd_buffer_get(t, whole, &u->input, HD_BUFFER_SIMPLE) < 0) return -1;
    u->bytes = u->input.data;
    u->position = 0;
    u->available = u->prefetched = size;
    return 0;
}

static int load_pop(HdThread *t, HdUnpickler *u) {
    /* a mark on top is popped like a value */
    if (u->mark_count && u->marks[u->mark_count - 1] == u->depth) return hd_unpickle_pop_mark(t, u) < 0 ? -1 : 0;
    HdValue v = hd_unpickle_pop(t, u);
    if (hd_is_null(v)) return -1;
    hd_release(t, v);
    return 0;
}

static int load_dup(HdThread *t, HdUnpickler *u) {
    HdValue top = hd_unpickle_top(t, u);
    return hd_is_null(top) ? -1 : hd_unpickle_push_steal(t, u, hd_retain(t, top));
}

static int raise_bad_op(HdThread *t, int op) {
    if (op >= 0x20 && op <= 0x7e && op != '\'' && op != '\\') {
        return hd_raise_int(t, hd_unpickling_error(), "invalid load key, '%c'.", op);
    }
    return hd_raise_int(t, hd_unpickling_error(), "invalid load key, '\\x%02x'.", op);
}

static int load_op(HdThread *t, HdUnpickler *u, HdValue self, int op) {
    switch (op) {
    case OP_NONE: return hd_unpickle_push_steal(t, u, hd_None);
    case OP_NEWTRUE: return hd_unpickle_push_steal(t, u, hd_True);
    case OP_NEWFALSE: return hd_unpickle_push_steal(t, u, hd_False);
    case OP_BININT: return load_small_int(t, u, 4);
    case OP_BININT1: return load_small_int(t, u, 1);
    case OP_BININT2: return load_small_int(t, u, 2);
    case OP_INT: return load_int_line(t, u, false);
    case OP_LONG: return load_int_line(t, u, true);
    case OP_LONG1: return load_long_bytes(t, u, 1);
    case OP_LONG4: return load_long_bytes(t, u, 4);
    case OP_FLOAT: return load_float_line(t, u);
    case OP_BINFLOAT: return load_binfloat(t, u);
    case OP_SHORT_BINBYTES: return load_binbytes(t, u, 1);
    case OP_BINBYTES: return load_binbytes(t, u, 4);
    case OP_BINBYTES8: return load_binbytes(t, u, 8);
    case OP_BYTEARRAY8: return load_bytearray(t, u);
    case OP_NEXT_BUFFER: return load_next_buffer(t, u);
    case OP_READONLY_BUFFER: return load_readonly_buffer(t, u);
    case OP_SHORT_BINSTRING: return load_binstring(t, u, 1);
    case OP_BINSTRING: return load_binstring(t, u, 4);
    case OP_STRING: return load_string_line(t, u);
    case OP_UNICODE: return load_unicode_line(t, u);
    case OP_SHORT_BINUNICODE: return load_binunicode(t, u, 1);
    case OP_BINUNICODE: return load_binunicode(t, u, 4);
    case OP_BINUNICODE8: return load_binunicode(t, u, 8);
    case OP_EMPTY_TUPLE: return load_tuple(t, u, 0);
    case OP_TUPLE1:
    case OP_TUPLE2:
    case OP_TUPLE3: return load_tuple(t, u, op - OP_TUPLE1 + 1);
    case OP_TUPLE:
    case OP_LIST:
    case OP_DICT:
    case OP_FROZENSET:
    case OP_POP_MARK: return load_marked(t, u, op);
    case OP_EMPTY_LIST: return hd_unpickle_push_steal(t, u, hd_list_new(t, 0));
    case OP_EMPTY_DICT: return hd_unpickle_push_steal(t, u, hd_dict_new(t));
    case OP_EMPTY_SET: return hd_unpickle_push_steal(t, u, hd_set_new(t, HD_NULL));
    case OP_GET: return load_memo_line(t, u, false);
    case OP_PUT: return load_memo_line(t, u, true);
    case OP_BINGET:
    case OP_BINPUT: return load_memo(t, u, op, 1);
    case OP_LONG_BINGET:
    case OP_LONG_BINPUT: return load_memo(t, u, op, 4);
    case OP_MEMOIZE: return memo_put(t, u, u->memo_count);
    case OP_MARK: return push_mark(t, u);
    case OP_POP: return load_pop(t, u);
    case OP_DUP: return load_dup(t, u);
    case OP_PROTO: return load_proto(t, u);
    case OP_FRAME: return load_frame(t, u);
    case OP_GLOBAL: case OP_STACK_GLOBAL: case OP_REDUCE: case OP_BUILD: case OP_NEWOBJ: case OP_NEWOBJ_EX: case OP_OBJ:
    case OP_INST: case OP_EXT1: case OP_EXT2: case OP_EXT4: case OP_APPEND: case OP_APPENDS: case OP_SETITEM:
    case OP_SETITEMS: case OP_ADDITEMS: case OP_PERSID: case OP_BINPERSID: return hd_unpickle_build(t, u, self, op);
    default: return raise_bad_op(t, op);
    }
}

HdValue hd_unpickle(HdThread *t, HdUnpickler *u, HdValue self) {
    u->mark_count = 0;
    u->fence = 0;
    u->marked = false;
    u->protocol = 0;
    u->names = NAMES;
    hd_unpickle_cut(t, u, 0);
    if (hd_pickle_hook(t, self, &hd_unpickler_type, HD_NAME("persistent_load"), &u->persistent_load, &u->persist) < 0) {
        return HD_NULL;
    }
    const uint8_t *op;
    do {
        if (hd_unpickle_read(t, u, 1, &op) < 0) {
            if (!hd_raised_is(t, hd_unpickling_error())) return HD_NULL;
            hd_clear_raised(t);
            return hd_raise(t, &hd_EOFError, "Ran out of input");
        }
        if (*op == OP_STOP) break;
    } while (load_op(t, u, self, *op) == 0);
    if (hd_raised(t) || (!hd_is_null(u->read) && hd_unpickle_skip_consumed(t, u) < 0)) return HD_NULL;
    return hd_unpickle_pop(t, u);
}
