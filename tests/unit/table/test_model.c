/* SPDX-License-Identifier: Apache-2.0 */
/* Random commits, replacements, removals, tags, pins and reopenings against a plain list; and the
 * bound on what a commit writes. */
#include "unit/table/fixture.h"

#include "base/error.h"

#include "storage/metrics.h"
#include "table/manifest/pointer.h"

enum { STEPS = 500, UNIVERSE = 4000, PINS = 6 };

struct model {
    bool live[UNIVERSE];
    uint64_t deleted[UNIVERSE];
    uint64_t count;
};

struct world {
    struct fake_env fake;
    struct provider *provider;
    struct table_options options;
    struct table *tables[2]; /* two handles, as two processes would have */
    struct model now;
    uint64_t version;
    uint64_t next;
    struct test_random random;
    struct snapshot *pins[PINS];
    struct model pinned[PINS];
    struct model tagged;
    uint64_t tagged_version; /* 0 = no tag */
    inlay_error err;
};

static void check_snapshot(struct world *w, struct snapshot *snapshot, const struct model *model)
{
    struct entry_list list;
    uint64_t rows = 0;
    uint64_t deleted = 0;
    uint64_t length = 0;
    assert_ok(snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, &w->err), w->err);
    assert_int_equal(list.count, model->count);
    for (size_t i = 0; i < list.count; i++) {
        const struct manifest_entry *entry = &list.entries[i];
        uint64_t number = entry_number(entry);
        assert_true(number < UNIVERSE && model->live[number]);
        assert_int_equal(entry->tombstones.deleted, model->deleted[number]);
        rows += entry->rows;
        deleted += entry->tombstones.deleted;
        length += entry->texts[0].live_length;
        for (size_t j = 0; j < i && i < 50; j++) {
            assert_true(entry_number(&list.entries[j]) != number);
        }
    }
    assert_int_equal(snapshot->counts.superfiles, model->count);
    assert_int_equal(snapshot->counts.rows, rows);
    assert_int_equal(snapshot->counts.deleted, deleted);
    if (model->count > 0) {
        assert_int_equal(snapshot_text_total(snapshot, "body")->live_length, length);
        assert_int_equal(snapshot_text_total(snapshot, "body")->superfiles, model->count);
    } else {
        assert_null(snapshot_text_total(snapshot, "body"));
    }
    assert_true(snapshot->tail_count <= TAIL_ENTRIES_MAX);
    entry_list_free(&list);
}

static struct table *any_table(struct world *w)
{
    return w->tables[test_random_below(&w->random, 2)];
}

static void add_some(struct world *w)
{
    size_t count =
        test_random_below(&w->random, 12) == 0 ? 150 : 1 + test_random_below(&w->random, 3);
    struct made_entry *made = calloc(count, sizeof(*made));
    struct manifest_entry *entries = calloc(count, sizeof(*entries));
    if (w->next + count > UNIVERSE) {
        count = 0;
    }
    for (size_t i = 0; i < count; i++) {
        make_entry(&made[i], w->next);
        entries[i] = made[i].entry;
        w->now.live[w->next] = true;
        w->now.deleted[w->next++] = 0;
        w->now.count++;
    }
    if (count > 0) {
        assert_ok(table_append(any_table(w), entries, count, NULL, &w->err), w->err);
        w->version++;
    }
    free(made);
    free(entries);
}

struct edit {
    struct world *world;
    bool remove;
    uint64_t want; /* number of entries to touch */
    uint64_t touched[40];
    size_t count;
};

/* Works on whatever base it is given, as an upsert does. */
static inlay_status edit_some(void *context, struct snapshot *base, struct change *change,
                              inlay_error *err)
{
    struct edit *edit = context;
    struct entry_list list;
    uint64_t step;
    edit->count = 0;
    INLAY_TRY(snapshot_scan(base, NULL, ALL_SUMMARIES, &list, err));
    step = list.count / edit->want + 1;
    for (size_t i = test_random_below(&edit->world->random, step); i < list.count; i += step) {
        struct manifest_entry entry = list.entries[i];
        edit->touched[edit->count++] = entry_number(&entry);
        if (edit->remove) {
            INLAY_TRY(change_remove(change, &entry, err));
        } else if (entry.tombstones.deleted < entry.rows) {
            entry.tombstones.deleted++;
            INLAY_TRY(change_replace(change, &entry, err));
        } else {
            edit->count--;
        }
    }
    entry_list_free(&list);
    return INLAY_OK;
}

static void edit_entries(struct world *w, bool remove)
{
    struct edit edit = {
        .world = w, .remove = remove, .want = 1 + test_random_below(&w->random, 30)};
    struct commit_request request = {.prepare = edit_some,
                                     .context = &edit,
                                     .operation = remove ? OPERATION_COMPACT : OPERATION_DELETE};
    assert_ok(table_commit(any_table(w), &request, NULL, &w->err), w->err);
    for (size_t i = 0; i < edit.count; i++) {
        if (remove) {
            w->now.live[edit.touched[i]] = false;
            w->now.count--;
        } else {
            w->now.deleted[edit.touched[i]]++;
        }
    }
    w->version += edit.count > 0;
}

static void pin(struct world *w)
{
    size_t slot = test_random_below(&w->random, PINS);
    struct table *table = any_table(w);
    snapshot_release(w->pins[slot]);
    assert_ok(table_refresh(table, &w->err), w->err);
    w->pins[slot] = table_current(table);
    w->pinned[slot] = w->now;
    assert_int_equal(w->pins[slot]->id, w->version);
}

static void reopen(struct world *w)
{
    size_t which = test_random_below(&w->random, 2);
    struct snapshot *snapshot;
    table_close(w->tables[which]);
    assert_ok(table_open(&w->options, &w->tables[which], &w->err), w->err);
    snapshot = table_current(w->tables[which]);
    assert_int_equal(snapshot->id, w->version);
    check_snapshot(w, snapshot, &w->now);
    snapshot_release(snapshot);
}

static void set_tag(struct world *w)
{
    struct table *table = any_table(w);
    assert_ok(table_refresh(table, &w->err), w->err);
    assert_ok(table_set_tag(table, "mark", NULL, &w->err), w->err);
    w->tagged = w->now;
    w->tagged_version = w->version++;
}

static void step(struct world *w)
{
    uint64_t choice = test_random_below(&w->random, 100);
    w->fake.unix_ms += 5;
    if (choice < 55) {
        add_some(w);
    } else if (choice < 72) {
        edit_entries(w, false);
    } else if (choice < 80) {
        edit_entries(w, true);
    } else if (choice < 90) {
        pin(w);
    } else if (choice < 94) {
        set_tag(w);
    } else {
        reopen(w);
    }
}

static void check_everything(struct world *w)
{
    struct snapshot *snapshot;
    for (size_t i = 0; i < PINS; i++) {
        if (w->pins[i] != NULL) {
            check_snapshot(w, w->pins[i], &w->pinned[i]);
        }
    }
    if (w->tagged_version > 0) {
        assert_ok(table_open_tag(w->tables[0], "mark", &snapshot, &w->err), w->err);
        assert_int_equal(snapshot->id, w->tagged_version);
        check_snapshot(w, snapshot, &w->tagged);
        snapshot_release(snapshot);
    }
}

static void random_histories(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 3; seed++) {
        struct world *w = calloc(1, sizeof(*w));
        inlay_error_init(&w->err);
        fake_env_init(&w->fake, seed);
        w->random = test_random_init(seed);
        assert_ok(provider_memory_create(&w->provider, &w->err), w->err);
        w->options = fixture_options(w->provider, &w->fake.env);
        assert_ok(table_create(&w->options, &w->tables[0], &w->err), w->err);
        assert_ok(table_open(&w->options, &w->tables[1], &w->err), w->err);
        for (int i = 0; i < STEPS; i++) {
            step(w);
            if (i % 25 == 0) {
                check_everything(w);
            }
        }
        reopen(w);
        check_everything(w);
        assert_true(w->now.count > 100);
        for (size_t i = 0; i < PINS; i++) {
            snapshot_release(w->pins[i]);
        }
        table_close(w->tables[0]);
        table_close(w->tables[1]);
        provider_close(w->provider);
        free(w);
    }
}

/* 5,000 commits of one small superfile each: what a commit writes stays about the same however
 * long the table has become, and parts merge so that there are few. */
static void bytes_per_commit_stay_bounded(void **state)
{
    enum { COMMITS = 5000, WINDOW = 1000 };
    struct fake_env fake;
    struct provider *memory;
    struct provider *metered;
    struct io_account account = {0};
    struct table_options options;
    struct table *table;
    struct snapshot *snapshot;
    inlay_error err;
    uint64_t windows[COMMITS / WINDOW] = {0};
    (void)state;
    inlay_error_init(&err);
    fake_env_init(&fake, 1);
    assert_ok(provider_memory_create(&memory, &err), err);
    assert_ok(provider_metrics_wrap(memory, true, &account, &fake.env, &metered, &err), err);
    options = fixture_options(metered, &fake.env);
    assert_ok(table_create(&options, &table, &err), err);
    for (uint64_t i = 0; i < COMMITS; i++) {
        struct made_entry made;
        uint64_t before = account.bytes_written;
        make_entry(&made, i);
        assert_ok(table_append(table, &made.entry, 1, NULL, &err), err);
        windows[i / WINDOW] += account.bytes_written - before;
    }
    for (int i = 0; i < COMMITS / WINDOW; i++) {
        print_message("commits %d to %d: %llu bytes each\n", i * WINDOW, (i + 1) * WINDOW - 1,
                      (unsigned long long)(windows[i] / WINDOW));
        assert_true(windows[i] / WINDOW < 60000);
    }
    assert_true(windows[4] < windows[1] + windows[1] / 4);
    assert_int_equal(account.bytes_read, 0); /* folding reads nothing that this handle wrote */
    snapshot = table_current(table);
    assert_true(snapshot->part_count <= COMMITS / 500 + 6);
    assert_true(snapshot->content.size < POINTER_INLINE_MAX);
    snapshot_release(snapshot);
    table_close(table);
    provider_close(metered);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_histories),
        cmocka_unit_test(bytes_per_commit_stay_bounded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
