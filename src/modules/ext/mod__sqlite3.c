/* mod__sqlite3.c -- the module _sqlite3: databases by SQLite (DB-API 2.0). Errors, adapters and converters are here.
 *
 * The objects are in sqlite_*.c. No locks here: adapters and converters are dicts.
 */
#include "sqlite_types.h"

#define DEFINE(error_name, base_type)                   \
    HdType hd_sqlite_##error_name = {                   \
        HD_TYPE_HEAD("sqlite3." #error_name),           \
        .base = &base_type,                             \
        .flags = HD_TYPE_BASE,                          \
    };
HD_SQLITE_ERRORS(DEFINE)
#undef DEFINE
HdType hd_sqlite_protocol_type;

/* --- errors --- */

static HdType *error_type(int code) {
    switch (code & 0xff) {
    case SQLITE_INTERNAL: case SQLITE_NOTFOUND: return &hd_sqlite_InternalError;
    case SQLITE_ERROR: case SQLITE_PERM: case SQLITE_ABORT: case SQLITE_BUSY: case SQLITE_LOCKED: case SQLITE_READONLY:
    case SQLITE_INTERRUPT: case SQLITE_IOERR: case SQLITE_FULL: case SQLITE_CANTOPEN: case SQLITE_PROTOCOL:
    case SQLITE_EMPTY: case SQLITE_SCHEMA: return &hd_sqlite_OperationalError;
    case SQLITE_TOOBIG: return &hd_sqlite_DataError;
    case SQLITE_CONSTRAINT: case SQLITE_MISMATCH: return &hd_sqlite_IntegrityError;
    case SQLITE_MISUSE: case SQLITE_RANGE: return &hd_sqlite_InterfaceError;
    default: return &hd_sqlite_DatabaseError;
    }
}

HdValue hd_sqlite_raise(HdThread *t, sqlite3 *db) {
    int code = sqlite3_errcode(db), extended = sqlite3_extended_errcode(db);
    if (code == SQLITE_OK) return hd_raised(t) ? HD_NULL : hd_raise(t, &hd_sqlite_DatabaseError, "unknown error");
    if (code == SQLITE_NOMEM) return hd_raise_no_memory(t);
    HdType *type = error_type(code);
    const char *message = sqlite3_errmsg(db);
    HD_OWNED HdValue words = hd_str_decode(t, message, (HdSize)strlen(message), "utf-8", "replace");
    HD_OWNED HdValue exception = hd_is_null(words) ? HD_NULL : hd_exception_new1(t, type, words);
    const char *text = hd_sqlite_error_name(extended);
    HD_OWNED HdValue name = hd_is_null(exception) ? HD_NULL : hd_str_from_text(t, text ? text : "unknown");
    if (hd_is_null(name)) return HD_NULL;
    if (hd_object_setattr(t, exception, HD_NAME("sqlite_errorcode"), hd_imm_int(extended)) < 0) return HD_NULL;
    if (hd_object_setattr(t, exception, HD_NAME("sqlite_errorname"), name) < 0) return HD_NULL;
    return hd_raise_instance(t, exception);
}

/* --- adapters and converters --- */

static int protocol_init(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) { return 0; }
static HdValue protocol_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    return hd_type_alloc(t, type);
}
static void protocol_dealloc(HdThread *t, HdObject *self) { hd_type_free(t, self); }
HdType hd_sqlite_protocol_type = {
    HD_TYPE_HEAD("sqlite3.PrepareProtocol"),
    .doc = "PEP 246 style object adaption protocol type.",
    .basicsize = sizeof(HdObject),
    .flags = HD_TYPE_BASE,
    .create = protocol_create,
    .init = protocol_init,
    .dealloc = protocol_dealloc,
};

/* object.method(argument): 1 and *out, 0: there is no such method, or it refused (None, TypeError), -1 raised. */
static int ask_for_adapted(HdThread *t, HdValue object, HdValue name, HdValue argument, HdValue *out) {
    HD_OWNED HdValue method = HD_NULL;
    int found = hd_object_find_attr(t, object, name, &method);
    if (found <= 0) return found;
    *out = hd_object_call1(t, method, argument);
    if (hd_is_null(*out)) {
        if (!hd_raised_is(t, &hd_TypeError)) return -1;
        hd_clear_raised(t);
        return 0;
    }
    return !hd_is_none(*out);
}

HdValue hd_sqlite_adapt(HdThread *t, HdValue module, HdValue v, HdValue protocol, HdValue alternative_or_null) {
    HD_OWNED HdValue key = hd_tuple_pack(t, 2, hd_type_value(hd_type_of(v)), protocol);
    HD_OWNED HdValue adapter = HD_NULL;
    int found = hd_is_null(key) ? -1 : hd_dict_find(t, hd_sqlite_state(module)->adapters, key, &adapter);
    if (found) return found < 0 ? HD_NULL : hd_object_call1(t, adapter, v);
    HdValue result;
    found = ask_for_adapted(t, protocol, HD_NAME("__adapt__"), v, &result);
    if (!found) found = ask_for_adapted(t, v, HD_NAME("__conform__"), protocol, &result);
    if (found) return found < 0 ? HD_NULL : result;
    if (!hd_is_null(alternative_or_null)) return hd_retain(t, alternative_or_null);
    return hd_raise(t, &hd_sqlite_ProgrammingError, "can't adapt");
}

static HdValue sqlite_adapt(HdThread *t, HdValue module, const HdValue *a) {
    HdValue protocol = hd_is_null(a[1]) ? hd_type_value(&hd_sqlite_protocol_type) : a[1];
    return hd_sqlite_adapt(t, module, a[0], protocol, a[2]);
}
static HdValue sqlite_register_adapter(HdThread *t, HdValue module, const HdValue *a) {
    HD_OWNED HdValue key = hd_tuple_pack(t, 2, a[0], hd_type_value(&hd_sqlite_protocol_type));
    if (hd_is_null(key)) return HD_NULL;
    static HdType *const plain[] = {&hd_int_type, &hd_float_type, &hd_str_type, &hd_bytearray_type};
    for (size_t i = 0; i < HD_COUNT_OF(plain); i++) {
        if (hd_same(a[0], hd_type_value(plain[i]))) hd_sqlite_state(module)->plain_adapted = true;
    }
    return hd_dict_set(t, hd_sqlite_state(module)->adapters, key, a[1]) < 0 ? HD_NULL : hd_None;
}
static HdValue sqlite_register_converter(HdThread *t, HdValue module, const HdValue *a) {
    if (!hd_is_str(a[0])) {
        return hd_raise(t, &hd_TypeError, "register_converter() argument 1 must be str, not %s", hd_type_name(a[0]));
    }
    HD_OWNED HdValue name = hd_object_call_method0(t, a[0], "upper");
    if (hd_is_null(name)) return HD_NULL;
    return hd_dict_set(t, hd_sqlite_state(module)->converters, name, a[1]) < 0 ? HD_NULL : hd_None;
}

/* --- functions --- */

static HdValue sqlite_connect(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue a[16];
    if (hd_native_bind(t, &hd_sqlite_connection_signature, args, nargs, kwnames, a) < 0) return HD_NULL;
    HdValue factory = hd_is_null(a[5]) ? hd_type_value(&hd_sqlite_connection_type) : a[5];
    return hd_object_call(t, factory, args, nargs, kwnames);
}
static HdValue sqlite_complete_statement(HdThread *t, HdValue module, const HdValue *a) {
    if (!hd_is_str(a[0])) {
        return hd_raise(t, &hd_TypeError, "complete_statement() argument 'statement' must be str, not %s",
                        hd_type_name(a[0]));
    }
    const char *text = hd_str_utf8(t, a[0], NULL);
    return text ? hd_bool(sqlite3_complete(text)) : HD_NULL;
}
static HdValue sqlite_enable_shared_cache(HdThread *t, HdValue module, const HdValue *a) {
    int on = hd_object_truth(t, a[0]);
    if (on < 0) return HD_NULL;
    if (sqlite3_enable_shared_cache(on) == SQLITE_OK) return hd_None;
    return hd_raise(t, &hd_sqlite_OperationalError, "Changing the shared_cache flag failed");
}
static HdValue sqlite_enable_callback_tracebacks(HdThread *t, HdValue module, const HdValue *a) {
    int on = hd_object_truth(t, a[0]);
    if (on < 0) return HD_NULL;
    hd_sqlite_state(module)->tracebacks = (uint8_t)on;
    return hd_None;
}

/* --- the module --- */

static int add_types(HdThread *t, HdValue module) {
    static HdType *const types[] = {&hd_sqlite_connection_type, &hd_sqlite_cursor_type, &hd_sqlite_row_type,
                                    &hd_sqlite_blob_type, &hd_sqlite_protocol_type,
#define ROW(name, base) &hd_sqlite_##name,
                                    HD_SQLITE_ERRORS(ROW)
#undef ROW
    };
    if (hd_type_ready(t, &hd_sqlite_statement_type) < 0) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_module_add_type(t, module, types[i]) < 0) return -1;
    }
    return 0;
}

static int sqlite_exec(HdThread *t, HdValue module) {
    HdSqliteState *state = hd_sqlite_state(module);
    state->adapters = hd_dict_new(t);
    state->converters = hd_dict_new(t);
    if (hd_is_null(state->adapters) || hd_is_null(state->converters)) return -1;
    if (sqlite3_initialize() != SQLITE_OK) return hd_raise_int(t, &hd_ImportError, "SQLite could not be initialized");
    if (add_types(t, module) < 0 || hd_sqlite_add_constants(t, module) < 0) return -1;
    if (hd_module_set(t, module, "adapters", state->adapters) < 0) return -1;
    if (hd_module_set(t, module, "converters", state->converters) < 0) return -1;
    static const int dbapi_level[] = {0, 3, 1}; /* SQLite's: single thread, serialized, multi-thread */
    int level = sqlite3_threadsafe();
    if (hd_module_set_int(t, module, "threadsafety", level >= 0 && level < 3 ? dbapi_level[level] : 0) < 0) return -1;
    if (hd_module_set_int(t, module, "PARSE_DECLTYPES", HD_SQLITE_DECLTYPES) < 0) return -1;
    if (hd_module_set_int(t, module, "PARSE_COLNAMES", HD_SQLITE_COLNAMES) < 0) return -1;
    if (hd_module_set_text(t, module, "version", "2.6.0") < 0) return -1;
    return hd_module_set_text(t, module, "sqlite_version", sqlite3_libversion());
}
static int sqlite_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(hd_sqlite_state(module)->adapters);
    HD_VISIT(hd_sqlite_state(module)->converters);
    return 0;
}
static void sqlite_clear(HdThread *t, HdValue module) {
    hd_clear_slot(t, &hd_sqlite_state(module)->adapters);
    hd_clear_slot(t, &hd_sqlite_state(module)->converters);
}

static const HdMethodDef sqlite_functions[] = {
    HD_METHOD_RAW(sqlite_connect,
                  "connect($module, /, database, timeout=5.0, detect_types=0, isolation_level='', "
                  "check_same_thread=True, factory=ConnectionType, cached_statements=128, uri=False)",
                  "Opens a connection to the SQLite database file database; \":memory:\" is one in memory."),
    HD_METHOD(sqlite_complete_statement, "complete_statement($module, /, statement)",
              "Checks if a string contains a complete SQL statement."),
    HD_METHOD(sqlite_enable_shared_cache, "enable_shared_cache($module, /, do_enable)",
              "Enable or disable shared cache mode for the process."),
    HD_METHOD(sqlite_enable_callback_tracebacks, "enable_callback_tracebacks($module, enable, /)",
              "Whether what callbacks raise is shown."),
    HD_METHOD(sqlite_register_adapter, "register_adapter($module, type, adapter, /)",
              "Registers a function that adapts Python values of a type to SQLite."),
    HD_METHOD(sqlite_register_converter, "register_converter($module, typename, converter, /)",
              "Registers a function that converts SQLite values of a declared type."),
    HD_METHOD(sqlite_adapt, "adapt($module, obj, proto=PrepareProtocolType, alt=<unrepresentable>, /)",
              "Adapt given object to given protocol."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__sqlite3 = {
    .name = "_sqlite3",
    .doc = "Databases by SQLite.",
    .state_size = sizeof(HdSqliteState),
    .functions = sqlite_functions,
    .exec = sqlite_exec,
    .traverse = sqlite_traverse,
    .clear = sqlite_clear,
};
