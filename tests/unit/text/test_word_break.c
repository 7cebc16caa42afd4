/* SPDX-License-Identifier: Apache-2.0 */
/* Unicode's own WordBreakTest.txt, line by line, and the property table against the database. */
#include "support/test.h"

#include "text/analysis/unicode.h"
#include "text/analysis/word_break.h"

#include <stdio.h>
#include <stdlib.h>

#define UCD "/usr/share/unicode/"
#define MAX_LINE_BYTES 256

static FILE *open_database(const char *name)
{
    FILE *file = fopen(name, "r");
    if (file == NULL) {
        print_message("skipped: no %s (Debian package unicode-data)\n", name);
        skip();
    }
    return file;
}

struct break_case {
    uint8_t text[MAX_LINE_BYTES];
    size_t length;
    bool boundary[MAX_LINE_BYTES + 1];
};

/* "÷ 0061 × 0308 ÷": false for a line without a case. */
static bool parse_case(char *line, struct break_case *out)
{
    char *rest = NULL;
    *out = (struct break_case){.length = 0};
    line[strcspn(line, "#\n")] = '\0';
    for (char *word = strtok_r(line, " \t", &rest); word != NULL;
         word = strtok_r(NULL, " \t", &rest)) {
        if (strcmp(word, "÷") == 0) {
            out->boundary[out->length] = true;
        } else if (strcmp(word, "×") != 0) {
            assert_true(out->length + UTF8_MAX_SIZE < MAX_LINE_BYTES);
            out->length += utf8_encode((uint32_t)strtoul(word, NULL, 16), out->text + out->length);
        }
    }
    return out->length > 0;
}

static void every_line_of_the_unicode_test_passes(void **state)
{
    FILE *file = open_database(UCD "auxiliary/WordBreakTest.txt");
    char line[1024];
    struct break_case one;
    size_t cases = 0;
    (void)state;
    while (fgets(line, sizeof(line), file) != NULL) {
        if (!parse_case(line, &one)) {
            continue;
        }
        cases++;
        for (size_t at = 0; at < one.length;) {
            size_t end = word_break_next(one.text, one.length, at).end;
            assert_true(end > at && end <= one.length);
            for (size_t i = at + 1; i < end; i++) {
                if (one.boundary[i]) {
                    fail_msg("case %zu: no boundary at byte %zu: %s", cases, i, line);
                }
            }
            if (!one.boundary[end]) {
                fail_msg("case %zu: a boundary at byte %zu: %s", cases, end, line);
            }
            at = end;
        }
    }
    fclose(file);
    assert_int_equal(cases, 1823);
}

/* Reads "first[..last] ; value # comment". */
static bool parse_property(char *line, uint32_t *first, uint32_t *last, char value[64])
{
    char *rest;
    size_t length;
    line[strcspn(line, "#\n")] = '\0';
    *first = (uint32_t)strtoul(line, &rest, 16);
    *last = *first;
    if (rest == line) {
        return false;
    }
    if (strncmp(rest, "..", 2) == 0) {
        *last = (uint32_t)strtoul(rest + 2, &rest, 16);
    }
    rest += strspn(rest, " ;");
    length = strcspn(rest, " ;");
    memcpy(value, rest, length < 63 ? length : 63);
    value[length < 63 ? length : 63] = '\0';
    return true;
}

static const char *const class_names[] = {
    [WB_OTHER] = "Other",
    [WB_CR] = "CR",
    [WB_LF] = "LF",
    [WB_NEWLINE] = "Newline",
    [WB_EXTEND] = "Extend",
    [WB_ZWJ] = "ZWJ",
    [WB_REGIONAL_INDICATOR] = "Regional_Indicator",
    [WB_FORMAT] = "Format",
    [WB_KATAKANA] = "Katakana",
    [WB_HEBREW_LETTER] = "Hebrew_Letter",
    [WB_ALETTER] = "ALetter",
    [WB_SINGLE_QUOTE] = "Single_Quote",
    [WB_DOUBLE_QUOTE] = "Double_Quote",
    [WB_MIDNUMLET] = "MidNumLet",
    [WB_MIDLETTER] = "MidLetter",
    [WB_MIDNUM] = "MidNum",
    [WB_NUMERIC] = "Numeric",
    [WB_EXTENDNUMLET] = "ExtendNumLet",
    [WB_WSEGSPACE] = "WSegSpace",
};

static void the_table_holds_every_class_of_the_database(void **state)
{
    FILE *file = open_database(UCD "auxiliary/WordBreakProperty.txt");
    const char **expected = calloc(0x110000, sizeof(*expected));
    char line[1024];
    char value[64];
    uint32_t first;
    uint32_t last;
    (void)state;
    assert_non_null(expected);
    while (fgets(line, sizeof(line), file) != NULL) {
        if (!parse_property(line, &first, &last, value)) {
            continue;
        }
        for (size_t i = 0; i < sizeof(class_names) / sizeof(class_names[0]); i++) {
            for (uint32_t c = first; strcmp(class_names[i], value) == 0 && c <= last; c++) {
                expected[c] = class_names[i];
            }
        }
        assert_non_null(expected[first]);
    }
    fclose(file);
    for (uint32_t c = 0; c < 0x110000; c++) {
        const char *got = class_names[unicode_break_class(unicode_record_of(c)->bits)];
        if (strcmp(got, expected[c] == NULL ? "Other" : expected[c]) != 0) {
            fail_msg("U+%04X is %s in the table", c, got);
        }
    }
    free(expected);
}

static void an_invalid_byte_stands_alone(void **state)
{
    static const uint8_t text[] = {'a', 0xcc, 'b', 0xed, 0xa0, 0x80, 0xcc, 0x81, 'c'};
    static const size_t ends[] = {1, 2, 3, 4, 5, 6, 8, 9};
    size_t at = 0;
    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        at = word_break_next(text, sizeof(text), at).end;
        assert_int_equal(at, ends[i]);
    }
    assert_int_equal(at, sizeof(text));
}

static void a_segment_reports_its_properties(void **state)
{
    static const uint8_t text[] = "ab1_";
    struct word_segment segment = word_break_next(text, 4, 0);
    (void)state;
    assert_int_equal(segment.end, 4);
    assert_int_equal(segment.any & (UNICODE_WORD | UNICODE_DIGIT | UNICODE_CJK),
                     UNICODE_WORD | UNICODE_DIGIT);
    assert_int_equal(segment.all & (UNICODE_WORD | UNICODE_SIMPLE), UNICODE_SIMPLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_line_of_the_unicode_test_passes),
        cmocka_unit_test(the_table_holds_every_class_of_the_database),
        cmocka_unit_test(an_invalid_byte_stands_alone),
        cmocka_unit_test(a_segment_reports_its_properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
