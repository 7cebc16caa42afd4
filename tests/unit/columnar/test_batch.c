/* SPDX-License-Identifier: Apache-2.0 */
#include "random_columns.h"

#include "base/error.h"
#include "columnar/batch.h"
#include "columnar/stream.h"
#include "support/alloc_fault.h"

#include <errno.h>

#define CAP ((uint64_t)1 << 24)

static void add_column(struct schema *schema, const char *name, const char *type, bool nullable)
{
    struct field parsed;
    struct field *added;
    char *own;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(field_type_parse(type, &parsed, &err), err);
    added = schema_add(schema, name, parsed.type, nullable);
    assert_non_null(added);
    own = parsed.name;
    parsed.name = added->name;
    parsed.nullable = nullable;
    *added = parsed;
    added = NULL;
    parsed = (struct field){.name = own};
    field_free(&parsed);
}

static void make_batch(struct test_random *random, const struct schema *schema, int64_t rows,
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

static void slices_concatenate_to_the_whole(void **state)
{
    struct test_random random = test_random_init(31);
    struct field root = {.type = COLUMN_STRUCT};
    struct schema schema = {NULL, 0};
    struct batch whole;
    struct batch parts[3];
    const struct batch *list[3] = {&parts[0], &parts[1], &parts[2]};
    struct batch joined;
    inlay_error err;
    size_t t;
    int i;
    (void)state;
    inlay_error_init(&err);
    for (t = 0; t < COLUMN_TYPE_COUNT; t++) {
        add_column(&schema, column_types[t], column_types[t], true);
    }
    make_batch(&random, &schema, 100, &whole);
    assert_ok(batch_slice(&whole, 0, 13, &parts[0], &err), err);
    assert_ok(batch_slice(&whole, 13, 0, &parts[1], &err), err);
    assert_ok(batch_slice(&whole, 13, 87, &parts[2], &err), err);
    assert_status(batch_concat(list, 3, 500, &joined, &err), INLAY_OVER_BUDGET);
    assert_ok(batch_concat(list, 3, CAP, &joined, &err), err);
    root.children = schema.fields;
    root.child_count = schema.count;
    assert_same_rows(&root, &whole.array, 0, 100, &joined.array);
    for (i = 0; i < 3; i++) {
        batch_release(&parts[i]);
    }
    batch_release(&whole);
    batch_release(&joined);
    schema_free(&schema);
}

static void columns_are_selected_by_name(void **state)
{
    struct test_random random = test_random_init(32);
    struct schema schema = {NULL, 0};
    const char *const names[] = {"b", "a"};
    const char *const bad[] = {"a", "nothing"};
    struct batch batch;
    struct batch slice;
    struct batch chosen;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    add_column(&schema, "a", "utf8", true);
    add_column(&schema, "b", "list<int8>", true);
    add_column(&schema, "c", "bool", true);
    make_batch(&random, &schema, 20, &batch);
    assert_ok(batch_slice(&batch, 5, 10, &slice, &err), err);
    assert_ok(batch_select(&slice, names, 2, &chosen, &err), err);
    assert_int_equal(chosen.array.length, 10);
    assert_same_rows(&schema.fields[1], batch.array.children[1], 5, 10, chosen.array.children[0]);
    assert_same_rows(&schema.fields[0], batch.array.children[0], 5, 10, chosen.array.children[1]);
    assert_string_equal(chosen.schema.fields[0].name, "b");
    batch_release(&chosen);
    assert_status(batch_select(&slice, bad, 2, &chosen, &err), INLAY_NOT_FOUND);
    batch_release(&slice);
    batch_release(&batch);
    schema_free(&schema);
}

/* ---- coercion ---- */

struct coercion {
    const char *from;
    const char *to;
    bool possible;
};

static const struct coercion coercions[] = {
    {"int8", "int16", true},
    {"int8", "int64", true},
    {"int16", "int8", false},
    {"uint8", "int16", true},
    {"uint8", "int8", false},
    {"int8", "uint8", false},
    {"uint32", "int64", true},
    {"uint64", "int64", false},
    {"int16", "float32", true},
    {"int32", "float32", false},
    {"int32", "float64", true},
    {"int64", "float64", false},
    {"float16", "float64", true},
    {"float32", "float64", true},
    {"float64", "float32", false},
    {"utf8", "large_utf8", true},
    {"large_utf8", "utf8", true},
    {"utf8", "binary", true},
    {"binary", "utf8", false},
    {"fixed_binary[3]", "large_binary", true},
    {"fixed_binary[3]", "fixed_binary[4]", false},
    {"decimal128[7, 2]", "decimal128[9, 3]", true},
    {"decimal128[7, 2]", "decimal128[7, 3]", false},
    {"int32", "decimal128[38, 0]", true},
    {"int64", "decimal128[18, 0]", false},
    {"date32", "date64", true},
    {"date64", "date32", false},
    {"time32[s]", "time64[ns]", true},
    {"timestamp[us]", "timestamp[ms]", false},
    {"timestamp[ms, UTC]", "timestamp[ms]", false},
    {"list<int8>", "large_list<int32>", true},
    {"fixed_list<float32>[4]", "list<float64>", true},
    {"fixed_list<float64>[4]", "fixed_list<float32>[4]", true},
    {"list<int64>", "fixed_list<float32>[4]", true},
    {"list<utf8>", "fixed_list<float32>[4]", false},
    {"list<float64>", "list<float32>", false},
    {"struct<a: int8, b: utf8>", "struct<b: large_utf8, a: int64, c: bool>", true},
    {"struct<a: int8, b: utf8>", "struct<a: int8>", false},
    {"null", "list<utf8>", true},
    {"utf8", "int64", false},
    {"bool", "int8", false},
    {"dictionary<utf8>", "utf8", true},
};

static double numeric(const struct array_view *v, int64_t row)
{
    bool is_float = v->field->type >= COLUMN_FLOAT16 && v->field->type <= COLUMN_FLOAT64;
    return is_float ? array_view_float(v, row) : (double)array_view_int(v, row);
}

static void check_coerced(const struct coercion *c, const struct batch *from,
                          const struct batch *to)
{
    struct array_view a;
    struct array_view b;
    inlay_error err;
    int64_t row;
    enum column_type type = from->schema.fields[0].type;
    inlay_error_init(&err);
    assert_ok(array_view_open_batch(&from->schema, &from->array, ARRAY_CHECK_FULL, INLAY_CORRUPT,
                                    &a, &err),
              err);
    assert_ok(
        array_view_open_batch(&to->schema, &to->array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &b, &err),
        err);
    assert_int_equal(a.length, b.length);
    for (row = 0; row < a.length; row++) {
        const struct array_view *x = &a.children[0];
        const struct array_view *y = &b.children[0];
        assert_int_equal(array_view_is_null(x, row), array_view_is_null(y, row));
        if (array_view_is_null(x, row) || x->field->type == COLUMN_DECIMAL128 ||
            y->field->type == COLUMN_DECIMAL128 || strstr(c->to, "time") != NULL ||
            strstr(c->to, "date") != NULL) {
            continue;
        }
        if (column_type_is_integer(type) || type == COLUMN_FLOAT16 || type == COLUMN_FLOAT32) {
            assert_true(numeric(x, row) == numeric(y, row));
        } else if (column_type_is_string(type) || type == COLUMN_FIXED_BINARY) {
            struct byte_view p = array_view_bytes(x, row);
            struct byte_view q = array_view_bytes(y, row);
            assert_int_equal(p.length, q.length);
            assert_memory_equal(p.data, q.data, p.length);
        }
    }
    array_view_close(&a);
    array_view_close(&b);
}

static void types_change_only_without_loss(void **state)
{
    struct test_random random = test_random_init(33);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(coercions) / sizeof(coercions[0]); i++) {
        const struct coercion *c = &coercions[i];
        struct schema from = {NULL, 0};
        struct schema to = {NULL, 0};
        struct batch batch;
        struct batch out;
        inlay_error err;
        inlay_status status;
        inlay_error_init(&err);
        add_column(&from, "col", strncmp(c->from, "dictionary", 10) == 0 ? "utf8" : c->from, true);
        add_column(&to, "col", c->to, true);
        make_batch(&random, &from, 40, &batch);
        status = batch_coerce(&batch, &to, CAP, &out, &err);
        /* Random 64-bit doubles overflow float32; random times overflow finer units. */
        if (c->possible && status == INLAY_SCHEMA) {
            assert_true(err.row >= 0);
        } else {
            assert_int_equal(status, c->possible ? INLAY_OK : INLAY_SCHEMA);
        }
        if (status == INLAY_OK) {
            check_coerced(c, &batch, &out);
        } else {
            assert_string_equal(err.key, "col");
            assert_true(err.expected[0] != '\0' && err.found[0] != '\0');
        }
        batch_release(&out);
        batch_release(&batch);
        schema_free(&from);
        schema_free(&to);
    }
}

static void decimals_and_times_are_scaled(void **state)
{
    struct schema from = {NULL, 0};
    struct schema to = {NULL, 0};
    struct builder *b;
    struct ArrowArray array;
    struct batch batch;
    struct batch out;
    struct array_view view;
    uint8_t decimal[16];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    add_column(&from, "d", "decimal128[7, 2]", true);
    add_column(&from, "i", "int16", true);
    add_column(&from, "t", "date32", true);
    add_column(&from, "s", "timestamp[s]", true);
    add_column(&to, "s", "timestamp[us]", true);
    add_column(&to, "t", "date64", true);
    add_column(&to, "i", "decimal128[10, 3]", true);
    add_column(&to, "d", "decimal128[9, 4]", true);
    assert_ok(builder_new_batch(&from, CAP, &b, &err), err);
    memset(decimal, 0xff, sizeof(decimal)); /* -1: -0.01 */
    assert_ok(builder_fixed(builder_child(b, 0), decimal, &err), err);
    assert_ok(builder_int(builder_child(b, 1), -7, &err), err);
    assert_ok(builder_int(builder_child(b, 2), 2, &err), err);
    assert_ok(builder_int(builder_child(b, 3), -3, &err), err);
    assert_ok(builder_close_row(b, &err), err);
    assert_ok(builder_finish(b, &array, &err), err);
    builder_free(b);
    assert_ok(batch_from_array(&from, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &batch, &err), err);
    assert_ok(batch_coerce(&batch, &to, CAP, &out, &err), err);
    assert_ok(array_view_open_batch(&out.schema, &out.array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view,
                                    &err),
              err);
    assert_int_equal(array_view_int(&view.children[0], 0), -3000000);
    assert_int_equal(array_view_int(&view.children[1], 0), 2 * INT64_C(86400000));
    assert_int_equal((int64_t)load_u64(array_view_fixed(&view.children[2], 0)), -7000);
    assert_int_equal((int64_t)load_u64(array_view_fixed(&view.children[3], 0)), -100);
    assert_int_equal((int64_t)load_u64(array_view_fixed(&view.children[3], 0) + 8), -1);
    array_view_close(&view);
    batch_release(&out);
    batch_release(&batch);
    schema_free(&from);
    schema_free(&to);
}

static void list_of_doubles(const double *values, int count, struct batch *out)
{
    struct schema schema = {NULL, 0};
    struct builder *b;
    struct builder *list;
    struct ArrowArray array;
    inlay_error err;
    int i;
    inlay_error_init(&err);
    add_column(&schema, "v", "list<float64>", true);
    assert_ok(builder_new_batch(&schema, CAP, &b, &err), err);
    list = builder_child(b, 0);
    assert_ok(builder_null(list, &err), err);
    assert_ok(builder_close_row(b, &err), err);
    for (i = 0; i < count; i++) {
        assert_ok(builder_float(builder_child(list, 0), values[i], &err), err);
    }
    assert_ok(builder_close_row(list, &err), err);
    assert_ok(builder_close_row(b, &err), err);
    assert_ok(builder_finish(b, &array, &err), err);
    builder_free(b);
    assert_ok(batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_CORRUPT, out, &err), err);
    schema_free(&schema);
}

static void vectors_take_lists_of_doubles(void **state)
{
    static const double good[] = {0.1, 2.5, -3};
    static const double great[] = {1, 1e300, 2};
    struct schema to = {NULL, 0};
    struct batch batch;
    struct batch out;
    struct array_view view;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    add_column(&to, "v", "fixed_list<float32>[3]", true);
    list_of_doubles(good, 3, &batch);
    assert_ok(batch_coerce(&batch, &to, CAP, &out, &err), err);
    assert_ok(array_view_open_batch(&out.schema, &out.array, ARRAY_CHECK_FULL, INLAY_CORRUPT, &view,
                                    &err),
              err);
    assert_true(array_view_is_null(&view.children[0], 0));
    assert_true(array_view_float(&view.children[0].children[0], 3) == (double)0.1f);
    array_view_close(&view);
    batch_release(&out);
    batch_release(&batch);
    list_of_doubles(great, 3, &batch);
    assert_status(batch_coerce(&batch, &to, CAP, &out, &err), INLAY_SCHEMA);
    assert_int_equal(err.row, 1);
    batch_release(&batch);
    list_of_doubles(good, 2, &batch);
    assert_status(batch_coerce(&batch, &to, CAP, &out, &err), INLAY_SCHEMA);
    assert_int_equal(err.row, 1);
    assert_string_equal(err.expected, "3 items");
    assert_string_equal(err.found, "2 items");
    batch_release(&batch);
    schema_free(&to);
}

/* Whole numbers become int8 items; what a type cannot hold is refused. */
static void vector_items_must_fit(void **state)
{
    static const struct {
        const char *type;
        double values[3];
        inlay_status status;
    } cases[] = {
        {"fixed_list<int8>[3]", {1, -128, 127}, INLAY_OK},
        {"fixed_list<int8>[3]", {1, 0.5, 2}, INLAY_SCHEMA},
        {"fixed_list<int8>[3]", {1, 128, 2}, INLAY_SCHEMA},
        {"fixed_list<float16>[3]", {0.1, -65504, 3}, INLAY_OK},
        {"fixed_list<float16>[3]", {1, 70000, 2}, INLAY_SCHEMA},
        {"fixed_list<float64>[3]", {1, 1e300, 2}, INLAY_OK},
    };
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct schema to = {NULL, 0};
        struct batch batch;
        struct batch out;
        add_column(&to, "v", cases[i].type, true);
        list_of_doubles(cases[i].values, 3, &batch);
        assert_status(batch_coerce(&batch, &to, CAP, &out, &err), cases[i].status);
        if (cases[i].status == INLAY_OK) {
            batch_release(&out);
        } else {
            assert_int_equal(err.row, 1);
        }
        batch_release(&batch);
        schema_free(&to);
    }
}

static void columns_align_by_name(void **state)
{
    struct test_random random = test_random_init(34);
    struct schema from = {NULL, 0};
    struct schema to = {NULL, 0};
    struct batch batch;
    struct batch out;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    add_column(&from, "b", "int8", true);
    add_column(&from, "a", "utf8", true);
    make_batch(&random, &from, 30, &batch);
    add_column(&to, "a", "utf8", true);
    assert_status(batch_coerce(&batch, &to, CAP, &out, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "b");
    add_column(&to, "b", "int8", true);
    add_column(&to, "new", "bool", true);
    assert_ok(batch_coerce(&batch, &to, CAP, &out, &err), err);
    assert_true(schema_equal(&out.schema, &to));
    assert_ptr_equal(out.array.children[0]->buffers[2], batch.array.children[1]->buffers[2]);
    assert_same_rows(&to.fields[0], batch.array.children[1], 0, 30, out.array.children[0]);
    assert_int_equal(out.array.children[2]->null_count, 30);
    batch_release(&out);
    to.fields[0].nullable = false; /* the random text has nulls */
    assert_status(batch_coerce(&batch, &to, CAP, &out, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "a");
    assert_true(err.row >= 0);
    to.fields[0].nullable = true;
    to.fields[2].nullable = false;
    assert_status(batch_coerce(&batch, &to, CAP, &out, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "new");
    batch_release(&batch);
    schema_free(&from);
    schema_free(&to);
}

/* ---- streams ---- */

static void streams_give_back_their_batches(void **state)
{
    struct test_random random = test_random_init(35);
    struct schema schema = {NULL, 0};
    struct schema read;
    struct batch batches[3];
    struct batch kept[3];
    struct batch got;
    struct ArrowArrayStream stream;
    struct field root = {.type = COLUMN_STRUCT};
    inlay_error err;
    bool end;
    int i;
    (void)state;
    inlay_error_init(&err);
    add_column(&schema, "a", "utf8", true);
    add_column(&schema, "b", "struct<x: int8, y: list<bool>>", true);
    root.children = schema.fields;
    root.child_count = schema.count;
    for (i = 0; i < 3; i++) {
        make_batch(&random, &schema, 10 * i, &batches[i]);
        assert_ok(batch_slice(&batches[i], 0, 10 * i, &kept[i], &err), err);
    }
    assert_ok(stream_of_batches(&schema, batches, 3, &stream, &err), err);
    assert_null(batches[0].array.release);
    assert_ok(stream_read_schema(&stream, &read, &err), err);
    assert_true(schema_equal(&read, &schema));
    for (i = 0; i < 2; i++) { /* the third stays inside and goes with the stream */
        assert_ok(stream_read_batch(&stream, &read, &got, &end, &err), err);
        assert_false(end);
        assert_same_rows(&root, &kept[i].array, 0, 10 * i, &got.array);
        batch_release(&got);
    }
    stream.release(&stream);
    assert_status(stream_read_batch(&stream, &read, &got, &end, &err), INLAY_INVALID_ARGUMENT);
    assert_ok(stream_of_batches(&schema, NULL, 0, &stream, &err), err);
    assert_ok(stream_read_batch(&stream, &read, &got, &end, &err), err);
    assert_true(end);
    stream.release(&stream);
    for (i = 0; i < 3; i++) {
        batch_release(&kept[i]);
    }
    schema_free(&read);
    schema_free(&schema);
}

static inlay_status failing_next(void *context, struct ArrowArray *out, inlay_error *err)
{
    (void)context;
    (void)out;
    return error_set(err, INLAY_TIMEOUT, "too slow");
}

static void count_destroy(void *context)
{
    ++*(int *)context;
}

static void stream_failures_keep_their_status(void **state)
{
    struct schema schema = {NULL, 0};
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    struct batch batch;
    inlay_error err;
    int destroyed = 0;
    struct stream_producer producer = {failing_next, count_destroy, &destroyed};
    bool end;
    (void)state;
    inlay_error_init(&err);
    assert_ok(stream_export(&schema, &producer, &stream, &err), err);
    assert_int_equal(stream.get_next(&stream, &array), ETIMEDOUT);
    assert_string_equal(stream.get_last_error(&stream), "too slow");
    assert_status(stream_read_batch(&stream, &schema, &batch, &end, &err), INLAY_TIMEOUT);
    assert_string_equal(err.message, "too slow");
    stream.release(&stream);
    assert_int_equal(destroyed, 1);
}

static inlay_status whole_journey(void *context, inlay_error *err)
{
    const struct batch *from = context;
    struct schema to = {NULL, 0};
    struct batch coerced = {.schema = {NULL, 0}};
    struct batch slice = {.schema = {NULL, 0}};
    struct ArrowArrayStream stream = {.release = NULL};
    struct field *field;
    inlay_status status = schema_copy(&from->schema, &to, err);
    if (status == INLAY_OK) {
        field = schema_add(&to, "missing", COLUMN_INT8, true);
        status = field != NULL ? INLAY_OK : error_no_memory(err);
    }
    if (status == INLAY_OK) {
        to.fields[0].type = COLUMN_LARGE_UTF8;
        status = batch_coerce(from, &to, CAP, &coerced, err);
    }
    if (status == INLAY_OK) {
        status = batch_slice(&coerced, 2, 5, &slice, err);
    }
    if (status == INLAY_OK) {
        status = stream_of_batches(&to, &slice, 1, &stream, err);
    }
    if (status == INLAY_OK) {
        bool end;
        status = stream_read_batch(&stream, &to, &slice, &end, err);
        batch_release(&slice);
        stream.release(&stream);
    }
    batch_release(&slice);
    batch_release(&coerced);
    schema_free(&to);
    return status;
}

static void memory_failures_leak_nothing(void **state)
{
    struct test_random random = test_random_init(36);
    struct schema schema = {NULL, 0};
    struct batch batch;
    (void)state;
    add_column(&schema, "a", "utf8", true);
    add_column(&schema, "b", "struct<x: int8, y: list<bool>>", true);
    make_batch(&random, &schema, 9, &batch);
    assert_true(alloc_fault_sweep(whole_journey, &batch) > 50);
    batch_release(&batch);
    schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_concatenate_to_the_whole),
        cmocka_unit_test(columns_are_selected_by_name),
        cmocka_unit_test(types_change_only_without_loss),
        cmocka_unit_test(decimals_and_times_are_scaled),
        cmocka_unit_test(vectors_take_lists_of_doubles),
        cmocka_unit_test(vector_items_must_fit),
        cmocka_unit_test(columns_align_by_name),
        cmocka_unit_test(streams_give_back_their_batches),
        cmocka_unit_test(stream_failures_keep_their_status),
        cmocka_unit_test(memory_failures_leak_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
