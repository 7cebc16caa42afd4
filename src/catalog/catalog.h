/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tables of a connection: one record object per table, so that nothing is shared or hot. A
 * record of zero bytes is a dropped table; one listing tells the live names. Locations are unique
 * per creation: a name that is dropped and created again never sees old bytes. Format:
 * docs/format/catalog.md. Thread-safe, and safe against other processes.
 */
#ifndef INLAY_CATALOG_CATALOG_H
#define INLAY_CATALOG_CATALOG_H

#include "catalog/connection.h"
#include "catalog/table_record.h"

/*
 * Creates a table from a record whose schema, indexes and settings the caller has filled; name,
 * location and created_at_ms are set here. Of racing creators one wins, the others get
 * INLAY_ALREADY_EXISTS and leave nothing behind. INLAY_SCHEMA: see table_record_check. Requests: a
 * read, the table's two objects, the record.
 */
inlay_status catalog_create_table(struct connection *connection, const char *name,
                                  struct table_record *record, struct table **out,
                                  inlay_error *err);
/* Fills the record (table_record_free) and opens the table: two reads. INLAY_NOT_FOUND. */
inlay_status catalog_open_table(struct connection *connection, const char *name,
                                struct table_record *record, struct table **out, inlay_error *err);
/* The record alone, unless it is the one whose etag is given ("": none is known): then *changed is
 * false and the record empty. `etag` becomes that of the record. */
inlay_status catalog_read_record(struct connection *connection, const char *name,
                                 char etag[ETAG_SIZE], struct table_record *record, bool *changed,
                                 inlay_error *err);
/* Handles that are open keep working. `purge`: also deletes all objects at the table's location,
 * after the record; repeating a purge that failed is safe only by gc, since the name is gone. */
inlay_status catalog_drop_table(struct connection *connection, const char *name, bool purge,
                                inlay_error *err);
/* The live names in ascending order; free with catalog_names_free. */
inlay_status catalog_list_tables(struct connection *connection, char ***names, size_t *count,
                                 inlay_error *err);
void catalog_names_free(char **names, size_t count); /* NULL-safe */

#endif
