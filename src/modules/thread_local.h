/* thread_local.h -- threading.local. */
#ifndef HD_THREAD_LOCAL_H
#define HD_THREAD_LOCAL_H

#include <heddle/module.h>

extern HdType hd_thread_local_type; /* _thread._local */
/* The ending thread's part of every local goes away. */
void hd_thread_local_leave(HdThread *t);

#endif
