/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/search/search_arguments.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/json.h"

#include <math.h>
#include <string.h>

#define SHOWN_BYTES 60 /* of a value in a message */
#define VECTOR_TEXT_MAX (4u << 20)
#define VECTOR_ELEMENTS_MAX (1u << 20)

/* The caller destroys it; NULL when it is not given. */
static duckdb_value value_of(const struct argument_reader *reader, enum search_argument argument)
{
    ptrdiff_t place = search_argument_place(reader->function, argument);
    duckdb_value value;
    if (place < 0 || (idx_t)place >= duckdb_bind_get_parameter_count(reader->info)) {
        return NULL;
    }
    value = duckdb_bind_get_parameter(reader->info, (idx_t)place);
    if (value != NULL && duckdb_is_null_value(value)) {
        duckdb_destroy_value(&value);
        return NULL;
    }
    return value;
}

bool argument_given(const struct argument_reader *reader, enum search_argument argument)
{
    duckdb_value value = value_of(reader, argument);
    bool given = value != NULL;
    duckdb_destroy_value(&value);
    return given;
}

/* Not beyond a whole character. */
static int shown_length(const char *text)
{
    size_t length = strlen(text);
    if (length > SHOWN_BYTES) {
        length = SHOWN_BYTES;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) {
            length--;
        }
    }
    return (int)length;
}

static inlay_status refuse(const struct argument_reader *reader, enum search_argument argument,
                           const char *what, duckdb_value value)
{
    char *text = value != NULL && !duckdb_is_null_value(value) ? duckdb_get_varchar(value) : NULL;
    const char *shown = text != NULL ? text : "NULL";
    error_set(reader->err, INLAY_QUERY, "%s %s, not %.*s", search_argument_name(argument), what,
              shown_length(shown), shown);
    error_key(reader->err, search_argument_name(argument));
    duckdb_free(text);
    return INLAY_QUERY;
}

inlay_status argument_refuse(const struct argument_reader *reader, enum search_argument argument,
                             const char *what)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = refuse(reader, argument, what, value);
    duckdb_destroy_value(&value);
    return status;
}

static duckdb_type type_of(duckdb_value value)
{
    /* The type is the value's: not to be destroyed. */
    return duckdb_get_type_id(duckdb_get_value_type(value));
}

static inlay_status take_text(const struct argument_reader *reader, enum search_argument argument,
                              duckdb_value value, char **out)
{
    duckdb_logical_type type = NULL;
    duckdb_vector vector;
    inlay_status status = INLAY_OK;
    if (duckdb_is_null_value(value) || type_of(value) != DUCKDB_TYPE_VARCHAR) {
        return refuse(reader, argument, "must be text", value);
    }
    /* As the row of a vector a text has a length: a NUL inside would end it elsewhere. */
    type = duckdb_create_logical_type(DUCKDB_TYPE_VARCHAR);
    vector = duckdb_create_vector(type, 1);
    duckdb_destroy_logical_type(&type);
    if (vector == NULL) {
        return error_no_memory(reader->err);
    }
    duckdb_vector_reference_value(vector, value);
    {
        duckdb_string_t *text = duckdb_vector_get_data(vector);
        const char *data = duckdb_string_t_data(text);
        uint32_t length = duckdb_string_t_length(*text);
        if (memchr(data, '\0', length) != NULL) {
            status = refuse(reader, argument, "must be text without a NUL byte", value);
        } else if ((*out = mem_strndup(data, length)) == NULL) {
            status = error_no_memory(reader->err);
        }
    }
    duckdb_destroy_vector(&vector);
    return status;
}

inlay_status argument_text(const struct argument_reader *reader, enum search_argument argument,
                           char **out)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = INLAY_OK;
    if (value != NULL) {
        status = take_text(reader, argument, value, out);
    }
    duckdb_destroy_value(&value);
    return status;
}

static inlay_status take_texts(const struct argument_reader *reader, enum search_argument argument,
                               duckdb_value value, char ***out, size_t *count)
{
    bool list = type_of(value) == DUCKDB_TYPE_LIST;
    idx_t items = list ? duckdb_get_list_size(value) : 1;
    idx_t i;
    if (items == 0) {
        return refuse(reader, argument, "must name a column", value);
    }
    *out = mem_zalloc_array((size_t)items, sizeof(char *));
    if (*out == NULL) {
        return error_no_memory(reader->err);
    }
    *count = (size_t)items;
    for (i = 0; i < items; i++) {
        duckdb_value item = list ? duckdb_get_list_child(value, i) : NULL;
        inlay_status status = take_text(reader, argument, list ? item : value, &(*out)[i]);
        duckdb_destroy_value(&item);
        INLAY_TRY(status);
    }
    return INLAY_OK;
}

inlay_status argument_texts(const struct argument_reader *reader, enum search_argument argument,
                            char ***out, size_t *count)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = INLAY_OK;
    if (value != NULL) {
        status = take_texts(reader, argument, value, out, count);
    }
    duckdb_destroy_value(&value);
    return status;
}

static bool is_whole(duckdb_type type)
{
    switch (type) {
    case DUCKDB_TYPE_TINYINT:
    case DUCKDB_TYPE_SMALLINT:
    case DUCKDB_TYPE_INTEGER:
    case DUCKDB_TYPE_BIGINT:
    case DUCKDB_TYPE_UTINYINT:
    case DUCKDB_TYPE_USMALLINT:
    case DUCKDB_TYPE_UINTEGER:
    case DUCKDB_TYPE_UBIGINT:
    case DUCKDB_TYPE_HUGEINT:
        return true;
    default:
        return false;
    }
}

static bool is_number(duckdb_type type)
{
    return is_whole(type) || type == DUCKDB_TYPE_FLOAT || type == DUCKDB_TYPE_DOUBLE ||
           type == DUCKDB_TYPE_DECIMAL;
}

inlay_status argument_count(const struct argument_reader *reader, enum search_argument argument,
                            uint64_t *out)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = INLAY_OK;
    if (value != NULL) {
        bool whole = is_whole(type_of(value));
        /* Asked for once: the C API casts the value itself. */
        duckdb_hugeint number = whole ? duckdb_get_hugeint(value) : (duckdb_hugeint){0, -1};
        if (number.upper < 0) {
            status = refuse(reader, argument, "must be a whole number from 0 up", value);
        } else {
            *out = number.upper > 0 || number.lower > INT64_MAX ? INT64_MAX : number.lower;
        }
    }
    duckdb_destroy_value(&value);
    return status;
}

inlay_status argument_number(const struct argument_reader *reader, enum search_argument argument,
                             double *out)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = INLAY_OK;
    if (value != NULL) {
        double number = is_number(type_of(value)) ? duckdb_get_double(value) : (double)NAN;
        if (isfinite(number)) {
            *out = number;
        } else {
            status = refuse(reader, argument, "must be a finite number", value);
        }
    }
    duckdb_destroy_value(&value);
    return status;
}

/* ---- vectors ---- */

static const char *const vector_wish =
    "must be a list of numbers without NULL, or a text like '1, 2.5, 3'";

static inlay_status floats_of_list(const struct argument_reader *reader,
                                   enum search_argument argument, duckdb_value list, float **out,
                                   size_t *count)
{
    idx_t items = duckdb_get_list_size(list);
    idx_t i;
    if (items == 0 || items > VECTOR_ELEMENTS_MAX) {
        return refuse(reader, argument, vector_wish, list);
    }
    *out = mem_alloc_array((size_t)items, sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(reader->err);
    }
    *count = (size_t)items;
    for (i = 0; i < items; i++) {
        duckdb_value item = duckdb_get_list_child(list, i);
        bool number = !duckdb_is_null_value(item) && is_number(type_of(item));
        (*out)[i] = number ? (float)duckdb_get_double(item) : 0;
        duckdb_destroy_value(&item);
        if (!number) {
            return refuse(reader, argument, vector_wish, list);
        }
    }
    return INLAY_OK;
}

static inlay_status floats_of_json(const struct json *list, float **out, size_t *count,
                                   inlay_error *err)
{
    size_t items = json_length(list);
    size_t i;
    if (items == 0 || items > VECTOR_ELEMENTS_MAX) {
        return INLAY_CORRUPT;
    }
    *out = mem_alloc_array(items, sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    *count = items;
    for (i = 0; i < items; i++) {
        double number;
        INLAY_TRY(json_as_f64(json_at(list, i), "vector", &number, NULL));
        (*out)[i] = (float)number;
    }
    return INLAY_OK;
}

/* Numbers between commas, with or without brackets: JSON's, once in brackets. */
static inlay_status floats_of_text(const struct argument_reader *reader,
                                   enum search_argument argument, duckdb_value value, float **out,
                                   size_t *count)
{
    char *text = duckdb_get_varchar(value);
    struct json *list = NULL;
    struct buffer bracketed;
    inlay_status status;
    buffer_init(&bracketed, VECTOR_TEXT_MAX);
    if (text == NULL) {
        return error_no_memory(reader->err);
    }
    if (text[strspn(text, " \t\r\n")] == '[') {
        buffer_append(&bracketed, text, strlen(text));
    } else {
        buffer_u8(&bracketed, '[');
        buffer_append(&bracketed, text, strlen(text));
        buffer_u8(&bracketed, ']');
    }
    status = buffer_status(&bracketed, NULL);
    if (status == INLAY_OK) {
        status = json_parse(bracketed.data, bracketed.len, VECTOR_TEXT_MAX, 2, &list, NULL);
    }
    if (status == INLAY_OK) {
        status = floats_of_json(list, out, count, reader->err);
    }
    if (status != INLAY_OK) {
        status = status == INLAY_NO_MEMORY ? error_no_memory(reader->err)
                                           : refuse(reader, argument, vector_wish, value);
    }
    json_free(list);
    buffer_free(&bracketed);
    duckdb_free(text);
    return status;
}

inlay_status argument_floats(const struct argument_reader *reader, enum search_argument argument,
                             float **out, size_t *count)
{
    duckdb_value value = value_of(reader, argument);
    inlay_status status = INLAY_OK;
    duckdb_type type;
    if (value == NULL) {
        return INLAY_OK;
    }
    type = type_of(value);
    if (type == DUCKDB_TYPE_LIST) {
        status = floats_of_list(reader, argument, value, out, count);
    } else if (type == DUCKDB_TYPE_VARCHAR || type == DUCKDB_TYPE_ARRAY) {
        /* The C API shows no items of an array, but its text gives every float back. */
        status = floats_of_text(reader, argument, value, out, count);
    } else {
        status = refuse(reader, argument, vector_wish, value);
    }
    duckdb_destroy_value(&value);
    return status;
}
