/* SPDX-License-Identifier: Apache-2.0 */
/* Which rows of a superfile a bound leaves. Per column that is asked: one wave of reads for the
 * dictionary and two for the postings, none when the file is resident. */
#include "table/predicate/row_bounds_priv.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "table/predicate/predicate_stats.h"
#include "table/predicate/row_test_values.h"
#include "text/text_search.h"

#include <stdlib.h>
#include <string.h>

#define VALUES_AT_ONCE 64   /* of a list: after each turn it may be clear that they are too many */
#define TERMS_OF_VALUE 3    /* the rarest ones: more leave hardly a row out */
#define WALK_TERMS_MAX 4096 /* whose postings are joined */
#define WALK_BYTES_PER_ROW                                                                         \
    8 /* of the dictionary: a walk must stay cheaper than reading the rows                         \
       */
#define WALK_BYTES_MIN 65536

struct finder {
    struct superfile *file;
    uint64_t limit;               /* rows */
    const struct predicate *like; /* see row_bounds */
    bool *exact;
    inlay_error *err;
};

static inlay_status find(const struct finder *finder, const struct bound_node *node,
                         struct rowset **rows);

/* ---- ids ---- */

static inlay_status find_ids(const struct finder *finder, const struct predicate *test,
                             struct rowset **rows)
{
    size_t i;
    INLAY_TRY(rowset_create(rows, finder->err));
    for (i = 0; i < test->value_count; i++) {
        struct id128 id;
        uint32_t row;
        if (predicate_value_id(&test->values[i], &id) && superfile_row(finder->file, id, &row)) {
            rowset_add(*rows, row);
        }
    }
    return INLAY_OK;
}

/* ---- texts ---- */

/* The analyzer that made the index must be the one that made the bound. */
static bool same_analyzer(const struct text_index *index, const struct analyzer_config *config)
{
    struct buffer ours;
    struct buffer theirs;
    bool same = analyzer_stamp_equal(text_index_analyzer_stamp(index), analyzer_stamp_of(config));
    buffer_init(&ours, SIZE_MAX);
    buffer_init(&theirs, SIZE_MAX);
    if (same) {
        analyzer_config_write(config, &ours);
        analyzer_config_write(text_index_analyzer(index), &theirs);
        same = ours.status == INLAY_OK && theirs.status == INLAY_OK && ours.len == theirs.len &&
               memcmp(ours.data, theirs.data, ours.len) == 0;
    }
    buffer_free(&ours);
    buffer_free(&theirs);
    return same;
}

static struct text_index *index_of(const struct finder *finder, const struct typed_text_index *text)
{
    struct text_index *index = superfile_text(finder->file, text->column);
    return index != NULL && same_analyzer(index, analyzer_config_of(text->analyzer)) ? index : NULL;
}

static inlay_status match(const struct finder *finder, struct text_index *index,
                          const struct text_query *query, struct rowset **rows)
{
    struct text_segment segment = {.index = index};
    INLAY_TRY(rowset_create(rows, finder->err));
    return text_match(query, &segment, *rows, finder->err);
}

static int by_frequency(const void *a, const void *b)
{
    const struct text_lookup *x = a;
    const struct text_lookup *y = b;
    return (x->df > y->df) - (x->df < y->df);
}

/* Adds the rows with a value's words to the query's root; 0 rows: there are none. */
static bool add_value(struct text_query *query, struct text_lookup *words, size_t count)
{
    struct text_node *part;
    size_t i;
    qsort(words, count, sizeof(*words), by_frequency);
    if (words[0].df == 0) {
        return true;
    }
    count = count < TERMS_OF_VALUE ? count : TERMS_OF_VALUE;
    part = count == 1 ? text_query_term(query, words[0].term, words[0].length, 1)
                      : text_query_group(query, 1);
    for (i = 0; count > 1 && i < count && part != NULL; i++) {
        struct text_node *term = text_query_term(query, words[i].term, words[i].length, 1);
        if (term == NULL) {
            return false;
        }
        text_query_add(part, TEXT_MUST, term);
    }
    if (part == NULL) {
        return false;
    }
    text_query_add(query->root, TEXT_SHOULD, part);
    return true;
}

/* The next values of a list: their words are looked up together. */
static inlay_status add_values(const struct finder *finder, struct text_index *index,
                               const struct token_list *values, size_t count,
                               struct text_lookup *lookups, struct text_query *query,
                               uint64_t *estimate)
{
    size_t total = 0;
    size_t i;
    size_t k;
    for (i = 0; i < count; i++) {
        for (k = 0; k < values[i].count; k++) {
            lookups[total++] =
                (struct text_lookup){values[i].items[k].text, values[i].items[k].length, 0};
        }
    }
    INLAY_TRY(text_index_lookup(index, lookups, total, finder->err));
    for (i = 0; i < count; i++) {
        if (!add_value(query, lookups, values[i].count)) {
            return error_no_memory(finder->err);
        }
        *estimate += lookups[0].df; /* of the rarest word */
        lookups += values[i].count;
    }
    return INLAY_OK;
}

/* No more rows than the limit, by document frequencies; false in *few otherwise. */
static inlay_status words_query(const struct finder *finder, struct text_index *index,
                                const struct bound_node *node, struct text_query *query, bool *few)
{
    struct text_lookup *lookups =
        mem_alloc_array((size_t)VALUES_AT_ONCE * LIKE_TOKENS_MAX, sizeof(*lookups));
    inlay_status status = INLAY_OK;
    uint64_t estimate = 0;
    size_t done;
    if (lookups == NULL) {
        return error_no_memory(finder->err);
    }
    for (done = 0; done < node->word_count && estimate <= finder->limit && status == INLAY_OK;
         done += VALUES_AT_ONCE) {
        size_t left = node->word_count - done;
        status =
            add_values(finder, index, &node->words[done],
                       left < VALUES_AT_ONCE ? left : VALUES_AT_ONCE, lookups, query, &estimate);
    }
    *few = estimate <= finder->limit;
    mem_free(lookups);
    return status;
}

static inlay_status query_new(struct text_query **query, inlay_error *err)
{
    INLAY_TRY(text_query_create(query, err));
    (*query)->root = text_query_group(*query, 1);
    if ((*query)->root == NULL) {
        text_query_free(*query);
        *query = NULL;
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status find_words(const struct finder *finder, const struct bound_node *node,
                               struct rowset **rows)
{
    struct text_index *index = index_of(finder, node->text);
    struct text_query *query;
    inlay_status status;
    bool few = false;
    if (index == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(query_new(&query, finder->err));
    status = words_query(finder, index, node, query, &few);
    if (status == INLAY_OK && few) {
        status = match(finder, index, query, rows);
    }
    text_query_free(query);
    return status;
}

static inlay_status match_terms(const struct finder *finder, struct text_index *index,
                                const struct text_walk_result *result, struct rowset **rows)
{
    struct text_query *query;
    inlay_status status;
    size_t i;
    INLAY_TRY(query_new(&query, finder->err));
    for (i = 0; i < result->count; i++) {
        struct text_node *term =
            text_query_term(query, result->terms[i].term, result->terms[i].length, 1);
        if (term == NULL) {
            text_query_free(query);
            return error_no_memory(finder->err);
        }
        text_query_add(query->root, TEXT_SHOULD, term);
    }
    status = match(finder, index, query, rows);
    text_query_free(query);
    return status;
}

/* Keeps the terms that match, where terms are texts. A term that may have been cut is kept. */
static void match_texts(const struct finder *finder, struct text_walk_result *result)
{
    size_t kept = 0;
    size_t i;
    *finder->exact = true;
    for (i = 0; i < result->count; i++) {
        const struct text_lookup *term = &result->terms[i];
        const bool whole = term->length < TOKEN_MAX_BYTES;
        if (!whole || row_values_like(finder->like, term->term, term->length)) {
            *finder->exact = *finder->exact && whole;
            result->terms[kept++] = *term;
        }
    }
    result->count = kept;
}

static inlay_status find_fragments(const struct finder *finder, const struct bound_node *node,
                                   struct rowset **rows)
{
    struct text_index *index = index_of(finder, node->text);
    struct text_walk walk = *node->walk;
    struct text_walk_result result;
    struct arena arena;
    inlay_status status;
    if (index == NULL) {
        return INLAY_OK;
    }
    walk.max_bytes = superfile_rows(finder->file) * WALK_BYTES_PER_ROW;
    walk.max_bytes = walk.max_bytes > WALK_BYTES_MIN ? walk.max_bytes : WALK_BYTES_MIN;
    walk.max_postings = finder->limit;
    walk.max_terms = WALK_TERMS_MAX;
    arena_init(&arena, SIZE_MAX);
    status = text_index_walk(index, &walk, &arena, &result, finder->err);
    if (status == INLAY_OK && result.known && finder->like != NULL) {
        match_texts(finder, &result);
    }
    if (status == INLAY_OK && result.known) {
        status = match_terms(finder, index, &result, rows);
    }
    arena_free(&arena);
    return status;
}

/* ---- trees ---- */

/* Fragments cost more than all else: they are asked for only when nothing else bounds the rows. */
static inlay_status find_all_of(const struct finder *finder, const struct bound_node *node,
                                struct rowset **rows)
{
    size_t pass;
    size_t i;
    for (pass = 0; pass < 2 && (pass == 0 || *rows == NULL); pass++) {
        for (i = 0; i < node->part_count; i++) {
            struct rowset *part = NULL;
            if ((node->parts[i]->kind == BOUND_FRAGMENTS) != (pass == 1) ||
                (*rows != NULL && rowset_is_empty(*rows))) {
                continue;
            }
            INLAY_TRY(find(finder, node->parts[i], &part));
            if (part != NULL && *rows != NULL) {
                rowset_and(*rows, part);
                rowset_free(part);
            } else if (part != NULL) {
                *rows = part;
            }
        }
    }
    return INLAY_OK;
}

static inlay_status find_any_of(const struct finder *finder, const struct bound_node *node,
                                struct rowset **rows)
{
    bool known = true;
    size_t i;
    INLAY_TRY(rowset_create(rows, finder->err));
    for (i = 0; i < node->part_count && known; i++) {
        struct rowset *part = NULL;
        INLAY_TRY(find(finder, node->parts[i], &part));
        known = part != NULL;
        if (known) {
            rowset_or(*rows, part);
            rowset_free(part);
        }
    }
    if (!known) {
        rowset_free(*rows);
        *rows = NULL;
    }
    return INLAY_OK;
}

/* What is in *rows after an error is freed by `find`. */
static inlay_status find_kind(const struct finder *finder, const struct bound_node *node,
                              struct rowset **rows)
{
    switch (node->kind) {
    case BOUND_IDS:
        return find_ids(finder, node->test, rows);
    case BOUND_WORDS:
        return find_words(finder, node, rows);
    case BOUND_FRAGMENTS:
        return find_fragments(finder, node, rows);
    case BOUND_ALL_OF:
        return find_all_of(finder, node, rows);
    default:
        return find_any_of(finder, node, rows);
    }
}

/* *rows stays NULL when the node says nothing, or leaves too many rows. */
static inlay_status find(const struct finder *finder, const struct bound_node *node,
                         struct rowset **rows)
{
    inlay_status status = find_kind(finder, node, rows);
    if (*rows != NULL && (status != INLAY_OK || rowset_cardinality(*rows) > finder->limit)) {
        rowset_free(*rows);
        *rows = NULL;
    }
    return status;
}

inlay_status row_bounds_rows(const struct row_bounds *bounds, struct superfile *file,
                             struct rowset **rows, bool *exact, inlay_error *err)
{
    const uint64_t share = superfile_rows(file) / ROW_BOUNDS_SHARE;
    const struct finder finder = {file, share > ROW_BOUNDS_FEW ? share : ROW_BOUNDS_FEW,
                                  bounds->like, exact, err};
    *exact = false;
    *rows = NULL;
    INLAY_TRY(find(&finder, bounds->root, rows));
    *exact = *exact && *rows != NULL;
    return INLAY_OK;
}
