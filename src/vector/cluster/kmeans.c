/* SPDX-License-Identifier: Apache-2.0 */
/* Flat k-means over a view of rows: seeding, assignment in panels, update cluster by cluster. */
#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "vector/cluster/cluster_priv.h"

#include <float.h>
#include <string.h>

#define PANEL_BYTES (384u << 10)
#define PANEL_MOST_ROWS 256u
#define PANEL_LEAST_ROWS 16u

size_t panel_rows(size_t dim)
{
    size_t rows = PANEL_BYTES / sizeof(float) / dim;
    if (rows > PANEL_MOST_ROWS) {
        return PANEL_MOST_ROWS;
    }
    return rows > PANEL_LEAST_ROWS ? rows : PANEL_LEAST_ROWS;
}

const float *panel_fill(const struct row_view *view, size_t first, size_t count, float *panel)
{
    size_t i;
    if (view->list == NULL) {
        return view->rows + first * view->dim;
    }
    for (i = 0; i < count; i++) {
        memcpy(panel + i * view->dim, row_view_at(view, first + i), view->dim * sizeof(float));
    }
    return panel;
}

float *cluster_floats(size_t rows, size_t dim)
{
    size_t count;
    return size_mul(rows, dim, &count) ? mem_alloc_array(count, sizeof(float)) : NULL;
}

double *cluster_doubles(size_t rows, size_t dim)
{
    size_t count;
    return size_mul(rows, dim, &count) ? mem_alloc_array(count, sizeof(double)) : NULL;
}

void cluster_pick(const uint32_t *list, size_t count, size_t wanted, uint64_t seed, uint32_t *out)
{
    uint64_t state = seed;
    size_t i;
    size_t taken = 0;
    for (i = 0; taken < wanted; i++) {
        if (cluster_random(&state) % (count - i) < wanted - taken) {
            out[taken++] = list != NULL ? list[i] : (uint32_t)i;
        }
    }
}

inlay_status partition_init(struct partition *partition, size_t count, uint32_t k, inlay_error *err)
{
    partition->start = mem_alloc_array((size_t)k + 1, sizeof(uint32_t));
    partition->order = mem_alloc_array(count, sizeof(uint32_t));
    if (partition->start == NULL || partition->order == NULL) {
        partition_free(partition);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

/* A counting sort. While rows are placed, start[c] is where the next row of c goes; that leaves it
 * at the end of c, which is the start of c + 1. */
void partition_fill(struct partition *partition, const uint32_t *label, size_t count, uint32_t k)
{
    uint32_t *start = partition->start;
    size_t i;
    uint32_t c;
    memset(start, 0, ((size_t)k + 1) * sizeof(uint32_t));
    for (i = 0; i < count; i++) {
        start[label[i] + 1]++;
    }
    for (c = 0; c < k; c++) {
        start[c + 1] += start[c];
    }
    for (i = 0; i < count; i++) {
        partition->order[start[label[i]]++] = (uint32_t)i;
    }
    memmove(start + 1, start, (size_t)k * sizeof(uint32_t));
    start[0] = 0;
}

void partition_free(struct partition *partition)
{
    mem_free(partition->start);
    mem_free(partition->order);
    memset(partition, 0, sizeof(*partition));
}

inlay_status kmeans_init(struct kmeans *kmeans, const struct cluster_run *run,
                         const struct row_view *view, uint32_t capacity, inlay_error *err)
{
    size_t slots = exec_pool_slots(run->pool);
    memset(kmeans, 0, sizeof(*kmeans));
    kmeans->run = run;
    kmeans->view = *view;
    kmeans->capacity = capacity;
    kmeans->centroids = cluster_floats(capacity, view->dim);
    kmeans->half_norms = mem_alloc_array(capacity, sizeof(float));
    kmeans->label = mem_alloc_array(view->count, sizeof(uint32_t));
    kmeans->squares = cluster_doubles(capacity, 1);
    kmeans->sums = cluster_doubles(slots, view->dim);
    if (view->list != NULL) {
        kmeans->panels = cluster_floats(slots * panel_rows(view->dim), view->dim);
    }
    if (kmeans->centroids == NULL || kmeans->half_norms == NULL || kmeans->label == NULL ||
        kmeans->squares == NULL || kmeans->sums == NULL ||
        (view->list != NULL && kmeans->panels == NULL)) {
        return error_no_memory(err);
    }
    return partition_init(&kmeans->clusters, view->count, capacity, err);
}

void kmeans_free(struct kmeans *kmeans)
{
    mem_free(kmeans->centroids);
    mem_free(kmeans->half_norms);
    mem_free(kmeans->label);
    mem_free(kmeans->squares);
    mem_free(kmeans->sums);
    mem_free(kmeans->panels);
    partition_free(&kmeans->clusters);
    memset(kmeans, 0, sizeof(*kmeans));
}

static float *centroid_at(const struct kmeans *kmeans, size_t c)
{
    return kmeans->centroids + c * kmeans->view.dim;
}

static void set_half_norm(struct kmeans *kmeans, size_t c)
{
    const float *centroid = centroid_at(kmeans, c);
    kmeans->half_norms[c] = kmeans->run->kernels->dot(centroid, centroid, kmeans->view.dim) * 0.5f;
}

static void set_centroid(struct kmeans *kmeans, size_t c, const float *row)
{
    memcpy(centroid_at(kmeans, c), row, kmeans->view.dim * sizeof(float));
    set_half_norm(kmeans, c);
}

/* Distances may overflow to infinity where elements are huge; sums of them must not. */
static float bounded_l2(const struct kmeans *kmeans, const float *a, const float *b)
{
    float distance = kmeans->run->kernels->l2(a, b, kmeans->view.dim);
    return distance < FLT_MAX ? distance : FLT_MAX;
}

/* Lowers each row's distance to that to centroid c, where that is nearer; the sum of all. */
static double lower_distances(const struct kmeans *kmeans, uint32_t c, float *distance)
{
    const float *centroid = centroid_at(kmeans, c);
    double total = 0;
    size_t i;
    for (i = 0; i < kmeans->view.count; i++) {
        float d = bounded_l2(kmeans, row_view_at(&kmeans->view, i), centroid);
        if (d < distance[i]) {
            distance[i] = d;
        }
        total += (double)distance[i];
    }
    return total;
}

/* The row at which the running sum of distances passes `mark`: one of distance > 0. */
static size_t row_at_mark(const float *distance, size_t count, double mark)
{
    double sum = 0;
    size_t i;
    size_t last = 0;
    for (i = 0; i < count; i++) {
        if (distance[i] > 0) {
            sum += (double)distance[i];
            last = i;
            if (sum > mark) {
                break;
            }
        }
    }
    return last;
}

inlay_status kmeans_seed(struct kmeans *kmeans, uint32_t k, uint64_t seed, inlay_error *err)
{
    size_t count = kmeans->view.count;
    float *distance = mem_alloc_array(count, sizeof(float));
    uint64_t state = seed;
    inlay_status status = INLAY_OK;
    size_t row = (size_t)(cluster_random(&state) % count);
    size_t i;
    if (distance == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        distance[i] = FLT_MAX;
    }
    kmeans->k = 0;
    while (status == INLAY_OK) {
        double total;
        set_centroid(kmeans, kmeans->k++, row_view_at(&kmeans->view, row));
        if (kmeans->k == k) {
            break;
        }
        total = lower_distances(kmeans, kmeans->k - 1, distance);
        if (total <= 0) {
            break; /* every row has its centroid */
        }
        row = row_at_mark(distance, count,
                          total * ((double)(cluster_random(&state) >> 11) * 0x1p-53));
        status = cancel_check(kmeans->run->cancel, err);
    }
    mem_free(distance);
    return status;
}

static inlay_status assign_block(void *context, size_t block, unsigned slot, inlay_error *err)
{
    const struct kmeans *kmeans = context;
    const struct row_view *view = &kmeans->view;
    size_t size = panel_rows(view->dim);
    size_t first = block * size;
    size_t count = view->count - first < size ? view->count - first : size;
    float *panel = kmeans->panels != NULL ? kmeans->panels + slot * size * view->dim : NULL;
    (void)err;
    kmeans->run->kernels->nearest(panel_fill(view, first, count, panel), count, kmeans->centroids,
                                  kmeans->half_norms, kmeans->k, view->dim, kmeans->label + first,
                                  NULL);
    return INLAY_OK;
}

inlay_status kmeans_assign(struct kmeans *kmeans, inlay_error *err)
{
    size_t size = panel_rows(kmeans->view.dim);
    return exec_pool_run(kmeans->run->pool, assign_block, kmeans,
                         (kmeans->view.count + size - 1) / size, kmeans->run->cancel, err);
}

static const float *row_of_cluster(const struct kmeans *kmeans, uint32_t place)
{
    return row_view_at(&kmeans->view, kmeans->clusters.order[place]);
}

static inlay_status update_cluster(void *context, size_t c, unsigned slot, inlay_error *err)
{
    struct kmeans *kmeans = context;
    size_t dim = kmeans->view.dim;
    uint32_t first = kmeans->clusters.start[c];
    uint32_t end = kmeans->clusters.start[c + 1];
    float *centroid = centroid_at(kmeans, c);
    double *sum = kmeans->sums + slot * dim;
    uint32_t i;
    size_t j;
    (void)err;
    kmeans->squares[c] = 0;
    if (first == end) {
        return INLAY_OK;
    }
    memset(sum, 0, dim * sizeof(double));
    for (i = first; i < end; i++) {
        const float *row = row_of_cluster(kmeans, i);
        for (j = 0; j < dim; j++) {
            sum[j] += (double)row[j];
        }
    }
    for (j = 0; j < dim; j++) {
        centroid[j] = (float)(sum[j] / (double)(end - first));
    }
    set_half_norm(kmeans, c);
    for (i = first; i < end; i++) {
        kmeans->squares[c] += (double)bounded_l2(kmeans, row_of_cluster(kmeans, i), centroid);
    }
    return INLAY_OK;
}

static uint32_t worst_cluster(const struct kmeans *kmeans)
{
    uint32_t worst = 0;
    uint32_t c;
    for (c = 1; c < kmeans->k; c++) {
        if (kmeans->squares[c] > kmeans->squares[worst]) {
            worst = c;
        }
    }
    return worst;
}

static const float *farthest_row(const struct kmeans *kmeans, uint32_t c)
{
    const float *farthest = row_of_cluster(kmeans, kmeans->clusters.start[c]);
    float most = -1;
    uint32_t i;
    for (i = kmeans->clusters.start[c]; i < kmeans->clusters.start[c + 1]; i++) {
        float d = bounded_l2(kmeans, row_of_cluster(kmeans, i), centroid_at(kmeans, c));
        if (d > most) {
            most = d;
            farthest = row_of_cluster(kmeans, i);
        }
    }
    return farthest;
}

static bool cluster_is_empty(const struct kmeans *kmeans, uint32_t c)
{
    return kmeans->clusters.start[c] == kmeans->clusters.start[c + 1];
}

static void reseed_empty(struct kmeans *kmeans)
{
    uint32_t c;
    for (c = 0; c < kmeans->k; c++) {
        if (cluster_is_empty(kmeans, c)) {
            uint32_t donor = worst_cluster(kmeans);
            if (kmeans->squares[donor] <= 0) {
                return; /* nothing left to divide */
            }
            set_centroid(kmeans, c, farthest_row(kmeans, donor));
            kmeans->squares[donor] = 0;
        }
    }
}

inlay_status kmeans_update(struct kmeans *kmeans, bool reseed, inlay_error *err)
{
    partition_fill(&kmeans->clusters, kmeans->label, kmeans->view.count, kmeans->k);
    INLAY_TRY(exec_pool_run(kmeans->run->pool, update_cluster, kmeans, kmeans->k,
                            kmeans->run->cancel, err));
    if (reseed) {
        reseed_empty(kmeans);
    }
    return INLAY_OK;
}

inlay_status kmeans_lloyd(struct kmeans *kmeans, unsigned iterations, inlay_error *err)
{
    unsigned i;
    for (i = 0; i < iterations; i++) {
        INLAY_TRY(kmeans_assign(kmeans, err));
        INLAY_TRY(kmeans_update(kmeans, i + 1 < iterations, err));
    }
    return INLAY_OK;
}

void kmeans_drop_empty(struct kmeans *kmeans)
{
    uint32_t kept = 0;
    uint32_t c;
    for (c = 0; c < kmeans->k; c++) {
        if (!cluster_is_empty(kmeans, c)) {
            memmove(centroid_at(kmeans, kept), centroid_at(kmeans, c),
                    kmeans->view.dim * sizeof(float));
            kmeans->half_norms[kept++] = kmeans->half_norms[c];
        }
    }
    kmeans->k = kept;
}
