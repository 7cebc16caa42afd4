/* SPDX-License-Identifier: Apache-2.0 */
/* Keys for base/select.h: a float in the high half, orderable as an integer, and in the low half
 * what it belongs to, so that equal floats keep a fixed order. Pure functions. */
#ifndef INLAY_VECTOR_QUERY_SELECT_H
#define INLAY_VECTOR_QUERY_SELECT_H

#include "base/select.h"

#include <stdint.h>
#include <string.h>

/* Ascending with `value`; NaN comes last. */
static inline uint64_t select_key(float value, uint32_t item)
{
    uint32_t bits;
    value = value == value ? value + 0.0f : __builtin_inff(); /* -0 becomes 0 */
    memcpy(&bits, &value, sizeof(bits));
    bits = bits >> 31 != 0 ? ~bits : bits | UINT32_C(0x80000000);
    return (uint64_t)bits << 32 | item;
}

static inline float select_value(uint64_t key)
{
    uint32_t bits = (uint32_t)(key >> 32);
    float value;
    bits = bits >> 31 != 0 ? bits & UINT32_C(0x7fffffff) : ~bits;
    memcpy(&value, &bits, sizeof(value));
    return value;
}

static inline uint32_t select_item(uint64_t key)
{
    return (uint32_t)key;
}

#endif
