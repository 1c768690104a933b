/* vm.h -- the eval loop from outside: running code, calling functions, building classes, importing.
 *
 * Everything here may run Python and raise.
 */
#ifndef HD_VM_H
#define HD_VM_H

#include "code.h"
#include "frame.h"
#include "function.h"
#include "generator.h"
#include "object.h"

struct HdVmState { /* HdRuntime.vm */
    uint32_t next_function_version; /* atomic; 0: used up */
    const void *const *run_table, *const *break_table, *const *trace_table, *const *yield_table;
};

/* Once, on the main thread, after object/ and bytecode/ are ready: types, hooks, dispatch tables. */
int hd_vm_init(HdThread *t) HD_CHECK;
/* For every thread before it runs Python (also the main thread), and when it ends. */
int hd_vm_thread_begin(HdThread *t) HD_CHECK;
void hd_vm_thread_end(HdThread *t);

/* Runs the frame, which is pushed and linked (frame->previous == t->frame before), until it returns. */
HdValue hd_vm_run(HdThread *t, HdFrame *frame) HD_CHECK;
/* Runs code in the namespaces; `locals` HD_NULL: the globals. What exec() and import do. */
HdValue hd_vm_exec_code(HdThread *t, HdValue code, HdValue globals, HdValue locals_or_null) HD_CHECK;
/* The same with a closure tuple for the code's free variables (exec(…, closure=…)). */
HdValue hd_vm_exec_closure(HdThread *t, HdValue code, HdValue globals, HdValue locals_or_null,
                           HdValue closure_or_null) HD_CHECK;
HdValue hd_vm_call_function(HdThread *t, HdValue function, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
/* builtins.__build_class__(func, name, *bases, metaclass=None, **kwargs) */
HdValue hd_vm_build_class(HdThread *t, const HdRef *args, HdSize nargs, HdValue kwnames) HD_CHECK;
/* The import statement: calls builtins.__import__ (HdRuntime.import_func directly when it is that). */
HdValue hd_vm_import_name(HdThread *t, HdFrame *frame, HdValue name, HdValue fromlist, HdValue level) HD_CHECK;
/* `from module import *` into a namespace. */
int hd_vm_import_star(HdThread *t, HdValue module, HdValue namespace) HD_CHECK;

/* sys.settrace and sys.setprofile for this thread; HD_NULL or None: off. */
int hd_vm_set_trace(HdThread *t, HdValue function) HD_CHECK;
int hd_vm_set_profile(HdThread *t, HdValue function) HD_CHECK;

#endif
