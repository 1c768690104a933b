/* anext_awaitable.h -- what anext(iterator, default) returns: awaits, and turns the end into the default. */
#ifndef HD_ANEXT_AWAITABLE_H
#define HD_ANEXT_AWAITABLE_H

#include "heddle/module.h"

extern HdType hd_anext_awaitable_type;
HdValue hd_anext_new(HdThread *t, HdValue awaitable, HdValue fallback) HD_CHECK;

#endif
