/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/alloc.h"
#include "sql/exact_where.h"

static void the_condition_is_left_out(void **state)
{
    static const struct {
        const char *text;
        const char *wanted; /* NULL: the text is left alone */
    } cases[] = {
        {"SELECT 1 FROM t WHERE a = 1", "SELECT 1 FROM t WHERE true "},
        {"select 1 from t where a = 1;", "select 1 from t WHERE true ;"},
        {"SELECT a FROM t WHERE a IN (1, (2)) AND b BETWEEN 1 AND 2 GROUP BY a ORDER BY a",
         "SELECT a FROM t WHERE true GROUP BY a ORDER BY a"},
        {"SELECT a FROM t WHERE b = 'where order by' /* group */ LIMIT 1",
         "SELECT a FROM t WHERE true LIMIT 1"},
        {"SELECT a FROM t WHERE \"limit\" > 1 -- where\n ORDER BY 1",
         "SELECT a FROM t WHERE true ORDER BY 1"},
        {"SELECT a FROM t WHERE a = ? AND b > $1 AND c IN ($x, ?2) LIMIT ?",
         "SELECT a FROM t WHERE true AND (?::VARCHAR IS NULL OR true) AND ($1::VARCHAR IS NULL OR "
         "true) AND ($x::VARCHAR IS NULL OR true) AND (?2::VARCHAR IS NULL OR true) LIMIT ?"},
        {"FROM t WHERE a = 1 SELECT b", "FROM t WHERE true SELECT b"},
        {"SELECT * FROM (SELECT a FROM t WHERE a = 1) x",
         "SELECT * FROM (SELECT a FROM t WHERE true ) x"},
        {"SELECT 1 FROM t", NULL},
        {"SELECT count(*) FILTER (WHERE a) FROM t WHERE b", NULL},
        {"SELECT 'WHERE' FROM t", NULL},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *made;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(exact_where_rewrite(cases[i].text, 0, &made, &err), err);
        if (cases[i].wanted == NULL) {
            assert_null(made);
        } else {
            assert_non_null(made);
            assert_string_equal(made, cases[i].wanted);
        }
        mem_free(made);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_condition_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
