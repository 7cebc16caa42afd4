/* SPDX-License-Identifier: Apache-2.0 */
/* A pinned view of a table as a relation: row groups are dealt out to the engine's threads. */
#ifndef INLAY_SQL_TABLE_RELATION_H
#define INLAY_SQL_TABLE_RELATION_H

#include "sql/relation.h"
#include "table/rows/typed_table.h"

/* Takes one reference of the view over, also on failure. */
inlay_status table_relation_create(struct table_view *view, struct relation **out,
                                   inlay_error *err);
/* The view of a relation that was made so, borrowed; NULL for any other. */
struct table_view *table_relation_view(const struct relation *relation);

#endif
