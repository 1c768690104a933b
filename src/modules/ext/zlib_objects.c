/* zlib_objects.c -- Compress and Decompress of the module zlib.
 *
 * Both are one struct. The stream is guarded by the object's mutex, in both modes, as it is worked on detached; the
 * three attributes that Python sees are written while holding it and, with the GIL off, the object's own lock. The
 * dictionary is set once, before anybody else sees the object.
 */
#include "zlib_types.h"

#include <limits.h>

#include "blocking.h"
#include "mutex.h"
#include "object_internal.h"
#include "output_block.h"

typedef struct Stream {
    HdObject head;
    z_stream z;
    HdValue error; /* zlib.error */
    HdValue unused_data, unconsumed_tail, zdict;
    HdMutex mutex;
    uint8_t eof;
    bool open; /* the stream has not been ended */
} Stream;

HD_INLINE Stream *as_stream(HdValue v) { return HD_AS(Stream, v); }

static HdType compress_type, decompress_type;

int hd_zlib_objects_ready(HdThread *t) {
    return hd_type_ready(t, &compress_type) < 0 ? -1 : hd_type_ready(t, &decompress_type);
}

static HdValue new_stream(HdThread *t, HdType *type, HdValue error) {
    HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return self;
    Stream *s = as_stream(self);
    s->error = hd_retain(t, error);
    s->unused_data = hd_bytes_empty();
    s->unconsumed_tail = hd_bytes_empty();
    return self;
}

static void stream_clear(HdThread *t, HdObject *self) {
    Stream *s = (Stream *)self;
    hd_clear_slot(t, &s->error);
    hd_clear_slot(t, &s->unused_data);
    hd_clear_slot(t, &s->unconsumed_tail);
    hd_clear_slot(t, &s->zdict);
}
static void compress_dealloc(HdThread *t, HdObject *self) {
    if (((Stream *)self)->open) deflateEnd(&((Stream *)self)->z);
    stream_clear(t, self);
    hd_type_free(t, self);
}
static void decompress_dealloc(HdThread *t, HdObject *self) {
    if (((Stream *)self)->open) inflateEnd(&((Stream *)self)->z);
    stream_clear(t, self);
    hd_type_free(t, self);
}
static int stream_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Stream *)self)->error);
    HD_VISIT(((Stream *)self)->zdict);
    return 0;
}

/* --- making --- */

HdValue hd_zlib_compressobj(HdThread *t, HdValue module, const HdValue *args) {
    int numbers[5] = {Z_DEFAULT_COMPRESSION, Z_DEFLATED, MAX_WBITS, HD_ZLIB_MEM_LEVEL, Z_DEFAULT_STRATEGY};
    for (int i = 0; i < 5; i++) {
        if (hd_is_null(args[i])) continue;
        numbers[i] = hd_number_as_int(t, args[i]);
        if (numbers[i] == -1 && hd_raised(t)) return HD_NULL;
    }
    HdBuffer zdict = {0};
    if (!hd_is_null(args[5]) && hd_buffer_get(t, args[5], &zdict, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HD_OWNED HdValue self = HD_NULL;
    HdValue error = hd_zlib_error_borrowed(module);
    if (zdict.length > UINT_MAX) hd_raise(t, &hd_OverflowError, "zdict length does not fit in an unsigned int");
    else self = new_stream(t, &compress_type, error);
    if (!hd_is_null(self)) {
        Stream *s = as_stream(self);
        int code = deflateInit2(&s->z, numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]);
        s->open = code == Z_OK;
        if (code == Z_MEM_ERROR) hd_raise(t, &hd_MemoryError, "Can't allocate memory for compression object");
        else if (code == Z_STREAM_ERROR) hd_raise(t, &hd_ValueError, "Invalid initialization option");
        else if (code != Z_OK) hd_zlib_raise(t, error, s->z.msg, code, "while creating compression object");
        else if (zdict.data) code = deflateSetDictionary(&s->z, zdict.data, (uInt)zdict.length);
        if (s->open && code != Z_OK) {
            hd_raise(t, &hd_ValueError, code == Z_STREAM_ERROR ? "Invalid dictionary" : "deflateSetDictionary()");
        }
    }
    hd_buffer_release(t, &zdict);
    return hd_raised(t) ? HD_NULL : hd_move(&self);
}

/* Gives the stream its dictionary; an error of zlib, or Z_OK. */
static int use_dictionary(Stream *s, const HdBuffer *zdict) {
    return inflateSetDictionary(&s->z, zdict->data, (uInt)zdict->length);
}

/* The dictionary's bytes, nothing when there is none; -1 raised. */
static int open_dictionary(HdThread *t, Stream *s, HdBuffer *zdict) {
    *zdict = (HdBuffer){0};
    if (hd_is_null(s->zdict)) return 0;
    if (hd_buffer_get(t, s->zdict, zdict, HD_BUFFER_SIMPLE) < 0) return -1;
    if (zdict->length <= UINT_MAX) return 0;
    hd_buffer_release(t, zdict);
    return hd_raise_int(t, &hd_OverflowError, "zdict length does not fit in an unsigned int");
}

HdValue hd_zlib_decompressobj(HdThread *t, HdValue module, const HdValue *args) {
    int wbits = hd_is_null(args[0]) ? MAX_WBITS : hd_number_as_int(t, args[0]);
    if (wbits == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_null(args[1]) && !hd_buffer_check(args[1])) {
        return hd_raise(t, &hd_TypeError, "zdict argument must support the buffer protocol");
    }
    HdValue error = hd_zlib_error_borrowed(module);
    HD_OWNED HdValue self = new_stream(t, &decompress_type, error);
    if (hd_is_null(self)) return HD_NULL;
    Stream *s = as_stream(self);
    if (!hd_is_null(args[1])) s->zdict = hd_retain(t, args[1]);
    int code = inflateInit2(&s->z, wbits);
    s->open = code == Z_OK;
    if (code == Z_MEM_ERROR) return hd_raise(t, &hd_MemoryError, "Can't allocate memory for decompression object");
    if (code == Z_STREAM_ERROR) return hd_raise(t, &hd_ValueError, "Invalid initialization option");
    if (code != Z_OK) return hd_zlib_raise(t, error, s->z.msg, code, "while creating decompression object");
    HdBuffer zdict;
    if (wbits >= 0 || hd_is_null(s->zdict)) return hd_move(&self);
    if (open_dictionary(t, s, &zdict) < 0) return HD_NULL; /* raw data do not say that they need it */
    code = use_dictionary(s, &zdict);
    hd_buffer_release(t, &zdict);
    return code == Z_OK ? hd_move(&self) : hd_zlib_raise(t, error, s->z.msg, code, "while setting zdict");
}

/* --- working: these run detached, with the mutex held --- */

/* Points the stream at room for output; 0: the limit is reached, -1: no memory. */
static HdSize next_output(Stream *s, HdOutputBlock *out, HdSize first) {
    HdSize room = hd_output_block_room(out, first);
    if (room <= 0) return room;
    s->z.next_out = out->data + out->length;
    s->z.avail_out = (uInt)room;
    return room;
}

static int deflate_some(Stream *s, HdSize left, int mode, HdOutputBlock *out) {
    int code = Z_OK;
    do {
        HdSize piece = left > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : left;
        s->z.avail_in = (uInt)piece;
        left -= piece;
        do {
            HdSize room = next_output(s, out, HD_OUTPUT_FIRST);
            if (room < 0) return Z_MEM_ERROR;
            code = deflate(&s->z, mode);
            out->length += room - (HdSize)s->z.avail_out;
            if (code == Z_STREAM_ERROR) return code;
        } while (s->z.avail_out == 0);
    } while (left);
    return code;
}

/* *left: input not given to the stream yet; what the stream itself left is in avail_in. */
static int inflate_some(Stream *s, HdSize *left, int mode, HdOutputBlock *out, HdSize first, const HdBuffer *zdict,
                        bool *bad_dictionary) {
    int code = Z_OK;
    do {
        HdSize piece = *left > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : *left;
        s->z.avail_in = (uInt)piece;
        *left -= piece;
        do {
            HdSize room = next_output(s, out, first);
            if (room < 0) return Z_MEM_ERROR;
            if (room == 0) return code;
            code = inflate(&s->z, mode == Z_FINISH && *left ? Z_SYNC_FLUSH : mode);
            out->length += room - (HdSize)s->z.avail_out;
            if (code == Z_NEED_DICT && zdict->data) {
                code = use_dictionary(s, zdict);
                *bad_dictionary = code != Z_OK;
                if (code != Z_OK) return code;
                s->z.avail_out = 0; /* go on */
            } else if (code != Z_OK && code != Z_BUF_ERROR) {
                return code;
            }
        } while (s->z.avail_out == 0);
    } while (*left);
    return code;
}

/* --- Compress --- */

static HdValue compress_compress(HdThread *t, HdValue self, const HdValue *args) {
    Stream *s = as_stream(self);
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdOutputBlock out = hd_output_block(-1);
    hd_mutex_lock(t, &s->mutex);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    s->z.next_in = data.data;
    int code = deflate_some(s, data.length, Z_NO_FLUSH, &out);
    const char *why = s->z.msg;
    hd_blocking_leave_computation(t);
    hd_mutex_unlock(&s->mutex);
    hd_buffer_release(t, &data);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (code == Z_MEM_ERROR) return hd_raise_no_memory(t);
    return code == Z_STREAM_ERROR ? hd_zlib_raise(t, s->error, why, code, "while compressing data") : hd_move(&result);
}

static HdValue compress_flush(HdThread *t, HdValue self, const HdValue *args) {
    Stream *s = as_stream(self);
    int mode = hd_is_null(args[0]) ? Z_FINISH : hd_number_as_int(t, args[0]);
    if (mode == -1 && hd_raised(t)) return HD_NULL;
    if (mode == Z_NO_FLUSH) return hd_bytes_empty();
    HdOutputBlock out = hd_output_block(-1);
    int ended = Z_OK;
    hd_mutex_lock(t, &s->mutex);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    int code = deflate_some(s, 0, mode, &out);
    const char *why = s->z.msg;
    if (code == Z_STREAM_END && mode == Z_FINISH) {
        ended = deflateEnd(&s->z);
        s->open = false;
    }
    hd_blocking_leave_computation(t);
    hd_mutex_unlock(&s->mutex);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (code == Z_MEM_ERROR) return hd_raise_no_memory(t);
    if (ended != Z_OK) return hd_zlib_raise(t, s->error, why, ended, "while finishing compression");
    if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) {
        return hd_zlib_raise(t, s->error, why, code, "while flushing");
    }
    return hd_move(&result);
}

/* Copies of either kind: the attributes, and the stream by zlib's function. */
static HdValue copy_stream(HdThread *t, HdValue self, int (*copy)(z_stream *to, z_stream *from), const char *no_memory,
                           const char *doing) {
    Stream *s = as_stream(self);
    HD_OWNED HdValue made = new_stream(t, hd_type_of(self), s->error);
    if (hd_is_null(made)) return HD_NULL;
    Stream *m = as_stream(made);
    hd_mutex_lock(t, &s->mutex);
    int code = copy(&m->z, &s->z);
    const char *why = s->z.msg;
    m->open = code == Z_OK;
    m->eof = s->eof;
    m->unused_data = hd_retain(t, s->unused_data);
    m->unconsumed_tail = hd_retain(t, s->unconsumed_tail);
    m->zdict = hd_retain(t, s->zdict);
    hd_mutex_unlock(&s->mutex);
    if (code == Z_OK) return hd_move(&made);
    if (code == Z_STREAM_ERROR) return hd_raise(t, &hd_ValueError, "Inconsistent stream state");
    if (code == Z_MEM_ERROR) return hd_raise(t, &hd_MemoryError, "%s", no_memory);
    return hd_zlib_raise(t, s->error, why, code, doing);
}

static HdValue compress_copy(HdThread *t, HdValue self, const HdValue *args) {
    return copy_stream(t, self, deflateCopy, "Can't allocate memory for compression object",
                       "while copying compression object");
}

/* --- Decompress --- */

/* Sets an attribute, when the pieces are not both empty, to old + bytes; -1 raised. */
static int set_bytes(HdThread *t, Stream *s, HdValue *field, const HdValue *old, const uint8_t *bytes, HdSize count) {
    HdSize before = old ? hd_bytes_length(*old) : 0;
    HdValue v = before + count ? hd_bytes_new(t, NULL, before + count) : hd_bytes_empty();
    if (hd_is_null(v)) return -1;
    if (before) memcpy(hd_bytes_data(v), hd_bytes_data(*old), (size_t)before);
    if (count) memcpy(hd_bytes_data(v) + before, bytes, (size_t)count);
    hd_field_set_steal(t, s, field, v);
    return 0;
}

/* Keeps the input that was not used: behind the end of the stream, or because the limit was reached. Mutex held: the
 * fields hold exact bytes, so nothing here runs Python. */
static int keep_input(HdThread *t, Stream *s, const uint8_t *end, int code) {
    HdSize left = s->z.next_in ? end - s->z.next_in : 0;
    if (code == Z_STREAM_END) {
        s->eof = 1;
        if (left && set_bytes(t, s, &s->unused_data, &s->unused_data, s->z.next_in, left) < 0) return -1;
    }
    /* A tail that was there is replaced even at the end, by what unused_data has too: CPython's is. */
    if ((left && code != Z_STREAM_END) || hd_bytes_length(s->unconsumed_tail)) {
        return set_bytes(t, s, &s->unconsumed_tail, NULL, s->z.next_in, left);
    }
    return 0;
}

static HdValue run_inflate(HdThread *t, HdValue self, const uint8_t *data, HdSize count, int mode, HdSize limit,
                           HdSize first) {
    Stream *s = as_stream(self);
    HdBuffer zdict;
    if (open_dictionary(t, s, &zdict) < 0) return HD_NULL;
    HdOutputBlock out = hd_output_block(limit);
    bool bad_dictionary = false;
    int ended = Z_OK;
    HdSize left = count;
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    s->z.next_in = (Bytef *)data;
    int code = inflate_some(s, &left, mode, &out, first, &zdict, &bad_dictionary);
    const char *why = s->z.msg;
    hd_blocking_leave_computation(t);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    bool kept = code == Z_MEM_ERROR || bad_dictionary || keep_input(t, s, data + count, code) == 0;
    if (mode == Z_FINISH && code == Z_STREAM_END && s->open) {
        s->open = false;
        ended = inflateEnd(&s->z);
    }
    hd_buffer_release(t, &zdict);
    if (!kept) return HD_NULL;
    if (bad_dictionary) return hd_zlib_raise(t, s->error, why, code, "while setting zdict");
    if (code == Z_MEM_ERROR) return hd_raise_no_memory(t);
    if (ended != Z_OK) return hd_zlib_raise(t, s->error, why, ended, "while finishing decompression");
    bool fine = code == Z_OK || code == Z_BUF_ERROR || code == Z_STREAM_END || mode == Z_FINISH;
    return fine ? hd_move(&result) : hd_zlib_raise(t, s->error, why, code, "while decompressing data");
}

static HdValue decompress_decompress(HdThread *t, HdValue self, const HdValue *args) {
    Stream *s = as_stream(self);
    HdSize limit = hd_is_null(args[1]) ? 0 : hd_number_as_size(t, args[1], &hd_OverflowError);
    if (limit == -1 && hd_raised(t)) return HD_NULL;
    if (limit < 0) return hd_raise(t, &hd_ValueError, "max_length must be non-negative");
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    hd_mutex_lock(t, &s->mutex);
    HdValue result = run_inflate(t, self, data.data, data.length, Z_SYNC_FLUSH, limit ? limit : -1, HD_ZLIB_BUFFER);
    hd_mutex_unlock(&s->mutex);
    hd_buffer_release(t, &data);
    return result;
}

static HdValue decompress_flush(HdThread *t, HdValue self, const HdValue *args) {
    Stream *s = as_stream(self);
    HdSize first = hd_is_null(args[0]) ? HD_ZLIB_BUFFER : hd_number_as_size(t, args[0], &hd_OverflowError);
    if (first == -1 && hd_raised(t)) return HD_NULL;
    if (first <= 0) return hd_raise(t, &hd_ValueError, "length must be greater than zero");
    hd_mutex_lock(t, &s->mutex);
    HdValue tail = hd_retain(t, s->unconsumed_tail);
    HdValue result = run_inflate(t, self, hd_bytes_data(tail), hd_bytes_length(tail), Z_FINISH, -1, first);
    hd_mutex_unlock(&s->mutex);
    hd_release(t, tail);
    return result;
}

static HdValue decompress_copy(HdThread *t, HdValue self, const HdValue *args) {
    return copy_stream(t, self, inflateCopy, "Can't allocate memory for decompression object",
                       "while copying decompression object");
}

/* --- tables --- */

static const HdMethodDef compress_methods[] = {
    HD_METHOD(compress_compress, "compress($self, data, /)",
              "Takes more data; what is compressed so far and was not given before, as bytes."),
    HD_METHOD(compress_flush, "flush($self, mode=zlib.Z_FINISH, /)",
              "The rest of the compressed data. After Z_FINISH, the default, the object takes no more."),
    HD_METHOD(compress_copy, "copy($self, /)", "A compression object of its own in the same state."),
    HD_METHOD(compress_copy, "__copy__($self, /)", NULL),
    HD_METHOD(compress_copy, "__deepcopy__($self, memo, /)", NULL),
    HD_METHODS_END,
};
static const HdMethodDef decompress_methods[] = {
    HD_METHOD(decompress_decompress, "decompress($self, data, /, max_length=0)",
              "Takes more compressed data; what they hold, as bytes. At most max_length of it if that is not zero: then\n"
              "the input left is in unconsumed_tail."),
    HD_METHOD(decompress_flush, "flush($self, length=zlib.DEF_BUF_SIZE, /)",
              "The rest of the data. length: how large the result is at first."),
    HD_METHOD(decompress_copy, "copy($self, /)", "A decompression object of its own in the same state."),
    HD_METHOD(decompress_copy, "__copy__($self, /)", NULL),
    HD_METHOD(decompress_copy, "__deepcopy__($self, memo, /)", NULL),
    HD_METHODS_END,
};
static const HdMemberDef decompress_members[] = {
    {"unused_data", HD_MEMBER_VALUE, offsetof(Stream, unused_data), true, NULL},
    {"unconsumed_tail", HD_MEMBER_VALUE, offsetof(Stream, unconsumed_tail), true, NULL},
    {"eof", HD_MEMBER_BOOL, offsetof(Stream, eof), true, NULL},
    {0},
};

static HdType compress_type = {
    HD_TYPE_HEAD("zlib.Compress"),
    .basicsize = sizeof(Stream),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = compress_dealloc,
    .traverse = stream_traverse,
    .clear = stream_clear,
    .methods = compress_methods,
};
static HdType decompress_type = {
    HD_TYPE_HEAD("zlib.Decompress"),
    .basicsize = sizeof(Stream),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = decompress_dealloc,
    .traverse = stream_traverse,
    .clear = stream_clear,
    .methods = decompress_methods,
    .members = decompress_members,
};
