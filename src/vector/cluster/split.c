/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Balanced division of a cell, by repeated halving: two centres; rows in order of how much nearer
 * one is than the other; a cut where that changes sign, or as near to it as balance allows; new
 * centres. Halving costs count * log(parts) distances, however many parts a cell of a million rows
 * needs.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "vector/cluster/cluster_priv.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS 4u
/* How far a half's rows per part may be from the average, over all levels: parts then differ by
 * (1 + SLACK) / (1 - SLACK), less than a quarter. */
#define SLACK 0.1

struct keyed_row {
    float gain; /* distance to the first centre less that to the second */
    uint32_t row;
};

struct split {
    const struct vector_kernels *kernels;
    const float *rows;
    size_t dim;
    double slack;           /* of one level */
    uint32_t *order;        /* rows; each stretch of the recursion ascends; owned */
    struct keyed_row *keys; /* owned */
    double *sum;            /* owned */
    float *centers;         /* 2 x dim, owned */
    uint32_t *part;
    float *centroids;
};

/* Some of the rows: order[first] to order[first + count - 1] become parts first_part and on. */
struct stretch {
    size_t first;
    size_t count;
    uint32_t first_part;
    uint32_t parts;
};

static const float *row_at(const struct split *split, uint32_t row)
{
    return split->rows + row * split->dim;
}

static float distance(const struct split *split, const float *a, const float *b)
{
    float d = split->kernels->l2(a, b, split->dim);
    return d < FLT_MAX ? d : FLT_MAX;
}

static void mean_of(struct split *split, size_t first, size_t count, float *out)
{
    double *sum = split->sum;
    size_t i;
    size_t j;
    memset(sum, 0, split->dim * sizeof(double));
    for (i = first; i < first + count; i++) {
        const float *row = row_at(split, split->order[i]);
        for (j = 0; j < split->dim; j++) {
            sum[j] += (double)row[j];
        }
    }
    for (j = 0; j < split->dim; j++) {
        out[j] = (float)(sum[j] / (double)count);
    }
}

static const float *farthest(const struct split *split, const struct stretch *stretch,
                             const float *from)
{
    const float *found = row_at(split, split->order[stretch->first]);
    float most = -1;
    size_t i;
    for (i = 0; i < stretch->count; i++) {
        const float *row = row_at(split, split->order[stretch->first + i]);
        float d = distance(split, row, from);
        if (d > most) {
            most = d;
            found = row;
        }
    }
    return found;
}

static bool all_equal(const struct split *split, const struct stretch *stretch)
{
    const float *row = row_at(split, split->order[stretch->first]);
    size_t i;
    for (i = 1; i < stretch->count; i++) {
        if (memcmp(row, row_at(split, split->order[stretch->first + i]),
                   split->dim * sizeof(float)) != 0) {
            return false;
        }
    }
    return true;
}

static int by_gain(const void *left, const void *right)
{
    const struct keyed_row *a = left;
    const struct keyed_row *b = right;
    if (a->gain != b->gain) {
        return a->gain < b->gain ? -1 : 1;
    }
    return (a->row > b->row) - (a->row < b->row);
}

static int by_number(const void *left, const void *right)
{
    const uint32_t *a = left;
    const uint32_t *b = right;
    return (*a > *b) - (*a < *b);
}

/* Where to cut the sorted keys: rows of the first half, which becomes `parts` parts. */
static size_t choose_cut(const struct split *split, const struct stretch *stretch, uint32_t parts)
{
    double ideal = (double)stretch->count * parts / stretch->parts;
    double other = (double)stretch->count - ideal;
    double slack = split->slack * (ideal < other ? ideal : other);
    size_t low = (size_t)ceil(ideal - slack);
    size_t high = (size_t)floor(ideal + slack);
    size_t cut = 0;
    if (low > high) {
        return (size_t)(stretch->count * (uint64_t)parts / stretch->parts);
    }
    while (cut < high && split->keys[cut].gain < 0) {
        cut++;
    }
    return cut > low ? cut : low;
}

static void choose_centers(struct split *split, const struct stretch *stretch)
{
    const float *outer;
    mean_of(split, stretch->first, stretch->count, split->centers);
    outer = farthest(split, stretch, split->centers);
    memcpy(split->centers, outer, split->dim * sizeof(float));
    outer = farthest(split, stretch, split->centers);
    memcpy(split->centers + split->dim, outer, split->dim * sizeof(float));
}

/* Sorts the stretch by gain and cuts it. Each half then ascends again. */
static size_t halve(struct split *split, const struct stretch *stretch, uint32_t parts)
{
    uint32_t *order = split->order + stretch->first;
    size_t cut;
    size_t i;
    for (i = 0; i < stretch->count; i++) {
        const float *row = row_at(split, order[i]);
        split->keys[i].row = order[i];
        split->keys[i].gain = distance(split, row, split->centers) -
                              distance(split, row, split->centers + split->dim);
    }
    qsort(split->keys, stretch->count, sizeof(*split->keys), by_gain);
    cut = choose_cut(split, stretch, parts);
    for (i = 0; i < stretch->count; i++) {
        order[i] = split->keys[i].row;
    }
    qsort(order, cut, sizeof(*order), by_number);
    qsort(order + cut, stretch->count - cut, sizeof(*order), by_number);
    return cut;
}

static void finish_part(struct split *split, size_t first, size_t count, uint32_t part)
{
    size_t i;
    for (i = first; i < first + count; i++) {
        split->part[split->order[i]] = part;
    }
    mean_of(split, first, count, split->centroids + part * split->dim);
}

/* Parts of floor or ceiling of the average. */
static void deal_out(struct split *split, const struct stretch *stretch)
{
    uint64_t count = stretch->count;
    uint32_t p;
    for (p = 0; p < stretch->parts; p++) {
        size_t from = (size_t)(count * p / stretch->parts);
        size_t to = (size_t)(count * (p + 1) / stretch->parts);
        finish_part(split, stretch->first + from, to - from, stretch->first_part + p);
    }
}

/* As deep as log2(parts). */
static void divide(struct split *split, const struct stretch *stretch)
{
    uint32_t parts = stretch->parts / 2;
    struct stretch left = {stretch->first, 0, stretch->first_part, parts};
    struct stretch right = {0, 0, stretch->first_part + parts, stretch->parts - parts};
    unsigned round;
    if (stretch->parts == 1 || all_equal(split, stretch)) {
        deal_out(split, stretch);
        return;
    }
    choose_centers(split, stretch);
    for (round = 0; round < ROUNDS; round++) {
        left.count = halve(split, stretch, parts);
        right.first = stretch->first + left.count;
        right.count = stretch->count - left.count;
        mean_of(split, left.first, left.count, split->centers);
        mean_of(split, right.first, right.count, split->centers + split->dim);
    }
    divide(split, &left);
    divide(split, &right);
}

static unsigned levels(uint32_t parts)
{
    unsigned n = 0;
    while ((uint64_t)1 << n < parts) {
        n++;
    }
    return n;
}

inlay_status cluster_split(const float *rows, size_t count, size_t dim, uint32_t parts,
                           uint32_t *part, float *centroids, inlay_error *err)
{
    struct split split = {.kernels = vector_kernels(),
                          .rows = rows,
                          .dim = dim,
                          .slack = parts > 1 ? SLACK / levels(parts) : 0,
                          .part = part,
                          .centroids = centroids};
    struct stretch whole = {0, count, 0, parts};
    inlay_status status = INLAY_OK;
    size_t i;
    if (parts == 0 || count < parts || count >= UINT32_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "cannot divide a cell of %zu rows into %u parts", count, parts);
    }
    split.order = mem_alloc_array(count, sizeof(*split.order));
    split.keys = mem_alloc_array(count, sizeof(*split.keys));
    split.sum = cluster_doubles(1, dim);
    split.centers = cluster_floats(2, dim);
    if (split.order == NULL || split.keys == NULL || split.sum == NULL || split.centers == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < count; i++) {
        split.order[i] = (uint32_t)i;
    }
    divide(&split, &whole);

cleanup:
    mem_free(split.order);
    mem_free(split.keys);
    mem_free(split.sum);
    mem_free(split.centers);
    return status;
}
