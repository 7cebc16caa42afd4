/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/scalar_text.h"

#include "base/bytes.h"
#include "base/real_text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

__extension__ typedef unsigned __int128 wide;

static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};

void scalar_text_real(struct buffer *out, double value)
{
    char text[REAL_TEXT_SIZE];
    buffer_append(out, text, real_to_text(value, text));
}

void scalar_text_real32(struct buffer *out, float value)
{
    char text[REAL_TEXT_SIZE];
    buffer_append(out, text, real32_to_text(value, text));
}

void scalar_text_decimal(struct buffer *out, const uint8_t bytes[16], int32_t scale)
{
    char digits[64]; /* from the end of the number */
    int32_t count = 0;
    int32_t i;
    wide value = (wide)load_u64(bytes + 8) << 64 | load_u64(bytes);
    bool negative = (value >> 127) != 0;
    if (negative) {
        value = ~value + 1;
    }
    while (value != 0 || count <= (scale < 40 ? scale : 40)) {
        digits[count++] = (char)('0' + (int)(value % 10));
        value /= 10;
    }
    if (negative) {
        buffer_u8(out, '-');
    }
    for (i = count; i-- > 0;) {
        buffer_u8(out, (uint8_t)digits[i]);
        if (scale > 0 && i == scale) {
            buffer_u8(out, '.');
        }
    }
    if (scale < 0) {
        buffer_fill(out, '0', (size_t)-scale);
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
void scalar_text_date(struct buffer *out, int64_t days)
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
    buffer_printf(out, "%s%04" PRId64 "-%02" PRId64 "-%02" PRId64, year < 0 ? "-" : "",
                  year < 0 ? -year : year, month, day);
}

void scalar_text_time(struct buffer *out, int64_t value, enum time_unit unit)
{
    int64_t fraction;
    int64_t seconds = floor_divide(value, per_second[unit], &fraction);
    buffer_printf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    if (fraction != 0) {
        int digits = 3 * (int)unit;
        for (; digits > 3 && fraction % 1000 == 0; digits -= 3) {
            fraction /= 1000;
        }
        buffer_printf(out, ".%0*" PRId64, digits, fraction);
    }
}

void scalar_text_timestamp(struct buffer *out, int64_t value, enum time_unit unit, bool utc)
{
    int64_t in_day;
    int64_t days = floor_divide(value, 86400 * per_second[unit], &in_day);
    scalar_text_date(out, days);
    buffer_u8(out, 'T');
    scalar_text_time(out, in_day, unit);
    if (utc) {
        buffer_u8(out, 'Z');
    }
}

void scalar_text_base64(struct buffer *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t i;
    for (i = 0; i < length; i += 3) {
        size_t left = length - i;
        uint32_t group = (uint32_t)bytes[i] << 16 | (left > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
                         (left > 2 ? (uint32_t)bytes[i + 2] : 0);
        char text[4] = {digits[group >> 18], digits[group >> 12 & 63],
                        left > 1 ? digits[group >> 6 & 63] : '=',
                        left > 2 ? digits[group & 63] : '='};
        buffer_append(out, text, sizeof(text));
    }
}

void scalar_text_hex(struct buffer *out, const uint8_t *bytes, size_t length)
{
    static const char digits[] = "0123456789abcdef";
    size_t i;
    for (i = 0; i < length; i++) {
        char text[2] = {digits[bytes[i] >> 4], digits[bytes[i] & 15]};
        buffer_append(out, text, sizeof(text));
    }
}

/* Bytes at the start of `text` that JSON does not take as they are; 0: it does. U+2028 and U+2029
 * end lines in JavaScript. */
static size_t escaped_length(const uint8_t *text, size_t left)
{
    if (text[0] < 0x20 || text[0] == '"' || text[0] == '\\' || text[0] == 0x7f) {
        return 1;
    }
    return text[0] == 0xe2 && left >= 3 && text[1] == 0x80 && (text[2] | 1) == 0xa9 ? 3 : 0;
}

static void escape(struct buffer *out, const uint8_t *text, size_t length)
{
    static const char shorts[] = "\"\"\\\\\nn\rr\tt";
    size_t i;
    for (i = 0; length == 1 && i < sizeof(shorts) - 1; i += 2) {
        if ((uint8_t)shorts[i] == text[0]) {
            buffer_u8(out, '\\');
            buffer_u8(out, (uint8_t)shorts[i + 1]);
            return;
        }
    }
    buffer_printf(out, "\\u%04x", length == 1 ? text[0] : 0x2000u + (text[2] & 0x3f));
}

void scalar_text_json_string(struct buffer *out, const uint8_t *bytes, size_t length)
{
    size_t start = 0;
    size_t i = 0;
    buffer_u8(out, '"');
    while (i < length) {
        size_t escaped = escaped_length(bytes + i, length - i);
        if (escaped == 0) {
            i++;
            continue;
        }
        buffer_append(out, bytes + start, i - start);
        escape(out, bytes + i, escaped);
        i += escaped;
        start = i;
    }
    if (length != start) {
        buffer_append(out, bytes + start, length - start);
    }
    buffer_u8(out, '"');
}
