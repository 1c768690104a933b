/* function_bind.c -- from the arguments of a call to the parameters of a function, with CPython's messages.
 *
 * The slots of the new frame are empty when binding starts; what was bound when an error is found stays in them and is
 * dropped with the frame. Runs no Python but for the comparison of keyword names of str subclasses. No locks.
 */
#include <stdio.h>

#include "errors.h"
#include "frame.h"
#include "function.h"
#include "slot.h"
#include "str_builder.h"

static HdValue slot_name(const HdCode *code, int i) { return hd_code_local_name(code, (uint32_t)i); }

/* "'a'", "'a' and 'b'", "'a', 'b', and 'c'" */
static HdValue name_list(HdThread *t, const HdValue *names, int count) {
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    for (int i = 0; i < count; i++) {
        if (i > 0) hd_str_builder_text(&b, count == 2 ? " and " : i == count - 1 ? ", and " : ", ");
        HdValue repr = hd_object_repr(t, names[i]);
        if (hd_is_null(repr)) {
            hd_str_builder_discard(&b);
            return HD_NULL;
        }
        hd_str_builder_str(&b, repr);
        hd_release(t, repr);
    }
    return hd_str_builder_finish(&b);
}

HD_COLD static int raise_missing(HdThread *t, const HdFrame *frame, int first, int end, const char *kind) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    const HdRef *slots = frame->slots;
    HdValue names[256];
    int count = 0;
    for (int i = first; i < end && count < 256; i++) {
        if (hd_ref_is_null(slots[i])) names[count++] = slot_name(code, i);
    }
    HdValue list = name_list(t, names, count);
    if (hd_is_null(list)) return -1;
    hd_raise(t, &hd_TypeError, "%U() missing %d required %s argument%s: %U", f->qualname, count, kind,
             count == 1 ? "" : "s", list);
    hd_release(t, list);
    return -1;
}

HD_COLD static int raise_too_many(HdThread *t, const HdFrame *frame, HdSize given) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    const HdRef *slots = frame->slots;
    int keyword_given = 0;
    for (int i = code->argcount; i < code->argcount + code->kwonlyargcount; i++) {
        if (!hd_ref_is_null(slots[i])) keyword_given++;
    }
    HdSize defaults = hd_is_null(f->defaults) ? 0 : hd_tuple_length(f->defaults);
    char takes[64], more[96] = "";
    bool plural;
    if (defaults) {
        HdSize least = code->argcount - defaults;
        plural = true;
        snprintf(takes, sizeof takes, "from %zd to %d", least, code->argcount);
    } else {
        plural = code->argcount != 1;
        snprintf(takes, sizeof takes, "%d", code->argcount);
    }
    if (keyword_given) {
        snprintf(more, sizeof more, " positional argument%s (and %d keyword-only argument%s)", given != 1 ? "s" : "",
                 keyword_given, keyword_given != 1 ? "s" : "");
    }
    return hd_raise_int(t, &hd_TypeError, "%U() takes %s positional argument%s but %zd%s %s given", f->qualname, takes,
                        plural ? "s" : "", given, more, given == 1 && !keyword_given ? "was" : "were");
}

/* Keyword names that are positional-only: true when that was the error. */
HD_COLD static bool raise_positional_only(HdThread *t, const HdFrame *frame, HdValue kwnames) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    int count = 0;
    for (int i = 0; i < code->posonlyargcount; i++) {
        HdValue name = slot_name(code, i);
        for (HdSize k = 0; k < hd_tuple_length(kwnames); k++) {
            HdValue keyword = hd_tuple_at_borrowed(kwnames, k);
            if (!hd_same(name, keyword) && !hd_str_equal(name, keyword)) continue;
            if (count++) hd_str_builder_text(&b, ", ");
            hd_str_builder_str(&b, name);
            break;
        }
    }
    if (count == 0) {
        hd_str_builder_discard(&b);
        return false;
    }
    HdValue list = hd_str_builder_finish(&b);
    if (hd_is_null(list)) return true;
    hd_raise(t, &hd_TypeError, "%U() got some positional-only arguments passed as keyword arguments: '%U'", f->qualname,
             list);
    hd_release(t, list);
    return true;
}

/* Index of the parameter a keyword names, -1 if there is none. */
static int find_parameter(const HdCode *code, HdValue keyword) {
    int end = code->argcount + code->kwonlyargcount;
    const HdValue *names = HD_AS(HdTuple, code->localsplus_names)->at;
    for (int i = code->posonlyargcount; i < end; i++) {
        if (hd_same(names[i], keyword)) return i;
    }
    if (hd_is_exact_str(keyword) && hd_str_is_interned(keyword)) return -1;
    for (int i = code->posonlyargcount; i < end; i++) {
        if (hd_str_equal(names[i], keyword)) return i;
    }
    return -1;
}

static int bind_keywords(HdThread *t, HdFrame *frame, const HdRef *values, HdValue kwnames, HdValue extra) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    HdRef *slots = frame->slots;
    HdSize count = hd_tuple_length(kwnames);
    for (HdSize k = 0; k < count; k++) {
        HdValue keyword = hd_tuple_at_borrowed(kwnames, k);
        if (!hd_is_str(keyword)) return hd_raise_int(t, &hd_TypeError, "%U() keywords must be strings", f->qualname);
        int i = find_parameter(code, keyword);
        if (i < 0) {
            if (hd_is_null(extra)) {
                if (code->posonlyargcount && raise_positional_only(t, frame, kwnames)) return -1;
                return hd_raise_int(t, &hd_TypeError, "%U() got an unexpected keyword argument '%U'", f->qualname, keyword);
            }
            if (hd_dict_set(t, extra, keyword, hd_ref_value(values[k])) < 0) return -1;
            continue;
        }
        if (!hd_ref_is_null(slots[i])) {
            return hd_raise_int(t, &hd_TypeError, "%U() got multiple values for argument '%U'", f->qualname, keyword);
        }
        slots[i] = hd_ref_copy(t, values[k]);
    }
    return 0;
}

/* Runs Python only in raising. */
HD_INLINE int bind_defaults(HdThread *t, HdFrame *frame, HdSize given) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    HdRef *slots = frame->slots;
    HdSize argcount = code->argcount;
    bool held = t->locks; /* somebody else may set others meanwhile */
    HdValue defaults = held ? hd_slot_read(t, &f->defaults, hd_as_object(frame->function)) : f->defaults;
    HdSize have = hd_is_null(defaults) ? 0 : hd_tuple_length(defaults);
    HdSize first_default = argcount - have, i = given;
    int result = 0;
    for (; i < first_default; i++) {
        if (hd_ref_is_null(slots[i])) {
            result = raise_missing(t, frame, 0, (int)first_default, "positional");
            goto done;
        }
    }
    if (i < first_default) i = first_default;
    for (; i < argcount; i++) {
        if (hd_ref_is_null(slots[i])) slots[i] = hd_ref_retain(t, hd_tuple_at_borrowed(defaults, i - first_default));
    }
done:
    if (held) hd_release(t, defaults);
    return result;
}

static int bind_keyword_defaults(HdThread *t, HdFrame *frame) {
    const HdFunction *f = hd_frame_function(frame);
    const HdCode *code = frame->code;
    HdRef *slots = frame->slots;
    int end = code->argcount + code->kwonlyargcount;
    bool missing = false;
    HdValue defaults = hd_slot_read(t, &f->kwdefaults, hd_as_object(frame->function));
    for (int i = code->argcount; i < end; i++) {
        if (!hd_ref_is_null(slots[i])) continue;
        HdValue value = HD_NULL;
        if (!hd_is_null(defaults) && hd_dict_find(t, defaults, slot_name(code, i), &value) < 0) {
            hd_release(t, defaults);
            return -1;
        }
        if (hd_is_null(value)) missing = true;
        slots[i] = hd_ref_counted(value);
    }
    hd_release(t, defaults);
    return missing ? raise_missing(t, frame, code->argcount, end, "keyword-only") : 0;
}

/* With keywords, or for a function that has more than plain parameters; the positional arguments are in their places. */
HD_NOINLINE static int bind_rest(HdThread *t, HdFrame *frame, const HdRef *args, HdSize nargs, HdValue kwnames) {
    const HdCode *code = frame->code;
    HdRef *slots = frame->slots;
    HdSize argcount = code->argcount;
    int total = code->argcount + code->kwonlyargcount;
    HdValue extra = HD_NULL;
    if (code->flags & HD_CO_VARKEYWORDS) {
        extra = hd_dict_new(t);
        if (hd_is_null(extra)) return -1;
        slots[total + ((code->flags & HD_CO_VARARGS) != 0)] = hd_ref_counted(extra);
    }
    if (code->flags & HD_CO_VARARGS) {
        HdValue rest = nargs > argcount ? hd_tuple_from_refs(t, args + argcount, nargs - argcount) : hd_tuple_empty();
        if (hd_is_null(rest)) return -1;
        slots[total] = hd_ref_counted(rest);
    }
    if (!hd_is_null(kwnames) && bind_keywords(t, frame, args + nargs, kwnames, extra) < 0) return -1;
    if (nargs > argcount && !(code->flags & HD_CO_VARARGS)) return raise_too_many(t, frame, nargs);
    if (nargs < argcount && bind_defaults(t, frame, nargs) < 0) return -1;
    if (code->kwonlyargcount > 0 && bind_keyword_defaults(t, frame) < 0) return -1;
    return 0;
}

int hd_function_bind(HdThread *t, HdFrame *frame, const HdRef *args, HdSize nargs, HdValue kwnames) {
    const HdCode *code = frame->code;
    HdRef *slots = frame->slots;
    HdSize argcount = code->argcount;
    HdSize direct = nargs < argcount ? nargs : argcount;
    for (HdSize i = 0; i < direct; i++) slots[i] = hd_ref_copy(t, args[i]);
    if (code->simple_argcount < 0 || !hd_is_null(kwnames) || nargs > argcount) return bind_rest(t, frame, args, nargs, kwnames);
    return nargs == argcount ? 0 : bind_defaults(t, frame, nargs);
}
