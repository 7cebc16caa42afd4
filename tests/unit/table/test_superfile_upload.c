/* SPDX-License-Identifier: Apache-2.0 */
/* A superfile leaves in parts: whatever the store's answers do, the object is whole or not there.
 */
#include "unit/table/fixture.h"

#include "base/error.h"
#include "table/rows/superfile_upload.h"

#define PART 1000u

struct world {
    struct fake_env fake;
    struct provider *store;
    struct provider *faulty; /* over the store */
    struct table *table;
    inlay_error err;
};

static void world_open(struct world *w)
{
    struct table_options options;
    memset(w, 0, sizeof(*w));
    inlay_error_init(&w->err);
    fake_env_init(&w->fake, 5);
    assert_ok(provider_memory_create(&w->store, &w->err), w->err);
    assert_ok(provider_fault_wrap(w->store, true, 1, &w->fake.env, &w->faulty, &w->err), w->err);
    w->faulty->part_bytes = PART;
    options = fixture_options(w->faulty, &w->fake.env);
    assert_ok(table_create(&options, &w->table, &w->err), w->err);
    provider_fault_clear(w->faulty);
}

static void world_close(struct world *w)
{
    provider_fault_clear(w->faulty);
    table_close(w->table);
    provider_close(w->faulty);
}

static uint8_t byte_at(size_t i)
{
    return (uint8_t)(i * 7 + i / 251);
}

/* Writes a body in uneven pieces. */
static inlay_status write_body(struct world *w, struct superfile_upload *upload, size_t size)
{
    uint8_t piece[1700];
    size_t done = 0;
    size_t step = 1;
    INLAY_TRY(superfile_upload_begin(upload, w->table, 0, &w->err));
    while (done < size) {
        size_t length = size - done < step ? size - done : step;
        size_t i;
        for (i = 0; i < length; i++) {
            piece[i] = byte_at(done + i);
        }
        INLAY_TRY(byte_sink_write(&upload->sink, piece, length, &w->err));
        done += length;
        step = step * 3 % 1699 + 1;
    }
    return INLAY_OK;
}

static void check_object(struct world *w, const char *key, size_t size)
{
    struct object_data object;
    size_t i;
    assert_ok(provider_get(w->store, key, &object, &w->err), w->err);
    assert_int_equal(object.size, size);
    for (i = 0; i < size; i++) {
        assert_int_equal(object.data[i], byte_at(i));
    }
    object_data_free(&object);
}

static size_t object_count(struct world *w)
{
    struct object_page page;
    size_t count;
    assert_ok(provider_list_all(w->store, "", &page, &w->err), w->err);
    count = page.count;
    object_page_free(&page);
    return count;
}

static uint64_t calls(struct world *w, enum provider_op op)
{
    return provider_fault_calls(w->faulty, PROVIDER_OP_BIT(op));
}

static void sizes_around_parts(void **state)
{
    static const size_t sizes[] = {1, PART - 1, PART, PART + 1, 3 * PART, 3 * PART + 500};
    size_t n;
    (void)state;
    for (n = 0; n < sizeof(sizes) / sizeof(sizes[0]); n++) {
        struct superfile_upload upload;
        struct world w;
        world_open(&w);
        assert_ok(write_body(&w, &upload, sizes[n]), w.err);
        assert_ok(superfile_upload_finish(&upload, &w.err), w.err);
        check_object(&w, upload.key, sizes[n]);
        assert_int_equal(upload.sink.offset, sizes[n]);
        if (sizes[n] <= PART) { /* one request */
            assert_int_equal(calls(&w, PROVIDER_PUT_ATOMIC), 1);
            assert_int_equal(calls(&w, PROVIDER_MULTIPART_BEGIN), 0);
        } else {
            assert_int_equal(calls(&w, PROVIDER_PUT_ATOMIC), 0);
            assert_int_equal(calls(&w, PROVIDER_MULTIPART_COMPLETE), 1);
        }
        superfile_upload_close(&upload);
        superfile_upload_close(&upload);
        world_close(&w);
    }
}

static void nothing_remains_of_an_unfinished_one(void **state)
{
    struct superfile_upload upload;
    struct world w;
    size_t before;
    (void)state;
    world_open(&w);
    before = object_count(&w);
    assert_ok(write_body(&w, &upload, 3 * PART + 1), w.err);
    assert_int_equal(object_count(&w), before);
    superfile_upload_close(&upload);
    assert_int_equal(object_count(&w), before);
    world_close(&w);
}

static void another_object_is_refused(void **state)
{
    size_t n;
    (void)state;
    for (n = 0; n < 3; n++) { /* other size, other bytes, the same bytes */
        struct superfile_upload upload;
        struct world w;
        uint8_t present[2 * PART + 10];
        size_t i;
        world_open(&w);
        assert_ok(write_body(&w, &upload, sizeof(present)), w.err);
        for (i = 0; i < sizeof(present); i++) {
            present[i] = byte_at(i);
        }
        present[sizeof(present) - 1] ^= n == 1;
        assert_ok(provider_put_atomic(w.store, upload.key, present, sizeof(present) - (n == 0),
                                      NULL, &w.err),
                  w.err);
        if (n < 2) {
            assert_status(superfile_upload_finish(&upload, &w.err), INLAY_ALREADY_EXISTS);
        } else {
            assert_ok(superfile_upload_finish(&upload, &w.err), w.err);
        }
        superfile_upload_close(&upload);
        world_close(&w);
    }
}

/* Every call fails once, or its answer is lost, or it arrives twice. */
static void sweep(enum fault_action action)
{
    uint64_t nth;
    bool fired = true;
    for (nth = 1; fired; nth++) {
        struct fault_rule rule = {.action = action, .nth = nth};
        struct superfile_upload upload;
        struct world w;
        world_open(&w);
        assert_ok(provider_fault_add(w.faulty, &rule, &w.err), w.err);
        assert_ok(write_body(&w, &upload, 3 * PART + 77), w.err);
        assert_ok(superfile_upload_finish(&upload, &w.err), w.err);
        fired = provider_fault_fired(w.faulty) != 0;
        check_object(&w, upload.key, 3 * PART + 77);
        superfile_upload_close(&upload);
        world_close(&w);
    }
    assert_true(nth > 6); /* begin, four parts, complete */
}

static void lost_responses(void **state)
{
    (void)state;
    sweep(FAULT_LOSE_RESPONSE);
}

static void failures_before_the_effect(void **state)
{
    (void)state;
    sweep(FAULT_FAIL_BEFORE);
}

static void duplicated_writes(void **state)
{
    (void)state;
    sweep(FAULT_DUPLICATE);
}

/* A store that never answers is an error in the end, and leaves nothing. */
static void a_deaf_store(void **state)
{
    static const enum provider_op ops[] = {PROVIDER_MULTIPART_BEGIN, PROVIDER_MULTIPART_PART,
                                           PROVIDER_MULTIPART_COMPLETE};
    size_t n;
    (void)state;
    for (n = 0; n < sizeof(ops) / sizeof(ops[0]); n++) {
        struct fault_rule rule = {
            .action = FAULT_FAIL_BEFORE, .ops = PROVIDER_OP_BIT(ops[n]), .nth = 1, .times = 1000};
        struct superfile_upload upload;
        struct world w;
        inlay_status status;
        size_t before;
        world_open(&w);
        before = object_count(&w);
        assert_ok(provider_fault_add(w.faulty, &rule, &w.err), w.err);
        status = write_body(&w, &upload, 2 * PART + 1);
        if (status == INLAY_OK) {
            status = superfile_upload_finish(&upload, &w.err);
        }
        assert_int_equal(status, INLAY_UNAVAILABLE);
        superfile_upload_close(&upload);
        assert_int_equal(object_count(&w), before);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_around_parts),
        cmocka_unit_test(nothing_remains_of_an_unfinished_one),
        cmocka_unit_test(another_object_is_refused),
        cmocka_unit_test(lost_responses),
        cmocka_unit_test(failures_before_the_effect),
        cmocka_unit_test(duplicated_writes),
        cmocka_unit_test(a_deaf_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
