/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One-byte code of a document's length in tokens: exact up to 40, then the top 4 significant bits
 * of length - 24, rounded down (a small float in the manner of Lucene's norms). Greater codes mean
 * greater lengths. Scores are defined on the decoded length, so the rounding is part of the score
 * model and not an approximation of it.
 */
#ifndef INLAY_TEXT_FORMAT_LENGTH_CODE_H
#define INLAY_TEXT_FORMAT_LENGTH_CODE_H

#include <stdint.h>

#define LENGTH_CODE_NULL 255 /* in the per-row array: this row has no text */
#define LENGTH_CODE_MAX 254  /* 1,879,048,216 tokens and more */
#define LENGTH_CODE_EXACT 24 /* codes below stand for themselves; above, the float begins */

static inline uint8_t length_code_encode(uint64_t length)
{
    uint64_t rest;
    unsigned shift;
    uint64_t code;
    if (length < LENGTH_CODE_EXACT + 8) {
        return (uint8_t)length;
    }
    rest = length - LENGTH_CODE_EXACT;
    shift = 60u - (unsigned)__builtin_clzll(rest);
    code = LENGTH_CODE_EXACT + (((uint64_t)shift + 1) << 3) + ((rest >> shift) & 7);
    return (uint8_t)(code < LENGTH_CODE_MAX ? code : LENGTH_CODE_MAX);
}

/* The least length that has this code; 0 for LENGTH_CODE_NULL. */
static inline uint32_t length_code_decode(uint8_t code)
{
    uint32_t rest;
    if (code == LENGTH_CODE_NULL) {
        return 0;
    }
    if (code < LENGTH_CODE_EXACT + 8) {
        return code;
    }
    rest = (uint32_t)code - LENGTH_CODE_EXACT;
    return LENGTH_CODE_EXACT + ((8u | (rest & 7u)) << ((rest >> 3) - 1));
}

#endif
