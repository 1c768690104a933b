/* vm.c -- starting the VM, running code objects, building classes, importing names.
 *
 * No state of its own: HdVmState lies in HdRuntime, HdVmThread in the thread record.
 */
#include "vm.h"

#include "errors.h"
#include "eval.h"
#include "exceptions.h"
#include "gc.h"
#include "safepoint.h"

static int serve_async_exception(HdThread *t) {
    HdValue type = {HD_EXCHANGE(&t->async_exception.bits, (uint64_t)0)};
    if (hd_is_null(type)) return 0;
    hd_eval_raise(t, type, HD_NULL);
    hd_release(t, type);
    return -1;
}

static int serve_gc(HdThread *t) {
    hd_gc_poll(t);
    return 0;
}

static HdValue current_globals(HdThread *t) { return hd_retain(t, hd_frame_current_globals_borrowed(t)); }

/* super() without arguments: the cell __class__ and the first argument of the running function. */
static int super_arguments(HdThread *t, HdValue *type, HdValue *self) {
    HdFrame *frame = t->frame;
    if (!frame) return hd_raise_int(t, &hd_RuntimeError, "super(): no current frame");
    HdCode *code = frame->code;
    if (code->argcount == 0) return hd_raise_int(t, &hd_RuntimeError, "super(): no arguments");
    HdValue first = hd_ref_value(frame->slots[0]);
    if (!hd_is_null(first) && hd_code_local_kind(code, 0) & HD_LOCAL_CELL && hd_is_exact_object(first, &hd_cell_type)) {
        first = hd_cell_get(t, first);
    } else {
        first = hd_retain(t, first);
    }
    if (hd_is_null(first)) return hd_raise_int(t, &hd_RuntimeError, "super(): arg[0] deleted");
    HdValue found = HD_NULL;
    bool is_there = false;
    for (int i = code->localsplus_count - code->free_count; i < code->localsplus_count; i++) {
        if (!hd_str_equals_text(hd_code_local_name(code, (uint32_t)i), "__class__")) continue;
        HdValue cell = hd_ref_value(frame->slots[i]);
        is_there = true;
        if (!hd_is_null(cell)) found = hd_cell_get(t, cell);
    }
    if (hd_is_null(found)) {
        hd_raise(t, &hd_RuntimeError, is_there ? "super(): empty __class__ cell" : "super(): __class__ cell not found");
    } else if (!hd_is_type(found)) {
        hd_raise(t, &hd_RuntimeError, "super(): __class__ is not a type (%T)", found);
        hd_clear_slot(t, &found);
    }
    if (hd_is_null(found)) {
        hd_release(t, first);
        return -1;
    }
    *type = found;
    *self = first;
    return 0;
}

/* While a class is made from `namespace`: how many attributes its methods seem to store. */
static int attrs_hint(HdThread *t, HdValue namespace) {
    HdVmThread *vm = t->vm;
    return vm && hd_same(vm->hint_namespace, namespace) ? vm->hint : 0;
}

int hd_vm_init(HdThread *t) {
    struct HdVmState *vm = hd_heap_raw_zeroed(t, sizeof *vm);
    if (!vm) {
        hd_raise_no_memory(t);
        return -1;
    }
    vm->next_function_version = 1;
    t->runtime->vm = vm;
    if (hd_frame_init(t) < 0 || hd_function_init(t) < 0 || hd_generator_init(t) < 0) return -1;
    (void)!hd_is_null(hd_eval_run(t, NULL, false)); /* fills in the tables */
    if (hd_safepoint_yields()) vm->run_table = vm->yield_table;
    hd_safepoint_set_tables(vm->run_table, vm->break_table);
    hd_safepoint_set_own_tables(t, vm->run_table, vm->break_table);
    hd_code_hooks.free_extra = hd_cache_free;
    hd_object_hooks.safe_point = hd_safepoint_full;
    hd_object_hooks.current_globals = current_globals;
    hd_object_hooks.super_arguments = super_arguments;
    hd_object_hooks.attrs_hint = attrs_hint;
    HdSafepointHooks *hooks = hd_safepoint_hooks();
    if (!hooks->async_exception) hooks->async_exception = serve_async_exception;
    if (!hooks->gc) hooks->gc = serve_gc;
    return 0;
}

int hd_vm_thread_begin(HdThread *t) {
    HdVmThread *vm = hd_heap_raw_zeroed(t, sizeof *vm);
    if (!vm) {
        hd_raise_no_memory(t);
        return -1;
    }
    t->vm = vm;
    t->exc_info = &vm->base;
    t->frame = NULL;
    t->recursion_depth = 0;
    t->recursion_headroom = 0;
    t->recursion_limit = t->runtime->recursion_limit ? t->runtime->recursion_limit : 1000;
    t->enter_limit = t->recursion_limit;
    t->python_top = t->python_limit = NULL;
    HdFrame *first = hd_frame_push(t, 64); /* makes the first chunk */
    if (!first) return -1;
    t->python_top = (char *)first;
    return 0;
}

void hd_vm_thread_end(HdThread *t) {
    HdVmThread *vm = t->vm;
    if (!vm) return;
    hd_clear_slot(t, &vm->base.exc);
    hd_clear_slot(t, &t->trace_function);
    hd_clear_slot(t, &t->profile_function);
    t->use_tracing = false;
    t->exc_info = NULL;
    if (vm->spare) hd_heap_raw_free(t, vm->spare, (size_t)(vm->spare->end - (char *)vm->spare));
    while (vm->chunk) {
        HdStackChunk *chunk = vm->chunk;
        vm->chunk = chunk->previous;
        hd_heap_raw_free(t, chunk, (size_t)(chunk->end - (char *)chunk));
    }
    t->vm = NULL;
    hd_heap_raw_free(t, vm, sizeof *vm);
}

/* --- running code --- */

HdValue hd_vm_exec_closure(HdThread *t, HdValue code_value, HdValue globals, HdValue locals, HdValue closure) {
    HdCode *code = hd_code(code_value);
    HdValue function = hd_function_new(t, code_value, globals);
    if (hd_is_null(function)) return HD_NULL;
    if (!hd_is_null(closure)) HD_AS(HdFunction, function)->closure = hd_retain(t, closure);
    HdFrame *frame = hd_frame_new_steal(t, function);
    if (!frame) return HD_NULL;
    if (code->argcount + code->kwonlyargcount > 0 || code->flags & (HD_CO_VARARGS | HD_CO_VARKEYWORDS)) {
        if (hd_function_bind(t, frame, NULL, 0, HD_NULL) < 0) {
            hd_frame_end(t, frame);
            return HD_NULL;
        }
    }
    if (!(code->flags & HD_CO_OPTIMIZED)) hd_frame_set_locals_steal(frame, hd_retain(t, hd_is_null(locals) ? globals : locals));
    frame->previous = t->frame;
    return hd_eval_run(t, frame, false);
}

HdValue hd_vm_exec_code(HdThread *t, HdValue code, HdValue globals, HdValue locals) {
    return hd_vm_exec_closure(t, code, globals, locals, HD_NULL);
}

/* --- classes --- */

/* bases with __mro_entries__ resolved; owned. */
static HdValue resolve_bases(HdThread *t, HdValue bases) {
    HdSize count = hd_tuple_length(bases);
    HdValue list = HD_NULL;
    for (HdSize i = 0; i < count; i++) {
        HdValue base = hd_tuple_at_borrowed(bases, i), method = HD_NULL;
        int found = hd_is_type(base) ? 0 : hd_object_find_attr(t, base, HD_NAME("__mro_entries__"), &method);
        if (found < 0) goto failed;
        if (found == 0) {
            if (!hd_is_null(list) && hd_list_append(t, list, base) < 0) goto failed;
            continue;
        }
        HdValue entries = hd_object_call1(t, method, bases);
        hd_release(t, method);
        if (hd_is_null(entries)) goto failed;
        if (!hd_is_tuple(entries)) {
            hd_release(t, entries);
            hd_raise(t, &hd_TypeError, "__mro_entries__ must return a tuple");
            goto failed;
        }
        if (hd_is_null(list)) list = hd_list_from_values(t, HD_AS(HdTuple, bases)->at, i);
        int result = hd_is_null(list) ? -1 : hd_list_extend(t, list, entries);
        hd_release(t, entries);
        if (result < 0) goto failed;
    }
    if (hd_is_null(list)) return hd_retain(t, bases);
    HdValue tuple = hd_list_as_tuple(t, list);
    hd_release(t, list);
    return tuple;
failed:
    hd_release(t, list);
    return HD_NULL;
}

/* The namespace that the metaclass prepares; owned. */
static HdValue prepare_namespace(HdThread *t, HdValue meta, HdValue name, HdValue bases, HdValue keywords) {
    HdValue prepare;
    int found = hd_object_find_attr(t, meta, HD_NAME("__prepare__"), &prepare);
    if (found < 0) return HD_NULL;
    if (found == 0) return hd_dict_new(t);
    HdValue args = hd_tuple_pack(t, 2, name, bases), namespace = HD_NULL;
    if (!hd_is_null(args)) namespace = hd_object_call_ex(t, prepare, args, keywords);
    hd_release(t, args);
    hd_release(t, prepare);
    if (!hd_is_null(namespace) && !hd_type_of(namespace)->getitem) {
        hd_raise(t, &hd_TypeError, "%s.__prepare__() must return a mapping, not %T",
                 hd_is_type(meta) ? hd_type_short_name(HD_AS(HdType, meta)) : "<metaclass>", namespace);
        hd_clear_slot(t, &namespace);
    }
    return namespace;
}

static HdValue run_class_body(HdThread *t, HdValue function, HdValue namespace) {
    HdFrame *frame = hd_frame_new_steal(t, hd_retain(t, function));
    if (!frame) return HD_NULL;
    hd_frame_set_locals_steal(frame, hd_retain(t, namespace));
    frame->previous = t->frame;
    return hd_eval_run(t, frame, false);
}

/* The __class__ cell must hold the class by now. */
static int check_cell(HdThread *t, HdValue made, HdValue cell, HdValue name) {
    if (!hd_is_type(made) || !hd_is_exact_object(cell, &hd_cell_type)) return 0;
    HdValue in_cell = hd_cell_get(t, cell);
    int result = 0;
    if (hd_is_null(in_cell)) {
        result = hd_raise_int(t, &hd_RuntimeError,
                              "__class__ not set defining %R as %R. Was __classcell__ propagated to type.__new__?", name,
                              made);
    } else if (!hd_same(in_cell, made)) {
        result = hd_raise_int(t, &hd_TypeError, "__class__ set to %R defining %R as %R", in_cell, name, made);
    }
    hd_release(t, in_cell);
    return result;
}

static HdValue make_class(HdThread *t, HdValue function, HdValue name, HdValue original_bases, HdValue keywords) {
    HdVmThread *vm = t->vm;
    HdValue bases = resolve_bases(t, original_bases);
    if (hd_is_null(bases)) return HD_NULL;
    HdValue meta = HD_NULL, namespace = HD_NULL, cell = HD_NULL, made = HD_NULL, args = HD_NULL;
    int found = hd_is_null(keywords) ? 0 : hd_dict_pop(t, keywords, HD_NAME("metaclass"), &meta);
    if (found < 0) goto done;
    if (found == 0) {
        HdType *type = hd_tuple_length(bases) ? hd_type_of(hd_tuple_at_borrowed(bases, 0)) : &hd_type_type;
        meta = hd_retain(t, hd_type_value(type));
    }
    if (hd_is_type(meta)) {
        HdType *winner = hd_type_metaclass(t, HD_AS(HdType, meta), bases);
        if (!winner) goto done;
        hd_replace_steal(t, &meta, hd_retain(t, hd_type_value(winner)));
    }
    namespace = prepare_namespace(t, meta, name, bases, keywords);
    if (hd_is_null(namespace)) goto done;
    cell = run_class_body(t, function, namespace);
    if (hd_is_null(cell)) goto done;
    if (!hd_same(bases, original_bases) &&
        hd_object_setitem(t, namespace, HD_NAME("__orig_bases__"), original_bases) < 0) goto done;
    args = hd_tuple_pack(t, 3, name, bases, namespace);
    if (hd_is_null(args)) goto done;
    vm->hint_namespace = namespace;
    vm->hint = HD_AS(HdFunction, function)->code->attrs_hint;
    made = hd_object_call_ex(t, meta, args, keywords);
    vm->hint_namespace = HD_NULL;
    if (hd_is_null(made)) goto done;
    if (check_cell(t, made, cell, name) < 0) {
        hd_clear_slot(t, &made);
    }
done:
    hd_release(t, args);
    hd_release(t, cell);
    hd_release(t, namespace);
    hd_release(t, meta);
    hd_release(t, bases);
    return made;
}

HdValue hd_vm_build_class(HdThread *t, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 2) return hd_raise(t, &hd_TypeError, "__build_class__: not enough arguments");
    HdValue function = hd_ref_value(args[0]), name = hd_ref_value(args[1]);
    if (!hd_is_function(function)) return hd_raise(t, &hd_TypeError, "__build_class__: func must be a function");
    if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "__build_class__: name is not a string");
    HdValue bases = hd_tuple_from_refs(t, args + 2, nargs - 2), keywords = HD_NULL, made = HD_NULL;
    if (hd_is_null(bases)) return HD_NULL;
    HdSize count = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (count > 0) keywords = hd_dict_new(t);
    if (count > 0 && hd_is_null(keywords)) goto done;
    for (HdSize i = 0; i < count; i++) {
        if (hd_dict_set(t, keywords, hd_tuple_at_borrowed(kwnames, i), hd_ref_value(args[nargs + i])) < 0) goto done;
    }
    made = make_class(t, function, name, bases, keywords);
done:
    hd_release(t, keywords);
    hd_release(t, bases);
    return made;
}

/* --- import --- */

HdValue hd_vm_import_name(HdThread *t, HdFrame *frame, HdValue name, HdValue fromlist, HdValue level) {
    HdValue import = hd_dict_get_str(t, hd_frame_builtins_borrowed(frame), HD_NAME("__import__"));
    if (hd_is_null(import)) return hd_raise(t, &hd_ImportError, "__import__ not found");
    HdValue locals = hd_is_null(frame->locals) ? hd_None : frame->locals;
    HdValue args[5] = {name, hd_frame_globals_borrowed(frame), locals, fromlist, level};
    HdValue module = hd_object_call_values(t, import, args, 5);
    hd_release(t, import);
    return module;
}

static int copy_name(HdThread *t, HdValue module, HdValue name, HdValue namespace) {
    HdValue v = hd_object_getattr(t, module, name);
    if (hd_is_null(v)) return -1;
    int result = hd_is_exact_dict(namespace) ? hd_dict_set(t, namespace, name, v) : hd_object_setitem(t, namespace, name, v);
    hd_release(t, v);
    return result;
}

int hd_vm_import_star(HdThread *t, HdValue module, HdValue namespace) {
    HdValue all = HD_NULL, dict = HD_NULL, iterator = HD_NULL;
    int result = -1;
    bool skip_private = false;
    int found = hd_object_find_attr(t, module, HD_NAME("__all__"), &all);
    if (found < 0) return -1;
    if (found == 0) {
        found = hd_object_find_attr(t, module, HD_NAME("__dict__"), &dict);
        if (found < 0) return -1;
        if (found == 0) return hd_raise_int(t, &hd_ImportError, "from-import-* object has no __dict__ and no __all__");
        all = hd_object_call_method0(t, dict, "keys");
        if (!hd_is_null(all)) hd_replace_steal(t, &all, hd_list_from_iterable(t, all));
        if (hd_is_null(all)) goto done;
        skip_private = true;
    }
    iterator = hd_object_iter(t, all);
    if (hd_is_null(iterator)) goto done;
    for (;;) {
        HdValue name = hd_object_next(t, iterator);
        if (hd_is_null(name)) break;
        if (!hd_is_str(name)) {
            HdValue module_name = HD_NULL;
            if (hd_object_find_attr(t, module, HD_NAME("__name__"), &module_name) == 1) {
                hd_raise(t, &hd_TypeError, "%s in %V.%s must be str, not %T", skip_private ? "Key" : "Item", module_name,
                         skip_private ? "__dict__" : "__all__", name);
                hd_release(t, module_name);
            }
            hd_release(t, name);
            goto done;
        }
        bool skip = skip_private && hd_str_length(name) > 0 && hd_str_at(name, 0) == '_';
        int copied = skip ? 0 : copy_name(t, module, name, namespace);
        hd_release(t, name);
        if (copied < 0) goto done;
    }
    if (!hd_raised(t)) result = 0;
done:
    hd_release(t, iterator);
    hd_release(t, all);
    hd_release(t, dict);
    return result;
}
