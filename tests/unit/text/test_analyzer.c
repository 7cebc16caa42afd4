/* SPDX-License-Identifier: Apache-2.0 */
/* What the analyzers make of given texts: tokens, positions, byte ranges. */
#include "support/test.h"

#include "text/analysis/bigrams.h"
#include "text/analyzer.h"

#include <stdio.h>
#include <stdlib.h>

static struct analyzer *make(const struct analyzer_config *config)
{
    struct analyzer *analyzer;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(analyzer_create(config, &analyzer, &err), err);
    return analyzer;
}

/* "token@position[start,end) ..." of all tokens, or with `brief` the tokens alone. */
static char *describe(const struct analyzer_config *config, const char *text, size_t length,
                      bool brief)
{
    struct analyzer *analyzer = make(config);
    struct analyzer_scratch *scratch;
    const struct token *tokens;
    size_t count;
    char *out = NULL;
    size_t out_size = 0;
    FILE *stream = open_memstream(&out, &out_size);
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(analyzer_scratch_create(analyzer, &scratch, &err), err);
    assert_ok(analyzer_run(analyzer, scratch, text, length, &tokens, &count, &err), err);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "%s%.*s", i == 0 ? "" : " ", (int)tokens[i].length, tokens[i].bytes);
        if (!brief) {
            fprintf(stream, "@%u[%u,%u)", tokens[i].position, tokens[i].start, tokens[i].end);
        }
    }
    fclose(stream);
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
    return out;
}

static void expect(const struct analyzer_config *config, const char *text, const char *expected)
{
    char *got = describe(config, text, strlen(text), true);
    if (strcmp(got, expected) != 0) {
        fail_msg("'%s' became '%s', not '%s'", text, got, expected);
    }
    free(got);
}

static void expect_places(const struct analyzer_config *config, const char *text,
                          const char *expected)
{
    char *got = describe(config, text, strlen(text), false);
    assert_string_equal(got, expected);
    free(got);
}

static struct analyzer_config config_of_kind(enum analyzer_kind kind)
{
    struct analyzer_config config;
    analyzer_config_init(&config);
    config.kind = kind;
    return config;
}

static void standard_words(void **state)
{
    static const char *const cases[][2] = {
        {"", ""},
        {"  \t\r\n", ""},
        {"... --- !!! ___ '", ""},
        {"The Quick brown-fox", "the quick brown fox"},
        {"can't won\xe2\x80\x99t", "can't won't"}, /* the typographic apostrophe is the plain one */
        {"3.14 1,000,000 1.2.3 1..2 a.b.c 1.a", "3.14 1,000,000 1.2.3 1 2 a.b.c 1 a"},
        {"snake_case _x _ __ x_", "snake_case _x x_"},
        {"user@example.com", "user example.com"},
        {"a:b 12:30 ;x", "a:b 12 30 x"},
        {"'quoted' \"double\"", "quoted double"},
        {"Straße STRASSE", "strasse strasse"},
        {"İstanbul ΣΊΣΥΦΟΣ Ⅷ", "i̇stanbul σίσυφοσ viii"},
        {"ﬁne ＦＵＬＬ１２", "fine full12"},
        {"e\xcc\x81t\xc3\xa9 Å", "\xc3\xa9t\xc3\xa9 å"}, /* composed and decomposed are one */
        {"co\xc2\xadoperate", "cooperate"},              /* soft hyphen */
        {"Привет, МИР", "привет мир"},
        {"한국어 텍스트", "한국어 텍스트"},
        {"שלום ב\"ה צה\"ל", "שלום ב\"ה צה\"ל"},
        {"مرحبا بالعالم", "مرحبا بالعالم"},
        {"👍 👩‍👩‍👧 🇩🇪", ""}, /* no letter, no digit */
        {"x² ½", "x"},
        {"٣٫١٤", "٣٫١٤"},
        {"🅰b", "🅰b"},
    };
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(&config, cases[i][0], cases[i][1]);
    }
}

static void scripts_without_spaces_become_bigrams(void **state)
{
    static const char *const cases[][2] = {
        {"東", "東"},
        {"東京", "東京"},
        {"東京都庁", "東京 京都 都庁"},
        {"東京、大阪。", "東京 大阪"},
        {"東京tower塔", "東京 tower 塔"},
        {"ひらカタ漢", "ひら らカ カタ タ漢"},
        {"ｶﾞｷﾞ", "ガギ"}, /* half width, voiced by a second character */
        {"か\xe3\x82\x99き", "がき"},
        {"㌀", "アパ パー ート"},
        {"スーパー", "スー ーパ パー"},
        {"カ_a", "カ _a"},
        {"漢字2023年", "漢字 2023 年"},
        {"สวัสดี", "สวั วัส สดี"},
        {"ก漢", "ก 漢"}, /* two kinds, two runs */
        {"𠀀𠀁", "𠀀𠀁"},
    };
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(&config, cases[i][0], cases[i][1]);
    }
}

static void places_are_those_of_the_original_text(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    (void)state;
    expect_places(&config, "  Hello, World", "hello@0[2,7) world@1[9,14)");
    expect_places(&config, "Straße ﬁn x", "strasse@0[0,7) fin@1[8,12) x@2[13,14)");
    expect_places(&config, "東京都x", "東京@0[0,6) 京都@1[3,9) x@2[9,10)");
    expect_places(&config, "㌀!a", "アパ@0[0,3) パー@1[0,3) ート@2[0,3) a@3[4,5)");
}

static void invalid_bytes_separate(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    (void)state;
    expect(&config,
           "ab\xff"
           "cd\xc3",
           "ab cd");
    expect(&config,
           "ab\xed\xa0\x80"
           "cd",
           "ab cd");
    expect(&config, "東\x80京", "東 京");
    expect_places(&config, "a\xc3 \xa9z", "a@0[0,1) z@1[4,5)");
    config.kind = ANALYZER_WHITESPACE;
    expect(&config,
           "ab\xff"
           "cd",
           "ab cd");
}

static void ascii_whitespace_keyword(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_ASCII);
    (void)state;
    expect_places(&config, "Foo_bar-BAZ 42caf\xc3\xa9",
                  "foo@0[0,3) bar@1[4,7) baz@2[8,11) "
                  "42caf@3[12,17)");
    expect(&config, "can't 3.14", "can t 3 14");
    config.kind = ANALYZER_WHITESPACE;
    expect_places(&config, " Foo-Bar\xe3\x80\x80Ünï\n", "Foo-Bar@0[1,8) Ünï@1[11,16)");
    expect(&config,
           "a\xc2\xa0"
           "b\xe2\x80\xa8"
           "c\x1c"
           "d",
           "a b c\x1c"
           "d");
    config.kind = ANALYZER_KEYWORD;
    expect_places(&config, " Any Thing\xff ", " Any Thing\xff @0[0,12)");
    expect(&config, "", "");
}

static void code_parts(void **state)
{
    static const char *const cases[][2] = {
        {"getUserName", "get user name"},
        {"HTTPServer parseHTML XMLHttpRequest", "http server parse html xml http request"},
        {"snake_case__x MAX_LEN", "snake case x max len"},
        {"utf8Decode v2 x2y 3d", "utf 8 decode v 2 x 2 y 3 d"},
        {"foo.bar std::vector obj->field", "foo bar std vector obj field"},
        {"naïveÉtude ПриветМир", "naïve étude привет мир"},
        {"e\xcc\x81"
         "A",
         "é a"},
        {"A B aB Ab AB ABc", "a b a b ab ab a bc"},
        {"変数名x", "変数 数名 x"},
        {"___", ""},
    };
    struct analyzer_config config = config_of_kind(ANALYZER_CODE);
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        expect(&config, cases[i][0], cases[i][1]);
    }
    expect_places(&config, "getHTTP2_x", "get@0[0,3) http@1[3,7) 2@2[7,8) x@3[9,10)");
}

static void stop_words_leave_gaps(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    static const char *const own[] = {"東京", "ça"};
    (void)state;
    config.stop_words = analyzer_stop_words("english", &config.stop_word_count);
    assert_int_equal(config.stop_word_count, 33);
    expect_places(&config, "The cat and THE hat", "cat@1[4,7) hat@4[16,19)");
    config.stop_words = own;
    config.stop_word_count = 2;
    expect_places(&config, "Ça the 東京都", "the@1[4,7) 京都@3[11,17)");
    assert_null(analyzer_stop_words("klingon", &config.stop_word_count));
    assert_int_equal(config.stop_word_count, 0);
}

static void ascii_folding_is_for_latin(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    (void)state;
    config.ascii_folding = true;
    expect(&config, "Crème BRÛLÉE Łódź Ærø Þór œuvre đường x\xcc\x8c",
           "creme brulee lodz aero thor oeuvre duong x");
    expect(&config, "ἄνθρωπος й が", "ἄνθρωποσ й が");
    config.stop_words = (const char *const[]){"fur"};
    config.stop_word_count = 1;
    expect(&config, "für uns", "uns"); /* stop words are compared after folding */
}

static void stemming_comes_last(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    static const char *const stop[] = {"running"};
    (void)state;
    strcpy(config.stemmer, "english");
    expect_places(&config, "Connections, ponies. skies",
                  "connect@0[0,11) poni@1[13,19) sky@2[21,26)");
    config.stop_words = stop;
    config.stop_word_count = 1;
    expect(&config, "running runs", "run");
    strcpy(config.stemmer, "russian");
    expect(&config, "КНИГАМИ running", "книг");
}

static void long_tokens_are_cut_at_a_code_point(void **state)
{
    static const enum analyzer_kind kinds[] = {
        ANALYZER_STANDARD, ANALYZER_ASCII, ANALYZER_WHITESPACE, ANALYZER_KEYWORD, ANALYZER_CODE};
    char text[5000];
    (void)state;
    for (size_t k = 0; k < 5; k++) {
        struct analyzer_config config = config_of_kind(kinds[k]);
        char expected[400];
        memset(text, 'a', 3000);
        text[3000] = '\0';
        snprintf(expected, sizeof(expected), "%.255s@0[0,3000)", text);
        expect_places(&config, text, expected);
        if (kinds[k] == ANALYZER_ASCII) {
            continue;
        }
        text[0] = 'x'; /* now two-byte letters begin at odd offsets: the 128th does not fit */
        for (size_t i = 1; i < 3001; i += 2) {
            memcpy(text + i, "é", 2);
        }
        text[3001] = '\0';
        snprintf(expected, sizeof(expected), "%.255s@0[0,3001)", text);
        expect_places(&config, text, expected);
        memcpy(text, "xy", 2);
        for (size_t i = 2; i < 3002; i += 2) {
            memcpy(text + i, "é", 2);
        }
        text[3002] = '\0';
        snprintf(expected, sizeof(expected), "%.254s@0[0,3002)", text);
        expect_places(&config, text, expected);
    }
}

/* A character under 200,000 marks that canonical ordering must sort: bounded work and bytes. */
static void many_combining_marks_stay_bounded(void **state)
{
    static const char *const bases[] = {"a", "東"};
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    const size_t marks = 200000;
    char *text = malloc(3 + 2 * marks);
    (void)state;
    assert_non_null(text);
    for (size_t b = 0; b < 2; b++) {
        size_t length = strlen(bases[b]);
        char *got;
        memcpy(text, bases[b], length);
        for (size_t i = 0; i < marks; i++, length += 2) {
            memcpy(text + length, i % 2 == 0 ? "\xcc\x81" : "\xcc\xa3", 2);
        }
        got = describe(&config, text, length, true);
        assert_in_range(strlen(got), BIGRAM_UNIT_MAX - 1, TOKEN_MAX_BYTES);
        free(got);
    }
    free(text);
}

static void wrong_configurations_are_refused(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    struct analyzer *analyzer;
    inlay_error err;
    char long_word[300];
    const char *stop[1] = {long_word};
    (void)state;
    inlay_error_init(&err);
    strcpy(config.stemmer, "klingon");
    assert_status(analyzer_create(&config, &analyzer, &err), INLAY_INVALID_ARGUMENT);
    assert_null(analyzer);
    assert_non_null(strstr(err.message, "klingon"));
    memset(config.stemmer, 'x', sizeof(config.stemmer));
    assert_status(analyzer_create(&config, &analyzer, NULL), INLAY_INVALID_ARGUMENT);
    config = config_of_kind((enum analyzer_kind)99);
    assert_status(analyzer_create(&config, &analyzer, NULL), INLAY_INVALID_ARGUMENT);
    config = config_of_kind(ANALYZER_KEYWORD);
    config.ascii_folding = true;
    assert_status(analyzer_create(&config, &analyzer, NULL), INLAY_INVALID_ARGUMENT);
    config = config_of_kind(ANALYZER_STANDARD);
    memset(long_word, 'a', 256);
    long_word[256] = '\0';
    config.stop_words = stop;
    config.stop_word_count = 1;
    assert_status(analyzer_create(&config, &analyzer, NULL), INLAY_INVALID_ARGUMENT);
    long_word[0] = '\0';
    assert_status(analyzer_create(&config, &analyzer, NULL), INLAY_INVALID_ARGUMENT);
}

static void too_long_a_text_is_refused(void **state)
{
    struct analyzer_config config = config_of_kind(ANALYZER_STANDARD);
    struct analyzer *analyzer = make(&config);
    struct analyzer_scratch *scratch;
    const struct token *tokens;
    size_t count;
    (void)state;
    assert_status(analyzer_scratch_create(analyzer, &scratch, NULL), INLAY_OK);
    assert_status(
        analyzer_run(analyzer, scratch, "x", (size_t)UINT32_MAX + 1, &tokens, &count, NULL),
        INLAY_INVALID_ARGUMENT);
    assert_int_equal(count, 0);
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_words),
        cmocka_unit_test(scripts_without_spaces_become_bigrams),
        cmocka_unit_test(places_are_those_of_the_original_text),
        cmocka_unit_test(invalid_bytes_separate),
        cmocka_unit_test(ascii_whitespace_keyword),
        cmocka_unit_test(code_parts),
        cmocka_unit_test(stop_words_leave_gaps),
        cmocka_unit_test(ascii_folding_is_for_latin),
        cmocka_unit_test(stemming_comes_last),
        cmocka_unit_test(long_tokens_are_cut_at_a_code_point),
        cmocka_unit_test(many_combining_marks_stay_bounded),
        cmocka_unit_test(wrong_configurations_are_refused),
        cmocka_unit_test(too_long_a_text_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
