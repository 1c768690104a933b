/* verify.h -- is this code safe to run? For code that comes from a file or from Python: replace(), code(), marshal. */
#ifndef HD_VERIFY_H
#define HD_VERIFY_H

#include "code.h"

/* NULL, or what is wrong. Checks every operand, every jump, every handler and the depth of the stack on every path. */
const char *hd_verify_parts(HdThread *t, const HdCodeParts *parts);

#endif
