/* context_map.h -- a persistent map from objects, by identity, to values: what a contextvars.Context holds.
 *
 * A map is a node, or HD_NULL when empty. Nodes never change, so a copy of a map is the map, and every thread may read
 * one that it holds a reference to. A change gives a new map that shares all nodes off the way to the key. A hash array
 * mapped trie after Bagwell, "Ideal Hash Trees" (2001).
 */
#ifndef HD_CONTEXT_MAP_H
#define HD_CONTEXT_MAP_H

#include <heddle/module.h>

extern HdType hd_context_map_node_type;

HdSize hd_context_map_length(HdValue map);
/* The value, lent as long as the map is held; HD_NULL: not there. */
HdValue hd_context_map_find_borrowed(HdValue map, HdValue key);
HdValue hd_context_map_set(HdThread *t, HdValue map, HdValue key, HdValue value) HD_CHECK;
/* The map without a key that is in it; -1 raised, else *out is owned, HD_NULL when nothing is left. */
int hd_context_map_remove(HdThread *t, HdValue map, HdValue key, HdValue *out) HD_CHECK;
/* All keys and values in turn: a tuple of twice the length, in no particular order. */
HdValue hd_context_map_flatten(HdThread *t, HdValue map) HD_CHECK;

#endif
