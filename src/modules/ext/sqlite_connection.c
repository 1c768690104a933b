/* sqlite_connection.c -- Connection: opening and closing, the lock, transactions, the cache of statements, attributes.
 *
 * See sqlite_types.h for the lock. What a connection keeps of its cursors and blobs are weak references, so that
 * neither
 * keeps the other alive.
 */
#include "sqlite_types.h"

#include <strings.h>

enum { PRUNE_AFTER = 200 }; /* cursors made, before the dead ones are forgotten */

/* --- the lock and the checks --- */

int hd_sqlite_check_thread(HdThread *t, HdSqliteConnection *c) {
    if (!c->initialized) {
        return hd_raise_int(t, &hd_sqlite_ProgrammingError, "Base Connection.__init__ not called.");
    }
    if (!c->check_thread || c->thread == t->ident) return 0;
    return hd_raise_int(t, &hd_sqlite_ProgrammingError,
                        "SQLite objects created in a thread can only be used in that same thread. The object was "
                        "created in thread id %lu and this is thread id %lu.",
                        (unsigned long)c->thread, (unsigned long)t->ident);
}

static int check_open(HdThread *t, HdSqliteConnection *c) {
    if (!c->initialized) {
        return hd_raise_int(t, &hd_sqlite_ProgrammingError, "Base Connection.__init__ not called.");
    }
    if (c->db) return 0;
    return hd_raise_int(t, &hd_sqlite_ProgrammingError, "Cannot operate on a closed database.");
}

int hd_sqlite_check(HdThread *t, HdSqliteConnection *c) {
    return hd_sqlite_check_thread(t, c) < 0 ? -1 : check_open(t, c);
}

int hd_sqlite_enter(HdThread *t, HdSqliteConnection *c) {
    if (hd_sqlite_check_thread(t, c) < 0) return -1;
    hd_owned_mutex_lock(t, &c->lock);
    if (check_open(t, c) == 0) return 0;
    hd_sqlite_leave(t, c);
    return -1;
}
void hd_sqlite_leave(HdThread *t, HdSqliteConnection *c) { hd_owned_mutex_unlock(&c->lock); }

/* --- closing --- */

static void reset_cursors(HdThread *t, HdSqliteConnection *c) {
    HdSize count = 0;
    HdValue *references = hd_is_null(c->cursors) ? NULL : hd_list_snapshot(t, c->cursors, &count);
    if (count < 0) hd_clear_raised(t);
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue cursor = hd_weakref_get(t, references[i]);
        if (hd_is_null(cursor)) continue;
        HD_OWNED HdValue statement = hd_field_get(t, hd_as_object(cursor), &hd_sqlite_cursor(cursor)->statement);
        if (!hd_is_null(statement)) hd_sqlite_reset(t, hd_sqlite_statement(statement));
        hd_field_set_steal(t, hd_as_object(cursor), &hd_sqlite_cursor(cursor)->statement, HD_NULL);
    }
    if (references) hd_list_snapshot_free(t, references, count);
    references = hd_is_null(c->blobs) ? NULL : hd_list_snapshot(t, c->blobs, &count);
    if (!references) return;
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue blob = hd_weakref_get(t, references[i]);
        if (!hd_is_null(blob)) hd_sqlite_blob_close_now(t, blob);
    }
    hd_list_snapshot_free(t, references, count);
}

/* Inside the lock, or at the end of the object. */
static void close_database(HdThread *t, HdSqliteConnection *c) {
    sqlite3 *db = c->db;
    c->db = NULL;
    if (!db) return;
    hd_clear_slot(t, &c->statements);
    HdSqliteCallback *callbacks[] = {c->trace, c->progress, c->authorizer};
    c->trace = c->progress = c->authorizer = NULL;
    sqlite3_trace_v2(db, 0, NULL, NULL);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    sqlite3_set_authorizer(db, NULL, NULL);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    sqlite3_close_v2(db); /* statements that live on keep it half open */
    hd_blocking_leave(t);
    for (size_t i = 0; i < HD_COUNT_OF(callbacks); i++) hd_sqlite_callback_free(callbacks[i]);
}

static HdValue connection_close(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_sqlite_check_thread(t, c) < 0) return HD_NULL;
    hd_owned_mutex_lock(t, &c->lock);
    reset_cursors(t, c);
    close_database(t, c);
    hd_sqlite_leave(t, c);
    return hd_None;
}

/* --- opening --- */

static const char *const levels[][2] = {
    {"", "BEGIN "}, {"DEFERRED", "BEGIN DEFERRED"}, {"IMMEDIATE", "BEGIN IMMEDIATE"}, {"EXCLUSIVE", "BEGIN EXCLUSIVE"},
};

/* Row of the table; -1 None, -2 raised. */
static int find_level(HdThread *t, HdValue v) {
    if (hd_is_null(v)) return 0;
    if (hd_is_none(v)) return -1;
    if (!hd_is_str(v)) {
        hd_raise(t, &hd_TypeError, "isolation_level must be str or None");
        return -2;
    }
    HdSize length;
    const char *text = hd_str_utf8(t, v, &length);
    for (int i = 0; text && i < 4; i++) {
        if ((HdSize)strlen(text) == length && !strcasecmp(text, levels[i][0])) return i;
    }
    if (text) {
        hd_raise(t, &hd_ValueError,
                 "isolation_level string must be '', 'DEFERRED', 'IMMEDIATE', or 'EXCLUSIVE'");
    }
    return -2;
}
static void use_level(HdSqliteConnection *c, int level) {
    c->level = level < 0 ? NULL : levels[level][0];
    c->begin = level < 0 ? NULL : levels[level][1];
}

/* os.fsencode(os.fspath(v)) */
static HdValue path_bytes(HdThread *t, HdValue v) {
    HD_OWNED HdValue importer = hd_iter_builtin(t, "__import__");
    HD_OWNED HdValue name = hd_is_null(importer) ? HD_NULL : hd_str_from_text(t, "posix");
    HD_OWNED HdValue posix = hd_is_null(name) ? HD_NULL : hd_object_call1(t, importer, name);
    HD_OWNED HdValue path = hd_is_null(posix) ? HD_NULL : hd_object_call_method1(t, posix, "fspath", v);
    HD_OWNED HdValue bytes = HD_NULL;
    if (!hd_is_null(path)) bytes = hd_is_bytes(path) ? hd_retain(t, path) : hd_str_to_fs(t, path);
    if (hd_is_null(bytes)) return bytes;
    if (strlen((char *)hd_bytes_data(bytes)) != (size_t)hd_bytes_length(bytes)) {
        return hd_raise(t, &hd_ValueError, "embedded null byte");
    }
    return hd_move(&bytes);
}

static HdValue own_module(HdThread *t) {
    HD_OWNED HdValue importer = hd_iter_builtin(t, "__import__");
    HD_OWNED HdValue name = hd_is_null(importer) ? HD_NULL : hd_str_from_text(t, "_sqlite3");
    return hd_is_null(name) ? HD_NULL : hd_object_call1(t, importer, name);
}

static sqlite3 *open_database(HdThread *t, HdValue path, double timeout, bool uri) {
    sqlite3 *db = NULL;
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | (uri ? SQLITE_OPEN_URI : 0);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_open_v2((char *)hd_bytes_data(path), &db, flags, NULL);
    if (code == SQLITE_OK) sqlite3_busy_timeout(db, (int)(timeout * 1000));
    hd_blocking_leave(t);
    if (!db) {
        hd_raise_no_memory(t);
    } else if (code != SQLITE_OK) {
        hd_sqlite_raise(t, db);
        sqlite3_close(db);
        db = NULL;
    }
    return db;
}

enum { A_DATABASE, A_TIMEOUT, A_DETECT, A_LEVEL, A_CHECK, A_FACTORY, A_CACHE, A_URI, A_COUNT };
const HdMethodDef hd_sqlite_connection_signature = {
    "Connection($self, /, database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True, "
    "factory=ConnectionType, cached_statements=128, uri=False)", NULL, NULL, NULL, 0};

/* Inside the lock. */
static int start(HdThread *t, HdSqliteConnection *c, const HdValue *a) {
    double timeout = hd_is_null(a[A_TIMEOUT]) ? 5.0 : hd_number_as_double(t, a[A_TIMEOUT]);
    if (timeout == -1.0 && hd_raised(t)) return -1;
    int detect = hd_is_null(a[A_DETECT]) ? 0 : hd_number_as_int(t, a[A_DETECT]);
    if (detect == -1 && hd_raised(t)) return -1;
    int check = hd_is_null(a[A_CHECK]) ? 1 : hd_object_truth(t, a[A_CHECK]);
    int cache = hd_is_null(a[A_CACHE]) ? 128 : hd_number_as_int(t, a[A_CACHE]);
    if (check < 0 || (cache == -1 && hd_raised(t))) return -1;
    int uri = hd_is_null(a[A_URI]) ? 0 : hd_object_truth(t, a[A_URI]);
    int level = uri < 0 ? -2 : find_level(t, a[A_LEVEL]);
    if (level == -2) return -1;
    HD_OWNED HdValue path = path_bytes(t, a[A_DATABASE]);
    HD_OWNED HdValue module = hd_is_null(path) ? HD_NULL : own_module(t);
    HD_OWNED HdValue statements = hd_is_null(module) ? HD_NULL : hd_dict_new(t);
    HD_OWNED HdValue cursors = hd_is_null(statements) ? HD_NULL : hd_list_new(t, 4);
    HD_OWNED HdValue blobs = hd_is_null(cursors) ? HD_NULL : hd_list_new(t, 0);
    sqlite3 *db = hd_is_null(blobs) ? NULL : open_database(t, path, timeout, uri != 0);
    if (!db) return -1;
    c->db = db;
    c->detect_types = detect;
    c->check_thread = (uint8_t)check;
    c->cache_size = cache;
    c->thread = t->ident;
    use_level(c, level);
    hd_replace_steal(t, &c->module, hd_move(&module));
    hd_replace_steal(t, &c->statements, hd_move(&statements));
    hd_field_set_steal(t, c, &c->cursors, hd_move(&cursors));
    hd_field_set_steal(t, c, &c->blobs, hd_move(&blobs));
    hd_field_set_steal(t, c, &c->row_factory, hd_None);
    hd_field_set_steal(t, c, &c->text_factory, hd_retain(t, hd_type_value(&hd_str_type)));
    c->initialized = true;
    return 0;
}

static int connection_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    HdValue a[A_COUNT];
    if (hd_native_bind(t, &hd_sqlite_connection_signature, args, nargs, kwnames, a) < 0) return -1;
    hd_owned_mutex_lock(t, &c->lock);
    c->initialized = false;
    close_database(t, c); /* cursors at work go on with what they have open there */
    int result = start(t, c, a);
    hd_sqlite_leave(t, c);
    return result;
}

static HdValue connection_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static int connection_traverse(HdObject *self, HdVisit visit, void *context) {
    HdSqliteConnection *c = (HdSqliteConnection *)self;
    HD_VISIT(c->module);
    HD_VISIT(c->statements);
    HD_VISIT(c->cursors);
    HD_VISIT(c->blobs);
    HD_VISIT(c->row_factory);
    HD_VISIT(c->text_factory);
    return 0;
}
static void connection_clear(HdThread *t, HdObject *self) {
    HdSqliteConnection *c = (HdSqliteConnection *)self;
    HdValue *values[] = {&c->statements, &c->cursors, &c->blobs, &c->row_factory, &c->text_factory};
    for (size_t i = 0; i < HD_COUNT_OF(values); i++) hd_clear_slot(t, values[i]);
}
static void connection_dealloc(HdThread *t, HdObject *self) {
    HdSqliteConnection *c = (HdSqliteConnection *)self;
    close_database(t, c);
    connection_clear(t, self);
    hd_clear_slot(t, &c->module);
    hd_type_free(t, self);
}

/* --- statements --- */

int hd_sqlite_run(HdThread *t, HdSqliteConnection *c, const char *sql) {
    sqlite3_stmt *st = NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_prepare_v2(c->db, sql, -1, &st, NULL);
    if (code == SQLITE_OK) {
        sqlite3_step(st);
        code = sqlite3_finalize(st);
    }
    hd_blocking_leave(t);
    if (code == SQLITE_OK) return hd_raised(t) ? -1 : 0;
    if (!hd_raised(t)) hd_sqlite_raise(t, c->db);
    return -1;
}

HdValue hd_sqlite_get_statement(HdThread *t, HdSqliteConnection *c, HdValue sql) {
    HdValue found;
    if (c->cache_size <= 0 || hd_is_null(c->statements)) return hd_sqlite_statement_new(t, c, sql);
    int there = hd_dict_find(t, c->statements, sql, &found);
    if (there < 0) return HD_NULL;
    if (there) {
        if (hd_dict_move(t, c->statements, sql, true) >= 0) return found;
        hd_release(t, found);
        return HD_NULL;
    }
    HD_OWNED HdValue made = hd_sqlite_statement_new(t, c, sql);
    if (hd_is_null(made)) return made;
    HdValue old_key, old;
    if (hd_dict_length(c->statements) >= c->cache_size && hd_dict_pop_first(t, c->statements, &old_key, &old) > 0) {
        hd_release(t, old_key);
        hd_release(t, old);
    }
    return hd_dict_set(t, c->statements, sql, made) < 0 ? HD_NULL : hd_move(&made);
}

static HdValue connection_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_sqlite_check(t, hd_sqlite_connection(self)) < 0) return HD_NULL;
    if (hd_native_no_keywords(t, "Connection", kwnames) < 0) return HD_NULL;
    if (hd_native_check_count(t, "Connection", nargs, 1, 1) < 0) return HD_NULL;
    HdValue sql = hd_ref_value(args[0]);
    if (!hd_is_str(sql)) return hd_raise(t, &hd_TypeError, "argument 1 must be str, not %s", hd_type_name(sql));
    if (hd_sqlite_enter(t, hd_sqlite_connection(self)) < 0) return HD_NULL;
    HdValue result = hd_sqlite_get_statement(t, hd_sqlite_connection(self), sql);
    hd_sqlite_leave(t, hd_sqlite_connection(self));
    return result;
}

/* --- transactions --- */

static HdValue commit_inside(HdThread *t, HdSqliteConnection *c, const HdValue *unused) {
    if (sqlite3_get_autocommit(c->db)) return hd_None;
    return hd_sqlite_run(t, c, "COMMIT") < 0 ? HD_NULL : hd_None;
}
static HdValue rollback_inside(HdThread *t, HdSqliteConnection *c, const HdValue *unused) {
    if (sqlite3_get_autocommit(c->db)) return hd_None;
    return hd_sqlite_run(t, c, "ROLLBACK") < 0 ? HD_NULL : hd_None;
}
static HD_SQLITE_INSIDE(commit)
static HD_SQLITE_INSIDE(rollback)

static HdValue connection_enter(HdThread *t, HdValue self, const HdValue *unused) {
    return hd_sqlite_check(t, hd_sqlite_connection(self)) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue connection_exit(HdThread *t, HdValue self, const HdValue *args) {
    bool good = hd_is_none(args[0]) && hd_is_none(args[1]) && hd_is_none(args[2]);
    HD_OWNED HdValue done = hd_object_call_method_text(t, self, good ? "commit" : "rollback", NULL, 0);
    if (!hd_is_null(done)) return hd_False;
    if (!good) return HD_NULL;
    HdValue error = hd_take_raised(t); /* the commit failed: what it was to make lasting is taken back */
    hd_release(t, hd_object_call_method0(t, self, "rollback"));
    if (hd_raised(t)) {
        hd_release(t, error);
        return HD_NULL;
    }
    hd_set_raised_steal(t, error);
    return HD_NULL;
}

/* --- cursors --- */

/* Remembers a new one weakly, and forgets the dead at times. */
static int remember_cursor(HdThread *t, HdSqliteConnection *c, HdValue cursor) {
    HdValue reference = hd_weakref_new(t, cursor, HD_NULL);
    if (hd_is_null(reference) || hd_list_append_steal(t, c->cursors, reference) < 0) return -1;
    if (++c->cursors_made < PRUNE_AFTER) return 0;
    c->cursors_made = 0;
    HdSize count;
    HdValue *references = hd_list_snapshot(t, c->cursors, &count);
    if (!references) return count < 0 ? -1 : 0;
    HD_OWNED HdValue alive = hd_list_new(t, count);
    int result = hd_is_null(alive) ? -1 : 0;
    for (HdSize i = 0; i < count && result == 0; i++) {
        HD_OWNED HdValue there = hd_weakref_get(t, references[i]);
        if (!hd_is_null(there)) result = hd_list_append(t, alive, references[i]);
    }
    hd_list_snapshot_free(t, references, count);
    if (result == 0) hd_field_set_steal(t, c, &c->cursors, hd_move(&alive));
    return result;
}

static HdValue connection_cursor(HdThread *t, HdValue self, const HdValue *args) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_sqlite_check(t, c) < 0) return HD_NULL;
    HdValue factory = hd_is_null(args[0]) ? hd_type_value(&hd_sqlite_cursor_type) : args[0];
    HD_OWNED HdValue cursor = hd_object_call1(t, factory, self);
    if (hd_is_null(cursor)) return cursor;
    if (!hd_is_instance(cursor, &hd_sqlite_cursor_type)) {
        return hd_raise(t, &hd_TypeError, "factory must return a cursor, not %s", hd_type_name(cursor));
    }
    if (hd_sqlite_enter(t, c) < 0) return HD_NULL;
    int result = remember_cursor(t, c, cursor);
    hd_sqlite_leave(t, c);
    if (result < 0) return HD_NULL;
    HD_OWNED HdValue row_factory = hd_field_get(t, c, &c->row_factory);
    if (!hd_is_none(row_factory)) {
        hd_field_set_steal(t, hd_as_object(cursor), &hd_sqlite_cursor(cursor)->row_factory, hd_move(&row_factory));
    }
    return hd_move(&cursor);
}

/* Makes a cursor and calls its method of the same name. */
static HdValue through_cursor(HdThread *t, HdValue self, const char *method, HdValue a, HdValue b_or_null) {
    HD_OWNED HdValue cursor = hd_object_call_method0(t, self, "cursor");
    if (hd_is_null(cursor)) return cursor;
    return hd_object_call_method_text(t, cursor, method, (const HdValue[]){a, b_or_null}, hd_is_null(b_or_null) ? 1 : 2);
}
static HdValue connection_execute(HdThread *t, HdValue self, const HdValue *args) {
    return through_cursor(t, self, "execute", args[0], args[1]);
}
static HdValue connection_executemany(HdThread *t, HdValue self, const HdValue *args) {
    return through_cursor(t, self, "executemany", args[0], args[1]);
}
static HdValue connection_executescript(HdThread *t, HdValue self, const HdValue *args) {
    return through_cursor(t, self, "executescript", args[0], HD_NULL);
}

/* --- the rest --- */

static HdValue connection_interrupt(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (check_open(t, c) < 0) return HD_NULL; /* from any thread, while another one is inside */
    sqlite3_interrupt(c->db);
    return hd_None;
}

static HdValue connection_iterdump(HdThread *t, HdValue self, const HdValue *unused) {
    if (hd_sqlite_check(t, hd_sqlite_connection(self)) < 0) return HD_NULL;
    HD_OWNED HdValue importer = hd_iter_builtin(t, "__import__");
    HD_OWNED HdValue name = hd_is_null(importer) ? HD_NULL : hd_str_from_text(t, "sqlite3.dump");
    HD_OWNED HdValue package = hd_is_null(name) ? HD_NULL : hd_object_call1(t, importer, name);
    HD_OWNED HdValue module = hd_is_null(package) ? HD_NULL : hd_object_getattr_text(t, package, "dump");
    return hd_is_null(module) ? HD_NULL : hd_object_call_method1(t, module, "_iterdump", self);
}

static HdValue get_in_transaction(HdThread *t, HdValue self, void *closure) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_sqlite_enter(t, c) < 0) return HD_NULL;
    bool open = !sqlite3_get_autocommit(c->db);
    hd_sqlite_leave(t, c);
    return hd_bool(open);
}
static HdValue get_total_changes(HdThread *t, HdValue self, void *closure) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_sqlite_enter(t, c) < 0) return HD_NULL;
    int changes = sqlite3_total_changes(c->db);
    hd_sqlite_leave(t, c);
    return hd_imm_int(changes);
}
static HdValue get_isolation_level(HdThread *t, HdValue self, void *closure) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_sqlite_check(t, c) < 0) return HD_NULL;
    return c->level ? hd_str_from_text(t, c->level) : hd_None;
}
static int set_isolation_level(HdThread *t, HdValue self, HdValue v, void *closure) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    if (hd_is_null(v)) return hd_raise_int(t, &hd_AttributeError, "cannot delete attribute");
    int level = find_level(t, v);
    if (level == -2 || hd_sqlite_enter(t, c) < 0) return -1;
    int result = 0;
    if (level == -1) result = sqlite3_get_autocommit(c->db) ? 0 : hd_sqlite_run(t, c, "COMMIT");
    if (result == 0) use_level(c, level);
    hd_sqlite_leave(t, c);
    return result;
}
static HdValue get_error(HdThread *t, HdValue self, void *closure) { return hd_retain(t, hd_type_value(closure)); }

static const HdGetSetDef connection_getsets[] = {
    {"isolation_level", get_isolation_level, set_isolation_level, NULL, NULL},
    {"total_changes", get_total_changes, NULL, NULL, NULL},
    {"in_transaction", get_in_transaction, NULL, NULL, NULL},
#define ERROR_ROW(name, base) {#name, get_error, NULL, NULL, &hd_sqlite_##name},
    HD_SQLITE_ERRORS(ERROR_ROW)
#undef ERROR_ROW
    {0},
};
static const HdMemberDef connection_members[] = {
    {"row_factory", HD_MEMBER_VALUE, offsetof(HdSqliteConnection, row_factory), false, NULL, false},
    {"text_factory", HD_MEMBER_VALUE, offsetof(HdSqliteConnection, text_factory), false, NULL, false},
    {0},
};
static const HdMethodDef connection_methods[] = {
    HD_METHOD(connection_close, "close($self, /)", "Close the database connection; open transactions are lost."),
    HD_METHOD(commit, "commit($self, /)", "Commit any pending transaction to the database."),
    HD_METHOD(rollback, "rollback($self, /)", "Roll back to the start of any pending transaction."),
    HD_METHOD(connection_cursor, "cursor($self, /, factory=<none>)", "Return a cursor for the connection."),
    HD_METHOD(connection_execute, "execute($self, sql, parameters=<none>, /)", "Executes an SQL statement."),
    HD_METHOD(connection_executemany, "executemany($self, sql, parameters, /)",
              "Repeatedly executes an SQL statement."),
    HD_METHOD(connection_executescript, "executescript($self, sql_script, /)",
              "Executes multiple SQL statements at once."),
    HD_METHOD(connection_interrupt, "interrupt($self, /)", "Abort any pending database operation."),
    HD_METHOD(connection_iterdump, "iterdump($self, /)", "Returns iterator to the dump of the database in SQL."),
    HD_METHOD(connection_enter, "__enter__($self, /)", "The connection itself."),
    HD_METHOD(connection_exit, "__exit__($self, type, value, traceback, /)",
              "Commits when the block ended well, else rolls back."),
    HD_METHOD(hd_sqlite_create_function, "create_function($self, /, name, narg, func, *, deterministic=False)",
              "Creates a new SQL function; None removes it."),
    HD_METHOD(hd_sqlite_create_aggregate, "create_aggregate($self, /, name, n_arg, aggregate_class)",
              "Creates a new aggregate."),
    HD_METHOD(hd_sqlite_create_window_function, "create_window_function($self, name, num_params, aggregate_class, /)",
              "Creates or redefines an aggregate window function."),
    HD_METHOD(hd_sqlite_create_collation, "create_collation($self, name, callback, /)",
              "Creates a collation function; None removes it."),
    HD_METHOD(hd_sqlite_set_authorizer, "set_authorizer($self, /, authorizer_callback)",
              "Sets the authorizer callback."),
    HD_METHOD(hd_sqlite_set_progress_handler, "set_progress_handler($self, /, progress_handler, n)",
              "Sets a callback for every n virtual machine instructions."),
    HD_METHOD(hd_sqlite_set_trace_callback, "set_trace_callback($self, /, trace_callback)",
              "Sets a callback for each SQL statement that is executed."),
    HD_METHOD(hd_sqlite_backup, "backup($self, /, target, *, pages=-1, progress=None, name='main', sleep=0.25)",
              "Makes a backup of the database."),
    HD_METHOD(hd_sqlite_serialize, "serialize($self, /, *, name='main')", "The database as a bytes object."),
    HD_METHOD(hd_sqlite_deserialize, "deserialize($self, data, /, *, name='main')",
              "Replaces the database by a serialized one."),
    HD_METHOD(hd_sqlite_getlimit, "getlimit($self, category, /)", "Get connection run-time limits."),
    HD_METHOD(hd_sqlite_setlimit, "setlimit($self, category, limit, /)",
              "Set connection run-time limits; the old one."),
    HD_METHOD(hd_sqlite_enable_load_extension, "enable_load_extension($self, enable, /)",
              "Enable dynamic loading of SQLite extension modules."),
    HD_METHOD(hd_sqlite_load_extension, "load_extension($self, name, /)", "Load SQLite extension module."),
    HD_METHOD(hd_sqlite_blob_open, "blobopen($self, table, column, row, /, *, readonly=False, name='main')",
              "Open and return a BLOB object."),
    HD_METHODS_END,
};
HdType hd_sqlite_connection_type = {
    HD_TYPE_HEAD("sqlite3.Connection"),
    .doc = "SQLite database connection object.",
    .basicsize = sizeof(HdSqliteConnection),
    .flags = HD_TYPE_BASE | HD_TYPE_GC,
    .dealloc = connection_dealloc,
    .traverse = connection_traverse,
    .clear = connection_clear,
    .create = connection_create,
    .init = connection_init,
    .call = connection_call,
    .methods = connection_methods,
    .members = connection_members,
    .getsets = connection_getsets,
};
