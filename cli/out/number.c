/* SPDX-License-Identifier: Apache-2.0 */
#include "number.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static bool add_special(struct text *out, double value)
{
    if (isnan(value)) {
        text_add_string(out, "NaN");
        return true;
    }
    if (isinf(value)) {
        text_add_string(out, value < 0 ? "-inf" : "inf");
        return true;
    }
    return false;
}

static void add_digits(struct text *out, const char *digits)
{
    text_add_string(out, digits);
    if (!strpbrk(digits, ".e")) {
        text_add_string(out, ".0");
    }
}

/* A decimal of at most 15 digits that reads back as the value is what %.15g prints, so only 15, 16
 * and 17 need trying (6 to 9 for float). */
void number_add_double(struct text *out, double value)
{
    char digits[40];
    if (add_special(out, value)) {
        return;
    }
    for (int precision = 15; precision <= 17; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, value);
        if (strtod(digits, NULL) == value) {
            break;
        }
    }
    add_digits(out, digits);
}

void number_add_float(struct text *out, float value)
{
    char digits[40];
    if (add_special(out, (double)value)) {
        return;
    }
    for (int precision = 6; precision <= 9; precision++) {
        snprintf(digits, sizeof(digits), "%.*g", precision, (double)value);
        if (strtof(digits, NULL) == value) {
            break;
        }
    }
    add_digits(out, digits);
}

float number_from_half(uint16_t bits)
{
    int exponent = bits >> 10 & 31;
    int fraction = bits & 1023;
    double value;
    if (exponent == 31) {
        value = fraction ? NAN : INFINITY;
    } else if (exponent == 0) {
        value = ldexp(fraction, -24);
    } else {
        value = ldexp(1024 + fraction, exponent - 25);
    }
    return (float)(bits & 0x8000 ? -value : value);
}

void number_add_decimal128(struct text *out, const void *bytes, int scale)
{
    char digits[64];
    size_t count = 0;
    wide value;
    memcpy(&value, bytes, sizeof(value));
    bool negative = (value >> 127) != 0;
    if (negative) {
        value = ~value + 1;
    }
    while (value != 0 || (int)count <= scale) {
        if (count + 2 >= sizeof(digits)) {
            break; /* a scale beyond what decimal128 allows */
        }
        digits[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    if (negative) {
        text_add_char(out, '-');
    }
    for (size_t i = count; i-- > 0;) {
        text_add_char(out, digits[i]);
        if (scale > 0 && i == (size_t)scale) {
            text_add_char(out, '.');
        }
    }
    if (scale < 0) {
        text_add_repeated(out, "0", (size_t)-scale);
    }
}

/* Floor division: instants before 1970 belong to the day that they are in. */
static int64_t floor_divide(int64_t value, int64_t by, int64_t *rest)
{
    int64_t quotient = value / by;
    *rest = value % by;
    if (*rest < 0) {
        *rest += by;
        quotient--;
    }
    return quotient;
}

/* Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": civil_from_days. */
void number_add_date(struct text *out, int64_t days)
{
    int64_t day_of_era;
    int64_t era = floor_divide(days + 719468, 146097, &day_of_era);
    int64_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int64_t day = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t shifted_month = (5 * day + 2) / 153; /* 0 = March */
    int64_t month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2);
    day = day - (153 * shifted_month + 2) / 5 + 1;
    text_format(out, "%s%04" PRId64 "-%02" PRId64 "-%02" PRId64, year < 0 ? "-" : "",
                year < 0 ? -year : year, month, day);
}

void number_add_time(struct text *out, int64_t value, int64_t per_second)
{
    int64_t fraction;
    int64_t seconds = floor_divide(value, per_second, &fraction);
    text_format(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
                seconds % 60);
    if (fraction != 0) {
        int digits = per_second == 1000 ? 3 : per_second == 1000000 ? 6 : 9;
        for (; digits > 3 && fraction % 1000 == 0; digits -= 3) {
            fraction /= 1000;
        }
        text_format(out, ".%0*" PRId64, digits, fraction);
    }
}

void number_add_timestamp(struct text *out, int64_t value, int64_t per_second, bool utc)
{
    int64_t in_day;
    int64_t days = floor_divide(value, 86400 * per_second, &in_day);
    number_add_date(out, days);
    text_add_char(out, 'T');
    number_add_time(out, in_day, per_second);
    if (utc) {
        text_add_char(out, 'Z');
    }
}
