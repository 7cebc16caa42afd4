/* SPDX-License-Identifier: Apache-2.0 */
/* Files of every format: values, types, order, skipping, and the place named by every error. */
#include "support/test.h"

#include "base/alloc.h"
#include "columnar/array_view.h"
#include "columnar/batch.h"
#include "columnar/stream.h"
#include "sql/file_reader.h"
#include "support/alloc_fault.h"

#include <duckdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char *folder;
static inlay_error err;

static int make_folder(void **state)
{
    (void)state;
    folder = test_folder_make();
    inlay_error_init(&err);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    test_folder_remove(folder);
    free(folder);
    return 0;
}

/* The path of a file in the folder; good until eight more were asked for. */
static const char *path_of(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    char *path = paths[next++ % 8];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

static const char *write_bytes(const char *name, const void *bytes, size_t size)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fclose(file), 0);
    return path;
}

static const char *write_text(const char *name, const char *text)
{
    return write_bytes(name, text, strlen(text));
}

/* `head`, then `count` lines of `format` with the number twice, then `tail`. */
static const char *write_rows(const char *name, const char *head, const char *format, int count,
                              const char *tail)
{
    const char *path = path_of(name);
    FILE *file = fopen(path, "we");
    int i;
    assert_non_null(file);
    (void)fputs(head, file);
    for (i = 0; i < count; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        (void)fprintf(file, format, i, i);
#pragma GCC diagnostic pop
    }
    (void)fputs(tail, file);
    assert_int_equal(fclose(file), 0);
    return path;
}

static void copy_to_parquet(const char *select, const char *path, const char *options)
{
    duckdb_database database = NULL;
    duckdb_connection connection = NULL;
    duckdb_result result;
    char text[2048];
    assert_int_equal(duckdb_open(NULL, &database), DuckDBSuccess);
    assert_int_equal(duckdb_connect(database, &connection), DuckDBSuccess);
    (void)snprintf(text, sizeof(text), "COPY (%s) TO '%s' (FORMAT parquet%s)", select, path,
                   options);
    if (duckdb_query(connection, text, &result) != DuckDBSuccess) {
        fail_msg("%s", duckdb_result_error(&result));
    }
    duckdb_destroy_result(&result);
    duckdb_disconnect(&connection);
    duckdb_close(&database);
}

static inlay_status open_one(enum file_format format, const char *path, const struct schema *types,
                             struct file_reader **out)
{
    struct file_reader_options options = {format, &path, 1, types};
    return file_reader_open(&options, out, &err);
}

/* The next batch; false at the end. The batch passes the full check of foreign arrays. */
static bool next_batch(struct file_reader *reader, struct batch *out)
{
    struct ArrowArray array;
    memset(out, 0, sizeof(*out));
    assert_ok(file_reader_next(reader, &array, &err), err);
    if (array.release == NULL) {
        return false;
    }
    assert_ok(batch_from_array(file_reader_schema(reader), &array, ARRAY_CHECK_FULL, INLAY_INTERNAL,
                               out, &err),
              err);
    return true;
}

static inlay_status drain(struct file_reader *reader)
{
    struct ArrowArray array;
    inlay_status status;
    do {
        status = file_reader_next(reader, &array, &err);
        if (array.release == NULL) {
            return status;
        }
        array.release(&array);
    } while (status == INLAY_OK);
    return status;
}

/* Opens and reads all; the status of the first failure. */
static inlay_status read_all(enum file_format format, const char *path)
{
    struct file_reader *reader = NULL;
    inlay_status status;
    inlay_error_init(&err);
    status = open_one(format, path, NULL, &reader);
    if (status == INLAY_OK) {
        status = drain(reader);
    }
    file_reader_close(reader);
    return status;
}

/* The integers of column 0 are first, first + 1, ...; returns the number of rows. */
static int64_t check_sequence(struct file_reader *reader, int64_t first)
{
    int64_t expected = first;
    double fraction = 0;
    struct batch batch;
    while (next_batch(reader, &batch)) {
        struct array_view view;
        int64_t i;
        assert_ok(array_view_open_batch(&batch.schema, &batch.array, ARRAY_CHECK_STRUCTURE,
                                        INLAY_INTERNAL, &view, &err),
                  err);
        for (i = 0; i < view.length; i++) {
            assert_int_equal(array_view_int(&view.children[0], i), expected++);
        }
        array_view_close(&view);
        batch_release(&batch);
        assert_true(file_reader_fraction(reader) >= fraction);
        fraction = file_reader_fraction(reader);
        assert_true(fraction <= 1);
    }
    return expected - first;
}

static void check_type(const struct file_reader *reader, const char *name, const char *type)
{
    const struct schema *schema = file_reader_schema(reader);
    ptrdiff_t at = schema_find(schema, name);
    char text[128];
    assert_true(at >= 0);
    field_type_text(&schema->fields[at], text, sizeof(text));
    assert_string_equal(text, type);
    assert_true(schema->fields[at].nullable);
}

/* ---- order and skipping ---- */

static void test_rows_come_in_order(void **state)
{
    static const struct {
        enum file_format format;
        const char *name;
        const char *head;
        const char *row;
    } forms[] = {
        {FILE_CSV, "a.csv", "n,t\n", "%d,text %d\n"},
        {FILE_NDJSON, "a.ndjson", "", "{\"n\":%d,\"t\":\"text %d\"}\n"},
        {FILE_JSON, "a.json", "[{\"n\":0,\"t\":null}\n", ",{\"n\":%d,\"t\":\"text %d\"}\n"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < 3; i++) {
        struct file_reader *reader = NULL;
        const char *path = path_of(forms[i].name);
        bool json = forms[i].format == FILE_JSON;
        int64_t skips[] = {0, 2048, 49999, 60000};
        size_t s;
        if (json) {
            FILE *file = fopen(path, "we");
            int n;
            assert_non_null(file);
            for (n = 0; n < 50000; n++) {
                (void)fprintf(file, "%s{\"n\":%d,\"t\":\"x\"}", n == 0 ? "[" : ",\n", n);
            }
            (void)fputs("]", file);
            assert_int_equal(fclose(file), 0);
        } else {
            path = write_rows(forms[i].name, forms[i].head, forms[i].row, 50000, "");
        }
        for (s = 0; s < sizeof(skips) / sizeof(skips[0]); s++) {
            assert_ok(open_one(forms[i].format, path, NULL, &reader), err);
            check_type(reader, "n", "int64");
            check_type(reader, "t", "utf8");
            assert_ok(file_reader_skip(reader, (uint64_t)skips[s], &err), err);
            assert_int_equal(check_sequence(reader, skips[s]),
                             skips[s] < 50000 ? 50000 - skips[s] : 0);
            assert_true(file_reader_fraction(reader) == 1);
            file_reader_close(reader);
        }
    }
}

static void test_parquet_skips(void **state)
{
    static const int64_t skips[] = {0, 1, 2048, 70000, 99999, 100000, 200000};
    struct file_reader *reader = NULL;
    const char *path = path_of("a.parquet");
    size_t s;
    (void)state;
    copy_to_parquet("SELECT i, 'text ' || i AS t FROM range(100000) r(i)", path,
                    ", ROW_GROUP_SIZE 20000");
    for (s = 0; s < sizeof(skips) / sizeof(skips[0]); s++) {
        assert_ok(open_one(FILE_PARQUET, path, NULL, &reader), err);
        assert_int_equal(file_reader_schema(reader)->count, 2);
        assert_ok(file_reader_skip(reader, (uint64_t)skips[s], &err), err);
        assert_int_equal(check_sequence(reader, skips[s]),
                         skips[s] < 100000 ? 100000 - skips[s] : 0);
        file_reader_close(reader);
    }
}

static void test_many_files(void **state)
{
    const char *paths[4];
    struct file_reader_options options = {FILE_CSV, paths, 4, NULL};
    struct file_reader *reader = NULL;
    struct batch batch;
    int64_t rows = 0;
    (void)state;
    paths[0] = write_text("1.csv", "n,a\n0,x\n1,y\n");
    paths[1] = write_text("2.csv", "");
    paths[2] = write_text("3.csv", "b,n\n1.5,2\n");
    paths[3] = write_text("4.csv", "n,a\n3,z\n");
    assert_ok(file_reader_open(&options, &reader, &err), err);
    assert_int_equal(file_reader_schema(reader)->count, 3);
    check_type(reader, "b", "float64");
    assert_ok(file_reader_skip(reader, 1, &err), err);
    while (next_batch(reader, &batch)) {
        rows += batch.array.length;
        batch_release(&batch);
    }
    assert_int_equal(rows, 3);
    file_reader_close(reader);

    options.format = FILE_PARQUET;
    paths[0] = path_of("1.parquet");
    paths[1] = path_of("2.parquet");
    copy_to_parquet("SELECT i FROM range(3000) r(i)", paths[0], "");
    copy_to_parquet("SELECT i + 3000 AS i FROM range(3000) r(i)", paths[1], "");
    options.path_count = 2;
    assert_ok(file_reader_open(&options, &reader, &err), err);
    assert_ok(file_reader_skip(reader, 4000, &err), err);
    assert_int_equal(check_sequence(reader, 4000), 2000);
    file_reader_close(reader);
}

/* Patterns, quotes and blanks in names are only characters. */
static void test_names_are_literal(void **state)
{
    static const char *const names[] = {"a*.csv",   "a?.csv",        "a[12].csv",
                                        "it's.csv", "a b \"c\".csv", "a1.csv"};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char text[32];
        (void)snprintf(text, sizeof(text), "n\n%zu\n", i);
        (void)write_text(names[i], text);
    }
    for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct file_reader *reader = NULL;
        assert_ok(open_one(FILE_CSV, path_of(names[i]), NULL, &reader), err);
        assert_int_equal(check_sequence(reader, (int64_t)i), 1);
        file_reader_close(reader);
    }
}

/* ---- types ---- */

static void test_types(void **state)
{
    struct file_reader *reader = NULL;
    const char *path = path_of("types.parquet");
    struct batch batch;
    (void)state;
    copy_to_parquet("SELECT 'a'::ENUM('a', 'b') AS e, uuid() AS u, '10:00'::TIME AS t, "
                    "'2020-01-01 00:00:00+00'::TIMESTAMPTZ AS tz, 'x'::BLOB AS bl, "
                    "{'a': 1, 'b': uuid()} AS st, [1.5] AS l, 1::UTINYINT AS ui, "
                    "DATE '2020-01-01' AS d, 1.25::DECIMAL(9,2) AS de, 1::FLOAT AS f, "
                    "5::DECIMAL(38,0) AS _id, TIMESTAMP_NS '2020-01-01' AS ns, "
                    "[1, 2]::INTEGER[2] AS fixed FROM range(3)",
                    path, "");
    assert_ok(open_one(FILE_PARQUET, path, NULL, &reader), err);
    check_type(reader, "e", "utf8");
    check_type(reader, "u", "utf8");
    check_type(reader, "t", "time64[us]");
    check_type(reader, "tz", "timestamp[us, UTC]");
    check_type(reader, "bl", "binary");
    check_type(reader, "st", "struct<a: int32, b: utf8>");
    check_type(reader, "l", "list<decimal128[2, 1]>");
    check_type(reader, "ui", "uint8");
    check_type(reader, "d", "date32");
    check_type(reader, "de", "decimal128[9, 2]");
    check_type(reader, "f", "float32");
    check_type(reader, "ns", "timestamp[ns]");
    assert_true(schema_find(file_reader_schema(reader), "_id") < 0);
    assert_true(next_batch(reader, &batch));
    assert_int_equal(batch.array.length, 3);
    batch_release(&batch);
    file_reader_close(reader);

    reader = NULL;
    assert_ok(open_one(FILE_NDJSON,
                       write_text("m.ndjson", "{\"a\":\"q\",\"b\":{\"x\":[1,null]},\"c\":null,"
                                              "\"d\":18446744073709551615}\n"
                                              "{\"a\":7,\"e\":\"f81d4fae-7dec-11d0-a765-"
                                              "00a0c91e6bf6\"}\n"),
                       NULL, &reader),
              err);
    check_type(reader, "a", "utf8");
    check_type(reader, "b", "struct<x: list<int64>>");
    check_type(reader, "c", "utf8");
    check_type(reader, "d", "decimal128[38, 0]");
    check_type(reader, "e", "utf8");
    assert_true(next_batch(reader, &batch));
    batch_release(&batch);
    file_reader_close(reader);
}

static void test_unsupported_types_name_the_column(void **state)
{
    static const char *const selects[] = {
        "SELECT 1 AS a, INTERVAL 1 DAY AS bad",
        "SELECT 1 AS a, MAP {'k': 1} AS bad",
        "SELECT 1 AS a, [MAP {'k': 1}] AS bad",
        "SELECT 1 AS a, {'x': INTERVAL 1 DAY} AS bad",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(selects) / sizeof(selects[0]); i++) {
        const char *path = path_of("bad.parquet");
        copy_to_parquet(selects[i], path, "");
        assert_status(read_all(FILE_PARQUET, path), INLAY_UNSUPPORTED);
        assert_string_equal(err.key, "bad");
    }
}

/* A table's types win over detected ones, in both directions. */
static void test_wanted_types(void **state)
{
    struct schema types = {0};
    struct file_reader *reader = NULL;
    struct array_view view;
    struct byte_view value;
    struct batch batch;
    int form;
    (void)state;
    assert_non_null(schema_add(&types, "code", COLUMN_UTF8, true));
    assert_non_null(schema_add(&types, "n", COLUMN_INT16, true));
    assert_non_null(schema_add(&types, "absent", COLUMN_INT16, true));
    for (form = 0; form < 2; form++) {
        const char *path =
            form == 0 ? write_text("w.csv", "code,n,other\n2020-1-2,3,1\n7,4,2\n")
                      : write_text("w.ndjson", "{\"code\":\"2020-1-2\",\"n\":3,\"other\":1}\n"
                                               "{\"code\":7,\"n\":4,\"other\":2}\n");
        assert_ok(open_one(form == 0 ? FILE_CSV : FILE_NDJSON, path, &types, &reader), err);
        check_type(reader, "code", "utf8");
        check_type(reader, "n", "int16");
        check_type(reader, "other", "int64");
        assert_true(next_batch(reader, &batch));
        assert_ok(array_view_open_batch(&batch.schema, &batch.array, ARRAY_CHECK_STRUCTURE,
                                        INLAY_INTERNAL, &view, &err),
                  err);
        value = array_view_bytes(&view.children[0], 0);
        assert_int_equal(value.length, 8);
        assert_memory_equal(value.data, "2020-1-2", 8);
        value = array_view_bytes(&view.children[0], 1);
        assert_memory_equal(value.data, "7", 1);
        array_view_close(&view);
        batch_release(&batch);
        file_reader_close(reader);
    }
    /* A key that only a late row has is kept, although the list of columns is given. */
    assert_ok(open_one(FILE_NDJSON,
                       write_rows("late.ndjson", "", "{\"code\":%d,\"n\":%d}\n", 30000,
                                  "{\"code\":1,\"n\":2,\"late\":true}\n"),
                       &types, &reader),
              err);
    check_type(reader, "late", "bool");
    assert_ok(drain(reader), err);
    file_reader_close(reader);
    schema_free(&types);
}

/* ---- errors ---- */

static void check_error(enum file_format format, const char *path, inlay_status status,
                        int64_t line, const char *key)
{
    inlay_status got = read_all(format, path);
    if (got != status || err.row != line || (key != NULL && strcmp(err.key, key) != 0)) {
        fail_msg("%s: got '%s' line %lld key '%s': %s\nexpected '%s' line %lld key '%s'", path,
                 inlay_status_name(got), (long long)err.row, err.key, err.message,
                 inlay_status_name(status), (long long)line, key != NULL ? key : "any");
    }
    assert_non_null(strstr(err.message, path));
}

static void test_csv_errors(void **state)
{
    static const struct {
        const char *tail;
        inlay_status status;
        int64_t line;
        const char *key;
    } late[] = {
        {"zz,4\n", INLAY_SCHEMA, 30004, "n"},
        {"1,2,3\n", INLAY_SCHEMA, 30004, NULL},
        {"1\n", INLAY_SCHEMA, 30004, NULL},
        {"1,\xff\xfe\n", INLAY_CORRUPT, 30004, NULL},
        {"\n\n7,x\nzz,4\n", INLAY_SCHEMA, 30007, "n"},
        {"1,\"open\n2,3\n", INLAY_CORRUPT, 30004, NULL},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        /* A value over two lines, so that lines and records differ. */
        const char *path =
            write_rows("e.csv", "n,t\n5,\"two\nlines\"\n", "%d,\"x %d\"\n", 30000, late[i].tail);
        check_error(FILE_CSV, path, late[i].status, late[i].line, late[i].key);
    }
    check_error(FILE_CSV, write_text("r.csv", "a,b\n1,2\n\n3,4\n5,6,7\n8,9\n"), INLAY_SCHEMA, 5,
                NULL);
    assert_string_equal(err.expected, "2 values");
    assert_string_equal(err.found, "3 values");
    check_error(FILE_CSV, write_text("s.csv", "a;b;c\nx;y\n"), INLAY_SCHEMA, 2, NULL);
    check_error(FILE_CSV, write_bytes("b.csv", "\0\1\2\3binary\xff\xfe", 12), INLAY_CORRUPT, 1,
                NULL);
}

static void test_ndjson_errors(void **state)
{
    static const struct {
        const char *tail;
        inlay_status status;
        int64_t line;
        const char *key;
    } late[] = {
        {"{\"a\":1,\n", INLAY_CORRUPT, 30003, NULL},
        {"{\"a\":1,\n{\"a\":2}\n", INLAY_CORRUPT, 30003, NULL},
        {"{\"a\":\"xx\"}\n", INLAY_SCHEMA, 30003, NULL},
        {"{\"a\":1,\"zz\":5}\n", INLAY_SCHEMA, 30003, "zz"},
        {"[1,2]\n", INLAY_SCHEMA, 30003, NULL},
        {"{\"a\":1}\n \n{\"b\":\"\xff\"}\n", INLAY_CORRUPT, 30005, NULL},
        {"{\"a\":1} {\"a\":2}\n", INLAY_CORRUPT, 30003, NULL},
        {"\x01\x02\n", INLAY_CORRUPT, 30003, NULL},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
        const char *path =
            write_rows("e.ndjson", "\n \n", "{\"a\":%d,\"b\":\"x%d\"}\n", 30000, late[i].tail);
        check_error(FILE_NDJSON, path, late[i].status, late[i].line, late[i].key);
    }
    check_error(FILE_NDJSON, write_text("n.ndjson", "1\n2\n"), INLAY_SCHEMA, -1, NULL);
    check_error(FILE_NDJSON, write_text("t.ndjson", "{\"a\":1}\n{\"a\":"), INLAY_CORRUPT, 2, NULL);
    check_error(FILE_JSON, write_text("e.json", "[{\"a\":1},\n{\"a\":2},\n{\"a\":}]"),
                INLAY_CORRUPT, 3, NULL);
    check_error(FILE_JSON, write_text("u.json", "[{\"a\":1},\n{\"a\":2}"), INLAY_CORRUPT, 2, NULL);
}

static void test_parquet_errors(void **state)
{
    const char *path = path_of("p.parquet");
    uint8_t *bytes;
    size_t size;
    size_t i;
    (void)state;
    copy_to_parquet("SELECT i, 'text ' || (i * 7919 % 100003) AS t FROM range(20000) r(i)", path,
                    "");
    bytes = test_read_file(path, &size);
    assert_non_null(bytes);
    for (i = 0; i < 8; i++) {
        (void)write_bytes("cut.parquet", bytes, size * i / 8);
        assert_status(read_all(FILE_PARQUET, path_of("cut.parquet")), INLAY_CORRUPT);
    }
    memset(bytes + size / 4, 0x55, size / 2);
    (void)write_bytes("bad.parquet", bytes, size);
    assert_status(read_all(FILE_PARQUET, path_of("bad.parquet")), INLAY_CORRUPT);
    free(bytes);
}

static void test_file_errors(void **state)
{
    (void)state;
    assert_status(read_all(FILE_CSV, path_of("missing.csv")), INLAY_NOT_FOUND);
    assert_status(read_all(FILE_PARQUET, path_of("missing.parquet")), INLAY_NOT_FOUND);
    assert_status(read_all(FILE_CSV, folder), INLAY_INVALID_ARGUMENT);
    assert_status(read_all(FILE_CSV, write_text("empty.csv", "")), INLAY_SCHEMA);
    assert_status(read_all(FILE_NDJSON, write_text("empty.ndjson", "")), INLAY_SCHEMA);
    assert_int_equal(mkfifo(path_of("pipe"), 0600), 0);
    assert_status(read_all(FILE_CSV, path_of("pipe")), INLAY_INVALID_ARGUMENT);
}

/* ---- memory ---- */

static inlay_status read_once(void *context, inlay_error *error)
{
    struct file_reader_options options = {FILE_CSV, context, 1, NULL};
    struct file_reader *reader = NULL;
    struct ArrowArray array;
    inlay_status status = file_reader_open(&options, &reader, error);
    if (status == INLAY_OK) {
        status = file_reader_next(reader, &array, error);
        if (array.release != NULL) {
            array.release(&array);
        }
    }
    file_reader_close(reader);
    return status;
}

static void test_memory_failures(void **state)
{
    const char *path = write_text("a.csv", "n,t\n1,x\n");
    (void)state;
    assert_true(alloc_fault_sweep(read_once, &path) > 20);
}

static long peak_kib(void)
{
    FILE *file = fopen("/proc/self/status", "re");
    char line[256];
    long kib = 0;
    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            kib = strtol(line + 6, NULL, 10);
        }
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return kib;
}

#if defined(__SANITIZE_ADDRESS__)
enum { BIG_ROWS = 300000, BIG_GROWTH_KIB = 1024 * 1024 }; /* freed memory stays quarantined */
#else
enum { BIG_ROWS = 2000000, BIG_GROWTH_KIB = 320 * 1024 };
#endif

/* A child of its own, because the peak of a process never falls. */
static void test_memory_is_bounded(void **state)
{
    const char *path =
        write_rows("big.csv", "n,t\n", "%d,the text of row %d, of some length\n", 0, "");
    pid_t child;
    int how;
    FILE *file = fopen(path, "we");
    int i;
    (void)state;
    assert_non_null(file);
    (void)fputs("n,t\n", file);
    for (i = 0; i < BIG_ROWS; i++) {
        (void)fprintf(file, "%d,the text of a row that has some length and ends here %d\n", i, i);
    }
    assert_int_equal(fclose(file), 0);
    (void)fflush(NULL);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct file_reader *reader = NULL;
        long before = peak_kib();
        int code = 1;
        if (open_one(FILE_CSV, path, NULL, &reader) == INLAY_OK && drain(reader) == INLAY_OK) {
            file_reader_close(reader);
            code = peak_kib() - before < BIG_GROWTH_KIB ? 0 : 2;
        }
        _exit(code);
    }
    assert_int_equal(waitpid(child, &how, 0), child);
    assert_true(WIFEXITED(how));
    assert_int_equal(WEXITSTATUS(how), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rows_come_in_order, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_parquet_skips, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_many_files, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_names_are_literal, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_types, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_unsupported_types_name_the_column, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_wanted_types, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_csv_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_ndjson_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_parquet_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_file_errors, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_memory_failures, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_memory_is_bounded, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
