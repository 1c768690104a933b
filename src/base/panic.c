/* panic.c -- the end of the process on a broken invariant. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base.h"

void hd_panic(const char *file, int line, const char *format, ...) {
    fprintf(stderr, "Fatal Heddle error: %s:%d: ", file, line);
    va_list args;
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    fflush(stderr);
    abort();
}
