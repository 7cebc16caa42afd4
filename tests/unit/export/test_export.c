/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/error.h"
#include "columnar/builder.h"
#include "columnar/stream.h"
#include "export/export.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* n int64, "a,b" utf8 (null every third row, empty every other third). */
static void make_stream(int64_t rows, int64_t batch_rows, struct ArrowArrayStream *out)
{
    static const char *const words[] = {NULL, "", "two \"words\",\nlines"};
    struct schema schema = {NULL, 0};
    struct batch batches[64];
    size_t count = 0;
    int64_t row = 0;
    inlay_error err;
    inlay_error_init(&err);
    assert_non_null(schema_add(&schema, "n", COLUMN_INT64, false));
    assert_non_null(schema_add(&schema, "a,b", COLUMN_UTF8, true));
    while (row < rows) {
        struct builder *builder = NULL;
        struct ArrowArray array;
        int64_t end = row + batch_rows < rows ? row + batch_rows : rows;
        assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
        for (; row < end; row++) {
            const char *word = words[row % 3];
            struct builder *text = builder_child(builder, 1);
            assert_ok(builder_int(builder_child(builder, 0), row, &err), err);
            assert_ok(word != NULL ? builder_bytes_value(text, word, strlen(word), &err)
                                   : builder_null(text, &err),
                      err);
            assert_ok(builder_close_row(builder, &err), err);
        }
        assert_ok(builder_finish(builder, &array, &err), err);
        builder_free(builder);
        assert_true(count < 64);
        assert_ok(batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INTERNAL,
                                   &batches[count++], &err),
                  err);
    }
    assert_ok(stream_of_batches(&schema, batches, count, out, &err), err);
    schema_free(&schema);
}

struct received {
    struct buffer bytes;
    size_t calls;
    int fail; /* errno to give */
};

static int receive(void *context, const void *bytes, size_t length)
{
    struct received *received = context;
    received->calls++;
    buffer_append(&received->bytes, bytes, length);
    return received->fail;
}

static void check_text(enum export_format format, int64_t rows, const char *expected)
{
    struct export_options options = {.format = format};
    struct received received = {0};
    struct export_target target;
    struct export_counts counts;
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    buffer_init(&received.bytes, SIZE_MAX);
    make_stream(rows, 2, &stream);
    export_target_callback(&target, receive, &received);
    assert_ok(export_rows(&stream, &options, &target, &counts, &err), err);
    export_target_free(&target);
    stream.release(&stream);
    assert_int_equal(counts.rows, rows);
    assert_int_equal(counts.bytes, strlen(expected));
    buffer_u8(&received.bytes, 0);
    assert_string_equal((const char *)received.bytes.data, expected);
    buffer_free(&received.bytes);
}

static void texts_are_exact(void **state)
{
    (void)state;
    check_text(EXPORT_CSV, 4, "n,\"a,b\"\n0,\n1,\"\"\n2,\"two \"\"words\"\",\nlines\"\n3,\n");
    check_text(EXPORT_TSV, 3, "n\ta,b\n0\t\n1\t\"\"\n2\t\"two \"\"words\"\",\nlines\"\n");
    check_text(EXPORT_NDJSON, 3,
               "{\"n\":0,\"a,b\":null}\n{\"n\":1,\"a,b\":\"\"}\n"
               "{\"n\":2,\"a,b\":\"two \\\"words\\\",\\nlines\"}\n");
    check_text(EXPORT_CSV, 0, "n,\"a,b\"\n");
    check_text(EXPORT_NDJSON, 0, "");
}

static void formats_by_name(void **state)
{
    static const struct {
        const char *path;
        enum export_format format;
    } known[] = {
        {"a.parquet", EXPORT_PARQUET}, {"x/b.CSV", EXPORT_CSV},    {"c.tsv", EXPORT_TSV},
        {"d.ndjson", EXPORT_NDJSON},   {"e.jsonl", EXPORT_NDJSON}, {"f.arrow", EXPORT_ARROW},
        {"g.arrows", EXPORT_ARROW},
    };
    enum export_format format;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        assert_ok(export_format_choose(NULL, known[i].path, &format, &err), err);
        assert_int_equal(format, known[i].format);
    }
    assert_ok(export_format_choose("csv", "a.parquet", &format, &err), err);
    assert_int_equal(format, EXPORT_CSV);
    assert_status(export_format_choose(NULL, "a.txt", &format, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_format_choose(NULL, ".csv", &format, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_format_choose(NULL, NULL, &format, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_format_choose("xml", "a.csv", &format, &err), INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "xml"));
}

/* ---- files ---- */

static char folder[] = "/tmp/inlay_export_XXXXXX";

static char *in_folder(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", folder, name) > 0);
    return path;
}

static size_t files_in_folder(void)
{
    DIR *dir = opendir(folder);
    size_t count = 0;
    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    (void)closedir(dir);
    return count - 2;
}

static void empty_folder(void)
{
    char command[100];
    (void)snprintf(command, sizeof(command), "rm -rf %s/* %s/.[a-z]*", folder, folder);
    assert_int_equal(system(command), 0);
}

static int make_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int remove_folder(void **state)
{
    (void)state;
    empty_folder();
    return rmdir(folder);
}

static inlay_status export_file(const char *path, bool overwrite,
                                const struct export_options *options, int64_t rows,
                                inlay_error *err)
{
    struct export_target target;
    struct export_counts counts;
    struct ArrowArrayStream stream;
    inlay_status status = export_target_file(&target, path, overwrite, err);
    if (status == INLAY_OK) {
        make_stream(rows, 1 + rows / 50, &stream);
        status = export_rows(&stream, options, &target, &counts, err);
        stream.release(&stream);
        export_target_free(&target);
    }
    return status;
}

static off_t size_of(const char *path)
{
    struct stat info;
    return stat(path, &info) == 0 ? info.st_size : -1;
}

static void files_are_not_overwritten_unasked(void **state)
{
    static const struct export_options options = {.format = EXPORT_CSV};
    char *path = in_folder("out.csv");
    char *link_path = in_folder("link.csv");
    struct stat info;
    off_t size;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(export_file(path, false, &options, 10, &err), err);
    assert_int_equal(files_in_folder(), 1);
    size = size_of(path);
    assert_status(export_file(path, false, &options, 20, &err), INLAY_ALREADY_EXISTS);
    assert_string_equal(err.key, path);
    assert_int_equal(size_of(path), size);
    assert_ok(export_file(path, true, &options, 20, &err), err);
    assert_true(size_of(path) > size);
    size = size_of(path);
    /* Through a link it is the file behind it that is replaced. */
    assert_int_equal(symlink(path, link_path), 0);
    assert_ok(export_file(link_path, true, &options, 30, &err), err);
    assert_true(size_of(path) > size);
    assert_int_equal(lstat(link_path, &info), 0);
    assert_true(S_ISLNK(info.st_mode));
    assert_int_equal(files_in_folder(), 2);
    assert_status(export_file(folder, true, &options, 1, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_file("/dev/null", true, &options, 1, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_file("", true, &options, 1, &err), INLAY_INVALID_ARGUMENT);
    assert_status(export_file("/no/such/folder/a.csv", false, &options, 1, &err), INLAY_NOT_FOUND);
    free(path);
    free(link_path);
    empty_folder();
}

/* Another program makes the file while the export runs: its file stays. */
static inlay_status make_rival(void *context, uint64_t rows, uint64_t bytes, inlay_error *err)
{
    int fd = open(context, O_WRONLY | O_CREAT, 0666);
    (void)rows;
    (void)bytes;
    (void)err;
    assert_true(fd >= 0);
    (void)close(fd);
    return INLAY_OK;
}

static void a_rival_file_stays(void **state)
{
    char *path = in_folder("out.ndjson");
    struct export_options options = {.format = EXPORT_NDJSON, .progress = make_rival};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.context = path;
    assert_status(export_file(path, false, &options, 10, &err), INLAY_ALREADY_EXISTS);
    assert_int_equal(size_of(path), 0);
    assert_int_equal(files_in_folder(), 1);
    free(path);
    empty_folder();
}

static inlay_status cancel(void *context, uint64_t rows, uint64_t bytes, inlay_error *err)
{
    (void)context;
    (void)rows;
    (void)bytes;
    return error_set(err, INLAY_CANCELLED, "stop");
}

static void a_failed_export_leaves_nothing(void **state)
{
    static const enum export_format formats[] = {EXPORT_PARQUET, EXPORT_CSV, EXPORT_TSV,
                                                 EXPORT_NDJSON, EXPORT_ARROW};
    char *path = in_folder("out");
    struct rlimit old;
    struct rlimit full;
    struct export_options options = {0};
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
        options.format = formats[i];
        options.progress = cancel;
        assert_status(export_file(path, false, &options, 1000, &err), INLAY_CANCELLED);
        assert_int_equal(files_in_folder(), 0);
        options.progress = NULL;
        /* The disk takes 1,000 bytes. */
        assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
        (void)signal(SIGXFSZ, SIG_IGN);
        full = old;
        full.rlim_cur = 1000;
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &full), 0);
        assert_status(export_file(path, false, &options, 100000, &err), INLAY_IO);
        assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
        assert_int_equal(err.sub_code, EFBIG);
        assert_non_null(strstr(err.message, "cannot write"));
        assert_string_equal(err.key, path);
        assert_int_equal(files_in_folder(), 0);
    }
    free(path);
}

static void a_receiver_may_refuse(void **state)
{
    struct export_options options = {.format = EXPORT_ARROW};
    struct received received = {.fail = ENOSPC};
    struct export_target target;
    struct export_counts counts;
    struct ArrowArrayStream stream;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&received.bytes, SIZE_MAX);
    make_stream(200000, 20000, &stream);
    export_target_callback(&target, receive, &received);
    assert_status(export_rows(&stream, &options, &target, &counts, &err), INLAY_IO);
    assert_int_equal(err.sub_code, ENOSPC);
    assert_int_equal(received.calls, 1);
    export_target_free(&target);
    stream.release(&stream);
    buffer_free(&received.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_are_exact),
        cmocka_unit_test(formats_by_name),
        cmocka_unit_test(files_are_not_overwritten_unasked),
        cmocka_unit_test(a_rival_file_stays),
        cmocka_unit_test(a_failed_export_leaves_nothing),
        cmocka_unit_test(a_receiver_may_refuse),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
