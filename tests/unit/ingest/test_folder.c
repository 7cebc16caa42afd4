/* SPDX-License-Identifier: Apache-2.0 */
/* Folders of text: which files are taken, in which order, and what becomes of bad ones. */
#include "tree.h"

#include "ingest/folder.h"
#include "support/alloc_fault.h"

#include <zlib.h>

enum { PATH, TITLE, PASSAGE, FORMAT, BODY, MODIFIED };

static void tree_gzip(const char *name, const void *bytes, size_t size, const char *mode)
{
    gzFile file = gzopen(tree_path(name), mode);
    assert_non_null(file);
    assert_int_equal(gzwrite(file, bytes, (unsigned)size), (int)size);
    assert_int_equal(gzclose(file), Z_OK);
}

/* All rows as "path#passage format [title] body" lines; the caller frees. */
static char *rows_of(struct folder_source *source, size_t *batches)
{
    size_t size = (size_t)8 << 20;
    char *out = malloc(size);
    size_t used = 0;
    struct ArrowArray array;
    assert_non_null(out);
    out[0] = '\0';
    *batches = 0;
    for (;;) {
        struct array_view view;
        int64_t i;
        assert_ok(folder_source_next(source, &array, &err), err);
        if (array.release == NULL) {
            return out;
        }
        assert_in_range(array.length, 1, FOLDER_BATCH_ROWS);
        assert_ok(array_view_open_batch(folder_source_schema(source), &array, ARRAY_CHECK_FULL,
                                        INLAY_INTERNAL, &view, &err),
                  err);
        for (i = 0; i < view.length; i++) {
            used += (size_t)snprintf(
                out + used, size - used, "%s#%lld %s [%s] %s\n", view_text(&view, PATH, i),
                (long long)array_view_int(&view.children[PASSAGE], i), view_text(&view, FORMAT, i),
                view_text(&view, TITLE, i), view_text(&view, BODY, i));
            assert_true(used < size);
        }
        array_view_close(&view);
        array.release(&array);
        (*batches)++;
    }
}

static void check_rows(const struct folder_options *options, const char *expected)
{
    struct folder_source *source = NULL;
    size_t batches;
    char *rows;
    assert_ok(folder_source_open(tree, options, &source, &err), err);
    rows = rows_of(source, &batches);
    assert_string_equal(rows, expected);
    free(rows);
    folder_source_close(source);
}

/* ---- choice and order ---- */

static void test_files_come_sorted(void **state)
{
    static const char *const only[] = {".TXT", "", NULL};
    struct folder_options options = {0};
    (void)state;
    tree_folder("b");
    tree_folder("b/inner");
    tree_folder(".hidden");
    tree_text("b/z.txt", "in b");
    tree_text("b/inner/deep.md", "# Deep\ntext");
    tree_text("a.html", "<title>Page</title><p>words");
    tree_text("c.rst", "Name\n====\ntext");
    tree_text("README", "no ending");
    tree_text("B.TXT", "upper");
    tree_text("b.txt", "lower");
    tree_text("photo.png", "not taken");
    tree_text(".hidden/x.txt", "not taken");
    tree_text(".profile", "not taken");
    tree_text("empty.txt", "");
    tree_gzip("log.gz", "packed", 6, "wb");
    tree_gzip("page.md.gz", "# H\nwords", 9, "wb");
    check_rows(&options, "B.TXT#0 text [B.TXT] upper\n"
                         "README#0 text [README] no ending\n"
                         "a.html#0 html [Page] Page\n\nwords\n"
                         "b/inner/deep.md#0 markdown [Deep] # Deep\ntext\n"
                         "b/z.txt#0 text [z.txt] in b\n"
                         "b.txt#0 text [b.txt] lower\n"
                         "c.rst#0 rst [Name] Name\n====\ntext\n"
                         "log.gz#0 text [log.gz] packed\n"
                         "page.md.gz#0 markdown [H] # H\nwords\n");
    options.endings = only;
    check_rows(&options, "B.TXT#0 text [B.TXT] upper\n"
                         "README#0 text [README] no ending\n"
                         "b/z.txt#0 text [z.txt] in b\n"
                         "b.txt#0 text [b.txt] lower\n");
}

static void test_links_are_not_followed(void **state)
{
    struct folder_options options = {0};
    char outside[] = "/etc/passwd";
    (void)state;
    tree_folder("inside");
    tree_text("inside/a.txt", "a");
    assert_int_equal(symlink("..", tree_path("inside/loop")), 0);
    assert_int_equal(symlink("loop.txt", tree_path("inside/loop.txt")), 0);
    assert_int_equal(symlink(outside, tree_path("inside/secret.txt")), 0);
    assert_int_equal(symlink("/etc", tree_path("etc")), 0);
    check_rows(&options, "inside/a.txt#0 text [a.txt] a\n");
}

static void test_figures(void **state)
{
    struct folder_options options = {0};
    struct folder_source *source = NULL;
    uint64_t listing;
    size_t batches;
    (void)state;
    tree_text("a.txt", "12345");
    tree_text("b.txt", "123");
    tree_text("c.jpg", "123");
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    listing = folder_source_listing(source);
    assert_int_equal(folder_source_total_bytes(source), 8);
    assert_int_equal(folder_source_bytes(source), 0);
    free(rows_of(source, &batches));
    assert_int_equal(batches, 1);
    assert_int_equal(folder_source_bytes(source), 8);
    assert_int_equal(folder_source_files(source), 2);
    assert_int_equal(folder_source_skipped(source)->total, 0);
    folder_source_close(source);

    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    assert_true(folder_source_listing(source) == listing);
    folder_source_close(source);
    tree_text("b.txt", "1234");
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    assert_true(folder_source_listing(source) != listing);
    listing = folder_source_listing(source);
    folder_source_close(source);
    options.passage_bytes = 99;
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    assert_true(folder_source_listing(source) != listing);
    folder_source_close(source);
}

/* ---- bad files ---- */

static void check_skipped(const struct folder_source *source, enum folder_skip why,
                          const char *path)
{
    const struct folder_skipped *skipped = folder_source_skipped(source);
    size_t i;
    for (i = 0; i < skipped->first_count; i++) {
        if (strcmp(skipped->first[i].path, path) == 0) {
            assert_int_equal(skipped->first[i].why, why);
            return;
        }
    }
    fail_msg("%s was not skipped", path);
}

static void test_bad_files_are_counted(void **state)
{
    struct folder_options options = {0};
    struct folder_source *source = NULL;
    uint8_t *zeros = calloc(1, (size_t)8 << 20);
    char high[300];
    size_t batches;
    size_t size;
    uint8_t *packed;
    char *rows;
    (void)state;
    assert_non_null(zeros);
    memset(high, 0x95, sizeof(high));
    tree_text("good.txt", "good");
    tree_bytes("nul.txt", "text\0text", 9);
    tree_bytes("high.txt", high, sizeof(high));
    memset(zeros, 'x', (size_t)8 << 20);
    tree_gzip("bomb.gz", zeros, (size_t)8 << 20, "wb9");
    tree_gzip("cut.gz", "some text that is packed here", 29, "wb");
    packed = test_read_file(tree_path("cut.gz"), &size);
    assert_non_null(packed);
    tree_bytes("cut.gz", packed, size - 9);
    packed[size / 2] ^= 0x40;
    tree_bytes("flip.gz", packed, size);
    free(packed);
    tree_text("plain.gz", "no gzip at all");
    tree_text("vanishes.txt", "gone");
    assert_int_equal(mkfifo(tree_path("pipe.txt"), 0600), 0);
    tree_text("huge.txt", "");
    assert_int_equal(truncate(tree_path("huge.txt"), (off_t)FOLDER_FILE_MAX + 1), 0);

    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    assert_int_equal(unlink(tree_path("vanishes.txt")), 0);
    rows = rows_of(source, &batches);
    /* The folder was listed before the file vanished. */
    assert_string_equal(rows, "good.txt#0 text [good.txt] good\n");
    free(rows);
    check_skipped(source, FOLDER_SKIP_BINARY, "nul.txt");
    check_skipped(source, FOLDER_SKIP_BINARY, "high.txt");
    check_skipped(source, FOLDER_SKIP_TOO_LARGE, "bomb.gz");
    check_skipped(source, FOLDER_SKIP_TOO_LARGE, "huge.txt");
    check_skipped(source, FOLDER_SKIP_DAMAGED, "cut.gz");
    check_skipped(source, FOLDER_SKIP_DAMAGED, "flip.gz");
    check_skipped(source, FOLDER_SKIP_DAMAGED, "plain.gz");
    check_skipped(source, FOLDER_SKIP_UNREADABLE, "vanishes.txt");
    assert_int_equal(folder_source_skipped(source)->total, 8);
    folder_source_close(source);
    free(zeros);
}

static void test_encodings(void **state)
{
    struct folder_options options = {0};
    (void)state;
    tree_text("1bom.txt", "\xef\xbb\xbfmarked");
    tree_text("2latin.txt", "caf\xe9 \x93quoted\x94 words");
    tree_text("3broken.txt", "\xc3\xa4\xc3\xb6 one bad \xff byte");
    tree_text("4\xff.txt", "name");
    check_rows(&options, "1bom.txt#0 text [1bom.txt] marked\n"
                         "2latin.txt#0 text [2latin.txt] caf\xc3\xa9 \xe2\x80\x9cquoted\xe2\x80\x9d"
                         " words\n"
                         "3broken.txt#0 text [3broken.txt] \xc3\xa4\xc3\xb6 one bad \xef\xbf\xbd "
                         "byte\n"
                         "4\xef\xbf\xbd.txt#0 text [4\xef\xbf\xbd.txt] name\n");
}

static void test_open_errors(void **state)
{
    struct folder_options options = {0};
    struct folder_source *source = NULL;
    struct ArrowArray array;
    (void)state;
    assert_status(folder_source_open(tree_path("missing"), &options, &source, &err),
                  INLAY_NOT_FOUND);
    assert_null(source);
    assert_non_null(strstr(err.message, "missing"));
    options.passage_bytes = 1;
    assert_status(folder_source_open(tree, &options, &source, &err), INLAY_INVALID_ARGUMENT);
    options.passage_bytes = 0;
    /* A single file is taken whatever its name, and must be text. */
    tree_text("notes.log", "one file");
    assert_ok(folder_source_open(tree_path("notes.log"), &options, &source, &err), err);
    assert_ok(folder_source_next(source, &array, &err), err);
    assert_int_equal(array.length, 1);
    array.release(&array);
    assert_ok(folder_source_next(source, &array, &err), err);
    assert_null(array.release);
    folder_source_close(source);
    tree_bytes("image", "\0\1", 2);
    assert_ok(folder_source_open(tree_path("image"), &options, &source, &err), err);
    assert_status(folder_source_next(source, &array, &err), INLAY_UNSUPPORTED);
    folder_source_close(source);
}

/* ---- batches and skipping ---- */

static void make_many(void)
{
    char name[32];
    char text[20000];
    size_t used;
    int i;
    for (i = 0; i < 60; i++) {
        int k;
        for (k = 0, used = 0; k < 200 + i; k++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used,
                                     "Sentence %d of file %d stands here.%s", k, i,
                                     k % 7 == 6 ? "\n\n" : " ");
        }
        (void)snprintf(name, sizeof(name), "f%02d.txt", i);
        tree_text(name, text);
    }
}

static void test_skipping_gives_the_rest(void **state)
{
    struct folder_options options = {100, NULL};
    struct folder_source *source = NULL;
    size_t batches;
    char *all;
    char *again;
    const char *rest;
    size_t row;
    (void)state;
    make_many();
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    all = rows_of(source, &batches);
    assert_true(batches > 1);
    folder_source_close(source);
    rest = all;
    for (row = 0; row <= 2000; row++) {
        if (row % 500 == 0) {
            assert_ok(folder_source_open(tree, &options, &source, &err), err);
            assert_ok(folder_source_skip(source, row, &err), err);
            again = rows_of(source, &batches);
            assert_string_equal(again, rest);
            free(again);
            folder_source_close(source);
        }
        /* Rows begin with "f<two digits>.txt#". */
        do {
            rest = strchr(rest, '\n') + 1;
        } while (strncmp(rest + 3, ".txt#", 5) != 0);
    }
    free(all);
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    assert_ok(folder_source_skip(source, UINT64_MAX, &err), err);
    again = rows_of(source, &batches);
    assert_string_equal(again, "");
    free(again);
    folder_source_close(source);
}

/* A megabyte in one passage size after the other: batches stay below their limit. */
static void test_batches_are_small(void **state)
{
    struct folder_options options = {(size_t)1 << 20, NULL};
    struct folder_source *source = NULL;
    size_t size = (size_t)12 << 20;
    char *text = malloc(size);
    struct ArrowArray array;
    int64_t rows = 0;
    size_t i;
    (void)state;
    assert_non_null(text);
    for (i = 0; i < size; i++) {
        text[i] = i % 8 == 7 ? ' ' : 'a';
    }
    tree_bytes("a.txt", text, size);
    free(text);
    assert_ok(folder_source_open(tree, &options, &source, &err), err);
    for (;;) {
        assert_ok(folder_source_next(source, &array, &err), err);
        if (array.release == NULL) {
            break;
        }
        assert_in_range(array.length, 1, 4);
        rows += array.length;
        array.release(&array);
    }
    assert_in_range(rows, 12, 13);
    folder_source_close(source);
}

static inlay_status read_everything(void *context, inlay_error *error)
{
    struct folder_options options = {0};
    struct folder_source *source = NULL;
    struct ArrowArray array;
    inlay_status status = folder_source_open(context, &options, &source, error);
    while (status == INLAY_OK) {
        status = folder_source_next(source, &array, error);
        if (array.release == NULL) {
            break;
        }
        array.release(&array);
    }
    folder_source_close(source);
    return status;
}

static void test_memory_failures(void **state)
{
    (void)state;
    tree_folder("a");
    tree_text("a/x.txt", "caf\xe9");
    tree_text("y.html", "<h1>a</h1><p>b");
    tree_gzip("z.gz", "packed", 6, "wb");
    tree_bytes("nul.txt", "a\0", 2);
    assert_true(alloc_fault_sweep(read_everything, tree) > 20);
}

#define TREE_TEST(name) cmocka_unit_test_setup_teardown(name, tree_make, tree_remove)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TREE_TEST(test_files_come_sorted),
        TREE_TEST(test_links_are_not_followed),
        TREE_TEST(test_figures),
        TREE_TEST(test_bad_files_are_counted),
        TREE_TEST(test_encodings),
        TREE_TEST(test_open_errors),
        TREE_TEST(test_skipping_gives_the_rest),
        TREE_TEST(test_batches_are_small),
        TREE_TEST(test_memory_failures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
