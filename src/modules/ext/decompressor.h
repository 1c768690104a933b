/* decompressor.h -- what the decompressor objects of _bz2 and _lzma have in common: input that waits for room, what lies
 * behind the end, and the attributes that tell of both.
 *
 * The library's stream and the input that waits are guarded by the object's mutex, in both modes, as they are worked on
 * detached. `unused_data` is an attribute: written under the object's own lock too.
 */
#ifndef HD_DECOMPRESSOR_H
#define HD_DECOMPRESSOR_H

#include "mutex.h"
#include "output_block.h"

/* First in the struct of each decompressor. */
typedef struct HdDecompressor {
    HdObject head;
    HdMutex mutex;
    uint8_t eof, needs_input;
    HdValue unused_data; /* exact bytes */
    uint8_t *pending;    /* input not used yet, from the C library */
    HdSize pending_length;
} HdDecompressor;

/* What the step tells. */
typedef struct HdDecompressStep {
    const uint8_t *in; /* moves on as input is used */
    HdSize in_left;
    HdOutputBlock out;
    bool end;  /* the end of the stream was reached */
    bool full; /* all the room was used, the library may have more */
    int error; /* the library's code; 0: none */
} HdDecompressStep;

/* Decompresses until input or room is used up; runs detached, with the mutex held. False: memory is out. */
typedef bool (*HdDecompressWork)(HdDecompressor *self, HdDecompressStep *step);
/* Raises for the library's code. */
typedef void (*HdDecompressRaise)(HdThread *t, HdDecompressor *self, int error);

/* What decompress(data, max_length) does; `eof_message` for a stream that ended before. */
HdValue hd_decompressor_run(HdThread *t, HdDecompressor *self, const HdValue *args, const char *eof_message,
                            HdDecompressWork work, HdDecompressRaise raise) HD_CHECK;
void hd_decompressor_start(HdDecompressor *self); /* a fresh instance */
void hd_decompressor_end(HdThread *t, HdDecompressor *self);

#define HD_DECOMPRESSOR_MEMBERS                                                                             \
    {"eof", HD_MEMBER_BOOL, offsetof(HdDecompressor, eof), true, "Whether the end of the stream was reached."}, \
    {"unused_data", HD_MEMBER_VALUE, offsetof(HdDecompressor, unused_data), true,                           \
     "Bytes found behind the end of the stream."},                                                          \
    {"needs_input", HD_MEMBER_BOOL, offsetof(HdDecompressor, needs_input), true,                            \
     "Whether more input is needed before there can be more output."}

#endif
