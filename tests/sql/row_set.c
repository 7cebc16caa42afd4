/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/row_set.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *need(void *memory)
{
    if (memory == NULL) {
        (void)fprintf(stderr, "out of memory\n");
        abort();
    }
    return memory;
}

void row_set_free(struct row_set *set)
{
    size_t i;
    for (i = 0; i < set->rows * set->columns; i++) {
        free(set->cells[i]);
    }
    for (i = 0; i < set->columns; i++) {
        free(set->names[i]);
        free(set->formats[i]);
    }
    free(set->cells);
    free(set->names);
    free(set->formats);
    memset(set, 0, sizeof(*set));
}

static void print_format(FILE *out, const struct ArrowSchema *schema)
{
    int64_t i;
    (void)fprintf(out, "%s", schema->format);
    for (i = 0; i < schema->n_children; i++) {
        (void)fprintf(out, "%c%s:", i == 0 ? '<' : ',', schema->children[i]->name);
        print_format(out, schema->children[i]);
    }
    if (schema->n_children != 0) {
        (void)fputc('>', out);
    }
}

void row_set_schema(struct row_set *set, const struct ArrowSchema *schema)
{
    size_t i;
    set->columns = (size_t)schema->n_children;
    set->names = need(calloc(set->columns + 1, sizeof(char *)));
    set->formats = need(calloc(set->columns + 1, sizeof(char *)));
    for (i = 0; i < set->columns; i++) {
        size_t size;
        FILE *out = need(open_memstream(&set->formats[i], &size));
        print_format(out, schema->children[i]);
        (void)fclose(out);
        set->names[i] = need(strdup(schema->children[i]->name));
    }
}

static bool is_null(const struct ArrowArray *array, int64_t at)
{
    const uint8_t *bits = array->n_buffers > 0 ? array->buffers[0] : NULL;
    return bits != NULL && array->null_count != 0 && (bits[at / 8] >> (at % 8) & 1) == 0;
}

static void print_text(FILE *out, const char *text, int64_t length, bool nested)
{
    int64_t i;
    if (length == 0 && !nested) {
        (void)fprintf(out, "(empty)");
    }
    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == '\n' || c == '\t') {
            (void)fprintf(out, c == '\n' ? "\\n" : "\\t");
        } else if (c < 32 || c == 127) {
            (void)fprintf(out, "\\x%02X", c);
        } else {
            (void)fputc(c, out);
        }
    }
}

static void print_blob(FILE *out, const uint8_t *bytes, int64_t length)
{
    int64_t i;
    if (length == 0) {
        (void)fprintf(out, "(empty)");
    }
    for (i = 0; i < length; i++) {
        (void)fprintf(out, bytes[i] >= 32 && bytes[i] < 127 ? "%c" : "\\x%02X", bytes[i]);
    }
}

/* The shortest of the usual precisions that reads back as the same number. */
static void print_double(FILE *out, double value, bool single)
{
    char text[40];
    int digits;
    for (digits = single ? 6 : 15; digits <= 17; digits++) {
        (void)snprintf(text, sizeof(text), "%.*g", digits, value);
        if (single ? strtof(text, NULL) == (float)value : strtod(text, NULL) == value) {
            break;
        }
    }
    (void)fprintf(out, "%s%s", text, strpbrk(text, ".einf") == NULL ? ".0" : "");
}

static void print_decimal(FILE *out, const char *format, const uint8_t *bytes)
{
    char digits[64];
    int scale = 0;
    int count = 0;
    __int128 value;
    unsigned __int128 rest;
    (void)sscanf(format, "d:%*d,%d", &scale);
    memcpy(&value, bytes, sizeof(value));
    rest = value < 0 ? -(unsigned __int128)value : (unsigned __int128)value;
    while (rest != 0 || count <= scale) {
        digits[count++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0) {
        (void)fputc('-', out);
    }
    while (count > 0) {
        count--;
        (void)fputc(digits[count], out);
        if (count == scale && scale != 0) {
            (void)fputc('.', out);
        }
    }
}

/* Days since 1970-01-01 as a civil date (Howard Hinnant, chrono-compatible low-level date
 * algorithms). */
static void print_date(FILE *out, int64_t days)
{
    int64_t z = days + 719468;
    int64_t era = (z >= 0 ? z : z - 146096) / 146097;
    int64_t doe = z - era * 146097;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int64_t mp = (5 * doy + 2) / 153;
    int64_t day = doy - (153 * mp + 2) / 5 + 1;
    int64_t month = mp < 10 ? mp + 3 : mp - 9;
    int64_t year = yoe + era * 400 + (month <= 2);
    (void)fprintf(out, "%04" PRId64 "-%02" PRId64 "-%02" PRId64, year, month, day);
}

static int64_t unit_of(char unit)
{
    return unit == 's' ? 1 : unit == 'm' ? 1000 : unit == 'u' ? 1000000 : 1000000000;
}

static void print_time(FILE *out, int64_t value, int64_t unit)
{
    int64_t seconds = value / unit;
    int64_t fraction = value % unit;
    (void)fprintf(out, "%02" PRId64 ":%02" PRId64 ":%02" PRId64, seconds / 3600, seconds / 60 % 60,
                  seconds % 60);
    if (fraction != 0) {
        char text[24];
        size_t length;
        (void)snprintf(text, sizeof(text), "%09" PRId64, fraction * (1000000000 / unit));
        for (length = 9; text[length - 1] == '0'; length--) {
        }
        (void)fprintf(out, ".%.*s", (int)length, text);
    }
}

static void print_timestamp(FILE *out, int64_t value, int64_t unit)
{
    int64_t day = 86400 * unit;
    int64_t days = value / day - (value % day < 0);
    if (value == INT64_MAX || value == -INT64_MAX) {
        (void)fprintf(out, value > 0 ? "infinity" : "-infinity");
        return;
    }
    print_date(out, days);
    (void)fputc(' ', out);
    print_time(out, value - days * day, unit);
}

/* t...: dates, times, timestamps, intervals. */
static void print_temporal(FILE *out, const char *format, const void *values, int64_t at)
{
    if (strcmp(format, "tdD") == 0) {
        int32_t days = ((const int32_t *)values)[at];
        if (days == INT32_MAX || days == -INT32_MAX) {
            (void)fprintf(out, days > 0 ? "infinity" : "-infinity");
        } else {
            print_date(out, days);
        }
    } else if (strcmp(format, "tdm") == 0) {
        print_date(out, ((const int64_t *)values)[at] / 86400000);
    } else if (strcmp(format, "tts") == 0 || strcmp(format, "ttm") == 0) {
        print_time(out, ((const int32_t *)values)[at], unit_of(format[2]));
    } else if (strncmp(format, "tt", 2) == 0) {
        print_time(out, ((const int64_t *)values)[at], unit_of(format[2]));
    } else if (strncmp(format, "ts", 2) == 0) {
        print_timestamp(out, ((const int64_t *)values)[at], unit_of(format[2]));
        (void)fprintf(out, "%s", format[3] == ':' && format[4] != '\0' ? "+00" : "");
    } else if (strcmp(format, "tin") == 0) {
        const uint8_t *bytes = (const uint8_t *)values + 16 * at;
        int32_t months_days[2];
        int64_t nanos;
        memcpy(months_days, bytes, 8);
        memcpy(&nanos, bytes + 8, 8);
        (void)fprintf(out, "%d months %d days %" PRId64 " us", months_days[0], months_days[1],
                      nanos / 1000);
    } else {
        (void)fprintf(out, "?%s", format);
    }
}

static void print_number(FILE *out, char format, const void *values, int64_t at)
{
    switch (format) {
    case 'b':
        (void)fprintf(out, ((const uint8_t *)values)[at / 8] >> (at % 8) & 1 ? "true" : "false");
        break;
    case 'c':
        (void)fprintf(out, "%d", ((const int8_t *)values)[at]);
        break;
    case 'C':
        (void)fprintf(out, "%u", ((const uint8_t *)values)[at]);
        break;
    case 's':
        (void)fprintf(out, "%d", ((const int16_t *)values)[at]);
        break;
    case 'S':
        (void)fprintf(out, "%u", ((const uint16_t *)values)[at]);
        break;
    case 'i':
        (void)fprintf(out, "%d", ((const int32_t *)values)[at]);
        break;
    case 'I':
        (void)fprintf(out, "%u", ((const uint32_t *)values)[at]);
        break;
    case 'l':
        (void)fprintf(out, "%" PRId64, ((const int64_t *)values)[at]);
        break;
    case 'L':
        (void)fprintf(out, "%" PRIu64, ((const uint64_t *)values)[at]);
        break;
    case 'f':
        print_double(out, (double)((const float *)values)[at], true);
        break;
    case 'g':
        print_double(out, ((const double *)values)[at], false);
        break;
    default:
        (void)fprintf(out, "?%c", format);
        break;
    }
}

static void print_value(FILE *out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                        int64_t row, bool nested);

static void print_items(FILE *out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                        int64_t from, int64_t to)
{
    int64_t i;
    (void)fputc('[', out);
    for (i = from; i < to; i++) {
        (void)fprintf(out, i > from ? ", " : "");
        print_value(out, schema->children[0], array->children[0], i, true);
    }
    (void)fputc(']', out);
}

static void print_nested(FILE *out, const struct ArrowSchema *schema,
                         const struct ArrowArray *array, int64_t at)
{
    const char *format = schema->format;
    int64_t i;
    if (strcmp(format, "+l") == 0 || strcmp(format, "+m") == 0) {
        const int32_t *offsets = array->buffers[1];
        print_items(out, schema, array, offsets[at], offsets[at + 1]);
    } else if (strcmp(format, "+L") == 0) {
        const int64_t *offsets = array->buffers[1];
        print_items(out, schema, array, offsets[at], offsets[at + 1]);
    } else if (strncmp(format, "+w:", 3) == 0) {
        int64_t width = strtoll(format + 3, NULL, 10);
        print_items(out, schema, array, at * width, (at + 1) * width);
    } else if (strcmp(format, "+s") == 0) {
        (void)fputc('{', out);
        for (i = 0; i < schema->n_children; i++) {
            (void)fprintf(out, "%s%s: ", i > 0 ? ", " : "", schema->children[i]->name);
            print_value(out, schema->children[i], array->children[i], at, true);
        }
        (void)fputc('}', out);
    } else {
        (void)fprintf(out, "?%s", format);
    }
}

static void print_value(FILE *out, const struct ArrowSchema *schema, const struct ArrowArray *array,
                        int64_t row, bool nested)
{
    const char *format = schema->format;
    const int64_t at = row + array->offset;
    if (format[0] == 'n' || is_null(array, at)) {
        (void)fprintf(out, "NULL");
    } else if (schema->dictionary != NULL) {
        char index[24];
        FILE *to = fmemopen(index, sizeof(index), "w");
        print_number(to, format[0], array->buffers[1], at);
        (void)fclose(to);
        print_value(out, schema->dictionary, array->dictionary, strtoll(index, NULL, 10), nested);
    } else if (format[0] == 'u' || format[0] == 'z') {
        const int32_t *offsets = array->buffers[1];
        const char *bytes = array->buffers[2];
        int64_t length = offsets[at + 1] - offsets[at];
        if (format[0] == 'u') {
            print_text(out, length != 0 ? bytes + offsets[at] : "", length, nested);
        } else {
            print_blob(out, (const uint8_t *)(length != 0 ? bytes + offsets[at] : ""), length);
        }
    } else if (format[0] == 'd') {
        print_decimal(out, format, (const uint8_t *)array->buffers[1] + 16 * at);
    } else if (format[0] == 't') {
        print_temporal(out, format, array->buffers[1], at);
    } else if (format[0] == '+') {
        print_nested(out, schema, array, at);
    } else {
        print_number(out, format[0], array->buffers[1], at);
    }
}

void row_set_batch(struct row_set *set, const struct ArrowSchema *schema,
                   const struct ArrowArray *batch)
{
    int64_t row;
    size_t column;
    for (row = 0; row < batch->length; row++) {
        if (set->rows == set->capacity) {
            set->capacity = 2 * set->capacity + 16;
            set->cells =
                need(realloc(set->cells, (set->capacity * set->columns + 1) * sizeof(char *)));
        }
        for (column = 0; column < set->columns; column++) {
            char **cell = &set->cells[set->rows * set->columns + column];
            size_t size;
            FILE *out = need(open_memstream(cell, &size));
            print_value(out, schema->children[column], batch->children[column], row + batch->offset,
                        false);
            (void)fclose(out);
        }
        set->rows++;
    }
}

void row_set_stream(struct row_set *set, struct ArrowArrayStream *stream)
{
    struct ArrowSchema schema = {0};
    struct ArrowArray batch = {0};
    int code = stream->get_schema(stream, &schema);
    if (code == 0) {
        row_set_schema(set, &schema);
    }
    while (code == 0) {
        code = stream->get_next(stream, &batch);
        if (code != 0 || batch.release == NULL) {
            break;
        }
        row_set_batch(set, &schema, &batch);
        batch.release(&batch);
    }
    if (code != 0) {
        const char *text = stream->get_last_error(stream);
        set->status = INLAY_QUERY;
        (void)snprintf(set->message, sizeof(set->message), "%s", text != NULL ? text : "no words");
    }
    if (schema.release != NULL) {
        schema.release(&schema);
    }
    stream->release(stream);
}

void row_set_query(struct row_set *set, inlay_connection *connection, const char *sql)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    memset(set, 0, sizeof(*set));
    set->status = inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err);
    if (set->status != INLAY_OK) {
        (void)snprintf(set->message, sizeof(set->message), "%s", err.message);
        return;
    }
    row_set_stream(set, &stream);
}

static int compare_rows(const void *a, const void *b, void *context)
{
    const size_t columns = *(const size_t *)context;
    char *const *left = a;
    char *const *right = b;
    int order = 0;
    size_t i;
    for (i = 0; i < columns && order == 0; i++) {
        order = strcmp(left[i], right[i]);
    }
    return order;
}

void row_set_sort(struct row_set *set)
{
    if (set->rows > 1 && set->columns > 0) {
        qsort_r(set->cells, set->rows, set->columns * sizeof(char *), compare_rows, &set->columns);
    }
}

bool cell_equal(const char *a, const char *b)
{
    char *end_a;
    char *end_b;
    double left;
    double right;
    if (strcmp(a, b) == 0) {
        return true;
    }
    if (strpbrk(a, ".e") == NULL && strpbrk(b, ".e") == NULL) {
        return false;
    }
    left = strtod(a, &end_a);
    right = strtod(b, &end_b);
    if (end_a == a || end_b == b || *end_a != '\0' || *end_b != '\0') {
        return false;
    }
    return fabs(left - right) <= 1e-11 * fmax(fabs(left), fabs(right));
}
