/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Conditions as filters of every ranking, against three-valued logic in this file: random
 * conditions over several superfiles, their negation and their NULLs, k hits whenever k rows
 * satisfy them, and the rankings themselves, which a filter must only thin out.
 */
#include "tables/tables.h"

#include "columnar/builder.h"
#include "columnar/stream.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROWS = 900, FILES = 3, DIM = 8, ROUNDS = 40, CONDITION = 2048 };

enum truth { IS_FALSE, IS_TRUE, IS_NULL };

struct row {
    int64_t key;
    char body[48];
    const char *lang; /* NULL: null */
    bool no_price;
    double price;
    float vector[DIM];
};

static struct row rows[ROWS];
static struct test_random numbers;
static inlay_connection *connection;
static inlay_table *table;

static uint64_t below(uint64_t bound)
{
    return test_random_below(&numbers, bound);
}

static void make_rows(void)
{
    static const char *const words[] = {"whale", "sea", "fog", "harbour", "captain", "storm"};
    static const char *const langs[] = {"en", "de", "fr", "es", NULL};
    for (size_t i = 0; i < ROWS; i++) {
        rows[i].key = (int64_t)i;
        (void)snprintf(rows[i].body, sizeof(rows[i].body), "%s %s %s", words[below(6)],
                       words[below(6)], words[below(6)]);
        rows[i].lang = langs[below(5)];
        rows[i].no_price = below(7) == 0;
        rows[i].price = (double)below(4000) / 100;
        for (size_t d = 0; d < DIM; d++) {
            rows[i].vector[d] = (float)test_random_unit(&numbers) - 0.5f;
        }
    }
}

static void add_row(struct builder *batch, const struct row *row, inlay_error *err)
{
    struct builder *list = builder_child(batch, 4);
    assert_ok(builder_int(builder_child(batch, 0), row->key, err), *err);
    assert_ok(builder_bytes_value(builder_child(batch, 1), row->body, strlen(row->body), err),
              *err);
    assert_ok(row->lang != NULL ? builder_bytes_value(builder_child(batch, 2), row->lang, 2, err)
                                : builder_null(builder_child(batch, 2), err),
              *err);
    assert_ok(row->no_price ? builder_null(builder_child(batch, 3), err)
                            : builder_float(builder_child(batch, 3), row->price, err),
              *err);
    for (size_t d = 0; d < DIM; d++) {
        assert_ok(builder_float(builder_child(list, 0), (double)row->vector[d], err), *err);
    }
    assert_ok(builder_close_row(list, err), *err);
    assert_ok(builder_close_row(batch, err), *err);
}

static void make_schema(struct schema *schema)
{
    struct field *field;
    memset(schema, 0, sizeof(*schema));
    (void)schema_add(schema, "key", COLUMN_INT64, false);
    (void)schema_add(schema, "body", COLUMN_UTF8, false);
    (void)schema_add(schema, "lang", COLUMN_UTF8, true);
    (void)schema_add(schema, "price", COLUMN_FLOAT64, true);
    field = schema_add(schema, "embedding", COLUMN_FIXED_LIST, false);
    field->width = DIM;
    (void)field_add_child(field, "item", COLUMN_FLOAT32, true);
}

static void append(size_t first, size_t count)
{
    struct ArrowArrayStream stream;
    struct schema schema;
    struct builder *builder;
    struct ArrowArray array;
    struct batch batch;
    inlay_append_result result;
    inlay_error err;
    inlay_error_init(&err);
    make_schema(&schema);
    assert_ok(builder_new_batch(&schema, UINT64_MAX, &builder, &err), err);
    for (size_t i = first; i < first + count; i++) {
        add_row(builder, &rows[i], &err);
    }
    assert_ok(builder_finish(builder, &array, &err), err);
    builder_free(builder);
    assert_ok(
        batch_from_array(&schema, &array, ARRAY_CHECK_FULL, INLAY_INVALID_ARGUMENT, &batch, &err),
        err);
    assert_ok(stream_of_batches(&schema, &batch, 1, &stream, &err), err);
    schema_free(&schema);
    assert_ok(inlay_table_append(table, &stream, NULL, &result, &err), err);
}

static int open_table(void **state)
{
    inlay_text_index text;
    inlay_vector_index vector;
    inlay_table_options options;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    numbers = test_random_init(20260711);
    make_rows();
    assert_ok(inlay_connect("memory://", NULL, &connection, &err), err);
    inlay_text_index_init(&text);
    inlay_vector_index_init(&vector);
    text.column = "body";
    vector.column = "embedding";
    inlay_table_options_init(&options);
    options.text_indexes = &text;
    options.text_index_count = 1;
    options.vector_indexes = &vector;
    options.vector_index_count = 1;
    make_schema(&schema);
    assert_ok(schema_to_arrow(&schema, &arrow, &err), err);
    assert_ok(inlay_create_table(connection, "docs", &arrow, &options, &table, &err), err);
    arrow.release(&arrow);
    schema_free(&schema);
    for (size_t i = 0; i < FILES; i++) {
        append(i * ROWS / FILES, ROWS / FILES);
    }
    return 0;
}

static int close_table(void **state)
{
    (void)state;
    inlay_table_close(table);
    inlay_close(connection);
    return 0;
}

/* ---- random conditions ---- */

static enum truth not_of(enum truth a)
{
    return a == IS_NULL ? IS_NULL : a == IS_TRUE ? IS_FALSE : IS_TRUE;
}

static enum truth and_of(enum truth a, enum truth b)
{
    if (a == IS_FALSE || b == IS_FALSE) {
        return IS_FALSE;
    }
    return a == IS_NULL || b == IS_NULL ? IS_NULL : IS_TRUE;
}

/* Adds an atom's text and what it is for every row. */
static void make_atom(char *text, size_t size, enum truth truths[ROWS])
{
    const uint64_t kind = below(6);
    const int64_t low = (int64_t)below(ROWS);
    const int64_t high = low + (int64_t)below(ROWS);
    const double price = (double)below(4000) / 100;
    static const char *const formats[] = {"lang = 'en'", "lang IN ('de', 'fr')", "lang LIKE 'e%'",
                                          "price IS NULL"};
    if (kind < 4) {
        (void)snprintf(text, size, "%s", formats[kind]);
    } else if (kind == 4) {
        (void)snprintf(text, size, "key BETWEEN %lld AND %lld", (long long)low, (long long)high);
    } else {
        (void)snprintf(text, size, "price < %.2f", price);
    }
    for (size_t i = 0; i < ROWS; i++) {
        const struct row *row = &rows[i];
        bool is = false;
        if (kind < 3 && row->lang == NULL) {
            truths[i] = IS_NULL;
            continue;
        }
        if (kind == 5 && row->no_price) {
            truths[i] = IS_NULL;
            continue;
        }
        switch (kind) {
        case 0:
            is = strcmp(row->lang, "en") == 0;
            break;
        case 1:
            is = strcmp(row->lang, "de") == 0 || strcmp(row->lang, "fr") == 0;
            break;
        case 2:
            is = row->lang[0] == 'e';
            break;
        case 3:
            is = row->no_price;
            break;
        case 4:
            is = row->key >= low && row->key <= high;
            break;
        default:
            is = row->price < price;
            break;
        }
        truths[i] = is ? IS_TRUE : IS_FALSE;
    }
}

static void make_condition(int depth, char *text, size_t size, enum truth truths[ROWS])
{
    char left[CONDITION / 2];
    char right[CONDITION / 2];
    enum truth *other;
    uint64_t kind = depth == 0 ? 0 : below(4);
    if (kind == 0) {
        make_atom(text, size, truths);
        return;
    }
    make_condition(depth - 1, left, sizeof(left), truths);
    if (kind == 1) {
        assert_true((size_t)snprintf(text, size, "NOT (%s)", left) < size);
        for (size_t i = 0; i < ROWS; i++) {
            truths[i] = not_of(truths[i]);
        }
        return;
    }
    other = calloc(ROWS, sizeof(*other));
    assert_non_null(other);
    make_condition(depth - 1, right, sizeof(right), other);
    assert_true(
        (size_t)snprintf(text, size, "(%s) %s (%s)", left, kind == 2 ? "AND" : "OR", right) < size);
    for (size_t i = 0; i < ROWS; i++) {
        truths[i] = kind == 2 ? and_of(truths[i], other[i])
                              : not_of(and_of(not_of(truths[i]), not_of(other[i])));
    }
    free(other);
}

/* ---- searches ---- */

struct hits {
    size_t count;
    int64_t keys[ROWS];
    double scores[ROWS];
};

/* The columns key and score, in this order; the score may be of either width. */
static void read_hits(struct ArrowArrayStream *stream, struct hits *hits)
{
    struct ArrowSchema schema;
    struct ArrowArray batch;
    bool wide;
    assert_int_equal(stream->get_schema(stream, &schema), 0);
    wide = strcmp(schema.children[1]->format, "g") == 0;
    schema.release(&schema);
    hits->count = 0;
    for (;;) {
        assert_int_equal(stream->get_next(stream, &batch), 0);
        if (batch.release == NULL) {
            break;
        }
        for (int64_t i = 0; i < batch.length; i++) {
            const int64_t *keys = batch.children[0]->buffers[1];
            const void *scores = batch.children[1]->buffers[1];
            hits->keys[hits->count] = keys[i];
            hits->scores[hits->count++] =
                wide ? ((const double *)scores)[i] : (double)((const float *)scores)[i];
        }
        batch.release(&batch);
    }
    stream->release(stream);
}

static const char *const key_column[] = {"key"};

static void text_hits(const char *query, const char *where, uint64_t k, struct hits *hits)
{
    struct ArrowArrayStream stream;
    inlay_search_options options;
    inlay_filter filter;
    inlay_error err;
    inlay_error_init(&err);
    inlay_filter_init(&filter);
    inlay_search_options_init(&options);
    filter.where = where;
    options.filter = &filter;
    options.columns = key_column;
    options.column_count = 1;
    options.k = k;
    assert_ok(inlay_bm25_search(table, "body", query, &options, &stream, NULL, &err), err);
    read_hits(&stream, hits);
}

static void vector_hits(const float *query, const char *where, uint64_t k, bool exact,
                        struct hits *hits)
{
    struct ArrowArrayStream stream;
    inlay_vector_options options;
    inlay_filter filter;
    inlay_error err;
    inlay_error_init(&err);
    inlay_filter_init(&filter);
    inlay_vector_options_init(&options);
    filter.where = where;
    options.filter = &filter;
    options.columns = key_column;
    options.column_count = 1;
    options.k = k;
    options.exact = exact;
    assert_ok(inlay_vector_search(table, "embedding", query, DIM, &options, &stream, NULL, &err),
              err);
    read_hits(&stream, hits);
}

/* What is left of a ranking of all rows. */
static void thin_out(const struct hits *all, const enum truth truths[ROWS], size_t k,
                     struct hits *out)
{
    out->count = 0;
    for (size_t i = 0; i < all->count && out->count < k; i++) {
        if (truths[all->keys[i]] == IS_TRUE) {
            out->keys[out->count] = all->keys[i];
            out->scores[out->count++] = all->scores[i];
        }
    }
}

static void assert_same_hits(const struct hits *found, const struct hits *expected,
                             const char *where)
{
    if (found->count != expected->count) {
        fail_msg("%zu hits, expected %zu: %s", found->count, expected->count, where);
    }
    for (size_t i = 0; i < found->count; i++) {
        if (found->keys[i] != expected->keys[i] || found->scores[i] != expected->scores[i]) {
            fail_msg("hit %zu is row %lld, expected %lld: %s", i, (long long)found->keys[i],
                     (long long)expected->keys[i], where);
        }
    }
}

/* Everything that the tests hold at once; too large for a stack. */
struct bench {
    char where[CONDITION];
    char not_where[CONDITION + 16];
    char null_where[CONDITION + 16];
    enum truth truths[ROWS];
    float query[DIM];
    struct hits all;
    struct hits expected;
    struct hits found;
    struct hits texts;
    struct hits vectors;
    unsigned seen[ROWS];
};

static struct bench *make_bench(void)
{
    struct bench *bench = calloc(1, sizeof(*bench));
    assert_non_null(bench);
    return bench;
}

static void next_condition(struct bench *b)
{
    make_condition(3, b->where, sizeof(b->where), b->truths);
    (void)snprintf(b->not_where, sizeof(b->not_where), "NOT (%s)", b->where);
    (void)snprintf(b->null_where, sizeof(b->null_where), "(%s) IS NULL", b->where);
    for (size_t d = 0; d < DIM; d++) {
        b->query[d] = (float)test_random_unit(&numbers) - 0.5f;
    }
}

static void rankings_are_only_thinned_out(void **state)
{
    struct bench *b = make_bench();
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        const size_t k = 1 + below(30);
        next_condition(b);
        text_hits("whale storm^2", NULL, ROWS, &b->all);
        thin_out(&b->all, b->truths, ROWS, &b->expected);
        text_hits("whale storm^2", b->where, ROWS, &b->found);
        assert_same_hits(&b->found, &b->expected, b->where);
        thin_out(&b->all, b->truths, k, &b->expected);
        text_hits("whale storm^2", b->where, k, &b->found);
        assert_same_hits(&b->found, &b->expected, b->where);
        vector_hits(b->query, NULL, ROWS, true, &b->all);
        assert_int_equal(b->all.count, ROWS);
        thin_out(&b->all, b->truths, k, &b->expected);
        vector_hits(b->query, b->where, k, true, &b->found);
        assert_same_hits(&b->found, &b->expected, b->where);
        /* The index finds k where k are, too, and only those that are allowed. */
        vector_hits(b->query, b->where, k, false, &b->found);
        assert_int_equal(b->found.count, b->expected.count);
        for (size_t i = 0; i < b->found.count; i++) {
            assert_int_equal(b->truths[b->found.keys[i]], IS_TRUE);
        }
    }
    free(b);
}

static void mark(struct bench *b, const char *where, unsigned bit)
{
    text_hits("whale sea fog harbour captain storm", where, ROWS, &b->found);
    for (size_t i = 0; i < b->found.count; i++) {
        b->seen[b->found.keys[i]] |= bit;
    }
}

/* TRUE, FALSE and NULL share the rows out between them. */
static void a_condition_splits_the_rows_in_three(void **state)
{
    struct bench *b = make_bench();
    (void)state;
    for (int round = 0; round < ROUNDS; round++) {
        next_condition(b);
        memset(b->seen, 0, sizeof(b->seen));
        mark(b, b->where, 1);
        mark(b, b->not_where, 2);
        mark(b, b->null_where, 4);
        for (size_t i = 0; i < ROWS; i++) {
            unsigned expected = b->truths[i] == IS_TRUE ? 1 : b->truths[i] == IS_FALSE ? 2 : 4;
            if (b->seen[i] != expected) {
                fail_msg("row %zu is in set %u, expected %u: %s", i, b->seen[i], expected,
                         b->where);
            }
        }
    }
    free(b);
}

static double reciprocal_rank(const struct hits *hits, int64_t key)
{
    for (size_t i = 0; i < hits->count; i++) {
        if (hits->keys[i] == key) {
            return 1.0 / (60.0 + (double)(i + 1));
        }
    }
    return 0;
}

/* Both rankings of a hybrid search are those of the allowed rows. */
static void hybrid_search_fuses_filtered_rankings(void **state)
{
    enum { DEPTH = 50, K = 20 };
    struct bench *b = make_bench();
    inlay_hybrid_options options;
    inlay_filter filter;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    inlay_hybrid_options_init(&options);
    inlay_filter_init(&filter);
    options.filter = &filter;
    options.columns = key_column;
    options.column_count = 1;
    options.k = K;
    options.depth = DEPTH;
    options.exact = 1;
    for (int round = 0; round < ROUNDS; round++) {
        struct ArrowArrayStream stream;
        double best_left = 0;
        next_condition(b);
        filter.where = b->where;
        text_hits("captain fog", b->where, DEPTH, &b->texts);
        vector_hits(b->query, b->where, DEPTH, true, &b->vectors);
        assert_ok(inlay_hybrid_search(table, "body", "captain fog", "embedding", b->query, DIM,
                                      &options, &stream, NULL, &err),
                  err);
        read_hits(&stream, &b->found);
        memset(b->seen, 0, sizeof(b->seen));
        for (size_t i = 0; i < b->found.count; i++) {
            int64_t key = b->found.keys[i];
            double score = reciprocal_rank(&b->texts, key) + reciprocal_rank(&b->vectors, key);
            b->seen[key] = 1;
            assert_true(fabs(b->found.scores[i] - score) < 1e-12);
            assert_true(i == 0 || b->found.scores[i] <= b->found.scores[i - 1]);
            assert_int_equal(b->truths[key], IS_TRUE);
        }
        for (int64_t key = 0; key < ROWS; key++) {
            double score = reciprocal_rank(&b->texts, key) + reciprocal_rank(&b->vectors, key);
            best_left = b->seen[key] == 0 && score > best_left ? score : best_left;
        }
        assert_true(best_left == 0 ||
                    (b->found.count == K && best_left <= b->found.scores[K - 1] + 1e-12));
    }
    free(b);
}

/* All rankings look at their cancel handles. */
static void cancelled_rankings_end(void **state)
{
    const float query[2 * DIM] = {0.5f};
    struct ArrowArrayStream stream;
    inlay_vector_options vector;
    inlay_hybrid_options hybrid;
    inlay_cancel *cancel;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(inlay_cancel_create(&cancel, &err), err);
    inlay_vector_options_init(&vector);
    inlay_hybrid_options_init(&hybrid);
    vector.cancel = cancel;
    hybrid.cancel = cancel;
    for (int requested = 0; requested < 2; requested++) {
        const inlay_status expected = requested ? INLAY_CANCELLED : INLAY_OK;
        inlay_status got[4];
        size_t i = 0;
        vector.exact = 0;
        got[i++] =
            inlay_vector_search(table, "embedding", query, DIM, &vector, &stream, NULL, &err);
        if (got[0] == INLAY_OK) {
            stream.release(&stream);
        }
        vector.exact = 1;
        got[i++] =
            inlay_vector_search(table, "embedding", query, DIM, &vector, &stream, NULL, &err);
        if (got[1] == INLAY_OK) {
            stream.release(&stream);
        }
        got[i++] = inlay_vector_search_batch(table, "embedding", query, 2, DIM, &vector, &stream,
                                             NULL, &err);
        if (got[2] == INLAY_OK) {
            stream.release(&stream);
        }
        got[i++] = inlay_hybrid_search(table, "body", "sea", "embedding", query, DIM, &hybrid,
                                       &stream, NULL, &err);
        if (got[3] == INLAY_OK) {
            stream.release(&stream);
        }
        while (i > 0) {
            assert_status(got[--i], expected);
        }
        inlay_cancel_request(cancel);
    }
    inlay_cancel_free(cancel);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rankings_are_only_thinned_out),
        cmocka_unit_test(a_condition_splits_the_rows_in_three),
        cmocka_unit_test(hybrid_search_fuses_filtered_rankings),
        cmocka_unit_test(cancelled_rankings_end),
    };
    return cmocka_run_group_tests(tests, open_table, close_table);
}
