/* json_scanner.c -- make_scanner: reads one JSON value out of a str.
 *
 * A scanner's fields do not change; what is known of a document while it is read lives in the call. Hooks run Python;
 * no lock is taken, nothing parks.
 */
#include "json_types.h"

typedef struct Scanner {
    HdObject head;
    HdValue object_hook, object_pairs_hook, parse_float, parse_int, parse_constant;
    uint8_t strict;
} Scanner;
#define SCANNER(v) HD_AS(Scanner, v)

/* One document being read. Functions that read take a place and give the one behind what they read in *next. */
typedef struct Document {
    HdThread *t;
    const Scanner *scanner;
    HdValue text;
    HdSize length;
    HdValue memo; /* dict of the keys seen: equal ones become one str; HD_NULL until the first */
} Document;

static HdValue read_value(Document *d, HdSize at, HdSize *next);

enum { NO_CHAR = 0x7fffffff };
HD_INLINE uint32_t char_at(const Document *d, HdSize i) { return i < d->length ? hd_str_at(d->text, i) : NO_CHAR; }
static HdSize skip_space(const Document *d, HdSize i) {
    for (; i < d->length; i++) {
        uint32_t c = hd_str_at(d->text, i);
        if (c != ' ' && c != '\n' && c != '\r' && c != '\t') break;
    }
    return i;
}
static HdValue fail(Document *d, const char *message, HdSize at) { return hd_json_raise(d->t, message, d->text, at); }
static HdValue no_value(Document *d, HdSize at) {
    HD_OWNED HdValue place = hd_int_from_size(d->t, at);
    return hd_is_null(place) ? HD_NULL : hd_raise_stop_iteration(d->t, place);
}

/* --- objects and arrays --- */

static HdValue read_key(Document *d, HdSize at, HdSize *next) {
    if (char_at(d, at) != '"') return fail(d, "Expecting property name enclosed in double quotes", at);
    HD_OWNED HdValue key = hd_json_unquote(d->t, d->text, at + 1, d->scanner->strict, next);
    if (hd_is_null(key)) return HD_NULL;
    if (hd_is_null(d->memo)) d->memo = hd_dict_new(d->t);
    return hd_is_null(d->memo) ? HD_NULL : hd_dict_set_default(d->t, d->memo, key, key);
}
/* "key": value, stored into a dict or (pairs) appended to a list. */
HD_CHECK static int read_pair(Document *d, HdValue into, bool pairs, HdSize at, HdSize *next) {
    HD_OWNED HdValue key = read_key(d, at, &at);
    if (hd_is_null(key)) return -1;
    at = skip_space(d, at);
    if (char_at(d, at) != ':') return fail(d, "Expecting ':' delimiter", at), -1;
    HD_OWNED HdValue value = read_value(d, skip_space(d, at + 1), next);
    if (hd_is_null(value)) return -1;
    if (!pairs) return hd_dict_set(d->t, into, key, value);
    HdValue pair = hd_tuple_pack(d->t, 2, key, value);
    return hd_is_null(pair) ? -1 : hd_list_append_steal(d->t, into, pair);
}
/* An object; `at` is behind its brace. */
static HdValue read_object(Document *d, HdSize at, HdSize *next) {
    HdThread *t = d->t;
    if (hd_object_enter(t, " while decoding a JSON object from a unicode string") < 0) return HD_NULL;
    bool pairs = !hd_is_none(d->scanner->object_pairs_hook);
    HD_OWNED HdValue result = pairs ? hd_list_new(t, 0) : hd_dict_new(t);
    if (hd_is_null(result)) return HD_NULL;
    at = skip_space(d, at);
    if (char_at(d, at) != '}') {
        for (;;) {
            if (read_pair(d, result, pairs, at, &at) < 0) return HD_NULL;
            at = skip_space(d, at);
            uint32_t c = char_at(d, at);
            if (c == '}') break;
            if (c != ',') return fail(d, "Expecting ',' delimiter", at);
            at = skip_space(d, at + 1);
        }
    }
    *next = at + 1;
    if (pairs) return hd_object_call1(t, d->scanner->object_pairs_hook, result);
    if (!hd_is_none(d->scanner->object_hook)) return hd_object_call1(t, d->scanner->object_hook, result);
    return hd_move(&result);
}
static HdValue read_array(Document *d, HdSize at, HdSize *next) {
    HdThread *t = d->t;
    if (hd_object_enter(t, " while decoding a JSON array from a unicode string") < 0) return HD_NULL;
    HD_OWNED HdValue result = hd_list_new(t, 0);
    if (hd_is_null(result)) return HD_NULL;
    at = skip_space(d, at);
    if (char_at(d, at) != ']') {
        for (;;) {
            HdValue value = read_value(d, at, &at);
            if (hd_is_null(value) || hd_list_append_steal(t, result, value) < 0) return HD_NULL;
            at = skip_space(d, at);
            uint32_t c = char_at(d, at);
            if (c == ']') break;
            if (c != ',') return fail(d, "Expecting ',' delimiter", at);
            at = skip_space(d, at + 1);
        }
    }
    *next = at + 1;
    return hd_move(&result);
}

/* --- numbers --- */

static bool is_digit(const Document *d, HdSize i) {
    uint32_t c = char_at(d, i);
    return c >= '0' && c <= '9';
}
static HdSize skip_digits(const Document *d, HdSize i) {
    while (is_digit(d, i)) i++;
    return i;
}
/* Behind the number at `at`; `at` itself if there is none. */
static HdSize number_end(const Document *d, HdSize at, bool *is_float) {
    HdSize i = at + (char_at(d, at) == '-');
    *is_float = false;
    if (!is_digit(d, i)) return at;
    i = char_at(d, i) == '0' ? i + 1 : skip_digits(d, i);
    if (char_at(d, i) == '.' && is_digit(d, i + 1)) {
        *is_float = true;
        i = skip_digits(d, i + 1);
    }
    uint32_t c = char_at(d, i);
    if (c == 'e' || c == 'E') {
        c = char_at(d, i + 1);
        HdSize digits = i + 1 + (c == '-' || c == '+');
        if (is_digit(d, digits)) {
            *is_float = true;
            i = skip_digits(d, digits);
        }
    }
    return i;
}
static HdValue parse_number(HdThread *t, const char *text, HdSize length, bool is_float) {
    if (!is_float) return hd_int_from_text(t, text, length, 10);
    double number = 0;
    int status = hd_float_parse_text(t, text, length, &number);
    if (status < 0) return HD_NULL;
    return hd_float_new(t, number);
}
static HdValue read_number(Document *d, HdSize at, HdSize *next) {
    HdThread *t = d->t;
    bool is_float;
    HdSize end = number_end(d, at, &is_float), length = end - at;
    if (!length) return no_value(d, at);
    *next = end;
    HdValue parse = is_float ? d->scanner->parse_float : d->scanner->parse_int;
    if (!hd_same(parse, hd_type_value(is_float ? &hd_float_type : &hd_int_type))) {
        HD_OWNED HdValue text = hd_str_substring(t, d->text, at, end);
        return hd_is_null(text) ? HD_NULL : hd_object_call1(t, parse, text);
    }
    if (!is_float && length <= 17) {
        bool negative = char_at(d, at) == '-';
        int64_t number = 0;
        for (HdSize i = at + negative; i < end; i++) number = number * 10 + (int64_t)(char_at(d, i) - '0');
        return hd_imm_int(negative ? -number : number);
    }
    if (hd_str(d->text)->kind == 1) return parse_number(t, (const char *)hd_str_data(d->text) + at, length, is_float);
    HD_OWNED HdValue text = hd_str_substring(t, d->text, at, end);
    return hd_is_null(text) ? HD_NULL : parse_number(t, hd_str_data(text), length, is_float);
}

/* --- any value --- */

static bool word_at(const Document *d, HdSize at, const char *word) {
    for (; *word; word++, at++) {
        if (char_at(d, at) != (uint8_t)*word) return false;
    }
    return true;
}
static HdValue read_constant(Document *d, HdSize at, const char *word, HdSize *next) {
    HdSize length = (HdSize)strlen(word);
    HD_OWNED HdValue text = hd_str_from_ascii(d->t, word, length);
    if (hd_is_null(text)) return HD_NULL;
    *next = at + length;
    return hd_object_call1(d->t, d->scanner->parse_constant, text);
}
static HdValue read_value(Document *d, HdSize at, HdSize *next) {
    static const struct {
        const char *word;
        const HdObject *meaning; /* NULL: what parse_constant makes of it */
    } words[] = {
        {"null", &hd_none_object}, {"true", &hd_true_object}, {"false", &hd_false_object},
        {"NaN", NULL}, {"Infinity", NULL}, {"-Infinity", NULL},
    };
    uint32_t c = char_at(d, at);
    if (c == '"') return hd_json_unquote(d->t, d->text, at + 1, d->scanner->strict, next);
    if (c == '{') return read_object(d, at + 1, next);
    if (c == '[') return read_array(d, at + 1, next);
    for (size_t i = 0; i < HD_COUNT_OF(words) && (c < '0' || c > '9'); i++) {
        if (c != (uint8_t)words[i].word[0] || !word_at(d, at, words[i].word)) continue;
        if (!words[i].meaning) return read_constant(d, at, words[i].word, next);
        *next = at + (HdSize)strlen(words[i].word);
        return hd_from_object(words[i].meaning);
    }
    return read_number(d, at, next);
}

static HdValue scanner_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "scan_once(string, idx)", NULL);
    HdValue bound[2];
    if (hd_native_bind(t, &def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    HdSize at = hd_number_as_size(t, bound[1], &hd_OverflowError), next;
    if (at == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_str(bound[0])) return hd_raise(t, &hd_TypeError, "first argument must be a string, not %T", bound[0]);
    if (at < 0) return hd_raise(t, &hd_ValueError, "idx cannot be negative");
    Document d = {.t = t, .scanner = SCANNER(self), .text = bound[0], .length = hd_str_length(bound[0])};
    HD_OWNED HdValue value = at < d.length ? read_value(&d, at, &next) : no_value(&d, at);
    hd_release(t, d.memo);
    if (hd_is_null(value)) return HD_NULL;
    HD_OWNED HdValue behind = hd_int_from_size(t, next);
    return hd_is_null(behind) ? HD_NULL : hd_tuple_pack(t, 2, value, behind);
}

/* --- life --- */

static HdValue scanner_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef def = HD_METHOD(NULL, "make_scanner(context)", NULL);
    HdValue context;
    if (hd_native_bind(t, &def, args, nargs, kwnames, &context) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Scanner *s = SCANNER(self);
    HD_OWNED HdValue strict = hd_object_getattr_text(t, context, "strict");
    if (hd_is_null(strict)) return HD_NULL;
    int truth = hd_object_truth(t, strict);
    if (truth < 0) return HD_NULL;
    s->strict = truth > 0;
    const struct {
        const char *name;
        HdValue *field;
    } fields[] = {
        {"object_hook", &s->object_hook}, {"object_pairs_hook", &s->object_pairs_hook},
        {"parse_float", &s->parse_float}, {"parse_int", &s->parse_int}, {"parse_constant", &s->parse_constant},
    };
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) {
        *fields[i].field = hd_object_getattr_text(t, context, fields[i].name);
        if (hd_is_null(*fields[i].field)) return HD_NULL;
    }
    return hd_move(&self);
}
static void scanner_dealloc(HdThread *t, HdObject *self) {
    Scanner *s = (Scanner *)self;
    hd_release(t, s->object_hook);
    hd_release(t, s->object_pairs_hook);
    hd_release(t, s->parse_float);
    hd_release(t, s->parse_int);
    hd_release(t, s->parse_constant);
    hd_type_free(t, self);
}
static int scanner_traverse(HdObject *self, HdVisit visit, void *context) {
    const Scanner *s = (Scanner *)self;
    HD_VISIT(s->object_hook);
    HD_VISIT(s->object_pairs_hook);
    HD_VISIT(s->parse_float);
    HD_VISIT(s->parse_int);
    HD_VISIT(s->parse_constant);
    return 0;
}
static void scanner_clear(HdThread *t, HdObject *self) { /* None is as valid as a hook */
    Scanner *s = (Scanner *)self;
    hd_replace_steal(t, &s->object_hook, hd_None);
    hd_replace_steal(t, &s->object_pairs_hook, hd_None);
    hd_replace_steal(t, &s->parse_float, hd_None);
    hd_replace_steal(t, &s->parse_int, hd_None);
    hd_replace_steal(t, &s->parse_constant, hd_None);
}

static const HdMemberDef scanner_members[] = {
    {"strict", HD_MEMBER_BOOL, offsetof(Scanner, strict), true, "strict", false},
    {"object_hook", HD_MEMBER_VALUE, offsetof(Scanner, object_hook), true, "object_hook", false},
    {"object_pairs_hook", HD_MEMBER_VALUE, offsetof(Scanner, object_pairs_hook), true, NULL, false},
    {"parse_float", HD_MEMBER_VALUE, offsetof(Scanner, parse_float), true, "parse_float", false},
    {"parse_int", HD_MEMBER_VALUE, offsetof(Scanner, parse_int), true, "parse_int", false},
    {"parse_constant", HD_MEMBER_VALUE, offsetof(Scanner, parse_constant), true, "parse_constant", false},
    {NULL},
};
HdType hd_json_scanner_type = {
    HD_TYPE_HEAD("_json.Scanner"),
    .doc = "make_scanner(context) -> scanner\n\nscanner(string, idx) reads the JSON value at a place of a str.",
    .basicsize = sizeof(Scanner),
    .flags = HD_TYPE_GC | HD_TYPE_BASE,
    .dealloc = scanner_dealloc,
    .traverse = scanner_traverse,
    .clear = scanner_clear,
    .create = scanner_create,
    .call = scanner_call,
    .members = scanner_members,
};
