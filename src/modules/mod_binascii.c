/* mod_binascii.c -- the module binascii: base64, hexadecimal, quoted-printable, uuencoding, CRCs.
 *
 * Results are built in a raw block or straight in a bytes object. The only state is the exception classes. No locks;
 * runs no Python but buffer requests and index conversions.
 */
#include <heddle/module.h>

typedef struct State {
    HdValue error, incomplete;
} State;

static HdType *error_type(HdValue module) { return HD_AS(HdType, ((State *)hd_module_state(module))->error); }

/* --- arguments --- */

typedef struct Input {
    const uint8_t *data;
    HdSize length;
    HdBuffer buffer;
    bool held;
} Input;

/* A bytes-like object; with `text` an ASCII str too. Must be freed. */
HD_CHECK static int input_init(HdThread *t, Input *in, HdValue v, bool text) {
    in->held = false;
    if (text && hd_is_str(v)) {
        if (!hd_str(v)->ascii) {
            return hd_raise_int(t, &hd_ValueError, "string argument should contain only ASCII characters");
        }
        in->data = hd_str_data(v);
        in->length = hd_str_length(v);
        return 0;
    }
    if (text && !hd_buffer_check(v)) {
        return hd_raise_int(t, &hd_TypeError, "argument should be bytes, buffer or ASCII string, not '%T'", v);
    }
    if (hd_buffer_get(t, v, &in->buffer, HD_BUFFER_SIMPLE) < 0) return -1;
    in->held = true;
    in->data = in->buffer.data;
    in->length = in->buffer.length;
    return 0;
}
static void input_free(HdThread *t, Input *in) {
    if (in->held) hd_buffer_release(t, &in->buffer);
}

static int truth_of(HdThread *t, HdValue v, int fallback) { return hd_is_null(v) ? fallback : hd_object_truth(t, v); }

/* --- base64 --- */

static const char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static int base64_value(uint8_t c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

/* Decodes into `out` (room for length / 4 * 3 + 3 bytes); bytes written, or -1 with *problem set. `problem` stays NULL
 * when the number of digits is one too many; then *written is what was decoded. */
static HdSize base64_decode(const uint8_t *data, HdSize length, bool strict, uint8_t *out, const char **problem) {
    uint8_t *to = out;
    int quad = 0, pads = 0;
    unsigned left = 0;
    bool padding = false;
    *problem = NULL;
    if (strict && length > 0 && data[0] == '=') {
        *problem = "Leading padding not allowed";
        return -1;
    }
    for (HdSize i = 0; i < length; i++) {
        if (data[i] == '=') {
            padding = true;
            if (quad >= 2 && quad + ++pads >= 4) {
                if (strict && i + 1 < length) {
                    *problem = "Excess data after padding";
                    return -1;
                }
                return to - out;
            }
            continue;
        }
        int digit = base64_value(data[i]);
        if (digit < 0) {
            if (!strict) continue;
            *problem = "Only base64 data is allowed";
            return -1;
        }
        if (strict && padding) {
            *problem = "Discontinuous padding not allowed";
            return -1;
        }
        pads = 0;
        left = left << 6 | (unsigned)digit;
        if (quad > 0) *to++ = (uint8_t)(left >> (6 - 2 * quad));
        quad = (quad + 1) & 3;
    }
    if (quad == 0) return to - out;
    if (quad != 1) *problem = "Incorrect padding";
    return quad == 1 ? -2 - (to - out) : -1;
}

static HdValue a2b_base64(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int strict = truth_of(t, args[1], 0);
    if (strict < 0 || input_init(t, &in, args[0], true) < 0) return HD_NULL;
    HdValue result = hd_bytes_new(t, NULL, in.length / 4 * 3 + 3);
    if (!hd_is_null(result)) {
        const char *problem;
        HdSize n = base64_decode(in.data, in.length, strict, hd_bytes_data(result), &problem);
        if (n >= 0) {
            result = hd_bytes_shrink_steal(t, result, n);
        } else {
            hd_clear_slot(t, &result);
            if (problem) {
                hd_raise(t, error_type(module), "%s", problem);
            } else {
                hd_raise(t, error_type(module),
                         "Invalid base64-encoded string: number of data characters (%zd) cannot be 1 more than a "
                         "multiple of 4",
                         (-2 - n) / 3 * 4 + 1);
            }
        }
    }
    input_free(t, &in);
    return result;
}

static HdValue b2a_base64(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int newline = truth_of(t, args[1], 1);
    if (newline < 0 || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (in.length > HD_SIZE_MAX / 2 - 3) {
        hd_raise_no_memory(t);
    } else {
        result = hd_bytes_new(t, NULL, (in.length + 2) / 3 * 4 + newline);
    }
    if (!hd_is_null(result)) {
        uint8_t *to = hd_bytes_data(result);
        for (HdSize i = 0; i < in.length; i += 3) {
            HdSize have = in.length - i < 3 ? in.length - i : 3;
            unsigned word = (unsigned)in.data[i] << 16;
            if (have > 1) word |= (unsigned)in.data[i + 1] << 8;
            if (have > 2) word |= in.data[i + 2];
            *to++ = (uint8_t)base64_digits[word >> 18];
            *to++ = (uint8_t)base64_digits[word >> 12 & 63];
            *to++ = have > 1 ? (uint8_t)base64_digits[word >> 6 & 63] : '=';
            *to++ = have > 2 ? (uint8_t)base64_digits[word & 63] : '=';
        }
        if (newline) *to = '\n';
    }
    input_free(t, &in);
    return result;
}

/* --- hexadecimal --- */

static int hex_value(uint8_t c) {
    if (c >= '0' && c <= '9') return c - '0';
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static HdValue a2b_hex(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    if (input_init(t, &in, args[0], true) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (in.length % 2) hd_raise(t, error_type(module), "Odd-length string");
    else result = hd_bytes_new(t, NULL, in.length / 2);
    for (HdSize i = 0; !hd_is_null(result) && i < in.length; i += 2) {
        int high = hex_value(in.data[i]), low = hex_value(in.data[i + 1]);
        if (high < 0 || low < 0) {
            hd_clear_slot(t, &result);
            hd_raise(t, error_type(module), "Non-hexadecimal digit found");
        } else {
            hd_bytes_data(result)[i / 2] = (uint8_t)(high << 4 | low);
        }
    }
    input_free(t, &in);
    return result;
}

/* The separator of b2a_hex: its character, 0 for none, -1 raised. */
static int hex_separator(HdThread *t, HdValue v) {
    if (hd_is_null(v)) return 0;
    HdSize length = hd_object_length(t, v);
    if (length < 0) return -1;
    if (length != 1) return hd_raise_int(t, &hd_ValueError, "sep must be length 1.");
    uint32_t c;
    if (hd_is_str(v)) c = hd_str_at(v, 0);
    else if (hd_is_bytes(v)) c = hd_bytes_data(v)[0];
    else return hd_raise_int(t, &hd_TypeError, "sep must be str or bytes.");
    if (c > 127) return hd_raise_int(t, &hd_ValueError, "sep must be ASCII.");
    return (int)c;
}

static HdValue b2a_hex(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int separator = hex_separator(t, args[1]);
    bool separated = !hd_is_null(args[1]);
    if (separator < 0) return HD_NULL;
    int group = hd_is_null(args[2]) ? 1 : hd_number_as_int(t, args[2]);
    if ((group == -1 && hd_raised(t)) || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    HdSize size = group < 0 ? -(HdSize)group : group;
    HdSize separators = separated && size && in.length ? (in.length - 1) / size : 0;
    HdValue result = HD_NULL;
    if (in.length > HD_SIZE_MAX / 4) hd_raise_no_memory(t);
    else result = hd_bytes_new(t, NULL, in.length * 2 + separators);
    if (!hd_is_null(result)) {
        uint8_t *to = hd_bytes_data(result);
        for (HdSize i = 0; i < in.length; i++) {
            /* positive groups are counted from the right, negative ones from the left */
            if (separators && i && (group < 0 ? i : in.length - i) % size == 0) *to++ = (uint8_t)separator;
            *to++ = (uint8_t)"0123456789abcdef"[in.data[i] >> 4];
            *to++ = (uint8_t)"0123456789abcdef"[in.data[i] & 15];
        }
    }
    input_free(t, &in);
    return result;
}

/* --- uuencoding --- */

static HdValue a2b_uu(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    if (input_init(t, &in, args[0], true) < 0) return HD_NULL;
    HdSize count = ((in.length ? in.data[0] : 0) - ' ') & 63, i = 1;
    HdValue result = hd_bytes_new(t, NULL, count);
    const char *problem = NULL;
    unsigned left = 0;
    int bits = 0;
    for (HdSize done = 0; !hd_is_null(result) && !problem && done < count; i++) {
        unsigned c = i < in.length ? in.data[i] : 0;
        if (c == '\n' || c == '\r' || i >= in.length) {
            c = 0; /* spaces at the end of a line may have been cut off */
            if (i < in.length) i--;
        } else if (c < ' ' || c > ' ' + 64) {
            problem = "Illegal char";
            break;
        } else {
            c = (c - ' ') & 63;
        }
        left = left << 6 | c;
        bits += 6;
        if (bits >= 8) {
            bits -= 8;
            hd_bytes_data(result)[done++] = (uint8_t)(left >> bits);
            left &= (1u << bits) - 1;
        }
    }
    for (; !problem && i < in.length; i++) {
        if (in.data[i] != ' ' && in.data[i] != ' ' + 64 && in.data[i] != '\n' && in.data[i] != '\r') {
            problem = "Trailing garbage";
        }
    }
    if (problem && !hd_is_null(result)) {
        hd_clear_slot(t, &result);
        hd_raise(t, error_type(module), "%s", problem);
    }
    input_free(t, &in);
    return result;
}

static HdValue b2a_uu(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int backtick = truth_of(t, args[1], 0);
    if (backtick < 0 || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    HdValue result = HD_NULL;
    if (in.length > 45) hd_raise(t, error_type(module), "At most 45 bytes at once");
    else result = hd_bytes_new(t, NULL, 2 + (in.length + 2) / 3 * 4);
    if (!hd_is_null(result)) {
        uint8_t *to = hd_bytes_data(result), zero = backtick ? '`' : ' ';
        *to++ = in.length ? (uint8_t)(' ' + in.length) : zero;
        for (HdSize i = 0; i < in.length; i += 3) {
            unsigned word = (unsigned)in.data[i] << 16;
            if (i + 1 < in.length) word |= (unsigned)in.data[i + 1] << 8;
            if (i + 2 < in.length) word |= in.data[i + 2];
            for (int shift = 18; shift >= 0; shift -= 6) {
                unsigned digit = word >> shift & 63;
                *to++ = digit ? (uint8_t)(' ' + digit) : zero;
            }
        }
        *to = '\n';
    }
    input_free(t, &in);
    return result;
}

/* --- quoted-printable (RFC 1521, section 5.1) --- */

static HdSize qp_decode(const uint8_t *data, HdSize length, bool header, uint8_t *out) {
    uint8_t *to = out;
    for (HdSize i = 0; i < length;) {
        uint8_t c = data[i++];
        if (c == '_' && header) {
            *to++ = ' ';
        } else if (c != '=') {
            *to++ = c;
        } else if (i >= length) {
            break;
        } else if (data[i] == '\n' || data[i] == '\r') { /* a soft line break goes, to the end of its line */
            while (i < length && data[i] != '\n') i++;
            if (i < length) i++;
        } else if (data[i] == '=') { /* some writers double the sign */
            *to++ = '=';
            i++;
        } else if (i + 1 < length && hex_value(data[i]) >= 0 && hex_value(data[i + 1]) >= 0) {
            *to++ = (uint8_t)(hex_value(data[i]) << 4 | hex_value(data[i + 1]));
            i += 2;
        } else {
            *to++ = '=';
        }
    }
    return to - out;
}

static HdValue a2b_qp(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int header = truth_of(t, args[1], 0);
    if (header < 0 || input_init(t, &in, args[0], true) < 0) return HD_NULL;
    HdValue result = hd_bytes_new(t, NULL, in.length);
    if (!hd_is_null(result)) {
        result = hd_bytes_shrink_steal(t, result, qp_decode(in.data, in.length, header, hd_bytes_data(result)));
    }
    input_free(t, &in);
    return result;
}

enum { QP_LINE = 76 };
typedef struct QpOptions {
    bool quote_tabs, is_text, header, crlf;
} QpOptions;

/* Must the character at i be written as =XX? `column` is where it would stand. */
static bool qp_must_quote(const uint8_t *data, HdSize length, HdSize i, HdSize column, const QpOptions *o) {
    uint8_t c = data[i];
    if (c > 126 || c == '=' || (o->header && c == '_')) return true;
    if (c == '.' && column == 0) { /* a line that is one dot would end a mail */
        return i + 1 == length || data[i + 1] == '\n' || data[i + 1] == '\r' || data[i + 1] == 0;
    }
    if (!o->is_text && (c == '\r' || c == '\n')) return true;
    if ((c == '\t' || c == ' ') && i + 1 == length) return true;
    return c < 33 && c != '\r' && c != '\n' && (o->quote_tabs || (c != '\t' && c != ' '));
}

static void qp_put(uint8_t *out, HdSize *at, uint8_t c) {
    if (out) out[*at] = c;
    ++*at;
}
static void qp_put_hex(uint8_t *out, HdSize *at, uint8_t c) {
    qp_put(out, at, '=');
    qp_put(out, at, (uint8_t)"0123456789ABCDEF"[c >> 4]);
    qp_put(out, at, (uint8_t)"0123456789ABCDEF"[c & 15]);
}
static void qp_put_soft_break(uint8_t *out, HdSize *at, const QpOptions *o) {
    qp_put(out, at, '=');
    if (o->crlf) qp_put(out, at, '\r');
    qp_put(out, at, '\n');
}

/* Encodes; `out` NULL only counts. */
static HdSize qp_encode(const uint8_t *data, HdSize length, const QpOptions *o, uint8_t *out) {
    HdSize at = 0, column = 0;
    for (HdSize i = 0; i < length;) {
        uint8_t c = data[i];
        if (qp_must_quote(data, length, i, column, o)) {
            if (column + 3 >= QP_LINE) {
                qp_put_soft_break(out, &at, o);
                column = 0;
            }
            qp_put_hex(out, &at, c);
            column += 3;
            i++;
        } else if (o->is_text && (c == '\n' || (c == '\r' && i + 1 < length && data[i + 1] == '\n'))) {
            column = 0;
            /* white space before a line's end must be quoted, after the fact */
            if (out && at && (out[at - 1] == ' ' || out[at - 1] == '\t')) {
                uint8_t space = out[--at];
                qp_put_hex(out, &at, space);
            } else if (!out && i && (data[i - 1] == ' ' || data[i - 1] == '\t')) {
                at += 2;
            }
            if (o->crlf) qp_put(out, &at, '\r');
            qp_put(out, &at, '\n');
            i += c == '\r' ? 2 : 1;
        } else {
            if (i + 1 != length && data[i + 1] != '\n' && column + 1 >= QP_LINE) {
                qp_put_soft_break(out, &at, o);
                column = 0;
            }
            column++;
            if (o->header && c == ' ') c = '_';
            qp_put(out, &at, c);
            i++;
        }
    }
    return at;
}

static HdValue b2a_qp(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    int quote_tabs = truth_of(t, args[1], 0), is_text = truth_of(t, args[2], 1), header = truth_of(t, args[3], 0);
    if (quote_tabs < 0 || is_text < 0 || header < 0 || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    QpOptions o = {quote_tabs, is_text, header, false};
    const uint8_t *newline = memchr(in.data, '\n', (size_t)in.length);
    o.crlf = newline && newline > in.data && newline[-1] == '\r';
    HdSize room = qp_encode(in.data, in.length, &o, NULL) + 2;
    HdValue result = hd_bytes_new(t, NULL, room);
    if (!hd_is_null(result)) {
        result = hd_bytes_shrink_steal(t, result, qp_encode(in.data, in.length, &o, hd_bytes_data(result)));
    }
    input_free(t, &in);
    return result;
}

/* --- checksums --- */

static HdValue crc_hqx(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    uint64_t start = hd_number_as_u64_mask(t, args[1]);
    if ((start == (uint64_t)-1 && hd_raised(t)) || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    unsigned crc = (unsigned)start & 0xffff;
    for (HdSize i = 0; i < in.length; i++) {
        crc ^= (unsigned)in.data[i] << 8;
        for (int bit = 0; bit < 8; bit++) crc = crc & 0x8000 ? (crc << 1 ^ 0x1021) & 0xffff : crc << 1;
    }
    input_free(t, &in);
    return hd_imm_int(crc);
}

/* The reversed polynomial of IEEE 802.3; the table for a byte is made on the stack, which costs 2,048 steps. */
static uint32_t crc_of(const uint8_t *data, HdSize length, uint32_t crc) {
    uint32_t table[256];
    for (uint32_t n = 0; n < 256; n++) {
        uint32_t c = n;
        for (int bit = 0; bit < 8; bit++) c = c & 1 ? c >> 1 ^ 0xedb88320u : c >> 1;
        table[n] = c;
    }
    crc = ~crc;
    for (HdSize i = 0; i < length; i++) crc = table[(crc ^ data[i]) & 255] ^ crc >> 8;
    return ~crc;
}

static HdValue crc32(HdThread *t, HdValue module, const HdValue *args) {
    Input in;
    uint64_t start = hd_is_null(args[1]) ? 0 : hd_number_as_u64_mask(t, args[1]);
    if ((start == (uint64_t)-1 && hd_raised(t)) || input_init(t, &in, args[0], false) < 0) return HD_NULL;
    uint32_t crc = crc_of(in.data, in.length, (uint32_t)start);
    input_free(t, &in);
    return hd_imm_int(crc);
}

/* --- the module --- */

static const HdMethodDef functions[] = {
    HD_METHOD(a2b_uu, "a2b_uu(data, /)", "Decodes a line of uuencoded data."),
    HD_METHOD(b2a_uu, "b2a_uu(data, /, *, backtick=False)", "Uuencodes a line of data."),
    HD_METHOD(a2b_base64, "a2b_base64(data, /, *, strict_mode=False)",
              "Decodes base64 data; strict_mode refuses what is no base64."),
    HD_METHOD(b2a_base64, "b2a_base64(data, /, *, newline=True)", "A line of base64 code for the data."),
    HD_METHOD(a2b_hex, "a2b_hex(hexstr, /)", "The bytes that a hexadecimal string stands for."),
    HD_METHOD(b2a_hex, "b2a_hex(data, sep=<unrepresentable>, bytes_per_sep=1)",
              "The hexadecimal form of the data, with a separator between groups of bytes if one is given."),
    HD_METHOD(a2b_hex, "unhexlify(hexstr, /)", "The bytes that a hexadecimal string stands for."),
    HD_METHOD(b2a_hex, "hexlify(data, sep=<unrepresentable>, bytes_per_sep=1)",
              "The hexadecimal form of the data, with a separator between groups of bytes if one is given."),
    HD_METHOD(a2b_qp, "a2b_qp(data, header=False)", "Decodes quoted-printable data."),
    HD_METHOD(b2a_qp, "b2a_qp(data, quotetabs=False, istext=True, header=False)", "Encodes data as quoted-printable."),
    HD_METHOD(crc_hqx, "crc_hqx(data, crc, /)", "CRC-CCITT of the data, starting from crc."),
    HD_METHOD(crc32, "crc32(data, crc=0, /)", "CRC-32 of the data, starting from crc."),
    HD_METHODS_END,
};

static int binascii_exec(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    state->error = hd_module_add_exception(t, module, "binascii.Error", hd_type_value(&hd_ValueError));
    if (hd_is_null(state->error)) return -1;
    state->incomplete = hd_module_add_exception(t, module, "binascii.Incomplete", HD_NULL);
    return hd_is_null(state->incomplete) ? -1 : 0;
}
static int binascii_traverse(HdValue module, HdVisit visit, void *context) {
    State *state = hd_module_state(module);
    HD_VISIT(state->error);
    HD_VISIT(state->incomplete);
    return 0;
}
static void binascii_clear(HdThread *t, HdValue module) {
    State *state = hd_module_state(module);
    hd_clear_slot(t, &state->error);
    hd_clear_slot(t, &state->incomplete);
}

const HdModuleDef hd_module_binascii = {
    .name = "binascii",
    .doc = "Conversion between binary data and ASCII",
    .state_size = sizeof(State),
    .functions = functions,
    .exec = binascii_exec,
    .traverse = binascii_traverse,
    .clear = binascii_clear,
};
