/* list_sort.c -- list.sort: a stable, adaptive merge sort.
 *
 * Natural runs (short ones lengthened by binary insertion) are merged in the order powersort gives (Munro, Wild, ESA
 * 2018); merging gallops when one side keeps winning (Tim Peters' timsort, McIlroy 1993). Keys of one kind that C can
 * order alone are compared without a call, as CPython's pre-sort check does.
 *
 * While Python code may run, the items are out of the list, which looks empty; a change of it is a ValueError at the
 * end. Keys that C orders alone are sorted with the list's lock held (GIL off), so that such a sort is atomic.
 */
#include "dict.h"
#include "int.h"
#include "list.h"
#include "str.h"

enum { RUNS_MAX = 96, GALLOP = 7, TEMP_FEW = 256 };

typedef struct Sort Sort;
typedef int (*Less)(Sort *s, HdValue a, HdValue b); /* 1, 0, -1 raised */
typedef struct Run {
    HdSize base, length;
    int power; /* of the boundary to the next run */
} Run;
struct Sort {
    HdThread *t;
    Less less, less_item; /* less_item: first items of tuples */
    HdType *type;
    HdValue *keys, *values; /* values NULL: the keys are the items */
    HdSize length;
    HdSize min_gallop;
    int run_count;
    Run runs[RUNS_MAX];
    HdValue *temp_keys, *temp_values;
    HdSize temp_room;
    HdValue temp_few[TEMP_FEW];
};

/* --- comparing --- */

static int less_any(Sort *s, HdValue a, HdValue b) { return hd_object_compare_bool(s->t, a, b, HD_LT); }
static int less_imm_int(Sort *s, HdValue a, HdValue b) { return hd_imm_int_less(a, b); }
static int less_int(Sort *s, HdValue a, HdValue b) { return hd_int_compare(a, b) < 0; }
static int less_imm_float(Sort *s, HdValue a, HdValue b) { return hd_imm_float_value(a) < hd_imm_float_value(b); }
static int less_str(Sort *s, HdValue a, HdValue b) { return hd_str_compare(a, b) < 0; }
static int less_latin(Sort *s, HdValue a, HdValue b) {
    HdSize n = hd_str_length(a), m = hd_str_length(b);
    int order = memcmp(hd_str_data(a), hd_str_data(b), (size_t)(n < m ? n : m));
    return order ? order < 0 : n < m;
}
static int less_one_type(Sort *s, HdValue a, HdValue b) {
    if (hd_type_of(a) != s->type || hd_type_of(b) != s->type) return less_any(s, a, b); /* __class__ was changed */
    HdValue result = s->type->compare(s->t, a, b, HD_LT);
    if (hd_same(result, hd_NotImplemented)) return less_any(s, a, b);
    if (hd_is_null(result)) return -1;
    int truth = hd_object_truth(s->t, result);
    hd_release(s->t, result);
    return truth;
}
static int less_tuple(Sort *s, HdValue a, HdValue b) {
    HdTuple *v = HD_AS(HdTuple, a), *w = HD_AS(HdTuple, b);
    HdSize shorter = v->length < w->length ? v->length : w->length, i = 0;
    for (; i < shorter; i++) {
        int equal = hd_object_equal(s->t, v->at[i], w->at[i]);
        if (equal < 0) return -1;
        if (!equal) break;
    }
    if (i >= shorter) return v->length < w->length;
    return i == 0 ? s->less_item(s, v->at[0], w->at[0]) : less_any(s, v->at[i], w->at[i]);
}

/* The cheapest comparison for what `at(i)` gives; *native: it runs no Python. */
static Less choose_less(Sort *s, bool in_tuples, bool *native) {
    HdSize n = s->length;
#define KEY(i) (in_tuples ? HD_AS(HdTuple, s->keys[i])->at[0] : s->keys[i])
    HdValue first = KEY(0);
    HdType *type = hd_type_of(first);
    bool imm_int = true, imm_float = true, latin = true, one = true;
    for (HdSize i = 0; i < n && one; i++) {
        HdValue key = KEY(i);
        one = hd_type_of(key) == type;
        imm_int = imm_int && hd_is_imm_int(key);
        imm_float = imm_float && hd_is_imm_float(key);
        latin = latin && one && type == &hd_str_type && hd_str(key)->kind == 1;
    }
#undef KEY
    *native = one;
    if (one && imm_int) return less_imm_int;
    if (one && type == &hd_int_type) return less_int;
    if (one && imm_float) return less_imm_float;
    if (one && type == &hd_str_type) return latin ? less_latin : less_str;
    *native = one && type == &hd_float_type;
    s->type = type;
    return one && type->compare ? less_one_type : less_any;
}

static void prepare(Sort *s, bool *native) {
    *native = true;
    if (s->length < 2) {
        s->less = less_any;
        return;
    }
    bool tuples = true;
    for (HdSize i = 0; i < s->length && tuples; i++) {
        tuples = hd_is_exact_tuple(s->keys[i]) && hd_tuple_length(s->keys[i]) > 0;
    }
    if (tuples) {
        s->less_item = choose_less(s, true, native);
        s->less = less_tuple;
        *native = false; /* behind the first items there may be anything */
    } else {
        s->less = choose_less(s, false, native);
    }
}
#define LESS(a, b) s->less(s, (a), (b))

/* --- runs --- */

static void reverse_range(Sort *s, HdSize low, HdSize high) {
    for (HdSize i = low, j = high - 1; i < j; i++, j--) {
        HdValue swap = s->keys[i];
        s->keys[i] = s->keys[j];
        s->keys[j] = swap;
        if (s->values) {
            swap = s->values[i];
            s->values[i] = s->values[j];
            s->values[j] = swap;
        }
    }
}

/* Sorts [low, high), of which [low, sorted) is sorted already. */
static int insertion(Sort *s, HdSize low, HdSize sorted, HdSize high) {
    HdValue *keys = s->keys;
    if (sorted == low) sorted++;
    for (; sorted < high; sorted++) {
        HdValue pivot = keys[sorted];
        HdSize left = low, right = sorted;
        while (left < right) {
            HdSize middle = left + ((right - left) >> 1);
            int less = LESS(pivot, keys[middle]);
            if (less < 0) return -1;
            if (less) right = middle;
            else left = middle + 1;
        }
        memmove(&keys[left + 1], &keys[left], (size_t)(sorted - left) * sizeof *keys);
        keys[left] = pivot;
        if (s->values) {
            HdValue value = s->values[sorted];
            memmove(&s->values[left + 1], &s->values[left], (size_t)(sorted - left) * sizeof value);
            s->values[left] = value;
        }
    }
    return 0;
}

/* Length of the run at low; a strictly descending one is turned round. */
static HdSize count_run(Sort *s, HdSize low, HdSize high) {
    HdValue *keys = s->keys;
    if (low + 1 == high) return 1;
    HdSize i = low + 2;
    int less = LESS(keys[low + 1], keys[low]);
    if (less < 0) return -1;
    bool descending = less != 0;
    for (; i < high; i++) {
        less = LESS(keys[i], keys[i - 1]);
        if (less < 0) return -1;
        if ((less != 0) != descending) break;
    }
    if (descending) reverse_range(s, low, i);
    return i - low;
}

/* --- galloping --- */

/* Where `key` belongs in the sorted a[0..n): left of equals (right = false) or right of them. Starts at `hint`. */
static HdSize gallop(Sort *s, HdValue key, const HdValue *a, HdSize n, HdSize hint, bool right) {
    HdSize last = 0, offset = 1, limit;
    /* before(x): x stays in front of the key */
#define BEFORE(x, out)                                                \
    do {                                                              \
        int less_ = right ? LESS(key, (x)) : LESS((x), key);          \
        if (less_ < 0) return -1;                                     \
        (out) = right ? !less_ : less_;                               \
    } while (0)
    bool before;
    HdSize low, high;
    BEFORE(a[hint], before);
    if (before) { /* gallop to the right */
        limit = n - hint;
        while (offset < limit) {
            BEFORE(a[hint + offset], before);
            if (!before) break;
            last = offset;
            offset = offset > (HD_SIZE_MAX >> 2) ? limit : (offset << 1) + 1;
        }
        if (offset > limit) offset = limit;
        low = hint + last + 1;
        high = hint + offset;
    } else { /* to the left */
        limit = hint + 1;
        while (offset < limit) {
            BEFORE(a[hint - offset], before);
            if (before) break;
            last = offset;
            offset = offset > (HD_SIZE_MAX >> 2) ? limit : (offset << 1) + 1;
        }
        if (offset > limit) offset = limit;
        low = hint - offset + 1;
        high = hint - last;
    }
    while (low < high) {
        HdSize middle = low + ((high - low) >> 1);
        BEFORE(a[middle], before);
        if (before) low = middle + 1;
        else high = middle;
    }
#undef BEFORE
    return high;
}

/* --- merging --- */

static int temp_reserve(Sort *s, HdSize needed) {
    if (needed <= s->temp_room) return 0;
    if (s->temp_keys != s->temp_few) hd_heap_raw_free(s->t, s->temp_keys, (size_t)s->temp_room * 2 * sizeof(HdValue));
    s->temp_room = needed;
    s->temp_keys = hd_heap_raw(s->t, (size_t)needed * 2 * sizeof(HdValue));
    if (!s->temp_keys) {
        s->temp_keys = s->temp_few;
        s->temp_room = TEMP_FEW / 2;
        hd_raise_no_memory(s->t);
        return -1;
    }
    s->temp_values = s->temp_keys + needed;
    return 0;
}

static void copy_in(Sort *s, HdSize to, HdSize from, HdSize count) {
    memmove(&s->keys[to], &s->keys[from], (size_t)count * sizeof(HdValue));
    if (s->values) memmove(&s->values[to], &s->values[from], (size_t)count * sizeof(HdValue));
}
static void copy_back(Sort *s, HdSize to, HdSize from, HdSize count) { /* from temp */
    memcpy(&s->keys[to], &s->temp_keys[from], (size_t)count * sizeof(HdValue));
    if (s->values) memcpy(&s->values[to], &s->temp_values[from], (size_t)count * sizeof(HdValue));
}
static void copy_out(Sort *s, HdSize from, HdSize count) { /* to temp */
    memcpy(s->temp_keys, &s->keys[from], (size_t)count * sizeof(HdValue));
    if (s->values) memcpy(s->temp_values, &s->values[from], (size_t)count * sizeof(HdValue));
}

/* Merges a = [pa, pa+na) and the adjacent b with na <= nb: a goes to temp, filling from the left. */
static int merge_low(Sort *s, HdSize pa, HdSize na, HdSize pb, HdSize nb) {
    if (temp_reserve(s, na) < 0) return -1;
    copy_out(s, pa, na);
    HdSize to = pa, ta = 0, min_gallop = s->min_gallop;
    int status = -1;
    copy_in(s, to++, pb++, 1); /* the caller knows that b's first comes first */
    if (--nb == 0) goto done;
    if (na == 1) goto last_of_a;
    for (;;) {
        HdSize wins_a = 0, wins_b = 0;
        do {
            int less = LESS(s->keys[pb], s->temp_keys[ta]);
            if (less < 0) goto fail;
            if (less) {
                copy_in(s, to++, pb++, 1);
                wins_b++, wins_a = 0;
                if (--nb == 0) goto done;
            } else {
                copy_back(s, to++, ta++, 1);
                wins_a++, wins_b = 0;
                if (--na == 1) goto last_of_a;
            }
        } while (wins_a < min_gallop && wins_b < min_gallop);
        min_gallop++;
        do {
            min_gallop -= min_gallop > 1;
            s->min_gallop = min_gallop;
            HdSize k = wins_a = gallop(s, s->keys[pb], s->temp_keys + ta, na, 0, true);
            if (k < 0) goto fail;
            if (k) {
                copy_back(s, to, ta, k);
                to += k, ta += k, na -= k;
                if (na == 1) goto last_of_a;
                if (na == 0) goto done; /* only with a comparison that contradicts itself */
            }
            copy_in(s, to++, pb++, 1);
            if (--nb == 0) goto done;
            k = wins_b = gallop(s, s->temp_keys[ta], s->keys + pb, nb, 0, false);
            if (k < 0) goto fail;
            if (k) {
                copy_in(s, to, pb, k);
                to += k, pb += k, nb -= k;
                if (nb == 0) goto done;
            }
            copy_back(s, to++, ta++, 1);
            if (--na == 1) goto last_of_a;
        } while (wins_a >= GALLOP || wins_b >= GALLOP);
        s->min_gallop = ++min_gallop;
    }
last_of_a: /* the last of a belongs at the end */
    copy_in(s, to, pb, nb);
    copy_back(s, to + nb, ta, 1);
    return 0;
done:
    status = 0;
fail:
    if (na) copy_back(s, to, ta, na);
    return status;
}

/* The same with na >= nb: b goes to temp, filling from the right. */
static int merge_high(Sort *s, HdSize pa, HdSize na, HdSize pb, HdSize nb) {
    if (temp_reserve(s, nb) < 0) return -1;
    copy_out(s, pb, nb);
    HdSize base_a = pa, to = pb + nb - 1, tb = nb - 1, min_gallop = s->min_gallop;
    int status = -1;
    pa += na - 1;
    copy_in(s, to--, pa--, 1);
    if (--na == 0) goto done;
    if (nb == 1) goto last_of_b;
    for (;;) {
        HdSize wins_a = 0, wins_b = 0;
        do {
            int less = LESS(s->temp_keys[tb], s->keys[pa]);
            if (less < 0) goto fail;
            if (less) {
                copy_in(s, to--, pa--, 1);
                wins_a++, wins_b = 0;
                if (--na == 0) goto done;
            } else {
                copy_back(s, to--, tb--, 1);
                wins_b++, wins_a = 0;
                if (--nb == 1) goto last_of_b;
            }
        } while (wins_a < min_gallop && wins_b < min_gallop);
        min_gallop++;
        do {
            min_gallop -= min_gallop > 1;
            s->min_gallop = min_gallop;
            HdSize k = gallop(s, s->temp_keys[tb], s->keys + base_a, na, na - 1, true);
            if (k < 0) goto fail;
            k = wins_a = na - k;
            if (k) {
                to -= k, pa -= k;
                copy_in(s, to + 1, pa + 1, k);
                na -= k;
                if (na == 0) goto done;
            }
            copy_back(s, to--, tb--, 1);
            if (--nb == 1) goto last_of_b;
            k = gallop(s, s->keys[pa], s->temp_keys, nb, nb - 1, false);
            if (k < 0) goto fail;
            k = wins_b = nb - k;
            if (k) {
                to -= k, tb -= k;
                copy_back(s, to + 1, tb + 1, k);
                nb -= k;
                if (nb == 1) goto last_of_b;
                if (nb == 0) goto done;
            }
            copy_in(s, to--, pa--, 1);
            if (--na == 0) goto done;
        } while (wins_a >= GALLOP || wins_b >= GALLOP);
        s->min_gallop = ++min_gallop;
    }
last_of_b: /* b's first belongs in front of what is left of a */
    to -= na, pa -= na;
    copy_in(s, to + 1, pa + 1, na);
    copy_back(s, to, tb, 1);
    return 0;
done:
    status = 0;
fail:
    if (nb) copy_back(s, to - (nb - 1), 0, nb);
    return status;
}

static int merge_top(Sort *s) {
    Run *a = &s->runs[s->run_count - 2], *b = a + 1;
    HdSize pa = a->base, na = a->length, pb = b->base, nb = b->length;
    a->length = na + nb;
    a->power = b->power;
    s->run_count--;
    HdSize k = gallop(s, s->keys[pb], s->keys + pa, na, 0, true); /* what of a is in its place already */
    if (k < 0) return -1;
    pa += k;
    na -= k;
    if (na == 0) return 0;
    nb = gallop(s, s->keys[pa + na - 1], s->keys + pb, nb, nb - 1, false);
    if (nb <= 0) return (int)nb;
    return na <= nb ? merge_low(s, pa, na, pb, nb) : merge_high(s, pa, na, pb, nb);
}

/* Depth in the ideal merge tree of the boundary between [start, start+n1) and the n2 items behind, of n in all. */
static int power_of(HdSize start, HdSize n1, HdSize n2, HdSize n) {
    int result = 0;
    HdSize a = 2 * start + n1, b = a + n1 + n2; /* the midpoints, doubled; below 2n */
    for (;;) {
        result++;
        if (a >= n) {
            a -= n;
            b -= n;
        } else if (b >= n) {
            return result;
        }
        a <<= 1;
        b <<= 1;
    }
}

static int sort_keys(Sort *s) {
    HdSize n = s->length, low = 0, min_run = n;
    HdSize odd = 0;
    while (min_run >= 64) {
        odd |= min_run & 1;
        min_run >>= 1;
    }
    min_run += odd;
    while (low < n) {
        HdSize length = count_run(s, low, n);
        if (length < 0) return -1;
        if (length < min_run) {
            HdSize forced = n - low < min_run ? n - low : min_run;
            if (insertion(s, low, low + length, low + forced) < 0) return -1;
            length = forced;
        }
        if (s->run_count) {
            Run *top = &s->runs[s->run_count - 1];
            int power = power_of(top->base, top->length, length, n);
            while (s->run_count > 1 && s->runs[s->run_count - 2].power > power) {
                if (merge_top(s) < 0) return -1;
            }
            s->runs[s->run_count - 1].power = power;
        }
        s->runs[s->run_count++] = (Run){low, length, 0};
        low += length;
    }
    while (s->run_count > 1) {
        if (merge_top(s) < 0) return -1;
    }
    return 0;
}

/* --- the whole --- */

static int sort_array(Sort *s, bool reverse) {
    s->temp_keys = s->temp_few;
    s->temp_values = s->temp_few + TEMP_FEW / 2;
    s->temp_room = TEMP_FEW / 2;
    s->min_gallop = GALLOP;
    s->run_count = 0;
    if (reverse) reverse_range(s, 0, s->length); /* so that equal items keep their order */
    int status = s->length > 1 ? sort_keys(s) : 0;
    if (reverse) reverse_range(s, 0, s->length);
    if (s->temp_keys != s->temp_few) hd_heap_raw_free(s->t, s->temp_keys, (size_t)s->temp_room * 2 * sizeof(HdValue));
    return status;
}

/* Keys that C orders alone: no Python runs, so the lock may stay. False: they are of another kind. */
static bool sort_native(HdThread *t, HdList *list, bool reverse, int *status) {
    Sort s;
    bool native = false;
    hd_lock_object(t, &list->head);
    if (list->array) {
        s.t = t;
        s.keys = list->array->at;
        s.values = NULL;
        s.length = list->length;
        prepare(&s, &native);
        if (native) *status = sort_array(&s, reverse);
    } else {
        native = true;
    }
    hd_unlock_object(t, &list->head);
    return native;
}

int hd_list_sort(HdThread *t, HdValue v, HdValue key_or_none, bool reverse) {
    HdList *list = HD_AS(HdList, v);
    int status = 0;
    bool keyed = !hd_is_none(key_or_none), native;
    if (!keyed && sort_native(t, list, reverse, &status)) return status;
    HdSize length;
    HdListArray *array = hd_list_detach(t, list, &length);
    if (!array) {
        if (length) return hd_raise_no_memory(t), -1;
        return hd_list_reattach(t, list, NULL, 0);
    }
    Sort s;
    s.t = t;
    s.length = length;
    s.keys = array->at;
    s.values = NULL;
    HdSize made = 0;
    if (keyed && length) {
        s.values = array->at;
        s.keys = hd_heap_raw(t, (size_t)length * sizeof(HdValue));
        if (!s.keys) hd_raise_no_memory(t), status = -1;
        while (status == 0 && made < length) {
            HdValue key = hd_object_call1(t, key_or_none, array->at[made]);
            if (hd_is_null(key)) status = -1;
            else s.keys[made++] = key;
        }
    }
    if (status == 0) {
        prepare(&s, &native);
        status = sort_array(&s, reverse);
    }
    if (hd_list_reattach(t, list, array, length) < 0) status = -1;
    if (keyed && s.keys && length) {
        for (HdSize i = 0; i < made; i++) hd_release(t, s.keys[i]);
        hd_heap_raw_free(t, s.keys, (size_t)length * sizeof(HdValue));
    }
    return status;
}
