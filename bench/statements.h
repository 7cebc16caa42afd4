/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Named SQL statements from a file, timed on one engine: shared by inlay_bench and the DuckDB peer.
 * A line of the file is `name TAB statement`. Every answer comes as Arrow arrays and is drained.
 */
#ifndef INLAY_BENCH_STATEMENTS_H
#define INLAY_BENCH_STATEMENTS_H

#include "inlay/arrow.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an answer holds, in a form that all engines can tell alike. */
struct answer {
    uint64_t rows;
    double numbers; /* sum of the last column of numbers */
    uint64_t
        text_bytes; /* sum of all bytes of all columns of texts: their values, not their number */
};

/* Adds a batch of rows. Children of other types than numbers and texts are passed over. */
void answer_add(struct answer *answer, const struct ArrowSchema *schema,
                const struct ArrowArray *batch);

#define PROBLEM_SIZE 800
/* Reads a stream to its end, which the caller releases; `answer` may be NULL. false: `problem` says
 * why it failed. */
bool answer_drain(struct ArrowArrayStream *stream, struct answer *answer,
                  char problem[PROBLEM_SIZE]);

struct statement_engine {
    const char *name; /* as reported */
    void *context;
    /* Runs one statement to its last row; fills `answer` when it is not NULL. false: `problem` says
     * why it failed. */
    bool (*run)(void *context, const char *sql, struct answer *answer, char problem[PROBLEM_SIZE]);
};

/* Prints a line of suite "sql" for each statement; a statement that fails is a line with "failed"
 * in place of times. false: the file cannot be read. */
bool statements_run(const char *path, const struct statement_engine *engine);

#endif
