/* SPDX-License-Identifier: Apache-2.0 */
#include "utf8.h"

#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#define REPLACEMENT 0xfffdu

void utf8_init(void)
{
    const char *candidates[] = {"", "C.UTF-8", "en_US.UTF-8", "UTF-8"};
    for (size_t i = 0; i < sizeof(candidates) / sizeof(candidates[0]); i++) {
        if (setlocale(LC_CTYPE, candidates[i]) && MB_CUR_MAX > 1) {
            return;
        }
    }
}

/* Table 3-7 of the Unicode Standard: the ranges of the second byte rule out overlong forms,
 * surrogates and values beyond U+10FFFF. */
uint32_t utf8_next(const char *bytes, size_t length, size_t *used)
{
    const unsigned char *p = (const unsigned char *)bytes;
    unsigned char low = 0x80;
    unsigned char high = 0xbf;
    size_t more;
    uint32_t c;
    *used = 1;
    if (p[0] < 0x80) {
        return p[0];
    }
    if (p[0] >= 0xc2 && p[0] <= 0xdf) {
        more = 1;
        c = p[0] & 0x1fu;
    } else if ((p[0] & 0xf0) == 0xe0) {
        more = 2;
        c = p[0] & 0x0fu;
        low = p[0] == 0xe0 ? 0xa0 : low;
        high = p[0] == 0xed ? 0x9f : high;
    } else if (p[0] >= 0xf0 && p[0] <= 0xf4) {
        more = 3;
        c = p[0] & 0x07u;
        low = p[0] == 0xf0 ? 0x90 : low;
        high = p[0] == 0xf4 ? 0x8f : high;
    } else {
        return REPLACEMENT;
    }
    if (length <= more) {
        return REPLACEMENT;
    }
    for (size_t i = 1; i <= more; i++) {
        if (p[i] < low || p[i] > high) {
            return REPLACEMENT;
        }
        c = c << 6 | (p[i] & 0x3fu);
        low = 0x80;
        high = 0xbf;
    }
    *used = more + 1;
    return c;
}

/* What is shown for a code point: itself, a space, or the replacement character. Bidirectional
 * overrides are replaced too: they would reorder the rest of the line. */
static uint32_t shown(uint32_t c)
{
    if (c == '\n' || c == '\t' || c == '\r' || c == '\v' || c == '\f' || c == 0x85 || c == 0x2028 ||
        c == 0x2029) {
        return ' ';
    }
    if (c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x202a && c <= 0x202e) ||
        (c >= 0x2066 && c <= 0x2069)) {
        return REPLACEMENT;
    }
    return c;
}

static size_t columns_of(uint32_t c)
{
    if (c < 0x7f) {
        return 1;
    }
    int width = wcwidth((wchar_t)c);
    return width < 0 ? 1 : (size_t)width;
}

static void add_code_point(struct text *out, uint32_t c, const char *bytes, size_t used)
{
    if (c == REPLACEMENT) {
        text_add_string(out, "\xef\xbf\xbd");
    } else if (c == ' ') {
        text_add_char(out, ' ');
    } else {
        text_add(out, bytes, used);
    }
}

size_t utf8_width(const char *bytes, size_t length, size_t limit)
{
    size_t columns = 0;
    for (size_t at = 0, used; at < length && columns < limit; at += used) {
        columns += columns_of(shown(utf8_next(bytes + at, length - at, &used)));
    }
    return columns;
}

size_t utf8_add_clean(struct text *out, const char *bytes, size_t length, size_t limit)
{
    size_t columns = 0;
    /* Where to cut back to when the text turns out longer: the last place with room for "…". */
    size_t cut_length = out->length;
    size_t cut_columns = 0;
    for (size_t at = 0, used; at < length; at += used) {
        uint32_t c = shown(utf8_next(bytes + at, length - at, &used));
        size_t width = columns_of(c);
        if (columns + width > limit) {
            if (limit == 0) {
                return 0;
            }
            out->length = cut_length;
            text_add_string(out, "…");
            return cut_columns + 1;
        }
        add_code_point(out, c, bytes + at, used);
        columns += width;
        if (columns < limit) {
            cut_length = out->length;
            cut_columns = columns;
        }
    }
    return columns;
}

size_t utf8_prefix(const char *bytes, size_t length, size_t limit)
{
    if (length <= limit) {
        return length;
    }
    size_t end = limit;
    while (end > 0 && ((unsigned char)bytes[end] & 0xc0) == 0x80) {
        end--;
    }
    return end;
}
