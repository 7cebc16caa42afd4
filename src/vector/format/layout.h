/* SPDX-License-Identifier: Apache-2.0 */
/* The numbers of docs/format/vector-index.md: where things lie in the hot part and in a cell. */
#ifndef INLAY_VECTOR_FORMAT_LAYOUT_H
#define INLAY_VECTOR_FORMAT_LAYOUT_H

#include "vector/format/coded_rows.h"

#define VECTOR_MAGIC "INLVEC\r\n" /* 8 bytes, without the terminating NUL */
#define VECTOR_VERSION 1
#define VECTOR_ALIGNMENT 64    /* of cells, and of the parts of the hot part */
#define VECTOR_MAX_DIM 65535   /* so P is at most 65,536 */
#define VECTOR_CENTROID_BITS 8 /* of the codes of cell centroids, whatever the rows' */

/* Under cosine a zero vector is as far as an orthogonal one: its codes' squared distance of 1 from
 * every query is raised to 2. */
#define VECTOR_ZERO_RAISE 1.0f

/* Measured: of the true k nearest, the fraction `recall` lies in cells whose margin is at most
 * `margin`, among the first `cells` in the order of probing. */
struct probe_law {
    float recall;
    uint32_t k;
    float margin;
    uint32_t cells;
};

/* One cell of the body; offsets from its beginning. */
struct cell_layout {
    struct coded_layout codes;
    uint64_t codes_offset; /* the centroid lies at 0 */
    uint64_t rows_offset;  /* u32 row numbers */
    uint64_t crc_offset;   /* the last four bytes */
    uint64_t size;         /* a multiple of VECTOR_ALIGNMENT */
};

struct cell_layout cell_layout_make(uint32_t padded, unsigned code_bits, uint32_t rows);

/* Offsets in the hot part. */
#define VECTOR_HOT_DIM 16    /* dim, P, metric, element, e, 0: u32 each */
#define VECTOR_HOT_SEED 40   /* seed, rows, vectors, body length: u64 each */
#define VECTOR_HOT_GROUPS 72 /* G, C, L, 0: u32 each */
#define VECTOR_HOT_LAWS 88
#define VECTOR_LAW_SIZE 16

struct hot_layout {
    uint64_t groups_offset;     /* f32 centroids of the groups */
    uint64_t first_cell_offset; /* u32[G + 1] */
    uint64_t rows_offset;       /* u32[C] */
    uint64_t spread_offset;     /* f32[C] */
    uint64_t codes_offset;
    struct coded_layout codes; /* of the C cell centroids */
    uint64_t crc_offset;       /* the last four bytes */
    uint64_t size;
};

struct hot_layout hot_layout_make(uint32_t padded, uint32_t groups, uint32_t cells, uint32_t laws);

#endif
