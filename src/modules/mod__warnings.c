/* mod__warnings.c -- the module _warnings: warn and warn_explicit, the filters, and what C code calls to warn.
 *
 * The rules are those of warnings.py: the first filter that fits decides; `once` and `default` remember in registries.
 * Showing a warning is warnings.py's work once it is imported; before that the text goes to sys.stderr by itself.
 * State: the module's own list and dicts, which Python code may replace in `warnings`; those are preferred when there.
 */
#include "heddle/module.h"
#include "vm.h"

typedef struct WarningsState {
    HdValue filters, once_registry, default_action;
    int64_t version; /* changes with _filters_mutated; atomic */
} WarningsState;

/* What one warning is about; all lent. */
typedef struct Warning {
    HdValue category, text, message, filename, module, registry, source, source_line;
    HdSize line;
} Warning;

/* warnings.<name> if that module is imported, else `own`; owned. */
static HdValue setting(HdThread *t, const char *name, HdValue own) {
    HD_OWNED HdValue module = hd_dict_get_text(t, hd_runtime.modules, "warnings");
    if (!hd_is_null(module) && hd_is_instance(module, &hd_module_type)) {
        HdValue v = hd_dict_get_text(t, hd_module_dict_borrowed(module), name);
        if (!hd_is_null(v)) return v;
    }
    return hd_retain(t, own);
}

/* Does `pattern` (None, a str to equal, or an object with match()) fit `text`? */
static int pattern_fits(HdThread *t, HdValue pattern, HdValue text) {
    if (hd_is_none(pattern)) return 1;
    if (hd_is_exact_str(pattern)) return hd_is_str(text) && hd_str_equal(pattern, text);
    HD_OWNED HdValue match = hd_object_call_method1(t, pattern, "match", text);
    return hd_is_null(match) ? -1 : hd_object_truth(t, match);
}

/* The action of the first filter that fits, owned. */
static HdValue find_action(HdThread *t, WarningsState *state, const Warning *w) {
    HD_OWNED HdValue filters = setting(t, "filters", state->filters);
    if (!hd_is_list(filters)) return hd_raise(t, &hd_ValueError, "_warnings.filters must be a list");
    for (HdSize i = 0; i < hd_list_length(filters); i++) {
        HD_OWNED HdValue item = hd_list_get(t, filters, i);
        if (hd_is_null(item)) break;
        if (!hd_is_tuple(item) || hd_tuple_length(item) != 5)
            return hd_raise(t, &hd_ValueError, "_warnings.filters item %zd isn't a 5-tuple", i);
        int fits = pattern_fits(t, hd_tuple_at_borrowed(item, 1), w->text);
        if (fits > 0) fits = hd_object_issubclass(t, w->category, hd_tuple_at_borrowed(item, 2));
        if (fits > 0) fits = pattern_fits(t, hd_tuple_at_borrowed(item, 3), w->module);
        if (fits < 0) return HD_NULL;
        if (!fits) continue;
        HdSize line = hd_number_as_size(t, hd_tuple_at_borrowed(item, 4), NULL);
        if (line == -1 && hd_raised(t)) return HD_NULL;
        if (line == 0 || line == w->line) return hd_retain(t, hd_tuple_at_borrowed(item, 0));
    }
    return setting(t, "defaultaction", state->default_action);
}

/* 1 when `key` is in the registry already; remembers it otherwise. */
static int already_warned(HdThread *t, WarningsState *state, HdValue registry, HdValue key, bool remember) {
    if (hd_is_null(key)) return -1;
    HD_OWNED HdValue version = hd_int_from_i64(t, HD_LOAD_RELAXED(&state->version));
    HD_OWNED HdValue seen = HD_NULL;
    int found = hd_dict_find(t, registry, HD_NAME("version"), &seen);
    if (found < 0) return -1;
    if (!found || !hd_same(seen, version)) {
        if (hd_dict_clear(t, registry) < 0 || hd_dict_set(t, registry, HD_NAME("version"), version) < 0) return -1;
    } else {
        HD_OWNED HdValue flag = HD_NULL;
        found = hd_dict_find(t, registry, key, &flag);
        if (found < 0) return -1;
        if (found) {
            int truth = hd_object_truth(t, flag);
            if (truth) return truth;
        }
    }
    return remember && hd_dict_set(t, registry, key, hd_True) < 0 ? -1 : 0;
}

/* Before warnings.py is imported: "file:line: Category: text" on sys.stderr. */
static int show_plainly(HdThread *t, const Warning *w) {
    HD_OWNED HdValue err = hd_dict_get_text(t, hd_runtime.sys_dict, "stderr");
    if (hd_is_null(err) || hd_is_none(err)) return 0;
    HD_OWNED HdValue line = hd_str_format(t, "%U:%zd: %s: %U\n", w->filename, w->line,
                                          hd_type_short_name(HD_AS(HdType, w->category)), w->text);
    HdValue written = hd_is_null(line) ? HD_NULL : hd_object_call_method1(t, err, "write", line);
    if (hd_is_null(written)) return -1;
    hd_release(t, written);
    return 0;
}

static int show(HdThread *t, const Warning *w) {
    /* the first warning shown imports warnings.py, unless we are at the end */
    HD_OWNED HdValue module = hd_runtime.finalizing || hd_is_null(hd_runtime.importlib)
                                  ? hd_dict_get_text(t, hd_runtime.modules, "warnings")
                                  : hd_object_import(t, "warnings");
    if (hd_is_null(module)) {
        hd_clear_raised(t);
        return show_plainly(t, w);
    }
    HD_OWNED HdValue show_message = HD_NULL;
    if (hd_object_find_attr(t, module, HD_NAME("_showwarnmsg"), &show_message) < 0) return -1;
    if (hd_is_null(show_message)) return show_plainly(t, w);
    HD_OWNED HdValue class = hd_object_getattr(t, module, HD_NAME("WarningMessage"));
    if (hd_is_null(class)) return -1;
    HD_OWNED HdValue line = hd_int_from_size(t, w->line);
    HdValue args[] = {w->message, w->category, w->filename, line, hd_None, hd_None, hd_is_null(w->source) ? hd_None : w->source};
    HD_OWNED HdValue message = hd_object_call_values(t, class, args, 7);
    HdValue shown = hd_is_null(message) ? HD_NULL : hd_object_call1(t, show_message, message);
    if (hd_is_null(shown)) return -1;
    hd_release(t, shown);
    return 0;
}

static int normalize_module(HdThread *t, Warning *w, HdValue *keep) {
    if (!hd_is_null(w->module)) return 0;
    HdSize length = hd_str_length(w->filename);
    if (length == 0) *keep = hd_str_from_text(t, "<unknown>");
    else if (length >= 3 && hd_str_at(w->filename, length - 3) == '.' && hd_str_at(w->filename, length - 2) == 'p' &&
             hd_str_at(w->filename, length - 1) == 'y')
        *keep = hd_str_substring(t, w->filename, 0, length - 3);
    else *keep = hd_retain(t, w->filename);
    w->module = *keep;
    return hd_is_null(*keep) ? -1 : 0;
}

/* The heart: decides what happens with a warning and does it; -1 = raised (the warning itself, perhaps). */
static int warn_explicit(HdThread *t, WarningsState *state, Warning *w) {
    if (!hd_is_null(w->registry) && !hd_is_dict(w->registry) && !hd_is_none(w->registry))
        return hd_raise_int(t, &hd_TypeError, "'registry' must be a dict or None, not '%T'", w->registry);
    if (!hd_is_null(w->registry) && hd_is_none(w->registry)) w->registry = HD_NULL;
    HD_OWNED HdValue module = HD_NULL;
    if (normalize_module(t, w, &module) < 0) return -1;
    HD_OWNED HdValue text = HD_NULL;
    HD_OWNED HdValue message = HD_NULL;
    int is_warning = hd_object_isinstance(t, w->message, hd_type_value(&hd_Warning));
    if (is_warning < 0) return -1;
    if (is_warning) {
        text = hd_object_str(t, w->message);
        w->category = hd_type_value(hd_type_of(w->message));
    } else {
        text = hd_retain(t, w->message);
        message = hd_object_call1(t, w->category, w->message);
        if (hd_is_null(message)) return -1;
        w->message = message;
    }
    if (hd_is_null(text)) return -1;
    w->text = text;
    HD_OWNED HdValue line = hd_int_from_size(t, w->line);
    HD_OWNED HdValue key = hd_tuple_pack(t, 3, text, w->category, line);
    if (hd_is_null(key)) return -1;
    if (!hd_is_null(w->registry)) {
        int known = already_warned(t, state, w->registry, key, false);
        if (known) return known < 0 ? -1 : 0;
    }
    HD_OWNED HdValue action = find_action(t, state, w);
    if (hd_is_null(action)) return -1;
    if (!hd_is_str(action)) return hd_raise_int(t, &hd_TypeError, "action must be a string, not '%T'", action);
    if (hd_str_equals_text(action, "error")) {
        hd_raise_instance(t, w->message);
        return -1;
    }
    if (hd_str_equals_text(action, "ignore")) return 0;
    int known = 0;
    if (!hd_str_equals_text(action, "always")) {
        if (!hd_is_null(w->registry) && hd_dict_set(t, w->registry, key, hd_True) < 0) return -1;
        if (hd_str_equals_text(action, "once")) {
            HD_OWNED HdValue once = setting(t, "onceregistry", state->once_registry);
            HD_OWNED HdValue short_key = hd_tuple_pack(t, 2, text, w->category);
            known = hd_is_dict(once) ? already_warned(t, state, once, short_key, true) : 0;
        } else if (hd_str_equals_text(action, "module")) {
            HD_OWNED HdValue short_key = hd_tuple_pack(t, 3, text, w->category, hd_imm_int(0));
            if (!hd_is_null(w->registry)) known = already_warned(t, state, w->registry, short_key, true);
        } else if (!hd_str_equals_text(action, "default")) {
            return hd_raise_int(t, &hd_RuntimeError, "Unrecognized action (%R) in warnings.filters:\n %R", action, hd_None);
        }
    }
    if (known) return known < 0 ? -1 : 0;
    return show(t, w);
}

/* A frame of importlib's own machinery, which stack levels pass over. */
static bool is_internal(HdFrame *frame) {
    HdValue name = frame->code->filename;
    static const char *const parts[] = {"importlib", "_bootstrap"};
    for (size_t i = 0; i < 2; i++) {
        bool there = false;
        HdSize length = (HdSize)strlen(parts[i]);
        for (HdSize at = 0; !there && at + length <= hd_str_length(name); at++) {
            HdSize n = 0;
            while (n < length && hd_str_at(name, at + n) == (uint8_t)parts[i][n]) n++;
            there = n == length;
        }
        if (!there) return false;
    }
    return true;
}

/* warn(message, category, stacklevel): finds file, line, module and registry in the frames. */
static int warn(HdThread *t, WarningsState *state, HdValue category, HdValue message, HdSize level, HdValue source) {
    HdFrame *frame = hd_frame_current(t);
    bool all = level <= 0 || (frame && is_internal(frame));
    for (HdSize i = 1; frame && i < level; i++) {
        do frame = frame->previous;
        while (!all && frame && is_internal(frame));
    }
    HD_OWNED HdValue globals = hd_retain(t, frame ? hd_frame_globals_borrowed(frame) : hd_runtime.sys_dict);
    HD_OWNED HdValue filename = frame ? hd_retain(t, frame->code->filename) : hd_str_from_text(t, "sys");
    Warning w = {.category = category, .message = message, .filename = filename, .source = source,
                 .line = frame ? hd_frame_line(frame) : 1};
    HD_OWNED HdValue registry = hd_dict_get_text(t, globals, "__warningregistry__");
    if (hd_is_null(registry)) {
        registry = hd_dict_new(t);
        if (hd_is_null(registry) || hd_dict_set(t, globals, HD_NAME("__warningregistry__"), registry) < 0) return -1;
    }
    HD_OWNED HdValue module = hd_dict_get_text(t, globals, "__name__");
    if (hd_is_null(module) || (!hd_is_str(module) && !hd_is_none(module)))
        hd_replace_steal(t, &module, hd_str_from_text(t, "<string>"));
    w.registry = registry;
    w.module = module;
    return hd_is_null(filename) ? -1 : warn_explicit(t, state, &w);
}

/* The category to use, lent; HD_NULL = raised. */
static HdValue check_category(HdThread *t, HdValue message, HdValue category) {
    if (hd_is_instance(message, &hd_Warning)) return hd_type_value(hd_type_of(message));
    if (hd_is_null(category) || hd_is_none(category)) return hd_type_value(&hd_UserWarning);
    int fits = hd_object_is_class(category) ? hd_object_issubclass(t, category, hd_type_value(&hd_Warning)) : 0;
    if (fits < 0) return HD_NULL;
    return fits ? category : hd_raise(t, &hd_TypeError, "category must be a Warning subclass, not '%T'", category);
}

static HdValue warnings_warn(HdThread *t, HdValue self, const HdValue *args) {
    HdValue category = check_category(t, args[0], args[1]);
    if (hd_is_null(category)) return HD_NULL;
    HdSize level = hd_is_null(args[2]) ? 1 : hd_number_as_size(t, args[2], &hd_OverflowError);
    if (level == -1 && hd_raised(t)) return HD_NULL;
    return warn(t, hd_module_state(self), category, args[0], level, args[3]) < 0 ? HD_NULL : hd_None;
}

static HdValue warnings_warn_explicit(HdThread *t, HdValue self, const HdValue *args) {
    Warning w = {.message = args[0], .category = args[1], .filename = args[2], .module = args[4], .registry = args[5],
                 .source = args[7]};
    w.line = hd_number_as_size(t, args[3], &hd_OverflowError);
    if (w.line == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_str(w.filename)) return hd_raise(t, &hd_TypeError, "warn_explicit() argument 3 must be str, not %T", w.filename);
    if (!hd_is_null(w.module) && hd_is_none(w.module)) return hd_None;
    if (!hd_is_null(args[6]) && !hd_is_none(args[6]) && !hd_is_dict(args[6]))
        return hd_raise(t, &hd_TypeError, "module_globals must be a dict, not '%T'", args[6]);
    return warn_explicit(t, hd_module_state(self), &w) < 0 ? HD_NULL : hd_None;
}

static HdValue warnings_filters_mutated(HdThread *t, HdValue self, const HdValue *args) {
    HD_FETCH_ADD(&((WarningsState *)hd_module_state(self))->version, 1);
    return hd_None;
}

/* hd_object_hooks.warn: the module's state, or silence before it exists. */
static int warn_hook(HdThread *t, HdType *category, HdValue message, HdSize level, HdValue source) {
    HD_OWNED HdValue module = hd_dict_get_text(t, hd_runtime.modules, "_warnings");
    if (hd_is_null(module) && !hd_is_null(hd_runtime.warnings_module)) module = hd_retain(t, hd_runtime.warnings_module);
    if (hd_is_null(module)) return 0;
    return warn(t, hd_module_state(module), hd_type_value(category), message, level, source);
}

static const HdMethodDef functions[] = {
    HD_METHOD(warnings_warn, "warn(message, category=None, stacklevel=1, source=None)", "Issue a warning, or maybe ignore it or raise an exception."),
    HD_METHOD(warnings_warn_explicit,
              "warn_explicit(message, category, filename, lineno, module=<none>, registry=<none>, module_globals=<none>, source=<none>)",
              "Issue a warning, or maybe ignore it or raise an exception."),
    HD_METHOD(warnings_filters_mutated, "_filters_mutated()", ""),
    HD_METHODS_END,
};

static int add_filter(HdThread *t, HdValue filters, HdType *category, const char *module, const char *action) {
    HD_OWNED HdValue action_str = hd_str_intern_text(t, action);
    HD_OWNED HdValue module_str = module ? hd_str_intern_text(t, module) : hd_None;
    if (hd_is_null(action_str) || hd_is_null(module_str)) return -1;
    HD_OWNED HdValue item = hd_tuple_pack(t, 5, action_str, hd_None, hd_type_value(category), module_str, hd_imm_int(0));
    return hd_is_null(item) ? -1 : hd_list_append(t, filters, item);
}

static int warnings_exec(HdThread *t, HdValue module) {
    WarningsState *state = hd_module_state(module);
    state->filters = hd_list_new(t, 5);
    state->once_registry = hd_dict_new(t);
    state->default_action = hd_str_intern_text(t, "default");
    if (hd_is_null(state->filters) || hd_is_null(state->once_registry) || hd_is_null(state->default_action)) return -1;
    HdValue f = state->filters;
    if (add_filter(t, f, &hd_DeprecationWarning, "__main__", "default") < 0 || add_filter(t, f, &hd_DeprecationWarning, NULL, "ignore") < 0 ||
        add_filter(t, f, &hd_PendingDeprecationWarning, NULL, "ignore") < 0 || add_filter(t, f, &hd_ImportWarning, NULL, "ignore") < 0 ||
        add_filter(t, f, &hd_ResourceWarning, NULL, "ignore") < 0)
        return -1;
    hd_object_hooks.warn = warn_hook;
    if (hd_is_null(hd_runtime.warnings_module)) hd_runtime.warnings_module = hd_retain(t, module);
    return hd_module_set(t, module, "filters", f) < 0 || hd_module_set(t, module, "_onceregistry", state->once_registry) < 0 ||
                   hd_module_set(t, module, "_defaultaction", state->default_action) < 0
               ? -1
               : 0;
}
static int warnings_traverse(HdValue module, HdVisit visit, void *context) {
    WarningsState *state = hd_module_state(module);
    HD_VISIT(state->filters);
    HD_VISIT(state->once_registry);
    HD_VISIT(state->default_action);
    return 0;
}
static void warnings_clear(HdThread *t, HdValue module) {
    WarningsState *state = hd_module_state(module);
    hd_clear_slot(t, &state->filters);
    hd_clear_slot(t, &state->once_registry);
    hd_clear_slot(t, &state->default_action);
}

const HdModuleDef hd_module__warnings = {
    .name = "_warnings",
    .doc = "_warnings provides basic warning filtering support.",
    .state_size = sizeof(WarningsState),
    .functions = functions,
    .exec = warnings_exec,
    .traverse = warnings_traverse,
    .clear = warnings_clear,
};
