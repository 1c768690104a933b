/* parallel_meter.c -- Meter: how many tasks a pool has, and how long they waited and ran (see parallel_types.h).
 *
 * All numbers are atomic and only ever added to, so that nobody waits to count. Times go into buckets that are an
 * eighth of an octave wide: a percentile is right within 6 %, whatever the times are. Parks nowhere.
 */
#include "parallel_types.h"

static int bucket_of(uint64_t duration) {
    if (duration < HD_METER_FINE) return (int)duration;
    int octave = 63 - __builtin_clzll(duration);
    return (octave - 2) * HD_METER_FINE + (int)((duration >> (octave - 3)) & (HD_METER_FINE - 1));
}
/* The middle of a bucket. */
static double bucket_middle(int bucket) {
    if (bucket < HD_METER_FINE) return bucket;
    int octave = bucket / HD_METER_FINE + 2;
    double width = (double)(UINT64_C(1) << (octave - 3));
    return (double)(UINT64_C(1) << octave) + (bucket % HD_METER_FINE + 0.5) * width;
}

void hd_meter_times_add(HdMeterTimes *times, HdTime duration) {
    uint64_t length = duration > 0 ? (uint64_t)duration : 0;
    HD_FETCH_ADD(&times->count, 1);
    HD_FETCH_ADD(&times->total, length);
    HD_FETCH_ADD(&times->buckets[bucket_of(length)], 1);
}

static double percentile(const HdMeterTimes *times, uint64_t count, double part) {
    uint64_t rank = (uint64_t)((double)(count - 1) * part), seen = 0;
    int last = 0;
    for (int i = 0; i < HD_METER_BUCKETS; i++) {
        uint32_t here = HD_LOAD_RELAXED(&times->buckets[i]);
        if (here) last = i;
        seen += here;
        if (seen > rank) break;
    }
    return bucket_middle(last) / 1e9;
}

static HdValue times_tuple(HdThread *t, const HdMeterTimes *times) {
    uint64_t count = HD_LOAD_RELAXED(&times->count);
    double mean = count ? (double)HD_LOAD_RELAXED(&times->total) / (double)count / 1e9 : 0;
    HD_OWNED HdValue first = hd_float_new(t, mean);
    HD_OWNED HdValue second = hd_float_new(t, count ? percentile(times, count, 0.5) : 0);
    HD_OWNED HdValue third = hd_float_new(t, count ? percentile(times, count, 0.99) : 0);
    if (hd_is_null(first) || hd_is_null(second) || hd_is_null(third)) return HD_NULL;
    return hd_tuple_pack(t, 3, first, second, third);
}

static HdValue meter_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_no_keywords(t, "Meter", kwnames) < 0 || hd_native_check_count(t, "Meter", nargs, 0, 0) < 0) {
        return HD_NULL;
    }
    return hd_type_alloc(t, type);
}

/* submitted, completed, failed, cancelled, running: what is to be added to each */
static HdValue meter_add(HdThread *t, HdValue self, const HdValue *args) {
    HdMeter *m = hd_meter_of(self);
    uint64_t *const counts[] = {&m->submitted, &m->completed, &m->failed, &m->cancelled, &m->running};
    int64_t amounts[HD_COUNT_OF(counts)] = {0};
    for (size_t i = 0; i < HD_COUNT_OF(counts); i++) {
        if (hd_is_null(args[i])) continue;
        amounts[i] = hd_number_as_i64(t, args[i]);
        if (amounts[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    for (size_t i = 0; i < HD_COUNT_OF(counts); i++) {
        if (amounts[i]) HD_FETCH_ADD(counts[i], (uint64_t)amounts[i]);
    }
    return hd_None;
}
static HdValue meter_time(HdThread *t, HdValue self, const HdValue *args) {
    int64_t waited = hd_number_as_i64(t, args[0]);
    if (waited == -1 && hd_raised(t)) return HD_NULL;
    int64_t ran = hd_number_as_i64(t, args[1]);
    if (ran == -1 && hd_raised(t)) return HD_NULL;
    hd_meter_times_add(&hd_meter_of(self)->waiting, waited);
    hd_meter_times_add(&hd_meter_of(self)->runtime, ran);
    return hd_None;
}
static HdValue meter_read(HdThread *t, HdValue self, const HdValue *args) {
    HdMeter *m = hd_meter_of(self);
    /* What ends a task is read first: a task that moves on meanwhile is counted once, as what it was. */
    uint64_t completed = HD_LOAD_ACQUIRE(&m->completed), failed = HD_LOAD_ACQUIRE(&m->failed);
    uint64_t cancelled = HD_LOAD_ACQUIRE(&m->cancelled), running = HD_LOAD_ACQUIRE(&m->running);
    uint64_t submitted = HD_LOAD_ACQUIRE(&m->submitted);
    HD_OWNED HdValue waiting = times_tuple(t, &m->waiting);
    HD_OWNED HdValue runtime = hd_is_null(waiting) ? HD_NULL : times_tuple(t, &m->runtime);
    if (hd_is_null(runtime)) return HD_NULL;
    return hd_tuple_pack(t, 7, hd_imm_int((int64_t)submitted), hd_imm_int((int64_t)completed),
                         hd_imm_int((int64_t)failed), hd_imm_int((int64_t)cancelled), hd_imm_int((int64_t)running),
                         waiting, runtime);
}
/* In a forked child: starts anew. */
static HdValue meter_after_fork(HdThread *t, HdValue self, const HdValue *args) {
    HdMeter *m = hd_meter_of(self);
    uint32_t generation = m->generation + 1;
    memset((char *)m + sizeof m->head, 0, sizeof *m - sizeof m->head);
    m->generation = generation;
    return hd_None;
}

static const HdMethodDef meter_methods[] = {
    HD_METHOD(meter_add, "add($self, submitted, completed=0, failed=0, cancelled=0, running=0, /)",
              "Adds to the counts of tasks."),
    HD_METHOD(meter_time, "time($self, waited, ran, /)", "Counts the times of one task, in nanoseconds."),
    HD_METHOD(meter_read, "read($self, /)",
              "(submitted, completed, failed, cancelled, running, waiting, running times), each of the times a tuple of "
              "mean, median and 99th percentile in seconds."),
    HD_METHOD(meter_after_fork, "after_fork($self, /)", "In a forked child: all counts begin at zero."),
    HD_METHODS_END,
};
HdType hd_meter_type = {
    HD_TYPE_HEAD("_parallel.Meter"),
    .doc = "Meter()\n--\n\nCounts of tasks, and how long they waited and ran.",
    .basicsize = sizeof(HdMeter),
    .create = meter_create,
    .methods = meter_methods,
};
