/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/real_text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void known_texts(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {
        {0, "0.0"},
        {-0.0, "-0.0"},
        {1, "1.0"},
        {0.1, "0.1"},
        {0.1 + 0.2, "0.30000000000000004"},
        {1e22, "1e+22"},
        {1e23, "1e+23"},
        {5e-324, "4.94065645841247e-324"},
        {DBL_MIN, "2.2250738585072014e-308"},
        {DBL_MAX, "1.7976931348623157e+308"},
        {-123456.789, "-123456.789"},
        {9007199254740993.0, "9007199254740992.0"},
        {INFINITY, "inf"},
        {-INFINITY, "-inf"},
        {NAN, "NaN"},
    };
    char text[REAL_TEXT_SIZE];
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(real_to_text(cases[i].value, text), strlen(cases[i].text));
        assert_string_equal(text, cases[i].text);
    }
    (void)real32_to_text(0.1f, text);
    assert_string_equal(text, "0.1");
    (void)real32_to_text(16777216.0f, text);
    assert_string_equal(text, "16777216.0");
    (void)real32_to_text(FLT_MAX, text);
    assert_string_equal(text, "3.4028235e+38");
}

/* The same digits as trying them with strtod gives: every text reads back, none is too long. */
static void check_double(double value)
{
    char text[REAL_TEXT_SIZE];
    char expected[64];
    int precision;
    for (precision = 15; precision < 17; precision++) {
        (void)snprintf(expected, sizeof(expected), "%.*g", precision, value);
        if (strtod(expected, NULL) == value) {
            break;
        }
    }
    (void)snprintf(expected, sizeof(expected), "%.*g", precision, value);
    if (strpbrk(expected, ".e") == NULL) {
        strcat(expected, ".0");
    }
    (void)real_to_text(value, text);
    assert_string_equal(text, expected);
    assert_true(strtod(text, NULL) == value);
}

static void check_float(float value)
{
    char text[REAL_TEXT_SIZE];
    char expected[64];
    int precision;
    for (precision = 6; precision < 9; precision++) {
        (void)snprintf(expected, sizeof(expected), "%.*g", precision, (double)value);
        if (strtof(expected, NULL) == value) {
            break;
        }
    }
    (void)snprintf(expected, sizeof(expected), "%.*g", precision, (double)value);
    if (strpbrk(expected, ".e") == NULL) {
        strcat(expected, ".0");
    }
    (void)real32_to_text(value, text);
    assert_string_equal(text, expected);
    assert_true(strtof(text, NULL) == value);
}

static void random_numbers_read_back(void **state)
{
    struct test_random random = test_random_init(51);
    int i;
    (void)state;
    for (i = 0; i < 15000; i++) {
        uint64_t bits = test_random_next(&random);
        uint32_t low = (uint32_t)bits;
        double wide;
        float narrow;
        memcpy(&wide, &bits, sizeof(wide));
        memcpy(&narrow, &low, sizeof(narrow));
        if (isfinite(wide)) {
            check_double(wide);
        }
        if (isfinite(narrow)) {
            check_float(narrow);
        }
        check_double((double)(bits % 100000000) / 1000);
        check_double((double)(bits >> 1) / 10);
        check_double(ldexp(1, (int)(bits % 2098) - 1074)); /* neighbours at unequal distances */
        check_double(ldexp((double)(bits % 4096), -1074));
        check_float(ldexpf(1, (int)(bits % 276) - 149));
        check_float((float)(bits % 1000000) / 100);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_texts),
        cmocka_unit_test(random_numbers_read_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
