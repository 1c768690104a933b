/* code_position.c -- the table of positions of a code object. Pure functions over its bytes; no locks.
 *
 * A run of up to 8 units of one position is one entry: a byte `kind << 3 | units - 1`, then by kind
 *   0 NONE   no line
 *   1 LINE   line (signed, from the line before); no columns
 *   2 FULL   line, end line - line, column + 1, end column + 1
 *   3 SAME   on the line before, one line: column, end column - column
 *   4 SHORT  line, then as SAME
 * Numbers are little-endian base 128; signed ones keep their sign in bit 0. The line before the first is first_line.
 */
#include "code.h"

enum { NONE, LINE, FULL, SAME, SHORT, RUN = 8 };

static uint8_t *put(uint8_t *out, uint32_t n) {
    for (; n >= 0x80; n >>= 7) *out++ = (uint8_t)(n | 0x80);
    *out++ = (uint8_t)n;
    return out;
}
static uint8_t *put_signed(uint8_t *out, int n) {
    return put(out, n < 0 ? (uint32_t)(-(int64_t)n) << 1 | 1 : (uint32_t)n << 1);
}

static uint32_t get(const HdCode *code, uint32_t *at) {
    uint32_t n = 0;
    for (unsigned shift = 0; *at < code->positions_size; shift += 7) {
        uint8_t byte = code->positions[(*at)++];
        if (shift < 32) n |= (uint32_t)(byte & 0x7f) << shift;
        if (!(byte & 0x80)) break;
    }
    return n;
}
static int get_signed(const HdCode *code, uint32_t *at) {
    uint32_t n = get(code, at);
    return n & 1 ? -(int)(n >> 1) : (int)(n >> 1);
}

static bool same(const HdPosition *a, const HdPosition *b) {
    return a->line == b->line && a->end_line == b->end_line && a->column == b->column && a->end_column == b->end_column;
}

uint32_t hd_code_positions_encode(uint8_t *out, const HdPosition *positions, uint32_t count, int first_line) {
    uint8_t *start = out;
    int line = first_line;
    for (uint32_t i = 0, run; i < count; i += run) {
        const HdPosition *p = &positions[i];
        for (run = 1; run < RUN && i + run < count && same(p, &positions[i + run]); run++) {}
        bool columns = p->column >= 0 && p->end_column >= 0 && p->end_line >= 0;
        bool one_line = columns && p->end_line == p->line && p->end_column >= p->column;
        int kind = p->line < 0 ? NONE : one_line ? (p->line == line ? SAME : SHORT) : columns ? FULL : LINE;
        *out++ = (uint8_t)(kind << 3 | (run - 1));
        if (kind == NONE) continue;
        if (kind != SAME) out = put_signed(out, p->line - line);
        line = p->line;
        if (kind == LINE) continue;
        if (kind == FULL) {
            out = put_signed(out, p->end_line - p->line);
            out = put(out, (uint32_t)(p->column + 1));
            out = put(out, (uint32_t)(p->end_column + 1));
        } else {
            out = put(out, (uint32_t)p->column);
            out = put(out, (uint32_t)(p->end_column - p->column));
        }
    }
    return (uint32_t)(out - start);
}

void hd_code_positions_begin(const HdCode *code, HdPositionCursor *cursor) {
    *cursor = (HdPositionCursor){.line = code->first_line};
}

bool hd_code_positions_next(const HdCode *code, HdPositionCursor *cursor) {
    if (cursor->at >= code->positions_size || cursor->unit >= code->count) return false;
    uint8_t head = code->positions[cursor->at++];
    int kind = head >> 3;
    cursor->start = cursor->unit;
    cursor->unit += (head & 7u) + 1;
    cursor->end = cursor->unit;
    HdPosition *p = &cursor->position;
    *p = (HdPosition){-1, -1, -1, -1};
    if (kind == NONE) return true;
    if (kind != SAME) cursor->line += get_signed(code, &cursor->at);
    p->line = p->end_line = cursor->line;
    if (kind == FULL) {
        p->end_line = p->line + get_signed(code, &cursor->at);
        p->column = (int)get(code, &cursor->at) - 1;
        p->end_column = (int)get(code, &cursor->at) - 1;
    } else if (kind != LINE) {
        p->column = (int)get(code, &cursor->at);
        p->end_column = p->column + (int)get(code, &cursor->at);
    }
    return true;
}

void hd_code_position(const HdCode *code, uint32_t unit, HdPosition *out) {
    HdPositionCursor cursor;
    hd_code_positions_begin(code, &cursor);
    while (hd_code_positions_next(code, &cursor)) {
        if (unit >= cursor.end) continue;
        *out = cursor.position;
        return;
    }
    *out = (HdPosition){-1, -1, -1, -1};
}

int hd_code_line(const HdCode *code, uint32_t unit) {
    HdPosition position;
    hd_code_position(code, unit, &position);
    return position.line;
}

bool hd_code_positions_valid(const uint8_t *bytes, uint32_t size, uint32_t units) {
    uint32_t at = 0, unit = 0;
    static const uint8_t numbers[] = {[NONE] = 0, [LINE] = 1, [FULL] = 4, [SAME] = 2, [SHORT] = 3};
    while (at < size) {
        uint8_t head = bytes[at++];
        if (head >> 3 > SHORT) return false;
        unit += (head & 7u) + 1;
        for (int left = numbers[head >> 3]; left; left--) {
            unsigned length = 0;
            while (at < size && (bytes[at] & 0x80) && length < 5) at++, length++;
            if (at >= size || length >= 5) return false;
            at++;
        }
    }
    return unit == units;
}
