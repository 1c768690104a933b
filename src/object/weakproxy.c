/* weakproxy.c -- weakref.proxy: objects that hand every operation on to their target while it lives.
 *
 * A proxy is a weak reference (weakref.c) of another type; callable targets get a type of their own, so that callable()
 * tells the truth. Each operation takes the target for its duration; ReferenceError when it is gone.
 */
#include "number.h"
#include "object_internal.h"
#include "str.h"
#include "weakref.h"

static bool is_proxy(HdValue v) {
    return hd_is_object(v) && v.bits &&
           (hd_as_object(v)->type == &hd_weakproxy_type || hd_as_object(v)->type == &hd_weakcallableproxy_type);
}

/* What an operand stands for, owned: a proxy's target, anything else itself. HD_NULL: ReferenceError. */
static HdValue unwrap(HdThread *t, HdValue v) {
    if (!is_proxy(v)) return hd_retain(t, v);
    if (hd_object_enter(t, "") < 0) return HD_NULL;
    HdValue target = hd_weakref_get(t, v);
    return hd_is_null(target) ? hd_raise(t, &hd_ReferenceError, "weakly-referenced object no longer exists") : target;
}

HdValue hd_weakproxy_new(HdThread *t, HdValue target, HdValue callback) {
    HdType *type = hd_object_is_callable(target) ? &hd_weakcallableproxy_type : &hd_weakproxy_type;
    return hd_weakref_make(t, type, target, callback);
}

/* --- the object's protocol --- */

static HdValue proxy_repr(HdThread *t, HdValue self) {
    HD_OWNED HdValue target = hd_weakref_get(t, self);
    HdValue shown = hd_is_null(target) ? hd_None : target;
    return hd_str_format(t, "<weakproxy at %p to %s at %p>", (void *)self.bits, hd_type_of(shown)->name, (void *)shown.bits);
}

static HdValue proxy_getattr(HdThread *t, HdValue self, HdValue name) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? HD_NULL : hd_object_getattr(t, target, name);
}
static int proxy_setattr(HdThread *t, HdValue self, HdValue name, HdValue value) {
    HD_OWNED HdValue target = unwrap(t, self);
    if (hd_is_null(target)) return -1;
    return hd_is_null(value) ? hd_object_delattr(t, target, name) : hd_object_setattr(t, target, name, value);
}

static HdValue proxy_compare(HdThread *t, HdValue left, HdValue right, int op) {
    HD_OWNED HdValue a = unwrap(t, left);
    HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : unwrap(t, right);
    return hd_is_null(b) ? HD_NULL : hd_object_compare(t, a, b, op);
}

static HdValue proxy_call(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? HD_NULL : hd_object_call(t, target, args, nargs, kwnames);
}

static HdValue proxy_next(HdThread *t, HdValue self) {
    HD_OWNED HdValue target = unwrap(t, self);
    if (hd_is_null(target)) return HD_NULL;
    if (!hd_object_is_iterator(target)) {
        return hd_raise(t, &hd_TypeError, "Weakref proxy referenced a non-iterator '%s' object", hd_type_of(target)->name);
    }
    return hd_object_next(t, target);
}

/* --- containers --- */

static HdSize proxy_length(HdThread *t, HdValue self) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? -1 : hd_object_length(t, target);
}
static HdValue proxy_getitem(HdThread *t, HdValue self, HdValue key) {
    HD_OWNED HdValue target = unwrap(t, self);
    HD_OWNED HdValue item = hd_is_null(target) ? HD_NULL : unwrap(t, key);
    return hd_is_null(item) ? HD_NULL : hd_object_getitem(t, target, item);
}
static int proxy_setitem(HdThread *t, HdValue self, HdValue key, HdValue value) {
    HD_OWNED HdValue target = unwrap(t, self);
    if (hd_is_null(target)) return -1;
    return hd_is_null(value) ? hd_object_delitem(t, target, key) : hd_object_setitem(t, target, key, value);
}
static int proxy_contains(HdThread *t, HdValue self, HdValue item) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? -1 : hd_object_contains(t, target, item);
}

/* --- numbers --- */

static int proxy_truth(HdThread *t, HdValue self) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? -1 : hd_object_truth(t, target);
}

static HdValue binary(HdThread *t, int op, HdValue left, HdValue right) {
    HD_OWNED HdValue a = unwrap(t, left);
    HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : unwrap(t, right);
    return hd_is_null(b) ? HD_NULL : hd_number_op(t, op, a, b);
}

static HdValue proxy_divmod(HdThread *t, HdValue left, HdValue right) {
    HD_OWNED HdValue a = unwrap(t, left);
    HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : unwrap(t, right);
    return hd_is_null(b) ? HD_NULL : hd_number_divmod(t, a, b);
}
static HdValue proxy_power(HdThread *t, HdValue base, HdValue exponent, HdValue modulus) {
    HD_OWNED HdValue a = unwrap(t, base);
    HD_OWNED HdValue b = hd_is_null(a) ? HD_NULL : unwrap(t, exponent);
    HD_OWNED HdValue c = hd_is_null(b) ? HD_NULL : unwrap(t, modulus);
    return hd_is_null(c) ? HD_NULL : hd_number_power(t, a, b, c);
}

/* One operator a line. */
#define UNARY(name, function)                                            \
    static HdValue proxy_##name(HdThread *t, HdValue self) {             \
        HD_OWNED HdValue target = unwrap(t, self);                       \
        return hd_is_null(target) ? HD_NULL : function(t, target);       \
    }
#define BINARY(name, OP)                                                                                        \
    static HdValue proxy_##name(HdThread *t, HdValue left, HdValue right) {                                     \
        return binary(t, HD_OP_##OP, left, right);                                                              \
    }                                                                                                           \
    static HdValue proxy_inplace_##name(HdThread *t, HdValue self, HdValue right) {                             \
        return binary(t, HD_OP_INPLACE + HD_OP_##OP, self, right);                                              \
    }
UNARY(str, hd_object_str)
UNARY(iter, hd_object_iter)
UNARY(negative, hd_number_negative)
UNARY(positive, hd_number_positive)
UNARY(absolute, hd_number_absolute)
UNARY(invert, hd_number_invert)
UNARY(int, hd_number_int)
UNARY(float, hd_number_float)
UNARY(index, hd_number_index)
BINARY(add, ADD)
BINARY(subtract, SUBTRACT)
BINARY(multiply, MULTIPLY)
BINARY(remainder, REMAINDER)
BINARY(lshift, LSHIFT)
BINARY(rshift, RSHIFT)
BINARY(and, AND)
BINARY(xor, XOR)
BINARY(or, OR)
BINARY(floor_divide, FLOOR_DIVIDE)
BINARY(true_divide, TRUE_DIVIDE)
BINARY(matrix_multiply, MATRIX_MULTIPLY)
static HdValue proxy_inplace_power(HdThread *t, HdValue self, HdValue right) {
    return binary(t, HD_OP_INPLACE + HD_OP_POWER, self, right);
}

/* --- tables --- */

static HdValue proxy_bytes(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? HD_NULL : hd_object_call_method0(t, target, "__bytes__");
}
static HdValue proxy_reversed(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue target = unwrap(t, self);
    return hd_is_null(target) ? HD_NULL : hd_object_call_method0(t, target, "__reversed__");
}

static const HdMethodDef proxy_methods[] = {
    HD_METHOD(proxy_bytes, "__bytes__($self, /)", NULL),
    HD_METHOD(proxy_reversed, "__reversed__($self, /)", NULL),
    HD_METHODS_END,
};

#define PROXY_SLOTS                                                                                                  \
    .basicsize = sizeof(HdWeakref), .flags = HD_TYPE_GC, .flags2 = HD_TYPE2_NO_WEAKREF,                              \
    .dealloc = hd_weakref_dealloc, .traverse = hd_weakref_traverse, .clear = hd_weakref_clear,                       \
    .repr = proxy_repr, .str = proxy_str, .getattr = proxy_getattr, .setattr = proxy_setattr,                        \
    .compare = proxy_compare, .iter = proxy_iter, .next = proxy_next, .length = proxy_length,                        \
    .getitem = proxy_getitem, .setitem = proxy_setitem, .contains = proxy_contains, .truth = proxy_truth,            \
    .add = proxy_add, .subtract = proxy_subtract, .multiply = proxy_multiply, .remainder = proxy_remainder,          \
    .divmod = proxy_divmod, .power = proxy_power, .negative = proxy_negative, .positive = proxy_positive,            \
    .absolute = proxy_absolute, .invert = proxy_invert, .lshift = proxy_lshift, .rshift = proxy_rshift,              \
    .and_ = proxy_and, .xor_ = proxy_xor, .or_ = proxy_or, .int_ = proxy_int, .float_ = proxy_float,                 \
    .index = proxy_index, .floor_divide = proxy_floor_divide, .true_divide = proxy_true_divide,                      \
    .matrix_multiply = proxy_matrix_multiply, .inplace_add = proxy_inplace_add,                                      \
    .inplace_subtract = proxy_inplace_subtract, .inplace_multiply = proxy_inplace_multiply,                          \
    .inplace_remainder = proxy_inplace_remainder, .inplace_power = proxy_inplace_power,                              \
    .inplace_lshift = proxy_inplace_lshift, .inplace_rshift = proxy_inplace_rshift,                                  \
    .inplace_and = proxy_inplace_and, .inplace_xor = proxy_inplace_xor, .inplace_or = proxy_inplace_or,              \
    .inplace_floor_divide = proxy_inplace_floor_divide, .inplace_true_divide = proxy_inplace_true_divide,            \
    .inplace_matrix_multiply = proxy_inplace_matrix_multiply, .methods = proxy_methods

HdType hd_weakproxy_type = {HD_TYPE_HEAD("weakref.ProxyType"), PROXY_SLOTS};
HdType hd_weakcallableproxy_type = {HD_TYPE_HEAD("weakref.CallableProxyType"), PROXY_SLOTS, .call = proxy_call};

int hd_weakproxy_init(HdThread *t) {
    HdType *const types[] = {&hd_weakproxy_type, &hd_weakcallableproxy_type};
    for (size_t i = 0; i < HD_COUNT_OF(types); i++) {
        if (hd_type_ready(t, types[i]) < 0) return -1;
        types[i]->flags2 &= ~(uint32_t)HD_TYPE2_CONCAT; /* their + is the target's, no concatenation */
    }
    return 0;
}
