/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Classification of ASCII text, 64 bytes a block, for the fast path of the analyzers. Bit i of a
 * mask speaks of byte i of the block. Bytes of 0x80 and above are in no class and stay unchanged.
 */
#ifndef INLAY_TEXT_ASCII_H
#define INLAY_TEXT_ASCII_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ASCII_BLOCK 64

struct ascii_block {
    uint64_t letters;
    uint64_t digits;
    uint64_t mid_letter; /* ' . :   join two letters (UAX #29, WB6 and WB7) */
    uint64_t mid_number; /* ' . , ; join two digits (WB11 and WB12) */
    uint64_t underscore; /* ExtendNumLet (WB13a and WB13b) */
};

struct ascii_kernels {
    /* Classifies `count` blocks and writes their bytes with A to Z lower-cased to `lower`, which
     * does not overlap `text`. */
    void (*classify)(const uint8_t *text, size_t count, uint8_t *lower, struct ascii_block *blocks);
    /* How many bytes precede the first one of 0x80 or above; `length` when there is none. */
    size_t (*prefix)(const uint8_t *text, size_t length);
};

extern const struct ascii_kernels ascii_kernels_scalar; /* the oracle of the tests */
extern const struct ascii_kernels ascii_kernels_avx2;   /* x86-64 only */

/* The best kernels at the CPU level in force. */
const struct ascii_kernels *ascii_kernels(void);

/* True for an ASCII byte that is certainly in no token and joins nothing to a word: neither letter,
 * digit, '_' nor one of the quotes and points that UAX #29 lets stand inside words. Words on its
 * two sides do not influence each other, so text may be cut there. */
static inline bool ascii_is_separator(uint8_t byte)
{
    /* One bit per byte from 0 to 127. */
    static const uint64_t joins[2] = {
        0x3ffull << '0' | 1ull << '\'' | 1ull << '"' | 1ull << '.' | 1ull << ',' | 1ull << ':' |
            1ull << ';',
        0x3ffffffull << ('A' - 64) | 0x3ffffffull << ('a' - 64) | 1ull << ('_' - 64),
    };
    return byte < 0x80 && (joins[byte >> 6] >> (byte & 63) & 1) == 0;
}

#endif
