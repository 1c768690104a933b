/* csv_types.h -- what the files of _csv share: dialects, and the module's state. */
#ifndef HD_CSV_TYPES_H
#define HD_CSV_TYPES_H

#include <heddle/module.h>

#include "mutex.h"

enum { HD_CSV_QUOTE_MINIMAL, HD_CSV_QUOTE_ALL, HD_CSV_QUOTE_NONNUMERIC, HD_CSV_QUOTE_NONE };
/* No code point equals it: a character that is not set, and what the parser gets behind the last one of a line. */
#define HD_CSV_NONE ((uint32_t)-1)

typedef struct HdCsvDialect { /* never changes once it is made */
    HdObject head;
    HdValue line_terminator; /* str */
    uint32_t delimiter, quote, escape;
    int quoting; /* HD_CSV_QUOTE_… */
    uint8_t double_quote, skip_space, strict;
} HdCsvDialect;

/* Made with the first module object; lives as long as the process, since the types do. */
typedef struct HdCsvState {
    HdValue error;       /* class _csv.Error */
    HdValue dialects;    /* dict: name -> dialect */
    int64_t field_limit; /* atomic */
} HdCsvState;

extern HdType hd_csv_dialect_type, hd_csv_reader_type, hd_csv_writer_type;
#define HD_CSV_DIALECT(v) HD_AS(HdCsvDialect, v)

HdCsvState *hd_csv_state(void);
HD_INLINE HdType *hd_csv_error(void) { return HD_AS(HdType, hd_csv_state()->error); }
/* Dialect(dialect, **keywords): `keywords` are the values of the names in kwnames. */
HdValue hd_csv_dialect_make(HdThread *t, HdValue dialect_or_null, const HdRef *keywords, HdValue kwnames) HD_CHECK;

HdValue hd_csv_reader(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames);
HdValue hd_csv_writer(HdThread *t, HdValue module, const HdRef *args, HdSize nargs, HdValue kwnames);

/* Text being put together, without the object's own type in mind: an array of code points. */
typedef struct HdCsvText {
    uint32_t *at;
    HdSize length, capacity;
} HdCsvText;
int hd_csv_text_grow(HdThread *t, HdCsvText *text) HD_CHECK;
HD_CHECK HD_INLINE int hd_csv_text_add(HdThread *t, HdCsvText *text, uint32_t c) {
    if (HD_UNLIKELY(text->length == text->capacity) && hd_csv_text_grow(t, text) < 0) return -1;
    text->at[text->length++] = c;
    return 0;
}
void hd_csv_text_free(HdThread *t, HdCsvText *text);

#endif
