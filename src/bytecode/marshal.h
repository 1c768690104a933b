/* marshal.h -- values as bytes and back: what the module `marshal` does, and the cache of compiled code.
 *
 * The format is CPython's (version 4) for everything but code objects, whose fields are our own.
 */
#ifndef HD_MARSHAL_H
#define HD_MARSHAL_H

#include "code.h"

enum { HD_MARSHAL_VERSION = 4 };

/* version < 0: the newest. bytes, owned; ValueError "unmarshallable object". */
HdValue hd_marshal_dump(HdThread *t, HdValue v, int version) HD_CHECK;
/* One value from the front; *used (may be NULL) gets the bytes read. Code is verified. ValueError, EOFError, TypeError. */
HdValue hd_marshal_load(HdThread *t, const char *bytes, HdSize length, HdSize *used) HD_CHECK;
/* The same from an object with read(n), reading no more than needed. */
HdValue hd_marshal_load_file(HdThread *t, HdValue file) HD_CHECK;
/* Changes when the instructions or the format of code do: names the folder of the cache. */
uint32_t hd_marshal_cache_key(void);

#endif
