/* SPDX-License-Identifier: Apache-2.0 */
/* Exact scans: rows in pieces, each piece by one thread into its own list; merged in a total order,
 * so the answer does not depend on who did what. */
#include "vector/query/search_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define PIECE_BYTES ((size_t)1 << 20) /* of raw vectors */
#define LEAST_PIECE 64
#define MOST_PIECE 4096

struct scan_state { /* one thread's */
    struct exact_scratch scratch;
    struct hit_list hits;
    uint32_t *rows;  /* of a piece */
    uint64_t *words; /* a bit per row of a piece, twice */
    uint8_t *raw;    /* rows that are not resident; grows */
    size_t raw_size;
    uint64_t compared;
};

struct scan {
    struct search *search;
    struct scan_state *states;
    uint32_t piece;      /* rows, a multiple of 64 */
    size_t *first_piece; /* of each segment; segments + 1 */
};

/* Rows that stand far from each other arrive while those before them are compared. */
#define AHEAD 4

static const void *view_soon(const struct search *search, const struct vector_rows *source,
                             uint32_t row)
{
    const void *raw = source->view(source->context, row);
    if (raw != NULL) {
        exact_prefetch(&search->exact, raw);
    }
    return raw;
}

static inlay_status compare_copies(struct scan_state *state, const struct search *search,
                                   size_t segment, const uint32_t *rows, size_t count,
                                   inlay_error *err)
{
    const struct vector_rows *source = &search->segments[segment].rows;
    size_t size = exact_row_size(&search->exact);
    size_t i;
    if (state->raw_size < count * size) {
        mem_free(state->raw);
        state->raw_size = 0;
        state->raw = mem_alloc_array(count, size);
        if (state->raw == NULL) {
            return error_no_memory(err);
        }
        state->raw_size = count * size;
    }
    INLAY_TRY(source->read(source->context, rows, count, state->raw, err));
    for (i = 0; i < count; i++) {
        hit_list_add(&state->hits, (uint32_t)segment, rows[i],
                     exact_distance(&search->exact, state->raw + i * size, &state->scratch));
    }
    return INLAY_OK;
}

/* Rows that pass and are not null. */
static inlay_status compare_rows(struct scan_state *state, const struct search *search,
                                 size_t segment, const uint32_t *rows, size_t count,
                                 inlay_error *err)
{
    const struct vector_rows *source = &search->segments[segment].rows;
    const void *ahead[AHEAD] = {NULL};
    size_t i;
    state->compared += count;
    for (i = 0; i < AHEAD && i < count && source->view != NULL; i++) {
        ahead[i] = view_soon(search, source, rows[i]);
    }
    for (i = 0; i < count && source->view != NULL; i++) {
        const void *raw = ahead[i % AHEAD];
        if (raw == NULL) {
            break;
        }
        ahead[i % AHEAD] = i + AHEAD < count ? view_soon(search, source, rows[i + AHEAD]) : NULL;
        hit_list_add(&state->hits, (uint32_t)segment, rows[i],
                     exact_distance(&search->exact, raw, &state->scratch));
    }
    if (i < count) {
        INLAY_TRY(compare_copies(state, search, segment, rows + i, count - i, err));
    }
    return state->hits.status == INLAY_OK ? INLAY_OK : error_no_memory(err);
}

static bool has_nulls(const struct search *search, size_t segment)
{
    const struct vector_index_info *info = vector_index_info(search->segments[segment].index);
    return info->vectors != info->row_count && search->segments[segment].rows.nulls != NULL;
}

/* The bits of rows [first, first + count) that are not null and pass; `first` is a multiple of 64.
 */
static inlay_status live_words(const struct scan *scan, struct scan_state *state, size_t segment,
                               uint32_t first, uint32_t count, inlay_error *err)
{
    const struct vector_segment *of = &scan->search->segments[segment];
    uint64_t end = (uint64_t)first + count;
    size_t n = ((size_t)count + 63) / 64;
    uint64_t *words = state->words;
    uint64_t *less = state->words + scan->piece / 64;
    size_t i;
    memset(words, 0xff, n * sizeof(*words));
    if (of->allowed != NULL) {
        rowset_fill_words(of->allowed, first, end, words);
    }
    if (of->deleted != NULL) {
        rowset_fill_words(of->deleted, first, end, less);
        for (i = 0; i < n; i++) {
            words[i] &= ~less[i];
        }
    }
    if (has_nulls(scan->search, segment)) {
        memset(less, 0, n * sizeof(*less));
        INLAY_TRY(of->rows.nulls(of->rows.context, first, count, less, err));
        for (i = 0; i < n; i++) {
            words[i] &= ~less[i];
        }
    }
    if (count % 64 != 0) {
        words[n - 1] &= ((uint64_t)1 << (count % 64)) - 1;
    }
    return INLAY_OK;
}

static inlay_status scan_piece(void *context, size_t index, unsigned slot, inlay_error *err)
{
    const struct scan *scan = context;
    struct scan_state *state = &scan->states[slot];
    size_t segment = 0;
    uint64_t row_count;
    uint32_t first;
    uint32_t count;
    size_t n = 0;
    size_t i;
    while (scan->first_piece[segment + 1] <= index) {
        segment++;
    }
    row_count = vector_index_info(scan->search->segments[segment].index)->row_count;
    first = (uint32_t)((index - scan->first_piece[segment]) * scan->piece);
    count = row_count - first < scan->piece ? (uint32_t)(row_count - first) : scan->piece;
    INLAY_TRY(live_words(scan, state, segment, first, count, err));
    for (i = 0; i < (count + 63) / 64; i++) {
        uint64_t word = state->words[i];
        for (; word != 0; word &= word - 1) {
            state->rows[n++] = first + (uint32_t)(i * 64) + (uint32_t)__builtin_ctzll(word);
        }
    }
    return compare_rows(state, scan->search, segment, state->rows, n, err);
}

/* The rows of a segment that pass, in `rows` (room for filter.live of them); null ones left out. */
static inlay_status list_rows(struct search *search, size_t segment, uint32_t *rows, size_t *count)
{
    const struct vector_segment *of = &search->segments[segment];
    struct segment_filter *filter = &search->plans[segment].filter;
    bool nulls = has_nulls(search, segment);
    struct rowset_iterator iterator;
    uint64_t window = UINT64_MAX;
    uint64_t word = 0;
    uint32_t batch[256];
    size_t n;
    size_t i;
    *count = 0;
    rowset_iterate(of->allowed, &iterator);
    while ((n = rowset_next_many(&iterator, batch, 256)) != 0) {
        for (i = 0; i < n && batch[i] < filter->row_count; i++) {
            if (of->deleted != NULL && rowset_contains(of->deleted, batch[i])) {
                continue;
            }
            if (nulls && batch[i] / 64 != window) {
                uint64_t left;
                window = batch[i] / 64;
                left = filter->row_count - window * 64;
                word = 0;
                INLAY_TRY(of->rows.nulls(of->rows.context, (uint32_t)(window * 64),
                                         left < 64 ? (uint32_t)left : 64, &word, search->err));
            }
            if ((word >> (batch[i] % 64) & 1) == 0) {
                rows[(*count)++] = batch[i];
            }
        }
    }
    return INLAY_OK;
}

static inlay_status scan_few(struct search *search, struct scan_state *state)
{
    size_t segment;
    for (segment = 0; segment < search->count; segment++) {
        const struct segment_plan *plan = &search->plans[segment];
        uint32_t *rows;
        size_t count;
        if (!plan->few || plan->filter.live == 0) {
            continue;
        }
        rows = arena_alloc_array(&search->arena, (size_t)plan->filter.live, sizeof(*rows));
        if (rows == NULL) {
            return error_no_memory(search->err);
        }
        INLAY_TRY(list_rows(search, segment, rows, &count));
        INLAY_TRY(compare_rows(state, search, segment, rows, count, search->err));
    }
    return INLAY_OK;
}

static inlay_status state_init(const struct scan *scan, struct scan_state *state, float most,
                               inlay_error *err)
{
    const struct search *search = scan->search;
    hit_list_init(&state->hits, search->k, most, search->segments);
    state->rows = mem_alloc_array(scan->piece, sizeof(*state->rows));
    state->words = mem_alloc_array(scan->piece / 32, sizeof(*state->words));
    if (state->rows == NULL || state->words == NULL) {
        return error_no_memory(err);
    }
    return exact_scratch_init(&state->scratch, &search->exact, err);
}

static void state_free(struct scan_state *state)
{
    hit_list_free(&state->hits);
    exact_scratch_free(&state->scratch);
    mem_free(state->rows);
    mem_free(state->words);
    mem_free(state->raw);
}

/* Numbers the pieces of all segments. */
static inlay_status plan_pieces(struct scan *scan, size_t *pieces, inlay_error *err)
{
    struct search *search = scan->search;
    size_t i;
    *pieces = 0;
    scan->first_piece =
        arena_alloc_array(&search->arena, search->count + 1, sizeof(*scan->first_piece));
    if (scan->first_piece == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < search->count; i++) {
        uint64_t rows = search->plans[i].filter.live != 0
                            ? vector_index_info(search->segments[i].index)->row_count
                            : 0;
        scan->first_piece[i] = *pieces;
        *pieces += (size_t)((rows + scan->piece - 1) / scan->piece);
    }
    scan->first_piece[i] = *pieces;
    return INLAY_OK;
}

inlay_status search_exact(struct search *search, bool few_only)
{
    struct exec_pool *pool = few_only ? NULL : search->options->pool;
    unsigned slots = exec_pool_slots(pool);
    size_t rows = PIECE_BYTES / exact_row_size(&search->exact) / 64 * 64;
    struct scan scan = {search, NULL, 0, NULL};
    inlay_status status = INLAY_OK;
    size_t pieces;
    unsigned i;
    rows = rows < LEAST_PIECE ? LEAST_PIECE : rows;
    scan.piece = (uint32_t)(rows < MOST_PIECE ? rows : MOST_PIECE);
    scan.states = mem_zalloc_array(slots, sizeof(*scan.states));
    if (scan.states == NULL) {
        return error_no_memory(search->err);
    }
    for (i = 0; i < slots; i++) {
        INLAY_TRY_GOTO(status, state_init(&scan, &scan.states[i], search->hits.limit, search->err),
                       cleanup);
    }
    if (few_only) {
        status = scan_few(search, &scan.states[0]);
    } else {
        INLAY_TRY_GOTO(status, plan_pieces(&scan, &pieces, search->err), cleanup);
        status =
            exec_pool_run(pool, scan_piece, &scan, pieces, search->options->cancel, search->err);
    }
    for (i = 0; i < slots && status == INLAY_OK; i++) {
        hit_list_merge(&search->hits, &scan.states[i].hits);
        search->cost.rows_reranked += scan.states[i].compared;
    }
    if (status == INLAY_OK && search->hits.status != INLAY_OK) {
        status = error_no_memory(search->err);
    }
cleanup:
    for (i = 0; i < slots; i++) {
        state_free(&scan.states[i]);
    }
    mem_free(scan.states);
    return status;
}
