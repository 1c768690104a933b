/* asyncio_types.h -- what the files of the module _asyncio share.
 *
 *   mod__asyncio.c    the module: running loops, the registry of tasks, names of the package asyncio
 *   asyncio_future.c  Future and the iterator of `await future`
 *   asyncio_task.c    Task: a future that runs a coroutine step by step
 *
 * They behave as the classes of asyncio/futures.py and asyncio/tasks.py do. A future belongs to its loop's thread and
 * is not meant for several; without the GIL its fields are nevertheless guarded by its lock, so that misuse breaks
 * nothing but the program that does it.
 */
#ifndef HD_ASYNCIO_TYPES_H
#define HD_ASYNCIO_TYPES_H

#include <heddle/module.h>

#include "mutex.h"

/* What is taken from Python modules, when it is first needed. */
typedef enum HdAsyncioName {
    HD_ASYNCIO_INVALID_STATE,
    HD_ASYNCIO_CANCELLED,
    HD_ASYNCIO_FUTURE_REPR,
    HD_ASYNCIO_TASK_REPR,
    HD_ASYNCIO_TASK_GET_STACK,
    HD_ASYNCIO_TASK_PRINT_STACK,
    HD_ASYNCIO_ISCOROUTINE,
    HD_ASYNCIO_GET_POLICY,
    HD_ASYNCIO_EXTRACT_STACK,
    HD_ASYNCIO_COPY_CONTEXT,
    HD_ASYNCIO_NAMES,
} HdAsyncioName;
typedef struct HdAsyncioState {
    HdValue names[HD_ASYNCIO_NAMES];      /* HD_NULL: not looked for yet; then never changed */
    HdValue all_tasks, current_tasks;     /* weakref.WeakSet, dict from loop to task */
    HdValue context_keyword, msg_keyword; /* ("context",), ("msg",) */
    uint64_t task_count;                  /* atomic: for names of tasks */
} HdAsyncioState;
/* The state; the module lives as long as the process once it was made. */
HdAsyncioState *hd_asyncio_state(void);
/* Lent; HD_NULL = raised. */
HdValue hd_asyncio_name(HdThread *t, HdAsyncioName name) HD_CHECK;

enum { HD_FUTURE_PENDING, HD_FUTURE_CANCELLED, HD_FUTURE_FINISHED };
/* The result or exception is written before the state, which then changes no more (but for a second __init__). */
#define HD_FUTURE_FIELDS                                                                                               \
    HdObject head;                                                                                                     \
    HdValue loop;              /* HD_NULL: not initialised; values from here to cancelled_exception */                 \
    HdValue callback, context; /* the first callback, HD_NULL: none or in the list */                                  \
    HdValue callbacks;         /* list of (callback, context) behind it, or HD_NULL */                                 \
    HdValue result, exception, traceback;                                                                              \
    HdValue source_traceback, cancel_message, cancelled_exception;                                                     \
    uint8_t state;         /* atomic */                                                                                \
    uint8_t log_traceback; /* an exception that nobody has asked for */                                                \
    uint8_t blocking       /* `yield future` came from its __await__ */
typedef struct HdFuture {
    HD_FUTURE_FIELDS;
} HdFuture;
extern HdType hd_asyncio_future_type, hd_asyncio_task_type, hd_asyncio_future_iterator_type, hd_asyncio_step_type;
HD_INLINE HdFuture *hd_future_of(HdValue v) { return HD_AS(HdFuture, v); }
HD_INLINE int hd_future_state(HdValue v) { return HD_LOAD_ACQUIRE(&hd_future_of(v)->state); }

/* asyncio_future.c; what a task does as a future */
int hd_future_init(HdThread *t, HdValue self, HdValue loop_or_null) HD_CHECK;
int hd_future_check(HdThread *t, HdValue self) HD_CHECK; /* RuntimeError unless initialised */
int hd_future_set_result(HdThread *t, HdValue self, HdValue result) HD_CHECK;
int hd_future_set_exception(HdThread *t, HdValue self, HdValue exception) HD_CHECK;
int hd_future_cancel(HdThread *t, HdValue self, HdValue message_or_null) HD_CHECK; /* 1 done, 0 it was done already */
int hd_future_add_callback(HdThread *t, HdValue self, HdValue callback, HdValue context) HD_CHECK;
/* The result, owned; or HD_NULL and *exception, owned, ready to be raised; or both HD_NULL: raised. */
HdValue hd_future_outcome(HdThread *t, HdValue self, HdValue *exception);
HdValue hd_future_make_cancelled(HdThread *t, HdValue self) HD_CHECK;
void hd_future_finalize(HdThread *t, HdValue self);
int hd_future_traverse(HdObject *self, HdVisit visit, void *context);
void hd_future_clear(HdThread *t, HdObject *self);

/* loop.call_soon(callback[, argument], context=context) */
int hd_asyncio_call_soon(HdThread *t, HdValue loop, HdValue callback, HdValue argument_or_null,
                         HdValue context_or_null) HD_CHECK;
HdValue hd_asyncio_copy_context(HdThread *t) HD_CHECK;
HdValue hd_asyncio_running_loop_borrowed(HdThread *t);   /* HD_NULL: none */
HdValue hd_asyncio_get_event_loop(HdThread *t) HD_CHECK; /* the running one, else the policy's */
int hd_asyncio_register(HdThread *t, HdValue task) HD_CHECK;
int hd_asyncio_enter(HdThread *t, HdValue loop, HdValue task) HD_CHECK;
int hd_asyncio_leave(HdThread *t, HdValue loop, HdValue task) HD_CHECK;
/* loop.call_exception_handler(context), on behalf of an object that ends; what it raises is reported. */
void hd_asyncio_report(HdThread *t, HdValue loop, HdValue context, HdValue self);

#endif
