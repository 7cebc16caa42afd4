/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A child process creates a table in a folder and appends to it three times; it is killed at its
 * n-th storage call, before or after the effect, for every n. The parent reopens the folder: the
 * rows are those of whole commits in order, every acknowledged commit is among them, SQL and search
 * agree, and the next append works.
 */
#include "tables/tables.h"

#include "storage/fault.h"
#include "storage/local.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { COMMITS = 3, COMMIT_ROWS = 5 };

/* Rows of commit c: keys 5c to 5c + 4, each with a word of its commit and one of all. */
static void make_rows(int64_t commit, struct table_row *rows, char text[COMMIT_ROWS][40])
{
    int i;
    for (i = 0; i < COMMIT_ROWS; i++) {
        rows[i].key = commit * COMMIT_ROWS + i;
        (void)snprintf(text[i], 40, "every commit%lld", (long long)commit);
        rows[i].body = text[i];
    }
}

static inlay_status append_commit(inlay_table *table, int64_t commit, inlay_error *err)
{
    char text[COMMIT_ROWS][40];
    struct table_row rows[COMMIT_ROWS];
    inlay_append_options options;
    inlay_append_options_init(&options);
    options.target_superfile_bytes = 60; /* a commit of several files */
    make_rows(commit, rows, text);
    return tables_append(table, rows, COMMIT_ROWS, 2, &options, NULL, err);
}

static inlay_status connect_folder(const char *folder, const struct fault_rule *rule,
                                   inlay_connection **out, inlay_error *err)
{
    const struct provider_local_options local = {.no_sync = true};
    struct provider *provider = NULL;
    struct provider *faulty = NULL;
    inlay_status status = provider_local_open_with(folder, &local, &provider, err);
    if (status == INLAY_OK && rule != NULL) {
        status = provider_fault_wrap(provider, true, 1, NULL, &faulty, err);
        if (status == INLAY_OK) {
            provider = faulty;
            status = provider_fault_add(faulty, rule, err);
        }
    }
    return status == INLAY_OK ? tables_connect(provider, NULL, out, err) : status;
}

/* Writes one byte to `acknowledge` after every call that returned: the table, then each commit. */
static int child(const char *folder, const struct fault_rule *rule, int acknowledge)
{
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    int64_t commit;
    inlay_error err;
    inlay_error_init(&err);
    if (connect_folder(folder, rule, &connection, &err) != INLAY_OK ||
        tables_create(connection, "t", &table, &err) != INLAY_OK ||
        write(acknowledge, "c", 1) != 1) {
        return 2;
    }
    for (commit = 0; commit < COMMITS; commit++) {
        if (append_commit(table, commit, &err) != INLAY_OK || write(acknowledge, "a", 1) != 1) {
            return 3;
        }
    }
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

/* What SQL, the count and search say, when the table should hold the first `commits`. */
static void check_rows(inlay_connection *connection, inlay_table *table, int64_t commits)
{
    struct table_hit_seen hits[100];
    inlay_search_options options;
    struct table_rows rows;
    uint64_t counted;
    size_t found;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(tables_scan(connection, "t", "ORDER BY _id", &rows, &err), err);
    assert_int_equal(rows.count, commits * COMMIT_ROWS);
    for (i = 0; i < rows.count; i++) {
        assert_int_equal(rows.rows[i].key, i);
    }
    table_rows_free(&rows);
    assert_ok(inlay_table_count(table, &counted, &err), err);
    assert_int_equal(counted, commits * COMMIT_ROWS);
    inlay_search_options_init(&options);
    options.k = 100;
    assert_ok(tables_search(table, "every", &options, hits, &found, &err), err);
    assert_int_equal(found, commits * COMMIT_ROWS);
    for (i = 0; i < found; i++) { /* equal scores: in the order of the ids */
        assert_int_equal(hits[i].key, i);
    }
    assert_ok(inlay_bm25_count(table, "body", "commit0", NULL, &counted, NULL, &err), err);
    assert_int_equal(counted, commits != 0 ? COMMIT_ROWS : 0);
}

/* `acknowledged` counts the table itself as 1. */
static void check_after_crash(const char *folder, int acknowledged)
{
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    int64_t values[1];
    inlay_verify_result verified;
    inlay_status status;
    int64_t commits;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(connect_folder(folder, NULL, &connection, &err), err);
    status = inlay_open_table(connection, "t", NULL, &table, &err);
    if (status == INLAY_NOT_FOUND) {
        assert_int_equal(acknowledged, 0);
        assert_ok(tables_create(connection, "t", &table, &err), err);
    } else {
        assert_ok(status, err);
    }
    assert_ok(tables_sql(connection, "SELECT count(*) FROM t", values, 1, &err), err);
    assert_int_equal(values[0] % COMMIT_ROWS, 0);
    commits = values[0] / COMMIT_ROWS;
    assert_in_range(commits + 1, acknowledged, COMMITS + 1);
    check_rows(connection, table, commits);
    assert_ok(append_commit(table, commits, &err), err);
    check_rows(connection, table, commits + 1);
    assert_ok(inlay_table_verify(table, NULL, NULL, &verified, &err), err);
    inlay_table_close(table);
    inlay_close(connection);
}

/* True when the child ran to its end without being killed. */
static bool crash_at(enum fault_action action, uint64_t nth)
{
    const struct fault_rule rule = {.action = action, .nth = nth};
    char *folder = test_folder_make();
    char received[COMMITS + 2];
    int ends[2];
    int status = 0;
    ssize_t got;
    int acknowledged = 0;
    pid_t pid;
    assert_int_equal(pipe(ends), 0);
    pid = fork();
    if (pid == 0) {
        close(ends[0]);
        _exit(child(folder, &rule, ends[1]));
    }
    assert_true(pid > 0);
    close(ends[1]);
    while ((got = read(ends[0], received, sizeof(received))) > 0) {
        acknowledged += (int)got;
    }
    close(ends[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    if (WIFEXITED(status)) {
        assert_int_equal(WEXITSTATUS(status), 0);
        assert_int_equal(acknowledged, COMMITS + 1);
    } else {
        assert_int_equal(WTERMSIG(status), SIGKILL);
    }
    check_after_crash(folder, acknowledged);
    test_folder_remove(folder);
    free(folder);
    return WIFEXITED(status);
}

static void sweep(enum fault_action action)
{
    uint64_t nth = 1;
    while (!crash_at(action, nth)) {
        nth++;
    }
    /* A table and three commits of several files are at least that many calls. */
    assert_true(nth > 4 * (COMMITS + 1));
}

static void killed_before_a_call(void **state)
{
    (void)state;
    sweep(FAULT_KILL_BEFORE);
}

static void killed_after_a_call(void **state)
{
    (void)state;
    sweep(FAULT_KILL_AFTER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(killed_before_a_call),
        cmocka_unit_test(killed_after_a_call),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
