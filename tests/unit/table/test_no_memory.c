/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of a series of operations fails in turn: the status says so, nothing leaks
 * (AddressSanitizer watches), and what was reported as done is there. */
#include "unit/table/fixture.h"

static _Atomic uint64_t allocations;
static uint64_t failing; /* the allocation that fails; 0 = none */

static bool fails(void)
{
    return ++allocations == failing;
}

static void *hook_alloc(void *context, size_t size)
{
    (void)context;
    return fails() ? NULL : malloc(size);
}

static void *hook_realloc(void *context, void *pointer, size_t size)
{
    (void)context;
    return fails() ? NULL : realloc(pointer, size);
}

static void hook_free(void *context, void *pointer)
{
    (void)context;
    free(pointer);
}

struct outcome {
    uint64_t appended; /* superfiles that were reported as added */
    bool tagged;
};

static inlay_status scan_all(struct snapshot *snapshot, inlay_error *err)
{
    struct entry_list list;
    inlay_status status = snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, err);
    entry_list_free(&list);
    return status;
}

static inlay_status append_some(struct table *table, uint64_t from, size_t count,
                                struct outcome *outcome, inlay_error *err)
{
    struct made_entry *made = calloc(count, sizeof(*made));
    struct manifest_entry *entries = calloc(count, sizeof(*entries));
    inlay_status status;
    for (size_t i = 0; i < count; i++) {
        make_entry(&made[i], from + i);
        entries[i] = made[i].entry;
    }
    status = table_append(table, entries, count, NULL, err);
    if (status == INLAY_OK) {
        outcome->appended += count;
    }
    free(made);
    free(entries);
    return status;
}

static inlay_status replace_one(struct table *table, inlay_error *err)
{
    struct snapshot *snapshot = table_current(table);
    struct change change;
    struct commit_request request = {.change = &change};
    struct entry_list list;
    inlay_status status = snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, err);
    change_init(&change, OPERATION_DELETE);
    if (status == INLAY_OK) {
        list.entries[0].tombstones.deleted = 1;
        status = change_replace(&change, &list.entries[0], err);
    }
    if (status == INLAY_OK) {
        status = table_commit(table, &request, NULL, err);
    }
    change_free(&change);
    entry_list_free(&list);
    snapshot_release(snapshot);
    return status;
}

static inlay_status read_again(const struct table_options *options, inlay_error *err)
{
    struct table *table;
    struct snapshot *snapshot = NULL;
    struct history_record *records = NULL;
    size_t count;
    inlay_status status = table_open(options, &table, err);
    if (status != INLAY_OK) {
        return status;
    }
    status = table_open_tag(table, "mark", &snapshot, err);
    if (status == INLAY_OK) {
        status = scan_all(snapshot, err);
    }
    if (status == INLAY_OK) {
        status = table_versions(table, 10, &records, &count, err);
    }
    mem_free(records);
    snapshot_release(snapshot);
    table_close(table);
    return status;
}

static inlay_status operate(const struct table_options *options, struct outcome *outcome,
                            inlay_error *err)
{
    struct table *table;
    inlay_status status = table_create(options, &table, err);
    if (status == INLAY_OK) {
        status = append_some(table, 0, 2, outcome, err);
    }
    if (status == INLAY_OK) {
        status = append_some(table, 2, 64, outcome, err); /* folds */
    }
    if (status == INLAY_OK) {
        status = replace_one(table, err);
    }
    if (status == INLAY_OK) {
        status = table_set_tag(table, "mark", NULL, err);
        outcome->tagged = status == INLAY_OK;
    }
    table_close(table);
    return status == INLAY_OK ? read_again(options, err) : status;
}

static void check(const struct table_options *options, const struct outcome *outcome)
{
    inlay_error err;
    struct table *table;
    struct snapshot *snapshot;
    inlay_error_init(&err);
    if (table_open(options, &table, &err) == INLAY_NOT_FOUND) {
        assert_int_equal(outcome->appended, 0);
        return;
    }
    snapshot = table_current(table);
    assert_int_equal(snapshot->counts.superfiles, outcome->appended);
    assert_int_equal(snapshot->tag_count, outcome->tagged);
    assert_ok(scan_all(snapshot, &err), err);
    snapshot_release(snapshot);
    table_close(table);
}

static void every_allocation_fails_once(void **state)
{
    static const struct mem_hooks hooks = {hook_alloc, hook_realloc, hook_free, NULL};
    bool finished = false;
    (void)state;
    mem_set_hooks(&hooks);
    for (uint64_t nth = 1; !finished; nth++) {
        struct fake_env fake;
        struct provider *provider;
        struct table_options options;
        struct outcome outcome = {0};
        inlay_error err;
        inlay_status status;
        inlay_error_init(&err);
        fake_env_init(&fake, 1);
        failing = 0;
        assert_ok(provider_memory_create(&provider, &err), err);
        options = fixture_options(provider, &fake.env);
        allocations = 0;
        failing = nth;
        status = operate(&options, &outcome, &err);
        finished = allocations < nth;
        failing = 0;
        if (status != INLAY_OK && status != INLAY_NO_MEMORY) {
            fail_msg("allocation %d: %s", (int)nth, err.message);
        }
        assert_true(status == INLAY_OK || err.status == INLAY_NO_MEMORY);
        assert_true(!finished || status == INLAY_OK);
        check(&options, &outcome);
        provider_close(provider);
    }
    assert_true(allocations > 500);
    mem_set_hooks(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_fails_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
