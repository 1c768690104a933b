/* operator_getters.h -- the types of _operator: itemgetter, attrgetter, methodcaller. */
#ifndef HD_OPERATOR_GETTERS_H
#define HD_OPERATOR_GETTERS_H

#include <heddle/module.h>

extern HdType hd_operator_itemgetter_type, hd_operator_attrgetter_type, hd_operator_methodcaller_type;

#endif
