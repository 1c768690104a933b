/* ops.c -- the tables of ops.h, made from ops.def. No state. */
#include "ops.h"

const HdOpInfo hd_ops_info[HD_OPS_COUNT] = {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning)                                       \
    [HD_INS_##name] = {#name, HD_OPERAND_##operand, raises, HD_SAFE_##safe, HD_INS_##family, picture, meaning},
#include "ops.def"
#undef OP
};

int64_t hd_ops_pops(unsigned op, int64_t n) {
    switch (op) {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning)                                       \
    case HD_INS_##name: return pops;
#include "ops.def"
#undef OP
    }
    return 0;
}

int64_t hd_ops_pushes(unsigned op, int64_t n) {
    switch (op) {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning)                                       \
    case HD_INS_##name: return pushes;
#include "ops.def"
#undef OP
    }
    return 0;
}
