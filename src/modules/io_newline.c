/* io_newline.c -- newlines: translation, search, and IncrementalNewlineDecoder. */
#include "io_types.h"

HdValue hd_io_newlines(HdThread *t, int seen) {
    static const char *const kinds[] = {"\r", "\n", "\r\n"};
    HdValue items[3];
    HdSize count = 0;
    for (int i = 0; i < 3; i++) {
        if (!(seen & (1 << i))) continue;
        items[count] = hd_str_from_text(t, kinds[i]);
        if (hd_is_null(items[count++])) return HD_NULL;
    }
    if (count == 0) return hd_None;
    if (count == 1) return items[0];
    HdValue tuple = hd_tuple_from_values(t, items, count);
    for (HdSize i = 0; i < count; i++) hd_release(t, items[i]);
    return tuple;
}

HdValue hd_io_translate(HdThread *t, HdValue text, bool translate, int *seen) {
    HdSize length = hd_str_length(text), first_cr = hd_str_find_char(text, '\r', 0, length, false);
    int found = 0;
    if (first_cr < 0) {
        if (seen && !(*seen & HD_IO_SEEN_LF) && hd_str_find_char(text, '\n', 0, length, false) >= 0) *seen |= HD_IO_SEEN_LF;
        return hd_retain(t, text);
    }
    if (hd_str_find_char(text, '\n', 0, first_cr, false) >= 0) found |= HD_IO_SEEN_LF;
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    HdSize copied = 0;
    for (HdSize at = first_cr; at < length; at++) {
        uint32_t c = hd_str_at(text, at);
        if (c == '\n') found |= HD_IO_SEEN_LF;
        if (c != '\r') continue;
        bool pair = at + 1 < length && hd_str_at(text, at + 1) == '\n';
        found |= pair ? HD_IO_SEEN_CRLF : HD_IO_SEEN_CR;
        if (translate) {
            hd_str_builder_slice(&b, text, copied, at);
            hd_str_builder_char(&b, '\n');
            copied = at + 1 + pair;
        }
        at += pair;
    }
    if (seen) *seen |= found;
    if (!translate) {
        hd_str_builder_discard(&b);
        return hd_retain(t, text);
    }
    hd_str_builder_slice(&b, text, copied, length);
    return hd_str_builder_finish(&b);
}

HdSize hd_io_line_end(HdValue text, HdSize start, HdSize end, bool translated, bool universal, const char *newline) {
    if (translated || (!universal && newline[0] == '\n')) {
        HdSize at = hd_str_find_char(text, '\n', start, end, false);
        return at < 0 ? -1 : at + 1;
    }
    if (universal) {
        for (HdSize at = start; at < end; at++) {
            uint32_t c = hd_str_at(text, at);
            if (c == '\n') return at + 1;
            if (c == '\r') return at + 1 + (at + 1 < end && hd_str_at(text, at + 1) == '\n');
        }
        return -1;
    }
    HdSize size = (HdSize)strlen(newline);
    for (HdSize at = start; (at = hd_str_find_char(text, (uint8_t)newline[0], at, end, false)) >= 0; at++) {
        if (size == 1) return at + 1;
        if (at + 1 < end && hd_str_at(text, at + 1) == (uint8_t)newline[1]) return at + 2;
    }
    return -1;
}

/* --- IncrementalNewlineDecoder --- */

typedef struct Decoder {
    HdObject head;
    HdValue decoder; /* None: takes str */
    HdValue errors;
    bool translate, pending_cr;
    int seen;
} Decoder;
HD_INLINE Decoder *decoder_of(HdValue v) { return HD_AS(Decoder, v); }

static const HdMethodDef init_def = {.signature = "IncrementalNewlineDecoder(decoder, translate, errors='strict')"};
static int decoder_init(HdThread *t, HdValue self, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[3];
    if (hd_native_bind(t, &init_def, refs, nargs, kwnames, args) < 0) return -1;
    int translate = hd_object_truth(t, args[1]);
    if (translate < 0) return -1;
    HdValue errors = hd_is_null(args[2]) ? hd_str_from_text(t, "strict") : hd_retain(t, args[2]);
    if (hd_is_null(errors)) return -1;
    Decoder *d = decoder_of(self);
    hd_replace_steal(t, &d->decoder, hd_retain(t, args[0]));
    hd_replace_steal(t, &d->errors, errors);
    d->translate = translate;
    d->pending_cr = false;
    d->seen = 0;
    return 0;
}

/* NULL = ValueError: __init__ has not run. */
static Decoder *decoder_in_use(HdThread *t, HdValue self) {
    Decoder *d = decoder_of(self);
    if (!hd_is_null(d->decoder)) return d;
    hd_raise(t, &hd_ValueError, "IncrementalNewlineDecoder.__init__() not called");
    return NULL;
}

static HdValue decode(HdThread *t, HdValue self, HdValue input, bool final) {
    Decoder *d = decoder_in_use(t, self);
    if (!d) return HD_NULL;
    HdValue decode_args[] = {input, hd_bool(final)};
    HD_OWNED HdValue text = hd_is_none(d->decoder) ? hd_retain(t, input) : hd_object_call_method(t, d->decoder, HD_NAME("decode"), decode_args, 2);
    if (hd_is_null(text)) return HD_NULL;
    if (!hd_is_str(text)) return hd_raise(t, &hd_TypeError, "decoder should return a string result, not '%T'", text);
    HdSize length = hd_str_length(text);
    if (d->pending_cr && (final || length > 0)) {
        HD_OWNED HdValue cr = hd_str_from_char(t, '\r');
        hd_replace_steal(t, &text, hd_str_concat(t, cr, text));
        if (hd_is_null(text)) return HD_NULL;
        d->pending_cr = false;
        length++;
    }
    if (!final && length > 0 && hd_str_at(text, length - 1) == '\r') {
        hd_replace_steal(t, &text, hd_str_substring(t, text, 0, length - 1));
        if (hd_is_null(text)) return HD_NULL;
        d->pending_cr = true;
    }
    return hd_io_translate(t, text, d->translate, &d->seen);
}
static HdValue decoder_decode(HdThread *t, HdValue self, const HdValue *args) {
    int final = hd_is_null(args[1]) ? 0 : hd_object_truth(t, args[1]);
    return final < 0 ? HD_NULL : decode(t, self, args[0], final);
}
static HdValue decoder_getstate(HdThread *t, HdValue self, const HdValue *args) {
    Decoder *d = decoder_in_use(t, self);
    if (!d) return HD_NULL;
    HD_OWNED HdValue buffer = HD_NULL;
    uint64_t flag = 0;
    if (!hd_is_none(d->decoder)) {
        HD_OWNED HdValue state = hd_object_call_method0(t, d->decoder, "getstate");
        if (hd_is_null(state)) return HD_NULL;
        if (!hd_is_tuple(state) || hd_tuple_length(state) != 2) return hd_raise(t, &hd_TypeError, "illegal decoder state");
        buffer = hd_retain(t, hd_tuple_at_borrowed(state, 0));
        flag = hd_number_as_u64_mask(t, hd_tuple_at_borrowed(state, 1));
        if (hd_raised(t)) return HD_NULL;
    } else {
        buffer = hd_bytes_empty();
    }
    HD_OWNED HdValue flags = hd_int_from_u64(t, flag << 1 | d->pending_cr);
    return hd_tuple_pack(t, 2, buffer, flags);
}
static HdValue decoder_setstate(HdThread *t, HdValue self, const HdValue *args) {
    Decoder *d = decoder_in_use(t, self);
    if (!d) return HD_NULL;
    if (!hd_is_tuple(args[0]) || hd_tuple_length(args[0]) != 2) return hd_raise(t, &hd_TypeError, "state argument must be a tuple");
    uint64_t flag = hd_number_as_u64_mask(t, hd_tuple_at_borrowed(args[0], 1));
    if (hd_raised(t)) return HD_NULL;
    d->pending_cr = flag & 1;
    if (hd_is_none(d->decoder)) return hd_None;
    HD_OWNED HdValue rest = hd_int_from_u64(t, flag >> 1);
    HD_OWNED HdValue state = hd_tuple_pack(t, 2, hd_tuple_at_borrowed(args[0], 0), rest);
    return hd_is_null(state) ? HD_NULL : hd_object_call_method1(t, d->decoder, "setstate", state);
}
static HdValue decoder_reset(HdThread *t, HdValue self, const HdValue *args) {
    Decoder *d = decoder_in_use(t, self);
    if (!d) return HD_NULL;
    d->seen = 0;
    d->pending_cr = false;
    return hd_is_none(d->decoder) ? hd_None : hd_object_call_method0(t, d->decoder, "reset");
}
static HdValue decoder_newlines(HdThread *t, HdValue self, void *closure) { return hd_io_newlines(t, decoder_of(self)->seen); }

static void decoder_clear(HdThread *t, HdObject *self) {
    hd_clear_slot(t, &((Decoder *)self)->decoder);
    hd_clear_slot(t, &((Decoder *)self)->errors);
}
static void decoder_dealloc(HdThread *t, HdObject *self) {
    decoder_clear(t, self);
    hd_type_free(t, self);
}
static int decoder_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Decoder *)self)->decoder);
    return 0;
}
static const HdMethodDef decoder_methods[] = {
    HD_METHOD(decoder_decode, "decode($self, input, final=False)", NULL),
    HD_METHOD(decoder_getstate, "getstate($self, /)", NULL),
    HD_METHOD(decoder_setstate, "setstate($self, state, /)", NULL),
    HD_METHOD(decoder_reset, "reset($self, /)", NULL),
    HD_METHODS_END,
};
static const HdGetSetDef decoder_getsets[] = {{"newlines", decoder_newlines, NULL, NULL, NULL}, {NULL}};

HdType hd_io_newline_type = {
    HD_TYPE_HEAD("_io.IncrementalNewlineDecoder"),
    .doc = "Codec used when reading a file in universal newlines mode.",
    .basicsize = sizeof(Decoder),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = decoder_dealloc,
    .traverse = decoder_traverse,
    .clear = decoder_clear,
    .init = decoder_init,
    .methods = decoder_methods,
    .getsets = decoder_getsets,
};
