/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a search: check, plan each segment, rank cells, probe, rerank. */
#include "vector/query/search_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <math.h>
#include <string.h>

/* Greater norms overflow when squared; writers refuse them too. Under cosine only directions count.
 */
#define MOST_NORM 1e18

/* Candidates beyond k that may be compared exactly, of those whose bounds leave it open. Most
 * queries need a dozen, 12 of them on average with real embeddings, 37 among rows that are nearly
 * equally far (planted clusters) in one superfile. In many small superfiles cells are wide and
 * codes coarse: of the same rows in 10 files 54 more than k would cost 2 % of recall@10, in 49
 * files 3 %, where 250 cost nothing.
 */
#define MORE_KEPT 250

/* Times in those that the sign code of a row is scanned in (measured: 384 dimensions, 4.5 ns). */
#define EXACT_COST 20   /* of an exact distance to a stored vector */
#define RANK_COST 2     /* of ranking a cell */
#define CELL_COST 30    /* of looking into one */
#define ASK_COST 0.2    /* of asking the filter for a row */
#define DIRECT_COST 4.5 /* of judging a row by its full code, its arrival included */

/* Where a smaller part of the rows passes, few rows of a block of 32 do: the filter is asked first.
 */
#define FILTER_FIRST 0.3

/* The laws of a smaller segment say little of searches over many. */
#define FEW_VECTORS 2500

/* So many times its part of the k nearest a segment may hold, and they are found all the same. */
#define UNEVEN 2

void vector_search_options_init(struct vector_search_options *options)
{
    memset(options, 0, sizeof(*options));
    options->k = 10;
    options->recall = 0.99;
}

static inlay_status check_options(const struct search *search)
{
    const struct vector_search_options *options = search->options;
    if (options->nprobe == 0 && !(options->recall >= 0.8 && options->recall <= 0.999)) {
        return error_set(search->err, INLAY_INVALID_ARGUMENT,
                         "a vector search's recall must be from 0.80 to 0.999, not %g",
                         options->recall);
    }
    if (options->has_max_distance && options->max_distance != options->max_distance) {
        return error_set(search->err, INLAY_INVALID_ARGUMENT,
                         "a vector search's greatest distance is not a number");
    }
    return INLAY_OK;
}

static inlay_status check_segments(const struct search *search)
{
    const struct vector_index_info *first = vector_index_info(search->segments[0].index);
    size_t i;
    if (search->count > UINT32_MAX) {
        return error_set(search->err, INLAY_INVALID_ARGUMENT, "too many vector segments");
    }
    for (i = 1; i < search->count; i++) {
        const struct vector_index_info *info = vector_index_info(search->segments[i].index);
        if (info->dim != first->dim || info->metric != first->metric ||
            info->element != first->element) {
            return error_set(search->err, INLAY_INVALID_ARGUMENT,
                             "vector segments differ in dimension, metric or element type; rebuild "
                             "one of them");
        }
    }
    return INLAY_OK;
}

/* Looks at the query and brings it into the space of the index. */
static inlay_status take_query(struct search *search, const float *query)
{
    const struct vector_index_info *info = vector_index_info(search->segments[0].index);
    float *normalised;
    double square = 0;
    uint32_t i;
    for (i = 0; i < info->dim; i++) {
        if (!isfinite(query[i])) {
            return error_set(search->err, INLAY_INVALID_ARGUMENT,
                             "element %u of the query vector is not a finite number", i);
        }
        square += (double)query[i] * (double)query[i];
    }
    if (info->metric != VECTOR_COSINE && !(sqrt(square) <= MOST_NORM)) {
        return error_set(search->err, INLAY_INVALID_ARGUMENT,
                         "the query vector is longer than 1e18; scale it down");
    }
    search->exact = (struct exact_query){query,         info->dim,           info->metric,
                                         info->element, (float)sqrt(square), search->kernels};
    if (info->metric != VECTOR_COSINE || !(square > 0)) {
        return INLAY_OK;
    }
    normalised = arena_alloc_array(&search->arena, info->dim, sizeof(*normalised));
    if (normalised == NULL) {
        return error_no_memory(search->err);
    }
    for (i = 0; i < info->dim; i++) {
        normalised[i] = (float)((double)query[i] / sqrt(square));
    }
    search->exact.query = normalised;
    search->exact.norm = 1;
    return INLAY_OK;
}

/* Filters, and how many rows pass at all. */
static inlay_status make_filters(struct search *search)
{
    uint64_t live = 0;
    size_t i;
    search->plans = arena_zalloc_array(&search->arena, search->count, sizeof(*search->plans));
    if (search->plans == NULL) {
        return error_no_memory(search->err);
    }
    for (i = 0; i < search->count; i++) {
        const struct vector_segment *segment = &search->segments[i];
        INLAY_TRY(
            segment_filter_init(&search->plans[i].filter, segment, &search->arena, search->err));
        live += search->plans[i].filter.live;
    }
    search->live = live;
    search->k = search->options->k < live ? search->options->k : (size_t)live;
    search->keep = search->k <= MORE_KEPT ? search->k + MORE_KEPT : 2 * search->k;
    return INLAY_OK;
}

/* Whether comparing each row that passes exactly costs less than looking for them by their codes:
 * ranking all cells, and looking through as many as the rule says. */
static bool few_pass(const struct search *search, const struct segment_plan *plan,
                     const struct vector_index_info *info)
{
    double passing = (double)plan->filter.live / (double)info->row_count;
    double scanned = (double)plan->rule.cells * (double)info->vectors / (double)info->cells;
    double row = plan->filter_first ? ASK_COST + passing * DIRECT_COST : 1;
    double by_codes =
        (double)info->cells * RANK_COST + (double)plan->rule.cells * CELL_COST + scanned * row;
    return search->segments[plan - search->plans].allowed != NULL &&
           (double)plan->filter.live * EXACT_COST <= by_codes;
}

/* How many of the k nearest a segment holds when they are spread evenly: less than one, where there
 * are many segments. Within a radius it may be any number. The fewer there are, the nearer they are
 * among the segment's own rows, and the farther a rule that knows the k-th distance of all segments
 * must look for them. */
static double expected_hits(const struct search *search, const struct segment_plan *plan)
{
    double share = (double)search->k * (double)plan->filter.live / (double)search->live;
    return search->options->has_max_distance && share > 1 ? 1 : share;
}

/* A segment's laws were measured with its own rows as queries. The queries of a search over many
 * lie in other places, and the k-th distance that they know is less than any within, so that
 * margins of the laws pass over too much. The order of the cells can be trusted: where a segment
 * holds its part of the k nearest, they lie in its nearest cells. Into so many of these is looked
 * with a wider margin, or with none in a small segment, whose laws say little; into the others, for
 * segments that hold more than their part, with the margin of the laws. */
static struct stop_rule near_rule(const struct search *search, const struct segment_plan *plan,
                                  const struct vector_index *index)
{
    const double misses = 1 - search->options->recall;
    const double share = expected_hits(search, plan);
    struct stop_rule rule = stop_rule_make(index, 1 - misses / 2, fmax(UNEVEN * share, 1));
    if (vector_index_info(index)->vectors < FEW_VECTORS) {
        rule.margin = INFINITY;
        return rule;
    }
    rule.margin = fmaxf(plan->rule.margin, stop_rule_make(index, 1 - misses / 10, share).margin);
    if (share > 1) {
        rule.margin = fmaxf(rule.margin, stop_rule_make(index, 1 - misses / 10, 1).margin);
    }
    return rule;
}

static void plan_segment(struct search *search, size_t i)
{
    struct segment_plan *plan = &search->plans[i];
    const struct vector_index *index = search->segments[i].index;
    const struct vector_index_info *info = vector_index_info(index);
    double passing = (double)plan->filter.live / (double)info->row_count;
    plan->passing = passing;
    plan->filtered = passing < 0.9;
    plan->filter_first = passing < FILTER_FIRST;
    plan->rule = stop_rule_make(index, search->options->recall, (double)search->k);
    if (search->count > 1) {
        plan->near = near_rule(search, plan, index);
    }
    /* The k nearest that pass are among all rows about the k / passing nearest. The margin of k is
     * kept: it is the greater one, and filters that follow the space need it. */
    plan->rule.cells =
        stop_rule_make(index, search->options->recall, (double)search->k / passing).cells;
    plan->few = few_pass(search, plan, info);
}

/* A code of the query for each segment that is searched through its index; shared by those with the
 * same rotation. */
static inlay_status make_codes(struct search *search, const struct query_code **codes,
                               struct vector_index **indexes)
{
    size_t i;
    size_t j;
    for (i = 0; i < search->count; i++) {
        struct vector_index *index = search->segments[i].index;
        struct query_code *code = NULL;
        indexes[i] = index;
        codes[i] = NULL;
        if (index->info.cells == 0 || search->plans[i].filter.live == 0) {
            continue;
        }
        plan_segment(search, i);
        for (j = 0; j < i && !search->plans[i].few; j++) {
            if (codes[j] != NULL && indexes[j]->info.seed == index->info.seed) {
                codes[i] = codes[j];
                break;
            }
        }
        if (codes[i] == NULL && !search->plans[i].few) {
            code = arena_alloc(&search->arena, sizeof(*code));
            if (code == NULL) {
                return error_no_memory(search->err);
            }
            INLAY_TRY(query_code_make(search->exact.query, index->info.padded, index->rotation,
                                      search->kernels, &search->arena, code, search->err));
            codes[i] = code;
        }
        search->plans[i].code = codes[i];
    }
    return INLAY_OK;
}

/* Through the indexes, but for segments where so few rows pass that each is compared. */
static inlay_status search_indexes(struct search *search)
{
    const struct query_code **codes =
        arena_alloc_array(&search->arena, search->count, sizeof(*codes));
    struct vector_index **indexes =
        arena_alloc_array(&search->arena, search->count, sizeof(*indexes));
    size_t wanted = search->options->nprobe;
    bool few = false;
    size_t i;
    if (codes == NULL || indexes == NULL) {
        return error_no_memory(search->err);
    }
    INLAY_TRY(make_codes(search, codes, indexes));
    for (i = 0; i < search->count; i++) {
        few |= search->plans[i].few;
        wanted +=
            codes[i] != NULL && search->options->nprobe == 0 ? search->plans[i].rule.cells : 0;
    }
    if (few) {
        INLAY_TRY(search_exact(search, true));
        hit_list_settle(&search->hits);
    }
    INLAY_TRY(cell_ranking_make(indexes, codes, search->count, wanted, search->kernels,
                                &search->arena, &search->ranking, search->err));
    search->cost.cells_ranked = search->ranking.count;
    if (search->ranking.count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(candidates_init(&search->candidates, search->k, search->keep,
                              exact_key_of_distance(search->exact.metric, search->hits.limit),
                              search->exact.norm * search->exact.norm, search->segments,
                              &search->arena, search->err));
    INLAY_TRY(search_probe(search));
    return search_rerank(search);
}

static inlay_status run(struct search *search, const float *query)
{
    const struct vector_search_options *options = search->options;
    INLAY_TRY(check_options(search));
    if (search->count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(check_segments(search));
    INLAY_TRY(take_query(search, query));
    INLAY_TRY(make_filters(search));
    if (search->k == 0) {
        return INLAY_OK;
    }
    hit_list_init(&search->hits, search->k,
                  options->has_max_distance ? options->max_distance : INFINITY, search->segments);
    /* A zero query is equally far from everything under cosine: codes would say nothing. */
    if (options->exact || (search->exact.metric == VECTOR_COSINE && !(search->exact.norm > 0))) {
        return search_exact(search, false);
    }
    return search_indexes(search);
}

inlay_status vector_search(const float *query, const struct vector_segment *segments, size_t count,
                           const struct vector_search_options *options, struct vector_hit **hits,
                           size_t *hit_count, struct vector_search_cost *cost, inlay_error *err)
{
    struct search search = {.segments = segments,
                            .count = count,
                            .options = options,
                            .kernels = vector_kernels(),
                            .err = err};
    inlay_status status;
    *hits = NULL;
    *hit_count = 0;
    arena_init(&search.arena, SIZE_MAX);
    status = run(&search, query);
    if (status == INLAY_OK) {
        hit_list_settle(&search.hits);
        *hits = search.hits.hits;
        *hit_count = search.hits.count;
        search.hits.hits = NULL;
    }
    if (cost != NULL) {
        *cost = search.cost;
    }
    hit_list_free(&search.hits);
    arena_free(&search.arena);
    return status;
}

struct batch {
    const float *queries;
    size_t dim;
    const struct vector_segment *segments;
    size_t count;
    const struct vector_search_options *options;
    struct vector_hit **hits;
    size_t *hit_counts;
};

static inlay_status search_one(void *context, size_t index, unsigned slot, inlay_error *err)
{
    const struct batch *batch = context;
    (void)slot;
    return vector_search(batch->queries + index * batch->dim, batch->segments, batch->count,
                         batch->options, &batch->hits[index], &batch->hit_counts[index], NULL, err);
}

inlay_status vector_search_batch(const float *queries, size_t query_count,
                                 const struct vector_segment *segments, size_t count,
                                 const struct vector_search_options *options,
                                 struct vector_hit **hits, size_t *hit_counts, inlay_error *err)
{
    size_t dim = count != 0 ? vector_index_info(segments[0].index)->dim : 0;
    struct batch batch = {queries, dim, segments, count, options, hits, hit_counts};
    inlay_status status;
    size_t i;
    memset(hits, 0, query_count * sizeof(*hits));
    memset(hit_counts, 0, query_count * sizeof(*hit_counts));
    status = exec_pool_run(options->pool, search_one, &batch, query_count, options->cancel, err);
    for (i = 0; i < query_count && status != INLAY_OK; i++) {
        mem_free(hits[i]);
        hits[i] = NULL;
        hit_counts[i] = 0;
    }
    return status;
}
