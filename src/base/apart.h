/* apart.h -- memory that one thread writes all the time, in no cache line with anything that another one uses. */
#ifndef HD_APART_H
#define HD_APART_H

#include <stddef.h>

enum { HD_APART = 128 }; /* bytes: two cache lines, which processors fetch together */

/* `size` bytes, zeroed, aligned to HD_APART and with nothing beside them; NULL when memory is out. To be given to free(). */
void *hd_apart_new(size_t size);

#endif
