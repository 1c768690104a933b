/* mod__heap.c -- the module _heap: what a test of memory needs: how much is alive, and allocations that fail.
 *
 * Nothing but tests uses it. With the GIL on all threads share the heap whose allocations fail.
 */
#include <heddle/module.h>

#include "gc.h"
#include "heap.h"

static HdValue heap_fail(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t numbers[2];
    for (int i = 0; i < 2; i++) {
        int64_t number = hd_is_null(args[i]) ? 1 : hd_number_as_i64(t, args[i]);
        if (number == -1 && hd_raised(t)) return HD_NULL;
        if (number < 0 || number > UINT32_MAX) return hd_raise(t, &hd_OverflowError, "not in 0..2**32-1");
        numbers[i] = (uint32_t)number;
    }
    hd_heap_fail(t, numbers[0], numbers[1]);
    return hd_None;
}

static HdValue heap_fail_end(HdThread *t, HdValue self, const HdValue *args) {
    HdHeapFailure failure = hd_heap_fail_end(t);
    HdValue pair[] = {hd_imm_int(failure.seen), hd_imm_int(failure.failed)};
    return hd_tuple_from_values(t, pair, 2);
}

static HdValue heap_stats(HdThread *t, HdValue self, const HdValue *args) {
    HdHeapStats stats;
    hd_heap_stats(&stats);
    HdValue four[] = {hd_imm_int((int64_t)stats.objects_live), hd_imm_int((int64_t)stats.raw_live),
                      hd_imm_int((int64_t)stats.bytes_live), hd_imm_int((int64_t)stats.bytes_system)};
    return hd_tuple_from_values(t, four, 4);
}

static const HdMethodDef heap_functions[] = {
    HD_METHOD(heap_fail, "fail($module, after, length=1, /)",
              "From now on, the first `after` allocations work and the next `length` fail."),
    HD_METHOD(heap_fail_end, "fail_end($module, /)",
              "No allocation fails any more. Returns how many were made since fail() and how many of them failed."),
    HD_METHOD(heap_stats, "stats($module, /)",
              "Four numbers: objects alive, raw blocks alive, bytes in both, bytes held from the system."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__heap = {
    .name = "_heap",
    .doc = "Debugging aids for tests of memory: live blocks counted, allocations that fail.",
    .functions = heap_functions,
};
