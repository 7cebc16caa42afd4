/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every stored object of a small table is damaged, a byte at a time and by cutting it short, and
 * the table is read through a fresh connection in every way: full scan, search, count, get. Each
 * read gives what it gave before or an error that says where; it never gives a wrong answer.
 *
 * INLAY_TEST_SCALE (default 1) multiplies how many bytes are flipped. Every silent wrong answer is
 * listed with the region it lies in.
 */
#include "tables/tables.h"

#include "storage/local.h"
#include "storage/memory.h"

#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 400, QUERIES = 4, HITS = 30, FLIPS_PER_OBJECT = 24, CUTS = 4 };
static const char *const queries[QUERIES] = {"common", "w3 w7 w11", "\"common w5\"", "+w2 -w4"};

/* What reading gives; compared between the whole and the damaged table. */
struct answer {
    struct table_rows scan;
    struct table_rows got;
    struct table_hit_seen hits[QUERIES][HITS];
    size_t hit_counts[QUERIES];
    uint64_t matches[QUERIES];
    uint64_t rows;
};

/* One object of the store. */
struct stored {
    char *key;
    struct object_data data;
};

struct store {
    struct stored *objects;
    size_t count;
};

static void answer_free(struct answer *answer)
{
    table_rows_free(&answer->scan);
    table_rows_free(&answer->got);
}

/* Each kind of reading fails or succeeds on its own; `statuses` has one per kind. */
enum reading { READ_OPEN, READ_COUNT, READ_SCAN, READ_GET, READ_SEARCH, READ_MATCHES, READINGS };
static const char *const reading_names[READINGS] = {"open", "count",  "scan",
                                                    "get",  "search", "matches"};

static void ask(inlay_connection *connection, const inlay_id *ids, size_t id_count,
                struct answer *answer, inlay_status statuses[READINGS], inlay_error *errors)
{
    inlay_search_options options;
    inlay_table *table = NULL;
    int i;
    inlay_search_options_init(&options);
    options.k = HITS;
    memset(answer, 0, sizeof(*answer));
    statuses[READ_OPEN] = inlay_open_table(connection, "t", NULL, &table, &errors[READ_OPEN]);
    if (statuses[READ_OPEN] != INLAY_OK) {
        for (i = 1; i < READINGS; i++) {
            statuses[i] = statuses[READ_OPEN];
            errors[i] = errors[READ_OPEN];
        }
        return;
    }
    statuses[READ_COUNT] = inlay_table_count(table, &answer->rows, &errors[READ_COUNT]);
    statuses[READ_SCAN] = tables_scan(connection, "t", "", &answer->scan, &errors[READ_SCAN]);
    statuses[READ_GET] = tables_get(table, ids, id_count, &answer->got, &errors[READ_GET]);
    statuses[READ_SEARCH] = INLAY_OK;
    statuses[READ_MATCHES] = INLAY_OK;
    for (i = 0; i < QUERIES && statuses[READ_SEARCH] == INLAY_OK; i++) {
        statuses[READ_SEARCH] = tables_search(table, queries[i], &options, answer->hits[i],
                                              &answer->hit_counts[i], &errors[READ_SEARCH]);
    }
    for (i = 0; i < QUERIES && statuses[READ_MATCHES] == INLAY_OK; i++) {
        statuses[READ_MATCHES] = inlay_bm25_count(table, "body", queries[i], NULL,
                                                  &answer->matches[i], NULL, &errors[READ_MATCHES]);
    }
    inlay_table_close(table);
}

static bool same_rows(const struct table_rows *a, const struct table_rows *b)
{
    size_t i;
    bool same = a->count == b->count;
    for (i = 0; same && i < a->count; i++) {
        const struct table_row *x = &a->rows[i];
        const struct table_row *y = &b->rows[i];
        same = x->key == y->key && memcmp(&a->ids[i], &b->ids[i], sizeof(inlay_id)) == 0 &&
               (x->body == NULL) == (y->body == NULL) &&
               (x->body == NULL || strcmp(x->body, y->body) == 0);
    }
    return same;
}

static bool same_answer(enum reading reading, const struct answer *a, const struct answer *b)
{
    bool same = true;
    int i;
    switch (reading) {
    case READ_COUNT:
        return a->rows == b->rows;
    case READ_SCAN:
        return same_rows(&a->scan, &b->scan);
    case READ_GET:
        return same_rows(&a->got, &b->got);
    case READ_SEARCH:
        for (i = 0; same && i < QUERIES; i++) {
            same = a->hit_counts[i] == b->hit_counts[i] &&
                   memcmp(a->hits[i], b->hits[i], a->hit_counts[i] * sizeof(a->hits[i][0])) == 0;
        }
        return same;
    case READ_MATCHES:
        return memcmp(a->matches, b->matches, sizeof(a->matches)) == 0;
    default:
        return true;
    }
}

/* ---- the table and its objects ---- */

static void fill_table(struct provider *provider, struct answer *whole, inlay_id ids[ROWS])
{
    static struct table_row rows[ROWS];
    static char text[ROWS][64];
    inlay_connection *connection = NULL;
    inlay_table *table = NULL;
    inlay_status statuses[READINGS];
    inlay_error errors[READINGS];
    inlay_error err;
    int i;
    inlay_error_init(&err);
    for (i = 0; i < ROWS; i++) {
        (void)snprintf(text[i], sizeof(text[i]), "common w%d w%d tail%d", i % 13, i % 7, i);
        rows[i].key = (int64_t)i * i * 1000003;
        rows[i].body = i % 9 == 0 ? NULL : text[i];
    }
    assert_ok(tables_connect(provider, NULL, &connection, &err), err);
    assert_ok(tables_create(connection, "t", &table, &err), err);
    assert_ok(tables_append(table, rows, ROWS, 50, NULL, NULL, &err), err);
    for (i = 0; i < READINGS; i++) {
        inlay_error_init(&errors[i]);
    }
    ask(connection, ids, 0, whole, statuses, errors);
    assert_int_equal(whole->scan.count, ROWS);
    for (i = 0; i < ROWS; i++) {
        ids[i] = whole->scan.ids[i];
    }
    answer_free(whole);
    ask(connection, ids, ROWS, whole, statuses, errors);
    for (i = 0; i < READINGS; i++) {
        assert_ok(statuses[i], errors[i]);
    }
    inlay_table_close(table);
    inlay_close(connection);
}

static void store_load(const char *folder, struct store *store)
{
    struct provider *provider = NULL;
    struct object_page page;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(provider_local_open(folder, &provider, &err), err);
    assert_ok(provider_list(provider, "", NULL, &page, &err), err);
    assert_null(page.next_cursor);
    store->count = page.count;
    store->objects = calloc(page.count, sizeof(*store->objects));
    assert_non_null(store->objects);
    for (i = 0; i < page.count; i++) {
        store->objects[i].key = strdup(page.entries[i].key);
        assert_ok(provider_get(provider, page.entries[i].key, &store->objects[i].data, &err), err);
    }
    object_page_free(&page);
    provider_close(provider);
}

static void store_free(struct store *store)
{
    size_t i;
    for (i = 0; i < store->count; i++) {
        free(store->objects[i].key);
        object_data_free(&store->objects[i].data);
    }
    free(store->objects);
}

/* The store with `size` bytes of one object in place of what it was. */
static struct provider *store_copy(const struct store *store, size_t damaged, const uint8_t *bytes,
                                   uint64_t size)
{
    struct provider *provider = NULL;
    char etag[ETAG_SIZE];
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(provider_memory_create(&provider, &err), err);
    for (i = 0; i < store->count; i++) {
        const struct stored *object = &store->objects[i];
        assert_ok(provider_put_atomic(provider, object->key,
                                      i == damaged ? bytes : object->data.data,
                                      i == damaged ? size : object->data.size, etag, &err),
                  err);
    }
    return provider;
}

/* ---- regions of a superfile, for the report ---- */

struct region_finder {
    uint64_t offset;
    char found[128];
};

static void visit_region(void *context, const struct array_view *batch, int64_t row)
{
    struct region_finder *finder = context;
    uint64_t offset = (uint64_t)array_view_int(&batch->children[3], row);
    uint64_t length = (uint64_t)array_view_int(&batch->children[4], row);
    if (finder->offset >= offset && finder->offset - offset < length) {
        struct byte_view name = array_view_bytes(&batch->children[0], row);
        struct byte_view column = array_view_bytes(&batch->children[1], row);
        (void)snprintf(finder->found, sizeof(finder->found), "%.*s %.*s", (int)name.length,
                       (const char *)name.data, (int)column.length,
                       column.data != NULL ? (const char *)column.data : "");
    }
}

static int silent; /* wrong answers without an error */

static void report(const struct stored *object, const char *folder, uint64_t offset,
                   const char *what, enum reading reading)
{
    struct region_finder finder = {offset, "?"};
    struct ArrowArrayStream stream;
    char path[1024];
    inlay_error err;
    inlay_error_init(&err);
    (void)snprintf(path, sizeof(path), "%s/%s", folder, object->key);
    if (inlay_inspect_file(path, &stream, &err) == INLAY_OK) {
        (void)tables_each_row(&stream, visit_region, &finder, &err);
    }
    (void)fprintf(stderr, "silent wrong answer: %s of %s (%llu bytes) %s %llu, region %s\n",
                  reading_names[reading], object->key, (unsigned long long)object->data.size, what,
                  (unsigned long long)offset, finder.found);
    silent++;
}

struct scene {
    char *folder;
    struct store store;
    struct answer whole;
    inlay_id ids[ROWS];
};

static void check_damage(const struct scene *scene, size_t damaged, const uint8_t *bytes,
                         uint64_t size, uint64_t offset, const char *what)
{
    const struct stored *object = &scene->store.objects[damaged];
    inlay_connection *connection = NULL;
    inlay_status statuses[READINGS] = {INLAY_OK};
    inlay_error errors[READINGS];
    struct answer answer;
    inlay_error err;
    int i;
    inlay_error_init(&err);
    for (i = 0; i < READINGS; i++) {
        inlay_error_init(&errors[i]);
    }
    assert_ok(
        tables_connect(store_copy(&scene->store, damaged, bytes, size), NULL, &connection, &err),
        err);
    ask(connection, scene->ids, ROWS, &answer, statuses, errors);
    for (i = 0; i < READINGS; i++) {
        if (statuses[i] == INLAY_OK) {
            if (!same_answer((enum reading)i, &scene->whole, &answer)) {
                report(object, scene->folder, offset, what, (enum reading)i);
            }
        } else if (errors[i].message[0] == '\0' || statuses[i] == INLAY_INTERNAL) {
            fail_msg("%s of %s %s %llu: %s '%s'", reading_names[i], object->key, what,
                     (unsigned long long)offset, inlay_status_name(statuses[i]), errors[i].message);
        }
    }
    answer_free(&answer);
    inlay_close(connection);
}

static void damage_object(const struct scene *scene, size_t index, struct test_random *random)
{
    const struct stored *object = &scene->store.objects[index];
    uint64_t size = object->data.size;
    uint64_t flips = FLIPS_PER_OBJECT * tables_scale();
    uint8_t *bytes = malloc(size + 1);
    uint64_t i;
    assert_non_null(bytes);
    memcpy(bytes, object->data.data, size);
    for (i = 0; i < (flips < size ? flips : size); i++) {
        uint64_t at = flips < size ? test_random_below(random, size) : i;
        uint8_t flipped = (uint8_t)(1u << test_random_below(random, 8));
        bytes[at] ^= flipped;
        check_damage(scene, index, bytes, size, at, "flipped at");
        bytes[at] ^= flipped;
    }
    for (i = 0; i < CUTS && size != 0; i++) {
        uint64_t cut = i == 0 ? 0 : i == 1 ? size - 1 : test_random_below(random, size);
        check_damage(scene, index, bytes, cut, cut, "cut to");
    }
    bytes[size] = 0;
    check_damage(scene, index, bytes, size + 1, size, "one byte longer than");
    free(bytes);
}

static void damage_never_gives_a_wrong_answer(void **state)
{
    struct test_random random = test_random_init(25);
    struct provider *provider = NULL;
    static struct scene scene;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    scene.folder = test_folder_make();
    assert_ok(provider_local_open(scene.folder, &provider, &err), err);
    fill_table(provider, &scene.whole, scene.ids);
    store_load(scene.folder, &scene.store);
    assert_true(scene.store.count >= 3); /* record, pointer, superfile */
    for (i = 0; i < scene.store.count; i++) {
        damage_object(&scene, i, &random);
    }
    answer_free(&scene.whole);
    store_free(&scene.store);
    test_folder_remove(scene.folder);
    free(scene.folder);
    assert_int_equal(silent, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damage_never_gives_a_wrong_answer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
