/* sqlite_backup.c -- methods of connections beside SQL: backup, serialization, limits, extensions.
 *
 * A backup takes the lock of each of its two connections only for a step, not while it sleeps.
 */
#include "sqlite_types.h"

#include "clock.h"
#include "park.h"

/* --- backup --- */

typedef struct Backup {
    HdSqliteConnection *source, *target;
    sqlite3_backup *backup;
    int pages;
    HdValue progress; /* None: none */
    HdTime sleep;
} Backup;

/* Both locks, lower address first, so that two backups in opposite directions do not wait for each other. */
static int enter_both(HdThread *t, Backup *b) {
    HdSqliteConnection *first = b->source < b->target ? b->source : b->target;
    HdSqliteConnection *second = first == b->source ? b->target : b->source;
    if (hd_sqlite_enter(t, first) < 0) return -1;
    if (hd_sqlite_enter(t, second) == 0) return 0;
    hd_sqlite_leave(t, first);
    return -1;
}
static void leave_both(HdThread *t, Backup *b) {
    hd_sqlite_leave(t, b->source);
    hd_sqlite_leave(t, b->target);
}

static int step(HdThread *t, Backup *b) {
    if (enter_both(t, b) < 0) return -1;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_backup_step(b->backup, b->pages);
    hd_blocking_leave(t);
    leave_both(t, b);
    return hd_raised(t) ? -1 : code;
}

static int tell_progress(HdThread *t, Backup *b, int code) {
    if (hd_is_none(b->progress)) return 0;
    HdValue done = hd_object_call3(t, b->progress, hd_imm_int(code), hd_imm_int(sqlite3_backup_remaining(b->backup)),
                                   hd_imm_int(sqlite3_backup_pagecount(b->backup)));
    hd_release(t, done);
    return hd_is_null(done) ? -1 : 0;
}

static int pause_backup(HdThread *t, HdTime time) {
    HdEvent never = {0};
    HdTime deadline = hd_clock_deadline(time);
    while (hd_event_wait(t, &never, deadline, HD_PARK_INTERRUPTIBLE) == HD_LOCK_INTERRUPTED) {
        if (hd_blocking_interrupted(t) < 0) return -1;
    }
    return 0;
}

/* SQLITE_…; -1 = raised. */
static int run_backup(HdThread *t, Backup *b) {
    for (;;) {
        int code = step(t, b);
        if (code < 0 || tell_progress(t, b, code) < 0) return -1;
        if (code == SQLITE_BUSY || code == SQLITE_LOCKED) {
            if (pause_backup(t, b->sleep) < 0) return -1;
        } else if (code != SQLITE_OK) {
            return code;
        }
    }
}

static HdValue backup(HdThread *t, Backup *b, const char *name) {
    if (enter_both(t, b) < 0) return HD_NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    b->backup = sqlite3_backup_init(b->target->db, "main", b->source->db, name);
    hd_blocking_leave(t);
    if (!b->backup) hd_sqlite_raise(t, b->target->db);
    leave_both(t, b);
    if (!b->backup) return HD_NULL;
    int code = run_backup(t, b);
    HdValue error = hd_take_raised(t);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int end = sqlite3_backup_finish(b->backup);
    hd_blocking_leave(t);
    if (!hd_is_null(error)) {
        hd_set_raised_steal(t, error);
        return HD_NULL;
    }
    if (code == SQLITE_NOMEM || end == SQLITE_NOMEM) return hd_raise_no_memory(t);
    return end == SQLITE_OK ? hd_None : hd_sqlite_raise(t, b->target->db);
}

HdValue hd_sqlite_backup(HdThread *t, HdValue self, const HdValue *a) {
    if (!hd_is_instance(a[0], &hd_sqlite_connection_type)) {
        return hd_raise(t, &hd_TypeError, "backup() argument 'target' must be sqlite3.Connection, not %s",
                        hd_type_name(a[0]));
    }
    Backup b = {.source = hd_sqlite_connection(self), .target = hd_sqlite_connection(a[0]), .progress = hd_None};
    const char *name = "main";
    b.pages = hd_is_null(a[1]) ? -1 : hd_number_as_int(t, a[1]);
    if (b.pages == -1 && hd_raised(t)) return HD_NULL;
    if (b.pages == 0) b.pages = -1;
    if (!hd_is_null(a[2])) b.progress = a[2];
    if (!hd_is_null(a[3])) {
        if (!hd_is_str(a[3])) {
            return hd_raise(t, &hd_TypeError, "backup() argument 'name' must be str, not %s", hd_type_name(a[3]));
        }
        name = hd_str_utf8(t, a[3], NULL);
        if (!name) return HD_NULL;
    }
    double sleep = hd_is_null(a[4]) ? 0.25 : hd_number_as_double(t, a[4]);
    if (sleep == -1.0 && hd_raised(t)) return HD_NULL;
    b.sleep = sleep > 0 && sleep < 1e9 ? (HdTime)(sleep * 1e9) : 0;
    if (hd_sqlite_check(t, b.source) < 0) return HD_NULL;
    if (b.source == b.target) return hd_raise(t, &hd_ValueError, "target cannot be the same connection instance");
    if (hd_sqlite_check(t, b.target) < 0) return HD_NULL;
    if (!hd_is_none(b.progress) && !hd_object_is_callable(b.progress)) {
        return hd_raise(t, &hd_TypeError, "progress argument must be a callable");
    }
    return backup(t, &b, name);
}

/* --- serialization --- */

static const char *schema_name(HdThread *t, HdValue v, const char *function) {
    if (hd_is_null(v)) return "main";
    if (hd_is_str(v)) return hd_str_utf8(t, v, NULL);
    hd_raise(t, &hd_TypeError, "%s() argument 'name' must be str, not %s", function, hd_type_name(v));
    return NULL;
}

static HdValue hd_sqlite_serialize_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = schema_name(t, a[0], "serialize");
    if (!name) return HD_NULL;
    sqlite3_int64 size = 0;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    unsigned char *data = sqlite3_serialize(c->db, name, &size, 0);
    hd_blocking_leave(t);
    if (!data) return hd_raise(t, &hd_sqlite_OperationalError, "unable to serialize '%s'", name);
    HdValue bytes = hd_bytes_new(t, data, size);
    sqlite3_free(data);
    return bytes;
}

static HdValue hd_sqlite_deserialize_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = schema_name(t, a[1], "deserialize");
    HdBuffer buffer;
    if (!name || hd_buffer_get(t, a[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    unsigned char *data = sqlite3_malloc64(buffer.length ? (sqlite3_uint64)buffer.length : 1);
    HdSize length = buffer.length;
    if (data) memcpy(data, buffer.data, (size_t)length);
    hd_buffer_release(t, &buffer);
    if (!data) return hd_raise_no_memory(t);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_deserialize(c->db, name, data, length, length,
                                   SQLITE_DESERIALIZE_FREEONCLOSE | SQLITE_DESERIALIZE_RESIZEABLE);
    hd_blocking_leave(t);
    return code == SQLITE_OK ? hd_None : hd_sqlite_raise(t, c->db);
}

/* --- limits and extensions --- */

static HdValue set_limit(HdThread *t, HdSqliteConnection *c, HdValue category_value, int limit) {
    int category = hd_number_as_int(t, category_value);
    if (category == -1 && hd_raised(t)) return HD_NULL;
    int old = sqlite3_limit(c->db, category, limit);
    return old < 0 ? hd_raise(t, &hd_sqlite_ProgrammingError, "'category' is out of bounds") : hd_imm_int(old);
}
static HdValue hd_sqlite_getlimit_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    return set_limit(t, c, a[0], -1);
}
static HdValue hd_sqlite_setlimit_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    int limit = hd_number_as_int(t, a[1]);
    return limit == -1 && hd_raised(t) ? HD_NULL : set_limit(t, c, a[0], limit);
}

static HdValue hd_sqlite_enable_load_extension_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    int on = hd_object_truth(t, a[0]);
    if (on < 0) return HD_NULL;
    if (sqlite3_enable_load_extension(c->db, on) == SQLITE_OK) return hd_None;
    return hd_raise(t, &hd_sqlite_OperationalError, "Error enabling load extension");
}
static HdValue hd_sqlite_load_extension_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    if (!hd_is_str(a[0])) {
        return hd_raise(t, &hd_TypeError, "load_extension() argument must be str, not %s", hd_type_name(a[0]));
    }
    const char *name = hd_str_utf8(t, a[0], NULL);
    if (!name) return HD_NULL;
    char *words = NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_load_extension(c->db, name, NULL, &words);
    hd_blocking_leave(t);
    if (code == SQLITE_OK) return hd_None;
    hd_raise(t, &hd_sqlite_OperationalError, "%s", words ? words : sqlite3_errmsg(c->db));
    sqlite3_free(words);
    return HD_NULL;
}

HD_SQLITE_INSIDE(hd_sqlite_serialize)
HD_SQLITE_INSIDE(hd_sqlite_deserialize)
HD_SQLITE_INSIDE(hd_sqlite_getlimit)
HD_SQLITE_INSIDE(hd_sqlite_setlimit)
HD_SQLITE_INSIDE(hd_sqlite_enable_load_extension)
HD_SQLITE_INSIDE(hd_sqlite_load_extension)
