/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of every column type, nulls included, appended as slices of one batch and read back by
 * SQL, by id and beside search hits: the same values, in the types that docs/architecture.md, "SQL
 * types", says.
 */
#include "support/test.h"

#include "columnar/batch.h"
#include "columnar/builder.h"
#include "columnar/stream.h"
#include "inlay/inlay.h"
#include "tables/tables.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static const char *const type_texts[] = {
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
    "fixed_binary[5]",
    "date32",
    "date64",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "timestamp[s]",
    "timestamp[ms]",
    "timestamp[us]",
    "timestamp[ns]",
    "timestamp[us, UTC]",
    "timestamp[ms, Europe/Berlin]",
    "timestamp[s, America/New_York]",
    "decimal128[4, 1]",
    "decimal128[7, 2]",
    "decimal128[18, 0]",
    "decimal128[38, 0]",
    "decimal128[38, 10]",
    "duration[s]",
    "duration[ms]",
    "duration[us]",
    "duration[ns]",
    "list<bool>",
    "list<int32>",
    "list<uint64>",
    "list<utf8>",
    "list<binary>",
    "list<date32>",
    "list<timestamp[us]>",
    "list<decimal128[9, 3]>",
    "list<list<int16>>",
    "large_list<float64>",
    "fixed_list<float32>[3]",
    "fixed_list<float16>[4]",
    "fixed_list<int8>[2]",
    "struct<a: int64, b: utf8>",
    "struct<a: list<utf8>, b: timestamp[ms], c: decimal128[20, 2]>",
    "list<struct<a: int32, b: utf8>>",
};
enum { TYPES = sizeof(type_texts) / sizeof(type_texts[0]), FIXED_COLUMNS = 2 };

/* key int64, body utf8 (indexed), then one nullable and one not nullable column per type. */
static void make_schema(struct schema *schema, size_t first, size_t last)
{
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    memset(schema, 0, sizeof(*schema));
    assert_non_null(schema_add(schema, "key", COLUMN_INT64, false));
    assert_non_null(schema_add(schema, "body", COLUMN_UTF8, false));
    for (i = 2 * first; i < 2 * last; i++) {
        struct field *field = schema_add(schema, "unnamed", COLUMN_NULL, true);
        char name[16];
        assert_non_null(field);
        field_free(field);
        assert_ok(field_type_parse(type_texts[i / 2], field, &err), err);
        free(field->name);
        (void)snprintf(name, sizeof(name), "c%zu", i);
        field->name = strdup(name);
        field->nullable = i % 2 == 0;
    }
}

static int64_t random_bits(struct test_random *random, unsigned bits)
{
    uint64_t value = test_random_next(random);
    switch (test_random_below(random, 4)) {
    case 0: /* the ends of the range */
        value = (value & 1) != 0 ? (uint64_t)1 << (bits - 1) : ((uint64_t)1 << (bits - 1)) - 1;
        break;
    case 1:
        value &= 7;
        break;
    default:
        break;
    }
    return (int64_t)(value << (64 - bits)) >> (64 - bits);
}

static const int64_t per_second[] = {1, 1000, 1000000, 1000000000};

static inlay_status put_number(struct builder *b, const struct field *field,
                               struct test_random *random, inlay_error *err)
{
    const int64_t day_seconds = 86400;
    switch (field->type) {
    case COLUMN_BOOL:
        return builder_bool(b, test_random_below(random, 2) != 0, err);
    case COLUMN_INT8:
        return builder_int(b, random_bits(random, 8), err);
    case COLUMN_INT16:
        return builder_int(b, random_bits(random, 16), err);
    case COLUMN_INT32:
        return builder_int(b, random_bits(random, 32), err);
    case COLUMN_DATE32:
        return builder_int(b, random_bits(random, 20), err);
    case COLUMN_INT64:
    case COLUMN_DURATION:
        return builder_int(b, random_bits(random, 64), err);
    case COLUMN_UINT8:
        return builder_uint(b, (uint8_t)random_bits(random, 8), err);
    case COLUMN_UINT16:
        return builder_uint(b, (uint16_t)random_bits(random, 16), err);
    case COLUMN_UINT32:
        return builder_uint(b, (uint32_t)random_bits(random, 32), err);
    case COLUMN_UINT64:
        return builder_uint(b, (uint64_t)random_bits(random, 64), err);
    case COLUMN_DATE64:
        return builder_int(b, random_bits(random, 20) * day_seconds * 1000, err);
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        return builder_int(
            b,
            (int64_t)test_random_below(random, (uint64_t)(day_seconds * per_second[field->unit])),
            err);
    case COLUMN_TIMESTAMP:
        return builder_int(
            b,
            random_bits(random, 33) * per_second[field->unit] +
                (int64_t)test_random_below(random, (uint64_t)per_second[field->unit]),
            err);
    default:
        return builder_float(
            b, test_random_below(random, 8) == 0 ? INFINITY : (double)random_bits(random, 11) / 4,
            err);
    }
}

static inlay_status put_decimal(struct builder *b, const struct field *field,
                                struct test_random *random, inlay_error *err)
{
    unsigned digits = 1 + (unsigned)test_random_below(random, (uint64_t)field->precision);
    __int128 value = 0;
    while (digits-- != 0) {
        value = value * 10 + (int)test_random_below(random, 10);
    }
    value = test_random_below(random, 2) != 0 ? -value : value;
    return builder_fixed(b, &value, err);
}

static inlay_status put_value(struct builder *b, const struct field *field,
                              struct test_random *random, inlay_error *err);

static inlay_status put_items(struct builder *b, const struct field *field,
                              struct test_random *random, inlay_error *err)
{
    uint64_t items = field->type == COLUMN_FIXED_LIST ? (uint64_t)field->width
                     : field->type == COLUMN_STRUCT   ? field->child_count
                                                      : test_random_below(random, 5);
    uint64_t i;
    inlay_status status = INLAY_OK;
    for (i = 0; i < items && status == INLAY_OK; i++) {
        size_t child = field->type == COLUMN_STRUCT ? (size_t)i : 0;
        status = put_value(builder_child(b, child), &field->children[child], random, err);
    }
    return status == INLAY_OK ? builder_close_row(b, err) : status;
}

static inlay_status put_value(struct builder *b, const struct field *field,
                              struct test_random *random, inlay_error *err)
{
    static const char text[] = "some text, ä ö ü and more of it, long enough not to be inlined";
    if (field->nullable && test_random_below(random, 6) == 0) {
        return builder_null(b, err);
    }
    if (column_type_is_nested(field->type)) {
        return put_items(b, field, random, err);
    }
    if (column_type_is_utf8(field->type)) {
        return builder_bytes_value(b, text, test_random_below(random, 11), err);
    }
    if (column_type_is_string(field->type)) {
        uint64_t from = test_random_below(random, 20);
        return builder_bytes_value(b, text + from, test_random_below(random, 40), err);
    }
    if (field->type == COLUMN_FIXED_BINARY) {
        uint64_t bytes = test_random_next(random);
        return builder_fixed(b, &bytes, err);
    }
    return field->type == COLUMN_DECIMAL128 ? put_decimal(b, field, random, err)
                                            : put_number(b, field, random, err);
}

static void make_batch(const struct schema *schema, int64_t rows, struct test_random *random,
                       struct batch *out)
{
    struct builder *builder = NULL;
    struct ArrowArray array;
    int64_t row;
    size_t c;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(builder_new_batch(schema, UINT64_MAX, &builder, &err), err);
    for (row = 0; row < rows; row++) {
        assert_ok(builder_int(builder_child(builder, 0), row, &err), err);
        assert_ok(builder_bytes_value(builder_child(builder, 1), "every", 5, &err), err);
        for (c = FIXED_COLUMNS; c < schema->count; c++) {
            assert_ok(put_value(builder_child(builder, c), &schema->fields[c], random, &err), err);
        }
        assert_ok(builder_close_row(builder, &err), err);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(batch_from_array(schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, out, &err),
              err);
}

/* ---- comparing ---- */

static int64_t nanoseconds(const struct array_view *view, int64_t row)
{
    return array_view_int(view, row) * (per_second[UNIT_NANO] / per_second[view->field->unit]);
}

static bool same_value(const struct array_view *a, int64_t i, const struct array_view *b,
                       int64_t j);

static bool same_items(const struct array_view *a, int64_t i, const struct array_view *b, int64_t j)
{
    int64_t from_a, end_a, from_b, end_b;
    array_view_list(a, i, &from_a, &end_a);
    array_view_list(b, j, &from_b, &end_b);
    if (end_a - from_a != end_b - from_b) {
        return false;
    }
    for (; from_a < end_a; from_a++, from_b++) {
        if (!same_value(&a->children[0], from_a, &b->children[0], from_b)) {
            return false;
        }
    }
    return true;
}

static bool same_bytes(struct byte_view a, struct byte_view b)
{
    return a.length == b.length && (a.length == 0 || memcmp(a.data, b.data, a.length) == 0);
}

/* `a` is what was appended; `b` what came back, perhaps in the SQL type that stands for it. */
static bool same_value(const struct array_view *a, int64_t i, const struct array_view *b, int64_t j)
{
    size_t c;
    bool same = true;
    if (array_view_is_null(a, i) || array_view_is_null(b, j)) {
        return array_view_is_null(a, i) && array_view_is_null(b, j);
    }
    switch (a->field->type) {
    case COLUMN_BOOL:
        return array_view_bool(a, i) == array_view_bool(b, j);
    case COLUMN_FLOAT16:
    case COLUMN_FLOAT32:
    case COLUMN_FLOAT64:
        return array_view_float(a, i) == array_view_float(b, j);
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
    case COLUMN_FIXED_BINARY:
        return same_bytes(array_view_bytes(a, i), array_view_bytes(b, j));
    case COLUMN_DECIMAL128:
        return memcmp(array_view_fixed(a, i), array_view_fixed(b, j), 16) == 0;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
    case COLUMN_FIXED_LIST:
        return same_items(a, i, b, j);
    case COLUMN_STRUCT:
        for (c = 0; same && c < a->child_count; c++) {
            same = same_value(&a->children[c], i, &b->children[c], j);
        }
        return same;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
    case COLUMN_TIMESTAMP:
        return nanoseconds(a, i) == nanoseconds(b, j);
    case COLUMN_DATE64: /* milliseconds; a timestamp of that or of microseconds in SQL */
        return array_view_int(a, i) * (b->field->unit == UNIT_MICRO ? 1000 : 1) ==
               array_view_int(b, j);
    default:
        return array_view_int(a, i) == array_view_int(b, j);
    }
}

struct comparison {
    const struct array_view *truth;
    const char *how;
    bool exact;          /* the types too */
    const size_t *order; /* rows expected; NULL = all in order */
    int64_t next;
    inlay_id *ids; /* room for them, or NULL */
};

/* Column 0 is _id, then those of the truth. */
static void visit_row(void *context, const struct array_view *batch, int64_t row)
{
    struct comparison *comparison = context;
    int64_t expected = comparison->next++;
    size_t c;
    if (comparison->ids != NULL) {
        const uint8_t *id = array_view_fixed(&batch->children[0], row);
        comparison->ids[expected] = (inlay_id){load_u64(id + 8), load_u64(id)};
    }
    if (comparison->order != NULL) {
        expected = (int64_t)comparison->order[expected];
    }
    for (c = 0; c < comparison->truth->child_count; c++) {
        const struct array_view *from = &comparison->truth->children[c];
        const struct array_view *to = &batch->children[c + 1];
        if (comparison->exact && row == 0) {
            assert_true(field_same_type(from->field, to->field));
        }
        if (!same_value(from, expected, to, row)) {
            char text[80];
            field_type_text(from->field, text, sizeof(text));
            fail_msg("%s: column %s (%s), row %lld differs", comparison->how, from->field->name,
                     text, (long long)expected);
        }
    }
}

static void check_reading(inlay_connection *connection, inlay_table *table,
                          const struct array_view *truth, struct test_random *random)
{
    enum { WANTED = 20 };
    size_t rows = (size_t)truth->length;
    inlay_id *ids = calloc(rows + 1, sizeof(*ids));
    struct comparison comparison = {truth, "SQL", false, NULL, 0, ids};
    struct ArrowArrayStream stream;
    inlay_search_options options;
    inlay_id wanted[WANTED];
    size_t order[WANTED];
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection, "SELECT * FROM t ORDER BY _id", NULL, 0, NULL, &stream,
                              NULL, &err),
              err);
    assert_ok(tables_each_row(&stream, visit_row, &comparison, &err), err);
    assert_int_equal(comparison.next, rows);
    for (i = 0; i < WANTED; i++) {
        order[i] = test_random_below(random, rows);
        wanted[i] = ids[order[i]];
    }
    comparison = (struct comparison){truth, "get", true, order, 0, NULL};
    assert_ok(inlay_table_get(table, wanted, WANTED, NULL, 0, &stream, NULL, &err), err);
    assert_ok(tables_each_row(&stream, visit_row, &comparison, &err), err);
    assert_int_equal(comparison.next, WANTED);
    comparison = (struct comparison){truth, "search", true, NULL, 0, NULL};
    inlay_search_options_init(&options);
    options.k = rows < 300 ? rows : 300;
    assert_ok(inlay_bm25_search(table, "body", "every", &options, &stream, NULL, &err), err);
    assert_ok(tables_each_row(&stream, visit_row, &comparison, &err), err);
    assert_int_equal(comparison.next, options.k);
    free(ids);
}

/* Out into a Parquet file and in again: a table of the same values, whose ids are its own. */
static void check_export(inlay_connection *connection, const struct array_view *truth)
{
    struct comparison comparison = {truth, "export and import", false, NULL, 0, NULL};
    char folder[] = "/tmp/inlay_types_XXXXXX";
    char path[64];
    inlay_export_result exported;
    inlay_import_result imported = {.struct_size = sizeof(imported)};
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/t.parquet", folder);
    assert_ok(inlay_export(connection, "SELECT * FROM t ORDER BY _id", NULL, 0, path, NULL,
                           &exported, NULL, &err),
              err);
    assert_int_equal(exported.rows, truth->length);
    assert_ok(inlay_import(connection, "again", path, NULL, &imported, &err), err);
    assert_int_equal(imported.rows, truth->length);
    assert_ok(inlay_query_sql(connection, "SELECT * FROM again ORDER BY _id", NULL, 0, NULL,
                              &stream, NULL, &err),
              err);
    assert_ok(tables_each_row(&stream, visit_row, &comparison, &err), err);
    assert_int_equal(comparison.next, truth->length);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static inlay_table *create_table(inlay_connection *connection, const struct schema *schema)
{
    inlay_text_index index;
    inlay_table_options options;
    inlay_table *table = NULL;
    struct ArrowSchema arrow;
    inlay_error err;
    inlay_error_init(&err);
    inlay_text_index_init(&index);
    index.column = "body";
    inlay_table_options_init(&options);
    options.text_indexes = &index;
    options.text_index_count = 1;
    assert_ok(schema_to_arrow(schema, &arrow, &err), err);
    assert_ok(inlay_create_table(connection, "t", &arrow, &options, &table, &err), err);
    arrow.release(&arrow);
    return table;
}

/* The batch as slices of random lengths, in appends of a few slices each. */
static void append_slices(inlay_table *table, const struct batch *batch, int64_t longest,
                          struct test_random *random)
{
    enum { SLICES = 4 };
    int64_t done = 0;
    inlay_error err;
    inlay_error_init(&err);
    while (done < batch->array.length) {
        struct batch slices[SLICES];
        struct ArrowArrayStream stream;
        inlay_append_options options;
        size_t count = 0;
        while (count < SLICES && done < batch->array.length) {
            int64_t left = batch->array.length - done;
            int64_t length = 1 + (int64_t)test_random_below(random, (uint64_t)longest);
            length = length < left ? length : left;
            assert_ok(batch_slice(batch, done, length, &slices[count++], &err), err);
            done += length;
        }
        inlay_append_options_init(&options);
        options.target_superfile_bytes = test_random_below(random, 2) == 0 ? 20000 : 0;
        assert_ok(stream_of_batches(&batch->schema, slices, count, &stream, &err), err);
        assert_ok(inlay_table_append(table, &stream, &options, NULL, &err), err);
    }
}

static void check_types(size_t first, size_t last, int64_t rows, int64_t longest,
                        struct test_random *random)
{
    inlay_connection *connection = NULL;
    inlay_table *table;
    struct array_view truth;
    struct schema schema;
    struct batch batch;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema, first, last);
    make_batch(&schema, rows, random, &batch);
    assert_ok(array_view_open_batch(&schema, &batch.array, ARRAY_CHECK_FULL, INLAY_INTERNAL, &truth,
                                    &err),
              err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    table = create_table(connection, &schema);
    append_slices(table, &batch, longest, random);
    check_reading(connection, table, &truth, random);
    check_export(connection, &truth);
    inlay_table_close(table);
    inlay_close(connection);
    array_view_close(&truth);
    batch_release(&batch);
    schema_free(&schema);
}

static void every_type_comes_back(void **state)
{
    struct test_random random = test_random_init(31);
    uint64_t round;
    (void)state;
    for (round = 0; round < 2 * tables_scale(); round++) {
        check_types(0, TYPES, 1 + (int64_t)test_random_below(&random, 700), 200, &random);
        check_types(0, TYPES, 3000, 3000, &random);
    }
}

/* More rows than a row group takes. */
static void many_rows_come_back(void **state)
{
    struct test_random random = test_random_init(32);
    (void)state;
    check_types(12, 13, 140000, 140000, &random);
}

/* ---- a dictionary-encoded column, as pandas and Arrow libraries hand over categories ---- */

static void release_nothing_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static void release_nothing_array(struct ArrowArray *array)
{
    array->release = NULL;
}

struct one_batch {
    struct ArrowSchema schema;
    struct ArrowArray array;
    bool given;
};

static int give_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    *out = ((struct one_batch *)stream->private_data)->schema;
    return 0;
}

static int give_array(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct one_batch *batch = stream->private_data;
    memset(out, 0, sizeof(*out));
    if (!batch->given) {
        *out = batch->array;
        batch->given = true;
    }
    return 0;
}

static const char *no_error(struct ArrowArrayStream *stream)
{
    (void)stream;
    return NULL;
}

static void release_nothing_stream(struct ArrowArrayStream *stream)
{
    stream->release = NULL;
}

/* Indexes 2, 0, null, 1, 1 behind an offset of one, into "red", "green", "every blue". */
static void dictionaries_are_taken(void **state)
{
    static const int64_t keys[] = {-1, 0, 1, 2, 3, 4};
    static const int8_t codes[] = {0, 2, 0, 100, 1, 1};
    static const uint8_t valid[] = {0x37};
    static const int32_t ends[] = {0, 3, 8, 18};
    static const char words[] = "redgreenevery blue";
    const void *key_buffers[] = {NULL, keys};
    const void *code_buffers[] = {valid, codes};
    const void *word_buffers[] = {NULL, ends, words};
    const void *no_buffers[] = {NULL};
    struct ArrowSchema value_schema = {.format = "u", .release = release_nothing_schema};
    struct ArrowSchema columns[] = {
        {.format = "l", .name = "key", .release = release_nothing_schema},
        {.format = "c",
         .name = "body",
         .flags = ARROW_FLAG_NULLABLE,
         .dictionary = &value_schema,
         .release = release_nothing_schema},
    };
    struct ArrowSchema *column_list[] = {&columns[0], &columns[1]};
    struct ArrowArray value_array = {
        .length = 3, .n_buffers = 3, .buffers = word_buffers, .release = release_nothing_array};
    struct ArrowArray arrays[] = {
        {.length = 5,
         .offset = 1,
         .n_buffers = 2,
         .buffers = key_buffers,
         .release = release_nothing_array},
        {.length = 5,
         .offset = 1,
         .null_count = 1,
         .n_buffers = 2,
         .buffers = code_buffers,
         .dictionary = &value_array,
         .release = release_nothing_array},
    };
    struct ArrowArray *array_list[] = {&arrays[0], &arrays[1]};
    struct one_batch batch = {
        {.format = "+s",
         .n_children = 2,
         .children = column_list,
         .release = release_nothing_schema},
        {.length = 5,
         .n_buffers = 1,
         .buffers = no_buffers,
         .n_children = 2,
         .children = array_list,
         .release = release_nothing_array},
        false,
    };
    struct ArrowArrayStream stream = {give_schema, give_array, no_error, release_nothing_stream,
                                      &batch};
    static const char *const expected[] = {"every blue", "red", NULL, "green", "green"};
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    inlay_text_index index;
    inlay_table_options options;
    struct table_rows rows;
    uint64_t matches;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    inlay_text_index_init(&index);
    index.column = "body";
    inlay_table_options_init(&options);
    options.text_indexes = &index;
    options.text_index_count = 1;
    assert_ok(inlay_create_table(connection, "t", &batch.schema, &options, &table, &err), err);
    assert_ok(inlay_table_append(table, &stream, NULL, NULL, &err), err);
    assert_ok(tables_scan(connection, "t", "ORDER BY _id", &rows, &err), err);
    assert_int_equal(rows.count, 5);
    for (i = 0; i < 5; i++) {
        assert_int_equal(rows.rows[i].key, i);
        assert_int_equal(rows.rows[i].body == NULL, expected[i] == NULL);
        if (expected[i] != NULL) {
            assert_string_equal(rows.rows[i].body, expected[i]);
        }
    }
    table_rows_free(&rows);
    assert_ok(inlay_bm25_count(table, "body", "green blue", NULL, &matches, NULL, &err), err);
    assert_int_equal(matches, 3);
    inlay_table_close(table);
    inlay_close(connection);
}

/* ---- what SQL says of types ---- */

static void check_int(inlay_connection *connection, const char *sql, int64_t expected)
{
    int64_t value;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tables_sql(connection, sql, &value, 1, &err), err);
    if (value != expected) {
        fail_msg("%s gives %lld, not %lld", sql, (long long)value, (long long)expected);
    }
}

static void ids_are_values_like_others(void **state)
{
    const struct table_row rows[] = {{1, "a"}, {2, "b"}, {3, NULL}};
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    struct table_rows read;
    char sql[400];
    inlay_id id;
    char text[33];
    char decimal[48] = "";
    inlay_parameter by_text = {.kind = INLAY_PARAMETER_TEXT};
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    unsigned __int128 value;
    size_t at = sizeof(decimal) - 1;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "t", &table, &err), err);
    assert_ok(tables_append(table, rows, 3, 0, NULL, NULL, &err), err);
    assert_ok(tables_scan(connection, "t", "ORDER BY _id", &read, &err), err);
    id = read.ids[1];
    value = (unsigned __int128)id.hi << 64 | id.lo;
    for (; value != 0; value /= 10) {
        decimal[--at] = (char)('0' + (int)(value % 10));
    }
    (void)snprintf(sql, sizeof(sql), "SELECT key FROM t WHERE _id = %s", decimal + at);
    check_int(connection, sql, 2);
    (void)snprintf(sql, sizeof(sql), "SELECT key FROM t WHERE _id > %s", decimal + at);
    check_int(connection, sql, 3);
    (void)snprintf(sql, sizeof(sql), "SELECT key FROM t WHERE _id = '%s'", decimal + at);
    check_int(connection, sql, 2);
    (void)snprintf(sql, sizeof(sql), "SELECT key FROM t WHERE _id::TEXT = '%s'", decimal + at);
    check_int(connection, sql, 2);
    (void)snprintf(sql, sizeof(sql), "SELECT key FROM t WHERE _id IN (1, %s, 17)", decimal + at);
    check_int(connection, sql, 2);
    check_int(connection, "SELECT count(*) + 0 FROM t WHERE _id = 12345678901234567890", 0);
    check_int(connection, "SELECT count(*) + 0 FROM t WHERE _id <> 12345678901234567890", 3);
    check_int(connection, "SELECT count(*) + 0 FROM t WHERE _id::TEXT::DECIMAL(38, 0) = _id", 3);
    check_int(connection, "SELECT count(*) + 0 FROM t WHERE _id::HUGEINT::DECIMAL(38, 0) = _id", 3);
    check_int(connection, "SELECT count(*) + 0 FROM t a JOIN t b USING (_id)", 3);
    check_int(connection, "SELECT count(*) + 0 FROM t WHERE _id IN (SELECT max(_id) FROM t)", 1);
    check_int(connection, "SELECT key FROM t ORDER BY _id DESC LIMIT 1", 3);
    check_int(connection, "SELECT count(DISTINCT _id) + 0 FROM t", 3);
    by_text.bytes = decimal + at;
    by_text.length = strlen(decimal + at);
    assert_ok(inlay_query_sql(connection, "SELECT key FROM t WHERE _id = ?::DECIMAL(38, 0)",
                              &by_text, 1, NULL, &stream, NULL, &err),
              err);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_int_equal(batch.length, 1);
    assert_int_equal(((const int64_t *)batch.children[0]->buffers[1])[0], 2);
    batch.release(&batch);
    stream.release(&stream);
    inlay_id_to_text(id, text);
    assert_ok(inlay_id_from_text(decimal + at, &id, &err), err);
    assert_memory_equal(&id, &read.ids[1], sizeof(id));
    table_rows_free(&read);
    inlay_table_close(table);
    inlay_close(connection);
}

/* A zone is how an instant is shown. Nanoseconds of zoned instants are cut to microseconds, towards
 * the past; the engine has no finer type with a zone. */
static void instants_stay_where_they_are(void **state)
{
    static const char *const types[] = {"timestamp[ns, UTC]", "timestamp[us, Europe/Berlin]",
                                        "timestamp[s, America/New_York]", "timestamp[ns]"};
    static const int64_t values[] = {1700000000123456789, -1, -1700000000, -1};
    struct schema schema = {NULL, 0};
    struct builder *builder = NULL;
    struct ArrowArray array;
    struct ArrowArrayStream stream;
    struct batch batch;
    inlay_connection *connection = NULL;
    inlay_table *table;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_non_null(schema_add(&schema, "body", COLUMN_UTF8, true));
    for (i = 0; i < 4; i++) {
        struct field *field = schema_add(&schema, "unnamed", COLUMN_NULL, true);
        char name[8];
        field_free(field);
        assert_ok(field_type_parse(types[i], field, &err), err);
        free(field->name);
        (void)snprintf(name, sizeof(name), "t%zu", i);
        field->name = strdup(name);
    }
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    assert_ok(builder_null(builder_child(builder, 0), &err), err);
    for (i = 0; i < 4; i++) {
        assert_ok(builder_int(builder_child(builder, i + 1), values[i], &err), err);
    }
    assert_ok(builder_close_row(builder, &err), err);
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INTERNAL, &batch, &err),
              err);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    table = create_table(connection, &schema);
    assert_ok(stream_of_batches(&schema, &batch, 1, &stream, &err), err);
    assert_ok(inlay_table_append(table, &stream, NULL, NULL, &err), err);
    check_int(connection, "SELECT epoch_us(t0) FROM t", 1700000000123456);
    check_int(connection, "SELECT epoch_us(t1) FROM t", -1);
    check_int(connection, "SELECT epoch_us(t2) FROM t", -1700000000000000);
    check_int(connection, "SELECT epoch_ns(t3) FROM t", -1);
    check_int(connection,
              "SELECT count(*) + 0 FROM t WHERE t0 = TIMESTAMPTZ '2023-11-14 22:13:20.123456+00' "
              "AND t1 < TIMESTAMPTZ '1970-01-01 01:00:00+01'",
              1);
    inlay_table_close(table);
    inlay_close(connection);
    schema_free(&schema);
}

/* The same schema with rows and without. */
static void empty_results_keep_their_schema(void **state)
{
    static const char *const statements[] = {
        "SELECT * FROM t WHERE key < 0", "SELECT * FROM t LIMIT 0", "SELECT * FROM t WHERE false"};
    struct test_random random = test_random_init(33);
    inlay_connection *connection = NULL;
    inlay_table *table;
    struct schema schema;
    struct schema full;
    struct batch batch;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema, 0, TYPES);
    make_batch(&schema, 5, &random, &batch);
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    table = create_table(connection, &schema);
    for (i = 0; i <= 2 * (sizeof(statements) / sizeof(statements[0])); i++) {
        size_t which = i % (sizeof(statements) / sizeof(statements[0]));
        struct ArrowArrayStream stream;
        struct ArrowArray rows;
        struct schema found;
        if (i == 3) { /* first an empty table, then one with rows */
            append_slices(table, &batch, 5, &random);
        }
        assert_ok(inlay_query_sql(connection, i == 6 ? "SELECT * FROM t" : statements[which], NULL,
                                  0, NULL, &stream, NULL, &err),
                  err);
        assert_ok(stream_read_schema(&stream, &found, &err), err);
        assert_int_equal(found.count, schema.count + 1);
        if (i == 0) {
            full = found;
        } else {
            assert_true(schema_equal(&full, &found));
            schema_free(&found);
        }
        assert_int_equal(stream.get_next(&stream, &rows), 0);
        assert_int_equal(rows.release == NULL ? 0 : rows.length, i == 6 ? 5 : 0);
        if (rows.release != NULL) {
            rows.release(&rows);
        }
        stream.release(&stream);
    }
    schema_free(&full);
    inlay_table_close(table);
    inlay_close(connection);
    batch_release(&batch);
    schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_values_like_others),
        cmocka_unit_test(instants_stay_where_they_are),
        cmocka_unit_test(empty_results_keep_their_schema),
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(many_rows_come_back),
        cmocka_unit_test(dictionaries_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
