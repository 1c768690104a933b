/* str_methods.h -- the methods of str that lie outside str_methods.c, for its table. */
#ifndef HD_STR_METHODS_H
#define HD_STR_METHODS_H

#include "str.h"

#define HD_STR_METHOD(name) HdValue hd_str_method_##name(HdThread *t, HdValue self, const HdValue *args)
/* str_case.c */
HD_STR_METHOD(lower);
HD_STR_METHOD(upper);
HD_STR_METHOD(casefold);
HD_STR_METHOD(swapcase);
HD_STR_METHOD(title);
HD_STR_METHOD(capitalize);
HD_STR_METHOD(isalpha);
HD_STR_METHOD(isdecimal);
HD_STR_METHOD(isdigit);
HD_STR_METHOD(isnumeric);
HD_STR_METHOD(isalnum);
HD_STR_METHOD(isspace);
HD_STR_METHOD(isprintable);
HD_STR_METHOD(isascii);
HD_STR_METHOD(isidentifier);
HD_STR_METHOD(islower);
HD_STR_METHOD(isupper);
HD_STR_METHOD(istitle);
/* str_split.c */
HD_STR_METHOD(split);
HD_STR_METHOD(rsplit);
HD_STR_METHOD(splitlines);
HD_STR_METHOD(partition);
HD_STR_METHOD(rpartition);
HD_STR_METHOD(strip);
HD_STR_METHOD(lstrip);
HD_STR_METHOD(rstrip);
HD_STR_METHOD(join);
HD_STR_METHOD(expandtabs);
/* str_format_method.c */
HdValue hd_str_method_format(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames);
HD_STR_METHOD(format_map);
HD_STR_METHOD(__format__);

#endif
