/* descriptor_arg.h -- file descriptors as arguments: an int, or an object with fileno(). */
#ifndef HD_DESCRIPTOR_ARG_H
#define HD_DESCRIPTOR_ARG_H

#include <heddle/module.h>

/* -1 raised: TypeError, OverflowError, ValueError for a negative number. Runs Python (fileno). */
int hd_descriptor_arg(HdThread *t, HdValue v, int *out) HD_CHECK;

#endif
