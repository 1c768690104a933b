/* memoryview_internal.h -- the layout of memoryview, for its files. */
#ifndef HD_MEMORYVIEW_INTERNAL_H
#define HD_MEMORYVIEW_INTERNAL_H

#include "buffer.h"

enum { HD_MEMORYVIEW_DIMENSIONS = 64 };

/* The loan that a family of views shares: taken once from the exporter, given back when the last view is gone.
 * Counted by references like any object; `exports` is the number of views (atomic). */
typedef struct HdManagedBuffer {
    HdObject head;
    HdBuffer buffer;
    HdSize views;
    bool released;
} HdManagedBuffer;

typedef struct HdMemoryView {
    HdObject head;
    HdValue managed;  /* HdManagedBuffer; HD_NULL once released */
    HdBuffer view;    /* owner is not used; shape, strides, suboffsets point into `numbers` */
    HdSize exports;   /* buffers lent out by this view (atomic) */
    int64_t hash;     /* -1: not computed */
    bool released;
    char format[32];  /* own copy when it fits, for casts */
    HdSize *numbers;  /* raw block of 3 * ndim */
    int number_count; /* entries allocated */
} HdMemoryView;

HD_INLINE HdMemoryView *hd_memoryview(HdValue v) { return HD_AS(HdMemoryView, v); }
extern HdType hd_managed_buffer_type;

/* Items by format character: packed at a place, or read from one. */
HdSize hd_memoryview_native_size(char code); /* 0: not a native format */
HdValue hd_memoryview_unpack(HdThread *t, const char *format, const void *at, HdSize itemsize) HD_CHECK;
int hd_memoryview_pack(HdThread *t, const char *format, void *at, HdValue item) HD_CHECK;
/* ValueError when it was released. */
int hd_memoryview_alive(HdThread *t, HdMemoryView *m) HD_CHECK;
HdValue hd_memoryview_tolist(HdThread *t, HdMemoryView *m) HD_CHECK;
HdValue hd_memoryview_compare(HdThread *t, HdValue left, HdValue right, int op) HD_CHECK;
HdValue hd_memoryview_cast(HdThread *t, HdValue self, const HdValue *args) HD_CHECK;
HdMemoryView *hd_memoryview_make(HdThread *t, HdValue managed, const HdBuffer *from, int ndim) HD_CHECK;
bool hd_memoryview_contiguous(const HdBuffer *b, char order); /* 'C', 'F', 'A' */
/* The format without a leading '@'. */
HD_INLINE const char *hd_memoryview_format(const HdBuffer *b) {
    const char *format = b->format ? b->format : "B";
    return format[0] == '@' ? format + 1 : format;
}

#endif
