/* codegen.c -- statements: the tree to instructions. Expressions are in codegen_expr.c, and so on.
 *
 * The position of each instruction is that of CPython 3.11, since tracebacks print from them: build->at is the position of
 * what is emitted next; a statement sets it, an expression sets and restores it. No locks.
 */
#include "compiler.h"
#include "scope.h"

/* --- frame blocks --- */
void hd_codegen_push(HdCompiler *c, HdFrameKind kind, HdFlowBlock *block, HdFlowBlock *exit) {
    if (c->failed) return;
    if (c->build->frame_count >= HD_FRAME_BLOCKS_MAX) {
        hd_compiler_error_at(c, c->build->at, "too many statically nested blocks");
        return;
    }
    c->build->frames[c->build->frame_count++] = (HdFrameBlock){.kind = kind, .block = block, .exit = exit};
}
HdFrameBlock *hd_codegen_top(HdCompiler *c) { return &c->build->frames[c->build->frame_count - 1]; }
void hd_codegen_pop(HdCompiler *c) {
    if (!c->failed) c->build->frame_count--;
}

void hd_codegen_call_exit(HdCompiler *c) {
    hd_emit_const(c, hd_None);
    hd_emit_const(c, hd_None);
    hd_emit_const(c, hd_None);
    HD_EMIT(c, CALL, 3);
}

static void swap_if(HdCompiler *c, bool keep_top) {
    if (keep_top) HD_EMIT(c, SWAP, 2);
}

/* Emits what leaving one frame block early needs; with keep_top under a value on the stack. */
void hd_codegen_unwind_one(HdCompiler *c, HdFrameBlock *frame, bool keep_top) {
    switch (frame->kind) {
    case HD_FRAME_WHILE:
    case HD_FRAME_EXCEPTION_HANDLER:
    case HD_FRAME_GROUP_HANDLER:
    case HD_FRAME_ASYNC_COMPREHENSION: return;
    case HD_FRAME_FOR:
        swap_if(c, keep_top);
        HD_EMIT(c, POP_TOP, 0);
        return;
    case HD_FRAME_TRY_EXCEPT: hd_emit(c, HD_PSEUDO_POP_BLOCK, 0); return;
    case HD_FRAME_FINALLY_TRY:
        hd_emit(c, HD_PSEUDO_POP_BLOCK, 0); /* on the line of the statement that leaves */
        if (keep_top) hd_codegen_push(c, HD_FRAME_POP_VALUE, NULL, NULL);
        hd_codegen_statements(c, frame->body);
        if (keep_top) hd_codegen_pop(c);
        c->build->at = HD_NO_POSITION; /* what follows seems to run after the finally block */
        return;
    case HD_FRAME_FINALLY_END:
        swap_if(c, keep_top);
        HD_EMIT(c, POP_TOP, 0);
        swap_if(c, keep_top);
        hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
        HD_EMIT(c, POP_EXCEPT, 0);
        return;
    case HD_FRAME_WITH:
    case HD_FRAME_ASYNC_WITH:
        c->build->at = hd_position_of(frame->node);
        hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
        if (keep_top) HD_EMIT(c, SWAP, 3); /* exit and self go above the value */
        swap_if(c, keep_top);
        hd_codegen_call_exit(c);
        if (frame->kind == HD_FRAME_ASYNC_WITH) {
            HD_EMIT(c, GET_AWAITABLE, 2);
            hd_emit_const(c, hd_None);
            hd_codegen_yield_from(c);
        }
        HD_EMIT(c, POP_TOP, 0);
        c->build->at = HD_NO_POSITION;
        return;
    case HD_FRAME_HANDLER_CLEANUP:
        if (frame->name) hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
        swap_if(c, keep_top);
        hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
        HD_EMIT(c, POP_EXCEPT, 0);
        if (frame->name) {
            hd_emit_const(c, hd_None);
            hd_codegen_name(c, frame->name, HD_STORE);
            hd_codegen_name(c, frame->name, HD_DELETE);
        }
        return;
    case HD_FRAME_POP_VALUE:
        swap_if(c, keep_top);
        HD_EMIT(c, POP_TOP, 0);
        return;
    }
}

/* Undoes frame blocks for the return (loop NULL), break or continue at `at`, up to the innermost loop for the latter two;
 * *loop stays NULL if there is none. */
static void unwind(HdCompiler *c, HdPosition at, bool keep_top, HdFrameBlock **loop) {
    if (c->failed || c->build->frame_count == 0) return;
    HdFrameBlock *top = hd_codegen_top(c);
    if (top->kind == HD_FRAME_GROUP_HANDLER) {
        hd_compiler_error_at(c, at, "'break', 'continue' and 'return' cannot appear in an except* block");
        return;
    }
    if (loop && (top->kind == HD_FRAME_WHILE || top->kind == HD_FRAME_FOR)) {
        *loop = top;
        return;
    }
    /* While a block is undone its own cleanup is not in force. */
    HdFrameBlock copy = *top;
    c->build->frame_count--;
    hd_codegen_unwind_one(c, &copy, keep_top);
    unwind(c, at, keep_top, loop);
    c->build->frames[c->build->frame_count++] = copy;
}

/* --- simple statements --- */
bool hd_codegen_top_level_await(HdCompiler *c) {
    return (c->flags & HD_COMPILE_TOP_LEVEL_AWAIT) && c->build->scope->kind == HD_SCOPE_MODULE_BLOCK;
}

static void return_statement(HdCompiler *c, HdAstReturn *n) {
    HdScope *scope = c->build->scope;
    bool keep = n->value && n->value->kind != HD_AST_Constant;
    if (scope->kind != HD_SCOPE_FUNCTION_BLOCK) {
        hd_compiler_error_at(c, c->build->at, "'return' outside function");
        return;
    }
    if (n->value && scope->coroutine && scope->generator) {
        hd_compiler_error_at(c, c->build->at, "'return' with value in async generator");
        return;
    }
    if (keep) {
        hd_codegen_expr(c, n->value);
    } else if (n->value) {
        c->build->at = hd_position_of(n->value);
        HD_EMIT(c, NOP, 0);
    }
    if (!n->value || n->value->lineno != n->head.lineno) {
        c->build->at = hd_position_of(&n->head);
        HD_EMIT(c, NOP, 0);
    }
    unwind(c, c->build->at, keep, NULL);
    if (!n->value) hd_emit_const(c, hd_None);
    else if (!keep) hd_emit_const(c, hd_constant_of_node(c, HD_AST(Constant, n->value)));
    HD_EMIT(c, RETURN_VALUE, 0);
}

static void leave_loop(HdCompiler *c, bool is_break) {
    HdFrameBlock *loop = NULL;
    HdPosition at = c->build->at;
    HD_EMIT(c, NOP, 0); /* keeps the line */
    unwind(c, at, false, &loop);
    if (c->failed) return;
    if (!loop) {
        hd_compiler_error_at(c, at, is_break ? "'break' outside loop" : "'continue' not properly in loop");
        return;
    }
    HdFlowBlock *target = is_break ? loop->exit : loop->block;
    if (is_break) {
        HdFrameBlock copy = *loop;
        hd_codegen_unwind_one(c, &copy, false);
    }
    hd_emit_jump(c, HD_PSEUDO_JUMP, target);
}

static void assert_statement(HdCompiler *c, HdAstAssert *n) {
    HdNode *test = n->test;
    bool tuple = test->kind == HD_AST_Tuple && HD_AST(Tuple, test)->elts.count > 0;
    if (test->kind == HD_AST_Constant) {
        HdConstant *constant = &HD_AST(Constant, test)->value;
        HdValue v = {constant->object};
        tuple = constant->kind == HD_CONSTANT_OBJECT && hd_is_exact_tuple(v) && hd_tuple_length(v) > 0;
    }
    if (tuple)
        hd_compiler_warn_at(c, c->build->at, "assertion is always true, perhaps remove parentheses?");
    if (c->optimize > 0) return;
    HdFlowBlock *end = hd_emit_block(c);
    hd_codegen_jump_if(c, test, end, true);
    HD_EMIT(c, LOAD_ASSERTION_ERROR, 0);
    if (n->msg) {
        hd_codegen_expr(c, n->msg);
        HD_EMIT(c, CALL, 0);
    }
    HD_EMIT(c, RAISE_VARARGS, 1);
    hd_emit_use(c, end);
}

/* --- imports --- */
static void import_as(HdCompiler *c, HdName *name, HdName *asname) {
    const char *at = memchr(name->bytes, '.', name->length), *end = name->bytes + name->length;
    if (!at) {
        hd_codegen_name(c, asname, HD_STORE);
        return;
    }
    while (at) {
        const char *start = at + 1;
        at = memchr(start, '.', (size_t)(end - start));
        HdName *part = hd_compiler_name(c, start, (size_t)((at ? at : end) - start));
        if (!part) return;
        hd_emit_name(c, HD_INS_IMPORT_FROM, part);
        if (at) {
            HD_EMIT(c, SWAP, 2);
            HD_EMIT(c, POP_TOP, 0);
        }
    }
    hd_codegen_name(c, asname, HD_STORE);
    HD_EMIT(c, POP_TOP, 0);
}

static void import_statement(HdCompiler *c, HdAstImport *n) {
    for (int i = 0; i < n->names.count && !c->failed; i++) {
        HdAstalias *alias = HD_AST(alias, n->names.items[i]);
        hd_emit_const(c, hd_imm_int(0));
        hd_emit_const(c, hd_None);
        hd_emit_name(c, HD_INS_IMPORT_NAME, alias->name);
        if (alias->asname) {
            import_as(c, alias->name, alias->asname);
            continue;
        }
        const char *dot = memchr(alias->name->bytes, '.', alias->name->length);
        HdName *first = dot ? hd_compiler_name(c, alias->name->bytes, (size_t)(dot - alias->name->bytes)) : alias->name;
        hd_codegen_name(c, first, HD_STORE);
    }
}

static void import_from(HdCompiler *c, HdAstImportFrom *n) {
    hd_emit_const(c, hd_imm_int(n->level));
    HdValue names = hd_tuple_new(c->t, n->names.count);
    if (hd_is_null(names)) {
        hd_compiler_failed(c);
        return;
    }
    for (int i = 0; i < n->names.count; i++) {
        HdValue name = hd_compiler_name_value(c, HD_AST(alias, n->names.items[i])->name);
        hd_tuple_put_steal(names, i, hd_is_null(name) ? hd_None : hd_retain(c->t, name));
    }
    if (n->head.lineno > c->future_line && n->module == c->n_future && !n->level) {
        hd_release(c->t, names);
        hd_compiler_error_at(c, c->build->at, "from __future__ imports must occur at the beginning of the file");
        return;
    }
    hd_emit_const(c, hd_constant_canonical_steal(c, names));
    hd_emit_name(c, HD_INS_IMPORT_NAME, n->module ? n->module : c->n_empty);
    for (int i = 0; i < n->names.count && !c->failed; i++) {
        HdAstalias *alias = HD_AST(alias, n->names.items[i]);
        if (i == 0 && alias->name == c->n_star) {
            HD_EMIT(c, IMPORT_STAR, 0);
            return;
        }
        hd_emit_name(c, HD_INS_IMPORT_FROM, alias->name);
        hd_codegen_name(c, alias->asname ? alias->asname : alias->name, HD_STORE);
    }
    HD_EMIT(c, POP_TOP, 0);
}

/* --- assignments --- */
static bool is_plain_slice(HdNode *slice) {
    return slice->kind == HD_AST_Slice && !HD_AST(Slice, slice)->step;
}

static void slice_bounds(HdCompiler *c, HdAstSlice *n) {
    if (n->lower) hd_codegen_expr(c, n->lower);
    else hd_emit_const(c, hd_None);
    if (n->upper) hd_codegen_expr(c, n->upper);
    else hd_emit_const(c, hd_None);
}

static void augmented(HdCompiler *c, HdAstAugAssign *n) {
    HdNode *target = n->target;
    HdPosition whole = hd_position_of(&n->head), at = hd_position_of(target);
    unsigned op = HD_OP_INPLACE + hd_codegen_operator(n->op);
    c->build->at = at;
    switch (target->kind) {
    case HD_AST_Attribute: {
        HdAstAttribute *a = HD_AST(Attribute, target);
        hd_codegen_expr(c, a->value);
        HD_EMIT(c, COPY, 1);
        hd_codegen_attr_position(c, target);
        hd_emit_name(c, HD_INS_LOAD_ATTR, a->attr);
        c->build->at = whole;
        hd_codegen_expr(c, n->value);
        HD_EMIT(c, BINARY_OP, op);
        c->build->at = at;
        hd_codegen_attr_position(c, target);
        HD_EMIT(c, SWAP, 2);
        hd_codegen_self_store(c, target);
        hd_emit_name(c, HD_INS_STORE_ATTR, a->attr);
        break;
    }
    case HD_AST_Subscript: {
        HdAstSubscript *s = HD_AST(Subscript, target);
        bool plain = is_plain_slice(s->slice);
        uint32_t depth = plain ? 3 : 2;
        hd_codegen_expr(c, s->value);
        if (plain) slice_bounds(c, HD_AST(Slice, s->slice));
        else hd_codegen_expr(c, s->slice);
        for (uint32_t i = 0; i < depth; i++) HD_EMIT(c, COPY, depth);
        hd_emit(c, plain ? HD_INS_BINARY_SLICE : HD_INS_BINARY_SUBSCR, 0);
        c->build->at = whole;
        hd_codegen_expr(c, n->value);
        HD_EMIT(c, BINARY_OP, op);
        c->build->at = at;
        for (uint32_t i = depth + 1; i > 1; i--) HD_EMIT(c, SWAP, i);
        hd_emit(c, plain ? HD_INS_STORE_SLICE : HD_INS_STORE_SUBSCR, 0);
        break;
    }
    case HD_AST_Name:
        hd_codegen_name(c, HD_AST(Name, target)->id, HD_LOAD);
        c->build->at = whole;
        hd_codegen_expr(c, n->value);
        HD_EMIT(c, BINARY_OP, op);
        c->build->at = at;
        hd_codegen_name(c, HD_AST(Name, target)->id, HD_STORE);
        break;
    default: /* a tree that the parser has not made; the number is the class's place in its sum */
        hd_raise(c->t, &hd_SystemError, "invalid node type (%d) for augmented assignment", target->kind - HD_AST_BoolOp + 1);
        c->failed = true;
    }
}

static void evaluate_and_drop(HdCompiler *c, HdNode *node) {
    hd_codegen_expr(c, node);
    HD_EMIT(c, POP_TOP, 0);
}

static void check_subscript(HdCompiler *c, HdNode *node) {
    switch (node->kind) {
    case HD_AST_Slice: {
        HdAstSlice *n = HD_AST(Slice, node);
        if (n->lower) evaluate_and_drop(c, n->lower);
        if (n->upper) evaluate_and_drop(c, n->upper);
        if (n->step) evaluate_and_drop(c, n->step);
        break;
    }
    case HD_AST_Tuple:
        for (int i = 0; i < HD_AST(Tuple, node)->elts.count; i++) check_subscript(c, HD_AST(Tuple, node)->elts.items[i]);
        break;
    default: evaluate_and_drop(c, node);
    }
}

static void annotated(HdCompiler *c, HdAstAnnAssign *n) {
    bool in_namespace = c->build->kind == HD_BUILD_MODULE || c->build->kind == HD_BUILD_CLASS;
    bool future = (c->features & HD_CO_FUTURE_ANNOTATIONS) != 0;
    if (n->value) {
        hd_codegen_expr(c, n->value);
        hd_codegen_expr(c, n->target);
    }
    switch (n->target->kind) {
    case HD_AST_Name: {
        HdName *name = HD_AST(Name, n->target)->id;
        if (hd_codegen_forbidden(c, name, HD_STORE)) return;
        if (!n->simple || !in_namespace) break;
        if (future) hd_emit_const(c, hd_unparse_value(c, n->annotation));
        else hd_codegen_expr(c, n->annotation);
        hd_emit_name(c, HD_INS_LOAD_NAME, c->n_annotations);
        HdName *mangled = hd_scope_mangle(c, c->build->private_name, name);
        hd_emit_const(c, hd_compiler_name_value(c, mangled));
        HD_EMIT(c, STORE_SUBSCR, 0);
        break;
    }
    case HD_AST_Attribute:
        if (hd_codegen_forbidden(c, HD_AST(Attribute, n->target)->attr, HD_STORE)) return;
        if (!n->value) evaluate_and_drop(c, HD_AST(Attribute, n->target)->value);
        break;
    case HD_AST_Subscript:
        if (!n->value) {
            evaluate_and_drop(c, HD_AST(Subscript, n->target)->value);
            check_subscript(c, HD_AST(Subscript, n->target)->slice);
        }
        break;
    default: break;
    }
    if (!n->simple && in_namespace && !future) evaluate_and_drop(c, n->annotation);
}

/* --- compound statements --- */
static void if_statement(HdCompiler *c, HdAstIf *n) {
    HdFlowBlock *end = hd_emit_block(c), *next = n->orelse.count ? hd_emit_block(c) : end;
    hd_codegen_jump_if(c, n->test, next, false);
    hd_codegen_statements(c, &n->body);
    if (n->orelse.count) {
        hd_emit_jump_noline(c, HD_PSEUDO_JUMP, end);
        hd_emit_use(c, next);
        hd_codegen_statements(c, &n->orelse);
    }
    hd_emit_use(c, end);
}

static void while_statement(HdCompiler *c, HdAstWhile *n) {
    HdFlowBlock *loop = hd_emit_block(c), *end = hd_emit_block(c), *anchor = hd_emit_block(c);
    hd_emit_use(c, loop);
    hd_codegen_push(c, HD_FRAME_WHILE, loop, end);
    hd_codegen_jump_if(c, n->test, anchor, false);
    hd_codegen_statements(c, &n->body);
    hd_emit_jump_noline(c, HD_PSEUDO_JUMP, loop);
    hd_codegen_pop(c);
    hd_emit_use(c, anchor);
    hd_codegen_statements(c, &n->orelse);
    hd_emit_use(c, end);
}

static void for_statement(HdCompiler *c, HdAstFor *n) {
    HdFlowBlock *start = hd_emit_block(c), *cleanup = hd_emit_block(c), *end = hd_emit_block(c);
    hd_codegen_push(c, HD_FRAME_FOR, start, end);
    hd_codegen_expr(c, n->iter);
    HD_EMIT(c, GET_ITER, 0);
    hd_emit_use(c, start);
    hd_emit_jump(c, HD_INS_FOR_ITER, cleanup);
    hd_codegen_expr(c, n->target);
    hd_codegen_statements(c, &n->body);
    c->build->at = HD_NO_POSITION;
    hd_emit_jump(c, HD_PSEUDO_JUMP, start);
    hd_emit_use(c, cleanup);
    hd_codegen_pop(c);
    HD_EMIT(c, END_FOR, 0);
    HD_EMIT(c, POP_ITER, 0);
    hd_codegen_statements(c, &n->orelse);
    hd_emit_use(c, end);
}

static void async_for_statement(HdCompiler *c, HdAstFor *n) {
    if (hd_codegen_top_level_await(c)) {
        c->build->scope->coroutine = true;
    } else if (c->build->kind != HD_BUILD_ASYNC_FUNCTION) {
        hd_compiler_error_at(c, c->build->at, "'async for' outside async function");
        return;
    }
    HdFlowBlock *start = hd_emit_block(c), *except = hd_emit_block(c), *end = hd_emit_block(c);
    hd_codegen_expr(c, n->iter);
    HD_EMIT(c, GET_AITER, 0);
    hd_emit_use(c, start);
    hd_codegen_push(c, HD_FRAME_FOR, start, end);
    hd_emit_jump(c, HD_PSEUDO_SETUP_FINALLY, except); /* guards __anext__ */
    HD_EMIT(c, GET_ANEXT, 0);
    hd_emit_const(c, hd_None);
    hd_codegen_yield_from(c);
    hd_emit(c, HD_PSEUDO_POP_BLOCK, 0);
    hd_codegen_expr(c, n->target);
    hd_codegen_statements(c, &n->body);
    c->build->at = HD_NO_POSITION;
    hd_emit_jump(c, HD_PSEUDO_JUMP, start);
    hd_codegen_pop(c);
    hd_emit_use(c, except);
    c->build->at = hd_position_of(n->iter);
    HD_EMIT(c, END_ASYNC_FOR, 0);
    hd_codegen_statements(c, &n->orelse);
    hd_emit_use(c, end);
}

static void expression_statement(HdCompiler *c, HdNode *value) {
    if (c->interactive && c->nest_level <= 1) {
        hd_codegen_expr(c, value);
        HD_EMIT(c, PRINT_EXPR, 0);
    } else if (value->kind == HD_AST_Constant) {
        HD_EMIT(c, NOP, 0);
    } else {
        hd_codegen_expr(c, value);
        c->build->at = HD_NO_POSITION;
        HD_EMIT(c, POP_TOP, 0);
    }
}

void hd_codegen_statements(HdCompiler *c, const HdNodeList *list) {
    for (int i = 0; i < list->count && !c->failed; i++) hd_codegen_statement(c, list->items[i]);
}

void hd_codegen_statement(HdCompiler *c, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    c->build->at = hd_position_of(node);
    switch (node->kind) {
    case HD_AST_FunctionDef:
    case HD_AST_AsyncFunctionDef: hd_codegen_function(c, node); break;
    case HD_AST_ClassDef: hd_codegen_class(c, node); break;
    case HD_AST_Return: return_statement(c, HD_AST(Return, node)); break;
    case HD_AST_Delete: hd_codegen_exprs(c, &HD_AST(Delete, node)->targets); break;
    case HD_AST_Assign: {
        HdAstAssign *n = HD_AST(Assign, node);
        hd_codegen_expr(c, n->value);
        for (int i = 0; i < n->targets.count; i++) {
            if (i + 1 < n->targets.count) HD_EMIT(c, COPY, 1);
            hd_codegen_expr(c, n->targets.items[i]);
        }
        break;
    }
    case HD_AST_AugAssign: augmented(c, HD_AST(AugAssign, node)); break;
    case HD_AST_AnnAssign: annotated(c, HD_AST(AnnAssign, node)); break;
    case HD_AST_For: for_statement(c, HD_AST(For, node)); break;
    case HD_AST_AsyncFor: async_for_statement(c, (HdAstFor *)node); break;
    case HD_AST_While: while_statement(c, HD_AST(While, node)); break;
    case HD_AST_If: if_statement(c, HD_AST(If, node)); break;
    case HD_AST_With:
    case HD_AST_AsyncWith: hd_codegen_with(c, node); break;
    case HD_AST_Match: hd_codegen_match(c, node); break;
    case HD_AST_Raise: {
        HdAstRaise *n = HD_AST(Raise, node);
        if (n->exc) hd_codegen_expr(c, n->exc);
        if (n->exc && n->cause) hd_codegen_expr(c, n->cause);
        HD_EMIT(c, RAISE_VARARGS, n->exc ? (n->cause ? 2 : 1) : 0);
        break;
    }
    case HD_AST_Try:
    case HD_AST_TryStar: hd_codegen_try(c, node); break;
    case HD_AST_Assert: assert_statement(c, HD_AST(Assert, node)); break;
    case HD_AST_Import: import_statement(c, HD_AST(Import, node)); break;
    case HD_AST_ImportFrom: import_from(c, HD_AST(ImportFrom, node)); break;
    case HD_AST_Expr: expression_statement(c, HD_AST(Expr, node)->value); break;
    case HD_AST_Pass: HD_EMIT(c, NOP, 0); break;
    case HD_AST_Break: leave_loop(c, true); break;
    case HD_AST_Continue: leave_loop(c, false); break;
    default: break; /* Global, Nonlocal */
    }
}
