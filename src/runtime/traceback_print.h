/* traceback_print.h -- exceptions as text, in CPython 3.11's form: frames, source lines, carets, causes, groups, notes.
 *
 * The whole text is made first and written to sys.stderr in one piece. Nothing here leaves an exception behind.
 */
#ifndef HD_TRACEBACK_PRINT_H
#define HD_TRACEBACK_PRINT_H

#include "heddle/module.h"

/* What sys.excepthook does; `traceback` None or HD_NULL: the exception's own is not shown. */
void hd_traceback_print_exception(HdThread *t, HdValue exception, HdValue traceback);
/* What sys.unraisablehook does with its argument. */
void hd_traceback_print_unraisable(HdThread *t, HdValue args);
/* Takes the current exception to sys.unraisablehook; `message` ("in …") and `where` may be missing. */
void hd_traceback_unraisable(HdThread *t, const char *message, HdValue where);
/* Shows and clears the current exception on descriptor 2 when sys.stderr is not there yet. */
void hd_traceback_print_plain(HdThread *t);
/* Writes text to sys.stderr, or to descriptor 2 when there is none. */
void hd_traceback_write(HdThread *t, const char *text);
/* " Did you mean: 'x'?" for a NameError or AttributeError; owned, None without a suggestion. */
HdValue hd_suggestion(HdThread *t, HdValue exception) HD_CHECK;
/* Parts of the source line that the carets point at: the operator of a binary operation, the brackets of a subscript.
 * In bytes of `segment`; false when there are none. */
bool hd_traceback_anchors(const char *segment, size_t length, int *left_end, int *right_start);

#endif
