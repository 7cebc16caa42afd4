/* SPDX-License-Identifier: Apache-2.0 */
/* Earlier versions of tables by number and by time, in every place where a table may stand. */
#include "tables/tables.h"

#include "base/timestamp.h"
#include "sql/version_names.h"
#include "storage/memory.h"

#include <stdio.h>

static inlay_connection *connection;
static inlay_table *table;
static int64_t clock_ms = 1767323040000; /* 2026-01-02 03:04:00 UTC */

static int64_t fake_unix_ms(void *context)
{
    (void)context;
    return clock_ms;
}

/* Version n has the rows 1 to n, committed n minutes after the start. */
static int open_table(void **state)
{
    static struct env env;
    struct provider *provider;
    inlay_error err;
    (void)state;
    env = *env_system();
    env.unix_ms = fake_unix_ms;
    inlay_error_init(&err);
    assert_ok(provider_memory_create(&provider, &err), err);
    assert_ok(tables_connect(provider, &env, &connection, &err), err);
    assert_ok(tables_create(connection, "docs", &table, &err), err);
    for (int64_t i = 1; i <= 5; i++) {
        struct table_row row = {i, "sea"};
        clock_ms += 60000;
        assert_ok(tables_append(table, &row, 1, 0, NULL, NULL, &err), err);
    }
    return 0;
}

static int close_table(void **state)
{
    (void)state;
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

/* The only value of the answer, a BIGINT. */
static void assert_number(const char *sql, int64_t expected)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    int64_t found;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err), err);
    assert_int_equal(stream.get_next(&stream, &batch), 0);
    assert_non_null(batch.release);
    found = ((const int64_t *)batch.children[0]->buffers[1])[0];
    if (found != expected) {
        fail_msg("%s: %lld, expected %lld", sql, (long long)found, (long long)expected);
    }
    batch.release(&batch);
    stream.release(&stream);
}

static void versions_stand_where_tables_stand(void **state)
{
    (void)state;
    assert_number("SELECT count(*) FROM docs", 5);
    assert_number("SELECT count(*) FROM docs@3", 3);
    assert_number("SELECT count(*) FROM docs@0", 0);
    assert_number("SELECT count(*) FROM \"docs\"@3", 3);
    assert_number("SELECT count(*) FROM \"docs@3\"", 3);
    assert_number("SELECT count(*) FROM docs AS OF 2", 2);
    assert_number("SELECT count(*) FROM docs as /* then */ of 2 d WHERE d.key > 1", 1);
    assert_number("SELECT max(docs.key) FROM docs@4 WHERE docs.key > 1", 4);
    assert_number("SELECT max(d.key) FROM docs@4 AS d", 4);
    assert_number("SELECT max(d.key) FROM docs@4 d", 4);
    assert_number("SELECT max(key) FROM (SELECT * FROM docs@2)", 2);
    assert_number("SELECT count(*) FROM docs AS new ANTI JOIN docs@3 AS old USING (key)", 2);
    assert_number("SELECT count(*) FROM docs@5 new, docs@2 old WHERE new.key > old.key", 7);
    assert_number("SELECT count(*) FROM docs@2 JOIN docs@4 later ON docs.key = later.key", 2);
    assert_number("SELECT count(*) FROM inlay_scan('docs@3')", 3);
    assert_number("SELECT count(*) FROM DOCS@3", 3);
    assert_number("SELECT length('docs@3')", 6);
    assert_number("SELECT length('docs AS OF 3') -- docs@3\n", 12);
    assert_number("SELECT max(\"x@3\")::BIGINT FROM (SELECT 7 AS \"x@3\")", 7);
    assert_number("SELECT max(of)::BIGINT FROM (SELECT 7 AS of)", 7);
}

static void times_mean_what_was_newest_then(void **state)
{
    (void)state;
    assert_number("SELECT count(*) FROM docs@'2026-01-02 03:06'", 2);
    assert_number("SELECT count(*) FROM docs@'2026-01-02 03:06:59.999'", 2);
    assert_number("SELECT count(*) FROM docs AS OF '2026-01-02T03:07:00Z' x", 3);
    assert_number("SELECT count(*) FROM docs@'2026-01-03'", 5);
    assert_number("SELECT count(*) FROM docs@'2026-01-02 03:04'", 0);
}

static void assert_wrong(const char *sql, const char *words, int64_t offset)
{
    struct ArrowArrayStream stream;
    inlay_error err;
    inlay_error_init(&err);
    assert_status(inlay_query_sql(connection, sql, NULL, 0, NULL, &stream, NULL, &err),
                  INLAY_QUERY);
    if (strstr(err.message, words) == NULL || err.offset != offset) {
        fail_msg("%s: at %lld: %s", sql, (long long)err.offset, err.message);
    }
}

static void what_is_missing_is_said_with_what_there_is(void **state)
{
    (void)state;
    assert_wrong("SELECT * FROM docs@9",
                 "there is no \"docs@9\": the versions are 0 (2026-01-02T03:04:00.000Z) to 5 "
                 "(2026-01-02T03:09:00.000Z)",
                 -1);
    assert_wrong("SELECT * FROM docs@'2020-01-01'", "the versions are 0 (2026", -1);
    assert_wrong("SELECT * FROM docs@'yesterday'", "names no version", -1);
    assert_wrong("SELECT * FROM docs@'2026-13-01'", "names no version", -1);
    assert_wrong("SELECT * FROM docs@99999999999999999999999", "names no version", -1);
    assert_wrong("SELECT * FROM papers@3", "papers", -1);
    /* Positions are those of the text as it was given. */
    assert_wrong("SELECT nothing FROM docs@3", "nothing", 7);
    assert_wrong("SELECT * FROM docs AS OF 3 WHERE nothing = 1", "nothing", 33);
    assert_wrong("SELECT *\nFROM docs@3, docs@2 x\nWHERE nothing = 1", "nothing", 37);
}

static void places_are_mapped_back(void **state)
{
    static const char text[] = "a FROM docs@3 WHERE b";
    struct version_names names;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(version_names_rewrite(text, &names, &err), err);
    assert_string_equal(names.text, "a FROM \"docs@3\" AS \"docs\" WHERE b");
    assert_int_equal(version_names_place(&names, -1), -1);
    assert_int_equal(version_names_place(&names, 2), 2);
    assert_int_equal(version_names_place(&names, 9), 7);
    assert_int_equal(version_names_place(&names, 20), 7);
    assert_int_equal(version_names_place(&names, 32), 20);
    version_names_free(&names);
    assert_ok(version_names_rewrite("a AS of, b@c, 'x'@3, x@ 3, d@3.5", &names, &err), err);
    assert_null(names.text);
    version_names_free(&names);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(versions_stand_where_tables_stand),
        cmocka_unit_test(times_mean_what_was_newest_then),
        cmocka_unit_test(what_is_missing_is_said_with_what_there_is),
        cmocka_unit_test(places_are_mapped_back),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
