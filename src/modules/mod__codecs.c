/* mod__codecs.c -- the module _codecs: the registry of codecs and the codecs written in C, under the package codecs. */
#include "codecs.h"
#include "heddle/module.h"

/* --- arguments --- */

/* The text of a str argument; *out NULL when it was not given or None. */
static int text_argument(HdThread *t, const char *function, int number, HdValue v, bool optional, const char **out) {
    *out = NULL;
    if (optional && (hd_is_null(v) || hd_is_none(v))) return 0;
    if (!hd_is_str(v)) {
        return hd_raise_int(t, &hd_TypeError, "%s() argument %d must be str%s, not %T", function, number,
                            optional ? " or None" : "", v);
    }
    HdSize length;
    *out = hd_str_utf8(t, v, &length);
    if (!*out) return -1;
    if (strlen(*out) != (size_t)length) return hd_raise_int(t, &hd_ValueError, "embedded null character");
    return 0;
}

static int str_argument(HdThread *t, const char *function, HdValue v) {
    if (hd_is_str(v)) return 0;
    return hd_raise_int(t, &hd_TypeError, "%s() argument 1 must be str, not %T", function, v);
}

/* Bytes, or the UTF-8 of a str where that is allowed. */
typedef struct Input {
    const char *data;
    HdSize size;
    HdBuffer buffer;
} Input;
static int input_begin(HdThread *t, HdValue v, bool str_allowed, Input *in) {
    *in = (Input){0};
    if (str_allowed && hd_is_str(v)) {
        in->data = hd_str_utf8(t, v, &in->size);
        return in->data ? 0 : -1;
    }
    if (hd_buffer_get(t, v, &in->buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    in->data = in->buffer.data;
    in->size = in->buffer.length;
    return 0;
}
static void input_end(HdThread *t, Input *in) { hd_buffer_release(t, &in->buffer); }

static int truth_argument(HdThread *t, HdValue v, bool standard) {
    return hd_is_null(v) ? standard : hd_object_truth(t, v);
}

static HdValue pair_steal(HdThread *t, HdValue first, HdSize second) {
    if (hd_is_null(first)) return first;
    HD_OWNED HdValue number = hd_int_from_size(t, second);
    HdValue tuple = hd_is_null(number) ? HD_NULL : hd_tuple_pack(t, 2, first, number);
    hd_release(t, first);
    return tuple;
}

/* --- the registry --- */

static HdValue codecs_register(HdThread *t, HdValue self, const HdValue *args) {
    return hd_codecs_register(t, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue codecs_unregister(HdThread *t, HdValue self, const HdValue *args) {
    return hd_codecs_unregister(t, args[0]) < 0 ? HD_NULL : hd_None;
}
static HdValue codecs_lookup(HdThread *t, HdValue self, const HdValue *args) {
    const char *encoding;
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "lookup() argument must be str, not %T", args[0]);
    if (text_argument(t, "lookup", 1, args[0], false, &encoding) < 0) return HD_NULL;
    return hd_codecs_lookup(t, encoding);
}
static HdValue codecs_register_error(HdThread *t, HdValue self, const HdValue *args) {
    const char *name;
    if (text_argument(t, "register_error", 1, args[0], false, &name) < 0) return HD_NULL;
    return hd_codecs_register_error(t, name, args[1]) < 0 ? HD_NULL : hd_None;
}
static HdValue codecs_lookup_error(HdThread *t, HdValue self, const HdValue *args) {
    const char *name;
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "lookup_error() argument must be str, not %T", args[0]);
    if (text_argument(t, "lookup_error", 1, args[0], false, &name) < 0) return HD_NULL;
    return hd_codecs_lookup_error(t, name);
}

static HdValue code(HdThread *t, const HdValue *args, bool encode) {
    const char *encoding = "utf-8", *errors = NULL, *name = encode ? "encode" : "decode";
    if (!hd_is_null(args[1]) && text_argument(t, name, 2, args[1], false, &encoding) < 0) return HD_NULL;
    if (!hd_is_null(args[2]) && text_argument(t, name, 3, args[2], false, &errors) < 0) return HD_NULL;
    return encode ? hd_codecs_encode(t, args[0], encoding, errors) : hd_codecs_decode(t, args[0], encoding, errors);
}
static HdValue codecs_encode(HdThread *t, HdValue self, const HdValue *args) { return code(t, args, true); }
static HdValue codecs_decode(HdThread *t, HdValue self, const HdValue *args) { return code(t, args, false); }

/* --- decoders --- */

typedef HdValue (*Decode)(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed);

static HdValue decode_with(HdThread *t, const char *name, const HdValue *args, Decode decode, bool str_allowed,
                           bool final_standard) {
    Input in;
    const char *errors;
    if (text_argument(t, name, 2, args[1], true, &errors) < 0) return HD_NULL;
    int final = truth_argument(t, args[2], final_standard);
    if (final < 0 || input_begin(t, args[0], str_allowed, &in) < 0) return HD_NULL;
    HdSize consumed = in.size;
    HdValue str = decode(t, in.data, in.size, errors, final ? NULL : &consumed);
    input_end(t, &in);
    return pair_steal(t, str, consumed);
}

static HdValue decode_latin1(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    return hd_codecs_latin1_decode(t, data, size);
}
static HdValue decode_ascii(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    return hd_codecs_ascii_decode(t, data, size, errors);
}
static HdValue decode_utf16_le(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    int order = -1;
    return hd_codecs_utf16_decode(t, data, size, errors, &order, consumed);
}
static HdValue decode_utf16_be(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    int order = 1;
    return hd_codecs_utf16_decode(t, data, size, errors, &order, consumed);
}
static HdValue decode_utf16(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    return hd_codecs_utf16_decode(t, data, size, errors, NULL, consumed);
}
static HdValue decode_utf32_le(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    int order = -1;
    return hd_codecs_utf32_decode(t, data, size, errors, &order, consumed);
}
static HdValue decode_utf32_be(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    int order = 1;
    return hd_codecs_utf32_decode(t, data, size, errors, &order, consumed);
}
static HdValue decode_utf32(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    return hd_codecs_utf32_decode(t, data, size, errors, NULL, consumed);
}

/* Warns of the first escape that is none. `at` points behind its backslash. */
static int warn_escape(HdThread *t, const char *at, const char *end) {
    unsigned c = (uint8_t)*at;
    if (c >= '4' && c <= '7' && end - at >= 3) {
        return hd_warn(t, &hd_DeprecationWarning, 1, "invalid octal escape sequence '\\%.3s'", at);
    }
    return hd_warn(t, &hd_DeprecationWarning, 1, "invalid escape sequence '\\%c'", (int)c);
}
static HdValue decode_unicode_escape(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    const char *warned;
    HdValue str = hd_codecs_unicode_escape_decode(t, data, size, errors, consumed, &warned);
    if (!hd_is_null(str) && warned && warn_escape(t, warned, (const char *)data + size) < 0) {
        hd_release(t, str);
        return HD_NULL;
    }
    return str;
}
static HdValue decode_escape(HdThread *t, const void *data, HdSize size, const char *errors, HdSize *consumed) {
    const char *warned;
    HdValue bytes = hd_codecs_escape_decode(t, data, size, errors, &warned);
    if (!hd_is_null(bytes) && warned && warn_escape(t, warned, (const char *)data + size) < 0) {
        hd_release(t, bytes);
        return HD_NULL;
    }
    return bytes;
}

#define DECODER(name, function, str_allowed, final_standard)                                    \
    static HdValue codecs_##name(HdThread *t, HdValue self, const HdValue *args) {              \
        return decode_with(t, #name, args, function, str_allowed, final_standard);              \
    }
DECODER(utf_8_decode, hd_codecs_utf8_decode, false, false)
DECODER(utf_7_decode, hd_codecs_utf7_decode, false, false)
DECODER(utf_16_decode, decode_utf16, false, false)
DECODER(utf_16_le_decode, decode_utf16_le, false, false)
DECODER(utf_16_be_decode, decode_utf16_be, false, false)
DECODER(utf_32_decode, decode_utf32, false, false)
DECODER(utf_32_le_decode, decode_utf32_le, false, false)
DECODER(utf_32_be_decode, decode_utf32_be, false, false)
DECODER(unicode_escape_decode, decode_unicode_escape, true, true)
DECODER(raw_unicode_escape_decode, hd_codecs_raw_unicode_escape_decode, true, true)

/* Decoders without `final`: their third parameter is not there. */
#define WHOLE_DECODER(name, function, str_allowed)                                              \
    static HdValue codecs_##name(HdThread *t, HdValue self, const HdValue *args) {              \
        HdValue all[3] = {args[0], args[1], hd_True};                                           \
        return decode_with(t, #name, all, function, str_allowed, true);                         \
    }
WHOLE_DECODER(latin_1_decode, decode_latin1, false)
WHOLE_DECODER(ascii_decode, decode_ascii, false)
WHOLE_DECODER(escape_decode, decode_escape, true)

typedef HdValue (*DecodeOrdered)(HdThread *t, const void *data, HdSize size, const char *errors, int *order,
                                 HdSize *consumed);
static HdValue decode_ex(HdThread *t, const char *name, const HdValue *args, DecodeOrdered decode) {
    Input in;
    const char *errors;
    int order = 0;
    if (text_argument(t, name, 2, args[1], true, &errors) < 0) return HD_NULL;
    if (!hd_is_null(args[2])) {
        order = hd_number_as_int(t, args[2]);
        if (order == -1 && hd_raised(t)) return HD_NULL;
    }
    int final = truth_argument(t, args[3], false);
    if (final < 0 || input_begin(t, args[0], false, &in) < 0) return HD_NULL;
    HdSize consumed = in.size;
    HD_OWNED HdValue str = decode(t, in.data, in.size, errors, &order, final ? NULL : &consumed);
    input_end(t, &in);
    if (hd_is_null(str)) return HD_NULL;
    return hd_tuple_pack(t, 3, str, hd_imm_int(consumed), hd_imm_int(order));
}
static HdValue codecs_utf_16_ex_decode(HdThread *t, HdValue self, const HdValue *args) {
    return decode_ex(t, "utf_16_ex_decode", args, hd_codecs_utf16_decode);
}
static HdValue codecs_utf_32_ex_decode(HdThread *t, HdValue self, const HdValue *args) {
    return decode_ex(t, "utf_32_ex_decode", args, hd_codecs_utf32_decode);
}

static HdValue codecs_charmap_decode(HdThread *t, HdValue self, const HdValue *args) {
    Input in;
    const char *errors;
    if (text_argument(t, "charmap_decode", 2, args[1], true, &errors) < 0) return HD_NULL;
    if (input_begin(t, args[0], false, &in) < 0) return HD_NULL;
    HdValue str = hd_codecs_charmap_decode(t, in.data, in.size, errors, args[2]);
    HdSize size = in.size;
    input_end(t, &in);
    return pair_steal(t, str, size);
}

/* --- encoders --- */

typedef HdValue (*Encode)(HdThread *t, HdValue str, const char *errors);
static HdValue encode_with(HdThread *t, const char *name, const HdValue *args, Encode encode) {
    const char *errors;
    if (str_argument(t, name, args[0]) < 0 || text_argument(t, name, 2, args[1], true, &errors) < 0) return HD_NULL;
    return pair_steal(t, encode(t, args[0], errors), hd_str_length(args[0]));
}
static HdValue encode_utf7(HdThread *t, HdValue s, const char *errors) { return hd_codecs_utf7_encode(t, s); }
static HdValue encode_utf16_le(HdThread *t, HdValue s, const char *errors) { return hd_codecs_utf16_encode(t, s, errors, -1); }
static HdValue encode_utf16_be(HdThread *t, HdValue s, const char *errors) { return hd_codecs_utf16_encode(t, s, errors, 1); }
static HdValue encode_utf32_le(HdThread *t, HdValue s, const char *errors) { return hd_codecs_utf32_encode(t, s, errors, -1); }
static HdValue encode_utf32_be(HdThread *t, HdValue s, const char *errors) { return hd_codecs_utf32_encode(t, s, errors, 1); }
static HdValue encode_unicode_escape(HdThread *t, HdValue s, const char *errors) { return hd_codecs_unicode_escape_encode(t, s); }
static HdValue encode_raw(HdThread *t, HdValue s, const char *errors) { return hd_codecs_raw_unicode_escape_encode(t, s); }

#define ENCODER(name, function)                                                                 \
    static HdValue codecs_##name(HdThread *t, HdValue self, const HdValue *args) {              \
        return encode_with(t, #name, args, function);                                           \
    }
ENCODER(utf_8_encode, hd_codecs_utf8_encode)
ENCODER(utf_7_encode, encode_utf7)
ENCODER(utf_16_le_encode, encode_utf16_le)
ENCODER(utf_16_be_encode, encode_utf16_be)
ENCODER(utf_32_le_encode, encode_utf32_le)
ENCODER(utf_32_be_encode, encode_utf32_be)
ENCODER(latin_1_encode, hd_codecs_latin1_encode)
ENCODER(ascii_encode, hd_codecs_ascii_encode)
ENCODER(unicode_escape_encode, encode_unicode_escape)
ENCODER(raw_unicode_escape_encode, encode_raw)

static HdValue encode_ordered(HdThread *t, const char *name, const HdValue *args,
                              HdValue (*encode)(HdThread *, HdValue, const char *, int)) {
    const char *errors;
    int order = 0;
    if (str_argument(t, name, args[0]) < 0 || text_argument(t, name, 2, args[1], true, &errors) < 0) return HD_NULL;
    if (!hd_is_null(args[2])) {
        order = hd_number_as_int(t, args[2]);
        if (order == -1 && hd_raised(t)) return HD_NULL;
    }
    return pair_steal(t, encode(t, args[0], errors, order), hd_str_length(args[0]));
}
static HdValue codecs_utf_16_encode(HdThread *t, HdValue self, const HdValue *args) {
    return encode_ordered(t, "utf_16_encode", args, hd_codecs_utf16_encode);
}
static HdValue codecs_utf_32_encode(HdThread *t, HdValue self, const HdValue *args) {
    return encode_ordered(t, "utf_32_encode", args, hd_codecs_utf32_encode);
}

static HdValue codecs_charmap_encode(HdThread *t, HdValue self, const HdValue *args) {
    const char *errors;
    if (str_argument(t, "charmap_encode", args[0]) < 0) return HD_NULL;
    if (text_argument(t, "charmap_encode", 2, args[1], true, &errors) < 0) return HD_NULL;
    return pair_steal(t, hd_codecs_charmap_encode(t, args[0], errors, args[2]), hd_str_length(args[0]));
}
static HdValue codecs_charmap_build(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "charmap_build() argument must be str, not %T", args[0]);
    return hd_codecs_charmap_build(t, args[0]);
}

static HdValue codecs_readbuffer_encode(HdThread *t, HdValue self, const HdValue *args) {
    Input in;
    if (input_begin(t, args[0], true, &in) < 0) return HD_NULL;
    HdSize size = in.size;
    HdValue bytes = hd_bytes_new(t, size ? in.data : "", size);
    input_end(t, &in);
    return pair_steal(t, bytes, size);
}

/* The inside of repr() of a bytes, as bytes. */
static HdValue codecs_escape_encode(HdThread *t, HdValue self, const HdValue *args) {
    static const char hex[] = "0123456789abcdef";
    if (!hd_is_bytes(args[0])) {
        return hd_raise(t, &hd_TypeError, "escape_encode() argument 1 must be bytes, not %T", args[0]);
    }
    HdSize size = hd_bytes_length(args[0]), length = 0;
    const uint8_t *data = hd_bytes_data(args[0]);
    if (size > HD_SIZE_MAX / 4 - 64) return hd_raise(t, &hd_OverflowError, "string is too large to encode");
    HdValue bytes = hd_bytes_new(t, NULL, size * 4);
    if (hd_is_null(bytes) || size == 0) return pair_steal(t, bytes, size);
    uint8_t *out = hd_bytes_data(bytes);
    for (HdSize i = 0; i < size; i++) {
        uint8_t c = data[i];
        char letter = c == '\\' || c == '\'' ? (char)c : c == '\t' ? 't' : c == '\n' ? 'n' : c == '\r' ? 'r' : 0;
        if (letter) {
            out[length++] = '\\';
            out[length++] = (uint8_t)letter;
        } else if (c < ' ' || c >= 0x7F) {
            out[length++] = '\\';
            out[length++] = 'x';
            out[length++] = (uint8_t)hex[c >> 4];
            out[length++] = (uint8_t)hex[c & 15];
        } else {
            out[length++] = c;
        }
    }
    return pair_steal(t, hd_bytes_shrink_steal(t, bytes, length), size);
}

#define DECODE_SIGNATURE(name) #name "($module, data, errors=None, final=False, /)"
#define ENCODE_SIGNATURE(name) #name "($module, str, errors=None, /)"
static const HdMethodDef functions[] = {
    HD_METHOD(codecs_register, "register($module, search_function, /)", "Register a codec search function."),
    HD_METHOD(codecs_unregister, "unregister($module, search_function, /)", "Unregister a codec search function and clear the registry's cache."),
    HD_METHOD(codecs_lookup, "lookup($module, encoding, /)", "Looks up a codec tuple in the Python codec registry and returns a CodecInfo object."),
    HD_METHOD(codecs_register_error, "register_error($module, errors, handler, /)", "Register the specified error handler under the name errors."),
    HD_METHOD(codecs_lookup_error, "lookup_error($module, name, /)", "lookup_error(errors) -> handler"),
    HD_METHOD(codecs_encode, "encode($module, /, obj, encoding='utf-8', errors='strict')", "Encodes obj using the codec registered for encoding."),
    HD_METHOD(codecs_decode, "decode($module, /, obj, encoding='utf-8', errors='strict')", "Decodes obj using the codec registered for encoding."),
    HD_METHOD(codecs_utf_8_decode, DECODE_SIGNATURE(utf_8_decode), NULL),
    HD_METHOD(codecs_utf_7_decode, DECODE_SIGNATURE(utf_7_decode), NULL),
    HD_METHOD(codecs_utf_16_decode, DECODE_SIGNATURE(utf_16_decode), NULL),
    HD_METHOD(codecs_utf_16_le_decode, DECODE_SIGNATURE(utf_16_le_decode), NULL),
    HD_METHOD(codecs_utf_16_be_decode, DECODE_SIGNATURE(utf_16_be_decode), NULL),
    HD_METHOD(codecs_utf_32_decode, DECODE_SIGNATURE(utf_32_decode), NULL),
    HD_METHOD(codecs_utf_32_le_decode, DECODE_SIGNATURE(utf_32_le_decode), NULL),
    HD_METHOD(codecs_utf_32_be_decode, DECODE_SIGNATURE(utf_32_be_decode), NULL),
    HD_METHOD(codecs_utf_16_ex_decode, "utf_16_ex_decode($module, data, errors=None, byteorder=0, final=False, /)", NULL),
    HD_METHOD(codecs_utf_32_ex_decode, "utf_32_ex_decode($module, data, errors=None, byteorder=0, final=False, /)", NULL),
    HD_METHOD(codecs_unicode_escape_decode, "unicode_escape_decode($module, data, errors=None, final=True, /)", NULL),
    HD_METHOD(codecs_raw_unicode_escape_decode, "raw_unicode_escape_decode($module, data, errors=None, final=True, /)", NULL),
    HD_METHOD(codecs_latin_1_decode, "latin_1_decode($module, data, errors=None, /)", NULL),
    HD_METHOD(codecs_ascii_decode, "ascii_decode($module, data, errors=None, /)", NULL),
    HD_METHOD(codecs_escape_decode, "escape_decode($module, data, errors=None, /)", NULL),
    HD_METHOD(codecs_charmap_decode, "charmap_decode($module, data, errors=None, mapping=None, /)", NULL),
    HD_METHOD(codecs_utf_8_encode, ENCODE_SIGNATURE(utf_8_encode), NULL),
    HD_METHOD(codecs_utf_7_encode, ENCODE_SIGNATURE(utf_7_encode), NULL),
    HD_METHOD(codecs_utf_16_encode, "utf_16_encode($module, str, errors=None, byteorder=0, /)", NULL),
    HD_METHOD(codecs_utf_16_le_encode, ENCODE_SIGNATURE(utf_16_le_encode), NULL),
    HD_METHOD(codecs_utf_16_be_encode, ENCODE_SIGNATURE(utf_16_be_encode), NULL),
    HD_METHOD(codecs_utf_32_encode, "utf_32_encode($module, str, errors=None, byteorder=0, /)", NULL),
    HD_METHOD(codecs_utf_32_le_encode, ENCODE_SIGNATURE(utf_32_le_encode), NULL),
    HD_METHOD(codecs_utf_32_be_encode, ENCODE_SIGNATURE(utf_32_be_encode), NULL),
    HD_METHOD(codecs_latin_1_encode, ENCODE_SIGNATURE(latin_1_encode), NULL),
    HD_METHOD(codecs_ascii_encode, ENCODE_SIGNATURE(ascii_encode), NULL),
    HD_METHOD(codecs_unicode_escape_encode, ENCODE_SIGNATURE(unicode_escape_encode), NULL),
    HD_METHOD(codecs_raw_unicode_escape_encode, ENCODE_SIGNATURE(raw_unicode_escape_encode), NULL),
    HD_METHOD(codecs_charmap_encode, "charmap_encode($module, str, errors=None, mapping=None, /)", NULL),
    HD_METHOD(codecs_charmap_build, "charmap_build($module, map, /)", NULL),
    HD_METHOD(codecs_readbuffer_encode, "readbuffer_encode($module, data, errors=None, /)", NULL),
    HD_METHOD(codecs_escape_encode, "escape_encode($module, data, errors=None, /)", NULL),
    HD_METHODS_END,
};

const HdModuleDef hd_module__codecs = {.name = "_codecs", .functions = functions};
