/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a scenario fails once: each call then reports it or succeeds, nothing leaks,
 * and a store that was hit is still whole. */
#include "support/test.h"

#include "base/alloc.h"
#include "base/error.h"
#include "storage/fault.h"
#include "storage/local.h"
#include "storage/memory.h"
#include "storage/metrics.h"
#include "storage/retry.h"
#include "storage/trace.h"

#include <stdio.h>
#include <stdlib.h>

static long countdown; /* the allocation that fails; 0 = none */
static long fired;

static bool fails(void)
{
    if (countdown > 0 && --countdown == 0) {
        fired++;
        return true;
    }
    return false;
}

static void *failing_alloc(void *context, size_t size)
{
    (void)context;
    return fails() ? NULL : malloc(size);
}

static void *failing_realloc(void *context, void *pointer, size_t size)
{
    (void)context;
    return fails() ? NULL : realloc(pointer, size);
}

static void failing_free(void *context, void *pointer)
{
    (void)context;
    free(pointer);
}

static void ignore_event(void *context, const struct trace_event *event)
{
    (void)context;
    (void)event;
}

static inlay_status open_local(const char *folder, struct provider **out, inlay_error *err)
{
    const struct provider_local_options options = {.no_sync = true, .list_page = 2};
    return provider_local_open_with(folder, &options, out, err);
}

/* Wraps *provider in every decorator; on failure *provider is what there is to close. */
static inlay_status decorate(struct provider **provider, inlay_error *err)
{
    const struct fault_rule rule = {
        .action = FAULT_LOSE_RESPONSE, .ops = PROVIDER_WRITES, .key = "*", .probability = 0};
    struct provider *next;
    INLAY_TRY(provider_fault_wrap(*provider, true, 1, NULL, &next, err));
    *provider = next;
    INLAY_TRY(provider_fault_add(*provider, &rule, err));
    INLAY_TRY(provider_metrics_wrap(*provider, true, NULL, NULL, &next, err));
    *provider = next;
    INLAY_TRY(provider_retry_wrap(*provider, true, NULL, &next, err));
    *provider = next;
    INLAY_TRY(provider_trace_wrap(*provider, true, ignore_event, NULL, NULL, &next, err));
    *provider = next;
    return INLAY_OK;
}

static void may_fail(inlay_status status)
{
    if (status != INLAY_OK) {
        assert_int_equal(status, INLAY_NO_MEMORY);
    }
}

/* Uploads two parts; the object is there, whole, exactly when completion said so. */
static void upload(struct provider *provider, inlay_error *err)
{
    struct multipart *upload;
    struct object_meta meta;
    inlay_status status = provider_multipart_begin(provider, "d/mp", &upload, err);
    inlay_status found;
    may_fail(status);
    if (status == INLAY_OK) {
        status = multipart_put_part(upload, 0, "ab", 2, err);
        may_fail(status);
        if (status == INLAY_OK) {
            status = multipart_put_part(upload, 1, "cdef", 4, err);
            may_fail(status);
        }
        if (status == INLAY_OK) {
            status = multipart_complete(upload, NULL, err);
            may_fail(status);
        }
        multipart_close(upload);
    }
    found = provider_head(provider, "d/mp", &meta, err);
    assert_int_equal(found, status == INLAY_OK ? INLAY_OK : INLAY_NOT_FOUND);
}

static void scenario(const char *folder)
{
    struct provider *provider;
    struct object_data object = {0};
    struct object_page page = {0};
    uint8_t bytes[2];
    struct object_range ranges[] = {{0, 1, bytes}, {1, 0, NULL}, {1, 1, bytes + 1}};
    char etag[ETAG_SIZE];
    inlay_error err;
    inlay_status status;
    int i;
    inlay_error_init(&err);
    status = folder != NULL ? open_local(folder, &provider, &err)
                            : provider_memory_create(&provider, &err);
    may_fail(status);
    if (status != INLAY_OK) {
        assert_null(provider);
        return;
    }
    may_fail(decorate(&provider, &err));
    for (i = 0; i < 5; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "d/k%d", i);
        status = provider_put_atomic(provider, key, "0123", 4, etag, &err);
        may_fail(status);
        if (status == INLAY_OK) {
            may_fail(provider_put_if_match(provider, key, "4567", 4, etag, NULL, &err));
            may_fail(provider_get(provider, key, &object, &err));
            object_data_free(&object);
            may_fail(provider_get_tail(provider, key, 2, &object, &err));
            object_data_free(&object);
            may_fail(provider_get_ranges(provider, key, ranges, 3, &err));
            mem_free(provider_local_path(provider, key));
        }
    }
    upload(provider, &err);
    may_fail(provider_list_all(provider, "", &page, &err));
    object_page_free(&page);
    may_fail(provider_clean_staging(provider, 0, NULL, &err));
    for (i = 0; i < 5; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "d/k%d", i);
        may_fail(provider_delete(provider, key, &err));
    }
    may_fail(provider_delete(provider, "d/mp", &err));
    countdown = 0;
    assert_ok(provider_list_all(provider, "", &page, &err), err);
    assert_int_equal(page.count, 0);
    object_page_free(&page);
    provider_close(provider);
}

static void sweep(const char *folder)
{
    long n;
    for (n = 1;; n++) {
        fired = 0;
        countdown = n;
        scenario(folder);
        countdown = 0;
        if (fired == 0) {
            break;
        }
        assert_true(n < 2000);
    }
    print_message("%ld allocations failed\n", n - 1);
    assert_true(n > 20);
}

static void memory_store_survives(void **state)
{
    (void)state;
    sweep(NULL);
}

static void local_store_survives(void **state)
{
    char *folder = test_folder_make();
    (void)state;
    sweep(folder);
    test_folder_remove(folder);
    free(folder);
}

int main(void)
{
    static const struct mem_hooks hooks = {failing_alloc, failing_realloc, failing_free, NULL};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(memory_store_survives),
        cmocka_unit_test(local_store_survives),
    };
    mem_set_hooks(&hooks);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
