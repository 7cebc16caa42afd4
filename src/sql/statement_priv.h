/* SPDX-License-Identifier: Apache-2.0 */
/* One running statement: its engine connection, its pinned relations, its first failure. */
#ifndef INLAY_SQL_STATEMENT_PRIV_H
#define INLAY_SQL_STATEMENT_PRIV_H

#include "base/arena.h"
#include "base/io_account.h"
#include "inlay/error.h"
#include "sql/relation.h"
#include "sql/top_guess.h"
#include "sql/watchdog.h"

#include <duckdb.h>
#include <pthread.h>
#include <stdbool.h>

struct sql_engine;
struct sql_parameter;

/* A statement beyond this is refused before parsing. */
#define SQL_TEXT_MAX (1u << 20)

struct pinned_relation {
    char *name;
    struct relation *relation;
};

/* The values of one column of a pinned relation. */
struct pinned_values {
    struct pinned_values *next;
    const struct relation *relation;
    size_t column;
    struct text_values *values; /* NULL: not to be had */
};

/* What every reference to a relation in the statement asks of its rows. */
struct statement_hint {
    struct statement_hint *next;
    const struct relation *relation;
    const struct predicate *predicate;
};

struct statement {
    _Atomic int64_t references; /* the stream's, and those of binds and scans */
    struct sql_engine *engine;
    struct statement *next; /* list of running statements, under the engine's lock */
    duckdb_connection connection;
    idx_t connection_id;
    pthread_mutex_t lock; /* guards what follows; taken after no other lock */
    struct pinned_relation *pinned;
    size_t pinned_count;
    size_t pinned_capacity;
    struct pinned_values *values;
    struct arena arena;           /* of the hints */
    struct statement_hint *hints; /* the latest of a relation first */
    const struct relation *exact; /* whose condition is not asked again; NULL: none's */
    struct scan_top top;          /* of the statement's only table */
    bool top_of_where;            /* of the rows that satisfy its condition */
    struct top_guess guess;
    struct scan_account account;
    struct io_account io_before; /* what the engine's account had when the statement began */
    inlay_error failure;         /* what a scan reported; status INLAY_OK = nothing */
    bool limited;                /* what follows is used */
    struct cancel_token token;
    struct watched_call watched;
};

struct sql_engine {
    duckdb_database database;
    struct relation_resolver resolver;
    uint64_t coded_rows;
    uint64_t hint_rows;
    uint64_t exact_rows;
    bool hints_off;
    bool no_push_down;
    struct filter_cache *filters;
    struct watchdog *watchdog;
    const struct io_account *io; /* NULL = not counted */
    struct io_prices prices;
    pthread_mutex_t lock; /* guards the list */
    struct statement *running;
};

/* Registers a fresh statement on a fresh engine connection; statement_end releases all. */
inlay_status statement_begin(struct sql_engine *engine, struct statement **out, inlay_error *err);
void statement_end(struct statement *statement); /* NULL-safe */

/* A thread of the engine may free the last of a plan and its scans a moment after the result was
 * destroyed and the statement has ended: whatever the engine frees keeps a reference, and with it
 * the pinned relations. */
struct statement *statement_retain(struct statement *statement);
void statement_release(struct statement *statement); /* NULL-safe */

/* Ends the statement with a deadline from now on, or when a token (may be NULL) says so. Before it
 * runs. Without this it runs as long as it takes. */
void statement_limit(struct statement *statement, uint64_t timeout_ns,
                     const struct cancel_token *cancel);
/* Around every call in which the engine may work long. Entering fails when time is up already; only
 * what was entered is left. */
inlay_status statement_enter(struct statement *statement, inlay_error *err);
void statement_leave(struct statement *statement);
/* What ends the statement, for work that is done on its behalf; NULL: nothing does. */
const struct cancel_token *statement_token(const struct statement *statement);

/* The statement that runs on this engine connection; NULL: none of ours. */
struct statement *statement_of(struct sql_engine *engine, idx_t connection_id);

/* The relation of that name, pinned at its first use. Borrowed from the statement. */
inlay_status statement_relation(struct statement *statement, const char *name,
                                struct relation **out, inlay_error *err);

/* Makes `name` mean this relation in the statement, which takes it over, also on failure. */
inlay_status statement_pin(struct statement *statement, const char *name, struct relation *relation,
                           inlay_error *err);

/* The relation, when the statement has used it already; else NULL. */
struct relation *statement_pinned(struct statement *statement, const char *name);
/* The values of a column of a pinned relation, asked for once. *out is borrowed from the statement,
 * NULL when the relation does not give them. */
inlay_status statement_text_values(struct statement *statement, struct relation *relation,
                                   size_t column, const struct text_values **out, inlay_error *err);

/* The predicate of a pinned relation's rows; NULL: none is known. Hints are set after the statement
 * was prepared and before it runs. */
const struct predicate *statement_hint(struct statement *statement,
                                       const struct relation *relation);

/* Only before it runs; both are borrowed, the predicate from the statement's arena. The last one
 * set holds; NULL: every row. False: no memory. */
bool statement_set_hint(struct statement *statement, const struct relation *relation,
                        const struct predicate *predicate);
/* Is the relation's hint its whole condition, which its scans must decide? Set before it runs. */
bool statement_is_exact(struct statement *statement, const struct relation *relation);
void statement_set_exact(struct statement *statement, const struct relation *relation);
/* The rows of the largest pinned relation. */
uint64_t statement_most_rows(struct statement *statement);

/* Keeps the first failure of a scan, so that the caller gets it instead of the engine's text. */
void statement_fail(struct statement *statement, const inlay_error *failure);
void statement_forget_failure(struct statement *statement);

/* inlay_scan('docs', places := true) has two columns more, RELATION_PLACES: internal statements
 * read them to learn which rows a condition holds for. */
#define SCAN_PLACE_PART "inlay part"
#define SCAN_PLACE_ROW "inlay row"

/* What the binds of table functions share (scan.c): the statement that is being prepared, NULL when
 * it is none of ours; a text argument (duckdb_free), NULL when it is null; and how they fail. */
struct statement *scan_bind_statement(duckdb_bind_info info, struct sql_engine *engine);
char *scan_text_of(duckdb_value value);
void scan_bind_fail(duckdb_bind_info info, struct statement *statement, const inlay_error *err);

/* The two arguments of a table function over a column of a table; a NULL is a name that is missing,
 * or the statement that is none of ours. */
struct scan_column_names {
    struct statement *statement;
    char *table;
    char *column;
};
void scan_column_names_get(duckdb_bind_info info, struct scan_column_names *out);
void scan_column_names_free(struct scan_column_names *names);
/* Registers such a function. `local_init` may be NULL; then it is run by one thread and gives both
 * its columns. */
inlay_status scan_register_column(struct sql_engine *engine, const char *name,
                                  duckdb_table_function_bind_t bind,
                                  duckdb_table_function_init_t init,
                                  duckdb_table_function_init_t local_init,
                                  duckdb_table_function_t function, inlay_error *err);

/* Registers inlay_scan and the replacement scan that leads table names to it (scan.c). */
inlay_status scan_register(struct sql_engine *engine, inlay_error *err);

/* Translates the engine's error text (stream.c): the statement's own failure first. */
inlay_status sql_error(struct statement *statement, const char *engine_text, const char *sql,
                       inlay_error *err);

/* Binds them (parameters.c). INLAY_QUERY: not as many as the statement has, or no such name. */
inlay_status sql_bind_parameters(duckdb_prepared_statement prepared,
                                 const struct sql_parameter *parameters, size_t count,
                                 inlay_error *err);

/* What is run for a statement. */
struct sql_plan {
    duckdb_prepared_statement prepared;
    duckdb_prepared_statement original; /* names the columns; NULL = as `prepared` does */
    struct kept_chunks kept;            /* not empty: the whole result */
    bool bound;                         /* `prepared` has its own parameters, with values */
    bool pushed;   /* the text that was prepared has arguments that were not written */
    bool explains; /* EXPLAIN: rows of ours follow the engine's (explain.h) */
    bool analyzes; /* EXPLAIN ANALYZE */
};

/* Hands the result over as a stream that owns `statement`, `plan` and `result` (stream.c). On
 * failure nothing was taken. */
inlay_status stream_open(struct statement *statement, const struct sql_plan *plan,
                         duckdb_result *result, struct ArrowArrayStream *out, inlay_error *err);

#endif
