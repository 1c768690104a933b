/* frame_object.c -- the Python types `frame` and `traceback`, and f_locals.
 *
 * A frame object looks through to the activation while that lasts and owns a copy of its slots afterwards. Another
 * thread's running frame may be looked at (sys._current_frames): what it shows was true when the world stood still for it.
 */
#include "errors.h"
#include "eval.h"
#include "exceptions.h"
#include "safepoint.h"

HdValue hd_frame_object_borrowed(HdThread *t, HdFrame *frame) {
    if (frame->object) return hd_from_object(frame->object);
    HdFrameObject *object = HD_NEW(t, HdFrameObject, &hd_frame_type);
    if (!object) return HD_NULL;
    object->frame = frame;
    object->trace_lines = 1;
    frame->object = object;
    frame->unusual = true;
    return hd_from_object(object);
}

int hd_frame_line(const HdFrame *frame) {
    HdSize index = hd_frame_index(frame);
    if (index < 0) return frame->code->first_line;
    int line = hd_code_line(frame->code, (uint32_t)index);
    return line < 0 ? 0 : line;
}

/* Current value of a variable, lent; HD_NULL if it has none. */
static HdValue variable(HdThread *t, HdFrame *frame, int i, HdValue *owned) {
    HdValue v = hd_ref_value(frame->slots[i]);
    *owned = HD_NULL;
    if (hd_code_local_kind(frame->code, (uint32_t)i) & (HD_LOCAL_CELL | HD_LOCAL_FREE) && !hd_is_null(v) &&
        hd_is_exact_object(v, &hd_cell_type)) {
        *owned = hd_cell_get(t, v);
        return *owned;
    }
    return v;
}

/* Free variables before COPY_FREE_VARS ran are still in the closure. */
static HdValue closure_variable(HdThread *t, HdFrame *frame, int i, HdValue *owned) {
    int first_free = frame->code->localsplus_count - frame->code->free_count;
    HdValue closure = hd_is_null(frame->function) ? HD_NULL : hd_frame_function(frame)->closure;
    if (i < first_free || !hd_ref_is_null(frame->slots[i]) || hd_is_null(closure)) return HD_NULL;
    *owned = hd_cell_get(t, hd_tuple_at_borrowed(closure, i - first_free));
    return *owned;
}

HdValue hd_frame_locals_borrowed(HdThread *t, HdFrame *frame) {
    HdCode *code = frame->code;
    if (hd_is_null(frame->locals)) {
        HdValue locals = hd_dict_new(t);
        if (hd_is_null(locals)) return HD_NULL;
        hd_frame_set_locals_steal(frame, locals);
    }
    for (int i = 0; i < code->localsplus_count; i++) {
        uint8_t kind = hd_code_local_kind(code, (uint32_t)i);
        if (kind & HD_LOCAL_HIDDEN) continue;
        /* class bodies show their own free variables only by name */
        if (kind & HD_LOCAL_FREE && !(code->flags & HD_CO_OPTIMIZED)) continue;
        HdValue owned, name = hd_code_local_name(code, (uint32_t)i);
        HdValue v = variable(t, frame, i, &owned);
        if (hd_is_null(v)) v = closure_variable(t, frame, i, &owned);
        int result;
        if (!hd_is_null(v)) {
            result = hd_object_setitem(t, frame->locals, name, v);
        } else {
            result = hd_object_delitem(t, frame->locals, name);
            if (result < 0 && hd_raised_is(t, &hd_KeyError)) {
                hd_clear_raised(t);
                result = 0;
            }
        }
        hd_release(t, owned);
        if (result < 0) return HD_NULL;
    }
    return frame->locals;
}

void hd_frame_locals_to_fast(HdThread *t, HdFrame *frame) {
    HdCode *code = frame->code;
    if (hd_is_null(frame->locals) || !(code->flags & HD_CO_OPTIMIZED) || !hd_is_dict(frame->locals)) return;
    hd_frame_own_slots(t, frame);
    for (int i = 0; i < code->localsplus_count; i++) {
        uint8_t kind = hd_code_local_kind(code, (uint32_t)i);
        if (kind & HD_LOCAL_HIDDEN) continue;
        HdValue v = hd_dict_get_str(t, frame->locals, hd_code_local_name(code, (uint32_t)i));
        HdValue now = hd_ref_value(frame->slots[i]);
        if (kind & (HD_LOCAL_CELL | HD_LOCAL_FREE) && !hd_is_null(now) && hd_is_exact_object(now, &hd_cell_type)) {
            if (!hd_is_null(v)) hd_cell_set(t, now, v);
            hd_release(t, v);
        } else if (!hd_is_null(v) && !hd_same(v, now)) {
            HdRef old = frame->slots[i];
            frame->slots[i] = hd_ref_counted(v);
            hd_ref_release(t, old);
        } else {
            hd_release(t, v);
        }
    }
}

/* --- frame --- */

static HdFrameObject *as_frame(HdValue v) { return HD_AS(HdFrameObject, v); }
static HdFrame *activation(HdValue v) { return HD_LOAD_ACQUIRE(&as_frame(v)->frame); }

/* Whether the activation may be another thread's, which can change or end it meanwhile (GIL off). Looks at no frame. */
static bool is_foreign(HdThread *t, const HdFrame *frame) {
    if (!t->locks || !frame) return false;
    const HdVmThread *vm = t->vm;
    for (const HdStackChunk *chunk = vm->chunk; chunk; chunk = chunk->previous) {
        if ((const char *)frame >= chunk->data && (const char *)frame < chunk->end) return false;
    }
    return true;
}
/* The activation, to be looked at until `leave`: a foreign one with the world stopped. */
typedef struct Look {
    HdFrame *frame;
    bool stopped;
} Look;
static Look look_at(HdThread *t, HdFrameObject *object) {
    bool own = HD_LOAD_ACQUIRE(&object->own_bytes) != 0; /* before the pointer, which it says is final */
    Look look = {HD_LOAD_ACQUIRE(&object->frame), false};
    if (HD_LIKELY(own || !is_foreign(t, look.frame))) return look;
    hd_safepoint_stop_world(t);
    return (Look){HD_LOAD_ACQUIRE(&object->frame), true};
}
static void leave(HdThread *t, Look look) {
    if (look.stopped) hd_safepoint_start_world(t);
}

static HdValue get_back(HdThread *t, HdValue self, void *unused) {
    Look look = look_at(t, as_frame(self));
    HdFrame *frame = look.frame;
    HdValue back = {HD_LOAD_ACQUIRE(&as_frame(self)->back.bits)};
    if (hd_is_null(back)) back = frame && frame->previous ? hd_frame_object_borrowed(t, frame->previous) : hd_None;
    hd_retain(t, back);
    leave(t, look);
    return back;
}
HdValue hd_frame_object_code(HdThread *t, HdValue object) {
    Look look = look_at(t, as_frame(object));
    HdValue code = look.frame ? hd_retain(t, hd_from_object(look.frame->code)) : HD_NULL;
    leave(t, look);
    return code;
}
static HdValue get_code(HdThread *t, HdValue self, void *unused) {
    HdValue code = hd_frame_object_code(t, self);
    return hd_is_null(code) ? hd_None : code;
}
static HdValue get_globals(HdThread *t, HdValue self, void *unused) {
    Look look = look_at(t, as_frame(self));
    HdFrame *frame = look.frame;
    HdValue dict = frame && !hd_is_null(frame->function) ? hd_retain(t, hd_frame_globals_borrowed(frame)) : hd_None;
    leave(t, look);
    return dict;
}
static HdValue get_builtins(HdThread *t, HdValue self, void *unused) {
    Look look = look_at(t, as_frame(self));
    HdFrame *frame = look.frame;
    HdValue dict = frame && !hd_is_null(frame->function) ? hd_retain(t, hd_frame_builtins_borrowed(frame)) : hd_None;
    leave(t, look);
    return dict;
}
static HdValue get_locals(HdThread *t, HdValue self, void *unused) {
    Look look = look_at(t, as_frame(self));
    HdValue locals;
    if (!look.frame) locals = hd_dict_new(t);
    /* a class body may have a mapping of its own, which runs Python: it is shown as it is */
    else if (look.stopped && !hd_is_null(look.frame->locals) && !hd_is_exact_dict(look.frame->locals))
        locals = hd_retain(t, look.frame->locals);
    else locals = hd_retain(t, hd_frame_locals_borrowed(t, look.frame));
    leave(t, look);
    return locals;
}
static int line_of(HdThread *t, HdFrameObject *object) {
    Look look = look_at(t, object);
    int line = look.frame ? hd_frame_line(look.frame) : 0;
    leave(t, look);
    return line;
}
static HdValue get_lineno(HdThread *t, HdValue self, void *unused) {
    int line = as_frame(self)->line ? as_frame(self)->line : line_of(t, as_frame(self));
    return line ? hd_imm_int(line) : hd_None;
}
static HdValue get_lasti(HdThread *t, HdValue self, void *unused) {
    Look look = look_at(t, as_frame(self));
    HdSize index = look.frame ? hd_frame_index(look.frame) : -1;
    leave(t, look);
    return hd_imm_int(index < 0 ? -1 : 2 * index);
}
static HdValue get_trace(HdThread *t, HdValue self, void *unused) {
    HdValue v = as_frame(self)->trace;
    return hd_is_null(v) ? hd_None : hd_retain(t, v);
}
static int set_trace(HdThread *t, HdValue self, HdValue value, void *unused) {
    if (!hd_is_null(value) && hd_is_none(value)) value = HD_NULL;
    hd_replace_steal(t, &as_frame(self)->trace, hd_retain(t, value));
    return 0;
}
static int set_lineno(HdThread *t, HdValue self, HdValue value, void *unused) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    return hd_trace_set_line(t, as_frame(self), value);
}

static HdValue frame_clear_method(HdThread *t, HdValue self, const HdValue *args) {
    HdFrameObject *object = as_frame(self);
    HdFrame *frame = activation(self);
    if (!frame) return hd_None;
    if (frame->owner == HD_FRAME_GENERATOR) {
        HdGenerator *g = hd_generator_of_frame(frame);
        if (HD_LOAD_ACQUIRE(&g->state) == HD_GENERATOR_RUNNING) {
            return hd_raise(t, &hd_RuntimeError, "cannot clear an executing frame");
        }
        hd_type_finalize(t, &g->head); /* a coroutine that was never awaited says so */
        HdValue close = hd_object_call_method0(t, hd_from_object(g), "close");
        if (hd_is_null(close)) hd_write_unraisable(t, hd_from_object(g));
        hd_release(t, close);
        return hd_None;
    }
    if (frame->owner == HD_FRAME_THREAD) return hd_raise(t, &hd_RuntimeError, "cannot clear an executing frame");
    for (HdRef *slot = frame->slots; slot < frame->sp; slot++) {
        HdRef r = *slot;
        *slot = HD_REF_NULL;
        hd_ref_release(t, r);
    }
    if (frame->code->flags & HD_CO_OPTIMIZED) hd_clear_slot(t, &frame->locals);
    hd_clear_slot(t, &object->trace);
    return hd_None;
}

static HdValue frame_sizeof(HdThread *t, HdValue self, const HdValue *args) {
    Look look = look_at(t, as_frame(self));
    size_t bytes = sizeof(HdFrameObject) + (look.frame ? hd_frame_bytes(look.frame->code) : 0);
    leave(t, look);
    return hd_imm_int((int64_t)bytes);
}

static HdValue frame_repr(HdThread *t, HdValue self) {
    int line = line_of(t, as_frame(self));
    HD_OWNED HdValue code = hd_frame_object_code(t, self);
    if (hd_is_null(code)) return hd_str_format(t, "<frame at %p>", hd_as_object(self));
    return hd_str_format(t, "<frame at %p, file %R, line %d, code %U>", hd_as_object(self), hd_code(code)->filename, line,
                         hd_code(code)->name);
}

static void frame_object_clear(HdThread *t, HdObject *self) {
    HdFrameObject *object = (HdFrameObject *)self;
    hd_clear_slot(t, &object->trace);
    if (!object->own_bytes) return;
    HdFrame *frame = object->frame;
    for (HdRef *slot = frame->slots; slot < frame->sp; slot++) {
        HdRef r = *slot;
        *slot = HD_REF_NULL;
        hd_ref_release(t, r);
    }
    hd_clear_slot(t, &frame->locals);
}

static void frame_object_dealloc(HdThread *t, HdObject *self) {
    HdFrameObject *object = (HdFrameObject *)self;
    hd_clear_slot(t, &object->trace);
    if (object->own_bytes) {
        HdFrame *frame = object->frame;
        HD_STORE_RELEASE(&object->frame, NULL);
        hd_frame_clear(t, frame);
        hd_heap_raw_free(t, frame, object->own_bytes);
        object->own_bytes = 0;
    }
    hd_clear_slot(t, &object->back);
    hd_type_free(t, self);
}

static int frame_object_traverse(HdObject *self, HdVisit visit, void *context) {
    HdFrameObject *object = (HdFrameObject *)self;
    HD_VISIT(object->trace);
    HD_VISIT(object->back);
    return object->own_bytes ? hd_frame_traverse(object->frame, visit, context) : 0;
}

static const HdGetSetDef frame_getsets[] = {
    {"f_back", get_back, NULL, NULL, NULL},
    {"f_code", get_code, NULL, NULL, NULL},
    {"f_globals", get_globals, NULL, NULL, NULL},
    {"f_builtins", get_builtins, NULL, NULL, NULL},
    {"f_locals", get_locals, NULL, NULL, NULL},
    {"f_lineno", get_lineno, set_lineno, NULL, NULL},
    {"f_lasti", get_lasti, NULL, NULL, NULL},
    {"f_trace", get_trace, set_trace, NULL, NULL},
    {NULL},
};
static const HdMemberDef frame_members[] = {
    {"f_trace_lines", HD_MEMBER_BOOL, offsetof(HdFrameObject, trace_lines), false, NULL, false},
    {"f_trace_opcodes", HD_MEMBER_BOOL, offsetof(HdFrameObject, trace_opcodes), false, NULL, false},
    {NULL},
};
static const HdMethodDef frame_methods[] = {
    HD_METHOD(frame_clear_method, "clear($self, /)", "F.clear(): clear most references held by the frame"),
    HD_METHOD(frame_sizeof, "__sizeof__($self, /)", "F.__sizeof__() -> size of F in memory, in bytes"),
    HD_METHODS_END,
};

HdType hd_frame_type = {
    HD_TYPE_HEAD("frame"),
    .basicsize = sizeof(HdFrameObject),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = frame_object_dealloc,
    .traverse = frame_object_traverse,
    .clear = frame_object_clear,
    .repr = frame_repr,
    .getsets = frame_getsets,
    .members = frame_members,
    .methods = frame_methods,
};

/* --- traceback --- */

HdValue hd_traceback_new(HdThread *t, HdValue next, HdValue frame, int lasti, int line) {
    HdTraceback *traceback = HD_NEW(t, HdTraceback, &hd_traceback_type);
    if (!traceback) return HD_NULL;
    traceback->next = hd_retain(t, next);
    traceback->frame = hd_retain(t, frame);
    traceback->lasti = lasti;
    traceback->line = line;
    return hd_from_object(traceback);
}

int hd_traceback_line(HdTraceback *traceback) {
    int line = HD_LOAD_RELAXED(&traceback->line);
    if (HD_LIKELY(line != HD_LINE_LATER)) return line;
    HdThread *t = hd_thread_current();
    Look look = look_at(t, HD_AS(HdFrameObject, traceback->frame));
    line = look.frame ? hd_code_line(look.frame->code, (uint32_t)traceback->lasti / 2) : 0;
    leave(t, look);
    if (line < 0) line = 0;
    HD_STORE_RELAXED(&traceback->line, line);
    return line;
}

void hd_traceback_add(HdThread *t, HdFrame *frame) {
    HdValue exception = hd_take_raised(t);
    if (hd_is_null(exception)) hd_panic(__FILE__, __LINE__, "error without an exception");
    HdValue traceback = HD_NULL, object = HD_NULL;
    if (!hd_same(exception, hd_runtime.memory_error)) object = hd_frame_object_borrowed(t, frame);
    if (!hd_is_null(object)) {
        HdValue next = HD_AS(HdException, exception)->traceback;
        HdSize index = hd_frame_index(frame);
        traceback = hd_traceback_new(t, hd_is_null(next) || hd_is_none(next) ? HD_NULL : next, object,
                                     (int)(2 * (index < 0 ? 0 : index)), index < 0 ? hd_frame_line(frame) : HD_LINE_LATER);
    }
    if (hd_is_null(traceback)) hd_clear_raised(t); /* no memory for it: the exception goes on without */
    else hd_replace_steal(t, &HD_AS(HdException, exception)->traceback, traceback);
    hd_set_raised_steal(t, exception);
}

static HdTraceback *as_traceback(HdValue v) { return HD_AS(HdTraceback, v); }
static HdValue get_next(HdThread *t, HdValue self, void *unused) {
    HdValue v = as_traceback(self)->next;
    return hd_is_null(v) ? hd_None : hd_retain(t, v);
}
static int set_next(HdThread *t, HdValue self, HdValue value, void *unused) {
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "can't delete tb_next attribute");
    if (hd_is_none(value)) {
        value = HD_NULL;
    } else if (!hd_is_exact_object(value, &hd_traceback_type)) {
        return hd_raise_int(t, &hd_TypeError, "expected traceback object, got '%T'", value);
    }
    for (HdValue at = value; !hd_is_null(at); at = as_traceback(at)->next) {
        if (hd_same(at, self)) return hd_raise_int(t, &hd_ValueError, "traceback loop detected");
    }
    hd_replace_steal(t, &as_traceback(self)->next, hd_retain(t, value));
    return 0;
}
static HdValue get_tb_lineno(HdThread *t, HdValue self, void *unused) {
    int line = hd_traceback_line(as_traceback(self));
    return line ? hd_imm_int(line) : hd_None;
}

static HdValue traceback_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    static const HdMethodDef signature = {"TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)", NULL, NULL, NULL,
                                          HD_METHOD_PLAIN};
    HdValue a[4];
    if (hd_native_bind(t, &signature, args, nargs, kwnames, a) < 0) return HD_NULL;
    if (!hd_is_none(a[0]) && !hd_is_exact_object(a[0], &hd_traceback_type)) {
        return hd_raise(t, &hd_TypeError, "expected traceback object or None, got '%T'", a[0]);
    }
    if (!hd_is_exact_object(a[1], &hd_frame_type)) {
        return hd_raise(t, &hd_TypeError, "TracebackType() argument 'tb_frame' must be frame, not %T", a[1]);
    }
    if (!hd_is_imm_int(a[2]) || !hd_is_imm_int(a[3])) return hd_raise(t, &hd_TypeError, "an integer is required");
    return hd_traceback_new(t, hd_is_none(a[0]) ? HD_NULL : a[0], a[1], (int)hd_imm_int_value(a[2]),
                            (int)hd_imm_int_value(a[3]));
}

static HdValue traceback_dir(HdThread *t, HdValue self, const HdValue *args) {
    HdValue list = hd_list_new(t, 4);
    static const char *const names[] = {"tb_frame", "tb_next", "tb_lasti", "tb_lineno"};
    for (size_t i = 0; i < HD_COUNT_OF(names) && !hd_is_null(list); i++) {
        HdValue name = hd_str_intern_text(t, names[i]);
        if (hd_is_null(name) || hd_list_append_steal(t, list, name) < 0) hd_clear_slot(t, &list);
    }
    return list;
}

static void traceback_clear(HdThread *t, HdObject *self) {
    HdTraceback *traceback = (HdTraceback *)self;
    hd_clear_slot(t, &traceback->next);
    hd_clear_slot(t, &traceback->frame);
}
static void traceback_dealloc(HdThread *t, HdObject *self) {
    /* long chains: taken apart in a loop */
    HdTraceback *traceback = (HdTraceback *)self;
    HdValue next = traceback->next;
    traceback->next = HD_NULL;
    while (!hd_is_null(next) && hd_count_is_one(t, hd_as_object(next))) {
        HdValue after = as_traceback(next)->next;
        as_traceback(next)->next = HD_NULL;
        hd_release(t, next);
        next = after;
    }
    hd_release(t, next);
    traceback_clear(t, self);
    hd_type_free(t, self);
}
static int traceback_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdTraceback *)self)->next);
    HD_VISIT(((HdTraceback *)self)->frame);
    return 0;
}

static const HdGetSetDef traceback_getsets[] = {
    {"tb_next", get_next, set_next, NULL, NULL},
    {"tb_lineno", get_tb_lineno, NULL, NULL, NULL},
    {NULL},
};
static const HdMemberDef traceback_members[] = {
    {"tb_frame", HD_MEMBER_VALUE, offsetof(HdTraceback, frame), true, NULL, false},
    {"tb_lasti", HD_MEMBER_INT, offsetof(HdTraceback, lasti), true, NULL, false},
    {NULL},
};
static const HdMethodDef traceback_methods[] = {
    HD_METHOD(traceback_dir, "__dir__($self, /)", NULL),
    HD_METHODS_END,
};

HdType hd_traceback_type = {
    HD_TYPE_HEAD("traceback"),
    .doc = "Create a new traceback object.",
    .basicsize = sizeof(HdTraceback),
    .flags = HD_TYPE_GC,
    .dealloc = traceback_dealloc,
    .traverse = traceback_traverse,
    .clear = traceback_clear,
    .create = traceback_create,
    .getsets = traceback_getsets,
    .members = traceback_members,
    .methods = traceback_methods,
};

int hd_frame_init(HdThread *t) {
    return hd_type_ready(t, &hd_frame_type) < 0 || hd_type_ready(t, &hd_traceback_type) < 0 ? -1 : 0;
}
