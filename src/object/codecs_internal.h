/* codecs_internal.h -- the frame that all codecs in C share: input, output, and what to do about errors.
 *
 * Running an error handler is running Python: it may replace the input (exception.object), so decoders read d->data and
 * d->size anew after each error.
 */
#ifndef HD_CODECS_INTERNAL_H
#define HD_CODECS_INTERNAL_H

#include "bytes.h"
#include "codecs.h"
#include "str_builder.h"
#include "str_internal.h"

struct HdCodecState {
    HdValue search_path; /* list */
    HdValue cache;       /* dict: normalised name -> CodecInfo */
    HdValue errors;      /* dict: name -> handler */
};
struct HdCodecState *hd_codecs_state(HdThread *t) HD_CHECK; /* NULL = raised */

typedef enum HdErrorPolicy {
    HD_ERRORS_STRICT, HD_ERRORS_IGNORE, HD_ERRORS_REPLACE, HD_ERRORS_SURROGATEESCAPE, HD_ERRORS_SURROGATEPASS,
    HD_ERRORS_BACKSLASHREPLACE, HD_ERRORS_XMLCHARREFREPLACE, HD_ERRORS_NAMEREPLACE, HD_ERRORS_OTHER,
} HdErrorPolicy;
HdErrorPolicy hd_codecs_policy(const char *errors);

typedef struct HdDecoding {
    HdThread *t;
    const char *encoding, *errors;
    HdErrorPolicy policy;
    const uint8_t *data;
    HdSize size;
    HdValue object;    /* the input as a bytes, once an exception needed it; owned */
    HdValue exception; /* owned; used again for the next error */
    HdValue handler;   /* owned */
    HdStrBuilder out;
} HdDecoding;
void hd_decoding_begin(HdDecoding *d, HdThread *t, const char *encoding, const void *data, HdSize size,
                       const char *errors);
/* The bytes [start, end) are wrong: writes what stands for them, sets *next to where to go on. */
int hd_decoding_error(HdDecoding *d, HdSize start, HdSize end, const char *reason, HdSize *next) HD_CHECK;
/* The result if ok, else HD_NULL; frees everything. */
HdValue hd_decoding_end(HdDecoding *d, bool ok) HD_CHECK;

typedef struct HdEncoding {
    HdThread *t;
    const char *encoding, *errors;
    HdErrorPolicy policy;
    HdValue str; /* lent */
    HdValue exception, handler; /* owned */
    uint8_t *out;
    HdSize length, capacity;
} HdEncoding;
void hd_encoding_begin(HdEncoding *e, HdThread *t, const char *encoding, HdValue str, const char *errors);
/* The characters [start, end) cannot be encoded. *replacement (owned): a str to be encoded instead, a bytes to be
 * written as it is, or HD_NULL for nothing; *next: where to go on. */
int hd_encoding_error(HdEncoding *e, HdSize start, HdSize end, const char *reason, HdSize *next,
                      HdValue *replacement) HD_CHECK;
/* Raises the UnicodeEncodeError itself. */
int hd_encoding_raise(HdEncoding *e, HdSize start, HdSize end, const char *reason);
int hd_encoding_room(HdEncoding *e, HdSize more) HD_CHECK;
HD_CHECK HD_INLINE int hd_encoding_byte(HdEncoding *e, uint8_t byte) {
    if (HD_UNLIKELY(e->length == e->capacity) && hd_encoding_room(e, 1) < 0) return -1;
    e->out[e->length++] = byte;
    return 0;
}
int hd_encoding_bytes(HdEncoding *e, const void *data, HdSize count) HD_CHECK;
HdValue hd_encoding_end(HdEncoding *e, bool ok) HD_CHECK;

/* The built-in handlers, as functions on the exception: (replacement, position). codecs_errors.c */
HdValue hd_codecs_builtin_handler(HdThread *t, HdErrorPolicy policy, HdValue exception) HD_CHECK;
/* "\xNN", "&#N;" or "\N{...}" for the characters [start, end). */
HdValue hd_codecs_escape_text(HdThread *t, HdErrorPolicy policy, HdValue str, HdSize start, HdSize end) HD_CHECK;
extern const struct HdMethodDef hd_codecs_handlers[];
extern const char *const hd_codecs_handler_names[];

#endif
