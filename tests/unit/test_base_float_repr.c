/* test_base_float_repr.c -- compares float_repr.c and hash.c with Python: writes a Python program with our results in
 * it and runs it. */
#include "float_repr.h"
#include "hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t state = 88172645463325252u;
static uint64_t next_random(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

static const char program[] =
    "import sys, struct\n"
    "bad = total = 0\n"
    "for line in sys.stdin:\n"
    "    kind, bits, *rest = line.rstrip('\\n').split('\\t')\n"
    "    total += 1\n"
    "    if kind in ('repr', 'hash', 'hex', 'fmt'):\n"
    "        x = struct.unpack('<d', int(bits, 16).to_bytes(8, 'little'))[0]\n"
    "    if kind == 'repr': want = repr(x)\n"
    "    elif kind == 'hash': want = str(hash(x))\n"
    "    elif kind == 'hex': want = x.hex()\n"
    "    elif kind == 'fmt': want = rest[1] % x\n"
    "    elif kind == 'parse': want = float(bits).hex()\n"
    "    elif kind == 'fromhex':\n"
    "        try: want = float.fromhex(bits).hex()\n"
    "        except OverflowError: want = 'overflow'\n"
    "        except ValueError: want = 'invalid'\n"
    "    elif kind == 'int': want = str(hash(int(bits)))\n"
    "    elif kind == 'str':\n"
    "        import subprocess\n"
    "        want = subprocess.run([sys.executable, '-c', f'print(hash({rest[1]!r}))'], "
    "env={'PYTHONHASHSEED': bits}, capture_output=True, text=True).stdout.strip()\n"
    "    if want != rest[0]:\n"
    "        bad += 1\n"
    "        if bad < 20: print('differs:', line.rstrip(), 'want', want)\n"
    "print(total, 'compared,', bad, 'differ')\n"
    "sys.exit(bad != 0 or total < 1000)\n";

static FILE *python;

static uint64_t bits_of(double x) {
    uint64_t word;
    memcpy(&word, &x, 8);
    return word;
}

static void check_parse(const char *text, int length) {
    char hex[32];
    size_t used;
    double x = hd_float_parse(text, (size_t)length, &used);
    if (used != (size_t)length) {
        printf("parse stopped at %zu in %.*s\n", used, length, text);
        exit(1);
    }
    size_t n = hd_float_hex(x, hex);
    fprintf(python, "parse\t%.*s\t%.*s\n", length, text, (int)n, hex);
}

static void check_number(double x) {
    unsigned long long bits = bits_of(x);
    char text[32];
    size_t n = hd_float_repr_text(x, text);
    fprintf(python, "repr\t%llx\t%.*s\n", bits, (int)n, text);
    size_t used;
    double back = hd_float_parse(text, n, &used);
    if (used != n || (bits_of(back) != bits && !isnan(x))) {
        printf("does not read back: %.*s\n", (int)n, text);
        exit(1);
    }
    n = hd_float_hex(x, text);
    fprintf(python, "hex\t%llx\t%.*s\n", bits, (int)n, text);
    if (!isnan(x)) fprintf(python, "hash\t%llx\t%lld\n", bits, (long long)hd_hash_double(x, 0));
    static const char *const formats[] = {"%.0f", "%.3f", "%.17e", "%.0e", "%.12g", "%#.5g", "%+.1G", "%.40f", "%.770g", "%#.0f"};
    const char *format = formats[next_random() % HD_COUNT_OF(formats)];
    int precision = 0, flags = 0;
    char code = 0;
    for (const char *p = format; *p; p++) {
        if (*p == '+') flags |= HD_FLOAT_SIGN;
        if (*p == '#') flags |= HD_FLOAT_ALT;
        if (*p >= '0' && *p <= '9') precision = precision * 10 + *p - '0';
        code = *p;
    }
    char buffer[2000];
    n = hd_float_format(x, code, precision, flags, buffer, sizeof buffer);
    fprintf(python, "fmt\t%llx\t%.*s\t%s\n", bits, (int)n, buffer, format);
}

static void check_hex(const char *text) {
    double x;
    char hex[32];
    HdHexStatus status = hd_float_from_hex(text, strlen(text), &x);
    int n = status == HD_HEX_OK ? (int)hd_float_hex(x, hex) : 0;
    if (status == HD_HEX_OK) fprintf(python, "fromhex\t%s\t%.*s\n", text, n, hex);
    else fprintf(python, "fromhex\t%s\t%s\n", text, status == HD_HEX_INVALID ? "invalid" : "overflow");
}

int main(void) {
    setenv("PROGRAM", program, 1);
    python = popen("/usr/bin/python3 -c \"$PROGRAM\"", "w");
    if (!python) return 1;
    const double special[] = {0.0, -0.0, 1.0, -1.5, 0.1, 1e16, 1e17, 123456789012345678.0, 5e-324, 2.2250738585072014e-308,
                              2.225073858507201e-308, 1.7976931348623157e308, HUGE_VAL, -HUGE_VAL, (double)NAN, 1e22, 1e23,
                              9007199254740993.0, 0.5, 2.5, 1e-5, 0.0001, 9.5, 99999.5, 0.00001234, 1e100, 5e-5};
    for (size_t i = 0; i < HD_COUNT_OF(special); i++)
        for (int k = 0; k < 10; k++) check_number(special[i]);
    for (int e = -1074; e < 1024; e++) {
        double x = ldexp(1.0, e);
        check_number(x);
        check_number(nextafter(x, 0));
    }
    for (int i = 0; i < 20000; i++) {
        uint64_t word = next_random();
        double x;
        memcpy(&x, &word, 8);
        if (isfinite(x)) check_number(x);
        check_number((double)(int64_t)word / 1000.0);
        check_number(ldexp((double)(word % 100000), -(int)(word >> 60)));
    }
    for (int i = 0; i < 20000; i++) {
        char text[1200];
        int n = snprintf(text, sizeof text, "%llu.%llue%d", (unsigned long long)(next_random() >> (next_random() % 64)),
                         (unsigned long long)(next_random() >> (next_random() % 64)), (int)(next_random() % 700) - 350);
        check_parse(text, n);
        /* exactly between two doubles, and a little more */
        uint64_t word = next_random() & 0x7fffffffffffffff;
        double x;
        memcpy(&x, &word, 8);
        if (i % 20 == 0 && isfinite(x) && x < 1e300) {
            HdDecimal d;
            hd_decimal_exact(&d, x);
            n = snprintf(text, sizeof text, "0.%.*se%d", d.count, d.digits, d.point);
            check_parse(text, n);
            long double middle = ((long double)x + (long double)nextafter(x, HUGE_VAL)) / 2;
            n = snprintf(text, sizeof text, "%.1000Lg", middle);
            check_parse(text, n);
            if (!memchr(text, 'e', (size_t)n) && memchr(text, '.', (size_t)n)) {
                n += snprintf(text + n, sizeof text - (size_t)n, "0000000000000000000000001");
                check_parse(text, n);
            }
        }
    }
    static const char *const texts[] = {"1e400", "1e-400", "1e99999999999999999999", "0e99999999999999999999", "inf", "-Infinity",
                                        "nan", "+1.5", ".5", "5.", "1E5", "2.4703282292062327208e-324", "2.4703282292062328e-324",
                                        "1.7976931348623158e308", "1.7976931348623159e308", "179769313486231580793e289"};
    for (size_t i = 0; i < HD_COUNT_OF(texts); i++) check_parse(texts[i], (int)strlen(texts[i]));
    static const char *const hexes[] = {"0x1p0", "1.8", "  0x.8p1 ", "0x", "p1", "0x1p", "-0x1.fffffffffffffp1023", "0x1.fffffffffffff8p1023",
                                        "0x1.fffffffffffff7fffp1023", "0x0.8p-1074", "0x0.80000000000000000001p-1074", "inf", "-nan",
                                        "0x1p1024", "0x1p-99999999999999999999", "0x0p99999999999999999999", "1.2.3", "1x", "Infinity",
                                        "0x123456789abcdef0123456789p-40", "0x1.00000000000008p0", "0x1.000000000000080000001p0"};
    for (size_t i = 0; i < HD_COUNT_OF(hexes); i++) check_hex(hexes[i]);
    for (int i = 0; i < 2000; i++) {
        uint64_t limbs[2] = {next_random() >> (next_random() % 64), 0};
        int64_t n = (int64_t)limbs[0];
        if (i == 0) n = INT64_MIN;
        if (i == 1) n = (int64_t)HD_HASH_MODULUS;
        if (i == 2) n = -1;
        fprintf(python, "int\t%lld\t%lld\n", (long long)n, (long long)hd_hash_int64(n));
        fprintf(python, "int\t-%llu\t%lld\n", (unsigned long long)limbs[0], (long long)hd_hash_limbs(limbs, 2, true));
    }
    static const char *const words[] = {"", "a", "abc", "abcdefgh", "abcdefghi", "the quick brown fox"};
    static const uint32_t seeds[] = {0, 1, 42, 4294967295u};
    for (size_t i = 0; i < HD_COUNT_OF(words) * HD_COUNT_OF(seeds); i++) {
        const char *word = words[i / 4];
        uint32_t seed = seeds[i % 4];
        int64_t h = hd_hash_bytes(hd_hash_key_from_seed(seed), word, strlen(word));
        fprintf(python, "str\t%u\t%lld\t%s\n", seed, (long long)h, word);
    }
    return pclose(python) == 0 ? 0 : 1;
}
