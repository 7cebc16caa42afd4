/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "options.h"
#include "shell/complete.h"
#include "shell/sql_text.h"
#include "suggest.h"

#include <stdio.h>

enum { G_DB, G_JSON };
enum { O_K, O_COLUMNS, O_SIZE, O_NAME };

static const struct option_spec globals[] = {
    {"--db", 0, OPTION_TEXT, "URI", ""}, {"--json", 0, OPTION_FLAG, NULL, ""}, {0}};
static const struct option_spec options[] = {{"--k", 'k', OPTION_NUMBER, "N", ""},
                                             {"--columns", 0, OPTION_LIST, "NAME", ""},
                                             {"--commit-size", 0, OPTION_SIZE, "SIZE", ""},
                                             {"--name", 'n', OPTION_TEXT, "NAME", ""},
                                             {0}};

static bool parse(const char *words, struct parsed *parsed, struct text *problem)
{
    static char copy[256];
    char *argv[32] = {"inlay"};
    int argc = 1;
    int next = 1;
    snprintf(copy, sizeof(copy), "%s", words);
    for (char *word = copy; *word;) {
        argv[argc++] = word;
        word += strcspn(word, " ");
        if (*word) {
            *word++ = '\0';
        }
    }
    *parsed = (struct parsed){0};
    text_clear(problem);
    return options_parse(argc, argv, &next, globals, options, parsed, problem);
}

static void options_and_arguments_mix(void **state)
{
    struct parsed parsed;
    struct text problem = {0};
    (void)state;
    assert_true(
        parse("docs -k5 --columns=a --db /x word --columns b --commit-size 2MiB --json -- -w",
              &parsed, &problem));
    assert_int_equal(parsed.options[O_K].number, 5);
    assert_int_equal(parsed.options[O_COLUMNS].count, 2);
    assert_string_equal(parsed.options[O_COLUMNS].list[1], "b");
    assert_int_equal(parsed.options[O_SIZE].number, 2097152);
    assert_string_equal(parsed.globals[G_DB].text, "/x");
    assert_true(parsed.globals[G_JSON].set);
    assert_false(parsed.options[O_NAME].set);
    assert_int_equal(parsed.argument_count, 3);
    assert_string_equal(parsed.arguments[2], "-w");
    parsed_free(&parsed);
    text_free(&problem);
}

static void mistakes_are_explained(void **state)
{
    static const struct {
        const char *words;
        const char *problem;
    } cases[] = {
        {"--colums a", "unknown option --colums; did you mean --columns?"},
        {"--zzzzzzzz", "unknown option --zzzzzzzz"},
        {"-x", "unknown option -x; put -- before an argument that begins with \"-\""},
        {"--k", "--k needs a value: --k N"},
        {"--k ten", "--k takes a number, not \"ten\""},
        {"--k -1", "--k takes a number, not \"-1\""},
        {"--k 99999999999999999999", "--k takes a number, not \"99999999999999999999\""},
        {"--commit-size 5Q", "--commit-size takes a size such as 64MiB, not \"5Q\""},
        {"--commit-size 99999999999G",
         "--commit-size takes a size such as 64MiB, not \"99999999999G\""},
        {"--json=yes", "--json takes no value"},
    };
    struct parsed parsed;
    struct text problem = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_false(parse(cases[i].words, &parsed, &problem));
        assert_string_equal(problem.data, cases[i].problem);
        parsed_free(&parsed);
    }
    text_free(&problem);
}

static void near_words_are_suggested(void **state)
{
    static const char *const words[] = {"search", "schema", "import", "sql"};
    (void)state;
    assert_string_equal(suggest_nearest("serach", words, 4), "search");
    assert_string_equal(suggest_nearest("imports", words, 4), "import");
    assert_string_equal(suggest_nearest("sqk", words, 4), "sql");
    assert_string_equal(suggest_nearest("imp", words, 4), "import");
    assert_null(suggest_nearest("zebra", words, 4));
    assert_null(suggest_nearest("", words, 4));
}

static void statements_end_outside_quotes(void **state)
{
    static const struct {
        const char *text;
        size_t end;
    } cases[] = {
        {"SELECT 1; SELECT 2;", 9},
        {"SELECT ';' , \"a;b\";x", 19},
        {"SELECT 'it''s;';", 16},
        {"-- a; comment\nSELECT 1;", 23},
        {"/* ; /* ; */ ; */ x;", 20},
        {"SELECT $$;$$, $a$ ; $$ ; $a$;", 29},
        {"SELECT $1; x", 10},
        {"SELECT 1", 0},
        {"SELECT ';", 0},
        {"/* ;", 0},
        {"", 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct sql_scanner scanner = {0};
        assert_int_equal(sql_scan_statement(&scanner, cases[i].text, strlen(cases[i].text)),
                         cases[i].end);
    }
    assert_true(sql_is_blank(" -- x\n /* y */ ; \n", 18));
    assert_false(sql_is_blank(" -- x\n1", 7));
}

static void scanning_goes_on_over_lines(void **state)
{
    static const char *const lines[] = {"SELECT '\n", "; -- no\n", "' || $q$\n",
                                        ";\n",        "$q$\n",     ";\n"};
    struct sql_scanner scanner = {0};
    struct text buffer = {0};
    size_t end = 0;
    (void)state;
    for (size_t i = 0; i < 6; i++) {
        assert_int_equal(end, 0);
        text_add_string(&buffer, lines[i]);
        end = sql_scan_statement(&scanner, buffer.data, buffer.length);
    }
    assert_int_equal(end, buffer.length - 1);
    text_free(&buffer);
}

static void check_completion(const char *line, const char *append, const char *choices)
{
    struct word_list words = {0};
    struct text got = {0};
    struct text list = {0};
    word_list_add_keywords(&words);
    word_list_add(&words, "documents");
    word_list_add(&words, "docs_old");
    word_list_add(&words, "docs_old");
    size_t start = complete_word_start(line, strlen(line));
    complete_word(&words, line + start, strlen(line) - start, &got, &list);
    assert_string_equal(text_cstr(&got), append);
    assert_string_equal(text_cstr(&list), choices);
    text_free(&got);
    text_free(&list);
    word_list_free(&words);
}

static void words_complete(void **state)
{
    (void)state;
    check_completion("SEL", "ECT ", "");
    check_completion("sel", "ect ", "");
    check_completion("SELECT * FROM do", "c", "");
    check_completion("SELECT * FROM doc", "", "documents\ndocs_old\n");
    check_completion("SELECT * FROM docs", "_old ", "");
    check_completion(".ta", "bles ", "");
    check_completion("SELECT zzz", "", "");
    check_completion("SELECT ", "", "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_and_arguments_mix),
        cmocka_unit_test(mistakes_are_explained),
        cmocka_unit_test(near_words_are_suggested),
        cmocka_unit_test(statements_end_outside_quotes),
        cmocka_unit_test(scanning_goes_on_over_lines),
        cmocka_unit_test(words_complete),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
