/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "table/predicate/predicate_print.h"

#include <stdio.h>
#include <string.h>

#define PARTS(...)                                                                                 \
    (const struct predicate *const[])                                                              \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum { ID, YEAR, LANG, TITLE, SIZE, PRICE, SEEN, DAY, FLAG, DATA, ODD, HALF };

static struct schema schema;

static int make_schema(void **state)
{
    static const struct {
        const char *name;
        enum column_type type;
    } columns[] = {
        {"_id", COLUMN_DECIMAL128}, {"year", COLUMN_INT32},          {"lang", COLUMN_UTF8},
        {"title", COLUMN_UTF8},     {"size", COLUMN_UINT64},         {"price", COLUMN_DECIMAL128},
        {"seen", COLUMN_TIMESTAMP}, {"day", COLUMN_DATE32},          {"flag", COLUMN_BOOL},
        {"data", COLUMN_BINARY},    {"odd \"one\"", COLUMN_FLOAT64}, {"half", COLUMN_FLOAT32},
    };
    size_t i;
    (void)state;
    for (i = 0; i < COUNT(columns); i++) {
        struct field *field = schema_add(&schema, columns[i].name, columns[i].type, true);
        assert_non_null(field);
        field->precision = 38;
        field->scale = i == PRICE ? 2 : 0;
        field->unit = UNIT_MILLI;
    }
    return field_set_timezone(&schema.fields[SEEN], "UTC") ? 0 : -1;
}

static int free_schema(void **state)
{
    (void)state;
    schema_free(&schema);
    return 0;
}

static void check(const struct predicate *predicate, const char *expected)
{
    struct buffer out;
    buffer_init(&out, 100000);
    predicate_print(predicate, &schema, &out);
    buffer_u8(&out, 0);
    assert_int_equal(out.status, INLAY_OK);
    assert_string_equal((const char *)out.data, expected);
    buffer_free(&out);
}

static void check_value(uint32_t column, enum predicate_test test, struct stat_value value,
                        const char *expected)
{
    struct predicate node = {.test = test, .column = column, .values = &value, .value_count = 1};
    check(&node, expected);
}

static void values_by_type(void **state)
{
    (void)state;
    check_value(ID, PREDICATE_EQ, stat_int128(1, 0), "_id = 18446744073709551616");
    check_value(YEAR, PREDICATE_LT, stat_int(-5), "year < -5");
    check_value(SIZE, PREDICATE_GE, stat_uint(UINT64_MAX), "size >= 18446744073709551615");
    check_value(PRICE, PREDICATE_LE, stat_int128(-1, (uint64_t)-150), "price <= -1.50");
    check_value(SEEN, PREDICATE_GT, stat_int(1500), "seen > '1970-01-01T00:00:01.500Z'");
    check_value(DAY, PREDICATE_NE, stat_int(20603), "day <> '2026-05-30'");
    check_value(FLAG, PREDICATE_EQ, stat_int(1), "flag = true");
    check_value(DATA, PREDICATE_EQ, stat_bytes("\x00\xff", 2), "data = '\\x00ff'");
    check_value(ODD, PREDICATE_EQ, stat_float(0.1), "\"odd \"\"one\"\"\" = 0.1");
    check_value(HALF, PREDICATE_EQ, stat_float((double)0.1f), "half = 0.1");
    check_value(LANG, PREDICATE_EQ, stat_bytes("it's\n", 5), "lang = 'it''s '");
}

static void long_values_are_cut(void **state)
{
    char text[200];
    char expected[200];
    struct stat_value many[100];
    struct predicate node = {
        .test = PREDICATE_IN, .column = YEAR, .values = many, .value_count = COUNT(many)};
    size_t i;
    (void)state;
    memset(text, 'x', sizeof(text));
    text[63] = '\xc3'; /* a character across the border */
    text[64] = '\xa4';
    (void)snprintf(expected, sizeof(expected), "title = '%.63s…'", text);
    check_value(TITLE, PREDICATE_EQ, stat_bytes(text, sizeof(text)), expected);
    for (i = 0; i < COUNT(many); i++) {
        many[i] = stat_int((int64_t)i);
    }
    check(&node, "year IN (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, … of 100)");
    node.value_count = 0;
    check(&node, "year IN ()");
}

static void trees(void **state)
{
    const struct stat_value year = stat_int(1855);
    const struct stat_value lang = stat_bytes("en", 2);
    const struct stat_value words[] = {stat_bytes("abc", 3), stat_bytes("50%", 3)};
    const struct predicate before = {
        .test = PREDICATE_LT, .column = YEAR, .values = &year, .value_count = 1};
    const struct predicate english = {
        .test = PREDICATE_EQ, .column = LANG, .values = &lang, .value_count = 1};
    const struct predicate unknown = {.test = PREDICATE_IS_NULL, .column = LANG};
    const struct predicate known = {.test = PREDICATE_NOT_NULL, .column = LANG};
    const struct predicate like = {.test = PREDICATE_LIKE,
                                   .column = TITLE,
                                   .values = words,
                                   .value_count = 1,
                                   .anchored_start = true};
    const struct predicate ilike = {.test = PREDICATE_LIKE,
                                    .column = TITLE,
                                    .values = words,
                                    .value_count = 2,
                                    .anchored_end = true,
                                    .fold_case = true};
    const struct predicate either = {
        .kind = PREDICATE_OR, .parts = PARTS(&english, &unknown), .part_count = 2};
    const struct predicate one = {.kind = PREDICATE_OR, .parts = PARTS(&known), .part_count = 1};
    const struct predicate all = {
        .kind = PREDICATE_AND, .parts = PARTS(&before, &either, &like, &one), .part_count = 4};
    const struct predicate any = {
        .kind = PREDICATE_OR, .parts = PARTS(&all, &ilike), .part_count = 2};
    const struct predicate none = {.kind = PREDICATE_OR};
    const struct predicate every = {.kind = PREDICATE_AND};
    (void)state;
    check(&all, "year < 1855 AND (lang = 'en' OR lang IS NULL) AND title LIKE 'abc%' AND lang IS "
                "NOT NULL");
    check(&any, "(year < 1855 AND (lang = 'en' OR lang IS NULL) AND title LIKE 'abc%' AND lang IS "
                "NOT NULL) OR title ILIKE '%abc%50\\%'");
    check(&none, "FALSE");
    check(&every, "TRUE");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_by_type),
        cmocka_unit_test(long_values_are_cut),
        cmocka_unit_test(trees),
    };
    return cmocka_run_group_tests(tests, make_schema, free_schema);
}
