/* fault_dump.h -- writes the stacks of threads to a descriptor with nothing but write(2): fit for signal handlers. */
#ifndef HD_FAULT_DUMP_H
#define HD_FAULT_DUMP_H

#include <heddle/module.h>

void hd_fault_dump_text(int fd, const char *text);
/* One thread, without saying which; NULL: a kernel thread that runs no Python. */
void hd_fault_dump_thread(int fd, const HdThread *thread);
/* All threads, the newest first; `current` is called so. */
void hd_fault_dump_all(int fd, const HdThread *current);

#endif
