/* SPDX-License-Identifier: Apache-2.0 */
/* What the local provider does to files and folders, and what it does when they misbehave. */
#include "support/test.h"

#include "base/alloc.h"
#include "storage/local.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

struct bench {
    char *folder;
    struct provider *provider;
    inlay_error err;
};

static int setup(void **state)
{
    struct bench *b = test_calloc(1, sizeof(*b));
    inlay_error_init(&b->err);
    b->folder = test_folder_make();
    assert_ok(provider_local_open(b->folder, &b->provider, &b->err), b->err);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    provider_close(b->provider);
    test_folder_remove(b->folder);
    free(b->folder);
    test_free(b);
    return 0;
}

/* "<folder>/<name>" in one of a few static buffers. */
static const char *below(const struct bench *b, const char *name)
{
    static char paths[4][4096];
    static unsigned next;
    char *path = paths[next++ % 4];
    (void)snprintf(path, sizeof(paths[0]), "%s/%s", b->folder, name);
    return path;
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, strlen(text), file), strlen(text));
    assert_int_equal(fclose(file), 0);
}

/* Entries of a folder, "." and ".." left out. */
static int entries(const char *path)
{
    DIR *stream = opendir(path);
    int count = 0;
    assert_non_null(stream);
    while (readdir(stream) != NULL) {
        count++;
    }
    assert_int_equal(closedir(stream), 0);
    return count - 2;
}

static void put(struct bench *b, const char *key, const char *text)
{
    assert_ok(provider_put_atomic(b->provider, key, text, strlen(text), NULL, &b->err), b->err);
}

static void expect_keys(struct bench *b, size_t count, const char *first)
{
    struct object_page page;
    assert_ok(provider_list_all(b->provider, "", &page, &b->err), b->err);
    assert_int_equal(page.count, count);
    if (count != 0) {
        assert_string_equal(page.entries[0].key, first);
    }
    object_page_free(&page);
}

static void root_is_made_with_its_parents(void **state)
{
    struct bench *b = *state;
    struct provider *provider;
    assert_ok(provider_local_open(below(b, "a/b//c/"), &provider, &b->err), b->err);
    assert_ok(provider_put_atomic(provider, "k", "x", 1, NULL, &b->err), b->err);
    provider_close(provider);
    assert_int_equal(access(below(b, "a/b/c/k"), F_OK), 0);
    write_file(below(b, "file"), "x");
    assert_int_not_equal(provider_local_open(below(b, "file"), &provider, &b->err), INLAY_OK);
    assert_null(provider);
    assert_int_not_equal(provider_local_open(below(b, "file/sub"), &provider, &b->err), INLAY_OK);
    assert_status(provider_local_open("", &provider, &b->err), INLAY_INVALID_ARGUMENT);
}

static void objects_are_plain_files(void **state)
{
    struct bench *b = *state;
    char *path;
    uint8_t *data;
    size_t size;
    put(b, "d/k", "hello");
    path = provider_local_path(b->provider, "d/k");
    assert_string_equal(path, below(b, "d/k"));
    data = test_read_file(path, &size);
    assert_int_equal(size, 5);
    assert_memory_equal(data, "hello", 5);
    free(data);
    mem_free(path);
    assert_null(provider_local_path(b->provider, "d/missing"));
    assert_null(provider_local_path(b->provider, "d"));
}

static void symbolic_links_lead_nowhere(void **state)
{
    struct bench *b = *state;
    char *outside = test_folder_make();
    char target[4096];
    struct object_data object;
    (void)snprintf(target, sizeof(target), "%s/victim", outside);
    write_file(target, "safe");
    assert_int_equal(symlink(outside, below(b, "dir")), 0);
    assert_int_equal(symlink(target, below(b, "leaf")), 0);
    assert_status(provider_put_atomic(b->provider, "dir/new", "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(b->err.key, "dir/new");
    assert_status(provider_put_atomic(b->provider, "leaf", "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_put_if_match(b->provider, "leaf", "x", 1, "t", NULL, &b->err),
                  INLAY_NOT_FOUND);
    assert_status(provider_get(b->provider, "dir/victim", &object, &b->err), INLAY_NOT_FOUND);
    assert_status(provider_get(b->provider, "leaf", &object, &b->err), INLAY_NOT_FOUND);
    assert_ok(provider_delete(b->provider, "dir/victim", &b->err), b->err);
    assert_ok(provider_delete(b->provider, "leaf", &b->err), b->err);
    expect_keys(b, 0, NULL);
    assert_int_equal(access(target, F_OK), 0);
    assert_int_equal(entries(outside), 1);
    test_folder_remove(outside);
    free(outside);
}

static void strange_files_are_no_objects(void **state)
{
    struct bench *b = *state;
    struct object_data object;
    put(b, "z", "x");
    assert_int_equal(mkfifo(below(b, "fifo"), 0666), 0);
    write_file(below(b, "bad\nname"), "x");
    write_file(below(b, "bad\xff"), "x");
    write_file(below(b, ".inlay-stage-00"), "x");
    expect_keys(b, 1, "z");
    assert_status(provider_get(b->provider, "fifo", &object, &b->err), INLAY_NOT_FOUND);
    assert_status(provider_put_atomic(b->provider, "fifo", "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_put_atomic(b->provider, "z/below", "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_ok(provider_put_atomic(b->provider, "d/k", "x", 1, NULL, &b->err), b->err);
    assert_status(provider_put_atomic(b->provider, "d", "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    expect_keys(b, 2, "d/k");
}

static void name_too_long_for_the_system_is_refused(void **state)
{
    struct bench *b = *state;
    struct object_data object;
    char key[600];
    memset(key, 'n', sizeof(key));
    key[sizeof(key) - 1] = '\0';
    assert_status(provider_put_atomic(b->provider, key, "x", 1, NULL, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get(b->provider, key, &object, &b->err), INLAY_NOT_FOUND);
    assert_ok(provider_delete(b->provider, key, &b->err), b->err);
}

static void file_changed_in_place_is_another_version(void **state)
{
    struct bench *b = *state;
    struct object_meta before;
    struct object_meta after;
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1}};
    put(b, "k", "ours");
    assert_ok(provider_head(b->provider, "k", &before, &b->err), b->err);
    write_file(below(b, "k"), "them"); /* same file, attributes and size */
    assert_int_equal(utimensat(AT_FDCWD, below(b, "k"), times, 0), 0);
    assert_ok(provider_head(b->provider, "k", &after, &b->err), b->err);
    assert_string_not_equal(before.etag, after.etag);
    assert_status(provider_put_if_match(b->provider, "k", "x", 1, before.etag, NULL, &b->err),
                  INLAY_PRECONDITION_FAILED);
    assert_ok(provider_put_if_match(b->provider, "k", "x", 1, after.etag, NULL, &b->err), b->err);
}

static void copied_folder_is_usable(void **state)
{
    struct bench *b = *state;
    struct object_data object;
    char etag[ETAG_SIZE];
    write_file(below(b, "k"), "A"); /* a copy without attributes */
    assert_ok(provider_get(b->provider, "k", &object, &b->err), b->err);
    memcpy(etag, object.meta.etag, ETAG_SIZE);
    object_data_free(&object);
    assert_ok(provider_put_if_match(b->provider, "k", "B", 1, etag, NULL, &b->err), b->err);
    assert_status(provider_put_if_match(b->provider, "k", "C", 1, etag, NULL, &b->err),
                  INLAY_PRECONDITION_FAILED);
}

static void old_staging_files_are_cleaned(void **state)
{
    struct bench *b = *state;
    struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
    uint64_t removed;
    put(b, "d/k", "x");
    write_file(below(b, "d/.inlay-stage-aa"), "x");
    write_file(below(b, ".inlay-stage-bb"), "x");
    write_file(below(b, ".inlay-stage-new"), "x");
    assert_int_equal(utimensat(AT_FDCWD, below(b, "d/.inlay-stage-aa"), old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, below(b, ".inlay-stage-bb"), old, 0), 0);
    assert_int_equal(utimensat(AT_FDCWD, below(b, "d/k"), old, 0), 0);
    assert_ok(provider_clean_staging(b->provider, 2000 * 1000, &removed, &b->err), b->err);
    assert_int_equal(removed, 2);
    assert_int_equal(access(below(b, ".inlay-stage-new"), F_OK), 0);
    expect_keys(b, 1, "d/k");
    assert_ok(provider_clean_staging(b->provider, 2000 * 1000, NULL, &b->err), b->err);
}

/* Runs `body` in a child; it returns the number of its first failed check, 0 = all held. */
static void in_child(struct bench *b, int (*body)(struct bench *))
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        _exit(body(b));
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

/* The file system ends in the middle of a write: a file size limit stands for a full disk. */
static int full_disk(struct bench *b)
{
    static char bytes[100000];
    const struct rlimit limit = {50000, 50000};
    struct multipart *upload;
    struct object_data object;
    struct object_meta meta;
    (void)signal(SIGXFSZ, SIG_IGN);
    if (provider_head(b->provider, "d/k", &meta, NULL) != INLAY_OK ||
        setrlimit(RLIMIT_FSIZE, &limit) != 0) {
        return 1;
    }
    if (provider_put_atomic(b->provider, "d/new", bytes, sizeof(bytes), NULL, &b->err) !=
            INLAY_IO ||
        strcmp(b->err.key, "d/new") != 0 || b->err.sub_code == 0) {
        return 2;
    }
    if (provider_put_if_match(b->provider, "d/k", bytes, sizeof(bytes), meta.etag, NULL, &b->err) !=
        INLAY_IO) {
        return 3;
    }
    if (provider_multipart_begin(b->provider, "d/mp", &upload, &b->err) != INLAY_OK ||
        multipart_put_part(upload, 0, bytes, 40000, &b->err) != INLAY_OK ||
        multipart_put_part(upload, 1, bytes, 40000, &b->err) != INLAY_IO) {
        return 4;
    }
    multipart_close(upload);
    if (provider_get(b->provider, "d/k", &object, NULL) != INLAY_OK || object.size != 3 ||
        memcmp(object.data, "old", 3) != 0) {
        return 5;
    }
    object_data_free(&object);
    return 0;
}

static void full_disk_changes_nothing_and_leaves_nothing(void **state)
{
    static const struct provider_local_options named = {.no_tmpfile = true, .no_sync = true};
    struct bench *b = *state;
    int pass;
    put(b, "d/k", "old");
    for (pass = 0; pass < 2; pass++) {
        in_child(b, full_disk);
        assert_int_equal(entries(below(b, "d")), 1);
        provider_close(b->provider);
        assert_ok(provider_local_open_with(b->folder, &named, &b->provider, &b->err), b->err);
    }
}

static int forbidden(struct bench *b)
{
    struct object_data object;
    struct object_meta meta;
    struct provider *provider;
    inlay_error *err = &b->err;
    if (geteuid() == 0 && (setgid(65534) != 0 || setuid(65534) != 0)) {
        return 0; /* root without the right to be someone else: nothing to show */
    }
    if (provider_local_open(b->folder, &provider, err) != INLAY_OK) {
        return 1;
    }
    if (provider_put_atomic(provider, "new", "x", 1, NULL, err) != INLAY_PERMISSION ||
        strcmp(err->key, "new") != 0) {
        return 2;
    }
    if (provider_put_atomic(provider, "d/new", "x", 1, NULL, err) != INLAY_PERMISSION ||
        provider_put_atomic(provider, "e/new", "x", 1, NULL, err) != INLAY_PERMISSION) {
        return 3;
    }
    if (provider_head(provider, "d/k", &meta, err) != INLAY_OK ||
        provider_put_if_match(provider, "d/k", "x", 1, meta.etag, NULL, err) != INLAY_PERMISSION) {
        return 4;
    }
    if (provider_delete(provider, "d/k", err) != INLAY_PERMISSION) {
        return 5;
    }
    if (provider_get(provider, "secret", &object, err) != INLAY_PERMISSION) {
        return 6;
    }
    if (provider_get(provider, "d/k", &object, err) != INLAY_OK || object.size != 3) {
        return 7;
    }
    object_data_free(&object);
    provider_close(provider);
    return 0;
}

static void forbidden_folder_can_be_read_and_says_so(void **state)
{
    struct bench *b = *state;
    put(b, "d/k", "old");
    put(b, "secret", "x");
    assert_int_equal(chmod(below(b, "secret"), 0), 0);
    assert_int_equal(chmod(below(b, "d"), 0555), 0);
    assert_int_equal(chmod(b->folder, 0555), 0);
    in_child(b, forbidden);
    assert_int_equal(chmod(b->folder, 0755), 0);
    assert_int_equal(chmod(below(b, "d"), 0755), 0);
    assert_int_equal(entries(below(b, "d")), 1);
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(root_is_made_with_its_parents),
        CHECK(objects_are_plain_files),
        CHECK(symbolic_links_lead_nowhere),
        CHECK(strange_files_are_no_objects),
        CHECK(name_too_long_for_the_system_is_refused),
        CHECK(file_changed_in_place_is_another_version),
        CHECK(copied_folder_is_usable),
        CHECK(old_staging_files_are_cleaned),
        CHECK(full_disk_changes_nothing_and_leaves_nothing),
        CHECK(forbidden_folder_can_be_read_and_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
