/* SPDX-License-Identifier: Apache-2.0 */
/* The logical schema model: what a table's columns are, independent of Parquet, Arrow and SQL. */
#ifndef INLAY_COLUMNAR_SCHEMA_H
#define INLAY_COLUMNAR_SCHEMA_H

#include "inlay/arrow.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Numbers are stored in our formats and never change. */
enum column_type {
    COLUMN_NULL = 0,
    COLUMN_BOOL = 1,
    COLUMN_INT8 = 2,
    COLUMN_INT16 = 3,
    COLUMN_INT32 = 4,
    COLUMN_INT64 = 5,
    COLUMN_UINT8 = 6,
    COLUMN_UINT16 = 7,
    COLUMN_UINT32 = 8,
    COLUMN_UINT64 = 9,
    COLUMN_FLOAT16 = 10,
    COLUMN_FLOAT32 = 11,
    COLUMN_FLOAT64 = 12,
    COLUMN_UTF8 = 13,
    COLUMN_LARGE_UTF8 = 14,
    COLUMN_BINARY = 15,
    COLUMN_LARGE_BINARY = 16,
    COLUMN_FIXED_BINARY = 17, /* width */
    COLUMN_DATE32 = 18,       /* days */
    COLUMN_DATE64 = 19,       /* milliseconds */
    COLUMN_TIME32 = 20,       /* unit: s, ms */
    COLUMN_TIME64 = 21,       /* unit: us, ns */
    COLUMN_TIMESTAMP = 22,    /* unit, timezone (NULL = none) */
    COLUMN_DECIMAL128 = 23,   /* precision, scale */
    COLUMN_LIST = 24,         /* one child */
    COLUMN_LARGE_LIST = 25,
    COLUMN_FIXED_LIST = 26, /* width = items per list; vectors */
    COLUMN_STRUCT = 27,
    COLUMN_DURATION = 28, /* unit; read from foreign files as int64 */
    COLUMN_INTERVAL = 29  /* foreign files only: unsupported */
};

enum time_unit { UNIT_SECOND = 0, UNIT_MILLI = 1, UNIT_MICRO = 2, UNIT_NANO = 3 };

struct field {
    char *name; /* owned */
    enum column_type type;
    bool nullable;
    enum time_unit unit;
    char *timezone; /* owned, or NULL */
    int32_t width;  /* FIXED_BINARY bytes, FIXED_LIST items */
    int32_t precision;
    int32_t scale;
    bool dictionary;        /* arrived, and is preferably returned, dictionary-encoded */
    struct field *children; /* owned */
    size_t child_count;
};

struct schema {
    struct field *fields; /* owned */
    size_t count;
};

void field_free(struct field *field);    /* what it owns, not the struct */
void schema_free(struct schema *schema); /* what it owns, not the struct */
inlay_status field_copy(const struct field *from, struct field *to, inlay_error *err);
inlay_status schema_copy(const struct schema *from, struct schema *to, inlay_error *err);
bool field_equal(const struct field *a, const struct field *b);
/* Index of a name (exact, case-sensitive), or -1. */
ptrdiff_t schema_find(const struct schema *schema, const char *name);
/* Appends a leaf; further attributes are set on the returned field. NULL: no memory. */
struct field *schema_add(struct schema *schema, const char *name, enum column_type type,
                         bool nullable);

/* Bytes of one value of a fixed-width type in Arrow layout and in colvec (bool: 1 byte in colvec);
 * 0 for variable-width and nested types. */
uint32_t column_type_width(const struct field *field);
/* "int64", "list<utf8>", "timestamp[us, UTC]", ... written to `text`, always NUL terminated. */
void field_type_text(const struct field *field, char *text, size_t size);
/* The inverse for the types that tables may have. */
inlay_status field_type_parse(const char *text, struct field *out, inlay_error *err);

/* Arrow C schema in and out. Import validates everything; a dictionary type becomes its value type
 * with `dictionary` set. Export: the caller releases *out. A schema is exported as a struct ("+s").
 */
inlay_status field_from_arrow(const struct ArrowSchema *arrow, struct field *out, inlay_error *err);
inlay_status schema_from_arrow(const struct ArrowSchema *arrow, struct schema *out,
                               inlay_error *err);
inlay_status field_to_arrow(const struct field *field, struct ArrowSchema *out, inlay_error *err);
inlay_status schema_to_arrow(const struct schema *schema, struct ArrowSchema *out,
                             inlay_error *err);

#endif
