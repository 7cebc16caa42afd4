/* SPDX-License-Identifier: Apache-2.0 */
#include "support/storage_conformance.h"
#include "support/test.h"

#include "storage/memory.h"

#define PAGE 7

static inlay_status open_memory(const struct conformance_backend *backend, struct provider **out,
                                inlay_error *err)
{
    struct provider_memory_options options = {.list_page = PAGE};
    (void)backend;
    return provider_memory_create_with(&options, out, err);
}

static int64_t fixed_clock(void *context)
{
    return *(int64_t *)context;
}

static void modification_time_comes_from_the_clock(void **state)
{
    int64_t now = 1234;
    struct env env = *env_system();
    struct provider_memory_options options = {.env = &env};
    struct provider *provider;
    struct object_meta meta;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    env.unix_ms = fixed_clock;
    env.context = &now;
    assert_ok(provider_memory_create_with(&options, &provider, &err), err);
    assert_ok(provider_put_atomic(provider, "k", "x", 1, NULL, &err), err);
    now = 99999;
    assert_ok(provider_head(provider, "k", &meta, &err), err);
    assert_int_equal(meta.last_modified_ms, 1234);
    assert_null(provider_local_path(provider, "k"));
    provider_close(provider);
}

int main(void)
{
    static const struct conformance_backend backend = {
        .name = "memory", .open = open_memory, .list_page = PAGE};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(modification_time_comes_from_the_clock),
    };
    return conformance_run(&backend) + cmocka_run_group_tests(tests, NULL, NULL);
}
