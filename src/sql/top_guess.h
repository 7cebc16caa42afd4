/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The first rows of an order, by guessing where they are:
 *
 *   SELECT * FROM t WHERE level = 'error' ORDER BY at DESC LIMIT 10
 *
 * is tried on the rows with the latest hundredth of times first, if statistics say that reading
 * those is cheap. When 10 rows come out, no other row is among the first 10: the answer is exact.
 * When fewer do, the statement runs again over more rows, at last over all. The engine itself does
 * so within its own scans by narrowing a filter while it runs; the scans of table functions cannot
 * be told of that.
 */
#ifndef INLAY_SQL_TOP_GUESS_H
#define INLAY_SQL_TOP_GUESS_H

#include "inlay/error.h"
#include "sql/relation.h"

#include <duckdb.h>

struct statement;

#define TOP_GUESSES_MAX 2

struct top_guess {
    struct relation *relation;
    const struct predicate *wide; /* the relation's hint without a guess; NULL: every row */
    uint64_t rows;                /* a guess holds if so many come out */
    struct {
        const struct predicate *bound;     /* of the ordered column */
        const struct predicate *predicate; /* that and `wide` */
        uint64_t rows;                     /* that it leaves to be read, about */
    } tries[TOP_GUESSES_MAX];              /* from the narrowest on */
    size_t count;                          /* 0: nothing is to be tried */
};

/* Results longer than this are not kept in memory. */
#define TOP_GUESS_ROWS_MAX 10000

#define TOP_GUESS_CHUNKS_MAX (TOP_GUESS_ROWS_MAX / 1024 + 8)

/* What came out, before it is asked for. */
struct kept_chunks {
    duckdb_data_chunk items[TOP_GUESS_CHUNKS_MAX]; /* owned from `next` on */
    size_t count;
    size_t next;
};

/* Runs the statement with its guesses, the narrowest first. When one holds, *result and *chunks are
 * its whole result, and the statement's hint stays as it was guessed. Else there are no chunks, no
 * result, and the hint is as it was. */
inlay_status top_guess_run(struct statement *statement, duckdb_prepared_statement prepared,
                           duckdb_result *result, struct kept_chunks *chunks, inlay_error *err);
void kept_chunks_free(struct kept_chunks *chunks);

#endif
