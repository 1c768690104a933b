/* apart.c -- see apart.h. */
#include "apart.h"

#include <stdlib.h>
#include <string.h>

void *hd_apart_new(size_t size) {
    size_t rounded = (size + HD_APART - 1) & ~(size_t)(HD_APART - 1);
    if (rounded < size) return NULL;
    void *memory = aligned_alloc(HD_APART, rounded);
    return memory ? memset(memory, 0, rounded) : NULL;
}
