/* SPDX-License-Identifier: Apache-2.0 */
/* Many writers on one table: processes over the local provider, threads over memory. Nothing is
 * lost, nothing doubled, versions are dense. */
#include "unit/table/fixture.h"

#include <sys/wait.h>
#include <unistd.h>

enum { PROCESSES = 8, COMMITS = 12, THREADS = 8, THREAD_COMMITS = 60 };

/* A conflict is retryable: the writer does retry, with the same entry. */
static inlay_status append_persistently(struct table *table, uint64_t number, inlay_error *err)
{
    struct manifest_entry entry;
    inlay_status status = INLAY_CONFLICT;
    make_bare_entry(&entry, number);
    for (int i = 0; i < 50 && status == INLAY_CONFLICT; i++) {
        status = table_append(table, &entry, 1, NULL, err);
    }
    return status;
}

static void check_all_there(const struct table_options *options, size_t writers, size_t commits,
                            bool one_version_each)
{
    inlay_error err;
    struct table *table;
    struct snapshot *snapshot;
    struct entry_list list;
    struct history_record *records;
    size_t versions;
    bool *seen = calloc(writers * commits, 1);
    inlay_error_init(&err);
    assert_ok(table_open(options, &table, &err), err);
    snapshot = table_current(table);
    assert_ok(snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, &err), err);
    assert_int_equal(list.count, writers * commits);
    for (size_t i = 0; i < list.count; i++) {
        uint64_t number = entry_number(&list.entries[i]);
        assert_true(number < writers * commits && !seen[number]);
        seen[number] = true;
    }
    if (one_version_each) {
        assert_int_equal(snapshot->id, writers * commits);
    }
    assert_ok(table_versions(table, 100000, &records, &versions, &err), err);
    assert_int_equal(versions, snapshot->id + 1);
    mem_free(records);
    entry_list_free(&list);
    snapshot_release(snapshot);
    table_close(table);
    free(seen);
}

static int write_as_process(const char *folder, uint64_t writer)
{
    inlay_error err;
    struct provider_local_options local = {.no_sync = true};
    struct provider *provider;
    struct table *table;
    struct table_options options;
    inlay_status status;
    inlay_error_init(&err);
    if (provider_local_open_with(folder, &local, &provider, &err) != INLAY_OK) {
        return 2;
    }
    options = fixture_options(provider, NULL);
    status = table_open(&options, &table, &err);
    for (uint64_t i = 0; i < COMMITS && status == INLAY_OK; i++) {
        status = append_persistently(table, writer * COMMITS + i, &err);
    }
    if (status != INLAY_OK) {
        fprintf(stderr, "writer %d: %s\n", (int)writer, err.message);
    }
    table_close(table);
    provider_close(provider);
    return status == INLAY_OK ? 0 : 1;
}

static void processes_on_one_folder(void **state)
{
    inlay_error err;
    struct provider_local_options local = {.no_sync = true};
    struct provider *provider;
    struct table_options options;
    struct table *table;
    char *folder = test_folder_make();
    pid_t children[PROCESSES];
    (void)state;
    inlay_error_init(&err);
    assert_ok(provider_local_open_with(folder, &local, &provider, &err), err);
    options = fixture_options(provider, NULL);
    assert_ok(table_create(&options, &table, &err), err);
    table_close(table);
    for (uint64_t i = 0; i < PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            _exit(write_as_process(folder, i));
        }
    }
    for (int i = 0; i < PROCESSES; i++) {
        int result;
        assert_int_equal(waitpid(children[i], &result, 0), children[i]);
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
    }
    check_all_there(&options, PROCESSES, COMMITS, true);
    provider_close(provider);
    test_folder_remove(folder);
    free(folder);
}

struct writer {
    pthread_t thread;
    struct table *table;
    uint64_t number;
    inlay_status status;
    _Atomic bool *stop;
};

static void *write_as_thread(void *context)
{
    struct writer *writer = context;
    for (uint64_t i = 0; i < THREAD_COMMITS && writer->status == INLAY_OK; i++) {
        writer->status =
            append_persistently(writer->table, writer->number * THREAD_COMMITS + i, NULL);
    }
    return NULL;
}

/* A reader beside them: its pinned snapshot never changes, counts never fall. */
static void *read_as_thread(void *context)
{
    struct writer *reader = context;
    uint64_t last = 0;
    while (!*reader->stop && reader->status == INLAY_OK) {
        struct snapshot *snapshot;
        struct entry_list list;
        reader->status = table_pin(reader->table, &snapshot, NULL);
        if (reader->status != INLAY_OK) {
            break;
        }
        reader->status = snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, NULL);
        if (reader->status == INLAY_OK &&
            (list.count != snapshot->counts.superfiles || list.count < last)) {
            reader->status = INLAY_INTERNAL;
        }
        last = list.count;
        entry_list_free(&list);
        snapshot_release(snapshot);
    }
    return NULL;
}

static void run_threads(struct table *table, struct table *readers_table)
{
    struct writer writers[THREADS];
    _Atomic bool stop = false;
    struct writer reader = {.table = readers_table, .stop = &stop};
    assert_int_equal(pthread_create(&reader.thread, NULL, read_as_thread, &reader), 0);
    for (uint64_t i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.table = table, .number = i};
        assert_int_equal(pthread_create(&writers[i].thread, NULL, write_as_thread, &writers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(writers[i].thread, NULL);
        assert_int_equal(writers[i].status, INLAY_OK);
    }
    stop = true;
    pthread_join(reader.thread, NULL);
    assert_int_equal(reader.status, INLAY_OK);
}

static void threads_share_one_handle(void **state)
{
    inlay_error err;
    struct provider *provider;
    struct table_options options;
    struct table *table;
    struct table *second;
    (void)state;
    inlay_error_init(&err);
    assert_ok(provider_memory_create(&provider, &err), err);
    options = fixture_options(provider, NULL);
    assert_ok(table_create(&options, &table, &err), err);
    options.consistency = TABLE_STRONG;
    assert_ok(table_open(&options, &second, &err), err);
    run_threads(table, second);
    check_all_there(&options, THREADS, THREAD_COMMITS, false);
    table_close(table);
    table_close(second);
    provider_close(provider);
}

/* While the leader lingers the others line up: one commit carries them all. */
static void appends_share_commits(void **state)
{
    inlay_error err;
    struct provider *provider;
    struct table_options options;
    struct table *table;
    struct snapshot *snapshot;
    (void)state;
    inlay_error_init(&err);
    assert_ok(provider_memory_create(&provider, &err), err);
    options = fixture_options(provider, NULL);
    options.linger_ns = 3000000;
    assert_ok(table_create(&options, &table, &err), err);
    run_threads(table, table);
    snapshot = table_current(table);
    assert_true(snapshot->id < THREADS * THREAD_COMMITS / 2);
    snapshot_release(snapshot);
    check_all_there(&options, THREADS, THREAD_COMMITS, false);
    table_close(table);
    provider_close(provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(processes_on_one_folder),
        cmocka_unit_test(threads_share_one_handle),
        cmocka_unit_test(appends_share_commits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
