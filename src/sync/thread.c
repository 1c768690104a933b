/* thread.c -- thread records. */
#include "thread.h"

_Thread_local HdThread *hd_thread_self_ __attribute__((tls_model("initial-exec")));
