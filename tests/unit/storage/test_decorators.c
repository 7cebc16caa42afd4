/* SPDX-License-Identifier: Apache-2.0 */
#include "support/storage_conformance.h"
#include "support/test.h"

#include "base/io_account.h"
#include "storage/fault.h"
#include "storage/memory.h"
#include "storage/metrics.h"
#include "storage/retry.h"
#include "storage/trace.h"

#include <stdatomic.h>
#include <stdio.h>

#define PAGE 7
#define MS ((uint64_t)1000000)

/* ---- a clock that only sleeping moves ---- */

struct virtual_clock {
    _Atomic uint64_t ns;
    _Atomic uint64_t random;
};

static uint64_t virtual_now(void *context)
{
    return atomic_load(&((struct virtual_clock *)context)->ns);
}

static int64_t virtual_unix(void *context)
{
    return (int64_t)(virtual_now(context) / MS);
}

static void virtual_sleep(void *context, uint64_t ns)
{
    atomic_fetch_add(&((struct virtual_clock *)context)->ns, ns);
}

static bool virtual_random(void *context, void *out, size_t size)
{
    struct virtual_clock *clock = context;
    uint8_t *bytes = out;
    size_t i;
    for (i = 0; i < size; i++) {
        uint64_t z = atomic_fetch_add(&clock->random, 0x9e3779b97f4a7c15u);
        bytes[i] = (uint8_t)((z ^ (z >> 29)) * 0xbf58476d1ce4e5b9u >> 56);
    }
    return true;
}

static struct env virtual_env(struct virtual_clock *clock)
{
    struct env env = {.unix_ms = virtual_unix,
                      .monotonic_ns = virtual_now,
                      .random = virtual_random,
                      .sleep_ns = virtual_sleep,
                      .variable = env_system()->variable,
                      .context = clock};
    return env;
}

/* ---- the contract through decorators ---- */

static struct virtual_clock suite_clock;
static struct env suite_env;

static void ignore_event(void *context, const struct trace_event *event)
{
    (void)context;
    (void)event;
}

static inlay_status open_stack(const struct conformance_backend *backend, struct provider **out,
                               inlay_error *err)
{
    struct provider_memory_options options = {.list_page = PAGE};
    (void)backend;
    if (provider_memory_create_with(&options, out, err) != INLAY_OK ||
        provider_fault_wrap(*out, true, 1, &suite_env, out, err) != INLAY_OK ||
        provider_metrics_wrap(*out, true, NULL, &suite_env, out, err) != INLAY_OK ||
        provider_retry_wrap(*out, true, NULL, out, err) != INLAY_OK) {
        return err->status;
    }
    return provider_trace_wrap(*out, true, ignore_event, NULL, &suite_env, out, err);
}

/* Every call may fail before or after its effect, arrive twice, or be cut short; retries hide it
 * all. */
static inlay_status open_faulty(const struct conformance_backend *backend, struct provider **out,
                                inlay_error *err)
{
    static const struct fault_rule rules[] = {
        {.action = FAULT_FAIL_BEFORE, .probability = 0.15},
        {.action = FAULT_LOSE_RESPONSE, .probability = 0.15},
        {.action = FAULT_DUPLICATE, .probability = 0.2},
        {.action = FAULT_TRUNCATE, .probability = 0.1},
        {.action = FAULT_DELAY, .probability = 0.1, .delay_ns = 20 * MS},
    };
    struct provider_memory_options options = {.list_page = PAGE};
    struct provider_retry_options retry = {
        .env = &suite_env, .budget = 100000, .deadline_ns = UINT64_MAX};
    size_t i;
    (void)backend;
    if (provider_memory_create_with(&options, out, err) != INLAY_OK ||
        provider_fault_wrap(*out, true, 42, &suite_env, out, err) != INLAY_OK) {
        return err->status;
    }
    for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (provider_fault_add(*out, &rules[i], err) != INLAY_OK) {
            return err->status;
        }
    }
    return provider_retry_wrap(*out, true, &retry, out, err);
}

/* ---- each decorator by itself ---- */

struct bench {
    struct virtual_clock clock;
    struct env env;
    struct provider *memory;
    struct provider *fault;
    struct provider *retry;
    inlay_error err;
};

static int bench_open(void **state)
{
    struct bench *b = test_calloc(1, sizeof(*b));
    struct provider_retry_options options = {0};
    inlay_error_init(&b->err);
    atomic_init(&b->clock.ns, 0);
    atomic_init(&b->clock.random, 7);
    b->env = virtual_env(&b->clock);
    options.env = &b->env;
    assert_ok(provider_memory_create(&b->memory, &b->err), b->err);
    assert_ok(provider_fault_wrap(b->memory, true, 1, &b->env, &b->fault, &b->err), b->err);
    assert_ok(provider_retry_wrap(b->fault, true, &options, &b->retry, &b->err), b->err);
    *state = b;
    return 0;
}

static int bench_close(void **state)
{
    struct bench *b = *state;
    provider_close(b->retry);
    test_free(b);
    return 0;
}

static void add(struct bench *b, struct fault_rule rule)
{
    assert_ok(provider_fault_add(b->fault, &rule, &b->err), b->err);
}

static void expect_bytes(struct bench *b, const char *key, const char *text)
{
    struct object_data object;
    assert_ok(provider_get(b->memory, key, &object, &b->err), b->err);
    assert_int_equal(object.size, strlen(text));
    assert_memory_equal(object.data, text, strlen(text));
    object_data_free(&object);
}

static void faults_fire_at_the_nth_matching_call(void **state)
{
    struct bench *b = *state;
    struct object_meta meta;
    struct object_data object;
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE,
                               .ops = PROVIDER_OP_BIT(PROVIDER_PUT_ATOMIC),
                               .key = "wal/*",
                               .nth = 2,
                               .times = 2,
                               .status = INLAY_IO});
    assert_ok(provider_put_atomic(b->fault, "other", "x", 1, NULL, &b->err), b->err);
    assert_ok(provider_put_atomic(b->fault, "wal/a/1", "x", 1, NULL, &b->err), b->err);
    assert_status(provider_put_atomic(b->fault, "wal/2", "x", 1, NULL, &b->err), INLAY_IO);
    assert_string_equal(b->err.key, "wal/2");
    assert_ok(provider_put_atomic(b->fault, "more", "x", 1, NULL, &b->err), b->err);
    assert_status(provider_put_atomic(b->fault, "wal/3", "x", 1, NULL, &b->err), INLAY_IO);
    assert_ok(provider_put_atomic(b->fault, "wal/4", "x", 1, NULL, &b->err), b->err);
    assert_status(provider_head(b->memory, "wal/2", &meta, NULL), INLAY_NOT_FOUND);
    assert_int_equal(provider_fault_calls(b->fault, PROVIDER_OP_BIT(PROVIDER_PUT_ATOMIC)), 6);
    assert_int_equal(provider_fault_calls(b->fault, 0), 6);
    assert_int_equal(provider_fault_fired(b->fault), 2);
    provider_fault_clear(b->fault);
    assert_int_equal(provider_fault_calls(b->fault, 0), 0);
    add(b, (struct fault_rule){.action = FAULT_FAIL_AFTER, .nth = 1, .status = INLAY_PERMISSION});
    assert_status(provider_put_atomic(b->fault, "after", "x", 1, NULL, &b->err), INLAY_PERMISSION);
    expect_bytes(b, "after", "x");
    add(b, (struct fault_rule){.action = FAULT_TRUNCATE, .probability = 1});
    assert_status(provider_get(b->fault, "after", &object, &b->err), INLAY_UNAVAILABLE);
    assert_null(object.data);
}

static void delays_pass_on_the_given_clock(void **state)
{
    struct bench *b = *state;
    add(b, (struct fault_rule){.action = FAULT_DELAY, .nth = 1, .delay_ns = 3600 * 1000 * MS});
    assert_ok(provider_delete(b->fault, "k", &b->err), b->err);
    assert_true(virtual_now(&b->clock) == 3600 * 1000 * MS);
}

static void shuffled_listings_still_sort(void **state)
{
    struct bench *b = *state;
    struct object_page page;
    int out_of_order = 0;
    size_t i;
    for (i = 0; i < 50; i++) {
        char key[16];
        (void)snprintf(key, sizeof(key), "k%02zu", i);
        assert_ok(provider_put_atomic(b->fault, key, "x", 1, NULL, &b->err), b->err);
    }
    add(b, (struct fault_rule){.action = FAULT_SHUFFLE, .probability = 1});
    assert_ok(provider_list(b->fault, "", NULL, &page, &b->err), b->err);
    for (i = 1; i < page.count; i++) {
        out_of_order += strcmp(page.entries[i - 1].key, page.entries[i].key) > 0;
    }
    assert_int_equal(page.count, 50);
    assert_true(out_of_order > 5);
    object_page_free(&page);
    assert_ok(provider_list_all(b->fault, "", &page, &b->err), b->err);
    for (i = 1; i < page.count; i++) {
        assert_true(strcmp(page.entries[i - 1].key, page.entries[i].key) < 0);
    }
    object_page_free(&page);
}

static void lost_responses_of_writes_are_recognised(void **state)
{
    struct bench *b = *state;
    struct provider_retry_counts counts;
    struct multipart *upload;
    struct object_meta meta;
    char etag[ETAG_SIZE];
    const uint32_t writes = PROVIDER_WRITES & ~PROVIDER_OP_BIT(PROVIDER_DELETE);
    add(b, (struct fault_rule){.action = FAULT_LOSE_RESPONSE, .ops = writes, .nth = 1});
    assert_ok(provider_put_atomic(b->retry, "k", "one", 3, etag, &b->err), b->err);
    assert_ok(provider_head(b->memory, "k", &meta, &b->err), b->err);
    assert_string_equal(etag, meta.etag);
    add(b, (struct fault_rule){.action = FAULT_LOSE_RESPONSE, .ops = writes, .nth = 1});
    assert_ok(provider_put_if_match(b->retry, "k", "two", 3, etag, etag, &b->err), b->err);
    assert_ok(provider_head(b->memory, "k", &meta, &b->err), b->err);
    assert_string_equal(etag, meta.etag);
    add(b, (struct fault_rule){.action = FAULT_LOSE_RESPONSE, .ops = writes, .nth = 1});
    assert_ok(provider_multipart_begin(b->retry, "mp", &upload, &b->err), b->err);
    assert_ok(multipart_put_part(upload, 1, "second", 6, &b->err), b->err);
    assert_ok(multipart_put_part(upload, 0, "first", 5, &b->err), b->err);
    assert_ok(multipart_complete(upload, etag, &b->err), b->err);
    multipart_close(upload);
    assert_ok(provider_head(b->memory, "mp", &meta, &b->err), b->err);
    assert_string_equal(etag, meta.etag);
    expect_bytes(b, "mp", "firstsecond");
    provider_retry_counts(b->retry, &counts);
    assert_int_equal(counts.recovered, 3);
    assert_int_equal(counts.retries, 3);
    /* Only one request of each kind had its effect, none was sent twice. */
    assert_int_equal(provider_fault_calls(b->fault, writes), 3);
}

static void foreign_winner_is_no_success(void **state)
{
    struct bench *b = *state;
    struct multipart *upload;
    char etag[ETAG_SIZE];
    char stale[ETAG_SIZE];
    add(b, (struct fault_rule){
               .action = FAULT_FAIL_BEFORE, .ops = PROVIDER_WRITES, .probability = 0.5});
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .ops = PROVIDER_WRITES, .nth = 1});
    assert_ok(provider_put_atomic(b->memory, "k", "theirs", 6, stale, &b->err), b->err);
    assert_status(provider_put_atomic(b->retry, "k", "ours!!", 6, etag, &b->err),
                  INLAY_PRECONDITION_FAILED);
    assert_int_equal(etag[0], 0);
    assert_ok(provider_put_if_match(b->memory, "k", "newer!", 6, stale, NULL, &b->err), b->err);
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .ops = PROVIDER_WRITES, .nth = 1});
    assert_status(provider_put_if_match(b->retry, "k", "ours!!", 6, stale, etag, &b->err),
                  INLAY_PRECONDITION_FAILED);
    assert_string_equal(b->err.key, "k");
    expect_bytes(b, "k", "newer!");
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .ops = PROVIDER_WRITES, .nth = 1});
    assert_ok(provider_multipart_begin(b->retry, "k", &upload, &b->err), b->err);
    assert_ok(multipart_put_part(upload, 0, "newer?", 6, &b->err), b->err);
    assert_status(multipart_complete(upload, NULL, &b->err), INLAY_PRECONDITION_FAILED);
    multipart_close(upload);
    expect_bytes(b, "k", "newer!");
}

static void only_unavailable_is_retried(void **state)
{
    static const inlay_status statuses[] = {INLAY_IO, INLAY_PERMISSION, INLAY_CORRUPT,
                                            INLAY_PRECONDITION_FAILED, INLAY_TIMEOUT};
    struct bench *b = *state;
    struct provider_retry_counts counts;
    size_t i;
    for (i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
        add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .nth = 1, .status = statuses[i]});
        assert_status(provider_put_atomic(b->retry, "k", "x", 1, NULL, &b->err), statuses[i]);
    }
    provider_retry_counts(b->retry, &counts);
    assert_int_equal(counts.retries, 0);
    assert_int_equal(counts.calls, i);
}

static void retries_stop_at_the_deadline(void **state)
{
    struct bench *b = *state;
    struct provider_retry_counts counts;
    struct object_data object;
    uint64_t tries;
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .probability = 1});
    assert_status(provider_get(b->retry, "k", &object, &b->err), INLAY_UNAVAILABLE);
    assert_string_equal(b->err.key, "k");
    assert_non_null(strstr(b->err.message, "deadline"));
    assert_non_null(strstr(b->err.cause, "injected"));
    assert_int_equal(b->err.retryable, 1);
    assert_true(virtual_now(&b->clock) <= 60000 * MS);
    assert_true(virtual_now(&b->clock) > 50000 * MS);
    provider_retry_counts(b->retry, &counts);
    tries = provider_fault_calls(b->fault, 0);
    assert_int_equal(counts.retries, tries - 1);
    assert_int_equal(counts.deadline, 1);
    assert_true(counts.slept_ns == virtual_now(&b->clock));
    /* Pauses average 2.5 s once they are at the cap: about 25 of them fit. */
    assert_true(tries > 15 && tries < 70);
}

static void pauses_grow_and_stay_below_their_bounds(void **state)
{
    struct bench *b = *state;
    struct object_data object;
    uint64_t total = 0;
    int round;
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .probability = 1});
    for (round = 1; round <= 6; round++) {
        uint64_t bound = 0;
        uint64_t before;
        int i;
        for (i = 0; i < round; i++) {
            bound += (50 * MS) << i;
        }
        provider_fault_clear(b->fault);
        add(b,
            (struct fault_rule){.action = FAULT_FAIL_BEFORE, .nth = 1, .times = (uint64_t)round});
        before = virtual_now(&b->clock);
        assert_status(provider_get(b->retry, "k", &object, &b->err), INLAY_NOT_FOUND);
        assert_true(virtual_now(&b->clock) - before < bound);
        total += virtual_now(&b->clock) - before;
    }
    assert_true(total > 500 * MS);
}

static void empty_budget_ends_retries(void **state)
{
    struct bench *b = *state;
    struct provider_retry_counts counts;
    struct object_data object;
    int i;
    add(b, (struct fault_rule){.action = FAULT_FAIL_BEFORE, .probability = 1});
    for (i = 0; i < 20; i++) {
        assert_status(provider_get(b->retry, "k", &object, &b->err), INLAY_UNAVAILABLE);
    }
    provider_retry_counts(b->retry, &counts);
    assert_int_equal(counts.retries, 100);
    assert_true(counts.budget >= 1);
    assert_int_equal(counts.budget + counts.deadline, 20);
    assert_non_null(strstr(b->err.message, "budget"));
}

static void metrics_count_requests_bytes_and_time(void **state)
{
    struct bench *b = *state;
    struct provider *metrics;
    struct metrics_snapshot snapshot;
    struct io_account account = {0};
    struct object_data object;
    uint8_t bytes[8];
    struct object_range ranges[] = {{0, 3, bytes}, {4, 2, bytes + 4}};
    const struct metrics_op *op = snapshot.ops;
    add(b, (struct fault_rule){.action = FAULT_DELAY, .probability = 1, .delay_ns = MS});
    assert_ok(provider_metrics_wrap(b->fault, false, &account, &b->env, &metrics, &b->err), b->err);
    assert_ok(provider_put_atomic(metrics, "k", "0123456789", 10, NULL, &b->err), b->err);
    assert_ok(provider_get(metrics, "k", &object, &b->err), b->err);
    object_data_free(&object);
    assert_status(provider_get(metrics, "no", &object, &b->err), INLAY_NOT_FOUND);
    assert_ok(provider_get_ranges(metrics, "k", ranges, 2, &b->err), b->err);
    assert_status(provider_get_range(metrics, "k", 9, 9, bytes, NULL), INLAY_INVALID_ARGUMENT);
    provider_metrics_snapshot(metrics, &snapshot);
    assert_int_equal(op[PROVIDER_PUT_ATOMIC].calls, 1);
    assert_int_equal(op[PROVIDER_PUT_ATOMIC].bytes_written, 10);
    assert_int_equal(op[PROVIDER_GET].calls, 2);
    assert_int_equal(op[PROVIDER_GET].refused, 1);
    assert_int_equal(op[PROVIDER_GET].bytes_read, 10);
    assert_int_equal(op[PROVIDER_GET_RANGES].calls, 2);
    assert_int_equal(op[PROVIDER_GET_RANGES].requests, 3);
    assert_int_equal(op[PROVIDER_GET_RANGES].bytes_read, 5);
    assert_int_equal(op[PROVIDER_GET_RANGES].failed, 1);
    assert_int_equal(op[PROVIDER_GET].total_ns, 2 * MS);
    assert_int_equal(op[PROVIDER_GET].max_ns, MS);
    assert_int_equal(metrics_quantile(&op[PROVIDER_GET], 0.5), MS);
    assert_int_equal(metrics_quantile(&op[PROVIDER_LIST], 0.5), 0);
    assert_int_equal(atomic_load(&account.requests), 6);
    assert_int_equal(atomic_load(&account.round_trips), 5);
    assert_int_equal(atomic_load(&account.bytes_read), 15);
    assert_int_equal(atomic_load(&account.bytes_written), 10);
    assert_int_equal(atomic_load(&account.wait_ns), 5 * MS);
    provider_close(metrics);
}

static void record_event(void *context, const struct trace_event *event)
{
    char *text = context;
    size_t used = strlen(text);
    (void)snprintf(text + used, 512 - used, "%s %s %llu %s;", provider_op_name(event->op),
                   event->key, (unsigned long long)event->bytes, inlay_status_name(event->status));
}

static void trace_tells_every_operation(void **state)
{
    struct bench *b = *state;
    struct provider *trace;
    struct multipart *upload;
    struct object_data object;
    char text[512] = "";
    assert_ok(provider_trace_wrap(b->fault, false, record_event, text, &b->env, &trace, &b->err),
              b->err);
    assert_ok(provider_put_atomic(trace, "k", "secret", 6, NULL, &b->err), b->err);
    assert_status(provider_get(trace, "no", &object, &b->err), INLAY_NOT_FOUND);
    assert_ok(provider_multipart_begin(trace, "mp", &upload, &b->err), b->err);
    assert_ok(multipart_put_part(upload, 0, "abc", 3, &b->err), b->err);
    multipart_abort(upload);
    multipart_close(upload);
    assert_string_equal(text, "put_atomic k 6 ok;get no 0 not found;multipart_begin mp 0 ok;"
                              "multipart_part mp 3 ok;multipart_abort mp 0 ok;");
    provider_close(trace);
}

#define CHECK(test) cmocka_unit_test_setup_teardown(test, bench_open, bench_close)

int main(void)
{
    static const struct conformance_backend stack = {
        .name = "decorated", .open = open_stack, .list_page = PAGE};
    static const struct conformance_backend faulty = {.name = "faulty behind retries",
                                                      .open = open_faulty,
                                                      .list_page = PAGE,
                                                      .rounds = 30,
                                                      .wins_may_be_missed = true};
    const struct CMUnitTest tests[] = {
        CHECK(faults_fire_at_the_nth_matching_call),
        CHECK(delays_pass_on_the_given_clock),
        CHECK(shuffled_listings_still_sort),
        CHECK(lost_responses_of_writes_are_recognised),
        CHECK(foreign_winner_is_no_success),
        CHECK(only_unavailable_is_retried),
        CHECK(retries_stop_at_the_deadline),
        CHECK(pauses_grow_and_stay_below_their_bounds),
        CHECK(empty_budget_ends_retries),
        CHECK(metrics_count_requests_bytes_and_time),
        CHECK(trace_tells_every_operation),
    };
    suite_env = virtual_env(&suite_clock);
    return conformance_run(&stack) + conformance_run(&faulty) +
           cmocka_run_group_tests(tests, NULL, NULL);
}
