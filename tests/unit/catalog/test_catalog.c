/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/alloc.h"
#include "catalog/catalog.h"
#include "storage/fault.h"
#include "storage/memory.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

struct fixture {
    struct provider *faulty;
    struct connection *connection;
    inlay_error err;
};

static int set_up(void **state)
{
    struct fixture *f = calloc(1, sizeof(*f));
    struct provider *memory;
    inlay_error_init(&f->err);
    assert_ok(provider_memory_create(&memory, &f->err), f->err);
    assert_ok(provider_fault_wrap(memory, true, 1, NULL, &f->faulty, &f->err), f->err);
    assert_ok(connection_open_on(f->faulty, true, NULL, 0, NULL, &f->connection, &f->err), f->err);
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;
    connection_close(f->connection);
    free(f);
    return 0;
}

static void fill_record(struct table_record *record)
{
    struct text_index_spec *index;
    struct vector_index_spec *vector;
    struct field *field;
    table_record_init(record);
    assert_non_null(schema_add(&record->schema, "title", COLUMN_LARGE_UTF8, false));
    assert_non_null(schema_add(&record->schema, "rating", COLUMN_INT32, true));
    field = schema_add(&record->schema, "seen", COLUMN_TIMESTAMP, true);
    assert_non_null(field);
    field->unit = UNIT_MICRO;
    field->timezone = mem_strdup("UTC");
    index = table_record_add_text_index(record, "title");
    assert_non_null(index);
    index->analyzer.kind = ANALYZER_CODE;
    memcpy(index->analyzer.stemmer, "english", 8);
    index->positions = false;
    index->k1 = 0.9;
    assert_int_equal(text_index_add_stop_word(index, "the", NULL), INLAY_OK);
    assert_int_equal(text_index_add_stop_word(index, "a", NULL), INLAY_OK);
    field = schema_add(&record->schema, "embedding", COLUMN_FIXED_LIST, true);
    assert_non_null(field);
    field->width = 384;
    assert_non_null(field_add_child(field, "item", COLUMN_FLOAT16, true));
    vector = table_record_add_vector_index(record, "embedding");
    assert_non_null(vector);
    vector->metric = VECTOR_INNER_PRODUCT;
    vector->code_bits = 8;
    vector->cell_rows = 200;
    assert_int_equal(table_record_add_setting(record, "target", "1 GiB", NULL), INLAY_OK);
}

static inlay_status create(struct fixture *f, const char *name)
{
    struct table_record record;
    struct table *table;
    inlay_status status;
    fill_record(&record);
    status = catalog_create_table(f->connection, name, &record, &table, &f->err);
    table_close(table);
    table_record_free(&record);
    return status;
}

static void assert_same_record(const struct table_record *a, const struct table_record *b)
{
    assert_string_equal(a->name, b->name);
    assert_string_equal(a->location, b->location);
    assert_int_equal(a->created_at_ms, b->created_at_ms);
    assert_int_equal(a->schema.count, b->schema.count);
    for (size_t i = 0; i < a->schema.count; i++) {
        assert_true(field_equal(&a->schema.fields[i], &b->schema.fields[i]));
    }
    assert_int_equal(a->text_index_count, b->text_index_count);
    for (size_t i = 0; i < a->text_index_count; i++) {
        const struct text_index_spec *x = &a->text_indexes[i];
        const struct text_index_spec *y = &b->text_indexes[i];
        assert_string_equal(x->column, y->column);
        assert_int_equal(x->analyzer.kind, y->analyzer.kind);
        assert_string_equal(x->analyzer.stemmer, y->analyzer.stemmer);
        assert_int_equal(x->analyzer.ascii_folding, y->analyzer.ascii_folding);
        assert_int_equal(x->analyzer.stop_word_count, y->analyzer.stop_word_count);
        for (size_t w = 0; w < x->analyzer.stop_word_count; w++) {
            assert_string_equal(x->analyzer.stop_words[w], y->analyzer.stop_words[w]);
        }
        assert_int_equal(x->positions, y->positions);
        assert_true(x->k1 == y->k1 && x->b == y->b);
    }
    assert_int_equal(a->vector_index_count, b->vector_index_count);
    for (size_t i = 0; i < a->vector_index_count; i++) {
        assert_string_equal(a->vector_indexes[i].column, b->vector_indexes[i].column);
        assert_int_equal(a->vector_indexes[i].metric, b->vector_indexes[i].metric);
        assert_int_equal(a->vector_indexes[i].code_bits, b->vector_indexes[i].code_bits);
        assert_int_equal(a->vector_indexes[i].cell_rows, b->vector_indexes[i].cell_rows);
    }
    assert_int_equal(a->setting_count, b->setting_count);
    assert_string_equal(table_record_setting(a, "target"), table_record_setting(b, "target"));
    assert_null(table_record_setting(b, "other"));
}

static void records_come_back(void **state)
{
    struct fixture *f = *state;
    struct table_record made;
    struct table_record read;
    struct table *table;
    fill_record(&made);
    assert_ok(catalog_create_table(f->connection, "posts", &made, &table, &f->err), f->err);
    table_close(table);
    provider_fault_clear(f->faulty);
    assert_ok(catalog_open_table(f->connection, "posts", &read, &table, &f->err), f->err);
    assert_int_equal(provider_fault_calls(f->faulty, 0), 2);
    assert_same_record(&made, &read);
    table_close(table);
    table_record_free(&made);
    table_record_free(&read);
}

static void create_drop_create(void **state)
{
    struct fixture *f = *state;
    struct table_record first;
    struct table_record second;
    struct table *table;
    struct manifest_entry entry;
    struct snapshot *snapshot;
    assert_ok(create(f, "t"), f->err);
    assert_status(create(f, "t"), INLAY_ALREADY_EXISTS);
    assert_ok(catalog_open_table(f->connection, "t", &first, &table, &f->err), f->err);
    manifest_entry_init(&entry);
    entry.superfile_id.hi = 1;
    entry.rows = 1;
    assert_ok(table_append(table, &entry, 1, NULL, &f->err), f->err);
    assert_ok(catalog_drop_table(f->connection, "t", false, &f->err), f->err);
    assert_ok(table_refresh(table, &f->err), f->err); /* an open handle keeps working */
    table_close(table);
    assert_status(catalog_drop_table(f->connection, "t", false, &f->err), INLAY_NOT_FOUND);
    assert_status(catalog_open_table(f->connection, "t", &second, &table, &f->err),
                  INLAY_NOT_FOUND);
    assert_ok(create(f, "t"), f->err);
    assert_ok(catalog_open_table(f->connection, "t", &second, &table, &f->err), f->err);
    assert_string_not_equal(first.location, second.location);
    snapshot = table_current(table);
    assert_int_equal(snapshot->counts.superfiles, 0);
    snapshot_release(snapshot);
    table_close(table);
    table_record_free(&first);
    table_record_free(&second);
}

static void purge_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    struct object_page page;
    assert_ok(create(f, "t"), f->err);
    assert_ok(catalog_drop_table(f->connection, "t", true, &f->err), f->err);
    assert_ok(provider_list_all(f->faulty, "", &page, &f->err), f->err);
    assert_int_equal(page.count, 1); /* the empty record */
    assert_int_equal(page.entries[0].meta.size, 0);
    object_page_free(&page);
}

static void list_is_sorted_and_live(void **state)
{
    struct fixture *f = *state;
    static const char *const wanted[] = {"Z", "a", "a-b", "b2"};
    char **names;
    size_t count;
    assert_ok(catalog_list_tables(f->connection, &names, &count, &f->err), f->err);
    assert_int_equal(count, 0);
    catalog_names_free(names, count);
    assert_ok(create(f, "b2"), f->err);
    assert_ok(create(f, "a-b"), f->err);
    assert_ok(create(f, "dropped"), f->err);
    assert_ok(create(f, "a"), f->err);
    assert_ok(create(f, "Z"), f->err);
    assert_ok(catalog_drop_table(f->connection, "dropped", false, &f->err), f->err);
    assert_ok(provider_put_atomic(f->faulty, "_catalog/tables/notes.txt", "x", 1, NULL, &f->err),
              f->err);
    assert_ok(catalog_list_tables(f->connection, &names, &count, &f->err), f->err);
    assert_int_equal(count, 4);
    for (size_t i = 0; i < count; i++) {
        assert_string_equal(names[i], wanted[i]);
    }
    catalog_names_free(names, count);
}

static void names_and_schemas_are_checked(void **state)
{
    struct fixture *f = *state;
    static const char *const bad[] = {"", "_x", "a/b", "a.b", "a b", "ä", "../x"};
    char longest[TABLE_NAME_MAX + 2];
    struct table_record record;
    struct table *table;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_status(create(f, bad[i]), INLAY_INVALID_ARGUMENT);
    }
    memset(longest, 'x', sizeof(longest));
    longest[TABLE_NAME_MAX + 1] = '\0';
    assert_status(create(f, longest), INLAY_INVALID_ARGUMENT);
    longest[TABLE_NAME_MAX] = 0;
    assert_ok(create(f, longest), f->err);
    fill_record(&record);
    assert_non_null(table_record_add_text_index(&record, "rating"));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    assert_string_equal(f->err.key, "rating");
    table_record_free(&record);
    fill_record(&record);
    assert_non_null(table_record_add_text_index(&record, "absent"));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
    fill_record(&record);
    assert_non_null(table_record_add_vector_index(&record, "title"));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    assert_string_equal(f->err.key, "title");
    table_record_free(&record);
    fill_record(&record);
    assert_non_null(table_record_add_vector_index(&record, "embedding"));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
    fill_record(&record);
    record.vector_indexes[0].code_bits = 5;
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
    fill_record(&record);
    record.schema.fields[3].children[0].type = COLUMN_INT64;
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
    fill_record(&record);
    assert_non_null(schema_add(&record.schema, "_id", COLUMN_INT64, true));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
    fill_record(&record);
    assert_non_null(schema_add(&record.schema, "title", COLUMN_INT64, true));
    assert_status(catalog_create_table(f->connection, "t", &record, &table, &f->err), INLAY_SCHEMA);
    table_record_free(&record);
}

struct racer {
    struct connection *connection;
    pthread_t thread;
    inlay_status status;
};

static void *race(void *context)
{
    struct racer *racer = context;
    struct table_record record;
    struct table *table;
    fill_record(&record);
    racer->status = catalog_create_table(racer->connection, "raced", &record, &table, NULL);
    table_close(table);
    table_record_free(&record);
    return NULL;
}

static void one_creator_wins(void **state)
{
    struct fixture *f = *state;
    struct racer racers[8];
    struct object_page page;
    int winners = 0;
    for (int i = 0; i < 8; i++) {
        racers[i].connection = f->connection;
        assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
    }
    for (int i = 0; i < 8; i++) {
        pthread_join(racers[i].thread, NULL);
        winners += racers[i].status == INLAY_OK;
        assert_true(racers[i].status == INLAY_OK || racers[i].status == INLAY_ALREADY_EXISTS);
    }
    assert_int_equal(winners, 1);
    assert_ok(provider_list_all(f->faulty, "", &page, &f->err), f->err);
    assert_int_equal(page.count, 3); /* record, snapshot, pointer: the losers left nothing */
    object_page_free(&page);
}

/* Every write of create and drop loses its response once. */
static void lost_responses_are_our_own(void **state)
{
    struct fixture *f = *state;
    for (uint64_t nth = 1; nth <= 4; nth++) {
        struct fault_rule rule = {
            .action = FAULT_LOSE_RESPONSE, .ops = PROVIDER_WRITES, .nth = nth};
        struct table_record record;
        struct table *table;
        char name[16];
        snprintf(name, sizeof(name), "t%llu", (unsigned long long)nth);
        provider_fault_clear(f->faulty);
        assert_ok(provider_fault_add(f->faulty, &rule, &f->err), f->err);
        assert_ok(create(f, name), f->err);
        assert_ok(catalog_drop_table(f->connection, name, false, &f->err), f->err);
        assert_int_equal(provider_fault_fired(f->faulty), 1);
        provider_fault_clear(f->faulty);
        assert_status(catalog_open_table(f->connection, name, &record, &table, &f->err),
                      INLAY_NOT_FOUND);
    }
}

static void damaged_records_are_reported(void **state)
{
    struct fixture *f = *state;
    struct table_record record;
    struct table *table;
    struct object_data data;
    struct table_record decoded;
    const char *key = "_catalog/tables/t.json";
    assert_ok(create(f, "t"), f->err);
    assert_ok(provider_get(f->faulty, key, &data, &f->err), f->err);
    for (size_t length = 0; length < data.size; length++) {
        assert_status(table_record_decode(data.data, length, &decoded, NULL), INLAY_CORRUPT);
    }
    for (size_t i = 0; i < data.size; i++) { /* any outcome but a crash or a leak */
        for (int bit = 0; bit < 8; bit++) {
            data.data[i] ^= (uint8_t)(1 << bit);
            (void)table_record_decode(data.data, (size_t)data.size, &decoded, NULL);
            table_record_free(&decoded);
            data.data[i] ^= (uint8_t)(1 << bit);
        }
    }
    object_data_free(&data);
    assert_ok(provider_put_atomic(f->faulty, "_catalog/tables/u.json", "{\"format\":1}", 12, NULL,
                                  &f->err),
              f->err);
    assert_status(catalog_open_table(f->connection, "u", &record, &table, &f->err), INLAY_CORRUPT);
    assert_string_equal(f->err.key, "_catalog/tables/u.json");
    assert_status(create(f, "u"), INLAY_ALREADY_EXISTS);
}

static void uris_and_options(void **state)
{
    struct connection *connection;
    struct connection_option option = {"consistancy", "strong"};
    inlay_error err;
    char *folder = test_folder_make();
    char uri[600];
    (void)state;
    inlay_error_init(&err);
    assert_ok(connection_open("memory://", NULL, 0, NULL, &connection, &err), err);
    connection_close(connection);
    snprintf(uri, sizeof(uri), "file://%s/sub", folder);
    assert_ok(connection_open(uri, NULL, 0, NULL, &connection, &err), err);
    connection_close(connection);
    snprintf(uri, sizeof(uri), "%s/plain", folder);
    assert_ok(connection_open(uri, NULL, 0, NULL, &connection, &err), err);
    connection_close(connection);
    assert_status(connection_open("ftp://x", NULL, 0, NULL, &connection, &err), INLAY_UNSUPPORTED);
    assert_status(connection_open("file://", NULL, 0, NULL, &connection, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_status(connection_open("memory://name", NULL, 0, NULL, &connection, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_null(connection);
    assert_status(connection_open("memory://", &option, 1, NULL, &connection, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(err.message, "unknown option 'consistancy'; did you mean 'consistency'?");
    option.key = "commit-tries";
    assert_status(connection_open("memory://", &option, 1, NULL, &connection, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_string_equal(err.message, "unknown option 'commit-tries'; did you mean 'commit_tries'?");
    option.key = "staleness_ms";
    option.value = "-1";
    assert_status(connection_open("memory://", &option, 1, NULL, &connection, &err),
                  INLAY_INVALID_ARGUMENT);
    option.value = "250";
    assert_ok(connection_open("memory://", &option, 1, NULL, &connection, &err), err);
    assert_int_equal(connection_table_options(connection, "x").staleness_ns, 250000000);
    connection_close(connection);
    test_folder_remove(folder);
    free(folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(records_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(create_drop_create, set_up, tear_down),
        cmocka_unit_test_setup_teardown(purge_leaves_nothing, set_up, tear_down),
        cmocka_unit_test_setup_teardown(list_is_sorted_and_live, set_up, tear_down),
        cmocka_unit_test_setup_teardown(names_and_schemas_are_checked, set_up, tear_down),
        cmocka_unit_test_setup_teardown(one_creator_wins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(lost_responses_are_our_own, set_up, tear_down),
        cmocka_unit_test_setup_teardown(damaged_records_are_reported, set_up, tear_down),
        cmocka_unit_test(uris_and_options),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
