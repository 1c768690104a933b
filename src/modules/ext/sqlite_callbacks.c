/* sqlite_callbacks.c -- Python functions that SQLite calls: SQL functions, aggregates, collations, hooks.
 *
 * SQLite calls in the thread that called it, usually detached: each callback attaches for its length. What raises is
 * told to SQLite as an error and, if wanted, shown; it never goes on through SQLite.
 */
#include "sqlite_types.h"

#include <limits.h>
#include <stdlib.h>

struct HdSqliteCallback {
    HdValue callable, module;
};

/* --- coming and going --- */

static HdSqliteCallback *callback_new(HdThread *t, HdSqliteConnection *c, HdValue callable) {
    HdSqliteCallback *callback = malloc(sizeof *callback);
    if (!callback) {
        hd_raise_no_memory(t);
        return NULL;
    }
    callback->callable = hd_retain(t, callable);
    callback->module = hd_retain(t, c->module);
    return callback;
}
void hd_sqlite_callback_free(void *data) {
    HdSqliteCallback *callback = data;
    if (!callback) return;
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    hd_release(t, callback->callable);
    hd_release(t, callback->module);
    free(callback);
    hd_blocking_callback_end(t, detached);
}

/* Shows or forgets what a callback raised. */
static void dispose(HdThread *t, HdSqliteCallback *callback) {
    if (!hd_raised(t)) return;
    if (hd_sqlite_state(callback->module)->tracebacks) hd_write_unraisable(t, callback->callable);
    else hd_clear_raised(t);
}
/* Tells SQLite of it first. */
static void fail(HdThread *t, sqlite3_context *context, HdSqliteCallback *callback, const char *words) {
    if (hd_raised_is(t, &hd_MemoryError)) sqlite3_result_error_nomem(context);
    else if (hd_raised_is(t, &hd_OverflowError)) sqlite3_result_error_toobig(context);
    else sqlite3_result_error(context, words, -1);
    dispose(t, callback);
}

/* --- values --- */

static HdValue argument_value(HdThread *t, sqlite3_value *v) {
    switch (sqlite3_value_type(v)) {
    case SQLITE_INTEGER: return hd_int_from_i64(t, sqlite3_value_int64(v));
    case SQLITE_FLOAT: return hd_float_new(t, sqlite3_value_double(v));
    case SQLITE_TEXT: {
        const char *text = (const char *)sqlite3_value_text(v);
        return text ? hd_str_from_utf8(t, text, sqlite3_value_bytes(v)) : hd_raise_no_memory(t);
    }
    case SQLITE_BLOB: {
        const void *data = sqlite3_value_blob(v);
        return hd_bytes_new(t, data ? data : "", sqlite3_value_bytes(v));
    }
    default: return hd_None;
    }
}

static HdValue argument_tuple(HdThread *t, int count, sqlite3_value **values) {
    HD_OWNED HdValue args = hd_tuple_new(t, count);
    for (int i = 0; i < count && !hd_is_null(args); i++) {
        HdValue v = argument_value(t, values[i]);
        if (hd_is_null(v)) return HD_NULL;
        hd_tuple_put_steal(args, i, v);
    }
    return hd_move(&args);
}

static int result_text(HdThread *t, sqlite3_context *context, HdValue v) {
    HdSize length;
    const char *text = hd_str_utf8(t, v, &length);
    if (!text) return -1;
    if (length > INT_MAX) return hd_raise_int(t, &hd_OverflowError, "string is longer than INT_MAX bytes");
    sqlite3_result_text(context, text, (int)length, SQLITE_TRANSIENT);
    return 0;
}
static int result_buffer(HdThread *t, sqlite3_context *context, HdValue v) {
    HdBuffer buffer;
    if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    int result = 0;
    if (buffer.length > INT_MAX) result = hd_raise_int(t, &hd_OverflowError, "BLOB longer than INT_MAX bytes");
    else sqlite3_result_blob(context, buffer.length ? buffer.data : "", (int)buffer.length, SQLITE_TRANSIENT);
    hd_buffer_release(t, &buffer);
    return result;
}
/* -1: raised, or a value that SQL does not know. */
static int set_result(HdThread *t, sqlite3_context *context, HdValue v) {
    int64_t n;
    if (hd_is_none(v)) sqlite3_result_null(context);
    else if (hd_is_float(v)) sqlite3_result_double(context, hd_float_value(v));
    else if (hd_is_str(v)) return result_text(t, context, v);
    else if (hd_is_int(v)) {
        if (!hd_int_try_i64(v, &n)) {
            return hd_raise_int(t, &hd_OverflowError, "Python int too large to convert to SQLite INTEGER");
        }
        sqlite3_result_int64(context, n);
    } else if (hd_buffer_check(v)) return result_buffer(t, context, v);
    else return -1;
    return 0;
}

/* --- functions --- */

static void call_function(sqlite3_context *context, int count, sqlite3_value **values) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = sqlite3_user_data(context);
    {
        HD_OWNED HdValue args = argument_tuple(t, count, values);
        HD_OWNED HdValue result = hd_is_null(args) ? HD_NULL : hd_object_call_ex(t, callback->callable, args, HD_NULL);
        if (hd_is_null(result) || set_result(t, context, result) < 0) {
            fail(t, context, callback, "user-defined function raised exception");
        }
    }
    hd_blocking_callback_end(t, detached);
}

/* An aggregate's instance lives in SQLite's memory for it, as an owned word. */
static void step_with(sqlite3_context *context, int count, sqlite3_value **values, const char *method) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = sqlite3_user_data(context);
    HdValue *slot = sqlite3_aggregate_context(context, sizeof *slot);
    if (!slot) {
        sqlite3_result_error_nomem(context);
    } else {
        if (hd_is_null(*slot)) *slot = hd_object_call0(t, callback->callable);
        if (hd_is_null(*slot)) {
            fail(t, context, callback, "user-defined aggregate's '__init__' method raised error");
        } else {
            HD_OWNED HdValue bound = hd_object_getattr_text(t, *slot, method);
            bool missing = hd_is_null(bound) && hd_raised_is(t, &hd_AttributeError);
            HD_OWNED HdValue args = hd_is_null(bound) ? HD_NULL : argument_tuple(t, count, values);
            HD_OWNED HdValue done = hd_is_null(args) ? HD_NULL : hd_object_call_ex(t, bound, args, HD_NULL);
            char words[96];
            sqlite3_snprintf(sizeof words, words, "user-defined aggregate's '%s' method %s", method,
                             missing ? "not defined" : "raised error");
            if (hd_is_null(done)) fail(t, context, callback, words);
        }
    }
    hd_blocking_callback_end(t, detached);
}
static void aggregate_step(sqlite3_context *context, int count, sqlite3_value **values) {
    step_with(context, count, values, "step");
}
static void aggregate_inverse(sqlite3_context *context, int count, sqlite3_value **values) {
    step_with(context, count, values, "inverse");
}

static void ask(sqlite3_context *context, const char *method, bool last) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = sqlite3_user_data(context);
    HdValue *slot = sqlite3_aggregate_context(context, 0);
    HdValue pending = hd_take_raised(t);
    if (slot && !hd_is_null(*slot)) {
        HD_OWNED HdValue bound = hd_object_getattr_text(t, *slot, method);
        bool missing = hd_is_null(bound) && hd_raised_is(t, &hd_AttributeError);
        HD_OWNED HdValue result = hd_is_null(bound) ? HD_NULL : hd_object_call0(t, bound);
        char words[96];
        sqlite3_snprintf(sizeof words, words, "user-defined aggregate's '%s' method %s", method,
                         missing ? "not defined" : "raised error");
        if (hd_is_null(result) || set_result(t, context, result) < 0) fail(t, context, callback, words);
        if (last) hd_clear_slot(t, slot);
    }
    if (!hd_is_null(pending)) hd_set_raised_steal(t, pending);
    hd_blocking_callback_end(t, detached);
}
static void aggregate_finalize(sqlite3_context *context) { ask(context, "finalize", true); }
static void aggregate_value(sqlite3_context *context) { ask(context, "value", false); }

static const char *text_of(HdThread *t, HdValue v, const char *function, const char *argument) {
    if (hd_is_str(v)) return hd_str_utf8(t, v, NULL);
    hd_raise(t, &hd_TypeError, "%s() argument %s must be str, not %s", function, argument, hd_type_name(v));
    return NULL;
}

static HdValue created(HdThread *t, HdSqliteConnection *c, int code, const char *words) {
    if (code == SQLITE_OK) return hd_None;
    if (words) return hd_raise(t, &hd_sqlite_OperationalError, "%s", words);
    return hd_sqlite_raise(t, c->db);
}

static HdValue hd_sqlite_create_function_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = text_of(t, a[0], "create_function", "'name'");
    int count = name ? hd_number_as_int(t, a[1]) : -1;
    if (!name || (count == -1 && hd_raised(t))) return HD_NULL;
    int deterministic = hd_is_null(a[3]) ? 0 : hd_object_truth(t, a[3]);
    if (deterministic < 0) return HD_NULL;
    int flags = SQLITE_UTF8 | (deterministic ? SQLITE_DETERMINISTIC : 0);
    if (hd_is_none(a[2])) {
        int code = sqlite3_create_function_v2(c->db, name, count, flags, NULL, NULL, NULL, NULL, NULL);
        return created(t, c, code, "Error creating function");
    }
    HdSqliteCallback *callback = callback_new(t, c, a[2]);
    if (!callback) return HD_NULL;
    int code = sqlite3_create_function_v2(c->db, name, count, flags, callback, call_function, NULL, NULL,
                                          hd_sqlite_callback_free);
    return created(t, c, code, "Error creating function");
}

static HdValue hd_sqlite_create_aggregate_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = text_of(t, a[0], "create_aggregate", "'name'");
    int count = name ? hd_number_as_int(t, a[1]) : -1;
    if (!name || (count == -1 && hd_raised(t))) return HD_NULL;
    if (hd_is_none(a[2])) {
        int code = sqlite3_create_function_v2(c->db, name, count, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL);
        return created(t, c, code, "Error creating aggregate");
    }
    HdSqliteCallback *callback = callback_new(t, c, a[2]);
    if (!callback) return HD_NULL;
    int code = sqlite3_create_function_v2(c->db, name, count, SQLITE_UTF8, callback, NULL, aggregate_step,
                                          aggregate_finalize, hd_sqlite_callback_free);
    return created(t, c, code, "Error creating aggregate");
}

static HdValue hd_sqlite_create_window_function_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = text_of(t, a[0], "create_window_function", "1");
    int count = name ? hd_number_as_int(t, a[1]) : -1;
    if (!name || (count == -1 && hd_raised(t))) return HD_NULL;
    HdSqliteCallback *callback = NULL;
    int code;
    if (hd_is_none(a[2])) {
        code = sqlite3_create_window_function(c->db, name, count, SQLITE_UTF8, NULL, NULL, NULL, NULL, NULL, NULL);
    } else {
        callback = callback_new(t, c, a[2]);
        if (!callback) return HD_NULL;
        code = sqlite3_create_window_function(c->db, name, count, SQLITE_UTF8, callback, aggregate_step,
                                              aggregate_finalize, aggregate_value, aggregate_inverse,
                                              hd_sqlite_callback_free);
    }
    return code == SQLITE_OK ? hd_None
                             : hd_raise(t, &hd_sqlite_ProgrammingError, "%s", sqlite3_errmsg(c->db));
}

/* --- collations --- */

/* Not told of errors: what raises counts as equal. */
static int collate(void *data, int left_length, const void *left, int right_length, const void *right) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = data;
    int order = 0;
    if (!hd_raised(t)) {
        HD_OWNED HdValue a = hd_str_from_utf8(t, left, left_length);
        HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : hd_str_from_utf8(t, right, right_length);
        HD_OWNED HdValue answer = hd_is_null(b) ? HD_NULL : hd_object_call2(t, callback->callable, a, b);
        HD_OWNED HdValue number = hd_is_null(answer) ? HD_NULL : hd_number_index(t, answer);
        if (!hd_is_null(number)) order = hd_int_sign(number);
        dispose(t, callback);
    }
    hd_blocking_callback_end(t, detached);
    return order;
}

static HdValue hd_sqlite_create_collation_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    const char *name = text_of(t, a[0], "create_collation", "1");
    if (!name) return HD_NULL;
    if (hd_is_none(a[1])) {
        return created(t, c, sqlite3_create_collation_v2(c->db, name, SQLITE_UTF8, NULL, NULL, NULL), NULL);
    }
    if (!hd_object_is_callable(a[1])) return hd_raise(t, &hd_TypeError, "parameter must be callable");
    HdSqliteCallback *callback = callback_new(t, c, a[1]);
    if (!callback) return HD_NULL;
    int code = sqlite3_create_collation_v2(c->db, name, SQLITE_UTF8, callback, collate, hd_sqlite_callback_free);
    if (code != SQLITE_OK) hd_sqlite_callback_free(callback); /* it alone leaves that to its caller */
    return created(t, c, code, NULL);
}

/* --- hooks --- */

static HdValue text_or_none(HdThread *t, const char *text) { return text ? hd_str_from_text(t, text) : hd_None; }

static int authorize(void *data, int action, const char *first, const char *second, const char *database,
                     const char *source) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = data;
    int answer = SQLITE_DENY;
    {
        HD_OWNED HdValue a = text_or_none(t, first);
        HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : text_or_none(t, second);
        HD_OWNED HdValue d = hd_is_null(b) ? HD_NULL : text_or_none(t, database);
        HD_OWNED HdValue s = hd_is_null(d) ? HD_NULL : text_or_none(t, source);
        HD_OWNED HdValue args = hd_is_null(s) ? HD_NULL : hd_tuple_pack(t, 5, hd_imm_int(action), a, b, d, s);
        HD_OWNED HdValue result = hd_is_null(args) ? HD_NULL : hd_object_call_ex(t, callback->callable, args, HD_NULL);
        if (!hd_is_null(result) && hd_is_int(result)) {
            int n = hd_number_as_int(t, result);
            answer = n == -1 && hd_raised(t) ? SQLITE_DENY : n;
        }
        dispose(t, callback);
    }
    hd_blocking_callback_end(t, detached);
    return answer;
}

static int progress(void *data) {
    bool detached;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = data;
    int stop = 1;
    {
        HD_OWNED HdValue result = hd_object_call0(t, callback->callable);
        int truth = hd_is_null(result) ? -1 : hd_object_truth(t, result);
        stop = truth != 0;
        dispose(t, callback);
    }
    hd_blocking_callback_end(t, detached);
    return stop;
}

static int trace(unsigned kind, void *data, void *statement, void *text) {
    bool detached;
    if (kind != SQLITE_TRACE_STMT) return 0;
    HdThread *t = hd_blocking_callback_begin(&detached);
    HdSqliteCallback *callback = data;
    {
        char *expanded = sqlite3_expanded_sql(statement);
        if (!expanded && !sqlite3_errcode(sqlite3_db_handle(statement))) {
            hd_raise(t, &hd_sqlite_DataError, "Expanded SQL string exceeds the maximum string length");
            dispose(t, callback);
        }
        HD_OWNED HdValue sql = hd_str_from_text(t, expanded ? expanded : sqlite3_sql(statement));
        sqlite3_free(expanded);
        if (!hd_is_null(sql)) hd_release(t, hd_object_call1(t, callback->callable, sql));
        dispose(t, callback);
    }
    hd_blocking_callback_end(t, detached);
    return 0;
}

/* Puts a new callback, or none, into a slot of the connection; the old one, to be freed once SQLite has let it go. */
static int replace(HdThread *t, HdSqliteConnection *c, HdSqliteCallback **slot, HdValue callable,
                   HdSqliteCallback **old) {
    HdSqliteCallback *made = NULL;
    if (!hd_is_none(callable) && !(made = callback_new(t, c, callable))) return -1;
    *old = *slot;
    *slot = made;
    return 0;
}

static HdValue hd_sqlite_set_authorizer_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    HdSqliteCallback *old;
    if (replace(t, c, &c->authorizer, a[0], &old) < 0) return HD_NULL;
    int code = sqlite3_set_authorizer(c->db, c->authorizer ? authorize : NULL, c->authorizer);
    hd_sqlite_callback_free(old);
    return created(t, c, code, "Error setting authorizer callback");
}
static HdValue hd_sqlite_set_progress_handler_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    int n = hd_number_as_int(t, a[1]);
    HdSqliteCallback *old;
    if ((n == -1 && hd_raised(t)) || replace(t, c, &c->progress, a[0], &old) < 0) return HD_NULL;
    sqlite3_progress_handler(c->db, c->progress ? n : 0, c->progress ? progress : NULL, c->progress);
    hd_sqlite_callback_free(old);
    return hd_None;
}
static HdValue hd_sqlite_set_trace_callback_inside(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    HdSqliteCallback *old;
    if (replace(t, c, &c->trace, a[0], &old) < 0) return HD_NULL;
    sqlite3_trace_v2(c->db, c->trace ? SQLITE_TRACE_STMT : 0, c->trace ? trace : NULL, c->trace);
    hd_sqlite_callback_free(old);
    return hd_None;
}

HD_SQLITE_INSIDE(hd_sqlite_create_function)
HD_SQLITE_INSIDE(hd_sqlite_create_aggregate)
HD_SQLITE_INSIDE(hd_sqlite_create_window_function)
HD_SQLITE_INSIDE(hd_sqlite_create_collation)
HD_SQLITE_INSIDE(hd_sqlite_set_authorizer)
HD_SQLITE_INSIDE(hd_sqlite_set_progress_handler)
HD_SQLITE_INSIDE(hd_sqlite_set_trace_callback)
