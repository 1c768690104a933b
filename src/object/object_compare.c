/* object_compare.c -- comparison, truth and hashes of any value. Runs Python, holds no locks. */
#include "hash.h"
#include "list.h"
#include "object_internal.h"

static const int swapped[] = {[HD_LT] = HD_GT, [HD_LE] = HD_GE, [HD_EQ] = HD_EQ, [HD_NE] = HD_NE, [HD_GT] = HD_LT, [HD_GE] = HD_LE};

HdValue hd_object_compare(HdThread *t, HdValue a, HdValue b, int op) {
    static const char *const symbols[] = {"<", "<=", "==", "!=", ">", ">="};
    if (hd_both_imm_int(a, b)) {
        bool less = hd_imm_int_less(a, b), same = hd_same(a, b);
        switch (op) {
        case HD_LT: return hd_bool(less);
        case HD_LE: return hd_bool(less || same);
        case HD_EQ: return hd_bool(same);
        case HD_NE: return hd_bool(!same);
        case HD_GT: return hd_bool(!less && !same);
        default: return hd_bool(!less);
        }
    }
    if (hd_object_enter(t, " in comparison") < 0) return HD_NULL;
    HdType *left = hd_type_of(a), *right = hd_type_of(b);
    bool reversed = false;
    if (left != right && right->compare && hd_type_is_subtype(right, left)) {
        reversed = true;
        HdValue result = right->compare(t, b, a, swapped[op]);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    if (left->compare) {
        HdValue result = left->compare(t, a, b, op);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    if (!reversed && right->compare) {
        HdValue result = right->compare(t, b, a, swapped[op]);
        if (!hd_same(result, hd_NotImplemented)) return result;
    }
    if (op == HD_EQ) return hd_bool(hd_same(a, b));
    if (op == HD_NE) return hd_bool(!hd_same(a, b));
    return hd_raise(t, &hd_TypeError, "'%s' not supported between instances of '%T' and '%T'", symbols[op], a, b);
}

int hd_object_compare_bool(HdThread *t, HdValue a, HdValue b, int op) {
    if (hd_same(a, b)) {
        if (op == HD_EQ) return 1;
        if (op == HD_NE) return 0;
    }
    HdValue result = hd_object_compare(t, a, b, op);
    if (hd_same(result, hd_True)) return 1;
    if (hd_same(result, hd_False)) return 0;
    if (hd_is_null(result)) return -1;
    int truth = hd_object_truth(t, result);
    hd_release(t, result);
    return truth;
}

int hd_object_truth_slow(HdThread *t, HdValue v) {
    HdType *type = hd_type_of(v);
    if (type == &hd_list_type) return HD_LOAD_RELAXED(&HD_AS(HdList, v)->length) > 0;
    if (type->truth) return type->truth(t, v);
    if (type->length) {
        HdSize length = type->length(t, v);
        return length < 0 ? -1 : length > 0;
    }
    return 1;
}

int64_t hd_object_hash(HdThread *t, HdValue v) {
    HdHash hash = hd_type_of(v)->hash;
    return hash ? hash(t, v) : hd_object_hash_unhashable(t, v);
}

int64_t hd_object_hash_pointer(const void *pointer) { return hd_hash_pointer(pointer); }

int64_t hd_object_hash_unhashable(HdThread *t, HdValue v) {
    hd_raise(t, &hd_TypeError, "unhashable type: '%s'", hd_type_of(v)->name);
    return -1;
}
