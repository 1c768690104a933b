/* mod__csv.c -- the module _csv: dialects and their registry. The reader is in csv_reader.c, the writer in
 * csv_writer.c.
 *
 * A dialect never changes once it is made. The registry is a dict, changed through dict.h alone, so no locks are taken
 * here. The state hangs on the type Dialect (native_data), which exists once for the process.
 */
#include "csv_types.h"

enum { FIELD_LIMIT = 128 * 1024 };

HdCsvState *hd_csv_state(void) { return hd_csv_dialect_type.native_data; }

/* --- text --- */

int hd_csv_text_grow(HdThread *t, HdCsvText *text) {
    HdSize capacity = text->capacity ? text->capacity * 2 : 256;
    uint32_t *at = NULL;
    if (capacity <= HD_SIZE_MAX / 8) {
        if (!text->at) at = hd_heap_raw(t, (size_t)capacity * 4);
        else at = hd_heap_raw_resize(t, text->at, (size_t)text->capacity * 4, (size_t)capacity * 4);
    }
    if (!at) {
        hd_raise_no_memory(t);
        return -1;
    }
    text->at = at;
    text->capacity = capacity;
    return 0;
}
void hd_csv_text_free(HdThread *t, HdCsvText *text) {
    if (text->at) hd_heap_raw_free(t, text->at, (size_t)text->capacity * 4);
    *text = (HdCsvText){0};
}

/* --- the options of a dialect --- */

enum { DIALECT, DELIMITER, DOUBLE_QUOTE, ESCAPE, LINE_TERMINATOR, QUOTE, QUOTING, SKIP_SPACE, STRICT, OPTIONS };
static const char *const option_names[OPTIONS] = {
    "dialect", "delimiter", "doublequote", "escapechar", "lineterminator",
    "quotechar", "quoting", "skipinitialspace", "strict",
};

/* Arguments by position and name into `options`, lent; those not given are HD_NULL. */
HD_CHECK static int bind(HdThread *t, const HdRef *args, HdSize nargs, HdValue kwnames, HdValue options[OPTIONS]) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    if (nargs + keywords > OPTIONS) {
        return hd_raise_int(t, &hd_TypeError, "function takes at most %d arguments (%zd given)", OPTIONS,
                            nargs + keywords);
    }
    for (int i = 0; i < OPTIONS; i++) options[i] = i < nargs ? hd_ref_value(args[i]) : HD_NULL;
    for (HdSize k = 0; k < keywords; k++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, k);
        int i = 0;
        while (i < OPTIONS && !hd_str_equals_text(name, option_names[i])) i++;
        if (i == OPTIONS) {
            return hd_raise_int(t, &hd_TypeError, "'%U' is an invalid keyword argument for this function", name);
        }
        if (i < nargs) {
            return hd_raise_int(t, &hd_TypeError, "argument for function given by name ('%U') and position (%d)", name,
                                i + 1);
        }
        options[i] = hd_ref_value(args[nargs + k]);
    }
    return 0;
}

HD_CHECK static int set_bool(HdThread *t, HdValue v, bool by_default, uint8_t *out) {
    int truth = hd_is_null(v) ? by_default : hd_object_truth(t, v);
    *out = truth > 0;
    return truth < 0 ? -1 : 0;
}
HD_CHECK static int set_char(HdThread *t, int option, HdValue v, uint32_t by_default, bool or_none, uint32_t *out) {
    const char *name = option_names[option];
    *out = by_default;
    if (hd_is_null(v)) return 0;
    if (or_none && hd_is_none(v)) {
        *out = HD_CSV_NONE;
        return 0;
    }
    if (!hd_is_str(v)) {
        return hd_raise_int(t, &hd_TypeError, "\"%s\" must be string%s, not %T", name, or_none ? " or None" : "", v);
    }
    if (hd_str_length(v) != 1) return hd_raise_int(t, &hd_TypeError, "\"%s\" must be a 1-character string", name);
    *out = hd_str_at(v, 0);
    return 0;
}
HD_CHECK static int set_quoting(HdThread *t, HdCsvDialect *d, HdValue v) {
    d->quoting = HD_CSV_QUOTE_MINIMAL;
    if (hd_is_null(v)) return 0;
    if (!hd_is_exact_int(v)) return hd_raise_int(t, &hd_TypeError, "\"quoting\" must be an integer");
    d->quoting = hd_number_as_int(t, v);
    return d->quoting == -1 && hd_raised(t) ? -1 : 0;
}
HD_CHECK static int set_line_terminator(HdThread *t, HdCsvDialect *d, HdValue v) {
    if (hd_is_null(v)) {
        d->line_terminator = hd_str_from_ascii(t, "\r\n", 2);
        return hd_is_null(d->line_terminator) ? -1 : 0;
    }
    if (hd_is_none(v)) return 0; /* complained of later */
    if (!hd_is_str(v)) return hd_raise_int(t, &hd_TypeError, "\"lineterminator\" must be a string");
    d->line_terminator = hd_retain(t, v);
    return 0;
}

HD_CHECK static int fill(HdThread *t, HdCsvDialect *d, HdValue options[OPTIONS]) {
    if (set_char(t, DELIMITER, options[DELIMITER], ',', false, &d->delimiter) < 0 ||
        set_bool(t, options[DOUBLE_QUOTE], true, &d->double_quote) < 0 ||
        set_char(t, ESCAPE, options[ESCAPE], HD_CSV_NONE, true, &d->escape) < 0 ||
        set_line_terminator(t, d, options[LINE_TERMINATOR]) < 0 ||
        set_char(t, QUOTE, options[QUOTE], '"', true, &d->quote) < 0 || set_quoting(t, d, options[QUOTING]) < 0 ||
        set_bool(t, options[SKIP_SPACE], false, &d->skip_space) < 0 ||
        set_bool(t, options[STRICT], false, &d->strict) < 0) {
        return -1;
    }
    if (d->quoting < HD_CSV_QUOTE_MINIMAL || d->quoting > HD_CSV_QUOTE_NONE) {
        return hd_raise_int(t, &hd_TypeError, "bad \"quoting\" value");
    }
    if (!hd_is_null(options[QUOTE]) && hd_is_none(options[QUOTE]) && hd_is_null(options[QUOTING])) {
        d->quoting = HD_CSV_QUOTE_NONE;
    }
    if (d->quoting != HD_CSV_QUOTE_NONE && d->quote == HD_CSV_NONE) {
        return hd_raise_int(t, &hd_TypeError, "quotechar must be set if quoting enabled");
    }
    if (hd_is_null(d->line_terminator)) return hd_raise_int(t, &hd_TypeError, "lineterminator must be set");
    return 0;
}

/* --- making one --- */

static HdValue find_dialect(HdThread *t, HdValue name) {
    HdValue dialect;
    int found = hd_dict_find(t, hd_csv_state()->dialects, name, &dialect);
    if (found) return found < 0 ? HD_NULL : dialect;
    return hd_raise(t, hd_csv_error(), "unknown dialect");
}

/* Options that were not given are read from the attributes of `like`. Those are put into `options` and, owned, into
 * `held`. An attribute that cannot be read counts as not given. */
static void read_options(HdThread *t, HdValue like, HdValue options[OPTIONS], HdValue held[OPTIONS]) {
    for (int i = DELIMITER; i < OPTIONS; i++) {
        if (!hd_is_null(options[i])) continue;
        options[i] = held[i] = hd_object_getattr_text(t, like, option_names[i]);
        if (hd_is_null(held[i])) hd_clear_raised(t);
    }
}

static HdValue make(HdThread *t, HdType *type, HdValue options[OPTIONS]) {
    HD_OWNED HdValue like = HD_NULL;
    HdValue given = options[DIALECT];
    if (!hd_is_null(given)) {
        like = hd_is_str(given) ? find_dialect(t, given) : hd_retain(t, given);
        if (hd_is_null(like)) return HD_NULL;
        bool alone = hd_is_instance(like, &hd_csv_dialect_type);
        for (int i = DELIMITER; i < OPTIONS; i++) alone = alone && hd_is_null(options[i]);
        if (alone) return hd_move(&like);
    }
    HD_OWNED HdValue self = hd_type_alloc(t, type);
    if (hd_is_null(self)) return HD_NULL;
    HdValue held[OPTIONS] = {HD_NULL};
    if (!hd_is_null(like)) read_options(t, like, options, held);
    int status = fill(t, HD_CSV_DIALECT(self), options);
    for (int i = DELIMITER; i < OPTIONS; i++) hd_release(t, held[i]);
    return status < 0 ? HD_NULL : hd_move(&self);
}
static HdValue dialect_create(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue options[OPTIONS];
    return bind(t, args, nargs, kwnames, options) < 0 ? HD_NULL : make(t, type, options);
}
HdValue hd_csv_dialect_make(HdThread *t, HdValue dialect_or_null, const HdRef *keywords, HdValue kwnames) {
    HdValue options[OPTIONS];
    if (bind(t, keywords, 0, kwnames, options) < 0) return HD_NULL;
    if (!hd_is_null(dialect_or_null)) {
        if (!hd_is_null(options[DIALECT])) {
            return hd_raise(t, &hd_TypeError, "argument for function given by name ('dialect') and position (1)");
        }
        options[DIALECT] = dialect_or_null;
    }
    return make(t, &hd_csv_dialect_type, options);
}
static void dialect_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((HdCsvDialect *)self)->line_terminator);
    hd_type_free(t, self);
}

/* --- its attributes --- */

static HdValue char_or_none(HdThread *t, uint32_t c) { return c == HD_CSV_NONE ? hd_None : hd_str_from_char(t, c); }
static HdValue get_delimiter(HdThread *t, HdValue self, void *closure) {
    return char_or_none(t, HD_CSV_DIALECT(self)->delimiter);
}
static HdValue get_escape(HdThread *t, HdValue self, void *closure) {
    return char_or_none(t, HD_CSV_DIALECT(self)->escape);
}
static HdValue get_quote(HdThread *t, HdValue self, void *closure) {
    return char_or_none(t, HD_CSV_DIALECT(self)->quote);
}
static HdValue get_quoting(HdThread *t, HdValue self, void *closure) {
    return hd_imm_int(HD_CSV_DIALECT(self)->quoting);
}
static HdValue get_line_terminator(HdThread *t, HdValue self, void *closure) {
    return hd_retain(t, HD_CSV_DIALECT(self)->line_terminator);
}
static HdValue dialect_reduce(HdThread *t, HdValue self, const HdValue *args) {
    return hd_raise(t, &hd_TypeError, "cannot pickle '%N' instances", hd_type_of(self));
}

static const HdMethodDef dialect_methods[] = {
    HD_METHOD(dialect_reduce, "__reduce__(*args)", "raises an exception to avoid pickling"),
    HD_METHOD(dialect_reduce, "__reduce_ex__(*args)", "raises an exception to avoid pickling"),
    HD_METHODS_END,
};
static const HdGetSetDef dialect_getsets[] = {
    {"delimiter", get_delimiter, NULL, NULL, NULL},
    {"escapechar", get_escape, NULL, NULL, NULL},
    {"lineterminator", get_line_terminator, NULL, NULL, NULL},
    {"quotechar", get_quote, NULL, NULL, NULL},
    {"quoting", get_quoting, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static const HdMemberDef dialect_members[] = {
    {"skipinitialspace", HD_MEMBER_BOOL, offsetof(HdCsvDialect, skip_space), true, NULL, false},
    {"doublequote", HD_MEMBER_BOOL, offsetof(HdCsvDialect, double_quote), true, NULL, false},
    {"strict", HD_MEMBER_BOOL, offsetof(HdCsvDialect, strict), true, NULL, false},
    {NULL},
};
HdType hd_csv_dialect_type = {
    HD_TYPE_HEAD("_csv.Dialect"),
    .doc = "CSV dialect\n\nHow the lines of a file in CSV format are to be read and written.",
    .basicsize = sizeof(HdCsvDialect),
    .flags = HD_TYPE_BASE,
    .dealloc = dialect_dealloc,
    .create = dialect_create,
    .methods = dialect_methods,
    .getsets = dialect_getsets,
    .members = dialect_members,
};

/* --- functions --- */

static HdValue register_dialect(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "", nargs, 1, 2) < 0) return HD_NULL;
    HdValue name = hd_ref_value(args[0]);
    if (!hd_is_str(name)) return hd_raise(t, &hd_TypeError, "dialect name must be a string");
    HdValue like = nargs > 1 ? hd_ref_value(args[1]) : HD_NULL;
    HD_OWNED HdValue dialect = hd_csv_dialect_make(t, like, args + nargs, kwnames);
    if (hd_is_null(dialect)) return HD_NULL;
    return hd_dict_set(t, hd_csv_state()->dialects, name, dialect) < 0 ? HD_NULL : hd_None;
}
static HdValue unregister_dialect(HdThread *t, HdValue module, const HdValue *args) {
    HdValue dialect;
    int found = hd_dict_pop(t, hd_csv_state()->dialects, args[0], &dialect);
    if (found < 0) return HD_NULL;
    if (!found) return hd_raise(t, hd_csv_error(), "unknown dialect");
    hd_release(t, dialect);
    return hd_None;
}
static HdValue get_dialect(HdThread *t, HdValue module, const HdValue *args) { return find_dialect(t, args[0]); }
static HdValue list_dialects(HdThread *t, HdValue module, const HdValue *args) {
    return hd_dict_keys_list(t, hd_csv_state()->dialects);
}
static HdValue field_size_limit(HdThread *t, HdValue module, const HdValue *args) {
    int64_t old = HD_LOAD_RELAXED(&hd_csv_state()->field_limit), limit;
    if (!hd_is_null(args[0])) {
        if (!hd_is_exact_int(args[0])) return hd_raise(t, &hd_TypeError, "limit must be an integer");
        if (!hd_int_try_i64(args[0], &limit)) {
            return hd_raise(t, &hd_OverflowError, "Python int too large to convert to C long");
        }
        HD_STORE_RELAXED(&hd_csv_state()->field_limit, limit);
    }
    return hd_int_from_i64(t, old);
}

static const HdMethodDef functions[] = {
    HD_METHOD_RAW(hd_csv_reader, "reader",
                  "csv_reader = reader(iterable [, dialect='excel'] [optional keyword args])\n\n"
                  "An iterator over the records of the lines that the iterable gives; each is a list of str. The\n"
                  "keyword arguments are options of a dialect and override those of the dialect given."),
    HD_METHOD_RAW(hd_csv_writer, "writer",
                  "csv_writer = csv.writer(fileobj [, dialect='excel'] [optional keyword args])\n\n"
                  "An object whose methods writerow and writerows call fileobj.write with a line for each record. The\n"
                  "keyword arguments are options of a dialect and override those of the dialect given."),
    HD_METHOD(list_dialects, "list_dialects($module, /)", "Return a list of all known dialect names."),
    HD_METHOD_RAW(register_dialect, "register_dialect",
                  "Make a dialect known by a name.\n"
                  "    dialect = csv.register_dialect(name[, dialect[, **fmtparams]])"),
    HD_METHOD(unregister_dialect, "unregister_dialect($module, /, name)", "Forget a dialect's name."),
    HD_METHOD(get_dialect, "get_dialect($module, /, name)", "The dialect that was registered by the name."),
    HD_METHOD(field_size_limit, "field_size_limit($module, /, new_limit=<unrepresentable>)",
              "Set the limit of characters in a field, if one is given, and return the old one."),
    HD_METHODS_END,
};

static int make_state(HdThread *t, HdValue module) {
    HdCsvState *state = hd_heap_raw_zeroed(t, sizeof *state);
    if (!state) {
        hd_raise_no_memory(t);
        return -1;
    }
    state->field_limit = FIELD_LIMIT;
    state->dialects = hd_dict_new(t);
    state->error = hd_is_null(state->dialects) ? HD_NULL : hd_module_add_exception(t, module, "_csv.Error", HD_NULL);
    if (hd_is_null(state->error)) {
        hd_release(t, state->dialects);
        hd_heap_raw_free(t, state, sizeof *state);
        return -1;
    }
    hd_csv_dialect_type.native_data = state;
    return 0;
}

static int csv_exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &hd_csv_reader_type) < 0 || hd_type_ready(t, &hd_csv_writer_type) < 0 ||
        hd_module_add_type(t, module, &hd_csv_dialect_type) < 0) {
        return -1;
    }
    if (!hd_csv_state() && make_state(t, module) < 0) return -1;
    static const struct {
        const char *name;
        int value;
    } constants[] = {
        {"QUOTE_MINIMAL", HD_CSV_QUOTE_MINIMAL}, {"QUOTE_ALL", HD_CSV_QUOTE_ALL},
        {"QUOTE_NONNUMERIC", HD_CSV_QUOTE_NONNUMERIC}, {"QUOTE_NONE", HD_CSV_QUOTE_NONE},
    };
    for (size_t i = 0; i < HD_COUNT_OF(constants); i++) {
        if (hd_module_set_int(t, module, constants[i].name, constants[i].value) < 0) return -1;
    }
    if (hd_module_set(t, module, "Error", hd_csv_state()->error) < 0 ||
        hd_module_set(t, module, "_dialects", hd_csv_state()->dialects) < 0 ||
        hd_module_set(t, module, "Reader", hd_type_value(&hd_csv_reader_type)) < 0 ||
        hd_module_set(t, module, "Writer", hd_type_value(&hd_csv_writer_type)) < 0) {
        return -1;
    }
    return hd_module_set_text(t, module, "__version__", "1.0");
}

const HdModuleDef hd_module__csv = {
    .name = "_csv",
    .doc = "CSV parsing and writing: readers, writers and the dialects they follow.",
    .functions = functions,
    .exec = csv_exec,
};
