/* SPDX-License-Identifier: Apache-2.0 */
/* Fields to and from the Arrow C data interface ("Format strings" of its specification). */
#include "columnar/schema.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- import ---- */

static const struct plain_format {
    const char *format;
    enum column_type type;
    enum time_unit unit;
} plain_formats[] = {
    {"n", COLUMN_NULL, UNIT_SECOND},      {"b", COLUMN_BOOL, UNIT_SECOND},
    {"c", COLUMN_INT8, UNIT_SECOND},      {"C", COLUMN_UINT8, UNIT_SECOND},
    {"s", COLUMN_INT16, UNIT_SECOND},     {"S", COLUMN_UINT16, UNIT_SECOND},
    {"i", COLUMN_INT32, UNIT_SECOND},     {"I", COLUMN_UINT32, UNIT_SECOND},
    {"l", COLUMN_INT64, UNIT_SECOND},     {"L", COLUMN_UINT64, UNIT_SECOND},
    {"e", COLUMN_FLOAT16, UNIT_SECOND},   {"f", COLUMN_FLOAT32, UNIT_SECOND},
    {"g", COLUMN_FLOAT64, UNIT_SECOND},   {"z", COLUMN_BINARY, UNIT_SECOND},
    {"u", COLUMN_UTF8, UNIT_SECOND},      {"Z", COLUMN_LARGE_BINARY, UNIT_SECOND},
    {"tdD", COLUMN_DATE32, UNIT_SECOND},  {"U", COLUMN_LARGE_UTF8, UNIT_SECOND},
    {"tdm", COLUMN_DATE64, UNIT_MILLI},   {"tts", COLUMN_TIME32, UNIT_SECOND},
    {"ttm", COLUMN_TIME32, UNIT_MILLI},   {"ttu", COLUMN_TIME64, UNIT_MICRO},
    {"ttn", COLUMN_TIME64, UNIT_NANO},    {"tDs", COLUMN_DURATION, UNIT_SECOND},
    {"tDm", COLUMN_DURATION, UNIT_MILLI}, {"tDu", COLUMN_DURATION, UNIT_MICRO},
    {"tDn", COLUMN_DURATION, UNIT_NANO},  {"+l", COLUMN_LIST, UNIT_SECOND},
    {"+m", COLUMN_LIST, UNIT_SECOND},     {"+L", COLUMN_LARGE_LIST, UNIT_SECOND},
    {"+s", COLUMN_STRUCT, UNIT_SECOND},
};

static inlay_status bad_format(const struct ArrowSchema *arrow, inlay_error *err)
{
    inlay_status status = error_set(err, INLAY_UNSUPPORTED,
                                    "column \"%.200s\": Arrow type with format \"%.60s\" is "
                                    "not supported; cast it before it comes here",
                                    arrow->name != NULL ? arrow->name : "", arrow->format);
    error_key(err, arrow->name);
    error_found(err, "%.60s", arrow->format);
    return status;
}

/* Decimal digits up to a terminator, which is passed when it is not NUL. */
static bool read_number(const char **p, char terminator, int64_t high, int64_t *out)
{
    const char *digits = *p;
    int64_t value = 0;
    while (**p >= '0' && **p <= '9') {
        value = value * 10 + (**p - '0');
        if (value > high) {
            return false;
        }
        (*p)++;
    }
    if (*p == digits || **p != terminator) {
        return false;
    }
    *p += terminator != '\0';
    *out = value;
    return true;
}

static bool read_width(const char *p, int32_t *out)
{
    int64_t value;
    if (!read_number(&p, '\0', INT32_MAX, &value) || value == 0) {
        return false;
    }
    *out = (int32_t)value;
    return true;
}

/* "precision,scale" or "precision,scale,bits". */
static bool read_decimal(const char *p, struct field *out)
{
    int64_t precision;
    int64_t scale;
    int64_t bits = 128;
    bool with_bits;
    if (!read_number(&p, ',', 38, &precision)) {
        return false;
    }
    with_bits = strchr(p, ',') != NULL;
    if (!read_number(&p, with_bits ? ',' : '\0', 38, &scale) ||
        (with_bits && !read_number(&p, '\0', 1024, &bits))) {
        return false;
    }
    out->precision = (int32_t)precision;
    out->scale = (int32_t)scale;
    return precision >= 1 && scale <= precision && bits == 128;
}

static inlay_status read_timestamp(const struct ArrowSchema *arrow, struct field *out,
                                   inlay_error *err)
{
    static const char units[] = "smun";
    const char *format = arrow->format;
    const char *unit = format[2] != '\0' ? strchr(units, format[2]) : NULL;
    if (unit == NULL || format[3] != ':') {
        return bad_format(arrow, err);
    }
    out->type = COLUMN_TIMESTAMP;
    out->unit = (enum time_unit)(unit - units);
    if (format[4] == '\0') {
        return INLAY_OK;
    }
    if (!utf8_valid(format + 4, strlen(format + 4))) {
        return error_set(err, INLAY_SCHEMA, "column \"%.200s\": the time zone is not valid UTF-8",
                         arrow->name != NULL ? arrow->name : "");
    }
    return field_set_timezone(out, format + 4) ? INLAY_OK : error_no_memory(err);
}

static inlay_status read_format(const struct ArrowSchema *arrow, struct field *out,
                                inlay_error *err)
{
    const char *format = arrow->format;
    bool good = false;
    size_t i;
    for (i = 0; i < sizeof(plain_formats) / sizeof(plain_formats[0]); i++) {
        if (strcmp(plain_formats[i].format, format) == 0) {
            out->type = plain_formats[i].type;
            out->unit = plain_formats[i].unit;
            return INLAY_OK;
        }
    }
    if (strncmp(format, "ts", 2) == 0) {
        return read_timestamp(arrow, out, err);
    }
    if (strcmp(format, "vu") == 0 || strcmp(format, "vz") == 0) {
        out->type = format[1] == 'u' ? COLUMN_UTF8 : COLUMN_BINARY;
        out->view = true;
        good = true;
    } else if (strncmp(format, "w:", 2) == 0) {
        out->type = COLUMN_FIXED_BINARY;
        good = read_width(format + 2, &out->width);
    } else if (strncmp(format, "+w:", 3) == 0) {
        out->type = COLUMN_FIXED_LIST;
        good = read_width(format + 3, &out->width);
    } else if (strncmp(format, "d:", 2) == 0) {
        out->type = COLUMN_DECIMAL128;
        good = read_decimal(format + 2, out);
    }
    return good ? INLAY_OK : bad_format(arrow, err);
}

static inlay_status invalid_schema(const struct ArrowSchema *arrow, const char *what,
                                   inlay_error *err)
{
    inlay_status status = error_set(err, INLAY_SCHEMA, "column \"%.200s\": %s",
                                    arrow->name != NULL ? arrow->name : "", what);
    error_key(err, arrow->name);
    return status;
}

static inlay_status import_field(const struct ArrowSchema *arrow, struct field *out, int depth,
                                 inlay_error *err);

static inlay_status import_children(const struct ArrowSchema *arrow, struct field *out, int depth,
                                    inlay_error *err)
{
    int64_t i;
    bool list = column_type_is_nested(out->type) && out->type != COLUMN_STRUCT;
    if (arrow->n_children < 0 || (arrow->n_children > 0 && arrow->children == NULL)) {
        return invalid_schema(arrow, "the Arrow schema has a bad child list", err);
    }
    if (list && arrow->n_children != 1) {
        return invalid_schema(arrow, "a list type must have one child", err);
    }
    if (!column_type_is_nested(out->type) && arrow->n_children != 0) {
        return invalid_schema(arrow, "a type that is not nested has children", err);
    }
    if (arrow->n_children == 0) {
        return INLAY_OK;
    }
    out->children = mem_zalloc_array((size_t)arrow->n_children, sizeof(*out->children));
    if (out->children == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < arrow->n_children; i++) {
        if (arrow->children[i] == NULL) {
            return invalid_schema(arrow, "a child of the Arrow schema is missing", err);
        }
        INLAY_TRY(import_field(arrow->children[i], &out->children[i], depth + 1, err));
        out->child_count++;
    }
    return INLAY_OK;
}

/* `out` holds the index type; it becomes the value type with the index type aside. */
static inlay_status import_dictionary(const struct ArrowSchema *arrow, struct field *out, int depth,
                                      inlay_error *err)
{
    struct field values;
    if (!column_type_is_integer(out->type)) {
        return invalid_schema(arrow, "dictionary indexes must be integers", err);
    }
    INLAY_TRY(import_field(arrow->dictionary, &values, depth + 1, err));
    if (column_type_is_nested(values.type) || values.type == COLUMN_NULL || values.dictionary) {
        field_free(&values);
        return error_set(err, INLAY_UNSUPPORTED,
                         "column \"%.200s\": a dictionary of nested values is not supported",
                         out->name);
    }
    values.index_type = out->type == COLUMN_INT32 ? COLUMN_NULL : out->type;
    values.nullable = out->nullable;
    values.dictionary = true;
    mem_free(values.name);
    values.name = out->name;
    out->name = NULL;
    field_free(out);
    *out = values;
    return INLAY_OK;
}

/* On failure `out` is empty. */
static inlay_status import_field(const struct ArrowSchema *arrow, struct field *out, int depth,
                                 inlay_error *err)
{
    inlay_status status;
    const char *name = arrow->name != NULL ? arrow->name : "";
    memset(out, 0, sizeof(*out));
    if (arrow->release == NULL || arrow->format == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "an Arrow schema was already released");
    }
    if (depth > SCHEMA_MAX_DEPTH) {
        return invalid_schema(arrow, "types are nested too deeply (the limit is 32 levels)", err);
    }
    if (!utf8_valid(name, strlen(name))) {
        return error_set(err, INLAY_SCHEMA, "a column name is not valid UTF-8");
    }
    out->name = mem_strdup(name);
    if (out->name == NULL) {
        return error_no_memory(err);
    }
    out->nullable = (arrow->flags & ARROW_FLAG_NULLABLE) != 0;
    status = read_format(arrow, out, err);
    if (status == INLAY_OK) {
        status = import_children(arrow, out, depth, err);
    }
    if (status == INLAY_OK && arrow->dictionary != NULL) {
        status = import_dictionary(arrow, out, depth, err);
    }
    if (status != INLAY_OK) {
        field_free(out);
    }
    return status;
}

inlay_status field_from_arrow(const struct ArrowSchema *arrow, struct field *out, inlay_error *err)
{
    return import_field(arrow, out, 0, err);
}

static int compare_names(const void *a, const void *b)
{
    const struct field *const *left = a;
    const struct field *const *right = b;
    return strcmp((*left)->name, (*right)->name);
}

static inlay_status refuse_duplicates(const struct field *fields, size_t count, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    size_t i;
    const struct field **order = mem_alloc_array(count, sizeof(struct field *));
    if (order == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        order[i] = &fields[i];
    }
    qsort(order, count, sizeof(*order), compare_names);
    for (i = 1; i < count && status == INLAY_OK; i++) {
        if (strcmp(order[i - 1]->name, order[i]->name) == 0) {
            status = error_set(err, INLAY_SCHEMA, "column \"%.200s\" occurs more than once",
                               order[i]->name);
            error_key(err, order[i]->name);
        }
    }
    mem_free(order);
    return status;
}

inlay_status schema_from_arrow(const struct ArrowSchema *arrow, struct schema *out,
                               inlay_error *err)
{
    struct field root;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(import_field(arrow, &root, 0, err));
    if (root.type != COLUMN_STRUCT) {
        status = error_set(err, INLAY_SCHEMA,
                           "a table's Arrow schema must be a struct (\"+s\"), not \"%.60s\"",
                           arrow->format);
    } else {
        status = refuse_duplicates(root.children, root.child_count, err);
    }
    if (status == INLAY_OK) {
        out->fields = root.children;
        out->count = root.child_count;
        root.children = NULL;
        root.child_count = 0;
    }
    field_free(&root);
    return status;
}

/* ---- export ---- */

static void release_exported(struct ArrowSchema *schema)
{
    int64_t i;
    for (i = 0; i < schema->n_children; i++) {
        if (schema->children[i] != NULL) {
            if (schema->children[i]->release != NULL) {
                schema->children[i]->release(schema->children[i]);
            }
            mem_free(schema->children[i]);
        }
    }
    mem_free(schema->children);
    if (schema->dictionary != NULL) {
        if (schema->dictionary->release != NULL) {
            schema->dictionary->release(schema->dictionary);
        }
        mem_free(schema->dictionary);
    }
    mem_free(schema->private_data); /* format and name */
    schema->release = NULL;
}

static void format_text(const struct field *field, bool as_index, bool as_imported, char *text,
                        size_t size)
{
    static const char units[] = "smun";
    enum column_type type = field->type;
    size_t i;
    if (as_index) {
        type = as_imported && field->index_type != COLUMN_NULL ? field->index_type : COLUMN_INT32;
    } else if (as_imported && field->view) {
        (void)snprintf(text, size, "%s", field->type == COLUMN_UTF8 ? "vu" : "vz");
        return;
    }
    switch (type) {
    case COLUMN_TIMESTAMP:
        (void)snprintf(text, size, "ts%c:%s", units[field->unit & 3],
                       field->timezone != NULL ? field->timezone : "");
        return;
    case COLUMN_FIXED_BINARY:
        (void)snprintf(text, size, "w:%d", (int)field->width);
        return;
    case COLUMN_FIXED_LIST:
        (void)snprintf(text, size, "+w:%d", (int)field->width);
        return;
    case COLUMN_DECIMAL128:
        (void)snprintf(text, size, "d:%d,%d", (int)field->precision, (int)field->scale);
        return;
    default:
        break;
    }
    for (i = 0; i < sizeof(plain_formats) / sizeof(plain_formats[0]); i++) {
        bool with_unit = type == COLUMN_TIME32 || type == COLUMN_TIME64 || type == COLUMN_DURATION;
        if (plain_formats[i].type == type && (!with_unit || plain_formats[i].unit == field->unit)) {
            (void)snprintf(text, size, "%s", plain_formats[i].format);
            return;
        }
    }
    text[0] = '\0';
}

/* Format and name of one node into one block. */
static inlay_status export_texts(const struct field *field, bool as_index, bool as_imported,
                                 const char *name, struct ArrowSchema *out, inlay_error *err)
{
    size_t format_size = 32 + (field->timezone != NULL ? strlen(field->timezone) : 0);
    char *block = mem_alloc(format_size + strlen(name) + 1);
    if (block == NULL) {
        return error_no_memory(err);
    }
    out->private_data = block;
    out->format = block;
    out->name = block + format_size;
    memcpy(block + format_size, name, strlen(name) + 1);
    format_text(field, as_index, as_imported, block, format_size);
    if (block[0] == '\0') {
        return error_set(err, INLAY_UNSUPPORTED,
                         "column \"%.200s\": its type cannot be given out as Arrow", name);
    }
    return INLAY_OK;
}

static inlay_status export_node(const struct field *field, bool value_of_dictionary,
                                bool as_imported, struct ArrowSchema *out, inlay_error *err);

static inlay_status export_dictionary(const struct field *field, bool as_imported,
                                      struct ArrowSchema *out, inlay_error *err)
{
    out->dictionary = mem_zalloc(sizeof(*out->dictionary));
    if (out->dictionary == NULL) {
        return error_no_memory(err);
    }
    return export_node(field, true, as_imported, out->dictionary, err);
}

static inlay_status export_children(const struct field *children, size_t count, bool as_imported,
                                    struct ArrowSchema *out, inlay_error *err)
{
    size_t i;
    if (count == 0) {
        return INLAY_OK;
    }
    out->children = mem_zalloc_array(count, sizeof(struct ArrowSchema *));
    if (out->children == NULL) {
        return error_no_memory(err);
    }
    out->n_children = (int64_t)count;
    for (i = 0; i < count; i++) {
        out->children[i] = mem_zalloc(sizeof(struct ArrowSchema));
        if (out->children[i] == NULL) {
            return error_no_memory(err);
        }
        INLAY_TRY(export_node(&children[i], false, as_imported, out->children[i], err));
    }
    return INLAY_OK;
}

/* On failure `out` is released. */
static inlay_status export_node(const struct field *field, bool value_of_dictionary,
                                bool as_imported, struct ArrowSchema *out, inlay_error *err)
{
    inlay_status status;
    bool as_index = field->dictionary && !value_of_dictionary;
    const char *name = field->name != NULL && !value_of_dictionary ? field->name : "";
    memset(out, 0, sizeof(*out));
    out->release = release_exported;
    out->flags = field->nullable ? ARROW_FLAG_NULLABLE : 0;
    status = export_texts(field, as_index, as_imported, name, out, err);
    if (status == INLAY_OK && as_index) {
        status = export_dictionary(field, as_imported, out, err);
    } else if (status == INLAY_OK) {
        status = export_children(field->children, field->child_count, as_imported, out, err);
    }
    if (status != INLAY_OK) {
        release_exported(out);
        memset(out, 0, sizeof(*out));
    }
    return status;
}

inlay_status field_to_arrow(const struct field *field, struct ArrowSchema *out, inlay_error *err)
{
    return export_node(field, false, false, out, err);
}

static inlay_status export_schema(const struct schema *schema, bool as_imported,
                                  struct ArrowSchema *out, inlay_error *err)
{
    struct field root;
    memset(&root, 0, sizeof(root));
    root.type = COLUMN_STRUCT;
    root.children = schema->fields;
    root.child_count = schema->count;
    return export_node(&root, false, as_imported, out, err);
}

inlay_status schema_to_arrow(const struct schema *schema, struct ArrowSchema *out, inlay_error *err)
{
    return export_schema(schema, false, out, err);
}

inlay_status schema_to_arrow_as_imported(const struct schema *schema, struct ArrowSchema *out,
                                         inlay_error *err)
{
    return export_schema(schema, true, out, err);
}
