/* codegen_match.c -- the match statement. See codegen.c for the rule about positions. No locks.
 *
 * A pattern consumes the subject on top of the stack. What it captures stays on the stack under everything else until
 * the whole pattern has matched, in the order of `stores`; only then are the names bound. A failing test jumps to
 * fail_pop[n], where n items are dropped before the next case is tried.
 */
#include "compiler.h"
#include "scope.h"

typedef struct Match {
    HdName **stores; /* captured so far, bottom first */
    int store_count, store_capacity;
    bool irrefutable_ok;
    HdFlowBlock **fail_pop;
    int fail_count, fail_capacity;
    int on_top; /* items above the captures that a failure drops too */
} Match;

static void pattern(HdCompiler *c, Match *m, HdNode *node);

static bool is_wildcard(HdNode *node) {
    return node->kind == HD_AST_MatchAs && !HD_AST(MatchAs, node)->name && !HD_AST(MatchAs, node)->pattern;
}

static HdFlowBlock *fail_block(HdCompiler *c, Match *m, int pops) {
    while (m->fail_count <= pops && !c->failed) {
        HdFlowBlock **blocks = hd_compiler_grow(c, m->fail_pop, m->fail_count, &m->fail_capacity, sizeof *blocks);
        if (!blocks) return NULL;
        m->fail_pop = blocks;
        m->fail_pop[m->fail_count++] = hd_emit_block(c);
    }
    return c->failed ? NULL : m->fail_pop[pops];
}

static void fail_if(HdCompiler *c, Match *m, unsigned jump) {
    HdFlowBlock *block = fail_block(c, m, m->on_top + m->store_count);
    if (block) hd_emit_jump(c, jump, block);
}

static void emit_fail_blocks(HdCompiler *c, Match *m) {
    if (c->failed || !m->fail_count) return;
    while (--m->fail_count > 0) {
        hd_emit_use(c, m->fail_pop[m->fail_count]);
        HD_EMIT(c, POP_TOP, 0);
    }
    hd_emit_use(c, m->fail_pop[0]);
    m->fail_count = 0;
    m->fail_capacity = 0;
    m->fail_pop = NULL;
}

/* Moves the top below the `count` - 1 items under it. */
static void rotate(HdCompiler *c, int count) {
    for (; count > 1; count--) HD_EMIT(c, SWAP, count);
}

static int find_store(const Match *m, HdName *name) {
    for (int i = 0; i < m->store_count; i++)
        if (m->stores[i] == name) return i;
    return -1;
}

static void add_store(HdCompiler *c, Match *m, HdName *name) {
    if (c->failed) return;
    if (find_store(m, name) >= 0) {
        hd_compiler_error_at(c, c->build->at, "multiple assignments to name '%s' in pattern", name->bytes);
        return;
    }
    HdName **stores = hd_compiler_grow(c, m->stores, m->store_count, &m->store_capacity, sizeof *stores);
    if (!stores) return;
    m->stores = stores;
    stores[m->store_count++] = name;
}

static void capture(HdCompiler *c, Match *m, HdName *name) {
    if (!name) {
        HD_EMIT(c, POP_TOP, 0);
        return;
    }
    if (hd_codegen_forbidden(c, name, HD_STORE)) return;
    int under = m->on_top + m->store_count + 1;
    add_store(c, m, name);
    rotate(c, under);
}

static void subpattern(HdCompiler *c, Match *m, HdNode *node) {
    bool outer = m->irrefutable_ok;
    m->irrefutable_ok = true;
    pattern(c, m, node);
    m->irrefutable_ok = outer;
}

static void match_as(HdCompiler *c, Match *m, HdAstMatchAs *n) {
    if (!n->pattern) {
        if (!m->irrefutable_ok) {
            if (n->name)
                hd_compiler_error_at(c, c->build->at, "name capture '%s' makes remaining patterns unreachable",
                                     n->name->bytes);
            else
                hd_compiler_error_at(c, c->build->at, "wildcard makes remaining patterns unreachable");
            return;
        }
        capture(c, m, n->name);
        return;
    }
    m->on_top++;
    HD_EMIT(c, COPY, 1);
    pattern(c, m, n->pattern);
    m->on_top--;
    capture(c, m, n->name);
}

/* --- sequences --- */
static void check_length(HdCompiler *c, Match *m, int length, int op) {
    HD_EMIT(c, GET_LEN, 0);
    hd_emit_const(c, hd_imm_int(length));
    HD_EMIT(c, COMPARE_OP, op);
    fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
}

static void sequence_unpack(HdCompiler *c, Match *m, const HdNodeList *list, int star) {
    if (star < 0) {
        HD_EMIT(c, UNPACK_SEQUENCE, list->count);
    } else {
        int after = list->count - star - 1;
        if (star >= 1 << 8 || after >= 1 << 16) {
            hd_compiler_error_at(c, c->build->at, "too many expressions in star-unpacking sequence pattern");
            return;
        }
        HD_EMIT(c, UNPACK_EX, star + (after << 8));
    }
    m->on_top += list->count;
    for (int i = 0; i < list->count && !c->failed; i++) {
        m->on_top--;
        subpattern(c, m, list->items[i]);
    }
}

static void sequence_subscript(HdCompiler *c, Match *m, const HdNodeList *list, int star) {
    m->on_top++;
    for (int i = 0; i < list->count && !c->failed; i++) {
        if (i == star || is_wildcard(list->items[i])) continue;
        HD_EMIT(c, COPY, 1);
        if (i < star) {
            hd_emit_const(c, hd_imm_int(i));
        } else {
            HD_EMIT(c, GET_LEN, 0); /* the subject may know no negative indices */
            hd_emit_const(c, hd_imm_int(list->count - i));
            HD_EMIT(c, BINARY_OP, HD_OP_SUBTRACT);
        }
        HD_EMIT(c, BINARY_SUBSCR, 0);
        subpattern(c, m, list->items[i]);
    }
    m->on_top--;
    HD_EMIT(c, POP_TOP, 0);
}

static void match_sequence(HdCompiler *c, Match *m, const HdNodeList *list) {
    int star = -1;
    bool only_wildcard = true, star_wildcard = false;
    for (int i = 0; i < list->count; i++) {
        HdNode *item = list->items[i];
        if (item->kind != HD_AST_MatchStar) {
            only_wildcard &= is_wildcard(item);
            continue;
        }
        if (star >= 0) {
            hd_compiler_error_at(c, c->build->at, "multiple starred names in sequence pattern");
            return;
        }
        star = i;
        star_wildcard = !HD_AST(MatchStar, item)->name;
        only_wildcard &= star_wildcard;
    }
    m->on_top++;
    HD_EMIT(c, MATCH_SEQUENCE, 0);
    fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
    if (star < 0) check_length(c, m, list->count, HD_EQ);
    else if (list->count > 1) check_length(c, m, list->count - 1, HD_GE);
    m->on_top--;
    if (only_wildcard) HD_EMIT(c, POP_TOP, 0);
    else if (star_wildcard) sequence_subscript(c, m, list, star);
    else sequence_unpack(c, m, list, star);
}

/* --- mappings and classes --- */
static bool mapping_keys(HdCompiler *c, HdAstMatchMapping *n) {
    for (int i = 0; i < n->keys.count; i++) {
        HdNode *key = n->keys.items[i];
        if (key->kind == HD_AST_Constant) {
            HdValue v = hd_constant_of_node(c, HD_AST(Constant, key));
            for (int j = 0; j < i && !c->failed; j++) {
                HdNode *other = n->keys.items[j];
                if (other->kind != HD_AST_Constant) continue;
                int equal = hd_object_equal(c->t, v, hd_constant_of_node(c, HD_AST(Constant, other)));
                if (equal < 0) hd_compiler_failed(c);
                if (equal <= 0) continue;
                HD_OWNED HdValue text = hd_object_repr(c->t, v);
                const char *shown = hd_is_null(text) ? NULL : hd_str_utf8(c->t, text, NULL);
                if (shown) hd_compiler_error_at(c, c->build->at, "mapping pattern checks duplicate key (%s)", shown);
                c->failed = true;
            }
        } else if (key->kind != HD_AST_Attribute) {
            hd_compiler_error_at(c, c->build->at, "mapping pattern keys may only match literals and attribute lookups");
        }
        hd_codegen_expr(c, key);
    }
    return !c->failed;
}

static void fail_if_none(HdCompiler *c, Match *m) {
    HD_EMIT(c, COPY, 1);
    hd_emit_const(c, hd_None);
    HD_EMIT(c, IS_OP, 1);
    fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
}

static void match_mapping(HdCompiler *c, Match *m, HdAstMatchMapping *n) {
    int size = n->keys.count;
    m->on_top++;
    HD_EMIT(c, MATCH_MAPPING, 0);
    fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
    if (!size && !n->rest) {
        m->on_top--;
        HD_EMIT(c, POP_TOP, 0);
        return;
    }
    if (size) check_length(c, m, size, HD_GE);
    if (!mapping_keys(c, n)) return;
    HD_EMIT(c, BUILD_TUPLE, size);
    HD_EMIT(c, MATCH_KEYS, 0);
    m->on_top += 2; /* the keys and the values, above the subject */
    fail_if_none(c, m);
    HD_EMIT(c, UNPACK_SEQUENCE, size);
    m->on_top += size - 1;
    for (int i = 0; i < size && !c->failed; i++) {
        m->on_top--;
        subpattern(c, m, n->patterns.items[i]);
    }
    m->on_top -= 2;
    if (!n->rest) {
        HD_EMIT(c, POP_TOP, 0);
        HD_EMIT(c, POP_TOP, 0);
        return;
    }
    /* rest = dict(subject) without the keys: [subject keys] -> [rest keys] -> [rest] */
    HD_EMIT(c, BUILD_MAP, 0);
    HD_EMIT(c, SWAP, 3);
    HD_EMIT(c, DICT_UPDATE, 2);
    HD_EMIT(c, UNPACK_SEQUENCE, size);
    for (; size; size--) {
        HD_EMIT(c, COPY, 1 + size);
        HD_EMIT(c, SWAP, 2);
        HD_EMIT(c, DELETE_SUBSCR, 0);
    }
    capture(c, m, n->rest);
}

static bool attributes_are_good(HdCompiler *c, HdAstMatchClass *n) {
    for (int i = 0; i < n->kwd_attrs.count; i++) {
        c->build->at = hd_position_of(n->kwd_patterns.items[i]);
        if (hd_codegen_forbidden(c, n->kwd_attrs.items[i], HD_STORE)) return false;
        for (int j = i + 1; j < n->kwd_attrs.count; j++) {
            if (n->kwd_attrs.items[i] != n->kwd_attrs.items[j]) continue;
            hd_compiler_error_at(c, hd_position_of(n->kwd_patterns.items[j]),
                                 "attribute name repeated in class pattern: %s", n->kwd_attrs.items[i]->bytes);
            return false;
        }
    }
    return true;
}

static void match_class(HdCompiler *c, Match *m, HdAstMatchClass *n) {
    int positional = n->patterns.count, named = n->kwd_attrs.count;
    HdPosition at = c->build->at;
    if (!attributes_are_good(c, n)) return;
    c->build->at = at;
    hd_codegen_expr(c, n->cls);
    HdValue names = hd_tuple_new(c->t, named);
    if (hd_is_null(names)) {
        hd_compiler_failed(c);
        return;
    }
    for (int i = 0; i < named; i++) {
        HdValue name = hd_compiler_name_value(c, n->kwd_attrs.items[i]);
        hd_tuple_put_steal(names, i, hd_is_null(name) ? hd_None : hd_retain(c->t, name));
    }
    hd_emit_const(c, hd_constant_canonical_steal(c, names));
    HD_EMIT(c, MATCH_CLASS, positional);
    m->on_top++;
    fail_if_none(c, m);
    HD_EMIT(c, UNPACK_SEQUENCE, positional + named);
    m->on_top += positional + named - 1;
    for (int i = 0; i < positional + named && !c->failed; i++) {
        m->on_top--;
        HdNode *one = i < positional ? n->patterns.items[i] : n->kwd_patterns.items[i - positional];
        if (is_wildcard(one)) HD_EMIT(c, POP_TOP, 0);
        else subpattern(c, m, one);
    }
}

/* --- alternatives --- */
/* Brings the captures of this alternative into the order of the first one; false: they bind different names. */
static bool reorder(HdCompiler *c, Match *m, HdName **control, int count) {
    if (m->store_count != count) return false;
    for (int i = count - 1; i >= 0; i--) {
        int at = find_store(m, control[i]);
        if (at < 0) return false;
        if (at == i) continue;
        /* stores[:at + 1] move behind stores[at + 1 : i + 1]; the same on the stack by rotations. */
        int moved = at + 1;
        HdName **old = hd_compiler_alloc(c, (size_t)(i + 1) * sizeof *old);
        if (!old) return true;
        memcpy(old, m->stores, (size_t)(i + 1) * sizeof *old);
        memcpy(m->stores, old + moved, (size_t)(i + 1 - moved) * sizeof *old);
        memcpy(m->stores + (i + 1 - moved), old, (size_t)moved * sizeof *old);
        while (moved--) rotate(c, i + 1);
    }
    return true;
}

static void match_or(HdCompiler *c, Match *m, const HdNodeList *list) {
    HdFlowBlock *end = hd_emit_block(c);
    Match outer = *m;
    HdName **control = NULL;
    int control_count = 0;
    for (int i = 0; i < list->count && !c->failed; i++) {
        HdNode *alternative = list->items[i];
        c->build->at = hd_position_of(alternative);
        *m = (Match){.irrefutable_ok = i == list->count - 1 && outer.irrefutable_ok};
        HD_EMIT(c, COPY, 1);
        pattern(c, m, alternative);
        if (i == 0) {
            control = m->stores;
            control_count = m->store_count;
        } else if (!reorder(c, m, control, control_count)) {
            hd_compiler_error_at(c, c->build->at, "alternative patterns bind different names");
        }
        hd_emit_jump(c, HD_PSEUDO_JUMP, end);
        emit_fail_blocks(c, m);
    }
    *m = outer;
    HD_EMIT(c, POP_TOP, 0);
    fail_if(c, m, HD_PSEUDO_JUMP);
    hd_emit_use(c, end);
    int rotations = control_count + 1 + m->on_top + m->store_count;
    for (int i = 0; i < control_count && !c->failed; i++) {
        rotate(c, rotations);
        add_store(c, m, control[i]);
    }
    HD_EMIT(c, POP_TOP, 0);
}

static void pattern(HdCompiler *c, Match *m, HdNode *node) {
    if (hd_compiler_too_deep(c)) return;
    c->build->at = hd_position_of(node);
    switch (node->kind) {
    case HD_AST_MatchValue: {
        HdNode *value = HD_AST(MatchValue, node)->value;
        if (value->kind != HD_AST_Constant && value->kind != HD_AST_Attribute) {
            hd_compiler_error_at(c, c->build->at, "patterns may only match literals and attribute lookups");
            return;
        }
        hd_codegen_expr(c, value);
        HD_EMIT(c, COMPARE_OP, HD_EQ);
        fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
        break;
    }
    case HD_AST_MatchSingleton: {
        HdValue v = hd_compile_constant(c->t, &HD_AST(MatchSingleton, node)->value);
        hd_emit_const(c, hd_constant_canonical_steal(c, v));
        HD_EMIT(c, IS_OP, 0);
        fail_if(c, m, HD_INS_POP_JUMP_IF_FALSE);
        break;
    }
    case HD_AST_MatchSequence: match_sequence(c, m, &HD_AST(MatchSequence, node)->patterns); break;
    case HD_AST_MatchMapping: match_mapping(c, m, HD_AST(MatchMapping, node)); break;
    case HD_AST_MatchClass: match_class(c, m, HD_AST(MatchClass, node)); break;
    case HD_AST_MatchStar: capture(c, m, HD_AST(MatchStar, node)->name); break;
    case HD_AST_MatchAs: match_as(c, m, HD_AST(MatchAs, node)); break;
    default: match_or(c, m, &HD_AST(MatchOr, node)->patterns);
    }
}

void hd_codegen_match(HdCompiler *c, HdNode *node) {
    HdAstMatch *n = HD_AST(Match, node);
    hd_codegen_expr(c, n->subject);
    HdFlowBlock *end = hd_emit_block(c);
    int cases = n->cases.count;
    if (!cases) return;
    HdAstmatch_case *last = HD_AST(match_case, n->cases.items[cases - 1]);
    bool has_default = cases > 1 && is_wildcard(last->pattern);
    int tested = cases - has_default;
    for (int i = 0; i < tested && !c->failed; i++) {
        HdAstmatch_case *one = HD_AST(match_case, n->cases.items[i]);
        bool copy = i != tested - 1;
        c->build->at = hd_position_of(one->pattern);
        if (copy) HD_EMIT(c, COPY, 1);
        Match m = {.irrefutable_ok = one->guard || i == cases - 1};
        pattern(c, &m, one->pattern);
        for (int j = 0; j < m.store_count; j++) hd_codegen_name(c, m.stores[j], HD_STORE);
        m.store_count = 0;
        if (one->guard) {
            HdFlowBlock *fail = fail_block(c, &m, 0);
            if (fail) hd_codegen_jump_if(c, one->guard, fail, false);
        }
        if (copy) HD_EMIT(c, POP_TOP, 0);
        hd_codegen_statements(c, &one->body);
        hd_emit_jump(c, HD_PSEUDO_JUMP, end);
        c->build->at = hd_position_of(one->pattern);
        emit_fail_blocks(c, &m);
    }
    if (has_default && !c->failed) {
        c->build->at = hd_position_of(last->pattern);
        HD_EMIT(c, NOP, 0); /* the case has no code of its own; this shows its line */
        if (last->guard) hd_codegen_jump_if(c, last->guard, end, false);
        hd_codegen_statements(c, &last->body);
    }
    hd_emit_use(c, end);
}
