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

/* Nesting allowed in a schema; imports refuse more, so recursion over fields is bounded. */
#define SCHEMA_MAX_DEPTH 32

struct field {
    char *name; /* owned */
    enum column_type type;
    bool nullable;
    enum time_unit unit;
    char *timezone; /* owned, or NULL */
    int32_t width;  /* FIXED_BINARY bytes, FIXED_LIST items */
    int32_t precision;
    int32_t scale;
    bool dictionary; /* arrived, and is preferably returned, dictionary-encoded */
    /* How an imported array is laid out: read by array_view, ignored by field_equal and by
     * field_to_arrow. Zero is the layout that this library produces. */
    enum column_type index_type; /* dictionary indexes; COLUMN_NULL = int32 */
    bool view;                   /* utf8_view or binary_view instead of offsets */
    struct field *children;      /* owned */
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
/* Same name, type, nullability and children; names of list items do not count. */
bool field_equal(const struct field *a, const struct field *b);
/* The same without the field's own name and nullability: can values move over unchanged? */
bool field_same_type(const struct field *a, const struct field *b);
bool schema_equal(const struct schema *a, const struct schema *b);
/* Index of a name (exact, case-sensitive), or -1. */
ptrdiff_t schema_find(const struct schema *schema, const char *name);
/* Appends a leaf; further attributes are set on the returned field. NULL: no memory. */
struct field *schema_add(struct schema *schema, const char *name, enum column_type type,
                         bool nullable);
/* Appends a deep copy of a field. On failure `schema` is as before. */
inlay_status schema_add_copy(struct schema *schema, const struct field *field, inlay_error *err);
/* Appends a child to a nested field. NULL: no memory. */
struct field *field_add_child(struct field *parent, const char *name, enum column_type type,
                              bool nullable);
/* Replaces the time zone by a copy (NULL: none). False: no memory. */
bool field_set_timezone(struct field *field, const char *timezone);

/* Bytes of one value of a fixed-width type in Arrow layout and in colvec (bool: 1 byte in colvec);
 * 0 for variable-width and nested types. */
uint32_t column_type_width(const struct field *field);
bool column_type_is_string(enum column_type type); /* utf8, large utf8, binary, large binary */
bool column_type_is_utf8(enum column_type type);
bool column_type_is_nested(enum column_type type);
bool column_type_is_integer(enum column_type type); /* int8..int64, uint8..uint64 */

/* "int64", "list<utf8>", "timestamp[us, UTC]", ... written to `text`, always NUL terminated and cut
 * short when it does not fit. Nested fields that may not be null are followed by " not null";
 * names of struct fields that are not plain words stand in double quotes, "" for a quote. */
void field_type_text(const struct field *field, char *text, size_t size);
/* The inverse for the types that tables may have (and "string" for utf8). List items are named
 * "item". The field's own name becomes "" and it is nullable; INLAY_SCHEMA names what is wrong. */
inlay_status field_type_parse(const char *text, struct field *out, inlay_error *err);

/* Arrow C schema in and out. Import validates everything (INLAY_SCHEMA; INLAY_UNSUPPORTED for
 * types that the model lacks); a dictionary type becomes its value type with `dictionary` set, a
 * map a list of structs. `arrow` stays the caller's. Export: the caller releases *out, which
 * depends on nothing else. A schema is exported as a struct ("+s").
 */
inlay_status field_from_arrow(const struct ArrowSchema *arrow, struct field *out, inlay_error *err);
inlay_status schema_from_arrow(const struct ArrowSchema *arrow, struct schema *out,
                               inlay_error *err);
inlay_status field_to_arrow(const struct field *field, struct ArrowSchema *out, inlay_error *err);
inlay_status schema_to_arrow(const struct schema *schema, struct ArrowSchema *out,
                             inlay_error *err);
/* The same, with index_type and view as they are: describes an array that was imported. */
inlay_status schema_to_arrow_as_imported(const struct schema *schema, struct ArrowSchema *out,
                                         inlay_error *err);

#endif
