/* SPDX-License-Identifier: Apache-2.0 */
/* UTF-8 validation (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
#ifndef INLAY_COLUMNAR_UTF8_H
#define INLAY_COLUMNAR_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool utf8_valid(const void *text, size_t length);
/* Length of the longest valid prefix: `length` when all of it is valid. */
size_t utf8_valid_prefix(const void *text, size_t length);

/* False for the second and later bytes of a character. */
static inline bool utf8_starts_character(uint8_t byte)
{
    return (byte & 0xc0) != 0x80;
}

#endif
