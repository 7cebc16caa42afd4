/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/utf8.h"

#include <string.h>

/* Bytes of the character that starts at p, or 0 when it is not valid. */
static size_t character_length(const uint8_t *p, size_t left)
{
    uint8_t lead = p[0];
    uint8_t low = 0x80; /* range of the second byte, narrowed by the lead byte */
    uint8_t high = 0xbf;
    size_t length;
    size_t i;
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xc2 && lead <= 0xdf) {
        length = 2;
    } else if (lead >= 0xe0 && lead <= 0xef) {
        length = 3;
        low = lead == 0xe0 ? 0xa0 : 0x80;
        high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
        length = 4;
        low = lead == 0xf0 ? 0x90 : 0x80;
        high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
        return 0;
    }
    if (left < length || p[1] < low || p[1] > high) {
        return 0;
    }
    for (i = 2; i < length; i++) {
        if (utf8_starts_character(p[i])) {
            return 0;
        }
    }
    return length;
}

size_t utf8_valid_prefix(const void *text, size_t length)
{
    const uint8_t *p = text;
    size_t i = 0;
    while (i < length) {
        size_t step;
        /* 32 ASCII bytes at a time: most text is ASCII. */
        while (length - i >= 32) {
            uint64_t words[4];
            memcpy(words, p + i, sizeof(words));
            if (((words[0] | words[1] | words[2] | words[3]) & UINT64_C(0x8080808080808080)) != 0) {
                break;
            }
            i += 32;
        }
        if (i == length) {
            break;
        }
        step = character_length(p + i, length - i);
        if (step == 0) {
            break;
        }
        i += step;
    }
    return i;
}

bool utf8_valid(const void *text, size_t length)
{
    return utf8_valid_prefix(text, length) == length;
}
