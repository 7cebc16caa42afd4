/* SPDX-License-Identifier: Apache-2.0 */
/* A table's relation and the scans of it (table_relation_scan.c). */
#ifndef INLAY_SQL_TABLE_RELATION_PRIV_H
#define INLAY_SQL_TABLE_RELATION_PRIV_H

#include "sql/relation.h"
#include "table/rows/typed_table.h"

struct table_relation {
    struct relation base;
    struct table_view *view; /* one reference */
};

const struct schema *table_relation_schema(const struct relation *relation);

inlay_status table_scan_open(struct relation *relation, const struct scan_request *request,
                             struct relation_scan **out, inlay_error *err);
uint64_t table_scan_parallelism(const struct relation_scan *scan);
void table_scan_close(struct relation_scan *scan);
inlay_status table_worker_open(struct relation_scan *scan, struct relation_worker **out,
                               inlay_error *err);
inlay_status table_worker_next(struct relation_worker *worker, struct relation_rows *out,
                               inlay_error *err);
void table_worker_close(struct relation_worker *worker);

#endif
