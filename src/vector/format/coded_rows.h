/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Coded rows: the codes of n rows around one centroid (or, in the hot part, of all cell centroids
 * around their groups'), laid out for scanning by blocks of 32. docs/format/vector-index.md "Coded
 * rows" is the contract; this file is its only reader and writer.
 */
#ifndef INLAY_VECTOR_FORMAT_CODED_ROWS_H
#define INLAY_VECTOR_FORMAT_CODED_ROWS_H

#include "vector/format/code.h"
#include "vector/kernels/kernels.h"

/* Sizes and offsets in bytes. A plain value: no call here fails. */
struct coded_layout {
    uint32_t padded; /* P, a multiple of 64 up to 65,536 */
    unsigned code_bits;
    uint32_t rows;
    uint32_t blocks;      /* of 32 rows */
    uint64_t block_size;  /* sign plane and three factors */
    uint64_t full_offset; /* of row 0: full factors and code */
    uint64_t full_size;   /* of one row */
    uint64_t size;        /* below 2^50 whatever `rows` */
};

struct coded_layout coded_layout_make(uint32_t padded, unsigned code_bits, uint32_t rows);

/* What encoding needs besides: P floats and P / 8 bytes. */
struct coded_scratch {
    float *floats;
    uint8_t *signs;
};

/* Prepares layout->size bytes: zeros, and the factors of the lanes past n. */
void coded_rows_begin(const struct coded_layout *layout, uint8_t *out);

/* Encodes row i (below n, any order, each once) as code_encode does and puts it in place. Different
 * rows of one block must not be put by two threads at once. */
void coded_rows_encode(const struct coded_layout *layout, uint8_t *out, uint32_t i, const float *x,
                       const float *c, enum vector_metric metric,
                       const struct coded_scratch *scratch);

#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#error "floats are read where they lie in the file; a big-endian port must swap them on reading"
#endif

/* Coded rows in memory. All pointers are 4-byte aligned. */
struct coded_rows {
    struct coded_layout layout;
    const uint8_t *blocks;
    const uint8_t *full;
};

/* `data` has layout->size bytes, 4-byte aligned. */
void coded_rows_view(const struct coded_layout *layout, const uint8_t *data,
                     struct coded_rows *out);

struct coded_block {
    const uint8_t *signs;
    const float *add;
    const float *scale;
    const float *error;
};

/* Bytes that are known to be aligned, as numbers; the void pointer is the only way there. */
static inline const float *coded_floats(const void *bytes)
{
    return bytes;
}

static inline struct coded_block coded_rows_block(const struct coded_rows *rows, uint32_t block)
{
    const uint8_t *data = rows->blocks + block * rows->layout.block_size;
    const float *factors = coded_floats(data + 4 * (size_t)rows->layout.padded);
    struct coded_block out = {data, factors, factors + SCAN_LANES, factors + 2 * SCAN_LANES};
    return out;
}

/* All bits of one row, which lie together: a row can be judged without the others of its block. */
struct full_code {
    const uint8_t *code; /* P * code_bits / 8 bytes */
    struct code_factors factors;
};

#define CODE_FACTORS_SIZE 12

static inline const uint8_t *coded_rows_full_bytes(const struct coded_rows *rows, uint32_t row)
{
    return rows->full + row * rows->layout.full_size;
}

static inline struct full_code coded_rows_full(const struct coded_rows *rows, uint32_t row)
{
    const uint8_t *bytes = coded_rows_full_bytes(rows, row);
    const float *factors = coded_floats(bytes);
    struct full_code out = {bytes + CODE_FACTORS_SIZE, {factors[0], factors[1], factors[2]}};
    return out;
}

/* Raises every estimate of row i, which has been encoded, by `by`. */
void coded_rows_raise(const struct coded_layout *layout, uint8_t *out, uint32_t i, float by);

/* Puts row `from` of `rows` in the place of row i, as coded_rows_encode does with a fresh code.
 * Both have the same dimension and bits, and are coded around the same centroid. */
void coded_rows_copy(const struct coded_rows *rows, uint32_t from,
                     const struct coded_layout *layout, uint8_t *out, uint32_t i);

/* The vector that the full code of a row stands for: c + |r|^2 / <r, p> * p. */
void coded_rows_decode(const struct coded_rows *rows, uint32_t row, const float *c,
                       enum vector_metric metric, float *x);

#endif
