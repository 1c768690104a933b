/* csv_writer.c -- writer: lines out of records.
 *
 * A line is put together in the call that writes it, so threads that share a writer write whole lines. Nothing of a
 * writer changes; no lock is taken.
 */
#include "csv_types.h"

typedef struct Writer {
    HdObject head;
    HdValue write;   /* None once the collector took it */
    HdValue dialect; /* never changes */
} Writer;
#define WRITER(v) HD_AS(Writer, v)

typedef struct Line {
    const HdCsvDialect *dialect;
    HdCsvText text;
    HdSize fields;
} Line;

/* --- fields --- */

static bool is_special(const HdCsvDialect *d, uint32_t c) {
    return c == d->delimiter || c == d->escape || c == d->quote ||
           hd_str_find_char(d->line_terminator, c, 0, hd_str_length(d->line_terminator), false) >= 0;
}
/* Whether one of the characters of a field makes quotes needed. */
static bool wants_quotes(const HdCsvDialect *d, HdValue field) {
    if (d->quoting == HD_CSV_QUOTE_NONE) return false;
    HdSize length = hd_str_length(field);
    for (HdSize i = 0; i < length; i++) {
        uint32_t c = hd_str_at(field, i);
        if (!is_special(d, c)) continue;
        if (c == d->quote ? d->double_quote : c != d->escape) return true;
    }
    return false;
}
HD_CHECK static int add_field_char(HdThread *t, Line *line, uint32_t c) {
    const HdCsvDialect *d = line->dialect;
    if (is_special(d, c)) {
        uint32_t before = HD_CSV_NONE;
        if (d->quoting == HD_CSV_QUOTE_NONE || (c == d->quote ? !d->double_quote : c == d->escape)) {
            if (d->escape == HD_CSV_NONE) {
                return hd_raise_int(t, hd_csv_error(), "need to escape, but no escapechar set");
            }
            before = d->escape;
        } else if (c == d->quote) {
            before = d->quote;
        }
        if (before != HD_CSV_NONE && hd_csv_text_add(t, &line->text, before) < 0) return -1;
    }
    return hd_csv_text_add(t, &line->text, c);
}
HD_CHECK static int add_field(HdThread *t, Line *line, HdValue field, bool quoted) {
    const HdCsvDialect *d = line->dialect;
    quoted = quoted || wants_quotes(d, field);
    if (line->fields > 0 && hd_csv_text_add(t, &line->text, d->delimiter) < 0) return -1;
    if (quoted && hd_csv_text_add(t, &line->text, d->quote) < 0) return -1;
    HdSize length = hd_str_length(field);
    for (HdSize i = 0; i < length; i++) {
        if (add_field_char(t, line, hd_str_at(field, i)) < 0) return -1;
    }
    if (quoted && hd_csv_text_add(t, &line->text, d->quote) < 0) return -1;
    line->fields++;
    return 0;
}
HD_CHECK static int add_value(HdThread *t, Line *line, HdValue value) {
    int quoting = line->dialect->quoting;
    bool quoted = quoting == HD_CSV_QUOTE_ALL || (quoting == HD_CSV_QUOTE_NONNUMERIC && !hd_number_check(value));
    if (hd_is_str(value)) return add_field(t, line, value, quoted);
    if (hd_is_none(value)) return add_field(t, line, hd_str_empty(), quoted);
    HD_OWNED HdValue text = hd_object_str(t, value);
    return hd_is_null(text) ? -1 : add_field(t, line, text, quoted);
}

/* --- records --- */

HD_CHECK static int fill_line(HdThread *t, Line *line, HdValue iterator) {
    for (unsigned i = 1;; i++) {
        HD_OWNED HdValue value = hd_object_next(t, iterator);
        if (hd_is_null(value)) {
            if (hd_raised(t)) return -1;
            break;
        }
        if (add_value(t, line, value) < 0 || (i % 1024 == 0 && hd_object_poll(t) < 0)) return -1;
    }
    if (line->fields > 0 && line->text.length == 0) { /* one empty field: without quotes it would be none */
        if (line->dialect->quoting == HD_CSV_QUOTE_NONE) {
            return hd_raise_int(t, hd_csv_error(), "single empty field record must be quoted");
        }
        line->fields = 0;
        if (add_field(t, line, hd_str_empty(), true) < 0) return -1;
    }
    HdValue end = line->dialect->line_terminator;
    for (HdSize i = 0; i < hd_str_length(end); i++) {
        if (hd_csv_text_add(t, &line->text, hd_str_at(end, i)) < 0) return -1;
    }
    return 0;
}
static HdValue write_row(HdThread *t, HdValue self, HdValue row) {
    HD_OWNED HdValue iterator = hd_object_iter(t, row);
    if (hd_is_null(iterator)) {
        if (!hd_raised_is(t, &hd_TypeError)) return HD_NULL;
        hd_clear_raised(t);
        return hd_raise(t, hd_csv_error(), "iterable expected, not %T", row);
    }
    Line line = {.dialect = HD_CSV_DIALECT(WRITER(self)->dialect)};
    int status = fill_line(t, &line, iterator);
    HD_OWNED HdValue text = status < 0 ? HD_NULL : hd_str_from_kind(t, 4, line.text.at, line.text.length);
    hd_csv_text_free(t, &line.text);
    return hd_is_null(text) ? HD_NULL : hd_object_call1(t, WRITER(self)->write, text);
}
static HdValue writer_writerow(HdThread *t, HdValue self, const HdValue *args) { return write_row(t, self, args[0]); }
static HdValue writer_writerows(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue iterator = hd_object_iter(t, args[0]);
    if (hd_is_null(iterator)) return HD_NULL;
    for (;;) {
        HD_OWNED HdValue row = hd_object_next(t, iterator);
        if (hd_is_null(row)) return hd_raised(t) ? HD_NULL : hd_None;
        HD_OWNED HdValue result = write_row(t, self, row);
        if (hd_is_null(result)) return HD_NULL;
    }
}

/* --- life --- */

HdValue hd_csv_writer(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames) {
    if (hd_native_check_count(t, "", nargs, 1, 2) < 0) return HD_NULL;
    HdValue found = HD_NULL;
    int has = hd_object_find_attr(t, hd_ref_value(args[0]), HD_NAME("write"), &found);
    HD_OWNED HdValue write = has > 0 ? found : HD_NULL;
    if (has < 0) return HD_NULL;
    if (!has || !hd_object_is_callable(write)) {
        return hd_raise(t, &hd_TypeError, "argument 1 must have a \"write\" method");
    }
    HdValue like = nargs > 1 ? hd_ref_value(args[1]) : HD_NULL;
    HD_OWNED HdValue dialect = hd_csv_dialect_make(t, like, args + nargs, kwnames);
    if (hd_is_null(dialect)) return HD_NULL;
    Writer *w = HD_NEW(t, Writer, &hd_csv_writer_type);
    if (!w) return HD_NULL;
    w->write = hd_move(&write);
    w->dialect = hd_move(&dialect);
    return hd_from_object(w);
}
static void writer_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Writer *)self)->write);
    hd_release(t, ((Writer *)self)->dialect);
    hd_type_free(t, self);
}
static int writer_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Writer *)self)->write);
    HD_VISIT(((Writer *)self)->dialect);
    return 0;
}

static void writer_clear(HdThread *t, HdObject *self) { hd_replace_steal(t, &((Writer *)self)->write, hd_None); }

static const HdMethodDef writer_methods[] = {
    HD_METHOD(writer_writerow, "writerow($self, row, /)",
              "writerow(iterable)\n\nWrite the items of an iterable as one record; what write() returned is returned."),
    HD_METHOD(writer_writerows, "writerows($self, rows, /)",
              "writerows(iterable of iterables)\n\nWrite each item of an iterable as a record."),
    HD_METHODS_END,
};
static const HdMemberDef writer_members[] = {
    {"dialect", HD_MEMBER_VALUE, offsetof(Writer, dialect), true, NULL, false},
    {NULL},
};
HdType hd_csv_writer_type = {
    HD_TYPE_HEAD("_csv.writer"),
    .doc = "CSV writer\n\nWrites records as lines in CSV format.",
    .basicsize = sizeof(Writer),
    .flags = HD_TYPE_GC | HD_TYPE_DISALLOW_NEW,
    .dealloc = writer_dealloc,
    .traverse = writer_traverse,
    .clear = writer_clear,
    .methods = writer_methods,
    .members = writer_members,
};
