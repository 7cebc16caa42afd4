/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/ascii.h"

#include "base/bytes.h"
#include "base/cpu.h"

#define HIGH_BITS 0x8080808080808080u

static bool is_letter(uint8_t byte)
{
    uint8_t lower = byte | 0x20;
    return lower >= 'a' && lower <= 'z';
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_mid_letter(uint8_t byte)
{
    return byte == '\'' || byte == '.' || byte == ':';
}

static bool is_mid_number(uint8_t byte)
{
    return byte == '\'' || byte == '.' || byte == ',' || byte == ';';
}

static void classify(const uint8_t *text, size_t count, uint8_t *lower, struct ascii_block *blocks)
{
    for (size_t b = 0; b < count; b++) {
        struct ascii_block block = {0};
        for (unsigned i = 0; i < ASCII_BLOCK; i++) {
            uint8_t byte = text[b * ASCII_BLOCK + i];
            block.letters |= (uint64_t)is_letter(byte) << i;
            block.digits |= (uint64_t)is_digit(byte) << i;
            block.mid_letter |= (uint64_t)is_mid_letter(byte) << i;
            block.mid_number |= (uint64_t)is_mid_number(byte) << i;
            block.underscore |= (uint64_t)(byte == '_') << i;
            lower[b * ASCII_BLOCK + i] = byte >= 'A' && byte <= 'Z' ? byte | 0x20 : byte;
        }
        blocks[b] = block;
    }
}

static size_t prefix(const uint8_t *text, size_t length)
{
    size_t at = 0;
    while (at + 8 <= length && (load_u64(text + at) & HIGH_BITS) == 0) {
        at += 8;
    }
    while (at < length && text[at] < 0x80) {
        at++;
    }
    return at;
}

const struct ascii_kernels ascii_kernels_scalar = {classify, prefix};

const struct ascii_kernels *ascii_kernels(void)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_AVX2) {
        return &ascii_kernels_avx2;
    }
#endif
    return &ascii_kernels_scalar;
}
