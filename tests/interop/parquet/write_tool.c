/* SPDX-License-Identifier: Apache-2.0 */
/*
 * write_tool DIR: writes Parquet files that cover every type, null pattern, nesting and encoding,
 * and beside each NAME.parquet a NAME.jsonl of the values that readers must see, one row per line:
 *   integers, dates, times    decimal text, in the unit of the Arrow type
 *   decimals                  16 bytes, little-endian two's complement, as hex
 *   floats                    %.17g text, "nan"
 *   strings, binary           the bytes as hex
 *   booleans, null, list, struct   as in JSON
 * check_written.py and check_written.mjs compare. The rows come from array views, never from the
 * writer. Deterministic.
 */
#include "base/alloc.h"
#include "base/byte_sink.h"
#include "base/bytes.h"
#include "columnar/array.h"
#include "columnar/builder.h"
#include "parquet/writer.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* How the values of a column vary. */
enum shape { RANDOM, FEW, RISING, CONSTANT, ALL_NULL, LONG_TEXT };

struct column {
    const char *name;
    const char *type;
    enum shape shape;
    struct parquet_column_options options;
};

struct file {
    const char *name;
    const struct column *columns;
    size_t column_count;
    int64_t rows;
    unsigned null_percent;
    uint32_t row_group_rows; /* 0 = the default, and so on */
    uint32_t page_rows;
    uint32_t page_bytes;
    uint32_t dictionary_bytes;
    enum parquet_codec codec;
};

static uint64_t random_state = 42;

/* SplitMix64 (Steele, Lea, Flood, OOPSLA 2014). */
static uint64_t next_random(void)
{
    uint64_t z = random_state += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static void must(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        fprintf(stderr, "write_tool: %s: %s\n", inlay_status_name(status), err->message);
        exit(1);
    }
}

/* ---- values ---- */

static uint64_t pick(enum shape shape, int64_t row)
{
    switch (shape) {
    case FEW:
        return next_random() % 7;
    case RISING:
        return (uint64_t)row * 3 + next_random() % 3;
    case CONSTANT:
        return 5;
    default:
        return next_random();
    }
}

static void put_text(struct builder *b, enum shape shape, int64_t row, inlay_error *err)
{
    static const char *const words[] = {"", "a", "zebra", "Grüße", "日本語", "😀", "naïve café"};
    char text[512];
    size_t length = 0;
    uint64_t v = pick(shape, row);
    if (shape == FEW || shape == CONSTANT) {
        must(builder_bytes_value(b, words[v % 7], strlen(words[v % 7]), err), err);
        return;
    }
    if (shape ==
        LONG_TEXT) { /* equal beyond any bound's length, and the character across the cut */
        memset(text, 'x', 62);
        length = 62;
    }
    for (v %= 9; length < 300 && v != 0; v--) {
        const char *word = words[next_random() % 7];
        memcpy(text + length, word, strlen(word));
        length += strlen(word);
    }
    must(builder_bytes_value(b, text, length, err), err);
}

static void put_integer(struct builder *b, const struct field *f, enum shape shape, int64_t row,
                        inlay_error *err)
{
    uint64_t v = pick(shape, row);
    uint8_t bytes[16];
    memset(bytes, (v & 1) != 0 && f->type == COLUMN_DECIMAL128 && shape == RANDOM ? 0xff : 0, 16);
    switch (f->type) {
    case COLUMN_DATE32:
        v = (uint64_t)((int64_t)(v % 80000) - 20000);
        break;
    case COLUMN_DATE64:
        v = (uint64_t)(((int64_t)(v % 80000) - 20000) * 86400000);
        break;
    case COLUMN_TIME32:
        v %= f->unit == UNIT_SECOND ? 86400 : 86400000;
        break;
    case COLUMN_TIME64:
        v %= f->unit == UNIT_MICRO ? UINT64_C(86400000000) : UINT64_C(86400000000000);
        break;
    case COLUMN_TIMESTAMP: {
        /* Years 1740 to 2200 in each unit. */
        static const int64_t scale[] = {1, 1000, 1000000, 1000000000};
        int64_t seconds = (int64_t)(v % UINT64_C(14500000000)) - INT64_C(7250000000);
        v = (uint64_t)(seconds * scale[f->unit] + (int64_t)(v >> 40) % scale[f->unit]);
        break;
    }
    case COLUMN_DECIMAL128: {
        int64_t limit = 1;
        int i;
        for (i = 0; i < f->precision && i < 18; i++) {
            limit *= 10;
        }
        v = (uint64_t)((int64_t)(v % (uint64_t)limit) * ((v >> 63) != 0 ? -1 : 1));
        memset(bytes, (int64_t)v < 0 ? 0xff : 0, 16);
        if (f->precision > 30 && shape == RANDOM) {
            store_u32(bytes + 8, (uint32_t)next_random()); /* about 10^28 */
        }
        break;
    }
    default:
        break;
    }
    store_u64(bytes, v);
    must(builder_fixed(b, bytes, err), err);
}

static void put_float(struct builder *b, const struct field *f, enum shape shape, int64_t row,
                      inlay_error *err)
{
    static const double special[] = {0.0, -0.0, INFINITY, -INFINITY, 1.5, -2.25};
    uint64_t v = pick(shape, row);
    double value = shape == RISING   ? (double)row * 0.25
                   : shape != RANDOM ? special[v % 6]
                                     : (double)(int64_t)v / 9.3e18 * 1000;
    if (shape == RANDOM && v % 50 == 0) {
        value = NAN;
    }
    (void)f;
    must(builder_float(b, value, err), err);
}

static void put_value(struct builder *b, const struct field *f, enum shape shape, int64_t row,
                      unsigned null_percent, inlay_error *err)
{
    uint8_t bytes[64];
    size_t i;
    uint64_t items;
    if (f->nullable && (shape == ALL_NULL || next_random() % 100 < null_percent)) {
        must(builder_null(b, err), err);
        return;
    }
    switch (f->type) {
    case COLUMN_NULL:
        must(builder_null(b, err), err);
        break;
    case COLUMN_BOOL:
        must(builder_bool(b, pick(shape, row) & 1, err), err);
        break;
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
        put_float(b, f, shape, row, err);
        break;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
        put_text(b, shape, row, err);
        break;
    case COLUMN_FIXED_BINARY:
        for (i = 0; i < sizeof(bytes); i++) {
            bytes[i] = (uint8_t)pick(shape, row);
        }
        must(builder_fixed(b, bytes, err), err);
        break;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        items = f->type == COLUMN_FIXED_LIST ? (uint64_t)f->width : next_random() % 5;
        for (; items > 0; items--) {
            put_value(builder_child(b, 0), &f->children[0], shape, row, null_percent, err);
        }
        must(builder_close_row(b, err), err);
        break;
    case COLUMN_STRUCT:
        for (i = 0; i < f->child_count; i++) {
            put_value(builder_child(b, i), &f->children[i], shape, row, null_percent, err);
        }
        must(builder_close_row(b, err), err);
        break;
    default:
        put_integer(b, f, shape, row, err);
    }
}

/* ---- expected values ---- */

static void print_hex(FILE *out, const uint8_t *data, uint64_t length)
{
    uint64_t i;
    fputc('"', out);
    for (i = 0; i < length; i++) {
        fprintf(out, "%02x", data[i]);
    }
    fputc('"', out);
}

static void print_value(FILE *out, const struct array_view *v, int64_t i);

static void print_struct(FILE *out, const struct array_view *v, int64_t i)
{
    size_t k;
    for (k = 0; k < v->child_count; k++) {
        fprintf(out, "%s\"%s\":", k == 0 ? "{" : ",", v->children[k].field->name);
        print_value(out, &v->children[k], i);
    }
    fputc('}', out);
}

static void print_value(FILE *out, const struct array_view *v, int64_t i)
{
    struct byte_view bytes;
    int64_t begin;
    int64_t end;
    if (array_view_is_null(v, i)) {
        fputs("null", out);
        return;
    }
    switch (v->field->type) {
    case COLUMN_BOOL:
        fputs(array_view_bool(v, i) ? "true" : "false", out);
        break;
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64: {
        double value = array_view_float(v, i);
        fprintf(out, "\"%.17g\"", isnan(value) ? (double)NAN : value);
        break;
    }
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
    case COLUMN_FIXED_BINARY:
        bytes = array_view_bytes(v, i);
        print_hex(out, bytes.data, bytes.length);
        break;
    case COLUMN_DECIMAL128:
        print_hex(out, array_view_fixed(v, i), 16);
        break;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        array_view_list(v, i, &begin, &end);
        fputc('[', out);
        for (; begin < end; begin++) {
            print_value(out, &v->children[0], begin);
            fputs(begin + 1 < end ? "," : "", out);
        }
        fputc(']', out);
        break;
    case COLUMN_STRUCT:
        print_struct(out, v, i);
        break;
    case COLUMN_UINT64:
        fprintf(out, "\"%llu\"", (unsigned long long)array_view_int(v, i));
        break;
    default:
        fprintf(out, "\"%lld\"", (long long)array_view_int(v, i));
    }
}

/* ---- files ---- */

static void make_schema(const struct file *file, struct schema *out, inlay_error *err)
{
    size_t i;
    memset(out, 0, sizeof(*out));
    for (i = 0; i < file->column_count; i++) {
        struct field parsed;
        struct field *f = schema_add(out, file->columns[i].name, COLUMN_NULL, true);
        must(field_type_parse(file->columns[i].type, &parsed, err), err);
        mem_free(parsed.name);
        parsed.name = f->name;
        parsed.nullable = file->columns[i].name[0] != 'r'; /* "r..." columns are required */
        *f = parsed;
    }
}

static void write_rows(const struct file *file, const struct schema *schema,
                       const struct ArrowArray *rows, const char *path, inlay_error *err)
{
    struct parquet_writer_options options;
    struct parquet_column_options columns[64];
    struct parquet_writer_key_value keys[] = {{"inlay.test", file->name}, {"empty", NULL}};
    struct parquet_writer *writer;
    struct byte_sink sink;
    size_t i;
    int fd = open(path, O_CREAT | O_TRUNC | O_WRONLY, 0666);
    if (fd < 0) {
        perror(path);
        exit(1);
    }
    for (i = 0; i < file->column_count; i++) {
        columns[i] = file->columns[i].options;
    }
    parquet_writer_options_init(&options);
    options.columns = columns;
    options.column_count = file->column_count;
    options.row_group_rows = file->row_group_rows ? file->row_group_rows : options.row_group_rows;
    options.page_rows = file->page_rows ? file->page_rows : options.page_rows;
    options.page_bytes = file->page_bytes ? file->page_bytes : options.page_bytes;
    options.dictionary_bytes =
        file->dictionary_bytes ? file->dictionary_bytes : options.dictionary_bytes;
    options.codec = file->codec;
    byte_sink_to_fd(&sink, fd);
    must(parquet_writer_create(&options, schema, &sink, &writer, err), err);
    must(parquet_writer_append_arrow(writer, rows, err), err);
    must(parquet_writer_finish_rows(writer, err), err);
    /* Other regions may stand here: readers must not mind. */
    must(byte_sink_align(&sink, 64, err), err);
    must(byte_sink_write(&sink, "region of something else", 24, err), err);
    must(parquet_writer_write_footer(writer, keys, 2, err), err);
    parquet_writer_free(writer);
    if (close(fd) != 0) {
        perror(path);
        exit(1);
    }
}

static void write_file(const struct file *file, const char *folder)
{
    struct schema schema;
    struct builder *builder;
    struct ArrowArray rows;
    struct array_view view;
    inlay_error err;
    char path[4096];
    FILE *out;
    int64_t row;
    size_t i;
    inlay_error_init(&err);
    make_schema(file, &schema, &err);
    must(builder_new_batch(&schema, UINT64_C(1) << 30, &builder, &err), &err);
    for (row = 0; row < file->rows; row++) {
        for (i = 0; i < schema.count; i++) {
            put_value(builder_child(builder, i), &schema.fields[i], file->columns[i].shape, row,
                      file->null_percent, &err);
        }
        must(builder_close_row(builder, &err), &err);
    }
    must(builder_finish(builder, &rows, &err), &err);
    builder_free(builder);
    snprintf(path, sizeof(path), "%s/%s.parquet", folder, file->name);
    write_rows(file, &schema, &rows, path, &err);
    must(array_view_open_batch(&schema, &rows, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err), &err);
    snprintf(path, sizeof(path), "%s/%s.jsonl", folder, file->name);
    out = fopen(path, "w");
    if (out == NULL) {
        perror(path);
        exit(1);
    }
    for (row = 0; row < file->rows; row++) {
        print_struct(out, &view, row);
        fputc('\n', out);
    }
    if (fclose(out) != 0) {
        perror(path);
        exit(1);
    }
    array_view_close(&view);
    array_release(&rows);
    schema_free(&schema);
}

#define BLOOM                                                                                      \
    {                                                                                              \
        .bloom_filter = true                                                                       \
    }
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static const struct column scalars[] = {
    {"_id", "decimal128[38, 0]", RISING, {0}},
    {"bool", "bool", RANDOM, {0}},
    {"int8", "int8", RANDOM, {0}},
    {"int16", "int16", RANDOM, {0}},
    {"int32", "int32", RANDOM, BLOOM},
    {"int64", "int64", RANDOM, BLOOM},
    {"uint8", "uint8", RANDOM, {0}},
    {"uint16", "uint16", RANDOM, {0}},
    {"uint32", "uint32", RANDOM, {0}},
    {"uint64", "uint64", RANDOM, {0}},
    {"float16", "float16", RANDOM, {0}},
    {"float32", "float32", RANDOM, {0}},
    {"float64", "float64", RANDOM, BLOOM},
    {"utf8", "utf8", RANDOM, BLOOM},
    {"large_utf8", "large_utf8", RANDOM, {0}},
    {"binary", "binary", RANDOM, {0}},
    {"large_binary", "large_binary", RANDOM, {0}},
    {"fixed_binary", "fixed_binary[5]", RANDOM, {0}},
    {"date32", "date32", RANDOM, {0}},
    {"date64", "date64", RANDOM, {0}},
    {"time_s", "time32[s]", RANDOM, {0}},
    {"time_ms", "time32[ms]", RANDOM, {0}},
    {"time_us", "time64[us]", RANDOM, {0}},
    {"time_ns", "time64[ns]", RANDOM, {0}},
    {"ts_s", "timestamp[s]", RANDOM, {0}},
    {"ts_ms", "timestamp[ms]", RANDOM, {0}},
    {"ts_us", "timestamp[us, UTC]", RANDOM, {0}},
    {"ts_ns", "timestamp[ns, Europe/Vienna]", RANDOM, {0}},
    {"dec9", "decimal128[9, 2]", RANDOM, {0}},
    {"dec18", "decimal128[18, 6]", RANDOM, {0}},
    {"dec38", "decimal128[38, 10]", RANDOM, {0}},
};

static const struct column required[] = {
    {"r_id", "decimal128[38, 0]", RISING, {0}}, {"r_bool", "bool", RANDOM, {0}},
    {"r_int64", "int64", RISING, BLOOM},        {"r_utf8", "utf8", FEW, BLOOM},
    {"r_float32", "float32", RANDOM, {0}},      {"r_list", "list<int32>", RANDOM, {0}},
};

static const struct column nested[] = {
    {"list_int", "list<int64>", RANDOM, {0}},
    {"list_text", "list<utf8>", FEW, {0}},
    {"list_bool", "list<bool>", RANDOM, {0}},
    {"large_list", "large_list<float64>", RANDOM, {0}},
    {"fixed_list", "fixed_list<int16>[3]", RANDOM, {0}},
    {"pair", "struct<a: int32, b: utf8>", RANDOM, {0}},
    {"deep", "struct<tags: list<utf8>, n: int64>", RANDOM, {0}},
    {"lists", "list<list<int32>>", RANDOM, {0}},
    {"pairs", "list<struct<k: utf8, v: float64>>", RANDOM, {0}},
};

static const struct column vectors[] = {
    {"_id", "decimal128[38, 0]", RISING, {0}},
    {"embedding", "fixed_list<float32>[24]", RANDOM, {.raw = true}},
    {"half", "fixed_list<float16>[8]", RANDOM, {.raw = true}},
    {"r_vector", "fixed_list<float32>[4]", RISING, {.raw = true}},
};

static const struct column shapes[] = {
    {"rising32", "int32", RISING, BLOOM},
    {"rising64", "int64", RISING, {0}},
    {"few64", "int64", FEW, BLOOM},
    {"few_text", "utf8", FEW, BLOOM},
    {"many_text", "utf8", RANDOM, {0}},
    {"long_text", "utf8", LONG_TEXT, {0}},
    {"long_bytes", "binary", LONG_TEXT, {0}},
    {"const_int", "int32", CONSTANT, {0}},
    {"const_text", "utf8", CONSTANT, {0}},
    {"null_int", "int64", ALL_NULL, {0}},
    {"null_text", "utf8", ALL_NULL, {0}},
    {"null_list", "list<int32>", ALL_NULL, {0}},
    {"few_float", "float64", FEW, {0}},
    {"rising_float", "float64", RISING, {0}},
    {"few_dec", "decimal128[20, 3]", FEW, {0}},
    {"few_fixed", "fixed_binary[4]", FEW, {0}},
    {"few_bool", "bool", CONSTANT, {0}},
    {"r_rising_ts", "timestamp[us]", RISING, {0}},
};

static const struct file files[] = {
    {"scalars", scalars, COUNT(scalars), 1500, 10, 0, 0, 0, 0, PARQUET_ZSTD},
    {"scalars_dense", scalars, COUNT(scalars), 700, 0, 0, 0, 0, 0, PARQUET_LZ4_RAW},
    {"scalars_small_pages", scalars, COUNT(scalars), 1111, 30, 500, 64, 300, 0, PARQUET_ZSTD},
    {"required", required, COUNT(required), 1000, 20, 300, 100, 0, 0, PARQUET_ZSTD},
    {"nested", nested, COUNT(nested), 1000, 20, 0, 0, 0, 0, PARQUET_ZSTD},
    {"nested_small_pages", nested, COUNT(nested), 500, 20, 130, 33, 256, 0, PARQUET_UNCOMPRESSED},
    {"vectors", vectors, COUNT(vectors), 900, 8, 400, 0, 4096, 0, PARQUET_ZSTD},
    {"shapes", shapes, COUNT(shapes), 20000, 3, 0, 0, 0, 0, PARQUET_ZSTD},
    {"shapes_fallback", shapes, COUNT(shapes), 3000, 3, 2000, 256, 2048, 600, PARQUET_ZSTD},
    {"rows_1", scalars, COUNT(scalars), 1, 0, 0, 0, 0, 0, PARQUET_ZSTD},
    {"rows_1_null", nested, COUNT(nested), 1, 100, 0, 0, 0, 0, PARQUET_ZSTD},
    {"rows_127", required, COUNT(required), 127, 0, 0, 0, 0, 0, PARQUET_ZSTD},
    {"rows_128", required, COUNT(required), 128, 0, 0, 0, 0, 0, PARQUET_ZSTD},
    {"rows_129", required, COUNT(required), 129, 0, 0, 128, 0, 0, PARQUET_ZSTD},
    {"rows_8193", required, COUNT(required), 8193, 0, 8192, 0, 0, 0, PARQUET_ZSTD},
};

int main(int argc, char **argv)
{
    size_t i;
    if (argc != 2) {
        fputs("usage: write_tool DIR\n", stderr);
        return 2;
    }
    for (i = 0; i < COUNT(files); i++) {
        random_state = 42 + i;
        write_file(&files[i], argv[1]);
    }
    return 0;
}
