/* slots_generic.h -- the functions that stand in a slot when Python code defines the special method. */
#ifndef HD_SLOTS_GENERIC_H
#define HD_SLOTS_GENERIC_H

#include "object.h"

#define HD_PROTO_Unary(f) HdValue f(HdThread *t, HdValue self);
#define HD_PROTO_Binary(f) HdValue f(HdThread *t, HdValue left, HdValue right);
#define HD_PROTO_BinaryOne(f) HD_PROTO_Binary(f)
#define HD_PROTO_InPlace(f) HD_PROTO_Binary(f)
#define HD_PROTO_Ternary(f) HdValue f(HdThread *t, HdValue base, HdValue exponent, HdValue modulus);
#define HD_PROTO_Inquiry(f) int f(HdThread *t, HdValue self);
#define HD_PROTO_Length(f) HdSize f(HdThread *t, HdValue self);
#define HD_PROTO_Hash(f) int64_t f(HdThread *t, HdValue self);
#define HD_PROTO_Compare(f) HdValue f(HdThread *t, HdValue left, HdValue right, int op);
#define HD_PROTO_Contains(f) int f(HdThread *t, HdValue self, HdValue item);
#define HD_PROTO_SetItem(f) int f(HdThread *t, HdValue self, HdValue key, HdValue value);
#define HD_PROTO_GetAttr(f) HdValue f(HdThread *t, HdValue self, HdValue name);
#define HD_PROTO_SetAttr(f) int f(HdThread *t, HdValue self, HdValue name, HdValue value);
#define HD_PROTO_Next(f) HD_PROTO_Unary(f)
#define HD_PROTO_DescrGet(f) HdValue f(HdThread *t, HdValue self, HdValue object, HdValue type);
#define HD_PROTO_DescrSet(f) int f(HdThread *t, HdValue self, HdValue object, HdValue value);
#define HD_PROTO_Call(f) HdValue f(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
#define HD_PROTO_New(f) HdValue f(HdThread *t, HdType *type, const HdRef *args, HdSize nargs, HdValue kwnames);
#define HD_PROTO_Init(f) int f(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
#define HD_PROTO_Finalize(f) void f(HdThread *t, HdValue self);

#define HD_SLOT(field, Kind, dunder, reflected) HD_PROTO_##Kind(hd_generic_##field)
#include "slots.def"
#undef HD_SLOT
/* plain attribute lookup, then __getattr__ */
HdValue hd_generic_getattr_fallback(HdThread *t, HdValue self, HdValue name);

#endif
