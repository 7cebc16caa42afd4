/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The part of `nearest` that all SIMD levels share: blocks of rows and of centroids that stay in
 * the caches (Goto, van de Geijn, "Anatomy of high-performance matrix multiplication", TOMS 2008,
 * without its packing: a dot product needs none). A level brings the tile: NEAREST_ROWS rows
 * against a run of centroids.
 */
#ifndef INLAY_VECTOR_KERNELS_NEAREST_BLOCKS_H
#define INLAY_VECTOR_KERNELS_NEAREST_BLOCKS_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>

enum {
    NEAREST_ROWS = 4,
    NEAREST_CENTROIDS = 3, /* a tile takes that many at a time */
    NEAREST_TILES = 64,    /* of rows in a block, at most */
    NEAREST_L1_BYTES = 16 << 10,
    NEAREST_L2_BYTES = 256 << 10
};

/* What is known of the rows of one tile after some of the centroids. */
struct nearest_best {
    float score[NEAREST_ROWS];
    uint32_t number[NEAREST_ROWS];
};

struct nearest_centroids {
    const float *data;
    const float *half_norms;
    size_t n; /* dimensions */
};

/* Updates `best` with the centroids first to end - 1, in order; only a greater value replaces. */
typedef void nearest_tile(const float *const rows[NEAREST_ROWS],
                          const struct nearest_centroids *centroids, size_t first, size_t end,
                          struct nearest_best *best);

static inline size_t nearest_at_most(size_t value, size_t limit)
{
    return value < limit ? value : limit;
}

/* The rows of one block: `rows` of them, in at most NEAREST_TILES tiles. */
static inline void nearest_block(nearest_tile *tile, const float *x, size_t rows,
                                 const struct nearest_centroids *centroids, size_t centroid_count,
                                 size_t step, uint32_t *best, float *score)
{
    struct nearest_best found[NEAREST_TILES];
    size_t first;
    size_t i;
    size_t r;
    for (i = 0; i < (rows + NEAREST_ROWS - 1) / NEAREST_ROWS * NEAREST_ROWS; i++) {
        found[i / NEAREST_ROWS].score[i % NEAREST_ROWS] = -INFINITY;
        found[i / NEAREST_ROWS].number[i % NEAREST_ROWS] = 0;
    }
    for (first = 0; first < centroid_count; first += step) {
        size_t end = nearest_at_most(first + step, centroid_count);
        for (i = 0; i < rows; i += NEAREST_ROWS) {
            const float *tile_rows[NEAREST_ROWS];
            for (r = 0; r < NEAREST_ROWS; r++) { /* a short tile repeats the last row */
                tile_rows[r] = x + nearest_at_most(i + r, rows - 1) * centroids->n;
            }
            tile(tile_rows, centroids, first, end, &found[i / NEAREST_ROWS]);
        }
    }
    for (i = 0; i < rows; i++) {
        best[i] = found[i / NEAREST_ROWS].number[i % NEAREST_ROWS];
        if (score != NULL) {
            score[i] = found[i / NEAREST_ROWS].score[i % NEAREST_ROWS];
        }
    }
}

static inline void nearest_blocks(nearest_tile *tile, const float *x, size_t rows,
                                  const struct nearest_centroids *centroids, size_t centroid_count,
                                  uint32_t *best, float *score)
{
    size_t bytes = centroids->n * sizeof(float) + 1;
    size_t step = (NEAREST_L1_BYTES / bytes / NEAREST_CENTROIDS + 1) * NEAREST_CENTROIDS;
    size_t tiles = nearest_at_most(NEAREST_L2_BYTES / bytes / NEAREST_ROWS + 1, NEAREST_TILES);
    size_t block = tiles * NEAREST_ROWS;
    size_t row;
    for (row = 0; row < rows; row += block) {
        nearest_block(tile, x + row * centroids->n, nearest_at_most(block, rows - row), centroids,
                      centroid_count, step, best + row, score != NULL ? score + row : NULL);
    }
}

#endif
