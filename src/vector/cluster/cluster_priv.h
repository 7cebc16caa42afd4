/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of vector/cluster share: views of rows, flat k-means, the search of a cell tree.
 *
 * Two rules make every result the same for all thread counts: loops run over blocks or clusters,
 * each of which writes only its own outputs; and a sum is taken by one thread over the rows of one
 * cluster in row order, in double.
 */
#ifndef INLAY_VECTOR_CLUSTER_CLUSTER_PRIV_H
#define INLAY_VECTOR_CLUSTER_CLUSTER_PRIV_H

#include "vector/cluster/cluster.h"
#include "vector/kernels/kernels.h"

#include <stdbool.h>

/* What all steps of one operation share. Borrowed. */
struct cluster_run {
    const struct vector_kernels *kernels;
    struct exec_pool *pool;
    const struct cancel_token *cancel;
};

/* All rows of a matrix, or those that `list` names. Borrowed. */
struct row_view {
    const float *rows; /* row-major */
    size_t dim;
    const uint32_t *list; /* NULL: rows 0 to count - 1 */
    size_t count;
};

static inline const float *row_view_at(const struct row_view *view, size_t i)
{
    return view->rows + (view->list != NULL ? view->list[i] : i) * view->dim;
}

/* How many rows of `dim` elements are worked on at a time: a block that a second level cache holds.
 */
size_t panel_rows(size_t dim);

/* Rows first to first + count - 1 of the view, contiguous: in place, or copied to `panel`. */
const float *panel_fill(const struct row_view *view, size_t first, size_t count, float *panel);

/* rows x dim floats, doubles; NULL without memory or when the size overflows. */
float *cluster_floats(size_t rows, size_t dim);
double *cluster_doubles(size_t rows, size_t dim);

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static inline uint64_t cluster_random(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

/* `wanted` of `count` entries of `list` (NULL: of the numbers below count), each set equally
 * likely, in order (Knuth, TAOCP 2, 3.4.2, algorithm S). wanted <= count. */
void cluster_pick(const uint32_t *list, size_t count, size_t wanted, uint64_t seed, uint32_t *out);

/* The rows of each of k clusters: cluster c has order[start[c]] to order[start[c + 1] - 1],
 * ascending positions of a view. Both arrays are owned. */
struct partition {
    uint32_t *start;
    uint32_t *order;
};

inlay_status partition_init(struct partition *partition, size_t count, uint32_t k,
                            inlay_error *err);
void partition_fill(struct partition *partition, const uint32_t *label, size_t count, uint32_t k);
void partition_free(struct partition *partition);

/* One k-means problem: rows and a present solution. */
struct kmeans {
    const struct cluster_run *run; /* borrowed */
    struct row_view view;          /* borrowed; count >= 1 */
    uint32_t k;                    /* centroids in use */
    uint32_t capacity;             /* centroids that the arrays hold */
    float *centroids;              /* capacity x dim, owned */
    float *half_norms;             /* capacity, owned; |c|^2 / 2 */
    uint32_t *label;               /* of each row of the view, owned */
    struct partition clusters;     /* owned */
    double *squares;               /* sum of squared residuals of each cluster, owned */
    double *sums;                  /* slots x dim, scratch, owned */
    float *panels;                 /* slots x panel, scratch, owned; NULL without a list */
};

/* No centroids yet (k = 0). Free it on failure too. */
inlay_status kmeans_init(struct kmeans *kmeans, const struct cluster_run *run,
                         const struct row_view *view, uint32_t capacity, inlay_error *err);
void kmeans_free(struct kmeans *kmeans);

/* Sets k and the centroids: up to `k` rows that differ, by k-means++ (Arthur, Vassilvitskii, SODA
 * 2007). Fewer when the rows have fewer values. */
inlay_status kmeans_seed(struct kmeans *kmeans, uint32_t k, uint64_t seed, inlay_error *err);

/* Labels each row with its nearest centroid. */
inlay_status kmeans_assign(struct kmeans *kmeans, inlay_error *err);

/* Moves each centroid to the mean of the rows with its label; one without rows stays, or with
 * `reseed` takes over the farthest row of the cluster with the greatest squared error. */
inlay_status kmeans_update(struct kmeans *kmeans, bool reseed, inlay_error *err);

/* Lloyd's iterations from the present centroids. */
inlay_status kmeans_lloyd(struct kmeans *kmeans, unsigned iterations, inlay_error *err);

/* Forgets centroids that no row had at the last update. Labels become stale. */
void kmeans_drop_empty(struct kmeans *kmeans);

/* Groups of similar size over a large set: trained on a sample of it, with oversized groups divided
 * again. `fresh` (may be NULL) marks the rows that count and are trained on: the first of each set
 * of equal ones. At most `limit` groups. On success `out` has labels, partition and centroids for
 * all rows; no group is empty but for rounding. Free it on failure too. */
struct group_options {
    uint32_t groups;
    uint32_t limit;
    unsigned iterations;
    uint64_t seed;
    const uint8_t *fresh;
};
inlay_status groups_train(struct kmeans *out, const struct cluster_run *run,
                          const struct row_view *view, const struct group_options *options,
                          inlay_error *err);

/* A row looks at the cells of the `least` nearest groups and of more, up to `most`, whose squared
 * distance is below `far` times that of the nearest. */
struct search_effort {
    uint32_t least; /* at least 1 */
    uint32_t most;
    float far;
};

/* cluster_assign with a given effort. */
inlay_status cell_search(const struct cluster_run *run, const struct cell_tree *tree,
                         const struct search_effort *effort, const float *rows, size_t count,
                         uint32_t *cells, inlay_error *err);

#endif
