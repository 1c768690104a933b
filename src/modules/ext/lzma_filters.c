/* lzma_filters.c -- see lzma_filters.h. Takes no locks; reading a dict-like object may run Python. */
#include "lzma_filters.h"

void hd_lzma_raise(HdThread *t, HdValue error_type, lzma_ret code) {
    static const char *const messages[] = {
        [LZMA_UNSUPPORTED_CHECK] = "Unsupported integrity check",
        [LZMA_MEMLIMIT_ERROR] = "Memory usage limit exceeded",
        [LZMA_FORMAT_ERROR] = "Input format not supported by decoder",
        [LZMA_OPTIONS_ERROR] = "Invalid or unsupported options",
        [LZMA_DATA_ERROR] = "Corrupt input data",
        [LZMA_BUF_ERROR] = "Insufficient buffer space",
        [LZMA_PROG_ERROR] = "Internal error",
    };
    const char *message = (size_t)code < HD_COUNT_OF(messages) ? messages[code] : NULL;
    if (code == LZMA_MEM_ERROR) hd_raise_no_memory(t);
    else if (message) hd_raise(t, HD_AS(HdType, error_type), "%s", message);
    else hd_raise(t, HD_AS(HdType, error_type), "Unrecognized error from liblzma: %d", (int)code);
}

int hd_lzma_u64(HdThread *t, HdValue v, uint64_t *out) {
    if (hd_is_null(v)) return 0;
    uint64_t value = hd_number_as_u64(t, v);
    if (value == (uint64_t)-1 && hd_raised(t)) return -1;
    *out = value;
    return 0;
}

int hd_lzma_u32(HdThread *t, HdValue v, uint32_t *out) {
    uint64_t value = *out;
    if (hd_lzma_u64(t, v, &value) < 0) return -1;
    if (value > UINT32_MAX) return hd_raise_int(t, &hd_OverflowError, "Value too large for uint32_t type");
    *out = (uint32_t)value;
    return 0;
}

/* --- reading dicts --- */

/* A number that may be in the dict; the key is counted in *known when it is. */
static int entry(HdThread *t, HdValue spec, const char *name, uint32_t *out, HdSize *known) {
    HD_OWNED HdValue key = hd_str_intern_text(t, name);
    if (hd_is_null(key)) return -1;
    HD_OWNED HdValue value = hd_object_getitem(t, spec, key);
    if (hd_is_null(value)) {
        if (!hd_raised_is(t, &hd_KeyError)) return -1;
        hd_clear_raised(t);
        return 0;
    }
    ++*known;
    return hd_lzma_u32(t, value, out);
}

/* All keys must have been known: `known` counts them, "id" among them. */
static int check_keys(HdThread *t, HdValue spec, HdSize known, const char *kind) {
    HdSize length = hd_object_length(t, spec);
    if (length < 0) return -1;
    return length == known ? 0 : hd_raise_int(t, &hd_ValueError, "Invalid filter specifier for %s filter", kind);
}

static int lzma_options(HdThread *t, HdValue error_type, HdValue spec, lzma_options_lzma *options) {
    uint32_t preset = LZMA_PRESET_DEFAULT, mode, finder;
    HdSize known = 1;
    if (entry(t, spec, "preset", &preset, &known) < 0) return -1;
    if (lzma_lzma_preset(options, preset)) {
        return hd_raise_int(t, HD_AS(HdType, error_type), "Invalid compression preset: %u", (unsigned)preset);
    }
    mode = options->mode;
    finder = options->mf;
    const struct {
        const char *name;
        uint32_t *field;
    } fields[] = {
        {"dict_size", &options->dict_size}, {"lc", &options->lc}, {"lp", &options->lp}, {"pb", &options->pb},
        {"mode", &mode}, {"nice_len", &options->nice_len}, {"mf", &finder}, {"depth", &options->depth},
    };
    for (size_t i = 0; i < HD_COUNT_OF(fields); i++) {
        if (entry(t, spec, fields[i].name, fields[i].field, &known) < 0) return -1;
    }
    options->mode = (lzma_mode)mode;
    options->mf = (lzma_match_finder)finder;
    return check_keys(t, spec, known, "LZMA");
}

int hd_lzma_filter(HdThread *t, HdValue error_type, HdValue spec, lzma_filter *filter, HdLzmaOptions *options) {
    HdType *type = hd_type_of(spec);
    if (!type->getitem || hd_is_str(spec) || (type->flags & HD_TYPE_SEQUENCE)) {
        return hd_raise_int(t, &hd_TypeError, "Filter specifier must be a dict or dict-like object");
    }
    HD_OWNED HdValue id = hd_object_getitem(t, spec, HD_NAME("id"));
    if (hd_is_null(id)) {
        if (!hd_raised_is(t, &hd_KeyError)) return -1;
        hd_clear_raised(t);
        return hd_raise_int(t, &hd_ValueError, "Filter specifier must have an \"id\" entry");
    }
    uint64_t number = 0;
    if (hd_lzma_u64(t, id, &number) < 0) return -1;
    HdSize known = 1;
    memset(options, 0, sizeof *options);
    *filter = (lzma_filter){.id = number, .options = options};
    switch (number) {
    case LZMA_FILTER_LZMA1:
    case LZMA_FILTER_LZMA2: return lzma_options(t, error_type, spec, &options->lzma);
    case LZMA_FILTER_DELTA:
        options->delta.type = LZMA_DELTA_TYPE_BYTE;
        options->delta.dist = 1;
        if (entry(t, spec, "dist", &options->delta.dist, &known) < 0) return -1;
        return check_keys(t, spec, known, "delta");
    case LZMA_FILTER_X86:
    case LZMA_FILTER_POWERPC:
    case LZMA_FILTER_IA64:
    case LZMA_FILTER_ARM:
    case LZMA_FILTER_ARMTHUMB:
    case LZMA_FILTER_SPARC:
        if (entry(t, spec, "start_offset", &options->bcj.start_offset, &known) < 0) return -1;
        return check_keys(t, spec, known, "BCJ");
    default: return hd_raise_int(t, &hd_ValueError, "Invalid filter ID: %lu", (unsigned long)number);
    }
}

int hd_lzma_chain(HdThread *t, HdValue error_type, HdValue sequence, HdLzmaChain *out) {
    if (hd_is_dict(sequence)) return hd_raise_int(t, &hd_TypeError, "%N is not a sequence", hd_type_of(sequence));
    HdSize length = hd_object_length(t, sequence);
    if (length < 0) return -1;
    if (length > LZMA_FILTERS_MAX) {
        return hd_raise_int(t, &hd_ValueError, "Too many filters - liblzma supports a maximum of %d", LZMA_FILTERS_MAX);
    }
    for (HdSize i = 0; i < length; i++) {
        HD_OWNED HdValue spec = hd_object_getitem_index(t, sequence, i);
        if (hd_is_null(spec) || hd_lzma_filter(t, error_type, spec, &out->filters[i], &out->options[i]) < 0) return -1;
    }
    out->filters[length] = (lzma_filter){.id = LZMA_VLI_UNKNOWN};
    return 0;
}

/* --- making dicts --- */

static int put(HdThread *t, HdValue dict, const char *name, uint64_t number) {
    HD_OWNED HdValue value = hd_int_from_u64(t, number);
    return hd_is_null(value) ? -1 : hd_dict_set_text(t, dict, name, value);
}

HdValue hd_lzma_filter_dict(HdThread *t, const lzma_filter *filter) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict) || put(t, dict, "id", filter->id) < 0) return HD_NULL;
    int status = 0;
    if (filter->id == LZMA_FILTER_LZMA1) {
        const lzma_options_lzma *options = filter->options;
        status = put(t, dict, "lc", options->lc) < 0 || put(t, dict, "lp", options->lp) < 0 ||
                 put(t, dict, "pb", options->pb) < 0 || put(t, dict, "dict_size", options->dict_size) < 0;
    } else if (filter->id == LZMA_FILTER_LZMA2) {
        status = put(t, dict, "dict_size", ((const lzma_options_lzma *)filter->options)->dict_size);
    } else if (filter->id == LZMA_FILTER_DELTA) {
        status = put(t, dict, "dist", ((const lzma_options_delta *)filter->options)->dist);
    } else if (filter->id >= LZMA_FILTER_X86 && filter->id <= LZMA_FILTER_SPARC) {
        const lzma_options_bcj *options = filter->options; /* NULL: all as usual */
        if (options) status = put(t, dict, "start_offset", options->start_offset);
    } else {
        hd_raise(t, &hd_ValueError, "Invalid filter ID: %lu", (unsigned long)filter->id);
        status = -1;
    }
    return status ? HD_NULL : hd_move(&dict);
}
