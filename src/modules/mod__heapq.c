/* mod__heapq.c -- the module _heapq: a list as a heap, where no item is less than the one at half its index.
 *
 * An item's way up or down is found first, then the items along it are moved by one place under the list's lock, so
 * that threads sharing a heap lose no item. While the comparisons run no Python (numbers, str, tuples of them) the
 * whole step is made under the lock; else comparing runs without it, and a list that changed its length meanwhile
 * raises.
 */
#include <stdlib.h>

#include <heddle/module.h>

#include "mutex.h"

enum { NEEDS_PYTHON = -2, MAX_LEVELS = 64 };

typedef struct Heap {
    HdThread *t;
    HdList *list;
    HdSize length;
    bool max;                /* a heap whose greatest item comes first */
    bool locked;             /* the list's lock is held: comparisons that would run Python give NEEDS_PYTHON */
    HdSize path[MAX_LEVELS]; /* the places along the way, each receiving the item of the next */
    int steps;
} Heap;

/* --- comparing --- */

static bool is_number(HdValue v) { return hd_is_imm_int(v) || hd_is_imm_float(v); }
static double as_double(HdValue v) { return hd_is_imm_int(v) ? (double)hd_imm_int_value(v) : hd_imm_float_value(v); }
static bool is_wide(HdValue v) { return hd_is_imm_int(v) && llabs(hd_imm_int_value(v)) > (int64_t)1 << 53; }

static int native_equal(HdValue a, HdValue b) {
    if (hd_same(a, b)) return 1;
    if (hd_both_imm_int(a, b)) return 0;
    if (is_number(a) && is_number(b)) return is_wide(a) || is_wide(b) ? NEEDS_PYTHON : as_double(a) == as_double(b);
    if (hd_is_object(a) && hd_is_object(b) && hd_is_exact_str(a) && hd_is_exact_str(b)) return hd_str_equal(a, b);
    return NEEDS_PYTHON;
}
/* a < b: 1, 0 or NEEDS_PYTHON. */
static int native_less(HdValue a, HdValue b) {
    if (hd_both_imm_int(a, b)) return hd_imm_int_less(a, b);
    if (is_number(a) && is_number(b)) return is_wide(a) || is_wide(b) ? NEEDS_PYTHON : as_double(a) < as_double(b);
    if (!hd_is_object(a) || !hd_is_object(b)) return NEEDS_PYTHON;
    if (hd_is_exact_str(a) && hd_is_exact_str(b)) return hd_str_compare(a, b) < 0;
    if (!hd_is_exact_tuple(a) || !hd_is_exact_tuple(b)) return NEEDS_PYTHON;
    for (HdSize i = 0; i < hd_tuple_length(a) && i < hd_tuple_length(b); i++) {
        HdValue x = hd_tuple_at_borrowed(a, i), y = hd_tuple_at_borrowed(b, i);
        int equal = native_equal(x, y);
        if (equal == NEEDS_PYTHON) return NEEDS_PYTHON;
        if (!equal)
            return hd_is_object(x) && hd_is_object(y) && hd_is_exact_tuple(x) ? NEEDS_PYTHON : native_less(x, y);
    }
    return hd_tuple_length(a) < hd_tuple_length(b);
}

/* An item, owned; HD_NULL: the list is shorter now. A lock-free read might take the lock that is held already. */
static HdValue item_at(Heap *h, HdSize i) {
    if (h->locked) return hd_retain(h->t, h->list->array->at[i]);
    return hd_list_get(h->t, hd_from_object(h->list), i);
}

/* Whether a belongs before b: 1, 0, -1 raised, or NEEDS_PYTHON. */
static int before(Heap *h, HdValue a, HdValue b) {
    if (h->max) {
        HdValue other = a;
        a = b;
        b = other;
    }
    int answer = native_less(a, b);
    if (answer != NEEDS_PYTHON || h->locked) return answer;
    answer = hd_object_compare_bool(h->t, a, b, HD_LT);
    if (answer >= 0 && HD_LOAD_ACQUIRE(&h->list->length) != h->length) {
        return hd_raise_int(h->t, &hd_RuntimeError, "list changed size during iteration");
    }
    return answer;
}
static int before_at(Heap *h, HdSize i, HdValue b) {
    HD_OWNED HdValue a = item_at(h, i);
    return hd_is_null(a) ? hd_raise_int(h->t, &hd_RuntimeError, "list changed size during iteration") : before(h, a, b);
}
static int before_places(Heap *h, HdSize i, HdSize j) {
    HD_OWNED HdValue b = item_at(h, j);
    return hd_is_null(b) ? hd_raise_int(h->t, &hd_RuntimeError, "list changed size during iteration")
                         : before_at(h, i, b);
}

/* --- finding the way: 0, -1 or NEEDS_PYTHON --- */

static int way_up(Heap *h, HdSize place) {
    HdThread *t = h->t;
    HD_OWNED HdValue item = item_at(h, place);
    h->steps = 0;
    h->path[h->steps++] = place;
    while (place > 0 && !hd_is_null(item)) {
        HdSize parent = (place - 1) / 2;
        HD_OWNED HdValue above = item_at(h, parent);
        if (hd_is_null(above)) return hd_raise_int(t, &hd_RuntimeError, "list changed size during iteration");
        int up = before(h, item, above);
        if (up < 0) return up;
        if (!up) break;
        h->path[h->steps++] = place = parent;
    }
    return 0;
}

/* Down along the children that come first as far as it goes, then back up to where the item belongs: an item that was
 * last before mostly belongs near the bottom. */
static int way_down(Heap *h, HdSize place) {
    HdThread *t = h->t;
    HD_OWNED HdValue item = item_at(h, place);
    h->steps = 0;
    h->path[h->steps++] = place;
    while (place < h->length / 2 && !hd_is_null(item)) {
        HdSize child = 2 * place + 1;
        if (child + 1 < h->length) {
            int left = before_places(h, child, child + 1);
            if (left < 0) return left;
            child += !left;
        }
        h->path[h->steps++] = place = child;
    }
    while (h->steps > 1) {
        HD_OWNED HdValue other = item_at(h, h->path[h->steps - 1]);
        if (hd_is_null(other)) return hd_raise_int(t, &hd_RuntimeError, "list changed size during iteration");
        int up = before(h, item, other);
        if (up < 0) return up;
        if (!up) break;
        h->steps--;
    }
    return 0;
}

/* The item at path[0] goes to the end of the path, those behind move up by one; the lock is held. */
static void move_along(Heap *h) {
    HdValue *at = h->list->array->at;
    HdValue item = at[h->path[0]];
    for (int i = 0; i + 1 < h->steps; i++) HD_STORE_RELEASE(&at[h->path[i]].bits, at[h->path[i + 1]].bits);
    HD_STORE_RELEASE(&at[h->path[h->steps - 1]].bits, item.bits);
}

/* The lock is held, and let go of. */
HD_CHECK static int sift_held(Heap *h, HdSize place, int (*find)(Heap *h, HdSize place)) {
    HdThread *t = h->t;
    h->length = h->list->length;
    h->locked = true;
    int status = place < h->length ? find(h, place) : 0;
    if (status == 0 && place < h->length) move_along(h);
    hd_unlock_object(t, &h->list->head);
    if (status != NEEDS_PYTHON) return status;
    h->locked = false;
    if (find(h, place) < 0) return -1;
    hd_lock_object(t, &h->list->head);
    bool same = h->list->length == h->length;
    if (same) move_along(h);
    hd_unlock_object(t, &h->list->head);
    return same ? 0 : hd_raise_int(t, &hd_RuntimeError, "list changed size during iteration");
}

HD_CHECK static int sift(Heap *h, HdSize place, int (*find)(Heap *h, HdSize place)) {
    hd_lock_object(h->t, &h->list->head);
    return sift_held(h, place, find);
}

/* --- functions --- */

/* `place`: "argument", or "argument 1" of a function that has two. */
static int begin(Heap *h, HdThread *t, HdValue list, const char *name, const char *place, bool max) {
    if (!hd_is_list(list)) {
        return hd_raise_int(t, &hd_TypeError, "%s() %s must be list, not %s", name, place,
                            hd_is_none(list) ? "None" : hd_type_name(list));
    }
    h->t = t;
    h->list = HD_AS(HdList, list);
    h->max = max;
    return 0;
}
/* The first item, with `item` (taken over) in its place, which then goes where it belongs. The lock is held, and let go
 * of; the list is not empty. */
static HdValue exchange_first(Heap *h, HdValue item) {
    HD_OWNED HdValue first = hd_slot_exchange(&h->list->array->at[0], item);
    return sift_held(h, 0, way_down) < 0 ? HD_NULL : hd_move(&first);
}

static HdValue heappush(HdThread *t, HdValue module, const HdValue *a) {
    Heap h;
    if (begin(&h, t, a[0], "heappush", "argument 1", false) < 0) return HD_NULL;
    HdValue item = hd_retain(t, a[1]);
    hd_lock_object(t, &h.list->head);
    if (!hd_list_append_held(t, h.list, item)) {
        hd_unlock_object(t, &h.list->head);
        hd_release(t, item);
        return hd_raise_no_memory(t);
    }
    return sift_held(&h, h.list->length - 1, way_up) < 0 ? HD_NULL : hd_None;
}

static HdValue pop(HdThread *t, HdValue list, const char *name, bool max) {
    Heap h;
    if (begin(&h, t, list, name, "argument", max) < 0) return HD_NULL;
    hd_lock_object(t, &h.list->head);
    HdValue last = h.list->length ? hd_list_pop_held(t, h.list) : HD_NULL;
    if (!hd_is_null(last) && h.list->length) return exchange_first(&h, last);
    hd_unlock_object(t, &h.list->head);
    return hd_is_null(last) ? hd_raise(t, &hd_IndexError, "index out of range") : last;
}
static HdValue replace(HdThread *t, const HdValue *a, const char *name, bool max) {
    Heap h;
    if (begin(&h, t, a[0], name, "argument 1", max) < 0) return HD_NULL;
    hd_lock_object(t, &h.list->head);
    if (h.list->length) return exchange_first(&h, hd_retain(t, a[1]));
    hd_unlock_object(t, &h.list->head);
    return hd_raise(t, &hd_IndexError, "index out of range");
}
static HdValue make_heap(HdThread *t, HdValue list, const char *name, bool max) {
    Heap h;
    if (begin(&h, t, list, name, "argument", max) < 0) return HD_NULL;
    for (HdSize i = hd_list_length(list) / 2 - 1; i >= 0; i--) {
        if (sift(&h, i, way_down) < 0) return HD_NULL;
    }
    return hd_None;
}

static HdValue heappushpop(HdThread *t, HdValue module, const HdValue *a) {
    Heap h;
    if (begin(&h, t, a[0], "heappushpop", "argument 1", false) < 0) return HD_NULL;
    hd_lock_object(t, &h.list->head);
    int known = h.list->length ? native_less(h.list->array->at[0], a[1]) : 0;
    if (known > 0) return exchange_first(&h, hd_retain(t, a[1]));
    hd_unlock_object(t, &h.list->head);
    if (known == 0) return hd_retain(t, a[1]);
    HD_OWNED HdValue top = hd_list_get(t, a[0], 0);
    if (hd_is_null(top)) return hd_retain(t, a[1]);
    int less = hd_object_compare_bool(t, top, a[1], HD_LT);
    if (less < 0) return HD_NULL;
    return less ? replace(t, a, "heappushpop", false) : hd_retain(t, a[1]);
}

static HdValue heappop(HdThread *t, HdValue module, const HdValue *a) { return pop(t, a[0], "heappop", false); }
static HdValue heappop_max(HdThread *t, HdValue module, const HdValue *a) { return pop(t, a[0], "_heappop_max", true); }
static HdValue heapreplace(HdThread *t, HdValue module, const HdValue *a) {
    return replace(t, a, "heapreplace", false);
}
static HdValue heapreplace_max(HdThread *t, HdValue module, const HdValue *a) {
    return replace(t, a, "_heapreplace_max", true);
}
static HdValue heapify(HdThread *t, HdValue module, const HdValue *a) { return make_heap(t, a[0], "heapify", false); }
static HdValue heapify_max(HdThread *t, HdValue module, const HdValue *a) {
    return make_heap(t, a[0], "_heapify_max", true);
}

static const HdMethodDef functions[] = {
    HD_METHOD(heappush, "heappush($module, heap, item, /)", "Push item onto heap, maintaining the heap invariant."),
    HD_METHOD(heappushpop, "heappushpop($module, heap, item, /)",
              "Push item, then pop the smallest: faster than the two apart."),
    HD_METHOD(heappop, "heappop($module, heap, /)",
              "Pop the smallest item off the heap, maintaining the heap invariant."),
    HD_METHOD(heapreplace, "heapreplace($module, heap, item, /)",
              "Pop the smallest item, then push item; never grows the heap."),
    HD_METHOD(heapify, "heapify($module, heap, /)", "Transform list into a heap, in-place, in O(len(heap)) time."),
    HD_METHOD(heappop_max, "_heappop_max($module, heap, /)", "heappop for a heap whose greatest item comes first."),
    HD_METHOD(heapify_max, "_heapify_max($module, heap, /)", "heapify for a heap whose greatest item comes first."),
    HD_METHOD(heapreplace_max, "_heapreplace_max($module, heap, item, /)",
              "heapreplace for a heap whose greatest item comes first."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    return hd_module_set_text(
        t, module, "__about__",
        "A heap is a list in which heap[k] <= heap[2*k+1] and heap[k] <= heap[2*k+2] for all k: each\n"
        "item wins over the two below it, so heap[0] is the smallest. A push or a pop compares along\n"
        "one way between the top and the bottom.");
}

extern const HdModuleDef hd_module__heapq;
const HdModuleDef hd_module__heapq = {
    .name = "_heapq",
    .doc = "Heap queue algorithm (a.k.a. priority queue): lists kept so that the smallest item is heap[0].",
    .functions = functions,
    .exec = exec,
};
