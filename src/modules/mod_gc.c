/* mod_gc.c -- the module gc: the collector of mem/gc.h as Python sees it.
 *
 * Every collection is a whole one, so there is one generation in truth, the oldest: get_objects() of a younger one is
 * empty, and the number given to collect() is only counted and told to the callbacks.
 * gc.callbacks and gc.garbage are lists that belong to the module; the collector tells the module of its steps through
 * an HdGcObserver in the module's state.
 * What an object refers to is looked at with the world stopped, since other threads change objects; nothing is called then.
 */
#include <stdlib.h>

#include <heddle/module.h>

#include "clock.h"
#include "gc.h"
#include "safepoint.h"
#include "traceback_print.h"

enum { DEBUG_STATS = 1, DEBUG_COLLECTABLE = 2, DEBUG_UNCOLLECTABLE = 4, DEBUG_SAVEALL = 32, DEBUG_LEAK = 38 };

typedef struct State {
    HdValue callbacks, garbage; /* lists */
    int debug;
    HdTime started; /* the running collection */
    HdGcObserver observer;
} State;

static State *state_of(HdValue module) { return hd_module_state(module); }

/* --- what the collector tells --- */

static void write_line(HdThread *t, HdValue line) {
    if (hd_is_null(line)) {
        hd_clear_raised(t);
        return;
    }
    HD_OWNED HdValue text = line;
    const char *utf8 = hd_str_utf8(t, text, NULL);
    if (utf8) hd_traceback_write(t, utf8);
    else hd_clear_raised(t);
}

static HdValue make_info(HdThread *t, int generation, HdSize collected) {
    HdValue info = hd_dict_new(t);
    if (hd_is_null(info)) return HD_NULL;
    if (hd_dict_set_text(t, info, "generation", hd_imm_int(generation)) == 0 &&
        hd_dict_set_text(t, info, "collected", hd_imm_int(collected)) == 0 &&
        hd_dict_set_text(t, info, "uncollectable", hd_imm_int(0)) == 0)
        return info;
    hd_release(t, info);
    return HD_NULL;
}

static void call_callbacks(HdThread *t, State *state, const char *phase, int generation, HdSize collected) {
    if (hd_is_null(state->callbacks) || hd_list_length(state->callbacks) == 0) return;
    HD_OWNED HdValue callbacks = hd_retain(t, state->callbacks);
    HD_OWNED HdValue name = hd_str_from_text(t, phase);
    HD_OWNED HdValue info = hd_is_null(name) ? HD_NULL : make_info(t, generation, collected);
    if (hd_is_null(info)) {
        hd_write_unraisable(t, HD_NULL);
        return;
    }
    for (HdSize i = 0; i < hd_list_length(callbacks); i++) {
        HD_OWNED HdValue callback = hd_list_get(t, callbacks, i);
        if (hd_is_null(callback)) break;
        HdValue result = hd_object_call2(t, callback, name, info);
        if (hd_is_null(result)) hd_write_unraisable(t, callback);
        hd_release(t, result);
    }
}

static void collection_starts(HdThread *t, int generation, void *context) {
    State *state = context;
    if (state->debug & DEBUG_STATS) {
        state->started = hd_clock_read(HD_CLOCK_MONOTONIC);
        write_line(t, hd_str_format(t, "gc: collecting generation %d...\n", generation));
    }
    call_callbacks(t, state, "start", generation, 0);
}
static void collection_stops(HdThread *t, int generation, HdSize collected, void *context) {
    State *state = context;
    if (state->debug & DEBUG_STATS) {
        HdTime spent = hd_clock_read(HD_CLOCK_MONOTONIC) - state->started;
        write_line(t, hd_str_format(t, "gc: done, %zd unreachable, 0 uncollectable, %d.%c%c%c%cs elapsed\n", collected,
                                    (int)(spent / 1000000000), '0' + (int)(spent / 100000000 % 10),
                                    '0' + (int)(spent / 10000000 % 10), '0' + (int)(spent / 1000000 % 10),
                                    '0' + (int)(spent / 100000 % 10)));
    }
    call_callbacks(t, state, "stop", generation, collected);
}
static bool garbage_found(HdThread *t, HdObject *object, void *context) {
    State *state = context;
    if (state->debug & DEBUG_COLLECTABLE) {
        write_line(t, hd_str_format(t, "gc: collectable <%s %p>\n", object->type->name, (void *)object));
    }
    if (!(state->debug & DEBUG_SAVEALL) || hd_is_null(state->garbage)) return false;
    if (hd_list_append(t, state->garbage, hd_from_object(object)) == 0) return true;
    hd_clear_raised(t);
    return false;
}

/* --- running it --- */

static HdValue gc_enable(HdThread *t, HdValue self, const HdValue *args) {
    hd_gc_set_enabled(true);
    return hd_None;
}
static HdValue gc_disable(HdThread *t, HdValue self, const HdValue *args) {
    hd_gc_set_enabled(false);
    return hd_None;
}
static HdValue gc_isenabled(HdThread *t, HdValue self, const HdValue *args) { return hd_bool(hd_gc_is_enabled()); }

static HdValue gc_collect(HdThread *t, HdValue self, const HdValue *args) {
    int generation = hd_is_null(args[0]) ? HD_GC_GENERATIONS - 1 : hd_number_as_int(t, args[0]);
    if (generation == -1 && hd_raised(t)) return HD_NULL;
    if (generation < 0 || generation >= HD_GC_GENERATIONS) return hd_raise(t, &hd_ValueError, "invalid generation");
    return hd_int_from_i64(t, hd_gc_collect_generation(t, generation));
}

static HdValue gc_set_debug(HdThread *t, HdValue self, const HdValue *args) {
    int flags = hd_number_as_int(t, args[0]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    state_of(self)->debug = flags;
    return hd_None;
}
static HdValue gc_get_debug(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(state_of(self)->debug); }

static HdValue three(HdThread *t, const HdSize numbers[3]) {
    return hd_tuple_pack(t, 3, hd_imm_int(numbers[0]), hd_imm_int(numbers[1]), hd_imm_int(numbers[2]));
}
static HdValue gc_get_count(HdThread *t, HdValue self, const HdValue *args) {
    HdSize numbers[3];
    hd_gc_get_count(numbers);
    return three(t, numbers);
}
static HdValue gc_get_threshold(HdThread *t, HdValue self, const HdValue *args) {
    HdSize numbers[3];
    hd_gc_get_threshold(numbers);
    return three(t, numbers);
}
static HdValue gc_set_threshold(HdThread *t, HdValue self, const HdValue *args) {
    HdSize numbers[3];
    hd_gc_get_threshold(numbers);
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(args[i])) continue;
        int number = hd_number_as_int(t, args[i]);
        if (number == -1 && hd_raised(t)) return HD_NULL;
        numbers[i] = number < 0 ? 0 : number;
    }
    hd_gc_set_threshold(numbers[0], numbers[1], numbers[2]);
    return hd_None;
}

static HdValue gc_get_stats(HdThread *t, HdValue self, const HdValue *args) {
    HdGcStats stats[HD_GC_GENERATIONS];
    hd_gc_get_stats(stats);
    HD_OWNED HdValue list = hd_list_new(t, HD_GC_GENERATIONS);
    for (int i = 0; !hd_is_null(list) && i < HD_GC_GENERATIONS; i++) {
        HD_OWNED HdValue row = hd_dict_new(t);
        if (hd_is_null(row) || hd_dict_set_text(t, row, "collections", hd_imm_int(stats[i].collections)) < 0 ||
            hd_dict_set_text(t, row, "collected", hd_imm_int(stats[i].collected)) < 0 ||
            hd_dict_set_text(t, row, "uncollectable", hd_imm_int(0)) < 0 || hd_list_append(t, list, row) < 0)
            return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue gc_freeze(HdThread *t, HdValue self, const HdValue *args) {
    hd_gc_freeze(t);
    return hd_None;
}
static HdValue gc_unfreeze(HdThread *t, HdValue self, const HdValue *args) {
    hd_gc_unfreeze(t);
    return hd_None;
}
static HdValue gc_get_freeze_count(HdThread *t, HdValue self, const HdValue *args) {
    return hd_int_from_i64(t, hd_gc_frozen(t));
}

/* --- looking at objects --- */

/* As traverse, and for list, tuple and dict also what lies in them without being an object: ints and floats. */
static int visit_all(HdObject *object, HdVisit visit, void *context) {
    int result = hd_type_traverse_object(object, visit, context);
    HdValue v = hd_from_object(object);
    if (hd_is_list(v) || hd_is_tuple(v)) {
        HdSize length = hd_is_list(v) ? hd_list_length(v) : hd_tuple_length(v);
        for (HdSize i = 0; i < length && !result; i++) {
            HdValue item = hd_is_list(v) ? hd_list_at_borrowed(v, i) : hd_tuple_at_borrowed(v, i);
            if (!hd_is_object(item)) result = visit(item, context);
        }
    } else if (hd_has_type_flag(v, HD_TYPE_DICT)) {
        HdSize position = 0;
        HdValue key, value;
        while (!result && hd_dict_next_borrowed(v, &position, &key, &value)) {
            if (!hd_is_object(key)) result = visit(key, context);
            if (!result && !hd_is_object(value)) result = visit(value, context);
        }
    }
    return result;
}

typedef struct Found {
    HdThread *thread;
    HdValue *at; /* owned values */
    HdSize count, capacity;
} Found;

/* An HdVisit: notes a value; 1: no memory. */
static int note(HdValue v, void *context) {
    Found *found = context;
    if (found->count == found->capacity) {
        HdSize capacity = found->capacity ? found->capacity * 2 : 64;
        HdValue *grown = realloc(found->at, (size_t)capacity * sizeof *grown);
        if (!grown) return 1;
        found->at = grown;
        found->capacity = capacity;
    }
    found->at[found->count++] = hd_retain(found->thread, v);
    return 0;
}

static HdValue gc_get_referents(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "gc.get_referents", kwnames) < 0) return HD_NULL;
    Found found = {.thread = t};
    int failed = 0;
    hd_safepoint_stop_world(t);
    for (HdSize i = 0; i < nargs && !failed; i++) {
        HdValue v = hd_ref_value(args[i]);
        bool holds = hd_is_object(v) && ((hd_as_object(v)->flags & HD_FLAG_GC) || hd_is_exact_tuple(v));
        if (holds) failed = visit_all(hd_as_object(v), note, &found);
    }
    hd_safepoint_start_world(t);
    HdValue list = failed ? hd_raise_no_memory(t) : hd_list_from_values(t, found.at, found.count);
    for (HdSize i = 0; i < found.count; i++) hd_release(t, found.at[i]);
    free(found.at);
    return list;
}

typedef struct Targets {
    const HdRef *at;
    HdSize count;
} Targets;

static int is_target(HdValue v, void *context) {
    const Targets *targets = context;
    for (HdSize i = 0; i < targets->count; i++) {
        if (hd_same(v, hd_ref_value(targets->at[i]))) return 1;
    }
    return 0;
}
static bool refers_to(HdObject *object, void *context) { return visit_all(object, is_target, context) != 0; }

static HdValue list_of_objects(HdThread *t, bool (*wanted)(HdObject *object, void *context), void *context) {
    HdSize count;
    HdObject **objects = hd_gc_objects(t, wanted, context, &count);
    if (count < 0) return hd_raise_no_memory(t);
    HdValue list = hd_list_new(t, count);
    for (HdSize i = 0; i < count; i++) {
        HdValue object = hd_from_object(objects[i]);
        if (hd_is_null(list)) hd_release(t, object);
        else if (hd_list_append_steal(t, list, object) < 0) hd_clear_slot(t, &list);
    }
    free(objects);
    return list;
}

static HdValue gc_get_referrers(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "gc.get_referrers", kwnames) < 0) return HD_NULL;
    Targets targets = {args, nargs};
    return list_of_objects(t, refers_to, &targets);
}

static HdValue gc_get_objects(HdThread *t, HdValue self, const HdValue *args) {
    if (hd_is_null(args[0]) || hd_is_none(args[0])) return list_of_objects(t, NULL, NULL);
    HdSize generation = hd_number_as_size(t, args[0], &hd_IndexError);
    if (generation == -1 && hd_raised(t)) return HD_NULL;
    if (generation >= HD_GC_GENERATIONS) {
        return hd_raise(t, &hd_ValueError, "generation parameter must be less than the number of available generations (%d)",
                        HD_GC_GENERATIONS);
    }
    if (generation < -1) return hd_raise(t, &hd_ValueError, "generation parameter cannot be negative");
    return generation == -1 || generation == HD_GC_GENERATIONS - 1 ? list_of_objects(t, NULL, NULL) : hd_list_new(t, 0);
}

/* An HdVisit: stops at a container. */
static int is_container(HdValue v, void *context) { return hd_is_object(v) && (hd_as_object(v)->flags & HD_FLAG_GC); }

static HdValue gc_is_tracked(HdThread *t, HdValue self, const HdValue *args) {
    HdValue v = args[0];
    if (!hd_is_object(v) || !(hd_as_object(v)->flags & HD_FLAG_GC)) return hd_False;
    if (hd_is_exact_tuple(v)) return hd_bool(hd_tuple_length(v) != 0);
    if (!hd_is_exact_object(v, &hd_dict_type)) return hd_True;
    /* CPython does not track a dict that holds no container. */
    hd_safepoint_stop_world(t);
    bool tracked = hd_type_traverse_object(hd_as_object(v), is_container, NULL) != 0;
    hd_safepoint_start_world(t);
    return hd_bool(tracked);
}
static HdValue gc_is_finalized(HdThread *t, HdValue self, const HdValue *args) {
    return hd_bool(hd_is_object(args[0]) && (hd_as_object(args[0])->flags & (HD_FLAG_GC | HD_FLAG_FINALIZED)) ==
                                                (HD_FLAG_GC | HD_FLAG_FINALIZED));
}

/* --- the module --- */

static int gc_exec(HdThread *t, HdValue module) {
    State *state = state_of(module);
    state->callbacks = hd_list_new(t, 0);
    state->garbage = hd_list_new(t, 0);
    if (hd_is_null(state->callbacks) || hd_is_null(state->garbage) ||
        hd_module_set(t, module, "callbacks", state->callbacks) < 0 || hd_module_set(t, module, "garbage", state->garbage) < 0)
        return -1;
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"DEBUG_STATS", DEBUG_STATS}, {"DEBUG_COLLECTABLE", DEBUG_COLLECTABLE}, {"DEBUG_UNCOLLECTABLE", DEBUG_UNCOLLECTABLE},
        {"DEBUG_SAVEALL", DEBUG_SAVEALL}, {"DEBUG_LEAK", DEBUG_LEAK},
    };
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    state->observer = (HdGcObserver){collection_starts, collection_stops, garbage_found, state};
    hd_gc_observe(&state->observer);
    return 0;
}
static int gc_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->callbacks);
    HD_VISIT(state_of(module)->garbage);
    return 0;
}
static void gc_clear(HdThread *t, HdValue module) {
    State *state = state_of(module);
    if (state->observer.context) hd_gc_observe(NULL);
    state->observer.context = NULL;
    hd_clear_slot(t, &state->callbacks);
    hd_clear_slot(t, &state->garbage);
}

static const HdMethodDef gc_functions[] = {
    HD_METHOD(gc_enable, "enable($module, /)", "Lets collections start by themselves."),
    HD_METHOD(gc_disable, "disable($module, /)", "No collection starts by itself any more."),
    HD_METHOD(gc_isenabled, "isenabled($module, /)", "True if collections start by themselves."),
    HD_METHOD(gc_set_debug, "set_debug($module, flags, /)",
              "Sets the debugging flags: DEBUG_STATS, DEBUG_COLLECTABLE, DEBUG_UNCOLLECTABLE write to sys.stderr,\n"
              "DEBUG_SAVEALL puts what was found into gc.garbage instead of freeing it; DEBUG_LEAK is all but STATS."),
    HD_METHOD(gc_get_debug, "get_debug($module, /)", "The debugging flags."),
    HD_METHOD(gc_get_count, "get_count($module, /)",
              "Three numbers: containers made minus freed since the last collection, and two that are 0."),
    HD_METHOD(gc_set_threshold,
              "set_threshold($module, threshold0, threshold1=<none>, threshold2=<none>, /)",
              "Sets after how many new containers a collection starts; 0: never."),
    HD_METHOD(gc_get_threshold, "get_threshold($module, /)", "The three thresholds."),
    HD_METHOD(gc_collect, "collect($module, /, generation=2)",
              "Frees what only cycles hold alive, and returns how many objects that were.\n\n"
              "Whatever the generation, all containers are looked at."),
    HD_METHOD(gc_get_objects, "get_objects($module, /, generation=None)",
              "A list of the containers that the collector knows; all of them are in generation 2."),
    HD_METHOD(gc_get_stats, "get_stats($module, /)", "For each generation a dict with its numbers of collections and collected objects."),
    HD_METHOD(gc_is_tracked, "is_tracked($module, obj, /)", "True if the collector looks at the object."),
    HD_METHOD(gc_is_finalized, "is_finalized($module, obj, /)", "True if the object's finalizer has been called."),
    HD_METHOD_RAW(gc_get_referrers, "get_referrers", "get_referrers(*objs) -> list of the containers that refer to one of them directly"),
    HD_METHOD_RAW(gc_get_referents, "get_referents", "get_referents(*objs) -> list of the objects that they refer to directly"),
    HD_METHOD(gc_freeze, "freeze($module, /)", "Keeps all containers there are out of later collections, as for good."),
    HD_METHOD(gc_unfreeze, "unfreeze($module, /)", "Undoes freeze()."),
    HD_METHOD(gc_get_freeze_count, "get_freeze_count($module, /)", "How many containers are frozen."),
    HD_METHODS_END,
};

const HdModuleDef hd_module_gc = {
    .name = "gc",
    .doc = "The collector of reference cycles: running it, setting it up, and looking at what it sees.",
    .state_size = sizeof(State),
    .functions = gc_functions,
    .exec = gc_exec,
    .traverse = gc_traverse,
    .clear = gc_clear,
};
