/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "cli/fixture.h"
#include "out/cell.h"
#include "out/hits.h"
#include "out/json.h"
#include "out/number.h"
#include "out/printer.h"
#include "out/type_name.h"
#include "out/utf8.h"
#include "progress.h"

#include <math.h>
#include <stdlib.h>

/* Prints a fixture into a temporary file and compares. */
static void check_print(enum output_mode mode, size_t width, const char *const *columns, size_t n,
                        const char *const *cells, size_t rows, const char *expected)
{
    struct ArrowArrayStream stream;
    struct printer printer = {.mode = mode, .width = width};
    char *bytes = NULL;
    size_t size = 0;
    uint64_t printed = 0;
    inlay_error err;
    inlay_error_init(&err);
    printer.file = open_memstream(&bytes, &size);
    fixture_stream(&stream, columns, n, cells, rows, 2);
    assert_ok(print_stream(&printer, &stream, &printed, &err), err);
    fclose(printer.file);
    assert_string_equal(bytes, expected);
    assert_int_equal(printed, rows);
    free(bytes);
}

static const char *const columns[] = {"n:l", "word:u", "x:g"};
static const char *const cells[] = {"1",   "apple", "0.5", "-20", "中文\nnew \033[0m",
                                    "nan", NULL,    "",    NULL};

static void tables_align_and_clean(void **state)
{
    (void)state;
    check_print(OUTPUT_TABLE, 0, columns, 3, cells, 3,
                "   n  word              x\n"
                "────  ─────────────  ────\n"
                "   1  apple           0.5\n"
                " -20  中文 new �[0m   NaN\n"
                "NULL                 NULL\n");
}

static void tables_fit_the_terminal(void **state)
{
    static const char *const names[] = {"n:l", "text:u"};
    static const char *const wide[] = {"7", "a text that is much too long for the terminal", "8",
                                       "日本語のとても長い文章"};
    (void)state;
    check_print(OUTPUT_TABLE, 20, names, 2, wide, 2,
                "n  text\n"
                "─  ─────────────────\n"
                "7  a text that is m…\n"
                "8  日本語のとても長…\n");
}

static void too_many_columns_become_lines(void **state)
{
    static const char *const names[] = {"first:u", "second:u", "third:u"};
    static const char *const wide[] = {"one two three", "four five six", "seven eight nine"};
    (void)state;
    check_print(OUTPUT_TABLE, 24, names, 3, wide, 1,
                "─ row 1\n"
                " first │ one two three\n"
                "second │ four five six\n"
                " third │ seven eight ni…\n");
}

static void csv_keeps_nulls_apart_from_empty(void **state)
{
    (void)state;
    check_print(OUTPUT_CSV, 0, columns, 3, cells, 3,
                "n,word,x\n"
                "1,apple,0.5\n"
                "-20,\"中文\nnew \033[0m\",NaN\n"
                ",\"\",\n");
}

static void json_is_exact(void **state)
{
    static const char *const names[] = {"i:l",     "u:L", "d:d:38,2", "t:tsm:UTC",
                                        "day:tdD", "z:z", "f:f",      "b:b"};
    static const char *const row[] = {"-9223372036854775808",
                                      "18446744073709551615",
                                      "-1234",
                                      "-1",
                                      "-1",
                                      "hello",
                                      "0.1",
                                      "true",
                                      NULL,
                                      NULL,
                                      "5",
                                      "1767225600123",
                                      "20454",
                                      "",
                                      "inf",
                                      "false"};
    (void)state;
    check_print(OUTPUT_JSON, 0, names, 8, row, 2,
                "{\"i\":-9223372036854775808,\"u\":18446744073709551615,\"d\":\"-12.34\","
                "\"t\":\"1969-12-31T23:59:59.999Z\",\"day\":\"1969-12-31\",\"z\":\"aGVsbG8=\","
                "\"f\":0.1,\"b\":true}\n"
                "{\"i\":null,\"u\":null,\"d\":\"0.05\",\"t\":\"2026-01-01T00:00:00.123Z\","
                "\"day\":\"2026-01-01\",\"z\":\"\",\"f\":null,\"b\":false}\n");
}

static void late_wide_rows_are_cut_to_the_first_thousand(void **state)
{
    static const char *const names[] = {"word:u"};
    const char *many[1500];
    char *bytes = NULL;
    size_t size = 0;
    struct ArrowArrayStream stream;
    struct printer printer = {.mode = OUTPUT_TABLE, .width = 80};
    inlay_error err;
    (void)state;
    for (size_t i = 0; i < 1500; i++) {
        many[i] = i == 1400 ? "a word longer than all before it" : "short";
    }
    inlay_error_init(&err);
    printer.file = open_memstream(&bytes, &size);
    fixture_stream(&stream, names, 1, many, 1500, 64);
    assert_ok(print_stream(&printer, &stream, NULL, &err), err);
    fclose(printer.file);
    assert_non_null(strstr(bytes, "\na wo…\n"));
    assert_null(strstr(bytes, "longer"));
    free(bytes);
}

static void json_strings_are_always_valid(void **state)
{
    struct text out = {0};
    static const char bytes[] = "a\"\\\n\x01\xff\xed\xa0\x80\xe2\x80\xa8z";
    (void)state;
    json_add_string(&out, bytes, sizeof(bytes) - 1);
    assert_string_equal(out.data, "\"a\\\"\\\\\\n\\u0001\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
                                  "\xef\xbf\xbd\\u2028z\"");
    text_clear(&out);
    json_add_base64(&out, "ab", 2);
    json_add_base64(&out, "abcd", 4);
    assert_string_equal(out.data, "\"YWI=\"\"YWJjZA==\"");
    text_free(&out);
}

static void floats_take_the_fewest_digits(void **state)
{
    static const struct {
        double value;
        const char *text;
    } cases[] = {{0.1, "0.1"},
                 {1, "1.0"},
                 {1e300, "1e+300"},
                 {-2.5, "-2.5"},
                 {1.0 / 3, "0.3333333333333333"},
                 {5e-324, "4.94065645841247e-324"},
                 {123456789012345680.0, "1.2345678901234568e+17"}};
    struct text out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        text_clear(&out);
        number_add_double(&out, cases[i].value);
        assert_string_equal(out.data, cases[i].text);
        assert_true(strtod(out.data, NULL) == cases[i].value);
    }
    text_clear(&out);
    number_add_float(&out, 16777216.0f);
    assert_string_equal(out.data, "16777216.0");
    text_clear(&out);
    number_add_float(&out, number_from_half(0x3555));
    assert_true(strtof(out.data, NULL) == number_from_half(0x3555));
    assert_true(number_from_half(0x0001) == ldexpf(1, -24));
    assert_true(isinf(number_from_half(0xfc00)) && number_from_half(0xfc00) < 0);
    text_free(&out);
}

static void random_floats_read_back(void **state)
{
    struct test_random random = test_random_init(11);
    struct text out = {0};
    (void)state;
    for (int i = 0; i < 20000; i++) {
        uint64_t bits = test_random_next(&random);
        uint32_t half = (uint32_t)bits;
        double d;
        float f;
        memcpy(&d, &bits, sizeof(d));
        memcpy(&f, &half, sizeof(f));
        text_clear(&out);
        number_add_double(&out, d);
        assert_true(isnan(d) || strtod(out.data, NULL) == d);
        text_clear(&out);
        number_add_float(&out, f);
        assert_true(isnan(f) || strtof(out.data, NULL) == f);
    }
    text_free(&out);
}

static void decimals_are_exact(void **state)
{
    static const struct {
        uint64_t low, high;
        int scale;
        const char *text;
    } cases[] = {
        {0, 0, 0, "0"},
        {0, 0, 3, "0.000"},
        {UINT64_MAX, UINT64_MAX, 0, "-1"},
        {UINT64_MAX, UINT64_MAX, 5, "-0.00001"},
        {0x098a223fffffffff, 0x4b3b4ca85a86c47a, 0, "99999999999999999999999999999999999999"},
        {0, 0x8000000000000000, 0, "-170141183460469231731687303715884105728"},
        {12345, 0, -2, "1234500"},
    };
    struct text out = {0};
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t words[2] = {cases[i].low, cases[i].high};
        text_clear(&out);
        number_add_decimal128(&out, words, cases[i].scale);
        assert_string_equal(out.data, cases[i].text);
    }
    text_free(&out);
}

static void nested_values_are_json(void **state)
{
    /* list<struct<name: utf8>> with one row of two items, built by hand around a fixture. */
    static const char *const names[] = {"name:u", "n:l"};
    static const char *const items[] = {"a\"b", "1", NULL, "2"};
    struct ArrowSchema item;
    struct ArrowArray array;
    struct ArrowSchema *item_schemas[] = {&item};
    struct ArrowArray *item_arrays[] = {&array};
    int32_t offsets[] = {0, 2};
    const void *buffers[] = {NULL, offsets};
    struct ArrowSchema list = {
        .format = "+l", .name = "l", .n_children = 1, .children = item_schemas};
    struct ArrowArray lists = {
        .length = 1, .n_buffers = 2, .buffers = buffers, .n_children = 1, .children = item_arrays};
    struct text out = {0};
    (void)state;
    fixture_schema(&item, names, 2);
    fixture_batch(&array, names, 2, items, 0, 2);
    cell_add_json(&out, &list, &lists, 0);
    assert_string_equal(out.data, "[{\"name\":\"a\\\"b\",\"n\":1},{\"name\":null,\"n\":2}]");
    text_clear(&out);
    type_name_add(&out, &list);
    assert_string_equal(out.data, "list<struct<name: utf8, n: int64>>");
    item.release(&item);
    array.release(&array);
    text_free(&out);
}

static void dictionaries_and_views_read_as_values(void **state)
{
    static const char *const names[] = {"word:u"};
    static const char *const words[] = {"red", "green"};
    struct ArrowSchema schema;
    struct ArrowArray batch;
    uint8_t codes[] = {1, 0, 1};
    const void *buffers[] = {NULL, codes};
    struct text out = {0};
    (void)state;
    fixture_schema(&schema, names, 1);
    fixture_batch(&batch, names, 1, words, 0, 2);
    struct ArrowSchema coded = {.format = "C", .name = "c", .dictionary = schema.children[0]};
    struct ArrowArray array = {
        .length = 3, .n_buffers = 2, .buffers = buffers, .dictionary = batch.children[0]};
    cell_add_text(&out, &coded, &array, 0, SIZE_MAX);
    cell_add_json(&out, &coded, &array, 1);
    assert_string_equal(out.data, "green\"red\"");
    assert_false(cell_is_number(&coded));
    /* utf8 views: one inside the view, one in a data buffer. */
    static const char data[] = "..a longer string";
    unsigned char views[32] = {3, 0, 0, 0, 'a', 'b', 'c'};
    int32_t longer[] = {15, 0, 0, 2};
    memcpy(views + 16, longer, sizeof(longer));
    const void *view_buffers[] = {NULL, views, data};
    struct ArrowSchema view = {.format = "vu", .name = "v"};
    struct ArrowArray view_array = {.length = 2, .n_buffers = 3, .buffers = view_buffers};
    text_clear(&out);
    cell_add_text(&out, &view, &view_array, 0, SIZE_MAX);
    cell_add_text(&out, &view, &view_array, 1, SIZE_MAX);
    assert_string_equal(out.data, "abca longer string");
    schema.release(&schema);
    batch.release(&batch);
    text_free(&out);
}

static void column_types_parse_and_print(void **state)
{
    static const char *const lists[] = {"a:utf8!,b:decimal(10,2)", "c:list<int32[3]>,d:timestamp,e:"
                                                                   "binary(16)"};
    static const char *const printed[] = {"utf8", "decimal(10,2)", "list<int32[3]>",
                                          "timestamp[ms, UTC]", "binary(16)"};
    static const char *const refused[] = {
        "a", "a:", ":utf8", "a:utf9", "a:decimal(10)", "a:list<x>", "a:int32[]", "a:wonderful", ""};
    struct ArrowSchema schema;
    struct text out = {0};
    (void)state;
    assert_true(type_parse_columns(lists, 2, &schema, &out));
    assert_int_equal(schema.n_children, 5);
    assert_int_equal(schema.children[0]->flags, 0);
    assert_int_equal(schema.children[1]->flags, ARROW_FLAG_NULLABLE);
    for (size_t i = 0; i < 5; i++) {
        text_clear(&out);
        type_name_add(&out, schema.children[i]);
        assert_string_equal(out.data, printed[i]);
    }
    schema.release(&schema);
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        text_clear(&out);
        assert_false(type_parse_columns(&refused[i], 1, &schema, &out));
        assert_true(out.length > 10);
    }
    text_clear(&out);
    assert_false(type_parse_columns(&refused[3], 1, &schema, &out));
    assert_string_equal(out.data, "column \"a\": unknown type \"utf9\"; did you mean \"utf8\"?");
    text_free(&out);
}

static void snippets_wrap_and_mark(void **state)
{
    struct text out = {0};
    static const char snippet[] = "one \x02two\x03 three\n\nfour  five";
    (void)state;
    hits_add_wrapped(&out, snippet, sizeof(snippet) - 1, 2, 11, true);
    assert_string_equal(out.data, "  one \033[1mtwo\033[0m\n  three\n  four five\n");
    text_clear(&out);
    hits_add_wrapped(&out, snippet, sizeof(snippet) - 1, 0, 80, false);
    assert_string_equal(out.data, "one two three four five\n");
    text_clear(&out);
    hits_add_wrapped(&out, " \n ", 3, 4, 80, false);
    assert_string_equal(text_cstr(&out), "");
    text_free(&out);
}

static void figures_read_well(void **state)
{
    struct text out = {0};
    (void)state;
    text_add_count(&out, 1234567);
    text_add_char(&out, ' ');
    text_add_bytes(&out, 999);
    text_add_char(&out, ' ');
    text_add_bytes(&out, 12345678);
    text_add_char(&out, ' ');
    text_add_bytes(&out, UINT64_MAX);
    text_add_char(&out, ' ');
    text_add_seconds(&out, 0.0001234);
    text_add_char(&out, ' ');
    text_add_seconds(&out, 187.4);
    assert_string_equal(out.data, "1,234,567 999 B 12.3 MB 18.4 EB 0.12 ms 3:07 min");
    text_free(&out);
}

static void progress_lines_fit(void **state)
{
    inlay_progress now = {"importing", 12345, 50000000, 100000000, 2.0};
    struct text out = {0};
    (void)state;
    progress_add_line(&out, &now, 200);
    assert_string_equal(out.data, "importing ████████████············  50 %  50.0 MB  25.0 MB/s  "
                                  "12,345 rows  0:02 left");
    text_clear(&out);
    progress_add_line(&out, &now, 20);
    assert_true(utf8_width(out.data, out.length, 100) <= 20);
    now.bytes = 300000000; /* more than was expected */
    text_clear(&out);
    progress_add_line(&out, &now, 200);
    assert_non_null(strstr(out.data, " 100 %"));
    text_free(&out);
}

int main(void)
{
    utf8_init();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tables_align_and_clean),
        cmocka_unit_test(tables_fit_the_terminal),
        cmocka_unit_test(too_many_columns_become_lines),
        cmocka_unit_test(csv_keeps_nulls_apart_from_empty),
        cmocka_unit_test(json_is_exact),
        cmocka_unit_test(late_wide_rows_are_cut_to_the_first_thousand),
        cmocka_unit_test(json_strings_are_always_valid),
        cmocka_unit_test(floats_take_the_fewest_digits),
        cmocka_unit_test(random_floats_read_back),
        cmocka_unit_test(decimals_are_exact),
        cmocka_unit_test(nested_values_are_json),
        cmocka_unit_test(dictionaries_and_views_read_as_values),
        cmocka_unit_test(column_types_parse_and_print),
        cmocka_unit_test(snippets_wrap_and_mark),
        cmocka_unit_test(figures_read_well),
        cmocka_unit_test(progress_lines_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
