/* csv_reader.c -- reader: records out of lines.
 *
 * What is known of a record while it is read lives in the call, so threads that share a reader get whole records,
 * though a record of several lines may be torn between them. The buffer is kept from call to call and exchanged under
 * the reader's lock. Lines are drawn without it: that runs Python. Parks only in the lock.
 */
#include "csv_types.h"

typedef struct Reader {
    HdObject head;
    HdValue input;          /* HD_NULL once the collector took it */
    HdValue dialect;        /* never changes */
    uint64_t line_number;   /* atomic */
    HdCsvText spare;        /* a buffer nobody uses just now */
} Reader;
#define READER(v) HD_AS(Reader, v)

typedef enum State {
    START_RECORD, START_FIELD, ESCAPED, IN_FIELD, IN_QUOTED, ESCAPED_IN_QUOTED, QUOTE_IN_QUOTED, EAT_NEWLINE,
    AFTER_ESCAPED_NEWLINE,
} State;

typedef struct Parser {
    const HdCsvDialect *dialect;
    HdValue fields; /* list */
    HdCsvText field;
    State state;
    bool numeric; /* the field is to become a float */
} Parser;

/* --- one record --- */

HD_CHECK static int add_char(HdThread *t, Parser *p, uint32_t c) {
    int64_t limit = HD_LOAD_RELAXED(&hd_csv_state()->field_limit);
    if (HD_UNLIKELY(p->field.length >= limit)) {
        return hd_raise_int(t, hd_csv_error(), "field larger than field limit (%ld)", (long)limit);
    }
    return hd_csv_text_add(t, &p->field, c);
}
HD_CHECK static int save_field(HdThread *t, Parser *p) {
    HdValue field = hd_str_from_kind(t, 4, p->field.at, p->field.length);
    if (hd_is_null(field)) return -1;
    p->field.length = 0;
    if (p->numeric) {
        p->numeric = false;
        HdValue number = hd_number_float(t, field);
        hd_release(t, field);
        if (hd_is_null(number)) return -1;
        field = number;
    }
    return hd_list_append_steal(t, p->fields, field);
}
static bool is_newline(uint32_t c) { return c == '\n' || c == '\r'; }
HD_CHECK static int end_line(HdThread *t, Parser *p, uint32_t c) {
    p->state = c == HD_CSV_NONE ? START_RECORD : EAT_NEWLINE;
    return save_field(t, p);
}

HD_CHECK static int start_field(HdThread *t, Parser *p, uint32_t c) {
    const HdCsvDialect *d = p->dialect;
    if (is_newline(c) || c == HD_CSV_NONE) return end_line(t, p, c);
    if (c == d->quote && d->quoting != HD_CSV_QUOTE_NONE) {
        p->state = IN_QUOTED;
    } else if (c == d->escape) {
        p->state = ESCAPED;
    } else if (c == ' ' && d->skip_space) {
        p->state = START_FIELD;
    } else if (c == d->delimiter) {
        p->state = START_FIELD;
        return save_field(t, p);
    } else {
        p->numeric = d->quoting == HD_CSV_QUOTE_NONNUMERIC;
        p->state = IN_FIELD;
        return add_char(t, p, c);
    }
    return 0;
}
HD_CHECK static int in_field(HdThread *t, Parser *p, uint32_t c) {
    if (is_newline(c) || c == HD_CSV_NONE) return end_line(t, p, c);
    if (c == p->dialect->escape) {
        p->state = ESCAPED;
    } else if (c == p->dialect->delimiter) {
        p->state = START_FIELD;
        return save_field(t, p);
    } else {
        p->state = IN_FIELD;
        return add_char(t, p, c);
    }
    return 0;
}
HD_CHECK static int in_quoted(HdThread *t, Parser *p, uint32_t c) {
    const HdCsvDialect *d = p->dialect;
    if (c == HD_CSV_NONE) return 0;
    if (c == d->escape) p->state = ESCAPED_IN_QUOTED;
    else if (c == d->quote && d->quoting != HD_CSV_QUOTE_NONE) p->state = d->double_quote ? QUOTE_IN_QUOTED : IN_FIELD;
    else return add_char(t, p, c);
    return 0;
}
/* Behind a quote inside a quoted field: it stands for itself, or the field is over. */
HD_CHECK static int quote_in_quoted(HdThread *t, Parser *p, uint32_t c) {
    const HdCsvDialect *d = p->dialect;
    if (c == d->quote && d->quoting != HD_CSV_QUOTE_NONE) {
        p->state = IN_QUOTED;
        return add_char(t, p, c);
    }
    if (c == d->delimiter) {
        p->state = START_FIELD;
        return save_field(t, p);
    }
    if (is_newline(c) || c == HD_CSV_NONE) return end_line(t, p, c);
    if (!d->strict) {
        p->state = IN_FIELD;
        return add_char(t, p, c);
    }
    HD_OWNED HdValue delimiter = hd_str_from_char(t, d->delimiter);
    if (hd_is_null(delimiter)) return -1;
    HD_OWNED HdValue quote = hd_str_from_char(t, d->quote);
    if (hd_is_null(quote)) return -1;
    return hd_raise_int(t, hd_csv_error(), "'%U' expected after '%U'", delimiter, quote);
}

/* One character of a line; HD_CSV_NONE: the line is over. */
HD_CHECK static int step(HdThread *t, Parser *p, uint32_t c) {
    switch (p->state) {
    case START_RECORD:
        if (c == HD_CSV_NONE) return 0; /* an empty line is an empty record */
        if (is_newline(c)) {
            p->state = EAT_NEWLINE;
            return 0;
        }
        return start_field(t, p, c);
    case START_FIELD: return start_field(t, p, c);
    case ESCAPED:
        p->state = is_newline(c) ? AFTER_ESCAPED_NEWLINE : IN_FIELD;
        return add_char(t, p, c == HD_CSV_NONE ? '\n' : c);
    case AFTER_ESCAPED_NEWLINE:
        return c == HD_CSV_NONE ? 0 : in_field(t, p, c);
    case IN_FIELD: return in_field(t, p, c);
    case IN_QUOTED: return in_quoted(t, p, c);
    case ESCAPED_IN_QUOTED:
        p->state = IN_QUOTED;
        return add_char(t, p, c == HD_CSV_NONE ? '\n' : c);
    case QUOTE_IN_QUOTED: return quote_in_quoted(t, p, c);
    case EAT_NEWLINE:
        if (is_newline(c)) return 0;
        if (c == HD_CSV_NONE) {
            p->state = START_RECORD;
            return 0;
        }
        return hd_raise_int(t, hd_csv_error(), "new-line character seen in unquoted field - "
                                               "do you need to open the file in universal-newline mode?");
    }
    HD_UNREACHABLE();
}

/* Draws lines until a record is complete: 1, 0 at the end of the input, -1 raised. */
HD_CHECK static int read_record(HdThread *t, Reader *r, Parser *p) {
    do {
        HD_OWNED HdValue line = hd_object_next(t, r->input);
        if (hd_is_null(line)) {
            if (hd_raised(t)) return -1;
            if (p->field.length == 0 && p->state != IN_QUOTED) return 0;
            if (p->dialect->strict) return hd_raise_int(t, hd_csv_error(), "unexpected end of data");
            return save_field(t, p) < 0 ? -1 : 1;
        }
        if (!hd_is_str(line)) {
            return hd_raise_int(t, hd_csv_error(), "iterator should return strings, not %T "
                                                   "(the file should be opened in text mode)", line);
        }
        (void)HD_FETCH_ADD(&r->line_number, 1);
        HdSize length = hd_str_length(line);
        for (HdSize i = 0; i < length; i++) {
            if (step(t, p, hd_str_at(line, i)) < 0) return -1;
        }
        if (step(t, p, HD_CSV_NONE) < 0) return -1;
    } while (p->state != START_RECORD);
    return 1;
}

static HdCsvText exchange_spare(HdThread *t, Reader *r, HdCsvText text) {
    hd_lock_object(t, &r->head);
    HdCsvText old = r->spare;
    r->spare = text;
    hd_unlock_object(t, &r->head);
    return old;
}
static HdValue reader_next(HdThread *t, HdValue self) {
    Reader *r = READER(self);
    if (hd_is_null(r->input)) return HD_NULL;
    Parser p = {.dialect = HD_CSV_DIALECT(r->dialect), .fields = hd_list_new(t, 0)};
    if (hd_is_null(p.fields)) return HD_NULL;
    p.field = exchange_spare(t, r, (HdCsvText){0});
    int status = read_record(t, r, &p);
    p.field.length = 0;
    HdCsvText other = exchange_spare(t, r, p.field);
    hd_csv_text_free(t, &other);
    if (status > 0) return p.fields;
    hd_release(t, p.fields);
    return HD_NULL;
}

/* --- life --- */

HdValue hd_csv_reader(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "", nargs, 1, 2) < 0) return HD_NULL;
    HD_OWNED HdValue input = hd_object_iter(t, hd_ref_value(args[0]));
    if (hd_is_null(input)) return HD_NULL;
    HdValue like = nargs > 1 ? hd_ref_value(args[1]) : HD_NULL;
    HD_OWNED HdValue dialect = hd_csv_dialect_make(t, like, args + nargs, kwnames);
    if (hd_is_null(dialect)) return HD_NULL;
    Reader *r = HD_NEW(t, Reader, &hd_csv_reader_type);
    if (!r) return HD_NULL;
    r->input = hd_move(&input);
    r->dialect = hd_move(&dialect);
    return hd_from_object(r);
}
static void reader_dealloc(HdThread *t, HdObject *self) {
    Reader *r = (Reader *)self;
    hd_release(t, r->input);
    hd_release(t, r->dialect);
    hd_csv_text_free(t, &r->spare);
    hd_type_free(t, self);
}
static int reader_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Reader *)self)->input);
    HD_VISIT(((Reader *)self)->dialect);
    return 0;
}

static void reader_clear(HdThread *t, HdObject *self) { hd_clear_slot(t, &((Reader *)self)->input); }

static const HdMemberDef reader_members[] = {
    {"dialect", HD_MEMBER_VALUE, offsetof(Reader, dialect), true, NULL, false},
    {"line_num", HD_MEMBER_U64, offsetof(Reader, line_number), true, NULL, false},
    {NULL},
};
HdType hd_csv_reader_type = {
    HD_TYPE_HEAD("_csv.reader"),
    .doc = "CSV reader\n\nAn iterator over the records of lines in CSV format.",
    .basicsize = sizeof(Reader),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = reader_dealloc,
    .traverse = reader_traverse,
    .clear = reader_clear,
    .iter = hd_iter_self,
    .next = reader_next,
    .members = reader_members,
};
