/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/alloc.h"
#include "cache/mmap_source.h"
#include "cache/provider_source.h"
#include "cache/source_open.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "storage/trace.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define SIZE 100000

struct bench {
    struct provider *provider; /* traced */
    struct byte_source *source;
    struct io_account account;
    uint8_t bytes[SIZE];
    int batches;
    inlay_error err;
};

static void count_batch(void *context, const struct trace_event *event)
{
    ((struct bench *)context)->batches += event->op == PROVIDER_GET_RANGES;
}

static int setup(void **state)
{
    struct bench *b = test_calloc(1, sizeof(*b));
    struct provider *memory;
    size_t i;
    inlay_error_init(&b->err);
    for (i = 0; i < SIZE; i++) {
        b->bytes[i] = (uint8_t)(i * 2654435761u >> 11);
    }
    assert_ok(provider_memory_create(&memory, &b->err), b->err);
    assert_ok(provider_trace_wrap(memory, true, count_batch, b, NULL, &b->provider, &b->err),
              b->err);
    assert_ok(provider_put_atomic(b->provider, "o", b->bytes, SIZE, NULL, &b->err), b->err);
    *state = b;
    return 0;
}

static int teardown(void **state)
{
    struct bench *b = *state;
    byte_source_release(b->source);
    provider_close(b->provider);
    test_free(b);
    return 0;
}

static void open_ranged(struct bench *b, const struct provider_source_options *options)
{
    byte_source_release(b->source);
    assert_ok(
        provider_source_open(b->provider, "o", SIZE, options, &b->account, &b->source, &b->err),
        b->err);
}

static void near_ranges_are_one_request(void **state)
{
    struct bench *b = *state;
    const struct provider_source_options options = {.gap = 100, .request_max = 1000};
    uint8_t into[5][300];
    /* 0..10 joins 110..120 (gap of 100), not 221 (101); 500 and 510 overlap; order is free. */
    struct byte_range ranges[] = {{500, 20, into[0]},  {110, 10, into[1]}, {0, 10, into[2]},
                                  {510, 300, into[3]}, {221, 10, into[4]}, {7, 0, NULL}};
    size_t i;
    open_ranged(b, &options);
    assert_null(byte_source_view(b->source, 0, 1));
    assert_ok(byte_source_read(b->source, ranges, 6, &b->err), b->err);
    for (i = 0; i < 5; i++) {
        assert_memory_equal(ranges[i].into, b->bytes + ranges[i].offset, ranges[i].length);
    }
    assert_int_equal(atomic_load(&b->account.requests), 3);
    assert_int_equal(atomic_load(&b->account.round_trips), 1);
    assert_int_equal(atomic_load(&b->account.bytes_read), 120 + 10 + 310);
    assert_int_equal(b->batches, 1);
    ranges[0] = (struct byte_range){0, 0, NULL};
    assert_ok(byte_source_read(b->source, ranges, 1, &b->err), b->err); /* empty: no request */
    assert_int_equal(b->batches, 1);
    assert_int_equal(atomic_load(&b->account.round_trips), 1);
}

static void joined_requests_stay_bounded(void **state)
{
    struct bench *b = *state;
    const struct provider_source_options options = {.gap = 100, .request_max = 1000};
    const struct provider_source_options none = {.no_join = true};
    static uint8_t into[20][100];
    struct byte_range ranges[20];
    size_t i;
    for (i = 0; i < 20; i++) {
        ranges[i] = (struct byte_range){i * 100, 100, into[i]};
    }
    open_ranged(b, &options);
    assert_ok(byte_source_read(b->source, ranges, 20, &b->err), b->err);
    assert_int_equal(atomic_load(&b->account.requests), 2);
    open_ranged(b, &none);
    assert_ok(byte_source_read(b->source, ranges, 20, &b->err), b->err);
    assert_int_equal(atomic_load(&b->account.requests), 22);
    for (i = 0; i < 20; i++) {
        assert_memory_equal(into[i], b->bytes + i * 100, 100);
    }
}

static void random_batches_read_what_is_there(void **state)
{
    struct bench *b = *state;
    struct test_random random = test_random_init(11);
    const struct provider_source_options options = {.gap = 500, .request_max = 5000};
    static uint8_t into[16][4000];
    int round;
    open_ranged(b, &options);
    for (round = 0; round < 500; round++) {
        struct byte_range ranges[16];
        size_t count = (size_t)test_random_below(&random, 17);
        size_t i;
        for (i = 0; i < count; i++) {
            ranges[i].length = test_random_below(&random, 2) != 0 ? test_random_below(&random, 4000)
                                                                  : test_random_below(&random, 20);
            ranges[i].offset = test_random_below(&random, SIZE - ranges[i].length + 1);
            ranges[i].into = into[i];
        }
        assert_ok(byte_source_read(b->source, ranges, count, &b->err), b->err);
        for (i = 0; i < count; i++) {
            assert_memory_equal(into[i], b->bytes + ranges[i].offset, ranges[i].length);
        }
    }
}

static void object_shorter_than_claimed_is_corrupt(void **state)
{
    struct bench *b = *state;
    uint8_t byte[2];
    assert_ok(provider_source_open(b->provider, "o", SIZE + 1, NULL, NULL, &b->source, &b->err),
              b->err);
    assert_status(byte_source_read_one(b->source, SIZE - 1, 2, byte, &b->err), INLAY_CORRUPT);
    assert_string_equal(b->err.key, "o");
    assert_int_equal(b->err.status, INLAY_CORRUPT);
    assert_status(byte_source_read_one(b->source, SIZE, 2, byte, &b->err), INLAY_CORRUPT);
    assert_ok(byte_source_read_one(b->source, SIZE - 1, 1, byte, &b->err), b->err);
}

static void missing_object_is_not_found(void **state)
{
    struct bench *b = *state;
    uint8_t byte[1];
    assert_ok(source_open(b->provider, "no", 10, NULL, &b->source, &b->err), b->err);
    assert_status(byte_source_read_one(b->source, 0, 1, byte, &b->err), INLAY_NOT_FOUND);
    assert_string_equal(b->err.key, "no");
    byte_source_release(b->source);
    assert_status(source_open(b->provider, "a//b", 10, NULL, &b->source, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_null(b->source);
}

static void local_objects_are_mapped(void **state)
{
    struct bench *b = *state;
    char *folder = test_folder_make();
    struct provider *local;
    struct provider *traced;
    uint8_t into[100];
    char etag[ETAG_SIZE];
    assert_ok(provider_local_open(folder, &local, &b->err), b->err);
    assert_ok(provider_trace_wrap(local, true, count_batch, b, NULL, &traced, &b->err), b->err);
    assert_ok(provider_put_atomic(traced, "d/o", b->bytes, SIZE, etag, &b->err), b->err);
    assert_ok(provider_put_atomic(traced, "empty", NULL, 0, NULL, &b->err), b->err);
    assert_ok(source_open(traced, "d/o", SIZE, &b->account, &b->source, &b->err), b->err);
    /* The mapping keeps its version when the object is replaced or deleted. */
    assert_ok(provider_put_if_match(traced, "d/o", "x", 1, etag, NULL, &b->err), b->err);
    assert_ok(provider_delete(traced, "d/o", &b->err), b->err);
    assert_non_null(byte_source_view(b->source, 0, SIZE));
    assert_memory_equal(byte_source_view(b->source, 0, SIZE), b->bytes, SIZE);
    assert_null(byte_source_view(b->source, 1, SIZE));
    mmap_source_will_need(b->source, 5000, 10000);
    mmap_source_will_need(b->source, 5000, SIZE);
    assert_ok(byte_source_read_one(b->source, 77, 100, into, &b->err), b->err);
    assert_memory_equal(into, b->bytes + 77, 100);
    assert_int_equal(b->batches, 0);
    assert_int_equal(atomic_load(&b->account.requests), 0);
    assert_true(atomic_load(&b->account.cache_hits) > 0);
    byte_source_release(b->source);
    assert_ok(source_open(traced, "empty", 0, NULL, &b->source, &b->err), b->err);
    assert_non_null(byte_source_view(b->source, 0, 0));
    assert_status(byte_source_read_one(b->source, 0, 1, into, &b->err), INLAY_CORRUPT);
    provider_close(traced);
    test_folder_remove(folder);
    free(folder);
}

static void file_of_another_size_is_corrupt_when_opened(void **state)
{
    struct bench *b = *state;
    char *folder = test_folder_make();
    struct provider *local;
    struct byte_source *source;
    char *path = NULL;
    assert_ok(provider_local_open(folder, &local, &b->err), b->err);
    assert_ok(provider_put_atomic(local, "o", b->bytes, 5000, NULL, &b->err), b->err);
    assert_status(source_open(local, "o", 5001, NULL, &source, &b->err), INLAY_CORRUPT);
    assert_string_equal(b->err.key, "o");
    assert_string_equal(b->err.found, "5000 bytes");
    assert_null(source);
    assert_status(source_open(local, "o", (uint64_t)1 << 50, NULL, &source, &b->err),
                  INLAY_CORRUPT);
    path = provider_local_path(local, "o");
    assert_non_null(path);
    assert_int_equal(truncate(path, 4096), 0); /* cut by someone else before opening */
    assert_status(source_open(local, "o", 5000, NULL, &source, &b->err), INLAY_CORRUPT);
    assert_status(mmap_source_open(folder, NULL, 0, MMAP_WILL_NEED, NULL, &source, &b->err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(
        mmap_source_open("/no/such/file", NULL, 0, MMAP_SEQUENTIAL, NULL, &source, &b->err),
        INLAY_NOT_FOUND);
    provider_close(local);
    test_folder_remove(folder);
    free(folder);
    mem_free(path);
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CHECK(near_ranges_are_one_request),
        CHECK(joined_requests_stay_bounded),
        CHECK(random_batches_read_what_is_there),
        CHECK(object_shorter_than_claimed_is_corrupt),
        CHECK(missing_object_is_not_found),
        CHECK(local_objects_are_mapped),
        CHECK(file_of_another_size_is_corrupt_when_opened),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
