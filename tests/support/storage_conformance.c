/* SPDX-License-Identifier: Apache-2.0 */
#include "support/storage_conformance.h"

#include "support/test.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fixture {
    const struct conformance_backend *backend;
    struct provider *provider;
    inlay_error err;
};

static int setup(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->backend = *state;
    inlay_error_init(&f->err);
    assert_ok(f->backend->open(f->backend, &f->provider, &f->err), f->err);
    *state = f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    if (f->backend->close != NULL) {
        f->backend->close(f->backend, f->provider);
    } else {
        provider_close(f->provider);
    }
    free(f);
    return 0;
}

static void put_text(struct fixture *f, const char *key, const char *text, char *etag)
{
    assert_ok(provider_put_atomic(f->provider, key, text, strlen(text), etag, &f->err), f->err);
}

/* The object is exactly `text`; gives its token when asked. */
static void expect_text(struct fixture *f, const char *key, const char *text, char *etag)
{
    struct object_data object;
    assert_ok(provider_get(f->provider, key, &object, &f->err), f->err);
    assert_int_equal(object.size, strlen(text));
    assert_int_equal(object.meta.size, strlen(text));
    assert_memory_equal(object.data, text, strlen(text));
    if (etag != NULL) {
        memcpy(etag, object.meta.etag, ETAG_SIZE);
    }
    object_data_free(&object);
}

static void expect_absent(struct fixture *f, const char *key)
{
    struct object_meta meta;
    assert_status(provider_head(f->provider, key, &meta, &f->err), INLAY_NOT_FOUND);
    assert_string_equal(f->err.key, key);
}

static void create_gives_a_token_that_reads_give_too(void **state)
{
    struct fixture *f = *state;
    char created[ETAG_SIZE];
    char read[ETAG_SIZE];
    struct object_meta meta;
    put_text(f, "a/b/object", "hello", created);
    assert_int_not_equal(created[0], 0);
    expect_text(f, "a/b/object", "hello", read);
    assert_string_equal(created, read);
    assert_ok(provider_head(f->provider, "a/b/object", &meta, &f->err), f->err);
    assert_string_equal(created, meta.etag);
    assert_int_equal(meta.size, 5);
    assert_true(meta.last_modified_ms >= 0);
}

static void create_refuses_an_existing_object(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE] = "rubbish";
    put_text(f, "k", "first", NULL);
    assert_status(provider_put_atomic(f->provider, "k", "second", 6, etag, &f->err),
                  INLAY_PRECONDITION_FAILED);
    assert_string_equal(f->err.key, "k");
    assert_int_equal(etag[0], 0);
    expect_text(f, "k", "first", NULL);
}

static void tokens_chain_without_reading(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE];
    char next[ETAG_SIZE];
    char text[16];
    int i;
    put_text(f, "pointer", "v0", etag);
    for (i = 1; i <= 5; i++) {
        (void)snprintf(text, sizeof(text), "v%d", i);
        assert_ok(
            provider_put_if_match(f->provider, "pointer", text, strlen(text), etag, next, &f->err),
            f->err);
        assert_string_not_equal(etag, next);
        memcpy(etag, next, ETAG_SIZE);
    }
    expect_text(f, "pointer", "v5", next);
    assert_string_equal(etag, next);
    /* The token of a read is accepted, and one buffer may be both expectation and result. */
    assert_ok(provider_put_if_match(f->provider, "pointer", "v6", 2, next, next, &f->err), f->err);
    assert_ok(provider_put_if_match(f->provider, "pointer", "v7", 2, next, NULL, &f->err), f->err);
    expect_text(f, "pointer", "v7", NULL);
}

static void stale_token_loses(void **state)
{
    struct fixture *f = *state;
    char first[ETAG_SIZE];
    char etag[ETAG_SIZE];
    put_text(f, "k", "one", first);
    assert_ok(provider_put_if_match(f->provider, "k", "two", 3, first, NULL, &f->err), f->err);
    memset(etag, 'x', sizeof(etag));
    assert_status(provider_put_if_match(f->provider, "k", "three", 5, first, etag, &f->err),
                  INLAY_PRECONDITION_FAILED);
    assert_string_equal(f->err.key, "k");
    assert_int_equal(etag[0], 0);
    assert_status(provider_put_if_match(f->provider, "k", "three", 5, "\"nonsense\"", NULL, NULL),
                  INLAY_PRECONDITION_FAILED);
    expect_text(f, "k", "two", NULL);
}

static void stale_token_loses_although_the_bytes_are_back(void **state)
{
    struct fixture *f = *state;
    char first[ETAG_SIZE];
    char second[ETAG_SIZE];
    char third[ETAG_SIZE];
    int i;
    for (i = 0; i < 20; i++) {
        put_text(f, "aba", "A", first);
        assert_ok(provider_put_if_match(f->provider, "aba", "B", 1, first, second, &f->err),
                  f->err);
        assert_ok(provider_put_if_match(f->provider, "aba", "A", 1, second, third, &f->err),
                  f->err);
        assert_string_not_equal(first, third);
        assert_status(provider_put_if_match(f->provider, "aba", "C", 1, first, NULL, &f->err),
                      INLAY_PRECONDITION_FAILED);
        assert_ok(provider_delete(f->provider, "aba", &f->err), f->err);
        put_text(f, "aba", "A", second); /* deleted and created anew: another version */
        assert_status(provider_put_if_match(f->provider, "aba", "C", 1, third, NULL, &f->err),
                      INLAY_PRECONDITION_FAILED);
        assert_status(provider_put_if_match(f->provider, "aba", "C", 1, first, NULL, &f->err),
                      INLAY_PRECONDITION_FAILED);
        assert_ok(provider_delete(f->provider, "aba", &f->err), f->err);
    }
}

static void conditional_replace_needs_the_object(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE];
    inlay_status status;
    put_text(f, "k", "one", etag);
    assert_ok(provider_delete(f->provider, "k", &f->err), f->err);
    status = provider_put_if_match(f->provider, "k", "two", 3, etag, NULL, &f->err);
    assert_true(status == INLAY_NOT_FOUND || status == INLAY_PRECONDITION_FAILED);
    assert_string_equal(f->err.key, "k");
    expect_absent(f, "k");
}

static void empty_expectation_means_create_only(void **state)
{
    struct fixture *f = *state;
    char etag[ETAG_SIZE];
    assert_ok(provider_put_if_match(f->provider, "k", "one", 3, NULL, etag, &f->err), f->err);
    assert_status(provider_put_if_match(f->provider, "k", "two", 3, NULL, NULL, &f->err),
                  INLAY_PRECONDITION_FAILED);
    assert_status(provider_put_if_match(f->provider, "k", "two", 3, "", NULL, &f->err),
                  INLAY_PRECONDITION_FAILED);
    assert_ok(provider_put_if_match(f->provider, "other", "two", 3, "", NULL, &f->err), f->err);
    expect_text(f, "k", "one", NULL);
    expect_text(f, "other", "two", NULL);
}

static void delete_is_idempotent(void **state)
{
    struct fixture *f = *state;
    assert_ok(provider_delete(f->provider, "never/was", &f->err), f->err);
    put_text(f, "dir/k", "x", NULL);
    assert_ok(provider_delete(f->provider, "dir/k/below", &f->err), f->err);
    expect_text(f, "dir/k", "x", NULL);
    assert_ok(provider_delete(f->provider, "dir/k", &f->err), f->err);
    assert_ok(provider_delete(f->provider, "dir/k", &f->err), f->err);
    expect_absent(f, "dir/k");
    put_text(f, "dir/k", "again", NULL);
    expect_text(f, "dir/k", "again", NULL);
}

static void missing_object_is_not_found(void **state)
{
    struct fixture *f = *state;
    struct object_data object;
    uint8_t byte[1];
    bool changed = true;
    put_text(f, "folder/k", "x", NULL);
    memset(&object, 1, sizeof(object));
    assert_status(provider_get(f->provider, "no/such", &object, &f->err), INLAY_NOT_FOUND);
    assert_string_equal(f->err.key, "no/such");
    assert_null(object.data);
    assert_int_equal(object.size, 0);
    assert_status(provider_get_tail(f->provider, "no", 4, &object, &f->err), INLAY_NOT_FOUND);
    assert_string_equal(f->err.key, "no");
    assert_status(provider_get_range(f->provider, "no", 0, 1, byte, &f->err), INLAY_NOT_FOUND);
    assert_string_equal(f->err.key, "no");
    assert_status(provider_get_if_changed(f->provider, "no", "t", &changed, &object, &f->err),
                  INLAY_NOT_FOUND);
    assert_string_equal(f->err.key, "no");
    assert_false(changed);
    expect_absent(f, "folder"); /* a folder is no object */
    expect_absent(f, "folder/k/below");
    assert_status(provider_get(f->provider, "folder", &object, &f->err), INLAY_NOT_FOUND);
}

static void ranges_are_exact(void **state)
{
    struct fixture *f = *state;
    uint8_t one[8] = {0};
    uint8_t two[8] = {0};
    struct object_range ranges[] = {{8, 2, one}, {3, 0, NULL}, {0, 4, two}, {4, 4, two + 4}};
    put_text(f, "k", "0123456789", NULL);
    assert_ok(provider_get_range(f->provider, "k", 3, 4, one, &f->err), f->err);
    assert_memory_equal(one, "3456\0\0\0\0", 8);
    assert_ok(provider_get_ranges(f->provider, "k", ranges, 4, &f->err), f->err);
    assert_memory_equal(one, "8956", 4);
    assert_memory_equal(two, "01234567", 8);
}

static void range_past_the_end_is_an_error(void **state)
{
    struct fixture *f = *state;
    uint8_t bytes[32];
    struct object_range ranges[] = {{0, 2, bytes}, {9, 2, bytes}};
    put_text(f, "k", "0123456789", NULL);
    assert_status(provider_get_range(f->provider, "k", 9, 2, bytes, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(f->err.key, "k");
    assert_status(provider_get_range(f->provider, "k", 10, 1, bytes, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get_range(f->provider, "k", 1u << 30, 8, bytes, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get_range(f->provider, "k", UINT64_MAX, 8, bytes, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get_range(f->provider, "k", (uint64_t)INT64_MAX, 8, bytes, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get_ranges(f->provider, "k", ranges, 2, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_get_range(f->provider, "k", 0, 1, NULL, &f->err),
                  INLAY_INVALID_ARGUMENT);
}

static void empty_range_does_no_io(void **state)
{
    struct fixture *f = *state;
    struct object_range ranges[] = {{7, 0, NULL}, {1000, 0, NULL}};
    assert_ok(provider_get_range(f->provider, "no/such", 5, 0, NULL, &f->err), f->err);
    assert_ok(provider_get_ranges(f->provider, "no/such", ranges, 2, &f->err), f->err);
    assert_ok(provider_get_ranges(f->provider, "no/such", NULL, 0, &f->err), f->err);
}

static void tail_gives_the_end_and_the_whole_size(void **state)
{
    static const struct {
        uint64_t n;
        const char *text;
    } cases[] = {{4, "6789"}, {10, "0123456789"}, {99, "0123456789"}, {0, ""}};
    struct fixture *f = *state;
    char etag[ETAG_SIZE];
    size_t i;
    put_text(f, "k", "0123456789", etag);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct object_data object;
        assert_ok(provider_get_tail(f->provider, "k", cases[i].n, &object, &f->err), f->err);
        assert_int_equal(object.size, strlen(cases[i].text));
        assert_memory_equal(object.data, cases[i].text, strlen(cases[i].text));
        assert_int_equal(object.meta.size, 10);
        assert_string_equal(object.meta.etag, etag);
        object_data_free(&object);
    }
}

static void unchanged_object_sends_no_body(void **state)
{
    struct fixture *f = *state;
    struct object_data object;
    char etag[ETAG_SIZE];
    bool changed = true;
    put_text(f, "k", "one", etag);
    assert_ok(provider_get_if_changed(f->provider, "k", etag, &changed, &object, &f->err), f->err);
    assert_false(changed);
    assert_null(object.data);
    assert_ok(provider_put_if_match(f->provider, "k", "two!", 4, etag, NULL, &f->err), f->err);
    assert_ok(provider_get_if_changed(f->provider, "k", etag, &changed, &object, &f->err), f->err);
    assert_true(changed);
    assert_int_equal(object.size, 4);
    assert_memory_equal(object.data, "two!", 4);
    memcpy(etag, object.meta.etag, ETAG_SIZE);
    object_data_free(&object);
    assert_ok(provider_get_if_changed(f->provider, "k", etag, &changed, &object, &f->err), f->err);
    assert_false(changed);
    assert_ok(provider_get_if_changed(f->provider, "k", "", &changed, &object, &f->err), f->err);
    assert_true(changed);
    object_data_free(&object);
    assert_ok(provider_get_if_changed(f->provider, "k", NULL, &changed, &object, &f->err), f->err);
    assert_true(changed);
    object_data_free(&object);
}

static void empty_objects_are_objects(void **state)
{
    struct fixture *f = *state;
    struct object_data object;
    char etag[ETAG_SIZE];
    uint8_t byte[1];
    assert_ok(provider_put_atomic(f->provider, "empty", NULL, 0, etag, &f->err), f->err);
    expect_text(f, "empty", "", NULL);
    assert_ok(provider_get_tail(f->provider, "empty", 5, &object, &f->err), f->err);
    assert_int_equal(object.size, 0);
    object_data_free(&object);
    assert_status(provider_get_range(f->provider, "empty", 0, 1, byte, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_ok(provider_put_if_match(f->provider, "empty", "full", 4, etag, etag, &f->err), f->err);
    assert_ok(provider_put_if_match(f->provider, "empty", NULL, 0, etag, etag, &f->err), f->err);
    expect_text(f, "empty", "", NULL);
}

/* The listing of `prefix` is exactly these keys, in this order. */
static void expect_listing(struct fixture *f, const char *prefix, const char *const *keys,
                           size_t count)
{
    struct object_page page;
    size_t i;
    assert_ok(provider_list_all(f->provider, prefix, &page, &f->err), f->err);
    for (i = 0; i < page.count && i < count; i++) {
        struct object_meta meta;
        assert_string_equal(page.entries[i].key, keys[i]);
        assert_ok(provider_head(f->provider, keys[i], &meta, &f->err), f->err);
        assert_int_equal(page.entries[i].meta.size, meta.size);
        assert_string_equal(page.entries[i].meta.etag, meta.etag);
    }
    assert_int_equal(page.count, count);
    assert_null(page.next_cursor);
    object_page_free(&page);
}

static void listing_is_by_folder(void **state)
{
    static const char *const all[] = {"seg-1/a", "seg/a", "seg/b/c", "seg/b/d", "segx", "top"};
    struct fixture *f = *state;
    size_t i;
    expect_listing(f, "", NULL, 0);
    for (i = 6; i-- > 0;) {
        put_text(f, all[i], all[i], NULL);
    }
    expect_listing(f, "", all, 6);
    expect_listing(f, "seg", all + 1, 3);
    expect_listing(f, "seg/b", all + 2, 2);
    expect_listing(f, "segx", NULL, 0); /* an object, not a folder */
    expect_listing(f, "se", NULL, 0);
    expect_listing(f, "no/such/folder", NULL, 0);
    assert_ok(provider_delete(f->provider, "seg/b/c", &f->err), f->err);
    expect_listing(f, "seg/b", all + 3, 1);
}

static void listing_is_paged(void **state)
{
    struct fixture *f = *state;
    struct object_page page = {0};
    char *cursor = NULL;
    size_t total = f->backend->list_page != 0 ? 2 * f->backend->list_page + 3 : 30;
    char last[64] = "";
    size_t seen = 0;
    size_t pages = 0;
    size_t i;
    for (i = 0; i < total; i++) {
        char key[64];
        (void)snprintf(key, sizeof(key), "p%zu/%c/%03zu", i % 3, 'a' + (char)(i % 2), i);
        put_text(f, key, "x", NULL);
    }
    do {
        assert_ok(provider_list(f->provider, "", cursor, &page, &f->err), f->err);
        for (i = 0; i < page.count; i++) {
            assert_true(strcmp(last, page.entries[i].key) < 0);
            (void)snprintf(last, sizeof(last), "%s", page.entries[i].key);
        }
        seen += page.count;
        pages++;
        free(cursor);
        cursor = page.next_cursor != NULL ? strdup(page.next_cursor) : NULL;
        object_page_free(&page);
    } while (cursor != NULL);
    assert_int_equal(seen, total);
    if (f->backend->list_page != 0) {
        assert_int_equal(pages, 3);
    }
}

static void deleting_while_paging_loses_nothing_else(void **state)
{
    struct fixture *f = *state;
    struct object_page page = {0};
    char *cursor = NULL;
    size_t seen = 0;
    size_t i;
    for (i = 0; i < 20; i++) {
        char key[32];
        (void)snprintf(key, sizeof(key), "d/%02zu", i);
        put_text(f, key, "x", NULL);
    }
    do {
        assert_ok(provider_list(f->provider, "d", cursor, &page, &f->err), f->err);
        for (i = 0; i < page.count; i++) {
            assert_ok(provider_delete(f->provider, page.entries[i].key, &f->err), f->err);
        }
        seen += page.count;
        free(cursor);
        cursor = page.next_cursor != NULL ? strdup(page.next_cursor) : NULL;
        object_page_free(&page);
    } while (cursor != NULL);
    assert_int_equal(seen, 20);
    expect_listing(f, "", NULL, 0);
}

static struct multipart *begin(struct fixture *f, const char *key)
{
    struct multipart *upload;
    assert_ok(provider_multipart_begin(f->provider, key, &upload, &f->err), f->err);
    return upload;
}

static void part(struct fixture *f, struct multipart *upload, uint32_t number, const char *text)
{
    assert_ok(multipart_put_part(upload, number, text, strlen(text), &f->err), f->err);
}

static void parts_join_in_number_order(void **state)
{
    static const uint32_t orders[][4] = {{0, 1, 2, 3}, {3, 2, 1, 0}, {2, 0, 3, 1}, {1, 3, 0, 2}};
    static const char *const shapes[][5] = {
        {"aaaa", "bbbb", "cccc", "dd", "aaaabbbbccccdd"},
        {"a", "bbbbbbb", "", "dddd", "abbbbbbbdddd"},
        {"aaaaaaa", "b", "ccc", "dddddddddd", "aaaaaaabcccdddddddddd"},
    };
    struct fixture *f = *state;
    size_t order;
    size_t shape;
    size_t i;
    for (shape = 0; shape < 3; shape++) {
        for (order = 0; order < 4; order++) {
            char key[32];
            char etag[ETAG_SIZE];
            char read[ETAG_SIZE];
            struct multipart *upload;
            (void)snprintf(key, sizeof(key), "mp/%zu-%zu", shape, order);
            upload = begin(f, key);
            for (i = 0; i < 4; i++) {
                part(f, upload, orders[order][i], shapes[shape][orders[order][i]]);
            }
            expect_absent(f, key);
            assert_ok(multipart_complete(upload, etag, &f->err), f->err);
            multipart_close(upload);
            expect_text(f, key, shapes[shape][4], read);
            assert_string_equal(etag, read);
        }
    }
}

static void part_may_be_put_again(void **state)
{
    struct fixture *f = *state;
    struct multipart *upload = begin(f, "k");
    part(f, upload, 0, "wrong and long");
    part(f, upload, 1, "-two");
    part(f, upload, 0, "one");
    part(f, upload, 1, "-second");
    assert_ok(multipart_complete(upload, NULL, &f->err), f->err);
    multipart_close(upload);
    expect_text(f, "k", "one-second", NULL);
}

static void incomplete_upload_is_refused(void **state)
{
    struct fixture *f = *state;
    struct multipart *upload = begin(f, "k");
    part(f, upload, 0, "one");
    part(f, upload, 2, "three");
    assert_status(multipart_complete(upload, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    assert_string_equal(f->err.key, "k");
    assert_status(multipart_put_part(upload, PROVIDER_PARTS_MAX, "x", 1, &f->err),
                  INLAY_INVALID_ARGUMENT);
    expect_absent(f, "k");
    part(f, upload, 1, "two");
    assert_ok(multipart_complete(upload, NULL, &f->err), f->err);
    assert_int_not_equal(multipart_put_part(upload, 3, "x", 1, &f->err), INLAY_OK);
    multipart_close(upload);
    expect_text(f, "k", "onetwothree", NULL);
    upload = begin(f, "none");
    assert_ok(multipart_complete(upload, NULL, &f->err), f->err);
    multipart_close(upload);
    expect_text(f, "none", "", NULL);
}

static void completion_creates_only(void **state)
{
    struct fixture *f = *state;
    struct multipart *upload = begin(f, "k");
    char etag[ETAG_SIZE] = "rubbish";
    part(f, upload, 0, "late");
    put_text(f, "k", "early", NULL);
    assert_status(multipart_complete(upload, etag, &f->err), INLAY_PRECONDITION_FAILED);
    assert_string_equal(f->err.key, "k");
    assert_int_equal(etag[0], 0);
    expect_text(f, "k", "early", NULL);
    multipart_close(upload);
    expect_text(f, "k", "early", NULL);
}

static void aborted_upload_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct multipart *upload = begin(f, "k");
    part(f, upload, 0, "one");
    multipart_abort(upload);
    assert_int_not_equal(multipart_complete(upload, NULL, &f->err), INLAY_OK);
    multipart_close(upload);
    upload = begin(f, "k");
    part(f, upload, 0, "one");
    part(f, upload, 1, "another");
    multipart_close(upload); /* neither completed nor aborted */
    multipart_close(NULL);
    multipart_abort(NULL);
    expect_absent(f, "k");
    expect_listing(f, "", NULL, 0);
}

#define PART_THREADS 4
#define PARTS_EACH 8
#define PART_SIZE 5000

struct part_thread {
    struct multipart *upload;
    uint32_t first;
    inlay_status status;
};

static void *part_thread_main(void *argument)
{
    struct part_thread *t = argument;
    uint8_t bytes[PART_SIZE];
    uint32_t i;
    for (i = 0; i < PARTS_EACH && t->status == INLAY_OK; i++) {
        uint32_t number = t->first + i * PART_THREADS;
        memset(bytes, (int)(number + 1), sizeof(bytes));
        t->status = multipart_put_part(t->upload, number, bytes, sizeof(bytes), NULL);
    }
    return NULL;
}

static void parts_may_be_put_concurrently(void **state)
{
    struct fixture *f = *state;
    struct multipart *upload = begin(f, "k");
    struct part_thread threads[PART_THREADS];
    pthread_t ids[PART_THREADS];
    struct object_data object;
    size_t i;
    for (i = 0; i < PART_THREADS; i++) {
        threads[i] = (struct part_thread){upload, (uint32_t)i, INLAY_OK};
        assert_int_equal(pthread_create(&ids[i], NULL, part_thread_main, &threads[i]), 0);
    }
    for (i = 0; i < PART_THREADS; i++) {
        pthread_join(ids[i], NULL);
        assert_int_equal(threads[i].status, INLAY_OK);
    }
    assert_ok(multipart_complete(upload, NULL, &f->err), f->err);
    multipart_close(upload);
    assert_ok(provider_get(f->provider, "k", &object, &f->err), f->err);
    assert_int_equal(object.size, PART_THREADS * PARTS_EACH * PART_SIZE);
    for (i = 0; i < object.size; i++) {
        if (object.data[i] != i / PART_SIZE + 1) {
            fail_msg("byte %zu is %u", i, object.data[i]);
        }
    }
    object_data_free(&object);
}

static void bad_keys_are_refused(void **state)
{
    static const char *const keys[] = {"",
                                       "/",
                                       "/a",
                                       "a/",
                                       "a//b",
                                       ".",
                                       "..",
                                       "a/./b",
                                       "a/../b",
                                       "../a",
                                       "a\nb",
                                       "a\x01",
                                       "a\x7f",
                                       "\xc0\xaf",
                                       "\xff",
                                       "a\xe2\x82",
                                       "\xed\xa0\x80",
                                       "\xf5\x80\x80\x80",
                                       "a/\x80",
                                       ".inlay-x",
                                       "a/.inlay-locks/b"};
    struct fixture *f = *state;
    struct object_data object;
    struct object_meta meta;
    struct object_page page;
    struct multipart *upload;
    char longest[PROVIDER_KEY_MAX + 2];
    uint8_t byte[1];
    bool changed;
    size_t i;
    memset(longest, 'k', sizeof(longest));
    longest[sizeof(longest) - 1] = '\0';
    for (i = 0; i <= sizeof(keys) / sizeof(keys[0]); i++) {
        const char *key = i < sizeof(keys) / sizeof(keys[0]) ? keys[i] : longest;
        const inlay_status no = INLAY_INVALID_ARGUMENT;
        assert_status(provider_get(f->provider, key, &object, &f->err), no);
        assert_status(provider_get_if_changed(f->provider, key, "t", &changed, &object, NULL), no);
        assert_status(provider_get_range(f->provider, key, 0, 1, byte, NULL), no);
        assert_status(provider_get_range(f->provider, key, 0, 0, NULL, NULL), no);
        assert_status(provider_get_tail(f->provider, key, 1, &object, NULL), no);
        assert_status(provider_head(f->provider, key, &meta, NULL), no);
        assert_status(provider_put_atomic(f->provider, key, "x", 1, NULL, NULL), no);
        assert_status(provider_put_if_match(f->provider, key, "x", 1, "t", NULL, NULL), no);
        assert_status(provider_multipart_begin(f->provider, key, &upload, NULL), no);
        assert_null(upload);
        assert_status(provider_delete(f->provider, key, NULL), no);
        assert_null(provider_local_path(f->provider, key));
        if (key[0] != '\0') {
            assert_status(provider_list(f->provider, key, NULL, &page, NULL), no);
        }
    }
    assert_status(provider_get(f->provider, NULL, &object, &f->err), INLAY_INVALID_ARGUMENT);
    expect_listing(f, "", NULL, 0);
}

static void unusual_keys_are_kept(void **state)
{
    static const char *const keys[] = {" spaced name ",
                                       "...",
                                       ".hidden/..a",
                                       "a+b=c&d?e#f%20",
                                       "dir/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80",
                                       "~"};
    struct fixture *f = *state;
    char deep[PROVIDER_KEY_MAX + 1];
    size_t i;
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        put_text(f, keys[i], keys[i], NULL);
    }
    for (i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        expect_text(f, keys[i], keys[i], NULL);
    }
    expect_listing(f, "", keys, sizeof(keys) / sizeof(keys[0]));
    memset(deep, 'd', sizeof(deep));
    for (i = 100; i < PROVIDER_KEY_MAX; i += 100) {
        deep[i] = '/';
    }
    deep[PROVIDER_KEY_MAX] = '\0'; /* the longest key that is allowed */
    put_text(f, deep, "deep", NULL);
    expect_text(f, deep, "deep", NULL);
}

static void missing_bytes_are_refused(void **state)
{
    struct fixture *f = *state;
    char long_token[ETAG_SIZE + 1];
    memset(long_token, 't', sizeof(long_token));
    assert_status(provider_put_atomic(f->provider, "k", NULL, 4, NULL, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(provider_put_if_match(f->provider, "k", "x", 1, long_token, NULL, &f->err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(f->err.key, "k");
    expect_absent(f, "k");
}

static void big_objects_come_back(void **state)
{
    struct fixture *f = *state;
    const size_t size = (9u << 20) + 13;
    struct test_random random = {7};
    uint8_t *bytes = malloc(size);
    uint8_t window[1000];
    char etag[ETAG_SIZE];
    struct object_data object;
    size_t i;
    assert_non_null(bytes);
    for (i = 0; i < size; i++) {
        bytes[i] = (uint8_t)(i * 2654435761u >> 13);
    }
    assert_ok(provider_put_atomic(f->provider, "big", bytes, size, etag, &f->err), f->err);
    for (i = 0; i < 20; i++) {
        uint64_t at = test_random_below(&random, size - sizeof(window));
        assert_ok(provider_get_range(f->provider, "big", at, sizeof(window), window, &f->err),
                  f->err);
        assert_memory_equal(window, bytes + at, sizeof(window));
    }
    bytes[size - 1] ^= 1;
    assert_ok(provider_put_if_match(f->provider, "big", bytes, size, etag, NULL, &f->err), f->err);
    assert_ok(provider_get(f->provider, "big", &object, &f->err), f->err);
    assert_int_equal(object.size, size);
    assert_true(memcmp(object.data, bytes, size) == 0);
    object_data_free(&object);
    free(bytes);
}

/* Threads that all try the same thing at once; each counts what it won. */
struct racer {
    struct fixture *f;
    pthread_barrier_t *barrier;
    const char *key;
    const char *expected;
    int number;
    inlay_status status;
    char etag[ETAG_SIZE];
};

static void *racer_main(void *argument)
{
    struct racer *r = argument;
    uint8_t bytes[64];
    memset(bytes, r->number, sizeof(bytes));
    pthread_barrier_wait(r->barrier);
    r->status = provider_put_if_match(r->f->provider, r->key, bytes, sizeof(bytes), r->expected,
                                      r->etag, NULL);
    return NULL;
}

/* One round: exactly one wins and the object is the winner's; gives its token. */
static void race_round(struct fixture *f, const char *key, const char *expected, char *etag)
{
    struct racer racers[16];
    pthread_t ids[16];
    pthread_barrier_t barrier;
    int threads = f->backend->threads != 0 ? f->backend->threads : 8;
    int winner = -1;
    struct object_data object;
    int i;
    assert_int_equal(pthread_barrier_init(&barrier, NULL, (unsigned)threads), 0);
    for (i = 0; i < threads; i++) {
        racers[i] = (struct racer){f, &barrier, key, expected, i, INLAY_OK, ""};
        assert_int_equal(pthread_create(&ids[i], NULL, racer_main, &racers[i]), 0);
    }
    for (i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        if (racers[i].status == INLAY_OK) {
            assert_int_equal(winner, -1);
            winner = i;
        } else {
            assert_int_equal(racers[i].status, INLAY_PRECONDITION_FAILED);
        }
    }
    pthread_barrier_destroy(&barrier);
    assert_int_not_equal(winner, -1);
    assert_ok(provider_get(f->provider, key, &object, &f->err), f->err);
    assert_int_equal(object.size, 64);
    assert_int_equal(object.data[0], winner);
    assert_string_equal(object.meta.etag, racers[winner].etag);
    memcpy(etag, object.meta.etag, ETAG_SIZE);
    object_data_free(&object);
}

static void one_thread_wins_each_round(void **state)
{
    struct fixture *f = *state;
    int rounds = f->backend->rounds != 0 ? f->backend->rounds : 50;
    char etag[ETAG_SIZE] = "";
    int i;
    for (i = 0; i < rounds; i++) {
        race_round(f, "race", i == 0 ? NULL : etag, etag);
    }
    for (i = 0; i < rounds / 4; i++) { /* creations race too */
        char key[32];
        (void)snprintf(key, sizeof(key), "create/%d", i);
        race_round(f, key, NULL, etag);
    }
}

struct counter_thread {
    struct fixture *f;
    int number;
    int additions;
    int losses; /* replacements that were answered with PRECONDITION_FAILED */
    inlay_status status;
};

/* Adds 1 to a decimal counter by read and conditional replace until it has won often enough. The
 * writer's mark makes each version's bytes its own, as the retry decorator asks for. */
static void *counter_main(void *argument)
{
    struct counter_thread *t = argument;
    int won = 0;
    while (won < t->additions && t->status == INLAY_OK) {
        struct object_data object;
        char text[64] = {0};
        inlay_status status;
        t->status = provider_get(t->f->provider, "counter", &object, NULL);
        if (t->status != INLAY_OK) {
            break;
        }
        memcpy(text, object.data, object.size);
        (void)snprintf(text, sizeof(text), "%ld by %d", strtol(text, NULL, 10) + 1, t->number);
        status = provider_put_if_match(t->f->provider, "counter", text, strlen(text),
                                       object.meta.etag, NULL, NULL);
        object_data_free(&object);
        won += status == INLAY_OK;
        t->losses += status == INLAY_PRECONDITION_FAILED;
        t->status = status == INLAY_PRECONDITION_FAILED ? INLAY_OK : status;
    }
    return NULL;
}

static void no_update_is_lost(void **state)
{
    struct fixture *f = *state;
    int threads = f->backend->threads != 0 ? f->backend->threads : 8;
    struct counter_thread t[16];
    pthread_t ids[16];
    struct object_data object;
    char text[64] = {0};
    long losses = 0;
    long missed;
    int i;
    put_text(f, "counter", "0", NULL);
    for (i = 0; i < threads; i++) {
        t[i] = (struct counter_thread){f, i, 5, 0, INLAY_OK};
        assert_int_equal(pthread_create(&ids[i], NULL, counter_main, &t[i]), 0);
    }
    for (i = 0; i < threads; i++) {
        pthread_join(ids[i], NULL);
        assert_int_equal(t[i].status, INLAY_OK);
        losses += t[i].losses;
    }
    assert_ok(provider_get(f->provider, "counter", &object, &f->err), f->err);
    memcpy(text, object.data, object.size);
    object_data_free(&object);
    missed = strtol(text, NULL, 10) - threads * 5;
    /* Every acknowledged addition is there; what is there beyond them was called a loss. */
    assert_true(missed >= 0 && missed <= losses);
    if (!f->backend->wins_may_be_missed) {
        assert_int_equal(missed, 0);
    }
}

#define CHECK(test)                                                                                \
    {                                                                                              \
#test, test, setup, teardown, NULL                                                         \
    }

int conformance_run(const struct conformance_backend *backend)
{
    static const struct CMUnitTest suite[] = {
        CHECK(create_gives_a_token_that_reads_give_too),
        CHECK(create_refuses_an_existing_object),
        CHECK(tokens_chain_without_reading),
        CHECK(stale_token_loses),
        CHECK(stale_token_loses_although_the_bytes_are_back),
        CHECK(conditional_replace_needs_the_object),
        CHECK(empty_expectation_means_create_only),
        CHECK(delete_is_idempotent),
        CHECK(missing_object_is_not_found),
        CHECK(ranges_are_exact),
        CHECK(range_past_the_end_is_an_error),
        CHECK(empty_range_does_no_io),
        CHECK(tail_gives_the_end_and_the_whole_size),
        CHECK(unchanged_object_sends_no_body),
        CHECK(empty_objects_are_objects),
        CHECK(listing_is_by_folder),
        CHECK(listing_is_paged),
        CHECK(deleting_while_paging_loses_nothing_else),
        CHECK(parts_join_in_number_order),
        CHECK(part_may_be_put_again),
        CHECK(incomplete_upload_is_refused),
        CHECK(completion_creates_only),
        CHECK(aborted_upload_leaves_nothing),
        CHECK(parts_may_be_put_concurrently),
        CHECK(bad_keys_are_refused),
        CHECK(unusual_keys_are_kept),
        CHECK(missing_bytes_are_refused),
        CHECK(big_objects_come_back),
        CHECK(one_thread_wins_each_round),
        CHECK(no_update_is_lost),
    };
    struct CMUnitTest tests[sizeof(suite) / sizeof(suite[0])];
    size_t count = sizeof(suite) / sizeof(suite[0]);
    size_t i;
    memcpy(tests, suite, sizeof(suite));
    for (i = 0; i < count; i++) {
        memcpy(&tests[i].initial_state, &backend, sizeof(backend));
    }
    return _cmocka_run_group_tests(backend->name, tests, count, NULL, NULL);
}
