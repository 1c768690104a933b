/* slots_doc.c -- the one-line documentation of special methods that built-in types have through their slots. No locks. */
#include "object_internal.h"
#include "str.h"

static const struct {
    const char *name, *symbol;
} operators[] = {
    {"add", "+"}, {"sub", "-"}, {"mul", "*"}, {"mod", "%"}, {"lshift", "<<"}, {"rshift", ">>"}, {"and", "&"}, {"xor", "^"},
    {"or", "|"}, {"floordiv", "//"}, {"truediv", "/"}, {"matmul", "@"}, {"lt", "<"}, {"le", "<="}, {"eq", "=="}, {"ne", "!="},
    {"gt", ">"}, {"ge", ">="},
};

static const struct {
    const char *name, *doc;
} others[] = {
    {"repr", "Return repr(self)."},
    {"str", "Return str(self)."},
    {"hash", "Return hash(self)."},
    {"len", "Return len(self)."},
    {"call", "Call self as a function."},
    {"init", "Initialize self.  See help(type(self)) for accurate signature."},
    {"getattribute", "Return getattr(self, name)."},
    {"setattr", "Implement setattr(self, name, value)."},
    {"delattr", "Implement delattr(self, name)."},
    {"iter", "Implement iter(self)."},
    {"next", "Implement next(self)."},
    {"aiter", "Return an asynchronous iterator."},
    {"anext", "Return an awaitable of the next value; StopAsyncIteration at the end."},
    {"await", "Return the iterator that await drives."},
    {"get", "Return the attribute of instance, an instance of owner."},
    {"set", "Set the attribute of instance to value."},
    {"delete", "Delete the attribute of instance."},
    {"getitem", "Return self[key]."},
    {"setitem", "Set self[key] to value."},
    {"delitem", "Delete self[key]."},
    {"contains", "Return key in self."},
    {"bool", "True if self else False"},
    {"neg", "-self"},
    {"pos", "+self"},
    {"invert", "~self"},
    {"abs", "abs(self)"},
    {"int", "int(self)"},
    {"float", "float(self)"},
    {"index", "Return self as an int that can serve as an index."},
    {"divmod", "Return divmod(self, value)."},
    {"rdivmod", "Return divmod(value, self)."},
    {"pow", "Return pow(self, value, mod)."},
    {"rpow", "Return pow(value, self, mod)."},
    {"ipow", "Return self**=value."},
};

static bool is_stem(const char *name, size_t length, const char *stem) {
    return strlen(stem) == length && memcmp(name, stem, length) == 0;
}

HdValue hd_slots_doc(HdThread *t, const char *name) {
    size_t length = strlen(name);
    if (length < 5) return hd_None;
    const char *stem = name + 2;
    length -= 4;
    for (size_t i = 0; i < HD_COUNT_OF(others); i++)
        if (is_stem(stem, length, others[i].name)) return hd_str_from_text(t, others[i].doc);
    for (size_t i = 0; i < HD_COUNT_OF(operators); i++) {
        const char *symbol = operators[i].symbol;
        if (is_stem(stem, length, operators[i].name)) return hd_str_format(t, "Return self%svalue.", symbol);
        if (!is_stem(stem + 1, length - 1, operators[i].name)) continue;
        if (stem[0] == 'r') return hd_str_format(t, "Return value%sself.", symbol);
        if (stem[0] == 'i') return hd_str_format(t, "Return self%s=value.", symbol);
    }
    return hd_None;
}
