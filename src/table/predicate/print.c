/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/print.h"

#include <inttypes.h>

static void print_wide(int64_t hi, uint64_t lo, struct buffer *out)
{
    unsigned __int128 rest = ((unsigned __int128)(uint64_t)hi << 64) | lo;
    char digits[48];
    size_t at = sizeof(digits) - 1;
    if (hi < 0) {
        buffer_u8(out, '-');
        rest = -rest;
    }
    digits[at] = '\0';
    do {
        digits[--at] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    buffer_printf(out, "%s", digits + at);
}

/* Bytes that are not printable stand as \xx, and so do the quote and the backslash. */
static void print_bytes(const struct stat_value *value, struct buffer *out)
{
    uint32_t i;
    for (i = 0; i < value->as.bytes.length; i++) {
        uint8_t c = value->as.bytes.data[i];
        if (c < 0x20 || c >= 0x7f || c == '\'' || c == '\\') {
            buffer_printf(out, "\\%02x", c);
        } else {
            buffer_u8(out, c);
        }
    }
}

static void print_value(const struct stat_value *value, struct buffer *out)
{
    switch (value->kind) {
    case STAT_INT:
        buffer_printf(out, "%" PRId64, value->as.i);
        break;
    case STAT_UINT:
        buffer_printf(out, "%" PRIu64, value->as.u);
        break;
    case STAT_FLOAT:
        buffer_printf(out, "%.17g", value->as.f);
        break;
    case STAT_INT128:
        print_wide(value->as.wide.hi, value->as.wide.lo, out);
        break;
    case STAT_BYTES:
        buffer_u8(out, '\'');
        print_bytes(value, out);
        buffer_u8(out, '\'');
        break;
    case STAT_NONE:
        buffer_printf(out, "?");
        break;
    }
}

static void print_like(const struct predicate *predicate, struct buffer *out)
{
    size_t i;
    buffer_printf(out, "%s", predicate->fold_case ? " ilike '" : " like '");
    for (i = 0; i < predicate->value_count; i++) {
        if (i != 0 || !predicate->anchored_start) {
            buffer_u8(out, '%');
        }
        print_bytes(&predicate->values[i], out);
    }
    buffer_printf(out, "%s", predicate->anchored_end ? "'" : "%'");
}

static void print_test(const struct predicate *predicate, const struct schema *schema,
                       struct buffer *out)
{
    static const char *const signs[] = {"=", "<>", "<", "<=", ">", ">="};
    size_t i;
    buffer_printf(out, "%s", schema->fields[predicate->column].name);
    switch (predicate->test) {
    case PREDICATE_IN:
        buffer_printf(out, " in (");
        for (i = 0; i < predicate->value_count; i++) {
            buffer_printf(out, "%s", i != 0 ? ", " : "");
            print_value(&predicate->values[i], out);
        }
        buffer_u8(out, ')');
        break;
    case PREDICATE_IS_NULL:
        buffer_printf(out, " is null");
        break;
    case PREDICATE_NOT_NULL:
        buffer_printf(out, " is not null");
        break;
    case PREDICATE_LIKE:
        print_like(predicate, out);
        break;
    default:
        buffer_printf(out, " %s ", signs[predicate->test]);
        print_value(&predicate->values[0], out);
        break;
    }
}

void predicate_print(const struct predicate *predicate, const struct schema *schema,
                     struct buffer *out)
{
    const bool is_and = predicate != NULL && predicate->kind == PREDICATE_AND;
    size_t i;
    if (predicate == NULL || (is_and && predicate->part_count == 0)) {
        buffer_printf(out, "all");
        return;
    }
    if (predicate->kind == PREDICATE_TEST) {
        print_test(predicate, schema, out);
        return;
    }
    if (predicate->part_count == 0) {
        buffer_printf(out, "none");
        return;
    }
    buffer_u8(out, '(');
    for (i = 0; i < predicate->part_count; i++) {
        if (i != 0) {
            buffer_printf(out, "%s", is_and ? " and " : " or ");
        }
        predicate_print(predicate->parts[i], schema, out);
    }
    buffer_u8(out, ')');
}
