/* exceptions.h -- the exception types and their instances. */
#ifndef HD_EXCEPTIONS_H
#define HD_EXCEPTIONS_H

#include "type.h"

/* The head of every exception instance. All are subclassable and have a __dict__. */
typedef struct HdException {
    HdObject head;
    HdValue args;      /* tuple */
    HdValue notes;     /* unused: __notes__ is an ordinary attribute; kept NULL */
    HdValue traceback; /* traceback object or HD_NULL */
    HdValue context;   /* exception or HD_NULL */
    HdValue cause;     /* exception or HD_NULL */
    uint8_t suppress_context;
} HdException;
typedef struct HdStopIteration { HdException base; HdValue value; } HdStopIteration;
typedef struct HdSystemExit { HdException base; HdValue code; } HdSystemExit;
typedef struct HdOSError { HdException base; HdValue errno_value, strerror, filename, filename2; HdSize written; } HdOSError;
typedef struct HdImportError { HdException base; HdValue msg, name, path; } HdImportError;
typedef struct HdNameError { HdException base; HdValue name; } HdNameError;
typedef struct HdAttributeError { HdException base; HdValue name, obj; } HdAttributeError;
typedef struct HdSyntaxErrorObject {
    HdException base;
    HdValue msg, filename, lineno, offset, text, end_lineno, end_offset, print_file_and_line;
} HdSyntaxErrorObject;
typedef struct HdUnicodeError { HdException base; HdValue encoding, object, reason; HdSize start, end; } HdUnicodeError;
typedef struct HdExceptionGroup { HdException base; HdValue message, exceptions; } HdExceptionGroup;

/* One row per exception type: HD_EXCEPTION(Name, Base, Struct) */
#define HD_EXCEPTIONS(X) \
    X(Exception, BaseException, HdException) \
    X(SystemExit, BaseException, HdSystemExit) \
    X(KeyboardInterrupt, BaseException, HdException) \
    X(GeneratorExit, BaseException, HdException) \
    X(BaseExceptionGroup, BaseException, HdExceptionGroup) \
    X(StopIteration, Exception, HdStopIteration) \
    X(StopAsyncIteration, Exception, HdException) \
    X(ArithmeticError, Exception, HdException) \
    X(FloatingPointError, ArithmeticError, HdException) \
    X(OverflowError, ArithmeticError, HdException) \
    X(ZeroDivisionError, ArithmeticError, HdException) \
    X(AssertionError, Exception, HdException) \
    X(AttributeError, Exception, HdAttributeError) \
    X(BufferError, Exception, HdException) \
    X(EOFError, Exception, HdException) \
    X(ImportError, Exception, HdImportError) \
    X(ModuleNotFoundError, ImportError, HdImportError) \
    X(LookupError, Exception, HdException) \
    X(IndexError, LookupError, HdException) \
    X(KeyError, LookupError, HdException) \
    X(MemoryError, Exception, HdException) \
    X(NameError, Exception, HdNameError) \
    X(UnboundLocalError, NameError, HdNameError) \
    X(OSError, Exception, HdOSError) \
    X(BlockingIOError, OSError, HdOSError) \
    X(ChildProcessError, OSError, HdOSError) \
    X(ConnectionError, OSError, HdOSError) \
    X(BrokenPipeError, ConnectionError, HdOSError) \
    X(ConnectionAbortedError, ConnectionError, HdOSError) \
    X(ConnectionRefusedError, ConnectionError, HdOSError) \
    X(ConnectionResetError, ConnectionError, HdOSError) \
    X(FileExistsError, OSError, HdOSError) \
    X(FileNotFoundError, OSError, HdOSError) \
    X(InterruptedError, OSError, HdOSError) \
    X(IsADirectoryError, OSError, HdOSError) \
    X(NotADirectoryError, OSError, HdOSError) \
    X(PermissionError, OSError, HdOSError) \
    X(ProcessLookupError, OSError, HdOSError) \
    X(TimeoutError, OSError, HdOSError) \
    X(ReferenceError, Exception, HdException) \
    X(RuntimeError, Exception, HdException) \
    X(NotImplementedError, RuntimeError, HdException) \
    X(RecursionError, RuntimeError, HdException) \
    X(SyntaxError, Exception, HdSyntaxErrorObject) \
    X(IndentationError, SyntaxError, HdSyntaxErrorObject) \
    X(TabError, IndentationError, HdSyntaxErrorObject) \
    X(SystemError, Exception, HdException) \
    X(TypeError, Exception, HdException) \
    X(ValueError, Exception, HdException) \
    X(UnicodeError, ValueError, HdException) \
    X(UnicodeDecodeError, UnicodeError, HdUnicodeError) \
    X(UnicodeEncodeError, UnicodeError, HdUnicodeError) \
    X(UnicodeTranslateError, UnicodeError, HdUnicodeError) \
    X(Warning, Exception, HdException) \
    X(BytesWarning, Warning, HdException) \
    X(DeprecationWarning, Warning, HdException) \
    X(EncodingWarning, Warning, HdException) \
    X(FutureWarning, Warning, HdException) \
    X(ImportWarning, Warning, HdException) \
    X(PendingDeprecationWarning, Warning, HdException) \
    X(ResourceWarning, Warning, HdException) \
    X(RuntimeWarning, Warning, HdException) \
    X(SyntaxWarning, Warning, HdException) \
    X(UnicodeWarning, Warning, HdException) \
    X(UserWarning, Warning, HdException)

extern HdType hd_BaseException;
#define HD_EXCEPTION_DECLARE(name, base, layout) extern HdType hd_##name;
HD_EXCEPTIONS(HD_EXCEPTION_DECLARE)
#undef HD_EXCEPTION_DECLARE
/* ExceptionGroup(BaseExceptionGroup, Exception) has two bases and is made at start; in HdRuntime.exception_group. */

int hd_exceptions_init(HdThread *t) HD_CHECK; /* readies all of them */
/* An instance of `type` with args == (argument,), not raised; constructors that look at their arguments are called. */
HdValue hd_exception_new1(HdThread *t, HdType *type, HdValue argument) HD_CHECK;
HD_INLINE bool hd_is_exception(HdValue v) { return (hd_type_of(v)->flags & HD_TYPE_EXCEPTION) != 0; }
HdValue hd_exception_traceback_borrowed(HdValue exception);
int hd_exception_set_traceback(HdThread *t, HdValue exception, HdValue traceback_or_none) HD_CHECK;
void hd_exception_set_context_steal(HdThread *t, HdValue exception, HdValue context);
void hd_exception_set_cause_steal(HdThread *t, HdValue exception, HdValue cause);
/* Groups, for `except*`: split by type or tuple of types; both owned, None when empty. */
int hd_exception_group_match(HdThread *t, HdValue exception, HdValue types, HdValue *match, HdValue *rest) HD_CHECK;
/* The exception to re-raise at the end of try/except*: list of raised/unhandled parts against the original. */
HdValue hd_exception_group_reraise(HdThread *t, HdValue original, HdValue parts_list) HD_CHECK;

#endif
