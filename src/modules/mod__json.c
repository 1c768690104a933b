/* mod__json.c -- the module _json: what makes the package json quick. Strings are in json_string.c, reading is in
 * json_scanner.c, writing in json_encoder.c. No state, no locks.
 */
#include "json_types.h"

static const HdMethodDef functions[] = {
    HD_METHOD(hd_json_encode_basestring_ascii, "encode_basestring_ascii(string, /)",
              "encode_basestring_ascii(string) -> string\n\n"
              "Return a str that is a JSON string of the same text and holds ASCII characters alone."),
    HD_METHOD(hd_json_encode_basestring, "encode_basestring(string, /)",
              "encode_basestring(string) -> string\n\nReturn a str that is a JSON string of the same text."),
    HD_METHOD_RAW(hd_json_scanstring, "scanstring",
                  "scanstring(string, end, strict=True) -> (string, end)\n\n"
                  "Read the JSON string whose first character behind the quote is string[end]. Return its value\n"
                  "and the place behind its closing quote. If strict is false, control characters may stand in\n"
                  "it."),
    HD_METHODS_END,
};

static int json_exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &hd_json_scanner_type) < 0 || hd_type_ready(t, &hd_json_encoder_type) < 0 ||
        hd_module_set(t, module, "make_scanner", hd_type_value(&hd_json_scanner_type)) < 0) {
        return -1;
    }
    return hd_module_set(t, module, "make_encoder", hd_type_value(&hd_json_encoder_type));
}

const HdModuleDef hd_module__json = {
    .name = "_json",
    .doc = "What makes the package json quick: strings, a scanner and an encoder.",
    .functions = functions,
    .exec = json_exec,
};
