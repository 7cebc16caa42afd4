/* SPDX-License-Identifier: Apache-2.0 */
/* The text form of types: one table of leaf names serves writing and parsing. */
#include "columnar/schema.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"

#include <string.h>

static const struct type_name {
    const char *name;
    enum column_type type;
} type_names[] = {
    {"null", COLUMN_NULL},
    {"bool", COLUMN_BOOL},
    {"int8", COLUMN_INT8},
    {"int16", COLUMN_INT16},
    {"int32", COLUMN_INT32},
    {"int64", COLUMN_INT64},
    {"uint8", COLUMN_UINT8},
    {"uint16", COLUMN_UINT16},
    {"uint32", COLUMN_UINT32},
    {"uint64", COLUMN_UINT64},
    {"float16", COLUMN_FLOAT16},
    {"float32", COLUMN_FLOAT32},
    {"float64", COLUMN_FLOAT64},
    {"utf8", COLUMN_UTF8},
    {"large_utf8", COLUMN_LARGE_UTF8},
    {"binary", COLUMN_BINARY},
    {"large_binary", COLUMN_LARGE_BINARY},
    {"fixed_binary", COLUMN_FIXED_BINARY},
    {"date32", COLUMN_DATE32},
    {"date64", COLUMN_DATE64},
    {"time32", COLUMN_TIME32},
    {"time64", COLUMN_TIME64},
    {"timestamp", COLUMN_TIMESTAMP},
    {"decimal128", COLUMN_DECIMAL128},
    {"list", COLUMN_LIST},
    {"large_list", COLUMN_LARGE_LIST},
    {"fixed_list", COLUMN_FIXED_LIST},
    {"struct", COLUMN_STRUCT},
    {"duration", COLUMN_DURATION},
    {"string", COLUMN_UTF8}, /* accepted, never written */
};
#define TYPE_NAME_COUNT (sizeof(type_names) / sizeof(type_names[0]))

static const char *const unit_names[] = {"s", "ms", "us", "ns"};

/* ---- writing ---- */

static bool word_character(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

static bool plain_word(const char *name)
{
    const char *p = name;
    while (word_character(*p)) {
        p++;
    }
    return *p == '\0' && p != name;
}

static void write_name(struct buffer *out, const char *name)
{
    const char *p;
    if (plain_word(name)) {
        buffer_append(out, name, strlen(name));
        return;
    }
    buffer_u8(out, '"');
    for (p = name; *p != '\0'; p++) {
        if (*p == '"') {
            buffer_u8(out, '"');
        }
        buffer_u8(out, (uint8_t)*p);
    }
    buffer_u8(out, '"');
}

static void write_type(struct buffer *out, const struct field *field);

static void write_children(struct buffer *out, const struct field *field)
{
    size_t i;
    buffer_u8(out, '<');
    for (i = 0; i < field->child_count; i++) {
        const struct field *child = &field->children[i];
        if (i != 0) {
            buffer_append(out, ", ", 2);
        }
        if (field->type == COLUMN_STRUCT) {
            write_name(out, child->name != NULL ? child->name : "");
            buffer_append(out, ": ", 2);
        }
        write_type(out, child);
        if (!child->nullable) {
            buffer_append(out, " not null", 9);
        }
    }
    buffer_u8(out, '>');
}

static void write_type(struct buffer *out, const struct field *field)
{
    const char *name = "interval"; /* the one type that no table may have */
    size_t i;
    for (i = 0; i < TYPE_NAME_COUNT; i++) {
        if (type_names[i].type == field->type) {
            name = type_names[i].name;
            break;
        }
    }
    if (field->dictionary) {
        buffer_append(out, "dictionary<", 11);
    }
    buffer_append(out, name, strlen(name));
    if (column_type_is_nested(field->type)) {
        write_children(out, field);
    }
    switch (field->type) {
    case COLUMN_FIXED_BINARY:
    case COLUMN_FIXED_LIST:
        buffer_printf(out, "[%d]", (int)field->width);
        break;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_DURATION:
        buffer_printf(out, "[%s]", unit_names[field->unit & 3]);
        break;
    case COLUMN_TIMESTAMP:
        buffer_printf(out, "[%s%s%s]", unit_names[field->unit & 3],
                      field->timezone != NULL ? ", " : "",
                      field->timezone != NULL ? field->timezone : "");
        break;
    case COLUMN_DECIMAL128:
        buffer_printf(out, "[%d, %d]", (int)field->precision, (int)field->scale);
        break;
    default:
        break;
    }
    if (field->dictionary) {
        buffer_u8(out, '>');
    }
}

void field_type_text(const struct field *field, char *text, size_t size)
{
    struct buffer out;
    if (size == 0) {
        return;
    }
    buffer_init(&out, (size_t)1 << 20);
    write_type(&out, field);
    if (out.status == INLAY_NO_MEMORY) {
        static const char unknown[] = "type";
        out.len = 0;
        (void)memcpy(text, unknown, size < sizeof(unknown) ? size : sizeof(unknown));
        text[size - 1] = '\0';
    } else {
        size_t used = out.len < size - 1 ? out.len : size - 1;
        if (used != 0) {
            memcpy(text, out.data, used);
        }
        text[used] = '\0';
    }
    buffer_free(&out);
}

/* ---- parsing ---- */

struct type_parser {
    const char *start;
    const char *p;
    inlay_error *err;
};

static inlay_status parse_error(const struct type_parser *parser, const char *expected)
{
    inlay_status status =
        error_set(parser->err, INLAY_SCHEMA, "type \"%.200s\": expected %s at position %zu",
                  parser->start, expected, (size_t)(parser->p - parser->start));
    error_offset(parser->err, (uint64_t)(parser->p - parser->start));
    return status;
}

static void skip_space(struct type_parser *parser)
{
    while (*parser->p == ' ') {
        parser->p++;
    }
}

static bool accept(struct type_parser *parser, const char *token)
{
    size_t length = strlen(token);
    skip_space(parser);
    if (strncmp(parser->p, token, length) != 0) {
        return false;
    }
    parser->p += length;
    return true;
}

static inlay_status expect(struct type_parser *parser, const char *token)
{
    return accept(parser, token) ? INLAY_OK : parse_error(parser, token);
}

static inlay_status parse_number(struct type_parser *parser, int32_t low, int32_t high,
                                 int32_t *out)
{
    int64_t value = 0;
    const char *digits;
    skip_space(parser);
    digits = parser->p;
    while (*parser->p >= '0' && *parser->p <= '9' && value <= high) {
        value = value * 10 + (*parser->p++ - '0');
    }
    if (parser->p == digits || value < low || value > high) {
        parser->p = digits;
        return parse_error(parser, "a number in range");
    }
    *out = (int32_t)value;
    return INLAY_OK;
}

static inlay_status parse_unit(struct type_parser *parser, enum time_unit first,
                               enum time_unit last, enum time_unit *out)
{
    int unit;
    skip_space(parser);
    for (unit = (int)last; unit >= (int)first; unit--) {
        if (accept(parser, unit_names[unit])) {
            *out = (enum time_unit)unit;
            return INLAY_OK;
        }
    }
    return parse_error(parser, "a time unit of this type (s, ms, us, ns)");
}

static inlay_status parse_timezone(struct type_parser *parser, struct field *out)
{
    const char *begin;
    skip_space(parser);
    begin = parser->p;
    while (*parser->p != '\0' && *parser->p != ']') {
        parser->p++;
    }
    if (parser->p == begin) {
        return parse_error(parser, "a time zone");
    }
    out->timezone = mem_strndup(begin, (size_t)(parser->p - begin));
    return out->timezone != NULL ? INLAY_OK : error_no_memory(parser->err);
}

static inlay_status parse_attributes(struct type_parser *parser, struct field *out)
{
    INLAY_TRY(expect(parser, "["));
    switch (out->type) {
    case COLUMN_FIXED_BINARY:
    case COLUMN_FIXED_LIST:
        INLAY_TRY(parse_number(parser, 1, INT32_MAX, &out->width));
        break;
    case COLUMN_TIME32:
        INLAY_TRY(parse_unit(parser, UNIT_SECOND, UNIT_MILLI, &out->unit));
        break;
    case COLUMN_TIME64:
        INLAY_TRY(parse_unit(parser, UNIT_MICRO, UNIT_NANO, &out->unit));
        break;
    case COLUMN_DECIMAL128:
        INLAY_TRY(parse_number(parser, 1, 38, &out->precision));
        INLAY_TRY(expect(parser, ","));
        INLAY_TRY(parse_number(parser, 0, out->precision, &out->scale));
        break;
    default:
        INLAY_TRY(parse_unit(parser, UNIT_SECOND, UNIT_NANO, &out->unit));
        if (out->type == COLUMN_TIMESTAMP && accept(parser, ",")) {
            INLAY_TRY(parse_timezone(parser, out));
        }
        break;
    }
    return expect(parser, "]");
}

/* The text up to the closing quote, which is passed; false when there is none. */
static bool parse_quoted(struct type_parser *parser, struct buffer *name)
{
    for (; *parser->p != '\0'; parser->p++) {
        if (*parser->p == '"') {
            parser->p++;
            if (*parser->p != '"') {
                return true;
            }
        }
        buffer_u8(name, (uint8_t)*parser->p);
    }
    return false;
}

static bool parse_word(struct type_parser *parser, struct buffer *name)
{
    while (word_character(*parser->p)) {
        buffer_u8(name, (uint8_t)*parser->p++);
    }
    return name->len != 0;
}

/* A plain word, or any text in double quotes, into a fresh string. */
static inlay_status parse_name(struct type_parser *parser, char **out)
{
    struct buffer name;
    inlay_status status;
    size_t length;
    bool found;
    buffer_init(&name, 1 << 16);
    found = accept(parser, "\"") ? parse_quoted(parser, &name) : parse_word(parser, &name);
    buffer_u8(&name, '\0');
    status = found ? buffer_status(&name, parser->err) : parse_error(parser, "a field name");
    if (status == INLAY_OK) {
        *out = (char *)buffer_take(&name, &length);
    }
    buffer_free(&name);
    return status;
}

static inlay_status parse_type(struct type_parser *parser, struct field *out, int depth);

static inlay_status parse_children(struct type_parser *parser, struct field *out, int depth)
{
    INLAY_TRY(expect(parser, "<"));
    do {
        char *name = NULL;
        struct field *child;
        if (out->type == COLUMN_STRUCT) {
            inlay_status status = parse_name(parser, &name);
            if (status == INLAY_OK) {
                status = expect(parser, ":");
            }
            if (status != INLAY_OK) {
                mem_free(name);
                return status;
            }
        }
        child = field_add_child(out, name != NULL ? name : "item", COLUMN_NULL, true);
        mem_free(name);
        if (child == NULL) {
            return error_no_memory(parser->err);
        }
        INLAY_TRY(parse_type(parser, child, depth + 1));
        if (accept(parser, "not null")) {
            child->nullable = false;
        }
    } while (out->type == COLUMN_STRUCT && accept(parser, ","));
    return expect(parser, ">");
}

static inlay_status parse_type_name(struct type_parser *parser, enum column_type *out)
{
    size_t length = 0;
    size_t i;
    skip_space(parser);
    while (word_character(parser->p[length])) {
        length++;
    }
    for (i = 0; i < TYPE_NAME_COUNT; i++) {
        if (strlen(type_names[i].name) == length &&
            memcmp(type_names[i].name, parser->p, length) == 0) {
            *out = type_names[i].type;
            parser->p += length;
            return INLAY_OK;
        }
    }
    return parse_error(parser, "a type name");
}

static bool has_attributes(enum column_type type)
{
    return type == COLUMN_FIXED_BINARY || type == COLUMN_FIXED_LIST || type == COLUMN_TIME32 ||
           type == COLUMN_TIME64 || type == COLUMN_TIMESTAMP || type == COLUMN_DECIMAL128 ||
           type == COLUMN_DURATION;
}

static inlay_status parse_type(struct type_parser *parser, struct field *out, int depth)
{
    if (depth > SCHEMA_MAX_DEPTH) {
        return parse_error(parser, "less nesting");
    }
    out->dictionary = accept(parser, "dictionary<");
    INLAY_TRY(parse_type_name(parser, &out->type));
    if (out->dictionary && column_type_is_nested(out->type)) {
        return parse_error(parser, "a dictionary of plain values");
    }
    if (column_type_is_nested(out->type)) {
        INLAY_TRY(parse_children(parser, out, depth));
    }
    if (has_attributes(out->type)) {
        INLAY_TRY(parse_attributes(parser, out));
    }
    return out->dictionary ? expect(parser, ">") : INLAY_OK;
}

inlay_status field_type_parse(const char *text, struct field *out, inlay_error *err)
{
    struct type_parser parser = {text, text, err};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->nullable = true;
    out->name = mem_strdup("");
    status = out->name != NULL ? parse_type(&parser, out, 0) : error_no_memory(err);
    if (status == INLAY_OK) {
        skip_space(&parser);
        if (*parser.p != '\0') {
            status = parse_error(&parser, "the end");
        }
    }
    if (status != INLAY_OK) {
        field_free(out);
    }
    return status;
}
