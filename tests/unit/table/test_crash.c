/* SPDX-License-Identifier: Apache-2.0 */
/* A child process runs one operation on a local table and is killed at its n-th storage call,
 * before or after the effect, for every n. The parent reopens: it finds the old or the new state,
 * never a third, and can commit at once. */
#include "unit/table/fixture.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

struct scene {
    uint64_t before; /* superfiles that are there when the child starts; the child adds one */
    bool create;     /* the child creates the table instead */
    bool tag;        /* the child sets a tag instead */
};

static inlay_status open_folder(const char *folder, struct provider **out, inlay_error *err)
{
    struct provider_local_options local = {.no_sync = true};
    return provider_local_open_with(folder, &local, out, err);
}

static inlay_status operate(const struct scene *scene, const struct table_options *options,
                            inlay_error *err)
{
    struct table *table = NULL;
    struct manifest_entry entry;
    inlay_status status;
    if (scene->create) {
        status = table_create(options, &table, err);
        table_close(table);
        return status;
    }
    status = table_open(options, &table, err);
    if (status == INLAY_OK && scene->tag) {
        status = table_set_tag(table, "mark", NULL, err);
    } else if (status == INLAY_OK) {
        make_bare_entry(&entry, scene->before);
        status = table_put_superfile(table, entry.superfile_id, "body", 4, err);
        if (status == INLAY_OK) {
            status = table_append(table, &entry, 1, NULL, err);
        }
    }
    table_close(table);
    return status;
}

/* Exit code: 0 = the operation ran to its end; killed otherwise. */
static int child(const struct scene *scene, const char *folder, enum fault_action action,
                 uint64_t nth)
{
    inlay_error err;
    struct provider *local;
    struct provider *faulty;
    struct table_options options;
    struct fault_rule rule = {.action = action, .nth = nth};
    inlay_error_init(&err);
    if (open_folder(folder, &local, &err) != INLAY_OK ||
        provider_fault_wrap(local, true, 1, NULL, &faulty, &err) != INLAY_OK ||
        provider_fault_add(faulty, &rule, &err) != INLAY_OK) {
        return 2;
    }
    options = fixture_options(faulty, NULL);
    if (operate(scene, &options, &err) != INLAY_OK) {
        return 3;
    }
    provider_close(faulty);
    return 0;
}

static void prepare_scene(const struct scene *scene, const char *folder)
{
    inlay_error err;
    struct provider *provider;
    struct table_options options;
    struct table *table;
    inlay_error_init(&err);
    if (scene->create) {
        return;
    }
    assert_ok(open_folder(folder, &provider, &err), err);
    options = fixture_options(provider, NULL);
    assert_ok(table_create(&options, &table, &err), err);
    for (uint64_t i = 0; i < scene->before; i++) {
        struct manifest_entry entry;
        make_bare_entry(&entry, i);
        assert_ok(table_append(table, &entry, 1, NULL, &err), err);
    }
    table_close(table);
    provider_close(provider);
}

static void check_entries(struct table *table, uint64_t count, inlay_error *err)
{
    struct snapshot *snapshot = table_current(table);
    struct entry_list list;
    assert_ok(snapshot_scan(snapshot, NULL, ALL_SUMMARIES, &list, err), *err);
    assert_int_equal(list.count, count);
    for (size_t i = 0; i < list.count; i++) {
        assert_true(entry_number(&list.entries[i]) < count);
    }
    entry_list_free(&list);
    snapshot_release(snapshot);
}

/* *done: whether the operation took effect. */
static void reopen_and_go_on(const struct scene *scene, const char *folder, bool *done)
{
    inlay_error err;
    struct provider *provider;
    struct table_options options;
    struct table *table;
    struct snapshot *snapshot;
    struct manifest_entry entry;
    inlay_status status;
    inlay_error_init(&err);
    assert_ok(open_folder(folder, &provider, &err), err);
    options = fixture_options(provider, NULL);
    status = table_open(&options, &table, &err);
    *done = true;
    if (scene->create && status == INLAY_NOT_FOUND) {
        *done = false;
        status = table_create(&options, &table, &err);
    }
    assert_ok(status, err);
    snapshot = table_current(table);
    if (scene->tag) {
        assert_true(snapshot->id == scene->before || snapshot->id == scene->before + 1);
        *done = snapshot_find_tag(snapshot, "mark") != NULL;
        assert_int_equal(snapshot->id, scene->before + *done);
    } else if (!scene->create) {
        *done = snapshot->counts.superfiles == scene->before + 1;
        assert_int_equal(snapshot->id, scene->before + *done);
        check_entries(table, scene->before + *done, &err);
    }
    snapshot_release(snapshot);
    make_bare_entry(&entry, scene->before); /* what the child did or did not, and one more */
    assert_ok(table_put_superfile(table, entry.superfile_id, "body", 4, &err), err);
    assert_ok(table_append(table, &entry, 1, NULL, &err), err);
    make_bare_entry(&entry, scene->before + 1);
    assert_ok(table_append(table, &entry, 1, NULL, &err), err);
    check_entries(table, scene->before + 2, &err);
    table_close(table);
    provider_close(provider);
}

/* Returns false when the operation has fewer storage calls than `nth`. */
static bool crash_at(const struct scene *scene, enum fault_action action, uint64_t nth, bool *done)
{
    char *folder = test_folder_make();
    int result;
    pid_t pid;
    bool killed;
    prepare_scene(scene, folder);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        _exit(child(scene, folder, action, nth));
    }
    assert_int_equal(waitpid(pid, &result, 0), pid);
    killed = WIFSIGNALED(result) && WTERMSIG(result) == SIGKILL;
    if (!killed) {
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
    }
    reopen_and_go_on(scene, folder, done);
    if (!killed) {
        assert_true(*done);
    }
    test_folder_remove(folder);
    free(folder);
    return killed;
}

/* Effects only ever turn from "not yet" to "done" as the crash moves later. */
static uint64_t sweep(const struct scene *scene)
{
    uint64_t points = 0;
    bool was_done = false;
    for (uint64_t nth = 1;; nth++) {
        bool done;
        bool killed = crash_at(scene, FAULT_KILL_BEFORE, nth, &done);
        assert_true(done || !was_done);
        was_done = done;
        if (!killed) {
            break;
        }
        assert_true(crash_at(scene, FAULT_KILL_AFTER, nth, &done));
        assert_true(done || !was_done);
        was_done = done;
        points++;
    }
    assert_true(was_done);
    return points;
}

static void create(void **state)
{
    const struct scene scene = {.create = true};
    (void)state;
    assert_int_equal(sweep(&scene), 2); /* snapshot, pointer */
}

static void first_commit(void **state)
{
    const struct scene scene = {.before = 0};
    (void)state;
    assert_int_equal(sweep(&scene), 4); /* open, body, snapshot, pointer */
}

static void later_commit(void **state)
{
    const struct scene scene = {.before = 3};
    (void)state;
    assert_int_equal(sweep(&scene), 4);
}

static void fold(void **state)
{
    const struct scene scene = {.before = TAIL_ENTRIES_MAX};
    (void)state;
    assert_int_equal(sweep(&scene), 5); /* and the part */
}

static void tag(void **state)
{
    const struct scene scene = {.before = 2, .tag = true};
    (void)state;
    assert_int_equal(sweep(&scene), 3); /* open, snapshot, pointer */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(create), cmocka_unit_test(first_commit), cmocka_unit_test(later_commit),
        cmocka_unit_test(fold),   cmocka_unit_test(tag),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
