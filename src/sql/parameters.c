/* SPDX-License-Identifier: Apache-2.0 */
/* Parameters as values of the engine. */
#include "base/alloc.h"
#include "base/error.h"
#include "sql/engine.h"
#include "sql/statement_priv.h"

#include <string.h>

#define DECIMAL_DIGITS 38

/* One item of a list; NULL: it has no value. */
static duckdb_value list_item(const struct sql_parameter *parameter, uint64_t i)
{
    const uint8_t *bytes = parameter->bytes;
    float number;
    int64_t integer;
    const char *text;
    switch (parameter->kind) {
    case SQL_PARAMETER_FLOATS:
        memcpy(&number, bytes + i * sizeof(number), sizeof(number));
        return duckdb_create_float(number);
    case SQL_PARAMETER_INT64S:
        memcpy(&integer, bytes + i * sizeof(integer), sizeof(integer));
        return duckdb_create_int64(integer);
    default:
        memcpy(&text, bytes + i * sizeof(text), sizeof(text));
        return text != NULL ? duckdb_create_varchar(text) : duckdb_create_null_value();
    }
}

static duckdb_value list_value(const struct sql_parameter *parameter, duckdb_type item_type)
{
    duckdb_logical_type type = duckdb_create_logical_type(item_type);
    duckdb_value *items = mem_zalloc_array((size_t)parameter->length, sizeof(*items));
    duckdb_value list = NULL;
    uint64_t i;
    if (items != NULL) {
        bool whole = true;
        for (i = 0; i < parameter->length; i++) {
            items[i] = list_item(parameter, i);
            whole = whole && items[i] != NULL;
        }
        list = whole ? duckdb_create_list_value(type, items, parameter->length) : NULL;
        for (i = 0; i < parameter->length; i++) {
            duckdb_destroy_value(&items[i]);
        }
    }
    mem_free(items);
    duckdb_destroy_logical_type(&type);
    return list;
}

static duckdb_value decimal_of(unsigned __int128 magnitude, bool negative, unsigned width,
                               unsigned scale)
{
    duckdb_decimal decimal;
    unsigned __int128 bits = negative ? -magnitude : magnitude;
    decimal.width = (uint8_t)(width > scale ? width : scale);
    decimal.width = decimal.width != 0 ? decimal.width : 1;
    decimal.scale = (uint8_t)scale;
    decimal.value.lower = (uint64_t)bits;
    decimal.value.upper = (int64_t)(uint64_t)(bits >> 64);
    return duckdb_create_decimal(decimal);
}

/* Sign, digits, and digits behind a point; NULL for anything else. */
static duckdb_value decimal_value(const char *text, uint64_t length)
{
    unsigned __int128 magnitude = 0;
    unsigned digits = 0; /* without leading zeros */
    unsigned scale = 0;
    bool point = false;
    bool any = false;
    uint64_t i = length != 0 && (text[0] == '-' || text[0] == '+') ? 1 : 0;
    for (; i < length; i++) {
        if (text[i] == '.' && !point) {
            point = true;
            continue;
        }
        if (text[i] < '0' || text[i] > '9' || digits == DECIMAL_DIGITS ||
            (point && scale == DECIMAL_DIGITS)) {
            return NULL;
        }
        magnitude = magnitude * 10 + (unsigned)(text[i] - '0');
        digits += magnitude != 0;
        scale += point;
        any = true;
    }
    return any ? decimal_of(magnitude, text[0] == '-', digits, scale) : NULL;
}

/* 10^38, the first number that DECIMAL(38, 0) does not hold. */
static unsigned __int128 decimal_end(void)
{
    unsigned __int128 end = 1;
    int i;
    for (i = 0; i < DECIMAL_DIGITS; i++) {
        end *= 10;
    }
    return end;
}

static duckdb_value id_value(const struct sql_parameter *parameter)
{
    uint64_t halves[2];
    unsigned __int128 id;
    if (parameter->length != 1) {
        return NULL;
    }
    memcpy(halves, parameter->bytes, sizeof(halves));
    id = (unsigned __int128)halves[0] << 64 | halves[1];
    return id < decimal_end() ? decimal_of(id, false, DECIMAL_DIGITS, 0) : NULL;
}

static duckdb_value time_value(const struct sql_parameter *parameter)
{
    const int64_t day = (int64_t)24 * 3600 * 1000000;
    duckdb_time time = {parameter->integer};
    return parameter->integer >= 0 && parameter->integer < day ? duckdb_create_time(time) : NULL;
}

static duckdb_value date_value(const struct sql_parameter *parameter)
{
    duckdb_date date = {(int32_t)parameter->integer};
    return parameter->integer == date.days ? duckdb_create_date(date) : NULL;
}

static duckdb_value parameter_value(const struct sql_parameter *parameter)
{
    duckdb_timestamp instant = {parameter->integer};
    switch (parameter->kind) {
    case SQL_PARAMETER_NULL:
        return duckdb_create_null_value();
    case SQL_PARAMETER_BOOL:
        return duckdb_create_bool(parameter->integer != 0);
    case SQL_PARAMETER_INT64:
        return duckdb_create_int64(parameter->integer);
    case SQL_PARAMETER_UINT64:
        return duckdb_create_uint64((uint64_t)parameter->integer);
    case SQL_PARAMETER_DOUBLE:
        return duckdb_create_double(parameter->number);
    case SQL_PARAMETER_TEXT:
        return duckdb_create_varchar_length(parameter->bytes, parameter->length);
    case SQL_PARAMETER_BLOB:
        return duckdb_create_blob(parameter->bytes, parameter->length);
    case SQL_PARAMETER_DECIMAL:
        return decimal_value(parameter->bytes, parameter->length);
    case SQL_PARAMETER_DATE:
        return date_value(parameter);
    case SQL_PARAMETER_TIME:
        return time_value(parameter);
    case SQL_PARAMETER_TIMESTAMP:
        return duckdb_create_timestamp(instant);
    case SQL_PARAMETER_TIMESTAMPTZ:
        return duckdb_create_timestamp_tz(instant);
    case SQL_PARAMETER_ID:
        return id_value(parameter);
    case SQL_PARAMETER_FLOATS:
        return list_value(parameter, DUCKDB_TYPE_FLOAT);
    case SQL_PARAMETER_TEXTS:
        return list_value(parameter, DUCKDB_TYPE_VARCHAR);
    case SQL_PARAMETER_INT64S:
        return list_value(parameter, DUCKDB_TYPE_BIGINT);
    }
    return NULL;
}

inlay_status sql_bind_parameters(duckdb_prepared_statement prepared,
                                 const struct sql_parameter *parameters, size_t count,
                                 inlay_error *err)
{
    idx_t wanted = duckdb_nparams(prepared);
    size_t i;
    if (wanted != count) {
        return error_set(err, INLAY_QUERY, "the statement has %llu parameters, %zu were given",
                         (unsigned long long)wanted, count);
    }
    for (i = 0; i < count; i++) {
        idx_t position = i + 1;
        duckdb_value value;
        duckdb_state state;
        if (parameters[i].name != NULL &&
            duckdb_bind_parameter_index(prepared, &position, parameters[i].name) != DuckDBSuccess) {
            return error_set(err, INLAY_QUERY, "the statement has no parameter $%s",
                             parameters[i].name);
        }
        value = parameter_value(&parameters[i]);
        if (value == NULL) {
            return error_set(err, INLAY_INVALID_ARGUMENT, "parameter %zu has no valid value",
                             i + 1);
        }
        state = duckdb_bind_value(prepared, position, value);
        duckdb_destroy_value(&value);
        if (state != DuckDBSuccess) {
            return error_set(err, INLAY_QUERY, "parameter %zu cannot be bound: %s", i + 1,
                             duckdb_prepare_error(prepared));
        }
    }
    return INLAY_OK;
}
