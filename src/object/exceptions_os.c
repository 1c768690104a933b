/* exceptions_os.c -- OSError: which subclass an errno asks for, file names, its text. Locks as in exceptions.c. */
#include <errno.h>

#include "dict.h"
#include "int.h"
#include "list.h"
#include "number.h"
#include "object_internal.h"
#include "str.h"

static HdType *type_of_errno(int64_t number) {
    switch (number) {
    case EAGAIN:
#if EWOULDBLOCK != EAGAIN
    case EWOULDBLOCK:
#endif
    case EALREADY:
    case EINPROGRESS: return &hd_BlockingIOError;
    case EPIPE:
    case ESHUTDOWN: return &hd_BrokenPipeError;
    case ECHILD: return &hd_ChildProcessError;
    case ECONNABORTED: return &hd_ConnectionAbortedError;
    case ECONNREFUSED: return &hd_ConnectionRefusedError;
    case ECONNRESET: return &hd_ConnectionResetError;
    case EEXIST: return &hd_FileExistsError;
    case ENOENT: return &hd_FileNotFoundError;
    case EISDIR: return &hd_IsADirectoryError;
    case ENOTDIR: return &hd_NotADirectoryError;
    case EINTR: return &hd_InterruptedError;
    case EACCES:
    case EPERM: return &hd_PermissionError;
    case ESRCH: return &hd_ProcessLookupError;
    case ETIMEDOUT: return &hd_TimeoutError;
    default: return NULL;
    }
}

static int os_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
static HdValue os_error_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);

/* A subclass with an __init__ of its own and our __new__ gets its arguments from __init__, as the subclass passes them. */
static bool filled_by_init(const HdType *type) {
    return type->init != os_error_init && type->create == os_error_create;
}

static int fill(HdThread *t, HdOSError *e, const HdRef *args, HdSize nargs) {
    HdValue keep = HD_NULL;
    if (nargs >= 2 && nargs <= 5) {
        HdValue filename = nargs >= 3 ? hd_ref_value(args[2]) : HD_NULL;
        HdValue filename2 = nargs >= 5 ? hd_ref_value(args[4]) : HD_NULL;
        if (!hd_is_null(filename) && !hd_is_none(filename)) {
            if (hd_is_instance(hd_from_object(e), &hd_BlockingIOError) && hd_number_check(filename)) {
                HdSize written = hd_number_as_size(t, filename, &hd_ValueError);
                if (written == -1 && hd_raised(t)) return -1;
                e->written = written;
            } else {
                hd_field_set_steal(t, e, &e->filename, hd_retain(t, filename));
                if (!hd_is_null(filename2) && !hd_is_none(filename2)) {
                    hd_field_set_steal(t, e, &e->filename2, hd_retain(t, filename2));
                }
                keep = hd_tuple_from_refs(t, args, 2); /* args stays a pair, for old programs that unpack it */
                if (hd_is_null(keep)) return -1;
            }
        }
        hd_field_set_steal(t, e, &e->errno_value, hd_retain(t, hd_ref_value(args[0])));
        hd_field_set_steal(t, e, &e->strerror, hd_retain(t, hd_ref_value(args[1])));
    }
    if (hd_is_null(keep)) return hd_exception_init_args(t, hd_from_object(e), args, nargs);
    hd_field_set_steal(t, e, &e->base.args, keep);
    return 0;
}

static int refuse_keywords(HdThread *t, const HdType *type, HdValue kwnames) {
    if (hd_is_null(kwnames) || hd_tuple_length(kwnames) == 0) return 0;
    return hd_raise_int(t, &hd_TypeError, "%N() takes no keyword arguments", type);
}

static HdValue os_error_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    bool later = filled_by_init(type);
    if (!later) {
        if (refuse_keywords(t, type, kwnames) < 0) return HD_NULL;
        int64_t number;
        if (type == &hd_OSError && nargs >= 2 && nargs <= 5 && hd_is_int(hd_ref_value(args[0])) &&
            hd_int_try_i64(hd_ref_value(args[0]), &number)) {
            HdType *better = type_of_errno(number);
            if (better) type = better;
        }
    }
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    HdOSError *e = HD_AS(HdOSError, self);
    e->written = -1;
    e->base.args = hd_tuple_empty();
    if (!later && fill(t, e, args, nargs) < 0) {
        hd_release(t, self);
        return HD_NULL;
    }
    return self;
}

static int os_error_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (!filled_by_init(hd_type_of(self))) return 0; /* create has done it */
    if (refuse_keywords(t, hd_type_of(self), kwnames) < 0) return -1;
    return fill(t, HD_AS(HdOSError, self), args, nargs);
}

static int os_error_traverse(HdObject *self, HdVisit visit, void *context) {
    HdOSError *e = (HdOSError *)self;
    HD_VISIT(e->errno_value);
    HD_VISIT(e->strerror);
    HD_VISIT(e->filename);
    HD_VISIT(e->filename2);
    return hd_exception_traverse(self, visit, context);
}

static void os_error_clear(HdThread *t, HdObject *self) {
    HdOSError *e = (HdOSError *)self;
    hd_clear_slot(t, &e->errno_value);
    hd_clear_slot(t, &e->strerror);
    hd_clear_slot(t, &e->filename);
    hd_clear_slot(t, &e->filename2);
    hd_exception_clear(t, self);
}

static HdValue os_error_str(HdThread *t, HdValue self) {
    HdOSError *e = HD_AS(HdOSError, self);
    HD_OWNED HdValue number = hd_field_get(t, e, &e->errno_value);
    HD_OWNED HdValue text = hd_field_get(t, e, &e->strerror);
    HD_OWNED HdValue filename = hd_field_get(t, e, &e->filename);
    HD_OWNED HdValue filename2 = hd_field_get(t, e, &e->filename2);
    HdValue shown_number = hd_is_null(number) ? hd_None : number, shown_text = hd_is_null(text) ? hd_None : text;
    if (!hd_is_null(filename) && !hd_is_null(filename2)) {
        return hd_str_format(t, "[Errno %V] %V: %R -> %R", shown_number, shown_text, filename, filename2);
    }
    if (!hd_is_null(filename)) return hd_str_format(t, "[Errno %V] %V: %R", shown_number, shown_text, filename);
    if (!hd_is_null(number) && !hd_is_null(text)) return hd_str_format(t, "[Errno %V] %V", number, text);
    return hd_exception_str(t, self);
}

static HdValue os_error_reduce(HdThread *t, HdValue self, const HdValue *unused) {
    HdOSError *e = HD_AS(HdOSError, self);
    HD_OWNED HdValue args = hd_field_get(t, e, &e->base.args);
    HD_OWNED HdValue filename = hd_field_get(t, e, &e->filename);
    HD_OWNED HdValue filename2 = hd_field_get(t, e, &e->filename2);
    if (hd_tuple_length(args) == 2 && !hd_is_null(filename)) {
        HdValue a = hd_tuple_at_borrowed(args, 0), b = hd_tuple_at_borrowed(args, 1);
        HdValue full = hd_is_null(filename2) ? hd_tuple_pack(t, 3, a, b, filename)
                                             : hd_tuple_pack(t, 5, a, b, filename, hd_None, filename2);
        if (hd_is_null(full)) return HD_NULL;
        hd_release(t, args);
        args = full;
    }
    HdValue type = hd_type_value(hd_type_of(self));
    HdAttrs *attrs = hd_attrs_of(hd_as_object(self));
    if (!attrs || !hd_attrs_used(attrs)) return hd_tuple_pack(t, 2, type, args);
    HD_OWNED HdValue dict = hd_attrs_dict(t, hd_as_object(self));
    return hd_is_null(dict) ? HD_NULL : hd_tuple_pack(t, 3, type, args, dict);
}

static HdValue get_written(HdThread *t, HdValue self, void *closure) {
    HdSize written = HD_AS(HdOSError, self)->written;
    if (written == -1) return hd_raise(t, &hd_AttributeError, "characters_written");
    return hd_int_from_size(t, written);
}

static int set_written(HdThread *t, HdValue self, HdValue value, void *closure) {
    HdOSError *e = HD_AS(HdOSError, self);
    if (hd_is_null(value)) {
        if (e->written == -1) return hd_raise_int(t, &hd_AttributeError, "characters_written");
        e->written = -1;
        return 0;
    }
    HdSize written = hd_number_as_size(t, value, &hd_ValueError);
    if (written == -1 && hd_raised(t)) return -1;
    e->written = written;
    return 0;
}

static const HdMemberDef os_error_members[] = {
    {"errno", HD_MEMBER_VALUE, offsetof(HdOSError, errno_value), false, "POSIX exception code"},
    {"strerror", HD_MEMBER_VALUE, offsetof(HdOSError, strerror), false, "exception strerror"},
    {"filename", HD_MEMBER_VALUE, offsetof(HdOSError, filename), false, "exception filename"},
    {"filename2", HD_MEMBER_VALUE, offsetof(HdOSError, filename2), false, "second exception filename"},
    {NULL},
};
static const HdGetSetDef os_error_getsets[] = {{"characters_written", get_written, set_written}, {NULL}};
static const HdMethodDef os_error_methods[] = {
    HD_METHOD(os_error_reduce, "__reduce__($self, /)", NULL),
    HD_METHODS_END,
};

void hd_exceptions_os_setup(void) {
    HdType *const all[] = {&hd_OSError, &hd_BlockingIOError, &hd_ChildProcessError, &hd_ConnectionError, &hd_BrokenPipeError,
                     &hd_ConnectionAbortedError, &hd_ConnectionRefusedError, &hd_ConnectionResetError,
                     &hd_FileExistsError, &hd_FileNotFoundError, &hd_InterruptedError, &hd_IsADirectoryError,
                     &hd_NotADirectoryError, &hd_PermissionError, &hd_ProcessLookupError, &hd_TimeoutError};
    for (size_t i = 0; i < HD_COUNT_OF(all); i++) {
        all[i]->create = os_error_create;
        all[i]->init = os_error_init;
        all[i]->traverse = os_error_traverse;
        all[i]->clear = os_error_clear;
    }
    hd_OSError.str = os_error_str;
    hd_OSError.methods = os_error_methods;
    hd_OSError.members = os_error_members;
    hd_OSError.getsets = os_error_getsets;
}
