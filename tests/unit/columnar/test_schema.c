/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "columnar/schema.h"
#include "columnar/utf8.h"

static const char *const type_texts[] = {
    "null",
    "bool",
    "int8",
    "uint64",
    "float16",
    "utf8",
    "large_utf8",
    "binary",
    "large_binary",
    "fixed_binary[16]",
    "date32",
    "date64",
    "time32[s]",
    "time32[ms]",
    "time64[us]",
    "time64[ns]",
    "timestamp[s]",
    "timestamp[us, Europe/Berlin]",
    "decimal128[38, 0]",
    "decimal128[9, 2]",
    "duration[ns]",
    "list<utf8>",
    "list<int32 not null>",
    "large_list<list<float32>>",
    "fixed_list<float32>[768]",
    "struct<a: int64, b: list<struct<c: utf8 not null>>>",
    "struct<\"odd \"\"name\"\"\": bool, \"\": int8>",
    "dictionary<utf8>",
    "dictionary<decimal128[5, 1]>",
};

static void types_survive_text_and_arrow(void **state)
{
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(type_texts) / sizeof(type_texts[0]); i++) {
        struct field parsed;
        struct field imported;
        struct ArrowSchema arrow;
        char text[256];
        inlay_error err;
        inlay_error_init(&err);
        assert_ok(field_type_parse(type_texts[i], &parsed, &err), err);
        field_type_text(&parsed, text, sizeof(text));
        assert_string_equal(text, type_texts[i]);
        assert_ok(field_to_arrow(&parsed, &arrow, &err), err);
        assert_ok(field_from_arrow(&arrow, &imported, &err), err);
        arrow.release(&arrow);
        assert_true(field_equal(&parsed, &imported));
        field_free(&parsed);
        field_free(&imported);
    }
}

static void bad_type_texts_are_refused(void **state)
{
    static const char *const bad[] = {
        "",
        "int65",
        "list",
        "list<>",
        "list<int8",
        "int8 x",
        "time32[us]",
        "decimal128[39, 0]",
        "decimal128[5, 6]",
        "fixed_list<int8>[0]",
        "struct<a>",
        "struct<\"a: int8>",
        "timestamp[us,]",
        "dictionary<list<int8>>",
        "interval",
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct field field;
        inlay_error err;
        inlay_error_init(&err);
        assert_status(field_type_parse(bad[i], &field, &err), INLAY_SCHEMA);
        assert_true(err.offset >= 0);
        assert_null(field.name);
    }
}

static void deep_text_is_refused(void **state)
{
    char text[5 * 200 + 5];
    struct field field;
    int i;
    (void)state;
    for (i = 0; i < 200; i++) {
        memcpy(text + 5 * i, "list<", 5);
    }
    memcpy(text + 1000, "int8", 5);
    assert_status(field_type_parse(text, &field, NULL), INLAY_SCHEMA);
}

static void text_is_cut_to_its_room(void **state)
{
    struct field field;
    inlay_error err;
    char text[8];
    (void)state;
    inlay_error_init(&err);
    assert_ok(field_type_parse("list<utf8>", &field, &err), err);
    field_type_text(&field, text, sizeof(text));
    assert_string_equal(text, "list<ut");
    field_free(&field);
}

static void release_nothing(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static struct ArrowSchema plain_arrow(const char *format, const char *name)
{
    struct ArrowSchema schema;
    memset(&schema, 0, sizeof(schema));
    schema.format = format;
    schema.name = name;
    schema.flags = ARROW_FLAG_NULLABLE;
    schema.release = release_nothing;
    return schema;
}

static void bad_arrow_schemas_are_refused(void **state)
{
    static const char *const unsupported[] = {
        "x",  "+vl",          "+ud:1,2", "tiM", "d:50,2", "d:5,6", "d:5,2,256", "w:0",
        "w:", "w:9999999999", "ts",      "tsu", "d:5",    "+r",    "w:12x"};
    struct ArrowSchema arrow;
    struct field field;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(unsupported) / sizeof(unsupported[0]); i++) {
        inlay_error err;
        inlay_error_init(&err);
        arrow = plain_arrow(unsupported[i], "col");
        assert_status(field_from_arrow(&arrow, &field, &err), INLAY_UNSUPPORTED);
        assert_non_null(strstr(err.message, "col"));
    }
    arrow = plain_arrow("+l", "col");
    assert_status(field_from_arrow(&arrow, &field, NULL), INLAY_SCHEMA);
    arrow = plain_arrow("i", "\xff");
    assert_status(field_from_arrow(&arrow, &field, NULL), INLAY_SCHEMA);
    arrow = plain_arrow("tsu:\xc3", "a");
    assert_status(field_from_arrow(&arrow, &field, NULL), INLAY_SCHEMA);
    arrow.release = NULL;
    assert_status(field_from_arrow(&arrow, &field, NULL), INLAY_INVALID_ARGUMENT);
}

static void endless_nesting_is_refused(void **state)
{
    struct ArrowSchema arrow = plain_arrow("+l", "loop");
    struct ArrowSchema *self = &arrow;
    struct field field;
    (void)state;
    arrow.n_children = 1;
    arrow.children = &self;
    assert_status(field_from_arrow(&arrow, &field, NULL), INLAY_SCHEMA);
}

static void duplicate_columns_are_refused(void **state)
{
    struct ArrowSchema a = plain_arrow("i", "same");
    struct ArrowSchema b = plain_arrow("u", "same");
    struct ArrowSchema root = plain_arrow("+s", "");
    struct ArrowSchema *children[] = {&a, &b};
    struct schema schema;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    root.n_children = 2;
    root.children = children;
    assert_status(schema_from_arrow(&root, &schema, &err), INLAY_SCHEMA);
    assert_string_equal(err.key, "same");
    b.name = "other";
    assert_ok(schema_from_arrow(&root, &schema, &err), err);
    assert_int_equal(schema_find(&schema, "other"), 1);
    assert_int_equal(schema_find(&schema, "Other"), -1);
    schema_free(&schema);
}

static void imported_layouts_are_kept_aside(void **state)
{
    struct ArrowSchema values = plain_arrow("vu", NULL);
    struct ArrowSchema codes = plain_arrow("C", "tag");
    struct ArrowSchema root = plain_arrow("+s", NULL);
    struct ArrowSchema *children[] = {&codes};
    struct ArrowSchema out;
    struct schema schema;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    codes.dictionary = &values;
    root.n_children = 1;
    root.children = children;
    assert_ok(schema_from_arrow(&root, &schema, &err), err);
    assert_int_equal(schema.fields[0].type, COLUMN_UTF8);
    assert_true(schema.fields[0].dictionary && schema.fields[0].view);
    assert_int_equal(schema.fields[0].index_type, COLUMN_UINT8);
    assert_ok(schema_to_arrow(&schema, &out, &err), err);
    assert_string_equal(out.children[0]->format, "i");
    assert_string_equal(out.children[0]->dictionary->format, "u");
    out.release(&out);
    assert_ok(schema_to_arrow_as_imported(&schema, &out, &err), err);
    assert_string_equal(out.children[0]->format, "C");
    assert_string_equal(out.children[0]->dictionary->format, "vu");
    out.release(&out);
    schema_free(&schema);
}

static void copies_are_equal_and_independent(void **state)
{
    struct schema schema = {NULL, 0};
    struct schema copy;
    struct field *field;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    field = schema_add(&schema, "when", COLUMN_TIMESTAMP, false);
    field->unit = UNIT_MICRO;
    assert_true(field_set_timezone(field, "UTC"));
    field = schema_add(&schema, "vector", COLUMN_FIXED_LIST, true);
    field->width = 3;
    assert_non_null(field_add_child(field, "item", COLUMN_FLOAT32, false));
    assert_ok(schema_copy(&schema, &copy, &err), err);
    assert_true(schema_equal(&schema, &copy));
    assert_true(field_set_timezone(&copy.fields[0], NULL));
    assert_false(schema_equal(&schema, &copy));
    schema_free(&schema);
    assert_string_equal(copy.fields[1].children[0].name, "item");
    schema_free(&copy);
}

static void utf8_follows_rfc_3629(void **state)
{
    static const struct {
        const char *text;
        size_t length;
        size_t valid;
    } cases[] = {
        {"", 0, 0},
        {"plain", 5, 5},
        {"\xc3\xa9", 2, 2},
        {"\xe2\x82\xac", 3, 3},
        {"\xf0\x9f\x98\x80", 4, 4},
        {"\xf4\x8f\xbf\xbf", 4, 4},
        {"\xc0\x80", 2, 0},
        {"\xc1\xbf", 2, 0},
        {"\xe0\x9f\xbf", 3, 0},
        {"\xed\xa0\x80", 3, 0},
        {"\xf0\x8f\xbf\xbf", 4, 0},
        {"\xf4\x90\x80\x80", 4, 0},
        {"\xf5\x80\x80\x80", 4, 0},
        {"a\x80", 2, 1},
        {"ab\xe2\x82", 4, 2},
        {"0123456789012345678901234567890123456789\xff", 41, 40},
    };
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(utf8_valid_prefix(cases[i].text, cases[i].length), cases[i].valid);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(types_survive_text_and_arrow),
        cmocka_unit_test(bad_type_texts_are_refused),
        cmocka_unit_test(deep_text_is_refused),
        cmocka_unit_test(text_is_cut_to_its_room),
        cmocka_unit_test(bad_arrow_schemas_are_refused),
        cmocka_unit_test(endless_nesting_is_refused),
        cmocka_unit_test(duplicate_columns_are_refused),
        cmocka_unit_test(imported_layouts_are_kept_aside),
        cmocka_unit_test(copies_are_equal_and_independent),
        cmocka_unit_test(utf8_follows_rfc_3629),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
