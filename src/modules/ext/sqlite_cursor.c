/* sqlite_cursor.c -- Cursor: executing statements and fetching rows.
 *
 * A cursor at work is `locked` against being used from a callback; everything happens inside its connection's lock.
 */
#include "sqlite_types.h"

#include <stdlib.h>

HD_INLINE HdSqliteCursor *as_cursor(HdValue v) { return hd_sqlite_cursor(v); }

/* --- checks --- */

/* The connection, entered; NULL = raised. */
static HdSqliteConnection *enter(HdThread *t, HdSqliteCursor *u) {
    if (!u->initialized) {
        hd_raise(t, &hd_sqlite_ProgrammingError, "Base Cursor.__init__ not called.");
        return NULL;
    }
    HdSqliteConnection *c = hd_sqlite_connection(u->connection);
    if (u->closed) {
        hd_raise(t, &hd_sqlite_ProgrammingError, "Cannot operate on a closed cursor.");
        return NULL;
    }
    if (hd_sqlite_enter(t, c) < 0) return NULL;
    if (!u->locked) return c;
    hd_sqlite_leave(t, c);
    hd_raise(t, &hd_sqlite_ProgrammingError, "Recursive use of cursors not allowed.");
    return NULL;
}

static void drop_statement(HdThread *t, HdSqliteCursor *u) {
    HD_OWNED HdValue statement = hd_field_get(t, u, &u->statement);
    if (hd_is_null(statement)) return;
    hd_sqlite_reset(t, hd_sqlite_statement(statement));
    hd_field_set_steal(t, u, &u->statement, HD_NULL);
}

/* --- columns --- */

/* The part of a name in front of " [": what is in brackets names a converter. */
static HdValue column_name(HdThread *t, HdSqliteConnection *c, const char *name) {
    if (!name) return hd_raise_no_memory(t);
    HdSize length = (HdSize)strlen(name);
    const char *bracket = c->detect_types & HD_SQLITE_COLNAMES ? strchr(name, '[') : NULL;
    if (bracket) length = bracket - name - (bracket > name && bracket[-1] == ' ');
    return hd_str_from_utf8(t, name, length);
}

static HdValue describe(HdThread *t, HdSqliteConnection *c, sqlite3_stmt *st, int count) {
    HD_OWNED HdValue description = hd_tuple_new(t, count);
    for (int i = 0; i < count && !hd_is_null(description); i++) {
        HD_OWNED HdValue name = column_name(t, c, sqlite3_column_name(st, i));
        if (hd_is_null(name)) return HD_NULL;
        HdValue row = hd_tuple_pack(t, 7, name, hd_None, hd_None, hd_None, hd_None, hd_None, hd_None);
        if (hd_is_null(row)) return HD_NULL;
        hd_tuple_put_steal(description, i, row);
    }
    return hd_move(&description);
}

/* The converter registered for a type's name, upper case; HD_NULL: none, or raised. */
static HdValue find_converter(HdThread *t, HdSqliteConnection *c, const char *name, HdSize length) {
    HD_OWNED HdValue text = hd_str_from_utf8(t, name, length);
    HD_OWNED HdValue key = hd_is_null(text) ? HD_NULL : hd_object_call_method0(t, text, "upper");
    HdValue found = HD_NULL;
    if (hd_is_null(key) || hd_dict_find(t, hd_sqlite_state(c->module)->converters, key, &found) < 0) return HD_NULL;
    return found;
}

static HdValue column_converter(HdThread *t, HdSqliteConnection *c, sqlite3_stmt *st, int i) {
    const char *name = sqlite3_column_name(st, i);
    if ((c->detect_types & HD_SQLITE_COLNAMES) && name) {
        const char *open = strchr(name, '['), *end = open ? strchr(open, ']') : NULL;
        HdValue found = end ? find_converter(t, c, open + 1, end - open - 1) : HD_NULL;
        if (!hd_is_null(found) || hd_raised(t)) return found;
    }
    const char *type = c->detect_types & HD_SQLITE_DECLTYPES ? sqlite3_column_decltype(st, i) : NULL;
    if (!type) return HD_NULL;
    HdSize length = (HdSize)strcspn(type, " ("); /* the first word */
    return find_converter(t, c, type, length);
}

/* A list with a converter or None a column; HD_NULL: no column has one, or raised. */
static HdValue find_converters(HdThread *t, HdSqliteConnection *c, sqlite3_stmt *st) {
    if (!c->detect_types) return HD_NULL;
    int count = sqlite3_column_count(st);
    HD_OWNED HdValue list = hd_list_new(t, count);
    for (int i = 0; i < count && !hd_is_null(list); i++) {
        HdValue converter = column_converter(t, c, st, i);
        if (hd_raised(t)) return HD_NULL;
        if (hd_list_append_steal(t, list, hd_is_null(converter) ? hd_None : converter) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

/* --- rows --- */

static HdValue text_value(HdThread *t, HdSqliteConnection *c, sqlite3_stmt *st, int i) {
    const char *text = (const char *)sqlite3_column_text(st, i);
    HdSize length = sqlite3_column_bytes(st, i);
    if (!text) return hd_raise_no_memory(t);
    HD_OWNED HdValue factory = hd_field_get(t, c, &c->text_factory);
    if (hd_same(factory, hd_type_value(&hd_str_type))) {
        HdValue v = hd_str_from_utf8(t, text, length);
        if (!hd_is_null(v) || !hd_raised_is(t, &hd_UnicodeDecodeError)) return v;
        hd_clear_raised(t);
        HD_OWNED HdValue shown = hd_str_decode(t, text, length, "ascii", "replace");
        if (hd_is_null(shown)) return HD_NULL;
        return hd_raise(t, &hd_sqlite_OperationalError, "Could not decode to UTF-8 column '%s' with text '%U'",
                        sqlite3_column_name(st, i), shown);
    }
    if (hd_same(factory, hd_type_value(&hd_bytes_type))) return hd_bytes_new(t, text, length);
    if (hd_same(factory, hd_type_value(&hd_bytearray_type))) return hd_bytearray_new(t, text, length);
    HD_OWNED HdValue bytes = hd_bytes_new(t, text, length);
    return hd_is_null(bytes) ? HD_NULL : hd_object_call1(t, factory, bytes);
}

static HdValue blob_value(HdThread *t, sqlite3_stmt *st, int i) {
    const void *data = sqlite3_column_blob(st, i);
    HdSize length = sqlite3_column_bytes(st, i);
    return hd_bytes_new(t, data ? data : "", data ? length : 0);
}

static HdValue column_value(HdThread *t, HdSqliteConnection *c, HdValue converter, sqlite3_stmt *st, int i) {
    int type = sqlite3_column_type(st, i);
    if (type == SQLITE_NULL) return hd_None;
    if (!hd_is_null(converter) && !hd_is_none(converter)) {
        if (!sqlite3_column_blob(st, i)) return hd_None; /* of no length */
        HD_OWNED HdValue bytes = blob_value(t, st, i);
        return hd_is_null(bytes) ? HD_NULL : hd_object_call1(t, converter, bytes);
    }
    if (type == SQLITE_INTEGER) return hd_int_from_i64(t, sqlite3_column_int64(st, i));
    if (type == SQLITE_FLOAT) return hd_float_new(t, sqlite3_column_double(st, i));
    return type == SQLITE_TEXT ? text_value(t, c, st, i) : blob_value(t, st, i);
}

static HdValue fetch_row(HdThread *t, HdSqliteConnection *c, HdValue converters, sqlite3_stmt *st) {
    int count = sqlite3_data_count(st);
    HD_OWNED HdValue row = hd_tuple_new(t, count);
    for (int i = 0; i < count && !hd_is_null(row); i++) {
        HD_OWNED HdValue converter = hd_is_null(converters) ? HD_NULL : hd_list_get(t, converters, i);
        HdValue v = column_value(t, c, converter, st, i);
        if (hd_is_null(v)) return HD_NULL;
        hd_tuple_put_steal(row, i, v);
    }
    return hd_move(&row);
}

/* The row the statement is at, then a step further; HD_NULL without an exception at the end. */
static HdValue next_inside(HdThread *t, HdValue self, HdSqliteConnection *c) {
    HdSqliteCursor *u = as_cursor(self);
    HD_OWNED HdValue statement = hd_field_get(t, u, &u->statement);
    if (hd_is_null(statement)) return HD_NULL;
    sqlite3_stmt *st = hd_sqlite_statement(statement)->st;
    if (!st || sqlite3_data_count(st) == 0) {
        drop_statement(t, u);
        return HD_NULL;
    }
    u->locked = true;
    HD_OWNED HdValue row = fetch_row(t, c, u->converters, st);
    u->locked = false;
    if (hd_is_null(row)) {
        drop_statement(t, u);
        return HD_NULL;
    }
    int code = hd_sqlite_step(t, st);
    if (code == SQLITE_DONE) {
        if (hd_sqlite_statement(statement)->is_dml) u->rowcount = sqlite3_changes(c->db);
        drop_statement(t, u); /* it may be another cursor's from now on */
    } else if (code != SQLITE_ROW) {
        if (!hd_raised(t)) hd_sqlite_raise(t, sqlite3_db_handle(st));
        drop_statement(t, u);
        return HD_NULL;
    }
    return hd_move(&row);
}

static HdValue cursor_next(HdThread *t, HdValue self) {
    HdSqliteCursor *u = as_cursor(self);
    HdSqliteConnection *c = enter(t, u);
    if (!c) return HD_NULL;
    HD_OWNED HdValue keep = hd_retain(t, hd_from_object(c));
    HD_OWNED HdValue row = next_inside(t, self, c);
    hd_sqlite_leave(t, c);
    if (hd_is_null(row)) return HD_NULL;
    HD_OWNED HdValue factory = hd_field_get(t, u, &u->row_factory);
    return hd_is_none(factory) ? hd_move(&row) : hd_object_call2(t, factory, self, row);
}

static HdValue cursor_fetchone(HdThread *t, HdValue self, const HdValue *unused) {
    HdValue row = cursor_next(t, self);
    return hd_is_null(row) && !hd_raised(t) ? hd_None : row;
}
/* At most `most` rows; < 0: all. */
static HdValue fetch_rows(HdThread *t, HdValue self, HdSize most) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    for (HdSize i = 0; !hd_is_null(list) && (most < 0 || i < most); i++) {
        HdValue row = cursor_next(t, self);
        if (hd_is_null(row)) break;
        if (hd_list_append_steal(t, list, row) < 0) return HD_NULL;
    }
    return hd_raised(t) ? HD_NULL : hd_move(&list);
}
static HdValue cursor_fetchmany(HdThread *t, HdValue self, const HdValue *args) {
    int most = hd_is_null(args[0]) ? as_cursor(self)->arraysize : hd_number_as_int(t, args[0]);
    if (most == -1 && hd_raised(t)) return HD_NULL;
    return fetch_rows(t, self, most == 0 ? -1 : most);
}
static HdValue cursor_fetchall(HdThread *t, HdValue self, const HdValue *unused) { return fetch_rows(t, self, -1); }

/* --- executing --- */

/* One execution with one set of parameters; -1 = raised. */
static int execute_once(HdThread *t, HdSqliteConnection *c, HdSqliteCursor *u, HdSqliteStatement *s, HdValue parameters,
                        bool multiple) {
    if (s->st) sqlite3_clear_bindings(s->st);
    if (hd_sqlite_bind(t, c, s, parameters) < 0) return -1;
    int code = hd_sqlite_step(t, s->st);
    if (hd_raised(t)) return -1; /* a callback that could not tell SQLite */
    if (code != SQLITE_DONE && code != SQLITE_ROW) {
        hd_sqlite_raise(t, c->db);
        return -1;
    }
    int columns = s->st ? sqlite3_column_count(s->st) : 0;
    HdValue converters = columns ? find_converters(t, c, s->st) : HD_NULL;
    hd_field_set_steal(t, u, &u->converters, converters);
    if (hd_raised(t)) return -1;
    if (columns && hd_is_none(u->description)) {
        HdValue description = describe(t, c, s->st, columns);
        if (hd_is_null(description)) return -1;
        hd_field_set_steal(t, u, &u->description, description);
    }
    if (code == SQLITE_DONE || multiple) {
        if (s->is_dml && code == SQLITE_DONE) u->rowcount += sqlite3_changes(c->db);
        hd_sqlite_reset(t, s);
    }
    if (code == SQLITE_DONE && !multiple) hd_field_set_steal(t, u, &u->statement, HD_NULL);
    if (multiple) return 0;
    HdValue row = hd_int_from_i64(t, sqlite3_last_insert_rowid(c->db));
    hd_field_set_steal(t, u, &u->lastrowid, row);
    return hd_is_null(row) ? -1 : 0;
}

static int execute_each(HdThread *t, HdSqliteConnection *c, HdSqliteCursor *u, HdSqliteStatement *s, HdValue iterator) {
    for (;;) {
        HD_OWNED HdValue parameters = hd_object_next(t, iterator);
        if (hd_is_null(parameters)) return hd_raised(t) ? -1 : 0;
        if (execute_once(t, c, u, s, parameters, true) < 0) return -1;
    }
}

static HdValue own_statement(HdThread *t, HdSqliteConnection *c, HdValue sql) {
    HdValue statement = hd_sqlite_get_statement(t, c, sql);
    if (hd_is_null(statement)) return statement;
    sqlite3_stmt *st = hd_sqlite_statement(statement)->st;
    if (!st || !sqlite3_stmt_busy(st)) return statement;
    hd_release(t, statement); /* another cursor is at work with it */
    return hd_sqlite_statement_new(t, c, sql);
}

static int execute_inside(HdThread *t, HdSqliteConnection *c, HdSqliteCursor *u, HdValue sql, HdValue parameters,
                          bool multiple) {
    HD_OWNED HdValue iterator = multiple ? hd_object_iter(t, parameters) : HD_NULL;
    if (multiple && hd_is_null(iterator)) return -1;
    drop_statement(t, u);
    hd_field_set_steal(t, u, &u->description, hd_None);
    HD_OWNED HdValue statement = own_statement(t, c, sql);
    if (hd_is_null(statement)) return -1;
    HdSqliteStatement *s = hd_sqlite_statement(statement);
    if (multiple && (!s->st || sqlite3_stmt_readonly(s->st))) {
        return hd_raise_int(t, &hd_sqlite_ProgrammingError, "executemany() can only execute DML statements.");
    }
    hd_field_set_steal(t, u, &u->statement, hd_retain(t, statement));
    hd_sqlite_reset(t, s);
    u->rowcount = s->is_dml ? 0 : -1;
    if (c->begin && s->is_dml && sqlite3_get_autocommit(c->db) && hd_sqlite_run(t, c, c->begin) < 0) return -1;
    if (multiple) return execute_each(t, c, u, s, iterator);
    return execute_once(t, c, u, s, parameters, false);
}

static HdValue execute(HdThread *t, HdValue self, HdValue sql, HdValue parameters, bool multiple) {
    HdSqliteCursor *u = as_cursor(self);
    if (!hd_is_str(sql)) {
        return hd_raise(t, &hd_TypeError, "execute%s() argument 1 must be str, not %s", multiple ? "many" : "",
                        hd_type_name(sql));
    }
    HdSqliteConnection *c = enter(t, u);
    if (!c) return HD_NULL;
    HD_OWNED HdValue keep = hd_retain(t, hd_from_object(c));
    u->locked = true;
    HD_OWNED HdValue empty = hd_tuple_empty();
    int result = execute_inside(t, c, u, sql, hd_is_null(parameters) ? empty : parameters, multiple);
    if (result < 0) {
        HdValue error = hd_take_raised(t);
        u->rowcount = -1;
        drop_statement(t, u);
        hd_set_raised_steal(t, error);
    } else if (multiple) {
        drop_statement(t, u);
    }
    u->locked = false;
    hd_sqlite_leave(t, c);
    return result < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue cursor_execute(HdThread *t, HdValue self, const HdValue *args) {
    return execute(t, self, args[0], args[1], false);
}
static HdValue cursor_executemany(HdThread *t, HdValue self, const HdValue *args) {
    return execute(t, self, args[0], args[1], true);
}

static int run_script(HdThread *t, HdSqliteConnection *c, const char *script) {
    if (!sqlite3_get_autocommit(c->db) && hd_sqlite_run(t, c, "COMMIT") < 0) return -1;
    while (*script) {
        sqlite3_stmt *st = NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        int code = sqlite3_prepare_v2(c->db, script, -1, &st, &script);
        while (code == SQLITE_OK && st && sqlite3_step(st) == SQLITE_ROW) {}
        if (code == SQLITE_OK) code = sqlite3_finalize(st);
        hd_blocking_leave_computation(t);
        if (hd_raised(t)) return -1;
        if (code != SQLITE_OK) {
            hd_sqlite_raise(t, c->db);
            return -1;
        }
    }
    return 0;
}

static HdValue cursor_executescript(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) {
        return hd_raise(t, &hd_TypeError, "executescript() argument must be str, not %s", hd_type_name(args[0]));
    }
    HdSize length;
    const char *script = hd_str_utf8(t, args[0], &length);
    if (!script) return HD_NULL;
    if (strlen(script) != (size_t)length) return hd_raise(t, &hd_ValueError, "embedded null character");
    HdSqliteConnection *c = enter(t, as_cursor(self));
    if (!c) return HD_NULL;
    HD_OWNED HdValue keep = hd_retain(t, hd_from_object(c));
    int result = 0;
    if (length > sqlite3_limit(c->db, SQLITE_LIMIT_SQL_LENGTH, -1)) {
        result = hd_raise_int(t, &hd_sqlite_DataError, "query string is too large");
    } else {
        result = run_script(t, c, script);
    }
    hd_sqlite_leave(t, c);
    return result < 0 ? HD_NULL : hd_retain(t, self);
}

/* --- the rest --- */

static HdValue cursor_close(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteCursor *u = as_cursor(self);
    if (!u->initialized) return hd_raise(t, &hd_sqlite_ProgrammingError, "Base Cursor.__init__ not called.");
    if (u->locked) return hd_raise(t, &hd_sqlite_ProgrammingError, "Recursive use of cursors not allowed.");
    HdSqliteConnection *c = hd_sqlite_connection(u->connection);
    if (hd_sqlite_enter(t, c) < 0) return HD_NULL;
    drop_statement(t, u);
    u->closed = true;
    hd_sqlite_leave(t, c);
    return hd_None;
}
static HdValue cursor_nothing(HdThread *t, HdValue self, const HdValue *unused) { return hd_None; }

static int cursor_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSqliteCursor *u = as_cursor(self);
    if (hd_native_no_keywords(t, "Cursor", kwnames) < 0) return -1;
    if (hd_native_check_count(t, "Cursor", nargs, 1, 1) < 0) return -1;
    HdValue connection = hd_ref_value(args[0]);
    if (!hd_is_instance(connection, &hd_sqlite_connection_type)) {
        return hd_raise_int(t, &hd_TypeError, "Cursor() argument 1 must be sqlite3.Connection, not %s",
                            hd_type_name(connection));
    }
    if (u->locked) return hd_raise_int(t, &hd_sqlite_ProgrammingError, "Recursive use of cursors not allowed.");
    hd_field_set_steal(t, u, &u->connection, hd_retain(t, connection));
    hd_field_set_steal(t, u, &u->statement, HD_NULL);
    hd_field_set_steal(t, u, &u->description, hd_None);
    hd_field_set_steal(t, u, &u->lastrowid, hd_None);
    hd_field_set_steal(t, u, &u->row_factory, hd_None);
    u->arraysize = 1;
    u->rowcount = -1;
    u->closed = false;
    if (hd_sqlite_check_thread(t, hd_sqlite_connection(connection)) < 0) return -1;
    u->initialized = true;
    return 0;
}

static HdValue cursor_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static int cursor_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSqliteCursor *u = (HdSqliteCursor *)self;
    HD_VISIT(u->connection);
    HD_VISIT(u->description);
    HD_VISIT(u->lastrowid);
    HD_VISIT(u->row_factory);
    HD_VISIT(u->statement);
    HD_VISIT(u->converters);
    return 0;
}
static void cursor_clear(HdThread *t, HdObject *self) {
    HdSqliteCursor *u = (HdSqliteCursor *)self;
    u->initialized = false; /* the connection goes */
    HdValue *values[] = {&u->description, &u->lastrowid, &u->row_factory, &u->converters, &u->connection};
    for (size_t i = 0; i < HD_COUNT_OF(values); i++) hd_clear_slot(t, values[i]);
}
static void cursor_dealloc(HdThread *t, HdObject *self) {
    HdSqliteCursor *u = (HdSqliteCursor *)self;
    if (!hd_is_null(u->statement)) hd_sqlite_reset(t, hd_sqlite_statement(u->statement)); /* it may stay in the cache */
    hd_clear_slot(t, &u->statement);
    cursor_clear(t, self);
    hd_type_free(t, self);
}
static HdValue cursor_iter(HdThread *t, HdValue self) { return hd_retain(t, self); }

static const HdMemberDef cursor_members[] = {
    {"connection", HD_MEMBER_VALUE, offsetof(HdSqliteCursor, connection), true, NULL, false},
    {"description", HD_MEMBER_VALUE, offsetof(HdSqliteCursor, description), true, NULL, false},
    {"lastrowid", HD_MEMBER_VALUE, offsetof(HdSqliteCursor, lastrowid), true, NULL, false},
    {"row_factory", HD_MEMBER_VALUE, offsetof(HdSqliteCursor, row_factory), false, NULL, false},
    {"arraysize", HD_MEMBER_INT, offsetof(HdSqliteCursor, arraysize), false, NULL, false},
    {"rowcount", HD_MEMBER_SIZE, offsetof(HdSqliteCursor, rowcount), true, NULL, false},
    {0},
};
static const HdMethodDef cursor_methods[] = {
    HD_METHOD(cursor_execute, "execute($self, sql, parameters=(), /)", "Executes an SQL statement."),
    HD_METHOD(cursor_executemany, "executemany($self, sql, seq_of_parameters, /)",
              "Repeatedly executes an SQL statement."),
    HD_METHOD(cursor_executescript, "executescript($self, sql_script, /)", "Executes multiple SQL statements at once."),
    HD_METHOD(cursor_fetchone, "fetchone($self, /)", "Fetches one row from the resultset; None when there is none."),
    HD_METHOD(cursor_fetchmany, "fetchmany($self, /, size=1)", "Fetches several rows; size defaults to arraysize."),
    HD_METHOD(cursor_fetchall, "fetchall($self, /)", "Fetches all rows from the resultset."),
    HD_METHOD(cursor_close, "close($self, /)", "Closes the cursor."),
    HD_METHOD(cursor_nothing, "setinputsizes($self, sizes, /)", "Required by DB-API. Does nothing."),
    HD_METHOD(cursor_nothing, "setoutputsize($self, size, column=None, /)", "Required by DB-API. Does nothing."),
    HD_METHODS_END,
};
HdType hd_sqlite_cursor_type = {
    HD_TYPE_HEAD("sqlite3.Cursor"),
    .doc = "SQLite database cursor class.",
    .basicsize = sizeof(HdSqliteCursor),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = cursor_dealloc,
    .traverse = cursor_traverse,
    .clear = cursor_clear,
    .create = cursor_create,
    .init = cursor_init,
    .iter = cursor_iter,
    .next = cursor_next,
    .methods = cursor_methods,
    .members = cursor_members,
};
