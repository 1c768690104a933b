/* const_key.h -- when two constants of code are the same: equal in type and value, all the way down. No Python runs. */
#ifndef HD_CONST_KEY_H
#define HD_CONST_KEY_H

#include "object.h"

int64_t hd_const_key_hash(HdThread *t, HdValue v);
bool hd_const_key_same(HdThread *t, HdValue a, HdValue b);

#endif
