/* mod__bisect.c -- the module _bisect: places in sorted sequences. Comparisons run Python; no lock is held. */
#include <heddle/module.h>

typedef struct Search {
    HdValue sequence, x, key; /* lent; key HD_NULL: none */
    HdSize low, high;
    bool right;
} Search;

/* Arguments (a, x, lo=0, hi=None, *, key=None). */
static int take_arguments(HdThread *t, const HdValue *a, Search *s) {
    s->sequence = a[0];
    s->x = a[1];
    s->key = hd_is_null(a[4]) || hd_is_none(a[4]) ? HD_NULL : a[4];
    s->low = 0;
    s->high = -1;
    if (!hd_is_null(a[2])) {
        s->low = hd_number_as_size(t, a[2], &hd_OverflowError);
        if (s->low == -1 && hd_raised(t)) return -1;
    }
    if (!hd_is_null(a[3]) && !hd_is_none(a[3])) {
        s->high = hd_number_as_size(t, a[3], &hd_OverflowError);
        if (s->high == -1 && hd_raised(t)) return -1;
    }
    if (s->low < 0) return hd_raise_int(t, &hd_ValueError, "lo must be non-negative");
    if (s->high == -1) s->high = hd_object_length(t, s->sequence);
    return s->high < 0 && hd_raised(t) ? -1 : 0;
}

/* Whether x goes before the item: 1, 0, -1. */
static int goes_before(HdThread *t, Search *s, HdValue item) {
    if (s->right) return hd_object_compare_bool(t, s->x, item, HD_LT);
    int less = hd_object_compare_bool(t, item, s->x, HD_LT);
    return less < 0 ? -1 : !less;
}

static HdSize find(HdThread *t, Search *s) {
    while (s->low < s->high) {
        HdSize middle = s->low + (s->high - s->low) / 2;
        HD_OWNED HdValue item = hd_is_exact_list(s->sequence) ? hd_list_get(t, s->sequence, middle)
                                                              : hd_object_getitem_index(t, s->sequence, middle);
        if (hd_is_null(item)) return hd_raised(t) ? -1 : hd_raise_int(t, &hd_IndexError, "list index out of range");
        if (!hd_is_null(s->key)) {
            HdValue by = hd_object_call1(t, s->key, item);
            hd_release(t, item);
            item = by;
            if (hd_is_null(item)) return -1;
        }
        int before = goes_before(t, s, item);
        if (before < 0) return -1;
        if (before)
            s->high = middle;
        else
            s->low = middle + 1;
    }
    return s->low;
}

static HdValue bisect(HdThread *t, const HdValue *a, bool right) {
    Search s = {.right = right};
    if (take_arguments(t, a, &s) < 0) return HD_NULL;
    HdSize place = find(t, &s);
    return place < 0 ? HD_NULL : hd_int_from_size(t, place);
}
/* With a key, what is sought is the item's key. */
static HdValue insort(HdThread *t, const HdValue *a, bool right) {
    Search s = {.right = right};
    HD_OWNED HdValue by = HD_NULL;
    if (take_arguments(t, a, &s) < 0) return HD_NULL;
    if (!hd_is_null(s.key)) {
        by = hd_object_call1(t, s.key, s.x);
        if (hd_is_null(by)) return HD_NULL;
        s.x = by;
    }
    HdSize place = find(t, &s);
    if (place < 0) return HD_NULL;
    if (hd_is_exact_list(s.sequence)) return hd_list_insert(t, s.sequence, place, a[1]) < 0 ? HD_NULL : hd_None;
    HD_OWNED HdValue index = hd_int_from_size(t, place);
    HD_OWNED HdValue result =
        hd_is_null(index) ? HD_NULL : hd_object_call_method2(t, s.sequence, "insert", index, a[1]);
    return hd_is_null(result) ? HD_NULL : hd_None;
}

static HdValue bisect_left(HdThread *t, HdValue module, const HdValue *a) { return bisect(t, a, false); }
static HdValue bisect_right(HdThread *t, HdValue module, const HdValue *a) { return bisect(t, a, true); }
static HdValue insort_left(HdThread *t, HdValue module, const HdValue *a) { return insort(t, a, false); }
static HdValue insort_right(HdThread *t, HdValue module, const HdValue *a) { return insort(t, a, true); }

#define SIGNATURE(name) #name "($module, /, a, x, lo=0, hi=None, *, key=None)"
static const HdMethodDef functions[] = {
    HD_METHOD(bisect_right, SIGNATURE(bisect_right),
              "Where to insert x in the sorted list a: behind items equal to it."),
    HD_METHOD(bisect_left, SIGNATURE(bisect_left), "Where to insert x in the sorted list a: before items equal to it."),
    HD_METHOD(insort_right, SIGNATURE(insort_right), "Insert x into the sorted list a, behind items equal to it."),
    HD_METHOD(insort_left, SIGNATURE(insort_left), "Insert x into the sorted list a, before items equal to it."),
    HD_METHODS_END,
};

extern const HdModuleDef hd_module__bisect;
const HdModuleDef hd_module__bisect = {
    .name = "_bisect",
    .doc = "Bisection algorithms: keeping a list sorted without sorting it after each insertion.",
    .functions = functions,
};
