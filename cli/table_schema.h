/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a table: printing them, and finding the one to search. */
#ifndef INLAY_CLI_TABLE_SCHEMA_H
#define INLAY_CLI_TABLE_SCHEMA_H

#include "session.h"

/* Reads the schema of a table and prints column, type, nullability and index, one row each. */
inlay_status table_schema_print(const struct session *session, inlay_table *table,
                                inlay_error *err);

/*
 * The column to search when none is named: the only one with a text index; of several "body",
 * "text", "content" or "message", else the first. Points into `schema`. INLAY_INVALID_ARGUMENT when
 * the table has no text index.
 */
inlay_status table_schema_search_column(inlay_table *table, const struct ArrowSchema *schema,
                                        const char **column, inlay_error *err);

struct vector_column {
    char *name; /* owned */
};

/* `asked`, or for NULL the first column with a vector index. INLAY_INVALID_ARGUMENT when there is
 * none. Free in any case. */
inlay_status vector_column_choose(inlay_table *table, const char *asked, struct vector_column *out,
                                  inlay_error *err);
void vector_column_free(struct vector_column *column);

#endif
