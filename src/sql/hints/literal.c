/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Constants of a statement. Casts are left to the engine: its values cast themselves when they are
 * read as another type, and tell by their own type afterwards whether they could.
 */
#include "sql/hints/hints_priv.h"

#include <stdlib.h>
#include <string.h>

static bool value_has_type(duckdb_value value, duckdb_type type)
{
    return duckdb_get_type_id(duckdb_get_value_type(value)) == type;
}

/* ---- constants of the tree ---- */

/* An integer, or {"upper": 1, "low": "2"}. */
static bool read_wide(const struct json *value, hint_wide *out)
{
    const struct json *low = json_find(value, "low");
    const char *digits = "";
    uint64_t lower = 0;
    int64_t upper = 0;
    if (json_as_i64(value, "value", &upper, NULL) == INLAY_OK) {
        *out = upper;
        return true;
    }
    if (json_get_i64(value, "upper", &upper, NULL) != INLAY_OK ||
        json_as_string(low, "low", &digits, NULL, NULL) != INLAY_OK) {
        return false;
    }
    for (; *digits != '\0'; digits++) {
        lower = lower * 10 + (uint64_t)(*digits - '0');
    }
    *out = (hint_wide)(((unsigned __int128)(uint64_t)upper << 64) | lower);
    return true;
}

static bool is_integer_type(const char *type)
{
    static const char *const types[] = {"TINYINT",  "SMALLINT",  "INTEGER",  "BIGINT", "HUGEINT",
                                        "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"};
    size_t i;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(type, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool read_decimal_type(const struct json *type, struct hint_literal *out)
{
    const struct json *info = json_find(type, "type_info");
    int64_t width = 0;
    int64_t scale = 0;
    if (json_get_i64(info, "width", &width, NULL) != INLAY_OK || width < 1 || width > 38 ||
        json_get_i64(info, "scale", &scale, NULL) != INLAY_OK || scale < 0 || scale > width) {
        return false;
    }
    out->width = (uint8_t)width;
    out->scale = (uint8_t)scale;
    return true;
}

static bool read_constant(const struct json *constant, struct hint_literal *out)
{
    const struct json *value = json_find(constant, "value");
    const struct json *inner = json_find(value, "value");
    const struct json *type = json_find(value, "type");
    const char *id = tree_member(type, "id");
    bool flag = true;
    if (json_get_bool(value, "is_null", &flag, NULL) != INLAY_OK || flag) {
        out->kind = HINT_LITERAL_NULL;
        return json_has(value, "is_null") && flag;
    }
    if (is_integer_type(id)) {
        out->kind = HINT_LITERAL_INTEGER;
        return read_wide(inner, &out->number);
    }
    if (strcmp(id, "DECIMAL") == 0) {
        out->kind = HINT_LITERAL_DECIMAL;
        return read_decimal_type(type, out) && read_wide(inner, &out->number);
    }
    if (strcmp(id, "DOUBLE") == 0) {
        out->kind = HINT_LITERAL_DOUBLE;
        return json_as_f64(inner, "value", &out->real, NULL) == INLAY_OK;
    }
    if (strcmp(id, "BOOLEAN") == 0) {
        out->kind = HINT_LITERAL_BOOL;
        out->number = json_as_bool(inner, "value", &flag, NULL) == INLAY_OK && flag;
        return json_kind_of(inner) == JSON_KIND_BOOL;
    }
    if (strcmp(id, "VARCHAR") == 0) {
        out->kind = HINT_LITERAL_TEXT;
        out->bytes = "";
        return inner == NULL ||
               json_as_string(inner, "value", &out->bytes, &out->length, NULL) == INLAY_OK;
    }
    return false;
}

/* ---- parameters ---- */

static const struct sql_parameter *find_parameter(const struct hint_reader *reader,
                                                  const char *identifier)
{
    const struct json *names = reader->tree->names;
    int64_t position = 0;
    size_t i;
    for (i = 0; i < reader->parameter_count; i++) {
        if (reader->parameters[i].name != NULL &&
            strcmp(reader->parameters[i].name, identifier) == 0) {
            return &reader->parameters[i];
        }
    }
    for (i = 0; i < json_length(names); i++) {
        if (strcmp(tree_member(json_at(names, i), "key"), identifier) == 0) {
            (void)json_get_i64(json_at(names, i), "value", &position, NULL);
        }
    }
    return position >= 1 && (uint64_t)position <= reader->parameter_count &&
                   reader->parameters[position - 1].name == NULL
               ? &reader->parameters[position - 1]
               : NULL;
}

/* Two uint64, the high half first: DECIMAL(38, 0), as the column is. */
static bool read_id(const struct sql_parameter *parameter, struct hint_literal *out)
{
    uint64_t halves[2];
    if (parameter->length != 1) {
        return false;
    }
    memcpy(halves, parameter->bytes, sizeof(halves));
    out->kind = HINT_LITERAL_DECIMAL;
    out->width = 38;
    out->scale = 0;
    out->number = (hint_wide)(((unsigned __int128)halves[0] << 64) | halves[1]);
    return halves[0] >> 63 == 0;
}

static bool read_parameter(const struct hint_reader *reader, const struct json *expression,
                           struct hint_literal *out)
{
    const struct sql_parameter *parameter =
        find_parameter(reader, tree_member(expression, "identifier"));
    if (parameter == NULL) {
        return false;
    }
    out->parameter = true;
    switch (parameter->kind) {
    case SQL_PARAMETER_NULL:
        out->kind = HINT_LITERAL_NULL;
        return true;
    case SQL_PARAMETER_BOOL:
        out->kind = HINT_LITERAL_BOOL;
        out->number = parameter->integer != 0;
        return true;
    case SQL_PARAMETER_INT64:
        out->kind = HINT_LITERAL_INTEGER;
        out->number = parameter->integer;
        return true;
    case SQL_PARAMETER_DOUBLE:
        out->kind = HINT_LITERAL_DOUBLE;
        out->real = parameter->number;
        return true;
    case SQL_PARAMETER_TEXT:
    case SQL_PARAMETER_BLOB:
        out->kind = parameter->kind == SQL_PARAMETER_TEXT ? HINT_LITERAL_TEXT : HINT_LITERAL_BLOB;
        out->bytes = parameter->length != 0 ? parameter->bytes : "";
        out->length = (size_t)parameter->length;
        return true;
    case SQL_PARAMETER_UINT64:
        out->kind = HINT_LITERAL_INTEGER;
        out->number = (uint64_t)parameter->integer;
        return true;
    case SQL_PARAMETER_DATE:
        out->kind = HINT_LITERAL_DATE;
        out->number = parameter->integer;
        return out->number < INT32_MAX && out->number > -INT32_MAX; /* those are infinite */
    case SQL_PARAMETER_TIME:
        out->kind = HINT_LITERAL_TIME;
        out->unit = UNIT_MICRO;
        out->number = parameter->integer;
        return true;
    case SQL_PARAMETER_TIMESTAMP:
    case SQL_PARAMETER_TIMESTAMPTZ:
        out->kind = parameter->kind == SQL_PARAMETER_TIMESTAMP ? HINT_LITERAL_TIMESTAMP
                                                               : HINT_LITERAL_ZONED;
        out->unit = UNIT_MICRO;
        out->number = parameter->integer;
        return out->number < INT64_MAX && out->number > -INT64_MAX;
    case SQL_PARAMETER_ID:
        return read_id(parameter, out);
    case SQL_PARAMETER_DECIMAL:
    case SQL_PARAMETER_FLOATS:
    case SQL_PARAMETER_TEXTS:
    case SQL_PARAMETER_INT64S:
        return false;
    }
    return false;
}

/* ---- casts ---- */

static bool cast_text(duckdb_value value, const char *type, struct hint_literal *out)
{
    if (strcmp(type, "DATE") == 0) {
        out->kind = HINT_LITERAL_DATE;
        out->number = duckdb_get_date(value).days;
        return value_has_type(value, DUCKDB_TYPE_DATE) && out->number < INT32_MAX &&
               out->number > -INT32_MAX;
    }
    if (strcmp(type, "TIMESTAMP") == 0) {
        out->kind = HINT_LITERAL_TIMESTAMP;
        out->unit = UNIT_MICRO;
        out->number = duckdb_get_timestamp(value).micros;
        return value_has_type(value, DUCKDB_TYPE_TIMESTAMP);
    }
    if (strcmp(type, "TIMESTAMP_S") == 0) {
        out->kind = HINT_LITERAL_TIMESTAMP;
        out->unit = UNIT_SECOND;
        out->number = duckdb_get_timestamp_s(value).seconds;
        return value_has_type(value, DUCKDB_TYPE_TIMESTAMP_S);
    }
    if (strcmp(type, "TIMESTAMP_MS") == 0) {
        out->kind = HINT_LITERAL_TIMESTAMP;
        out->unit = UNIT_MILLI;
        out->number = duckdb_get_timestamp_ms(value).millis;
        return value_has_type(value, DUCKDB_TYPE_TIMESTAMP_MS);
    }
    if (strcmp(type, "TIMESTAMP_NS") == 0) {
        out->kind = HINT_LITERAL_TIMESTAMP;
        out->unit = UNIT_NANO;
        out->number = duckdb_get_timestamp_ns(value).nanos;
        return value_has_type(value, DUCKDB_TYPE_TIMESTAMP_NS);
    }
    if (strcmp(type, "TIMESTAMP WITH TIME ZONE") == 0) {
        out->kind = HINT_LITERAL_ZONED;
        out->number = duckdb_get_timestamp_tz(value).micros;
        return value_has_type(value, DUCKDB_TYPE_TIMESTAMP_TZ);
    }
    if (strcmp(type, "TIME") == 0) {
        out->kind = HINT_LITERAL_TIME;
        out->unit = UNIT_MICRO;
        out->number = duckdb_get_time(value).micros;
        return value_has_type(value, DUCKDB_TYPE_TIME);
    }
    if (strcmp(type, "BOOLEAN") == 0) {
        out->kind = HINT_LITERAL_BOOL;
        out->number = duckdb_get_bool(value);
        return value_has_type(value, DUCKDB_TYPE_BOOLEAN);
    }
    if (strcmp(type, "DOUBLE") == 0) {
        out->kind = HINT_LITERAL_DOUBLE;
        out->real = duckdb_get_double(value);
        return value_has_type(value, DUCKDB_TYPE_DOUBLE);
    }
    return false;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c |= 0x20;
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The engine's own value would throw at what is wrong. */
bool hint_blob_of_text(const struct hint_reader *reader, const struct hint_literal *text,
                       struct hint_literal *out)
{
    uint8_t *bytes = arena_alloc(reader->arena, text->length + 1);
    size_t length = 0;
    size_t i;
    for (i = 0; bytes != NULL && i < text->length; i++) {
        const char *at = text->bytes + i;
        if (*at < 0x20 || *at > 0x7e) {
            return false;
        }
        bytes[length] = (uint8_t)*at;
        if (*at == '\\') {
            if (i + 3 >= text->length || at[1] != 'x' || hex_digit(at[2]) < 0 ||
                hex_digit(at[3]) < 0) {
                return false;
            }
            bytes[length] = (uint8_t)(hex_digit(at[2]) << 4 | hex_digit(at[3]));
            i += 3;
        }
        length++;
    }
    memset(out, 0, sizeof(*out));
    out->kind = HINT_LITERAL_BLOB;
    out->bytes = (const char *)bytes;
    out->length = length;
    return bytes != NULL;
}

/* The largest values of integer types, by name. */
static bool fits_integer(const char *type, hint_wide number)
{
    static const struct {
        const char *type;
        int64_t low;
        uint64_t high;
    } ranges[] = {
        {"TINYINT", INT8_MIN, INT8_MAX},   {"SMALLINT", INT16_MIN, INT16_MAX},
        {"INTEGER", INT32_MIN, INT32_MAX}, {"BIGINT", INT64_MIN, INT64_MAX},
        {"UTINYINT", 0, UINT8_MAX},        {"USMALLINT", 0, UINT16_MAX},
        {"UINTEGER", 0, UINT32_MAX},       {"UBIGINT", 0, UINT64_MAX},
    };
    size_t i;
    for (i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (strcmp(type, ranges[i].type) == 0) {
            return number >= ranges[i].low && number <= (hint_wide)ranges[i].high;
        }
    }
    return strcmp(type, "HUGEINT") == 0;
}

static bool cast_literal(const struct hint_reader *reader, const struct json *type,
                         struct hint_literal *literal)
{
    const char *id = tree_member(type, "id");
    duckdb_value value;
    bool done;
    switch (literal->kind) {
    case HINT_LITERAL_NULL:
        return true;
    case HINT_LITERAL_INTEGER:
        return is_integer_type(id) && fits_integer(id, literal->number);
    case HINT_LITERAL_DOUBLE:
        return strcmp(id, "DOUBLE") == 0;
    case HINT_LITERAL_BOOL:
        return strcmp(id, "BOOLEAN") == 0;
    case HINT_LITERAL_BLOB:
        return strcmp(id, "BLOB") == 0;
    case HINT_LITERAL_TEXT:
        /* A text that is called one does not cast itself to what it is compared with. */
        if (strcmp(id, "VARCHAR") == 0) {
            literal->parameter = true;
            return true;
        }
        if (strcmp(id, "BLOB") == 0) {
            const struct hint_literal text = *literal;
            return hint_blob_of_text(reader, &text, literal);
        }
        value = duckdb_create_varchar_length(literal->bytes, literal->length);
        if (value == NULL) {
            return false;
        }
        done = cast_text(value, id, literal);
        duckdb_destroy_value(&value);
        return done;
    default:
        return false;
    }
}

bool hint_literal_of(const struct hint_reader *reader, const struct json *expression,
                     struct hint_literal *out)
{
    bool tried = true;
    memset(out, 0, sizeof(*out));
    if (tree_is_class(expression, "CONSTANT")) {
        return read_constant(expression, out);
    }
    if (tree_is_class(expression, "PARAMETER")) {
        return read_parameter(reader, expression, out);
    }
    return tree_is_class(expression, "CAST") &&
           json_get_bool(expression, "try_cast", &tried, NULL) == INLAY_OK && !tried &&
           !tree_is_class(json_find(expression, "child"), "CAST") &&
           hint_literal_of(reader, json_find(expression, "child"), out) &&
           cast_literal(reader, json_find(expression, "cast_type"), out);
}

static bool is_exact_number(const struct hint_literal *literal)
{
    return literal->kind == HINT_LITERAL_INTEGER || literal->kind == HINT_LITERAL_DECIMAL;
}

bool hint_literals_agree(const struct field *field, const struct hint_literal *literals,
                         size_t count, bool *as_double)
{
    const bool floating = stat_kind_of_type(field->type) == STAT_FLOAT;
    const struct hint_literal *first = NULL;
    size_t i;
    *as_double = false;
    for (i = 0; i < count; i++) {
        const struct hint_literal *literal = &literals[i];
        if (literal->kind == HINT_LITERAL_NULL) {
            continue;
        }
        *as_double |= literal->kind == HINT_LITERAL_DOUBLE;
        first = first != NULL ? first : literal;
        if (first->kind == HINT_LITERAL_TEXT && first->parameter != literal->parameter &&
            stat_kind_of_type(field->type) != STAT_BYTES) {
            return false;
        }
        if (first->kind != literal->kind || first->unit != literal->unit) {
            bool numbers = (is_exact_number(first) || first->kind == HINT_LITERAL_DOUBLE) &&
                           (is_exact_number(literal) || literal->kind == HINT_LITERAL_DOUBLE);
            bool exact = is_exact_number(first) && is_exact_number(literal);
            if (!(exact || (numbers && floating))) {
                return false;
            }
        }
    }
    return true;
}
