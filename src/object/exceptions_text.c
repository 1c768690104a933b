/* exceptions_text.c -- ImportError, SyntaxError and the Unicode errors. Locks as in exceptions.c. */
#include "buffer.h"
#include "bytes.h"
#include "dict.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "str.h"

static void set_field(HdThread *t, HdValue self, HdValue *field, HdValue v) {
    hd_field_set_steal(t, hd_as_object(self), field, hd_retain(t, v));
}

/* --- ImportError --- */

static int import_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const char *const names[] = {"name", "path", NULL};
    HdImportError *e = HD_AS(HdImportError, self);
    HdValue given[2];
    if (hd_exception_init_args(t, self, args, nargs) < 0) return -1;
    if (hd_exception_keywords(t, self, "ImportError", args, nargs, kwnames, names, given) < 0) return -1;
    set_field(t, self, &e->name, given[0]);
    set_field(t, self, &e->path, given[1]);
    set_field(t, self, &e->msg, nargs == 1 ? hd_ref_value(args[0]) : HD_NULL);
    return 0;
}

static int import_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HdImportError *e = (HdImportError *)self;
    HD_VISIT(e->msg);
    HD_VISIT(e->name);
    HD_VISIT(e->path);
    return hd_exception_traverse(self, visit, context);
}

static void import_error_clear(HdThread *t, HdObject *self) {
    HdImportError *e = (HdImportError *)self;
    hd_clear_slot(t, &e->msg);
    hd_clear_slot(t, &e->name);
    hd_clear_slot(t, &e->path);
    hd_exception_clear(t, self);
}

static HdValue import_error_str(HdThread *t, HdValue self) {
    HdValue msg = hd_field_get(t, hd_as_object(self), &HD_AS(HdImportError, self)->msg);
    if (!hd_is_null(msg) && hd_is_exact_str(msg)) return msg;
    hd_release(t, msg);
    return hd_exception_str(t, self);
}

static HdValue import_error_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    HdImportError *e = HD_AS(HdImportError, self);
    HD_OWNED HdValue args = hd_field_get(t, e, &e->base.args);
    HD_OWNED HdValue name = hd_field_get(t, e, &e->name);
    HD_OWNED HdValue path = hd_field_get(t, e, &e->path);
    HdAttrs *attrs = hd_attrs_of(hd_as_object(self));
    bool has_dict = attrs && hd_attrs_used(attrs);
    HdValue type = hd_type_value(hd_type_of(self));
    if (!has_dict && hd_is_null(name) && hd_is_null(path)) return hd_tuple_pack(t, 2, type, args);
    HD_OWNED HdValue state = HD_NULL;
    if (has_dict) {
        HD_OWNED HdValue own = hd_attrs_dict(t, hd_as_object(self));
        if (hd_is_null(own)) return HD_NULL;
        state = hd_dict_copy(t, own);
    } else {
        state = hd_dict_new(t);
    }
    if (hd_is_null(state)) return HD_NULL;
    if (!hd_is_null(name) && hd_dict_set_text(t, state, "name", name) < 0) return HD_NULL;
    if (!hd_is_null(path) && hd_dict_set_text(t, state, "path", path) < 0) return HD_NULL;
    return hd_tuple_pack(t, 3, type, args, state);
}

static const HdMemberDef import_error_members[] = {
    {"msg", HD_MEMBER_VALUE, offsetof(HdImportError, msg), false, "exception message"},
    {"name", HD_MEMBER_VALUE, offsetof(HdImportError, name), false, "module name"},
    {"path", HD_MEMBER_VALUE, offsetof(HdImportError, path), false, "module path"},
    {NULL},
};
static const HdMethodDef import_error_methods[] = {
    HD_METHOD(import_error_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};

/* --- SyntaxError --- */

static int syntax_error_place(HdThread *t, HdValue self, HdValue place) {
    HdSyntaxErrorObject *e = HD_AS(HdSyntaxErrorObject, self);
    HD_OWNED HdValue info = hd_tuple_from_iterable(t, place);
    if (hd_is_null(info)) return -1;
    HdSize count = hd_tuple_length(info);
    if (count < 4 || count > 6) {
        return hd_raise_int(t, &hd_TypeError, "function takes at %s %d arguments (%zd given)", count < 4 ? "least" : "most",
                            count < 4 ? 4 : 6, count);
    }
    HdValue *fields[] = {&e->filename, &e->lineno, &e->offset, &e->text, &e->end_lineno, &e->end_offset};
    for (HdSize i = 0; i < 6; i++) set_field(t, self, fields[i], i < count ? hd_tuple_at_borrowed(info, i) : HD_NULL);
    if (count == 5) return hd_raise_int(t, &hd_TypeError, "end_offset must be provided when end_lineno is provided");
    return 0;
}

static int syntax_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0) return -1;
    if (nargs >= 1) set_field(t, self, &HD_AS(HdSyntaxErrorObject, self)->msg, hd_ref_value(args[0]));
    return nargs == 2 ? syntax_error_place(t, self, hd_ref_value(args[1])) : 0;
}

static int syntax_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSyntaxErrorObject *e = (HdSyntaxErrorObject *)self;
    HD_VISIT(e->msg);
    HD_VISIT(e->filename);
    HD_VISIT(e->lineno);
    HD_VISIT(e->offset);
    HD_VISIT(e->text);
    HD_VISIT(e->end_lineno);
    HD_VISIT(e->end_offset);
    HD_VISIT(e->print_file_and_line);
    return hd_exception_traverse(self, visit, context);
}

static void syntax_error_clear(HdThread *t, HdObject *self) {
    HdSyntaxErrorObject *e = (HdSyntaxErrorObject *)self;
    HdValue *fields[] = {&e->msg, &e->filename, &e->lineno, &e->offset, &e->text, &e->end_lineno, &e->end_offset,
                         &e->print_file_and_line};
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) hd_clear_slot(t, fields[i]);
    hd_exception_clear(t, self);
}

static HdValue syntax_error_str(HdThread *t, HdValue self) {
    HdSyntaxErrorObject *e = HD_AS(HdSyntaxErrorObject, self);
    HD_OWNED HdValue msg = hd_field_get(t, e, &e->msg);
    HD_OWNED HdValue filename = hd_field_get(t, e, &e->filename);
    HD_OWNED HdValue lineno = hd_field_get(t, e, &e->lineno);
    HdValue shown = hd_is_null(msg) ? hd_None : msg;
    bool has_line = !hd_is_null(lineno) && hd_is_exact_int(lineno);
    if (hd_is_null(filename) || !hd_is_str(filename)) {
        return has_line ? hd_str_format(t, "%V (line %V)", shown, lineno) : hd_object_str(t, shown);
    }
    HdSize slash = hd_str_find_char(filename, '/', 0, hd_str_length(filename), true);
    HD_OWNED HdValue base = hd_str_substring(t, filename, slash + 1, hd_str_length(filename));
    if (hd_is_null(base)) return HD_NULL;
    return has_line ? hd_str_format(t, "%V (%U, line %V)", shown, base, lineno)
                    : hd_str_format(t, "%V (%U)", shown, base);
}

static const HdMemberDef syntax_error_members[] = {
    {"msg", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, msg), false, "exception msg"},
    {"filename", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, filename), false, "exception filename"},
    {"lineno", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, lineno), false, "exception lineno"},
    {"offset", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, offset), false, "exception offset"},
    {"text", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, text), false, "exception text"},
    {"end_lineno", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, end_lineno), false, "exception end lineno"},
    {"end_offset", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, end_offset), false, "exception end offset"},
    {"print_file_and_line", HD_MEMBER_VALUE, offsetof(HdSyntaxErrorObject, print_file_and_line), false,
     "exception print_file_and_line"},
    {NULL},
};

/* --- Unicode errors --- */

static int argument_count(HdThread *t, HdSize nargs, HdSize wanted) {
    if (nargs == wanted) return 0;
    return hd_raise_int(t, &hd_TypeError, "function takes exactly %zd arguments (%zd given)", wanted, nargs);
}

static int str_argument(HdThread *t, int number, HdValue v) {
    if (hd_is_str(v)) return 0;
    return hd_raise_int(t, &hd_TypeError, "argument %d must be str, not %s", number, hd_is_none(v) ? "None" : hd_type_name(v));
}

static int span(HdThread *t, HdUnicodeError *e, HdValue start, HdValue end) {
    e->start = hd_number_as_size(t, start, &hd_OverflowError);
    if (e->start == -1 && hd_raised(t)) return -1;
    e->end = hd_number_as_size(t, end, &hd_OverflowError);
    return e->end == -1 && hd_raised(t) ? -1 : 0;
}

static int encode_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdUnicodeError *e = HD_AS(HdUnicodeError, self);
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0 || argument_count(t, nargs, 5) < 0) return -1;
    HdValue encoding = hd_ref_value(args[0]), object = hd_ref_value(args[1]), reason = hd_ref_value(args[4]);
    if (str_argument(t, 1, encoding) < 0 || str_argument(t, 2, object) < 0) return -1;
    if (span(t, e, hd_ref_value(args[2]), hd_ref_value(args[3])) < 0 || str_argument(t, 5, reason) < 0) return -1;
    set_field(t, self, &e->encoding, encoding);
    set_field(t, self, &e->object, object);
    set_field(t, self, &e->reason, reason);
    return 0;
}

static int decode_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdUnicodeError *e = HD_AS(HdUnicodeError, self);
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0 || argument_count(t, nargs, 5) < 0) return -1;
    HdValue encoding = hd_ref_value(args[0]), object = hd_ref_value(args[1]), reason = hd_ref_value(args[4]);
    if (str_argument(t, 1, encoding) < 0) return -1;
    if (span(t, e, hd_ref_value(args[2]), hd_ref_value(args[3])) < 0 || str_argument(t, 5, reason) < 0) return -1;
    if (hd_is_bytes(object)) {
        hd_retain(t, object);
    } else {
        HdBuffer view;
        if (hd_buffer_get(t, object, &view, HD_BUFFER_SIMPLE) < 0) return -1;
        object = hd_bytes_new(t, view.data, view.length);
        hd_buffer_release(t, &view);
        if (hd_is_null(object)) return -1;
    }
    set_field(t, self, &e->encoding, encoding);
    hd_field_set_steal(t, e, &e->object, object);
    set_field(t, self, &e->reason, reason);
    return 0;
}

static int translate_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdUnicodeError *e = HD_AS(HdUnicodeError, self);
    if (hd_exception_init(t, self, args, nargs, kwnames) < 0 || argument_count(t, nargs, 4) < 0) return -1;
    HdValue object = hd_ref_value(args[0]), reason = hd_ref_value(args[3]);
    if (str_argument(t, 1, object) < 0) return -1;
    if (span(t, e, hd_ref_value(args[1]), hd_ref_value(args[2])) < 0 || str_argument(t, 4, reason) < 0) return -1;
    set_field(t, self, &e->object, object);
    set_field(t, self, &e->reason, reason);
    return 0;
}

static int unicode_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HdUnicodeError *e = (HdUnicodeError *)self;
    HD_VISIT(e->encoding);
    HD_VISIT(e->object);
    HD_VISIT(e->reason);
    return hd_exception_traverse(self, visit, context);
}

static void unicode_error_clear(HdThread *t, HdObject *self) {
    HdUnicodeError *e = (HdUnicodeError *)self;
    hd_clear_slot(t, &e->encoding);
    hd_clear_slot(t, &e->object);
    hd_clear_slot(t, &e->reason);
    hd_exception_clear(t, self);
}

/* "character '\xe9' in position 2", "bytes in position 1-2": what is wrong, and where. */
static HdValue unicode_error_text(HdThread *t, HdUnicodeError *e, const char *verb, HdValue encoding, HdValue object, HdValue reason) {
    HD_OWNED HdValue head = HD_NULL;
    head = hd_is_null(encoding) ? hd_str_intern_text(t, "can't") : hd_str_format(t, "'%V' codec can't", encoding);
    if (hd_is_null(head)) return HD_NULL;
    bool bytes = hd_is_bytes(object);
    HdSize length = bytes ? hd_bytes_length(object) : hd_str_length(object);
    if (e->start >= 0 && e->start < length && e->end == e->start + 1) {
        if (bytes) {
            return hd_str_format(t, "%U %s byte 0x%02x in position %zd: %V", head, verb, hd_bytes_data(object)[e->start],
                                 e->start, reason);
        }
        uint32_t c = hd_str_at(object, e->start);
        const char *form = c <= 0xFF     ? "%U %s character '\\x%02x' in position %zd: %V"
                           : c <= 0xFFFF ? "%U %s character '\\u%04x' in position %zd: %V"
                                         : "%U %s character '\\U%08x' in position %zd: %V";
        return hd_str_format(t, form, head, verb, c, e->start, reason);
    }
    return hd_str_format(t, "%U %s %s in position %zd-%zd: %V", head, verb, bytes ? "bytes" : "characters", e->start,
                         e->end - 1, reason);
}

static HdValue unicode_error_str(HdThread *t, HdValue self, const char *verb) {
    HdUnicodeError *e = HD_AS(HdUnicodeError, self);
    HD_OWNED HdValue encoding = hd_field_get(t, e, &e->encoding);
    HD_OWNED HdValue object = hd_field_get(t, e, &e->object);
    HD_OWNED HdValue reason = hd_field_get(t, e, &e->reason);
    if (hd_is_null(object) || !(hd_is_str(object) || hd_is_bytes(object))) return hd_str_empty(); /* not initialised */
    return unicode_error_text(t, e, verb, encoding, object, hd_is_null(reason) ? hd_None : reason);
}
static HdValue encode_error_str(HdThread *t, HdValue self) { return unicode_error_str(t, self, "encode"); }
static HdValue decode_error_str(HdThread *t, HdValue self) { return unicode_error_str(t, self, "decode"); }
static HdValue translate_error_str(HdThread *t, HdValue self) { return unicode_error_str(t, self, "translate"); }

static const HdMemberDef unicode_error_members[] = {
    {"encoding", HD_MEMBER_VALUE, offsetof(HdUnicodeError, encoding), false, "exception encoding"},
    {"object", HD_MEMBER_VALUE, offsetof(HdUnicodeError, object), false, "exception object"},
    {"start", HD_MEMBER_SIZE, offsetof(HdUnicodeError, start), false, "exception start"},
    {"end", HD_MEMBER_SIZE, offsetof(HdUnicodeError, end), false, "exception end"},
    {"reason", HD_MEMBER_VALUE, offsetof(HdUnicodeError, reason), false, "exception reason"},
    {NULL},
};

void hd_exceptions_text_setup(void) {
    hd_ImportError.methods = import_error_methods;
    hd_ImportError.members = import_error_members;
    hd_ImportError.str = import_error_str;
    HdType *imports[] = {&hd_ImportError, &hd_ModuleNotFoundError};
    for (size_t i = 0; i < HD_COUNT_OF(imports); i++) {
        imports[i]->init = import_error_init;
        imports[i]->traverse = import_error_traverse;
        imports[i]->clear = import_error_clear;
    }
    hd_SyntaxError.members = syntax_error_members;
    hd_SyntaxError.str = syntax_error_str;
    HdType *syntax[] = {&hd_SyntaxError, &hd_IndentationError, &hd_TabError};
    for (size_t i = 0; i < HD_COUNT_OF(syntax); i++) {
        syntax[i]->init = syntax_error_init;
        syntax[i]->traverse = syntax_error_traverse;
        syntax[i]->clear = syntax_error_clear;
    }
    HdType *unicode[] = {&hd_UnicodeEncodeError, &hd_UnicodeDecodeError, &hd_UnicodeTranslateError};
    for (size_t i = 0; i < HD_COUNT_OF(unicode); i++) {
        unicode[i]->traverse = unicode_error_traverse;
        unicode[i]->clear = unicode_error_clear;
        unicode[i]->members = unicode_error_members;
    }
    hd_UnicodeEncodeError.init = encode_error_init;
    hd_UnicodeEncodeError.str = encode_error_str;
    hd_UnicodeDecodeError.init = decode_error_init;
    hd_UnicodeDecodeError.str = decode_error_str;
    hd_UnicodeTranslateError.init = translate_error_init;
    hd_UnicodeTranslateError.str = translate_error_str;
}
