/* mod_pyexpat.c -- the module pyexpat: XML parsing by libexpat, with its submodules errors and model.
 *
 * The parser object is in expat_parser.c, its events are in expat_handlers.c. No locks.
 */
#include "expat_types.h"

typedef struct PyexpatState {
    HdValue error; /* ExpatError */
} PyexpatState;

static HdValue *error_slot(HdValue module) { return &((PyexpatState *)hd_module_state(module))->error; }

/* A str argument or None; NULL: None, or raised. */
static const char *text_argument(HdThread *t, HdValue v, const char *name) {
    if (hd_is_null(v) || hd_is_none(v)) return NULL;
    if (hd_is_str(v)) return hd_str_utf8(t, v, NULL);
    hd_raise(t, &hd_TypeError, "ParserCreate() argument '%s' must be str or None, not %s", name, hd_type_name(v));
    return NULL;
}

static HdValue pyexpat_create(HdThread *t, HdValue module, const HdValue *args) {
    const char *encoding = text_argument(t, args[0], "encoding");
    if (hd_raised(t)) return HD_NULL;
    const char *separator = text_argument(t, args[1], "namespace_separator");
    if (hd_raised(t)) return HD_NULL;
    if (separator && strlen(separator) > 1) {
        return hd_raise(t, &hd_ValueError, "namespace_separator must be at most one character, omitted, or None");
    }
    HD_OWNED HdValue intern = HD_NULL; /* None: names are not shared */
    if (hd_is_null(args[2])) {
        intern = hd_dict_new(t);
        if (hd_is_null(intern)) return HD_NULL;
    } else if (!hd_is_none(args[2])) {
        if (!hd_is_dict(args[2])) return hd_raise(t, &hd_TypeError, "intern must be a dictionary");
        intern = hd_retain(t, args[2]);
    }
    XML_Parser xml = XML_ParserCreate_MM(encoding, NULL, separator);
    return hd_expat_parser_new(t, xml, *error_slot(module), intern, HD_NULL);
}

static HdValue pyexpat_error_string(HdThread *t, HdValue module, const HdValue *args) {
    int64_t code = hd_number_as_i64(t, args[0]);
    if (code == -1 && hd_raised(t)) return HD_NULL;
    const char *words = code < 0 || code > INT32_MAX ? NULL : XML_ErrorString((enum XML_Error)code);
    return words ? hd_str_from_text(t, words) : hd_None;
}

/* --- errors and model --- */

#define CODE(name) {#name, name}
static const struct {
    const char *name;
    int code;
} error_codes[] = {
    CODE(XML_ERROR_NO_MEMORY), CODE(XML_ERROR_SYNTAX), CODE(XML_ERROR_NO_ELEMENTS), CODE(XML_ERROR_INVALID_TOKEN),
    CODE(XML_ERROR_UNCLOSED_TOKEN), CODE(XML_ERROR_PARTIAL_CHAR), CODE(XML_ERROR_TAG_MISMATCH),
    CODE(XML_ERROR_DUPLICATE_ATTRIBUTE), CODE(XML_ERROR_JUNK_AFTER_DOC_ELEMENT), CODE(XML_ERROR_PARAM_ENTITY_REF),
    CODE(XML_ERROR_UNDEFINED_ENTITY), CODE(XML_ERROR_RECURSIVE_ENTITY_REF), CODE(XML_ERROR_ASYNC_ENTITY),
    CODE(XML_ERROR_BAD_CHAR_REF), CODE(XML_ERROR_BINARY_ENTITY_REF), CODE(XML_ERROR_ATTRIBUTE_EXTERNAL_ENTITY_REF),
    CODE(XML_ERROR_MISPLACED_XML_PI), CODE(XML_ERROR_UNKNOWN_ENCODING), CODE(XML_ERROR_INCORRECT_ENCODING),
    CODE(XML_ERROR_UNCLOSED_CDATA_SECTION), CODE(XML_ERROR_EXTERNAL_ENTITY_HANDLING), CODE(XML_ERROR_NOT_STANDALONE),
    CODE(XML_ERROR_UNEXPECTED_STATE), CODE(XML_ERROR_ENTITY_DECLARED_IN_PE), CODE(XML_ERROR_FEATURE_REQUIRES_XML_DTD),
    CODE(XML_ERROR_CANT_CHANGE_FEATURE_ONCE_PARSING), CODE(XML_ERROR_UNBOUND_PREFIX),
    CODE(XML_ERROR_UNDECLARING_PREFIX), CODE(XML_ERROR_INCOMPLETE_PE), CODE(XML_ERROR_XML_DECL),
    CODE(XML_ERROR_TEXT_DECL), CODE(XML_ERROR_PUBLICID), CODE(XML_ERROR_SUSPENDED), CODE(XML_ERROR_NOT_SUSPENDED),
    CODE(XML_ERROR_ABORTED), CODE(XML_ERROR_FINISHED), CODE(XML_ERROR_SUSPEND_PE),
    CODE(XML_ERROR_RESERVED_PREFIX_XML), CODE(XML_ERROR_RESERVED_PREFIX_XMLNS),
    CODE(XML_ERROR_RESERVED_NAMESPACE_URI), CODE(XML_ERROR_INVALID_ARGUMENT), CODE(XML_ERROR_NO_BUFFER),
    CODE(XML_ERROR_AMPLIFICATION_LIMIT_BREACH),
};
static const struct {
    const char *name;
    int value;
} model_values[] = {
    CODE(XML_CTYPE_EMPTY), CODE(XML_CTYPE_ANY), CODE(XML_CTYPE_MIXED), CODE(XML_CTYPE_NAME), CODE(XML_CTYPE_CHOICE),
    CODE(XML_CTYPE_SEQ), CODE(XML_CQUANT_NONE), CODE(XML_CQUANT_OPT), CODE(XML_CQUANT_REP), CODE(XML_CQUANT_PLUS),
};

/* A module "pyexpat.name", in sys.modules and an attribute of `parent`; owned. */
static HdValue add_submodule(HdThread *t, HdValue parent, const char *short_name, const char *doc) {
    HD_OWNED HdValue full = hd_str_format(t, "pyexpat.%s", short_name);
    HD_OWNED HdValue made = hd_is_null(full) ? HD_NULL : hd_module_new(t, full);
    if (hd_is_null(made) || hd_module_set_text(t, made, "__doc__", doc) < 0) return HD_NULL;
    HD_OWNED HdValue importer = hd_iter_builtin(t, "__import__");
    HD_OWNED HdValue sys_name = hd_is_null(importer) ? HD_NULL : hd_str_from_text(t, "sys");
    HD_OWNED HdValue sys = hd_is_null(sys_name) ? HD_NULL : hd_object_call1(t, importer, sys_name);
    HD_OWNED HdValue modules = hd_is_null(sys) ? HD_NULL : hd_object_getattr_text(t, sys, "modules");
    if (hd_is_null(modules) || hd_object_setitem(t, modules, full, made) < 0) return HD_NULL;
    return hd_module_set(t, parent, short_name, made) < 0 ? HD_NULL : hd_move(&made);
}

static int add_errors(HdThread *t, HdValue parent) {
    HD_OWNED HdValue module = add_submodule(t, parent, "errors", "Constants used to describe error conditions.");
    HD_OWNED HdValue codes = hd_is_null(module) ? HD_NULL : hd_dict_new(t);
    HD_OWNED HdValue messages = hd_is_null(codes) ? HD_NULL : hd_dict_new(t);
    if (hd_is_null(messages)) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(error_codes); i++) {
        const char *words = XML_ErrorString((enum XML_Error)error_codes[i].code);
        HD_OWNED HdValue text = words ? hd_str_from_text(t, words) : HD_NULL;
        HdValue code = hd_imm_int(error_codes[i].code);
        if (!words) continue; /* a library older than its header */
        if (hd_is_null(text) || hd_module_set(t, module, error_codes[i].name, text) < 0 ||
            hd_dict_set(t, codes, text, code) < 0 || hd_dict_set(t, messages, code, text) < 0) {
            return -1;
        }
    }
    return hd_module_set(t, module, "codes", codes) < 0 ? -1 : hd_module_set(t, module, "messages", messages);
}

static int add_model(HdThread *t, HdValue parent) {
    HD_OWNED HdValue module =
        add_submodule(t, parent, "model", "Constants used to interpret content model information.");
    if (hd_is_null(module)) return -1;
    for (size_t i = 0; i < HD_COUNT_OF(model_values); i++) {
        if (hd_module_set_int(t, module, model_values[i].name, model_values[i].value) < 0) return -1;
    }
    return 0;
}

/* --- the module --- */

static int add_version(HdThread *t, HdValue module) {
    XML_Expat_Version version = XML_ExpatVersionInfo();
    HdValue numbers = hd_tuple_pack(t, 3, hd_imm_int(version.major), hd_imm_int(version.minor),
                                    hd_imm_int(version.micro));
    if (hd_module_set_steal(t, module, "version_info", numbers) < 0) return -1;
    if (hd_module_set_text(t, module, "EXPAT_VERSION", XML_ExpatVersion()) < 0) return -1;
    HD_OWNED HdValue list = hd_list_new(t, 8);
    for (const XML_Feature *f = XML_GetFeatureList(); f && f->feature != XML_FEATURE_END && !hd_is_null(list); f++) {
        HD_OWNED HdValue name = hd_str_from_text(t, f->name);
        HD_OWNED HdValue value = hd_is_null(name) ? HD_NULL : hd_int_from_i64(t, f->value);
        HdValue pair = hd_is_null(value) ? HD_NULL : hd_tuple_pack(t, 2, name, value);
        if (hd_is_null(pair) || hd_list_append_steal(t, list, pair) < 0) return -1;
    }
    return hd_module_set_steal(t, module, "features", hd_move(&list));
}

static int pyexpat_exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &hd_expat_parser_type) < 0) return -1;
    if (hd_module_set(t, module, "XMLParserType", hd_type_value(&hd_expat_parser_type)) < 0) return -1;
    HdValue error = hd_module_add_exception(t, module, "xml.parsers.expat.ExpatError", HD_NULL);
    *error_slot(module) = error;
    if (hd_is_null(error) || hd_module_set(t, module, "error", error) < 0 || add_version(t, module) < 0) return -1;
    if (hd_module_set_text(t, module, "native_encoding", "UTF-8") < 0) return -1;
    if (hd_module_set_int(t, module, "XML_PARAM_ENTITY_PARSING_NEVER", XML_PARAM_ENTITY_PARSING_NEVER) < 0 ||
        hd_module_set_int(t, module, "XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE",
                          XML_PARAM_ENTITY_PARSING_UNLESS_STANDALONE) < 0 ||
        hd_module_set_int(t, module, "XML_PARAM_ENTITY_PARSING_ALWAYS", XML_PARAM_ENTITY_PARSING_ALWAYS) < 0) {
        return -1;
    }
    return add_errors(t, module) < 0 ? -1 : add_model(t, module);
}
static int pyexpat_traverse(HdValue module, HdVisit visit, void *context) {
    HD_VISIT(*error_slot(module));
    return 0;
}
static void pyexpat_clear(HdThread *t, HdValue module) { hd_clear_slot(t, error_slot(module)); }

static const HdMethodDef pyexpat_functions[] = {
    HD_METHOD(pyexpat_create, "ParserCreate($module, /, encoding=None, namespace_separator=None, intern=<none>)",
              "A new XML parser. intern: a dict in which names are shared, None: they are not."),
    HD_METHOD(pyexpat_error_string, "ErrorString($module, code, /)", "The words for an error code."),
    HD_METHODS_END,
};

const HdModuleDef hd_module_pyexpat = {
    .name = "pyexpat",
    .doc = "Python wrapper for Expat parser.",
    .state_size = sizeof(PyexpatState),
    .functions = pyexpat_functions,
    .exec = pyexpat_exec,
    .traverse = pyexpat_traverse,
    .clear = pyexpat_clear,
};
