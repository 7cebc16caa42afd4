/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/predicate_print.h"

#include "base/bytes.h"
#include "columnar/scalar_text.h"

#include <ctype.h>
#include <string.h>

#define TEXT_SHOWN 64   /* bytes of a value */
#define VALUES_SHOWN 16 /* of a list */

static void add(struct buffer *out, const char *text)
{
    buffer_append(out, text, strlen(text));
}

static void print_name(struct buffer *out, const char *name)
{
    const char *c;
    bool plain = name[0] == '_' || isalpha((unsigned char)name[0]);
    for (c = name; *c != '\0' && plain; c++) {
        plain = *c == '_' || isalnum((unsigned char)*c);
    }
    if (plain) {
        add(out, name);
        return;
    }
    buffer_u8(out, '"');
    for (c = name; *c != '\0'; c++) {
        if (*c == '"') {
            buffer_u8(out, '"');
        }
        buffer_u8(out, (uint8_t)*c);
    }
    buffer_u8(out, '"');
}

/* The longest prefix within the limit that ends between characters. */
static uint32_t shown_length(const uint8_t *data, uint32_t length)
{
    uint32_t shown = length;
    if (length > TEXT_SHOWN) {
        shown = TEXT_SHOWN;
        while (shown > 0 && (data[shown] & 0xc0) == 0x80) {
            shown--;
        }
    }
    return shown;
}

/* Inside quotes; `special` characters get a backslash. */
static void print_text(struct buffer *out, const struct stat_value *value, const char *special)
{
    const uint8_t *data = value->as.bytes.data;
    uint32_t shown = shown_length(data, value->as.bytes.length);
    uint32_t i;
    for (i = 0; i < shown; i++) {
        if (data[i] == '\'') {
            buffer_u8(out, '\'');
        } else if (data[i] != 0 && strchr(special, data[i]) != NULL) {
            buffer_u8(out, '\\');
        }
        buffer_u8(out, data[i] < 0x20 ? ' ' : data[i]); /* the text is printed on a line */
    }
    if (shown < value->as.bytes.length) {
        add(out, "…");
    }
}

static void print_bytes(struct buffer *out, const struct field *field,
                        const struct stat_value *value)
{
    uint32_t shown = value->as.bytes.length < TEXT_SHOWN ? value->as.bytes.length : TEXT_SHOWN;
    buffer_u8(out, '\'');
    if (column_type_is_utf8(field->type)) {
        print_text(out, value, "");
    } else {
        add(out, "\\x");
        scalar_text_hex(out, value->as.bytes.data, shown);
        add(out, shown < value->as.bytes.length ? "…" : "");
    }
    buffer_u8(out, '\'');
}

/* Dates, times and instants are shown as SQL writes them. */
static void print_integer(struct buffer *out, const struct field *field, int64_t value)
{
    switch (field->type) {
    case COLUMN_BOOL:
        add(out, value != 0 ? "true" : "false");
        return;
    case COLUMN_DATE32:
    case COLUMN_DATE64:
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
        break;
    default:
        buffer_printf(out, "%lld", (long long)value);
        return;
    }
    buffer_u8(out, '\'');
    if (field->type == COLUMN_DATE32) {
        scalar_text_date(out, value);
    } else if (field->type == COLUMN_DATE64) {
        scalar_text_timestamp(out, value, UNIT_MILLI, false);
    } else if (field->type == COLUMN_TIMESTAMP) {
        scalar_text_timestamp(out, value, field->unit, field->timezone != NULL);
    } else {
        scalar_text_time(out, value, field->unit);
    }
    buffer_u8(out, '\'');
}

static void print_value(struct buffer *out, const struct field *field,
                        const struct stat_value *value)
{
    uint8_t wide[16];
    switch (value->kind) {
    case STAT_INT:
        print_integer(out, field, value->as.i);
        break;
    case STAT_UINT:
        buffer_printf(out, "%llu", (unsigned long long)value->as.u);
        break;
    case STAT_FLOAT:
        if (field->type == COLUMN_FLOAT64) {
            scalar_text_real(out, value->as.f);
        } else {
            scalar_text_real32(out, (float)value->as.f);
        }
        break;
    case STAT_BYTES:
        print_bytes(out, field, value);
        break;
    case STAT_INT128:
        store_u64(wide, value->as.wide.lo);
        store_u64(wide + 8, (uint64_t)value->as.wide.hi);
        scalar_text_decimal(out, wide, field->scale);
        break;
    case STAT_NONE:
        add(out, "?");
        break;
    }
}

static void print_list(struct buffer *out, const struct field *field, const struct predicate *test)
{
    size_t i;
    add(out, " IN (");
    for (i = 0; i < test->value_count && i < VALUES_SHOWN; i++) {
        add(out, i != 0 ? ", " : "");
        print_value(out, field, &test->values[i]);
    }
    if (test->value_count > VALUES_SHOWN) {
        buffer_printf(out, ", … of %zu", test->value_count);
    }
    buffer_u8(out, ')');
}

static void print_pattern(struct buffer *out, const struct predicate *test)
{
    size_t i;
    add(out, test->fold_case ? " ILIKE '" : " LIKE '");
    add(out, test->anchored_start ? "" : "%");
    for (i = 0; i < test->value_count; i++) {
        add(out, i != 0 ? "%" : "");
        print_text(out, &test->values[i], "%_\\");
    }
    add(out, test->anchored_end ? "'" : "%'");
}

static void print_test(const struct predicate *test, const struct schema *schema,
                       struct buffer *out)
{
    static const char *const comparisons[] = {
        [PREDICATE_EQ] = " = ",  [PREDICATE_NE] = " <> ", [PREDICATE_LT] = " < ",
        [PREDICATE_LE] = " <= ", [PREDICATE_GT] = " > ",  [PREDICATE_GE] = " >= ",
    };
    const struct field *field;
    if (test->column >= schema->count) {
        add(out, "?");
        return;
    }
    field = &schema->fields[test->column];
    print_name(out, field->name);
    switch (test->test) {
    case PREDICATE_IN:
        print_list(out, field, test);
        break;
    case PREDICATE_IS_NULL:
        add(out, " IS NULL");
        break;
    case PREDICATE_NOT_NULL:
        add(out, " IS NOT NULL");
        break;
    case PREDICATE_LIKE:
        print_pattern(out, test);
        break;
    default:
        add(out, comparisons[test->test]);
        print_value(out, field, &test->values[0]);
        break;
    }
}

/* Depth is bounded by PREDICATE_DEPTH_MAX. */
static void print_node(const struct predicate *node, const struct schema *schema, bool inside,
                       struct buffer *out)
{
    bool all = node->kind == PREDICATE_AND;
    size_t i;
    if (node->kind == PREDICATE_TEST) {
        print_test(node, schema, out);
        return;
    }
    if (node->part_count == 0) {
        add(out, all ? "TRUE" : "FALSE");
        return;
    }
    inside = inside && node->part_count > 1;
    add(out, inside ? "(" : "");
    for (i = 0; i < node->part_count; i++) {
        const struct predicate *part = node->parts[i];
        add(out, i == 0 ? "" : all ? " AND " : " OR ");
        print_node(part, schema, node->part_count > 1 && part->kind != node->kind, out);
    }
    add(out, inside ? ")" : "");
}

void predicate_print(const struct predicate *predicate, const struct schema *schema,
                     struct buffer *out)
{
    print_node(predicate, schema, false, out);
}
