/* mod_zlib.c -- the module zlib: compression of whole pieces, and checksums. The objects are in zlib_objects.c.
 *
 * Everything of some length runs detached. No locks: nothing here is shared between threads.
 */
#include "zlib_types.h"

#include <limits.h>

#include "blocking.h"
#include "output_block.h"

enum { CHECKSUM_DETACH = 5 * 1024 };

typedef struct ZlibState {
    HdValue error;
} ZlibState;

HdValue hd_zlib_error_borrowed(HdValue module) { return ((ZlibState *)hd_module_state(module))->error; }

HdValue hd_zlib_raise(HdThread *t, HdValue error_type, const char *why, int code, const char *doing) {
    HdType *type = HD_AS(HdType, error_type);
    if (code == Z_VERSION_ERROR) why = "library version mismatch";
    if (!why && code == Z_BUF_ERROR) why = "incomplete or truncated stream";
    if (!why && code == Z_STREAM_ERROR) why = "inconsistent stream state";
    if (!why && code == Z_DATA_ERROR) why = "invalid input data";
    return why ? hd_raise(t, type, "Error %d %s: %.*s", code, doing, 200, why)
               : hd_raise(t, type, "Error %d %s", code, doing);
}

/* An optional C int argument; -1 and raised. */
static int int_argument(HdThread *t, HdValue v, int absent) { return hd_is_null(v) ? absent : hd_number_as_int(t, v); }

/* Feeds the stream the next piece of input, at most what it can count. */
static void next_input(z_stream *stream, HdSize *left) {
    HdSize piece = *left > HD_OUTPUT_PIECE ? HD_OUTPUT_PIECE : *left;
    stream->avail_in = (uInt)piece;
    *left -= piece;
}

/* --- whole pieces --- */

/* Compresses all; runs detached. Z_OK, or an error. */
static int deflate_all(z_stream *stream, HdSize left, HdOutputBlock *out) {
    int code;
    do {
        next_input(stream, &left);
        do {
            HdSize room = hd_output_block_room(out, HD_OUTPUT_FIRST);
            if (room < 0) return Z_MEM_ERROR;
            stream->next_out = out->data + out->length;
            stream->avail_out = (uInt)room;
            code = deflate(stream, left ? Z_NO_FLUSH : Z_FINISH);
            out->length += room - (HdSize)stream->avail_out;
            if (code == Z_STREAM_ERROR) return code;
        } while (stream->avail_out == 0);
    } while (code != Z_STREAM_END);
    return Z_OK;
}

static HdValue compress_buffer(HdThread *t, HdValue error, const HdBuffer *data, int level, int wbits) {
    z_stream stream = {.next_in = data->data};
    int code = deflateInit2(&stream, level, Z_DEFLATED, wbits, HD_ZLIB_MEM_LEVEL, Z_DEFAULT_STRATEGY);
    if (code == Z_STREAM_ERROR) return hd_raise(t, HD_AS(HdType, error), "Bad compression level");
    if (code == Z_MEM_ERROR) return hd_raise(t, &hd_MemoryError, "Out of memory while compressing data");
    if (code != Z_OK) return hd_zlib_raise(t, error, stream.msg, code, "while compressing data");
    HdOutputBlock out = hd_output_block(-1);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    code = deflate_all(&stream, data->length, &out);
    int ended = deflateEnd(&stream);
    hd_blocking_leave_computation(t);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (code == Z_MEM_ERROR) return hd_raise_no_memory(t);
    if (code != Z_OK) return hd_zlib_raise(t, error, NULL, code, "while compressing data");
    if (ended != Z_OK) return hd_zlib_raise(t, error, NULL, ended, "while finishing compression");
    return hd_move(&result);
}

static HdValue zlib_compress(HdThread *t, HdValue module, const HdValue *args) {
    int level = int_argument(t, args[1], Z_DEFAULT_COMPRESSION);
    if (level == -1 && hd_raised(t)) return HD_NULL;
    int wbits = int_argument(t, args[2], MAX_WBITS);
    if (wbits == -1 && hd_raised(t)) return HD_NULL;
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = compress_buffer(t, hd_zlib_error_borrowed(module), &data, level, wbits);
    hd_buffer_release(t, &data);
    return result;
}

/* Decompresses one stream; runs detached. Z_STREAM_END when it is whole. */
static int inflate_all(z_stream *stream, HdSize left, HdSize first, HdOutputBlock *out) {
    int code = Z_OK;
    do {
        next_input(stream, &left);
        if (stream->avail_in == 0) break;
        do {
            HdSize room = hd_output_block_room(out, first);
            if (room < 0) return Z_MEM_ERROR;
            stream->next_out = out->data + out->length;
            stream->avail_out = (uInt)room;
            code = inflate(stream, left ? Z_NO_FLUSH : Z_FINISH);
            out->length += room - (HdSize)stream->avail_out;
            if (code != Z_OK && code != Z_BUF_ERROR && code != Z_STREAM_END) return code;
        } while (stream->avail_out == 0 && code != Z_STREAM_END);
    } while (code != Z_STREAM_END && left);
    return code == Z_OK ? Z_BUF_ERROR : code;
}

static HdValue decompress_buffer(HdThread *t, HdValue error, const HdBuffer *data, int wbits, HdSize first) {
    z_stream stream = {.next_in = data->data};
    int code = inflateInit2(&stream, wbits);
    if (code == Z_MEM_ERROR) return hd_raise(t, &hd_MemoryError, "Out of memory while decompressing data");
    if (code != Z_OK) {
        HdValue nothing = hd_zlib_raise(t, error, stream.msg, code, "while preparing to decompress data");
        inflateEnd(&stream);
        return nothing;
    }
    HdOutputBlock out = hd_output_block(-1);
    hd_blocking_enter(t, HD_BLOCK_MAYBE);
    code = inflate_all(&stream, data->length, first, &out);
    const char *why = stream.msg;
    int ended = inflateEnd(&stream);
    hd_blocking_leave_computation(t);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (code == Z_MEM_ERROR) return hd_raise(t, &hd_MemoryError, "Out of memory while decompressing data");
    if (code != Z_STREAM_END) return hd_zlib_raise(t, error, why, code, "while decompressing data");
    if (ended != Z_OK) return hd_zlib_raise(t, error, NULL, ended, "while finishing decompression");
    return hd_move(&result);
}

static HdValue zlib_decompress(HdThread *t, HdValue module, const HdValue *args) {
    int wbits = int_argument(t, args[1], MAX_WBITS);
    if (wbits == -1 && hd_raised(t)) return HD_NULL;
    HdSize first = hd_is_null(args[2]) ? HD_ZLIB_BUFFER : hd_number_as_size(t, args[2], &hd_OverflowError);
    if (first == -1 && hd_raised(t)) return HD_NULL;
    if (first < 0) return hd_raise(t, &hd_ValueError, "bufsize must be non-negative");
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = decompress_buffer(t, hd_zlib_error_borrowed(module), &data, wbits, first);
    hd_buffer_release(t, &data);
    return result;
}

/* --- checksums --- */

typedef uLong (*Checksum)(uLong start, const Bytef *bytes, z_size_t count);

static HdValue checksum(HdThread *t, Checksum function, const HdValue *args, uint32_t start) {
    if (!hd_is_null(args[1])) {
        start = (uint32_t)hd_number_as_u64_mask(t, args[1]);
        if (hd_raised(t)) return HD_NULL;
    }
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    bool detach = data.length > CHECKSUM_DETACH;
    if (detach) hd_blocking_enter(t, HD_BLOCK_MAYBE);
    /* a NULL would ask for the value to start with */
    uLong sum = function(start, data.length ? data.data : (const Bytef *)"", (z_size_t)data.length);
    if (detach) hd_blocking_leave_computation(t);
    hd_buffer_release(t, &data);
    return hd_imm_int((int64_t)(sum & 0xffffffffu));
}

static HdValue zlib_adler32(HdThread *t, HdValue module, const HdValue *args) { return checksum(t, adler32_z, args, 1); }
static HdValue zlib_crc32(HdThread *t, HdValue module, const HdValue *args) { return checksum(t, crc32_z, args, 0); }

/* --- the module --- */

static int zlib_exec(HdThread *t, HdValue module) {
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"MAX_WBITS", MAX_WBITS}, {"DEFLATED", Z_DEFLATED}, {"DEF_MEM_LEVEL", HD_ZLIB_MEM_LEVEL},
        {"DEF_BUF_SIZE", HD_ZLIB_BUFFER}, {"Z_NO_COMPRESSION", Z_NO_COMPRESSION}, {"Z_BEST_SPEED", Z_BEST_SPEED},
        {"Z_BEST_COMPRESSION", Z_BEST_COMPRESSION}, {"Z_DEFAULT_COMPRESSION", Z_DEFAULT_COMPRESSION},
        {"Z_FILTERED", Z_FILTERED}, {"Z_HUFFMAN_ONLY", Z_HUFFMAN_ONLY}, {"Z_RLE", Z_RLE}, {"Z_FIXED", Z_FIXED},
        {"Z_DEFAULT_STRATEGY", Z_DEFAULT_STRATEGY}, {"Z_NO_FLUSH", Z_NO_FLUSH}, {"Z_PARTIAL_FLUSH", Z_PARTIAL_FLUSH},
        {"Z_SYNC_FLUSH", Z_SYNC_FLUSH}, {"Z_FULL_FLUSH", Z_FULL_FLUSH}, {"Z_FINISH", Z_FINISH}, {"Z_BLOCK", Z_BLOCK},
        {"Z_TREES", Z_TREES},
    };
    ZlibState *state = hd_module_state(module);
    if (hd_zlib_objects_ready(t) < 0) return -1;
    state->error = hd_module_add_exception(t, module, "zlib.error", HD_NULL);
    if (hd_is_null(state->error)) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    if (hd_module_set_text(t, module, "ZLIB_VERSION", ZLIB_VERSION) < 0) return -1;
    if (hd_module_set_text(t, module, "ZLIB_RUNTIME_VERSION", zlibVersion()) < 0) return -1;
    return hd_module_set_text(t, module, "__version__", "1.0");
}

static int zlib_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(hd_zlib_error_borrowed(module));
    return 0;
}
static void zlib_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &((ZlibState *)hd_module_state(module))->error); }

static const HdMethodDef zlib_functions[] = {
    HD_METHOD(zlib_compress, "compress($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)",
              "The compressed data, as bytes."),
    HD_METHOD(zlib_decompress, "decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)",
              "What the compressed data hold, as bytes. bufsize: how large the result is at first."),
    HD_METHOD(hd_zlib_compressobj,
              "compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=Z_DEFLATED, wbits=MAX_WBITS, "
              "memLevel=DEF_MEM_LEVEL, strategy=Z_DEFAULT_STRATEGY, zdict=None)",
              "An object that compresses piece by piece. zdict: bytes that are likely to occur in the data."),
    HD_METHOD(hd_zlib_decompressobj, "decompressobj($module, /, wbits=MAX_WBITS, zdict=b'')",
              "An object that decompresses piece by piece. zdict: what was given for compressing."),
    HD_METHOD(zlib_adler32, "adler32($module, data, value=1, /)", "The Adler-32 checksum of data, going on from value."),
    HD_METHOD(zlib_crc32, "crc32($module, data, value=0, /)", "The CRC-32 checksum of data, going on from value."),
    HD_METHODS_END,
};

const HdModuleDef hd_module_zlib = {
    .name = "zlib",
    .doc = "Compression compatible with gzip, by zlib.\n\n"
           "adler32(data[, start]), crc32(data[, start]) -- checksums\n"
           "compress(data[, level]), decompress(data[, wbits[, bufsize]]) -- whole pieces\n"
           "compressobj([level[, ...]]), decompressobj([wbits[, zdict]]) -- objects for data that come piece by piece",
    .state_size = sizeof(ZlibState),
    .functions = zlib_functions,
    .exec = zlib_exec,
    .traverse = zlib_traverse,
    .clear = zlib_clear,
};
