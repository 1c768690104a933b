/* mod__parallel.c -- the module _parallel: the native part of heddle.parallel (see parallel_types.h for its files). */
#include "parallel_types.h"

#include "thread.h"

/* --- measuring a call --- */

/* Calls function(*args) and tells how it spent its time: the thread's own clock says how much it computed,
 * and the watch of the record how much of that with the GIL given up. */
static HdValue measure(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (nargs < 1) return hd_raise(t, &hd_TypeError, "measure() missing its function");
    HdThreadWatch watch = {0}, *outer = t->watch;
    t->watch = &watch;
    HdTime wall = hd_clock_monotonic(), computed = hd_clock_read(HD_CLOCK_THREAD);
    HD_OWNED HdValue result = hd_object_call(t, hd_ref_value(args[0]), args + 1, nargs - 1, kwnames);
    computed = hd_clock_read(HD_CLOCK_THREAD) - computed;
    wall = hd_clock_monotonic() - wall;
    t->watch = outer;
    if (hd_is_null(result)) return HD_NULL;
    HdTime held = computed - watch.computed_outside;
    if (outer) outer->computed_outside += watch.computed_outside;
    return hd_tuple_pack(t, 4, result, hd_imm_int(wall), hd_imm_int(computed), hd_imm_int(held > 0 ? held : 0));
}

static const HdMethodDef parallel_functions[] = {
    HD_METHOD_RAW(measure, "measure(function, /, *args, **kwargs)",
                  "(result, wall, computed, held): the call's result and its times in nanoseconds: by the clock, of "
                  "computing, and of computing with the GIL (or, without one, attached)."),
    HD_METHOD(hd_parallel_channel, "channel()", "The descriptors of the two ends of a stream between processes."),
    HD_METHOD(hd_parallel_send, "send(fd, data, fds=(), /)", "Sends a message with descriptors over a stream socket."),
    HD_METHOD(hd_parallel_receive, "receive(fd, other=None, timeout=None, /)",
              "(bytes, descriptors) of the next message; None when there will be none: the stream has ended, or the other "
              "descriptor is ready and there is no message; False when it took too long."),
    HD_METHOD(hd_parallel_share, "share(data, /)",
              "A new descriptor of memory without a name that holds the data; bytes that came this way are not copied."),
    HD_METHOD(hd_parallel_adopt, "adopt(fd, length, /)", "The bytes in such memory, in place; takes the descriptor over."),
    HD_METHOD(hd_parallel_die_with, "die_with(parent, /)",
              "This process is killed when the thread that forked it ends. False: the parent is gone already."),
    HD_METHOD(hd_parallel_pidfd, "pidfd(pid, /)", "A descriptor that is ready when the process has ended."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    HdType *const types[] = {&hd_meter_type,   &hd_task_type,         &hd_pool_type,
                             &hd_map_job_type, &hd_map_iterator_type, &hd_claims_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    return 0;
}

extern const HdModuleDef hd_module__parallel;
const HdModuleDef hd_module__parallel = {
    .name = "_parallel",
    .doc = "The native part of heddle.parallel.",
    .functions = parallel_functions,
    .exec = exec,
};
