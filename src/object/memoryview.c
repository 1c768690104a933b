/* memoryview.c -- memoryview: views of memory that other objects lend, sliced and cast without copying.
 *
 * A managed buffer is the loan from the exporter; views share it. release() of a view forbids its use; the loan goes
 * back when no view uses it. Views themselves do not change once made but for `released` and the counts (atomic), so
 * no lock is taken; the memory they show belongs to the exporter, as in C.
 */
#include "bytes.h"
#include "bytes_internal.h"
#include "hash.h"
#include "int.h"
#include "iter.h"
#include "list.h"
#include "memoryview_internal.h"
#include "number.h"
#include "slice.h"
#include "str.h"

/* --- the loan --- */

static void managed_dealloc(HdThread *t, HdObject *self) {
    HdManagedBuffer *managed = (HdManagedBuffer *)self;
    if (!managed->released) {
        managed->released = true;
        hd_buffer_release(t, &managed->buffer);
    }
    hd_type_free(t, self);
}
static int managed_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdManagedBuffer *)self)->buffer.owner);
    return 0;
}
HdType hd_managed_buffer_type = {
    HD_TYPE_HEAD("managedbuffer"),
    .basicsize = sizeof(HdManagedBuffer),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_GC,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = managed_dealloc,
    .traverse = managed_traverse,
};

/* One view of the loan less; the last one gives it back. */
static void drop_view(HdThread *t, HdManagedBuffer *managed) {
    if (HD_FETCH_SUB(&managed->views, 1) == 1 && !managed->released) {
        managed->released = true;
        hd_buffer_release(t, &managed->buffer);
    }
}

int hd_memoryview_alive(HdThread *t, HdMemoryView *m) {
    if (!HD_LOAD_ACQUIRE(&m->released)) return 0;
    return hd_raise_int(t, &hd_ValueError, "operation forbidden on released memoryview object");
}

/* A view like `from` with room for ndim dimensions; if ndim is that of `from` shape and strides are filled in. */
HdMemoryView *hd_memoryview_make(HdThread *t, HdValue managed, const HdBuffer *from, int ndim) {
    HdMemoryView *m = HD_NEW(t, HdMemoryView, &hd_memoryview_type);
    if (!m) return NULL;
    m->hash = -1;
    m->view = *from;
    m->view.owner = HD_NULL;
    m->view.ndim = ndim;
    m->view.internal = NULL;
    int count = 3 * (ndim > 0 ? ndim : 1);
    m->numbers = hd_heap_raw_zeroed(t, (size_t)count * sizeof(HdSize));
    if (!m->numbers) {
        hd_raise_no_memory(t);
        hd_release(t, hd_from_object(m));
        return NULL;
    }
    m->number_count = count;
    m->view.shape = m->numbers;
    m->view.strides = m->numbers + ndim;
    m->view.suboffsets = from->suboffsets ? m->numbers + 2 * ndim : NULL;
    if (ndim == from->ndim && ndim > 0) {
        HdSize stride = from->itemsize;
        for (int i = ndim - 1; i >= 0; i--) {
            m->view.shape[i] = from->shape ? from->shape[i] : from->length / (from->itemsize ? from->itemsize : 1);
            m->view.strides[i] = from->strides ? from->strides[i] : stride;
            stride *= m->view.shape[i];
            if (from->suboffsets) m->view.suboffsets[i] = from->suboffsets[i];
        }
    }
    if (from->format && strlen(from->format) < sizeof m->format) {
        strcpy(m->format, from->format);
        m->view.format = m->format;
    }
    m->managed = hd_retain(t, managed);
    HD_FETCH_ADD(&HD_AS(HdManagedBuffer, managed)->views, 1);
    return m;
}

HdValue hd_memoryview_new(HdThread *t, HdValue v) {
    if (hd_is_exact(v, &hd_memoryview_type)) {
        HdMemoryView *m = hd_memoryview(v);
        if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
        return hd_from_object(hd_memoryview_make(t, m->managed, &m->view, m->view.ndim));
    }
    if (!hd_buffer_check(v)) {
        return hd_raise(t, &hd_TypeError, "memoryview: a bytes-like object is required, not '%T'", v);
    }
    HdManagedBuffer *managed = HD_NEW(t, HdManagedBuffer, &hd_managed_buffer_type);
    if (!managed) return HD_NULL;
    HdMemoryView *m = NULL;
    if (hd_buffer_get(t, v, &managed->buffer, HD_BUFFER_FULL_RO) < 0) {
        managed->released = true;
    } else {
        HdBuffer *b = &managed->buffer;
        if (b->ndim > HD_MEMORYVIEW_DIMENSIONS) {
            hd_raise(t, &hd_ValueError, "memoryview: number of dimensions must not exceed 64");
        } else {
            m = hd_memoryview_make(t, hd_from_object(managed), b, b->ndim);
        }
    }
    hd_release(t, hd_from_object(managed));
    return hd_from_object(m);
}

HdValue hd_memoryview_from_memory(HdThread *t, void *data, HdSize length, bool read_only) {
    HdManagedBuffer *managed = HD_NEW(t, HdManagedBuffer, &hd_managed_buffer_type);
    if (!managed) return HD_NULL;
    managed->buffer = (HdBuffer){.data = data, .length = length, .itemsize = 1, .read_only = read_only, .ndim = 1,
                                 .format = "B"};
    HdMemoryView *m = hd_memoryview_make(t, hd_from_object(managed), &managed->buffer, 1);
    hd_release(t, hd_from_object(managed));
    return hd_from_object(m);
}

static void dealloc(HdThread *t, HdObject *self) {
    HdMemoryView *m = (HdMemoryView *)self;
    if (!hd_is_null(m->managed) && !m->released) drop_view(t, HD_AS(HdManagedBuffer, m->managed));
    hd_clear_slot(t, &m->managed);
    if (m->numbers) hd_heap_raw_free(t, m->numbers, (size_t)m->number_count * sizeof(HdSize));
    hd_type_free(t, self);
}
static int traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((HdMemoryView *)self)->managed);
    return 0;
}

static const HdMethodDef new_def = HD_METHOD(NULL, "memoryview(object)", NULL);
static HdValue slot_new(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HdValue bound[1];
    if (hd_native_bind(t, &new_def, args, nargs, kwnames, bound) < 0) return HD_NULL;
    return hd_memoryview_new(t, bound[0]);
}

static int release_view(HdThread *t, HdMemoryView *m) {
    if (m->released) return 0;
    HdSize exports = HD_LOAD_ACQUIRE(&m->exports);
    if (exports > 0) {
        return hd_raise_int(t, &hd_BufferError, "memoryview has %zd exported buffer%s", exports, exports == 1 ? "" : "s");
    }
    if (!HD_EXCHANGE(&m->released, true)) drop_view(t, HD_AS(HdManagedBuffer, m->managed));
    return 0;
}

static HdValue method_release(HdThread *t, HdValue self, const HdValue *args) {
    return release_view(t, hd_memoryview(self)) < 0 ? HD_NULL : hd_None;
}
static HdValue method_enter(HdThread *t, HdValue self, const HdValue *args) {
    return hd_memoryview_alive(t, hd_memoryview(self)) < 0 ? HD_NULL : hd_retain(t, self);
}
static HdValue method_exit(HdThread *t, HdValue self, const HdValue *args) { return method_release(t, self, args); }

/* --- lending on --- */

bool hd_memoryview_contiguous(const HdBuffer *b, char order) {
    if (b->suboffsets) return false;
    if (order == 'A') return hd_memoryview_contiguous(b, 'C') || hd_memoryview_contiguous(b, 'F');
    if (b->length == 0) return true;
    HdSize expected = b->itemsize;
    for (int k = 0; k < b->ndim; k++) {
        int i = order == 'C' ? b->ndim - 1 - k : k;
        if (b->shape[i] > 1 && b->strides[i] != expected) return false;
        expected *= b->shape[i];
    }
    return true;
}

static int slot_getbuffer(HdThread *t, HdValue self, HdBuffer *out, int flags) {
    HdMemoryView *m = hd_memoryview(self);
    const HdBuffer *v = &m->view;
    if (hd_memoryview_alive(t, m) < 0) return -1;
    const char *problem = NULL;
    if ((flags & HD_BUFFER_WRITABLE) && v->read_only) problem = "underlying buffer is not writable";
    else if ((flags & HD_BUFFER_C_CONTIGUOUS) == HD_BUFFER_C_CONTIGUOUS && !hd_memoryview_contiguous(v, 'C'))
        problem = "underlying buffer is not C-contiguous";
    else if ((flags & HD_BUFFER_F_CONTIGUOUS) == HD_BUFFER_F_CONTIGUOUS && !hd_memoryview_contiguous(v, 'F'))
        problem = "underlying buffer is not Fortran contiguous";
    else if ((flags & HD_BUFFER_ANY_CONTIGUOUS) == HD_BUFFER_ANY_CONTIGUOUS && !hd_memoryview_contiguous(v, 'A'))
        problem = "underlying buffer is not contiguous";
    else if ((flags & HD_BUFFER_INDIRECT) != HD_BUFFER_INDIRECT && v->suboffsets)
        problem = "underlying buffer requires suboffsets";
    else if ((flags & HD_BUFFER_STRIDES) != HD_BUFFER_STRIDES && !hd_memoryview_contiguous(v, 'C'))
        problem = "underlying buffer is not C-contiguous";
    else if ((flags & HD_BUFFER_ND) != HD_BUFFER_ND && (flags & HD_BUFFER_FORMAT))
        problem = "cannot cast to unsigned bytes if the format flag is present";
    if (problem) return hd_raise_int(t, &hd_BufferError, "memoryview: %s", problem);
    *out = *v;
    out->owner = hd_retain(t, self);
    if (!(flags & HD_BUFFER_FORMAT)) out->format = NULL;
    if ((flags & HD_BUFFER_STRIDES) != HD_BUFFER_STRIDES) out->strides = NULL;
    if ((flags & HD_BUFFER_ND) != HD_BUFFER_ND) {
        out->ndim = 1;
        out->shape = NULL;
    }
    HD_FETCH_ADD(&m->exports, 1);
    return 0;
}

static void slot_releasebuffer(HdThread *t, HdValue self, HdBuffer *view) {
    HD_FETCH_SUB(&hd_memoryview(self)->exports, 1);
}

/* --- subscription --- */

static HdSize slot_length(HdThread *t, HdValue self) {
    HdMemoryView *m = hd_memoryview(self);
    if (hd_memoryview_alive(t, m) < 0) return -1;
    return m->view.ndim == 0 ? 1 : m->view.shape[0];
}

/* The place of item `index` in dimension `dim` below `at`; NULL = raised. */
static char *item_at(HdThread *t, const HdBuffer *b, char *at, int dim, HdSize index) {
    HdSize length = b->shape[dim];
    if (index < 0) index += length;
    if (index < 0 || index >= length) {
        hd_raise(t, &hd_IndexError, "index out of bounds on dimension %d", dim + 1);
        return NULL;
    }
    at += index * b->strides[dim];
    if (b->suboffsets && b->suboffsets[dim] >= 0) at = *(char **)at + b->suboffsets[dim];
    return at;
}

static bool all_ints(HdValue key) {
    for (HdSize i = 0; i < hd_tuple_length(key); i++)
        if (!hd_number_check_index(hd_tuple_at_borrowed(key, i))) return false;
    return true;
}
static bool all_slices(HdValue key) {
    for (HdSize i = 0; i < hd_tuple_length(key); i++)
        if (!hd_is_exact(hd_tuple_at_borrowed(key, i), &hd_slice_type)) return false;
    return hd_tuple_length(key) > 0;
}

static char *item_by_tuple(HdThread *t, HdMemoryView *m, HdValue key) {
    const HdBuffer *b = &m->view;
    HdSize given = hd_tuple_length(key);
    if (given > b->ndim) {
        hd_raise(t, &hd_TypeError, "cannot index %d-dimension view with %zd-element tuple", b->ndim, given);
        return NULL;
    }
    if (given < b->ndim) {
        hd_raise(t, &hd_NotImplementedError, "sub-views are not implemented");
        return NULL;
    }
    char *at = b->data;
    for (HdSize i = 0; at && i < given; i++) {
        HdSize index = hd_number_as_size(t, hd_tuple_at_borrowed(key, i), &hd_IndexError);
        if ((index == -1 && hd_raised(t)) || hd_memoryview_alive(t, m) < 0) return NULL; /* __index__ may release it */
        at = item_at(t, b, at, (int)i, index);
    }
    return at;
}

/* Applies a slice to the first dimension. */
static int slice_first(HdThread *t, HdBuffer *b, HdValue slice) {
    HdSize start, stop, step;
    if (hd_slice_unpack(t, slice, &start, &stop, &step) < 0) return -1;
    HdSize count = hd_slice_adjust(b->shape[0], &start, &stop, step);
    if (b->suboffsets && b->suboffsets[0] >= 0) b->suboffsets[0] += start * b->strides[0];
    else b->data = (char *)b->data + start * b->strides[0];
    b->shape[0] = count;
    b->strides[0] *= step;
    b->length = b->itemsize;
    for (int i = 0; i < b->ndim; i++) b->length *= b->shape[i];
    return 0;
}

static HdValue slot_getitem(HdThread *t, HdValue self, HdValue key) {
    HdMemoryView *m = hd_memoryview(self);
    const HdBuffer *v = &m->view;
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    const char *format = hd_memoryview_format(v);
    if (v->ndim == 0) {
        if (hd_is_tuple(key) && hd_tuple_length(key) == 0) return hd_memoryview_unpack(t, format, v->data, v->itemsize);
        if (hd_same(key, hd_Ellipsis)) return hd_retain(t, self);
        return hd_raise(t, &hd_TypeError, "invalid indexing of 0-dim memory");
    }
    if (hd_number_check_index(key)) {
        HdSize index = hd_number_as_size(t, key, &hd_IndexError);
        if (index == -1 && hd_raised(t)) return HD_NULL;
        if (v->ndim != 1) return hd_raise(t, &hd_NotImplementedError, "multi-dimensional sub-views are not implemented");
        if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
        char *at = item_at(t, v, v->data, 0, index);
        return at ? hd_memoryview_unpack(t, format, at, v->itemsize) : HD_NULL;
    }
    if (hd_is_exact(key, &hd_slice_type)) {
        HdMemoryView *part = hd_memoryview_make(t, m->managed, v, v->ndim);
        if (!part) return HD_NULL;
        if (slice_first(t, &part->view, key) < 0) {
            hd_release(t, hd_from_object(part));
            return HD_NULL;
        }
        return hd_from_object(part);
    }
    if (hd_is_tuple(key) && all_ints(key)) {
        char *at = item_by_tuple(t, m, key);
        return at ? hd_memoryview_unpack(t, format, at, v->itemsize) : HD_NULL;
    }
    if (hd_is_tuple(key) && all_slices(key)) {
        return hd_raise(t, &hd_NotImplementedError, "multi-dimensional slicing is not implemented");
    }
    return hd_raise(t, &hd_TypeError, "memoryview: invalid slice key");
}

/* Stores what `source` has into the items of `target`, which are as many and as large. They may overlap. */
static int store_items(HdThread *t, const HdBuffer *target, const HdBuffer *source) {
    HdSize count = target->shape[0], stride = target->strides[0], item = target->itemsize;
    if (count == 0) return 0;
    if (stride == item && source->strides && source->strides[0] == item && !source->suboffsets) {
        memmove(target->data, source->data, (size_t)(count * item));
        return 0;
    }
    size_t size = (size_t)source->length;
    char *copy = hd_heap_raw(t, size);
    if (!copy) return hd_raise_no_memory(t), -1;
    hd_buffer_copy_out(source, copy);
    for (HdSize i = 0; i < count; i++) memcpy((char *)target->data + i * stride, copy + i * item, (size_t)item);
    hd_heap_raw_free(t, copy, size);
    return 0;
}

static int set_slice(HdThread *t, HdMemoryView *m, HdValue key, HdValue value) {
    HdSize shape, stride;
    HdBuffer source, target = m->view;
    if (m->view.ndim != 1) {
        return hd_raise_int(t, &hd_NotImplementedError,
                            m->view.ndim == 0 ? "invalid indexing of 0-dim memory"
                                              : "memoryview slice assignments are currently restricted to ndim = 1");
    }
    shape = m->view.shape[0];
    stride = m->view.strides[0];
    target.shape = &shape;
    target.strides = &stride;
    if (hd_buffer_get(t, value, &source, HD_BUFFER_FULL_RO) < 0) return -1;
    int status = -1;
    if (slice_first(t, &target, key) == 0 && hd_memoryview_alive(t, m) == 0) {
        bool same = source.ndim == 1 && source.itemsize == target.itemsize &&
                    strcmp(hd_memoryview_format(&source), hd_memoryview_format(&target)) == 0 &&
                    source.shape[0] == target.shape[0];
        status = same ? store_items(t, &target, &source)
                      : hd_raise_int(t, &hd_ValueError,
                                     "memoryview assignment: lvalue and rvalue have different structures");
    }
    hd_buffer_release(t, &source);
    return status;
}

static int slot_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HdMemoryView *m = hd_memoryview(self);
    const HdBuffer *v = &m->view;
    if (hd_memoryview_alive(t, m) < 0) return -1;
    if (v->read_only) return hd_raise_int(t, &hd_TypeError, "cannot modify read-only memory");
    if (hd_is_null(value)) return hd_raise_int(t, &hd_TypeError, "cannot delete memory");
    char *at = NULL;
    if (v->ndim == 0) {
        bool whole = hd_same(key, hd_Ellipsis) || (hd_is_tuple(key) && hd_tuple_length(key) == 0);
        if (!whole) return hd_raise_int(t, &hd_TypeError, "invalid indexing of 0-dim memory");
        at = v->data;
    } else if (hd_number_check_index(key)) {
        if (v->ndim > 1) return hd_raise_int(t, &hd_NotImplementedError, "sub-views are not implemented");
        HdSize index = hd_number_as_size(t, key, &hd_IndexError);
        if ((index == -1 && hd_raised(t)) || hd_memoryview_alive(t, m) < 0) return -1;
        at = item_at(t, v, v->data, 0, index);
    } else if (hd_is_exact(key, &hd_slice_type)) {
        return set_slice(t, m, key, value);
    } else if (hd_is_tuple(key) && all_ints(key)) {
        at = item_by_tuple(t, m, key);
    } else if (hd_is_tuple(key) && all_slices(key)) {
        return hd_raise_int(t, &hd_NotImplementedError, "memoryview slice assignments are currently restricted to ndim = 1");
    } else {
        return hd_raise_int(t, &hd_TypeError, "memoryview: invalid slice key");
    }
    if (!at) return -1;
    /* The item's conversion may run Python that releases the view: convert first, then look again, then store. */
    uint8_t item[32];
    if (v->itemsize > (HdSize)sizeof item) return hd_memoryview_pack(t, hd_memoryview_format(v), at, value);
    if (hd_memoryview_pack(t, hd_memoryview_format(v), item, value) < 0 || hd_memoryview_alive(t, m) < 0) return -1;
    memcpy(at, item, (size_t)v->itemsize);
    return 0;
}

/* --- the rest --- */

static HdValue slot_repr(HdThread *t, HdValue self) {
    return hd_str_format(t, hd_memoryview(self)->released ? "<released memory at 0x%llx>" : "<memory at 0x%llx>",
                         (unsigned long long)(uintptr_t)hd_as_object(self));
}

static int64_t slot_hash(HdThread *t, HdValue self) {
    HdMemoryView *m = hd_memoryview(self);
    if (HD_LOAD_RELAXED(&m->hash) != -1) return m->hash;
    if (hd_memoryview_alive(t, m) < 0) return -1;
    if (!m->view.read_only) return hd_raise_int(t, &hd_ValueError, "cannot hash writable memoryview object");
    const char *format = hd_memoryview_format(&m->view);
    if (format[1] || !strchr("bBc", format[0])) {
        return hd_raise_int(t, &hd_ValueError, "memoryview: hashing is restricted to formats 'B', 'b' or 'c'");
    }
    HdValue owner = HD_AS(HdManagedBuffer, m->managed)->buffer.owner;
    if (!hd_is_null(owner) && hd_object_hash(t, owner) == -1) return -1;
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, m->view.length);
    if (hd_is_null(bytes)) return -1;
    if (m->view.length) hd_buffer_copy_out(&m->view, hd_bytes_data(bytes));
    HdHashKey key = {hd_runtime.hash_key[0], hd_runtime.hash_key[1]};
    int64_t hash = hd_hash_bytes(key, hd_bytes_data(bytes), (size_t)m->view.length);
    HD_STORE_RELAXED(&m->hash, hash);
    return hash;
}

static HdValue method_tobytes(HdThread *t, HdValue self, const HdValue *args) {
    HdMemoryView *m = hd_memoryview(self);
    char order = 'C';
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    if (!hd_is_null(args[0]) && !hd_is_none(args[0])) {
        bool known = hd_is_str(args[0]) && hd_str_length(args[0]) == 1;
        order = known ? (char)hd_str_at(args[0], 0) : 0;
        if (!order || !strchr("CFA", order)) return hd_raise(t, &hd_ValueError, "order must be 'C', 'F' or 'A'");
    }
    HdValue v = hd_bytes_new(t, NULL, m->view.length);
    if (hd_is_null(v) || m->view.length == 0) return v;
    if (order == 'A') order = hd_memoryview_contiguous(&m->view, 'F') && !hd_memoryview_contiguous(&m->view, 'C') ? 'F' : 'C';
    if (order == 'F' && m->view.ndim > 1) { /* Fortran order: the array with its dimensions turned round */
        HdSize shape[HD_MEMORYVIEW_DIMENSIONS], strides[HD_MEMORYVIEW_DIMENSIONS];
        HdBuffer turned = m->view;
        for (int i = 0; i < turned.ndim; i++) {
            shape[i] = m->view.shape[turned.ndim - 1 - i];
            strides[i] = m->view.strides[turned.ndim - 1 - i];
        }
        turned.shape = shape;
        turned.strides = strides;
        hd_buffer_copy_out(&turned, hd_bytes_data(v));
    } else {
        hd_buffer_copy_out(&m->view, hd_bytes_data(v));
    }
    return v;
}

static HdValue method_hex(HdThread *t, HdValue self, const HdValue *args) {
    HdMemoryView *m = hd_memoryview(self);
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    HD_OWNED HdValue bytes = hd_bytes_new(t, NULL, m->view.length);
    if (hd_is_null(bytes)) return HD_NULL;
    if (m->view.length) hd_buffer_copy_out(&m->view, hd_bytes_data(bytes));
    return hd_bytes_hex(t, hd_bytes_data(bytes), m->view.length, args[0], args[1]);
}

static HdValue method_tolist(HdThread *t, HdValue self, const HdValue *args) {
    return hd_memoryview_alive(t, hd_memoryview(self)) < 0 ? HD_NULL : hd_memoryview_tolist(t, hd_memoryview(self));
}

static HdValue method_toreadonly(HdThread *t, HdValue self, const HdValue *args) {
    HdMemoryView *m = hd_memoryview(self);
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    HdMemoryView *copy = hd_memoryview_make(t, m->managed, &m->view, m->view.ndim);
    if (copy) copy->view.read_only = true;
    return hd_from_object(copy);
}

static HdValue numbers(HdThread *t, const HdSize *from, int count) {
    HdValue tuple = hd_tuple_new(t, from ? count : 0);
    for (int i = 0; from && !hd_is_null(tuple) && i < count; i++) hd_tuple_put_steal(tuple, i, hd_int_from_size(t, from[i]));
    return tuple;
}

enum { GET_OBJ, GET_NBYTES, GET_ITEMSIZE, GET_FORMAT, GET_NDIM, GET_SHAPE, GET_STRIDES, GET_SUBOFFSETS, GET_READONLY,
       GET_C, GET_F, GET_ANY };
static HdValue getter(HdThread *t, HdValue self, void *closure) {
    HdMemoryView *m = hd_memoryview(self);
    const HdBuffer *v = &m->view;
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    switch ((intptr_t)closure) {
    case GET_OBJ: {
        HdValue owner = HD_AS(HdManagedBuffer, m->managed)->buffer.owner;
        return hd_is_null(owner) ? hd_None : hd_retain(t, owner);
    }
    case GET_NBYTES: return hd_imm_int(v->length);
    case GET_ITEMSIZE: return hd_imm_int(v->itemsize);
    case GET_FORMAT: return hd_str_from_text(t, v->format ? v->format : "B");
    case GET_NDIM: return hd_imm_int(v->ndim);
    case GET_SHAPE: return numbers(t, v->shape, v->ndim);
    case GET_STRIDES: return numbers(t, v->strides, v->ndim);
    case GET_SUBOFFSETS: return numbers(t, v->suboffsets, v->ndim);
    case GET_READONLY: return hd_bool(v->read_only);
    case GET_C: return hd_bool(hd_memoryview_contiguous(v, 'C'));
    case GET_F: return hd_bool(hd_memoryview_contiguous(v, 'F'));
    default: return hd_bool(hd_memoryview_contiguous(v, 'A'));
    }
}

static HdValue slot_iter(HdThread *t, HdValue self) {
    HdMemoryView *m = hd_memoryview(self);
    if (hd_memoryview_alive(t, m) < 0) return HD_NULL;
    if (m->view.ndim == 0) return hd_raise(t, &hd_TypeError, "invalid indexing of 0-dim memory");
    return hd_iter_sequence(t, self);
}

static const HdGetSetDef getsets[] = {
    {"obj", getter, NULL, "The underlying object of the memoryview.", (void *)GET_OBJ},
    {"nbytes", getter, NULL, "The amount of space in bytes that the array would use in\n a contiguous representation.", (void *)GET_NBYTES},
    {"readonly", getter, NULL, "A bool indicating whether the memory is read only.", (void *)GET_READONLY},
    {"itemsize", getter, NULL, "The size in bytes of each element of the memoryview.", (void *)GET_ITEMSIZE},
    {"format", getter, NULL, "A string containing the format (in struct module style)\n for each element in the view.", (void *)GET_FORMAT},
    {"ndim", getter, NULL, "An integer indicating how many dimensions of a multi-dimensional\n array the memory represents.", (void *)GET_NDIM},
    {"shape", getter, NULL, "A tuple of ndim integers giving the shape of the memory\n as an N-dimensional array.", (void *)GET_SHAPE},
    {"strides", getter, NULL, "A tuple of ndim integers giving the size in bytes to access\n each element for each dimension of the array.", (void *)GET_STRIDES},
    {"suboffsets", getter, NULL, "A tuple of integers used internally for PIL-style arrays.", (void *)GET_SUBOFFSETS},
    {"c_contiguous", getter, NULL, "A bool indicating whether the memory is C contiguous.", (void *)GET_C},
    {"f_contiguous", getter, NULL, "A bool indicating whether the memory is Fortran contiguous.", (void *)GET_F},
    {"contiguous", getter, NULL, "A bool indicating whether the memory is contiguous.", (void *)GET_ANY},
    {NULL, NULL, NULL, NULL, NULL},
};

static const HdMethodDef methods[] = {
    HD_METHOD(method_release, "release($self, /)", "Release the underlying buffer exposed by the memoryview object."),
    HD_METHOD(method_tobytes, "tobytes($self, /, order='C')", "Return the data in the buffer as a byte string."),
    HD_METHOD(method_hex, "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)", "Return the data in the buffer as a str of hexadecimal numbers."),
    HD_METHOD(method_tolist, "tolist($self, /)", "Return the data in the buffer as a list of elements."),
    HD_METHOD(hd_memoryview_cast, "cast($self, /, format, shape=<unrepresentable>)", "Cast a memoryview to a new format or shape."),
    HD_METHOD(method_toreadonly, "toreadonly($self, /)", "Return a readonly version of the memoryview."),
    HD_METHOD(method_enter, "__enter__($self, /)", NULL),
    HD_METHOD(method_exit, "__exit__($self, /, *exc_info)", NULL),
    HD_METHODS_END,
};

HdType hd_memoryview_type = {
    HD_TYPE_HEAD("memoryview"),
    .doc = "Create a new memoryview object which references the given object.",
    .basicsize = sizeof(HdMemoryView),
    .flags = HD_TYPE_IMMUTABLE | HD_TYPE_GC | HD_TYPE_SEQUENCE,
    .dealloc = dealloc,
    .traverse = traverse,
    .repr = slot_repr,
    .hash = slot_hash,
    .compare = hd_memoryview_compare,
    .iter = slot_iter,
    .create = slot_new,
    .length = slot_length,
    .getitem = slot_getitem,
    .setitem = slot_setitem,
    .getbuffer = slot_getbuffer,
    .releasebuffer = slot_releasebuffer,
    .methods = methods,
    .getsets = getsets,
};
