/* suggestion.c -- "Did you mean: 'x'?": the nearest name by edit distance, with CPython's costs and limits. */
#include "frame.h"
#include "traceback_print.h"

enum { MOVE_COST = 2, CASE_COST = 1, MAX_NAMES = 750, MAX_LENGTH = 40 };

static int substitution_cost(uint8_t a, uint8_t b) {
    if ((a & 31) != (b & 31)) return MOVE_COST;
    if (a == b) return 0;
    if (a >= 'A' && a <= 'Z') a = (uint8_t)(a + 32);
    if (b >= 'A' && b <= 'Z') b = (uint8_t)(b + 32);
    return a == b ? CASE_COST : MOVE_COST;
}

/* Levenshtein distance, or limit + 1 when it is above `limit`. */
static int distance(const char *a, size_t a_length, const char *b, size_t b_length, int limit) {
    while (a_length && b_length && *a == *b) a++, b++, a_length--, b_length--;
    while (a_length && b_length && a[a_length - 1] == b[b_length - 1]) a_length--, b_length--;
    if (!a_length || !b_length) return (int)(a_length + b_length) * MOVE_COST;
    if (a_length > MAX_LENGTH || b_length > MAX_LENGTH) return limit + 1;
    int row[MAX_LENGTH + 1];
    for (size_t i = 0; i <= a_length; i++) row[i] = (int)i * MOVE_COST;
    for (size_t j = 0; j < b_length; j++) {
        int diagonal = row[0], least;
        row[0] = least = (int)(j + 1) * MOVE_COST;
        for (size_t i = 0; i < a_length; i++) {
            int substituted = diagonal + substitution_cost((uint8_t)a[i], (uint8_t)b[j]);
            int moved = (row[i + 1] < row[i] ? row[i + 1] : row[i]) + MOVE_COST;
            diagonal = row[i + 1];
            row[i + 1] = substituted < moved ? substituted : moved;
            if (row[i + 1] < least) least = row[i + 1];
        }
        if (least > limit) return limit + 1;
    }
    return row[a_length];
}

/* The nearest str of `names` (a list) to `name`; owned, None when none is near enough. */
static HdValue nearest(HdThread *t, HdValue names, HdValue name) {
    HdSize count = hd_list_length(names), wrong_length;
    const char *wrong = hd_str_utf8(t, name, &wrong_length);
    if (!wrong) return HD_NULL;
    if (count >= MAX_NAMES) return hd_None;
    HdValue best = hd_None;
    int best_distance = -1;
    for (HdSize i = 0; i < count; i++) {
        HD_OWNED HdValue item = hd_list_get(t, names, i);
        HdSize length;
        const char *text = !hd_is_null(item) && hd_is_str(item) ? hd_str_utf8(t, item, &length) : NULL;
        if (!text || hd_str_equal(item, name)) continue;
        int limit = (int)(length + wrong_length + 3) * MOVE_COST / 6;
        if (best_distance >= 0 && limit > best_distance - 1) limit = best_distance - 1;
        int found = distance(wrong, (size_t)wrong_length, text, (size_t)length, limit);
        if (found > limit) continue;
        if (best_distance < 0 || found < best_distance) {
            best_distance = found;
            hd_replace_steal(t, &best, hd_retain(t, item));
        }
    }
    return best;
}

static HdValue names_of(HdThread *t, HdValue mapping) {
    return hd_is_dict(mapping) ? hd_dict_keys_list(t, mapping) : hd_list_from_iterable(t, mapping);
}

static HdValue for_name(HdThread *t, HdValue exception) {
    HdValue name = HD_AS(HdNameError, exception)->name;
    HdValue traceback = hd_exception_traceback_borrowed(exception);
    if (hd_is_null(name) || !hd_is_str(name) || hd_is_null(traceback) || hd_is_none(traceback)) return hd_None;
    HdTraceback *last = HD_AS(HdTraceback, traceback);
    while (!hd_is_null(last->next) && !hd_is_none(last->next)) last = HD_AS(HdTraceback, last->next);
    static const char *const spaces[] = {"f_locals", "f_globals", "f_builtins"};
    for (int i = 0; i < 3; i++) {
        HD_OWNED HdValue space = hd_object_getattr_text(t, last->frame, spaces[i]);
        if (hd_is_null(space) || hd_is_none(space)) return hd_move(&space);
        HD_OWNED HdValue names = names_of(t, space);
        HdValue found = hd_is_null(names) ? HD_NULL : nearest(t, names, name);
        if (hd_is_null(found) || !hd_is_none(found)) return found;
    }
    return hd_None;
}

HdValue hd_suggestion(HdThread *t, HdValue exception) {
    if (hd_is_exact(exception, &hd_NameError)) return for_name(t, exception);
    if (!hd_is_instance(exception, &hd_AttributeError)) return hd_None;
    HdAttributeError *e = HD_AS(HdAttributeError, exception);
    if (hd_is_null(e->name) || !hd_is_str(e->name) || hd_is_null(e->obj)) return hd_None;
    HD_OWNED HdValue names = hd_object_dir(t, e->obj);
    return hd_is_null(names) ? HD_NULL : nearest(t, names, e->name);
}
