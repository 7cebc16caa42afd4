/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/laws.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define QUERY_BYTES ((size_t)4 << 20) /* of queries held */
#define QUERY_BLOCK 32                /* queries of one item of a parallel loop */
#define CHUNK 12                      /* rows that are ruled out together */
#define MOST_K 100
#define MEETINGS (1 + 10 + MOST_K) /* of a query: the sum of law_ks */

/* Of what a law may miss, this part is used up on the rows, since queries of users lie farther from
 * the rows than rows from each other: MISS_SHARE from a recall of 0.99 on, where the last misses
 * are few and far, MISS_SHARE_LOW up to 0.95, linear between. Of that part the limit on cells may
 * cost CAP_SHARE; the rest is the margin's. Measured with bench/micro/bench_vector.c: held-out
 * queries of eight datasets get 0.99 to 0.9998 for the 0.99 that they ask for. */
#define MISS_SHARE 0.35
#define MISS_SHARE_LOW 0.55
#define CAP_SHARE 0.5

/* With so many rows half of that: small indexes teach less, and to look farther costs little. */
#define SMALL_ROWS 5000.0

/* Half of the squared norm of a row is 1/2 under cosine, or 0; what codes tell is not quite it. */
#define ZERO_HALF_NORM 0.25f

/* The law of the nearest row serves searches whose neighbours are spread over many segments. */
static const uint32_t law_ks[] = {1, 10, MOST_K};
static const float law_recalls[] = {0.80f, 0.85f, 0.90f,  0.95f, 0.97f,
                                    0.98f, 0.99f, 0.995f, 0.999f};

#define KS (sizeof(law_ks) / sizeof(law_ks[0]))
#define RECALLS (sizeof(law_recalls) / sizeof(law_recalls[0]))
_Static_assert(KS *RECALLS == LAW_COUNT, "LAW_COUNT is the number of laws");

size_t law_query_count(uint64_t rows, size_t width)
{
    size_t most = QUERY_BYTES / (width * sizeof(float));
    most = most < LAW_QUERIES ? most : LAW_QUERIES;
    return rows < 2 ? 0 : rows < most ? (size_t)rows : most;
}

inlay_status law_meter_init(struct law_meter *meter, size_t width, enum vector_metric metric,
                            size_t queries, inlay_error *err)
{
    memset(meter, 0, sizeof(*meter));
    meter->width = width;
    meter->metric = metric;
    meter->count = queries;
    meter->queries = mem_alloc_array(queries, width * sizeof(float));
    meter->own = mem_alloc_array(queries, sizeof(uint32_t));
    meter->norms = mem_alloc_array(queries, sizeof(float));
    meter->found = mem_alloc_array(queries, MOST_K * sizeof(*meter->found));
    meter->found_count = mem_zalloc_array(queries, sizeof(uint32_t));
    meter->own_cell = mem_alloc_array(queries, sizeof(uint32_t));
    if (meter->own_cell == NULL || meter->queries == NULL || meter->own == NULL ||
        meter->norms == NULL || meter->found == NULL || meter->found_count == NULL) {
        return error_no_memory(err);
    }
    memset(meter->own_cell, 0xff, queries * sizeof(uint32_t)); /* not met yet */
    return INLAY_OK;
}

void law_meter_begin(struct law_meter *meter)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t i;
    for (i = 0; i < meter->count; i++) {
        const float *q = meter->queries + i * meter->width;
        meter->norms[i] = kernels->dot(q, q, meter->width);
    }
}

void law_meter_free(struct law_meter *meter)
{
    mem_free(meter->queries);
    mem_free(meter->own);
    mem_free(meter->norms);
    mem_free(meter->found);
    mem_free(meter->found_count);
    mem_free(meter->own_cell);
    memset(meter, 0, sizeof(*meter));
}

static bool worse(const struct law_neighbour *a, const struct law_neighbour *b)
{
    return a->distance > b->distance || (a->distance == b->distance && a->row > b->row);
}

/* Restores the heap (its root is the worst) below `at`. */
static void sift_down(struct law_neighbour *heap, size_t count, size_t at)
{
    struct law_neighbour moving = heap[at];
    size_t child;
    for (; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && worse(&heap[child + 1], &heap[child])) {
            child++;
        }
        if (!worse(&heap[child], &moving)) {
            break;
        }
        heap[at] = heap[child];
    }
    heap[at] = moving;
}

static void sift_up(struct law_neighbour *heap, size_t at)
{
    struct law_neighbour moving = heap[at];
    for (; at != 0 && worse(&moving, &heap[(at - 1) / 2]); at = (at - 1) / 2) {
        heap[at] = heap[(at - 1) / 2];
    }
    heap[at] = moving;
}

static void offer(struct law_meter *meter, size_t query, const struct law_neighbour *candidate)
{
    struct law_neighbour *heap = meter->found + query * MOST_K;
    uint32_t count = meter->found_count[query];
    if (count < MOST_K) {
        heap[count] = *candidate;
        sift_up(heap, count);
        meter->found_count[query]++;
    } else if (worse(&heap[0], candidate)) {
        heap[0] = *candidate;
        sift_down(heap, count, 0);
    }
}

/* Of a query to a row or a centroid, in the space of the codes. */
static float distance(const struct law_meter *meter, const struct vector_kernels *kernels,
                      size_t query, const float *x)
{
    const float *q = meter->queries + query * meter->width;
    return meter->metric == VECTOR_INNER_PRODUCT ? -kernels->dot(q, x, meter->width)
                                                 : kernels->l2(q, x, meter->width);
}

struct viewing {
    struct law_meter *meter;
    const struct law_cell *cells;
    size_t count;
    const struct vector_kernels *kernels;
};

/* Rows [first, first + count) of a cell, which `nearest` of the block has found to hold one that is
 * near enough for the query. */
static void offer_rows(const struct viewing *v, size_t query, const struct law_cell *cell,
                       uint32_t first, uint32_t count)
{
    uint32_t i;
    for (i = first; i < first + count; i++) {
        struct law_neighbour candidate = {0, cell->rows[i], cell->cell};
        if (cell->rows[i] != v->meter->own[query]) {
            candidate.distance =
                distance(v->meter, v->kernels, query, cell->vectors + i * v->meter->width);
            if (v->meter->metric == VECTOR_COSINE && cell->half_norms[i] < ZERO_HALF_NORM) {
                candidate.distance += VECTOR_ZERO_RAISE;
            }
            offer(v->meter, query, &candidate);
        } else {
            v->meter->own_cell[query] = cell->cell;
        }
    }
}

static void see_cell(const struct viewing *v, size_t first_query, size_t queries,
                     const struct law_cell *cell)
{
    static const float zeros[CHUNK];
    struct law_meter *meter = v->meter;
    bool inner = meter->metric == VECTOR_INNER_PRODUCT;
    uint32_t best[QUERY_BLOCK];
    float score[QUERY_BLOCK];
    uint32_t first;
    size_t i;
    for (first = 0; first < cell->count; first += CHUNK) {
        uint32_t count = cell->count - first < CHUNK ? cell->count - first : CHUNK;
        v->kernels->nearest(meter->queries + first_query * meter->width, queries,
                            cell->vectors + first * meter->width,
                            inner ? zeros : cell->half_norms + first, count, meter->width, best,
                            score);
        for (i = 0; i < queries; i++) {
            size_t query = first_query + i;
            float least = inner ? -score[i] : meter->norms[query] - 2 * score[i];
            if (meter->found_count[query] < MOST_K ||
                !(least > meter->found[query * MOST_K].distance)) {
                offer_rows(v, query, cell, first, count);
            }
        }
    }
}

static inlay_status see_block(void *context, size_t index, unsigned slot, inlay_error *err)
{
    const struct viewing *v = context;
    size_t first = index * QUERY_BLOCK;
    size_t left = v->meter->count - first;
    size_t i;
    (void)slot;
    (void)err;
    for (i = 0; i < v->count; i++) {
        see_cell(v, first, left < QUERY_BLOCK ? left : QUERY_BLOCK, &v->cells[i]);
    }
    return INLAY_OK;
}

inlay_status law_meter_see(struct law_meter *meter, const struct law_cell *cells, size_t count,
                           struct exec_pool *pool, const struct cancel_token *cancel,
                           inlay_error *err)
{
    struct viewing viewing = {meter, cells, count, vector_kernels()};
    return exec_pool_run(pool, see_block, &viewing, (meter->count + QUERY_BLOCK - 1) / QUERY_BLOCK,
                         cancel, err);
}

/* Where one neighbour of one query would be met. */
struct meeting {
    float margin;
    uint32_t rank; /* of its cell in the order of probing */
};

struct fitting {
    const struct law_meter *meter;
    const float *centroids;
    const float *spreads;
    const uint32_t *rows;
    uint32_t cells;
    float *distances;         /* slots x 2 x cells: to each cell, and sorted */
    struct meeting *meetings; /* for each k: of each query, k places */
    const struct vector_kernels *kernels;
};

static int ascending(const void *a, const void *b)
{
    float x = *(const float *)a;
    float y = *(const float *)b;
    return x < y ? -1 : x > y;
}

static int by_distance(const void *a, const void *b)
{
    const struct law_neighbour *x = a;
    const struct law_neighbour *y = b;
    return worse(x, y) ? 1 : worse(y, x) ? -1 : 0;
}

/* How many of the sorted values are below `value`. */
static uint32_t rank_of(const float *sorted, uint32_t count, float value)
{
    uint32_t low = 0;
    uint32_t high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (sorted[middle] < value) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static float margin_of(const struct fitting *f, size_t query, uint32_t cell, float to_cell,
                       float tau)
{
    double spread = f->spreads[cell];
    double above = (double)to_cell - tau;
    double divisor;
    if (f->meter->metric == VECTOR_INNER_PRODUCT) {
        divisor = sqrt(f->meter->norms[query]) * spread;
    } else {
        above += spread * spread;
        divisor = 2 * sqrt(to_cell) * spread;
    }
    if (divisor > 0) {
        return (float)(above / divisor);
    }
    return -1; /* a neighbour lies here, so only rounding can make `above` positive */
}

/* A query of a user has not drawn the centroid of its nearest cell towards itself. Without one of
 * its n rows the mean of a cell is n / (n - 1) times as far from that row. */
static void leave_own_out(const struct fitting *f, size_t query, float *distances)
{
    uint32_t cell = f->meter->own_cell[query];
    if (cell != UINT32_MAX && f->meter->metric != VECTOR_INNER_PRODUCT && f->rows[cell] > 1) {
        float farther = (float)f->rows[cell] / (float)(f->rows[cell] - 1);
        distances[cell] *= farther * farther;
    }
}

/* Where the k-th part of a query's meetings begins in the table. */
static struct meeting *meetings_of(const struct fitting *f, size_t which, size_t query)
{
    size_t before = 0;
    size_t i;
    for (i = 0; i < which; i++) {
        before += law_ks[i];
    }
    return f->meetings + before * f->meter->count + query * law_ks[which];
}

static inlay_status meet(void *context, size_t query, unsigned slot, inlay_error *err)
{
    const struct fitting *f = context;
    struct law_neighbour *found = f->meter->found + query * MOST_K;
    uint32_t count = f->meter->found_count[query];
    float *distances = f->distances + (size_t)slot * 2 * f->cells;
    float *sorted = distances + f->cells;
    size_t which;
    uint32_t i;
    (void)err;
    for (i = 0; i < f->cells; i++) {
        distances[i] = distance(f->meter, f->kernels, query, f->centroids + i * f->meter->width);
    }
    leave_own_out(f, query, distances);
    memcpy(sorted, distances, f->cells * sizeof(*sorted));
    qsort(sorted, f->cells, sizeof(*sorted), ascending);
    qsort(found, count, sizeof(*found), by_distance);
    for (which = 0; which < KS; which++) {
        uint32_t k = law_ks[which] < count ? law_ks[which] : count;
        struct meeting *out = meetings_of(f, which, query);
        for (i = 0; i < k; i++) {
            float to_cell = distances[found[i].cell];
            out[i].rank = rank_of(sorted, f->cells, to_cell);
            out[i].margin = margin_of(f, query, found[i].cell, to_cell, found[k - 1].distance);
        }
    }
    return INLAY_OK;
}

/* All queries have equally many neighbours: every other row, or MOST_K. Packs those of one k. */
static size_t pack(const struct fitting *f, size_t which, struct meeting *out)
{
    uint32_t count = f->meter->found_count[0];
    uint32_t k = law_ks[which] < count ? law_ks[which] : count;
    size_t query;
    for (query = 0; query < f->meter->count; query++) {
        memcpy(out + query * k, meetings_of(f, which, query), k * sizeof(*out));
    }
    return k * f->meter->count;
}

static int by_rank(const void *a, const void *b)
{
    const struct meeting *x = a;
    const struct meeting *y = b;
    return x->rank < y->rank ? -1 : x->rank > y->rank;
}

static int by_margin(const void *a, const void *b)
{
    const struct meeting *x = a;
    const struct meeting *y = b;
    return x->margin < y->margin ? -1 : x->margin > y->margin;
}

/* The cap first, then the margin over what is left within it. Reorders `meetings`. */
static struct probe_law fit(struct meeting *meetings, size_t count, float recall, double share)
{
    struct probe_law law = {0};
    double misses = (1 - (double)recall) * share * (double)count;
    size_t within = count - (size_t)(misses * CAP_SHARE);
    size_t beyond;
    qsort(meetings, count, sizeof(*meetings), by_rank);
    law.recall = recall;
    law.cells = meetings[within - 1].rank + 1;
    while (within < count && meetings[within].rank < law.cells) {
        within++;
    }
    beyond = (size_t)misses - (count - within);
    qsort(meetings, within, sizeof(*meetings), by_margin);
    law.margin = meetings[within - 1 - beyond].margin;
    return law;
}

static double miss_share(double recall)
{
    double low = (0.99 - recall) / (0.99 - 0.95);
    low = low < 0 ? 0 : low > 1 ? 1 : low;
    return MISS_SHARE + low * (MISS_SHARE_LOW - MISS_SHARE);
}

static void fit_all(const struct fitting *f, struct meeting *scratch,
                    struct probe_law laws[LAW_COUNT])
{
    double rows = 0;
    double learnt;
    size_t which;
    size_t i;
    for (i = 0; i < f->cells; i++) {
        rows += f->rows[i];
    }
    learnt = rows / (rows + SMALL_ROWS);
    for (which = 0; which < KS; which++) {
        size_t count = pack(f, which, scratch);
        struct probe_law *out = laws + which * RECALLS;
        for (i = 0; i < RECALLS; i++) {
            out[i] =
                fit(scratch, count, law_recalls[i], learnt * miss_share((double)law_recalls[i]));
            out[i].k = law_ks[which];
            if (i != 0) { /* more recall never looks less far */
                out[i].margin = fmaxf(out[i].margin, out[i - 1].margin);
            }
        }
    }
}

inlay_status law_meter_fit(const struct law_meter *meter, const float *centroids,
                           const float *spreads, const uint32_t *rows, uint32_t cells,
                           struct exec_pool *pool, const struct cancel_token *cancel,
                           struct probe_law laws[LAW_COUNT], uint32_t *law_count, inlay_error *err)
{
    struct fitting f = {meter, centroids, spreads, rows, cells, NULL, NULL, vector_kernels()};
    struct meeting *scratch = NULL;
    inlay_status status = INLAY_OK;
    *law_count = 0;
    if (meter->count == 0 || meter->found_count[0] == 0) {
        return INLAY_OK;
    }
    f.distances = mem_alloc_array(exec_pool_slots(pool), 2 * (size_t)cells * sizeof(float));
    f.meetings = mem_alloc_array(meter->count, MEETINGS * sizeof(*f.meetings));
    scratch = mem_alloc_array(meter->count, MOST_K * sizeof(*scratch));
    if (f.distances == NULL || f.meetings == NULL || scratch == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, exec_pool_run(pool, meet, &f, meter->count, cancel, err), cleanup);
    fit_all(&f, scratch, laws);
    *law_count = LAW_COUNT;
cleanup:
    mem_free(f.distances);
    mem_free(f.meetings);
    mem_free(scratch);
    return status;
}
