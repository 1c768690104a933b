/* time_value.h -- Python's seconds (int or float) to nanoseconds, for the native modules that take time-outs. */
#ifndef HD_TIME_VALUE_H
#define HD_TIME_VALUE_H

#include <heddle/module.h>

#include "clock.h"

typedef enum HdTimeRound {
    HD_ROUND_FLOOR,
    HD_ROUND_CEILING,
    HD_ROUND_HALF_EVEN,
    HD_ROUND_UP, /* away from zero: what a time-out wants */
} HdTimeRound;

/* Seconds to nanoseconds; -1 raised: TypeError, ValueError (NaN), OverflowError. */
int hd_time_value_from_seconds(HdThread *t, HdValue seconds, HdTimeRound round, HdTime *out) HD_CHECK;
/* The same for (seconds, nanoseconds below a second), as clock_settime and utime take them. */
HdValue hd_time_value_to_seconds(HdThread *t, HdTime time) HD_CHECK; /* float */

#endif
