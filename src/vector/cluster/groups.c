/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Groups of similar size over a large set of rows. k-means on a sample finds the centroids; a group
 * that turns out much larger than the average is divided again by k-means on its own rows. Without
 * that a dense region would make one group, and whoever works group by group would pay for its
 * square.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "vector/cluster/cluster_priv.h"

#include <string.h>

#define ROWS_PER_GROUP 256u /* trained on; more gains nothing measurable */
#define TOO_LARGE 2u        /* times the average */
#define DIVISIONS 3u        /* rounds */

/* Trains `k` centroids on a sample of the rows of `list` and puts them to `at` and, from the second
 * on, to the end. */
static inlay_status train_on(struct kmeans *out, const uint32_t *list, size_t count, uint32_t k,
                             uint32_t at, const struct group_options *options, inlay_error *err)
{
    size_t wanted = (size_t)k * ROWS_PER_GROUP < count ? (size_t)k * ROWS_PER_GROUP : count;
    size_t dim = out->view.dim;
    uint64_t seed = options->seed + out->k;
    uint32_t *picked = mem_alloc_array(wanted, sizeof(uint32_t));
    struct row_view view = {out->view.rows, dim, picked, wanted};
    struct kmeans sub = {0};
    inlay_status status = INLAY_OK;
    uint32_t c;
    if (picked == NULL) {
        return error_no_memory(err);
    }
    cluster_pick(list, count, wanted, seed, picked);
    INLAY_TRY_GOTO(status, kmeans_init(&sub, out->run, &view, k, err), cleanup);
    INLAY_TRY_GOTO(status, kmeans_seed(&sub, k, seed, err), cleanup);
    INLAY_TRY_GOTO(status, kmeans_lloyd(&sub, options->iterations, err), cleanup);
    for (c = 0; c < sub.k; c++) {
        uint32_t to = c == 0 ? at : out->k;
        memcpy(out->centroids + to * dim, sub.centroids + c * dim, dim * sizeof(float));
        out->half_norms[to] = sub.half_norms[c];
        out->k += to == out->k;
    }

cleanup:
    kmeans_free(&sub);
    mem_free(picked);
    return status;
}

static size_t keep_fresh(const uint32_t *rows, size_t count, const uint8_t *fresh, uint32_t *out)
{
    size_t kept = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        uint32_t row = rows != NULL ? rows[i] : (uint32_t)i;
        if (fresh == NULL || fresh[row] != 0) {
            out[kept++] = row;
        }
    }
    return kept;
}

/* Divides the groups that are too large; *divided tells whether there were any. `list` is scratch
 * for all rows, `total` the number of rows that count. */
static inlay_status divide_large(struct kmeans *out, const struct group_options *options,
                                 uint32_t *list, size_t total, bool *divided, inlay_error *err)
{
    const struct partition *clusters = &out->clusters;
    size_t average = total / options->groups + 1;
    uint32_t before = out->k;
    uint32_t g;
    partition_fill(&out->clusters, out->label, out->view.count, out->k);
    for (g = 0; g < before; g++) {
        size_t count =
            keep_fresh(clusters->order + clusters->start[g],
                       clusters->start[g + 1] - clusters->start[g], options->fresh, list);
        size_t parts = count / average;
        size_t room = options->limit - out->k + 1; /* one part replaces the group itself */
        parts = parts < room ? parts : room;
        if (count > TOO_LARGE * average && parts >= 2) {
            INLAY_TRY(train_on(out, list, count, (uint32_t)parts, g, options, err));
        }
    }
    *divided = out->k > before;
    return INLAY_OK;
}

inlay_status groups_train(struct kmeans *out, const struct cluster_run *run,
                          const struct row_view *view, const struct group_options *options,
                          inlay_error *err)
{
    uint32_t *list = mem_alloc_array(view->count, sizeof(uint32_t));
    inlay_status status = INLAY_OK;
    bool divided = true;
    size_t total;
    unsigned round;
    memset(out, 0, sizeof(*out));
    if (list == NULL) {
        return error_no_memory(err);
    }
    INLAY_TRY_GOTO(status, kmeans_init(out, run, view, options->limit, err), cleanup);
    total = keep_fresh(NULL, view->count, options->fresh, list);
    INLAY_TRY_GOTO(status, train_on(out, list, total, options->groups, 0, options, err), cleanup);
    INLAY_TRY_GOTO(status, kmeans_assign(out, err), cleanup);
    for (round = 0; divided && round < DIVISIONS; round++) {
        INLAY_TRY_GOTO(status, divide_large(out, options, list, total, &divided, err), cleanup);
        if (divided) {
            INLAY_TRY_GOTO(status, kmeans_assign(out, err), cleanup);
        }
    }
    status = kmeans_update(out, false, err);

cleanup:
    mem_free(list);
    return status;
}
