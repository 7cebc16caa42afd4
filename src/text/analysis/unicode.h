/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode properties of a code point, from the generated two-stage table. */
#ifndef INLAY_TEXT_UNICODE_H
#define INLAY_TEXT_UNICODE_H

#include "text/analysis/generated/unicode_tables.h"
#include "text/analysis/utf8.h"

#include <stdbool.h>

/* `point` is a code point, not UTF8_INVALID. */
static inline const struct unicode_record *unicode_record_of(uint32_t point)
{
    const uint32_t mask = (1u << UNICODE_BLOCK_SHIFT) - 1;
    uint32_t block = unicode_stage1[point >> UNICODE_BLOCK_SHIFT];
    return &unicode_records[unicode_stage2[block << UNICODE_BLOCK_SHIFT | (point & mask)]];
}

/* The bits of a decoded item. An invalid byte counts as a line break: nothing joins across it. */
static inline uint32_t unicode_bits(struct utf8_item item)
{
    return item.point == UTF8_INVALID ? WB_NEWLINE : unicode_record_of(item.point)->bits;
}

static inline enum word_break_class unicode_break_class(uint32_t bits)
{
    return (enum word_break_class)(bits & UNICODE_BREAK_MASK);
}

/* Extend, Format and ZWJ: what rule WB4 attaches to the character before. */
static inline bool unicode_attaches(uint32_t bits)
{
    const uint32_t set = 1u << WB_EXTEND | 1u << WB_FORMAT | 1u << WB_ZWJ;
    return (set >> (bits & UNICODE_BREAK_MASK) & 1) != 0;
}

#endif
