/* SPDX-License-Identifier: Apache-2.0 */
/* Ranked and counted text search over all superfiles of a view, with the view's statistics. */
#ifndef INLAY_TABLE_ROWS_SEARCH_H
#define INLAY_TABLE_ROWS_SEARCH_H

#include "exec/cancel.h"
#include "table/rows/fetch.h"
#include "table/rows/row_filter.h"
#include "text/text_query.h"

/* Hits beyond this would only be a scan in disguise: the most that k and offset may add up to. */
#define SEARCH_DEPTH_MAX ((uint64_t)10 << 20)

/* As k: every match, ranked. Takes 40 bytes a match; the limit above does not hold. */
#define SEARCH_ALL UINT64_MAX

struct table_hit {
    struct row_place place;
    struct id128 id;
    float score; /* of a vector search: the distance */
};

/* Parses with the column's analyzer. INLAY_INVALID_ARGUMENT when the column has no text index: the
 * message names those that have one. The caller frees *out. */
inlay_status table_parse_query(const struct typed_table *table, const char *column,
                               const char *text, bool require_all, struct text_query **out,
                               inlay_error *err);

/* The best `k` hits behind the first `offset`, best first; *hits is the caller's (mem_free).
 * `filter` and `cancel` may be NULL. */
inlay_status table_search(struct table_view *view, const char *column,
                          const struct text_query *query, const struct row_filter *filter,
                          uint64_t offset, uint64_t k, const struct cancel_token *cancel,
                          struct table_hit **hits, size_t *count, inlay_error *err);

/* The same over several columns, each with its own query: a row's score is the greatest of its
 * scores in them. A single column is table_search. */
struct text_target {
    const char *column;
    const struct text_query *query;
};
inlay_status table_search_columns(struct table_view *view, const struct text_target *targets,
                                  size_t target_count, const struct row_filter *filter,
                                  uint64_t offset, uint64_t k, struct table_hit **hits,
                                  size_t *count, inlay_error *err);

/* A query for all terms of the view that begin with the prefix, each scored as a term. The prefix
 * is folded as the column's analyzer folds words, but neither stemmed nor dropped as a stop word,
 * and must be one word (INLAY_INVALID_ARGUMENT); an empty one matches nothing. INLAY_OVER_BUDGET:
 * more than SEARCH_PREFIX_TERMS terms. The caller frees *out. */
#define SEARCH_PREFIX_TERMS 16384
inlay_status table_prefix_query(struct table_view *view, const char *column, const char *prefix,
                                struct text_query **out, inlay_error *err);

/* A query for the rows that have all tokens of a value: those with that value are among them.
 * *has_tokens is false when it has none, so that every row may have the value. */
inlay_status table_value_query(const struct typed_table *table, const char *column,
                               const char *value, size_t length, struct text_query **out,
                               bool *has_tokens, inlay_error *err);

/* Adds the matching, allowed rows of one superfile to the caller's set; nothing is scored. */
inlay_status table_match_rows(struct table_view *view, size_t entry, const char *column,
                              const struct text_query *query, const struct row_filter *filter,
                              struct rowset *rows, inlay_error *err);

inlay_status table_count_matches(struct table_view *view, const char *column,
                                 const struct text_query *query, const struct row_filter *filter,
                                 const struct cancel_token *cancel, uint64_t *matches,
                                 inlay_error *err);

/* INLAY_INVALID_ARGUMENT when k + offset passes SEARCH_DEPTH_MAX. */
inlay_status search_depth_check(uint64_t k, uint64_t offset, inlay_error *err);

#endif
