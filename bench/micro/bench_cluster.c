/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Speed (processor time of one thread) and quality of the clustering of vectors.
 *
 *   bench_cluster ROWS DIM CELLS [SAMPLE [flat]]
 *       Made rows: 200 blobs of different sizes, each with 12 directions of its own, and noise.
 *   bench_cluster FILE DIM CELLS [SAMPLE [flat]]
 *       Rows of DIM f32 elements each.
 *
 * "lost" is the share of rows that were not assigned to their true nearest cell. "flat" trains
 * ordinary k-means of the same number of cells on the same sample too.
 */
#include "base/alloc.h"
#include "vector/cluster/cluster.h"
#include "vector/cluster/cluster_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BLOBS 200u
#define DIRECTIONS 12u
#define CHECKED 20000u
#define FLAT_ITERATIONS 25u

static uint64_t random_state = 42;

static float normal(void)
{
    double u = ((double)(cluster_random(&random_state) >> 11) + 0.5) * 0x1p-53;
    double v = (double)(cluster_random(&random_state) >> 11) * 0x1p-53;
    return (float)(sqrt(-2 * log(u)) * cos(6.283185307179586 * v));
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static void *need(void *pointer)
{
    if (pointer == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return pointer;
}

/* Low intrinsic dimension within a blob, as embeddings have it; sizes fall like 1/rank. */
static float *made_rows(size_t rows, size_t dim)
{
    float *out = need(cluster_floats(rows, dim));
    float *centres = need(cluster_floats(BLOBS, dim));
    float *directions = need(cluster_floats((size_t)BLOBS * DIRECTIONS, dim));
    size_t i;
    size_t j;
    size_t d;
    for (i = 0; i < BLOBS * dim; i++) {
        centres[i] = normal();
    }
    for (i = 0; i < (size_t)BLOBS * DIRECTIONS * dim; i++) {
        directions[i] = normal() * 0.4f;
    }
    for (i = 0; i < rows; i++) {
        double u = (double)(cluster_random(&random_state) >> 11) * 0x1p-53;
        size_t blob = (size_t)(exp(u * log(BLOBS + 1.0)) - 1) % BLOBS;
        float *row = out + i * dim;
        float norm = 0;
        for (j = 0; j < dim; j++) {
            row[j] = centres[blob * dim + j] + normal() * 0.25f;
        }
        for (d = 0; d < DIRECTIONS; d++) {
            const float *direction = directions + (blob * DIRECTIONS + d) * dim;
            float weight = normal();
            for (j = 0; j < dim; j++) {
                row[j] += weight * direction[j];
            }
        }
        for (j = 0; j < dim; j++) {
            norm += row[j] * row[j];
        }
        for (j = 0; j < dim; j++) {
            row[j] /= sqrtf(norm);
        }
    }
    mem_free(centres);
    mem_free(directions);
    return out;
}

static float *read_rows(const char *path, size_t dim, size_t *rows)
{
    FILE *file = need(fopen(path, "rb"));
    float *out;
    long size;
    (void)fseek(file, 0, SEEK_END);
    size = ftell(file);
    rewind(file);
    *rows = (size_t)size / sizeof(float) / dim;
    out = need(cluster_floats(*rows, dim));
    if (fread(out, dim * sizeof(float), *rows, file) != *rows) {
        (void)fprintf(stderr, "%s: cannot be read\n", path);
        exit(1);
    }
    (void)fclose(file);
    return out;
}

static int compare_counts(const void *a, const void *b)
{
    const uint32_t *x = a;
    const uint32_t *y = b;
    return (*x > *y) - (*x < *y);
}

static void show_sizes(const uint32_t *cells, size_t rows, uint32_t k)
{
    uint32_t *sizes = need(mem_zalloc_array(k, sizeof(uint32_t)));
    size_t i;
    for (i = 0; i < rows; i++) {
        sizes[cells[i]]++;
    }
    qsort(sizes, k, sizeof(*sizes), compare_counts);
    (void)printf("  cell sizes: min %u, p1 %u, median %u, p99 %u, max %u\n", sizes[0],
                 sizes[k / 100], sizes[k / 2], sizes[k - 1 - k / 100], sizes[k - 1]);
    mem_free(sizes);
}

static double mean_square(const float *rows, size_t count, size_t dim, const float *cells,
                          const uint32_t *cell)
{
    double sum = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        sum += (double)vector_kernels()->l2(rows + i * dim, cells + cell[i] * dim, dim);
    }
    return sum / (double)count;
}

static void show_lost(const struct cell_tree *tree, const float *rows, size_t count,
                      const uint32_t *cells)
{
    size_t checked = count < CHECKED ? count : CHECKED;
    uint32_t *best = need(mem_alloc_array(checked, sizeof(uint32_t)));
    size_t lost = 0;
    size_t i;
    double t = now();
    vector_kernels()->nearest(rows, checked, tree->cells, tree->cell_half_norms, tree->cell_count,
                              tree->dim, best, NULL);
    t = now() - t;
    for (i = 0; i < checked; i++) {
        lost += best[i] != cells[i];
    }
    (void)printf("  lost %.2f %% of %zu; mean square %.5f, with the nearest %.5f; nearest() %.1f "
                 "GFLOP/s\n",
                 100.0 * (double)lost / (double)checked, checked,
                 mean_square(rows, checked, tree->dim, tree->cells, cells),
                 mean_square(rows, checked, tree->dim, tree->cells, best),
                 2e-9 * (double)checked * tree->cell_count * (double)tree->dim / t);
    mem_free(best);
}

static void bench_tree(const float *rows, size_t count, size_t dim, size_t sample, uint32_t cells)
{
    struct cluster_options options = {.cells = cells, .seed = 1};
    struct cell_tree tree;
    uint32_t *cell = need(mem_alloc_array(count, sizeof(uint32_t)));
    uint32_t largest = 0;
    uint32_t g;
    inlay_error err;
    double t = now();
    inlay_error_init(&err);
    must(cluster_train(rows, sample, dim, &options, &tree, &err), &err);
    (void)printf("train  %zu rows: %.2f s\n", sample, now() - t);
    t = now();
    must(cluster_assign(&tree, rows, count, NULL, NULL, cell, &err), &err);
    t = now() - t;
    (void)printf("assign %zu rows: %.2f s, %.2f us a row\n", count, t, 1e6 * t / (double)count);
    for (g = 0; g < tree.group_count; g++) {
        uint32_t size = tree.first_cell[g + 1] - tree.first_cell[g];
        largest = size > largest ? size : largest;
    }
    (void)printf("  %u cells in %u groups, the largest of %u; mean square %.5f, of the sample "
                 "%.5f\n",
                 tree.cell_count, tree.group_count, largest,
                 mean_square(rows, count, dim, tree.cells, cell),
                 mean_square(rows, sample, dim, tree.cells, cell));
    show_sizes(cell, count, tree.cell_count);
    show_lost(&tree, rows, count, cell);
    mem_free(cell);
    cell_tree_free(&tree);
}

static void bench_flat(const float *rows, size_t count, size_t dim, size_t sample, uint32_t cells)
{
    struct cluster_run run = {vector_kernels(), NULL, NULL};
    struct row_view view = {rows, dim, NULL, sample};
    struct kmeans kmeans;
    uint32_t *cell = need(mem_alloc_array(count, sizeof(uint32_t)));
    inlay_error err;
    double t = now();
    inlay_error_init(&err);
    must(kmeans_init(&kmeans, &run, &view, cells, &err), &err);
    must(kmeans_seed(&kmeans, cells, 1, &err), &err);
    must(kmeans_lloyd(&kmeans, FLAT_ITERATIONS, &err), &err);
    t = now() - t;
    vector_kernels()->nearest(rows, count, kmeans.centroids, kmeans.half_norms, kmeans.k, dim, cell,
                              NULL);
    (void)printf("flat k-means, %u iterations: %.2f s; mean square %.5f, of the sample %.5f\n",
                 FLAT_ITERATIONS, t, mean_square(rows, count, dim, kmeans.centroids, cell),
                 mean_square(rows, sample, dim, kmeans.centroids, cell));
    show_sizes(cell, count, kmeans.k);
    kmeans_free(&kmeans);
    mem_free(cell);
}

int main(int argc, char **argv)
{
    size_t rows;
    size_t dim;
    size_t sample;
    uint32_t cells;
    float *data;
    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_cluster ROWS|FILE DIM CELLS [SAMPLE [flat]]\n");
        return 2;
    }
    rows = strtoull(argv[1], NULL, 10);
    dim = strtoull(argv[2], NULL, 10);
    cells = (uint32_t)strtoul(argv[3], NULL, 10);
    data = rows != 0 ? made_rows(rows, dim) : read_rows(argv[1], dim, &rows);
    sample = argc > 4 ? strtoull(argv[4], NULL, 10) : rows;
    bench_tree(data, rows, dim, sample < rows ? sample : rows, cells);
    if (argc > 5) {
        bench_flat(data, rows, dim, sample < rows ? sample : rows, cells);
    }
    mem_free(data);
    return 0;
}
