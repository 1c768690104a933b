/* io_types.h -- the types of the module _io and what its files share.
 *
 *   io_base.c      _IOBase, _RawIOBase, _BufferedIOBase, _TextIOBase: default behaviour over the abstract methods
 *   io_file.c      FileIO: a descriptor
 *   io_buffered.c  BufferedReader, BufferedWriter, BufferedRandom, BufferedRWPair
 *   io_bytes.c     BytesIO          io_string.c  StringIO
 *   io_text.c      TextIOWrapper    io_newline.c IncrementalNewlineDecoder
 *   mod__io.c      open and the module
 */
#ifndef HD_IO_TYPES_H
#define HD_IO_TYPES_H

#include "heddle/module.h"

enum { HD_IO_BUFFER_SIZE = 8192 };

extern HdType hd_io_base_type, hd_io_raw_base_type, hd_io_buffered_base_type, hd_io_text_base_type;
extern HdType hd_io_file_type, hd_io_bytes_type, hd_io_string_type, hd_io_newline_type, hd_io_text_type;
extern HdType hd_io_reader_type, hd_io_writer_type, hd_io_random_type, hd_io_pair_type;

/* Instances of _IOBase itself and of Python classes over it have no fields: `closed` is the attribute __IOBase_closed. */

/* io.UnsupportedOperation, lent; HD_NULL = raised. */
HdValue hd_io_unsupported_borrowed(HdThread *t) HD_CHECK;
HdValue hd_io_raise_unsupported(HdThread *t, const char *message);
/* 0, or -1 and ValueError "I/O operation on closed file." / UnsupportedOperation "File or stream is not readable." */
int hd_io_check_closed(HdThread *t, HdValue stream) HD_CHECK;
int hd_io_check_able(HdThread *t, HdValue stream, const char *method, const char *message) HD_CHECK;
/* The writable buffer of an argument; TypeError. */
int hd_io_target(HdThread *t, HdValue v, const char *function, HdBuffer *out) HD_CHECK;
/* Calls method(): its truth, -1 raised. */
int hd_io_ask(HdThread *t, HdValue stream, const char *method) HD_CHECK;
/* What finalizers of streams do: close(), silently. */
void hd_io_finalize(HdThread *t, HdValue self);
/* `stream` is closed by its finalizer: inner._dealloc_warn(stream), silent if that fails. */
void hd_io_warn_unclosed(HdThread *t, HdValue inner, HdValue stream);
/* A size argument: None or HD_NULL give -1. -2 = raised; it stands for no value. */
HdSize hd_io_size(HdThread *t, HdValue v) HD_CHECK;
/* seek positions and what raw streams return: int >= 0; -1 = raised. */
int64_t hd_io_offset(HdThread *t, HdValue v) HD_CHECK;
/* Translates newlines in `text`: "\r\n" and "\r" to "\n". `seen` (HD_IO_SEEN_…) is added to when not NULL. */
enum { HD_IO_SEEN_CR = 1, HD_IO_SEEN_LF = 2, HD_IO_SEEN_CRLF = 4 };
HdValue hd_io_translate(HdThread *t, HdValue text, bool translate, int *seen) HD_CHECK;
/* "newlines" attribute of `seen`; owned. */
HdValue hd_io_newlines(HdThread *t, int seen) HD_CHECK;
/* End of the first line in text[start..]: index behind its newline, -1 when there is none (*end of what can be kept).
 * `newline`: NULL universal (only "\n" when translated), "" all three kinds, else that text. */
HdSize hd_io_line_end(HdValue text, HdSize start, HdSize end, bool translated, bool universal, const char *newline);
/* Reads into or writes from memory by a raw stream, straight to the system for an exact FileIO. The count;
 * HD_IO_WOULD_BLOCK for None; -1 = raised. */
enum { HD_IO_WOULD_BLOCK = -2 };
HdSize hd_io_raw_read(HdThread *t, HdValue raw, void *data, HdSize size) HD_CHECK;
HdSize hd_io_raw_write(HdThread *t, HdValue raw, const void *data, HdSize size) HD_CHECK;
/* Makes a FileIO from open()'s arguments; owned. */
HdValue hd_io_open(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;

#endif
