/* set_table.h -- what the files of set share among themselves. */
#ifndef HD_SET_TABLE_H
#define HD_SET_TABLE_H

#include "dict_table.h"
#include "set.h"

void hd_set_table_init(HdSet *s);                /* the shared empty table */
void hd_set_table_free(HdThread *t, HdSet *s);   /* dealloc: nobody else has the set */
size_t hd_set_table_bytes(HdSet *s);
int hd_set_table_traverse(HdSet *s, HdVisit visit, void *context);
bool hd_set_is_key(HdValue entry);               /* neither empty nor deleted */
/* Adds another set's keys (its hashes are known) / takes over its contents. */
int hd_set_merge(HdThread *t, HdValue set, HdValue other) HD_CHECK;
void hd_set_swap(HdThread *t, HdValue a, HdValue b);
int hd_set_discard_hash(HdThread *t, HdValue set, HdValue key, int64_t hash) HD_CHECK;
int hd_set_pop(HdThread *t, HdValue set, HdValue *out); /* 1, 0 when empty */
int hd_set_tidy(HdThread *t, HdValue set) HD_CHECK;     /* after many removals */

#endif
