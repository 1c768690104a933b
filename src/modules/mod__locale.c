/* mod__locale.c -- the module _locale: the C library's locale, which belongs to the process.
 *
 * Nothing else in Heddle reads the C library's locale but time.strftime; texts of it are decoded as UTF-8 with
 * surrogateescape. `lock` keeps setlocale away from the calls whose results the C library may overwrite.
 */
#include <errno.h>
#include <langinfo.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include <heddle/module.h>

#include "mutex.h"

typedef struct State {
    HdValue error;
    HdMutex lock;
} State;
static State *state_of(HdValue module) { return hd_module_state(module); }
static HdValue failed(HdThread *t, HdValue module, const char *text) {
    HD_OWNED HdValue message = hd_str_from_text(t, text);
    HD_OWNED HdValue exception = hd_is_null(message) ? HD_NULL : hd_object_call1(t, state_of(module)->error, message);
    return hd_is_null(exception) ? HD_NULL : hd_raise_instance(t, exception);
}
static HdValue decode(HdThread *t, const char *text) { return hd_str_from_fs(t, text, (HdSize)strlen(text)); }
/* Text of an argument, lent by it; NULL raised. */
static const char *text_of(HdThread *t, HdValue v, const char *where, const char *expected) {
    if (!hd_is_str(v)) {
        hd_raise(t, &hd_TypeError, "%s must be %s, not %T", where, expected, v);
        return NULL;
    }
    HdSize length;
    const char *text = hd_str_utf8(t, v, &length);
    if (text && strlen(text) != (size_t)length) {
        hd_raise(t, &hd_ValueError, "embedded null character");
        return NULL;
    }
    return text;
}

static HdValue locale_setlocale(HdThread *t, HdValue self, const HdValue *args) {
    int category = hd_number_as_int(t, args[0]);
    if (category == -1 && hd_raised(t)) return HD_NULL;
    const char *name = NULL;
    if (!hd_is_null(args[1]) && !hd_is_none(args[1]) &&
        !(name = text_of(t, args[1], "setlocale() argument 2", "str or None")))
        return HD_NULL;
    hd_mutex_lock(t, &state_of(self)->lock);
    const char *result = setlocale(category, name);
    char *copy = result ? strdup(result) : NULL;
    hd_mutex_unlock(&state_of(self)->lock);
    if (!result) return failed(t, self, name ? "unsupported locale setting" : "locale query failed");
    if (!copy) return hd_raise_no_memory(t);
    HdValue text = decode(t, copy);
    free(copy);
    return text;
}

/* --- what a locale says --- */

/* "\3\3" to [3, 3, 0]: the C library's grouping ends in CHAR_MAX or, repeated for ever, 0. */
static HdValue make_grouping(HdThread *t, const char *grouping) {
    HD_OWNED HdValue list = hd_list_new(t, 0);
    if (!grouping[0]) return hd_move(&list);
    for (; !hd_is_null(list); grouping++) {
        if (hd_list_append(t, list, hd_imm_int(*grouping)) < 0) return HD_NULL;
        if (*grouping == 0 || *grouping == CHAR_MAX) break;
    }
    return hd_move(&list);
}
HD_CHECK static int put(HdThread *t, HdValue dict, const char *key, HdValue value) {
    HD_OWNED HdValue owned = value;
    return hd_is_null(owned) ? -1 : hd_dict_set_text(t, dict, key, owned);
}
/* Fills the dict from `l`, which nobody changes meanwhile. */
HD_CHECK static int fill_conventions(HdThread *t, HdValue dict, const struct lconv *l) {
    const struct {
        const char *key, *text;
    } texts[] = {{"int_curr_symbol", l->int_curr_symbol}, {"currency_symbol", l->currency_symbol},
                 {"mon_decimal_point", l->mon_decimal_point}, {"mon_thousands_sep", l->mon_thousands_sep},
                 {"positive_sign", l->positive_sign}, {"negative_sign", l->negative_sign},
                 {"decimal_point", l->decimal_point}, {"thousands_sep", l->thousands_sep}};
    const struct {
        const char *key;
        char number;
    } numbers[] = {{"int_frac_digits", l->int_frac_digits}, {"frac_digits", l->frac_digits},
                   {"p_cs_precedes", l->p_cs_precedes},     {"p_sep_by_space", l->p_sep_by_space},
                   {"n_cs_precedes", l->n_cs_precedes},     {"n_sep_by_space", l->n_sep_by_space},
                   {"p_sign_posn", l->p_sign_posn},         {"n_sign_posn", l->n_sign_posn}};
    for (size_t i = 0; i < 4; i++) {
        if (put(t, dict, texts[i].key, decode(t, texts[i].text)) < 0) return -1;
    }
    if (put(t, dict, "mon_grouping", make_grouping(t, l->mon_grouping)) < 0) return -1;
    for (size_t i = 4; i < 6; i++) {
        if (put(t, dict, texts[i].key, decode(t, texts[i].text)) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(numbers); i++) {
        if (hd_dict_set_text(t, dict, numbers[i].key, hd_imm_int(numbers[i].number)) < 0) return -1;
    }
    for (size_t i = 6; i < 8; i++) {
        if (put(t, dict, texts[i].key, decode(t, texts[i].text)) < 0) return -1;
    }
    return put(t, dict, "grouping", make_grouping(t, l->grouping));
}
static HdValue locale_localeconv(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue dict = hd_dict_new(t);
    if (hd_is_null(dict)) return HD_NULL;
    hd_mutex_lock(t, &state_of(self)->lock);
    int status = fill_conventions(t, dict, localeconv());
    hd_mutex_unlock(&state_of(self)->lock);
    return status < 0 ? HD_NULL : hd_move(&dict);
}
#define C(name) {#name, (int64_t)(name)}
typedef struct Constant {
    const char *name;
    int64_t value;
} Constant;
static const Constant categories[] = {
    C(LC_ALL), C(LC_COLLATE), C(LC_CTYPE), C(LC_MESSAGES), C(LC_MONETARY), C(LC_NUMERIC), C(LC_TIME), C(CHAR_MAX),
};
static const Constant items[] = {
    C(ABDAY_1), C(ABDAY_2), C(ABDAY_3), C(ABDAY_4), C(ABDAY_5), C(ABDAY_6), C(ABDAY_7), C(ABMON_1), C(ABMON_10),
    C(ABMON_11), C(ABMON_12), C(ABMON_2), C(ABMON_3), C(ABMON_4), C(ABMON_5), C(ABMON_6), C(ABMON_7), C(ABMON_8),
    C(ABMON_9), C(ALT_DIGITS), C(AM_STR), C(CODESET), C(CRNCYSTR), C(DAY_1), C(DAY_2), C(DAY_3), C(DAY_4), C(DAY_5),
    C(DAY_6), C(DAY_7), C(D_FMT), C(D_T_FMT), C(ERA), C(ERA_D_FMT), C(ERA_D_T_FMT), C(ERA_T_FMT), C(MON_1), C(MON_10),
    C(MON_11), C(MON_12), C(MON_2), C(MON_3), C(MON_4), C(MON_5), C(MON_6), C(MON_7), C(MON_8), C(MON_9), C(NOEXPR),
    C(PM_STR), C(RADIXCHAR), C(THOUSEP), C(T_FMT), C(T_FMT_AMPM), C(YESEXPR),
    {"_DATE_FMT", _DATE_FMT},
};
#undef C
static HdValue locale_nl_langinfo(HdThread *t, HdValue self, const HdValue *args) {
    int key = hd_number_as_int(t, args[0]);
    if (key == -1 && hd_raised(t)) return HD_NULL;
    for (size_t i = 0; i < HD_COUNT_OF(items); i++) {
        if (items[i].value != key) continue;
        hd_mutex_lock(t, &state_of(self)->lock);
        const char *text = nl_langinfo(key);
        HdValue result = decode(t, text ? text : "");
        hd_mutex_unlock(&state_of(self)->lock);
        return result;
    }
    return hd_raise(t, &hd_ValueError, "unsupported langinfo constant");
}
static HdValue locale_getencoding(HdThread *t, HdValue self, const HdValue *args) {
    return hd_str_from_text(t, "UTF-8");
}

/* --- order --- */

/* The code points as wchar_t, ended by zero; to be freed. NULL raised. */
static wchar_t *wide_text(HdThread *t, HdValue str) {
    HdSize length = hd_str_length(str);
    wchar_t *wide = malloc(((size_t)length + 1) * sizeof *wide);
    if (!wide) {
        hd_raise_no_memory(t);
        return NULL;
    }
    for (HdSize i = 0; i < length; i++) wide[i] = (wchar_t)hd_str_at(str, i);
    wide[length] = 0;
    if (wcslen(wide) == (size_t)length) return wide;
    free(wide);
    hd_raise(t, &hd_ValueError, "embedded null character");
    return NULL;
}
static HdValue locale_strcoll(HdThread *t, HdValue self, const HdValue *args) {
    for (int i = 0; i < 2; i++) {
        if (!hd_is_str(args[i]))
            return hd_raise(t, &hd_TypeError, "strcoll() argument %d must be str, not %T", i + 1, args[i]);
    }
    wchar_t *a = wide_text(t, args[0]), *b = a ? wide_text(t, args[1]) : NULL;
    HdValue result = b ? hd_imm_int(wcscoll(a, b)) : HD_NULL;
    free(a);
    free(b);
    return result;
}
static HdValue locale_strxfrm(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_str(args[0])) return hd_raise(t, &hd_TypeError, "strxfrm() argument must be str, not %T", args[0]);
    wchar_t *text = wide_text(t, args[0]);
    if (!text) return HD_NULL;
    size_t size = wcslen(text) + 1;
    for (;;) {
        wchar_t *keys = malloc(size * sizeof *keys);
        if (!keys) {
            free(text);
            return hd_raise_no_memory(t);
        }
        errno = 0;
        size_t length = wcsxfrm(keys, text, size);
        int error = errno == ERANGE ? 0 : errno;
        HdValue result = HD_NULL;
        if (error) result = hd_raise_errno(t, error, HD_NULL);
        else if (length < size) result = hd_str_from_kind(t, sizeof *keys, keys, (HdSize)length);
        free(keys);
        if (error || length < size) {
            free(text);
            return result;
        }
        size = length + 1;
    }
}

/* --- messages of the C library --- */

static HdValue locale_gettext(HdThread *t, HdValue self, const HdValue *args) {
    const char *message = text_of(t, args[0], "gettext() argument", "str");
    return message ? decode(t, gettext(message)) : HD_NULL;
}
/* dgettext and dcgettext; the domain may be None. */
static HdValue from_domain(HdThread *t, const HdValue *args, const char *name, int category) {
    char first[32], second[32];
    snprintf(first, sizeof first, "%s() argument 1", name);
    snprintf(second, sizeof second, "%s() argument 2", name);
    const char *domain = NULL;
    if (!hd_is_none(args[0]) && !(domain = text_of(t, args[0], first, "str or None"))) return HD_NULL;
    const char *message = text_of(t, args[1], second, "str");
    return message ? decode(t, dcgettext(domain, message, category)) : HD_NULL;
}
static HdValue locale_dgettext(HdThread *t, HdValue self, const HdValue *args) {
    return from_domain(t, args, "dgettext", LC_MESSAGES);
}
static HdValue locale_dcgettext(HdThread *t, HdValue self, const HdValue *args) {
    int category = hd_number_as_int(t, args[2]);
    return category == -1 && hd_raised(t) ? HD_NULL : from_domain(t, args, "dcgettext", category);
}
static HdValue locale_textdomain(HdThread *t, HdValue self, const HdValue *args) {
    const char *domain = NULL;
    if (!hd_is_none(args[0]) && !(domain = text_of(t, args[0], "textdomain() argument", "str or None"))) return HD_NULL;
    const char *current = textdomain(domain);
    return current ? decode(t, current) : hd_raise_errno(t, errno, HD_NULL);
}
static HdValue locale_bindtextdomain(HdThread *t, HdValue self, const HdValue *args) {
    const char *domain = text_of(t, args[0], "bindtextdomain() argument 1", "str"), *folder = NULL;
    if (!domain) return HD_NULL;
    if (!*domain) return failed(t, self, "domain must be a non-empty string");
    if (!hd_is_none(args[1]) && !(folder = text_of(t, args[1], "bindtextdomain() argument 2", "str or None")))
        return HD_NULL;
    const char *current = bindtextdomain(domain, folder);
    return current ? decode(t, current) : hd_raise_errno(t, errno, HD_NULL);
}
static HdValue locale_bind_textdomain_codeset(HdThread *t, HdValue self, const HdValue *args) {
    const char *domain = text_of(t, args[0], "bind_textdomain_codeset() argument 1", "str"), *codeset = NULL;
    if (!domain) return HD_NULL;
    if (!hd_is_none(args[1]) && !(codeset = text_of(t, args[1], "bind_textdomain_codeset() argument 2", "str or None")))
        return HD_NULL;
    const char *current = bind_textdomain_codeset(domain, codeset);
    return current ? decode(t, current) : hd_None;
}

static const HdMethodDef locale_functions[] = {
    HD_METHOD(locale_setlocale, "setlocale(category, locale=<unrepresentable>, /)",
              "The locale of a category; changes it if a name is given."),
    HD_METHOD(locale_localeconv, "localeconv()", "How the locale writes numbers and money."),
    HD_METHOD(locale_nl_langinfo, "nl_langinfo(key, /)", "A text of the locale, by its number."),
    HD_METHOD(locale_getencoding, "getencoding()", "The encoding of texts of the system: UTF-8."),
    HD_METHOD(locale_strcoll, "strcoll(os1, os2, /)", "Which text comes first in the locale: negative, 0 or positive."),
    HD_METHOD(locale_strxfrm, "strxfrm(string, /)", "A text that compares as this one does in the locale."),
    HD_METHOD(locale_gettext, "gettext(msg, /)", "A message translated by the C library."),
    HD_METHOD(locale_dgettext, "dgettext(domain, msg, /)", "A message translated by the C library, of a domain."),
    HD_METHOD(locale_dcgettext, "dcgettext(domain, msg, category, /)",
              "A message translated by the C library, of a domain and a category."),
    HD_METHOD(locale_textdomain, "textdomain(domain, /)",
              "The domain of the C library's messages; changes it if given."),
    HD_METHOD(locale_bindtextdomain, "bindtextdomain(domain, dir, /)",
              "The folder of the C library's messages of a domain; sets it if given."),
    HD_METHOD(locale_bind_textdomain_codeset, "bind_textdomain_codeset(domain, codeset, /)",
              "The encoding of the C library's messages of a domain; sets it if given."),
    HD_METHODS_END,
};
static int locale_exec(HdThread *t, HdValue module) {
    for (size_t i = 0; i < HD_COUNT_OF(categories); i++) {
        if (hd_module_set_int(t, module, categories[i].name, categories[i].value) < 0) return -1;
    }
    for (size_t i = 0; i < HD_COUNT_OF(items); i++) {
        if (hd_module_set_int(t, module, items[i].name, items[i].value) < 0) return -1;
    }
    state_of(module)->error = hd_module_add_exception(t, module, "locale.Error", HD_NULL);
    return hd_is_null(state_of(module)->error) ? -1 : 0;
}
static int locale_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(state_of(module)->error);
    return 0;
}
static void locale_clear(HdThread *t, HdValue module) { hd_clear_slot(t, &state_of(module)->error); }

const HdModuleDef hd_module__locale = {
    .name = "_locale",
    .doc = "The locale of the C library, for the module locale.",
    .state_size = sizeof(State),
    .functions = locale_functions,
    .exec = locale_exec,
    .traverse = locale_traverse,
    .clear = locale_clear,
};
