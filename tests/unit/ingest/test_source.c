/* SPDX-License-Identifier: Apache-2.0 */
/* One entry for all inputs: formats by name, resuming, fingerprints, figures. */
#include "tree.h"

#include "columnar/stream.h"
#include "ingest/source.h"

#include <zlib.h>

static struct ingest_options options;

static int64_t rows_left(struct ingest_source *source)
{
    int64_t rows = 0;
    struct batch batch;
    bool end = false;
    for (;;) {
        assert_ok(ingest_next(source, &batch, &end, &err), err);
        if (end) {
            return rows;
        }
        rows += batch.array.length;
        batch_release(&batch);
    }
}

static void test_formats_by_name(void **state)
{
    static const struct {
        const char *name;
        const char *content;
        const char *format;
        int64_t rows;
    } cases[] = {
        {"a.csv", "n,t\n1,x\n2,y\n", "csv", 2},
        {"b.TSV", "n\tt\n1\tx\n", "csv", 1},
        {"c.json", "[{\"n\":1},{\"n\":2},{\"n\":3}]", "json", 3},
        {"d.ndjson", "{\"n\":1}\n", "ndjson", 1},
        {"e.jsonl", "{\"n\":1}\n\n{\"n\":2}", "ndjson", 2},
        {"f.md", "# A\ntext", "text", 1},
        {"g", "text", "text", 1},
    };
    struct ingest_source *source = NULL;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        tree_text(cases[i].name, cases[i].content);
        assert_ok(ingest_open(tree_path(cases[i].name), NULL, &options, &source, &err), err);
        assert_string_equal(ingest_format(source), cases[i].format);
        assert_int_equal(ingest_total_bytes(source), strlen(cases[i].content));
        assert_int_equal(rows_left(source), cases[i].rows);
        assert_int_equal(ingest_bytes(source), strlen(cases[i].content));
        assert_int_equal(ingest_files(source), 1);
        assert_false(ingest_skips_cheaply(source));
        ingest_close(source);
    }
    /* The given format wins over the name. */
    assert_ok(ingest_open(tree_path("a.csv"), "text", &options, &source, &err), err);
    assert_int_equal(rows_left(source), 1);
    assert_int_equal(ingest_skipped(source)->total, 0);
    ingest_close(source);
    tree_text("x.bin", "n\n1\n");
    assert_status(ingest_open(tree_path("x.bin"), NULL, &options, &source, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(ingest_open(tree_path("x.bin"), "xml", &options, &source, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(ingest_open(tree_path("none.csv"), NULL, &options, &source, &err),
                  INLAY_NOT_FOUND);
    assert_null(source);
}

static void test_folders(void **state)
{
    struct ingest_source *source = NULL;
    (void)state;
    tree_folder("sub");
    tree_text("b.csv", "n,t\n1,x\n2,y\n");
    tree_text("sub/a.csv", "t,n\nz,3\n");
    tree_text("notes.txt", "words");
    assert_ok(ingest_open(tree, "csv", &options, &source, &err), err);
    assert_null(ingest_skipped(source));
    assert_int_equal(rows_left(source), 3);
    assert_int_equal(ingest_files(source), 2);
    ingest_close(source);
    assert_ok(ingest_open(tree, NULL, &options, &source, &err), err);
    assert_string_equal(ingest_format(source), "text");
    assert_int_equal(rows_left(source), 1);
    ingest_close(source);
    assert_status(ingest_open(tree, "parquet", &options, &source, &err), INLAY_NOT_FOUND);
}

/* The SQL engine takes the end of cut gzip data for the end of the file. */
static void test_packed_files(void **state)
{
    struct ingest_source *source = NULL;
    gzFile file = gzopen(tree_path("a.csv.gz"), "wb");
    uint8_t *bytes;
    size_t size;
    int i;
    (void)state;
    assert_non_null(file);
    assert_true(gzputs(file, "n\n") > 0);
    for (i = 0; i < 1000; i++) {
        assert_true(gzprintf(file, "%d\n", i) > 0);
    }
    assert_int_equal(gzclose(file), Z_OK);
    assert_ok(ingest_open(tree_path("a.csv.gz"), NULL, &options, &source, &err), err);
    assert_int_equal(rows_left(source), 1000);
    ingest_close(source);
    bytes = test_read_file(tree_path("a.csv.gz"), &size);
    assert_non_null(bytes);
    tree_bytes("cut.csv.gz", bytes, size / 2);
    assert_status(ingest_open(tree_path("cut.csv.gz"), NULL, &options, &source, &err),
                  INLAY_CORRUPT);
    bytes[size / 2] ^= 0x10;
    tree_bytes("flip.csv.gz", bytes, size);
    assert_status(ingest_open(tree_path("flip.csv.gz"), NULL, &options, &source, &err),
                  INLAY_CORRUPT);
    tree_text("none.csv.gz", "n\n1\n");
    assert_status(ingest_open(tree_path("none.csv.gz"), NULL, &options, &source, &err),
                  INLAY_CORRUPT);
    assert_string_equal(err.key, tree_path("none.csv.gz"));
    free(bytes);
}

static char *fingerprint(const char *path, const char *format)
{
    struct ingest_source *source = NULL;
    char *text;
    assert_ok(ingest_open(path, format, &options, &source, &err), err);
    text = strdup(ingest_fingerprint(source));
    assert_non_null(text);
    ingest_close(source);
    return text;
}

static void check_fingerprints(char *a, char *b, bool same)
{
    assert_int_equal(strcmp(a, b) == 0, same);
    free(a);
    free(b);
}

static void test_fingerprints(void **state)
{
    char *before;
    char relative[1100];
    (void)state;
    tree_text("a.ndjson", "{\"n\":1}\n");
    tree_text("b.ndjson", "{\"n\":1}\n");
    before = fingerprint(tree_path("a.ndjson"), NULL);
    assert_int_equal(strncmp(before, "ndjson:", 7), 0);
    check_fingerprints(fingerprint(tree_path("a.ndjson"), NULL),
                       fingerprint(tree_path("b.ndjson"), NULL), false);
    check_fingerprints(fingerprint(tree_path("a.ndjson"), NULL),
                       fingerprint(tree_path("a.ndjson"), "json"), false);
    /* Growing files and other ways to the same file are the same source. */
    tree_text("a.ndjson", "{\"n\":1}\n{\"n\":2}\n");
    (void)snprintf(relative, sizeof(relative), "%s/./a.ndjson", tree);
    check_fingerprints(before, fingerprint(relative, NULL), true);
    /* A folder that changed is another one. */
    before = fingerprint(tree, "ndjson");
    check_fingerprints(fingerprint(tree, "ndjson"), fingerprint(tree, "ndjson"), true);
    tree_text("0.ndjson", "{\"n\":1}\n");
    check_fingerprints(before, fingerprint(tree, "ndjson"), false);
}

/* A file that grows while it is imported again and again gives every row once. */
static void test_growing_file_resumes(void **state)
{
    struct ingest_source *source = NULL;
    int64_t taken = 0;
    int round;
    (void)state;
    for (round = 0; round < 3; round++) {
        FILE *file = fopen(tree_path("log.ndjson"), "ae");
        int i;
        assert_non_null(file);
        for (i = 0; i < 5000; i++) {
            (void)fprintf(file, "{\"n\":%d}\n", round * 5000 + i);
        }
        assert_int_equal(fclose(file), 0);
        assert_ok(ingest_open(tree_path("log.ndjson"), NULL, &options, &source, &err), err);
        assert_ok(ingest_skip_rows(source, (uint64_t)taken, &err), err);
        assert_int_equal(rows_left(source), 5000);
        taken += 5000;
        ingest_close(source);
    }
}

static void test_stream_and_errors(void **state)
{
    struct ingest_source *source = NULL;
    struct ArrowArrayStream stream;
    struct schema schema;
    struct batch batch;
    bool end = false;
    int i;
    inlay_status status = INLAY_OK;
    FILE *file;
    (void)state;
    file = fopen(tree_path("bad.csv"), "we");
    assert_non_null(file);
    (void)fputs("n\n", file);
    for (i = 0; i < 50000; i++) {
        (void)fprintf(file, "%d\n", i);
    }
    (void)fputs("oops\n", file);
    assert_int_equal(fclose(file), 0);
    assert_ok(ingest_open(tree_path("bad.csv"), NULL, &options, &source, &err), err);
    assert_ok(ingest_stream(source, &stream, &err), err);
    assert_ok(stream_read_schema(&stream, &schema, &err), err);
    while (status == INLAY_OK && !end) {
        status = stream_read_batch(&stream, &schema, &batch, &end, &err);
        batch_release(&batch);
    }
    assert_int_equal(status, INLAY_SCHEMA);
    assert_int_equal(err.row, 50002);
    assert_string_equal(err.key, "n");
    stream.release(&stream);
    schema_free(&schema);
    /* Nothing more after a failure. */
    assert_ok(ingest_next(source, &batch, &end, &err), err);
    assert_true(end);
    ingest_close(source);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_formats_by_name),      TREE_TEST(test_folders),
        TREE_TEST(test_packed_files),         TREE_TEST(test_fingerprints),
        TREE_TEST(test_growing_file_resumes), TREE_TEST(test_stream_and_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
