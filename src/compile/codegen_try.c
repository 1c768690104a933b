/* codegen_try.c -- try in all its forms, and with. See codegen.c for the rule about positions. No locks. */
#include "compiler.h"
#include "scope.h"

/* The handler of a handler: [previous, lasti, exc] -- restores what was handled before and raises on. */
void hd_codegen_reraise(HdCompiler *c) {
    c->build->at = HD_NO_POSITION;
    HD_EMIT(c, COPY, 3);
    HD_EMIT(c, POP_EXCEPT, 0);
    HD_EMIT(c, RERAISE, 1);
}

static void forget_name(HdCompiler *c, HdName *name) {
    if (!name) return;
    hd_emit_const(c, hd_None);
    hd_codegen_name(c, name, HD_STORE);
    hd_codegen_name(c, name, HD_DELETE);
}

static void push_handler(HdCompiler *c, HdFrameKind kind, HdFlowBlock *block, HdName *name) {
    hd_codegen_push(c, kind, block, NULL);
    if (!c->failed) hd_codegen_top(c)->name = name;
}

static void one_handler(HdCompiler *c, HdAstExceptHandler *n, HdFlowBlock *end) {
    HdFlowBlock *next = hd_emit_block(c), *cleanup_end = hd_emit_block(c), *body = hd_emit_block(c);
    if (n->type) {
        hd_codegen_expr(c, n->type);
        HD_EMIT(c, CHECK_EXC_MATCH, 0);
        hd_emit_jump(c, HD_INS_POP_JUMP_IF_FALSE, next);
    }
    if (n->name) {
        hd_codegen_name(c, n->name, HD_STORE);
        /* A second try, so that the name is forgotten however the body ends. */
        hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup_end);
    } else {
        HD_EMIT(c, POP_TOP, 0);
    }
    hd_emit_use(c, body);
    push_handler(c, HD_FRAME_HANDLER_CLEANUP, body, n->name);
    hd_codegen_statements(c, &n->body);
    hd_codegen_pop(c);
    c->build->at = HD_NO_POSITION;
    if (n->name) hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    HD_EMIT(c, POP_EXCEPT, 0);
    forget_name(c, n->name);
    hd_emit_jump(c, HD_PSEUDO_JUMP, end);
    if (n->name) {
        hd_emit_use(c, cleanup_end);
        c->build->at = HD_NO_POSITION;
        forget_name(c, n->name);
        HD_EMIT(c, RERAISE, 1);
    }
    hd_emit_use(c, next);
}

static void try_except(HdCompiler *c, HdAstTry *n) {
    HdFlowBlock *body = hd_emit_block(c), *except = hd_emit_block(c), *end = hd_emit_block(c), *cleanup = hd_emit_block(c);
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, except);
    hd_emit_use(c, body);
    hd_codegen_push(c, HD_FRAME_TRY_EXCEPT, body, NULL);
    hd_codegen_statements(c, &n->body);
    hd_codegen_pop(c);
    hd_emit_noline(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_codegen_statements(c, &n->orelse);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
    hd_emit_use(c, except);
    c->build->at = HD_NO_POSITION;
    hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup);
    HD_EMIT(c, PUSH_EXC_INFO, 0);
    hd_codegen_push(c, HD_FRAME_EXCEPTION_HANDLER, NULL, NULL);
    for (int i = 0; i < n->handlers.count && !c->failed; i++) {
        HdAstExceptHandler *handler = HD_AST(ExceptHandler, n->handlers.items[i]);
        c->build->at = hd_position_of(&handler->head);
        if (!handler->type && i < n->handlers.count - 1) {
            hd_compiler_error_at(c, c->build->at, "default 'except:' must be last");
            return;
        }
        one_handler(c, handler, end);
    }
    hd_codegen_pop(c);
    c->build->at = HD_NO_POSITION;
    HD_EMIT(c, RERAISE, 0);
    hd_emit_use(c, cleanup);
    hd_codegen_reraise(c);
    hd_emit_use(c, end);
}

/* except*: beside the exception lie the whole group and a list of what the clauses raised. [original, list, rest] */
static void one_star_handler(HdCompiler *c, HdAstExceptHandler *n, bool first, bool last, HdFlowBlock *reraise_star) {
    HdFlowBlock *except = hd_emit_block(c), *no_match = hd_emit_block(c), *cleanup_end = hd_emit_block(c),
            *body = hd_emit_block(c);
    if (first) {
        HD_EMIT(c, BUILD_LIST, 0);
        HD_EMIT(c, COPY, 2);
    }
    if (n->type) {
        hd_codegen_expr(c, n->type);
        HD_EMIT(c, CHECK_EG_MATCH, 0);
        HD_EMIT(c, COPY, 1);
        hd_emit_jump(c, HD_INS_POP_JUMP_IF_NONE, no_match);
    }
    if (n->name) hd_codegen_name(c, n->name, HD_STORE);
    else HD_EMIT(c, POP_TOP, 0);
    hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup_end);
    hd_emit_use(c, body);
    push_handler(c, HD_FRAME_HANDLER_CLEANUP, body, n->name);
    hd_codegen_statements(c, &n->body);
    hd_codegen_pop(c);
    c->build->at = HD_NO_POSITION;
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    forget_name(c, n->name);
    hd_emit_jump(c, HD_PSEUDO_JUMP, except);
    hd_emit_use(c, cleanup_end);
    c->build->at = HD_NO_POSITION;
    forget_name(c, n->name);
    HD_EMIT(c, LIST_APPEND, 3); /* the exception that the clause raised */
    HD_EMIT(c, POP_TOP, 0);     /* lasti */
    hd_emit_jump(c, HD_PSEUDO_JUMP, except);
    hd_emit_use(c, no_match);
    c->build->at = hd_position_of(&n->head);
    HD_EMIT(c, POP_TOP, 0); /* None */
    hd_emit_use(c, except);
    if (!last) return;
    c->build->at = HD_NO_POSITION;
    HD_EMIT(c, LIST_APPEND, 1); /* what no clause matched */
    hd_emit_jump(c, HD_PSEUDO_JUMP, reraise_star);
}

static void try_star(HdCompiler *c, HdAstTry *n) {
    HdFlowBlock *body = hd_emit_block(c), *except = hd_emit_block(c), *orelse = hd_emit_block(c), *end = hd_emit_block(c);
    HdFlowBlock *cleanup = hd_emit_block(c), *reraise_star = hd_emit_block(c), *reraise = hd_emit_block(c);
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, except);
    hd_emit_use(c, body);
    hd_codegen_push(c, HD_FRAME_TRY_EXCEPT, body, NULL);
    hd_codegen_statements(c, &n->body);
    hd_codegen_pop(c);
    hd_emit_noline(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, orelse);
    hd_emit_use(c, except);
    c->build->at = HD_NO_POSITION;
    hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup);
    HD_EMIT(c, PUSH_EXC_INFO, 0);
    hd_codegen_push(c, HD_FRAME_GROUP_HANDLER, NULL, NULL);
    for (int i = 0; i < n->handlers.count && !c->failed; i++) {
        HdAstExceptHandler *handler = HD_AST(ExceptHandler, n->handlers.items[i]);
        c->build->at = hd_position_of(&handler->head);
        one_star_handler(c, handler, i == 0, i == n->handlers.count - 1, reraise_star);
    }
    hd_codegen_pop(c);
    hd_emit_use(c, reraise_star);
    c->build->at = HD_NO_POSITION;
    HD_EMIT(c, PREP_RERAISE_STAR, 0);
    HD_EMIT(c, COPY, 1);
    hd_emit_jump(c, HD_INS_POP_JUMP_IF_NOT_NONE, reraise);
    HD_EMIT(c, POP_TOP, 0);
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    HD_EMIT(c, POP_EXCEPT, 0);
    hd_emit_jump(c, HD_PSEUDO_JUMP, end);
    hd_emit_use(c, reraise);
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    HD_EMIT(c, SWAP, 2);
    HD_EMIT(c, POP_EXCEPT, 0);
    HD_EMIT(c, RERAISE, 0);
    hd_emit_use(c, cleanup);
    hd_codegen_reraise(c);
    hd_emit_use(c, orelse);
    hd_codegen_statements(c, &n->orelse);
    hd_emit_use(c, end);
}

static void handlers(HdCompiler *c, HdAstTry *n) {
    if (n->head.kind == HD_AST_TryStar) try_star(c, n);
    else try_except(c, n);
}

static void try_finally(HdCompiler *c, HdAstTry *n) {
    HdFlowBlock *body = hd_emit_block(c), *end = hd_emit_block(c), *exit = hd_emit_block(c), *cleanup = hd_emit_block(c);
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, end);
    hd_emit_use(c, body);
    hd_codegen_push(c, HD_FRAME_FINALLY_TRY, body, end);
    if (c->failed) return;
    hd_codegen_top(c)->body = &n->finalbody;
    if (n->handlers.count) handlers(c, n);
    else hd_codegen_statements(c, &n->body);
    hd_emit_noline(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_codegen_pop(c);
    hd_codegen_statements(c, &n->finalbody);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, exit);
    hd_emit_use(c, end);
    c->build->at = HD_NO_POSITION;
    hd_codegen_push(c, HD_FRAME_FINALLY_END, end, NULL);
    hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup);
    HD_EMIT(c, PUSH_EXC_INFO, 0);
    hd_codegen_statements(c, &n->finalbody);
    hd_codegen_pop(c);
    HD_EMIT(c, RERAISE, 0);
    hd_emit_use(c, cleanup);
    hd_codegen_reraise(c);
    hd_emit_use(c, exit);
}

void hd_codegen_try(HdCompiler *c, HdNode *node) {
    HdAstTry *n = (HdAstTry *)node;
    if (n->finalbody.count) try_finally(c, n);
    else handlers(c, n);
}

/* --- with --- */
static void finish_exceptional_exit(HdCompiler *c, HdFlowBlock *cleanup) {
    HdFlowBlock *suppress = hd_emit_block(c), *exit = hd_emit_block(c);
    hd_emit_jump(c, HD_INS_POP_JUMP_IF_TRUE, suppress);
    HD_EMIT(c, RERAISE, 2);
    hd_emit_use(c, suppress);
    HD_EMIT(c, POP_TOP, 0); /* the exception */
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    HD_EMIT(c, POP_EXCEPT, 0);
    HD_EMIT(c, POP_TOP, 0); /* lasti */
    HD_EMIT(c, POP_TOP, 0); /* self */
    HD_EMIT(c, POP_TOP, 0); /* exit */
    hd_emit_jump(c, HD_PSEUDO_JUMP, exit);
    hd_emit_use(c, cleanup);
    hd_codegen_reraise(c);
    hd_emit_use(c, exit);
}

static void await_here(HdCompiler *c, int what) {
    HD_EMIT(c, GET_AWAITABLE, what);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
}

static void with_item(HdCompiler *c, HdAstWith *n, int index) {
    bool is_async = n->head.kind == HD_AST_AsyncWith;
    HdAstwithitem *item = HD_AST(withitem, n->items.items[index]);
    HdFlowBlock *block = hd_emit_block(c), *final = hd_emit_block(c), *exit = hd_emit_block(c), *cleanup = hd_emit_block(c);
    if (hd_compiler_too_deep(c)) return;
    hd_codegen_expr(c, item->context_expr);
    hd_emit(c, is_async ? HD_INS_BEFORE_ASYNC_WITH : HD_INS_BEFORE_WITH, 0);
    if (is_async) await_here(c, 1);
    hd_emit_jump(c, HD_PSEUDO_SETUP_WITH, final);
    hd_emit_use(c, block);
    hd_codegen_push(c, is_async ? HD_FRAME_ASYNC_WITH : HD_FRAME_WITH, block, final);
    if (c->failed) return;
    hd_codegen_top(c)->node = &n->head;
    if (item->optional_vars) hd_codegen_expr(c, item->optional_vars);
    else HD_EMIT(c, POP_TOP, 0);
    if (index + 1 < n->items.count) with_item(c, n, index + 1);
    else hd_codegen_statements(c, &n->body);
    hd_codegen_pop(c);
    hd_emit_noline(c, HD_PSEUDO_POP_BLOCK, 0);
    c->build->at = hd_position_of(&n->head);
    hd_codegen_call_exit(c);
    if (is_async) await_here(c, 2);
    HD_EMIT(c, POP_TOP, 0);
    hd_emit_jump(c, HD_PSEUDO_JUMP, exit);
    hd_emit_use(c, final);
    hd_emit_jump(c, HD_PSEUDO_SETUP_CLEANUP, cleanup);
    HD_EMIT(c, PUSH_EXC_INFO, 0);
    HD_EMIT(c, WITH_EXCEPT_START, 0);
    if (is_async) await_here(c, 2);
    finish_exceptional_exit(c, cleanup);
    hd_emit_use(c, exit);
}

void hd_codegen_with(HdCompiler *c, HdNode *node) {
    HdAstWith *n = (HdAstWith *)node; /* AsyncWith has the same fields */
    if (node->kind == HD_AST_AsyncWith) {
        if (hd_codegen_top_level_await(c)) {
            c->build->scope->coroutine = true;
        } else if (c->build->kind != HD_BUILD_ASYNC_FUNCTION) {
            hd_compiler_error_at(c, c->build->at, "'async with' outside async function");
            return;
        }
    }
    with_item(c, n, 0);
}
