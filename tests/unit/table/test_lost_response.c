/* SPDX-License-Identifier: Apache-2.0 */
/* Every storage call of a series of operations, in turn, fails before its effect, loses its
 * response, or arrives twice; the caller repeats what it was told has failed. Nothing may be lost
 * or doubled, and every other handle must see one dense line of versions. */
#include "unit/table/fixture.h"

enum { APPENDS = 66 }; /* passes a fold */

struct world {
    struct fake_env fake;
    struct provider *faulty;
    struct table_options options;
    struct table *table;
    inlay_error err;
};

static void world_open(struct world *w)
{
    struct provider *memory;
    memset(w, 0, sizeof(*w));
    inlay_error_init(&w->err);
    fake_env_init(&w->fake, 7);
    assert_ok(provider_memory_create(&memory, &w->err), w->err);
    assert_ok(provider_fault_wrap(memory, true, 1, &w->fake.env, &w->faulty, &w->err), w->err);
    w->options = fixture_options(w->faulty, &w->fake.env);
}

static void world_close(struct world *w)
{
    table_close(w->table);
    provider_close(w->faulty);
}

/* One failure at most, so the second call must do. */
static void append_until_done(struct world *w, uint64_t number)
{
    struct made_entry made;
    make_entry(&made, number);
    if (table_append(w->table, &made.entry, 1, NULL, &w->err) != INLAY_OK) {
        assert_ok(table_append(w->table, &made.entry, 1, NULL, &w->err), w->err);
    }
}

static void run_operations(struct world *w)
{
    if (table_create(&w->options, &w->table, &w->err) != INLAY_OK) {
        fail_msg("create: %s", w->err.message);
    }
    for (uint64_t i = 0; i < APPENDS; i++) {
        append_until_done(w, i);
    }
    if (table_set_tag(w->table, "mark", NULL, &w->err) != INLAY_OK) {
        fail_msg("tag: %s", w->err.message);
    }
}

static void check(struct world *w)
{
    struct table *fresh;
    struct snapshot *snapshot;
    struct entry_list list;
    struct history_record *records;
    size_t count;
    bool seen[APPENDS] = {false};
    assert_ok(table_open(&w->options, &fresh, &w->err), w->err);
    snapshot = table_current(fresh);
    assert_int_equal(snapshot->id, APPENDS + 1); /* dense: one version per operation */
    assert_int_equal(snapshot->tag_count, 1);
    assert_ok(snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, &w->err), w->err);
    assert_int_equal(list.count, APPENDS);
    for (size_t i = 0; i < list.count; i++) {
        uint64_t number = entry_number(&list.entries[i]);
        assert_true(number < APPENDS && !seen[number]);
        seen[number] = true;
    }
    entry_list_free(&list);
    snapshot_release(snapshot);
    assert_ok(table_versions(fresh, 1000, &records, &count, &w->err), w->err);
    assert_int_equal(count, APPENDS + 2);
    mem_free(records);
    table_close(fresh);
}

static uint64_t count_calls(void)
{
    struct world w;
    uint64_t calls;
    world_open(&w);
    run_operations(&w);
    calls = provider_fault_calls(w.faulty, 0);
    check(&w);
    world_close(&w);
    return calls;
}

static void sweep(enum fault_action action)
{
    uint64_t calls = count_calls();
    assert_in_range(calls, 2 * APPENDS, 3 * APPENDS);
    for (uint64_t nth = 1; nth <= calls; nth++) {
        struct fault_rule rule = {.action = action, .nth = nth};
        struct world w;
        world_open(&w);
        assert_ok(provider_fault_add(w.faulty, &rule, &w.err), w.err);
        run_operations(&w);
        assert_int_equal(provider_fault_fired(w.faulty), 1);
        provider_fault_clear(w.faulty);
        check(&w);
        world_close(&w);
    }
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

/* Our commit lands, its response is lost, and before we look others commit far past it. */
static void won_long_ago(void **state)
{
    static const uint64_t others[] = {1, 15, 16, 17, 40, 300};
    (void)state;
    for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
        struct world w;
        struct table *rival;
        struct snapshot *snapshot;
        struct made_entry made;
        struct commit_result result;
        struct fault_rule lose = {
            .action = FAULT_LOSE_RESPONSE, .ops = PROVIDER_OP_BIT(PROVIDER_PUT_IF_MATCH), .nth = 1};
        struct fault_rule deaf = {.action = FAULT_FAIL_BEFORE,
                                  .ops = PROVIDER_OP_BIT(PROVIDER_GET),
                                  .nth = 1,
                                  .times = 1000};
        world_open(&w);
        assert_ok(table_create(&w.options, &w.table, &w.err), w.err);
        assert_ok(table_open(&w.options, &rival, &w.err), w.err);
        provider_fault_clear(w.faulty);
        assert_ok(provider_fault_add(w.faulty, &lose, &w.err), w.err);
        assert_ok(provider_fault_add(w.faulty, &deaf, &w.err), w.err);
        make_entry(&made, 0);
        assert_status(table_append(w.table, &made.entry, 1, NULL, &w.err), INLAY_UNAVAILABLE);
        provider_fault_clear(w.faulty);
        assert_ok(table_refresh(rival, &w.err), w.err);
        for (uint64_t i = 1; i <= others[n]; i++) {
            struct made_entry other;
            make_entry(&other, i);
            assert_ok(table_append(rival, &other.entry, 1, NULL, &w.err), w.err);
        }
        /* The caller repeats the append that it was told is in doubt. */
        assert_ok(table_append(w.table, &made.entry, 1, &result, &w.err), w.err);
        assert_false(result.changed);
        assert_ok(table_pin(w.table, &snapshot, &w.err), w.err);
        assert_int_equal(snapshot->counts.superfiles, others[n] + 1);
        snapshot_release(snapshot);
        table_close(rival);
        world_close(&w);
    }
}

struct interlude {
    struct world *world;
    struct table *rival;
    uint64_t commits; /* that the rival makes while the writer sleeps, once */
};

static struct interlude *interlude; /* the sleep function's; one test at a time */

static void sleep_while_others_commit(void *context, uint64_t ns)
{
    struct interlude *now = interlude;
    interlude = NULL;
    fake_sleep(context, ns);
    if (now == NULL) {
        return;
    }
    assert_ok(table_refresh(now->rival, &now->world->err), now->world->err);
    for (uint64_t i = 1; i <= now->commits; i++) {
        struct made_entry other;
        make_entry(&other, i);
        assert_ok(table_append(now->rival, &other.entry, 1, NULL, &now->world->err),
                  now->world->err);
    }
}

/* The same, but the writer itself finds out: its commit id is in the history, however far back. */
static void the_history_tells_the_winner(void **state)
{
    static const uint64_t others[] = {0, 1, 15, 16, 17, 40, 300};
    (void)state;
    for (size_t n = 0; n < sizeof(others) / sizeof(others[0]); n++) {
        struct world w;
        struct interlude between = {.world = &w, .commits = others[n]};
        struct made_entry made;
        struct commit_result result;
        struct fault_rule lose = {
            .action = FAULT_LOSE_RESPONSE, .ops = PROVIDER_OP_BIT(PROVIDER_PUT_IF_MATCH), .nth = 1};
        world_open(&w);
        w.fake.env.sleep_ns = sleep_while_others_commit;
        assert_ok(table_create(&w.options, &w.table, &w.err), w.err);
        assert_ok(table_open(&w.options, &between.rival, &w.err), w.err);
        provider_fault_clear(w.faulty);
        assert_ok(provider_fault_add(w.faulty, &lose, &w.err), w.err);
        interlude = &between;
        make_entry(&made, 0);
        assert_ok(table_append(w.table, &made.entry, 1, &result, &w.err), w.err);
        assert_true(result.changed);
        assert_int_equal(result.version, 1);
        assert_int_equal(result.tries, 1);
        assert_null(interlude);
        {
            struct snapshot *snapshot = table_current(w.table);
            assert_int_equal(snapshot->id, others[n] + 1);
            assert_int_equal(snapshot->counts.superfiles, others[n] + 1);
            snapshot_release(snapshot);
        }
        table_close(between.rival);
        world_close(&w);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lost_responses),
        cmocka_unit_test(failures_before_the_effect),
        cmocka_unit_test(duplicated_writes),
        cmocka_unit_test(won_long_ago),
        cmocka_unit_test(the_history_tells_the_winner),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
