/* mod_builtins.c -- the functions of the builtins module. Its types are added by runtime/builtin_types.c.
 *
 * No state, no locks: everything goes through the protocols of object/. Loops over general iterators poll every
 * 1,024 items (hd_object_poll). The functions that look at the calling frame ask vm/ (hd_frame_…).
 */
#include "anext_awaitable.h"
#include "ast_types.h"
#include "builtins_io.h"
#include "import.h"
#include "compile.h"
#include "config.h"
#include "heddle/module.h"
#include "vm.h"

enum { POLL_EVERY = 1024 };

/* --- numbers --- */

static HdValue builtin_abs(HdThread *t, HdValue self, const HdValue *args) { return hd_number_absolute(t, args[0]); }

static HdValue builtin_divmod(HdThread *t, HdValue self, const HdValue *args) {
    return hd_number_divmod(t, args[0], args[1]);
}

static HdValue builtin_pow(HdThread *t, HdValue self, const HdValue *args) {
    return hd_number_power(t, args[0], args[1], hd_is_null(args[2]) ? hd_None : args[2]);
}

static HdValue builtin_round(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_special(t, args[0], HD_NAME("__round__"), &method);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, &hd_TypeError, "type %T doesn't define __round__ method", args[0]);
    if (hd_is_null(args[1]) || hd_is_none(args[1])) return hd_object_call0(t, method);
    return hd_object_call1(t, method, args[1]);
}

static HdValue in_base(HdThread *t, HdValue v, int base) {
    HD_OWNED HdValue number = hd_number_index(t, v);
    return hd_is_null(number) ? HD_NULL : hd_int_to_str(t, number, base, true);
}
static HdValue builtin_bin(HdThread *t, HdValue self, const HdValue *args) { return in_base(t, args[0], 2); }
static HdValue builtin_oct(HdThread *t, HdValue self, const HdValue *args) { return in_base(t, args[0], 8); }
static HdValue builtin_hex(HdThread *t, HdValue self, const HdValue *args) { return in_base(t, args[0], 16); }

static HdValue builtin_sum(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_null(args[1])) {
        if (hd_is_str(args[1])) return hd_raise(t, &hd_TypeError, "sum() can't sum strings [use ''.join(seq) instead]");
        if (hd_is_bytes(args[1])) return hd_raise(t, &hd_TypeError, "sum() can't sum bytes [use b''.join(seq) instead]");
        if (hd_is_bytearray(args[1]))
            return hd_raise(t, &hd_TypeError, "sum() can't sum bytearray [use b''.join(seq) instead]");
    }
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    HdValue total = hd_is_null(args[1]) ? hd_imm_int(0) : hd_retain(t, args[1]);
    for (int64_t i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        HdValue sum;
        if (!(hd_both_imm_int(total, item) && hd_imm_int_add(total, item, &sum))) {
            if (hd_is_imm_float(total) && hd_is_imm_float(item))
                sum = hd_float_new(t, hd_imm_float_value(total) + hd_imm_float_value(item));
            else
                sum = hd_number_add(t, total, item);
            hd_release(t, item);
        }
        hd_release(t, total);
        total = sum;
        if (hd_is_null(sum)) return HD_NULL;
        if (i % POLL_EVERY == 0 && hd_object_poll(t) < 0) break;
    }
    if (hd_raised(t)) {
        hd_release(t, total);
        return HD_NULL;
    }
    return total;
}

/* --- truth and order --- */

static HdValue all_or_any(HdThread *t, HdValue iterable, bool stop_at) {
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return HD_NULL;
    for (int64_t i = 1;; i++) {
        HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) return hd_raised(t) ? HD_NULL : hd_bool(!stop_at);
        int truth = hd_object_truth(t, item);
        hd_release(t, item);
        if (truth < 0) return HD_NULL;
        if ((truth != 0) == stop_at) return hd_bool(stop_at);
        if (i % POLL_EVERY == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
}
static HdValue builtin_all(HdThread *t, HdValue self, const HdValue *args) { return all_or_any(t, args[0], false); }
static HdValue builtin_any(HdThread *t, HdValue self, const HdValue *args) { return all_or_any(t, args[0], true); }

/* The smallest or largest item of `iterable`; fallback HD_NULL: none given. */
static HdValue extreme(HdThread *t, const char *name, HdValue iterable, HdValue key, HdValue fallback, int op) {
    HD_OWNED HdValue iterator = hd_object_iter(t, iterable);
    if (hd_is_null(iterator)) return HD_NULL;
    HD_OWNED HdValue best = HD_NULL;
    HD_OWNED HdValue best_key = HD_NULL;
    for (int64_t i = 1;; i++) {
        HD_OWNED HdValue item = hd_object_next(t, iterator);
        if (hd_is_null(item)) break;
        HD_OWNED HdValue item_key = hd_is_null(key) ? hd_retain(t, item) : hd_object_call1(t, key, item);
        if (hd_is_null(item_key)) return HD_NULL;
        int better = 1;
        if (!hd_is_null(best)) {
            HD_OWNED HdValue order = hd_object_compare(t, item_key, best_key, op);
            if (hd_is_null(order) || (better = hd_object_truth(t, order)) < 0) return HD_NULL;
        }
        if (better) {
            hd_replace_steal(t, &best, hd_move(&item));
            hd_replace_steal(t, &best_key, hd_move(&item_key));
        }
        if (i % POLL_EVERY == 0 && hd_object_poll(t) < 0) return HD_NULL;
    }
    if (hd_raised(t)) return HD_NULL;
    if (!hd_is_null(best)) return hd_move(&best);
    if (!hd_is_null(fallback)) return hd_retain(t, fallback);
    return hd_raise(t, &hd_ValueError, "%s() arg is an empty sequence", name);
}

/* min(iterable, *[, default, key]) and min(a, b, *rest[, key]) */
static HdValue min_or_max(HdThread *t, const char *name, const HdRef *args, HdSize nargs, HdValue kwnames, int op) {
    HdValue key = HD_NULL, fallback = HD_NULL;
    HdSize names = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    for (HdSize i = 0; i < names; i++) {
        HdValue keyword = hd_tuple_at_borrowed(kwnames, i), value = hd_ref_value(args[nargs + i]);
        if (hd_str_equals_text(keyword, "key")) {
            key = hd_is_none(value) ? HD_NULL : value;
        } else if (hd_str_equals_text(keyword, "default")) {
            fallback = value;
        } else {
            return hd_raise(t, &hd_TypeError, "'%U' is an invalid keyword argument for %s()", keyword, name);
        }
    }
    if (nargs == 0) return hd_raise(t, &hd_TypeError, "%s expected at least 1 argument, got 0", name);
    if (nargs == 1) return extreme(t, name, hd_ref_value(args[0]), key, fallback, op);
    if (!hd_is_null(fallback))
        return hd_raise(t, &hd_TypeError, "Cannot specify a default for %s() with multiple positional arguments", name);
    if (nargs == 2 && hd_is_null(key)) {
        HdValue a = hd_ref_value(args[0]), b = hd_ref_value(args[1]);
        if (hd_both_imm_int(a, b)) return (op == HD_LT) == hd_imm_int_less(b, a) && !hd_same(a, b) ? b : a;
    }
    HD_OWNED HdValue tuple = hd_tuple_from_refs(t, args, nargs);
    return hd_is_null(tuple) ? HD_NULL : extreme(t, name, tuple, key, HD_NULL, op);
}
static HdValue builtin_min(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return min_or_max(t, "min", args, nargs, kwnames, HD_LT);
}
static HdValue builtin_max(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return min_or_max(t, "max", args, nargs, kwnames, HD_GT);
}

static HdValue builtin_sorted(HdThread *t, HdValue self, const HdValue *args) {
    int reverse = hd_is_null(args[2]) ? 0 : hd_object_truth(t, args[2]);
    if (reverse < 0) return HD_NULL;
    HD_OWNED HdValue list = hd_list_from_iterable(t, args[0]);
    if (hd_is_null(list)) return HD_NULL;
    if (hd_list_sort(t, list, hd_is_null(args[1]) ? hd_None : args[1], reverse) < 0) return HD_NULL;
    return hd_move(&list);
}

/* --- objects --- */

static HdValue builtin_id(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_u64(t, args[0].bits);
}
static HdValue builtin_hash(HdThread *t, HdValue self, const HdValue *args) {
    int64_t hash = hd_object_hash(t, args[0]);
    return hash == -1 ? HD_NULL : hd_int_from_i64(t, hash);
}
static HdValue builtin_len(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length = hd_object_length(t, args[0]);
    return length < 0 ? HD_NULL : hd_int_from_size(t, length);
}
static HdValue builtin_repr(HdThread *t, HdValue self, const HdValue *args) { return hd_object_repr(t, args[0]); }
static HdValue builtin_ascii(HdThread *t, HdValue self, const HdValue *args) { return hd_object_ascii(t, args[0]); }
static HdValue builtin_format(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_null(args[1]) && !hd_is_str(args[1]))
        return hd_raise(t, &hd_TypeError, "format() argument 2 must be str, not %T", args[1]);
    return hd_object_format(t, args[0], args[1]);
}
static HdValue builtin_callable(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_object_is_callable(args[0]));
}
static HdValue builtin_chr(HdThread *t, HdValue self, const HdValue *args) {
    int code = hd_number_as_int(t, args[0]);
    if (code == -1 && hd_raised(t)) return HD_NULL;
    if (code < 0 || code > 0x10ffff) return hd_raise(t, &hd_ValueError, "chr() arg not in range(0x110000)");
    return hd_str_from_char(t, (uint32_t)code);
}
static HdValue builtin_ord(HdThread *t, HdValue self, const HdValue *args) {
    HdSize length;
    if (hd_is_str(args[0])) {
        length = hd_str_length(args[0]);
        if (length == 1) return hd_imm_int(hd_str_at(args[0], 0));
    } else if (hd_is_bytes(args[0])) {
        length = hd_bytes_length(args[0]);
        if (length == 1) return hd_imm_int(hd_bytes_data(args[0])[0]);
    } else if (hd_is_bytearray(args[0])) {
        length = HD_AS(HdByteArray, args[0])->length;
        if (length == 1) return hd_imm_int(hd_bytearray_data(args[0])[0]);
    } else {
        return hd_raise(t, &hd_TypeError, "ord() expected string of length 1, but %T found", args[0]);
    }
    return hd_raise(t, &hd_TypeError, "ord() expected a character, but string of length %zd found", length);
}

static int check_name(HdThread *t, const char *function, HdValue name) {
    if (hd_is_str(name)) return 0;
    return hd_raise_int(t, &hd_TypeError, "attribute name must be string, not '%T'", name);
}
static HdValue builtin_getattr(HdThread *t, HdValue self, const HdValue *args) {
    if (check_name(t, "getattr", args[1]) < 0) return HD_NULL;
    if (hd_is_null(args[2])) return hd_object_getattr(t, args[0], args[1]);
    HdValue found;
    int status = hd_object_find_attr(t, args[0], args[1], &found);
    return status < 0 ? HD_NULL : status ? found : hd_retain(t, args[2]);
}
static HdValue builtin_hasattr(HdThread *t, HdValue self, const HdValue *args) {
    if (check_name(t, "hasattr", args[1]) < 0) return HD_NULL;
    HdValue found;
    int status = hd_object_find_attr(t, args[0], args[1], &found);
    if (status < 0) return HD_NULL;
    if (status) hd_release(t, found);
    return hd_bool(status);
}
static HdValue builtin_setattr(HdThread *t, HdValue self, const HdValue *args) {
    if (check_name(t, "setattr", args[1]) < 0) return HD_NULL;
    return hd_object_setattr(t, args[0], args[1], args[2]) < 0 ? HD_NULL : hd_None;
}
static HdValue builtin_delattr(HdThread *t, HdValue self, const HdValue *args) {
    if (check_name(t, "delattr", args[1]) < 0) return HD_NULL;
    return hd_object_delattr(t, args[0], args[1]) < 0 ? HD_NULL : hd_None;
}
static HdValue builtin_isinstance(HdThread *t, HdValue self, const HdValue *args) {
    int result = hd_object_isinstance(t, args[0], args[1]);
    return result < 0 ? HD_NULL : hd_bool(result);
}
static HdValue builtin_issubclass(HdThread *t, HdValue self, const HdValue *args) {
    int result = hd_object_issubclass(t, args[0], args[1]);
    return result < 0 ? HD_NULL : hd_bool(result);
}

/* --- iteration --- */

static HdValue builtin_iter(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_null(args[1])) return hd_object_iter(t, args[0]);
    if (!hd_object_is_callable(args[0])) return hd_raise(t, &hd_TypeError, "iter(v, w): v must be callable");
    return hd_iter_callable(t, args[0], args[1]);
}
static HdValue builtin_next(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(args[0]);
    if (!type->next) return hd_raise(t, &hd_TypeError, "'%T' object is not an iterator", args[0]);
    HdValue item = type->next(t, args[0]);
    if (!hd_is_null(item)) return item;
    if (hd_raised(t)) {
        if (hd_is_null(args[1]) || !hd_raised_is(t, &hd_StopIteration)) return HD_NULL;
        hd_clear_raised(t);
    }
    return hd_is_null(args[1]) ? hd_raise_stop_iteration(t, HD_NULL) : hd_retain(t, args[1]);
}
static HdValue builtin_aiter(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(args[0]);
    if (!type->aiter) return hd_raise(t, &hd_TypeError, "'%T' object is not an async iterable", args[0]);
    HdValue iterator = type->aiter(t, args[0]);
    if (hd_is_null(iterator) || hd_type_of(iterator)->anext) return iterator;
    hd_raise(t, &hd_TypeError, "aiter() returned not an async iterator of type '%T'", iterator);
    hd_release(t, iterator);
    return HD_NULL;
}
static HdValue builtin_anext(HdThread *t, HdValue self, const HdValue *args) {
    HdType *type = hd_type_of(args[0]);
    if (!type->anext) return hd_raise(t, &hd_TypeError, "'%T' object is not an async iterator", args[0]);
    HD_OWNED HdValue awaitable = type->anext(t, args[0]);
    if (hd_is_null(awaitable) || hd_is_null(args[1])) return hd_move(&awaitable);
    return hd_anext_new(t, awaitable, args[1]);
}

/* --- namespaces --- */

static HdValue builtin_globals(HdThread *t, HdValue self, const HdValue *args) {
    HdValue globals = hd_frame_current_globals_borrowed(t);
    return hd_is_null(globals) ? hd_raise(t, &hd_SystemError, "globals(): no frame") : hd_retain(t, globals);
}
static HdValue builtin_locals(HdThread *t, HdValue self, const HdValue *args) { return hd_frame_current_locals(t); }
static HdValue builtin_vars(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_null(args[0])) return hd_frame_current_locals(t);
    HdValue dict;
    int found = hd_object_find_attr(t, args[0], HD_NAME("__dict__"), &dict);
    if (found > 0) return dict;
    return found < 0 ? HD_NULL : hd_raise(t, &hd_TypeError, "vars() argument must have __dict__ attribute");
}
static HdValue builtin_dir(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_null(args[0])) return hd_object_dir(t, args[0]);
    HD_OWNED HdValue locals = hd_frame_current_locals(t);
    if (hd_is_null(locals)) return HD_NULL;
    HD_OWNED HdValue names = hd_object_call_method0(t, locals, "keys");
    if (hd_is_null(names)) return HD_NULL;
    HdValue list = hd_list_from_iterable(t, names);
    if (!hd_is_null(list) && hd_list_sort(t, list, hd_None, false) < 0) hd_clear_slot(t, &list);
    return list;
}

/* Fills in globals and locals of eval and exec from the calling frame and checks them; both owned. */
static int eval_namespaces(HdThread *t, const char *name, HdValue globals, HdValue locals, HdValue out[2]) {
    bool exec = name[1] == 'x';
    if (!hd_is_null(locals) && !hd_is_none(locals) && !hd_type_of(locals)->getitem)
        return hd_raise_int(t, &hd_TypeError, exec ? "locals must be a mapping or None, not %T" : "locals must be a mapping",
                            locals);
    if (!hd_is_null(globals) && !hd_is_none(globals) && !hd_is_dict(globals))
        return exec ? hd_raise_int(t, &hd_TypeError, "exec() globals must be a dict, not %T", globals)
                    : hd_raise_int(t, &hd_TypeError, hd_type_of(globals)->getitem
                                                         ? "globals must be a real dict; try eval(code, {}, mapping)"
                                                         : "globals must be a dict");
    if (hd_is_null(globals) || hd_is_none(globals)) {
        globals = hd_frame_current_globals_borrowed(t);
        if (hd_is_null(globals))
            return hd_raise_int(t, &hd_TypeError, "%s must be given globals and locals when called without a frame", name);
        out[1] = hd_is_null(locals) || hd_is_none(locals) ? hd_frame_current_locals(t) : hd_retain(t, locals);
    } else {
        out[1] = hd_retain(t, hd_is_null(locals) || hd_is_none(locals) ? globals : locals);
    }
    if (hd_is_null(out[1])) return -1;
    out[0] = hd_retain(t, globals);
    int has = hd_dict_contains(t, globals, HD_NAME("__builtins__"));
    if (has == 0) has = hd_dict_set(t, globals, HD_NAME("__builtins__"), hd_frame_current_builtins_borrowed(t));
    return has < 0 ? -1 : 0;
}

/* The future features of the code that calls compile, eval or exec. */
static int inherited_flags(HdThread *t) {
    HdFrame *frame = hd_frame_current(t);
    return frame ? (int)(frame->code->flags & HD_CO_FUTURE_MASK) : 0;
}

enum {
    PUBLIC_FLAGS = HD_CO_FUTURE_MASK | 0x10 /* nested scopes */ | HD_COMPILE_SOURCE_IS_TEXT | HD_COMPILE_DONT_IMPLY_DEDENT |
                   HD_COMPILE_ONLY_AST | HD_COMPILE_IGNORE_COOKIE | HD_COMPILE_TYPE_COMMENTS | HD_COMPILE_TOP_LEVEL_AWAIT |
                   HD_COMPILE_ALLOW_INCOMPLETE,
};

static HdValue eval_or_exec(HdThread *t, const char *name, HdValue source, HdValue globals, HdValue locals,
                            HdValue closure) {
    bool exec = name[1] == 'x';
    HD_OWNED HdValue own_globals = HD_NULL;
    HD_OWNED HdValue own_locals = HD_NULL;
    HdValue spaces[2] = {HD_NULL, HD_NULL};
    int status = eval_namespaces(t, name, globals, locals, spaces);
    own_globals = spaces[0];
    own_locals = spaces[1];
    if (status < 0) return HD_NULL;
    HD_OWNED HdValue code = HD_NULL;
    if (hd_is_code(source)) {
        if (hd_code(source)->free_count && hd_is_null(closure))
            return hd_raise(t, &hd_TypeError, "code object passed to %s() may not contain free variables", name);
        code = hd_retain(t, source);
    } else {
        if (!hd_is_null(closure))
            return hd_raise(t, &hd_TypeError, "closure can only be used when source is a code object");
        HdSize length;
        HD_OWNED HdValue keep = HD_NULL;
        int flags = inherited_flags(t);
        const char *text = hd_builtins_source(t, source, name, exec ? "string, bytes or code" : "string, bytes or code", &length,
                                       &keep, &flags);
        if (!text) return HD_NULL;
        if (!exec) {
            while (length && (*text == ' ' || *text == '\t')) text++, length--;
        }
        HD_OWNED HdValue filename = hd_str_from_text(t, "<string>");
        if (hd_is_null(filename)) return HD_NULL;
        code = hd_compile_source(t, text, length, filename, exec ? HD_PARSE_EXEC : HD_PARSE_EVAL, flags,
                                 hd_runtime.config->optimize);
        if (hd_is_null(code)) return HD_NULL;
    }
    HdValue result = hd_vm_exec_closure(t, code, own_globals, own_locals, closure);
    if (hd_is_null(result) || !exec) return result;
    hd_release(t, result);
    return hd_None;
}
static HdValue builtin_eval(HdThread *t, HdValue self, const HdValue *args) {
    return eval_or_exec(t, "eval", args[0], args[1], args[2], HD_NULL);
}
static HdValue builtin_exec(HdThread *t, HdValue self, const HdValue *args) {
    HdValue closure = args[3];
    if (!hd_is_null(closure) && hd_is_none(closure)) closure = HD_NULL;
    if (hd_is_code(args[0])) {
        HdSize wanted = hd_code(args[0])->free_count;
        if (wanted == 0 && !hd_is_null(closure))
            return hd_raise(t, &hd_TypeError, "cannot use a closure with this code object");
        bool fits = hd_is_null(closure) ? wanted == 0 : hd_is_tuple(closure) && hd_tuple_length(closure) == wanted;
        for (HdSize i = 0; fits && i < wanted; i++)
            fits = hd_is_exact_object(hd_tuple_at_borrowed(closure, i), &hd_cell_type);
        if (!fits)
            return hd_raise(t, &hd_TypeError, "code object requires a closure of exactly length %zd", wanted);
    }
    return eval_or_exec(t, "exec", args[0], args[1], args[2], closure);
}

/* The file's name: as everywhere, but other buffers than bytes still pass, with a warning. */
static HdValue compile_name(HdThread *t, HdValue v) {
    if (hd_is_bytes(v) || !hd_buffer_check(v)) return hd_builtins_fs_name(t, v);
    if (hd_warn(t, &hd_DeprecationWarning, 1, "path should be string, bytes, or os.PathLike, not %T", v) < 0) return HD_NULL;
    HD_OWNED HdValue bytes = hd_bytes_from_object(t, v);
    return hd_is_null(bytes) ? HD_NULL : hd_builtins_fs_name(t, bytes);
}
static HdValue builtin_compile(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue filename = compile_name(t, args[1]);
    if (hd_is_null(filename)) return HD_NULL;
    if (!hd_is_str(args[2])) return hd_raise(t, &hd_TypeError, "compile() argument 'mode' must be str, not %T", args[2]);
    int flags = hd_is_null(args[3]) ? 0 : hd_number_as_int(t, args[3]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    int optimize = hd_is_null(args[5]) ? -1 : hd_number_as_int(t, args[5]);
    if (optimize == -1 && hd_raised(t)) return HD_NULL;
    int dont_inherit = hd_is_null(args[4]) ? 0 : hd_object_truth(t, args[4]);
    if (dont_inherit < 0) return HD_NULL;
    int feature = hd_is_null(args[6]) ? -1 : hd_number_as_int(t, args[6]);
    if (feature == -1 && hd_raised(t)) return HD_NULL;
    if (flags & ~PUBLIC_FLAGS) return hd_raise(t, &hd_ValueError, "compile(): unrecognised flags");
    if (optimize < -1 || optimize > 2) return hd_raise(t, &hd_ValueError, "compile(): invalid optimize value");
    if (optimize == -1) optimize = hd_runtime.config->optimize;
    if (!dont_inherit) flags |= inherited_flags(t);
    int mode;
    if (hd_str_equals_text(args[2], "exec")) mode = HD_PARSE_EXEC;
    else if (hd_str_equals_text(args[2], "eval")) mode = HD_PARSE_EVAL;
    else if (hd_str_equals_text(args[2], "single")) mode = HD_PARSE_SINGLE;
    else if (hd_str_equals_text(args[2], "func_type")) {
        if (!(flags & HD_COMPILE_ONLY_AST))
            return hd_raise(t, &hd_ValueError, "compile() mode 'func_type' requires flag PyCF_ONLY_AST");
        mode = HD_PARSE_FUNC_TYPE;
    } else {
        return hd_raise(t, &hd_ValueError, flags & HD_COMPILE_ONLY_AST
                                               ? "compile() mode must be 'exec', 'eval', 'single' or 'func_type'"
                                               : "compile() mode must be 'exec', 'eval' or 'single'");
    }
    HdValue of_tree = HD_NULL;
    int is_tree = hd_ast_compile(t, args[0], filename, mode, flags, optimize, &of_tree);
    if (is_tree) return is_tree < 0 ? HD_NULL : of_tree;
    HdSize length;
    HD_OWNED HdValue keep = HD_NULL;
    const char *text = hd_builtins_source(t, args[0], "compile", "string, bytes or AST", &length, &keep, &flags);
    if (!text) return HD_NULL;
    if (flags & HD_COMPILE_ONLY_AST) return hd_ast_parse(t, text, length, filename, mode, flags, feature);
    return hd_compile_source(t, text, length, filename, mode, flags, optimize);
}

/* --- classes and imports --- */

static HdValue builtin_build_class(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_vm_build_class(t, args, nargs, kwnames);
}

static HdValue builtin_import(HdThread *t, HdValue self, const HdValue *args) {
    int level = hd_is_null(args[4]) ? 0 : hd_number_as_int(t, args[4]);
    if (level == -1 && hd_raised(t)) return HD_NULL;
    return hd_import_name(t, args[0], hd_is_null(args[1]) ? hd_None : args[1], hd_is_null(args[3]) ? hd_None : args[3],
                              level);
}

static HdValue builtin_breakpoint(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue hook = hd_dict_get_text(t, hd_runtime.sys_dict, "breakpointhook");
    if (hd_is_null(hook)) return hd_raise(t, &hd_RuntimeError, "lost sys.breakpointhook");
    return hd_object_call(t, hook, args, nargs, kwnames);
}

static const HdMethodDef functions[] = {
    HD_METHOD_RAW(builtin_build_class, "__build_class__", "__build_class__(func, name, /, *bases, [metaclass], **kwds) -> class"),
    HD_METHOD(builtin_import, "__import__(name, globals=<none>, locals=<none>, fromlist=(), level=0)",
              "Import a module: what the import statement calls."),
    HD_METHOD(builtin_abs, "abs(x, /)", "Return the absolute value of the argument."),
    HD_METHOD(builtin_all, "all(iterable, /)", "Return True if bool(x) is True for all values x in the iterable."),
    HD_METHOD(builtin_any, "any(iterable, /)", "Return True if bool(x) is True for any x in the iterable."),
    HD_METHOD(builtin_ascii, "ascii(obj, /)", "Return an ASCII-only representation of an object."),
    HD_METHOD(builtin_bin, "bin(number, /)", "Return the binary representation of an integer."),
    HD_METHOD_RAW(builtin_breakpoint, "breakpoint", "Call sys.breakpointhook(*args, **kws)."),
    HD_METHOD(builtin_callable, "callable(obj, /)", "Return whether the object is callable."),
    HD_METHOD(builtin_chr, "chr(i, /)", "Return a Unicode string of one character with ordinal i; 0 <= i <= 0x10ffff."),
    HD_METHOD(builtin_compile,
              "compile(source, filename, mode, flags=0, dont_inherit=False, optimize=-1, *, _feature_version=-1)",
              "Compile source into a code object that can be executed by exec() or eval()."),
    HD_METHOD(builtin_delattr, "delattr(obj, name, /)", "Delete the named attribute from the given object."),
    HD_METHOD(builtin_dir, "dir(object=<none>, /)", "Return the names in the current scope, or the attributes of an object."),
    HD_METHOD(builtin_divmod, "divmod(x, y, /)", "Return the tuple (x//y, x%y)."),
    HD_METHOD(builtin_eval, "eval(source, globals=None, locals=None, /)", "Evaluate the source in the context of globals and locals."),
    HD_METHOD(builtin_exec, "exec(source, globals=None, locals=None, /, *, closure=None)",
              "Execute the source in the context of globals and locals."),
    HD_METHOD(builtin_format, "format(value, format_spec='', /)", "Return type(value).__format__(value, format_spec)."),
    HD_METHOD(builtin_getattr, "getattr(object, name, default=<none>, /)",
              "Get a named attribute from an object; the default, if given, is returned when it does not exist."),
    HD_METHOD(builtin_globals, "globals()", "Return the dictionary of the current global variables."),
    HD_METHOD(builtin_hasattr, "hasattr(obj, name, /)", "Return whether the object has an attribute with the given name."),
    HD_METHOD(builtin_hash, "hash(obj, /)", "Return the hash value for the given object."),
    HD_METHOD(builtin_hex, "hex(number, /)", "Return the hexadecimal representation of an integer."),
    HD_METHOD(builtin_id, "id(obj, /)", "Return the identity of an object: its address, or the word that holds its value."),
    HD_METHOD(hd_builtins_input, "input(prompt='', /)", "Read a line from standard input; the trailing newline is stripped."),
    HD_METHOD(builtin_isinstance, "isinstance(obj, class_or_tuple, /)",
              "Return whether an object is an instance of a class or of a subclass thereof."),
    HD_METHOD(builtin_issubclass, "issubclass(cls, class_or_tuple, /)",
              "Return whether 'cls' is derived from another class or is the same class."),
    HD_METHOD(builtin_iter, "iter(object, sentinel=<none>, /)", "Get an iterator from an object, or one that calls until the sentinel."),
    HD_METHOD(builtin_aiter, "aiter(async_iterable, /)", "Return an AsyncIterator for an AsyncIterable object."),
    HD_METHOD(builtin_anext, "anext(aiterator, default=<unrepresentable>, /)", "Return the next item from the async iterator."),
    HD_METHOD(builtin_len, "len(obj, /)", "Return the number of items in a container."),
    HD_METHOD(builtin_locals, "locals()", "Return a dictionary containing the current scope's local variables."),
    HD_METHOD_RAW(builtin_max, "max", "max(iterable, *[, default=obj, key=func]) -> value\nmax(arg1, arg2, *args, *[, key=func]) -> value"),
    HD_METHOD_RAW(builtin_min, "min", "min(iterable, *[, default=obj, key=func]) -> value\nmin(arg1, arg2, *args, *[, key=func]) -> value"),
    HD_METHOD(builtin_next, "next(iterator, default=<none>, /)", "Return the next item from the iterator."),
    HD_METHOD(builtin_oct, "oct(number, /)", "Return the octal representation of an integer."),
    HD_METHOD(builtin_ord, "ord(c, /)", "Return the Unicode code point for a one-character string."),
    HD_METHOD(builtin_pow, "pow(base, exp, mod=None)", "Equivalent to base**exp, or base**exp % mod."),
    HD_METHOD(hd_builtins_print, "print(*args, sep=' ', end='\\n', file=None, flush=False)",
              "Print the values to a stream, or to sys.stdout by default, in one piece."),
    HD_METHOD(builtin_repr, "repr(obj, /)", "Return the canonical string representation of the object."),
    HD_METHOD(builtin_round, "round(number, ndigits=None)", "Round a number to a given precision in decimal digits."),
    HD_METHOD(builtin_setattr, "setattr(obj, name, value, /)", "Set the named attribute on the given object."),
    HD_METHOD(builtin_sorted, "sorted(iterable, /, *, key=None, reverse=False)",
              "Return a new list containing all items from the iterable in ascending order."),
    HD_METHOD(builtin_sum, "sum(iterable, /, start=0)", "Return the sum of a 'start' value plus an iterable of numbers."),
    HD_METHOD(builtin_vars, "vars(object=<none>, /)", "Return locals(), or object.__dict__."),
    HD_METHODS_END,
};

static int builtins_exec(HdThread *t, HdValue module) { return hd_type_ready(t, &hd_anext_awaitable_type); }

const HdModuleDef hd_module_builtins = {
    .name = "builtins",
    .doc = "Built-in functions, types, exceptions, and other objects.",
    .functions = functions,
    .exec = builtins_exec,
};
