/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the schema map share. */
#ifndef INLAY_PARQUET_SCHEMA_MAP_PRIV_H
#define INLAY_PARQUET_SCHEMA_MAP_PRIV_H

#include "parquet/schema_map.h"

/* Fills map->nodes, and the fields, columns and levels of the leaves, from map->schema. The leaves'
 * array must be there, with one item per leaf field and the physical types in place. */
inlay_status schema_map_link(struct schema_map *map, inlay_error *err);

#endif
