/* json_encoder.c -- make_encoder: writes a value as JSON in one piece.
 *
 * An encoder's fields do not change, except the contents of `markers`: the dict, given by the caller, of the containers
 * that are being written (id -> object), by which cycles are noticed. Items are taken one by one with a count of their
 * own, because default() and encoder() run Python. No lock is taken, nothing parks.
 */
#include "json_types.h"

typedef struct Encoder {
    HdObject head;
    HdValue markers; /* dict or None */
    HdValue default_function, encoder, indent, key_separator, item_separator;
    uint8_t sort_keys, skip_keys, allow_nan;
    enum { CALLED, PLAIN, ASCII } strings; /* how str is written: by `encoder`, or as our own functions would */
} Encoder;
#define ENCODER(v) HD_AS(Encoder, v)

typedef struct Writer {
    HdThread *t;
    const Encoder *encoder;
    HdStrBuilder b;
} Writer;

HD_CHECK static int write_value(Writer *w, HdValue v);

/* --- scalars --- */

HD_CHECK static int write_steal(Writer *w, HdValue text) {
    if (hd_is_null(text)) return -1;
    (void)hd_str_builder_str(&w->b, text);
    hd_release(w->t, text);
    return 0;
}
/* The text of a float; owned. */
static HdValue float_text(Writer *w, HdValue v) {
    double d = hd_float_value(v);
    if (__builtin_isfinite(d)) return hd_float_repr(w->t, d);
    if (!w->encoder->allow_nan) {
        return hd_raise(w->t, &hd_ValueError, "Out of range float values are not JSON compliant");
    }
    return hd_str_from_text(w->t, d > 0 ? "Infinity" : d < 0 ? "-Infinity" : "NaN");
}
static const char *constant_text(HdValue v) { /* NULL: it is none */
    return hd_is_none(v) ? "null" : hd_same(v, hd_True) ? "true" : hd_same(v, hd_False) ? "false" : NULL;
}
HD_CHECK static int write_str(Writer *w, HdValue v) {
    if (w->encoder->strings != CALLED) {
        hd_json_quote(&w->b, v, w->encoder->strings == ASCII);
        return 0;
    }
    HD_OWNED HdValue text = hd_object_call1(w->t, w->encoder->encoder, v);
    if (hd_is_null(text)) return -1;
    if (!hd_is_str(text)) {
        return hd_raise_int(w->t, &hd_TypeError, "encoder() must return a string, not %T", text);
    }
    return write_steal(w, hd_move(&text));
}

/* --- containers --- */

/* Notes that v is being written: *mark is its id, owned, HD_NULL without markers. */
HD_CHECK static int enter(Writer *w, HdValue v, HdValue *mark) {
    HdThread *t = w->t;
    HdValue markers = w->encoder->markers;
    *mark = HD_NULL;
    if (hd_is_none(markers)) return 0;
    HD_OWNED HdValue id = hd_int_from_u64(t, v.bits);
    if (hd_is_null(id)) return -1;
    int there = hd_dict_contains(t, markers, id);
    if (there < 0) return -1;
    if (there) return hd_raise_int(t, &hd_ValueError, "Circular reference detected");
    if (hd_dict_set(t, markers, id, v) < 0) return -1;
    *mark = hd_move(&id);
    return 0;
}
HD_CHECK static int leave(Writer *w, HdValue mark) {
    return hd_is_null(mark) ? 0 : hd_dict_delete(w->t, w->encoder->markers, mark);
}

HD_CHECK static int write_list(Writer *w, HdValue v) {
    HdThread *t = w->t;
    HD_OWNED HdValue items = hd_object_fast_sequence(t, v, "_iterencode_list needs a sequence");
    if (hd_is_null(items)) return -1;
    bool is_list = hd_is_list(items);
    if ((is_list ? hd_list_length(items) : hd_tuple_length(items)) == 0) {
        (void)hd_str_builder_ascii(&w->b, "[]", 2);
        return 0;
    }
    HD_OWNED HdValue mark = HD_NULL;
    if (enter(w, v, &mark) < 0) return -1;
    (void)hd_str_builder_char(&w->b, '[');
    for (HdSize i = 0; is_list || i < hd_tuple_length(items); i++) {
        HD_OWNED HdValue item = is_list ? hd_list_get(t, items, i) : hd_retain(t, hd_tuple_at_borrowed(items, i));
        if (hd_is_null(item)) break;
        if (i) (void)hd_str_builder_str(&w->b, w->encoder->item_separator);
        if (write_value(w, item) < 0) return -1;
    }
    if (leave(w, mark) < 0) return -1;
    (void)hd_str_builder_char(&w->b, ']');
    return 0;
}

/* The text of a key, owned: 1, 0 when the pair is to be left out, -1 raised. */
HD_CHECK static int key_text(Writer *w, HdValue key, HdValue *text) {
    HdThread *t = w->t;
    const char *constant = constant_text(key);
    if (hd_is_str(key)) *text = hd_retain(t, key);
    else if (hd_is_float(key)) *text = float_text(w, key);
    else if (constant) *text = hd_str_from_text(t, constant);
    else if (hd_is_int(key)) *text = hd_int_to_str(t, key, 10, false);
    else if (w->encoder->skip_keys) return 0;
    else *text = hd_raise(t, &hd_TypeError, "keys must be str, int, float, bool or None, not %T", key);
    return hd_is_null(*text) ? -1 : 1;
}
HD_CHECK static int write_pair(Writer *w, HdValue key, HdValue value, bool *first) {
    HD_OWNED HdValue text = HD_NULL;
    int status = key_text(w, key, &text);
    if (status <= 0) return status;
    if (!*first) (void)hd_str_builder_str(&w->b, w->encoder->item_separator);
    *first = false;
    if (write_str(w, text) < 0) return -1;
    (void)hd_str_builder_str(&w->b, w->encoder->key_separator);
    return write_value(w, value);
}
HD_CHECK static int write_exact_dict(Writer *w, HdValue dict) {
    HdSize position = 0;
    HdValue key, value;
    bool first = true;
    while (hd_dict_next(w->t, dict, &position, &key, &value)) {
        HD_OWNED HdValue own_key = key, own_value = value;
        if (write_pair(w, own_key, own_value, &first) < 0) return -1;
    }
    return 0;
}
/* What v.items() gives, as a list. */
static HdValue items_list(HdThread *t, HdValue v) {
    if (hd_is_exact_dict(v)) return hd_dict_items_list(t, v);
    HD_OWNED HdValue items = hd_object_call_method0(t, v, "items");
    if (hd_is_null(items)) return HD_NULL;
    HD_OWNED HdValue iterator = hd_object_iter(t, items);
    if (!hd_is_null(iterator)) return hd_list_from_iterable(t, iterator);
    if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
    hd_clear_raised(t);
    return hd_raise(t, &hd_TypeError, "%T.items() returned a non-iterable (type %T)", v, items);
}
HD_CHECK static int write_items(Writer *w, HdValue dict) {
    HdThread *t = w->t;
    HD_OWNED HdValue items = items_list(t, dict);
    if (hd_is_null(items)) return -1;
    if (w->encoder->sort_keys && hd_list_sort(t, items, hd_None, false) < 0) return -1;
    bool first = true;
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue item = hd_list_get(t, items, i);
        if (hd_is_null(item)) return 0;
        if (!hd_is_tuple(item) || hd_tuple_length(item) != 2) {
            return hd_raise_int(t, &hd_ValueError, "items must return 2-tuples");
        }
        if (write_pair(w, hd_tuple_at_borrowed(item, 0), hd_tuple_at_borrowed(item, 1), &first) < 0) return -1;
    }
}
HD_CHECK static int write_dict(Writer *w, HdValue v) {
    if (hd_dict_length(v) == 0) {
        (void)hd_str_builder_ascii(&w->b, "{}", 2);
        return 0;
    }
    HD_OWNED HdValue mark = HD_NULL;
    if (enter(w, v, &mark) < 0) return -1;
    (void)hd_str_builder_char(&w->b, '{');
    bool plain = hd_is_exact_dict(v) && !w->encoder->sort_keys;
    if ((plain ? write_exact_dict(w, v) : write_items(w, v)) < 0 || leave(w, mark) < 0) return -1;
    (void)hd_str_builder_char(&w->b, '}');
    return 0;
}

/* --- any value --- */

HD_CHECK static int write_other(Writer *w, HdValue v) {
    HD_OWNED HdValue mark = HD_NULL;
    if (enter(w, v, &mark) < 0) return -1;
    HD_OWNED HdValue instead = hd_object_call1(w->t, w->encoder->default_function, v);
    if (hd_is_null(instead) || write_value(w, instead) < 0) return -1;
    return leave(w, mark);
}
static int write_value(Writer *w, HdValue v) {
    if (w->b.failed) return -1; /* out of memory: MemoryError is raised, no Python may run */
    const char *constant = constant_text(v);
    if (constant) {
        (void)hd_str_builder_text(&w->b, constant);
        return 0;
    }
    if (hd_is_str(v)) return write_str(w, v);
    if (hd_is_int(v)) return write_steal(w, hd_int_to_str(w->t, v, 10, false));
    if (hd_is_float(v)) return write_steal(w, float_text(w, v));
    if (hd_object_enter(w->t, " while encoding a JSON object") < 0) return -1;
    if (hd_is_list(v) || hd_is_tuple(v)) return write_list(w, v);
    return hd_is_dict(v) ? write_dict(w, v) : write_other(w, v);
}

static HdValue encoder_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "_iterencode(obj, _current_indent_level)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdSize level = hd_number_as_size(t, bound[1], &hd_OverflowError);
    if (level == -1 && hd_raised(t)) return HD_NULL;
    Writer w = {.t = t, .encoder = ENCODER(self)};
    hd_str_builder_init(&w.b, t);
    if (write_value(&w, bound[0]) < 0) {
        hd_str_builder_discard(&w.b);
        return HD_NULL;
    }
    HdValue text = hd_str_builder_finish(&w.b);
    return hd_is_null(text) ? HD_NULL : hd_list_from_values_steal(t, &text, 1);
}

/* --- life --- */

/* How an encoder that is one of our own functions writes. */
static int strings_of(HdValue encoder) {
    if (!hd_is_exact_object(encoder, &hd_native_function_type)) return CALLED;
    HdNative bound = HD_AS(HdNativeFunction, encoder)->signature->def->bound;
    return bound == hd_json_encode_basestring_ascii ? ASCII : bound == hd_json_encode_basestring ? PLAIN : CALLED;
}
HD_CHECK static int want_str(HdThread *t, HdValue v, int argument) {
    if (hd_is_str(v)) return 0;
    const char *got = hd_is_none(v) ? "None" : hd_type_of(v)->name;
    return hd_raise_int(t, &hd_TypeError, "make_encoder() argument %d must be str, not %s", argument, got);
}
static HdValue encoder_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "make_encoder(markers, default, encoder, indent, key_separator, "
                                                   "item_separator, sort_keys, skipkeys, allow_nan)", NULL);
    HdValue bound[9];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    if (want_str(t, bound[4], 5) < 0 || want_str(t, bound[5], 6) < 0) return HD_NULL;
    int truth[3];
    for (int i = 0; i < 3; i++) {
        truth[i] = hd_object_truth(t, bound[6 + i]);
        if (truth[i] < 0) return HD_NULL;
    }
    if (!hd_is_none(bound[0]) && !hd_is_dict(bound[0])) {
        return hd_raise(t, &hd_TypeError, "make_encoder() argument 1 must be dict or None, not %T", bound[0]);
    }
    Encoder *e = HD_NEW(t, Encoder, type);
    if (!e) return HD_NULL;
    HdValue *fields[] = {&e->markers, &e->default_function, &e->encoder, &e->indent, &e->key_separator,
                         &e->item_separator};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) *fields[i] = hd_retain(t, bound[i]);
    e->sort_keys = truth[0] > 0;
    e->skip_keys = truth[1] > 0;
    e->allow_nan = truth[2] > 0;
    e->strings = strings_of(e->encoder);
    return hd_from_object(e);
}
static void encoder_dealloc(HdThread *t, HdObject *self) {
    Encoder *e = (Encoder *)self;
    hd_release(t, e->markers);
    hd_release(t, e->default_function);
    hd_release(t, e->encoder);
    hd_release(t, e->indent);
    hd_release(t, e->key_separator);
    hd_release(t, e->item_separator);
    hd_type_free(t, self);
}
static int encoder_traverse(HdObject *self, HdVisit visit, void *context) {
    const Encoder *e = (Encoder *)self;
    HD_VISIT(e->markers);
    HD_VISIT(e->default_function);
    HD_VISIT(e->encoder);
    HD_VISIT(e->indent);
    return 0;
}
static void encoder_clear(HdThread *t, HdObject *self) { /* None is valid in each of them */
    Encoder *e = (Encoder *)self;
    hd_replace_steal(t, &e->markers, hd_None);
    hd_replace_steal(t, &e->default_function, hd_None);
    hd_replace_steal(t, &e->encoder, hd_None);
    hd_replace_steal(t, &e->indent, hd_None);
}

static const HdMemberDef encoder_members[] = {
    {"markers", HD_MEMBER_VALUE, offsetof(Encoder, markers), true, "markers", false},
    {"default", HD_MEMBER_VALUE, offsetof(Encoder, default_function), true, "default", false},
    {"encoder", HD_MEMBER_VALUE, offsetof(Encoder, encoder), true, "encoder", false},
    {"indent", HD_MEMBER_VALUE, offsetof(Encoder, indent), true, "indent", false},
    {"key_separator", HD_MEMBER_VALUE, offsetof(Encoder, key_separator), true, "key_separator", false},
    {"item_separator", HD_MEMBER_VALUE, offsetof(Encoder, item_separator), true, "item_separator", false},
    {"sort_keys", HD_MEMBER_BOOL, offsetof(Encoder, sort_keys), true, "sort_keys", false},
    {"skipkeys", HD_MEMBER_BOOL, offsetof(Encoder, skip_keys), true, "skipkeys", false},
    {NULL},
};
HdType hd_json_encoder_type = {
    HD_TYPE_HEAD("_json.Encoder"),
    .doc = "encoder(obj, _current_indent_level) -> list of str\n\nWrites a value as JSON.",
    .basicsize = sizeof(Encoder),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = encoder_dealloc,
    .traverse = encoder_traverse,
    .clear = encoder_clear,
    .create = encoder_create,
    .call = encoder_call,
    .members = encoder_members,
};
