/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Parquet schema elements of any writer to columns. List forms follow the format's "Backward
 * compatibility rules" (parquet-format, LogicalTypes.md, "Lists" and "Maps"). The input is
 * well-formed: parquet_file_metadata_read checked the tree.
 */
#include "parquet/schema_map_priv.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

struct convert {
    const struct parquet_schema_element *schema;
    struct schema_map *map;
    size_t next_leaf;
};

/* Index behind the subtree of element `i`. */
static size_t subtree_end(const struct parquet_schema_element *schema, size_t i)
{
    size_t left = 1;
    while (left != 0) {
        left += schema[i].child_count;
        left--;
        i++;
    }
    return i;
}

static inlay_status set_name(const struct parquet_schema_element *e, struct field *out,
                             inlay_error *err)
{
    if (memchr(e->name.data, 0, e->name.length) != NULL) {
        return error_set(err, INLAY_UNSUPPORTED, "a column's name has a zero byte");
    }
    out->name = mem_strndup((const char *)e->name.data, e->name.length);
    return out->name != NULL ? INLAY_OK : error_no_memory(err);
}

static inlay_status set_text(char **out, const char *text, inlay_error *err)
{
    mem_free(*out);
    *out = mem_strdup(text);
    return *out != NULL ? INLAY_OK : error_no_memory(err);
}

/* The logical type, translated from the converted type where only that is stated. */
static struct parquet_logical logical_of(const struct parquet_schema_element *e)
{
    struct parquet_logical l = e->logical;
    if (l.kind != PARQUET_LOGICAL_NONE) {
        return l;
    }
    switch (e->converted) {
    case PARQUET_CONVERTED_UTF8:
        l.kind = PARQUET_LOGICAL_STRING;
        break;
    case PARQUET_CONVERTED_ENUM:
        l.kind = PARQUET_LOGICAL_ENUM;
        break;
    case PARQUET_CONVERTED_JSON:
        l.kind = PARQUET_LOGICAL_JSON;
        break;
    case PARQUET_CONVERTED_BSON:
        l.kind = PARQUET_LOGICAL_BSON;
        break;
    case PARQUET_CONVERTED_MAP:
    case PARQUET_CONVERTED_MAP_KEY_VALUE:
        l.kind = PARQUET_LOGICAL_MAP;
        break;
    case PARQUET_CONVERTED_LIST:
        l.kind = PARQUET_LOGICAL_LIST;
        break;
    case PARQUET_CONVERTED_DATE:
        l.kind = PARQUET_LOGICAL_DATE;
        break;
    case PARQUET_CONVERTED_DECIMAL:
        l.kind = PARQUET_LOGICAL_DECIMAL;
        l.precision = e->precision;
        l.scale = e->scale;
        break;
    case PARQUET_CONVERTED_TIME_MILLIS:
    case PARQUET_CONVERTED_TIME_MICROS:
        l.kind = PARQUET_LOGICAL_TIME;
        l.unit = e->converted == PARQUET_CONVERTED_TIME_MILLIS ? UNIT_MILLI : UNIT_MICRO;
        l.utc = true;
        break;
    case PARQUET_CONVERTED_TIMESTAMP_MILLIS:
    case PARQUET_CONVERTED_TIMESTAMP_MICROS:
        l.kind = PARQUET_LOGICAL_TIMESTAMP;
        l.unit = e->converted == PARQUET_CONVERTED_TIMESTAMP_MILLIS ? UNIT_MILLI : UNIT_MICRO;
        l.utc = true;
        break;
    case PARQUET_CONVERTED_UINT_8:
    case PARQUET_CONVERTED_UINT_16:
    case PARQUET_CONVERTED_UINT_32:
    case PARQUET_CONVERTED_UINT_64:
        l.kind = PARQUET_LOGICAL_INTEGER;
        l.bit_width = 8 << (e->converted - PARQUET_CONVERTED_UINT_8);
        break;
    case PARQUET_CONVERTED_INT_8:
    case PARQUET_CONVERTED_INT_16:
    case PARQUET_CONVERTED_INT_32:
    case PARQUET_CONVERTED_INT_64:
        l.kind = PARQUET_LOGICAL_INTEGER;
        l.bit_width = 8 << (e->converted - PARQUET_CONVERTED_INT_8);
        l.is_signed = true;
        break;
    default:
        break;
    }
    return l;
}

static void physical_type(const struct parquet_schema_element *e, struct field *out)
{
    static const enum column_type types[] = {
        COLUMN_BOOL,    COLUMN_INT32,   COLUMN_INT64,  COLUMN_TIMESTAMP,
        COLUMN_FLOAT32, COLUMN_FLOAT64, COLUMN_BINARY, COLUMN_FIXED_BINARY,
    };
    out->type = types[e->type];
    if (e->type == PARQUET_FIXED) {
        out->width = e->type_length;
    } else if (e->type == PARQUET_INT96) {
        out->unit = UNIT_NANO;
    }
}

static void integer_type(const struct parquet_schema_element *e, const struct parquet_logical *l,
                         struct field *out)
{
    int log = __builtin_ctz((unsigned)l->bit_width) - 3;
    bool is_64 = l->bit_width == 64;
    if ((is_64 && e->type == PARQUET_INT64) || (!is_64 && e->type == PARQUET_INT32)) {
        out->type = (enum column_type)((l->is_signed ? COLUMN_INT8 : COLUMN_UINT8) + log);
    }
}

static void decimal_type(const struct parquet_schema_element *e, const struct parquet_logical *l,
                         struct field *out)
{
    bool stored = e->type == PARQUET_INT32 || e->type == PARQUET_INT64 ||
                  e->type == PARQUET_BYTE_ARRAY ||
                  (e->type == PARQUET_FIXED && e->type_length <= 64);
    if (stored && l->precision >= 1 && l->precision <= 38 && l->scale >= 0 &&
        l->scale <= l->precision) {
        out->type = COLUMN_DECIMAL128;
        out->precision = l->precision;
        out->scale = l->scale;
        out->width = 0;
    }
}

static inlay_status time_type(const struct parquet_schema_element *e,
                              const struct parquet_logical *l, struct field *out, inlay_error *err)
{
    if (l->kind == PARQUET_LOGICAL_TIMESTAMP && e->type == PARQUET_INT64) {
        out->type = COLUMN_TIMESTAMP;
        out->unit = l->unit;
        return l->utc ? set_text(&out->timezone, "UTC", err) : INLAY_OK;
    }
    if (l->kind == PARQUET_LOGICAL_TIME &&
        e->type == (l->unit == UNIT_MILLI ? PARQUET_INT32 : PARQUET_INT64)) {
        out->type = l->unit == UNIT_MILLI ? COLUMN_TIME32 : COLUMN_TIME64;
        out->unit = l->unit;
    }
    return INLAY_OK;
}

/* An annotation that does not fit the stored type leaves the plain stored type. */
static inlay_status leaf_type(const struct parquet_schema_element *e,
                              const struct parquet_logical *l, struct field *out, inlay_error *err)
{
    physical_type(e, out);
    switch (l->kind) {
    case PARQUET_LOGICAL_STRING:
    case PARQUET_LOGICAL_ENUM:
    case PARQUET_LOGICAL_JSON:
        out->type = e->type == PARQUET_BYTE_ARRAY ? COLUMN_UTF8 : out->type;
        break;
    case PARQUET_LOGICAL_INTEGER:
        integer_type(e, l, out);
        break;
    case PARQUET_LOGICAL_DECIMAL:
        decimal_type(e, l, out);
        break;
    case PARQUET_LOGICAL_DATE:
        out->type = e->type == PARQUET_INT32 ? COLUMN_DATE32 : out->type;
        break;
    case PARQUET_LOGICAL_TIME:
    case PARQUET_LOGICAL_TIMESTAMP:
        return time_type(e, l, out, err);
    case PARQUET_LOGICAL_UNKNOWN:
        if (out->nullable && e->type != PARQUET_INT96) {
            out->type = COLUMN_NULL;
            out->width = 0;
        }
        break;
    case PARQUET_LOGICAL_FLOAT16:
        if (e->type == PARQUET_FIXED && e->type_length == 2) {
            out->type = COLUMN_FLOAT16;
            out->width = 0;
        }
        break;
    default:
        if (e->converted == PARQUET_CONVERTED_INTERVAL && e->type == PARQUET_FIXED) {
            out->type = COLUMN_INTERVAL;
        }
    }
    return INLAY_OK;
}

static inlay_status convert_children(struct convert *c, size_t element, struct field *out,
                                     inlay_error *err);

/* The element's own value, its repetition set aside. */
static inlay_status convert_value(struct convert *c, size_t element, struct field *out,
                                  inlay_error *err);

static inlay_status make_list(struct field *out, inlay_error *err)
{
    out->type = COLUMN_LIST;
    out->children = mem_zalloc_array(1, sizeof(*out->children));
    if (out->children == NULL) {
        return error_no_memory(err);
    }
    out->child_count = 1;
    return INLAY_OK;
}

static inlay_status convert_element(struct convert *c, size_t element, struct field *out,
                                    inlay_error *err)
{
    const struct parquet_schema_element *e = &c->schema[element];
    if (e->repetition != PARQUET_REPEATED) {
        INLAY_TRY(set_name(e, out, err));
        out->nullable = e->repetition == PARQUET_OPTIONAL;
        return convert_value(c, element, out, err);
    }
    /* A repeated field outside a LIST: a list that is never null, of items that are never null. */
    INLAY_TRY(set_name(e, out, err));
    INLAY_TRY(make_list(out, err));
    INLAY_TRY(set_text(&out->children[0].name, "element", err));
    return convert_value(c, element, &out->children[0], err);
}

static bool name_is(const struct parquet_schema_element *e, const char *text)
{
    return e->name.length == strlen(text) && memcmp(e->name.data, text, e->name.length) == 0;
}

static bool name_ends(const struct parquet_schema_element *e, const char *text)
{
    size_t length = strlen(text);
    return e->name.length >= length &&
           memcmp(e->name.data + e->name.length - length, text, length) == 0;
}

/* Is the repeated field itself the item (older writers), or does it wrap the item? */
static bool repeated_is_item(const struct convert *c, size_t repeated)
{
    const struct parquet_schema_element *e = &c->schema[repeated];
    enum parquet_logical_kind kind = logical_of(e).kind;
    return e->child_count != 1 || name_is(e, "array") || name_ends(e, "_tuple") ||
           kind == PARQUET_LOGICAL_LIST || kind == PARQUET_LOGICAL_MAP ||
           c->schema[repeated + 1].repetition == PARQUET_REPEATED;
}

static inlay_status convert_list(struct convert *c, size_t repeated, struct field *out,
                                 inlay_error *err)
{
    INLAY_TRY(make_list(out, err));
    if (!repeated_is_item(c, repeated)) {
        return convert_element(c, repeated + 1, &out->children[0], err);
    }
    INLAY_TRY(set_text(&out->children[0].name, "element", err));
    return convert_value(c, repeated, &out->children[0], err);
}

static inlay_status convert_map(struct convert *c, size_t repeated, struct field *out,
                                inlay_error *err)
{
    INLAY_TRY(make_list(out, err));
    INLAY_TRY(set_name(&c->schema[repeated], &out->children[0], err));
    return convert_children(c, repeated, &out->children[0], err);
}

static inlay_status convert_children(struct convert *c, size_t element, struct field *out,
                                     inlay_error *err)
{
    size_t count = c->schema[element].child_count;
    size_t child = element + 1;
    out->type = COLUMN_STRUCT;
    out->children = mem_zalloc_array(count, sizeof(*out->children));
    if (out->children == NULL) {
        return error_no_memory(err);
    }
    for (out->child_count = 0; out->child_count < count;) {
        /* Counted first: field_free then sees a half-made child. */
        struct field *field = &out->children[out->child_count++];
        INLAY_TRY(convert_element(c, child, field, err));
        child = subtree_end(c->schema, child);
    }
    return INLAY_OK;
}

static inlay_status convert_value(struct convert *c, size_t element, struct field *out,
                                  inlay_error *err)
{
    const struct parquet_schema_element *e = &c->schema[element];
    struct parquet_logical logical = logical_of(e);
    if (e->type != PARQUET_GROUP) {
        struct schema_leaf *leaf = &c->map->leaves[c->next_leaf++];
        leaf->type = e->type;
        leaf->type_length = e->type == PARQUET_FIXED ? e->type_length : 0;
        leaf->logical = logical;
        return leaf_type(e, &logical, out, err);
    }
    if (e->child_count == 1 && c->schema[element + 1].repetition == PARQUET_REPEATED) {
        if (logical.kind == PARQUET_LOGICAL_LIST) {
            return convert_list(c, element + 1, out, err);
        }
        if (logical.kind == PARQUET_LOGICAL_MAP && c->schema[element + 1].child_count != 0) {
            return convert_map(c, element + 1, out, err);
        }
    }
    return convert_children(c, element, out, err);
}

static inlay_status convert_schema(struct convert *c, inlay_error *err)
{
    struct schema *schema = &c->map->schema;
    size_t count = c->schema[0].child_count;
    size_t element = 1;
    schema->fields = mem_zalloc_array(count, sizeof(*schema->fields));
    if (schema->fields == NULL) {
        return error_no_memory(err);
    }
    while (schema->count < count) {
        struct field *field = &schema->fields[schema->count++];
        INLAY_TRY(convert_element(c, element, field, err));
        element = subtree_end(c->schema, element);
    }
    return schema_map_link(c->map, err);
}

inlay_status schema_map_from_file(const struct parquet_file_metadata *metadata,
                                  struct schema_map *out, inlay_error *err)
{
    struct convert c = {metadata->schema, out, 0};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->leaves = mem_zalloc_array(metadata->leaf_count, sizeof(*out->leaves));
    if (out->leaves == NULL) {
        return error_no_memory(err);
    }
    out->leaf_count = metadata->leaf_count;
    status = convert_schema(&c, err);
    if (status != INLAY_OK) {
        schema_map_free(out);
    }
    return status;
}
