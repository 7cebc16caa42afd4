/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/buffer.h"
#include "base/reader.h"
#include "text/analyzer.h"

#include <stdlib.h>

static const char *const stop[] = {"und", "für", "x"};

static struct buffer written(void)
{
    struct analyzer_config config;
    struct buffer out;
    analyzer_config_init(&config);
    config.kind = ANALYZER_CODE;
    strcpy(config.stemmer, "german");
    config.ascii_folding = true;
    config.stop_words = stop;
    config.stop_word_count = 3;
    buffer_init(&out, 1000);
    analyzer_config_write(&config, &out);
    assert_int_equal(out.status, INLAY_OK);
    return out;
}

static void a_configuration_comes_back(void **state)
{
    struct buffer out = written();
    struct analyzer_config config;
    struct analyzer_stamp stamp;
    struct reader in;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    reader_init(&in, out.data, out.len, 0);
    assert_ok(analyzer_config_read(&in, &config, &stamp, &err), err);
    assert_int_equal(reader_left(&in), 0);
    assert_int_equal(config.kind, ANALYZER_CODE);
    assert_string_equal(config.stemmer, "german");
    assert_true(config.ascii_folding);
    assert_int_equal(config.stop_word_count, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_string_equal(config.stop_words[i], stop[i]);
    }
    assert_true(analyzer_stamp_equal(stamp, analyzer_stamp_of(&config)));
    assert_int_not_equal(stamp.stemmer, 0);
    assert_int_equal(stamp.unicode[0], 15);
    assert_true(stamp.normalizer[0] >= 15);
    stamp.behaviour++;
    assert_false(analyzer_stamp_equal(stamp, analyzer_stamp_of(&config)));
    analyzer_config_free(&config);
    assert_int_equal(config.kind, ANALYZER_STANDARD);
    buffer_free(&out);
}

/* docs/format/analyzers.md, byte for byte; the stamp's versions are those of the libraries. */
static void the_stored_form_is_the_documented_one(void **state)
{
    static const uint8_t tail[] = {5,   1,   6,   'g', 'e', 'r',  'm',  'a', 'n', 3,  3,
                                   'u', 'n', 'd', 4,   'f', 0xc3, 0xbc, 'r', 1,   'x'};
    struct buffer out = written();
    (void)state;
    assert_int_equal(out.len, 13 + sizeof(tail));
    assert_int_equal(out.data[0], 1);
    assert_int_equal(out.data[1] | out.data[2] << 8, ANALYZER_BEHAVIOUR);
    assert_memory_equal(out.data + 13, tail, sizeof(tail));
    buffer_free(&out);
}

static void stamps_tell_stemmers_apart(void **state)
{
    struct analyzer_config config;
    uint32_t german;
    (void)state;
    analyzer_config_init(&config);
    assert_int_equal(analyzer_stamp_of(&config).stemmer, 0);
    strcpy(config.stemmer, "german");
    german = analyzer_stamp_of(&config).stemmer;
    strcpy(config.stemmer, "english");
    assert_int_not_equal(analyzer_stamp_of(&config).stemmer, german);
}

static inlay_status read_bytes(const uint8_t *data, size_t length)
{
    /* On the heap at its exact size, so that a read behind the end is seen. */
    uint8_t *exact = malloc(length + (length == 0));
    struct analyzer_config config;
    struct reader in;
    inlay_status status;
    assert_non_null(exact);
    memcpy(exact, data, length);
    reader_init(&in, exact, length, 0);
    status = analyzer_config_read(&in, &config, NULL, NULL);
    if (status == INLAY_OK) {
        analyzer_config_free(&config);
    }
    assert_null(config.stop_words);
    free(exact);
    return status;
}

static void every_truncation_is_corrupt(void **state)
{
    struct buffer out = written();
    (void)state;
    for (size_t length = 0; length < out.len; length++) {
        assert_status(read_bytes(out.data, length), INLAY_CORRUPT);
    }
    buffer_free(&out);
}

static void wrong_bytes_are_named(void **state)
{
    static const struct {
        size_t offset;
        uint8_t byte;
        inlay_status expected;
    } cases[] = {
        {0, 2, INLAY_UNSUPPORTED},                              /* a later format */
        {13, 0, INLAY_UNSUPPORTED},                             /* kinds */
        {13, 6, INLAY_UNSUPPORTED}, {14, 2, INLAY_UNSUPPORTED}, /* an unknown flag */
        {15, 16, INLAY_CORRUPT},                                /* a stemmer name of 16 bytes */
        {16, 0, INLAY_CORRUPT},                                 /* a zero byte in it */
        {22, 200, INLAY_CORRUPT},                               /* more stop words than bytes */
        {23, 0, INLAY_CORRUPT},                                 /* an empty word */
        {24, 0, INLAY_CORRUPT},                                 /* a zero byte in it */
        {1, 77, INLAY_OK}, /* another behaviour is the caller's to judge */
    };
    struct buffer out = written();
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t before = out.data[cases[i].offset];
        out.data[cases[i].offset] = cases[i].byte;
        assert_status(read_bytes(out.data, out.len), cases[i].expected);
        out.data[cases[i].offset] = before;
    }
    buffer_free(&out);
}

static void random_changes_never_do_harm(void **state)
{
    struct test_random random = test_random_init(99);
    struct buffer out = written();
    uint8_t bytes[64];
    (void)state;
    for (int i = 0; i < 20000; i++) {
        memcpy(bytes, out.data, out.len);
        for (uint64_t n = test_random_below(&random, 4) + 1; n > 0; n--) {
            bytes[test_random_below(&random, out.len)] = (uint8_t)test_random_next(&random);
        }
        (void)read_bytes(bytes, out.len);
    }
    buffer_free(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_configuration_comes_back),
        cmocka_unit_test(the_stored_form_is_the_documented_one),
        cmocka_unit_test(stamps_tell_stemmers_apart),
        cmocka_unit_test(every_truncation_is_corrupt),
        cmocka_unit_test(wrong_bytes_are_named),
        cmocka_unit_test(random_changes_never_do_harm),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
