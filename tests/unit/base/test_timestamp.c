/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/timestamp.h"

#include <stdio.h>
#include <time.h>

static void known_instants(void **state)
{
    static const struct {
        int64_t ms;
        const char *text;
    } cases[] = {
        {0, "1970-01-01T00:00:00.000Z"},
        {-1, "1969-12-31T23:59:59.999Z"},
        {1780135200123, "2026-05-30T10:00:00.123Z"},
        {951782400000, "2000-02-29T00:00:00.000Z"},
        {4107542399999, "2100-02-28T23:59:59.999Z"},
        {4107542400000, "2100-03-01T00:00:00.000Z"},
        {-62167219200000, "0000-01-01T00:00:00.000Z"},
        {253402300799999, "9999-12-31T23:59:59.999Z"},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[TIMESTAMP_TEXT_SIZE];
        int64_t ms;
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(timestamp_to_text(cases[i].ms, text, &err), err);
        assert_string_equal(text, cases[i].text);
        assert_ok(timestamp_from_text(text, strlen(text), &ms, &err), err);
        assert_true(ms == cases[i].ms);
    }
}

static void agrees_with_the_c_library(void **state)
{
    struct test_random random = test_random_init(10);
    int i;
    (void)state;
    for (i = 0; i < 20000; i++) {
        int64_t ms = (int64_t)test_random_below(&random, 253402300799999u + 62167219200000u) -
                     62167219200000;
        time_t seconds = (time_t)((ms - (ms % 1000 + 1000) % 1000) / 1000);
        struct tm parts;
        char expected[96];
        char text[TIMESTAMP_TEXT_SIZE];
        inlay_error err;
        inlay_error_init(&err);
        assert_non_null(gmtime_r(&seconds, &parts));
        (void)snprintf(expected, sizeof(expected), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                       parts.tm_year + 1900, parts.tm_mon + 1, parts.tm_mday, parts.tm_hour,
                       parts.tm_min, parts.tm_sec, (int)((ms % 1000 + 1000) % 1000));
        assert_ok(timestamp_to_text(ms, text, &err), err);
        assert_string_equal(text, expected);
        assert_ok(timestamp_from_text(text, strlen(text), &ms, &err), err);
    }
}

static void fractions(void **state)
{
    static const struct {
        const char *text;
        int64_t ms;
    } cases[] = {{"1970-01-01T00:00:01Z", 1000},
                 {"1970-01-01T00:00:01.5Z", 1500},
                 {"1970-01-01T00:00:01.05Z", 1050},
                 {"1970-01-01T00:00:01.123456789Z", 1123}};
    size_t i;
    (void)state;
    for (i = 0; i < 4; i++) {
        int64_t ms;
        assert_status(timestamp_from_text(cases[i].text, strlen(cases[i].text), &ms, NULL),
                      INLAY_OK);
        assert_true(ms == cases[i].ms);
    }
}

static void bad_texts(void **state)
{
    static const char *const bad[] = {
        "",
        "1970-01-01",
        "1970-01-01T00:00:00",
        "1970-01-01T00:00:00+00:00",
        "1970-01-01 00:00:00Z",
        "1970-13-01T00:00:00Z",
        "1970-00-01T00:00:00Z",
        "1970-02-29T00:00:00Z",
        "1900-02-29T00:00:00Z",
        "1970-04-31T00:00:00Z",
        "1970-01-00T00:00:00Z",
        "1970-01-01T24:00:00Z",
        "1970-01-01T00:60:00Z",
        "1970-01-01T00:00:60Z",
        "1970-01-01T00:00:00.Z",
        "1970-01-01T00:00:00.1234567890Z",
        "1970-01-01T00:00:00.12a4Z",
        "1970-01-01T00:00:00,5Z",
        "x970-01-01T00:00:00Z",
        "1970-01-01T-1:00:00Z",
    };
    size_t i;
    inlay_error err;
    char text[TIMESTAMP_TEXT_SIZE];
    int64_t ms;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (timestamp_from_text(bad[i], strlen(bad[i]), &ms, &err) != INLAY_INVALID_ARGUMENT) {
            fail_msg("accepted '%s'", bad[i]);
        }
    }
    assert_status(timestamp_to_text(-62167219200001, text, &err), INLAY_INVALID_ARGUMENT);
    assert_status(timestamp_to_text(253402300800000, text, &err), INLAY_INVALID_ARGUMENT);
    assert_status(timestamp_to_text(INT64_MIN, text, &err), INLAY_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_instants),
        cmocka_unit_test(agrees_with_the_c_library),
        cmocka_unit_test(fractions),
        cmocka_unit_test(bad_texts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
