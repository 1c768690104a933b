/* pickle_save.c -- saving numbers, text, bytes and containers; save() itself. */
#include <stdio.h>

#include "codecs.h"
#include "function.h"
#include "pickle_types.h"

/* --- numbers --- */

static int save_big_int(HdThread *t, HdPickler *p, HdValue object) {
    if (p->protocol < 2) {
        HD_OWNED HdValue text = hd_int_to_str(t, object, 10, false);
        HdSize length;
        const char *digits = hd_is_null(text) ? NULL : hd_str_utf8(t, text, &length);
        if (!digits || hd_pickle_op(t, p, OP_LONG) < 0 || hd_pickle_write(t, p, digits, length) < 0) return -1;
        return hd_pickle_write(t, p, "L\n", 2);
    }
    HdSize size = hd_int_bit_length(object) / 8 + 1;
    if (size > 0x7fffffff) return hd_raise_int(t, &hd_OverflowError, "int too large to pickle");
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, size);
    if (hd_is_null(bytes) || hd_int_to_bytes(t, object, hd_bytes_data(bytes), size, true, true) < 0) return -1;
    const uint8_t *data = hd_bytes_data(bytes);
    if (size > 1 && data[size - 1] == 0xff && (data[size - 2] & 0x80)) size--;
    uint8_t header[5] = {(uint8_t)(size < 256 ? OP_LONG1 : OP_LONG4)};
    uint32_t word = (uint32_t)size;
    memcpy(header + 1, &word, 4);
    if (hd_pickle_write(t, p, header, size < 256 ? 2 : 5) < 0) return -1;
    return hd_pickle_write(t, p, data, size);
}

static int save_int(HdThread *t, HdPickler *p, HdValue object) {
    int64_t n;
    if (!hd_int_try_i64(object, &n) || n > INT32_MAX || n < INT32_MIN) return save_big_int(t, p, object);
    uint8_t out[32];
    if (!p->binary) return hd_pickle_write(t, p, out, snprintf((char *)out, sizeof out, "I%d\n", (int)n));
    uint32_t word = (uint32_t)n;
    memcpy(out + 1, &word, 4);
    out[0] = word > 0xffff ? OP_BININT : word > 0xff ? OP_BININT2 : OP_BININT1;
    return hd_pickle_write(t, p, out, word > 0xffff ? 5 : word > 0xff ? 3 : 2);
}

static int save_float(HdThread *t, HdPickler *p, HdValue object) {
    double d = hd_float_value(object);
    if (p->binary) {
        uint64_t word;
        uint8_t out[9] = {OP_BINFLOAT};
        memcpy(&word, &d, 8);
        word = __builtin_bswap64(word);
        memcpy(out + 1, &word, 8);
        return hd_pickle_write(t, p, out, 9);
    }
    HD_OWNED HdValue text = hd_float_repr(t, d);
    HdSize length;
    const char *digits = hd_is_null(text) ? NULL : hd_str_utf8(t, text, &length);
    if (!digits || hd_pickle_op(t, p, OP_FLOAT) < 0 || hd_pickle_write(t, p, digits, length) < 0) return -1;
    return hd_pickle_op(t, p, '\n');
}

int hd_pickle_save_atom(HdThread *t, HdPickler *p, HdValue object, HdType *type) {
    int status;
    if (hd_is_none(object)) {
        status = hd_pickle_op(t, p, OP_NONE);
    } else if (type == &hd_bool_type) {
        bool yes = hd_same(object, hd_True);
        status = p->protocol >= 2 ? hd_pickle_op(t, p, yes ? OP_NEWTRUE : OP_NEWFALSE)
                                  : hd_pickle_write(t, p, yes ? "I01\n" : "I00\n", 4);
    } else if (type == &hd_int_type) {
        status = save_int(t, p, object);
    } else if (type == &hd_float_type) {
        status = save_float(t, p, object);
    } else {
        return 0;
    }
    return status < 0 ? -1 : 1;
}

/* --- bytes and text --- */

/* An opcode with a length of 1, 4 or 8 bytes. A zero opcode: there is none. */
static HdSize length_header(uint8_t *header, HdSize length, int op1, int op4, int op8) {
    uint64_t word = (uint64_t)length;
    memcpy(header + 1, &word, 8);
    header[0] = (uint8_t)(op1 && length <= 0xff ? op1 : op4 && length <= 0xffffffff ? op4 : op8);
    return op1 && length <= 0xff ? 2 : op4 && length <= 0xffffffff ? 5 : 9;
}

/* Reduces to callable(*arguments); takes `arguments` over. */
static int save_call(HdThread *t, HdPickler *p, HdValue callable, HdValue arguments, HdValue object) {
    HD_OWNED HdValue owned = arguments;
    HD_OWNED HdValue reduced = hd_is_null(owned) ? HD_NULL : hd_tuple_pack(t, 2, callable, owned);
    return hd_is_null(reduced) ? -1 : hd_pickle_save_reduce(t, p, reduced, object);
}

static int save_bytes_data(HdThread *t, HdPickler *p, HdValue object, const uint8_t *data, HdSize length) {
    uint8_t header[9];
    HdSize header_size = length_header(header, length, OP_SHORT_BINBYTES, OP_BINBYTES, p->protocol >= 4 ? OP_BINBYTES8 : 0);
    if (!header[0]) {
        return hd_raise_int(t, &hd_OverflowError,
                            "serializing a bytes object larger than 4 GiB requires pickle protocol 4 or higher");
    }
    HdValue payload = hd_is_bytes(object) ? object : HD_NULL;
    if (hd_pickle_write_long(t, p, header, header_size, data, length, payload) < 0) return -1;
    return hd_pickle_memo_put(t, p, object);
}

/* Long bytes of a pickler that wants them out of band: 1 gone, 0 no, -1 raised. */
static int save_out_of_band(HdThread *t, HdPickler *p, HdValue object, HdSize length) {
    if (HD_LIKELY(!p->out_of_band || length < p->out_of_band) || hd_is_null(p->buffer_callback)) return 0;
    HD_OWNED HdValue answer = hd_object_call1(t, p->buffer_callback, object);
    int in_band = hd_is_null(answer) ? -1 : hd_object_truth(t, answer);
    if (in_band) return in_band < 0 ? -1 : 0;
    if (hd_pickle_op(t, p, OP_NEXT_BUFFER) < 0 || hd_pickle_memo_put(t, p, object) < 0) return -1;
    return 1;
}

int hd_pickle_save_bytes(HdThread *t, HdPickler *p, HdValue object) {
    int gone = save_out_of_band(t, p, object, hd_bytes_length(object));
    if (gone) return gone < 0 ? -1 : 0;
    if (p->protocol >= 3) return save_bytes_data(t, p, object, hd_bytes_data(object), hd_bytes_length(object));
    /* older protocols know text only: codecs.encode(text, 'latin1') */
    if (hd_bytes_length(object) == 0) {
        return save_call(t, p, hd_type_value(&hd_bytes_type), hd_retain(t, hd_tuple_empty()), object);
    }
    HD_OWNED HdValue text = hd_str_from_latin1(t, hd_bytes_data(object), hd_bytes_length(object));
    if (hd_is_null(text)) return -1;
    return save_call(t, p, hd_pickle_state()->encode, hd_tuple_pack(t, 2, text, HD_NAME("latin1")), object);
}

static int save_bytearray_data(HdThread *t, HdPickler *p, HdValue object, const uint8_t *data, HdSize length) {
    uint8_t header[9];
    HdSize header_size = length_header(header, length, 0, 0, OP_BYTEARRAY8);
    if (hd_pickle_write_long(t, p, header, header_size, data, length, HD_NULL) < 0) return -1;
    return hd_pickle_memo_put(t, p, object);
}

static int save_bytearray(HdThread *t, HdPickler *p, HdValue object) {
    int gone = save_out_of_band(t, p, object, HD_LOAD_RELAXED(&HD_AS(HdByteArray, object)->length));
    if (gone) return gone < 0 ? -1 : 0;
    HdBuffer view;
    if (hd_buffer_get(t, object, &view, HD_BUFFER_SIMPLE) < 0) return -1;
    int status;
    if (p->protocol >= 5) {
        status = save_bytearray_data(t, p, object, view.data, view.length);
    } else if (view.length == 0) {
        status = save_call(t, p, hd_type_value(&hd_bytearray_type), hd_retain(t, hd_tuple_empty()), object);
    } else {
        HD_OWNED HdValue bytes = hd_bytes_new(t, view.data, view.length);
        HdValue arguments = hd_is_null(bytes) ? HD_NULL : hd_tuple_pack(t, 1, bytes);
        status = save_call(t, p, hd_type_value(&hd_bytearray_type), arguments, object);
    }
    hd_buffer_release(t, &view);
    return status;
}

static int save_view(HdThread *t, HdPickler *p, HdValue object, const HdBuffer *view) {
    int in_band = 1;
    if (!hd_is_null(p->buffer_callback)) {
        HD_OWNED HdValue answer = hd_object_call1(t, p->buffer_callback, object);
        in_band = hd_is_null(answer) ? -1 : hd_object_truth(t, answer);
    }
    if (in_band < 0) return -1;
    if (in_band && view->read_only) return save_bytes_data(t, p, object, view->data, view->length);
    if (in_band) return save_bytearray_data(t, p, object, view->data, view->length);
    if (hd_pickle_op(t, p, OP_NEXT_BUFFER) < 0) return -1;
    return view->read_only ? hd_pickle_op(t, p, OP_READONLY_BUFFER) : 0;
}

static int save_pickle_buffer(HdThread *t, HdPickler *p, HdValue object) {
    if (p->protocol < 5) {
        return hd_raise_int(t, hd_pickling_error(), "PickleBuffer can only be pickled with protocol >= 5");
    }
    HdBuffer view;
    if (hd_buffer_get(t, object, &view, HD_BUFFER_ANY_CONTIGUOUS) < 0) {
        if (!hd_raised_is(t, &hd_BufferError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, hd_pickling_error(),
                            "PickleBuffer can not be pickled when pointing to a non-contiguous buffer");
    }
    int status = save_view(t, p, object, &view);
    hd_buffer_release(t, &view);
    return status;
}

/* Protocol 0: a line; what would end it or mean something in it is escaped. */
static int save_str_line(HdThread *t, HdPickler *p, HdValue object) {
    if (hd_pickle_op(t, p, OP_UNICODE) < 0) return -1;
    for (HdSize i = 0; i < hd_str_length(object); i++) {
        uint32_t c = hd_str_at(object, i);
        char out[16];
        int length;
        if (c >= 0x10000) length = snprintf(out, sizeof out, "\\U%08x", (unsigned)c);
        else if (c >= 256 || c == '\\' || c == 0 || c == '\n' || c == '\r' || c == 0x1a)
            length = snprintf(out, sizeof out, "\\u%04x", (unsigned)c);
        else length = 1, out[0] = (char)c;
        if (hd_pickle_write(t, p, out, length) < 0) return -1;
    }
    return hd_pickle_op(t, p, '\n');
}

static int save_str_bytes(HdThread *t, HdPickler *p, HdValue object, const uint8_t *data, HdSize length, HdValue payload) {
    uint8_t header[9];
    HdSize header_size = length_header(header, length, p->protocol >= 4 ? OP_SHORT_BINUNICODE : 0, OP_BINUNICODE,
                                       p->protocol >= 4 ? OP_BINUNICODE8 : 0);
    if (!header[0]) {
        return hd_raise_int(t, &hd_OverflowError,
                            "serializing a string larger than 4 GiB requires pickle protocol 4 or higher");
    }
    return hd_pickle_write_long(t, p, header, header_size, data, length, payload);
}

int hd_pickle_save_str(HdThread *t, HdPickler *p, HdValue object) {
    int status;
    if (!p->binary) {
        status = save_str_line(t, p, object);
    } else if (hd_str(object)->ascii) {
        status = save_str_bytes(t, p, object, hd_str_data(object), hd_str_length(object), HD_NULL);
    } else {
        HD_OWNED HdValue bytes = hd_codecs_utf8_encode(t, object, "surrogatepass");
        if (hd_is_null(bytes)) return -1;
        status = save_str_bytes(t, p, object, hd_bytes_data(bytes), hd_bytes_length(bytes), bytes);
    }
    return status < 0 ? -1 : hd_pickle_memo_put(t, p, object);
}

/* --- containers --- */

/* Fast mode keeps no memo: deep down, containers that contain themselves are told from a dict of those open. */
static int fast_enter(HdThread *t, HdPickler *p, HdValue object) {
    if (!p->fast || ++p->fast_depth < 50) return 0;
    if (hd_is_null(p->fast_memo)) {
        p->fast_memo = hd_dict_new(t);
        if (hd_is_null(p->fast_memo)) return -1;
    }
    HD_OWNED HdValue key = hd_int_from_u64(t, object.bits);
    int known = hd_is_null(key) ? -1 : hd_dict_contains(t, p->fast_memo, key);
    if (known > 0) {
        return hd_raise_int(t, &hd_ValueError, "fast mode: can't pickle cyclic objects including object type %T at %p",
                            object, hd_as_object(object));
    }
    return known < 0 ? -1 : hd_dict_set(t, p->fast_memo, key, hd_None);
}
static void fast_leave(HdThread *t, HdPickler *p, HdValue object) {
    if (!p->fast || p->fast_depth-- < 50 || hd_is_null(p->fast_memo)) return;
    HD_OWNED HdValue error = hd_take_raised(t);
    HD_OWNED HdValue key = hd_int_from_u64(t, object.bits);
    if (hd_is_null(key) || hd_dict_delete(t, p->fast_memo, key) < 0) hd_clear_raised(t);
    if (!hd_is_null(error)) hd_set_raised_steal(t, hd_move(&error));
}

int hd_pickle_save_items(HdThread *t, HdPickler *p, HdValue iterator) {
    HD_OWNED HdValue next = HD_NULL;
    for (;;) {
        HD_OWNED HdValue item = hd_is_null(next) ? hd_object_next(t, iterator) : hd_move(&next);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : 0;
        if (p->protocol == 0) {
            if (hd_pickle_save(t, p, item, false) < 0 || hd_pickle_op(t, p, OP_APPEND) < 0) return -1;
            continue;
        }
        next = hd_object_next(t, iterator);
        if (hd_is_null(next)) {
            if (hd_raised(t) || hd_pickle_save(t, p, item, false) < 0) return -1;
            return hd_pickle_op(t, p, OP_APPEND);
        }
        if (hd_pickle_op(t, p, OP_MARK) < 0 || hd_pickle_save(t, p, item, false) < 0) return -1;
        int count = 1;
        while (!hd_is_null(next)) {
            if (hd_pickle_save(t, p, next, false) < 0) return -1;
            hd_clear_slot(t, &next);
            if (++count == HD_PICKLE_BATCH) break;
            next = hd_object_next(t, iterator);
            if (hd_is_null(next) && hd_raised(t)) return -1;
        }
        if (hd_pickle_op(t, p, OP_APPENDS) < 0) return -1;
        if (count < HD_PICKLE_BATCH) return 0;
    }
}

static int save_pair(HdThread *t, HdPickler *p, HdValue pair) {
    if (!hd_is_tuple(pair) || hd_tuple_length(pair) != 2) {
        return hd_raise_int(t, &hd_TypeError, "dict items iterator must return 2-tuples");
    }
    if (hd_pickle_save(t, p, hd_tuple_at_borrowed(pair, 0), false) < 0) return -1;
    return hd_pickle_save(t, p, hd_tuple_at_borrowed(pair, 1), false);
}

int hd_pickle_save_pairs(HdThread *t, HdPickler *p, HdValue iterator) {
    HD_OWNED HdValue next = HD_NULL;
    for (;;) {
        HD_OWNED HdValue pair = hd_is_null(next) ? hd_object_next(t, iterator) : hd_move(&next);
        if (hd_is_null(pair)) return hd_raised(t) ? -1 : 0;
        if (p->protocol == 0) {
            if (save_pair(t, p, pair) < 0 || hd_pickle_op(t, p, OP_SETITEM) < 0) return -1;
            continue;
        }
        next = hd_object_next(t, iterator);
        if (hd_is_null(next)) {
            if (hd_raised(t) || save_pair(t, p, pair) < 0) return -1;
            return hd_pickle_op(t, p, OP_SETITEM);
        }
        if (hd_pickle_op(t, p, OP_MARK) < 0 || save_pair(t, p, pair) < 0) return -1;
        int count = 1;
        while (!hd_is_null(next)) {
            if (save_pair(t, p, next) < 0) return -1;
            hd_clear_slot(t, &next);
            if (++count == HD_PICKLE_BATCH) break;
            next = hd_object_next(t, iterator);
            if (hd_is_null(next) && hd_raised(t)) return -1;
        }
        if (hd_pickle_op(t, p, OP_SETITEMS) < 0) return -1;
        if (count < HD_PICKLE_BATCH) return 0;
    }
}

/* The items of an exact list, which may change meanwhile. */
static int save_list_items(HdThread *t, HdPickler *p, HdValue list) {
    HdSize i = 0;
    if (hd_list_length(list) == 1) {
        HD_OWNED HdValue item = hd_list_get(t, list, 0);
        if (hd_is_null(item)) return 0;
        return hd_pickle_save(t, p, item, false) < 0 ? -1 : hd_pickle_op(t, p, OP_APPEND);
    }
    do {
        if (hd_pickle_op(t, p, OP_MARK) < 0) return -1;
        for (int count = 0; count < HD_PICKLE_BATCH; count++, i++) {
            HD_OWNED HdValue item = hd_list_get(t, list, i);
            if (hd_is_null(item)) break;
            if (hd_pickle_save(t, p, item, false) < 0) return -1;
        }
        if (hd_pickle_op(t, p, OP_APPENDS) < 0) return -1;
    } while (i < hd_list_length(list));
    return 0;
}

static int save_list(HdThread *t, HdPickler *p, HdValue list) {
    if (p->binary ? hd_pickle_op(t, p, OP_EMPTY_LIST) < 0 : hd_pickle_write(t, p, "(l", 2) < 0) return -1;
    if (hd_pickle_memo_put(t, p, list) < 0) return -1;
    if (hd_list_length(list) == 0) return 0;
    if (p->binary) return save_list_items(t, p, list);
    HD_OWNED HdValue iterator = hd_object_iter(t, list);
    return hd_is_null(iterator) ? -1 : hd_pickle_save_items(t, p, iterator);
}

static int save_dict_items(HdThread *t, HdPickler *p, HdValue dict) {
    HdSize position = 0, size = hd_dict_length(dict);
    HdValue key, value;
    int count;
    do {
        count = 0;
        if (size != 1 && hd_pickle_op(t, p, OP_MARK) < 0) return -1;
        while (count < HD_PICKLE_BATCH && hd_dict_next(t, dict, &position, &key, &value)) {
            HD_OWNED HdValue owned_key = key, owned_value = value;
            if (hd_pickle_save(t, p, key, false) < 0 || hd_pickle_save(t, p, value, false) < 0) return -1;
            count++;
            if (size == 1) break;
        }
        if (hd_pickle_op(t, p, size == 1 ? OP_SETITEM : OP_SETITEMS) < 0) return -1;
        if (hd_dict_length(dict) != size) {
            return hd_raise_int(t, &hd_RuntimeError, "dictionary changed size during iteration");
        }
    } while (count == HD_PICKLE_BATCH);
    return 0;
}

static int save_dict(HdThread *t, HdPickler *p, HdValue dict) {
    if (p->binary ? hd_pickle_op(t, p, OP_EMPTY_DICT) < 0 : hd_pickle_write(t, p, "(d", 2) < 0) return -1;
    if (hd_pickle_memo_put(t, p, dict) < 0) return -1;
    if (hd_dict_length(dict) == 0) return 0;
    if (p->binary) return save_dict_items(t, p, dict);
    HD_OWNED HdValue items = hd_object_call_method0(t, dict, "items");
    HD_OWNED HdValue iterator = hd_is_null(items) ? HD_NULL : hd_object_iter(t, items);
    return hd_is_null(iterator) ? -1 : hd_pickle_save_pairs(t, p, iterator);
}

/* A set in older protocols: type([items]). */
static int save_set_call(HdThread *t, HdPickler *p, HdValue set, HdType *type) {
    HD_OWNED HdValue items = hd_list_from_iterable(t, set);
    HdValue arguments = hd_is_null(items) ? HD_NULL : hd_tuple_pack(t, 1, items);
    return save_call(t, p, hd_type_value(type), arguments, set);
}

static int save_set(HdThread *t, HdPickler *p, HdValue set) {
    if (p->protocol < 4) return save_set_call(t, p, set, &hd_set_type);
    if (hd_pickle_op(t, p, OP_EMPTY_SET) < 0 || hd_pickle_memo_put(t, p, set) < 0) return -1;
    HdSize position = 0, size = hd_set_length(set);
    HdValue key;
    int count;
    if (size == 0) return 0;
    do {
        count = 0;
        if (hd_pickle_op(t, p, OP_MARK) < 0) return -1;
        while (count < HD_PICKLE_BATCH && hd_set_next(t, set, &position, &key)) {
            HD_OWNED HdValue owned = key;
            if (hd_pickle_save(t, p, key, false) < 0) return -1;
            count++;
        }
        if (hd_pickle_op(t, p, OP_ADDITEMS) < 0) return -1;
        if (hd_set_length(set) != size) {
            return hd_raise_int(t, &hd_RuntimeError, "set changed size during iteration");
        }
    } while (count == HD_PICKLE_BATCH);
    return 0;
}

/* When an immutable container was met again inside itself: drops what was written of it and refers to it. 1 then. */
static int met_again(HdThread *t, HdPickler *p, HdValue object, HdSize pops, bool pop_mark) {
    HdSize number = hd_pickle_memo_find(&p->memo, object);
    if (number < 0) return 0;
    if (pop_mark && hd_pickle_op(t, p, OP_POP_MARK) < 0) return -1;
    for (; !pop_mark && pops > 0; pops--) {
        if (hd_pickle_op(t, p, OP_POP) < 0) return -1;
    }
    return hd_pickle_memo_get(t, p, number) < 0 ? -1 : 1;
}

static int save_frozenset(HdThread *t, HdPickler *p, HdValue set) {
    if (p->protocol < 4) return save_set_call(t, p, set, &hd_frozenset_type);
    if (hd_pickle_op(t, p, OP_MARK) < 0) return -1;
    HdSize position = 0;
    HdValue key;
    while (hd_set_next(t, set, &position, &key)) {
        HD_OWNED HdValue owned = key;
        if (hd_pickle_save(t, p, key, false) < 0) return -1;
    }
    int again = met_again(t, p, set, 0, true);
    if (again) return again < 0 ? -1 : 0;
    return hd_pickle_op(t, p, OP_FROZENSET) < 0 ? -1 : hd_pickle_memo_put(t, p, set);
}

static int save_tuple(HdThread *t, HdPickler *p, HdValue tuple) {
    HdSize length = hd_tuple_length(tuple);
    if (length == 0) return p->binary ? hd_pickle_op(t, p, OP_EMPTY_TUPLE) : hd_pickle_write(t, p, "(t", 2);
    bool small = length <= 3 && p->protocol >= 2;
    if (!small && hd_pickle_op(t, p, OP_MARK) < 0) return -1;
    for (HdSize i = 0; i < length; i++) {
        if (hd_pickle_save(t, p, hd_tuple_at_borrowed(tuple, i), false) < 0) return -1;
    }
    int again = met_again(t, p, tuple, small ? length : length + 1, !small && p->binary);
    if (again) return again < 0 ? -1 : 0;
    if (hd_pickle_op(t, p, small ? OP_TUPLE1 + (int)length - 1 : OP_TUPLE) < 0) return -1;
    return hd_pickle_memo_put(t, p, tuple);
}

int hd_pickle_save_container(HdThread *t, HdPickler *p, HdValue object, HdType *type) {
    int status;
    if (type == &hd_dict_type || type == &hd_list_type) {
        status = fast_enter(t, p, object);
        if (status == 0) status = type == &hd_dict_type ? save_dict(t, p, object) : save_list(t, p, object);
        fast_leave(t, p, object);
    } else if (type == &hd_tuple_type) {
        status = save_tuple(t, p, object);
    } else if (type == &hd_set_type) {
        status = save_set(t, p, object);
    } else if (type == &hd_frozenset_type) {
        status = save_frozenset(t, p, object);
    } else if (type == &hd_bytearray_type) {
        status = save_bytearray(t, p, object);
    } else if (type == &hd_pickle_buffer_type) {
        status = save_pickle_buffer(t, p, object);
    } else {
        return 0;
    }
    return status < 0 ? -1 : 1;
}

/* --- save --- */

/* 1: saved as a persistent id, 0: it has none. */
static int save_persistent(HdThread *t, HdPickler *p, HdValue object) {
    HD_OWNED HdValue id = hd_object_call1(t, p->persist, object);
    if (hd_is_null(id)) return -1;
    if (hd_is_none(id)) return 0;
    if (p->binary) return hd_pickle_save(t, p, id, true) < 0 || hd_pickle_op(t, p, OP_BINPERSID) < 0 ? -1 : 1;
    HD_OWNED HdValue text = hd_object_str(t, id);
    if (hd_is_null(text)) return -1;
    if (!hd_str(text)->ascii) {
        return hd_raise_int(t, hd_pickling_error(), "persistent IDs in protocol 0 must be ASCII strings");
    }
    if (hd_pickle_op(t, p, OP_PERSID) < 0) return -1;
    if (hd_pickle_write(t, p, hd_str_data(text), hd_str_length(text)) < 0) return -1;
    return hd_pickle_op(t, p, '\n') < 0 ? -1 : 1;
}

/* What dispatch_table says to call for instances of the type: 1, 0 nothing, -1 raised. */
static int find_reducer(HdThread *t, HdPickler *p, HdType *type, HdValue *out) {
    HdValue key = hd_type_value(type);
    HdValue table = hd_is_null(p->dispatch) ? hd_pickle_state()->dispatch_table : p->dispatch;
    if (hd_is_exact_dict(table)) return hd_dict_find(t, table, key, out);
    *out = hd_object_getitem(t, p->dispatch, key);
    if (!hd_is_null(*out)) return 1;
    if (!hd_raised_is(t, &hd_KeyError)) return -1;
    hd_clear_raised(t);
    return 0;
}

/* What the object's own reducer says. */
static HdValue call_reduce(HdThread *t, HdPickler *p, HdValue object) {
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_attr(t, object, HD_NAME("__reduce_ex__"), &method);
    if (found > 0) return hd_object_call1(t, method, hd_imm_int(p->protocol));
    if (found == 0) found = hd_object_find_attr(t, object, HD_NAME("__reduce__"), &method);
    if (found > 0) return hd_object_call0(t, method);
    return found < 0 ? HD_NULL : hd_raise(t, hd_pickling_error(), "can't pickle '%T' object: %R", object, object);
}

/* Whether the class of an instance leaves pickling to object.__reduce_ex__ and object.__getstate__, and has nothing to
 * remember but attributes. */
static bool is_plain(HdThread *t, HdType *type) {
    HdType *base = type, *object = &hd_object_type;
    while (base->flags & HD_TYPE_HEAP) base = base->base;
    if (base != object || base == type || !type->create || !type->attrs_offset || type->getattr != object->getattr) return false;
    HdValue names[] = {HD_NAME("__reduce_ex__"), HD_NAME("__reduce__"), HD_NAME("__getstate__"), HD_NAME("__class__"),
                       HD_NAME("__getnewargs__"), HD_NAME("__getnewargs_ex__")};
    for (size_t i = 0; i < HD_COUNT_OF(names); i++) {
        if (!hd_same(hd_type_lookup_borrowed(t, type, names[i]), hd_type_lookup_borrowed(t, object, names[i]))) return false;
    }
    HD_OWNED HdValue slots = hd_dict_get_str(t, type->dict, HD_NAME("__slotnames__")); /* copyreg's note of __slots__ */
    return !hd_is_null(slots) && hd_is_exact_list(slots) && hd_list_length(slots) == 0;
}

enum { MOST_ATTRIBUTES = 32 };

/* The attributes of an instance, owned, while they lie inline; how many, -1 when they do not. */
static int take_attributes(HdThread *t, HdObject *object, HdType *type, const HdShape **shape, HdValue *values) {
    int count = -1;
    hd_lock_object(t, object);
    if (HD_LOAD_RELAXED(&object->type) == type) {
        const HdAttrs *attrs = hd_attrs_of(object);
        *shape = hd_attrs_is_dict(attrs->word) ? NULL : (const HdShape *)(uintptr_t)attrs->word;
        if (*shape && (*shape)->count <= MOST_ATTRIBUTES) {
            count = (int)(*shape)->count;
            for (int i = 0; i < count; i++) values[i] = hd_retain(t, attrs->values[i]);
        }
    }
    hd_unlock_object(t, object);
    return count;
}

/* How many attributes there are by now; those of `shape` had no empty places but `empty`. */
static HdSize attributes_now(HdThread *t, HdObject *object, const HdShape *shape, HdSize empty) {
    hd_lock_object(t, object);
    uint64_t word = hd_attrs_of(object)->word;
    const HdShape *now = hd_attrs_is_dict(word) ? NULL : (const HdShape *)(uintptr_t)word;
    HdSize count = now == shape ? (HdSize)shape->count - empty
                   : now || !word ? (HdSize)(now ? now->count : 0) : hd_dict_length((HdValue){word & ~(uint64_t)1});
    hd_unlock_object(t, object);
    return count;
}

static int save_attributes(HdThread *t, HdPickler *p, HdObject *object, const HdShape *shape, const HdValue *values, int count) {
    int there = 0;
    for (int i = 0; i < count; i++) there += !hd_is_null(values[i]);
    if (there == 0) return 0;
    if (hd_pickle_op(t, p, OP_EMPTY_DICT) < 0 || hd_pickle_memo_put(t, p, hd_None) < 0) return -1;
    if (there > 1 && hd_pickle_op(t, p, OP_MARK) < 0) return -1;
    for (int i = 0; i < count; i++) {
        if (hd_is_null(values[i])) continue;
        if (hd_pickle_save(t, p, (HdValue){shape->names[i]}, false) < 0 || hd_pickle_save(t, p, values[i], false) < 0) return -1;
    }
    if (hd_pickle_op(t, p, there > 1 ? OP_SETITEMS : OP_SETITEM) < 0) return -1;
    if (there > 1 && attributes_now(t, object, shape, count - there) != there) {
        return hd_raise_int(t, &hd_RuntimeError, "dictionary changed size during iteration");
    }
    return hd_pickle_op(t, p, OP_BUILD);
}

/* What hd_pickle_save_reduce would write of a plain instance, without its __dict__ being made. */
static int save_instance(HdThread *t, HdPickler *p, HdValue object, HdType *type, const HdShape *shape, const HdValue *values,
                         int count) {
    if (hd_pickle_save(t, p, hd_type_value(type), false) < 0) return -1;
    if (hd_pickle_save(t, p, hd_tuple_empty(), false) < 0 || hd_pickle_op(t, p, OP_NEWOBJ) < 0) return -1;
    HdSize number = hd_pickle_memo_find(&p->memo, object);
    if (number >= 0) return hd_pickle_op(t, p, OP_POP) < 0 ? -1 : hd_pickle_memo_get(t, p, number);
    if (hd_pickle_memo_put(t, p, object) < 0) return -1;
    return save_attributes(t, p, hd_as_object(object), shape, values, count);
}

/* 1 saved, 0 it is not plain. */
static HD_NOINLINE int save_plain(HdThread *t, HdPickler *p, HdValue object, HdType *type) {
    if (p->protocol < 2 || p->fast || !hd_is_null(p->persist) || !is_plain(t, type)) return 0;
    HdValue values[MOST_ATTRIBUTES];
    const HdShape *shape;
    int count = take_attributes(t, hd_as_object(object), type, &shape, values);
    if (count < 0) return 0;
    bool own = hd_shape_index(shape, HD_NAME("__reduce_ex__")) >= 0 || hd_shape_index(shape, HD_NAME("__getstate__")) >= 0;
    int done = own ? 0 : save_instance(t, p, object, type, shape, values, count) < 0 ? -1 : 1;
    for (int i = 0; i < count; i++) hd_release(t, values[i]);
    return done;
}

static int save_by_reducer(HdThread *t, HdPickler *p, HdValue object, HdType *type) {
    HD_OWNED HdValue reduced = HD_NULL;
    if (!hd_is_null(p->override)) {
        reduced = hd_object_call1(t, p->override, object);
        if (hd_is_null(reduced)) return -1;
        if (hd_same(reduced, hd_NotImplemented)) hd_clear_slot(t, &reduced);
    }
    if (hd_is_null(reduced)) {
        if (type == &hd_type_type) return hd_pickle_save_type(t, p, object);
        if (type == &hd_function_type) return hd_pickle_save_global(t, p, object, HD_NULL);
        HD_OWNED HdValue reducer = HD_NULL;
        int found = find_reducer(t, p, type, &reducer);
        if (found < 0) return -1;
        if (!found && hd_is_type(object)) return hd_pickle_save_global(t, p, object, HD_NULL);
        int done = found ? 0 : save_plain(t, p, object, type);
        if (done) return done < 0 ? -1 : 0;
        reduced = found ? hd_object_call1(t, reducer, object) : call_reduce(t, p, object);
        if (hd_is_null(reduced)) return -1;
    }
    if (hd_is_str(reduced)) return hd_pickle_save_global(t, p, object, reduced);
    if (hd_is_tuple(reduced)) return hd_pickle_save_reduce(t, p, reduced, object);
    return hd_raise_int(t, hd_pickling_error(), "__reduce__ must return a string or tuple");
}

int hd_pickle_save(HdThread *t, HdPickler *p, HdValue object, bool as_persistent) {
    if (hd_pickle_boundary(t, p) < 0) return -1;
    int done = 0;
    if (!as_persistent && !hd_is_null(p->persist)) done = save_persistent(t, p, object);
    HdType *type = hd_type_of(object);
    if (!done) done = hd_pickle_save_atom(t, p, object, type);
    if (done) return done < 0 ? -1 : 0;
    HdSize number = hd_pickle_memo_find(&p->memo, object);
    if (number >= 0) return hd_pickle_memo_get(t, p, number);
    if (type == &hd_bytes_type && p->protocol >= 3) return hd_pickle_save_bytes(t, p, object);
    if (type == &hd_str_type) return hd_pickle_save_str(t, p, object);
    if (hd_object_enter(t, " while pickling an object") < 0) return -1;
    if (type == &hd_bytes_type) return hd_pickle_save_bytes(t, p, object);
    done = hd_pickle_save_container(t, p, object, type);
    if (done) return done < 0 ? -1 : 0;
    return save_by_reducer(t, p, object, type);
}

int hd_pickle_dump(HdThread *t, HdPickler *p, HdValue self, HdValue object) {
    if (hd_object_find_attr(t, self, HD_NAME("reducer_override"), &p->override) < 0) return -1;
    if (hd_pickle_hook(t, self, &hd_pickler_type, HD_NAME("persistent_id"), &p->persistent_id, &p->persist) < 0 ||
        hd_pickle_hook(t, self, &hd_pickler_type, HD_NAME("dispatch_table"), &p->dispatch_table, &p->dispatch) < 0) {
        return -1;
    }
    p->framing = false;
    p->frame_start = -1;
    p->length = 0;
    p->fast_depth = 0;
    if (p->protocol >= 2) {
        uint8_t header[2] = {OP_PROTO, (uint8_t)p->protocol};
        if (hd_pickle_write(t, p, header, 2) < 0) return -1;
        p->framing = p->protocol >= 4;
    }
    if (hd_pickle_save(t, p, object, false) < 0 || hd_pickle_op(t, p, OP_STOP) < 0) return -1;
    return hd_pickle_end_frame(t, p);
}
