/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One code point of UTF-8 at a time, for text that may hold anything. Well-formed is what Unicode
 * 15, table 3-7 says: no overlong forms, no surrogates, nothing above U+10FFFF. Every byte that
 * does not begin a well-formed sequence is an item of its own with the value UTF8_INVALID.
 */
#ifndef INLAY_TEXT_UTF8_H
#define INLAY_TEXT_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define UTF8_INVALID 0xffffffffu
#define UTF8_MAX_SIZE 4

struct utf8_item {
    uint32_t point;
    uint32_t size; /* bytes, 1 when invalid */
};

static inline bool utf8_is_trail(uint8_t byte)
{
    return (byte & 0xc0) == 0x80;
}

/* The item at p, which lies before end. */
__attribute__((always_inline)) static inline struct utf8_item utf8_decode(const uint8_t *p,
                                                                          const uint8_t *end)
{
    const struct utf8_item invalid = {UTF8_INVALID, 1};
    uint32_t lead = p[0];
    size_t left = (size_t)(end - p);
    uint32_t point;
    if (lead < 0x80) {
        return (struct utf8_item){lead, 1};
    }
    if (lead < 0xe0) {
        if (lead < 0xc2 || left < 2 || !utf8_is_trail(p[1])) {
            return invalid;
        }
        return (struct utf8_item){(lead & 0x1f) << 6 | (p[1] & 0x3fu), 2};
    }
    if (left < 3 || !utf8_is_trail(p[1]) || !utf8_is_trail(p[2])) {
        return invalid;
    }
    point = (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu);
    if (lead < 0xf0) {
        point |= (lead & 0x0f) << 12;
        if (point < 0x800 || (point >= 0xd800 && point < 0xe000)) {
            return invalid;
        }
        return (struct utf8_item){point, 3};
    }
    if (left < 4 || !utf8_is_trail(p[3])) {
        return invalid;
    }
    point = (lead & 0x0f) << 18 | point << 6 | (p[3] & 0x3fu);
    if (lead > 0xf4 || point < 0x10000 || point > 0x10ffff) {
        return invalid;
    }
    return (struct utf8_item){point, 4};
}

/* Writes a valid code point, at most UTF8_MAX_SIZE bytes, and returns their number. */
static inline uint32_t utf8_encode(uint32_t point, uint8_t *out)
{
    if (point < 0x80) {
        out[0] = (uint8_t)point;
        return 1;
    }
    if (point < 0x800) {
        out[0] = (uint8_t)(0xc0 | point >> 6);
        out[1] = (uint8_t)(0x80 | (point & 0x3f));
        return 2;
    }
    if (point < 0x10000) {
        out[0] = (uint8_t)(0xe0 | point >> 12);
        out[1] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
        out[2] = (uint8_t)(0x80 | (point & 0x3f));
        return 3;
    }
    out[0] = (uint8_t)(0xf0 | point >> 18);
    out[1] = (uint8_t)(0x80 | (point >> 12 & 0x3f));
    out[2] = (uint8_t)(0x80 | (point >> 6 & 0x3f));
    out[3] = (uint8_t)(0x80 | (point & 0x3f));
    return 4;
}

#endif
