/* SPDX-License-Identifier: Apache-2.0 */
/* The fast path against the general one, and the SIMD kernels against the scalar ones. */
#include "support/test.h"

#include "base/cpu.h"
#include "text/analysis/analyzer_priv.h"
#include "text/analysis/ascii.h"

#include <stdlib.h>

#define MAX_TEXT 6000

static const char *const pieces[] = {
    " ",
    "  ",
    "\t",
    "\r\n",
    "\n",
    "a",
    "B",
    "Zebra",
    "word",
    "the",
    "x",
    "7",
    "42",
    "_",
    "__",
    ".",
    ",",
    ":",
    ";",
    "'",
    "\"",
    "-",
    "/",
    "can't",
    "3.14",
    "1,000",
    "a.b",
    "ab_12",
    "0x1F",
    "é",
    "É",
    "ß",
    "д",
    "Мир",
    "ב",
    "ב\"ב",
    "٣",
    "ا",
    "東",
    "京都",
    "カ",
    "ひ",
    "한",
    "ก",
    "\xcc\x81",
    "\xc2\xad",
    "\xe2\x80\x8d",
    "\xe2\x80\x99",
    "❤",
    "👩",
    "🇩",
    "🇩🇪",
    "\xef\xbc\x8c",
    "\xc2\xa0",
    "\xff",
    "\xc3",
    "\xe2\x80",
    "\xed\xa0\x80",
    "\xf0\x9f\x91",
    "ﬁ",
    "Ａ",
    "·",
    "ʼ",
    "\x01",
    "a long run of plain words, in order to enter the fast path with some 80 bytes of text; ",
};

/* Pieces of one kind tend to follow each other, so that stretches of both paths are long enough. */
static size_t random_text(struct test_random *random, uint8_t *text)
{
    const size_t count = sizeof(pieces) / sizeof(pieces[0]);
    size_t limit = test_random_below(random, test_random_below(random, 8) == 0 ? MAX_TEXT : 300);
    uint64_t plain = test_random_below(random, 100);
    size_t length = 0;
    for (;;) {
        size_t pick = test_random_below(random, 100) < plain ? test_random_below(random, 29)
                                                             : test_random_below(random, count);
        size_t size = strlen(pieces[pick]);
        if (length + size > limit) {
            return length;
        }
        memcpy(text + length, pieces[pick], size);
        length += size;
    }
}

struct run {
    struct analyzer *analyzer;
    struct analyzer_scratch *fast;
    struct analyzer_scratch *general;
};

static struct run run_create(const struct analyzer_config *config)
{
    struct run run;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(analyzer_create(config, &run.analyzer, &err), err);
    assert_ok(analyzer_scratch_create(run.analyzer, &run.fast, &err), err);
    assert_ok(analyzer_scratch_create(run.analyzer, &run.general, &err), err);
    run.general->general_only = true;
    return run;
}

static void run_free(struct run *run)
{
    analyzer_scratch_free(run->fast);
    analyzer_scratch_free(run->general);
    analyzer_free(run->analyzer);
}

static void assert_same_tokens(const struct run *run, const uint8_t *text, size_t length)
{
    /* On the heap at its exact size, so that a read behind the text is seen. */
    char *exact = malloc(length + (length == 0));
    const struct token *fast;
    const struct token *general;
    size_t fast_count;
    size_t general_count;
    memcpy(exact, text, length);
    assert_status(analyzer_run(run->analyzer, run->fast, exact, length, &fast, &fast_count, NULL),
                  INLAY_OK);
    assert_status(
        analyzer_run(run->analyzer, run->general, exact, length, &general, &general_count, NULL),
        INLAY_OK);
    for (size_t i = 0; i < fast_count && i < general_count; i++) {
        if (fast[i].length != general[i].length || fast[i].position != general[i].position ||
            fast[i].start != general[i].start || fast[i].end != general[i].end ||
            memcmp(fast[i].bytes, general[i].bytes, fast[i].length) != 0) {
            fail_msg("token %zu: '%.*s'@%u[%u,%u) but '%.*s'@%u[%u,%u) in: %.*s", i,
                     (int)fast[i].length, fast[i].bytes, fast[i].position, fast[i].start,
                     fast[i].end, (int)general[i].length, general[i].bytes, general[i].position,
                     general[i].start, general[i].end, (int)length, text);
        }
    }
    assert_int_equal(fast_count, general_count);
    free(exact);
}

/* Positions and ranges that every list of tokens has. */
static void assert_well_formed(const struct run *run, const uint8_t *text, size_t length)
{
    const struct token *tokens;
    size_t count;
    assert_status(
        analyzer_run(run->analyzer, run->fast, (const char *)text, length, &tokens, &count, NULL),
        INLAY_OK);
    for (size_t i = 0; i < count; i++) {
        assert_in_range(tokens[i].length, 1, TOKEN_MAX_BYTES);
        assert_true(tokens[i].start < tokens[i].end && tokens[i].end <= length);
        assert_true(i == 0 ||
                    (tokens[i].position > tokens[i - 1].position &&
                     tokens[i].start >= tokens[i - 1].start && tokens[i].end >= tokens[i - 1].end));
    }
}

static void both_paths_agree(void **state)
{
    static const char *const stop[] = {"the", "a", "b"};
    struct test_random random = test_random_init(20261122);
    struct analyzer_config config;
    static uint8_t text[MAX_TEXT];
    (void)state;
    for (int variant = 0; variant < 3; variant++) {
        struct run run;
        analyzer_config_init(&config);
        config.ascii_folding = variant > 0;
        if (variant == 2) {
            strcpy(config.stemmer, "english");
            config.stop_words = stop;
            config.stop_word_count = 3;
        }
        run = run_create(&config);
        for (int level = CPU_SCALAR; level <= (int)cpu_best_level(); level++) {
            if (!cpu_force_level((enum cpu_level)level)) {
                continue;
            }
            for (int i = 0; i < 1500; i++) {
                size_t length = random_text(&random, text);
                assert_same_tokens(&run, text, length);
            }
        }
        cpu_force_level(cpu_best_level());
        run_free(&run);
    }
}

/* Every string of up to four of the bytes that take part in rules, behind and before others. */
static void all_short_ascii_strings_agree(void **state)
{
    static const char alphabet[] = "aZ5_'.,:;\" -";
    const size_t letters = sizeof(alphabet) - 1;
    struct analyzer_config config;
    struct run run;
    uint8_t text[200];
    (void)state;
    analyzer_config_init(&config);
    run = run_create(&config);
    for (size_t pad = 59; pad <= 63; pad += 2) { /* across the border of a block */
        for (size_t code = 0; code < letters * letters * letters * letters; code++) {
            size_t rest = code;
            memset(text, ' ', sizeof(text));
            for (size_t i = 0; i < 4; i++, rest /= letters) {
                text[pad + i] = (uint8_t)alphabet[rest % letters];
            }
            assert_same_tokens(&run, text, pad + 4);
        }
    }
    run_free(&run);
}

static void random_texts_give_well_formed_tokens(void **state)
{
    struct test_random random = test_random_init(7);
    static uint8_t text[MAX_TEXT];
    (void)state;
    for (int kind = ANALYZER_STANDARD; kind <= ANALYZER_CODE; kind++) {
        struct analyzer_config config;
        struct run run;
        analyzer_config_init(&config);
        config.kind = (enum analyzer_kind)kind;
        run = run_create(&config);
        for (int i = 0; i < 500; i++) {
            size_t length = random_text(&random, text);
            assert_well_formed(&run, text, length);
        }
        run_free(&run);
    }
}

/* The ascii analyzer against its definition, byte by byte. */
static void ascii_agrees_with_its_definition(void **state)
{
    struct test_random random = test_random_init(11);
    static uint8_t text[MAX_TEXT];
    struct analyzer_config config;
    struct run run;
    (void)state;
    analyzer_config_init(&config);
    config.kind = ANALYZER_ASCII;
    run = run_create(&config);
    for (int i = 0; i < 1000; i++) {
        size_t length = random_text(&random, text);
        const struct token *tokens;
        size_t count;
        size_t seen = 0;
        assert_status(
            analyzer_run(run.analyzer, run.fast, (const char *)text, length, &tokens, &count, NULL),
            INLAY_OK);
        for (size_t at = 0; at < length;) {
            size_t start = at;
            while (at < length && text[at] < 0x80 &&
                   strchr("abcdefghijklmnopqrstuvwxyz0123456789",
                          text[at] == 0                        ? '-'
                          : text[at] >= 'A' && text[at] <= 'Z' ? text[at] + 32
                                                               : text[at]) != NULL) {
                at++;
            }
            if (at == start) {
                at++;
                continue;
            }
            assert_true(seen < count);
            assert_int_equal(tokens[seen].start, start);
            assert_int_equal(tokens[seen].end, at);
            assert_int_equal(tokens[seen].position, seen);
            for (size_t b = 0; b < tokens[seen].length; b++) {
                uint8_t c = text[start + b];
                assert_int_equal(tokens[seen].bytes[b], c >= 'A' && c <= 'Z' ? c + 32 : c);
            }
            seen++;
        }
        assert_int_equal(seen, count);
    }
    run_free(&run);
}

static void kernels_agree_with_the_scalar_ones(void **state)
{
    struct test_random random = test_random_init(3);
    uint8_t text[4 * ASCII_BLOCK];
    uint8_t lower[2][sizeof(text)];
    struct ascii_block blocks[2][4];
    const struct ascii_kernels *kernels = ascii_kernels();
    (void)state;
    for (int i = 0; i < 2000; i++) {
        size_t length = test_random_below(&random, sizeof(text) + 1);
        for (size_t b = 0; b < sizeof(text); b++) {
            text[b] = (uint8_t)(i < 2 ? b + (size_t)i * 128 : test_random_next(&random));
            if (i % 3 == 0 && i >= 2) {
                text[b] &= test_random_below(&random, 200) == 0 ? 0xff : 0x7f;
            }
        }
        kernels->classify(text, 4, lower[0], blocks[0]);
        ascii_kernels_scalar.classify(text, 4, lower[1], blocks[1]);
        assert_memory_equal(lower[0], lower[1], sizeof(text));
        assert_memory_equal(blocks[0], blocks[1], sizeof(blocks[0]));
        assert_int_equal(kernels->prefix(text, length), ascii_kernels_scalar.prefix(text, length));
    }
}

static void separators_are_what_no_token_holds(void **state)
{
    (void)state;
    for (unsigned byte = 0; byte < 256; byte++) {
        bool joins = byte >= 0x80 || (byte >= '0' && byte <= '9') ||
                     ((byte | 32) >= 'a' && (byte | 32) <= 'z') ||
                     (byte != 0 && strchr("_'\".,:;", (int)byte) != NULL);
        assert_int_equal(ascii_is_separator((uint8_t)byte), !joins);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_paths_agree),
        cmocka_unit_test(all_short_ascii_strings_agree),
        cmocka_unit_test(random_texts_give_well_formed_tokens),
        cmocka_unit_test(ascii_agrees_with_its_definition),
        cmocka_unit_test(kernels_agree_with_the_scalar_ones),
        cmocka_unit_test(separators_are_what_no_token_holds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
