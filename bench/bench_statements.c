/* SPDX-License-Identifier: Apache-2.0 */
/* The statements of bench/sql on Inlay, through inlay_query_sql. */
#include "bench/bench.h"
#include "bench/statements.h"

#include <stdio.h>

static bool run_statement(void *context, const char *sql, struct answer *answer,
                          char problem[PROBLEM_SIZE])
{
    struct ArrowArrayStream stream;
    inlay_error err;
    bool ok;
    inlay_error_init(&err);
    if (inlay_query_sql(context, sql, NULL, 0, NULL, &stream, NULL, &err) != INLAY_OK) {
        (void)snprintf(problem, PROBLEM_SIZE, "%s", err.message);
        return false;
    }
    ok = answer_drain(&stream, answer, problem);
    stream.release(&stream);
    return ok;
}

void suite_statements(struct bench *bench)
{
    inlay_connection *connection = bench_connect(bench);
    struct statement_engine engine = {bench->engine, connection, run_statement};
    bench_check(bench->source != NULL && statements_run(bench->source, &engine),
                "no statements: --source FILE, lines of name TAB statement");
    inlay_close(connection);
}
