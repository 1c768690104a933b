/* codecs.c -- the registry of codecs and error handlers, and encode/decode by name.
 *
 * State lies in HdRuntime.codecs: a list of search functions, a dict of found codecs, a dict of error handlers; each
 * guards itself. The standard encodings that everybody uses go straight to C without a look-up. Runs Python.
 */
#include "codecs_internal.h"

#include <stdlib.h>

#include "buffer.h"
#include "dict.h"
#include "list.h"
#include "native.h"

struct HdCodecState *hd_codecs_state(HdThread *t) {
    struct HdCodecState *state = HD_LOAD_ACQUIRE(&hd_runtime.codecs);
    if (HD_LIKELY(state != NULL)) return state;
    state = calloc(1, sizeof *state);
    if (!state) {
        hd_raise_no_memory(t);
        return NULL;
    }
    state->search_path = hd_list_new(t, 0);
    state->cache = hd_dict_new(t);
    state->errors = hd_dict_new(t);
    if (hd_is_null(state->search_path) || hd_is_null(state->cache) || hd_is_null(state->errors)) goto fail;
    for (int i = 0; hd_codecs_handler_names[i]; i++) {
        HdValue handler = hd_native_function_new(t, &hd_codecs_handlers[i], HD_NULL, HD_NULL);
        if (hd_is_null(handler)) goto fail;
        int status = hd_dict_set_text(t, state->errors, hd_codecs_handler_names[i], handler);
        hd_release(t, handler);
        if (status < 0) goto fail;
    }
    struct HdCodecState *expected = NULL;
    if (HD_CAS(&hd_runtime.codecs, &expected, state)) return state;
fail:
    hd_release(t, state->search_path);
    hd_release(t, state->cache);
    hd_release(t, state->errors);
    free(state);
    return hd_raised(t) ? NULL : HD_LOAD_ACQUIRE(&hd_runtime.codecs);
}

int hd_codecs_init(HdThread *t) { return hd_codecs_state(t) ? 0 : -1; }

int hd_codecs_register(HdThread *t, HdValue search_function) {
    struct HdCodecState *state = hd_codecs_state(t);
    if (!state) return -1;
    if (!hd_object_is_callable(search_function)) return hd_raise_int(t, &hd_TypeError, "argument must be callable");
    return hd_list_append(t, state->search_path, search_function);
}

int hd_codecs_unregister(HdThread *t, HdValue search_function) {
    struct HdCodecState *state = hd_codecs_state(t);
    if (!state) return -1;
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue item = hd_list_get(t, state->search_path, i);
        if (hd_is_null(item)) return 0;
        if (!hd_same(item, search_function)) continue;
        if (hd_dict_clear(t, state->cache) < 0) return -1;
        return hd_list_set_slice(t, state->search_path, i, i + 1, HD_NULL);
    }
}

/* Lower case, with one '_' for each run of what is neither a letter or digit of ASCII nor a dot; none at the ends. */
static void normalize(const char *encoding, char *out) {
    bool gap = false;
    char *at = out;
    for (; *encoding; encoding++) {
        char c = *encoding >= 'A' && *encoding <= 'Z' ? (char)(*encoding + 32) : *encoding;
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != '.') {
            gap = true;
            continue;
        }
        if (gap && at > out) *at++ = '_';
        gap = false;
        *at++ = c;
    }
    *at = 0;
}

HdValue hd_codecs_lookup(HdThread *t, const char *encoding) {
    struct HdCodecState *state = hd_codecs_state(t);
    size_t length = strlen(encoding);
    if (!state) return HD_NULL;
    char small[64], *name = length < sizeof small ? small : malloc(length + 1);
    if (!name) return hd_raise_no_memory(t);
    normalize(encoding, name);
    HD_OWNED HdValue key = hd_str_intern_steal(t, hd_str_from_text(t, name));
    if (name != small) free(name);
    if (hd_is_null(key)) return HD_NULL;
    HdValue found = HD_NULL;
    int status = hd_dict_find(t, state->cache, key, &found);
    if (status != 0) return found;
    if (hd_list_length(state->search_path) == 0) { /* the package registers its search function itself */
        HdValue module = hd_object_import(t, "encodings");
        if (hd_is_null(module)) return HD_NULL;
        hd_release(t, module);
    }
    for (HdSize i = 0;; i++) {
        HD_OWNED HdValue search = hd_list_get(t, state->search_path, i);
        if (hd_is_null(search)) break;
        HD_OWNED HdValue codec = hd_object_call1(t, search, key);
        if (hd_is_null(codec)) return HD_NULL;
        if (hd_is_none(codec)) continue;
        if (!hd_is_tuple(codec) || hd_tuple_length(codec) != 4) {
            return hd_raise(t, &hd_TypeError, "codec search functions must return 4-tuples");
        }
        if (hd_dict_set(t, state->cache, key, codec) < 0) return HD_NULL;
        return hd_move(&codec);
    }
    return hd_raise(t, &hd_LookupError, "unknown encoding: %s", encoding);
}

int hd_codecs_register_error(HdThread *t, const char *name, HdValue handler) {
    struct HdCodecState *state = hd_codecs_state(t);
    if (!state) return -1;
    if (!hd_object_is_callable(handler)) return hd_raise_int(t, &hd_TypeError, "handler must be callable");
    return hd_dict_set_text(t, state->errors, name, handler);
}

HdValue hd_codecs_lookup_error(HdThread *t, const char *name) {
    struct HdCodecState *state = hd_codecs_state(t);
    if (!state) return HD_NULL;
    if (!name) name = "strict";
    HdValue handler = hd_dict_get_text(t, state->errors, name);
    if (hd_is_null(handler)) return hd_raise(t, &hd_LookupError, "unknown error handler name '%s'", name);
    return handler;
}

/* --- by name --- */

/* Says which codec failed, for exceptions of the codec that do not say so themselves. */
static void chain_failure(HdThread *t, const char *operation, const char *encoding) {
    HdValue exception = t->exception;
    HdType *type = hd_type_of(exception);
    HdException *e = HD_AS(HdException, exception);
    /* Only exceptions whose message can be extended without losing what they carry. */
    bool plain = type->create == hd_Exception.create && type->init == hd_Exception.init &&
                 type->basicsize == hd_Exception.basicsize && type->tail_size == hd_Exception.tail_size;
    if (!plain || hd_attrs_used(hd_attrs_of(&e->head)) || !hd_is_tuple(e->args) || hd_tuple_length(e->args) > 1) return;
    if (hd_tuple_length(e->args) && !hd_is_exact_str(hd_tuple_at_borrowed(e->args, 0))) return;
    HdValue raised = hd_take_raised(t);
    HD_OWNED HdValue text = hd_object_str(t, raised);
    hd_clear_raised(t);
    hd_set_raised_steal(t, raised);
    if (!hd_is_null(text)) hd_raise_from(t, type, "%s with '%s' codec failed (%s: %U)", operation, encoding, type->name, text);
}

/* codec[index](object, errors): the first item of the pair it returns. */
static HdValue run_codec(HdThread *t, HdValue codec, int index, HdValue object, const char *encoding,
                         const char *errors) {
    HD_OWNED HdValue text = errors ? hd_str_from_text(t, errors) : HD_NULL;
    if (errors && hd_is_null(text)) return HD_NULL;
    HdValue function = hd_tuple_at_borrowed(codec, index);
    HD_OWNED HdValue pair = errors ? hd_object_call2(t, function, object, text) : hd_object_call1(t, function, object);
    if (hd_is_null(pair)) {
        chain_failure(t, index == 0 ? "encoding" : "decoding", encoding);
        return HD_NULL;
    }
    if (!hd_is_tuple(pair) || hd_tuple_length(pair) != 2) {
        return hd_raise(t, &hd_TypeError, "%s must return a tuple (object, integer)", index == 0 ? "encoder" : "decoder");
    }
    return hd_retain(t, hd_tuple_at_borrowed(pair, 0));
}

HdValue hd_codecs_encode(HdThread *t, HdValue object, const char *encoding, const char *errors) {
    HD_OWNED HdValue codec = hd_codecs_lookup(t, encoding);
    return hd_is_null(codec) ? HD_NULL : run_codec(t, codec, 0, object, encoding, errors);
}

HdValue hd_codecs_decode(HdThread *t, HdValue object, const char *encoding, const char *errors) {
    HD_OWNED HdValue codec = hd_codecs_lookup(t, encoding);
    return hd_is_null(codec) ? HD_NULL : run_codec(t, codec, 1, object, encoding, errors);
}

/* The codec, if it is one between str and bytes; else LookupError. */
static HdValue text_codec(HdThread *t, const char *encoding, const char *instead) {
    HD_OWNED HdValue codec = hd_codecs_lookup(t, encoding);
    if (hd_is_null(codec) || hd_is_exact_tuple(codec)) return hd_move(&codec);
    HD_OWNED HdValue flag = HD_NULL;
    int found = hd_object_find_attr(t, codec, HD_NAME("_is_text_encoding"), &flag);
    if (found < 0) return HD_NULL;
    int text = found ? hd_object_truth(t, flag) : 1;
    if (text < 0) return HD_NULL;
    if (text) return hd_move(&codec);
    return hd_raise(t, &hd_LookupError, "'%s' is not a text encoding; use %s to handle arbitrary codecs", encoding, instead);
}

typedef enum Known { NOT_KNOWN, KNOWN_UTF8, KNOWN_LATIN1, KNOWN_ASCII, KNOWN_UTF16, KNOWN_UTF32 } Known;

/* The encodings that need no look-up, in their common spellings. */
static Known known_encoding(const char *encoding) {
    if (!encoding || strcmp(encoding, "utf-8") == 0) return KNOWN_UTF8;
    char name[16];
    size_t n = 0;
    for (const char *p = encoding; *p; p++) {
        char c = *p;
        if (n == sizeof name - 1) return NOT_KNOWN;
        name[n++] = c == '_' || c == ' ' ? '-' : c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
    }
    name[n] = 0;
    static const struct {
        const char *name;
        Known known;
    } table[] = {{"utf-8", KNOWN_UTF8}, {"utf8", KNOWN_UTF8}, {"latin-1", KNOWN_LATIN1}, {"latin1", KNOWN_LATIN1},
                 {"iso-8859-1", KNOWN_LATIN1}, {"iso8859-1", KNOWN_LATIN1}, {"ascii", KNOWN_ASCII},
                 {"us-ascii", KNOWN_ASCII}, {"utf-16", KNOWN_UTF16}, {"utf-32", KNOWN_UTF32}};
    for (unsigned i = 0; i < HD_COUNT_OF(table); i++)
        if (name[0] == table[i].name[0] && strcmp(name, table[i].name) == 0) return table[i].known;
    return NOT_KNOWN;
}

static int check_names(HdThread *t, const char *encoding, const char *errors) {
    if (HD_LIKELY(!hd_runtime.checks_codecs)) return 0;
    HD_OWNED HdValue codec = encoding ? hd_codecs_lookup(t, encoding) : hd_None;
    HD_OWNED HdValue handler = hd_is_null(codec) ? HD_NULL : errors ? hd_codecs_lookup_error(t, errors) : hd_None;
    return hd_is_null(handler) ? -1 : 0;
}

HdValue hd_str_encode(HdThread *t, HdValue v, const char *encoding, const char *errors) {
    if (check_names(t, encoding, errors) < 0) return HD_NULL;
    switch (known_encoding(encoding)) {
    case KNOWN_UTF8: return hd_codecs_utf8_encode(t, v, errors);
    case KNOWN_LATIN1: return hd_codecs_latin1_encode(t, v, errors);
    case KNOWN_ASCII: return hd_codecs_ascii_encode(t, v, errors);
    case KNOWN_UTF16: return hd_codecs_utf16_encode(t, v, errors, 0);
    case KNOWN_UTF32: return hd_codecs_utf32_encode(t, v, errors, 0);
    default: break;
    }
    HD_OWNED HdValue codec = text_codec(t, encoding, "codecs.encode()");
    if (hd_is_null(codec)) return HD_NULL;
    HD_OWNED HdValue made = run_codec(t, codec, 0, v, encoding, errors);
    if (hd_is_null(made) || hd_is_bytes(made)) return hd_move(&made);
    if (hd_is_bytearray(made)) {
        if (hd_warn(t, &hd_RuntimeWarning, 1, "encoder %s returned bytearray instead of bytes; use codecs.encode() to "
                    "encode to arbitrary types", encoding) < 0) {
            return HD_NULL;
        }
        return hd_bytes_from_object(t, made);
    }
    return hd_raise(t, &hd_TypeError, "'%s' encoder returned '%T' instead of 'bytes'; use codecs.encode() to encode to "
                    "arbitrary types", encoding, made);
}

static HdValue decode_known(HdThread *t, Known known, const void *data, HdSize size, const char *errors) {
    switch (known) {
    case KNOWN_UTF8: return hd_codecs_utf8_decode(t, data, size, errors, NULL);
    case KNOWN_LATIN1: return hd_codecs_latin1_decode(t, data, size);
    case KNOWN_ASCII: return hd_codecs_ascii_decode(t, data, size, errors);
    case KNOWN_UTF16: return hd_codecs_utf16_decode(t, data, size, errors, NULL, NULL);
    default: return hd_codecs_utf32_decode(t, data, size, errors, NULL, NULL);
    }
}

static HdValue decode_text(HdThread *t, HdValue object, const char *encoding, const char *errors) {
    HD_OWNED HdValue codec = text_codec(t, encoding, "codecs.decode()");
    if (hd_is_null(codec)) return HD_NULL;
    HD_OWNED HdValue made = run_codec(t, codec, 1, object, encoding, errors);
    if (hd_is_null(made) || hd_is_str(made)) return hd_move(&made);
    return hd_raise(t, &hd_TypeError, "'%s' decoder returned '%T' instead of 'str'; use codecs.decode() to decode to "
                    "arbitrary types", encoding, made);
}

HdValue hd_str_decode(HdThread *t, const char *bytes, HdSize length, const char *encoding, const char *errors) {
    Known known = known_encoding(encoding);
    if (known != NOT_KNOWN) return decode_known(t, known, bytes, length, errors);
    HD_OWNED HdValue object = hd_bytes_new(t, bytes, length);
    HD_OWNED HdValue view = hd_is_null(object) ? HD_NULL : hd_memoryview_new(t, object);
    return hd_is_null(view) ? HD_NULL : decode_text(t, view, encoding, errors);
}

HdValue hd_codecs_decode_object(HdThread *t, HdValue object, const char *encoding, const char *errors) {
    if (hd_is_str(object)) return hd_raise(t, &hd_TypeError, "decoding str is not supported");
    if (!hd_is_bytes(object) && !hd_buffer_check(object)) {
        return hd_raise(t, &hd_TypeError, "decoding to str: need a bytes-like object, %T found", object);
    }
    if (check_names(t, encoding, errors) < 0) return HD_NULL;
    Known known = known_encoding(encoding);
    if (known == NOT_KNOWN) {
        HD_OWNED HdValue view = hd_memoryview_new(t, object);
        return hd_is_null(view) ? HD_NULL : decode_text(t, view, encoding, errors);
    }
    if (hd_is_exact_object(object, &hd_bytes_type)) return decode_known(t, known, hd_bytes_data(object), hd_bytes_length(object), errors);
    HdBuffer buffer;
    if (hd_buffer_get(t, object, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue str = decode_known(t, known, buffer.data, buffer.length, errors);
    hd_buffer_release(t, &buffer);
    return str;
}

/* --- file names --- */

HdValue hd_str_from_fs(HdThread *t, const char *bytes, HdSize length) {
    return hd_codecs_utf8_decode(t, bytes, length, "surrogateescape", NULL);
}

HdValue hd_str_to_fs(HdThread *t, HdValue str) { return hd_codecs_utf8_encode(t, str, "surrogateescape"); }
