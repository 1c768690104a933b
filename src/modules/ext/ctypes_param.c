/* ctypes_param.c -- see ctypes_param.h. No locks: paramflags and argtypes are tuples. */
#include "ctypes_param.h"

enum { PARAM_IN = 1, PARAM_OUT = 2, PARAM_DEFAULT_0 = 4, PARAM_DIRECTION = PARAM_IN | PARAM_OUT | PARAM_DEFAULT_0 };

typedef struct Param {
    uint64_t flags;
    HdValue name, fallback; /* lent; HD_NULL: not given */
} Param;

/* False: not (int[, str[, default]]). */
static bool read_param(HdValue item, Param *p) {
    *p = (Param){0};
    if (!hd_is_tuple(item)) return false;
    HdSize count = hd_tuple_length(item);
    int64_t flags;
    if (count < 1 || count > 3 || !hd_is_int(hd_tuple_at_borrowed(item, 0))) return false;
    if (!hd_int_try_i64(hd_tuple_at_borrowed(item, 0), &flags)) return false;
    p->flags = (uint64_t)flags;
    if (count > 1 && !hd_is_none(hd_tuple_at_borrowed(item, 1))) p->name = hd_tuple_at_borrowed(item, 1);
    if (!hd_is_null(p->name) && !hd_is_str(p->name)) return false;
    if (count > 2) p->fallback = hd_tuple_at_borrowed(item, 2);
    return true;
}

/* Something to which the function can be given a pointer. */
static bool is_pointer(HdCtype *c) {
    return c && (c->kind == HD_CTYPE_POINTER || c->kind == HD_CTYPE_ARRAY || c->kind == HD_CTYPE_FUNCTION ||
                 (c->kind == HD_CTYPE_SIMPLE && strchr("zZP", c->code->code)));
}

int hd_ctypes_param_check(HdThread *t, const HdCtype *function, HdValue paramflags) {
    if (hd_is_null(paramflags) || hd_is_none(paramflags) || hd_is_null(function->argtypes)) return 0;
    if (!hd_is_tuple(paramflags)) return hd_raise_int(t, &hd_TypeError, "paramflags must be a tuple or None");
    HdSize count = hd_tuple_length(paramflags);
    if (count != hd_tuple_length(function->argtypes)) {
        return hd_raise_int(t, &hd_ValueError, "paramflags must have the same length as argtypes");
    }
    for (HdSize i = 0; i < count; i++) {
        Param p;
        if (!read_param(hd_tuple_at_borrowed(paramflags, i), &p)) {
            return hd_raise_int(t, &hd_TypeError,
                                "paramflags must be a sequence of (int [,string [,value]]) tuples");
        }
        HdValue type = hd_tuple_at_borrowed(function->argtypes, i);
        uint64_t direction = p.flags & PARAM_DIRECTION;
        if (direction > 5) {
            return hd_raise_int(t, &hd_TypeError, "paramflag value %d not supported", (int)p.flags);
        }
        if (direction == PARAM_OUT && !is_pointer(hd_ctype_with_layout(type))) {
            return hd_raise_int(t, &hd_TypeError, "'out' parameter %zd must be a pointer type, not %s", i + 1,
                                hd_is_type(type) ? HD_AS(HdType, type)->name : hd_type_name(type));
        }
    }
    return 0;
}

typedef struct Given {
    const HdRef *args;
    HdSize nargs, used; /* positional ones; how many have been taken */
    HdSize keywords;    /* keyword ones that have been taken */
    HdValue kwnames;
} Given;

/* The next positional argument, the keyword argument of the name, or the default; owned. */
static HdValue next_argument(HdThread *t, Given *given, const Param *p) {
    if (given->used < given->nargs) return hd_retain(t, hd_ref_value(given->args[given->used++]));
    HdSize count = hd_is_null(given->kwnames) ? 0 : hd_tuple_length(given->kwnames);
    for (HdSize i = 0; !hd_is_null(p->name) && i < count; i++) {
        if (!hd_str_equal(hd_tuple_at_borrowed(given->kwnames, i), p->name)) continue;
        given->keywords++;
        return hd_retain(t, hd_ref_value(given->args[given->nargs + i]));
    }
    if (!hd_is_null(p->fallback)) return hd_retain(t, p->fallback);
    if (!hd_is_null(p->name)) return hd_raise(t, &hd_TypeError, "required argument '%U' missing", p->name);
    return hd_raise(t, &hd_TypeError, "not enough arguments");
}

/* Memory for an output parameter: an instance of what the argument type points to. */
static HdValue make_output(HdThread *t, HdValue argtype, const Param *p) {
    if (!hd_is_null(p->fallback)) return hd_retain(t, p->fallback);
    HdCtype *c = hd_ctype_with_layout(argtype);
    if (!c || (c->kind != HD_CTYPE_ARRAY && (c->kind != HD_CTYPE_POINTER || hd_is_null(c->proto)))) {
        return hd_raise(t, &hd_TypeError, "%s 'out' parameter must be passed as default value",
                        hd_is_type(argtype) ? HD_AS(HdType, argtype)->name : hd_type_name(argtype));
    }
    return hd_object_call0(t, c->kind == HD_CTYPE_ARRAY ? argtype : c->proto);
}

static HdValue argument(HdThread *t, Given *given, const Param *p, HdValue argtype, HdSize i, HdCtypeOutputs *outputs) {
    uint64_t direction = p->flags & PARAM_DIRECTION;
    if (direction == (PARAM_IN | PARAM_DEFAULT_0)) { /* an in parameter that is 0 and cannot be given */
        return hd_is_null(p->fallback) ? hd_imm_int(0) : hd_retain(t, p->fallback);
    }
    if (direction & PARAM_OUT) {
        outputs->is_output[i] = true;
        outputs->is_both[i] = (direction & PARAM_IN) != 0;
        outputs->count++;
        if (!(direction & PARAM_IN)) return make_output(t, argtype, p);
    }
    HdValue v = next_argument(t, given, p);
    if (hd_is_null(v) || !(direction & PARAM_OUT) || hd_is_cdata(v)) return v;
    HdCtype *c = hd_ctype_with_layout(argtype); /* an inout parameter given as a plain value */
    if (!c || c->kind != HD_CTYPE_POINTER || hd_is_null(c->proto)) return v;
    HdValue made = hd_object_call1(t, c->proto, v);
    hd_release(t, v);
    return made;
}

HdValue hd_ctypes_param_arguments(HdThread *t, HdValue paramflags, HdValue argtypes, const HdRef *args, HdSize nargs,
                                  HdValue kwnames, HdCtypeOutputs *outputs) {
    if (hd_is_null(argtypes)) return hd_tuple_from_refs(t, args, nargs);
    HdSize count = hd_tuple_length(argtypes);
    if (count > hd_tuple_length(paramflags)) count = hd_tuple_length(paramflags);
    Given given = {args, nargs, 0, 0, kwnames};
    HD_OWNED HdValue tuple = hd_tuple_new(t, count);
    for (HdSize i = 0; i < count && !hd_is_null(tuple); i++) {
        Param p;
        outputs->is_output[i] = outputs->is_both[i] = false;
        if (!read_param(hd_tuple_at_borrowed(paramflags, i), &p)) {
            return hd_raise(t, &hd_TypeError, "paramflags must be a sequence of (int [,string [,value]]) tuples");
        }
        HdValue v = argument(t, &given, &p, hd_tuple_at_borrowed(argtypes, i), i, outputs);
        if (hd_is_null(v)) return HD_NULL;
        hd_tuple_put_steal(tuple, i, v);
    }
    HdSize total = nargs + (hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames));
    if (given.used + given.keywords < total) {
        return hd_raise(t, &hd_TypeError, "call takes exactly %zd arguments (%zd given)", given.used + given.keywords,
                        total);
    }
    return hd_move(&tuple);
}

HdValue hd_ctypes_param_outputs(HdThread *t, const HdCtypeOutputs *outputs) {
    HD_OWNED HdValue tuple = hd_tuple_new(t, outputs->count);
    HdSize filled = 0;
    for (HdSize i = 0; filled < outputs->count && !hd_is_null(tuple); i++) {
        if (!outputs->is_output[i]) continue;
        HdValue v = hd_tuple_at_borrowed(outputs->args, i);
        HdValue out = outputs->is_both[i] ? hd_retain(t, v) : hd_object_call_method0(t, v, "__ctypes_from_outparam__");
        if (hd_is_null(out)) return HD_NULL;
        hd_tuple_put_steal(tuple, filled++, out);
    }
    if (hd_is_null(tuple) || outputs->count != 1) return hd_move(&tuple);
    return hd_retain(t, hd_tuple_at_borrowed(tuple, 0));
}
