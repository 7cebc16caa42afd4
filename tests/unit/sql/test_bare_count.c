/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "sql/bare_count.h"

static void the_statement_is_recognised(void **state)
{
    static const struct {
        const char *text;
        const char *table;
        const char *alias;
    } cases[] = {
        {"SELECT count(*) FROM docs", "docs", ""},
        {" select\tCOUNT ( * )\nfrom  Docs_2 ; ", "Docs_2", ""},
        {"select count(*) as n from docs;", "docs", "n"},
        {"select count(*) \"how many\" from \"web-logs\"", "web-logs", "how many"},
    };
    char table[BARE_COUNT_NAME];
    char alias[BARE_COUNT_NAME];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_true(bare_count_parse(cases[i].text, table, alias));
        assert_string_equal(table, cases[i].table);
        assert_string_equal(alias, cases[i].alias);
    }
}

static void everything_else_is_left_to_the_engine(void **state)
{
    static const char *const cases[] = {
        "",
        "select",
        "select count(*)",
        "select count(*) from",
        "select count(n) from docs",
        "select count(*), 1 from docs",
        "select count(*) from docs where n > 1",
        "select count(*) from docs d",
        "select count(*) n from docs",
        "select count(*) where from docs",
        "select count(*) from docs, docs",
        "select count(*) from a.docs",
        "select count(*) from (select 1)",
        "select count(*) from docs limit 1",
        "select count(*) from docs; select 1",
        "select count(*) from 'docs.parquet'",
        "select count(*) from \"a\"\"b\"",
        "select count(*) from \"docs",
        "select count(*) + 1 from docs",
        "select count(*) from docs -- all",
        "explain select count(*) from docs",
        "selectcount(*) from docs",
        "select count(*) fromdocs",
        "select count(*) from 1docs",
        "select distinct count(*) from docs",
        "select count(*) from docs using sample 1",
        "select count(*) filter (where true) from docs",
        "select count(*) over () from docs",
    };
    char table[BARE_COUNT_NAME];
    char alias[BARE_COUNT_NAME];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (bare_count_parse(cases[i], table, alias)) {
            fail_msg("taken for a bare count: %s", cases[i]);
        }
    }
}

static void long_names_are_not_cut(void **state)
{
    char text[2048];
    char table[BARE_COUNT_NAME];
    char alias[BARE_COUNT_NAME];
    (void)state;
    memset(text, 'a', sizeof(text));
    memcpy(text, "select count(*) from ", 21);
    text[21 + 255] = '\0';
    assert_true(bare_count_parse(text, table, alias));
    assert_int_equal(strlen(table), 255);
    text[21 + 255] = 'a';
    text[21 + 256] = '\0';
    assert_false(bare_count_parse(text, table, alias));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_statement_is_recognised),
        cmocka_unit_test(everything_else_is_left_to_the_engine),
        cmocka_unit_test(long_names_are_not_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
