/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of a search: compile, look up terms in all segments, fetch lists, settle global
 * statistics, then let the engine of the query's shape work through the segments. */
#include "text/query/search_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define STATISTICS_BATCH 4096

void text_search_options_init(struct text_search_options *options)
{
    memset(options, 0, sizeof(*options));
    options->k = 10;
}

/* Takes the deleted documents of a segment out of the totals. */
static inlay_status subtract_deleted(const struct text_segment *segment,
                                     struct text_statistics *out, inlay_error *err)
{
    struct rowset_iterator iterator;
    uint32_t *rows = mem_alloc_array(2 * STATISTICS_BATCH, sizeof(*rows));
    bool *present = mem_alloc_array(STATISTICS_BATCH, sizeof(*present));
    uint32_t *lengths = rows + STATISTICS_BATCH;
    inlay_status status = INLAY_OK;
    size_t count;
    size_t i;
    if (rows == NULL || present == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    rowset_iterate(segment->deleted, &iterator);
    while ((count = rowset_next_many(&iterator, rows, STATISTICS_BATCH)) != 0) {
        INLAY_TRY_GOTO(status,
                       text_index_lengths(segment->index, rows, count, lengths, present, err),
                       cleanup);
        for (i = 0; i < count; i++) {
            out->documents -= present[i];
            out->total_length -= present[i] ? lengths[i] : 0;
        }
    }
cleanup:
    mem_free(rows);
    mem_free(present);
    return status;
}

inlay_status text_statistics_collect(const struct text_segment *segments, size_t count,
                                     struct text_statistics *out, inlay_error *err)
{
    size_t i;
    memset(out, 0, sizeof(*out));
    for (i = 0; i < count; i++) {
        const struct text_index_info *info = text_index_info(segments[i].index);
        out->documents += info->documents;
        out->total_length += info->total_length;
        if (segments[i].deleted != NULL && !rowset_is_empty(segments[i].deleted)) {
            INLAY_TRY(subtract_deleted(&segments[i], out, err));
        }
    }
    return INLAY_OK;
}

static inlay_status check_segments(const struct execution *e)
{
    size_t i;
    for (i = 0; i < e->segment_count; i++) {
        const struct text_index_info *info = text_index_info(e->segments[i].index);
        const struct text_index_info *first = text_index_info(e->segments[0].index);
        if (info->k1 != first->k1 || info->b != first->b) {
            return error_set(e->err, INLAY_INVALID_ARGUMENT,
                             "text segments have different k1 or b; rebuild one of them");
        }
        if (e->plan.has_phrase && !info->positions) {
            return error_set(e->err, INLAY_UNSUPPORTED,
                             "a phrase needs word positions, which this column does not store; "
                             "enable the column's 'positions' option and rebuild its index");
        }
    }
    return INLAY_OK;
}

static inlay_status fetch_segment(struct execution *e, size_t segment, struct text_term *terms)
{
    const struct text_index *index = e->segments[segment].index;
    INLAY_TRY(dictionary_lookup(index, e->plan.keys, e->plan.term_count, terms, e->err));
    return list_set_fetch(index, terms, e->plan.positions, e->plan.term_count, &e->lists[segment],
                          e->err);
}

static inlay_status prepare(struct execution *e, const struct text_query *query)
{
    struct text_term *terms;
    size_t i;
    INLAY_TRY(plan_compile(query, &e->arena, &e->plan, e->err));
    if (e->plan.shape == SHAPE_NOTHING || e->segment_count == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(check_segments(e));
    terms = arena_alloc_array(&e->arena, e->plan.term_count, sizeof(*terms));
    e->lists = arena_zalloc_array(&e->arena, e->segment_count, sizeof(*e->lists));
    e->df = arena_zalloc_array(&e->arena, e->plan.term_count, sizeof(*e->df));
    if (terms == NULL || e->lists == NULL || e->df == NULL) {
        return error_no_memory(e->err);
    }
    for (i = 0; i < e->segment_count; i++) {
        INLAY_TRY(fetch_segment(e, i, terms));
    }
    return INLAY_OK;
}

static void execution_free(struct execution *e)
{
    size_t i;
    for (i = 0; e->lists != NULL && i < e->segment_count; i++) {
        list_set_free(&e->lists[i]);
    }
    topk_free(&e->top);
    arena_free(&e->arena);
}

/* |postings and deleted|: the smaller side leads. */
static inlay_status count_deleted(const struct posting_list *list, const struct rowset *deleted,
                                  uint64_t *count, inlay_error *err)
{
    struct posting_cursor cursor;
    struct rowset_iterator iterator;
    uint32_t rows[256];
    size_t n;
    size_t i;
    *count = 0;
    cursor_init(&cursor, list, err);
    if (rowset_cardinality(deleted) > list->term.df) {
        for (; cursor.row != CURSOR_END; (void)cursor_next(&cursor)) {
            *count += rowset_contains(deleted, cursor.row);
        }
        return cursor.status;
    }
    rowset_iterate(deleted, &iterator);
    while ((n = rowset_next_many(&iterator, rows, 256)) != 0) {
        for (i = 0; i < n; i++) {
            *count += cursor_seek(&cursor, rows[i]) == rows[i];
        }
    }
    return cursor.status;
}

static inlay_status live_frequencies(struct execution *e)
{
    size_t s;
    size_t t;
    for (s = 0; s < e->segment_count; s++) {
        const struct rowset *deleted = e->segments[s].deleted;
        bool any = deleted != NULL && !rowset_is_empty(deleted);
        for (t = 0; t < e->plan.term_count; t++) {
            const struct posting_list *list = &e->lists[s].lists[t];
            uint64_t gone = 0;
            if (any && list->term.df != 0) {
                INLAY_TRY(count_deleted(list, deleted, &gone, e->err));
            }
            e->df[t] += list->term.df - gone;
        }
    }
    return INLAY_OK;
}

static inlay_status settle_scores(struct execution *e)
{
    const struct text_index_info *info = text_index_info(e->segments[0].index);
    if (e->options->statistics != NULL) {
        e->statistics = *e->options->statistics;
    } else {
        INLAY_TRY(text_statistics_collect(e->segments, e->segment_count, &e->statistics, e->err));
    }
    INLAY_TRY(live_frequencies(e));
    score_norms_init(&e->norms, info->k1, info->b, e->statistics.documents,
                     e->statistics.total_length);
    return INLAY_OK;
}

/* The term leaves of a flat plan, in order. */
static struct plan_node *const *flat_parts(const struct plan *plan, size_t *count)
{
    enum text_occur occur = plan->shape == SHAPE_UNION ? TEXT_SHOULD : TEXT_MUST;
    if (plan->shape == SHAPE_TERM) {
        *count = 1;
        return &plan->root;
    }
    *count = plan->root->part_count[occur];
    return plan->root->parts[occur];
}

/* Scorers by term number: in a flat plan every term occurs once. */
static struct term_scorer *flat_scorers(struct execution *e)
{
    struct term_scorer *scorers =
        arena_alloc_array(&e->arena, e->plan.term_count, sizeof(*scorers));
    size_t count;
    struct plan_node *const *parts = flat_parts(&e->plan, &count);
    size_t i;
    for (i = 0; i < count && scorers != NULL; i++) {
        uint32_t term = parts[i]->term;
        term_scorer_init(&scorers[term], &e->norms,
                         parts[i]->boost * score_idf(e->statistics.documents, e->df[term]),
                         &e->arena);
    }
    return scorers;
}

static inlay_status run_segment(struct execution *e, uint32_t segment, struct term_scorer *scorers)
{
    topk_segment(&e->top, &e->segments[segment], segment);
    if (e->plan.root->kind == PLAN_PHRASE && !e->options->exhaustive) {
        return search_phrase(e, segment);
    }
    if (scorers == NULL) {
        return search_tree(e, segment);
    }
    switch (e->plan.shape) {
    case SHAPE_TERM:
        return search_term(e, segment, scorers);
    case SHAPE_UNION:
        return search_union(e, segment, scorers);
    default:
        return search_intersection(e, segment, scorers);
    }
}

static inlay_status run(struct execution *e)
{
    struct term_scorer *scorers = NULL;
    uint32_t s;
    size_t t;
    if (e->plan.shape != SHAPE_TREE && !e->options->exhaustive) {
        scorers = flat_scorers(e);
        if (scorers == NULL) {
            return error_no_memory(e->err);
        }
    }
    for (s = 0; s < e->segment_count; s++) {
        INLAY_TRY(run_segment(e, s, scorers));
        INLAY_TRY(search_check(e));
    }
    for (t = 0; scorers != NULL && t < e->plan.term_count; t++) {
        if (scorers[t].failed) {
            return error_no_memory(e->err);
        }
    }
    return e->top.status == INLAY_OK ? INLAY_OK : error_no_memory(e->err);
}

inlay_status text_search(const struct text_query *query, const struct text_segment *segments,
                         size_t count, const struct text_search_options *options,
                         struct text_hit **hits, size_t *hit_count, inlay_error *err)
{
    struct text_search_options defaults;
    struct execution e;
    inlay_status status;
    *hits = NULL;
    *hit_count = 0;
    text_search_options_init(&defaults);
    memset(&e, 0, sizeof(e));
    arena_init(&e.arena, SIZE_MAX);
    e.segments = segments;
    e.segment_count = count;
    e.options = options != NULL ? options : &defaults;
    e.err = err;
    topk_init(&e.top, e.options->k);
    INLAY_TRY_GOTO(status, prepare(&e, query), cleanup);
    if (e.lists == NULL || e.options->k == 0) {
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, settle_scores(&e), cleanup);
    INLAY_TRY_GOTO(status, run(&e), cleanup);
    *hits = topk_take(&e.top, hit_count);
cleanup:
    execution_free(&e);
    return status;
}

static void count_row(void *context, uint32_t row)
{
    (void)row;
    (*(uint64_t *)context)++;
}

static void add_row(void *context, uint32_t row)
{
    rowset_add(context, row);
}

static bool all_rows_live(const struct text_segment *segment)
{
    return segment->allowed == NULL &&
           (segment->deleted == NULL || rowset_is_empty(segment->deleted));
}

/* Windows read whole lists: not when a rare term can lead through frequent ones. */
#define DENSE_RATIO 16

static bool by_windows(const struct execution *e, uint32_t segment)
{
    const struct list_set *lists = &e->lists[segment];
    uint32_t least = UINT32_MAX;
    uint32_t most = 0;
    size_t t;
    for (t = 0; t < lists->count; t++) {
        uint32_t df = lists->lists[t].term.df;
        least = df < least ? df : least;
        most = df > most ? df : most;
    }
    return e->plan.shape == SHAPE_TERM || e->plan.shape == SHAPE_UNION ||
           (e->plan.shape == SHAPE_INTERSECTION && most / DENSE_RATIO <= least);
}

static inlay_status count_segment(struct execution *e, uint32_t segment, uint64_t *matches)
{
    const struct text_segment *s = &e->segments[segment];
    if (e->plan.shape == SHAPE_TERM && all_rows_live(s)) {
        *matches += e->lists[segment].lists[0].term.df;
        return INLAY_OK;
    }
    if (by_windows(e, segment)) {
        return match_windows(e, segment, e->plan.shape == SHAPE_INTERSECTION, NULL, matches);
    }
    return match_tree(e, segment, count_row, matches);
}

inlay_status text_count(const struct text_query *query, const struct text_segment *segments,
                        size_t count, uint64_t *matches, inlay_error *err)
{
    struct execution e;
    inlay_status status;
    uint32_t s;
    *matches = 0;
    memset(&e, 0, sizeof(e));
    arena_init(&e.arena, SIZE_MAX);
    e.segments = segments;
    e.segment_count = count;
    e.err = err;
    INLAY_TRY_GOTO(status, prepare(&e, query), cleanup);
    for (s = 0; s < count && e.lists != NULL && status == INLAY_OK; s++) {
        status = count_segment(&e, s, matches);
    }
cleanup:
    if (status != INLAY_OK) {
        *matches = 0;
    }
    execution_free(&e);
    return status;
}

inlay_status text_match(const struct text_query *query, const struct text_segment *segment,
                        struct rowset *rows, inlay_error *err)
{
    struct execution e;
    inlay_status status;
    uint64_t count = 0;
    memset(&e, 0, sizeof(e));
    arena_init(&e.arena, SIZE_MAX);
    e.segments = segment;
    e.segment_count = 1;
    e.err = err;
    INLAY_TRY_GOTO(status, prepare(&e, query), cleanup);
    if (e.lists == NULL) {
        goto cleanup;
    }
    if (by_windows(&e, 0)) {
        status = match_windows(&e, 0, e.plan.shape == SHAPE_INTERSECTION, rows, &count);
    } else {
        status = match_tree(&e, 0, add_row, rows);
    }
cleanup:
    execution_free(&e);
    return status;
}
