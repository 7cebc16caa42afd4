/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "text/analysis/utf8.h"
#include "text/highlight.h"

#include <stdio.h>
#include <stdlib.h>

#define ELLIPSIS "\xe2\x80\xa6"

struct fixture {
    struct analyzer *analyzer;
    struct analyzer_scratch *scratch;
};

static struct fixture fixture_create(const char *stemmer)
{
    struct fixture f;
    struct analyzer_config config;
    analyzer_config_init(&config);
    strcpy(config.stemmer, stemmer);
    assert_status(analyzer_create(&config, &f.analyzer, NULL), INLAY_OK);
    assert_status(analyzer_scratch_create(f.analyzer, &f.scratch, NULL), INLAY_OK);
    return f;
}

static void fixture_free(struct fixture *f)
{
    analyzer_scratch_free(f->scratch);
    analyzer_free(f->analyzer);
}

/* The snippet of a text for terms given as "a b c". */
static struct buffer snippet(const struct fixture *f, const char *text, size_t length,
                             const char *terms, size_t max_bytes)
{
    struct highlight_term list[80];
    char copy[1000];
    char *rest = NULL;
    size_t count = 0;
    struct buffer out;
    /* On the heap at its exact size, so that a read behind the end is seen. */
    char *exact = malloc(length + (length == 0));
    assert_non_null(exact);
    memcpy(exact, text, length);
    snprintf(copy, sizeof(copy), "%s", terms);
    for (char *word = strtok_r(copy, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        list[count++] = (struct highlight_term){(const uint8_t *)word, strlen(word)};
    }
    buffer_init(&out, 1 << 24);
    assert_status(highlight_snippet(f->analyzer, f->scratch, exact, length, list, count, max_bytes,
                                    "[", "]", &out, NULL),
                  INLAY_OK);
    buffer_u8(&out, 0);
    free(exact);
    return out;
}

static void expect(const struct fixture *f, const char *text, const char *terms, size_t max_bytes,
                   const char *expected)
{
    struct buffer out = snippet(f, text, strlen(text), terms, max_bytes);
    assert_string_equal((const char *)out.data, expected);
    buffer_free(&out);
}

static void matches_are_marked(void **state)
{
    struct fixture f = fixture_create("");
    (void)state;
    expect(&f, "The quick brown fox", "quick fox", 100, "The [quick] brown [fox]");
    expect(&f, "QUICK Straße", "quick strasse", 100, "[QUICK] [Straße]");
    expect(&f, "no match here", "zebra", 100, "no match here");
    expect(&f, "no terms", "", 100, "no terms");
    expect(&f, "", "a", 100, "");
    expect(&f, "東京都です", "東京 京都", 100, "[東京都]です");
    expect(&f, "a\nb\x1b[2Jc\xff", "b", 100, "a [b] [2Jc\xef\xbf\xbd");
    fixture_free(&f);
    f = fixture_create("english");
    expect(&f, "Running and runs", "run", 100, "[Running] and [runs]");
    fixture_free(&f);
}

static void the_window_has_most_terms(void **state)
{
    static const char text[] = "alpha alpha alpha one two three four five six seven eight nine ten "
                               "beta alpha eleven twelve thirteen fourteen fifteen sixteen";
    struct fixture f = fixture_create("");
    (void)state;
    expect(&f, text, "alpha beta", 30, ELLIPSIS "nine ten [beta] [alpha] eleven" ELLIPSIS);
    expect(&f, text, "alpha", 30, "[alpha] [alpha] [alpha] one two" ELLIPSIS);
    expect(&f, text, "sixteen", 20, ELLIPSIS "fifteen [sixteen]");
    expect(&f, text, "zebra", 20, "alpha alpha alpha" ELLIPSIS);
    fixture_free(&f);
}

static void text_without_blanks_is_cut_at_code_points(void **state)
{
    struct fixture f = fixture_create("");
    (void)state;
    expect(&f, "漢字漢字漢字東京漢字漢字漢字", "東京", 14, ELLIPSIS "字[東京]漢" ELLIPSIS);
    expect(&f, "abcdefghij", "abcdefghij", 4, "[abcd]" ELLIPSIS);
    expect(&f, "東", "東", 1, ELLIPSIS);
    fixture_free(&f);
}

static void what_is_too_long_is_not_searched(void **state)
{
    struct fixture f = fixture_create("");
    size_t length = HIGHLIGHT_MAX_TEXT + 1000;
    char *text = malloc(length);
    struct buffer out;
    (void)state;
    assert_non_null(text);
    memset(text, ' ', length);
    memcpy(text + HIGHLIGHT_MAX_TEXT + 10, "needle", 6);
    memcpy(text, "hay", 3);
    out = snippet(&f, text, length, "needle", 10);
    assert_string_equal((const char *)out.data, "hay       " ELLIPSIS);
    buffer_free(&out);
    free(text);
    fixture_free(&f);
}

static void wrong_arguments_and_full_buffers(void **state)
{
    struct fixture f = fixture_create("");
    struct buffer out;
    (void)state;
    buffer_init(&out, 5);
    assert_status(
        highlight_snippet(f.analyzer, f.scratch, "abc", 3, NULL, 0, 0, "", "", &out, NULL),
        INLAY_INVALID_ARGUMENT);
    assert_status(
        highlight_snippet(f.analyzer, f.scratch, "abc def", 7, NULL, 0, 100, "", "", &out, NULL),
        INLAY_OVER_BUDGET);
    buffer_free(&out);
    fixture_free(&f);
}

/* Of any text: the snippet is valid UTF-8 on one line, as long as asked, with tags in pairs. */
static void random_snippets_are_well_formed(void **state)
{
    static const char *const pieces[] = {"alpha ",
                                         "beta",
                                         " ",
                                         "\n",
                                         "東京",
                                         "漢",
                                         "é",
                                         "\xff",
                                         "\xe6\x9d",
                                         "x",
                                         "gamma, ",
                                         "a b c d ",
                                         "\xf0\x9f\x91\x8d"};
    struct fixture f = fixture_create("");
    struct test_random random = test_random_init(17);
    (void)state;
    for (int i = 0; i < 3000; i++) {
        char text[600];
        size_t length = 0;
        size_t max_bytes = 1 + test_random_below(&random, 120);
        struct buffer out;
        int open = 0;
        size_t shown = 0;
        for (uint64_t n = test_random_below(&random, 70); n > 0; n--) {
            const char *piece = pieces[test_random_below(&random, 13)];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        out = snippet(&f, text, length, "alpha beta x 東京 é", max_bytes);
        for (size_t at = 0; at + 1 < out.len;) {
            struct utf8_item item = utf8_decode(out.data + at, out.data + out.len);
            assert_true(item.point != UTF8_INVALID && item.point >= ' ');
            open += item.point == '[' ? 1 : item.point == ']' ? -1 : 0;
            assert_in_range(open, 0, 1);
            if (item.point == 0xfffd) {
                shown++; /* one byte of the text */
            } else if (item.point != '[' && item.point != ']' && item.point != 0x2026) {
                shown += item.size;
            }
            at += item.size;
        }
        assert_int_equal(open, 0);
        assert_true(shown <= max_bytes);
        assert_true(length > max_bytes || strstr((const char *)out.data, ELLIPSIS) == NULL);
        buffer_free(&out);
    }
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(matches_are_marked),
        cmocka_unit_test(the_window_has_most_terms),
        cmocka_unit_test(text_without_blanks_is_cut_at_code_points),
        cmocka_unit_test(what_is_too_long_is_not_searched),
        cmocka_unit_test(wrong_arguments_and_full_buffers),
        cmocka_unit_test(random_snippets_are_well_formed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
