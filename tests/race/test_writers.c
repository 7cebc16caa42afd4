/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that append to one table in a folder while others read it. Nothing is lost, nothing is
 * doubled, the versions are dense, and every reader sees counts that never fall and, in one
 * snapshot, the same rows in SQL's count, the table's count and search.
 */
#include "tables/tables.h"

#include "columnar/array_view.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WRITERS = 8, READERS = 2, APPENDS = 4, APPEND_ROWS = 3 };

static inlay_status connect_and_open(const char *folder, inlay_connection **connection,
                                     inlay_table **table, inlay_error *err)
{
    inlay_connect_options options;
    inlay_status status;
    inlay_connect_options_init(&options);
    options.max_staleness_ms = 0;
    options.threads = 1;
    status = inlay_connect(folder, &options, connection, err);
    return status == INLAY_OK ? inlay_open_table(*connection, "t", NULL, table, err) : status;
}

static int complain(const char *who, const inlay_error *err)
{
    (void)fprintf(stderr, "%s: %s: %s [%s] %s\n", who, inlay_status_name(err->status), err->message,
                  err->key, err->cause);
    return 1;
}

/* Keys of writer w: from w * 1000 on. A conflict is the caller's to try again. */
static int write_rows(const char *folder, int writer, uint64_t appends)
{
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    inlay_error err;
    uint64_t done = 0;
    inlay_error_init(&err);
    if (connect_and_open(folder, &connection, &table, &err) != INLAY_OK) {
        return complain("writer", &err);
    }
    while (done < appends) {
        struct table_row rows[APPEND_ROWS];
        inlay_status status;
        int i;
        for (i = 0; i < APPEND_ROWS; i++) {
            rows[i].key = writer * 1000 + (int64_t)done * APPEND_ROWS + i;
            rows[i].body = "common word";
        }
        status = tables_append(table, rows, APPEND_ROWS, 0, NULL, NULL, &err);
        if (status == INLAY_OK) {
            done++;
        } else if (status != INLAY_CONFLICT) {
            return complain("append", &err);
        }
    }
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

/* One look at one snapshot; the count, or -1. */
static int64_t look(inlay_table *table, inlay_error *err)
{
    struct table_hit_seen *hits;
    inlay_search_options options;
    inlay_table *pinned = NULL;
    uint64_t counted = 0;
    uint64_t matches = 0;
    size_t found = 0;
    inlay_status status = inlay_table_snapshot(table, &pinned, err);
    if (status == INLAY_OK) {
        status = inlay_table_count(pinned, &counted, err);
    }
    if (status == INLAY_OK) {
        status = inlay_bm25_count(pinned, "body", "common", NULL, &matches, NULL, err);
    }
    hits = calloc((size_t)counted + 8, sizeof(*hits));
    inlay_search_options_init(&options);
    options.k = counted + 8;
    if (status == INLAY_OK && hits != NULL) {
        status = tables_search(pinned, "word", &options, hits, &found, err);
    }
    free(hits);
    inlay_table_close(pinned);
    if (status != INLAY_OK) {
        (void)complain("look", err);
        return -1;
    }
    if (matches != counted || found != counted || counted % APPEND_ROWS != 0) {
        (void)fprintf(stderr, "one snapshot: %llu rows, %llu matches, %zu hits\n",
                      (unsigned long long)counted, (unsigned long long)matches, found);
        return -1;
    }
    return (int64_t)counted;
}

/* Until all rows are there. */
static int read_rows(const char *folder, int64_t wanted)
{
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    int64_t last = 0;
    inlay_error err;
    inlay_error_init(&err);
    if (connect_and_open(folder, &connection, &table, &err) != INLAY_OK) {
        return complain("reader", &err);
    }
    while (last < wanted) {
        int64_t values[2];
        int64_t seen = look(table, &err);
        if (seen < last) {
            (void)fprintf(stderr, "%lld rows after %lld\n", (long long)seen, (long long)last);
            return 1;
        }
        last = seen;
        if (tables_sql(connection, "SELECT count(*), count(DISTINCT key) FROM t", values, 2,
                       &err) != INLAY_OK) {
            return complain("sql", &err);
        }
        if (values[0] < last || values[0] != values[1] || values[0] % APPEND_ROWS != 0) {
            (void)fprintf(stderr, "SQL sees %lld rows and %lld keys after %lld\n",
                          (long long)values[0], (long long)values[1], (long long)last);
            return 1;
        }
        last = values[0];
    }
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

struct version_reader {
    uint64_t next; /* expected, counting down */
    uint64_t appends;
};

static void visit_version(void *context, const struct array_view *batch, int64_t row)
{
    struct version_reader *reader = context;
    struct byte_view operation = array_view_bytes(&batch->children[2], row);
    uint64_t version = (uint64_t)array_view_int(&batch->children[0], row);
    if (reader->next != UINT64_MAX) {
        assert_int_equal(version, reader->next);
    }
    reader->next = version - 1;
    reader->appends += operation.length == 6 && memcmp(operation.data, "append", 6) == 0;
}

static void check_outcome(const char *folder, int64_t wanted, uint64_t commits)
{
    struct version_reader versions = {UINT64_MAX, 0};
    struct ArrowArrayStream stream;
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    int64_t values[3];
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(connect_and_open(folder, &connection, &table, &err), err);
    assert_ok(tables_sql(connection,
                         "SELECT count(*), count(DISTINCT key), count(DISTINCT _id) FROM t", values,
                         3, &err),
              err);
    assert_int_equal(values[0], wanted);
    assert_int_equal(values[1], wanted);
    assert_int_equal(values[2], wanted);
    assert_int_equal(look(table, &err), wanted);
    assert_ok(inlay_table_versions(table, 0, &stream, &err), err);
    assert_ok(tables_each_row(&stream, visit_version, &versions, &err), err);
    assert_in_range(versions.appends, 1, commits);
    inlay_table_close(table);
    inlay_close(connection);
}

static void writers_and_readers_race(void **state)
{
    char *folder = test_folder_make();
    uint64_t appends = APPENDS * tables_scale();
    int64_t wanted = (int64_t)appends * WRITERS * APPEND_ROWS;
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    pid_t children[WRITERS + READERS];
    inlay_error err;
    int i;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_connect(folder, NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "t", &table, &err), err);
    inlay_table_close(table);
    inlay_close(connection);
    for (i = 0; i < WRITERS + READERS; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            _exit(i < WRITERS ? write_rows(folder, i, appends) : read_rows(folder, wanted));
        }
        assert_true(children[i] > 0);
    }
    for (i = 0; i < WRITERS + READERS; i++) {
        int status = 0;
        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    }
    check_outcome(folder, wanted, appends * WRITERS);
    test_folder_remove(folder);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writers_and_readers_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
