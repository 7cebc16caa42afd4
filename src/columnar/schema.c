/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/schema.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"

#include <string.h>

void field_free(struct field *field)
{
    size_t i;
    if (field == NULL) {
        return;
    }
    for (i = 0; i < field->child_count; i++) {
        field_free(&field->children[i]);
    }
    mem_free(field->children);
    mem_free(field->name);
    mem_free(field->timezone);
    memset(field, 0, sizeof(*field));
}

void schema_free(struct schema *schema)
{
    size_t i;
    if (schema == NULL) {
        return;
    }
    for (i = 0; i < schema->count; i++) {
        field_free(&schema->fields[i]);
    }
    mem_free(schema->fields);
    memset(schema, 0, sizeof(*schema));
}

static inlay_status copy_fields(const struct field *from, size_t count, struct field **to,
                                size_t *to_count, inlay_error *err)
{
    struct field *fields;
    if (count == 0) {
        return INLAY_OK;
    }
    fields = mem_zalloc_array(count, sizeof(*fields));
    if (fields == NULL) {
        return error_no_memory(err);
    }
    *to = fields;
    for (*to_count = 0; *to_count < count; (*to_count)++) {
        INLAY_TRY(field_copy(&from[*to_count], &fields[*to_count], err));
    }
    return INLAY_OK;
}

inlay_status field_copy(const struct field *from, struct field *to, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    struct field copy = *from;
    copy.children = NULL;
    copy.child_count = 0;
    copy.timezone = NULL;
    copy.name = mem_strdup(from->name != NULL ? from->name : "");
    if (from->timezone != NULL) {
        copy.timezone = mem_strdup(from->timezone);
    }
    if (copy.name == NULL || (from->timezone != NULL && copy.timezone == NULL)) {
        status = error_no_memory(err);
    }
    if (status == INLAY_OK) {
        status =
            copy_fields(from->children, from->child_count, &copy.children, &copy.child_count, err);
    }
    if (status != INLAY_OK) {
        field_free(&copy);
    }
    *to = copy;
    return status;
}

inlay_status schema_copy(const struct schema *from, struct schema *to, inlay_error *err)
{
    inlay_status status;
    memset(to, 0, sizeof(*to));
    status = copy_fields(from->fields, from->count, &to->fields, &to->count, err);
    if (status != INLAY_OK) {
        schema_free(to);
    }
    return status;
}

static bool same_text(const char *a, const char *b)
{
    return strcmp(a != NULL ? a : "", b != NULL ? b : "") == 0;
}

static bool same_attributes(const struct field *a, const struct field *b)
{
    switch (a->type) {
    case COLUMN_TIMESTAMP:
        return a->unit == b->unit && same_text(a->timezone, b->timezone);
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_DURATION:
        return a->unit == b->unit;
    case COLUMN_FIXED_BINARY:
    case COLUMN_FIXED_LIST:
        return a->width == b->width;
    case COLUMN_DECIMAL128:
        return a->precision == b->precision && a->scale == b->scale;
    default:
        return true;
    }
}

bool field_same_type(const struct field *a, const struct field *b)
{
    size_t i;
    if (a->type != b->type || a->dictionary != b->dictionary || a->child_count != b->child_count ||
        !same_attributes(a, b)) {
        return false;
    }
    for (i = 0; i < a->child_count; i++) {
        const struct field *left = &a->children[i];
        const struct field *right = &b->children[i];
        if (left->nullable != right->nullable || !field_same_type(left, right) ||
            (a->type == COLUMN_STRUCT && !same_text(left->name, right->name))) {
            return false;
        }
    }
    return true;
}

bool field_equal(const struct field *a, const struct field *b)
{
    return same_text(a->name, b->name) && a->nullable == b->nullable && field_same_type(a, b);
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    size_t i;
    if (a->count != b->count) {
        return false;
    }
    for (i = 0; i < a->count; i++) {
        if (!field_equal(&a->fields[i], &b->fields[i])) {
            return false;
        }
    }
    return true;
}

ptrdiff_t schema_find(const struct schema *schema, const char *name)
{
    size_t i;
    for (i = 0; i < schema->count; i++) {
        if (same_text(schema->fields[i].name, name)) {
            return (ptrdiff_t)i;
        }
    }
    return -1;
}

static struct field *append_field(struct field **fields, size_t *count, const char *name,
                                  enum column_type type, bool nullable)
{
    struct field *grown;
    struct field *added;
    char *own_name = mem_strdup(name);
    if (own_name == NULL) {
        return NULL;
    }
    grown = mem_realloc_array(*fields, *count + 1, sizeof(*grown));
    if (grown == NULL) {
        mem_free(own_name);
        return NULL;
    }
    *fields = grown;
    added = &grown[(*count)++];
    memset(added, 0, sizeof(*added));
    added->name = own_name;
    added->type = type;
    added->nullable = nullable;
    return added;
}

struct field *schema_add(struct schema *schema, const char *name, enum column_type type,
                         bool nullable)
{
    return append_field(&schema->fields, &schema->count, name, type, nullable);
}

inlay_status schema_add_copy(struct schema *schema, const struct field *field, inlay_error *err)
{
    struct field copy;
    struct field *added;
    INLAY_TRY(field_copy(field, &copy, err));
    added = schema_add(schema, field->name, field->type, field->nullable);
    if (added == NULL) {
        field_free(&copy);
        return error_no_memory(err);
    }
    field_free(added);
    *added = copy;
    return INLAY_OK;
}

struct field *field_add_child(struct field *parent, const char *name, enum column_type type,
                              bool nullable)
{
    return append_field(&parent->children, &parent->child_count, name, type, nullable);
}

bool field_set_timezone(struct field *field, const char *timezone)
{
    char *copy = NULL;
    if (timezone != NULL) {
        copy = mem_strdup(timezone);
        if (copy == NULL) {
            return false;
        }
    }
    mem_free(field->timezone);
    field->timezone = copy;
    return true;
}

uint32_t column_type_width(const struct field *field)
{
    switch (field->type) {
    case COLUMN_BOOL:
    case COLUMN_INT8:
    case COLUMN_UINT8:
        return 1;
    case COLUMN_INT16:
    case COLUMN_UINT16:
    case COLUMN_FLOAT16:
        return 2;
    case COLUMN_INT32:
    case COLUMN_UINT32:
    case COLUMN_FLOAT32:
    case COLUMN_DATE32:
    case COLUMN_TIME32:
        return 4;
    case COLUMN_INT64:
    case COLUMN_UINT64:
    case COLUMN_FLOAT64:
    case COLUMN_DATE64:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
    case COLUMN_DURATION:
        return 8;
    case COLUMN_DECIMAL128:
        return 16;
    case COLUMN_FIXED_BINARY:
        return field->width > 0 ? (uint32_t)field->width : 0;
    default:
        return 0;
    }
}

bool column_type_is_string(enum column_type type)
{
    return type >= COLUMN_UTF8 && type <= COLUMN_LARGE_BINARY;
}

bool column_type_is_utf8(enum column_type type)
{
    return type == COLUMN_UTF8 || type == COLUMN_LARGE_UTF8;
}

bool column_type_is_nested(enum column_type type)
{
    return type >= COLUMN_LIST && type <= COLUMN_STRUCT;
}

bool column_type_is_integer(enum column_type type)
{
    return type >= COLUMN_INT8 && type <= COLUMN_UINT64;
}
