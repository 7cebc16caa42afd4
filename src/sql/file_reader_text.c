/* SPDX-License-Identifier: Apache-2.0 */
/* Statement text of the file reader: every name and path in it is quoted here. */
#include "columnar/schema.h"
#include "sql/file_reader_priv.h"

#include <string.h>

static void quote(struct buffer *out, const char *text, char mark)
{
    const char *p;
    buffer_u8(out, (uint8_t)mark);
    for (p = text; *p != '\0'; p++) {
        if (*p == mark) {
            buffer_u8(out, (uint8_t)mark);
        }
        buffer_u8(out, (uint8_t)*p);
    }
    buffer_u8(out, (uint8_t)mark);
}

void file_text_literal(struct buffer *out, const char *text)
{
    quote(out, text, '\'');
}

void file_text_identifier(struct buffer *out, const char *name)
{
    quote(out, name, '"');
}

/* The engine expands patterns; a character in brackets stands for itself. */
void file_text_path(struct buffer *out, const char *path)
{
    const char *p;
    buffer_u8(out, '\'');
    for (p = path; *p != '\0'; p++) {
        if (*p == '*' || *p == '?' || *p == '[') {
            buffer_printf(out, "[%c]", *p);
        } else {
            if (*p == '\'') {
                buffer_u8(out, '\'');
            }
            buffer_u8(out, (uint8_t)*p);
        }
    }
    buffer_u8(out, '\'');
}

void file_text_from(const struct file_reader *reader, struct buffer *out)
{
    static const char *const functions[] = {"read_csv", "read_json", "read_json", "read_parquet"};
    size_t i;
    buffer_printf(out, " FROM %s([", functions[reader->format]);
    for (i = 0; i < reader->path_count; i++) {
        if (i != 0) {
            buffer_printf(out, ", ");
        }
        file_text_path(out, reader->paths[i]);
    }
    buffer_printf(out, "]");
    if (reader->path_count > 1) {
        buffer_printf(out, ", union_by_name = true");
    }
    if (reader->arguments != NULL) {
        buffer_append(out, reader->arguments, strlen(reader->arguments));
    }
    buffer_printf(out, ")");
    if (reader->row_floor != 0) {
        buffer_printf(out, " WHERE file_row_number >= %llu", (unsigned long long)reader->row_floor);
    }
}

/* ---- types ---- */

static const char *scalar_name(duckdb_type id)
{
    static const char *const names[] = {
        [DUCKDB_TYPE_BOOLEAN] = "BOOLEAN",
        [DUCKDB_TYPE_TINYINT] = "TINYINT",
        [DUCKDB_TYPE_SMALLINT] = "SMALLINT",
        [DUCKDB_TYPE_INTEGER] = "INTEGER",
        [DUCKDB_TYPE_BIGINT] = "BIGINT",
        [DUCKDB_TYPE_UTINYINT] = "UTINYINT",
        [DUCKDB_TYPE_USMALLINT] = "USMALLINT",
        [DUCKDB_TYPE_UINTEGER] = "UINTEGER",
        [DUCKDB_TYPE_UBIGINT] = "UBIGINT",
        [DUCKDB_TYPE_FLOAT] = "FLOAT",
        [DUCKDB_TYPE_DOUBLE] = "DOUBLE",
        [DUCKDB_TYPE_TIMESTAMP] = "TIMESTAMP",
        [DUCKDB_TYPE_DATE] = "DATE",
        [DUCKDB_TYPE_TIME] = "TIME",
        [DUCKDB_TYPE_VARCHAR] = "VARCHAR",
        [DUCKDB_TYPE_BLOB] = "BLOB",
        [DUCKDB_TYPE_TIMESTAMP_S] = "TIMESTAMP_S",
        [DUCKDB_TYPE_TIMESTAMP_MS] = "TIMESTAMP_MS",
        [DUCKDB_TYPE_TIMESTAMP_NS] = "TIMESTAMP_NS",
        [DUCKDB_TYPE_TIMESTAMP_TZ] = "TIMESTAMP WITH TIME ZONE",
        [DUCKDB_TYPE_TIME_NS] = "TIME_NS",
    };
    return (size_t)id < sizeof(names) / sizeof(names[0]) ? names[id] : NULL;
}

static const char *unsupported_name(duckdb_type id)
{
    switch (id) {
    case DUCKDB_TYPE_INTERVAL:
        return "an interval";
    case DUCKDB_TYPE_MAP:
        return "a map";
    case DUCKDB_TYPE_UNION:
        return "a union";
    case DUCKDB_TYPE_BIT:
        return "a bit string";
    case DUCKDB_TYPE_TIME_TZ:
        return "a time with a time zone";
    case DUCKDB_TYPE_BIGNUM:
        return "an integer without a limit";
    case DUCKDB_TYPE_GEOMETRY:
        return "a geometry";
    case DUCKDB_TYPE_VARIANT:
        return "a variant";
    default:
        return "a type that is not known here";
    }
}

static bool list_text(duckdb_logical_type type, duckdb_type id, struct buffer *out, bool *changed,
                      const char **bad)
{
    bool fixed = id == DUCKDB_TYPE_ARRAY;
    duckdb_logical_type item =
        fixed ? duckdb_array_type_child_type(type) : duckdb_list_type_child_type(type);
    bool fine = file_text_type(item, out, changed, bad);
    duckdb_destroy_logical_type(&item);
    if (fixed) {
        buffer_printf(out, "[%llu]", (unsigned long long)duckdb_array_type_array_size(type));
    } else {
        buffer_printf(out, "[]");
    }
    return fine;
}

static bool struct_text(duckdb_logical_type type, struct buffer *out, bool *changed,
                        const char **bad)
{
    idx_t count = duckdb_struct_type_child_count(type);
    bool fine = true;
    idx_t i;
    buffer_printf(out, "STRUCT(");
    for (i = 0; i < count && fine; i++) {
        char *name = duckdb_struct_type_child_name(type, i);
        duckdb_logical_type child = duckdb_struct_type_child_type(type, i);
        if (i != 0) {
            buffer_printf(out, ", ");
        }
        file_text_identifier(out, name);
        buffer_printf(out, " ");
        fine = file_text_type(child, out, changed, bad);
        duckdb_destroy_logical_type(&child);
        duckdb_free(name);
    }
    buffer_printf(out, ")");
    return fine;
}

/* JSON is text under another name, which would come out as an Arrow extension. */
static void varchar_text(duckdb_logical_type type, struct buffer *out, bool *changed)
{
    char *alias = duckdb_logical_type_get_alias(type);
    *changed = *changed || alias != NULL;
    duckdb_free(alias);
    buffer_printf(out, "VARCHAR");
}

bool file_text_type(duckdb_logical_type type, struct buffer *out, bool *changed, const char **bad)
{
    duckdb_type id = duckdb_get_type_id(type);
    switch (id) {
    case DUCKDB_TYPE_LIST:
    case DUCKDB_TYPE_ARRAY:
        return list_text(type, id, out, changed, bad);
    case DUCKDB_TYPE_STRUCT:
        return struct_text(type, out, changed, bad);
    case DUCKDB_TYPE_VARCHAR:
        varchar_text(type, out, changed);
        return true;
    case DUCKDB_TYPE_DECIMAL:
        buffer_printf(out, "DECIMAL(%u, %u)", duckdb_decimal_width(type),
                      duckdb_decimal_scale(type));
        return true;
    case DUCKDB_TYPE_HUGEINT:
    case DUCKDB_TYPE_UHUGEINT:
        *changed = true;
        buffer_printf(out, "DECIMAL(38, 0)");
        return true;
    case DUCKDB_TYPE_ENUM:
    case DUCKDB_TYPE_UUID:
    case DUCKDB_TYPE_SQLNULL:
        *changed = true;
        buffer_printf(out, "VARCHAR");
        return true;
    default:
        if (scalar_name(id) == NULL) {
            *bad = unsupported_name(id);
            return false;
        }
        buffer_printf(out, "%s", scalar_name(id));
        return true;
    }
}

/* ---- types that a table wants ---- */

static const char *wanted_timestamp(const struct field *field)
{
    if (field->timezone != NULL) {
        return field->unit == UNIT_NANO ? NULL : "TIMESTAMP WITH TIME ZONE";
    }
    switch (field->unit) {
    case UNIT_SECOND:
        return "TIMESTAMP_S";
    case UNIT_MILLI:
        return "TIMESTAMP_MS";
    case UNIT_MICRO:
        return "TIMESTAMP";
    case UNIT_NANO:
        return "TIMESTAMP_NS";
    }
    return NULL;
}

static const char *wanted_scalar(const struct field *field)
{
    switch (field->type) {
    case COLUMN_BOOL:
        return "BOOLEAN";
    case COLUMN_INT8:
        return "TINYINT";
    case COLUMN_INT16:
        return "SMALLINT";
    case COLUMN_INT32:
        return "INTEGER";
    case COLUMN_INT64:
        return "BIGINT";
    case COLUMN_UINT8:
        return "UTINYINT";
    case COLUMN_UINT16:
        return "USMALLINT";
    case COLUMN_UINT32:
        return "UINTEGER";
    case COLUMN_UINT64:
        return "UBIGINT";
    case COLUMN_FLOAT32:
        return "FLOAT";
    case COLUMN_FLOAT64:
        return "DOUBLE";
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY: /* the text's bytes */
    case COLUMN_LARGE_BINARY:
        return "VARCHAR";
    case COLUMN_DATE32:
        return "DATE";
    case COLUMN_TIME64:
        return field->unit == UNIT_NANO ? "TIME_NS" : "TIME";
    case COLUMN_TIMESTAMP:
        return wanted_timestamp(field);
    default:
        return NULL;
    }
}

static bool wanted_struct(const struct field *field, struct buffer *out)
{
    size_t i;
    buffer_printf(out, "STRUCT(");
    for (i = 0; i < field->child_count; i++) {
        buffer_printf(out, i != 0 ? ", " : "");
        file_text_identifier(out, field->children[i].name);
        buffer_printf(out, " ");
        if (!file_text_wanted_type(&field->children[i], out)) {
            return false;
        }
    }
    buffer_printf(out, ")");
    return true;
}

bool file_text_wanted_type(const struct field *field, struct buffer *out)
{
    const char *name = wanted_scalar(field);
    if (name != NULL) {
        buffer_printf(out, "%s", name);
        return true;
    }
    switch (field->type) {
    case COLUMN_DECIMAL128:
        buffer_printf(out, "DECIMAL(%d, %d)", field->precision, field->scale);
        return field->scale >= 0;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        if (!file_text_wanted_type(&field->children[0], out)) {
            return false;
        }
        buffer_printf(out, "[]");
        return true;
    case COLUMN_STRUCT:
        return wanted_struct(field, out);
    default:
        return false;
    }
}
