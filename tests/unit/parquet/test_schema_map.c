/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/alloc.h"
#include "base/buffer.h"
#include "parquet/arrow_key.h"
#include "parquet/schema_map.h"

static void add_column(struct schema *schema, const char *name, const char *type, bool nullable)
{
    struct field parsed;
    struct field *f = schema_add(schema, name, COLUMN_NULL, true);
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(field_type_parse(type, &parsed, &err), err);
    mem_free(parsed.name);
    parsed.name = f->name;
    parsed.nullable = nullable;
    *f = parsed;
}

static void metadata_of(const struct schema_map *map, struct parquet_file_metadata *out)
{
    memset(out, 0, sizeof(*out));
    out->version = 2;
    out->schema = map->elements;
    out->schema_count = map->element_count;
    out->leaf_count = map->leaf_count;
}

/* Every type that a table may have, there and back through bytes and the ARROW:schema entry. */
static void every_type_comes_back(void **state)
{
    static const char *const types[] = {"null",
                                        "bool",
                                        "int8",
                                        "int16",
                                        "int32",
                                        "int64",
                                        "uint8",
                                        "uint16",
                                        "uint32",
                                        "uint64",
                                        "float16",
                                        "float32",
                                        "float64",
                                        "utf8",
                                        "large_utf8",
                                        "binary",
                                        "large_binary",
                                        "fixed_binary[7]",
                                        "date32",
                                        "date64",
                                        "time32[s]",
                                        "time32[ms]",
                                        "time64[us]",
                                        "time64[ns]",
                                        "timestamp[s]",
                                        "timestamp[ms]",
                                        "timestamp[us, UTC]",
                                        "timestamp[ns, Europe/Vienna]",
                                        "timestamp[s, UTC]",
                                        "decimal128[9, 2]",
                                        "decimal128[18, 0]",
                                        "decimal128[38, 0]",
                                        "list<int32>",
                                        "large_list<utf8>",
                                        "fixed_list<float32>[384]",
                                        "fixed_list<float16>[3]",
                                        "duration[ms]",
                                        "struct<a: int32, b: list<utf8>>",
                                        "list<struct<x: float64, y: list<int8>>>",
                                        "list<list<timestamp[s]>>"};
    struct schema schema = {0};
    struct schema_map map;
    struct schema_map back;
    struct parquet_file_metadata m;
    struct parquet_file_metadata read;
    struct parquet_key_value entry;
    struct buffer bytes;
    struct buffer key;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        add_column(&schema, types[i], types[i], i == 0 || i % 3 != 0);
    }
    assert_ok(schema_map_for_writing(&schema, &map, &err), err);
    buffer_init(&bytes, 1 << 20);
    buffer_init(&key, 1 << 20);
    assert_ok(arrow_key_encode(&schema, &key, &err), err);
    metadata_of(&map, &m);
    entry.key.data = (const uint8_t *)ARROW_SCHEMA_KEY;
    entry.key.length = strlen(ARROW_SCHEMA_KEY);
    entry.value.data = key.data;
    entry.value.length = key.len;
    m.key_values = &entry;
    m.key_value_count = 1;
    parquet_file_metadata_write(&m, &bytes);
    assert_ok(parquet_file_metadata_read(bytes.data, bytes.len, 0, bytes.len, &read, &err), err);
    assert_ok(schema_map_from_file(&read, &back, &err), err);
    assert_int_equal(back.schema.count, schema.count);
    assert_int_equal(back.leaf_count, map.leaf_count);
    assert_ok(arrow_key_refine(&back, &read, &err), err);
    for (i = 0; i < schema.count; i++) {
        char text[128];
        field_type_text(&back.schema.fields[i], text, sizeof(text));
        assert_string_equal(text, types[i]);
        assert_int_equal(back.schema.fields[i].nullable, schema.fields[i].nullable);
    }
    for (i = 0; i < map.leaf_count; i++) {
        assert_int_equal(back.leaves[i].type, map.leaves[i].type);
        assert_int_equal(back.leaves[i].column, map.leaves[i].column);
        assert_int_equal(back.leaves[i].max_definition, map.leaves[i].max_definition);
        assert_int_equal(back.leaves[i].max_repetition, map.leaves[i].max_repetition);
    }
    schema_map_free(&back);
    parquet_file_metadata_free(&read);
    schema_map_free(&map);
    buffer_free(&bytes);
    buffer_free(&key);
    schema_free(&schema);
}

static void levels_follow_the_nesting(void **state)
{
    struct schema schema = {0};
    struct schema_map map;
    const struct schema_node *list;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    add_column(&schema, "flat", "int32", false);
    add_column(&schema, "deep", "list<struct<x: int32, y: list<int8>>>", true);
    assert_ok(schema_map_for_writing(&schema, &map, &err), err);
    assert_int_equal(map.leaf_count, 3);
    assert_int_equal(map.leaves[0].max_definition, 0);
    /* deep? list struct? x? : 4; with y? list item?: 6 and two lists. */
    assert_int_equal(map.leaves[1].max_definition, 4);
    assert_int_equal(map.leaves[1].max_repetition, 1);
    assert_int_equal(map.leaves[2].max_definition, 6);
    assert_int_equal(map.leaves[2].max_repetition, 2);
    list = &map.nodes[1];
    assert_int_equal(list->definition, 1);
    assert_int_equal(list->item_definition, 2);
    assert_int_equal(list->item_repetition, 1);
    assert_int_equal(list->first_leaf, 1);
    assert_int_equal(list->leaf_count, 2);
    assert_int_equal(list->children[0].children[1].first_leaf, 2);
    schema_map_free(&map);
    schema_free(&schema);
}

#define NAME(text)                                                                                 \
    {                                                                                              \
        (const uint8_t *)(text), sizeof(text) - 1                                                  \
    }

/* The older list forms of the format's compatibility rules, and a bare repeated field. */
static void old_list_forms_are_lists(void **state)
{
    static struct parquet_schema_element e[] = {
        {.name = NAME("root"), .type = PARQUET_GROUP, .child_count = 4, .converted = -1},
        /* optional group a (LIST) { repeated int32 element } : two levels */
        {.name = NAME("a"),
         .type = PARQUET_GROUP,
         .child_count = 1,
         .repetition = PARQUET_OPTIONAL,
         .converted = PARQUET_CONVERTED_LIST},
        {.name = NAME("element"),
         .type = PARQUET_INT32,
         .repetition = PARQUET_REPEATED,
         .converted = -1},
        /* required group b (LIST) { repeated group array { required binary x } } : list of structs
         */
        {.name = NAME("b"), .type = PARQUET_GROUP, .child_count = 1, .converted = 3},
        {.name = NAME("array"),
         .type = PARQUET_GROUP,
         .child_count = 1,
         .repetition = PARQUET_REPEATED,
         .converted = -1},
        {.name = NAME("x"), .type = PARQUET_BYTE_ARRAY, .converted = PARQUET_CONVERTED_UTF8},
        /* repeated int64 c */
        {.name = NAME("c"), .type = PARQUET_INT64, .repetition = PARQUET_REPEATED, .converted = -1},
        /* required group d (MAP) { repeated group kv { required int32 k; optional int32 v } } */
        {.name = NAME("d"), .type = PARQUET_GROUP, .child_count = 1, .converted = 1},
        {.name = NAME("kv"),
         .type = PARQUET_GROUP,
         .child_count = 2,
         .repetition = PARQUET_REPEATED,
         .converted = -1},
        {.name = NAME("k"), .type = PARQUET_INT32, .converted = -1},
        {.name = NAME("v"), .type = PARQUET_INT32, .repetition = PARQUET_OPTIONAL, .converted = -1},
    };
    struct parquet_file_metadata m = {
        .schema = e, .schema_count = sizeof(e) / sizeof(e[0]), .leaf_count = 5};
    struct schema_map map;
    char text[128];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(schema_map_from_file(&m, &map, &err), err);
    field_type_text(&map.schema.fields[0], text, sizeof(text));
    assert_string_equal(text, "list<int32 not null>");
    assert_int_equal(map.leaves[0].max_definition, 2);
    field_type_text(&map.schema.fields[1], text, sizeof(text));
    assert_string_equal(text, "list<struct<x: utf8 not null> not null>");
    assert_int_equal(map.leaves[1].max_definition, 1);
    field_type_text(&map.schema.fields[2], text, sizeof(text));
    assert_string_equal(text, "list<int64 not null>");
    assert_false(map.schema.fields[2].nullable);
    field_type_text(&map.schema.fields[3], text, sizeof(text));
    assert_string_equal(text, "list<struct<k: int32 not null, v: int32> not null>");
    assert_int_equal(map.leaves[4].max_definition, 2);
    schema_map_free(&map);
}

static void types_without_a_form_are_refused(void **state)
{
    struct schema_map map;
    struct schema schema = {0};
    struct field *f = schema_add(&schema, "i", COLUMN_INTERVAL, true);
    (void)state;
    assert_status(schema_map_for_writing(&schema, &map, NULL), INLAY_SCHEMA);
    f->type = COLUMN_DECIMAL128;
    f->precision = 39;
    assert_status(schema_map_for_writing(&schema, &map, NULL), INLAY_SCHEMA);
    f->type = COLUMN_LIST; /* without an item type */
    assert_status(schema_map_for_writing(&schema, &map, NULL), INLAY_SCHEMA);
    schema_free(&schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_type_comes_back),
        cmocka_unit_test(levels_follow_the_nesting),
        cmocka_unit_test(old_list_forms_are_lists),
        cmocka_unit_test(types_without_a_form_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
