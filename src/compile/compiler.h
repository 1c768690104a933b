/* compiler.h -- what the files of the compiler share: the state of one compilation, of one code object being made
 * (HdBuild), and instructions before they are assembled.
 *
 * Errors are sticky: the first one sets the thread's exception and c->failed, after which every function here does
 * nothing, so callers need not look until the end. All memory comes from the arena of the tree.
 */
#ifndef HD_COMPILER_H
#define HD_COMPILER_H

#include "code.h"
#include "compile.h"
#include "number.h"

typedef struct HdCompiler HdCompiler;
typedef struct HdScope HdScope;
typedef struct HdFlowBlock HdFlowBlock;
typedef struct HdBuild HdBuild;

/* Instructions that exist only before assembly. */
enum {
    HD_PSEUDO_SETUP_FINALLY = 256, /* from here to POP_BLOCK exceptions go to the target: exc */
    HD_PSEUDO_SETUP_CLEANUP,       /* … : lasti exc */
    HD_PSEUDO_SETUP_WITH,          /* … : drops the top, then lasti exc */
    HD_PSEUDO_POP_BLOCK,
    HD_PSEUDO_JUMP,
    HD_PSEUDO_JUMP_NO_INTERRUPT,
};

typedef struct HdInsn {
    uint16_t op;
    uint32_t operand;
    HdFlowBlock *target;  /* of jumps and SETUP_… */
    HdFlowBlock *handler; /* where an exception goes; NULL: out */
    HdPosition at;
} HdInsn;

struct HdFlowBlock {
    HdInsn *insns;
    int count, capacity;
    HdFlowBlock *next; /* in order of the code */
    HdFlowBlock **except_stack; /* handlers in force at the start (flow.c) */
    int except_depth;
    int start_depth; /* of the stack; -1: not known yet */
    int predecessors;
    uint32_t offset;
    bool reachable, warm, cold, visited, on_list;
    bool is_handler, keeps_lasti;
    uint64_t *unbound; /* bit set: local may be unbound at the start (flow_locals.c) */
};

/* What a statement that leaves a block early has to undo, innermost last. */
typedef enum HdFrameKind {
    HD_FRAME_WHILE, HD_FRAME_FOR, HD_FRAME_TRY_EXCEPT, HD_FRAME_FINALLY_TRY, HD_FRAME_FINALLY_END, HD_FRAME_WITH,
    HD_FRAME_ASYNC_WITH, HD_FRAME_HANDLER_CLEANUP, HD_FRAME_POP_VALUE, HD_FRAME_EXCEPTION_HANDLER,
    HD_FRAME_GROUP_HANDLER, HD_FRAME_ASYNC_COMPREHENSION,
} HdFrameKind;
typedef struct HdFrameBlock {
    HdFrameKind kind;
    HdFlowBlock *block, *exit;
    HdNodeList *body; /* finally */
    HdName *name;     /* of an except clause */
    HdNode *node;     /* with statement */
} HdFrameBlock;
enum { HD_FRAME_BLOCKS_MAX = 20 };

/* Names in order of their indices. */
typedef struct HdNameMap {
    HdName **items;
    int count, capacity;
    int32_t *table;
    uint32_t mask;
} HdNameMap;

/* Constants in order of their indices; values are canonical (constant.c), so equal means same word. */
typedef struct HdConstMap {
    HdValue *items; /* lent: c->constants owns them */
    int count, capacity;
    int32_t *table;
    uint32_t mask;
} HdConstMap;

typedef enum HdBuildKind {
    HD_BUILD_MODULE, HD_BUILD_CLASS, HD_BUILD_FUNCTION, HD_BUILD_ASYNC_FUNCTION, HD_BUILD_LAMBDA,
    HD_BUILD_COMPREHENSION,
} HdBuildKind;

struct HdBuild {
    HdBuild *parent;
    HdScope *scope;
    HdBuildKind kind;
    HdName *name, *private_name;
    const char *qualname;
    size_t qualname_length;
    HdNameMap names, varnames, cells, frees;
    HdConstMap consts;
    int argcount, posonlyargcount, kwonlyargcount;
    HdFlowBlock *entry, *current, *last;
    HdFrameBlock frames[HD_FRAME_BLOCKS_MAX];
    int frame_count;
    HdPosition at; /* of the next instruction */
    int first_line;
    HdName *self_name;   /* first parameter of a method */
    HdNameMap self_names; /* class: names assigned to attributes of self */
    int insn_count;
};

/* Every constant of the compilation, each once: open addressing by hash. */
typedef struct HdConstTable {
    HdValue *items; /* owned */
    int64_t *hashes;
    int32_t *table;
    uint32_t mask;
    int count, capacity;
} HdConstTable;

struct HdCompiler {
    HdThread *t;
    HdArena *arena;
    HdAstNames *names;
    HdValue filename; /* lent */
    const char *source;
    HdSize source_length;
    int flags;    /* HD_COMPILE_… */
    int features; /* HD_CO_FUTURE_… in force */
    int optimize;
    int future_line; /* last line of a __future__ import */
    bool failed;
    bool bare_errors; /* before code generation: SyntaxError.args holds the message alone */
    bool interactive;
    int nest_level; /* builds open */
    HdBuild *build;
    HdScope *top_scope, *scope;
    HdScope **scope_values; /* node -> scope */
    HdNode **scope_keys;
    uint32_t scope_mask;
    int scope_count;
    HdName *private_name; /* while the symbol table is made */
    HdConstTable constants;
    HdValue empty_tuple;
    HdName *n_class, *n_classcell, *n_doc, *n_name, *n_module, *n_qualname, *n_annotations, *n_debug, *n_return,
        *n_super, *n_dot0, *n_star, *n_build_class, *n_join, *n_future, *n_top, *n_lambda, *n_genexpr, *n_listcomp,
        *n_setcomp, *n_dictcomp, *n_module_block, *n_empty, *n_annotation_block;
};

#define HD_NO_POSITION ((HdPosition){-1, -1, -1, -1})
HD_INLINE HdPosition hd_position_of(const HdNode *node) {
    return (HdPosition){node->lineno, node->end_lineno, node->col_offset, node->end_col_offset};
}

/* --- compile.c: memory and errors --- */
void *hd_compiler_alloc(HdCompiler *c, size_t size); /* zeroed; NULL: failed */
void *hd_compiler_grow(HdCompiler *c, void *items, int count, int *capacity, size_t item_size);
void hd_compiler_error_at(HdCompiler *c, HdPosition at, const char *format, ...);
void hd_compiler_warn_at(HdCompiler *c, HdPosition at, const char *format, ...);
/* A thread exception was set by something else. */
HD_INLINE void hd_compiler_failed(HdCompiler *c) { c->failed = true; }
/* True (and failed) when the C stack runs out. */
bool hd_compiler_too_deep(HdCompiler *c);
HdName *hd_compiler_name(HdCompiler *c, const char *bytes, size_t length);
HdValue hd_compiler_name_value(HdCompiler *c, HdName *name); /* interned str, lent */
/* Index of a name, added if new; -1 failed. */
int hd_compiler_map_add(HdCompiler *c, HdNameMap *map, HdName *name);
int hd_compiler_map_find(const HdNameMap *map, HdName *name); /* -1: not there */

/* --- constant.c --- */
/* The one value of the compilation equal to v in type and value; v is taken over, the result is lent. */
HdValue hd_constant_canonical_steal(HdCompiler *c, HdValue v);
/* The value of a Constant node, lent; remembered in the node. */
HdValue hd_constant_of_node(HdCompiler *c, HdAstConstant *node);
HdNode *hd_constant_node_steal(HdCompiler *c, HdValue v, const HdNode *at); /* a new Constant */
int hd_constant_index(HdCompiler *c, HdConstMap *map, HdValue canonical);
void hd_constant_release_all(HdCompiler *c);

/* --- fold.c, future.c, unparse.c --- */
void hd_fold_tree(HdCompiler *c, HdNode *tree);
void hd_future_scan(HdCompiler *c, HdNode *tree);
HdValue hd_unparse_value(HdCompiler *c, HdNode *expression); /* canonical str, lent */

/* --- emit.c --- */
HdFlowBlock *hd_emit_block(HdCompiler *c);
void hd_emit_use(HdCompiler *c, HdFlowBlock *block);
void hd_emit(HdCompiler *c, unsigned op, uint32_t operand);
void hd_emit_at(HdCompiler *c, unsigned op, uint32_t operand, HdPosition at);
void hd_emit_jump(HdCompiler *c, unsigned op, HdFlowBlock *target);
void hd_emit_jump_noline(HdCompiler *c, unsigned op, HdFlowBlock *target);
void hd_emit_noline(HdCompiler *c, unsigned op, uint32_t operand);
void hd_emit_const(HdCompiler *c, HdValue canonical);
void hd_emit_name(HdCompiler *c, unsigned op, HdName *name); /* by index in names; mangled */
bool hd_emit_returned(HdCompiler *c); /* the current block ends in a return, raise or jump */
void hd_emit_open(HdCompiler *c, HdBuildKind kind, HdName *name, HdNode *node, int line);
/* Assembles and closes the current build; the code object, owned, or HD_NULL. */
HdValue hd_emit_close(HdCompiler *c, bool return_none);
void hd_emit_abandon(HdCompiler *c);

/* --- flow.c, flow_locals.c, assemble.c --- */
void hd_flow_optimize(HdCompiler *c, HdBuild *build);
void hd_flow_locals(HdCompiler *c, HdBuild *build, int local_count, int parameter_count);
int hd_flow_effect(const HdInsn *insn, bool jump);
HD_INLINE bool hd_flow_has_target(unsigned op) {
    return op >= 256 ? op != HD_PSEUDO_POP_BLOCK : hd_ops_is_jump(op);
}
HD_INLINE bool hd_flow_is_setup(unsigned op) { return op >= HD_PSEUDO_SETUP_FINALLY && op <= HD_PSEUDO_SETUP_WITH; }
HD_INLINE bool hd_flow_is_jump(unsigned op) { return op == HD_PSEUDO_JUMP || op == HD_PSEUDO_JUMP_NO_INTERRUPT; }
HD_INLINE bool hd_flow_is_end(unsigned op) { return op >= 256 ? hd_flow_is_jump(op) : hd_ops_is_end(op); }
HdValue hd_assemble(HdCompiler *c, HdBuild *build);

/* --- codegen*.c --- */
enum { HD_LOAD, HD_STORE, HD_DELETE };
void hd_codegen_tree(HdCompiler *c, HdNode *tree, HdValue *code);
void hd_codegen_statement(HdCompiler *c, HdNode *node);
void hd_codegen_statements(HdCompiler *c, const HdNodeList *list);
void hd_codegen_expr(HdCompiler *c, HdNode *node);
void hd_codegen_exprs(HdCompiler *c, const HdNodeList *list);
void hd_codegen_name(HdCompiler *c, HdName *name, int context);
void hd_codegen_jump_if(HdCompiler *c, HdNode *test, HdFlowBlock *target, bool when);
void hd_codegen_call(HdCompiler *c, HdNode *node);
void hd_codegen_call_arguments(HdCompiler *c, int pushed, const HdNodeList *args, const HdNodeList *keywords);
void hd_codegen_function(HdCompiler *c, HdNode *node);
void hd_codegen_class(HdCompiler *c, HdNode *node);
void hd_codegen_lambda(HdCompiler *c, HdNode *node);
void hd_codegen_comprehension(HdCompiler *c, HdNode *node);
void hd_codegen_try(HdCompiler *c, HdNode *node);
void hd_codegen_with(HdCompiler *c, HdNode *node);
void hd_codegen_match(HdCompiler *c, HdNode *node);
void hd_codegen_push(HdCompiler *c, HdFrameKind kind, HdFlowBlock *block, HdFlowBlock *exit);
HdFrameBlock *hd_codegen_top(HdCompiler *c);
void hd_codegen_pop(HdCompiler *c);
void hd_codegen_unwind_one(HdCompiler *c, HdFrameBlock *frame, bool keep_top);
void hd_codegen_call_exit(HdCompiler *c); /* exit(None, None, None) */
void hd_codegen_yield_from(HdCompiler *c); /* the SEND loop, [receiver None] on the stack */
void hd_codegen_reraise(HdCompiler *c);    /* COPY 3, POP_EXCEPT, RERAISE 1 */
void hd_codegen_sequence(HdCompiler *c, const HdNodeList *list, int pushed, unsigned build, unsigned add,
                         unsigned extend, bool tuple);
bool hd_codegen_forbidden(HdCompiler *c, HdName *name, int context);
void hd_codegen_attr_position(HdCompiler *c, HdNode *attribute);
int hd_codegen_self_store(HdCompiler *c, HdNode *attribute);
unsigned hd_codegen_operator(int op);
bool hd_codegen_super_attribute(HdCompiler *c, HdNode *attribute); /* true: was one, emitted */
void hd_codegen_body(HdCompiler *c, const HdNodeList *body);
bool hd_codegen_top_level_await(HdCompiler *c);

#define HD_EMIT(c, NAME, operand) hd_emit((c), HD_INS_##NAME, (uint32_t)(operand))
#define HD_EMIT_NOLINE(c, NAME, operand) hd_emit_noline((c), HD_INS_##NAME, (uint32_t)(operand))

#endif
