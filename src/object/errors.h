/* errors.h -- raising, testing and clearing the exception of a thread. Exception types are in exceptions.h.
 *
 * At most one exception is being raised per thread: t->exception, an instance, always normalised. Raising over
 * another one replaces it; `hd_raise` sets __context__ from the exception being handled (t->exc_info).
 */
#ifndef HD_ERRORS_H
#define HD_ERRORS_H

#include "exceptions.h"
#include "type.h"

/* The stack of exceptions being handled: one for the thread itself and one for each generator that runs. vm/ links and
 * fills it (t->exc_info); `exc` is HD_NULL or None when this level handles nothing. */
typedef struct HdExcInfo {
    HdValue exc;
    struct HdExcInfo *previous;
} HdExcInfo;

/* Formats like printf, with these conversions: %s %.*s %c %d %i %u %x %o %p with l, ll, z lengths, %%, and
 *   %V str(value)   %R repr(value)   %A ascii(value)   %U a str value as it is   (HdValue)
 *   %T name of the value's type, "module.Name" for those of native modules (HdValue); %N short name (const HdType *)
 * The text is UTF-8. Result: str. */
HdValue hd_str_format(HdThread *t, const char *format, ...) HD_CHECK;
HdValue hd_str_format_list(HdThread *t, const char *format, __builtin_va_list args) HD_CHECK;

/* Raises type(message); returns HD_NULL, so `return hd_raise(…);` reads well. */
HD_COLD HdValue hd_raise(HdThread *t, HdType *type, const char *format, ...);
HD_COLD int hd_raise_int(HdThread *t, HdType *type, const char *format, ...); /* the same, returns -1 */
HD_COLD HdValue hd_raise_value(HdThread *t, HdType *type, HdValue argument); /* type(argument), e.g. KeyError(key); HD_NULL: type() */
HD_COLD HdValue hd_raise_instance(HdThread *t, HdValue exception); /* an instance; __context__ set */
HD_COLD HdValue hd_raise_no_memory(HdThread *t);                   /* MemoryError, allocates nothing */
HD_COLD int hd_raise_recursion(HdThread *t, const char *where);    /* RecursionError, -1; where: "" or " in comparison" */
HD_COLD HdValue hd_raise_errno(HdThread *t, int error, HdValue filename_or_null); /* OSError or its subclass by errno */
HD_COLD HdValue hd_raise_errno2(HdThread *t, int error, HdValue filename, HdValue filename2);
HD_COLD HdValue hd_raise_stop_iteration(HdThread *t, HdValue value_or_null);
HD_COLD HdValue hd_raise_attribute(HdThread *t, HdValue object, HdValue name); /* "'X' object has no attribute 'y'" with name, obj */
HD_COLD HdValue hd_raise_bad_argument(HdThread *t, const char *function, const char *expected, HdValue got);
/* "unsupported operand type(s) for +: 'int' and 'str'" */
HD_COLD HdValue hd_raise_operand(HdThread *t, const char *operator_text, HdValue left, HdValue right);

HD_INLINE bool hd_raised(HdThread *t) { return !hd_is_null(t->exception); }
bool hd_raised_is(HdThread *t, const HdType *type); /* the current exception is an instance */
void hd_clear_raised(HdThread *t);
HdValue hd_take_raised(HdThread *t);                    /* owned, HD_NULL if none; none is set afterwards */
void hd_set_raised_steal(HdThread *t, HdValue exception); /* as it is: no context is set */
/* A StopIteration's value; clears it: 1 = was StopIteration (*value owned) or nothing raised (*value None), 0 other. */
int hd_take_stop_iteration(HdThread *t, HdValue *value);
/* Reports an exception that cannot be raised through sys.unraisablehook, and clears it. `where` may be HD_NULL. */
void hd_write_unraisable(HdThread *t, HdValue where);
/* The same, shown as "Exception ignored <message>: <where>"; message: "in atexit callback". */
void hd_write_unraisable_message(HdThread *t, const char *message, HdValue where);
/* Raises `type` with the current exception as __cause__ and __context__. */
HD_COLD HdValue hd_raise_from(HdThread *t, HdType *type, const char *format, ...);
/* The exception being handled (sys.exception()), lent; HD_NULL if none. */
HdValue hd_handled_exception_borrowed(HdThread *t);
/* warnings.warn(message, category, stacklevel); -1 if it became an exception. Before the warnings module works: nothing. */
int hd_warn(HdThread *t, HdType *category, HdSize stack_level, const char *format, ...) HD_CHECK;
/* The same with the object that was left unclosed, which WarningMessage.source names. */
int hd_warn_source(HdThread *t, HdType *category, HdSize stack_level, HdValue source, const char *format, ...) HD_CHECK;

#endif
