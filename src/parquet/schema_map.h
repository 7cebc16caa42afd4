/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Columns ⇄ Parquet schema. Both directions give the same structure: the columnar schema, a tree of
 * nodes with the Dremel levels of every nesting step (Melnik et al., "Dremel", VLDB 2010), and the
 * list of leaves (column chunks) in file order. docs/format/parquet-profile.md has the type table.
 *
 * Levels follow from the column tree alone: a nullable field adds one definition level, a list adds
 * one definition and one repetition level; nothing else does.
 *
 * Immutable after creation, so shared freely between threads.
 */
#ifndef INLAY_PARQUET_SCHEMA_MAP_H
#define INLAY_PARQUET_SCHEMA_MAP_H

#include "columnar/schema.h"
#include "inlay/error.h"
#include "parquet/metadata.h"

#include <stddef.h>
#include <stdint.h>

struct schema_node {
    const struct field *field;
    /* Let d and r be the levels of one entry of any leaf below this node. */
    uint16_t parent_definition; /* this value exists (its list has this item) when d >= this */
    uint16_t definition;        /* this value is not null when d >= this */
    uint16_t item_definition;   /* lists: there is an item when d >= this (else empty) */
    uint16_t item_repetition;   /* lists: an entry with r >= this continues this list's value */
    size_t first_leaf;
    size_t leaf_count;
    struct schema_node *children; /* as field->children */
    size_t child_count;
};

struct schema_leaf {
    const struct field *field;
    size_t column;                  /* top-level column that it belongs to */
    enum parquet_type type;         /* stored type; `field` says what it means */
    int32_t type_length;            /* PARQUET_FIXED */
    struct parquet_logical logical; /* converted types are translated into this */
    uint16_t max_definition;
    uint16_t max_repetition;
};

struct schema_map {
    struct schema schema;       /* owned */
    struct schema_node *nodes;  /* one per column; owned */
    struct schema_leaf *leaves; /* owned */
    size_t leaf_count;
    struct parquet_schema_element *elements; /* for writing; NULL when made from a file; owned */
    size_t element_count;
};

/* What a column becomes when it is written. Element names point into out->schema. A column of type
 * COLUMN_INTERVAL, nesting deeper than the format's limit, or a schema without columns is
 * INLAY_SCHEMA. */
inlay_status schema_map_for_writing(const struct schema *schema, struct schema_map *out,
                                    inlay_error *err);

/* What a file's columns are. Every well-formed Parquet schema has an answer: lists of both the
 * standard and the older forms, bare repeated fields as lists, maps as list<struct<key, value>>,
 * INT96 as timestamp[ns]. Types without a counterpart are read as their stored bytes: decimals over
 * 38 digits, unknown annotations; INTERVAL is COLUMN_INTERVAL, which the reader refuses. Timestamps
 * that are adjusted to UTC get the time zone "UTC". */
inlay_status schema_map_from_file(const struct parquet_file_metadata *metadata,
                                  struct schema_map *out, inlay_error *err);

/* Takes from `original` (usually the file's ARROW:schema) what Parquet cannot say: large and fixed
 * lists, large strings, date64, seconds, durations, time zones, dictionary preference. A column
 * whose original does not fit what is stored keeps its plain type. Afterwards a leaf's
 * `logical.unit` may differ from its field's unit, and a COLUMN_FIXED_LIST promises `width` items
 * that the reader must check. */
inlay_status schema_map_refine(struct schema_map *map, const struct schema *original,
                               inlay_error *err);

void schema_map_free(struct schema_map *map); /* NULL-safe; zeroes */

#endif
