/* SPDX-License-Identifier: Apache-2.0 */
/*
 * read_tool FILE [scan|fetch|select]: prints every value that our reader finds in a Parquet file,
 * one JSON array per row, in a canonical form that compare_duckdb.py gives other readers too:
 * floats as the hexadecimal bits of a double, decimals as unscaled integers, times and dates as
 * nanoseconds, binary as hexadecimal. The first line lists names and types. Ways to read:
 *   scan    batches of 2048 rows, dictionaries as codes (default)
 *   fetch   by row number, in a shuffled order, a few at a time
 *   select  a scan of two rows out of every five
 * Exit status: 0, or the inlay_status of the failure (its message on standard error).
 */
#include "base/byte_source.h"
#include "base/bytes.h"
#include "parquet/fetch.h"
#include "parquet/reader.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_value(const struct colvec *v, uint64_t i);

static void print_bytes(const char *data, size_t length)
{
    size_t i;
    fputs("\"x:", stdout);
    for (i = 0; i < length; i++) {
        printf("%02x", (unsigned char)data[i]);
    }
    putchar('"');
}

static void print_text(const char *data, size_t length)
{
    size_t i;
    fputs("\"s:", stdout);
    for (i = 0; i < length; i++) {
        unsigned char c = (unsigned char)data[i];
        if (c == '"' || c == '\\' || c < 0x20) {
            printf("\\u%04x", c);
        } else {
            putchar(c);
        }
    }
    putchar('"');
}

static void print_i128(const char *tag, __int128 value)
{
    char digits[48];
    size_t n = sizeof(digits);
    unsigned __int128 rest =
        value < 0 ? (unsigned __int128)0 - (unsigned __int128)value : (unsigned __int128)value;
    digits[--n] = '\0';
    do {
        digits[--n] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    } while (rest != 0);
    printf("\"%s:%s%s\"", tag, value < 0 ? "-" : "", digits + n);
}

static void print_double(double value)
{
    uint64_t bits;
    if (isnan(value)) {
        fputs("\"f:nan\"", stdout);
        return;
    }
    memcpy(&bits, &value, sizeof(bits));
    printf("\"f:%016" PRIx64 "\"", bits);
}

static double half_value(uint16_t half)
{
    int exponent = (half >> 10) & 31;
    double mantissa = half & 1023;
    double value = exponent == 31  ? (mantissa != 0 ? (double)NAN : (double)INFINITY)
                   : exponent == 0 ? ldexp(mantissa, -24)
                                   : ldexp(1024 + mantissa, exponent - 25);
    return (half & 0x8000) != 0 ? -value : value;
}

static int64_t signed_value(const uint8_t *at, uint32_t width)
{
    switch (width) {
    case 1:
        return (int8_t)*at;
    case 2:
        return (int16_t)load_u16(at);
    case 4:
        return (int32_t)load_u32(at);
    default:
        return (int64_t)load_u64(at);
    }
}

static uint64_t unsigned_value(const uint8_t *at, uint32_t width)
{
    switch (width) {
    case 1:
        return *at;
    case 2:
        return load_u16(at);
    case 4:
        return load_u32(at);
    default:
        return load_u64(at);
    }
}

static void print_time(const struct field *field, int64_t value)
{
    static const int64_t nanoseconds[] = {1000000000, 1000000, 1000, 1};
    __int128 scale = nanoseconds[field->unit];
    if (field->type == COLUMN_DATE32) {
        scale = (__int128)86400 * 1000000000;
    } else if (field->type == COLUMN_DATE64) {
        scale = 1000000;
    }
    print_i128("t", (__int128)value * scale);
}

static void print_fixed(const struct field *field, const uint8_t *values, uint64_t i)
{
    uint32_t width = field->type == COLUMN_BOOL ? 1 : column_type_width(field);
    const uint8_t *at = values + i * width;
    float f32;
    double f64;
    __int128 decimal;
    switch (field->type) {
    case COLUMN_BOOL:
        fputs(*at == 1 ? "true" : *at == 0 ? "false" : "\"bad bool\"", stdout);
        break;
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_UINT32:
    case COLUMN_UINT64:
        printf("%" PRIu64, unsigned_value(at, width));
        break;
    case COLUMN_FLOAT16:
        print_double(half_value(load_u16(at)));
        break;
    case COLUMN_FLOAT32:
        memcpy(&f32, at, 4);
        print_double((double)f32);
        break;
    case COLUMN_FLOAT64:
        memcpy(&f64, at, 8);
        print_double(f64);
        break;
    case COLUMN_FIXED_BINARY:
        print_bytes((const char *)at, width);
        break;
    case COLUMN_DECIMAL128:
        memcpy(&decimal, at, 16);
        print_i128("d", decimal);
        break;
    case COLUMN_DATE32:
    case COLUMN_DATE64:
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
    case COLUMN_DURATION:
        print_time(field, signed_value(at, width));
        break;
    default:
        printf("%" PRId64, signed_value(at, width));
        break;
    }
}

static void print_list(const struct colvec *v, uint64_t i)
{
    uint64_t width = (uint64_t)v->field->width;
    uint64_t k = v->offsets != NULL ? v->offsets[i] : i * width;
    uint64_t end = v->offsets != NULL ? v->offsets[i + 1] : (i + 1) * width;
    const char *comma = "";
    putchar('[');
    for (; k < end; k++, comma = ",") {
        fputs(comma, stdout);
        print_value(&v->children[0], k);
    }
    putchar(']');
}

static void print_struct(const struct colvec *v, uint64_t i)
{
    size_t c;
    putchar('[');
    for (c = 0; c < v->child_count; c++) {
        fputs(c != 0 ? "," : "", stdout);
        print_value(&v->children[c], i);
    }
    putchar(']');
}

static void print_value(const struct colvec *v, uint64_t i)
{
    if (!colvec_valid(v, i) || v->field->type == COLUMN_NULL) {
        fputs("null", stdout);
        return;
    }
    if (v->form == COLVEC_DICTIONARY) {
        print_value(v->dictionary, v->codes[i]);
        return;
    }
    switch (v->field->type) {
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8: {
        const struct colvec_string *s = (const struct colvec_string *)v->values + i;
        print_text(colvec_string_data(s), s->length);
        break;
    }
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY: {
        const struct colvec_string *s = (const struct colvec_string *)v->values + i;
        print_bytes(colvec_string_data(s), s->length);
        break;
    }
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        print_list(v, i);
        break;
    case COLUMN_STRUCT:
        print_struct(v, i);
        break;
    default:
        print_fixed(v->field, v->values, i);
        break;
    }
}

static void print_row(const struct parquet_batch *batch, uint64_t i)
{
    size_t c;
    putchar('[');
    for (c = 0; c < batch->column_count; c++) {
        fputs(c != 0 ? "," : "", stdout);
        print_value(&batch->columns[c], i);
    }
    fputs("]\n", stdout);
}

static void print_schema(const struct schema *schema)
{
    size_t i;
    for (i = 0; i < schema->count; i++) {
        char type[256];
        field_type_text(&schema->fields[i], type, sizeof(type));
        printf("%s%s:%s", i != 0 ? "\t" : "# ", schema->fields[i].name, type);
    }
    putchar('\n');
}

static inlay_status run_scan(struct parquet_reader *reader, const struct parquet_scan_options *o,
                             inlay_error *err)
{
    struct parquet_scan *scan;
    struct parquet_batch batch = {0};
    inlay_status status = parquet_scan_open(reader, o, &scan, err);
    while (status == INLAY_OK) {
        uint64_t i;
        status = parquet_scan_next(scan, &batch, err);
        if (status != INLAY_OK || batch.row_count == 0) {
            break;
        }
        for (i = 0; i < batch.row_count; i++) {
            print_row(&batch, i);
        }
        parquet_batch_release(&batch);
    }
    parquet_scan_close(scan);
    return status;
}

static inlay_status run_select(struct parquet_reader *reader, inlay_error *err)
{
    struct parquet_scan_options options = {0};
    uint64_t rows = parquet_reader_rows(reader);
    struct parquet_row_range *ranges = calloc(rows / 5 + 1, sizeof(*ranges));
    inlay_status status;
    uint64_t row;
    if (ranges == NULL) {
        return INLAY_NO_MEMORY;
    }
    for (row = 0; row + 1 < rows; row += 5) {
        ranges[options.range_count].first = row;
        ranges[options.range_count++].count = 2;
    }
    options.ranges = ranges;
    options.use_ranges = true;
    options.batch_rows = 100;
    status = run_scan(reader, &options, err);
    free(ranges);
    return status;
}

static inlay_status run_fetch(struct parquet_reader *reader, inlay_error *err)
{
    uint64_t rows = parquet_reader_rows(reader);
    uint64_t step = rows / 2 + 1;
    uint64_t row;
    /* 0, step, 1, step + 1, ...: groups of seven jump back and forth; printed in file order below
     * by reading each group, and each row of it, at its own turn. */
    for (row = 0; row < rows; row += 7) {
        uint64_t wanted[9];
        size_t count = 0;
        size_t i;
        struct parquet_batch batch;
        inlay_status status;
        for (i = 7; i-- > 0;) {
            if (row + i < rows) {
                wanted[count++] = row + i;
            }
        }
        wanted[count++] = (row + step) % rows;
        wanted[count++] = row;
        status = parquet_fetch_rows(reader, NULL, 0, wanted, count, &batch, err);
        if (status != INLAY_OK) {
            return status;
        }
        for (i = count - 2; i-- > 0;) {
            print_row(&batch, i);
        }
        parquet_batch_release(&batch);
    }
    return INLAY_OK;
}

static uint8_t *file_read(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    uint8_t *data = NULL;
    long length;
    if (file == NULL) {
        return NULL;
    }
    if (fseek(file, 0, SEEK_END) == 0 && (length = ftell(file)) >= 0 &&
        fseek(file, 0, SEEK_SET) == 0) {
        data = malloc((size_t)length + 1);
        *size = data != NULL ? fread(data, 1, (size_t)length, file) : 0;
    }
    fclose(file);
    return data;
}

int main(int argc, char **argv)
{
    const char *mode = argc > 2 ? argv[2] : "scan";
    struct parquet_scan_options options = {0};
    struct parquet_reader *reader = NULL;
    struct byte_source *source = NULL;
    inlay_status status;
    inlay_error err;
    size_t size = 0;
    uint8_t *data = argc > 1 ? file_read(argv[1], &size) : NULL;
    if (data == NULL) {
        fprintf(stderr, "usage: read_tool FILE [scan|fetch|select]\n");
        return 2;
    }
    inlay_error_init(&err);
    status = byte_source_from_memory(data, size, 0, argv[1], &source, &err);
    if (status == INLAY_OK) {
        status = parquet_reader_open(source, NULL, &reader, &err);
    }
    if (status == INLAY_OK) {
        print_schema(parquet_reader_schema(reader));
        status = strcmp(mode, "fetch") == 0    ? run_fetch(reader, &err)
                 : strcmp(mode, "select") == 0 ? run_select(reader, &err)
                                               : run_scan(reader, &options, &err);
    }
    if (status != INLAY_OK) {
        fprintf(stderr, "%s: %s %s\n", inlay_status_name(status), err.message, err.cause);
    }
    parquet_reader_close(reader);
    byte_source_release(source);
    free(data);
    return (int)status;
}
