/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The same rows three times: in an Inlay table of several superfiles in a folder, in one of a
 * single superfile in memory, and, copied from these with their _id values, in plain DuckDB.
 */
#ifndef INLAY_TESTS_SQL_LAYOUTS_H
#define INLAY_TESTS_SQL_LAYOUTS_H

#include "sql/peer.h"

struct layouts {
    char *folder; /* of `many` */
    inlay_connection *many;
    inlay_connection *one;
    struct peer *of_many; /* holds the rows of `many` */
    struct peer *of_one;
};

/* `threads` of our engine; plain DuckDB has one. */
void layouts_open(struct layouts *layouts, uint32_t threads);
void layouts_close(struct layouts *layouts);

/*
 * Makes a table everywhere. `head` is "name [text=column[:analyzer]]... [vector=column[:metric]]...
 * [superfiles=N] [import=csv|ndjson]"; `body` is a statement that gives the rows (run by `source`,
 * NULL = by Inlay itself), or the text of an import. False: `message` says why.
 */
bool layouts_table(struct layouts *layouts, const char *head, const char *body, struct peer *source,
                   char *message, size_t size);
void layouts_drop(struct layouts *layouts, const char *table);

#endif
