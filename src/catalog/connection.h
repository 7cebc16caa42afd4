/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A connection: a catalog of tables at a URI.
 *
 *   memory://            in this process, gone when the connection is closed
 *   file:///absolute     a folder (file://relative works too); no percent-decoding
 *   anything without ://  a folder's path
 *
 * Options are text pairs. An unknown key is INLAY_INVALID_ARGUMENT and names the nearest known one.
 *
 *   consistency    strong | bounded | pinned     readers of tables, see table/table.h
 *   staleness_ms   0..86400000                   the bound of "bounded"
 *   commit_tries   1..1000
 *   linger_ms      0..10000                      how long appends wait to share a commit
 *
 * Thread-safe after opening.
 */
#ifndef INLAY_CATALOG_CONNECTION_H
#define INLAY_CATALOG_CONNECTION_H

#include "base/env.h"
#include "storage/provider.h"
#include "table/table.h"

struct connection;

struct connection_option {
    const char *key;
    const char *value;
};

/* `env` NULL = the system's; it outlives the connection. */
inlay_status connection_open(const char *uri, const struct connection_option *options, size_t count,
                             const struct env *env, struct connection **out, inlay_error *err);
/* The same over a provider that the caller has made; `take`: the connection closes it. */
inlay_status connection_open_on(struct provider *provider, bool take,
                                const struct connection_option *options, size_t count,
                                const struct env *env, struct connection **out, inlay_error *err);
/* Tables and snapshots opened through it must be closed before. NULL-safe. */
void connection_close(struct connection *connection);

struct provider *connection_provider(struct connection *connection); /* borrowed */
const struct env *connection_env(const struct connection *connection);
/* The options of a table at a location of this connection. */
struct table_options connection_table_options(const struct connection *connection,
                                              const char *location);

#endif
