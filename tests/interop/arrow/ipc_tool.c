/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The helper of check_ipc.py and check_ipc.mjs.
 *   ipc_tool write DIR     writes DIR/ours.arrows (every type, several batches) and DIR/ours.txt
 *   ipc_tool read FILE     prints the canonical dump of an IPC stream
 *   ipc_tool copy IN OUT   reads a stream and writes it again with our writer
 * The dump: one line per column, "name<TAB>type", then one line per row with tab-separated values:
 * null, true, integers, floats as C hexadecimal bits (f:<hex of the double>), text and binary as
 * x:<hex>, decimals as d:<hex of 16 bytes>, lists in [], structs in {}.
 */
#include "base/alloc.h"
#include "base/byte_sink.h"
#include "columnar/array.h"
#include "columnar/builder.h"
#include "columnar/ipc_reader.h"
#include "columnar/ipc_writer.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const types[] = {
    "null",
    "bool",
    "int8",
    "int16",
    "int32",
    "int64",
    "uint8",
    "uint16",
    "uint32",
    "uint64",
    "float16",
    "float32",
    "float64",
    "utf8",
    "large_utf8",
    "binary",
    "large_binary",
    "fixed_binary[3]",
    "date32",
    "date64",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "timestamp[s]",
    "timestamp[us]",
    "timestamp[ns, Europe/Berlin]",
    "decimal128[38, 0]",
    "decimal128[7, 2]",
    "duration[ms]",
    "list<int32>",
    "large_list<utf8>",
    "fixed_list<float32>[3]",
    "struct<a: int64, b: utf8>",
    "list<struct<x: bool, y: list<int8>>>",
};

static void fail(const char *what, const inlay_error *err)
{
    (void)fprintf(stderr, "ipc_tool: %s: %s\n", what, err->message);
    exit(1);
}

static void must(inlay_status status, const char *what, const inlay_error *err)
{
    if (status != INLAY_OK) {
        fail(what, err);
    }
}

/* ---- dump ---- */

static void dump_hex(FILE *out, const char *tag, const uint8_t *data, uint64_t length)
{
    uint64_t i;
    (void)fprintf(out, "%s:", tag);
    for (i = 0; i < length; i++) {
        (void)fprintf(out, "%02x", data[i]);
    }
}

static void dump_value(FILE *out, const struct array_view *v, int64_t row);

static void dump_nested(FILE *out, const struct array_view *v, int64_t row)
{
    int64_t begin = 0;
    int64_t end = (int64_t)v->child_count;
    bool is_struct = v->field->type == COLUMN_STRUCT;
    int64_t i;
    if (!is_struct) {
        array_view_list(v, row, &begin, &end);
    }
    (void)fputc(is_struct ? '{' : '[', out);
    for (i = begin; i < end; i++) {
        if (i != begin) {
            (void)fputc(',', out);
        }
        if (is_struct) {
            dump_value(out, &v->children[i], row);
        } else {
            dump_value(out, &v->children[0], i);
        }
    }
    (void)fputc(is_struct ? '}' : ']', out);
}

static void dump_float(FILE *out, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof(bits));
    (void)fprintf(out, "f:%016" PRIx64, bits);
}

static void dump_value(FILE *out, const struct array_view *v, int64_t row)
{
    enum column_type type = v->field->type;
    if (array_view_is_null(v, row)) {
        (void)fputs("null", out);
    } else if (type == COLUMN_BOOL) {
        (void)fputs(array_view_bool(v, row) ? "true" : "false", out);
    } else if (column_type_is_nested(type)) {
        dump_nested(out, v, row);
    } else if (type >= COLUMN_FLOAT16 && type <= COLUMN_FLOAT64) {
        dump_float(out, array_view_float(v, row));
    } else if (type == COLUMN_DECIMAL128) {
        dump_hex(out, "d", array_view_fixed(v, row), 16);
    } else if (column_type_is_string(type) || type == COLUMN_FIXED_BINARY) {
        struct byte_view bytes = array_view_bytes(v, row);
        dump_hex(out, "x", bytes.data, bytes.length);
    } else if (type == COLUMN_UINT64) {
        (void)fprintf(out, "%" PRIu64, (uint64_t)array_view_int(v, row));
    } else {
        (void)fprintf(out, "%" PRId64, array_view_int(v, row));
    }
}

static void dump_batch(FILE *out, const struct array_view *view)
{
    int64_t row;
    size_t c;
    for (row = 0; row < view->length; row++) {
        for (c = 0; c < view->child_count; c++) {
            if (c != 0) {
                (void)fputc('\t', out);
            }
            dump_value(out, &view->children[c], row);
        }
        (void)fputc('\n', out);
    }
}

/* Reads a stream, dumps it to `out`, and writes it to `sink` when there is one. */
static void process(const uint8_t *data, size_t size, FILE *out, struct byte_sink *sink)
{
    struct ipc_reader *reader;
    struct ipc_writer writer;
    const struct schema *schema;
    inlay_error err;
    size_t c;
    inlay_error_init(&err);
    must(ipc_reader_open(data, size, &reader, &err), "schema", &err);
    schema = ipc_reader_schema(reader);
    for (c = 0; c < schema->count && out != NULL; c++) {
        char type[256];
        field_type_text(&schema->fields[c], type, sizeof(type));
        (void)fprintf(out, "%s\t%s\n", schema->fields[c].name, type);
    }
    if (sink != NULL) {
        must(ipc_writer_begin(&writer, schema, sink, &err), "writing the schema", &err);
    }
    for (;;) {
        struct ArrowArray array;
        struct array_view view;
        must(ipc_reader_next(reader, &array, &err), "batch", &err);
        if (array.release == NULL) {
            break;
        }
        must(array_view_open_batch(schema, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view, &err),
             "view", &err);
        if (out != NULL) {
            dump_batch(out, &view);
        }
        array_view_close(&view);
        if (sink != NULL) {
            must(ipc_writer_batch(&writer, &array, &err), "writing a batch", &err);
        }
        array_release(&array);
    }
    if (sink != NULL) {
        must(ipc_writer_end(&writer, &err), "writing the end", &err);
    }
    ipc_reader_close(reader);
}

/* ---- files ---- */

static uint8_t *read_file(const char *path, size_t *size)
{
    struct buffer bytes;
    uint8_t chunk[65536];
    size_t got;
    FILE *file = fopen(path, "rb");
    buffer_init(&bytes, SIZE_MAX);
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while ((got = fread(chunk, 1, sizeof(chunk), file)) != 0) {
        buffer_append(&bytes, chunk, got);
    }
    (void)fclose(file);
    return buffer_take(&bytes, size);
}

static FILE *create_file(const char *folder, const char *name)
{
    char path[4096];
    FILE *file;
    (void)snprintf(path, sizeof(path), "%s%s%s", folder, name[0] != '\0' ? "/" : "", name);
    file = fopen(path, "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    return file;
}

/* ---- sample rows ---- */

/* A small generator, so that the file is the same everywhere: Marsaglia's xorshift64. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

static void append_sample(struct builder *b, uint64_t *random, inlay_error *err);

static void append_sample_nested(struct builder *b, uint64_t *random, inlay_error *err)
{
    const struct field *field = builder_field(b);
    uint64_t items =
        field->type == COLUMN_FIXED_LIST ? (uint64_t)field->width : next_random(random) % 4;
    uint64_t i;
    if (field->type == COLUMN_STRUCT) {
        for (i = 0; i < field->child_count; i++) {
            append_sample(builder_child(b, i), random, err);
        }
    } else {
        for (i = 0; i < items; i++) {
            append_sample(builder_child(b, 0), random, err);
        }
    }
    must(builder_close_row(b, err), "row", err);
}

static void append_sample_number(struct builder *b, uint64_t *random, inlay_error *err)
{
    uint64_t n = next_random(random);
    int64_t small = (int64_t)(n % 2000) - 1000;
    uint8_t decimal[16];
    switch (builder_field(b)->type) {
    case COLUMN_DECIMAL128:
        memset(decimal, small < 0 ? 0xff : 0, sizeof(decimal));
        memcpy(decimal, &small, sizeof(small)); /* the tool runs on little-endian machines */
        must(builder_fixed(b, decimal, err), "decimal", err);
        break;
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
        must(builder_float(b, (double)small / 8, err), "float", err);
        break;
    case COLUMN_FIXED_BINARY:
        must(builder_fixed(b, &n, err), "fixed binary", err);
        break;
    case COLUMN_UINT64:
        must(builder_uint(b, n, err), "uint64", err);
        break;
    case COLUMN_DATE64: /* whole days, which readers insist on */
        must(builder_int(b, small * 86400000, err), "date64", err);
        break;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        must(builder_int(b, (int64_t)(n % 86400), err), "time", err);
        break;
    default:
        must(builder_int(b, (int64_t)(n % 100), err), "integer", err);
        break;
    }
}

static void append_sample(struct builder *b, uint64_t *random, inlay_error *err)
{
    static const char text[] = "caf\xc3\xa9 \xe2\x82\xac plain text";
    static const uint8_t lengths[] = {0, 3, 5, 6, 9, 10, 20};
    enum column_type type = builder_field(b)->type;
    if (type == COLUMN_NULL || next_random(random) % 5 == 0) {
        must(builder_null(b, err), "null", err);
    } else if (column_type_is_nested(type)) {
        append_sample_nested(b, random, err);
    } else if (column_type_is_string(type)) {
        uint64_t length = lengths[next_random(random) % sizeof(lengths)];
        must(builder_bytes_value(b, text, length, err), "text", err);
    } else if (type == COLUMN_BOOL) {
        must(builder_bool(b, next_random(random) % 2 != 0, err), "bool", err);
    } else {
        append_sample_number(b, random, err);
    }
}

static void make_schema(struct schema *schema, inlay_error *err)
{
    size_t i;
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        struct field parsed;
        struct field *added = schema_add(schema, types[i], COLUMN_NULL, true);
        must(field_type_parse(types[i], &parsed, err), types[i], err);
        mem_free(parsed.name);
        parsed.name = added->name;
        *added = parsed;
    }
}

static void write_samples(const char *folder)
{
    static const int row_counts[] = {0, 1, 7, 8, 9, 63, 64, 65};
    struct schema schema = {NULL, 0};
    struct buffer bytes;
    struct byte_sink sink;
    struct ipc_writer writer;
    struct builder *b;
    FILE *file;
    uint64_t random = 88172645463325252u;
    inlay_error err;
    size_t i;
    int row;
    inlay_error_init(&err);
    make_schema(&schema, &err);
    buffer_init(&bytes, SIZE_MAX);
    byte_sink_to_buffer(&sink, &bytes);
    must(ipc_writer_begin(&writer, &schema, &sink, &err), "schema", &err);
    must(builder_new_batch(&schema, UINT64_MAX, &b, &err), "builder", &err);
    for (i = 0; i < sizeof(row_counts) / sizeof(row_counts[0]); i++) {
        struct ArrowArray array;
        for (row = 0; row < row_counts[i]; row++) {
            append_sample_nested(b, &random, &err);
        }
        must(builder_finish(b, &array, &err), "finish", &err);
        must(ipc_writer_batch(&writer, &array, &err), "batch", &err);
        array_release(&array);
    }
    must(ipc_writer_end(&writer, &err), "end", &err);
    file = create_file(folder, "ours.arrows");
    (void)fwrite(bytes.data, 1, bytes.len, file);
    (void)fclose(file);
    file = create_file(folder, "ours.txt");
    process(bytes.data, bytes.len, file, NULL);
    (void)fclose(file);
    builder_free(b);
    buffer_free(&bytes);
    schema_free(&schema);
}

static void copy_stream(const char *from, const char *to)
{
    struct buffer bytes;
    struct byte_sink sink;
    size_t size;
    uint8_t *data = read_file(from, &size);
    FILE *file = create_file(to, "");
    buffer_init(&bytes, SIZE_MAX);
    byte_sink_to_buffer(&sink, &bytes);
    process(data, size, NULL, &sink);
    (void)fwrite(bytes.data, 1, bytes.len, file);
    (void)fclose(file);
    buffer_free(&bytes);
    mem_free(data);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "write") == 0) {
        write_samples(argv[2]);
        return 0;
    }
    if (argc == 4 && strcmp(argv[1], "copy") == 0) {
        copy_stream(argv[2], argv[3]);
        return 0;
    }
    if (argc == 3 && strcmp(argv[1], "read") == 0) {
        size_t size;
        uint8_t *data = read_file(argv[2], &size);
        process(data, size, stdout, NULL);
        mem_free(data);
        return 0;
    }
    (void)fprintf(stderr, "usage: ipc_tool write DIR | read FILE | copy IN OUT\n");
    return 2;
}
