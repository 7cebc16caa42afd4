/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/fusion.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define RANK_CONSTANT 60

void fusion_options_init(struct fusion_options *options)
{
    options->kind = FUSION_RECIPROCAL_RANK;
    options->rank_constant = RANK_CONSTANT;
    options->text_weight = 1;
    options->vector_weight = 1;
}

static bool is_weight(double value)
{
    return isfinite(value) && value >= 0;
}

inlay_status fusion_options_check(const struct fusion_options *options, inlay_error *err)
{
    if (!is_weight(options->text_weight) || !is_weight(options->vector_weight) ||
        options->text_weight + options->vector_weight <= 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "weights are numbers from 0 up, not both 0; given: text %g, vector %g",
                         options->text_weight, options->vector_weight);
    }
    if (!is_weight(options->rank_constant)) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "the constant of reciprocal ranks is a number from 0 up, not %g",
                         options->rank_constant);
    }
    return INLAY_OK;
}

/* What a hit adds to the fused score; `sign` is -1 for distances, where less is better. */
static double part(const struct table_hit *hits, size_t count, size_t at, double sign,
                   double weight, const struct fusion_options *options)
{
    double best = sign * (double)hits[0].score;
    double least = sign * (double)hits[count - 1].score;
    if (options->kind == FUSION_RECIPROCAL_RANK) {
        return weight / (options->rank_constant + (double)(at + 1));
    }
    weight /= options->text_weight + options->vector_weight;
    if (!(best > least)) {
        return weight;
    }
    return weight * (sign * (double)hits[at].score - least) / (best - least);
}

static int by_id(const void *a, const void *b)
{
    return id_compare(((const struct fused_hit *)a)->id, ((const struct fused_hit *)b)->id);
}

static int by_score(const void *a, const void *b)
{
    const struct fused_hit *x = a;
    const struct fused_hit *y = b;
    if (x->score != y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return id_compare(x->id, y->id);
}

/* Rows of both lists stand side by side once sorted by id; the pair becomes one. */
static size_t join_equal(struct fused_hit *hits, size_t count)
{
    size_t kept = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        struct fused_hit *last = kept > 0 ? &hits[kept - 1] : NULL;
        if (last == NULL || id_compare(last->id, hits[i].id) != 0) {
            hits[kept++] = hits[i];
            continue;
        }
        last->score += hits[i].score; /* two terms: the sum has one value in either order */
        if (hits[i].text_rank != 0) {
            last->text_rank = hits[i].text_rank;
            last->text_score = hits[i].text_score;
        } else {
            last->vector_rank = hits[i].vector_rank;
            last->vector_distance = hits[i].vector_distance;
        }
    }
    return kept;
}

inlay_status fusion_run(const struct table_hit *texts, size_t text_count,
                        const struct table_hit *vectors, size_t vector_count,
                        const struct fusion_options *options, struct fused_hit **out, size_t *count,
                        inlay_error *err)
{
    struct fused_hit *hits = mem_zalloc_array(text_count + vector_count, sizeof(*hits));
    size_t i;
    *out = hits;
    *count = 0;
    if (hits == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < text_count; i++) {
        hits[i].place = texts[i].place;
        hits[i].id = texts[i].id;
        hits[i].score = part(texts, text_count, i, 1, options->text_weight, options);
        hits[i].text_rank = (uint32_t)i + 1;
        hits[i].text_score = texts[i].score;
    }
    for (i = 0; i < vector_count; i++) {
        struct fused_hit *hit = &hits[text_count + i];
        hit->place = vectors[i].place;
        hit->id = vectors[i].id;
        hit->score = part(vectors, vector_count, i, -1, options->vector_weight, options);
        hit->vector_rank = (uint32_t)i + 1;
        hit->vector_distance = vectors[i].score;
    }
    if (text_count + vector_count > 1) {
        qsort(hits, text_count + vector_count, sizeof(*hits), by_id);
    }
    *count = join_equal(hits, text_count + vector_count);
    if (*count > 1) {
        qsort(hits, *count, sizeof(*hits), by_score);
    }
    return INLAY_OK;
}
