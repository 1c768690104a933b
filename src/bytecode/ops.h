/* ops.h -- the instructions as C: numbers, operand kinds and what ops.def says of each.
 *
 * Pure data and inline functions; no state.
 */
#ifndef HD_OPS_H
#define HD_OPS_H

#include "base.h"

enum {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning) HD_INS_##name,
#include "ops.def"
#undef OP
    HD_OPS_COUNT
};
_Static_assert(HD_OPS_COUNT <= 256, "the opcode has eight bits");

/* In the names of files that keep bytecode: to be raised when an instruction gets another number, or another effect. */
#define HD_OPS_VERSION "2"

/* An instruction NAME is HD_INS_NAME. One unit: opcode | operand << 8. */
typedef uint32_t HdUnit;
#define HD_OPERAND_MAX 0xffffffu
HD_INLINE HdUnit hd_ops_unit(unsigned op, uint32_t operand) { return op | operand << 8; }
HD_INLINE unsigned hd_ops_opcode(HdUnit unit) { return unit & 0xff; }
HD_INLINE uint32_t hd_ops_operand(HdUnit unit) { return unit >> 8; }

enum {
    HD_OPERAND_NONE, HD_OPERAND_CONST, HD_OPERAND_NAME, HD_OPERAND_SUPER, HD_OPERAND_LOCAL, HD_OPERAND_CELL,
    HD_OPERAND_FORWARD, HD_OPERAND_BACKWARD, HD_OPERAND_COUNT, HD_OPERAND_DEPTH, HD_OPERAND_FLAGS, HD_OPERAND_BINARY,
    HD_OPERAND_COMPARE, HD_OPERAND_INVERT, HD_OPERAND_UNPACK, HD_OPERAND_CONVERSION, HD_OPERAND_FUNCTION,
    HD_OPERAND_AWAIT,
};
enum { HD_SAFE_ANY, HD_SAFE_BACK, HD_SAFE_CALL, HD_SAFE_ENTRY };

/* COMPARE_OP: HD_LT … HD_GE, and this bit. */
#define HD_COMPARE_OPERATOR 7
#define HD_COMPARE_TO_BOOL 16
/* SET_FUNCTION_ATTRIBUTE */
enum {
    HD_FUNCTION_DEFAULTS = 1,    /* tuple */
    HD_FUNCTION_KWDEFAULTS = 2,  /* dict */
    HD_FUNCTION_ANNOTATIONS = 4, /* tuple of names and values in turn; the function makes a dict of it when asked */
    HD_FUNCTION_CLOSURE = 8,     /* tuple of cells */
};
/* CONVERT_VALUE */
enum { HD_CONVERT_STR = 1, HD_CONVERT_REPR = 2, HD_CONVERT_ASCII = 3 };

typedef struct HdOpInfo {
    const char *name;
    uint8_t operand, raises, safe, family;
    const char *picture, *meaning;
} HdOpInfo;
extern const HdOpInfo hd_ops_info[HD_OPS_COUNT];
/* The opcode; of one that does the next instruction's work too, that which does not. */
HD_INLINE unsigned hd_ops_alone(HdUnit unit) {
    unsigned family = hd_ops_info[hd_ops_opcode(unit)].family;
    bool move = family == HD_INS_LOAD_FAST_BORROW || family == HD_INS_STORE_FAST || family == HD_INS_LOAD_CONST;
    return move ? family : hd_ops_opcode(unit);
}

/* Items taken from and put on the stack; for any opcode below HD_OPS_COUNT. */
int64_t hd_ops_pops(unsigned op, int64_t n);
int64_t hd_ops_pushes(unsigned op, int64_t n);
/* Change of the stack's depth; `jump`: when it jumps. */
HD_INLINE int64_t hd_ops_effect(unsigned op, int64_t n, bool jump) {
    if (jump && (op == HD_INS_JUMP_IF_FALSE_OR_POP || op == HD_INS_JUMP_IF_TRUE_OR_POP)) return 0;
    return hd_ops_pushes(op, n) - hd_ops_pops(op, n);
}
HD_INLINE bool hd_ops_is_jump(unsigned op) {
    return hd_ops_info[op].operand == HD_OPERAND_FORWARD || hd_ops_info[op].operand == HD_OPERAND_BACKWARD;
}
/* Control never goes on to the next instruction. */
HD_INLINE bool hd_ops_is_end(unsigned op) {
    return op == HD_INS_RETURN_VALUE || op == HD_INS_RETURN_CONST || op == HD_INS_RAISE_VARARGS || op == HD_INS_RERAISE ||
           op == HD_INS_JUMP_FORWARD || op == HD_INS_JUMP_BACKWARD || op == HD_INS_JUMP_BACKWARD_NO_INTERRUPT;
}

#endif
