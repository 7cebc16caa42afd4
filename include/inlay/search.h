/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Full-text search. Scores are BM25 over the statistics of the whole snapshot, so the same rows
 * give the same ranking however they are laid out in files. Ties are broken by _id.
 */
#ifndef INLAY_SEARCH_H
#define INLAY_SEARCH_H

#include "inlay/parameter.h"
#include "inlay/table.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Which rows may be hits: those that pass all that is set here. It is applied while rows are
 * ranked: k hits come back when k exist, and scores are those of the whole table. Ids that no row
 * has are ignored.
 *
 * `where` is one boolean SQL expression over the table's columns, what may stand behind WHERE:
 * "price < 25 AND lang = 'en'"; rows for which it is NULL are no hits. Subqueries may read other
 * tables; aggregates, window functions and search functions are refused outside of them. A bad one
 * is INLAY_QUERY, with the position in offset. The rows of a condition are kept in memory per
 * version, so asking with the same one again costs nothing.
 */
typedef struct inlay_filter {
    size_t struct_size;
    const inlay_id *allowed;  /* only these; NULL = all rows */
    size_t allowed_count;     /* 0 with non-NULL `allowed`: none */
    const inlay_id *excluded; /* but none of these */
    size_t excluded_count;
    const char *where;                 /* NULL = all rows */
    const inlay_parameter *parameters; /* of ? and $name in `where` */
    size_t parameter_count;
} inlay_filter;

INLAY_API void inlay_filter_init(inlay_filter *filter);

typedef struct inlay_search_options {
    size_t struct_size;
    uint64_t k;                 /* hits to return; default 10 */
    uint64_t offset;            /* hits to skip first; default 0 */
    const inlay_filter *filter; /* rows that may be hits; NULL = all */
    int32_t match_all;          /* 1: every plain term must occur (AND); default 0 (OR) */
    const char *const *columns; /* to return besides score; NULL = all */
    size_t column_count;        /* 0 with non-NULL columns: _id only */
    uint32_t snippet_bytes; /* > 0: add a utf8 column "snippet" of at most about that many bytes */
    const char *highlight_open; /* put around matches in snippets; default "" */
    const char *highlight_close;
    uint64_t timeout_ms;        /* 0 = none; else the search ends with INLAY_TIMEOUT */
    const inlay_cancel *cancel; /* NULL = cannot be cancelled */
} inlay_search_options;

INLAY_API void inlay_search_options_init(inlay_search_options *options);

/*
 * The best hits for `query` in a text-indexed column, best first: the chosen columns, then score
 * (float32), then snippet when asked for. The query language: terms, "phrases"~slop, +must,
 * -must_not, ^boost, ( ), AND, OR, NOT. `options` and `cost` may be NULL. Errors:
 * INLAY_INVALID_ARGUMENT (no such column, no text index).
 */
INLAY_API inlay_status inlay_bm25_search(inlay_table *table, const char *column, const char *query,
                                         const inlay_search_options *options,
                                         struct ArrowArrayStream *out, inlay_cost *cost,
                                         inlay_error *err) INLAY_MUST_CHECK;

/* How many rows match, without ranking them. Options as above, filter included; k and
 * offset are ignored. */
INLAY_API inlay_status inlay_bm25_count(inlay_table *table, const char *column, const char *query,
                                        const inlay_search_options *options, uint64_t *count,
                                        inlay_cost *cost, inlay_error *err) INLAY_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
