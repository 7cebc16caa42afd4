/* SPDX-License-Identifier: Apache-2.0 */
/* What statistics and words say of conditions, decision by decision. */
#include "support/test.h"

#include "table/predicate/predicate_stats.h"
#include "table/predicate/row_ranges.h"
#include "table/predicate/text_bound.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROWS = 10 };

static struct predicate test_of(enum predicate_test test, const struct stat_value *value)
{
    return (struct predicate){.test = test, .values = value, .value_count = 1};
}

static struct entry_column between(struct stat_value min, struct stat_value max)
{
    return (struct entry_column){.kind = min.kind,
                                 .min = {BOUND_EXACT, min},
                                 .max = {BOUND_EXACT, max},
                                 .nulls_known = true};
}

static bool keeps(enum predicate_test op, struct stat_value value, struct entry_column column)
{
    struct predicate test = test_of(op, &value);
    return predicate_test_keeps(&test, &column, ROWS);
}

static void bounds_decide(void **state)
{
    const struct entry_column ints = between(stat_int(3), stat_int(7));
    const struct entry_column same = between(stat_int(3), stat_int(3));
    (void)state;
    assert_true(keeps(PREDICATE_EQ, stat_int(3), ints));
    assert_true(keeps(PREDICATE_EQ, stat_int(7), ints));
    assert_false(keeps(PREDICATE_EQ, stat_int(2), ints));
    assert_false(keeps(PREDICATE_EQ, stat_int(8), ints));
    assert_true(keeps(PREDICATE_NE, stat_int(3), ints));
    assert_false(keeps(PREDICATE_NE, stat_int(3), same));
    assert_true(keeps(PREDICATE_NE, stat_int(4), same));
    assert_false(keeps(PREDICATE_LT, stat_int(3), ints));
    assert_true(keeps(PREDICATE_LT, stat_int(4), ints));
    assert_true(keeps(PREDICATE_LE, stat_int(3), ints));
    assert_false(keeps(PREDICATE_LE, stat_int(2), ints));
    assert_false(keeps(PREDICATE_GT, stat_int(7), ints));
    assert_true(keeps(PREDICATE_GE, stat_int(7), ints));
    assert_false(keeps(PREDICATE_GE, stat_int(8), ints));
    /* Unsigned and wide values; what cannot be compared keeps. */
    assert_false(keeps(PREDICATE_EQ, stat_int(-1), between(stat_uint(0), stat_uint(UINT64_MAX))));
    assert_false(
        keeps(PREDICATE_GT, stat_int128(1, 0), between(stat_int128(-1, 0), stat_int128(1, 0))));
    assert_true(keeps(PREDICATE_EQ, stat_bytes("x", 1), ints));
}

static void nulls_and_unknowns_decide(void **state)
{
    struct entry_column column = between(stat_int(3), stat_int(7));
    (void)state;
    assert_false(keeps(PREDICATE_IS_NULL, stat_int(0), column));
    column.null_count = 1;
    assert_true(keeps(PREDICATE_IS_NULL, stat_int(0), column));
    assert_true(keeps(PREDICATE_NOT_NULL, stat_int(0), column));
    column.null_count = ROWS;
    assert_false(keeps(PREDICATE_NOT_NULL, stat_int(0), column));
    assert_false(keeps(PREDICATE_NE, stat_int(100), column));
    column.nulls_known = false;
    assert_true(keeps(PREDICATE_IS_NULL, stat_int(0), column));
    assert_true(keeps(PREDICATE_NOT_NULL, stat_int(0), column));
    column.min.state = BOUND_UNKNOWN;
    assert_true(keeps(PREDICATE_EQ, stat_int(1), column));
    assert_false(keeps(PREDICATE_EQ, stat_int(8), column));
    column.max.state = BOUND_UNKNOWN;
    assert_true(keeps(PREDICATE_EQ, stat_int(8), column));
}

/* NaN is above every number, outside the bounds. */
static void nans_decide(void **state)
{
    struct entry_column column = between(stat_float(-0.0), stat_float(2));
    (void)state;
    assert_true(keeps(PREDICATE_EQ, stat_float(0.0), column));
    assert_false(keeps(PREDICATE_LT, stat_float(0.0), column));
    assert_false(keeps(PREDICATE_GT, stat_float(2), column));
    assert_true(keeps(PREDICATE_EQ, stat_float((double)NAN), column));
    column.may_have_nan = true;
    assert_true(keeps(PREDICATE_GT, stat_float(2), column));
    assert_true(keeps(PREDICATE_GE, stat_float((double)INFINITY), column));
    assert_false(keeps(PREDICATE_EQ, stat_float(3), column));
    assert_false(keeps(PREDICATE_LT, stat_float(-1), column));
    column.max.value = stat_float(-0.0);
    assert_true(keeps(PREDICATE_NE, stat_float(0.0), column));
}

/* Long strings have bounds that are cut: they hold, but no row needs to have them. */
static void cut_strings_decide(void **state)
{
    char text[80] = "";
    struct arena arena;
    struct stat_value value = stat_bytes(text, sizeof(text));
    struct predicate like = test_of(PREDICATE_LIKE, &value);
    struct entry_column column = {.kind = STAT_BYTES, .nulls_known = true};
    (void)state;
    arena_init(&arena, SIZE_MAX);
    memset(text, 'k', sizeof(text));
    column.min = stat_bytes_lower(text, sizeof(text), &arena);
    column.max = stat_bytes_upper(text, sizeof(text), &arena);
    assert_int_equal(column.min.state, BOUND_INEXACT);
    assert_true(keeps(PREDICATE_EQ, value, column));
    assert_true(keeps(PREDICATE_NE, value, column));
    assert_true(keeps(PREDICATE_GT, value, column));
    assert_true(keeps(PREDICATE_LT, value, column));
    assert_false(keeps(PREDICATE_LT, stat_bytes("kk", 2), column));
    assert_false(keeps(PREDICATE_GT, stat_bytes("l", 1), column));
    /* LIKE: a start that no string between the bounds has. */
    like.anchored_start = true;
    assert_true(predicate_test_keeps(&like, &column, ROWS));
    value = stat_bytes("kl", 2);
    assert_false(predicate_test_keeps(&like, &column, ROWS));
    like.fold_case = true;
    assert_true(predicate_test_keeps(&like, &column, ROWS));
    like.fold_case = false;
    like.anchored_start = false;
    assert_true(predicate_test_keeps(&like, &column, ROWS));
    arena_free(&arena);
}

/* Column 1 is known, column 2 is not. */
static bool facts_of(void *context, uint32_t column, struct entry_column *out)
{
    *out = *(const struct entry_column *)context;
    return column == 1;
}

static void trees_decide(void **state)
{
    struct entry_column column = between(stat_int(3), stat_int(7));
    const struct predicate_facts facts = {facts_of, &column, ROWS};
    const struct stat_value values[] = {stat_int(1), stat_int(5)};
    struct predicate no = {.test = PREDICATE_EQ, .column = 1, .values = values, .value_count = 1};
    struct predicate yes = {.test = PREDICATE_IN, .column = 1, .values = values, .value_count = 2};
    struct predicate open = {.test = PREDICATE_EQ, .column = 2, .values = values, .value_count = 1};
    const struct predicate *parts[2] = {&no, &yes};
    struct predicate node = {.kind = PREDICATE_AND, .parts = parts, .part_count = 2};
    (void)state;
    assert_false(predicate_keeps(&node, &facts));
    node.kind = PREDICATE_OR;
    assert_true(predicate_keeps(&node, &facts));
    parts[1] = &no;
    assert_false(predicate_keeps(&node, &facts));
    parts[1] = &open;
    assert_true(predicate_keeps(&node, &facts));
    node.part_count = 0;
    assert_false(predicate_keeps(&node, &facts));
    node.kind = PREDICATE_AND;
    assert_true(predicate_keeps(&node, &facts));
    open.test = PREDICATE_IN;
    open.value_count = 0;
    assert_false(predicate_keeps(&open, &facts));
}

/* Ranges against bits. */
static void ranges_join_and_cut(void **state)
{
    struct test_random random = test_random_init(5);
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (int round = 0; round < 3000; round++) {
        struct row_ranges sets[2] = {{0}, {0}};
        bool bits[2][40] = {{false}};
        struct row_ranges *into = &sets[0];
        bool both = round % 2 == 0;
        uint64_t rows = 0;
        for (int s = 0; s < 2; s++) {
            for (uint64_t at = 0; at < 40; at += 1 + test_random_below(&random, 9)) {
                uint64_t count = test_random_below(&random, 40 - at < 6 ? 40 - at : 6);
                assert_ok(row_ranges_add(&sets[s], at, count, &err), err);
                memset(&bits[s][at], true, count);
            }
        }
        assert_ok(both ? row_ranges_intersect(into, &sets[1], &err)
                       : row_ranges_unite(into, &sets[1], &err),
                  err);
        for (uint64_t i = 0; i < 40; i++) {
            bool in = both ? bits[0][i] && bits[1][i] : bits[0][i] || bits[1][i];
            assert_int_equal(row_ranges_touch(into, i, 1), in);
            rows += in;
        }
        assert_int_equal(row_ranges_rows(into), rows);
        for (size_t i = 1; i < into->count; i++) {
            assert_true(into->items[i - 1].first + into->items[i - 1].count < into->items[i].first);
        }
        row_ranges_free(&sets[0]);
        row_ranges_free(&sets[1]);
    }
}

/* What LIKE asks of words: whole words, then fragments in angle brackets, "^" and "$" where a word
 * must begin and end. */
static void like_text(const struct analyzer_config *config, const char *const *pieces, size_t count,
                      unsigned flags, char *out)
{
    struct stat_value values[4];
    struct predicate test = {.test = PREDICATE_LIKE,
                             .values = values,
                             .value_count = count,
                             .anchored_start = (flags & 1) != 0,
                             .anchored_end = (flags & 2) != 0,
                             .fold_case = (flags & 4) != 0};
    struct analyzer_scratch *scratch;
    struct analyzer *analyzer;
    struct like_bound bound;
    struct arena arena;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    arena_init(&arena, SIZE_MAX);
    for (i = 0; i < count; i++) {
        values[i] = stat_bytes(pieces[i], (uint32_t)strlen(pieces[i]));
    }
    assert_ok(analyzer_create(config, &analyzer, &err), err);
    assert_ok(analyzer_scratch_create(analyzer, &scratch, &err), err);
    assert_ok(like_bound_make(&test, analyzer, scratch, &arena, &bound, &err), err);
    *out = '\0';
    for (i = 0; i < bound.words.count; i++) {
        out += sprintf(out, "%.*s ", (int)bound.words.items[i].length, bound.words.items[i].text);
    }
    for (i = 0; i < bound.walk.count; i++) {
        const struct text_fragment *f = &bound.walk.fragments[i];
        out += sprintf(out, "<%s%.*s%s> ", f->at_start ? "^" : "", (int)f->length, f->text,
                       f->at_end ? "$" : "");
    }
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
    arena_free(&arena);
}

enum { START = 1, END = 2, FOLD = 4 };

static void likes_give_words(void **state)
{
    static const char *const stop_words[] = {"the", "other"};
    static const struct like_case {
        enum analyzer_kind kind;
        const char *stemmer;
        bool stops;
        const char *piece;
        unsigned flags;
        const char *expected;
    } cases[] = {
        /* The last letter of an open piece may be composed with the next one, a digit may not. */
        {ANALYZER_STANDARD, "", false, "Base", 0, "<bas> "},
        {ANALYZER_STANDARD, "", false, "base", END, "<base$> "},
        {ANALYZER_STANDARD, "", false, "base", START, "<^bas> "},
        {ANALYZER_STANDARD, "", false, "K123", START, "<^k123> "},
        {ANALYZER_STANDARD, "", false, "Data Base", START | END, "data base "},
        {ANALYZER_STANDARD, "", false, "the Data base", 0, "data <the$> <^bas> "},
        {ANALYZER_STANDARD, "", false, "a caf\xc3\xa9 b", 0, "caf\xc3\xa9 "},
        {ANALYZER_STANDARD, "", false, "caf\xc3\xa9s", 0, "<ca> "},
        {ANALYZER_STANDARD, "", false, "foo_bar.baz", 0, "<foo> <bar> <ba> "},
        {ANALYZER_STANDARD, "", false, "?! ...", 0, ""},
        {ANALYZER_STANDARD, "", false, "xy", 0, ""},
        /* ILIKE: an i may be a dotted one, so words with it are looked for as fragments. */
        {ANALYZER_STANDARD, "", false, " data wifi ", FOLD, "data <^wifi$> "},
        {ANALYZER_ASCII, "", false, " data wifi ", FOLD, "data "},
        {ANALYZER_ASCII, "", false, "makers", FOLD | END, "<ma> <ers$> "},
        /* Stems are of whole words; a stop word is in no index. */
        {ANALYZER_STANDARD, "english", false, "run jumping ahea", 0, "jump "},
        {ANALYZER_STANDARD, "", true, " the data ", 0, "data "},
        {ANALYZER_STANDARD, "", true, "then", END, "<then$> "},
        {ANALYZER_STANDARD, "", true, "othe", END, ""},
        /* The code analyzer cuts words by their case. */
        {ANALYZER_CODE, "", false, " getName set", 0, "name get "},
        {ANALYZER_CODE, "", false, " getname ", FOLD, ""},
        /* These two compose nothing. */
        {ANALYZER_WHITESPACE, "", false, " a-B cd", 0, "a-B <^cd> "},
        {ANALYZER_KEYWORD, "", false, "New York", START | END, "New York "},
        {ANALYZER_KEYWORD, "", false, "New York", START, "<^new> <york> "},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct analyzer_config config;
        char text[256];
        analyzer_config_init(&config);
        config.kind = cases[i].kind;
        (void)snprintf(config.stemmer, sizeof(config.stemmer), "%s", cases[i].stemmer);
        config.stop_words = stop_words;
        config.stop_word_count = cases[i].stops ? 2 : 0;
        like_text(&config, &cases[i].piece, 1, cases[i].flags, text);
        if (strcmp(text, cases[i].expected) != 0) {
            print_error("case %zu, '%s': got '%s', expected '%s'\n", i, cases[i].piece, text,
                        cases[i].expected);
        }
        assert_string_equal(text, cases[i].expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bounds_decide),    cmocka_unit_test(nulls_and_unknowns_decide),
        cmocka_unit_test(nans_decide),      cmocka_unit_test(cut_strings_decide),
        cmocka_unit_test(trees_decide),     cmocka_unit_test(ranges_join_and_cut),
        cmocka_unit_test(likes_give_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
