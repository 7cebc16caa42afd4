/* SPDX-License-Identifier: Apache-2.0 */
/* Columns to Parquet schema elements: the type table of docs/format/parquet-profile.md. */
#include "parquet/schema_map_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

struct emit {
    struct schema_map *map;
    size_t element_capacity;
    size_t leaf_capacity;
};

static struct parquet_bytes text_bytes(const char *text)
{
    struct parquet_bytes b = {(const uint8_t *)text, strlen(text)};
    return b;
}

static struct parquet_schema_element *add_element(struct emit *emit, const char *name,
                                                  enum parquet_repetition repetition)
{
    struct schema_map *map = emit->map;
    struct parquet_schema_element *e;
    void *items = map->elements;
    if (!mem_grow(&items, &emit->element_capacity, map->element_count + 1, sizeof(*e))) {
        return NULL;
    }
    map->elements = items;
    e = &map->elements[map->element_count++];
    memset(e, 0, sizeof(*e));
    e->name = text_bytes(name);
    e->repetition = repetition;
    e->type = PARQUET_GROUP;
    e->converted = PARQUET_CONVERTED_NONE;
    e->field_id = INT32_MIN;
    return e;
}

static void set_integer(struct parquet_schema_element *e, int32_t bits, bool is_signed)
{
    static const int32_t converted[2][4] = {
        {PARQUET_CONVERTED_UINT_8, PARQUET_CONVERTED_UINT_16, PARQUET_CONVERTED_UINT_32,
         PARQUET_CONVERTED_UINT_64},
        {PARQUET_CONVERTED_INT_8, PARQUET_CONVERTED_INT_16, PARQUET_CONVERTED_INT_32,
         PARQUET_CONVERTED_INT_64},
    };
    int log = __builtin_ctz((unsigned)bits) - 3;
    e->type = bits == 64 ? PARQUET_INT64 : PARQUET_INT32;
    if (is_signed && bits >= 32) {
        return; /* the physical type says it all */
    }
    e->converted = converted[is_signed][log];
    e->logical.kind = PARQUET_LOGICAL_INTEGER;
    e->logical.bit_width = bits;
    e->logical.is_signed = is_signed;
}

/* Seconds do not exist in Parquet: they are stored as milliseconds. */
static void set_time(struct parquet_schema_element *e, const struct field *field)
{
    bool is_timestamp = field->type == COLUMN_TIMESTAMP;
    enum time_unit unit = field->unit == UNIT_SECOND ? UNIT_MILLI : field->unit;
    bool utc = is_timestamp && field->timezone != NULL;
    e->type = is_timestamp || unit != UNIT_MILLI ? PARQUET_INT64 : PARQUET_INT32;
    e->logical.kind = is_timestamp ? PARQUET_LOGICAL_TIMESTAMP : PARQUET_LOGICAL_TIME;
    e->logical.unit = unit;
    e->logical.utc = utc;
    /* The converted types mean UTC-adjusted; nanoseconds have none. */
    if (utc && unit != UNIT_NANO) {
        e->converted = unit == UNIT_MILLI ? PARQUET_CONVERTED_TIMESTAMP_MILLIS
                                          : PARQUET_CONVERTED_TIMESTAMP_MICROS;
    }
}

static void set_decimal(struct parquet_schema_element *e, const struct field *field)
{
    e->type = field->precision <= 9    ? PARQUET_INT32
              : field->precision <= 18 ? PARQUET_INT64
                                       : PARQUET_FIXED;
    e->type_length = e->type == PARQUET_FIXED ? 16 : 0;
    e->converted = PARQUET_CONVERTED_DECIMAL;
    e->precision = field->precision;
    e->scale = field->scale;
    e->logical.kind = PARQUET_LOGICAL_DECIMAL;
    e->logical.precision = field->precision;
    e->logical.scale = field->scale;
}

static void set_annotated(struct parquet_schema_element *e, enum parquet_type type,
                          enum parquet_logical_kind kind, int32_t converted)
{
    e->type = type;
    e->logical.kind = kind;
    e->converted = converted;
}

static void set_fixed(struct parquet_schema_element *e, int32_t length)
{
    e->type = PARQUET_FIXED;
    e->type_length = length;
}

static inlay_status check_leaf(const struct field *field, inlay_error *err)
{
    if (field->type == COLUMN_DECIMAL128 && (field->precision < 1 || field->precision > 38 ||
                                             field->scale < 0 || field->scale > field->precision)) {
        return error_set(err, INLAY_SCHEMA,
                         "column '%s': decimal(%d, %d) has no Parquet form; the precision must be "
                         "1 to 38 and the scale 0 to the precision",
                         field->name, field->precision, field->scale);
    }
    if (field->type == COLUMN_FIXED_BINARY && field->width < 1) {
        return error_set(err, INLAY_SCHEMA, "column '%s': fixed binary of width %d", field->name,
                         field->width);
    }
    if (field->type == COLUMN_NULL && !field->nullable) {
        return error_set(err, INLAY_SCHEMA, "column '%s': type null must be nullable", field->name);
    }
    return INLAY_OK;
}

static inlay_status set_leaf_type(struct parquet_schema_element *e, const struct field *field,
                                  inlay_error *err)
{
    INLAY_TRY(check_leaf(field, err));
    switch (field->type) {
    case COLUMN_NULL:
        set_annotated(e, PARQUET_INT32, PARQUET_LOGICAL_UNKNOWN, PARQUET_CONVERTED_NONE);
        break;
    case COLUMN_BOOL:
        e->type = PARQUET_BOOLEAN;
        break;
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_INT32:
    case COLUMN_INT64:
        set_integer(e, 8 << (field->type - COLUMN_INT8), true);
        break;
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
    case COLUMN_UINT64:
        set_integer(e, 8 << (field->type - COLUMN_UINT8), false);
        break;
    case COLUMN_FLOAT16:
        set_fixed(e, 2);
        e->logical.kind = PARQUET_LOGICAL_FLOAT16;
        break;
    case COLUMN_FLOAT32:
        e->type = PARQUET_FLOAT;
        break;
    case COLUMN_FLOAT64:
        e->type = PARQUET_DOUBLE;
        break;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
        set_annotated(e, PARQUET_BYTE_ARRAY, PARQUET_LOGICAL_STRING, PARQUET_CONVERTED_UTF8);
        break;
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
        e->type = PARQUET_BYTE_ARRAY;
        break;
    case COLUMN_FIXED_BINARY:
        set_fixed(e, field->width);
        break;
    case COLUMN_DATE32:
    case COLUMN_DATE64:
        set_annotated(e, PARQUET_INT32, PARQUET_LOGICAL_DATE, PARQUET_CONVERTED_DATE);
        break;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
        set_time(e, field);
        break;
    case COLUMN_DECIMAL128:
        set_decimal(e, field);
        break;
    case COLUMN_DURATION:
        e->type = PARQUET_INT64;
        break;
    default:
        return error_set(err, INLAY_SCHEMA, "column '%s': its type has no Parquet form",
                         field->name);
    }
    return INLAY_OK;
}

static inlay_status emit_field(struct emit *emit, const struct field *field, const char *name,
                               unsigned depth, inlay_error *err);

static inlay_status emit_leaf(struct emit *emit, const struct field *field,
                              struct parquet_schema_element *e, inlay_error *err)
{
    struct schema_map *map = emit->map;
    struct schema_leaf *leaf;
    void *items = map->leaves;
    INLAY_TRY(set_leaf_type(e, field, err));
    if (!mem_grow(&items, &emit->leaf_capacity, map->leaf_count + 1, sizeof(*leaf))) {
        return error_no_memory(err);
    }
    map->leaves = items;
    leaf = &map->leaves[map->leaf_count++];
    memset(leaf, 0, sizeof(*leaf));
    leaf->type = e->type;
    leaf->type_length = e->type_length;
    leaf->logical = e->logical;
    return INLAY_OK;
}

/* The standard three-level list: <name> (LIST) { repeated group list { element } }. */
static inlay_status emit_list(struct emit *emit, const struct field *field,
                              struct parquet_schema_element *e, unsigned depth, inlay_error *err)
{
    struct parquet_schema_element *repeated;
    if (field->child_count != 1 || (field->type == COLUMN_FIXED_LIST && field->width < 1)) {
        return error_set(err, INLAY_SCHEMA, "column '%s': a list needs one item type%s",
                         field->name,
                         field->type == COLUMN_FIXED_LIST ? " and at least one item" : "");
    }
    set_annotated(e, PARQUET_GROUP, PARQUET_LOGICAL_LIST, PARQUET_CONVERTED_LIST);
    e->child_count = 1;
    repeated = add_element(emit, "list", PARQUET_REPEATED);
    if (repeated == NULL) {
        return error_no_memory(err);
    }
    repeated->child_count = 1;
    return emit_field(emit, &field->children[0], "element", depth + 2, err);
}

static inlay_status emit_field(struct emit *emit, const struct field *field, const char *name,
                               unsigned depth, inlay_error *err)
{
    struct parquet_schema_element *e;
    size_t i;
    if (depth >= PARQUET_MAX_SCHEMA_DEPTH) {
        return error_set(err, INLAY_SCHEMA, "column '%s' is nested too deeply", field->name);
    }
    e = add_element(emit, name, field->nullable ? PARQUET_OPTIONAL : PARQUET_REQUIRED);
    if (e == NULL) {
        return error_no_memory(err);
    }
    switch (field->type) {
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        return emit_list(emit, field, e, depth, err);
    case COLUMN_STRUCT:
        if (field->child_count == 0) {
            return error_set(err, INLAY_SCHEMA, "column '%s': a struct needs fields", field->name);
        }
        e->child_count = (uint32_t)field->child_count;
        for (i = 0; i < field->child_count; i++) {
            INLAY_TRY(
                emit_field(emit, &field->children[i], field->children[i].name, depth + 1, err));
        }
        return INLAY_OK;
    default:
        return emit_leaf(emit, field, e, err);
    }
}

static inlay_status emit_schema(struct emit *emit, inlay_error *err)
{
    const struct schema *schema = &emit->map->schema;
    struct parquet_schema_element *root = add_element(emit, "schema", PARQUET_REQUIRED);
    size_t i;
    if (root == NULL) {
        return error_no_memory(err);
    }
    root->child_count = (uint32_t)schema->count;
    for (i = 0; i < schema->count; i++) {
        INLAY_TRY(emit_field(emit, &schema->fields[i], schema->fields[i].name, 1, err));
    }
    return schema_map_link(emit->map, err);
}

inlay_status schema_map_for_writing(const struct schema *schema, struct schema_map *out,
                                    inlay_error *err)
{
    struct emit emit = {out, 0, 0};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (schema->count == 0 || schema->count > INT32_MAX) {
        return error_set(err, INLAY_SCHEMA, "a Parquet file needs at least one column");
    }
    status = schema_copy(schema, &out->schema, err);
    if (status == INLAY_OK) {
        status = emit_schema(&emit, err);
    }
    if (status != INLAY_OK) {
        schema_map_free(out);
    }
    return status;
}
