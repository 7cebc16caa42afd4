/* SPDX-License-Identifier: Apache-2.0 */
/* What every command needs: the global options, the connection, the ways out. */
#ifndef INLAY_CLI_SESSION_H
#define INLAY_CLI_SESSION_H

#include "command.h"
#include "cost.h"
#include "out/printer.h"
#include "report.h"

#include "inlay/inlay.h"

struct session {
    const char *db;
    enum output_mode mode;
    bool cost;
    bool progress; /* wanted, and stderr is a terminal */
    uint32_t threads;
    uint64_t memory_limit;
    struct unit_prices prices;
    inlay_connection *connection; /* NULL until session_connect */
};

/* From the global options and the environment. Returns an exit code. */
int session_init(struct session *session, const struct parsed *parsed);
void session_close(struct session *session);

/* Connects once. Without `create`, a local folder that does not exist is INLAY_NOT_FOUND instead of
 * being made: a mistyped --db should not leave a folder behind. */
inlay_status session_connect(struct session *session, bool create, inlay_error *err);

/* Connects and opens a table for reading. The caller closes *out. */
inlay_status session_open_table(struct session *session, const char *name, inlay_table **out,
                                inlay_error *err);

/* Rows to stdout in the session's mode; releases the stream. */
inlay_status session_print(const struct session *session, struct ArrowArrayStream *stream,
                           inlay_error *err);

/* Hits of a search in the session's mode; the first one has rank `first_rank`. `column` is where
 * was searched, for saying that there was nothing. Releases the stream. */
inlay_status session_print_hits(const struct session *session, struct ArrowArrayStream *stream,
                                uint64_t first_rank, const char *column, inlay_error *err);

/* With --cost: what a query cost, on stderr. */
void session_print_cost(const struct session *session, const inlay_cost *cost);

/* The error of a search with --filter (may be NULL), with a mark under the place in the condition;
 * else as session_finish. */
int session_finish_filter(const struct session *session, inlay_status status,
                          const inlay_error *err, const char *filter);

/* OK → 0, else the error printed and its code. */
int session_finish(const struct session *session, inlay_status status, const inlay_error *err);

#endif
