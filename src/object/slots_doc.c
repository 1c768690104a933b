/* slots_doc.c -- the one-line documentation of special methods that built-in types have through their slots. No locks.
 * The words are ours, but for those of __next__, which CPython's doctests of iterators print. */
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
    {"repr", "What repr() shows."},
    {"str", "What str() gives."},
    {"hash", "What hash() gives."},
    {"len", "How many items there are."},
    {"call", "What a call of the object does."},
    {"init", "Makes a new object ready; the class tells which arguments it takes."},
    {"getattribute", "Looks an attribute up."},
    {"setattr", "Sets an attribute."},
    {"delattr", "Deletes an attribute."},
    {"iter", "An iterator over the items."},
    {"next", "Implement next(self)."},
    {"aiter", "An asynchronous iterator."},
    {"anext", "An awaitable of the next value; StopAsyncIteration at the end."},
    {"await", "The iterator that await drives."},
    {"get", "The attribute as an instance, or its class, shows it."},
    {"set", "Sets the attribute of an instance."},
    {"delete", "Deletes the attribute of an instance."},
    {"getitem", "The item at a key."},
    {"setitem", "Puts an item at a key."},
    {"delitem", "Deletes the item at a key."},
    {"contains", "Whether the item is there."},
    {"bool", "Whether the object counts as true."},
    {"neg", "The negative."},
    {"pos", "The unary plus."},
    {"invert", "The bits inverted."},
    {"abs", "The absolute value."},
    {"int", "The value as an int."},
    {"float", "The value as a float."},
    {"index", "The value as an int, without loss."},
    {"divmod", "Quotient and remainder."},
    {"rdivmod", "Quotient and remainder, the operands exchanged."},
    {"pow", "The power, of a modulus if one is given."},
    {"rpow", "The power, the operands exchanged."},
    {"ipow", "The power, in place."},
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
        if (is_stem(stem, length, operators[i].name)) return hd_str_format(t, "self %s value", symbol);
        if (!is_stem(stem + 1, length - 1, operators[i].name)) continue;
        if (stem[0] == 'r') return hd_str_format(t, "value %s self", symbol);
        if (stem[0] == 'i') return hd_str_format(t, "self %s= value, in place if that can be", symbol);
    }
    return hd_None;
}
