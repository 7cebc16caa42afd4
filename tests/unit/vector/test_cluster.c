/* SPDX-License-Identifier: Apache-2.0 */
#include "support/alloc_fault.h"
#include "support/test.h"

#include "base/alloc.h"
#include "base/cpu.h"
#include "base/env.h"
#include "vector/cluster/cluster.h"
#include "vector/cluster/cluster_priv.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A bell of sorts. */
static float noise(struct test_random *random)
{
    return (float)(test_random_unit(random) + test_random_unit(random) + test_random_unit(random) -
                   1.5);
}

/* Blobs with four directions each; mem_free() it. */
static float *made_rows(size_t rows, size_t dim, size_t blobs, uint64_t seed)
{
    struct test_random random = {seed};
    float *shape = mem_alloc_array(blobs * 5 * dim, sizeof(float));
    float *out = mem_alloc_array(rows * dim, sizeof(float));
    size_t i;
    size_t j;
    size_t d;
    assert_non_null(shape);
    assert_non_null(out);
    for (i = 0; i < blobs * 5 * dim; i++) {
        shape[i] = noise(&random);
    }
    for (i = 0; i < rows; i++) {
        const float *blob = shape + test_random_below(&random, blobs) * 5 * dim;
        for (j = 0; j < dim; j++) {
            out[i * dim + j] = 2 * blob[j] + 0.1f * noise(&random);
        }
        for (d = 1; d < 5; d++) {
            float weight = noise(&random);
            for (j = 0; j < dim; j++) {
                out[i * dim + j] += weight * blob[d * dim + j];
            }
        }
    }
    mem_free(shape);
    return out;
}

static void train(const float *rows, size_t count, size_t dim, uint32_t cells,
                  struct exec_pool *pool, struct cell_tree *tree)
{
    struct cluster_options options = {.cells = cells, .seed = 7, .pool = pool};
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(cluster_train(rows, count, dim, &options, tree, &err), err);
}

static void assign(const struct cell_tree *tree, const float *rows, size_t count,
                   struct exec_pool *pool, uint32_t *cells)
{
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(cluster_assign(tree, rows, count, pool, NULL, cells, &err), err);
}

/* What every tree keeps. */
static void assert_sound(const struct cell_tree *tree)
{
    size_t i;
    uint32_t g;
    assert_true(tree->group_count >= 1);
    assert_int_equal(tree->first_cell[0], 0);
    assert_int_equal(tree->first_cell[tree->group_count], tree->cell_count);
    for (g = 0; g < tree->group_count; g++) {
        const float *group = tree->groups + g * tree->dim;
        assert_true(tree->first_cell[g] < tree->first_cell[g + 1]);
        assert_true(tree->group_half_norms[g] ==
                    vector_kernels()->dot(group, group, tree->dim) * 0.5f);
    }
    for (g = 0; g < tree->cell_count; g++) {
        const float *cell = tree->cells + g * tree->dim;
        assert_true(tree->cell_half_norms[g] ==
                    vector_kernels()->dot(cell, cell, tree->dim) * 0.5f);
    }
    for (i = 0; i < tree->cell_count * tree->dim; i++) {
        assert_true(isfinite(tree->cells[i]));
    }
    for (i = 0; i < tree->group_count * tree->dim; i++) {
        assert_true(isfinite(tree->groups[i]));
    }
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

/* Ordinary k-means with twenty iterations is the measure. */
static double flat_mean_square(const float *rows, size_t count, size_t dim, uint32_t cells)
{
    struct cluster_run run = {vector_kernels(), NULL, NULL};
    struct row_view view = {rows, dim, NULL, count};
    struct kmeans kmeans;
    double result;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(kmeans_init(&kmeans, &run, &view, cells, &err), err);
    assert_ok(kmeans_seed(&kmeans, cells, 3, &err), err);
    assert_ok(kmeans_lloyd(&kmeans, 20, &err), err);
    assert_ok(kmeans_assign(&kmeans, &err), err);
    result = mean_square(rows, count, dim, kmeans.centroids, kmeans.label);
    kmeans_free(&kmeans);
    return result;
}

static void assert_quality(const float *rows, size_t count, size_t dim, uint32_t cells,
                           double worse, double lost)
{
    struct cell_tree tree;
    uint32_t *cell = mem_alloc_array(count, sizeof(uint32_t));
    uint32_t *best = mem_alloc_array(count, sizeof(uint32_t));
    size_t missed = 0;
    size_t i;
    double square;
    double flat = flat_mean_square(rows, count, dim, cells);
    assert_non_null(cell);
    assert_non_null(best);
    train(rows, count, dim, cells, NULL, &tree);
    assert_sound(&tree);
    assert_true(tree.cell_count <= cells && tree.cell_count > cells * 9 / 10);
    assign(&tree, rows, count, NULL, cell);
    vector_kernels()->nearest(rows, count, tree.cells, tree.cell_half_norms, tree.cell_count, dim,
                              best, NULL);
    for (i = 0; i < count; i++) {
        missed += cell[i] != best[i];
    }
    square = mean_square(rows, count, dim, tree.cells, cell);
    if (square > flat * worse || (double)missed > (double)count * lost) {
        fail_msg("mean square %g, flat %g; %zu of %zu rows missed their cell", square, flat, missed,
                 count);
    }
    mem_free(cell);
    mem_free(best);
    cell_tree_free(&tree);
}

static void cells_are_about_as_good_as_flat_ones(void **state)
{
    float *rows = made_rows(6000, 32, 30, 11);
    (void)state;
    assert_quality(rows, 6000, 32, 150, 1.05, 0.01);
    mem_free(rows);
}

static void real_vectors_too(void **state)
{
    const char *folder = test_data_folder();
    float *rows = mem_alloc_array(5000 * 128, sizeof(float));
    char path[1024];
    size_t size;
    char *text;
    char *at;
    size_t i;
    (void)state;
    assert_non_null(rows);
    if (folder == NULL) {
        mem_free(rows);
        skip();
    }
    (void)snprintf(path, sizeof(path), "%s/sift5k/sift-dataset-5k.tsv", folder);
    text = (char *)test_read_file(path, &size);
    assert_non_null(text);
    text[size - 1] = '\0'; /* the last line's end */
    at = text;
    for (i = 0; i < 5000 * 129; i++) { /* the last of 129 columns is a number of the vector */
        float value = strtof(at, &at);
        if (i % 129 < 128) {
            rows[i / 129 * 128 + i % 129] = value;
        }
    }
    free(text);
    assert_quality(rows, 2000, 128, 100, 1.04, 0.01);
    mem_free(rows);
}

/* Everything that comes out, as bytes, is the same. */
static void assert_same_tree(const struct cell_tree *a, const struct cell_tree *b)
{
    assert_int_equal(a->cell_count, b->cell_count);
    assert_int_equal(a->group_count, b->group_count);
    assert_memory_equal(a->cells, b->cells, a->cell_count * a->dim * sizeof(float));
    assert_memory_equal(a->groups, b->groups, a->group_count * a->dim * sizeof(float));
    assert_memory_equal(a->first_cell, b->first_cell,
                        (a->group_count + 1) * sizeof(*a->first_cell));
    assert_memory_equal(a->cell_half_norms, b->cell_half_norms, a->cell_count * sizeof(float));
    assert_memory_equal(a->group_half_norms, b->group_half_norms, a->group_count * sizeof(float));
}

/* What the functions make of the same rows. */
#define SAME_ROWS 3000u
#define SAME_DIM 48u
#define SAME_CELLS 120u
#define SAME_PARTS 11u
struct outcome {
    struct cell_tree tree;
    uint32_t cells[SAME_ROWS];
    uint32_t parts[SAME_ROWS];
    float centroids[SAME_PARTS * SAME_DIM];
};

static void make_outcome(const float *rows, struct exec_pool *pool, struct outcome *out)
{
    inlay_error err;
    inlay_error_init(&err);
    train(rows, SAME_ROWS, SAME_DIM, SAME_CELLS, pool, &out->tree);
    assign(&out->tree, rows, SAME_ROWS, pool, out->cells);
    assert_ok(
        cluster_split(rows, SAME_ROWS, SAME_DIM, SAME_PARTS, out->parts, out->centroids, &err),
        err);
}

static void assert_same_outcome(const struct outcome *a, const struct outcome *b)
{
    assert_same_tree(&a->tree, &b->tree);
    assert_memory_equal(a->cells, b->cells, sizeof(a->cells));
    assert_memory_equal(a->parts, b->parts, sizeof(a->parts));
    assert_memory_equal(a->centroids, b->centroids, sizeof(a->centroids));
}

static void threads_and_processor_do_not_show(void **state)
{
    static struct outcome first;
    static struct outcome next;
    float *rows = made_rows(SAME_ROWS, SAME_DIM, 20, 5);
    unsigned threads;
    int level;
    (void)state;
    make_outcome(rows, NULL, &first);
    for (threads = 1; threads <= 3; threads += 2) { /* and the calling one: 2 and 4 */
        struct exec_pool *pool;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(exec_pool_create(threads, &pool, &err), err);
        make_outcome(rows, pool, &next);
        assert_same_outcome(&first, &next);
        cell_tree_free(&next.tree);
        exec_pool_destroy(pool);
    }
    for (level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
        if (cpu_force_level((enum cpu_level)level)) {
            make_outcome(rows, NULL, &next);
            assert_same_outcome(&first, &next);
            cell_tree_free(&next.tree);
        }
    }
    (void)cpu_force_level(cpu_best_level());
    cell_tree_free(&first.tree);
    mem_free(rows);
}

/* A row's cell does not depend on the rows beside it. */
static void rows_are_assigned_one_by_one_alike(void **state)
{
    float *rows = made_rows(900, 16, 20, 9);
    struct cell_tree tree;
    uint32_t together[900];
    uint32_t alone;
    size_t i;
    (void)state;
    train(rows, 900, 16, 400, NULL, &tree);
    assert_true(tree.group_count > 16);
    assign(&tree, rows, 900, NULL, together);
    for (i = 0; i < 900; i += 13) {
        assign(&tree, rows + i * 16, 1, NULL, &alone);
        assert_int_equal(alone, together[i]);
    }
    assign(&tree, rows, 0, NULL, together);
    cell_tree_free(&tree);
    mem_free(rows);
}

static void duplicates_by_the_thousand(void **state)
{
    float *rows = made_rows(5000, 16, 10, 21);
    uint32_t *cells = mem_alloc_array(5000, sizeof(uint32_t));
    struct cell_tree tree;
    size_t i;
    (void)state;
    assert_non_null(cells);
    for (i = 0; i < 5000; i++) { /* 4,500 rows of three values among 500 others */
        if (i % 10 != 0) {
            memcpy(rows + i * 16, rows + i % 3 * 10 * 16, 16 * sizeof(float));
        }
    }
    train(rows, 5000, 16, 100, NULL, &tree);
    assert_sound(&tree);
    assert_true(tree.cell_count > 90); /* the many have not eaten the cells of the others */
    assign(&tree, rows, 5000, NULL, cells);
    for (i = 11; i < 5000; i++) {
        if (i % 10 != 0) {
            size_t same = i % 3 * 10;
            assert_int_equal(cells[i], cells[same]);
            assert_true(vector_kernels()->l2(rows + i * 16, tree.cells + cells[i] * 16, 16) < 0.1f);
        }
    }
    cell_tree_free(&tree);
    mem_free(cells);
    mem_free(rows);
}

/* As many cells as there are values, each exactly one of them. */
static void assert_cell_per_value(const float *rows, size_t count, uint32_t values, uint32_t wanted)
{
    struct cell_tree tree;
    uint32_t *cells = mem_alloc_array(count, sizeof(uint32_t));
    assert_non_null(cells);
    train(rows, count, 16, wanted, NULL, &tree);
    assert_sound(&tree);
    assert_int_equal(tree.cell_count, values);
    assign(&tree, rows, count, NULL, cells);
    assert_true(mean_square(rows, count, 16, tree.cells, cells) == 0);
    mem_free(cells);
    cell_tree_free(&tree);
}

static void few_values_make_few_cells(void **state)
{
    float *rows = made_rows(2000, 16, 7, 31);
    size_t i;
    (void)state;
    assert_cell_per_value(rows, 1, 1, 1);
    assert_cell_per_value(rows, 1, 1, 1000);
    assert_cell_per_value(rows, 2, 2, 5);
    assert_cell_per_value(rows, 37, 37, 37);
    assert_cell_per_value(rows, 37, 37, 5000);
    for (i = 5; i < 2000; i++) {
        memcpy(rows + i * 16, rows + i % 5 * 16, 16 * sizeof(float));
    }
    assert_cell_per_value(rows, 2000, 5, 64);
    for (i = 1; i < 2000; i++) {
        memcpy(rows + i * 16, rows, 16 * sizeof(float));
    }
    assert_cell_per_value(rows, 2000, 1, 64);
    memset(rows, 0, 2000 * 16 * sizeof(float));
    assert_cell_per_value(rows, 2000, 1, 1);
    mem_free(rows);
}

static void distant_blobs_are_told_apart(void **state)
{
    float *rows = made_rows(1000, 16, 1, 41);
    struct cell_tree tree;
    uint32_t cells[1000];
    size_t i;
    (void)state;
    for (i = 0; i < 1000; i++) {
        rows[i * 16] += i < 300 ? -1000 : 1000;
    }
    train(rows, 1000, 16, 2, NULL, &tree);
    assign(&tree, rows, 1000, NULL, cells);
    assert_int_equal(tree.cell_count, 2);
    for (i = 0; i < 1000; i++) {
        assert_int_equal(cells[i], cells[i < 300 ? 0 : 999]);
    }
    assert_int_not_equal(cells[0], cells[999]);
    cell_tree_free(&tree);
    mem_free(rows);
}

/* Squares overflow; the cells are still means of rows, and everything has its number. */
static void huge_elements_give_no_nan(void **state)
{
    float *rows = made_rows(500, 16, 5, 51);
    struct cell_tree tree;
    uint32_t cells[500];
    float centroids[4 * 16];
    size_t i;
    inlay_error err;
    struct cluster_options options = {.cells = 20};
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < 500 * 16; i++) {
        rows[i] *= i / 16 % 2 != 0 ? 3e37f : 1e-30f;
    }
    assert_ok(cluster_train(rows, 500, 16, &options, &tree, &err), err);
    for (i = 0; i < tree.cell_count * 16; i++) {
        assert_true(isfinite(tree.cells[i]));
    }
    assign(&tree, rows, 500, NULL, cells);
    for (i = 0; i < 500; i++) {
        assert_true(cells[i] < tree.cell_count);
    }
    assert_ok(cluster_split(rows, 500, 16, 4, cells, centroids, &err), err);
    for (i = 0; i < 4 * 16; i++) {
        assert_true(isfinite(centroids[i]));
    }
    cell_tree_free(&tree);
    mem_free(rows);
}

static void bad_arguments_are_refused(void **state)
{
    static const float row[16];
    struct cluster_options options = {.cells = 4};
    struct cell_tree tree;
    float centroids[32];
    uint32_t part[2];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_status(cluster_train(row, 0, 16, &options, &tree, &err), INLAY_INVALID_ARGUMENT);
    assert_status(cluster_train(row, 1, 15, &options, &tree, &err), INLAY_INVALID_ARGUMENT);
    assert_status(cluster_train(row, 1, 0, &options, &tree, &err), INLAY_INVALID_ARGUMENT);
    assert_null(tree.cells);
    options.cells = 0;
    assert_status(cluster_train(row, 1, 16, &options, &tree, &err), INLAY_INVALID_ARGUMENT);
    assert_status(cluster_split(row, 1, 16, 0, part, centroids, &err), INLAY_INVALID_ARGUMENT);
    assert_status(cluster_split(row, 1, 16, 2, part, centroids, &err), INLAY_INVALID_ARGUMENT);
    assert_string_equal(err.message, "cannot divide a cell of 1 rows into 2 parts");
    cell_tree_free(NULL);
}

/* Parts differ by a quarter at most, and one row for rounding; centroids are the parts' means. */
static void assert_split(const float *rows, size_t count, size_t dim, uint32_t parts)
{
    uint32_t *part = mem_alloc_array(count, sizeof(uint32_t));
    uint32_t *sizes = mem_zalloc_array(parts, sizeof(uint32_t));
    float *centroids = mem_alloc_array(parts * dim, sizeof(float));
    double *sums = mem_zalloc_array(parts * dim, sizeof(double));
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    size_t i;
    size_t j;
    inlay_error err;
    inlay_error_init(&err);
    assert_true(part != NULL && sizes != NULL && centroids != NULL && sums != NULL);
    assert_ok(cluster_split(rows, count, dim, parts, part, centroids, &err), err);
    for (i = 0; i < count; i++) {
        assert_true(part[i] < parts);
        sizes[part[i]]++;
        for (j = 0; j < dim; j++) {
            sums[part[i] * dim + j] += (double)rows[i * dim + j];
        }
    }
    for (i = 0; i < parts; i++) {
        least = sizes[i] < least ? sizes[i] : least;
        most = sizes[i] > most ? sizes[i] : most;
        for (j = 0; j < dim; j++) {
            assert_true(centroids[i * dim + j] == (float)(sums[i * dim + j] / sizes[i]));
        }
    }
    if (least == 0 || most - 1 > least + least / 4) {
        fail_msg("%zu rows in %u parts: sizes from %u to %u", count, parts, least, most);
    }
    mem_free(part);
    mem_free(sizes);
    mem_free(centroids);
    mem_free(sums);
}

static void split_is_balanced(void **state)
{
    static const size_t counts[] = {1, 2, 3, 7, 8, 100, 333, 1500};
    static const uint32_t parts[] = {1, 2, 3, 5, 8, 13, 64};
    float *rows = made_rows(1500, 16, 4, 61);
    size_t i;
    size_t j;
    (void)state;
    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        for (j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
            if (parts[j] <= counts[i]) {
                assert_split(rows, counts[i], 16, parts[j]);
            }
        }
    }
    for (i = 0; i < 1500; i++) { /* mostly one value */
        if (i % 7 != 0) {
            memcpy(rows + i * 16, rows, 16 * sizeof(float));
        }
    }
    for (j = 0; j < sizeof(parts) / sizeof(parts[0]); j++) {
        assert_split(rows, 1500, 16, parts[j]);
    }
    mem_free(rows);
}

static void split_follows_the_gap(void **state)
{
    float *rows = made_rows(100, 16, 1, 71);
    uint32_t part[100];
    float centroids[32];
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < 100; i++) { /* 47 rows here, 53 there: within the balance */
        rows[i * 16 + 3] += i % 2 == 0 && i < 94 ? 50 : -50;
    }
    assert_ok(cluster_split(rows, 100, 16, 2, part, centroids, &err), err);
    for (i = 0; i < 100; i++) {
        assert_int_equal(part[i], i % 2 == 0 && i < 94 ? part[0] : part[1]);
    }
    assert_int_not_equal(part[0], part[1]);
    mem_free(rows);
}

static void identical_rows_are_dealt_in_order(void **state)
{
    float *rows = mem_zalloc_array(1003 * 16, sizeof(float));
    uint32_t part[1003];
    float centroids[10 * 16];
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_non_null(rows);
    for (i = 0; i < 1003 * 16; i++) {
        rows[i] = 0.1f * (float)(i % 16);
    }
    assert_ok(cluster_split(rows, 1003, 16, 10, part, centroids, &err), err);
    for (i = 0; i < 1003; i++) {
        assert_true(i == 0 || part[i] == part[i - 1] || part[i] == part[i - 1] + 1);
    }
    for (i = 0; i < 10; i++) {
        assert_memory_equal(centroids + i * 16, rows, 16 * sizeof(float));
    }
    assert_split(rows, 1003, 16, 10);
    mem_free(rows);
}

struct watch {
    struct cancel_token token;
    uint64_t cancel_at; /* rows done */
    uint64_t done;
};

static void watch_progress(void *context, const struct progress_event *event)
{
    struct watch *watch = context;
    watch->done = event->done;
    if (event->done >= watch->cancel_at) {
        cancel_token_cancel(&watch->token);
    }
}

static inlay_status watched_train(const float *rows, size_t count, struct watch *watch,
                                  struct cell_tree *tree)
{
    struct progress progress;
    struct cluster_options options = {
        .cells = 50, .cancel = &watch->token, .progress = &progress, .iterations = 2};
    inlay_status status;
    cancel_token_init(&watch->token, env_system(), CANCEL_NO_TIMEOUT, NULL);
    progress_init(&progress, watch_progress, watch, env_system(), 0);
    progress_begin(&progress, "cluster", count);
    status = cluster_train(rows, count, 16, &options, tree, NULL);
    progress_end(&progress);
    progress_destroy(&progress);
    return status;
}

static void cancel_stops_and_progress_counts_each_row_once(void **state)
{
    float *rows = made_rows(1001, 16, 8, 81);
    struct cell_tree tree;
    struct watch watch = {.cancel_at = UINT64_MAX};
    uint32_t cells[8];
    uint64_t at;
    (void)state;
    assert_status(watched_train(rows, 1001, &watch, &tree), INLAY_OK);
    assert_int_equal(watch.done, 1001);
    cell_tree_free(&tree);
    for (at = 0; at <= 700; at += 100) {
        watch.cancel_at = at;
        assert_status(watched_train(rows, 1001, &watch, &tree), INLAY_CANCELLED);
        assert_true(watch.done < 1001);
        assert_null(tree.cells);
        assert_int_equal(tree.cell_count, 0);
    }
    train(rows, 1001, 16, 50, NULL, &tree);
    assert_status(cluster_assign(&tree, rows, 8, NULL, &watch.token, cells, NULL), INLAY_CANCELLED);
    cell_tree_free(&tree);
    mem_free(rows);
}

struct faulty {
    const float *rows;
    struct exec_pool *pool;
};

static inlay_status everything(void *context, inlay_error *err)
{
    const struct faulty *faulty = context;
    struct cluster_options options = {
        .cells = 12, .iterations = 2, .seed = 3, .pool = faulty->pool};
    struct cell_tree tree;
    uint32_t cells[120];
    float centroids[3 * 16];
    inlay_status status = cluster_train(faulty->rows, 120, 16, &options, &tree, err);
    if (status == INLAY_OK) {
        status = cluster_assign(&tree, faulty->rows, 120, faulty->pool, NULL, cells, err);
        cell_tree_free(&tree);
    }
    if (status == INLAY_OK) {
        status = cluster_split(faulty->rows, 120, 16, 3, cells, centroids, err);
    }
    return status;
}

static void every_failing_allocation_is_clean(void **state)
{
    float *rows = made_rows(120, 16, 4, 91);
    struct faulty faulty = {rows, NULL};
    (void)state;
    assert_true(alloc_fault_sweep(everything, &faulty) > 50);
    mem_free(rows);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(cells_are_about_as_good_as_flat_ones),
        cmocka_unit_test(real_vectors_too),
        cmocka_unit_test(threads_and_processor_do_not_show),
        cmocka_unit_test(rows_are_assigned_one_by_one_alike),
        cmocka_unit_test(duplicates_by_the_thousand),
        cmocka_unit_test(few_values_make_few_cells),
        cmocka_unit_test(distant_blobs_are_told_apart),
        cmocka_unit_test(huge_elements_give_no_nan),
        cmocka_unit_test(bad_arguments_are_refused),
        cmocka_unit_test(split_is_balanced),
        cmocka_unit_test(split_follows_the_gap),
        cmocka_unit_test(identical_rows_are_dealt_in_order),
        cmocka_unit_test(cancel_stops_and_progress_counts_each_row_once),
        cmocka_unit_test(every_failing_allocation_is_clean),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
