/* generic_alias.h -- what GenericAlias and Union share: type parameters, their substitution, and how arguments are
 * shown. */
#ifndef HD_GENERIC_ALIAS_H
#define HD_GENERIC_ALIAS_H

#include "descr.h"
#include "str_builder.h"

typedef struct HdGenericAlias { /* list[int]; with `starred` what `*tuple[int, ...]` unpacks to */
    HdObject head;
    HdValue origin, args; /* args: tuple; neither ever changes */
    HdValue parameters;   /* HD_NULL: not looked for yet; guarded by the lock */
    bool starred;
} HdGenericAlias;
HD_INLINE bool hd_is_generic_alias(HdValue v) { return hd_is_instance(v, &hd_generic_alias_type); }

/* The type variables in a tuple of arguments, each once, in order: a tuple. */
HdValue hd_generic_parameters(HdThread *t, HdValue args) HD_CHECK;
/* `args` with `item` (one value or a tuple of them) put in for `parameters`: a tuple. `self` is for messages. */
HdValue hd_generic_substitute(HdThread *t, HdValue self, HdValue args, HdValue parameters, HdValue item) HD_CHECK;
/* Adds the text of one argument: a class by its name, anything else by its repr. */
int hd_generic_show(HdThread *t, HdStrBuilder *b, HdValue v) HD_CHECK;

#endif
