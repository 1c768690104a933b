/* sqlite_statement.c -- prepared statements, and Python values as their parameters.
 *
 * All but the end of a statement happens inside the connection's lock.
 */
#include "sqlite_types.h"

#include <ctype.h>
#include <limits.h>
#include <strings.h>

/* --- SQL text --- */

/* Behind white space and comments; NULL when nothing is left. */
static const char *first_word(const char *sql) {
    while (*sql) {
        if (isspace((unsigned char)*sql)) {
            sql++;
        } else if (sql[0] == '-' && sql[1] == '-') {
            while (*sql && *sql != '\n') sql++;
        } else if (sql[0] == '/' && sql[1] == '*') {
            const char *end = strstr(sql + 2, "*/");
            if (!end) return NULL;
            sql = end + 2;
        } else {
            return sql;
        }
    }
    return NULL;
}

static bool changes_rows(const char *sql) {
    static const char *const words[] = {"insert", "update", "delete", "replace"};
    const char *word = first_word(sql);
    for (size_t i = 0; word && i < HD_COUNT_OF(words); i++) {
        if (!strncasecmp(word, words[i], strlen(words[i]))) return true;
    }
    return false;
}

HdValue hd_sqlite_statement_new(HdThread *t, HdSqliteConnection *c, HdValue sql) {
    HdSize length;
    const char *text = hd_str_utf8(t, sql, &length);
    if (!text) return HD_NULL;
    if (length > sqlite3_limit(c->db, SQLITE_LIMIT_SQL_LENGTH, -1)) {
        return hd_raise(t, &hd_sqlite_DataError, "query string is too large");
    }
    if (strlen(text) != (size_t)length) {
        return hd_raise(t, &hd_sqlite_ProgrammingError, "the query contains a null character");
    }
    HD_OWNED HdValue self = hd_type_alloc(t, &hd_sqlite_statement_type);
    if (hd_is_null(self)) return self;
    HdSqliteStatement *s = hd_sqlite_statement(self);
    const char *tail = NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_prepare_v2(c->db, text, (int)length + 1, &s->st, &tail);
    hd_blocking_leave(t);
    if (code != SQLITE_OK) return hd_sqlite_raise(t, c->db);
    if (first_word(tail)) {
        return hd_raise(t, &hd_sqlite_ProgrammingError, "You can only execute one statement at a time.");
    }
    s->is_dml = changes_rows(text);
    return hd_move(&self);
}

int hd_sqlite_step(HdThread *t, sqlite3_stmt *st) {
    if (!st) return SQLITE_DONE;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_step(st);
    hd_blocking_leave_computation(t);
    return code;
}

void hd_sqlite_reset(HdThread *t, HdSqliteStatement *s) {
    if (!s->st) return;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    sqlite3_reset(s->st);
    hd_blocking_leave_computation(t);
}

static void statement_dealloc(HdThread *t, HdObject *self) {
    sqlite3_stmt *st = ((HdSqliteStatement *)self)->st;
    if (st) {
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        sqlite3_finalize(st);
        hd_blocking_leave_computation(t);
    }
    hd_type_free(t, self);
}
HdType hd_sqlite_statement_type = {
    HD_TYPE_HEAD("sqlite3.Statement"),
    .basicsize = sizeof(HdSqliteStatement),
    .flags = HD_TYPE_DISALLOW_NEW,
    .dealloc = statement_dealloc,
};

/* --- parameters --- */

static int bind_int(HdThread *t, sqlite3_stmt *st, int position, HdValue v) {
    int64_t n;
    if (hd_int_try_i64(v, &n)) return sqlite3_bind_int64(st, position, n);
    hd_raise(t, &hd_OverflowError, "Python int too large to convert to SQLite INTEGER");
    return SQLITE_ERROR;
}

static int bind_text(HdThread *t, sqlite3_stmt *st, int position, HdValue v) {
    HdSize length;
    const char *text = hd_str_utf8(t, v, &length);
    if (!text) return SQLITE_ERROR;
    if (length <= INT_MAX) return sqlite3_bind_text(st, position, text, (int)length, SQLITE_TRANSIENT);
    hd_raise(t, &hd_OverflowError, "string longer than INT_MAX bytes");
    return SQLITE_ERROR;
}

static int bind_buffer(HdThread *t, sqlite3_stmt *st, int position, HdValue v) {
    HdBuffer buffer;
    if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return SQLITE_ERROR;
    int code = SQLITE_ERROR;
    const void *data = buffer.length ? buffer.data : ""; /* NULL would bind NULL */
    if (buffer.length > INT_MAX) hd_raise(t, &hd_OverflowError, "BLOB longer than INT_MAX bytes");
    else code = sqlite3_bind_blob(st, position, data, (int)buffer.length, SQLITE_TRANSIENT);
    hd_buffer_release(t, &buffer);
    return code;
}

/* SQLITE_…; or an exception is set. */
static int bind_value(HdThread *t, sqlite3_stmt *st, int position, HdValue v) {
    if (hd_is_none(v)) return sqlite3_bind_null(st, position);
    if (hd_is_int(v)) return bind_int(t, st, position, v);
    if (hd_is_float(v)) return sqlite3_bind_double(st, position, hd_float_value(v));
    if (hd_is_str(v)) return bind_text(t, st, position, v);
    if (hd_buffer_check(v)) return bind_buffer(t, st, position, v);
    hd_raise(t, &hd_sqlite_ProgrammingError, "Error binding parameter %d: type '%s' is not supported", position,
             hd_type_of(v)->name);
    return SQLITE_ERROR;
}

static int bind_named(HdThread *t, sqlite3_stmt *st, int position, const char *name, HdValue v) {
    if (hd_is_none(v) || hd_is_int(v) || hd_is_float(v) || hd_is_str(v) || hd_buffer_check(v)) {
        return bind_value(t, st, position, v);
    }
    hd_raise(t, &hd_sqlite_ProgrammingError, "Error binding parameter ':%s': type '%s' is not supported", name,
             hd_type_of(v)->name);
    return SQLITE_ERROR;
}

static HdValue adapted(HdThread *t, HdSqliteConnection *c, HdValue v) {
    bool plain = hd_is_exact_int(v) || hd_is_exact_float(v) || hd_is_exact_str(v) || hd_is_exact(v, &hd_bytearray_type);
    if (plain && !hd_sqlite_state(c->module)->plain_adapted) return hd_retain(t, v);
    return hd_sqlite_adapt(t, c->module, v, hd_type_value(&hd_sqlite_protocol_type), v);
}

static int finish_bind(HdThread *t, HdSqliteConnection *c, int code) {
    if (code == SQLITE_OK) return 0;
    if (!hd_raised(t)) hd_sqlite_raise(t, c->db);
    return -1;
}

static int bind_sequence(HdThread *t, HdSqliteConnection *c, HdSqliteStatement *s, HdValue parameters, int wanted) {
    HdSize count = hd_object_length(t, parameters);
    if (count < 0) return -1;
    if (count != wanted) {
        return hd_raise_int(t, &hd_sqlite_ProgrammingError,
                            "Incorrect number of bindings supplied. The current statement uses %d, and there are %zd "
                            "supplied.", wanted, count);
    }
    for (int i = 0; i < wanted; i++) {
        HD_OWNED HdValue item = hd_object_getitem_index(t, parameters, i);
        HD_OWNED HdValue v = hd_is_null(item) ? HD_NULL : adapted(t, c, item);
        if (hd_is_null(v) || finish_bind(t, c, bind_value(t, s->st, i + 1, v)) < 0) return -1;
    }
    return 0;
}

static int bind_mapping(HdThread *t, HdSqliteConnection *c, HdSqliteStatement *s, HdValue parameters, int wanted) {
    for (int i = 1; i <= wanted; i++) {
        const char *name = sqlite3_bind_parameter_name(s->st, i);
        if (!name) {
            return hd_raise_int(t, &hd_sqlite_ProgrammingError,
                                "Binding %d has no name, but you supplied a dictionary (which has only names).", i);
        }
        name++; /* the colon */
        HD_OWNED HdValue key = hd_str_from_text(t, name);
        HD_OWNED HdValue item = hd_is_null(key) ? HD_NULL : hd_object_getitem(t, parameters, key);
        if (hd_is_null(item)) {
            if (hd_is_null(key) || !hd_raised_is(t, &hd_LookupError)) return -1;
            hd_clear_raised(t);
            return hd_raise_int(t, &hd_sqlite_ProgrammingError, "You did not supply a value for binding parameter :%s.",
                                name);
        }
        HD_OWNED HdValue v = adapted(t, c, item);
        if (hd_is_null(v) || finish_bind(t, c, bind_named(t, s->st, i, name, v)) < 0) return -1;
    }
    return 0;
}

int hd_sqlite_bind(HdThread *t, HdSqliteConnection *c, HdSqliteStatement *s, HdValue parameters) {
    int wanted = s->st ? sqlite3_bind_parameter_count(s->st) : 0;
    HdType *type = hd_type_of(parameters);
    bool sequence = type->getitem && !hd_is_dict(parameters) && !(type->flags & HD_TYPE_MAPPING);
    if (sequence) return bind_sequence(t, c, s, parameters, wanted);
    if (type->getitem) return bind_mapping(t, c, s, parameters, wanted);
    return hd_raise_int(t, &hd_sqlite_ProgrammingError, "parameters are of unsupported type");
}
