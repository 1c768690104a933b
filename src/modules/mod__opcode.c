/* mod__opcode.c -- the module _opcode: ops.def and the instructions of code objects, for opcode.py and dis.py.
 *
 * Every answer is made anew from constant tables and from code objects, whose tables do not change; an instruction may
 * be rewritten by the VM while it is read, which is one word. Takes no locks, never parks.
 */
#include "code.h"
#include "heddle/module.h"

/* The row of ops.def in words: operand kind and safe point by name. */
typedef struct RowText {
    const char *operand, *safe;
} RowText;
static const RowText row_texts[HD_OPS_COUNT] = {
#define OP(name, operand, pops, pushes, raises, safe, family, picture, meaning) {#operand, #safe},
#include "ops.def"
#undef OP
};

static HdValue make_row(HdThread *t, unsigned op) {
    const HdOpInfo *info = &hd_ops_info[op];
    HD_OWNED HdValue name = hd_str_intern_text(t, info->name);
    HD_OWNED HdValue operand = hd_str_intern_text(t, row_texts[op].operand);
    HD_OWNED HdValue safe = hd_str_intern_text(t, row_texts[op].safe);
    HD_OWNED HdValue picture = hd_str_from_text(t, info->picture);
    HD_OWNED HdValue meaning = hd_str_from_text(t, info->meaning);
    if (hd_is_null(name) || hd_is_null(operand) || hd_is_null(safe) || hd_is_null(picture) || hd_is_null(meaning))
        return HD_NULL;
    return hd_tuple_pack(t, 7, name, operand, hd_imm_int(info->family), hd_bool(info->raises), safe, picture, meaning);
}

static HdValue table(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue rows = hd_tuple_new(t, HD_OPS_COUNT);
    if (hd_is_null(rows)) return HD_NULL;
    for (unsigned op = 0; op < HD_OPS_COUNT; op++) {
        HdValue row = make_row(t, op);
        if (hd_is_null(row)) return HD_NULL;
        hd_tuple_put_steal(rows, op, row);
    }
    return hd_move(&rows);
}

/* 0 or 1, or -1 for None (or not given). */
static int read_jump(HdThread *t, HdValue given, int *jump) {
    *jump = hd_same(given, hd_True) ? 1 : hd_same(given, hd_False) ? 0 : -1;
    if (*jump >= 0 || hd_is_null(given) || hd_is_none(given)) return 0;
    return hd_raise_int(t, &hd_ValueError, "stack_effect: jump must be False, True or None");
}

static HdValue stack_effect(HdThread *t, HdValue self, const HdValue *args) {
    int op = hd_number_as_int(t, args[0]), n = 0;
    if (op == -1 && hd_raised(t)) return HD_NULL;
    bool known = op >= 0 && op < HD_OPS_COUNT;
    bool wants = known && hd_ops_info[op].operand != HD_OPERAND_NONE;
    bool given = !hd_is_null(args[1]) && !hd_is_none(args[1]);
    if (given) {
        n = hd_number_as_int(t, args[1]);
        if (n == -1 && hd_raised(t)) return HD_NULL;
    }
    if (known && given != wants) {
        return hd_raise(t, &hd_ValueError,
                        wants ? "stack_effect: opcode requires oparg but oparg was not specified"
                              : "stack_effect: opcode does not permit oparg but oparg was specified");
    }
    int jump;
    if (read_jump(t, args[2], &jump) < 0) return HD_NULL;
    if (!known || n < 0 || n > (int)HD_OPERAND_MAX) return hd_raise(t, &hd_ValueError, "invalid opcode or oparg");
    int64_t straight = hd_ops_effect((unsigned)op, n, false), jumping = hd_ops_effect((unsigned)op, n, true);
    return hd_imm_int(jump == 1 || (jump < 0 && jumping > straight) ? jumping : straight);
}

static HdValue not_code(HdThread *t, const char *function, HdValue v) {
    return hd_raise(t, &hd_TypeError, "%s() argument 1 must be code, not %T", function, v);
}

static HdValue units(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_code(args[0])) return not_code(t, "units", args[0]);
    int adaptive = hd_is_null(args[1]) ? 0 : hd_object_truth(t, args[1]);
    if (adaptive < 0) return HD_NULL;
    const HdCode *code = hd_code(args[0]);
    HD_OWNED HdValue list = hd_list_new(t, code->count);
    if (hd_is_null(list)) return HD_NULL;
    for (uint32_t i = 0; i < code->count; i++) {
        HdUnit unit = adaptive ? HD_LOAD_RELAXED(&code->units[i]) : hd_code_plain_unit(code, i);
        HdValue pair = hd_tuple_pack(t, 2, hd_imm_int(hd_ops_opcode(unit)), hd_imm_int(hd_ops_operand(unit)));
        if (hd_is_null(pair) || hd_list_append_steal(t, list, pair) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue handlers(HdThread *t, HdValue self, const HdValue *args) {
    if (!hd_is_code(args[0])) return not_code(t, "handlers", args[0]);
    const HdCode *code = hd_code(args[0]);
    HD_OWNED HdValue list = hd_list_new(t, code->handler_count);
    if (hd_is_null(list)) return HD_NULL;
    for (uint32_t i = 0; i < code->handler_count; i++) {
        const HdHandler *h = &code->handlers[i];
        HdValue row = hd_tuple_pack(t, 5, hd_imm_int(2 * (int64_t)h->start), hd_imm_int(2 * (int64_t)h->end),
                                    hd_imm_int(2 * (int64_t)h->target), hd_imm_int(h->depth), hd_bool(h->lasti));
        if (hd_is_null(row) || hd_list_append_steal(t, list, row) < 0) return HD_NULL;
    }
    return hd_move(&list);
}

static HdValue get_specialization_stats(HdThread *t, HdValue self, const HdValue *args) { return hd_None; }

static const HdMethodDef functions[] = {
    HD_METHOD(stack_effect, "stack_effect($module, opcode, oparg=None, /, *, jump=None)",
              "How an instruction changes the depth of the stack."),
    HD_METHOD(get_specialization_stats, "get_specialization_stats($module, /)",
              "None: no statistics are kept."),
    HD_METHOD(table, "table($module, /)",
              "A tuple of rows, one an instruction: (name, operand kind, opcode it is a specialised form of or its "
              "own, can raise, "
              "safe point, stack picture, meaning)."),
    HD_METHOD(
        units, "units($module, code, /, adaptive=False)",
        "The instructions of a code object as a list of (opcode, operand); adaptive: as the VM has rewritten them."),
    HD_METHOD(handlers, "handlers($module, code, /)",
              "The exception table of a code object as a list of (start, end, target, depth, lasti), in offsets; end "
              "is exclusive."),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    HdValue dict = hd_module_dict_borrowed(module);
    return hd_dict_set_text(t, dict, "UNIT_SIZE", hd_imm_int(sizeof(HdUnit)));
}

const HdModuleDef hd_module__opcode = {
    .name = "_opcode",
    .doc = "The instructions of the virtual machine, and those of code objects.",
    .functions = functions,
    .exec = exec,
};
