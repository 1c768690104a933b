/* sqlite_types.h -- what the files of the module _sqlite3 share: errors, connections, statements, cursors.
 *
 * A connection has a lock that its owner may take again (hd_sqlite_enter), held around everything that uses the
 * database, callbacks into Python included: SQLite itself would hold its mutex then. Waiting for it parks, so no thread
 * ever waits for SQLite's own mutex attached. SQLite's longer calls (prepare, step, open, close) are made detached.
 * A statement is finalized detached and without the lock: SQLite takes care of that by itself.
 */
#ifndef HD_SQLITE_TYPES_H
#define HD_SQLITE_TYPES_H

#include <sqlite3.h>

#include "blocking.h"
#include "heddle/module.h"
#include "mutex.h"
#include "object_internal.h"

/* HD_SQLITE_ERRORS(Name, base) */
#define HD_SQLITE_ERRORS(X)                                                                                          \
    X(Error, hd_Exception) X(InterfaceError, hd_sqlite_Error) X(DatabaseError, hd_sqlite_Error)                      \
    X(InternalError, hd_sqlite_DatabaseError) X(OperationalError, hd_sqlite_DatabaseError)                           \
    X(ProgrammingError, hd_sqlite_DatabaseError) X(IntegrityError, hd_sqlite_DatabaseError)                          \
    X(DataError, hd_sqlite_DatabaseError) X(NotSupportedError, hd_sqlite_DatabaseError) X(Warning, hd_Exception)
#define HD_SQLITE_DECLARE(name, base) extern HdType hd_sqlite_##name;
HD_SQLITE_ERRORS(HD_SQLITE_DECLARE)
#undef HD_SQLITE_DECLARE
extern HdType hd_sqlite_connection_type, hd_sqlite_cursor_type, hd_sqlite_row_type, hd_sqlite_blob_type,
    hd_sqlite_statement_type, hd_sqlite_protocol_type;

typedef struct HdSqliteState {
    HdValue adapters, converters; /* dicts */
    uint8_t tracebacks;           /* errors of callbacks are shown */
    uint8_t plain_adapted;        /* there is an adapter for int, float, str or bytearray */
} HdSqliteState;
HD_INLINE HdSqliteState *hd_sqlite_state(HdValue module) { return hd_module_state(module); }

typedef struct HdSqliteCallback HdSqliteCallback;

typedef struct HdSqliteConnection {
    HdObject head;
    sqlite3 *db; /* NULL: closed */
    HdValue module;
    HdValue statements;      /* cache: dict, SQL -> statement, the one used longest ago first */
    HdValue cursors, blobs;  /* lists of weak references */
    HdSize cache_size, cursors_made;
    HdValue row_factory, text_factory;
    const char *begin; /* the statement that opens a transaction, NULL: none is opened by itself */
    const char *level; /* isolation_level; NULL: None */
    HdSqliteCallback *trace, *progress, *authorizer;
    uint64_t thread; /* the ident of the thread that made it */
    int detect_types;
    uint8_t check_thread, initialized;
    HdOwnedMutex lock;
} HdSqliteConnection;

typedef struct HdSqliteStatement {
    HdObject head;
    sqlite3_stmt *st; /* NULL: nothing but comments */
    uint8_t is_dml;
} HdSqliteStatement;

typedef struct HdSqliteCursor {
    HdObject head;
    HdValue connection, description, lastrowid, row_factory, statement;
    HdValue converters; /* a list, one a column */
    HdSize rowcount;
    int arraysize;
    uint8_t closed, locked, initialized;
} HdSqliteCursor;

HD_INLINE HdSqliteConnection *hd_sqlite_connection(HdValue v) { return HD_AS(HdSqliteConnection, v); }
HD_INLINE HdSqliteStatement *hd_sqlite_statement(HdValue v) { return HD_AS(HdSqliteStatement, v); }
HD_INLINE HdSqliteCursor *hd_sqlite_cursor(HdValue v) { return HD_AS(HdSqliteCursor, v); }

enum { HD_SQLITE_DECLTYPES = 1, HD_SQLITE_COLNAMES = 2 };

/* --- mod__sqlite3.c --- */
/* Raises what the last error of the database is; nothing when there was none. */
HD_COLD HdValue hd_sqlite_raise(HdThread *t, sqlite3 *db);
HdValue hd_sqlite_adapt(HdThread *t, HdValue module, HdValue v, HdValue protocol, HdValue alternative_or_null) HD_CHECK;
const char *hd_sqlite_error_name(int code);
int hd_sqlite_add_constants(HdThread *t, HdValue module) HD_CHECK;

/* --- sqlite_connection.c --- */
/* Checks that the connection may be used, here and now, and takes its lock; -1 = raised. */
int hd_sqlite_enter(HdThread *t, HdSqliteConnection *c) HD_CHECK;
void hd_sqlite_leave(HdThread *t, HdSqliteConnection *c);
int hd_sqlite_check(HdThread *t, HdSqliteConnection *c) HD_CHECK; /* without the lock */
int hd_sqlite_check_thread(HdThread *t, HdSqliteConnection *c) HD_CHECK;
int hd_sqlite_run(HdThread *t, HdSqliteConnection *c, const char *sql) HD_CHECK; /* one statement without rows */
/* The statement of this SQL, from the cache or new. */
HdValue hd_sqlite_get_statement(HdThread *t, HdSqliteConnection *c, HdValue sql) HD_CHECK;
extern const HdMethodDef hd_sqlite_connection_signature;
/* A method of a connection that runs inside its lock. */
#define HD_SQLITE_INSIDE(name)                                                          \
    HdValue name(HdThread *t, HdValue self, const HdValue *args) {               \
        if (hd_sqlite_enter(t, hd_sqlite_connection(self)) < 0) return HD_NULL;         \
        HdValue result_ = name##_inside(t, hd_sqlite_connection(self), args);           \
        hd_sqlite_leave(t, hd_sqlite_connection(self));                                 \
        return result_;                                                                 \
    }

/* --- sqlite_callbacks.c, sqlite_backup.c: methods of connections --- */
HdValue hd_sqlite_create_function(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_create_aggregate(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_create_window_function(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_create_collation(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_set_authorizer(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_set_progress_handler(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_set_trace_callback(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
void hd_sqlite_callback_free(void *callback); /* by SQLite, or by the connection at its end; NULL is fine */
HdValue hd_sqlite_backup(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_serialize(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_deserialize(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_getlimit(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_setlimit(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_enable_load_extension(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdValue hd_sqlite_load_extension(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;

/* --- sqlite_statement.c --- */
HdValue hd_sqlite_statement_new(HdThread *t, HdSqliteConnection *c, HdValue sql) HD_CHECK;
int hd_sqlite_step(HdThread *t, sqlite3_stmt *st); /* detached; SQLITE_… */
void hd_sqlite_reset(HdThread *t, HdSqliteStatement *s);
int hd_sqlite_bind(HdThread *t, HdSqliteConnection *c, HdSqliteStatement *s, HdValue parameters) HD_CHECK;

/* --- sqlite_cursor.c, sqlite_blob.c --- */
HdValue hd_sqlite_blob_open(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
void hd_sqlite_blob_close_now(HdThread *t, HdValue blob);

#endif
