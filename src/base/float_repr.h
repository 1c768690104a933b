/* float_repr.h -- double to text and back, correctly rounded and free of the locale.
 *
 * Pure functions: no state, no allocation, no errors but those in the results. Digits are ASCII.
 */
#ifndef HD_FLOAT_REPR_H
#define HD_FLOAT_REPR_H

#include "base.h"

/* A finite non-negative number in decimal: 0.d1d2d3... * 10**point. count == 0 is zero. */
typedef struct HdDecimal {
    int count, point;
    char digits[1088]; /* '0'..'9', d1 is not '0'; a double needs at most 767 */
} HdDecimal;

/* The shortest digits that read back as `number` (finite; the sign is ignored), the closest of those. */
void hd_decimal_shortest(HdDecimal *d, double number);
/* All digits of `number` (finite; the sign is ignored). */
void hd_decimal_exact(HdDecimal *d, double number);
/* Keeps `keep` digits (may be 0 or negative), half to even. The last digits may become '0' and are then dropped. */
void hd_decimal_round(HdDecimal *d, int64_t keep);

enum {
    HD_FLOAT_SIGN = 1,  /* '+' before what is not negative */
    HD_FLOAT_ALT = 2,   /* '#': always a point, 'g' keeps trailing zeros */
    HD_FLOAT_DOT_0 = 4, /* ".0" where there is neither point nor exponent */
    HD_FLOAT_NO_NEG_0 = 8, /* 'z': what rounds to zero loses its minus sign */
};
/* Formats like Python: code 'r' (repr; precision ignored), 'e', 'f', 'g' or their capitals. Writes what fits into
   `buffer` (no NUL) and returns the whole length, as snprintf does. */
size_t hd_float_format(double number, char code, int64_t precision, int flags, char *buffer, size_t size);
/* repr() into a buffer of at least 32 bytes; returns the length. */
size_t hd_float_repr_text(double number, char buffer[32]);

/* Reads [sign] digits [. digits] [e[sign]digits], or inf, infinity, nan in any case, from the start of `text`.
   Sets *used to the characters read, 0 if there is no number. Too large is an infinity. */
double hd_float_parse(const char *text, size_t length, size_t *used);

/* float.hex() into a buffer of at least 32 bytes; returns the length. */
size_t hd_float_hex(double number, char buffer[32]);
typedef enum HdHexStatus { HD_HEX_OK, HD_HEX_INVALID, HD_HEX_OVERFLOW } HdHexStatus;
/* float.fromhex(), with white space around. */
HdHexStatus hd_float_from_hex(const char *text, size_t length, double *out);
/* mantissa * 2**exponent rounded half to even; `sticky` says that a little more follows. May be infinite. */
double hd_float_assemble(uint64_t mantissa, int64_t exponent, bool sticky);

#endif
