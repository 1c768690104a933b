/* sqlite_blob.c -- Blob: a value in a table as a file of bytes. Everything happens inside the connection's lock. */
#include "sqlite_types.h"

#include <limits.h>

typedef struct Blob {
    HdObject head;
    HdValue connection;
    sqlite3_blob *blob; /* NULL: closed */
    int position;
} Blob;
HD_INLINE Blob *as_blob(HdValue v) { return HD_AS(Blob, v); }

/* --- opening and closing --- */

static HdValue open_inside(HdThread *t, HdValue self, const char *const names[3], int64_t row, int read_only) {
    HdSqliteConnection *c = hd_sqlite_connection(self);
    HD_OWNED HdValue made = hd_type_alloc(t, &hd_sqlite_blob_type);
    if (hd_is_null(made)) return made;
    as_blob(made)->connection = hd_retain(t, self);
    sqlite3_blob *blob = NULL;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_blob_open(c->db, names[2], names[0], names[1], row, !read_only, &blob);
    hd_blocking_leave(t);
    if (code == SQLITE_MISUSE) return hd_raise(t, &hd_sqlite_InterfaceError, "bad parameter or other API misuse");
    if (code != SQLITE_OK) return hd_sqlite_raise(t, c->db);
    as_blob(made)->blob = blob;
    HdValue reference = hd_weakref_new(t, made, HD_NULL);
    if (hd_is_null(reference) || hd_list_append_steal(t, c->blobs, reference) < 0) return HD_NULL;
    return hd_move(&made);
}

HdValue hd_sqlite_blob_open(HdThread *t, HdValue self, const HdValue *args) {
    const char *names[3] = {NULL, NULL, "main"};
    HdValue given[3] = {args[0], args[1], args[4]};
    static const char *const labels[] = {"argument 1", "argument 2", "argument 'name'"};
    for (int i = 0; i < 3; i++) {
        if (hd_is_null(given[i])) continue;
        if (!hd_is_str(given[i])) {
            return hd_raise(t, &hd_TypeError, "blobopen() %s must be str, not %s", labels[i], hd_type_name(given[i]));
        }
        names[i] = hd_str_utf8(t, given[i], NULL);
        if (!names[i]) return HD_NULL;
    }
    if (!hd_is_int(args[2])) {
        return hd_raise(t, &hd_TypeError, "'%s' object cannot be interpreted as an integer", hd_type_name(args[2]));
    }
    int64_t row;
    if (!hd_int_try_i64(args[2], &row)) {
        return hd_raise(t, &hd_OverflowError, "Python int too large to convert to SQLite INTEGER");
    }
    int read_only = hd_is_null(args[3]) ? 0 : hd_object_truth(t, args[3]);
    if (read_only < 0 || hd_sqlite_enter(t, hd_sqlite_connection(self)) < 0) return HD_NULL;
    HdValue result = open_inside(t, self, names, row, read_only);
    hd_sqlite_leave(t, hd_sqlite_connection(self));
    return result;
}

void hd_sqlite_blob_close_now(HdThread *t, HdValue self) {
    sqlite3_blob *blob = as_blob(self)->blob;
    as_blob(self)->blob = NULL;
    if (!blob) return;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    sqlite3_blob_close(blob);
    hd_blocking_leave(t);
}

/* The connection, entered, with the blob open; NULL = raised. */
static HdSqliteConnection *enter(HdThread *t, HdValue self) {
    HdSqliteConnection *c = hd_sqlite_connection(as_blob(self)->connection);
    if (hd_sqlite_enter(t, c) < 0) return NULL;
    if (as_blob(self)->blob) return c;
    hd_sqlite_leave(t, c);
    hd_raise(t, &hd_sqlite_ProgrammingError, "Cannot operate on a closed blob.");
    return NULL;
}

/* --- reading and writing; inside the lock --- */

static HdValue raise_code(HdThread *t, HdSqliteConnection *c, int code) {
    if (code == SQLITE_ABORT) {
        return hd_raise(t, &hd_sqlite_OperationalError, "Cannot operate on an expired blob handle");
    }
    return hd_sqlite_raise(t, c->db);
}

static HdValue read_at(HdThread *t, HdSqliteConnection *c, Blob *b, int offset, int length) {
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, length);
    if (hd_is_null(bytes) || length == 0) return hd_move(&bytes);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_blob_read(b->blob, hd_bytes_data(bytes), length, offset);
    hd_blocking_leave(t);
    return code == SQLITE_OK ? hd_move(&bytes) : raise_code(t, c, code);
}

static int write_at(HdThread *t, HdSqliteConnection *c, Blob *b, int offset, const void *data, HdSize length) {
    if (length > sqlite3_blob_bytes(b->blob) - offset) {
        return hd_raise_int(t, &hd_ValueError, "data longer than blob length");
    }
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = sqlite3_blob_write(b->blob, data, (int)length, offset);
    hd_blocking_leave(t);
    if (code == SQLITE_OK) return 0;
    raise_code(t, c, code);
    return -1;
}

static HdValue blob_read(HdThread *t, HdValue self, const HdValue *args) {
    int length = hd_is_null(args[0]) ? -1 : hd_number_as_int(t, args[0]);
    if (length == -1 && hd_raised(t)) return HD_NULL;
    HdSqliteConnection *c = enter(t, self);
    if (!c) return HD_NULL;
    Blob *b = as_blob(self);
    int left = sqlite3_blob_bytes(b->blob) - b->position;
    if (length < 0 || length > left) length = left;
    HdValue bytes = read_at(t, c, b, b->position, length);
    if (!hd_is_null(bytes)) b->position += length;
    hd_sqlite_leave(t, c);
    return bytes;
}

static HdValue blob_write(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer buffer;
    if (hd_buffer_get(t, args[0], &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdSqliteConnection *c = enter(t, self);
    int result = c ? write_at(t, c, as_blob(self), as_blob(self)->position, buffer.data, buffer.length) : -1;
    if (result == 0) as_blob(self)->position += (int)buffer.length;
    if (c) hd_sqlite_leave(t, c);
    hd_buffer_release(t, &buffer);
    return result < 0 ? HD_NULL : hd_None;
}

static HdValue seek_inside(HdThread *t, Blob *b, int offset, int origin) {
    int64_t length = sqlite3_blob_bytes(b->blob), position = offset;
    if (origin == 1) position += b->position;
    else if (origin == 2) position += length;
    else if (origin) return hd_raise(t, &hd_ValueError, "'origin' should be os.SEEK_SET, os.SEEK_CUR, or os.SEEK_END");
    if (position > INT_MAX || position < INT_MIN) {
        return hd_raise(t, &hd_OverflowError, "seek offset results in overflow");
    }
    if (position < 0 || position > length) return hd_raise(t, &hd_ValueError, "offset out of blob range");
    b->position = (int)position;
    return hd_None;
}
static HdValue blob_seek(HdThread *t, HdValue self, const HdValue *args) {
    int offset = hd_number_as_int(t, args[0]);
    if (offset == -1 && hd_raised(t)) return HD_NULL;
    int origin = hd_is_null(args[1]) ? 0 : hd_number_as_int(t, args[1]);
    if (origin == -1 && hd_raised(t)) return HD_NULL;
    HdSqliteConnection *c = enter(t, self);
    if (!c) return HD_NULL;
    HdValue result = seek_inside(t, as_blob(self), offset, origin);
    hd_sqlite_leave(t, c);
    return result;
}
static HdValue blob_tell(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteConnection *c = enter(t, self);
    if (!c) return HD_NULL;
    int position = as_blob(self)->position;
    hd_sqlite_leave(t, c);
    return hd_imm_int(position);
}
static HdValue blob_close(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteConnection *c = hd_sqlite_connection(as_blob(self)->connection);
    if (hd_sqlite_enter(t, c) < 0) return HD_NULL;
    hd_sqlite_blob_close_now(t, self);
    hd_sqlite_leave(t, c);
    return hd_None;
}
static HdValue blob_enter(HdThread *t, HdValue self, const HdValue *unused) {
    HdSqliteConnection *c = enter(t, self);
    if (!c) return HD_NULL;
    hd_sqlite_leave(t, c);
    return hd_retain(t, self);
}
static HdValue blob_exit(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue entered = blob_enter(t, self, args);
    HdValue done = hd_is_null(entered) ? HD_NULL : blob_close(t, self, args);
    return hd_is_null(done) ? HD_NULL : hd_False;
}

/* --- as a sequence --- */

static HdSize blob_length(HdThread *t, HdValue self) {
    HdSqliteConnection *c = enter(t, self);
    if (!c) return -1;
    int length = sqlite3_blob_bytes(as_blob(self)->blob);
    hd_sqlite_leave(t, c);
    return length;
}

/* -1 = raised. */
static int item_position(HdThread *t, HdValue key, int length) {
    HdSize index = hd_number_as_size(t, key, &hd_IndexError);
    if (index == -1 && hd_raised(t)) return -1;
    if (index < 0) index += length;
    if (index >= 0 && index < length) return (int)index;
    return hd_raise_int(t, &hd_IndexError, "Blob index out of range");
}

static HdValue get_inside(HdThread *t, HdSqliteConnection *c, Blob *b, HdValue key) {
    int length = sqlite3_blob_bytes(b->blob);
    if (hd_is_exact(key, &hd_slice_type)) {
        HdSize start, stop, step;
        if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return HD_NULL;
        HdSize count = hd_slice_adjust(length, &start, &stop, step);
        if (step == 1 || count == 0) return read_at(t, c, b, (int)start, (int)count);
        HD_OWNED HdValue all = read_at(t, c, b, 0, length);
        HdValue result = hd_is_null(all) ? HD_NULL : hd_bytes_new(t, NULL, count);
        for (HdSize i = 0; i < count && !hd_is_null(result); i++) {
            hd_bytes_data(result)[i] = hd_bytes_data(all)[start + i * step];
        }
        return result;
    }
    if (!hd_number_check_index(key)) return hd_raise(t, &hd_TypeError, "Blob indices must be integers");
    int position = item_position(t, key, length);
    HD_OWNED HdValue bytes = position < 0 ? HD_NULL : read_at(t, c, b, position, 1);
    return hd_is_null(bytes) ? HD_NULL : hd_imm_int(hd_bytes_data(bytes)[0]);
}
static HdValue blob_getitem(HdThread *t, HdValue self, HdValue key) {
    HdSqliteConnection *c = enter(t, self);
    if (!c) return HD_NULL;
    HdValue result = get_inside(t, c, as_blob(self), key);
    hd_sqlite_leave(t, c);
    return result;
}

static int set_slice(HdThread *t, HdSqliteConnection *c, Blob *b, HdValue key, HdValue v) {
    HdSize start, stop, step;
    if (hd_slice_unpack(t, key, &start, &stop, &step) < 0) return -1;
    HdSize length = sqlite3_blob_bytes(b->blob), count = hd_slice_adjust(length, &start, &stop, step);
    HdBuffer buffer;
    if (hd_buffer_get(t, v, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    int result = -1;
    if (buffer.length != count) {
        hd_raise(t, &hd_IndexError, "Blob slice assignment is wrong size");
    } else if (count == 0 || step == 1) {
        result = count == 0 ? 0 : write_at(t, c, b, (int)start, buffer.data, count);
    } else {
        HD_OWNED HdValue all = read_at(t, c, b, 0, (int)length);
        for (HdSize i = 0; i < count && !hd_is_null(all); i++) {
            hd_bytes_data(all)[start + i * step] = ((uint8_t *)buffer.data)[i];
        }
        if (!hd_is_null(all)) result = write_at(t, c, b, 0, hd_bytes_data(all), length);
    }
    hd_buffer_release(t, &buffer);
    return result;
}

static int set_inside(HdThread *t, HdSqliteConnection *c, Blob *b, HdValue key, HdValue v) {
    if (hd_is_exact(key, &hd_slice_type)) {
        if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "Blob doesn't support slice deletion");
        return set_slice(t, c, b, key, v);
    }
    if (!hd_number_check_index(key)) return hd_raise_int(t, &hd_TypeError, "Blob indices must be integers");
    if (hd_is_null(v)) return hd_raise_int(t, &hd_TypeError, "Blob doesn't support item deletion");
    if (!hd_is_int(v)) {
        return hd_raise_int(t, &hd_TypeError, "'%s' object cannot be interpreted as an integer", hd_type_name(v));
    }
    int position = item_position(t, key, sqlite3_blob_bytes(b->blob));
    int64_t byte;
    if (position < 0) return -1;
    if (!hd_int_try_i64(v, &byte) || byte < 0 || byte > 255) {
        return hd_raise_int(t, &hd_ValueError, "byte must be in range(0, 256)");
    }
    uint8_t one = (uint8_t)byte;
    return write_at(t, c, b, position, &one, 1);
}
static int blob_setitem(HdThread *t, HdValue self, HdValue key, HdValue v) {
    HdSqliteConnection *c = enter(t, self);
    if (!c) return -1;
    int result = set_inside(t, c, as_blob(self), key, v);
    hd_sqlite_leave(t, c);
    return result;
}

/* Not a sequence, though it has indices. */
static HdValue blob_iter(HdThread *t, HdValue self) {
    return hd_raise(t, &hd_TypeError, "'%s' object is not iterable", hd_type_of(self)->name);
}
static int blob_contains(HdThread *t, HdValue self, HdValue item) {
    return hd_raise_int(t, &hd_TypeError, "argument of type '%s' is not iterable", hd_type_of(self)->name);
}

static int blob_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Blob *)self)->connection);
    return 0;
}
static void blob_clear(HdThread *t, HdObject *self) {}
static void blob_dealloc(HdThread *t, HdObject *self) {
    hd_sqlite_blob_close_now(t, hd_from_object(self));
    hd_clear_slot(t, &((Blob *)self)->connection);
    hd_type_free(t, self);
}

static const HdMethodDef blob_methods[] = {
    HD_METHOD(blob_close, "close($self, /)", "Close the blob."),
    HD_METHOD(blob_read, "read($self, length=-1, /)", "Read data at the current offset position."),
    HD_METHOD(blob_write, "write($self, data, /)", "Write data at the current offset; the size cannot change."),
    HD_METHOD(blob_seek, "seek($self, offset, origin=0, /)", "Set the current access position."),
    HD_METHOD(blob_tell, "tell($self, /)", "Return the current access position."),
    HD_METHOD(blob_enter, "__enter__($self, /)", "The blob itself."),
    HD_METHOD(blob_exit, "__exit__($self, type, val, tb, /)", "Closes the blob."),
    HD_METHODS_END,
};
HdType hd_sqlite_blob_type = {
    HD_TYPE_HEAD("sqlite3.Blob"),
    .basicsize = sizeof(Blob),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = blob_dealloc,
    .traverse = blob_traverse,
    .clear = blob_clear,
    .length = blob_length,
    .iter = blob_iter,
    .contains = blob_contains,
    .getitem = blob_getitem,
    .setitem = blob_setitem,
    .methods = blob_methods,
};
