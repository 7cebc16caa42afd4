/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/types.h"

#include "base/alloc.h"
#include "base/error.h"

static duckdb_type timestamp_type(const struct field *field)
{
    if (field->timezone != NULL) {
        return DUCKDB_TYPE_TIMESTAMP_TZ; /* microseconds; other units are converted */
    }
    switch (field->unit) {
    case UNIT_SECOND:
        return DUCKDB_TYPE_TIMESTAMP_S;
    case UNIT_MILLI:
        return DUCKDB_TYPE_TIMESTAMP_MS;
    case UNIT_MICRO:
        return DUCKDB_TYPE_TIMESTAMP;
    case UNIT_NANO:
        return DUCKDB_TYPE_TIMESTAMP_NS;
    }
    return DUCKDB_TYPE_INVALID;
}

/* DUCKDB_TYPE_INVALID for the types that need attributes. */
static duckdb_type plain_type(const struct field *field)
{
    switch (field->type) {
    case COLUMN_NULL:
        return DUCKDB_TYPE_SQLNULL;
    case COLUMN_BOOL:
        return DUCKDB_TYPE_BOOLEAN;
    case COLUMN_INT8:
        return DUCKDB_TYPE_TINYINT;
    case COLUMN_INT16:
        return DUCKDB_TYPE_SMALLINT;
    case COLUMN_INT32:
        return DUCKDB_TYPE_INTEGER;
    case COLUMN_INT64:
    case COLUMN_DURATION:
        return DUCKDB_TYPE_BIGINT;
    case COLUMN_UINT8:
        return DUCKDB_TYPE_UTINYINT;
    case COLUMN_UINT16:
        return DUCKDB_TYPE_USMALLINT;
    case COLUMN_UINT32:
        return DUCKDB_TYPE_UINTEGER;
    case COLUMN_UINT64:
        return DUCKDB_TYPE_UBIGINT;
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
        return DUCKDB_TYPE_FLOAT;
    case COLUMN_FLOAT64:
        return DUCKDB_TYPE_DOUBLE;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
        return DUCKDB_TYPE_VARCHAR;
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
    case COLUMN_FIXED_BINARY:
        return DUCKDB_TYPE_BLOB;
    case COLUMN_DATE32:
        return DUCKDB_TYPE_DATE;
    case COLUMN_DATE64:
        return DUCKDB_TYPE_TIMESTAMP_MS;
    case COLUMN_TIME32:
        return DUCKDB_TYPE_TIME;
    case COLUMN_TIME64:
        return field->unit == UNIT_NANO ? DUCKDB_TYPE_TIME_NS : DUCKDB_TYPE_TIME;
    case COLUMN_TIMESTAMP:
        return timestamp_type(field);
    default:
        return DUCKDB_TYPE_INVALID;
    }
}

static inlay_status struct_type_of(const struct field *field, duckdb_logical_type *out,
                                   inlay_error *err)
{
    duckdb_logical_type *types = mem_zalloc_array(field->child_count, sizeof(*types));
    const char **names = mem_zalloc_array(field->child_count, sizeof(*names));
    inlay_status status = INLAY_OK;
    size_t i;
    if (types == NULL || names == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < field->child_count; i++) {
        names[i] = field->children[i].name;
        INLAY_TRY_GOTO(status, sql_type_of(&field->children[i], &types[i], err), cleanup);
    }
    *out = duckdb_create_struct_type(types, names, field->child_count);
cleanup:
    for (i = 0; types != NULL && i < field->child_count; i++) {
        if (types[i] != NULL) {
            duckdb_destroy_logical_type(&types[i]);
        }
    }
    mem_free(types);
    mem_free(names);
    return status;
}

static inlay_status list_type_of(const struct field *field, duckdb_logical_type *out,
                                 inlay_error *err)
{
    duckdb_logical_type child = NULL;
    INLAY_TRY(sql_type_of(&field->children[0], &child, err));
    *out = field->type == COLUMN_FIXED_LIST ? duckdb_create_array_type(child, (idx_t)field->width)
                                            : duckdb_create_list_type(child);
    duckdb_destroy_logical_type(&child);
    return INLAY_OK;
}

inlay_status sql_type_of(const struct field *field, duckdb_logical_type *out, inlay_error *err)
{
    duckdb_type plain = plain_type(field);
    *out = NULL;
    if (plain != DUCKDB_TYPE_INVALID) {
        *out = duckdb_create_logical_type(plain);
    } else if (field->type == COLUMN_DECIMAL128) {
        *out = duckdb_create_decimal_type((uint8_t)field->precision, (uint8_t)field->scale);
    } else if (field->type == COLUMN_LIST || field->type == COLUMN_LARGE_LIST ||
               field->type == COLUMN_FIXED_LIST) {
        INLAY_TRY(list_type_of(field, out, err));
    } else if (field->type == COLUMN_STRUCT) {
        INLAY_TRY(struct_type_of(field, out, err));
    }
    if (*out == NULL) {
        char text[128];
        field_type_text(field, text, sizeof(text));
        error_set(err, INLAY_UNSUPPORTED, "column \"%s\" of type %s cannot be read with SQL",
                  field->name, text);
        error_key(err, field->name);
        return INLAY_UNSUPPORTED;
    }
    return INLAY_OK;
}
