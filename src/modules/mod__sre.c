/* mod__sre.c -- the module _sre: Pattern, Match and Scanner over the matching engine, under the library's package re.
 *
 * A Pattern does not change once made; a Match neither. A Scanner's position is guarded by its lock (GIL off).
 * Matching runs no Python but signal handlers, at polls. The subject is a str, read where it lies, or a buffer that is
 * held while a match runs.
 */
#include <stdio.h>
#include <stdlib.h>

#include "heddle/module.h"
#include "mutex.h"
#include "sre_engine.h"

typedef struct Pattern {
    HdObject head;
    HdSize length; /* code words */
    HdSize groups; /* without group 0 */
    HdValue groupindex, indexgroup, pattern;
    int flags;
    int is_bytes; /* 0 str, 1 bytes, -1 made of no pattern: takes both */
    uint32_t code[];
} Pattern;

typedef struct Match {
    HdObject head;
    HdSize count; /* groups with group 0 */
    HdValue string;
    HdValue regs; /* made on demand */
    HdValue pattern;
    HdSize pos, endpos;
    HdSize lastindex;
    HdSize mark[]; /* start and end of each group; -1: not matched */
} Match;

typedef struct Scanner {
    HdObject head;
    HdValue pattern, string;
    HdSize at, end, pos;
    bool must_advance, finished;
    HdBuffer held; /* the subject's, unless it is a str: it cannot change its size while it is scanned */
} Scanner;

static HdType pattern_type, match_type, scanner_type;

/* --- one run over a subject --- */

typedef struct Run {
    HdSre sre;
    HdThread *t;
    HdValue string; /* lent */
    HdBuffer buffer;
    bool is_bytes;
    HdSize pos, endpos;
    const char *small_marks[40];
} Run;

static bool poll_signals(void *context) { return hd_object_poll(context) == 0; }

static HdSize index_of(const Run *r, const char *at) { return (at - r->sre.beginning) / (HdSize)r->sre.kind; }

/* Prepares r to match `string` between pos and endpos; must be ended with run_end, also after a failure. */
static int run_begin(HdThread *t, Run *r, Pattern *pattern, HdValue string, HdSize pos, HdSize endpos) {
    HdSize length;
    memset(&r->sre, 0, sizeof r->sre);
    r->t = t;
    r->string = string;
    r->buffer.owner = HD_NULL;
    r->sre.marks = r->small_marks;
    if (hd_is_str(string)) {
        r->is_bytes = false;
        r->sre.beginning = hd_str_data(string);
        r->sre.kind = hd_str(string)->kind;
        length = hd_str_length(string);
    } else {
        if (hd_buffer_get(t, string, &r->buffer, HD_BUFFER_SIMPLE) < 0) {
            if (hd_raised_is(t, &hd_TypeError)) {
                hd_clear_raised(t);
                return hd_raise_int(t, &hd_TypeError, "expected string or bytes-like object, got '%T'", string);
            }
            return -1;
        }
        r->is_bytes = true;
        r->sre.beginning = r->buffer.data ? r->buffer.data : "";
        r->sre.kind = 1;
        length = r->buffer.length;
    }
    if (r->is_bytes && pattern->is_bytes == 0) {
        return hd_raise_int(t, &hd_TypeError, "cannot use a string pattern on a bytes-like object");
    }
    if (!r->is_bytes && pattern->is_bytes > 0) {
        return hd_raise_int(t, &hd_TypeError, "cannot use a bytes pattern on a string-like object");
    }
    if (pos < 0) pos = 0;
    if (pos > length) pos = length;
    if (endpos < 0) endpos = 0;
    if (endpos > length) endpos = length;
    r->pos = pos;
    r->endpos = endpos;
    r->sre.code = pattern->code;
    r->sre.groups = (unsigned)pattern->groups;
    if (2 * (size_t)pattern->groups > HD_COUNT_OF(r->small_marks)) {
        r->sre.marks = malloc(2 * (size_t)pattern->groups * sizeof *r->sre.marks);
        if (!r->sre.marks) {
            r->sre.marks = r->small_marks;
            hd_raise_no_memory(t);
            return -1;
        }
    }
    r->sre.start = r->sre.ptr = r->sre.beginning + pos * (HdSize)r->sre.kind;
    r->sre.end = r->sre.beginning + endpos * (HdSize)r->sre.kind;
    r->sre.poll = poll_signals;
    r->sre.context = t;
    return 0;
}

static void run_end(Run *r) {
    hd_sre_free(&r->sre);
    if (r->sre.marks != r->small_marks) free(r->sre.marks);
    if (!hd_is_null(r->buffer.owner)) hd_buffer_release(r->t, &r->buffer);
}

/* 1 found, 0 not, -1 raised. */
static int check_status(HdThread *t, int status) {
    if (status >= 0) return status;
    if (status == HD_SRE_NO_MEMORY) hd_raise_no_memory(t);
    else if (!hd_raised(t)) hd_raise(t, &hd_RuntimeError, "regular expression matching was stopped");
    return -1;
}

/* A part of the subject, in its own type (exact str or bytes). */
static HdValue slice(HdThread *t, HdValue string, HdSize start, HdSize end) {
    if (hd_is_str(string)) return hd_str_substring(t, string, start, end);
    if (hd_is_exact(string, &hd_bytes_type) && start == 0 && end == hd_bytes_length(string)) return hd_retain(t, string);
    HdBuffer buffer;
    if (hd_buffer_get(t, string, &buffer, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    HdSize length = buffer.length;
    if (start > length) start = length;
    if (end > length) end = length;
    HdValue part = hd_bytes_new(t, end > start ? (const char *)buffer.data + start : "", end > start ? end - start : 0);
    hd_buffer_release(t, &buffer);
    return part;
}

static HdValue run_slice(Run *r, const char *start, const char *end) {
    if (r->is_bytes && !hd_is_exact(r->string, &hd_bytes_type)) return hd_bytes_new(r->t, end > start ? start : "", end - start);
    return slice(r->t, r->string, index_of(r, start), index_of(r, end));
}

/* The text of group `index` (1-based) in a finished run; `empty` if it did not take part. */
static HdValue run_group(Run *r, HdSize index, bool empty) {
    const char *start = r->sre.marks[2 * (index - 1)], *end = r->sre.marks[2 * (index - 1) + 1];
    if (!start || !end || end < start) {
        if (!empty) return hd_None;
        start = end = r->sre.beginning;
    }
    return run_slice(r, start, end);
}

static HdValue new_match(Run *r, Pattern *pattern) {
    HdThread *t = r->t;
    HdSize count = pattern->groups + 1;
    HdValue v = hd_type_alloc_var(t, &match_type, (HdSize)sizeof(Match) + 2 * count * (HdSize)sizeof(HdSize));
    if (hd_is_null(v)) return v;
    Match *m = HD_AS(Match, v);
    m->count = count;
    m->string = hd_retain(t, r->string);
    m->pattern = hd_retain(t, hd_from_object(pattern));
    m->mark[0] = index_of(r, r->sre.start);
    m->mark[1] = index_of(r, r->sre.ptr);
    for (HdSize i = 0; i < pattern->groups; i++) {
        const char *start = r->sre.marks[2 * i], *end = r->sre.marks[2 * i + 1];
        bool set = start && end && end >= start;
        m->mark[2 * i + 2] = set ? index_of(r, start) : -1;
        m->mark[2 * i + 3] = set ? index_of(r, end) : -1;
    }
    m->pos = r->pos;
    m->endpos = r->endpos;
    m->lastindex = r->sre.lastindex;
    return v;
}

/* --- Pattern: matching --- */

static int bounds(HdThread *t, HdValue pos, HdValue endpos, HdSize *from, HdSize *to) {
    *from = 0;
    *to = HD_SIZE_MAX;
    if (!hd_is_null(pos)) {
        *from = hd_number_as_size(t, pos, &hd_OverflowError);
        if (*from == -1 && hd_raised(t)) return -1;
    }
    if (!hd_is_null(endpos)) {
        *to = hd_number_as_size(t, endpos, &hd_OverflowError);
        if (*to == -1 && hd_raised(t)) return -1;
    }
    return 0;
}

enum { MATCH, FULLMATCH, SEARCH };
static HdValue match_once(HdThread *t, HdValue self, const HdValue *args, int how) {
    Pattern *pattern = HD_AS(Pattern, self);
    Run r;
    HdSize pos, endpos;
    if (bounds(t, args[1], args[2], &pos, &endpos) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (run_begin(t, &r, pattern, args[0], pos, endpos) == 0) {
        r.sre.match_all = how == FULLMATCH;
        int status = check_status(t, how == SEARCH ? hd_sre_search(&r.sre) : hd_sre_match(&r.sre));
        if (status == 0) result = hd_None;
        else if (status > 0) result = new_match(&r, pattern);
    }
    run_end(&r);
    return result;
}
static HdValue pattern_match(HdThread *t, HdValue self, const HdValue *args) { return match_once(t, self, args, MATCH); }
static HdValue pattern_fullmatch(HdThread *t, HdValue self, const HdValue *args) { return match_once(t, self, args, FULLMATCH); }
static HdValue pattern_search(HdThread *t, HdValue self, const HdValue *args) { return match_once(t, self, args, SEARCH); }

/* After a match: where the next search begins. An empty match there does not count again. */
static void advance(Run *r) {
    r->sre.must_advance = r->sre.ptr == r->sre.start;
    r->sre.start = r->sre.ptr;
}

static HdValue found_item(Run *r, Pattern *pattern) {
    HdThread *t = r->t;
    if (pattern->groups == 0) return run_slice(r, r->sre.start, r->sre.ptr);
    if (pattern->groups == 1) return run_group(r, 1, true);
    HdValue tuple = hd_tuple_new(t, pattern->groups);
    for (HdSize i = 0; !hd_is_null(tuple) && i < pattern->groups; i++) {
        HdValue group = run_group(r, i + 1, true);
        if (hd_is_null(group)) {
            hd_release(t, tuple);
            return HD_NULL;
        }
        hd_tuple_put_steal(tuple, i, group);
    }
    return tuple;
}

static HdValue pattern_findall(HdThread *t, HdValue self, const HdValue *args) {
    Pattern *pattern = HD_AS(Pattern, self);
    Run r;
    HdSize pos, endpos;
    if (bounds(t, args[1], args[2], &pos, &endpos) < 0) return HD_NULL;
    HdValue list = HD_NULL;
    if (run_begin(t, &r, pattern, args[0], pos, endpos) == 0) list = hd_list_new(t, 0);
    while (!hd_is_null(list) && r.sre.start <= r.sre.end) {
        int status = check_status(t, hd_sre_search(&r.sre));
        if (status == 0) break;
        HdValue item = status > 0 ? found_item(&r, pattern) : HD_NULL;
        if (hd_is_null(item) || hd_list_append_steal(t, list, item) < 0) {
            hd_release(t, list);
            list = HD_NULL;
            break;
        }
        advance(&r);
    }
    run_end(&r);
    return list;
}

static int append_slice(Run *r, HdValue list, const char *start, const char *end) {
    HdValue part = run_slice(r, start, end);
    return hd_is_null(part) ? -1 : hd_list_append_steal(r->t, list, part);
}

static HdValue pattern_split(HdThread *t, HdValue self, const HdValue *args) {
    Pattern *pattern = HD_AS(Pattern, self);
    Run r;
    HdSize max = 0;
    if (!hd_is_null(args[1])) {
        max = hd_number_as_size(t, args[1], &hd_OverflowError);
        if (max == -1 && hd_raised(t)) return HD_NULL;
    }
    HdValue list = HD_NULL;
    bool ok = false;
    if (run_begin(t, &r, pattern, args[0], 0, HD_SIZE_MAX) == 0) list = hd_list_new(t, 0);
    if (!hd_is_null(list)) {
        const char *last = r.sre.start;
        HdSize n = 0;
        ok = true;
        while (ok && (max == 0 || n < max)) {
            int status = check_status(t, hd_sre_search(&r.sre));
            if (status == 0) break;
            ok = status > 0 && append_slice(&r, list, last, r.sre.start) == 0;
            for (HdSize i = 0; ok && i < pattern->groups; i++) {
                HdValue group = run_group(&r, i + 1, false);
                ok = !hd_is_null(group) && hd_list_append_steal(t, list, group) == 0;
            }
            n++;
            last = r.sre.ptr;
            advance(&r);
        }
        ok = ok && append_slice(&r, list, last, r.sre.end) == 0;
    }
    run_end(&r);
    if (ok) return list;
    hd_release(t, list);
    return HD_NULL;
}

/* --- sub --- */

/* What replaces the matches: a fixed str or bytes, or a function of the match. */
static int prepare_filter(HdThread *t, Pattern *pattern, HdValue template, HdValue *filter, bool *callable) {
    *callable = hd_object_is_callable(template);
    if (*callable) {
        *filter = hd_retain(t, template);
        return 0;
    }
    bool literal = false;
    if (hd_is_str(template)) {
        literal = hd_str_find_char(template, '\\', 0, hd_str_length(template), false) < 0;
    } else {
        HdBuffer buffer;
        if (hd_buffer_check(template)) {
            if (hd_buffer_get(t, template, &buffer, HD_BUFFER_SIMPLE) < 0) return -1;
            literal = buffer.length == 0 || !memchr(buffer.data, '\\', (size_t)buffer.length);
            hd_buffer_release(t, &buffer);
        }
    }
    if (literal) {
        *filter = hd_retain(t, template);
        return 0;
    }
    HD_OWNED HdValue function = hd_object_import_from(t, "re", "_subx");
    if (hd_is_null(function)) return -1;
    *filter = hd_object_call2(t, function, hd_from_object(pattern), template);
    if (hd_is_null(*filter)) return -1;
    *callable = hd_object_is_callable(*filter);
    return 0;
}

static int substitute(Run *r, Pattern *pattern, HdValue filter, bool callable, HdSize max, HdValue list, HdSize *count) {
    HdThread *t = r->t;
    const char *last = r->sre.start;
    while (max == 0 || *count < max) {
        int status = check_status(t, hd_sre_search(&r->sre));
        if (status < 0) return -1;
        if (status == 0) break;
        const char *start = r->sre.start, *end = r->sre.ptr;
        if (last < start && append_slice(r, list, last, start) < 0) return -1;
        if (callable) {
            HD_OWNED HdValue match = new_match(r, pattern);
            if (hd_is_null(match)) return -1;
            HdValue item = hd_object_call1(t, filter, match);
            if (hd_is_null(item)) return -1;
            if (!hd_is_none(item) && hd_list_append_steal(t, list, item) < 0) return -1;
        } else if (hd_list_append(t, list, filter) < 0) {
            return -1;
        }
        last = end;
        ++*count;
        advance(r);
    }
    return last < r->sre.end ? append_slice(r, list, last, r->sre.end) : 0;
}

static HdValue subn(HdThread *t, HdValue self, const HdValue *args, HdSize *count) {
    Pattern *pattern = HD_AS(Pattern, self);
    HdSize max = 0;
    bool callable;
    HD_OWNED HdValue filter = HD_NULL;
    if (!hd_is_null(args[2])) {
        max = hd_number_as_size(t, args[2], &hd_OverflowError);
        if (max == -1 && hd_raised(t)) return HD_NULL;
    }
    *count = 0;
    if (prepare_filter(t, pattern, args[0], &filter, &callable) < 0) return HD_NULL;
    Run r;
    HD_OWNED HdValue list = HD_NULL;
    HD_OWNED HdValue joiner = HD_NULL;
    if (run_begin(t, &r, pattern, args[1], 0, HD_SIZE_MAX) == 0) {
        list = hd_list_new(t, 0);
        if (!hd_is_null(list) && (max < 0 || substitute(&r, pattern, filter, callable, max, list, count) == 0)) {
            if (max < 0 && append_slice(&r, list, r.sre.start, r.sre.end) < 0) joiner = HD_NULL;
            else joiner = r.is_bytes ? hd_bytes_empty() : hd_str_empty();
        }
    }
    run_end(&r);
    if (hd_is_null(joiner)) return HD_NULL;
    if (hd_list_length(list) == 0) return hd_move(&joiner);
    if (hd_is_str(joiner)) return hd_str_join(t, joiner, list);
    return hd_object_call_method1(t, joiner, "join", list);
}

static HdValue pattern_sub(HdThread *t, HdValue self, const HdValue *args) {
    HdSize count;
    return subn(t, self, args, &count);
}
static HdValue pattern_subn(HdThread *t, HdValue self, const HdValue *args) {
    HdSize count;
    HD_OWNED HdValue text = subn(t, self, args, &count);
    return hd_is_null(text) ? HD_NULL : hd_tuple_pack(t, 2, text, hd_imm_int(count));
}

/* --- Scanner --- */

static HdValue new_scanner(HdThread *t, HdValue self, const HdValue *args) {
    Run r;
    HdSize pos, endpos;
    if (bounds(t, args[1], args[2], &pos, &endpos) < 0) return HD_NULL;
    Scanner *s = NULL;
    if (run_begin(t, &r, HD_AS(Pattern, self), args[0], pos, endpos) == 0) s = HD_NEW(t, Scanner, &scanner_type);
    if (s) {
        s->pattern = hd_retain(t, self);
        s->string = hd_retain(t, args[0]);
        s->at = s->pos = r.pos;
        s->end = r.endpos;
        s->held.owner = HD_NULL;
    }
    run_end(&r);
    HD_OWNED HdValue scanner = hd_from_object(s);
    if (s && r.is_bytes && hd_buffer_get(t, args[0], &s->held, HD_BUFFER_SIMPLE) < 0) return HD_NULL;
    return hd_move(&scanner);
}

static HdValue scan(HdThread *t, HdValue self, bool search) {
    Scanner *s = HD_AS(Scanner, self);
    Pattern *pattern = HD_AS(Pattern, s->pattern);
    hd_lock_object(t, &s->head);
    HdSize at = s->at;
    bool must_advance = s->must_advance, finished = s->finished;
    hd_unlock_object(t, &s->head);
    if (finished) return hd_None;
    Run r;
    HdValue result = HD_NULL;
    if (run_begin(t, &r, pattern, s->string, at, s->end) == 0) {
        r.pos = s->pos;
        r.sre.must_advance = must_advance;
        int status = check_status(t, search ? hd_sre_search(&r.sre) : hd_sre_match(&r.sre));
        if (status == 0) {
            result = hd_None;
            HD_STORE_RELAXED(&s->finished, true);
        } else if (status > 0) {
            result = new_match(&r, pattern);
            hd_lock_object(t, &s->head);
            s->must_advance = r.sre.ptr == r.sre.start;
            s->at = index_of(&r, r.sre.ptr);
            hd_unlock_object(t, &s->head);
        }
    }
    run_end(&r);
    return result;
}
static HdValue scanner_match(HdThread *t, HdValue self, const HdValue *args) { return scan(t, self, false); }
static HdValue scanner_search(HdThread *t, HdValue self, const HdValue *args) { return scan(t, self, true); }

static HdValue pattern_finditer(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue scanner = new_scanner(t, self, args);
    HD_OWNED HdValue search = hd_is_null(scanner) ? HD_NULL : hd_object_getattr_text(t, scanner, "search");
    return hd_is_null(search) ? HD_NULL : hd_iter_callable(t, search, hd_None);
}

static void scanner_dealloc(HdThread *t, HdObject *self) {
    hd_release(t, ((Scanner *)self)->pattern);
    hd_release(t, ((Scanner *)self)->string);
    if (!hd_is_null(((Scanner *)self)->held.owner)) hd_buffer_release(t, &((Scanner *)self)->held);
    hd_type_free(t, self);
}
static int scanner_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Scanner *)self)->pattern);
    HD_VISIT(((Scanner *)self)->string);
    return 0;
}
static const HdMethodDef scanner_methods[] = {
    HD_METHOD(scanner_match, "match($self, /)", NULL),
    HD_METHOD(scanner_search, "search($self, /)", NULL),
    HD_METHODS_END,
};
static const HdMemberDef scanner_members[] = {
    {"pattern", HD_MEMBER_VALUE, offsetof(Scanner, pattern), true, NULL, false},
    {NULL, 0, 0, false, NULL, false},
};
static HdType scanner_type = {
    HD_TYPE_HEAD("_sre.SRE_Scanner"),
    .basicsize = sizeof(Scanner),
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_GC,
    .dealloc = scanner_dealloc,
    .traverse = scanner_traverse,
    .methods = scanner_methods,
    .members = scanner_members,
};

/* --- Pattern: the rest --- */

static HdValue pattern_self(HdThread *t, HdValue self, const HdValue *args) { return hd_retain(t, self); }

static HdValue pattern_class_getitem(HdThread *t, HdValue self, const HdValue *args) {
    return hd_generic_alias_new(t, self, args[0]);
}

static HdValue pattern_compare(HdThread *t, HdValue left, HdValue right, int op) {
    if ((op != HD_EQ && op != HD_NE) || !hd_is_exact(left, &pattern_type) || !hd_is_exact(right, &pattern_type)) {
        return hd_NotImplemented;
    }
    if (hd_same(left, right)) return hd_bool(op == HD_EQ);
    Pattern *a = HD_AS(Pattern, left), *b = HD_AS(Pattern, right);
    int equal = a->flags == b->flags && a->is_bytes == b->is_bytes && a->length == b->length &&
                memcmp(a->code, b->code, (size_t)a->length * sizeof a->code[0]) == 0;
    if (equal) equal = hd_object_equal(t, a->pattern, b->pattern);
    return equal < 0 ? HD_NULL : hd_bool(equal == (op == HD_EQ));
}

static int64_t pattern_hash(HdThread *t, HdValue self) {
    Pattern *p = HD_AS(Pattern, self);
    int64_t hash = hd_object_hash(t, p->pattern);
    if (hash == -1) return -1;
    uint64_t mixed = 1469598103934665603u;
    for (HdSize i = 0; i < p->length; i++) mixed = (mixed ^ p->code[i]) * 1099511628211u;
    mixed ^= (uint64_t)hash ^ (uint64_t)p->flags << 8 ^ (uint64_t)p->is_bytes ^ (uint64_t)p->length;
    return (int64_t)mixed == -1 ? -2 : (int64_t)mixed;
}

static HdValue pattern_repr(HdThread *t, HdValue self) {
    static const struct {
        const char *name;
        int flag;
    } names[] = {{"re.TEMPLATE", 1}, {"re.IGNORECASE", 2}, {"re.LOCALE", 4}, {"re.MULTILINE", 8}, {"re.DOTALL", 16},
                 {"re.UNICODE", 32}, {"re.VERBOSE", 64}, {"re.DEBUG", 128}, {"re.ASCII", 256}};
    Pattern *p = HD_AS(Pattern, self);
    int flags = p->flags;
    if (hd_is_str(p->pattern) && (flags & (HD_SRE_FLAG_LOCALE | HD_SRE_FLAG_UNICODE | HD_SRE_FLAG_ASCII)) == HD_SRE_FLAG_UNICODE) {
        flags &= ~HD_SRE_FLAG_UNICODE; /* what a str pattern has anyway */
    }
    HD_OWNED HdValue repr = hd_object_repr(t, p->pattern);
    if (hd_is_null(repr)) return HD_NULL;
    HdStrBuilder b;
    hd_str_builder_init(&b, t);
    hd_str_builder_text(&b, "re.compile(");
    hd_str_builder_slice(&b, repr, 0, hd_str_length(repr) < 200 ? hd_str_length(repr) : 200);
    bool first = true;
    for (unsigned i = 0; i < HD_COUNT_OF(names); i++) {
        if (!(flags & names[i].flag)) continue;
        flags &= ~names[i].flag;
        hd_str_builder_text(&b, first ? ", " : "|");
        hd_str_builder_text(&b, names[i].name);
        first = false;
    }
    if (flags) {
        char text[32];
        snprintf(text, sizeof text, "%s0x%x", first ? ", " : "|", (unsigned)flags);
        hd_str_builder_text(&b, text);
    }
    hd_str_builder_text(&b, ")");
    return hd_str_builder_finish(&b);
}

static HdValue pattern_groupindex(HdThread *t, HdValue self, void *closure) {
    return hd_mappingproxy_new(t, HD_AS(Pattern, self)->groupindex);
}

static void pattern_dealloc(HdThread *t, HdObject *self) {
    Pattern *p = (Pattern *)self;
    hd_release(t, p->groupindex);
    hd_release(t, p->indexgroup);
    hd_release(t, p->pattern);
    hd_type_free(t, self);
}
static int pattern_traverse(HdObject *self, HdVisit visit, void *context) {
    Pattern *p = (Pattern *)self;
    HD_VISIT(p->groupindex);
    HD_VISIT(p->indexgroup);
    HD_VISIT(p->pattern);
    return 0;
}
static HdSize pattern_size(HdObject *self) {
    return ((HdSize)sizeof(Pattern) + ((Pattern *)self)->length * (HdSize)sizeof(uint32_t) + 7) & ~(HdSize)7;
}

static const HdMethodDef pattern_methods[] = {
    HD_METHOD(pattern_match, "match($self, /, string, pos=0, endpos=sys.maxsize)", "Matches zero or more characters at the beginning of the string."),
    HD_METHOD(pattern_fullmatch, "fullmatch($self, /, string, pos=0, endpos=sys.maxsize)", "Matches against all of the string."),
    HD_METHOD(pattern_search, "search($self, /, string, pos=0, endpos=sys.maxsize)", "Scan through string looking for a match, and return a corresponding match object instance.\n\nReturn None if no position in the string matches."),
    HD_METHOD(pattern_sub, "sub($self, /, repl, string, count=0)", "Return the string obtained by replacing the leftmost non-overlapping occurrences of pattern in string by the replacement repl."),
    HD_METHOD(pattern_subn, "subn($self, /, repl, string, count=0)", "Return the tuple (new_string, number_of_subs_made) found by replacing the leftmost non-overlapping occurrences of pattern with the replacement repl."),
    HD_METHOD(pattern_findall, "findall($self, /, string, pos=0, endpos=sys.maxsize)", "Return a list of all non-overlapping matches of pattern in string."),
    HD_METHOD(pattern_split, "split($self, /, string, maxsplit=0)", "Split string by the occurrences of pattern."),
    HD_METHOD(pattern_finditer, "finditer($self, /, string, pos=0, endpos=sys.maxsize)", "Return an iterator over all non-overlapping matches for the RE pattern in string.\n\nFor each match, the iterator returns a match object."),
    HD_METHOD(new_scanner, "scanner($self, /, string, pos=0, endpos=sys.maxsize)", NULL),
    HD_METHOD(pattern_self, "__copy__($self, /)", NULL),
    HD_METHOD(pattern_self, "__deepcopy__($self, memo, /)", NULL),
    HD_CLASS_METHOD(pattern_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
static const HdGetSetDef pattern_getsets[] = {
    {"groupindex", pattern_groupindex, NULL, "A dictionary mapping group names to group numbers.", NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static const HdMemberDef pattern_members[] = {
    {"pattern", HD_MEMBER_VALUE, offsetof(Pattern, pattern), true, "The pattern string from which the RE object was compiled.", false},
    {"flags", HD_MEMBER_INT, offsetof(Pattern, flags), true, "The regex matching flags.", false},
    {"groups", HD_MEMBER_SIZE, offsetof(Pattern, groups), true, "The number of capturing groups in the pattern.", false},
    {NULL, 0, 0, false, NULL, false},
};
static HdType pattern_type = {
    HD_TYPE_HEAD("re.Pattern"),
    .doc = "Compiled regular expression object.",
    .basicsize = sizeof(Pattern),
    .itemsize = sizeof(uint32_t),
    .var_size = pattern_size,
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_GC,
    .dealloc = pattern_dealloc,
    .traverse = pattern_traverse,
    .repr = pattern_repr,
    .hash = pattern_hash,
    .compare = pattern_compare,
    .methods = pattern_methods,
    .getsets = pattern_getsets,
    .members = pattern_members,
};

/* --- Match --- */

/* The number of the group that `key` (number or name) means; -1 = IndexError or other. */
static HdSize group_number(HdThread *t, Match *m, HdValue key) {
    HdSize i = -1;
    if (hd_number_check_index(key)) {
        i = hd_number_as_size(t, key, NULL);
        if (i == -1 && hd_raised(t)) return -1;
    } else {
        HdValue found = HD_NULL;
        HdValue index = HD_AS(Pattern, m->pattern)->groupindex;
        int status = hd_dict_find(t, index, key, &found);
        if (status < 0) hd_clear_raised(t); /* an unhashable key names no group */
        if (status > 0) {
            i = hd_is_int(found) ? hd_number_as_size(t, found, NULL) : -1;
            hd_release(t, found);
        }
    }
    if (i >= 0 && i < m->count) return i;
    hd_raise(t, &hd_IndexError, "no such group");
    return -1;
}

static HdValue group_text(HdThread *t, Match *m, HdSize i, HdValue standard) {
    if (m->mark[2 * i] < 0) return hd_retain(t, standard);
    return slice(t, m->string, m->mark[2 * i], m->mark[2 * i + 1]);
}
static HdValue group_by(HdThread *t, Match *m, HdValue key) {
    HdSize i = group_number(t, m, key);
    return i < 0 ? HD_NULL : group_text(t, m, i, hd_None);
}

static HdValue match_group(HdThread *t, HdValue self, const HdRef *args, HdSize nargs, HdValue kwnames) {
    Match *m = HD_AS(Match, self);
    if (hd_native_no_keywords(t, "group", kwnames) < 0) return HD_NULL;
    if (nargs == 0) return group_text(t, m, 0, hd_None);
    if (nargs == 1) return group_by(t, m, hd_ref_value(args[0]));
    HdValue tuple = hd_tuple_new(t, nargs);
    for (HdSize i = 0; !hd_is_null(tuple) && i < nargs; i++) {
        HdValue text = group_by(t, m, hd_ref_value(args[i]));
        if (hd_is_null(text)) {
            hd_release(t, tuple);
            return HD_NULL;
        }
        hd_tuple_put_steal(tuple, i, text);
    }
    return tuple;
}

static HdValue match_getitem(HdThread *t, HdValue self, HdValue key) { return group_by(t, HD_AS(Match, self), key); }

static HdValue match_groups(HdThread *t, HdValue self, const HdValue *args) {
    Match *m = HD_AS(Match, self);
    HdValue standard = hd_is_null(args[0]) ? hd_None : args[0];
    HdValue tuple = hd_tuple_new(t, m->count - 1);
    for (HdSize i = 1; !hd_is_null(tuple) && i < m->count; i++) {
        HdValue text = group_text(t, m, i, standard);
        if (hd_is_null(text)) {
            hd_release(t, tuple);
            return HD_NULL;
        }
        hd_tuple_put_steal(tuple, i - 1, text);
    }
    return tuple;
}

static HdValue match_groupdict(HdThread *t, HdValue self, const HdValue *args) {
    Match *m = HD_AS(Match, self);
    HdValue standard = hd_is_null(args[0]) ? hd_None : args[0], key, number;
    HdValue dict = hd_dict_new(t);
    HdSize position = 0;
    int more = hd_is_null(dict) ? -1 : 1;
    while (more > 0 && (more = hd_dict_next(t, HD_AS(Pattern, m->pattern)->groupindex, &position, &key, &number)) > 0) {
        HdSize i = group_number(t, m, number);
        HD_OWNED HdValue text = i < 0 ? HD_NULL : group_text(t, m, i, standard);
        if (hd_is_null(text) || hd_dict_set(t, dict, key, text) < 0) more = -1;
        hd_release(t, key);
        hd_release(t, number);
    }
    if (more == 0) return dict;
    hd_release(t, dict);
    return HD_NULL;
}

enum { START, END, SPAN };
static HdValue place(HdThread *t, HdValue self, const HdValue *args, int what) {
    Match *m = HD_AS(Match, self);
    HdSize i = hd_is_null(args[0]) ? 0 : group_number(t, m, args[0]);
    if (i < 0) return HD_NULL;
    HdValue start = hd_imm_int(m->mark[2 * i]), end = hd_imm_int(m->mark[2 * i + 1]);
    return what == START ? start : what == END ? end : hd_tuple_pack(t, 2, start, end);
}
static HdValue match_start(HdThread *t, HdValue self, const HdValue *args) { return place(t, self, args, START); }
static HdValue match_end(HdThread *t, HdValue self, const HdValue *args) { return place(t, self, args, END); }
static HdValue match_span(HdThread *t, HdValue self, const HdValue *args) { return place(t, self, args, SPAN); }

static HdValue match_expand(HdThread *t, HdValue self, const HdValue *args) {
    HD_OWNED HdValue function = hd_object_import_from(t, "re", "_expand");
    if (hd_is_null(function)) return HD_NULL;
    return hd_object_call3(t, function, HD_AS(Match, self)->pattern, self, args[0]);
}

static HdValue match_self(HdThread *t, HdValue self, const HdValue *args) { return hd_retain(t, self); }

static HdValue match_repr(HdThread *t, HdValue self) {
    Match *m = HD_AS(Match, self);
    HD_OWNED HdValue text = group_text(t, m, 0, hd_None);
    if (hd_is_null(text)) return HD_NULL;
    return hd_str_format(t, "<%s object; span=(%zd, %zd), match=%R>", hd_type_of(self)->name, m->mark[0], m->mark[1], text);
}

static HdValue match_lastindex(HdThread *t, HdValue self, void *closure) {
    Match *m = HD_AS(Match, self);
    return m->lastindex >= 0 ? hd_imm_int(m->lastindex) : hd_None;
}
static HdValue match_lastgroup(HdThread *t, HdValue self, void *closure) {
    Match *m = HD_AS(Match, self);
    HdValue names = HD_AS(Pattern, m->pattern)->indexgroup;
    if (m->lastindex < 0 || !hd_is_tuple(names) || m->lastindex >= hd_tuple_length(names)) return hd_None;
    return hd_retain(t, hd_tuple_at_borrowed(names, m->lastindex));
}
static HdValue match_regs(HdThread *t, HdValue self, void *closure) {
    Match *m = HD_AS(Match, self);
    HdValue tuple = hd_tuple_new(t, m->count);
    for (HdSize i = 0; !hd_is_null(tuple) && i < m->count; i++) {
        HdValue pair = hd_tuple_pack(t, 2, hd_imm_int(m->mark[2 * i]), hd_imm_int(m->mark[2 * i + 1]));
        if (hd_is_null(pair)) {
            hd_release(t, tuple);
            return HD_NULL;
        }
        hd_tuple_put_steal(tuple, i, pair);
    }
    return tuple;
}

static void match_dealloc(HdThread *t, HdObject *self) {
    Match *m = (Match *)self;
    hd_release(t, m->string);
    hd_release(t, m->regs);
    hd_release(t, m->pattern);
    hd_type_free(t, self);
}
static int match_traverse(HdObject *self, HdVisit visit, void *context) {
    HD_VISIT(((Match *)self)->string);
    HD_VISIT(((Match *)self)->regs);
    HD_VISIT(((Match *)self)->pattern);
    return 0;
}
static HdSize match_size(HdObject *self) {
    return (HdSize)sizeof(Match) + 2 * ((Match *)self)->count * (HdSize)sizeof(HdSize);
}

static const HdMethodDef match_methods[] = {
    HD_METHOD_RAW(match_group, "group", "group([group1, ...]) -> str or tuple.\nReturn subgroup(s) of the match by indices or names.\nFor 0 returns the entire match."),
    HD_METHOD(match_start, "start($self, group=0, /)", "Return index of the start of the substring matched by group."),
    HD_METHOD(match_end, "end($self, group=0, /)", "Return index of the end of the substring matched by group."),
    HD_METHOD(match_span, "span($self, group=0, /)", "For match object m, return the 2-tuple (m.start(group), m.end(group))."),
    HD_METHOD(match_groups, "groups($self, /, default=None)", "Return a tuple containing all the subgroups of the match, from 1."),
    HD_METHOD(match_groupdict, "groupdict($self, /, default=None)", "Return a dictionary containing all the named subgroups of the match, keyed by the subgroup name."),
    HD_METHOD(match_expand, "expand($self, /, template)", "Return the string obtained by doing backslash substitution on the string template, as done by the sub() method."),
    HD_METHOD(match_self, "__copy__($self, /)", NULL),
    HD_METHOD(match_self, "__deepcopy__($self, memo, /)", NULL),
    HD_CLASS_METHOD(pattern_class_getitem, "__class_getitem__($type, item, /)", "See PEP 585"),
    HD_METHODS_END,
};
static const HdGetSetDef match_getsets[] = {
    {"lastindex", match_lastindex, NULL, "The integer index of the last matched capturing group.", NULL},
    {"lastgroup", match_lastgroup, NULL, "The name of the last matched capturing group.", NULL},
    {"regs", match_regs, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL},
};
static const HdMemberDef match_members[] = {
    {"string", HD_MEMBER_VALUE, offsetof(Match, string), true, "The string passed to match() or search().", false},
    {"re", HD_MEMBER_VALUE, offsetof(Match, pattern), true, "The regular expression object.", false},
    {"pos", HD_MEMBER_SIZE, offsetof(Match, pos), true, "The index into the string at which the RE engine started looking for a match.", false},
    {"endpos", HD_MEMBER_SIZE, offsetof(Match, endpos), true, "The index into the string beyond which the RE engine will not go.", false},
    {NULL, 0, 0, false, NULL, false},
};
static HdType match_type = {
    HD_TYPE_HEAD("re.Match"),
    .doc = "The result of re.match() and re.search().\nMatch objects always have a boolean value of True.",
    .basicsize = sizeof(Match),
    .itemsize = sizeof(HdSize),
    .var_size = match_size,
    .flags = HD_TYPE_DISALLOW_NEW | HD_TYPE_IMMUTABLE | HD_TYPE_GC,
    .flags2 = HD_TYPE2_NO_WEAKREF,
    .dealloc = match_dealloc,
    .traverse = match_traverse,
    .repr = match_repr,
    .getitem = match_getitem,
    .methods = match_methods,
    .getsets = match_getsets,
    .members = match_members,
};

/* --- functions --- */

static int read_code(HdThread *t, HdValue list, uint32_t *code, HdSize size) {
    for (HdSize i = 0; i < size; i++) {
        HD_OWNED HdValue item = hd_list_get(t, list, i);
        if (hd_is_null(item)) return hd_raise_int(t, &hd_RuntimeError, "invalid SRE code");
        if (!hd_is_int(item)) return hd_raise_int(t, &hd_TypeError, "an integer is required");
        int64_t n;
        if (!hd_int_try_i64(item, &n)) return hd_raise_int(t, &hd_OverflowError, "regular expression code size limit exceeded");
        if (n < 0 || n > UINT32_MAX) return hd_raise_int(t, &hd_OverflowError, "regular expression code size limit exceeded");
        code[i] = (uint32_t)n;
    }
    return 0;
}

static HdValue sre_compile(HdThread *t, HdValue self, const HdValue *args) {
    int flags = hd_number_as_int(t, args[1]);
    if (flags == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_list(args[2])) return hd_raise(t, &hd_TypeError, "compile() argument 'code' must be list, not %T", args[2]);
    HdSize groups = hd_number_as_size(t, args[3], &hd_OverflowError);
    if (groups == -1 && hd_raised(t)) return HD_NULL;
    if (!hd_is_dict(args[4])) return hd_raise(t, &hd_TypeError, "compile() argument 'groupindex' must be dict, not %T", args[4]);
    if (!hd_is_tuple(args[5])) return hd_raise(t, &hd_TypeError, "compile() argument 'indexgroup' must be tuple, not %T", args[5]);
    HdSize size = hd_list_length(args[2]);
    HD_OWNED HdValue v = hd_type_alloc_var(t, &pattern_type, ((HdSize)sizeof(Pattern) + size * 4 + 7) & ~(HdSize)7);
    if (hd_is_null(v)) return HD_NULL;
    Pattern *p = HD_AS(Pattern, v);
    p->length = size;
    if (read_code(t, args[2], p->code, size) < 0) return HD_NULL;
    bool counted = groups >= 0 && groups <= HD_SRE_MAXGROUPS;
    if (!counted || !hd_sre_validate(p->code, (size_t)size, (unsigned)groups)) {
        return hd_raise(t, &hd_RuntimeError, "invalid SRE code");
    }
    p->is_bytes = -1;
    if (hd_is_str(args[0])) {
        p->is_bytes = 0;
    } else if (!hd_is_none(args[0])) {
        if (!hd_buffer_check(args[0])) return hd_raise(t, &hd_TypeError, "expected string or bytes-like object, got '%T'", args[0]);
        p->is_bytes = 1;
    }
    p->pattern = hd_retain(t, args[0]);
    p->flags = flags;
    p->groups = groups;
    p->groupindex = hd_retain(t, args[4]);
    p->indexgroup = hd_retain(t, args[5]);
    return hd_move(&v);
}

static int character(HdThread *t, HdValue v, uint32_t *c) {
    int n = hd_number_as_int(t, v);
    if (n == -1 && hd_raised(t)) return -1;
    *c = (uint32_t)n;
    return 0;
}
static HdValue ascii_iscased(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t c;
    return character(t, args[0], &c) < 0 ? HD_NULL : hd_bool(hd_sre_ascii_iscased(c));
}
static HdValue unicode_iscased(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t c;
    return character(t, args[0], &c) < 0 ? HD_NULL : hd_bool(hd_sre_unicode_iscased(c));
}
static HdValue ascii_tolower(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t c;
    return character(t, args[0], &c) < 0 ? HD_NULL : hd_imm_int(hd_sre_ascii_tolower(c));
}
static HdValue unicode_tolower(HdThread *t, HdValue self, const HdValue *args) {
    uint32_t c;
    return character(t, args[0], &c) < 0 ? HD_NULL : hd_imm_int(hd_sre_unicode_tolower(c));
}
static HdValue getcodesize(HdThread *t, HdValue self, const HdValue *args) { return hd_imm_int(4); }

static const HdMethodDef functions[] = {
    HD_METHOD(sre_compile, "compile($module, /, pattern, flags, code, groups, groupindex, indexgroup)", NULL),
    HD_METHOD(getcodesize, "getcodesize($module, /)", NULL),
    HD_METHOD(ascii_iscased, "ascii_iscased($module, character, /)", NULL),
    HD_METHOD(unicode_iscased, "unicode_iscased($module, character, /)", NULL),
    HD_METHOD(ascii_tolower, "ascii_tolower($module, character, /)", NULL),
    HD_METHOD(unicode_tolower, "unicode_tolower($module, character, /)", NULL),
    HD_METHODS_END,
};

static int exec(HdThread *t, HdValue module) {
    if (hd_type_ready(t, &pattern_type) < 0 || hd_type_ready(t, &match_type) < 0 || hd_type_ready(t, &scanner_type) < 0) return -1;
    if (hd_module_set_int(t, module, "MAGIC", HD_SRE_MAGIC) < 0) return -1;
    if (hd_module_set_int(t, module, "CODESIZE", 4) < 0) return -1;
    if (hd_module_set_int(t, module, "MAXREPEAT", HD_SRE_MAXREPEAT) < 0) return -1;
    return hd_module_set_int(t, module, "MAXGROUPS", HD_SRE_MAXGROUPS);
}

const HdModuleDef hd_module__sre = {.name = "_sre", .functions = functions, .exec = exec};
