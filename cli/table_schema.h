/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a table: printing them, and finding the one to search. */
#ifndef INLAY_CLI_TABLE_SCHEMA_H
#define INLAY_CLI_TABLE_SCHEMA_H

#include "session.h"

/* Column, type and nullability, one row each, in the mode. */
void table_schema_print(FILE *file, enum output_mode mode, const struct ArrowSchema *schema);

/*
 * The column to search when none is named: the only one with a text index; of several "body",
 * "text", "content" or "message", else the first. Points into `schema`. INLAY_INVALID_ARGUMENT when
 * the table has no text index.
 */
inlay_status table_schema_search_column(inlay_table *table, const struct ArrowSchema *schema,
                                        const char **column, inlay_error *err);

#endif
