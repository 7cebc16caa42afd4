/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/top_guess.h"

#include "base/error.h"
#include "sql/statement_priv.h"

/* Runs the statement as its hints are now. *rows: of the result; when it has more chunks than are
 * kept, which a LIMIT excludes, the guess counts as failed. */
static inlay_status run(struct statement *statement, duckdb_prepared_statement prepared,
                        duckdb_result *result, struct kept_chunks *chunks, uint64_t *rows,
                        inlay_error *err)
{
    duckdb_data_chunk chunk = NULL;
    const char *failure = NULL;
    *rows = 0;
    if (duckdb_execute_prepared_streaming(prepared, result) != DuckDBSuccess) {
        return sql_error(statement, duckdb_result_error(result), NULL, err);
    }
    while (chunks->count < TOP_GUESS_CHUNKS_MAX && (chunk = duckdb_fetch_chunk(*result)) != NULL) {
        *rows += duckdb_data_chunk_get_size(chunk);
        chunks->items[chunks->count++] = chunk;
    }
    if (chunk == NULL) {
        failure = duckdb_result_error(result);
    } else {
        *rows = 0;
    }
    return failure == NULL || failure[0] == '\0' ? INLAY_OK
                                                 : sql_error(statement, failure, NULL, err);
}

void kept_chunks_free(struct kept_chunks *chunks)
{
    while (chunks->next < chunks->count) {
        duckdb_destroy_data_chunk(&chunks->items[chunks->next++]);
    }
    chunks->count = 0;
    chunks->next = 0;
}

/* Would the next guess find enough, if its rows are like those of this one? */
static bool is_worth_going_on(const struct top_guess *guess, size_t index, uint64_t rows)
{
    return index + 1 < guess->count && guess->tries[index].rows != 0 &&
           rows * (guess->tries[index + 1].rows / guess->tries[index].rows) >= guess->rows;
}

inlay_status top_guess_run(struct statement *statement, duckdb_prepared_statement prepared,
                           duckdb_result *result, struct kept_chunks *chunks, inlay_error *err)
{
    const struct top_guess *guess = &statement->guess;
    inlay_status status = INLAY_OK;
    bool more = guess->count != 0;
    size_t i;
    for (i = 0; more && status == INLAY_OK; i++) {
        uint64_t rows = 0;
        if (!statement_set_hint(statement, guess->relation, guess->tries[i].predicate)) {
            return error_no_memory(err);
        }
        status = run(statement, prepared, result, chunks, &rows, err);
        if (status == INLAY_OK && rows >= guess->rows) {
            return INLAY_OK;
        }
        more = is_worth_going_on(guess, i, rows);
        kept_chunks_free(chunks);
        duckdb_destroy_result(result);
    }
    if (guess->count != 0 && status == INLAY_OK &&
        !statement_set_hint(statement, guess->relation, guess->wide)) {
        return error_no_memory(err);
    }
    return status;
}
