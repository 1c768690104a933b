/* eval.h -- private to vm/: what the eval loop's handlers call for the rarer half of their work (eval_*.c).
 *
 * Operands are lent, results owned; -1 or HD_NULL = raised.
 */
#ifndef HD_EVAL_H
#define HD_EVAL_H

#include "cache.h"
#include "frame.h"
#include "generator.h"
#include "float.h"
#include "module_object.h"
#include "vm.h"

/* names */
HD_COLD void hd_eval_raise_name(HdThread *t, HdValue name);
HD_COLD void hd_eval_raise_unbound(HdThread *t, const HdCode *code, uint32_t local);
HdValue hd_eval_load_name(HdThread *t, HdFrame *frame, HdValue name) HD_CHECK;
HdValue hd_eval_load_global(HdThread *t, HdFrame *frame, HdValue name) HD_CHECK;
int hd_eval_store_name(HdThread *t, HdFrame *frame, HdValue name, HdValue value) HD_CHECK;
int hd_eval_delete_name(HdThread *t, HdFrame *frame, HdValue name) HD_CHECK;
int hd_eval_delete_global(HdThread *t, HdFrame *frame, HdValue name) HD_CHECK;
HdValue hd_eval_load_classderef(HdThread *t, HdFrame *frame, uint32_t local) HD_CHECK;
int hd_eval_setup_annotations(HdThread *t, HdFrame *frame) HD_CHECK;
HdValue hd_eval_load_build_class(HdThread *t, HdFrame *frame) HD_CHECK;
/* super(class, self).name or super().name; *self as hd_object_getmethod when method */
HdValue hd_eval_load_super(HdThread *t, HdFrame *frame, const HdRef *args, uint32_t operand, bool method,
                           HdValue *self) HD_CHECK;

/* containers */
int hd_eval_unpack(HdThread *t, HdValue v, HdSize count, HdRef *top) HD_CHECK; /* fills top[-1] … top[-count] */
int hd_eval_unpack_ex(HdThread *t, HdValue v, HdSize before, HdSize after, HdRef *top) HD_CHECK;
HdValue hd_eval_build_map(HdThread *t, const HdRef *items, HdSize pairs) HD_CHECK;
HdValue hd_eval_build_const_map(HdThread *t, const HdRef *values, HdValue keys) HD_CHECK;
HdValue hd_eval_build_string(HdThread *t, const HdRef *items, HdSize count) HD_CHECK;
HdValue hd_eval_build_set(HdThread *t, const HdRef *items, HdSize count) HD_CHECK;
int hd_eval_list_extend(HdThread *t, HdValue list, HdValue iterable) HD_CHECK;
int hd_eval_dict_update(HdThread *t, HdValue dict, HdValue mapping) HD_CHECK;
int hd_eval_dict_merge(HdThread *t, HdValue dict, HdValue mapping, HdValue callable) HD_CHECK;
HdValue hd_eval_slice(HdThread *t, HdValue v, HdValue start, HdValue stop) HD_CHECK;
int hd_eval_store_slice(HdThread *t, HdValue v, HdValue start, HdValue stop, HdValue value) HD_CHECK;
HdValue hd_eval_format(HdThread *t, HdValue v, HdValue spec_or_null) HD_CHECK;
HdValue hd_eval_convert(HdThread *t, HdValue v, uint32_t how) HD_CHECK;

/* match */
HdValue hd_eval_match_keys(HdThread *t, HdValue subject, HdValue keys) HD_CHECK;
HdValue hd_eval_match_class(HdThread *t, HdValue subject, HdValue type, HdSize positional, HdValue names) HD_CHECK;

/* exceptions */
int hd_eval_exception_matches(HdThread *t, HdValue exception, HdValue type) HD_CHECK;
int hd_eval_check_group_types(HdThread *t, HdValue type) HD_CHECK;
void hd_eval_raise(HdThread *t, HdValue exception, HdValue cause); /* HD_NULL: none; always raises */
bool hd_eval_reraise_current(HdThread *t); /* false: there is none, RuntimeError is raised */

/* with */
/* What `with manager` calls; owned. -1 = raised. */
typedef struct HdWithMethods {
    HdValue enter, exit;
    bool enter_bound, exit_bound; /* else they want the manager as self */
} HdWithMethods;
int hd_eval_find_with(HdThread *t, HdValue manager, bool async, HdWithMethods *found) HD_CHECK;
/* Calls `enter`, which is taken over; `exit` as well when it raises. */
HdValue hd_eval_enter_steal(HdThread *t, HdValue manager, const HdWithMethods *found) HD_CHECK;

/* calls */
/* A frame for calling `function` (lent) with lent arguments, linked behind t->frame; NULL = raised. */
HdFrame *hd_eval_push_call(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
/* CALL_STAR: the arguments side by side, lent; in `few` where they fit. `end[-1]` is the tuple that holds the last of them. */
enum { HD_EVAL_FEW_ARGS = 12 };
typedef struct HdCallArgs {
    HdRef *refs;
    HdSize count;
} HdCallArgs;
int hd_eval_gather_args(HdThread *t, HdRef *base, HdRef *end, HdRef *few, HdCallArgs *out) HD_CHECK;
HD_INLINE void hd_eval_drop_args(HdThread *t, HdCallArgs *args, HdRef *few) {
    if (HD_UNLIKELY(args->refs != few)) hd_heap_raw_free(t, args->refs, (size_t)args->count * sizeof(HdRef));
}
/* CALL_STAR, CALL_FUNCTION_EX: arguments as a tuple (owned), or raised, naming the callable if there is one. */
HdValue hd_eval_args_tuple(HdThread *t, HdValue callable, HdValue args) HD_CHECK;
/* A new instance of `type` if calling it means object.__new__ and a Python __init__, which goes to *init (lent);
 * HD_NULL and no exception: take the general way. */
HdValue hd_eval_class_instance(HdThread *t, HdType *type, HdValue *init);
HD_COLD int hd_eval_too_deep(HdThread *t);

/* iteration and awaiting */
HdValue hd_eval_yield_from_iter(HdThread *t, HdFrame *frame, HdValue v) HD_CHECK;
HdValue hd_eval_get_awaitable(HdThread *t, HdValue v, uint32_t how) HD_CHECK;
HdValue hd_eval_get_aiter(HdThread *t, HdValue v) HD_CHECK;
HdValue hd_eval_get_anext(HdThread *t, HdValue v) HD_CHECK;

/* import */
HdValue hd_eval_import_from(HdThread *t, HdValue module, HdValue name) HD_CHECK;
int hd_eval_print_expr(HdThread *t, HdValue v) HD_CHECK;

/* specialising: pick an opcode by the operands */
void hd_eval_specialise_binary(HdThread *t, HdCode *code, HdUnit *unit, uint32_t op, HdValue a, HdValue b);
void hd_eval_specialise_compare(HdThread *t, HdCode *code, HdUnit *unit, HdValue a, HdValue b);
void hd_eval_specialise_subscr(HdThread *t, HdCode *code, HdUnit *unit, HdValue o, HdValue key, bool store);
void hd_eval_specialise_call(HdThread *t, HdCode *code, HdUnit *unit, HdValue callable, const HdRef *args, HdSize nargs);
void hd_eval_specialise_for_iter(HdThread *t, HdCode *code, HdUnit *unit, HdValue iterator);
void hd_eval_specialise_unpack(HdThread *t, HdCode *code, HdUnit *unit, HdValue v, uint32_t count);
void hd_eval_specialise_contains(HdThread *t, HdCode *code, HdUnit *unit, HdValue container);

/* Numbers as double: immediate ints and floats and boxed floats. */
HD_INLINE bool hd_eval_as_double(HdValue v, double *out) {
    if (hd_is_imm_float(v)) {
        *out = hd_imm_float_value(v);
        return true;
    }
    if (hd_is_imm_int(v)) {
        int64_t n = hd_imm_int_value(v);
        *out = (double)n;
        return true;
    }
    if (hd_is_exact_object(v, &hd_float_type)) {
        *out = HD_AS(HdFloat, v)->value;
        return true;
    }
    return false;
}

/* tracing (trace.c); each returns -1 when the trace function raised */
int hd_trace_instruction(HdThread *t, HdFrame *frame, const HdUnit *unit) HD_CHECK;
int hd_trace_call(HdThread *t, HdFrame *frame) HD_CHECK;
int hd_trace_return(HdThread *t, HdFrame *frame, HdValue value_or_null) HD_CHECK;
void hd_trace_exception(HdThread *t, HdFrame *frame);
/* frame.f_lineno = line */
int hd_trace_set_line(HdThread *t, HdFrameObject *object, HdValue line) HD_CHECK;

/* Runs `frame`; throwing: the exception that is set is raised where it stopped. */
HdValue hd_eval_run(HdThread *t, HdFrame *frame, bool throwing) HD_CHECK;

/* A class that is called as type.__call__ does: of most metaclasses. */
HD_INLINE bool hd_eval_is_plain_class(HdValue v) {
    return hd_is_object(v) && HD_LOAD_RELAXED(&HD_LOAD_RELAXED(&hd_as_object(v)->type)->call) == hd_type_type.call;
}

#endif
