/* mod_time.c -- the module time: clocks, sleeping, calendar time.
 *
 * Clocks and sleeping are src/sync's (clock.h); calendar arithmetic and the names of time zones are the C library's.
 * The module's state is written when the module is made and by tzset().
 */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <heddle/module.h>

#include "clock.h"
#include "gil.h"
#include "safepoint.h"
#include "thread.h"
#include "time_value.h"

typedef struct State {
    HdValue struct_time;
} State;

static HdValue struct_time_type(HdValue module) { return ((State *)hd_module_state(module))->struct_time; }

/* --- clocks --- */

static HdValue seconds_of(HdThread *t, HdClock clock) { return hd_time_value_to_seconds(t, hd_clock_read(clock)); }
static HdValue nanoseconds_of(HdThread *t, HdClock clock) { return hd_int_from_i64(t, hd_clock_read(clock)); }

#define CLOCK_PAIR(name, clock)                                                                                     \
    static HdValue time_##name(HdThread *t, HdValue self, const HdValue *args) { return seconds_of(t, clock); }      \
    static HdValue time_##name##_ns(HdThread *t, HdValue self, const HdValue *args) { return nanoseconds_of(t, clock); }
CLOCK_PAIR(time, HD_CLOCK_REALTIME)
CLOCK_PAIR(monotonic, HD_CLOCK_MONOTONIC)
CLOCK_PAIR(process_time, HD_CLOCK_PROCESS)
CLOCK_PAIR(thread_time, HD_CLOCK_THREAD)
#undef CLOCK_PAIR

HD_CHECK static int clock_id(HdThread *t, HdValue arg, int *id) {
    *id = hd_number_as_int(t, arg);
    return *id == -1 && hd_raised(t) ? -1 : 0;
}

static HdValue read_kernel_clock(HdThread *t, HdValue arg, int (*read)(int, HdTime *), bool as_int) {
    int id;
    HdTime time;
    if (clock_id(t, arg, &id) < 0) return HD_NULL;
    if (read(id, &time) < 0) return hd_raise_errno(t, errno, HD_NULL);
    return as_int ? hd_int_from_i64(t, time) : hd_time_value_to_seconds(t, time);
}
static HdValue time_clock_gettime(HdThread *t, HdValue self, const HdValue *args) {
    return read_kernel_clock(t, args[0], hd_clock_get_raw, false);
}
static HdValue time_clock_gettime_ns(HdThread *t, HdValue self, const HdValue *args) {
    return read_kernel_clock(t, args[0], hd_clock_get_raw, true);
}
static HdValue time_clock_getres(HdThread *t, HdValue self, const HdValue *args) {
    return read_kernel_clock(t, args[0], hd_clock_getres_raw, false);
}
static HdValue time_clock_settime(HdThread *t, HdValue self, const HdValue *args) {
    int id;
    HdTime time;
    if (clock_id(t, args[0], &id) < 0) return HD_NULL;
    if (hd_time_value_from_seconds(t, args[1], HD_ROUND_FLOOR, &time) < 0) return HD_NULL;
    return hd_clock_set_raw(id, time) < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
static HdValue time_clock_settime_ns(HdThread *t, HdValue self, const HdValue *args) {
    int id;
    if (clock_id(t, args[0], &id) < 0) return HD_NULL;
    HdTime time = hd_number_as_i64(t, args[1]);
    if (time == -1 && hd_raised(t)) return HD_NULL;
    return hd_clock_set_raw(id, time) < 0 ? hd_raise_errno(t, errno, HD_NULL) : hd_None;
}
static HdValue time_pthread_getcpuclockid(HdThread *t, HdValue self, const HdValue *args) {
    uint64_t ident = hd_number_as_u64_mask(t, args[0]);
    if (hd_raised(t)) return HD_NULL;
    int id, error = hd_clock_of_thread(ident, &id);
    return error ? hd_raise_errno(t, error, HD_NULL) : hd_int_from_i64(t, id);
}

static HdValue time_sleep(HdThread *t, HdValue self, const HdValue *args) {
    HdTime duration;
    if (hd_time_value_from_seconds(t, args[0], HD_ROUND_CEILING, &duration) < 0) return HD_NULL;
    if (duration < 0) return hd_raise(t, &hd_ValueError, "sleep length must be non-negative");
    if (duration == 0) {
        hd_gil_yield(t);
        return hd_safepoint_poll(t) < 0 ? HD_NULL : hd_None;
    }
    return hd_clock_sleep(t, hd_clock_deadline(duration)) < 0 ? HD_NULL : hd_None;
}

typedef struct ClockInfo {
    const char *name, *implementation;
    HdClock clock;
    bool monotonic, adjustable;
} ClockInfo;
static const ClockInfo clock_infos[] = {
    {"time", "clock_gettime(CLOCK_REALTIME)", HD_CLOCK_REALTIME, false, true},
    {"monotonic", "clock_gettime(CLOCK_MONOTONIC)", HD_CLOCK_MONOTONIC, true, false},
    {"perf_counter", "clock_gettime(CLOCK_MONOTONIC)", HD_CLOCK_MONOTONIC, true, false},
    {"process_time", "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", HD_CLOCK_PROCESS, true, false},
    {"thread_time", "clock_gettime(CLOCK_THREAD_CPUTIME_ID)", HD_CLOCK_THREAD, true, false},
};

static HdValue time_get_clock_info(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise_bad_argument(t, "get_clock_info", "str", args[0]);
    const ClockInfo *info = NULL;
    for (size_t i = 0; i < HD_COUNT_OF(clock_infos); i++) {
        if (hd_str_equals_text(args[0], clock_infos[i].name)) info = &clock_infos[i];
    }
    if (!info) return hd_raise(t, &hd_ValueError, "unknown clock");
    HD_OWNED HdValue implementation = hd_str_from_text(t, info->implementation);
    HD_OWNED HdValue resolution = hd_time_value_to_seconds(t, hd_clock_resolution(info->clock));
    HD_OWNED HdValue names = hd_tuple_pack(t, 4, HD_NAME("implementation"), HD_NAME("monotonic"), HD_NAME("adjustable"),
                                           HD_NAME("resolution"));
    if (hd_is_null(implementation) || hd_is_null(resolution) || hd_is_null(names)) return HD_NULL;
    HdRef values[] = {hd_ref_uncounted(implementation), hd_ref_uncounted(hd_bool(info->monotonic)),
                      hd_ref_uncounted(hd_bool(info->adjustable)), hd_ref_uncounted(resolution)};
    return hd_object_call(t, hd_type_value(&hd_simple_namespace_type), values, 0, names);
}

/* --- calendar time --- */

enum { TM_FIELDS = 11, TM_VISIBLE = 9 };

static HdValue from_tm(HdThread *t, HdValue module, const struct tm *tm) {
    HdValue zone = tm->tm_zone ? hd_str_decode(t, tm->tm_zone, (HdSize)strlen(tm->tm_zone), "utf-8", "surrogateescape")
                               : hd_None;
    if (hd_is_null(zone)) return HD_NULL;
    HdValue values[TM_FIELDS] = {
        hd_imm_int((int64_t)tm->tm_year + 1900), hd_imm_int(tm->tm_mon + 1), hd_imm_int(tm->tm_mday),
        hd_imm_int(tm->tm_hour),  hd_imm_int(tm->tm_min),     hd_imm_int(tm->tm_sec),
        hd_imm_int((tm->tm_wday + 6) % 7), hd_imm_int(tm->tm_yday + 1), hd_imm_int(tm->tm_isdst),
        zone,                     hd_imm_int(tm->tm_gmtoff),
    };
    return hd_structseq_new_steal(t, struct_time_type(module), values, TM_FIELDS);
}

/* The optional argument of gmtime and its kin: seconds since the epoch, now when there is none. */
HD_CHECK static int parse_seconds(HdThread *t, HdValue arg, time_t *out) {
    HdTime now = hd_is_null(arg) || hd_is_none(arg) ? hd_clock_read(HD_CLOCK_REALTIME) : 0;
    if (hd_is_null(arg) || hd_is_none(arg)) {
        *out = now / HD_SECOND;
    } else if (hd_is_float(arg)) {
        double d = hd_float_value(arg);
        if (isnan(d)) return hd_raise_int(t, &hd_ValueError, "Invalid value NaN (not a number)");
        d = floor(d);
        if (!(d >= -9223372036854775808.0 && d < 9223372036854775808.0)) {
            return hd_raise_int(t, &hd_OverflowError, "timestamp out of range for platform time_t");
        }
        *out = (time_t)d;
    } else {
        int64_t seconds = hd_number_as_i64(t, arg);
        if (seconds == -1 && hd_raised(t)) {
            if (!hd_raised_is(t, &hd_OverflowError)) return -1;
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_OverflowError, "timestamp out of range for platform time_t");
        }
        *out = seconds;
    }
    return 0;
}

HD_CHECK static int break_down(HdThread *t, HdValue arg, bool local, struct tm *tm) {
    time_t seconds;
    if (parse_seconds(t, arg, &seconds) < 0) return -1;
    errno = 0;
    if (!(local ? localtime_r(&seconds, tm) : gmtime_r(&seconds, tm))) {
        hd_raise_errno(t, errno ? errno : EINVAL, HD_NULL);
        return -1;
    }
    return 0;
}

static HdValue time_gmtime(HdThread *t, HdValue self, const HdValue *args) {
    struct tm tm;
    if (break_down(t, args[0], false, &tm) < 0) return HD_NULL;
    tm.tm_zone = "GMT";
    tm.tm_gmtoff = 0;
    return from_tm(t, self, &tm);
}
static HdValue time_localtime(HdThread *t, HdValue self, const HdValue *args) {
    struct tm tm;
    return break_down(t, args[0], true, &tm) < 0 ? HD_NULL : from_tm(t, self, &tm);
}

/* A tuple of nine numbers, or a struct_time, to a struct tm. `*zone`: owned bytes that tm_zone points into, or
 * HD_NULL. */
HD_CHECK static int to_tm(HdThread *t, HdValue module, HdValue value, const char *function, struct tm *tm, HdValue *zone) {
    *zone = HD_NULL;
    *tm = (struct tm){0};
    if (!hd_is_tuple(value)) return hd_raise_int(t, &hd_TypeError, "Tuple or struct_time argument required");
    if (hd_tuple_length(value) != TM_VISIBLE) {
        return hd_raise_int(t, &hd_TypeError, "%s(): illegal time tuple argument", function);
    }
    int field[TM_VISIBLE];
    for (int i = 0; i < TM_VISIBLE; i++) {
        field[i] = hd_number_as_int(t, hd_tuple_at_borrowed(value, i));
        if (field[i] == -1 && hd_raised(t)) return -1;
    }
    if (field[0] < INT32_MIN + 1900) return hd_raise_int(t, &hd_OverflowError, "year out of range");
    tm->tm_year = field[0] - 1900;
    tm->tm_mon = field[1] - 1;
    tm->tm_mday = field[2];
    tm->tm_hour = field[3];
    tm->tm_min = field[4];
    tm->tm_sec = field[5];
    tm->tm_wday = (int)(((int64_t)field[6] + 1) % 7);
    tm->tm_yday = field[7] - 1;
    tm->tm_isdst = field[8];
    if (!hd_same(hd_from_object(hd_type_of(value)), struct_time_type(module))) return 0;
    HD_OWNED HdValue name = hd_object_getattr_text(t, value, "tm_zone");
    HD_OWNED HdValue offset = hd_object_getattr_text(t, value, "tm_gmtoff");
    if (hd_is_null(name) || hd_is_null(offset)) return -1;
    if (hd_is_str(name)) {
        *zone = hd_str_encode(t, name, "utf-8", "surrogateescape");
        if (hd_is_null(*zone)) return -1;
        tm->tm_zone = (const char *)hd_bytes_data(*zone);
    }
    if (!hd_is_none(offset)) {
        tm->tm_gmtoff = hd_number_as_i64(t, offset);
        if (tm->tm_gmtoff == -1 && hd_raised(t)) return -1;
    }
    return 0;
}

/* Out-of-range fields would index past the C library's tables; zero is let through where people write it. */
HD_CHECK static int check_tm(HdThread *t, struct tm *tm) {
    if (tm->tm_mon == -1) tm->tm_mon = 0;
    if (tm->tm_mon < 0 || tm->tm_mon > 11) return hd_raise_int(t, &hd_ValueError, "month out of range");
    if (tm->tm_mday == 0) tm->tm_mday = 1;
    if (tm->tm_mday < 0 || tm->tm_mday > 31) return hd_raise_int(t, &hd_ValueError, "day of month out of range");
    if (tm->tm_hour < 0 || tm->tm_hour > 23) return hd_raise_int(t, &hd_ValueError, "hour out of range");
    if (tm->tm_min < 0 || tm->tm_min > 59) return hd_raise_int(t, &hd_ValueError, "minute out of range");
    if (tm->tm_sec < 0 || tm->tm_sec > 61) return hd_raise_int(t, &hd_ValueError, "seconds out of range");
    if (tm->tm_wday < 0) return hd_raise_int(t, &hd_ValueError, "day of week out of range");
    if (tm->tm_yday == -1) tm->tm_yday = 0;
    if (tm->tm_yday < 0 || tm->tm_yday > 365) return hd_raise_int(t, &hd_ValueError, "day of year out of range");
    return 0;
}

/* The optional time argument of strftime and asctime: now, local, when there is none. */
HD_CHECK static int tm_or_now(HdThread *t, HdValue module, HdValue arg, const char *function, struct tm *tm,
                              HdValue *zone) {
    *zone = HD_NULL;
    if (hd_is_null(arg)) return break_down(t, HD_NULL, true, tm);
    if (to_tm(t, module, arg, function, tm, zone) < 0 || check_tm(t, tm) < 0) {
        hd_clear_slot(t, zone);
        return -1;
    }
    return 0;
}

static HdValue format_asctime(HdThread *t, const struct tm *tm) {
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    char text[64];
    int length = snprintf(text, sizeof text, "%s %s%3d %.2d:%.2d:%.2d %ld", days[tm->tm_wday], months[tm->tm_mon],
                          tm->tm_mday, tm->tm_hour, tm->tm_min, tm->tm_sec, 1900L + tm->tm_year);
    return hd_str_from_ascii(t, text, length);
}
static HdValue time_asctime(HdThread *t, HdValue self, const HdValue *args) {
    struct tm tm;
    HdValue zone;
    if (tm_or_now(t, self, args[0], "asctime", &tm, &zone) < 0) return HD_NULL;
    hd_release(t, zone);
    return format_asctime(t, &tm);
}
static HdValue time_ctime(HdThread *t, HdValue self, const HdValue *args) {
    struct tm tm;
    return break_down(t, args[0], true, &tm) < 0 ? HD_NULL : format_asctime(t, &tm);
}

static HdValue time_mktime(HdThread *t, HdValue self, const HdValue *args) {
    struct tm tm;
    HdValue zone;
    int status = to_tm(t, self, args[0], "mktime", &tm, &zone);
    hd_release(t, zone);
    if (status < 0) return HD_NULL;
    tm.tm_wday = -1; /* stays so only on failure: -1 alone may be a time */
    time_t seconds = mktime(&tm);
    if (seconds == -1 && tm.tm_wday == -1) return hd_raise(t, &hd_OverflowError, "mktime argument out of range");
    return hd_float_new(t, (double)seconds);
}

/* strftime into memory of its own size; the text's length, or -1 raised. */
static HdValue run_strftime(HdThread *t, const char *format, HdSize length, const struct tm *tm) {
    if (length == 0) return hd_str_empty();
    for (size_t size = 1024;; size *= 2) {
        char *buffer = malloc(size);
        if (!buffer) return hd_raise_no_memory(t);
        buffer[0] = 1;
        size_t written = strftime(buffer, size, format, tm);
        /* Nothing written is right for formats like "%p" in some locales: give up when there was room enough. */
        if (written > 0 || size >= 256 * (size_t)length + 1024) {
            HdValue text = hd_str_decode(t, buffer, (HdSize)written, "utf-8", "surrogateescape");
            free(buffer);
            return text;
        }
        free(buffer);
    }
}

static HdValue time_strftime(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "strftime() argument 1 must be str, not %T", args[0]);
    }
    struct tm tm;
    HdValue zone;
    if (tm_or_now(t, self, args[1], "strftime", &tm, &zone) < 0) return HD_NULL;
    if (tm.tm_isdst < -1) tm.tm_isdst = -1;
    if (tm.tm_isdst > 1) tm.tm_isdst = 1;
    HdValue result = HD_NULL;
    HD_OWNED HdValue format = hd_str_encode(t, args[0], "utf-8", "surrogateescape");
    if (!hd_is_null(format)) {
        HdSize length = hd_bytes_length(format);
        const char *text = (const char *)hd_bytes_data(format);
        if ((HdSize)strlen(text) != length) {
            hd_raise(t, &hd_ValueError, "embedded null character");
        } else {
            result = run_strftime(t, text, length, &tm);
        }
    }
    hd_release(t, zone);
    return result;
}

static HdValue time_strptime(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue function = hd_object_import_from(t, "_strptime", "_strptime_time");
    return hd_is_null(function) ? HD_NULL : hd_object_call(t, function, args, nargs, kwnames);
}

/* --- time zones --- */

typedef struct Zone {
    long west; /* seconds west of Greenwich */
    char name[64];
} Zone;

static void zone_at(time_t when, Zone *zone) {
    struct tm tm;
    *zone = (Zone){0, "UTC"};
    if (!localtime_r(&when, &tm)) return;
    zone->west = -tm.tm_gmtoff;
    zone->name[0] = 0;
    if (tm.tm_zone) strncpy(zone->name, tm.tm_zone, sizeof zone->name - 1);
}

HD_CHECK static int set_zone_names(HdThread *t, HdValue module) {
    enum { YEAR = (365 * 24 + 6) * 3600 };
    tzset();
    time_t start_of_year = hd_clock_read(HD_CLOCK_REALTIME) / HD_SECOND / YEAR * YEAR;
    Zone january, july;
    zone_at(start_of_year, &january);
    zone_at(start_of_year + YEAR / 2, &july);
    /* Standard time lies further west than summer time, on either half of the globe. */
    const Zone *standard = january.west < july.west ? &july : &january;
    const Zone *summer = standard == &january ? &july : &january;
    if (hd_module_set_int(t, module, "timezone", standard->west) < 0) return -1;
    if (hd_module_set_int(t, module, "altzone", summer->west) < 0) return -1;
    if (hd_module_set_int(t, module, "daylight", january.west != july.west) < 0) return -1;
    HD_OWNED HdValue first = hd_str_decode(t, standard->name, (HdSize)strlen(standard->name), "utf-8", "surrogateescape");
    HD_OWNED HdValue second = hd_str_decode(t, summer->name, (HdSize)strlen(summer->name), "utf-8", "surrogateescape");
    if (hd_is_null(first) || hd_is_null(second)) return -1;
    return hd_module_set_steal(t, module, "tzname", hd_tuple_pack(t, 2, first, second));
}
static HdValue time_tzset(HdThread *t, HdValue self, const HdValue *args) {
    return set_zone_names(t, self) < 0 ? HD_NULL : hd_None;
}

/* --- the module --- */

static const HdMethodDef time_functions[] = {
    HD_METHOD(time_time, "time()", "time() -> floating point number\n\nThe current time in seconds since the Epoch."),
    HD_METHOD(time_time_ns, "time_ns()", "time_ns() -> int\n\nThe current time in nanoseconds since the Epoch."),
    HD_METHOD(time_clock_gettime, "clock_gettime(clk_id, /)", "clock_gettime(clk_id) -> float\n\nThe time of a clock."),
    HD_METHOD(time_clock_gettime_ns, "clock_gettime_ns(clk_id, /)", "clock_gettime_ns(clk_id) -> int"),
    HD_METHOD(time_clock_settime, "clock_settime(clk_id, time, /)", "clock_settime(clk_id, time)\n\nSets a clock."),
    HD_METHOD(time_clock_settime_ns, "clock_settime_ns(clk_id, time, /)", "clock_settime_ns(clk_id, time)"),
    HD_METHOD(time_clock_getres, "clock_getres(clk_id, /)", "clock_getres(clk_id) -> floating point number"),
    HD_METHOD(time_pthread_getcpuclockid, "pthread_getcpuclockid(thread_id, /)",
              "pthread_getcpuclockid(thread_id) -> int\n\nThe clk_id of a thread's CPU time clock."),
    HD_METHOD(time_sleep, "sleep(seconds, /)",
              "sleep(seconds)\n\nDelay execution for a given number of seconds; sleep(0) lets all others go first."),
    HD_METHOD(time_gmtime, "gmtime(seconds=<none>, /)", "gmtime([seconds]) -> struct_time in UTC"),
    HD_METHOD(time_localtime, "localtime(seconds=<none>, /)", "localtime([seconds]) -> struct_time in local time"),
    HD_METHOD(time_asctime, "asctime(tuple=<none>, /)", "asctime([tuple]) -> string such as 'Sat Jun 06 16:26:11 1998'."),
    HD_METHOD(time_ctime, "ctime(seconds=<none>, /)", "ctime(seconds) -> string, in local time"),
    HD_METHOD(time_mktime, "mktime(tuple, /)", "mktime(tuple) -> floating point number: seconds since the Epoch"),
    HD_METHOD(time_strftime, "strftime(format, tuple=<none>, /)",
              "strftime(format[, tuple]) -> string\n\nConvert a time tuple to a string according to a format."),
    HD_METHOD_RAW(time_strptime, "strptime",
                  "strptime(string, format) -> struct_time\n\nParse a string to a time tuple according to a format."),
    HD_METHOD(time_tzset, "tzset()", "tzset()\n\nInitialise, or reinitialise, the time zone from os.environ['TZ']."),
    HD_METHOD(time_monotonic, "monotonic()", "monotonic() -> float\n\nMonotonic clock, cannot go backward."),
    HD_METHOD(time_monotonic_ns, "monotonic_ns()", "monotonic_ns() -> int"),
    HD_METHOD(time_process_time, "process_time()", "process_time() -> float\n\nCPU time of the process, for profiling."),
    HD_METHOD(time_process_time_ns, "process_time_ns()", "process_time_ns() -> int"),
    HD_METHOD(time_thread_time, "thread_time()", "thread_time() -> float\n\nCPU time of the thread, for profiling."),
    HD_METHOD(time_thread_time_ns, "thread_time_ns()", "thread_time_ns() -> int"),
    HD_METHOD(time_monotonic, "perf_counter()", "perf_counter() -> float\n\nPerformance counter for benchmarking."),
    HD_METHOD(time_monotonic_ns, "perf_counter_ns()", "perf_counter_ns() -> int"),
    HD_METHOD(time_get_clock_info, "get_clock_info(name)", "get_clock_info(name: str) -> namespace"),
    HD_METHODS_END,
};

static const HdStructSeqField struct_time_fields[] = {
    {"tm_year", "year, for example, 1993"},
    {"tm_mon", "month of year, range [1, 12]"},
    {"tm_mday", "day of month, range [1, 31]"},
    {"tm_hour", "hours, range [0, 23]"},
    {"tm_min", "minutes, range [0, 59]"},
    {"tm_sec", "seconds, range [0, 61])"},
    {"tm_wday", "day of week, range [0, 6], Monday is 0"},
    {"tm_yday", "day of year, range [1, 366]"},
    {"tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"},
    {"tm_zone", "abbreviation of timezone name"},
    {"tm_gmtoff", "offset from UTC in seconds"},
    {NULL, NULL},
};

static int time_exec(HdThread *t, HdValue module) {
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"CLOCK_REALTIME", CLOCK_REALTIME},   {"CLOCK_MONOTONIC", CLOCK_MONOTONIC},
        {"CLOCK_MONOTONIC_RAW", CLOCK_MONOTONIC_RAW}, {"CLOCK_PROCESS_CPUTIME_ID", CLOCK_PROCESS_CPUTIME_ID},
        {"CLOCK_THREAD_CPUTIME_ID", CLOCK_THREAD_CPUTIME_ID}, {"CLOCK_BOOTTIME", CLOCK_BOOTTIME},
        {"CLOCK_TAI", CLOCK_TAI},             {"_STRUCT_TM_ITEMS", TM_FIELDS},
    };
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    State *state = hd_module_state(module);
    state->struct_time = hd_structseq_type_new(
        t, "time.struct_time",
        "The time value as returned by gmtime(), localtime(), and strptime(), and\n"
        " accepted by asctime(), mktime() and strftime().  May be considered as a\n"
        " sequence of 9 integers.",
        struct_time_fields, TM_VISIBLE);
    if (hd_is_null(state->struct_time) || hd_module_set(t, module, "struct_time", state->struct_time) < 0) return -1;
    return set_zone_names(t, module);
}

static int time_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(struct_time_type(module));
    return 0;
}
static void time_clear(HdThread *t, HdValue module) {
    hd_clear_slot(t, &((State *)hd_module_state(module))->struct_time);
}

const HdModuleDef hd_module_time = {
    .name = "time",
    .doc = "This module provides various functions to manipulate time values.",
    .state_size = sizeof(State),
    .functions = time_functions,
    .exec = time_exec,
    .traverse = time_traverse,
    .clear = time_clear,
};
