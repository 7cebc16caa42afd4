/* SPDX-License-Identifier: Apache-2.0 */
/* What a person types, and the tree it becomes. */
#include "text_fixture.h"

static struct analyzer *standard_analyzer(void)
{
    struct analyzer_config config;
    struct analyzer *analyzer;
    inlay_error err;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    assert_ok(analyzer_create(&config, &analyzer, &err), err);
    return analyzer;
}

static void check(const struct analyzer *analyzer, const char *text, bool require_all,
                  const char *expected)
{
    struct text_query_options options = {require_all};
    struct text_query *query;
    struct buffer out;
    inlay_error err;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    assert_ok(text_query_parse(analyzer, text, strlen(text), &options, &query, &err), err);
    text_query_print(query, &out);
    buffer_u8(&out, 0);
    if (strcmp((char *)out.data, expected) != 0) {
        fail_msg("'%s' became '%s', expected '%s'", text, (char *)out.data, expected);
    }
    buffer_free(&out);
    text_query_free(query);
}

static void the_language(void **state)
{
    static const struct {
        const char *text;
        const char *any;
        const char *all;
    } cases[] = {
        {"", "", ""},
        {"Foo", "foo", "foo"},
        {"foo bar", "(foo bar)", "(+foo +bar)"},
        {"+foo -bar baz", "(+foo -bar baz)", "(+foo -bar +baz)"},
        {"foo AND bar", "(+foo +bar)", "(+foo +bar)"},
        {"foo OR bar", "(foo bar)", "(foo bar)"},
        {"a b AND c", "(a (+b +c))", "(+a +(+b +c))"},
        {"a OR b AND c", "(a (+b +c))", "(a (+b +c))"},
        {"a AND NOT b", "(+a -b)", "(+a -b)"},
        {"NOT a", "(-a)", "(-a)"},
        {"-a -b", "(-a -b)", "(-a -b)"},
        {"foo - bar", "(foo bar)", "(+foo +bar)"},
        {"foo^2.5 bar^0", "(foo^2.5 bar^0)", "(+foo^2.5 +bar^0)"},
        {"foo^99999999999999", "foo^1000", "foo^1000"},
        {"foo^", "foo", "foo"},
        {"\"New York\"", "\"new york\"", "\"new york\""},
        {"\"a b\"~3^2", "\"a b\"~3^2", "\"a b\"~3^2"},
        {"\"word\"", "word", "word"},
        {"\"open phrase", "\"open phrase\"", "\"open phrase\""},
        {"(a b) c", "((a b) c)", "(+(+a +b) +c)"},
        {"((a", "a", "a"},
        {"a) b)", "(a b)", "(+a +b)"},
        {"AND", "", ""},
        {"AND a", "a", "a"},
        {"a AND", "a", "a"},
        {"OR OR a OR", "a", "a"},
        {"+", "", ""},
        {"()", "", ""},
        {"\"\" ~ ^ ! ???", "", ""},
        {"+(a b)^3 -(c d)", "(+(a b)^3 -(c d))", "(+(+a +b)^3 -(+c +d))"},
        {"state-of", "(state of)", "(+state +of)"},
        {"+state-of x", "(+(+state +of) x)", "(+(+state +of) +x)"},
        {"\\+foo a\\\"b", "(foo (a b))", "(+foo +(+a +b))"},
        {"android ORacle", "(android oracle)", "(+android +oracle)"},
    };
    struct analyzer *analyzer = standard_analyzer();
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        check(analyzer, cases[i].text, false, cases[i].any);
        check(analyzer, cases[i].text, true, cases[i].all);
    }
    analyzer_free(analyzer);
}

static void deep_nesting_is_bounded(void **state)
{
    struct analyzer *analyzer = standard_analyzer();
    size_t length = 300000;
    char *text = malloc(length);
    struct text_query *query;
    struct text_segment segment;
    inlay_error err;
    uint64_t matches;
    (void)state;
    inlay_error_init(&err);
    memset(&segment, 0, sizeof(segment));
    memset(text, '(', length);
    text[length - 1] = 'a';
    assert_ok(text_query_parse(analyzer, text, length, NULL, &query, &err), err);
    assert_non_null(query->root);
    assert_ok(text_count(query, &segment, 0, &matches, &err), err); /* no deeper than allowed */
    text_query_free(query);
    free(text);
    analyzer_free(analyzer);
}

static void any_bytes_parse(void **state)
{
    static const char alphabet[] = "ab \"()+-~^\\ANDORNOT 12.\xc3\xa9\xff";
    struct test_random random = test_random_init(11);
    struct analyzer *analyzer = standard_analyzer();
    size_t round;
    (void)state;
    for (round = 0; round < 3000; round++) {
        char text[64];
        size_t length = test_random_below(&random, sizeof(text));
        struct text_query *query;
        struct text_segment segment;
        uint64_t matches;
        inlay_error err;
        size_t i;
        inlay_error_init(&err);
        memset(&segment, 0, sizeof(segment));
        for (i = 0; i < length; i++) {
            text[i] = alphabet[test_random_below(&random, sizeof(alphabet) - 1)];
        }
        assert_ok(text_query_parse(analyzer, text, length, NULL, &query, &err), err);
        assert_ok(text_count(query, &segment, 0, &matches, &err), err);
        text_query_free(query);
    }
    analyzer_free(analyzer);
}

static void by_hand(void **state)
{
    struct text_query *query;
    struct text_phrase_term terms[2] = {{(const uint8_t *)"x", 1, 0}, {(const uint8_t *)"y", 1, 2}};
    struct buffer out;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    assert_ok(text_query_create(&query, &err), err);
    query->root = text_query_group(query, 1);
    text_query_add(query->root, TEXT_MUST, text_query_term(query, "a", 1, -3));
    text_query_add(query->root, TEXT_SHOULD, text_query_phrase(query, terms, 2, 5000, 1e9));
    text_query_add(query->root, TEXT_MUST_NOT, text_query_phrase(query, terms, 1, 0, 1));
    text_query_print(query, &out);
    buffer_u8(&out, 0);
    assert_string_equal((char *)out.data, "(+a^0 \"x _ y\"~1000^1000 -x)");
    buffer_free(&out);
    text_query_free(query);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_language),
        cmocka_unit_test(deep_nesting_is_bounded),
        cmocka_unit_test(any_bytes_parse),
        cmocka_unit_test(by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
