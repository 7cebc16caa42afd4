/* SPDX-License-Identifier: Apache-2.0 */
/*
 * vector_tool FILE ROWS: writes a superfile with a vector index on a column of each element type.
 * check_vectors.py knows the values: element k of column c in row r is ((31 r + 7 k + c) mod 201) -
 * 100, in eighths where the type has them; every seventh vector, from row 3 on, is null.
 */
#include "columnar/builder.h"
#include "superfile/superfile_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 4 };

static const struct superfile_vector_column indexes[COLUMNS] = {
    {"single", VECTOR_COSINE, 0, 0},
    {"half", VECTOR_L2, 8, 32},
    {"wide", VECTOR_INNER_PRODUCT, 4, 64},
    {"small", VECTOR_L2, 0, 0},
};
static const char *const types[COLUMNS] = {"fixed_list<float32>[40]", "fixed_list<float16>[24]",
                                           "fixed_list<float64>[3]", "fixed_list<int8>[17]"};

static void check(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "vector_tool: %s\n", err->message);
        exit(1);
    }
}

static void make_schema(struct schema *schema, inlay_error *err)
{
    size_t c;
    memset(schema, 0, sizeof(*schema));
    for (c = 0; c < COLUMNS; c++) {
        struct field *field = schema_add(schema, "", COLUMN_NULL, true);
        field_free(field);
        check(field_type_parse(types[c], field, err), err);
        free(field->name);
        field->name = strdup(indexes[c].column);
    }
}

static void add_vector(struct builder *vector, const struct field *field, uint64_t row, size_t c,
                       inlay_error *err)
{
    struct builder *items = builder_child(vector, 0);
    int32_t k;
    if (row % 7 == 3) {
        check(builder_null(vector, err), err);
        return;
    }
    for (k = 0; k < field->width; k++) {
        int64_t value = (int64_t)((31 * row + 7 * (uint64_t)k + c) % 201) - 100;
        check(field->children[0].type == COLUMN_INT8 ? builder_int(items, value, err)
                                                     : builder_float(items, (double)value / 8, err),
              err);
    }
    check(builder_close_row(vector, err), err);
}

static void write_file(const char *path, const struct buffer *bytes)
{
    FILE *file = fopen(path, "wb");
    if (file == NULL || fwrite(bytes->data, 1, bytes->len, file) != bytes->len ||
        fclose(file) != 0) {
        perror(path);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    struct superfile_options options = {.vectors = indexes, .vector_count = COLUMNS};
    uint64_t rows = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    struct id_span ids = {{1, 0}, {1, rows - 1}};
    struct superfile_builder *builder;
    struct superfile_result result;
    struct builder *batch;
    struct ArrowArray array;
    struct schema schema;
    struct buffer bytes;
    struct byte_sink sink;
    uint64_t row;
    size_t c;
    inlay_error err;
    if (rows == 0) {
        (void)fprintf(stderr, "usage: vector_tool FILE ROWS\n");
        return 2;
    }
    inlay_error_init(&err);
    make_schema(&schema, &err);
    buffer_init(&bytes, SIZE_MAX);
    byte_sink_to_buffer(&sink, &bytes);
    check(superfile_builder_create(&schema, &options, &sink, &builder, &err), &err);
    check(builder_new_batch(&schema, SIZE_MAX, &batch, &err), &err);
    for (row = 0; row < rows; row++) {
        for (c = 0; c < COLUMNS; c++) {
            add_vector(builder_child(batch, c), &schema.fields[c], row, c, &err);
        }
        check(builder_close_row(batch, &err), &err);
    }
    check(builder_finish(batch, &array, &err), &err);
    builder_free(batch);
    check(superfile_builder_append(builder, &array, &ids, 1, &err), &err);
    array.release(&array);
    check(superfile_builder_finish(builder, &result, &err), &err);
    write_file(argv[1], &bytes);
    superfile_builder_free(builder);
    schema_free(&schema);
    buffer_free(&bytes);
    return 0;
}
