/* SPDX-License-Identifier: Apache-2.0 */
/* Plain DuckDB, the engine that Inlay's answers are compared with: tables of its own, filled with
 * the rows that Inlay gives for SELECT *. */
#ifndef INLAY_TESTS_SQL_PEER_H
#define INLAY_TESTS_SQL_PEER_H

#include "sql/row_set.h"

struct peer;

struct peer *peer_open(void);
void peer_close(struct peer *peer);

void peer_query(struct peer *peer, const char *sql, struct row_set *out);

/* Copies a table of the connection, _id included. False: `message` says why. */
bool peer_copy(struct peer *peer, inlay_connection *connection, const char *table, char *message,
               size_t size);

/* A statement's rows as a stream for inlay_table_append. False: `message` says why. */
bool peer_stream(struct peer *peer, const char *sql, struct ArrowArrayStream *out, char *message,
                 size_t size);

#endif
