/* SPDX-License-Identifier: Apache-2.0 */
#include "random_columns.h"

#include "base/alloc.h"
#include "base/byte_sink.h"
#include "columnar/batch.h"
#include "columnar/ipc_reader.h"
#include "columnar/ipc_writer.h"
#include "support/alloc_fault.h"

/* A schema with every type, once nullable and once not. */
static void make_schema(struct schema *schema)
{
    size_t t;
    memset(schema, 0, sizeof(*schema));
    for (t = 0; t < 2 * COLUMN_TYPE_COUNT; t++) {
        char name[16] = "c00";
        struct field parsed;
        struct field *added;
        inlay_error err;
        bool nullable = t < COLUMN_TYPE_COUNT;
        inlay_error_init(&err);
        if (!nullable && strcmp(column_types[t - COLUMN_TYPE_COUNT], "null") == 0) {
            continue;
        }
        name[1] = (char)('0' + t / 10);
        name[2] = (char)('0' + t % 10);
        assert_ok(field_type_parse(column_types[t % COLUMN_TYPE_COUNT], &parsed, &err), err);
        added = schema_add(schema, name, parsed.type, nullable);
        assert_non_null(added);
        mem_free(parsed.name);
        parsed.name = added->name;
        parsed.nullable = nullable;
        *added = parsed;
    }
}

static void random_batch(struct test_random *random, const struct schema *schema, int64_t rows,
                         struct batch *out)
{
    struct field root = {.type = COLUMN_STRUCT};
    struct ArrowArray array;
    inlay_error err;
    inlay_error_init(&err);
    root.children = schema->fields;
    root.child_count = schema->count;
    make_random_array(random, &root, rows, &array);
    assert_ok(batch_from_array(schema, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, out, &err), err);
}

static void write_batches(const struct batch *batches, size_t count, struct buffer *out)
{
    struct byte_sink sink;
    struct ipc_writer writer;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    buffer_init(out, SIZE_MAX);
    byte_sink_to_buffer(&sink, out);
    assert_ok(ipc_writer_begin(&writer, &batches[0].schema, &sink, &err), err);
    for (i = 0; i < count; i++) {
        assert_ok(ipc_writer_batch(&writer, &batches[i].array, &err), err);
    }
    assert_ok(ipc_writer_end(&writer, &err), err);
}

static void every_type_survives(void **state)
{
    struct test_random random = test_random_init(21);
    struct schema schema;
    struct batch batches[ROW_COUNT_COUNT];
    struct buffer bytes;
    struct buffer again;
    struct ipc_reader *reader;
    struct ArrowArray array;
    struct field root = {.type = COLUMN_STRUCT};
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    root.children = schema.fields;
    root.child_count = schema.count;
    for (i = 0; i < ROW_COUNT_COUNT; i++) {
        struct batch whole; /* the batches written are slices with odd offsets */
        random_batch(&random, &schema, row_counts[i] + 5, &whole);
        assert_ok(batch_slice(&whole, 3, row_counts[i], &batches[i], &err), err);
        batch_release(&whole);
    }
    write_batches(batches, ROW_COUNT_COUNT, &bytes);
    write_batches(batches, ROW_COUNT_COUNT, &again);
    assert_int_equal(bytes.len, again.len);
    assert_memory_equal(bytes.data, again.data, bytes.len);
    assert_ok(ipc_reader_open(bytes.data, bytes.len, &reader, &err), err);
    assert_true(schema_equal(ipc_reader_schema(reader), &schema));
    for (i = 0; i < ROW_COUNT_COUNT; i++) {
        assert_ok(ipc_reader_next(reader, &array, &err), err);
        assert_int_equal(array.length, row_counts[i]);
        assert_same_rows(&root, &batches[i].array, 0, row_counts[i], &array);
        array_release(&array);
        batch_release(&batches[i]);
    }
    assert_ok(ipc_reader_next(reader, &array, &err), err);
    assert_null(array.release);
    ipc_reader_close(reader);
    buffer_free(&bytes);
    buffer_free(&again);
    schema_free(&schema);
}

/* Reads a whole stream; the status of the first failure. */
static inlay_status read_all(const uint8_t *data, size_t size, inlay_error *err)
{
    struct ipc_reader *reader;
    inlay_status status = ipc_reader_open(data, size, &reader, err);
    while (status == INLAY_OK) {
        struct ArrowArray array;
        status = ipc_reader_next(reader, &array, err);
        if (status == INLAY_OK && array.release == NULL) {
            break;
        }
        array_release(&array);
    }
    ipc_reader_close(reader);
    return status;
}

static void small_stream(struct buffer *out)
{
    struct test_random random = test_random_init(22);
    struct schema schema;
    struct batch batch;
    make_schema(&schema);
    random_batch(&random, &schema, 9, &batch);
    write_batches(&batch, 1, out);
    batch_release(&batch);
    schema_free(&schema);
}

static void every_cut_is_noticed(void **state)
{
    struct buffer bytes;
    size_t cut;
    size_t good = 0;
    (void)state;
    small_stream(&bytes);
    for (cut = 0; cut < bytes.len; cut++) {
        inlay_error err;
        /* A copy of the exact size, so that the sanitizer sees a read past the end. */
        uint8_t *copy = mem_alloc(cut);
        inlay_error_init(&err);
        memcpy(copy, bytes.data, cut);
        if (read_all(copy, cut, &err) == INLAY_OK) {
            good++;
        } else {
            assert_int_equal(err.status, INLAY_CORRUPT);
            assert_true(err.offset >= 0 && (size_t)err.offset <= bytes.len);
        }
        mem_free(copy);
    }
    /* Behind the schema, behind the batch, and inside the end mark after its first half. */
    assert_true(good >= 2 && good <= 3);
    buffer_free(&bytes);
}

static void flipped_bytes_are_safe(void **state)
{
    struct test_random random = test_random_init(23);
    struct buffer bytes;
    uint64_t round;
    (void)state;
    small_stream(&bytes);
    for (round = 0; round < 4000; round++) {
        size_t at = (size_t)test_random_below(&random, bytes.len);
        uint8_t old = bytes.data[at];
        inlay_error err;
        inlay_status status;
        inlay_error_init(&err);
        bytes.data[at] = (uint8_t)test_random_next(&random);
        status = read_all(bytes.data, bytes.len, &err);
        assert_true(status == INLAY_OK || status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED);
        bytes.data[at] = old;
    }
    buffer_free(&bytes);
}

static void schema_messages_stand_alone(void **state)
{
    struct schema schema;
    struct schema back;
    struct buffer bytes;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    make_schema(&schema);
    buffer_init(&bytes, SIZE_MAX);
    assert_ok(ipc_write_schema(&schema, &bytes, &err), err);
    assert_int_equal(bytes.len % 8, 0);
    assert_ok(ipc_read_schema(bytes.data, bytes.len, &back, &err), err);
    assert_true(schema_equal(&schema, &back));
    schema_free(&schema);
    schema_free(&back);
    buffer_free(&bytes);
}

struct sweep {
    struct buffer bytes;
};

static inlay_status copy_stream(void *context, inlay_error *err)
{
    struct sweep *sweep = context;
    struct ipc_reader *reader = NULL;
    struct ipc_writer writer;
    struct byte_sink sink;
    struct buffer out;
    inlay_status status;
    buffer_init(&out, SIZE_MAX);
    byte_sink_to_buffer(&sink, &out);
    status = ipc_reader_open(sweep->bytes.data, sweep->bytes.len, &reader, err);
    if (status == INLAY_OK) {
        status = ipc_writer_begin(&writer, ipc_reader_schema(reader), &sink, err);
    }
    while (status == INLAY_OK) {
        struct ArrowArray array;
        status = ipc_reader_next(reader, &array, err);
        if (status == INLAY_OK && array.release == NULL) {
            break;
        }
        if (status == INLAY_OK) {
            status = ipc_writer_batch(&writer, &array, err);
        }
        array_release(&array);
    }
    ipc_reader_close(reader);
    buffer_free(&out);
    return status;
}

static void memory_failures_leak_nothing(void **state)
{
    struct sweep sweep;
    (void)state;
    small_stream(&sweep.bytes);
    assert_true(alloc_fault_sweep(copy_stream, &sweep) > 100);
    buffer_free(&sweep.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_survives),
        cmocka_unit_test(every_cut_is_noticed),
        cmocka_unit_test(flipped_bytes_are_safe),
        cmocka_unit_test(schema_messages_stand_alone),
        cmocka_unit_test(memory_failures_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
