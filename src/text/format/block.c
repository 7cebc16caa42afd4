/* SPDX-License-Identifier: Apache-2.0 */
#include "text/format/block.h"

#include "text/format/kernels.h"

#include "base/bytes.h"

#include <string.h>

static size_t varint_size(uint32_t value)
{
    size_t size = 1;
    for (; value >= 0x80; value >>= 7) {
        size++;
    }
    return size;
}

/* Reads a varint of at most 32 bits; 0 bytes when it is wrong. */
static size_t varint_check(const uint8_t *p, size_t left, uint32_t *value)
{
    uint64_t result = 0;
    size_t i;
    for (i = 0; i < 5 && i < left; i++) {
        result |= (uint64_t)(p[i] & 0x7fu) << (7 * i);
        if (p[i] < 0x80) {
            *value = (uint32_t)result;
            return result <= UINT32_MAX ? i + 1 : 0;
        }
    }
    return 0;
}

static const uint8_t *varint_read(const uint8_t *p, uint32_t *value)
{
    unsigned shift = 0;
    *value = 0;
    for (; *p >= 0x80; shift += 7) {
        *value |= (uint32_t)(*p++ & 0x7fu) << shift;
    }
    *value |= (uint32_t)*p++ << shift;
    return p;
}

static uint8_t *put_varint(uint8_t *to, uint32_t value)
{
    for (; value >= 0x80; value >>= 7) {
        *to++ = (uint8_t)(value | 0x80u);
    }
    *to++ = (uint8_t)value;
    return to;
}

static uint8_t *put_bitset(const uint32_t *rows, size_t count, uint32_t first_gap, size_t words,
                           uint8_t *to)
{
    uint32_t base = rows[0] & ~63u;
    size_t i;
    *to++ = BLOCK_BITSET;
    to = put_varint(to, first_gap);
    *to++ = (uint8_t)words;
    memset(to, 0, words * 8);
    for (i = 0; i < count; i++) {
        uint32_t bit = rows[i] - base;
        to[bit / 8] = (uint8_t)(to[bit / 8] | 1u << (bit % 8));
    }
    return to + words * 8;
}

static uint8_t *put_rows(const uint32_t *rows, size_t count, uint32_t previous, uint8_t *to)
{
    uint32_t gaps[BLOCK_POSTINGS];
    uint32_t first_gap = rows[0] - previous - 1;
    uint32_t span = rows[count - 1] - rows[0];
    size_t words = (size_t)(rows[count - 1] / 64 - rows[0] / 64) + 1;
    size_t bitset_size = 2 + varint_size(first_gap) + words * 8;
    uint8_t *end;
    size_t i;
    if (span == count - 1 && count > 1) {
        *to++ = BLOCK_RUN;
        return put_varint(to, first_gap);
    }
    gaps[0] = first_gap;
    for (i = 1; i < count; i++) {
        gaps[i] = rows[i] - rows[i - 1] - 1;
    }
    end = pack_write(gaps, count, to);
    if ((size_t)(end - to) > bitset_size && words <= 255) {
        end = put_bitset(rows, count, first_gap, words, to);
    }
    return end;
}

uint8_t *block_write(const uint32_t *rows, const uint32_t *tfs, const uint8_t *codes, size_t count,
                     uint32_t previous, uint8_t *to)
{
    uint32_t frequencies[BLOCK_POSTINGS];
    size_t i;
    to = put_rows(rows, count, previous, to);
    for (i = 0; i < count; i++) {
        frequencies[i] = tfs[i] - 1;
    }
    to = pack_write(frequencies, count, to);
    memcpy(to, codes, count);
    return to + count;
}

void block_encode(const uint32_t *rows, const uint32_t *tfs, const uint8_t *codes, size_t count,
                  uint32_t previous, struct buffer *out)
{
    uint8_t *to = buffer_extend(out, BLOCK_ROOM);
    if (to != NULL) {
        out->len = (size_t)(block_write(rows, tfs, codes, count, previous, to) - out->data);
    }
}

static void set_padding(uint32_t *rows, size_t count)
{
    for (; count % 8 != 0; count++) {
        rows[count] = UINT32_MAX;
    }
}

static void rows_from_bitset(const uint8_t *words, size_t word_count, uint32_t base, uint32_t *rows)
{
    size_t i;
    for (i = 0; i < word_count; i++, base += 64) {
        uint64_t word = load_u64(words + i * 8);
        for (; word != 0; word &= word - 1) {
            *rows++ = base + (uint32_t)__builtin_ctzll(word);
        }
    }
}

const uint8_t *block_rows(const uint8_t *p, size_t count, uint32_t previous, uint32_t *rows)
{
    uint32_t first_gap;
    size_t i;
    if (*p == BLOCK_BITSET) {
        p = varint_read(p + 1, &first_gap);
        rows_from_bitset(p + 1, p[0], (previous + 1 + first_gap) & ~63u, rows);
        p += 1 + (size_t)p[0] * 8;
    } else if (*p == BLOCK_RUN) {
        p = varint_read(p + 1, &first_gap);
        for (i = 0; i < count; i++) {
            rows[i] = previous + 1 + first_gap + (uint32_t)i;
        }
    } else {
        p = pack_decode(p, count, rows);
        text_kernels()->rows_from_gaps(rows, count, previous);
    }
    set_padding(rows, count);
    return p;
}

const uint8_t *block_frequencies(const uint8_t *p, size_t count, uint32_t *tfs)
{
    size_t i;
    p = pack_decode(p, count, tfs);
    for (i = 0; i < count; i++) {
        tfs[i]++;
    }
    return p;
}

/* Form and length of the row part, before its values may be looked at. */
static size_t check_row_form(const uint8_t *p, size_t left, size_t count, uint32_t previous)
{
    uint32_t first_gap;
    size_t size;
    size_t bits = 0;
    size_t i;
    if (left == 0 || (p[0] != BLOCK_BITSET && p[0] != BLOCK_RUN)) {
        return pack_check(p, left, count);
    }
    size = varint_check(p + 1, left - 1, &first_gap);
    if (size == 0 || first_gap > UINT32_MAX - (previous + 1)) {
        return 0;
    }
    size++;
    if (p[0] == BLOCK_RUN) {
        return size;
    }
    if (left - size < 1 || (left - size - 1) / 8 < p[size]) {
        return 0;
    }
    for (i = 0; i < p[size]; i++) {
        bits += (size_t)__builtin_popcountll(load_u64(p + size + 1 + i * 8));
    }
    return bits == count ? size + 1 + (size_t)p[size] * 8 : 0;
}

size_t block_check(const uint8_t *p, size_t left, size_t count, uint32_t previous,
                   uint64_t row_count, uint32_t *last_row)
{
    uint32_t values[BLOCK_POSTINGS + 8];
    size_t rows_size = check_row_form(p, left, count, previous);
    size_t tf_size;
    size_t i;
    if (rows_size == 0) {
        return 0;
    }
    (void)block_rows(p, count, previous, values);
    for (i = 0; i < count; i++) {
        if (values[i] >= row_count ||
            (i == 0 ? values[i] < previous + 1 : values[i] <= values[i - 1])) {
            return 0;
        }
    }
    *last_row = values[count - 1];
    tf_size = pack_check(p + rows_size, left - rows_size, count);
    if (tf_size == 0 || left - rows_size - tf_size < count) {
        return 0;
    }
    (void)pack_decode(p + rows_size, count, values);
    for (i = 0; i < count; i++) {
        if (values[i] == UINT32_MAX || p[rows_size + tf_size + i] == 0xff) {
            return 0;
        }
    }
    return rows_size + tf_size + count;
}

static void or_words(const uint8_t *words, size_t word_count, uint64_t base, uint64_t lo,
                     uint64_t hi, uint64_t *window)
{
    size_t i;
    for (i = 0; i < word_count; i++) {
        uint64_t start = base + i * 64;
        if (start >= lo && start < hi) {
            window[(start - lo) / 64] |= load_u64(words + i * 8);
        }
    }
}

void block_set_bits(const uint8_t *p, size_t count, uint32_t previous, uint64_t lo, uint64_t hi,
                    uint64_t *words)
{
    uint32_t rows[BLOCK_POSTINGS + 8];
    size_t i;
    if (*p == BLOCK_BITSET && hi % 64 == 0) {
        uint32_t first_gap;
        p = varint_read(p + 1, &first_gap);
        or_words(p + 1, p[0], (previous + 1 + first_gap) & ~63u, lo, hi, words);
        return;
    }
    (void)block_rows(p, count, previous, rows);
    for (i = 0; i < count; i++) {
        if (rows[i] >= lo && rows[i] < hi) {
            words[(rows[i] - lo) / 64] |= (uint64_t)1 << (rows[i] & 63);
        }
    }
}
