/* SPDX-License-Identifier: Apache-2.0 */
/* Values by the format strings of the Arrow C data interface. */
#include "cell.h"

#include "json.h"
#include "number.h"
#include "utf8.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* One value in place: the array's own row, moved through offset and dictionary. */
struct cell {
    const struct ArrowSchema *schema;
    const struct ArrowArray *array;
    const char *format;
    int64_t at; /* index into the buffers */
};

static bool bit_at(const void *bits, int64_t at)
{
    return ((const uint8_t *)bits)[at >> 3] >> (at & 7) & 1;
}

static int32_t load_i32(const void *buffer, int64_t at)
{
    int32_t value;
    memcpy(&value, (const char *)buffer + at * 4, sizeof(value));
    return value;
}

static int64_t load_i64(const void *buffer, int64_t at)
{
    int64_t value;
    memcpy(&value, (const char *)buffer + at * 8, sizeof(value));
    return value;
}

static bool is_valid(const struct cell *c)
{
    if (c->format[0] == 'n') {
        return false;
    }
    if (c->format[0] == '+' && c->format[1] == 'u') {
        return true; /* unions have no validity buffer */
    }
    const void *validity = c->array->n_buffers > 0 ? c->array->buffers[0] : NULL;
    return c->array->null_count == 0 || !validity || bit_at(validity, c->at);
}

/* Little-endian integers of 1 to 8 bytes; signed ones are extended. */
static int64_t load_integer(const struct cell *c)
{
    const char *data = c->array->buffers[1];
    switch (c->format[0]) {
    case 'c':
        return ((const int8_t *)data)[c->at];
    case 'C':
        return ((const uint8_t *)data)[c->at];
    case 's':
    case 'S':
    case 'e': {
        uint16_t value;
        memcpy(&value, data + c->at * 2, sizeof(value));
        return c->format[0] == 's' ? (int16_t)value : value;
    }
    case 'i':
        return load_i32(data, c->at);
    case 'I':
        return (int64_t)(uint32_t)load_i32(data, c->at);
    default: /* l, L */
        return load_i64(data, c->at);
    }
}

static struct cell cell_open(const struct ArrowSchema *schema, const struct ArrowArray *array,
                             int64_t row)
{
    struct cell c = {schema, array, schema->format, row + array->offset};
    if (schema->dictionary && array->dictionary && is_valid(&c)) {
        return cell_open(schema->dictionary, array->dictionary, load_integer(&c));
    }
    return c;
}

static bool is_integer(const char *format)
{
    return format[0] != '\0' && format[1] == '\0' && strchr("cCsSiIlL", format[0]) != NULL;
}

/* The value bytes of utf8, binary, views and fixed binary. */
static bool raw_bytes(const struct cell *c, const char **bytes, size_t *length)
{
    const char *format = c->format;
    if (format[0] == 'u' || format[0] == 'z') {
        int32_t start = load_i32(c->array->buffers[1], c->at);
        *length = (size_t)(load_i32(c->array->buffers[1], c->at + 1) - start);
        *bytes = (const char *)c->array->buffers[2] + start;
    } else if (format[0] == 'U' || format[0] == 'Z') {
        int64_t start = load_i64(c->array->buffers[1], c->at);
        *length = (size_t)(load_i64(c->array->buffers[1], c->at + 1) - start);
        *bytes = (const char *)c->array->buffers[2] + start;
    } else if (format[0] == 'v') {
        const char *view = (const char *)c->array->buffers[1] + c->at * 16;
        *length = (size_t)load_i32(view, 0);
        *bytes = *length <= 12
                     ? view + 4
                     : (const char *)c->array->buffers[2 + load_i32(view, 2)] + load_i32(view, 3);
    } else if (format[0] == 'w' && format[1] == ':') {
        *length = (size_t)strtoul(format + 2, NULL, 10);
        *bytes = (const char *)c->array->buffers[1] + (size_t)c->at * *length;
    } else {
        return false;
    }
    if (*length == 0) {
        *bytes = "";
    }
    return true;
}

static bool is_text(const char *format)
{
    return format[0] == 'u' || format[0] == 'U' || (format[0] == 'v' && format[1] == 'u');
}

static int64_t per_second(char unit)
{
    return unit == 's' ? 1 : unit == 'm' ? 1000 : unit == 'u' ? 1000000 : 1000000000;
}

static void add_amount(struct text *out, int64_t amount, const char *unit)
{
    if (amount != 0) {
        const char *space = out->length > 0 && out->data[out->length - 1] != '"' ? " " : "";
        text_format(out, "%s%" PRId64 " %s%s", space, amount, unit,
                    amount == 1 || unit[1] == 's' ? "" : "s");
    }
}

/* "3 months 2 days 500 ns" */
static void add_interval(struct text *out, const struct cell *c, char unit)
{
    const char *data = c->array->buffers[1];
    size_t start = out->length;
    if (unit == 'M') {
        add_amount(out, load_i32(data, c->at), "month");
    } else if (unit == 'D') {
        add_amount(out, load_i32(data, c->at * 2), "day");
        add_amount(out, load_i32(data, c->at * 2 + 1), "ms");
    } else {
        add_amount(out, load_i32(data, c->at * 4), "month");
        add_amount(out, load_i32(data, c->at * 4 + 1), "day");
        add_amount(out, load_i64(data, c->at * 2 + 1), "ns");
    }
    if (out->length == start) {
        text_add_string(out, "0 days");
    }
}

/* Formats that begin with 't'. */
static void add_temporal(struct text *out, const struct cell *c)
{
    const char *f = c->format;
    const void *data = c->array->buffers[1];
    if (f[1] == 'd') {
        if (f[2] == 'D') {
            number_add_date(out, load_i32(data, c->at));
        } else {
            number_add_timestamp(out, load_i64(data, c->at), 1000, false);
        }
    } else if (f[1] == 't') {
        bool narrow = f[2] == 's' || f[2] == 'm';
        int64_t value = narrow ? load_i32(data, c->at) : load_i64(data, c->at);
        number_add_time(out, value, per_second(f[2]));
    } else if (f[1] == 's') {
        bool zoned = f[2] != '\0' && f[3] == ':' && f[4] != '\0';
        number_add_timestamp(out, load_i64(data, c->at), per_second(f[2]), zoned);
    } else if (f[1] == 'D') {
        text_format(out, "%" PRId64 " %cs", load_i64(data, c->at), f[2]);
    } else {
        add_interval(out, c, f[2]);
    }
}

static void add_decimal(struct text *out, const struct cell *c)
{
    const char *comma = strchr(c->format, ',');
    int scale = comma ? (int)strtol(comma + 1, NULL, 10) : 0;
    number_add_decimal128(out, (const char *)c->array->buffers[1] + c->at * 16, scale);
}

/* Sets *finite to what JSON needs to know of a float. */
static void add_float(struct text *out, const struct cell *c, bool *finite)
{
    if (c->format[0] == 'g') {
        double value;
        memcpy(&value, (const char *)c->array->buffers[1] + c->at * 8, sizeof(value));
        *finite = isfinite(value);
        number_add_double(out, value);
        return;
    }
    float value;
    if (c->format[0] == 'f') {
        memcpy(&value, (const char *)c->array->buffers[1] + c->at * 4, sizeof(value));
    } else {
        value = number_from_half((uint16_t)load_integer(c));
    }
    *finite = isfinite(value);
    number_add_float(out, value);
}

static void add_list(struct text *out, const struct cell *c)
{
    int64_t from;
    int64_t to;
    switch (c->format[1]) {
    case 'w': {
        int64_t width = strtol(c->format + 3, NULL, 10);
        from = c->at * width;
        to = from + width;
        break;
    }
    case 'L':
        from = load_i64(c->array->buffers[1], c->at);
        to = load_i64(c->array->buffers[1], c->at + 1);
        break;
    default: /* l, m */
        from = load_i32(c->array->buffers[1], c->at);
        to = load_i32(c->array->buffers[1], c->at + 1);
    }
    text_add_char(out, '[');
    for (int64_t i = from; i < to; i++) {
        if (i > from) {
            text_add_char(out, ',');
        }
        cell_add_json(out, c->schema->children[0], c->array->children[0], i);
    }
    text_add_char(out, ']');
}

static void add_struct(struct text *out, const struct cell *c)
{
    json_object_begin(out);
    for (int64_t i = 0; i < c->schema->n_children; i++) {
        const char *name = c->schema->children[i]->name;
        if (i > 0) {
            text_add_char(out, ',');
        }
        json_add_string(out, name ? name : "", name ? strlen(name) : 0);
        text_add_char(out, ':');
        cell_add_json(out, c->schema->children[i], c->array->children[i], c->at);
    }
    json_object_end(out);
}

static bool add_nested(struct text *out, const struct cell *c)
{
    if (c->format[0] != '+') {
        return false;
    }
    if (c->format[1] == 's') {
        add_struct(out, c);
        return true;
    }
    if (strchr("lLwm", c->format[1])) {
        add_list(out, c);
        return true;
    }
    return false;
}

/* Everything that reads the same in text and in JSON. */
static bool add_exact(struct text *out, const struct cell *c)
{
    if (is_integer(c->format)) {
        if (c->format[0] == 'L') {
            text_format(out, "%" PRIu64, (uint64_t)load_integer(c));
        } else {
            text_format(out, "%" PRId64, load_integer(c));
        }
        return true;
    }
    if (c->format[0] == 'b') {
        text_add_string(out, bit_at(c->array->buffers[1], c->at) ? "true" : "false");
        return true;
    }
    return add_nested(out, c);
}

static void add_hex(struct text *out, const char *bytes, size_t length, size_t max_bytes)
{
    size_t shown = length < max_bytes ? length : max_bytes;
    text_add_string(out, "\\x");
    for (size_t i = 0; i < shown; i++) {
        text_format(out, "%02x", (unsigned)(unsigned char)bytes[i]);
    }
    if (shown < length) {
        text_add_string(out, "…");
    }
}

/* Scalars that JSON writes as strings. False for a type that is not known here. */
static bool add_quotable(struct text *out, const struct cell *c)
{
    if (c->format[0] == 't') {
        add_temporal(out, c);
        return true;
    }
    if (c->format[0] == 'd') {
        add_decimal(out, c);
        return true;
    }
    return false;
}

bool cell_is_null(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row)
{
    struct cell c = cell_open(schema, array, row);
    return !is_valid(&c);
}

void cell_add_text(struct text *out, const struct ArrowSchema *schema,
                   const struct ArrowArray *array, int64_t row, size_t max_bytes)
{
    struct cell c = cell_open(schema, array, row);
    const char *bytes;
    size_t length;
    bool finite;
    if (!is_valid(&c) || add_exact(out, &c) || add_quotable(out, &c)) {
        return;
    }
    if (strchr("efg", c.format[0])) {
        add_float(out, &c, &finite);
    } else if (!raw_bytes(&c, &bytes, &length)) {
        text_format(out, "<%s>", c.format);
    } else if (is_text(c.format)) {
        size_t kept = utf8_prefix(bytes, length, max_bytes);
        text_add(out, bytes, kept);
        text_add_string(out, kept < length ? "…" : "");
    } else {
        add_hex(out, bytes, length, max_bytes);
    }
}

void cell_add_json(struct text *out, const struct ArrowSchema *schema,
                   const struct ArrowArray *array, int64_t row)
{
    struct cell c = cell_open(schema, array, row);
    const char *bytes;
    size_t length;
    size_t start = out->length;
    if (!is_valid(&c)) {
        text_add_string(out, "null");
    } else if (add_exact(out, &c)) {
        return;
    } else if (strchr("efg", c.format[0])) {
        bool finite;
        add_float(out, &c, &finite);
        if (!finite) {
            out->length = start;
            text_add_string(out, "null");
        }
    } else if (raw_bytes(&c, &bytes, &length)) {
        if (is_text(c.format)) {
            json_add_string(out, bytes, length);
        } else {
            json_add_base64(out, bytes, length);
        }
    } else {
        text_add_char(out, '"');
        if (!add_quotable(out, &c)) {
            text_format(out, "<%s>", c.format);
        }
        text_add_char(out, '"');
    }
}

bool cell_bytes(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                const char **bytes, size_t *length)
{
    struct cell c = cell_open(schema, array, row);
    return is_valid(&c) && raw_bytes(&c, bytes, length);
}

bool cell_integer(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                  uint64_t *value)
{
    struct cell c = cell_open(schema, array, row);
    if (!is_integer(c.format) || !is_valid(&c)) {
        return false;
    }
    *value = (uint64_t)load_integer(&c);
    return true;
}

bool cell_real(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
               double *value)
{
    struct cell c = cell_open(schema, array, row);
    float single;
    if ((c.format[0] != 'f' && c.format[0] != 'g') || c.format[1] != '\0' || !is_valid(&c)) {
        return false;
    }
    if (c.format[0] == 'g') {
        memcpy(value, (const char *)c.array->buffers[1] + c.at * 8, sizeof(*value));
        return true;
    }
    memcpy(&single, (const char *)c.array->buffers[1] + c.at * 4, sizeof(single));
    *value = (double)single;
    return true;
}

bool cell_is_number(const struct ArrowSchema *schema)
{
    const char *format = schema->dictionary ? schema->dictionary->format : schema->format;
    return is_integer(format) || strchr("efgd", format[0]) != NULL;
}
