/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "support/alloc_fault.h"

#include "base/json.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

static inlay_status parse(const char *text, struct json **out, inlay_error *err)
{
    inlay_error_init(err);
    return json_parse(text, strlen(text), 0, 0, out, err);
}

static void values_of_every_kind(void **state)
{
    static const char text[] =
        "{\"s\":\"a\\u00e9\\n\",\"i\":-9223372036854775808,\"u\":9223372036854775807,"
        "\"r\":1.5,\"t\":true,\"f\":false,\"n\":null,\"a\":[1,2,3],\"o\":{\"x\":1}}";
    struct json *doc;
    const struct json *value;
    const char *s;
    size_t length;
    int64_t i;
    uint64_t u;
    double r;
    bool b;
    inlay_error err;
    (void)state;
    assert_ok(parse(text, &doc, &err), err);
    assert_int_equal(json_kind_of(doc), JSON_KIND_OBJECT);
    assert_ok(json_get_string(doc, "s", &s, &length, &err), err);
    assert_string_equal(s, "a\xc3\xa9\n");
    assert_int_equal(length, 4);
    assert_ok(json_get_i64(doc, "i", &i, &err), err);
    assert_true(i == INT64_MIN);
    assert_ok(json_get_u64(doc, "u", &u, &err), err);
    assert_true(u == INT64_MAX);
    assert_ok(json_get_f64(doc, "r", &r, &err), err);
    assert_true(r == 1.5);
    assert_ok(json_get_f64(json_find(doc, "o"), "x", &r, &err), err); /* an integer is a real */
    assert_true(r == 1.0);
    assert_ok(json_get_bool(doc, "t", &b, &err), err);
    assert_true(b);
    assert_ok(json_get_bool(doc, "f", &b, &err), err);
    assert_false(b);
    assert_false(json_has(doc, "n") || json_has(doc, "absent"));
    assert_true(json_has(doc, "f"));
    assert_int_equal(json_kind_of(json_find(doc, "n")), JSON_KIND_NULL);
    assert_ok(json_get_array(doc, "a", &value, &err), err);
    assert_int_equal(json_length(value), 3);
    assert_ok(json_as_i64(json_at(value, 2), "a[2]", &i, &err), err);
    assert_int_equal(i, 3);
    assert_null(json_at(value, 3));
    assert_ok(json_get_object(doc, "o", &value, &err), err);
    assert_int_equal(json_length(value), 0);
    json_free(doc);
    json_free(NULL);
}

static void wrong_kinds_say_expected_and_found(void **state)
{
    struct json *doc;
    const char *s = "x";
    int64_t i = 5;
    uint64_t u;
    bool b;
    double r;
    const struct json *value;
    inlay_error err;
    (void)state;
    assert_ok(parse("{\"k\":\"text\",\"neg\":-1,\"real\":1.0}", &doc, &err), err);
    assert_status(json_get_i64(doc, "k", &i, &err), INLAY_CORRUPT);
    assert_int_equal(i, 0);
    assert_string_equal(err.key, "k");
    assert_string_equal(err.expected, "integer");
    assert_string_equal(err.found, "string");
    assert_status(json_get_string(doc, "gone", &s, NULL, &err), INLAY_CORRUPT);
    assert_null(s);
    assert_string_equal(err.key, "gone");
    assert_string_equal(err.found, "nothing");
    assert_status(json_get_u64(doc, "neg", &u, &err), INLAY_CORRUPT);
    assert_string_equal(err.found, "-1");
    assert_status(json_get_i64(doc, "real", &i, &err), INLAY_CORRUPT);
    assert_status(json_get_f64(doc, "k", &r, &err), INLAY_CORRUPT);
    assert_status(json_get_bool(doc, "neg", &b, &err), INLAY_CORRUPT);
    assert_status(json_get_array(doc, "k", &value, &err), INLAY_CORRUPT);
    assert_status(json_get_object(doc, "k", &value, &err), INLAY_CORRUPT);
    assert_string_equal(err.expected, "object");
    json_free(doc);
}

static void bad_documents_are_refused_with_a_place(void **state)
{
    static const char *const bad[] = {"",
                                      "{",
                                      "[1,]",
                                      "{\"a\":1,\"a\":2}",
                                      "nul",
                                      "1",
                                      "\"top\"",
                                      "[1] x",
                                      "[1]\n[2]",
                                      "{\"a\" 1}",
                                      "[\"\\u0000\"]",
                                      "[\"\xff\"]",
                                      "[\"\xc0\x80\"]",
                                      "[\"\xed\xa0\x80\"]",
                                      "[9223372036854775808]",
                                      "[-9223372036854775809]",
                                      "[1e999]",
                                      "[01]",
                                      "['a']",
                                      "[\"\n\"]",
                                      "[NaN]",
                                      "// comment\n[]",
                                      "[\"\\ud800\"]"};
    struct json *doc;
    inlay_error err;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (parse(bad[i], &doc, &err) != INLAY_CORRUPT) {
            fail_msg("accepted '%s'", bad[i]);
        }
        assert_null(doc);
        assert_true(err.offset >= 0);
    }
    assert_status(parse("{\"a\":1,\n \"b\" 2}", &doc, &err), INLAY_CORRUPT);
    assert_int_equal(err.row, 2);
    assert_int_equal(err.offset, 14);
    assert_non_null(strstr(err.message, "line 2, column 6"));
}

static void limits_hold(void **state)
{
    static const char shallow[] = "[[[[[]]]], \"[[[[[[\\\"[[[\"]";
    struct json *doc;
    char *deep;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(json_parse(shallow, sizeof(shallow) - 1, 0, 5, &doc, &err), err);
    json_free(doc);
    assert_status(json_parse(shallow, sizeof(shallow) - 1, 0, 4, &doc, &err), INLAY_OVER_BUDGET);
    assert_string_equal(err.found, "5");
    assert_status(json_parse(shallow, sizeof(shallow) - 1, 10, 0, &doc, &err), INLAY_OVER_BUDGET);
    deep = malloc(1000000);
    memset(deep, '[', 1000000);
    assert_status(json_parse(deep, 1000000, 0, 0, &doc, &err), INLAY_OVER_BUDGET);
    free(deep);
    deep = malloc(9000000); /* few levels, but very many values */
    memset(deep, ',', 9000000);
    deep[0] = '[';
    assert_status(json_parse(deep, 9000000, 0, 0, &doc, &err), INLAY_OVER_BUDGET);
    assert_non_null(strstr(err.message, "values"));
    free(deep);
}

static void members_come_in_order(void **state)
{
    struct json *doc;
    struct json_cursor cursor = {NULL, false};
    const char *key;
    const struct json *value;
    char seen[8] = {0};
    size_t n = 0;
    inlay_error err;
    (void)state;
    assert_ok(parse("{\"z\":1,\"a\":2,\"m\":3}", &doc, &err), err);
    while (json_next_member(doc, &cursor, &key, &value)) {
        seen[n++] = key[0];
        assert_int_equal(json_kind_of(value), JSON_KIND_INTEGER);
    }
    assert_string_equal(seen, "zam");
    json_free(doc);
    assert_ok(parse("{}", &doc, &err), err);
    memset(&cursor, 0, sizeof(cursor));
    assert_false(json_next_member(doc, &cursor, &key, &value));
    json_free(doc);
}

static void writer_is_compact_and_ordered(void **state)
{
    struct buffer out;
    struct json_writer w;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, 10000);
    json_writer_init(&w, &out);
    json_begin_object(&w, NULL);
    json_write_string(&w, "s", "q\"b\\c\x01\n/\xe2\x82\xac");
    json_begin_array(&w, "a");
    json_write_i64(&w, NULL, INT64_MIN);
    json_write_u64(&w, NULL, INT64_MAX);
    json_begin_object(&w, NULL);
    json_end_object(&w);
    json_write_bool(&w, NULL, true);
    json_write_bool(&w, NULL, false);
    json_end_array(&w);
    json_write_null(&w, "n");
    json_write_f64(&w, "one", 1.0);
    json_write_f64(&w, "r", -2.5e-300);
    json_end_object(&w);
    assert_ok(json_writer_finish(&w, &err), err);
    buffer_u8(&out, 0);
    assert_string_equal((char *)out.data,
                        "{\"s\":\"q\\\"b\\\\c\\u0001\\n/\xe2\x82\xac\",\"a\":[-9223372036854775808,"
                        "9223372036854775807,{},true,false],\"n\":null,\"one\":1.0,"
                        "\"r\":-2.5e-300}");
    buffer_free(&out);
}

static void reals_round_trip(void **state)
{
    struct test_random random = test_random_init(8);
    int i;
    (void)state;
    for (i = 0; i < 2000; i++) {
        uint64_t bits = test_random_next(&random);
        double value;
        double again;
        struct buffer out;
        struct json_writer w;
        struct json *doc;
        inlay_error err;
        memcpy(&value, &bits, sizeof(value));
        if (!isfinite(value)) {
            continue;
        }
        inlay_error_init(&err);
        buffer_init(&out, 1000);
        json_writer_init(&w, &out);
        json_begin_array(&w, NULL);
        json_write_f64(&w, NULL, value);
        json_end_array(&w);
        assert_ok(json_writer_finish(&w, &err), err);
        assert_ok(json_parse(out.data, out.len, 0, 0, &doc, &err), err);
        assert_int_equal(json_kind_of(json_at(doc, 0)), JSON_KIND_REAL);
        assert_ok(json_as_f64(json_at(doc, 0), "x", &again, &err), err);
        assert_memory_equal(&value, &again, sizeof(value));
        json_free(doc);
        buffer_free(&out);
    }
}

/* Text is refused exactly when the parser would refuse it. */
static void writer_and_parser_agree_on_text(void **state)
{
    struct test_random random = test_random_init(9);
    static const uint8_t interesting[] = {0x00, 0x1f, '"',  '\\', 'a',  0x7f, 0x80, 0xbf,
                                          0xc0, 0xc2, 0xdf, 0xe0, 0xa0, 0xed, 0x9f, 0xef,
                                          0xf0, 0x90, 0xf4, 0x8f, 0xf5, 0xff};
    int written = 0;
    int i;
    (void)state;
    for (i = 0; i < 20000; i++) {
        char text[6];
        char direct[16];
        size_t length = test_random_below(&random, sizeof(text));
        size_t used = 0;
        size_t c;
        struct buffer out;
        struct json_writer w;
        struct json *doc;
        inlay_error err;
        inlay_status status;
        inlay_error_init(&err);
        direct[used++] = '[';
        direct[used++] = '"';
        for (c = 0; c < length; c++) {
            text[c] = (char)interesting[test_random_below(&random, sizeof(interesting))];
            /* What must be escaped is valid text whatever stands around it. */
            direct[used++] = strchr("\x1f\"\\", text[c]) != NULL && text[c] != 0 ? 'a' : text[c];
        }
        direct[used++] = '"';
        direct[used++] = ']';
        buffer_init(&out, 1000);
        json_writer_init(&w, &out);
        json_begin_array(&w, NULL);
        json_write_text(&w, NULL, text, length);
        json_end_array(&w);
        status = json_writer_finish(&w, &err);
        assert_int_equal(status == INLAY_OK,
                         json_parse(direct, used, 0, 0, &doc, NULL) == INLAY_OK);
        json_free(doc);
        if (status == INLAY_OK) {
            const char *again;
            size_t again_length;
            written++;
            assert_ok(json_parse(out.data, out.len, 0, 0, &doc, &err), err);
            assert_ok(json_as_string(json_at(doc, 0), "x", &again, &again_length, &err), err);
            assert_int_equal(again_length, length);
            assert_memory_equal(again, text, length);
            json_free(doc);
        } else {
            assert_int_equal(status, INLAY_INVALID_ARGUMENT);
        }
        buffer_free(&out);
    }
    assert_true(written > 1000);
}

static void writer_refuses_what_no_reader_accepts(void **state)
{
    struct buffer out;
    struct json_writer w;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    buffer_init(&out, 1000);
    json_writer_init(&w, &out);
    json_write_f64(&w, NULL, INFINITY);
    assert_status(json_writer_finish(&w, &err), INLAY_INVALID_ARGUMENT);
    buffer_clear(&out);
    json_writer_init(&w, &out);
    json_write_u64(&w, NULL, (uint64_t)INT64_MAX + 1);
    assert_status(json_writer_finish(&w, &err), INLAY_INVALID_ARGUMENT);
    buffer_clear(&out);
    json_writer_init(&w, &out);
    json_begin_array(&w, NULL);
    assert_status(json_writer_finish(&w, &err), INLAY_INTERNAL);
    json_end_array(&w);
    json_end_array(&w);
    assert_status(json_writer_finish(&w, &err), INLAY_INTERNAL);
    buffer_free(&out);
    buffer_init(&out, 3);
    json_writer_init(&w, &out);
    json_write_string(&w, NULL, "longer than that");
    assert_status(json_writer_finish(&w, &err), INLAY_OVER_BUDGET);
    buffer_free(&out);
}

static inlay_status write_for_sweep(void *context, inlay_error *err)
{
    struct buffer out;
    struct json_writer w;
    inlay_status status;
    int i;
    (void)context;
    buffer_init(&out, SIZE_MAX);
    json_writer_init(&w, &out);
    json_begin_array(&w, NULL);
    for (i = 0; i < 100; i++) {
        json_write_i64(&w, NULL, i);
    }
    json_end_array(&w);
    status = json_writer_finish(&w, err);
    buffer_free(&out);
    return status;
}

static void allocation_failure(void **state)
{
    (void)state;
    assert_true(alloc_fault_sweep(write_for_sweep, NULL) >= 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_of_every_kind),
        cmocka_unit_test(wrong_kinds_say_expected_and_found),
        cmocka_unit_test(bad_documents_are_refused_with_a_place),
        cmocka_unit_test(limits_hold),
        cmocka_unit_test(members_come_in_order),
        cmocka_unit_test(writer_is_compact_and_ordered),
        cmocka_unit_test(reals_round_trip),
        cmocka_unit_test(writer_and_parser_agree_on_text),
        cmocka_unit_test(writer_refuses_what_no_reader_accepts),
        cmocka_unit_test(allocation_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
