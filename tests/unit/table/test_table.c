/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/table/fixture.h"

#include "table/manifest/pointer.h"

struct fixture {
    struct fake_env fake;
    struct provider *store;   /* memory */
    struct provider *counted; /* fault decorator over it: counts and fails */
    struct table_options options;
    struct table *table;
    inlay_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    inlay_error_init(&f->err);
    fake_env_init(&f->fake, 1);
    assert_ok(provider_memory_create(&f->store, &f->err), f->err);
    assert_ok(provider_fault_wrap(f->store, true, 1, &f->fake.env, &f->counted, &f->err), f->err);
    f->options = fixture_options(f->counted, &f->fake.env);
    assert_ok(table_create(&f->options, &f->table, &f->err), f->err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    table_close(f->table);
    provider_close(f->counted);
    free(f);
    return 0;
}

static uint64_t calls(struct fixture *f, enum provider_op op)
{
    return provider_fault_calls(f->counted, PROVIDER_OP_BIT(op));
}

static void append_made(struct fixture *f, struct table *table, uint64_t number)
{
    struct made_entry made;
    make_entry(&made, number);
    assert_ok(table_append(table, &made.entry, 1, NULL, &f->err), f->err);
}

static size_t scan_count(struct fixture *f, struct snapshot *snapshot)
{
    struct entry_list list;
    size_t count;
    assert_ok(snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, &f->err), f->err);
    count = list.count;
    entry_list_free(&list);
    return count;
}

static void requests_per_operation(void **state)
{
    struct fixture *f = *state;
    struct table *second;
    struct made_entry made;
    /* A commit of one superfile: body, snapshot, pointer. */
    make_entry(&made, 1);
    provider_fault_clear(f->counted);
    assert_ok(table_put_superfile(f->table, made.entry.superfile_id, "body", 4, &f->err), f->err);
    assert_ok(table_append(f->table, &made.entry, 1, NULL, &f->err), f->err);
    assert_int_equal(calls(f, PROVIDER_PUT_ATOMIC), 2);
    assert_int_equal(calls(f, PROVIDER_PUT_IF_MATCH), 1);
    assert_int_equal(provider_fault_calls(f->counted, 0), 3);
    /* Opening: one read. */
    provider_fault_clear(f->counted);
    assert_ok(table_open(&f->options, &second, &f->err), f->err);
    assert_int_equal(calls(f, PROVIDER_GET), 1);
    assert_int_equal(provider_fault_calls(f->counted, 0), 1);
    /* A refresh without news: one conditional read. With news: one too. */
    provider_fault_clear(f->counted);
    assert_ok(table_refresh(second, &f->err), f->err);
    assert_int_equal(calls(f, PROVIDER_GET_IF_CHANGED), 1);
    assert_int_equal(provider_fault_calls(f->counted, 0), 1);
    append_made(f, f->table, 2);
    provider_fault_clear(f->counted);
    assert_ok(table_refresh(second, &f->err), f->err);
    assert_int_equal(provider_fault_calls(f->counted, 0), 1);
    /* The next commit of either handle needs no read, though another handle wrote last. */
    provider_fault_clear(f->counted);
    append_made(f, second, 3);
    assert_int_equal(provider_fault_calls(f->counted, 0), 2);
    table_close(second);
}

static void open_needs_a_pointer(void **state)
{
    struct fixture *f = *state;
    struct table *table;
    struct table_options options = f->options;
    options.location = "tables/other";
    assert_status(table_open(&options, &table, &f->err), INLAY_NOT_FOUND);
    assert_null(table);
    assert_status(table_create(&f->options, &table, &f->err), INLAY_ALREADY_EXISTS);
    assert_null(table);
    options.location = "tables/../etc";
    assert_status(table_create(&options, &table, &f->err), INLAY_INVALID_ARGUMENT);
}

static void own_commits_are_visible_at_once(void **state)
{
    struct fixture *f = *state;
    struct snapshot *before = table_current(f->table);
    struct snapshot *after;
    append_made(f, f->table, 7);
    assert_ok(table_pin(f->table, &after, &f->err), f->err);
    assert_int_equal(before->id, 0);
    assert_int_equal(after->id, 1);
    assert_int_equal(scan_count(f, before), 0);
    assert_int_equal(scan_count(f, after), 1);
    assert_int_equal(after->counts.rows, 10);
    assert_int_equal(after->operation, OPERATION_APPEND);
    snapshot_release(before);
    snapshot_release(after);
}

static uint64_t pinned_version(struct fixture *f, struct table *table)
{
    struct snapshot *snapshot;
    uint64_t id;
    assert_ok(table_pin(table, &snapshot, &f->err), f->err);
    id = snapshot->id;
    snapshot_release(snapshot);
    return id;
}

static void consistency_policies(void **state)
{
    struct fixture *f = *state;
    struct table *strong;
    struct table *bounded;
    struct table *pinned;
    struct table_options options = f->options;
    options.consistency = TABLE_STRONG;
    assert_ok(table_open(&options, &strong, &f->err), f->err);
    options.consistency = TABLE_PINNED;
    assert_ok(table_open(&options, &pinned, &f->err), f->err);
    options.consistency = TABLE_BOUNDED;
    assert_ok(table_open(&options, &bounded, &f->err), f->err);
    append_made(f, f->table, 1);
    assert_int_equal(pinned_version(f, strong), 1);
    provider_fault_clear(f->counted);
    f->fake.monotonic_ns += 999999999;
    assert_int_equal(pinned_version(f, bounded), 0);
    assert_int_equal(provider_fault_calls(f->counted, 0), 0);
    f->fake.monotonic_ns += 1;
    assert_int_equal(pinned_version(f, bounded), 1);
    assert_int_equal(pinned_version(f, bounded), 1);
    assert_int_equal(provider_fault_calls(f->counted, 0), 1);
    f->fake.monotonic_ns += 1000000000000;
    assert_int_equal(pinned_version(f, pinned), 0);
    assert_ok(table_refresh(pinned, &f->err), f->err);
    assert_int_equal(pinned_version(f, pinned), 1);
    table_close(strong);
    table_close(bounded);
    table_close(pinned);
}

static void a_superfile_is_never_doubled(void **state)
{
    struct fixture *f = *state;
    struct made_entry made;
    struct commit_result result;
    struct snapshot *snapshot;
    make_entry(&made, 1);
    assert_ok(table_append(f->table, &made.entry, 1, &result, &f->err), f->err);
    assert_true(result.changed);
    provider_fault_clear(f->counted);
    assert_ok(table_append(f->table, &made.entry, 1, &result, &f->err), f->err);
    assert_false(result.changed);
    assert_int_equal(result.version, 1);
    assert_int_equal(provider_fault_calls(f->counted, PROVIDER_WRITES), 0);
    /* Also when it has been folded into a part meanwhile. */
    for (uint64_t i = 2; i < 80; i++) {
        append_made(f, f->table, i);
    }
    assert_ok(table_append(f->table, &made.entry, 1, &result, &f->err), f->err);
    assert_false(result.changed);
    snapshot = table_current(f->table);
    assert_true(snapshot->part_count > 0);
    assert_int_equal(scan_count(f, snapshot), 79);
    snapshot_release(snapshot);
}

static void put_superfile_is_idempotent(void **state)
{
    struct fixture *f = *state;
    struct id128 id;
    char key[SUPERFILE_KEY_SIZE];
    assert_ok(superfile_id_mint(&f->fake.env, &id, &f->err), f->err);
    superfile_key(id, key);
    assert_int_equal(strlen(key), strlen("data/00000000-0000-4000-8000-000000000000.parquet"));
    assert_int_equal(key[5 + 14], '4');
    assert_ok(table_put_superfile(f->table, id, "same", 4, &f->err), f->err);
    assert_ok(table_put_superfile(f->table, id, "same", 4, &f->err), f->err);
    assert_status(table_put_superfile(f->table, id, "more", 4, &f->err), INLAY_ALREADY_EXISTS);
    assert_status(table_put_superfile(f->table, id, "sam", 3, &f->err), INLAY_ALREADY_EXISTS);
}

static void bad_entries_are_refused(void **state)
{
    struct fixture *f = *state;
    struct made_entry made;
    make_entry(&made, 1);
    made.entry.rows = 0;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.entry.hot_length = 5000;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.columns[1].column = "day";
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.entry.key = "../escape";
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.entry.tombstones.bitmap = (const uint8_t *)"junk";
    made.entry.tombstones.bitmap_length = 4;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.entry.loaded = ENTRY_HAS_TEXTS;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.columns[0].min.value.as.i = 1000000;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
    make_entry(&made, 1);
    made.texts[0].filter.length = 31;
    assert_status(table_append(f->table, &made.entry, 1, NULL, &f->err), INLAY_INVALID_ARGUMENT);
}

static void find_entry(struct fixture *f, struct snapshot *snapshot, uint64_t number,
                       struct manifest_entry *out)
{
    struct made_entry made;
    struct entry_place place;
    bool found;
    make_entry(&made, number);
    assert_ok(snapshot_find(snapshot, made.entry.superfile_id, made.entry.id_min, made.entry.id_max,
                            ALL_SUMMARIES, &found, &place, out, &f->err),
              f->err);
    assert_true(found);
}

/* Replaces and removes entries of the tail and of parts; totals follow. */
static void replace_and_remove(void **state)
{
    struct fixture *f = *state;
    static const uint64_t touched[] = {3, 40, 98}; /* 3 and 40 in a part, 98 in the tail */
    struct snapshot *seen;
    struct snapshot *after;
    struct table *fresh;
    for (uint64_t i = 0; i < 100; i++) {
        append_made(f, f->table, i);
    }
    for (size_t n = 0; n < 3; n++) {
        struct manifest_entry entry;
        struct entry_text texts[2];
        struct id128 wal = {1700000000000ull, n + 1};
        struct change change;
        struct commit_request request = {.change = &change};
        seen = table_current(f->table);
        find_entry(f, seen, touched[n], &entry);
        memcpy(texts, entry.texts, sizeof(texts));
        texts[0].live_docs -= 4;
        texts[0].live_length -= 80;
        entry.texts = texts;
        entry.tombstones.deleted = 4;
        entry.tombstones.wals = &wal;
        entry.tombstones.wal_count = 1;
        change_init(&change, OPERATION_DELETE);
        assert_ok(change_replace(&change, &entry, &f->err), f->err);
        assert_ok(change_publish_wal(&change, wal, &f->err), f->err);
        assert_ok(table_commit(f->table, &request, NULL, &f->err), f->err);
        /* Again: published already. */
        assert_ok(table_commit(f->table, &request, NULL, &f->err), f->err);
        change_free(&change);
        /* A change made from the old state loses. */
        change_init(&change, OPERATION_DELETE);
        assert_ok(change_replace(&change, &entry, &f->err), f->err);
        assert_status(table_commit(f->table, &request, NULL, &f->err), INLAY_CONFLICT);
        change_free(&change);
        snapshot_release(seen);
    }
    seen = table_current(f->table);
    assert_int_equal(seen->id, 103);
    assert_int_equal(seen->counts.superfiles, 100);
    assert_int_equal(seen->counts.deleted, 12);
    assert_int_equal(snapshot_text_total(seen, "body")->live_docs, 1000 - 12);
    assert_int_equal(snapshot_text_total(seen, "body")->live_length, 200 * 100 + 4950 - 240);
    assert_int_equal(snapshot_wal(seen, (struct id128){1700000000000ull, 2}), WAL_PUBLISHED);
    assert_int_equal(snapshot_wal(seen, (struct id128){1700000000000ull, 9}), WAL_UNPUBLISHED);
    for (size_t n = 0; n < 3; n++) {
        struct change change;
        struct commit_request request = {.change = &change};
        struct manifest_entry entry;
        find_entry(f, seen, touched[n], &entry);
        assert_int_equal(entry.tombstones.deleted, 4);
        assert_int_equal(entry.tombstones.wals[0].lo, n + 1);
        change_init(&change, OPERATION_COMPACT);
        assert_ok(change_remove(&change, &entry, &f->err), f->err);
        assert_ok(table_commit(f->table, &request, NULL, &f->err), f->err);
        assert_status(table_commit(f->table, &request, NULL, &f->err), INLAY_CONFLICT);
        change_free(&change);
    }
    snapshot_release(seen);
    assert_ok(table_open(&f->options, &fresh, &f->err), f->err);
    after = table_current(fresh);
    assert_int_equal(after->counts.superfiles, 97);
    assert_int_equal(after->counts.deleted, 0);
    assert_int_equal(scan_count(f, after), 97);
    snapshot_release(after);
    table_close(fresh);
}

static void finished_mutations_are_forgotten(void **state)
{
    struct fixture *f = *state;
    struct id128 wal = {1700000000000ull, 5};
    struct change change;
    struct commit_request request = {.change = &change};
    struct snapshot *snapshot;
    change_init(&change, OPERATION_DELETE);
    assert_ok(change_publish_wal(&change, wal, &f->err), f->err);
    assert_ok(table_commit(f->table, &request, NULL, &f->err), f->err);
    change_free(&change);
    assert_ok(table_wal_done(f->table, wal, &f->err), f->err);
    append_made(f, f->table, 1);
    snapshot = table_current(f->table);
    assert_int_equal(snapshot->wal_count, 0);
    assert_int_equal(snapshot_wal(snapshot, wal), WAL_UNPUBLISHED);
    snapshot_release(snapshot);
    /* Without that, age does it, and the horizon says that it did. */
    change_init(&change, OPERATION_DELETE);
    assert_ok(change_publish_wal(&change, wal, &f->err), f->err);
    assert_ok(table_commit(f->table, &request, NULL, &f->err), f->err);
    change_free(&change);
    f->fake.unix_ms += SNAPSHOT_WAL_RETENTION_MS + 1;
    append_made(f, f->table, 2);
    snapshot = table_current(f->table);
    assert_int_equal(snapshot->wal_count, 0);
    assert_int_equal(snapshot_wal(snapshot, wal), WAL_FORGOTTEN);
    snapshot_release(snapshot);
}

struct preparation {
    struct fixture *f;
    struct table *rival;
    unsigned calls;
    uint64_t bases[4];
};

/* A rival commits between the first call and its publication. */
static inlay_status prepare_with_rival(void *context, struct snapshot *base, struct change *change,
                                       inlay_error *err)
{
    struct preparation *p = context;
    struct made_entry made;
    if (p->calls < 2) {
        append_made(p->f, p->rival, 100 + p->calls);
    }
    p->bases[p->calls++] = base->id;
    make_entry(&made, 7);
    return change_add(change, &made.entry, 1, err);
}

static void prepare_sees_every_base(void **state)
{
    struct fixture *f = *state;
    struct preparation p = {.f = f};
    struct commit_request request = {
        .prepare = prepare_with_rival, .context = &p, .operation = OPERATION_UPSERT};
    struct commit_result result;
    struct snapshot *snapshot;
    assert_ok(table_open(&f->options, &p.rival, &f->err), f->err);
    assert_ok(table_commit(f->table, &request, &result, &f->err), f->err);
    assert_int_equal(p.calls, 3);
    assert_int_equal(p.bases[0], 0);
    assert_int_equal(p.bases[1], 1);
    assert_int_equal(p.bases[2], 2);
    assert_int_equal(result.version, 3);
    assert_int_equal(result.tries, 3);
    snapshot = table_current(f->table);
    assert_int_equal(snapshot->operation, OPERATION_UPSERT);
    assert_int_equal(scan_count(f, snapshot), 3);
    snapshot_release(snapshot);
    table_close(p.rival);
}

static void contention_ends_in_conflict(void **state)
{
    struct fixture *f = *state;
    struct fault_rule rule = {.action = FAULT_FAIL_BEFORE,
                              .ops = PROVIDER_OP_BIT(PROVIDER_PUT_IF_MATCH),
                              .probability = 1,
                              .status = INLAY_PRECONDITION_FAILED};
    struct made_entry made;
    make_entry(&made, 1);
    assert_ok(table_stage(f->table, &made.entry, 1, &f->err), f->err);
    provider_fault_clear(f->counted);
    assert_ok(provider_fault_add(f->counted, &rule, &f->err), f->err);
    assert_status(table_flush(f->table, NULL, &f->err), INLAY_CONFLICT);
    assert_int_equal(f->err.retryable, 1);
    assert_int_equal(calls(f, PROVIDER_PUT_IF_MATCH), 10);
    assert_int_equal(f->fake.sleeps, 9);
    assert_int_equal(table_staged(f->table), 1); /* nothing is lost */
    provider_fault_clear(f->counted);
    assert_ok(table_flush(f->table, NULL, &f->err), f->err);
    assert_int_equal(table_staged(f->table), 0);
    assert_int_equal(pinned_version(f, f->table), 1);
}

static void staged_entries_flush_by_number(void **state)
{
    struct fixture *f = *state;
    for (uint64_t i = 0; i < 63; i++) {
        struct made_entry made;
        make_entry(&made, i);
        assert_ok(table_stage(f->table, &made.entry, 1, &f->err), f->err);
    }
    assert_int_equal(table_staged(f->table), 63);
    assert_int_equal(pinned_version(f, f->table), 0);
    {
        struct made_entry made;
        make_entry(&made, 63);
        assert_ok(table_stage(f->table, &made.entry, 1, &f->err), f->err);
    }
    assert_int_equal(table_staged(f->table), 0);
    assert_int_equal(pinned_version(f, f->table), 1);
}

static void tags_name_versions(void **state)
{
    struct fixture *f = *state;
    struct snapshot *old;
    struct snapshot *tagged;
    append_made(f, f->table, 1);
    old = table_current(f->table);
    append_made(f, f->table, 2);
    assert_ok(table_set_tag(f->table, "first", old, &f->err), f->err);
    assert_ok(table_set_tag(f->table, "second", NULL, &f->err), f->err);
    append_made(f, f->table, 3);
    assert_ok(table_open_tag(f->table, "first", &tagged, &f->err), f->err);
    assert_int_equal(tagged->id, 1);
    snapshot_release(tagged);
    assert_ok(table_open_tag(f->table, "second", &tagged, &f->err), f->err);
    assert_int_equal(tagged->id, 3);
    assert_int_equal(scan_count(f, tagged), 2);
    snapshot_release(tagged);
    assert_ok(table_set_tag(f->table, "second", old, &f->err), f->err);
    assert_ok(table_open_tag(f->table, "second", &tagged, &f->err), f->err);
    assert_int_equal(tagged->id, 1);
    snapshot_release(tagged);
    assert_ok(table_remove_tag(f->table, "first", &f->err), f->err);
    assert_status(table_open_tag(f->table, "first", &tagged, &f->err), INLAY_NOT_FOUND);
    assert_status(table_remove_tag(f->table, "first", &f->err), INLAY_NOT_FOUND);
    assert_status(table_set_tag(f->table, "", NULL, &f->err), INLAY_INVALID_ARGUMENT);
    assert_status(table_set_tag(f->table, "a b", NULL, &f->err), INLAY_INVALID_ARGUMENT);
    snapshot_release(old);
}

static void versions_by_id_and_time(void **state)
{
    struct fixture *f = *state;
    struct history_record *records;
    struct snapshot *version;
    size_t count;
    enum { COMMITS = 700 };
    for (uint64_t i = 1; i <= COMMITS; i++) {
        struct manifest_entry entry;
        f->fake.unix_ms += 10;
        make_bare_entry(&entry, i);
        assert_ok(table_append(f->table, &entry, 1, NULL, &f->err), f->err);
    }
    for (uint64_t id = 0; id <= COMMITS; id += id < 30 || id > COMMITS - 30 ? 1 : 37) {
        provider_fault_clear(f->counted);
        assert_ok(table_open_version(f->table, id, &version, &f->err), f->err);
        assert_int_equal(version->id, id);
        assert_int_equal(version->counts.superfiles, id);
        assert_true(calls(f, PROVIDER_GET) <= 4); /* log16 of the distance */
        snapshot_release(version);
        provider_fault_clear(f->counted);
        assert_ok(table_open_at(f->table, 1700000000000 + (int64_t)id * 10 + 3, &version, &f->err),
                  f->err);
        assert_int_equal(version->id, id);
        assert_true(calls(f, PROVIDER_GET) <= 8);
        snapshot_release(version);
    }
    assert_status(table_open_version(f->table, COMMITS + 1, &version, &f->err), INLAY_NOT_FOUND);
    assert_status(table_open_at(f->table, 1600000000000, &version, &f->err), INLAY_NOT_FOUND);
    assert_ok(table_versions(f->table, 10000, &records, &count, &f->err), f->err);
    assert_int_equal(count, COMMITS + 1);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(records[i].id, COMMITS - i);
        assert_int_equal(records[i].time_ms, 1700000000000 + (int64_t)(COMMITS - i) * 10);
    }
    mem_free(records);
    assert_ok(table_versions(f->table, 5, &records, &count, &f->err), f->err);
    assert_int_equal(count, 5);
    mem_free(records);
}

static void collected_versions_are_not_found(void **state)
{
    struct fixture *f = *state;
    struct snapshot *old;
    struct snapshot *found;
    struct history_record *records;
    size_t count;
    char relative[CONTENT_KEY_SIZE];
    char key[STORE_KEY_SIZE];
    append_made(f, f->table, 1);
    old = table_current(f->table);
    for (uint64_t i = 2; i < 40; i++) {
        append_made(f, f->table, i);
    }
    snapshot_object_key(old->id, &old->content, relative);
    manifest_store_key(table_store(f->table), relative, key);
    assert_ok(provider_delete(f->counted, key, &f->err), f->err);
    assert_status(table_open_version(f->table, 1, &found, &f->err), INLAY_NOT_FOUND);
    assert_null(found);
    assert_ok(table_versions(f->table, 1000, &records, &count, &f->err), f->err);
    assert_true(count >= 17);
    mem_free(records);
    snapshot_release(old);
}

/* A pointer that names an older version is a restored backup, not a refresh. */
static void going_back_is_corrupt(void **state)
{
    struct fixture *f = *state;
    struct object_data old;
    char etag[ETAG_SIZE];
    struct object_meta meta;
    const char *key = "tables/t/_supertable/current";
    assert_ok(provider_get(f->counted, key, &old, &f->err), f->err);
    append_made(f, f->table, 1);
    assert_ok(provider_head(f->counted, key, &meta, &f->err), f->err);
    assert_ok(provider_put_if_match(f->counted, key, old.data, old.size, meta.etag, etag, &f->err),
              f->err);
    assert_status(table_refresh(f->table, &f->err), INLAY_CORRUPT);
    assert_string_equal(f->err.key, key);
    object_data_free(&old);
}

static void damaged_objects_are_reported(void **state)
{
    struct fixture *f = *state;
    struct snapshot *snapshot;
    struct entry_list list;
    struct table *fresh;
    char relative[CONTENT_KEY_SIZE];
    char key[STORE_KEY_SIZE];
    for (uint64_t i = 0; i < 70; i++) {
        append_made(f, f->table, i);
    }
    snapshot = table_current(f->table);
    assert_int_equal(snapshot->part_count, 1);
    part_object_key(&snapshot->parts[0].part->objects[PART_TEXTS], "text", relative);
    manifest_store_key(table_store(f->table), relative, key);
    snapshot_release(snapshot);
    assert_ok(provider_delete(f->counted, key, &f->err), f->err);
    assert_ok(provider_put_atomic(f->counted, key, "junk", 4, NULL, &f->err), f->err);
    assert_ok(table_open(&f->options, &fresh, &f->err), f->err);
    snapshot = table_current(fresh);
    assert_ok(snapshot_scan(snapshot, NULL, 0, &list, &f->err), f->err); /* needs no texts */
    assert_int_equal(list.count, 70);
    entry_list_free(&list);
    assert_status(snapshot_scan(snapshot, NULL, ENTRY_HAS_TEXTS, &list, &f->err), INLAY_CORRUPT);
    assert_string_equal(f->err.key, key);
    assert_int_equal(list.count, 0);
    snapshot_release(snapshot);
    table_close(fresh);
}

/* A snapshot too large for the pointer costs one more read, and nothing else changes. */
static void large_snapshots_live_outside_the_pointer(void **state)
{
    struct fixture *f = *state;
    static char name[40000];
    struct made_entry made;
    struct table *fresh;
    struct snapshot *snapshot;
    for (int i = 0; i < 8; i++) {
        memset(name, 'a' + i, sizeof(name) - 1);
        make_entry(&made, (uint64_t)i);
        made.texts[1].column = name; /* the names of columns are not in the tail's bytes */
        made.texts[0].column = "A";
        assert_ok(table_append(f->table, &made.entry, 1, NULL, &f->err), f->err);
    }
    provider_fault_clear(f->counted);
    assert_ok(table_open(&f->options, &fresh, &f->err), f->err);
    assert_int_equal(calls(f, PROVIDER_GET), 2);
    snapshot = table_current(fresh);
    assert_true(snapshot->content.size > POINTER_INLINE_MAX);
    assert_int_equal(scan_count(f, snapshot), 8);
    snapshot_release(snapshot);
    table_close(fresh);
}

struct key_set {
    char keys[400][CONTENT_KEY_SIZE];
    size_t count;
};

static inlay_status collect_key(void *context, const char *key, inlay_error *err)
{
    struct key_set *set = context;
    (void)err;
    snprintf(set->keys[set->count++], CONTENT_KEY_SIZE, "%s", key);
    return INLAY_OK;
}

/* Everything that a version names is there, except the bodies that this test never wrote. */
static void keys_of_a_version(void **state)
{
    struct fixture *f = *state;
    struct key_set *set = calloc(1, sizeof(*set));
    struct snapshot *snapshot;
    size_t bodies = 0;
    for (uint64_t i = 0; i < 100; i++) {
        append_made(f, f->table, i);
    }
    snapshot = table_current(f->table);
    assert_ok(snapshot_each_key(snapshot, collect_key, set, &f->err), f->err);
    for (size_t i = 0; i < set->count; i++) {
        char key[STORE_KEY_SIZE];
        struct object_meta meta;
        manifest_store_key(table_store(f->table), set->keys[i], key);
        if (strncmp(set->keys[i], "data/", 5) == 0) {
            bodies++;
        } else {
            assert_ok(provider_head(f->counted, key, &meta, &f->err), f->err);
        }
    }
    assert_int_equal(bodies, 100);
    assert_int_equal(set->count, 100 + 1 + 3);
    snapshot_release(snapshot);
    free(set);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(requests_per_operation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(open_needs_a_pointer, set_up, tear_down),
        cmocka_unit_test_setup_teardown(own_commits_are_visible_at_once, set_up, tear_down),
        cmocka_unit_test_setup_teardown(consistency_policies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_superfile_is_never_doubled, set_up, tear_down),
        cmocka_unit_test_setup_teardown(put_superfile_is_idempotent, set_up, tear_down),
        cmocka_unit_test_setup_teardown(bad_entries_are_refused, set_up, tear_down),
        cmocka_unit_test_setup_teardown(replace_and_remove, set_up, tear_down),
        cmocka_unit_test_setup_teardown(finished_mutations_are_forgotten, set_up, tear_down),
        cmocka_unit_test_setup_teardown(prepare_sees_every_base, set_up, tear_down),
        cmocka_unit_test_setup_teardown(contention_ends_in_conflict, set_up, tear_down),
        cmocka_unit_test_setup_teardown(staged_entries_flush_by_number, set_up, tear_down),
        cmocka_unit_test_setup_teardown(tags_name_versions, set_up, tear_down),
        cmocka_unit_test_setup_teardown(versions_by_id_and_time, set_up, tear_down),
        cmocka_unit_test_setup_teardown(collected_versions_are_not_found, set_up, tear_down),
        cmocka_unit_test_setup_teardown(going_back_is_corrupt, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_objects_are_reported, set_up, tear_down),
        cmocka_unit_test_setup_teardown(large_snapshots_live_outside_the_pointer, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(keys_of_a_version, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
