/* native.c -- signatures of native functions: parsing them once, and binding arguments with CPython's messages.
 *
 * Parsed signatures live in a table keyed by the address of their definition; readers take no lock, a table that became
 * too small stays readable behind its successor. Binding runs no Python but the making of *args and **kwargs.
 */
#include "native.h"

#include <stdlib.h>

#include "dict.h"
#include "list.h"
#include "object_internal.h"
#include "str.h"

/* --- parsing --- */

static char *copy_text(const char *text, size_t length) {
    char *copy = malloc(length + 1);
    if (!copy) HD_PANIC("out of memory for a signature");
    memcpy(copy, text, length);
    copy[length] = '\0';
    return copy;
}

/* End of the parameter that begins at `at`: the next comma or parenthesis outside quotes and brackets. */
static const char *parameter_end(const char *at) {
    int depth = 0;
    char quote = 0;
    for (; *at; at++) {
        if (quote) {
            if (*at == '\\' && at[1]) at++;
            else if (*at == quote) quote = 0;
        } else if (*at == '\'' || *at == '"') {
            quote = *at;
        } else if (strchr("([{<", *at)) {
            depth++;
        } else if (depth && strchr(")]}>", *at)) {
            depth--;
        } else if (!depth && (*at == ',' || *at == ')')) {
            return at;
        }
    }
    HD_PANIC("signature without an end");
}

static HdValue intern_span(HdThread *t, const char *at, size_t length) {
    HdValue name = hd_str_from_utf8(t, at, (HdSize)length);
    if (hd_is_null(name)) HD_PANIC("out of memory for a signature");
    hd_str_intern_immortal(t, &name);
    return name;
}

/* One parameter, `[at, end)`; `*keyword_only` is set behind a star. */
static void parse_parameter(HdThread *t, HdSignature *s, const char *at, const char *end, bool *keyword_only) {
    while (end > at && end[-1] == ' ') end--;
    if (at == end || *at == '$') return;
    if (*at == '/') {
        s->positional_only = s->positional;
        return;
    }
    if (*at == '*') {
        if (end - at >= 2 && at[1] == '*') {
            s->has_var_keyword = true;
            return;
        }
        *keyword_only = true;
        if (end - at > 1) s->has_var_positional = true;
        return;
    }
    const char *equals = memchr(at, '=', (size_t)(end - at));
    const char *name_end = equals ? equals : end;
    while (name_end > at && name_end[-1] == ' ') name_end--;
    if (s->count == HD_PARAM_MAX) HD_PANIC("too many parameters: %s", s->def->signature);
    s->params[s->count] = intern_span(t, at, (size_t)(name_end - at));
    if (*keyword_only) {
        if (!equals) s->required_keywords |= 1u << s->count;
    } else {
        s->positional++;
        if (!equals) s->required = s->positional;
    }
    s->count++;
}

static HdSignature *parse(HdThread *t, const HdMethodDef *def) {
    HdSignature *s = calloc(1, sizeof *s);
    if (!s) HD_PANIC("out of memory for a signature");
    s->def = def;
    const char *open = strchr(def->signature, '(');
    size_t name_length = open ? (size_t)(open - def->signature) : strlen(def->signature);
    s->name = intern_span(t, def->signature, name_length);
    s->full_name = copy_text(def->signature, name_length);
    s->simple = true;
    s->direct = def->bound != NULL;
    if (!open) return s;
    bool keyword_only = false;
    const char *at = open + 1;
    while (*at != ')') {
        while (*at == ' ' || *at == '\n') at++;
        if (*at == ')') break;
        const char *end = parameter_end(at);
        parse_parameter(t, s, at, end, &keyword_only);
        at = *end == ',' ? end + 1 : end;
    }
    s->simple = s->positional_only == s->count && !s->has_var_positional && !s->has_var_keyword;
    s->direct = def->bound && s->positional == s->count && !s->has_var_positional && !s->has_var_keyword;
    if (!strstr(open, "<none>")) s->text = copy_text(open, (size_t)(at + 1 - open));
    return s;
}

/* --- the table of signatures --- */

typedef struct HdSignatureTable {
    struct HdSignatureTable *older;
    size_t mask, used;
    HdSignature *at[]; /* atomic */
} HdSignatureTable;

static size_t definition_hash(const HdMethodDef *def) { return (uintptr_t)def >> 3; }

static HdSignature *table_find(HdSignatureTable *table, const HdMethodDef *def) {
    for (size_t i = definition_hash(def);; i++) {
        HdSignature *s = HD_LOAD_ACQUIRE(&table->at[i & table->mask]);
        if (!s || s->def == def) return s;
    }
}

static void table_put(HdSignatureTable *table, HdSignature *s) {
    size_t i = definition_hash(s->def) & table->mask;
    while (table->at[i]) i = (i + 1) & table->mask;
    HD_STORE_RELEASE(&table->at[i], s);
    table->used++;
}

static HdSignatureTable *table_grown(HdSignatureTable *table) {
    size_t size = table ? (table->mask + 1) * 2 : 4096;
    HdSignatureTable *made = calloc(1, sizeof *made + size * sizeof made->at[0]);
    if (!made) HD_PANIC("out of memory for signatures");
    made->mask = size - 1;
    made->older = table;
    for (size_t i = 0; table && i <= table->mask; i++) {
        if (table->at[i]) table_put(made, table->at[i]);
    }
    return made;
}

HdSignature *hd_native_signature(HdThread *t, const HdMethodDef *def) {
    HdSignatureTable *table = HD_LOAD_ACQUIRE(&hd_runtime.signatures);
    HdSignature *found = table ? table_find(table, def) : NULL;
    if (HD_LIKELY(found != NULL)) return found;
    HdSignature *made = parse(t, def);
    hd_lock_object(t, &hd_native_function_type.head);
    table = hd_runtime.signatures;
    found = table ? table_find(table, def) : NULL;
    if (!found) {
        if (!table || table->used * 2 >= table->mask) {
            table = table_grown(table);
            HD_STORE_RELEASE(&hd_runtime.signatures, table);
        }
        table_put(table, made);
        found = made;
    }
    hd_unlock_object(t, &hd_native_function_type.head);
    return found;
}

/* --- messages --- */

static const char *plural(HdSize n) { return n == 1 ? "" : "s"; }
static const char *plain_name(const HdSignature *s) {
    const char *dot = strrchr(s->full_name, '.');
    return dot ? dot + 1 : s->full_name;
}

int hd_native_no_keywords(HdThread *t, const char *name, HdValue kwnames) {
    if (hd_is_null(kwnames) || hd_tuple_length(kwnames) == 0) return 0;
    return hd_raise_int(t, &hd_TypeError, "%s() takes no keyword arguments", name);
}

int hd_native_check_count(HdThread *t, const char *name, HdSize nargs, HdSize min, HdSize max) {
    if (nargs >= min && (max < 0 || nargs <= max)) return 0;
    HdSize wanted = nargs < min ? min : max;
    const char *bound = min == max ? "" : nargs < min ? "at least " : "at most ";
    if (name && *name) {
        return hd_raise_int(t, &hd_TypeError, "%s expected %s%zd argument%s, got %zd", name, bound, wanted, plural(wanted), nargs);
    }
    return hd_raise_int(t, &hd_TypeError, "expected %s%zd argument%s, got %zd", bound, wanted, plural(wanted), nargs);
}

/* Positional-only functions: three wordings, by how many parameters there are. */
static int wrong_count_simple(HdThread *t, const HdSignature *s, HdSize nargs) {
    if (s->count == 0) return hd_raise_int(t, &hd_TypeError, "%s() takes no arguments (%zd given)", s->full_name, nargs);
    if (s->count == 1 && s->required == 1) {
        return hd_raise_int(t, &hd_TypeError, "%s() takes exactly one argument (%zd given)", s->full_name, nargs);
    }
    if (s->def->takes) {
        bool few = nargs < s->required;
        HdSize wanted = few ? s->required : s->positional;
        return hd_raise_int(t, &hd_TypeError, "%s() takes at %s %zd argument%s (%zd given)", plain_name(s), few ? "least" : "most",
                            wanted, plural(wanted), nargs);
    }
    return hd_native_check_count(t, plain_name(s), nargs, s->required, s->positional);
}

/* --- binding --- */

static int index_of(const HdSignature *s, HdValue name) {
    for (int i = s->positional_only; i < s->count; i++) {
        if (hd_same(s->params[i], name)) return i;
    }
    for (int i = s->positional_only; i < s->count; i++) {
        if (hd_str_equal(s->params[i], name)) return i;
    }
    return -1;
}

/* Place of parameter i among the values: keyword-only ones come behind *args. */
HD_INLINE int place_of(const HdSignature *s, int i) { return i + (s->has_var_positional && i >= s->positional); }

static int bind_keyword(HdThread *t, const HdSignature *s, HdSize nargs, HdValue name, HdValue value, HdValue *out, HdValue rest) {
    int i = index_of(s, name);
    if (i < 0) {
        if (!hd_is_null(rest)) return hd_dict_set(t, rest, name, value);
        return hd_raise_int(t, &hd_TypeError, "'%U' is an invalid keyword argument for %s()", name, plain_name(s));
    }
    if (i < s->positional && i < nargs) {
        return hd_raise_int(t, &hd_TypeError, "argument for %s() given by name ('%U') and position (%d)", plain_name(s), name, i + 1);
    }
    out[place_of(s, i)] = value;
    return 0;
}

static int missing_argument(HdThread *t, const HdSignature *s, HdSize nargs, const HdValue *out) {
    int most = s->count;
    for (int i = 0; i < most; i++) {
        bool needed = i < s->positional ? i < s->required : (s->required_keywords >> i & 1) != 0;
        if (!needed || !hd_is_null(out[place_of(s, i)])) continue;
        if (i < s->positional_only) {
            return hd_raise_int(t, &hd_TypeError, "%s() takes %s %d positional argument%s (%zd given)", plain_name(s),
                                s->required < s->positional || s->has_var_positional ? "at least" : "exactly", s->required < s->positional_only ? s->required : s->positional_only,
                                plural(s->required < s->positional_only ? s->required : s->positional_only), nargs);
        }
        if (i >= s->positional) {
            return hd_raise_int(t, &hd_TypeError, "%s() missing required argument '%U' (pos %d)", plain_name(s), s->params[i], i + 1);
        }
        return hd_raise_int(t, &hd_TypeError, "%s() missing required argument '%U' (pos %d)", plain_name(s), s->params[i], i + 1);
    }
    return 0;
}

static int too_many_arguments(HdThread *t, const HdSignature *s, HdSize nargs, HdSize keywords) {
    if (!s->has_var_keyword && nargs + keywords > s->count && keywords + s->positional > 0) {
        return hd_raise_int(t, &hd_TypeError, "%s() takes %s %d %sargument%s (%zd given)", plain_name(s), "at most", s->count,
                            nargs == 0 ? "keyword " : "", plural(s->count), nargs + keywords);
    }
    if (s->positional == 0) return hd_raise_int(t, &hd_TypeError, "%s() takes no positional arguments", plain_name(s));
    return hd_raise_int(t, &hd_TypeError, "%s() takes %s %d positional argument%s (%zd given)", plain_name(s),
                        s->required < s->positional ? "at most" : "exactly", s->positional, plural(s->positional), nargs);
}

/* Lent values into out[]; the tuple and dict for * and ** are owned by the caller. */
static int bind(HdThread *t, const HdSignature *s, const HdRef *args, HdSize nargs, HdValue kwnames, HdValue *out) {
    HdSize keywords = hd_is_null(kwnames) ? 0 : hd_tuple_length(kwnames);
    int values = s->count + s->has_var_positional;
    if (HD_UNLIKELY(s->simple)) {
        if (keywords) return hd_native_no_keywords(t, s->full_name, kwnames);
        if (nargs < s->required || nargs > s->positional) return wrong_count_simple(t, s, nargs);
    }
    if (nargs > s->positional && !s->has_var_positional) return too_many_arguments(t, s, nargs, keywords);
    if (keywords && nargs + keywords > s->count && !s->has_var_positional && !s->has_var_keyword) {
        return too_many_arguments(t, s, nargs, keywords);
    }
    HdSize direct = nargs < s->positional ? nargs : s->positional;
    for (HdSize i = 0; i < direct; i++) out[i] = hd_ref_value(args[i]);
    for (HdSize i = direct; i < values; i++) out[i] = HD_NULL;
    HdValue rest_dict = HD_NULL;
    if (s->has_var_positional) {
        out[s->positional] = hd_tuple_from_refs(t, args + direct, nargs - direct);
        if (hd_is_null(out[s->positional])) return -1;
    }
    if (s->has_var_keyword) {
        rest_dict = out[values] = hd_dict_new(t);
        if (hd_is_null(rest_dict)) goto failed;
    }
    for (HdSize k = 0; k < keywords; k++) {
        HdValue name = hd_tuple_at_borrowed(kwnames, k);
        if (bind_keyword(t, s, nargs, name, hd_ref_value(args[nargs + k]), out, rest_dict) < 0) goto failed;
    }
    if (direct >= s->required && !s->required_keywords) return 0;
    if (missing_argument(t, s, nargs, out) == 0) return 0;
failed:
    if (s->has_var_positional) hd_release(t, out[s->positional]);
    hd_release(t, rest_dict);
    return -1;
}

int hd_native_bind(HdThread *t, const HdMethodDef *def, const HdRef *args, HdSize nargs, HdValue kwnames, HdValue *out) {
    HdSignature *s = hd_native_signature(t, def);
    return s ? bind(t, s, args, nargs, kwnames, out) : -1;
}

HdValue hd_native_call(HdThread *t, const HdSignature *s, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    const HdMethodDef *def = s->def;
    if (def->raw) return def->raw(t, self, args, nargs, kwnames);
    HdValue out[HD_PARAM_MAX + 2];
    if (HD_LIKELY(s->direct && hd_is_null(kwnames) && nargs >= s->required && nargs <= s->positional)) {
        HdSize i = 0;
        for (; i < nargs; i++) out[i] = hd_ref_value(args[i]);
        for (; i < s->positional; i++) out[i] = HD_NULL;
        return def->bound(t, self, out);
    }
    if (bind(t, s, args, nargs, kwnames, out) < 0) return HD_NULL;
    HdValue result = def->bound(t, self, out);
    if (s->has_var_positional) hd_release(t, out[s->positional]);
    if (s->has_var_keyword) hd_release(t, out[s->count + s->has_var_positional]);
    return result;
}
