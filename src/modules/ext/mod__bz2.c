/* mod__bz2.c -- the module _bz2: compressor and decompressor objects on libbz2. Locks as in decompressor.h; the
 * compressor has the same mutex.
 */
#include <bzlib.h>

#include "blocking.h"
#include "decompressor.h"

typedef struct Compressor {
    HdObject head;
    bz_stream stream;
    HdMutex mutex;
    bool open, flushed;
} Compressor;

typedef struct Decompressor {
    HdDecompressor base;
    bz_stream stream;
    bool open;
    bool failed; /* libbz2 is not to be called again after an error: its state may lead it astray */
} Decompressor;

enum { FAILED_BEFORE = -100 }; /* beside libbz2's codes */

static void raise_code(HdThread *t, int code) {
    switch (code) {
    case BZ_PARAM_ERROR:
        hd_raise(t, &hd_ValueError, "Internal error - invalid parameters passed to libbzip2");
        break;
    case BZ_MEM_ERROR: hd_raise_no_memory(t); break;
    case BZ_DATA_ERROR:
    case BZ_DATA_ERROR_MAGIC: hd_raise(t, &hd_OSError, "Invalid data stream"); break;
    case BZ_IO_ERROR: hd_raise(t, &hd_OSError, "Unknown I/O error"); break;
    case BZ_UNEXPECTED_EOF:
        hd_raise(t, &hd_EOFError, "Compressed file ended before the logical end-of-stream was detected");
        break;
    case BZ_SEQUENCE_ERROR:
        hd_raise(t, &hd_RuntimeError, "Internal error - Invalid sequence of commands sent to libbzip2");
        break;
    case FAILED_BEFORE: hd_raise(t, &hd_ValueError, "Decompressor is unusable after a previous error"); break;
    default: hd_raise(t, &hd_OSError, "Unrecognized error from libbzip2: %d", code);
    }
}

/* --- BZ2Compressor --- */

/* Detached, mutex held. 0, or an error of libbz2. */
static int compress_some(bz_stream *z, HdSize left, int action, HdOutputBlock *out) {
    for (;;) {
        if (z->avail_in == 0 && left) {
            z->avail_in = left > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : (unsigned)left;
            left -= (HdSize)z->avail_in;
        }
        if (action == BZ_RUN && z->avail_in == 0) return 0;
        HdSize room = hd_output_block_room(out, HD_OUTPUT_FIRST);
        if (room < 0) return BZ_MEM_ERROR;
        z->next_out = (char *)out->data + out->length;
        z->avail_out = (unsigned)room;
        int code = BZ2_bzCompress(z, action);
        out->length += room - (HdSize)z->avail_out;
        if (code == BZ_STREAM_END) return 0;
        if (code < 0) return code;
    }
}

static HdValue run_compressor(HdThread *t, Compressor *c, const HdBuffer *data, int action) {
    HdOutputBlock out = hd_output_block(-1);
    int code = 0;
    hd_mutex_lock(t, &c->mutex);
    bool flushed = c->flushed;
    if (!flushed) {
        c->flushed = action == BZ_FINISH;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        c->stream.next_in = data ? data->data : NULL;
        c->stream.avail_in = 0;
        code = compress_some(&c->stream, data ? data->length : 0, action, &out);
        hd_blocking_leave_computation(t);
    }
    hd_mutex_unlock(&c->mutex);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (flushed) {
        return hd_raise(t, &hd_ValueError, data ? "Compressor has been flushed" : "Repeated call to flush()");
    }
    if (code == 0) return hd_move(&result);
    raise_code(t, code);
    return HD_NULL;
}

static HdValue compressor_compress(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = run_compressor(t, HD_AS(Compressor, self), &data, BZ_RUN);
    hd_buffer_release(t, &data);
    return result;
}

static HdValue compressor_flush(HdThread *t, HdValue self, const HdValue *args) {
    return run_compressor(t, HD_AS(Compressor, self), NULL, BZ_FINISH);
}

static const HdMethodDef compressor_new = {.signature = "BZ2Compressor(compresslevel=9, /)"};

static HdValue compressor_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[1];
    if (hd_native_bind(t, &compressor_new, refs, nargs, kwnames, args) < 0) return HD_NULL;
    int level = hd_is_null(args[0]) ? 9 : hd_number_as_int(t, args[0]);
    if (level == -1 && hd_raised(t)) return HD_NULL;
    if (level < 1 || level > 9) return hd_raise(t, &hd_ValueError, "compresslevel must be between 1 and 9");
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Compressor *c = HD_AS(Compressor, self);
    int code = BZ2_bzCompressInit(&c->stream, level, 0, 0);
    c->open = code == BZ_OK;
    if (c->open) return hd_move(&self);
    raise_code(t, code);
    return HD_NULL;
}

static void compressor_dealloc(HdThread *t, HdObject *self) {
    if (((Compressor *)self)->open) BZ2_bzCompressEnd(&((Compressor *)self)->stream);
    hd_type_free(t, self);
}

/* --- BZ2Decompressor --- */

static bool decompress_work(HdDecompressor *base, HdDecompressStep *step) {
    Decompressor *d = (Decompressor *)base;
    bz_stream *z = &d->stream;
    step->error = d->failed ? FAILED_BEFORE : 0;
    while (!step->error) {
        HdSize piece = step->in_left > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : step->in_left;
        HdSize room = hd_output_block_room(&step->out, HD_OUTPUT_FIRST);
        if (room < 0) return false;
        step->full = room == 0;
        if (room == 0) return true;
        z->next_in = (char *)step->in;
        z->avail_in = (unsigned)piece;
        z->next_out = (char *)step->out.data + step->out.length;
        z->avail_out = (unsigned)room;
        int code = BZ2_bzDecompress(z);
        HdSize used = piece - (HdSize)z->avail_in;
        step->in += used;
        step->in_left -= used;
        step->out.length += room - (HdSize)z->avail_out;
        step->end = code == BZ_STREAM_END;
        step->error = code < 0 ? code : 0;
        if (!step->error && (step->end || (step->in_left == 0 && z->avail_out))) return true;
    }
    d->failed = true;
    d->base.needs_input = 0;
    return true;
}

static void decompress_raise(HdThread *t, HdDecompressor *self, int code) { raise_code(t, code); }

static HdValue decompressor_decompress(HdThread *t, HdValue self, const HdValue *args) {
    return hd_decompressor_run(t, HD_AS(HdDecompressor, self), args, "End of stream already reached", decompress_work,
                               decompress_raise);
}

static const HdMethodDef decompressor_new = {.signature = "BZ2Decompressor()"};

static HdValue decompressor_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[1];
    if (hd_native_bind(t, &decompressor_new, refs, nargs, kwnames, args) < 0) return HD_NULL;
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Decompressor *d = HD_AS(Decompressor, self);
    hd_decompressor_start(&d->base);
    int code = BZ2_bzDecompressInit(&d->stream, 0, 0);
    d->open = code == BZ_OK;
    if (d->open) return hd_move(&self);
    raise_code(t, code);
    return HD_NULL;
}

static void decompressor_dealloc(HdThread *t, HdObject *self) {
    Decompressor *d = (Decompressor *)self;
    if (d->open) BZ2_bzDecompressEnd(&d->stream);
    hd_decompressor_end(t, &d->base);
    hd_type_free(t, self);
}

/* --- tables --- */

static const HdMethodDef compressor_methods[] = {
    HD_METHOD(compressor_compress, "compress($self, data, /)",
              "Takes more data; what is compressed so far and was not given before, as bytes."),
    HD_METHOD(compressor_flush, "flush($self, /)", "The rest of the compressed data; the object takes no more."),
    HD_METHODS_END,
};
static const HdMethodDef decompressor_methods[] = {
    HD_METHOD(decompressor_decompress, "decompress($self, /, data, max_length=-1)",
              "Takes more compressed data; what they hold, as bytes: at most max_length of it, unless that is negative.\n"
              "Input that is left is kept for the next call."),
    HD_METHODS_END,
};
static const HdMemberDef decompressor_members[] = {HD_DECOMPRESSOR_MEMBERS, {0}};

static HdType compressor_type = {
    HD_TYPE_HEAD("_bz2.BZ2Compressor"),
    .doc = "BZ2Compressor(compresslevel=9, /)\n--\n\nCompresses piece by piece. compresslevel: 1 to 9.",
    .basicsize = sizeof(Compressor),
    .create = compressor_create,
    .dealloc = compressor_dealloc,
    .methods = compressor_methods,
};
static HdType decompressor_type = {
    HD_TYPE_HEAD("_bz2.BZ2Decompressor"),
    .doc = "BZ2Decompressor()\n--\n\nDecompresses piece by piece.",
    .basicsize = sizeof(Decompressor),
    .create = decompressor_create,
    .dealloc = decompressor_dealloc,
    .methods = decompressor_methods,
    .members = decompressor_members,
};

static int bz2_exec(HdThread *t, HdValue module) {
    return hd_module_add_type(t, module, &compressor_type) < 0 ? -1 : hd_module_add_type(t, module, &decompressor_type);
}

const HdModuleDef hd_module__bz2 = {
    .name = "_bz2",
    .doc = "Compression by libbz2, for the module bz2.",
    .exec = bz2_exec,
};
