/* mod__lzma.c -- the module _lzma: compressor and decompressor objects on liblzma. Locks as in decompressor.h; the
 * compressor has the same mutex. Streams are made before anybody else sees the object.
 */
#include "lzma_filters.h"

#include "blocking.h"
#include "decompressor.h"

enum { FORMAT_AUTO, FORMAT_XZ, FORMAT_ALONE, FORMAT_RAW, CHECK_UNKNOWN = LZMA_CHECK_ID_MAX + 1 };

typedef struct Compressor {
    HdObject head;
    lzma_stream stream;
    HdMutex mutex;
    bool flushed;
} Compressor;

typedef struct Decompressor {
    HdDecompressor base;
    lzma_stream stream;
    int check;
} Decompressor;

static HdType compressor_type;

/* LZMAError: kept where code finds it that has no module at hand. */
static HdValue error_class(void) { return hd_from_object(compressor_type.native_data); }

/* --- LZMACompressor --- */

/* Detached, mutex held. */
static lzma_ret compress_some(lzma_stream *z, lzma_action action, HdOutputBlock *out) {
    for (;;) {
        HdSize room = hd_output_block_room(out, HD_OUTPUT_FIRST);
        if (room < 0) return LZMA_MEM_ERROR;
        z->next_out = out->data + out->length;
        z->avail_out = (size_t)room;
        lzma_ret code = lzma_code(z, action);
        out->length += room - (HdSize)z->avail_out;
        if (code == LZMA_BUF_ERROR && z->avail_in == 0 && z->avail_out > 0) code = LZMA_OK; /* nothing to do */
        if (code == LZMA_STREAM_END) return LZMA_OK;
        if (code != LZMA_OK && code != LZMA_GET_CHECK && code != LZMA_NO_CHECK) return code;
        if (action == LZMA_RUN && z->avail_in == 0) return LZMA_OK;
    }
}

static HdValue run_compressor(HdThread *t, Compressor *c, const HdBuffer *data) {
    HdOutputBlock out = hd_output_block(-1);
    lzma_ret code = LZMA_OK;
    hd_mutex_lock(t, &c->mutex);
    bool flushed = c->flushed;
    if (!flushed) {
        c->flushed = data == NULL;
        hd_blocking_enter(t, HD_BLOCK_MAYBE);
        c->stream.next_in = data ? data->data : NULL;
        c->stream.avail_in = data ? (size_t)data->length : 0;
        code = compress_some(&c->stream, data ? LZMA_RUN : LZMA_FINISH, &out);
        hd_blocking_leave_computation(t);
    }
    hd_mutex_unlock(&c->mutex);
    HD_OWNED HdValue result = hd_output_block_finish(t, &out);
    if (flushed) {
        return hd_raise(t, &hd_ValueError, data ? "Compressor has been flushed" : "Repeated call to flush()");
    }
    if (code == LZMA_OK) return hd_move(&result);
    hd_lzma_raise(t, error_class(), code);
    return HD_NULL;
}

static HdValue compressor_compress(HdThread *t, HdValue self, const HdValue *args) {
    HdBuffer data;
    if (hd_buffer_get(t, args[0], &data, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdValue result = run_compressor(t, HD_AS(Compressor, self), &data);
    hd_buffer_release(t, &data);
    return result;
}

static HdValue compressor_flush(HdThread *t, HdValue self, const HdValue *args) {
    return run_compressor(t, HD_AS(Compressor, self), NULL);
}

/* Starts the encoder of a format; -1 raised. */
static int start_alone(HdThread *t, Compressor *c, uint32_t preset, HdValue filters) {
    HdLzmaChain chain;
    lzma_ret code;
    if (hd_is_none(filters)) {
        lzma_options_lzma options;
        if (lzma_lzma_preset(&options, preset)) {
            return hd_raise_int(t, HD_AS(HdType, error_class()), "Invalid compression preset: %#x", (unsigned)preset);
        }
        code = lzma_alone_encoder(&c->stream, &options);
    } else {
        if (hd_lzma_chain(t, error_class(), filters, &chain) < 0) return -1;
        if (chain.filters[0].id != LZMA_FILTER_LZMA1 || chain.filters[1].id != LZMA_VLI_UNKNOWN) {
            return hd_raise_int(t, &hd_ValueError,
                                "Invalid filter chain for FORMAT_ALONE - must be a single LZMA1 filter");
        }
        code = lzma_alone_encoder(&c->stream, chain.filters[0].options);
    }
    if (code == LZMA_OK) return 0;
    hd_lzma_raise(t, error_class(), code);
    return -1;
}

static int start_encoder(HdThread *t, Compressor *c, int format, int check, uint32_t preset, HdValue filters) {
    HdLzmaChain chain;
    lzma_ret code;
    if (format == FORMAT_ALONE) return start_alone(t, c, preset, filters);
    if (format != FORMAT_XZ && format != FORMAT_RAW) {
        return hd_raise_int(t, &hd_ValueError, "Invalid container format: %d", format);
    }
    if (!hd_is_none(filters)) {
        if (hd_lzma_chain(t, error_class(), filters, &chain) < 0) return -1;
        code = format == FORMAT_RAW ? lzma_raw_encoder(&c->stream, chain.filters)
                                    : lzma_stream_encoder(&c->stream, chain.filters, (lzma_check)check);
    } else if (format == FORMAT_RAW) {
        return hd_raise_int(t, &hd_ValueError, "Must specify filters for FORMAT_RAW");
    } else {
        code = lzma_easy_encoder(&c->stream, preset, (lzma_check)check);
    }
    if (code == LZMA_OK) return 0;
    hd_lzma_raise(t, error_class(), code);
    return -1;
}

static HdValue or_none(HdValue v) { return hd_is_null(v) ? hd_None : v; }

static const HdMethodDef compressor_new = {
    .signature = "LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)"};

static HdValue compressor_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[4];
    if (hd_native_bind(t, &compressor_new, refs, nargs, kwnames, args) < 0) return HD_NULL;
    int format = hd_is_null(args[0]) ? FORMAT_XZ : hd_number_as_int(t, args[0]);
    if (format == -1 && hd_raised(t)) return HD_NULL;
    int check = hd_is_null(args[1]) ? -1 : hd_number_as_int(t, args[1]);
    if (check == -1 && hd_raised(t)) return HD_NULL;
    HdValue given_preset = or_none(args[2]), filters = or_none(args[3]);
    if (!hd_is_none(given_preset) && !hd_is_none(filters)) {
        return hd_raise(t, &hd_ValueError, "Cannot specify both preset and filter chain");
    }
    uint32_t preset = LZMA_PRESET_DEFAULT;
    if (!hd_is_none(given_preset) && hd_lzma_u32(t, given_preset, &preset) < 0) return HD_NULL;
    if (format != FORMAT_XZ && check != -1 && check != LZMA_CHECK_NONE) {
        return hd_raise(t, &hd_ValueError, "Integrity checks are only supported by FORMAT_XZ");
    }
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Compressor *c = HD_AS(Compressor, self);
    c->stream = (lzma_stream)LZMA_STREAM_INIT;
    int used_check = check == -1 ? LZMA_CHECK_CRC64 : check;
    return start_encoder(t, c, format, used_check, preset, filters) < 0 ? HD_NULL : hd_move(&self);
}

static void compressor_dealloc(HdThread *t, HdObject *self) {
    Compressor *c = (Compressor *)self;
    lzma_end(&c->stream);
    hd_type_free(t, self);
}

/* --- LZMADecompressor --- */

static bool decompress_work(HdDecompressor *base, HdDecompressStep *step) {
    Decompressor *d = (Decompressor *)base;
    lzma_stream *z = &d->stream;
    for (;;) {
        HdSize room = hd_output_block_room(&step->out, HD_OUTPUT_FIRST);
        if (room < 0) return false;
        step->full = room == 0;
        if (room == 0) return true;
        z->next_in = step->in;
        z->avail_in = (size_t)step->in_left;
        z->next_out = step->out.data + step->out.length;
        z->avail_out = (size_t)room;
        lzma_ret code = lzma_code(z, LZMA_RUN);
        step->in = z->next_in;
        step->in_left = (HdSize)z->avail_in;
        step->out.length += room - (HdSize)z->avail_out;
        if (code == LZMA_BUF_ERROR && z->avail_in == 0 && z->avail_out > 0) code = LZMA_OK; /* nothing to do */
        if (code == LZMA_GET_CHECK || code == LZMA_NO_CHECK) {
            HD_STORE_RELAXED(&d->check, (int)lzma_get_check(z));
            code = LZMA_OK;
        }
        step->end = code == LZMA_STREAM_END;
        step->error = step->end ? 0 : (int)code;
        if (step->end || step->error) return true;
        if (step->in_left == 0 && z->avail_out) return true;
    }
}

static void decompress_raise(HdThread *t, HdDecompressor *self, int code) {
    hd_lzma_raise(t, error_class(), (lzma_ret)code);
}

static HdValue decompressor_decompress(HdThread *t, HdValue self, const HdValue *args) {
    return hd_decompressor_run(t, HD_AS(HdDecompressor, self), args, "Already at end of stream", decompress_work,
                               decompress_raise);
}

static int start_decoder(HdThread *t, Decompressor *d, int format, uint64_t limit, HdValue filters) {
    const uint32_t flags = LZMA_TELL_ANY_CHECK | LZMA_TELL_NO_CHECK;
    HdLzmaChain chain;
    lzma_ret code;
    d->check = format == FORMAT_ALONE || format == FORMAT_RAW ? LZMA_CHECK_NONE : CHECK_UNKNOWN;
    switch (format) {
    case FORMAT_AUTO: code = lzma_auto_decoder(&d->stream, limit, flags); break;
    case FORMAT_XZ: code = lzma_stream_decoder(&d->stream, limit, flags); break;
    case FORMAT_ALONE: code = lzma_alone_decoder(&d->stream, limit); break;
    case FORMAT_RAW:
        if (hd_lzma_chain(t, error_class(), filters, &chain) < 0) return -1;
        code = lzma_raw_decoder(&d->stream, chain.filters);
        break;
    default: return hd_raise_int(t, &hd_ValueError, "Invalid container format: %d", format);
    }
    if (code == LZMA_OK) return 0;
    hd_lzma_raise(t, error_class(), code);
    return -1;
}

static const HdMethodDef decompressor_new = {
    .signature = "LZMADecompressor(format=FORMAT_AUTO, memlimit=None, filters=None)"};

static HdValue decompressor_create(HdThread *t, HdType *type, const HdRef *refs, HdSize nargs, HdValue kwnames) {
    HdValue args[3];
    if (hd_native_bind(t, &decompressor_new, refs, nargs, kwnames, args) < 0) return HD_NULL;
    int format = hd_is_null(args[0]) ? FORMAT_AUTO : hd_number_as_int(t, args[0]);
    if (format == -1 && hd_raised(t)) return HD_NULL;
    HdValue given_limit = or_none(args[1]), filters = or_none(args[2]);
    uint64_t limit = UINT64_MAX;
    if (!hd_is_none(given_limit)) {
        if (format == FORMAT_RAW) return hd_raise(t, &hd_ValueError, "Cannot specify memory limit with FORMAT_RAW");
        if (hd_lzma_u64(t, given_limit, &limit) < 0) return HD_NULL;
    }
    if (format == FORMAT_RAW && hd_is_none(filters)) {
        return hd_raise(t, &hd_ValueError, "Must specify filters for FORMAT_RAW");
    }
    if (format != FORMAT_RAW && !hd_is_none(filters)) {
        return hd_raise(t, &hd_ValueError, "Cannot specify filters except with FORMAT_RAW");
    }
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    Decompressor *d = HD_AS(Decompressor, self);
    d->stream = (lzma_stream)LZMA_STREAM_INIT;
    hd_decompressor_start(&d->base);
    return start_decoder(t, d, format, limit, filters) < 0 ? HD_NULL : hd_move(&self);
}

static void decompressor_dealloc(HdThread *t, HdObject *self) {
    Decompressor *d = (Decompressor *)self;
    lzma_end(&d->stream);
    hd_decompressor_end(t, &d->base);
    hd_type_free(t, self);
}

/* --- functions --- */

static HdValue is_check_supported(HdThread *t, HdValue module, const HdValue *args) {
    int check = hd_number_as_int(t, args[0]);
    if (check == -1 && hd_raised(t)) return HD_NULL;
    return hd_bool(lzma_check_is_supported((lzma_check)check));
}

static HdValue encode_filter_properties(HdThread *t, HdValue module, const HdValue *args) {
    HdLzmaOptions options;
    lzma_filter filter;
    if (hd_lzma_filter(t, error_class(), args[0], &filter, &options) < 0) return HD_NULL;
    uint32_t size = 0;
    lzma_ret code = lzma_properties_size(&size, &filter);
    HD_OWNED HdValue result = code == LZMA_OK ? hd_bytes_new(t, NULL, size) : HD_NULL;
    if (!hd_is_null(result)) code = lzma_properties_encode(&filter, hd_bytes_data(result));
    if (code == LZMA_OK) return hd_move(&result);
    hd_lzma_raise(t, error_class(), code);
    return HD_NULL;
}

static HdValue decode_filter_properties(HdThread *t, HdValue module, const HdValue *args) {
    lzma_filter filter = {0};
    uint64_t id = 0;
    if (hd_lzma_u64(t, args[0], &id) < 0) return HD_NULL;
    filter.id = id;
    HdBuffer properties;
    if (hd_buffer_get(t, args[1], &properties, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    lzma_ret code = lzma_properties_decode(&filter, NULL, properties.data, (size_t)properties.length);
    hd_buffer_release(t, &properties);
    if (code != LZMA_OK) {
        hd_lzma_raise(t, error_class(), code);
        return HD_NULL;
    }
    HdValue dict = hd_lzma_filter_dict(t, &filter);
    free(filter.options);
    return dict;
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
static const HdMemberDef decompressor_members[] = {
    HD_DECOMPRESSOR_MEMBERS,
    {"check", HD_MEMBER_INT, offsetof(Decompressor, check), true, "Which integrity check the stream has (CHECK_…)."},
    {0},
};

static HdType compressor_type = {
    HD_TYPE_HEAD("_lzma.LZMACompressor"),
    .doc = "LZMACompressor(format=FORMAT_XZ, check=-1, preset=None, filters=None)\n\nCompresses piece by piece.",
    .basicsize = sizeof(Compressor),
    .create = compressor_create,
    .dealloc = compressor_dealloc,
    .methods = compressor_methods,
};
static HdType decompressor_type = {
    HD_TYPE_HEAD("_lzma.LZMADecompressor"),
    .doc = "LZMADecompressor(format=FORMAT_AUTO, memlimit=None, filters=None)\n--\n\nDecompresses piece by piece.",
    .basicsize = sizeof(Decompressor),
    .create = decompressor_create,
    .dealloc = decompressor_dealloc,
    .methods = decompressor_methods,
    .members = decompressor_members,
};

static int lzma_exec(HdThread *t, HdValue module) {
    static const struct {
        const char *name;
        uint64_t value;
    } constants[] = {
        {"FORMAT_AUTO", FORMAT_AUTO}, {"FORMAT_XZ", FORMAT_XZ}, {"FORMAT_ALONE", FORMAT_ALONE}, {"FORMAT_RAW", FORMAT_RAW},
        {"CHECK_NONE", LZMA_CHECK_NONE}, {"CHECK_CRC32", LZMA_CHECK_CRC32}, {"CHECK_CRC64", LZMA_CHECK_CRC64},
        {"CHECK_SHA256", LZMA_CHECK_SHA256}, {"CHECK_ID_MAX", LZMA_CHECK_ID_MAX}, {"CHECK_UNKNOWN", CHECK_UNKNOWN},
        {"FILTER_LZMA1", LZMA_FILTER_LZMA1}, {"FILTER_LZMA2", LZMA_FILTER_LZMA2}, {"FILTER_DELTA", LZMA_FILTER_DELTA},
        {"FILTER_X86", LZMA_FILTER_X86}, {"FILTER_POWERPC", LZMA_FILTER_POWERPC}, {"FILTER_IA64", LZMA_FILTER_IA64},
        {"FILTER_ARM", LZMA_FILTER_ARM}, {"FILTER_ARMTHUMB", LZMA_FILTER_ARMTHUMB}, {"FILTER_SPARC", LZMA_FILTER_SPARC},
        {"MF_HC3", LZMA_MF_HC3}, {"MF_HC4", LZMA_MF_HC4}, {"MF_BT2", LZMA_MF_BT2}, {"MF_BT3", LZMA_MF_BT3},
        {"MF_BT4", LZMA_MF_BT4}, {"MODE_FAST", LZMA_MODE_FAST}, {"MODE_NORMAL", LZMA_MODE_NORMAL},
        {"PRESET_DEFAULT", LZMA_PRESET_DEFAULT}, {"PRESET_EXTREME", LZMA_PRESET_EXTREME},
    };
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        HD_OWNED HdValue value = hd_int_from_u64(t, constants[i].value);
        if (hd_is_null(value) || hd_module_set(t, module, constants[i].name, value) < 0) return -1;
    }
    HdValue error = hd_module_add_exception(t, module, "_lzma.LZMAError", HD_NULL);
    if (hd_is_null(error)) return -1;
    compressor_type.native_data = hd_as_object(error); /* takes it over, for good */
    if (hd_module_add_type(t, module, &compressor_type) < 0) return -1;
    return hd_module_add_type(t, module, &decompressor_type);
}

static const HdMethodDef lzma_functions[] = {
    HD_METHOD(is_check_supported, "is_check_supported($module, check_id, /)",
              "Whether liblzma knows this integrity check."),
    HD_METHOD(encode_filter_properties, "_encode_filter_properties($module, filter, /)",
              "The options of a filter, a dict, as liblzma stores them (without the filter's id)."),
    HD_METHOD(decode_filter_properties, "_decode_filter_properties($module, filter_id, encoded_props, /)",
              "A dict of the filter with this id and these stored options."),
    HD_METHODS_END,
};

const HdModuleDef hd_module__lzma = {
    .name = "_lzma",
    .doc = "Compression by liblzma, for the module lzma.",
    .functions = lzma_functions,
    .exec = lzma_exec,
};
