/* SPDX-License-Identifier: Apache-2.0 */
/* Pruning never changes an answer: random rows, random statistics over them (exact, truncated or
 * missing), random predicates, judged row by row. */
#include "unit/table/fixture.h"

#include <math.h>

enum { ROWS_MAX = 12, COLUMNS = 4, STRING_MAX = 80 };

struct cell {
    bool null;
    int64_t i;
    double f;
    char s[STRING_MAX];
    uint32_t length;
};

struct world {
    struct test_random random;
    size_t rows;
    struct cell cells[COLUMNS][ROWS_MAX]; /* int, uint, float, string (also the text column) */
    struct id128 ids[ROWS_MAX];
    struct entry_column columns[COLUMNS];
    struct entry_text text;
    uint8_t filter[8 * FILTER_BLOCK];
    struct manifest_entry entry;
    struct arena arena;
};

static char *const names[COLUMNS] = {"a", "b", "c", "d"};
static const enum stat_kind kinds[COLUMNS] = {STAT_INT, STAT_UINT, STAT_FLOAT, STAT_BYTES};

static void make_string(struct world *w, struct cell *cell)
{
    static const char letters[] = "ab\xff";
    uint32_t shared = test_random_below(&w->random, 3) == 0 ? 66 : 0; /* passes the bound's cut */
    cell->length = shared + (uint32_t)test_random_below(&w->random, 5);
    memset(cell->s, 'a', shared);
    for (uint32_t i = shared; i < cell->length; i++) {
        cell->s[i] = letters[test_random_below(&w->random, 3)];
    }
}

static void make_cell(struct world *w, struct cell *cell)
{
    cell->null = test_random_below(&w->random, 5) == 0;
    cell->i = (int64_t)test_random_below(&w->random, 9) - 4;
    cell->f = test_random_below(&w->random, 12) == 0 ? NAN : (double)cell->i / 2;
    make_string(w, cell);
}

static struct stat_value value_of(const struct cell *cell, size_t column)
{
    switch (kinds[column]) {
    case STAT_INT:
        return stat_int(cell->i);
    case STAT_UINT:
        return stat_uint((uint64_t)(cell->i + 4));
    case STAT_FLOAT:
        return stat_float(cell->f);
    default:
        return stat_bytes(cell->s, cell->length);
    }
}

static struct stat_bound bound_of(struct world *w, const struct stat_value *value, bool upper)
{
    struct stat_bound bound = {.state = BOUND_EXACT, .value = *value};
    if (test_random_below(&w->random, 6) == 0) {
        bound.state = BOUND_UNKNOWN;
    } else if (value->kind == STAT_BYTES) {
        bound = upper ? stat_bytes_upper(value->as.bytes.data, value->as.bytes.length, &w->arena)
                      : stat_bytes_lower(value->as.bytes.data, value->as.bytes.length, &w->arena);
    }
    return bound;
}

static void make_column(struct world *w, size_t column, struct entry_column *out)
{
    bool first = true;
    struct stat_value min = {0};
    struct stat_value max = {0};
    memset(out, 0, sizeof(*out));
    out->column = names[column];
    out->kind = kinds[column];
    out->nulls_known = test_random_below(&w->random, 4) != 0;
    for (size_t i = 0; i < w->rows; i++) {
        const struct cell *cell = &w->cells[column][i];
        struct stat_value value = value_of(cell, column);
        if (cell->null) {
            out->null_count += out->nulls_known;
            continue;
        }
        if (value.kind == STAT_FLOAT && isnan(value.as.f)) {
            out->may_have_nan = true;
            continue;
        }
        if (first || stat_compare(&value, &min) < 0) {
            min = value;
        }
        if (first || stat_compare(&value, &max) > 0) {
            max = value;
        }
        first = false;
    }
    if (!first) {
        out->min = bound_of(w, &min, false);
        out->max = bound_of(w, &max, true);
    }
}

static void make_text(struct world *w)
{
    bool first = true;
    size_t size = filter_size(ROWS_MAX);
    memset(&w->text, 0, sizeof(w->text));
    memset(w->filter, 0, sizeof(w->filter));
    w->text.column = "d";
    w->text.terms_known = test_random_below(&w->random, 4) != 0;
    for (size_t i = 0; i < w->rows; i++) {
        struct stat_value term = value_of(&w->cells[3][i], 3);
        struct stat_value min = stat_bytes(w->text.min_term, w->text.min_term_length);
        struct stat_value max = stat_bytes(w->text.max_term, w->text.max_term_length);
        if (w->cells[3][i].null || term.as.bytes.length == 0) {
            continue; /* no term: terms have one byte at least */
        }
        filter_add(w->filter, size, filter_hash(term.as.bytes.data, term.as.bytes.length));
        if (first || stat_compare(&term, &min) < 0) {
            w->text.min_term = term.as.bytes.data;
            w->text.min_term_length = term.as.bytes.length;
        }
        if (first || stat_compare(&term, &max) > 0) {
            w->text.max_term = term.as.bytes.data;
            w->text.max_term_length = term.as.bytes.length;
        }
        first = false;
    }
    if (test_random_below(&w->random, 3) != 0) {
        w->text.filter.place = BLOB_INLINE;
        w->text.filter.data = w->filter;
        w->text.filter.length = size;
    }
}

static void make_world(struct world *w)
{
    size_t kept = 0;
    arena_reset(&w->arena);
    w->rows = 1 + (size_t)test_random_below(&w->random, test_random_below(&w->random, 2) ? 2 : 12);
    manifest_entry_init(&w->entry);
    w->entry.superfile_id.hi = 1;
    w->entry.rows = w->rows;
    w->entry.size = 100;
    for (size_t i = 0; i < w->rows; i++) {
        w->ids[i] = (struct id128){5, test_random_below(&w->random, 10)};
        if (i == 0 || id_compare(w->ids[i], w->entry.id_min) < 0) {
            w->entry.id_min = w->ids[i];
        }
        if (i == 0 || id_compare(w->ids[i], w->entry.id_max) > 0) {
            w->entry.id_max = w->ids[i];
        }
        for (size_t c = 0; c < COLUMNS; c++) {
            make_cell(w, &w->cells[c][i]);
        }
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        make_column(w, c, &w->columns[kept]);
        kept += test_random_below(&w->random, 8) != 0; /* or unknown altogether */
    }
    w->entry.columns = w->columns;
    w->entry.column_count = kept;
    make_text(w);
    w->entry.texts = &w->text;
    w->entry.text_count = test_random_below(&w->random, 8) != 0;
    if (test_random_below(&w->random, 8) == 0) {
        w->entry.loaded = 0;
        w->entry.texts = NULL;
        w->entry.text_count = 0;
    }
    assert_int_equal(manifest_entry_check(&w->entry, NULL), INLAY_OK);
}

/* DuckDB's order: NaN equals itself and is above every number. */
static int row_compare(const struct stat_value *row, const struct stat_value *value)
{
    bool a = row->kind == STAT_FLOAT && isnan(row->as.f);
    bool b = value->kind == STAT_FLOAT && isnan(value->as.f);
    if (a || b) {
        return a - b;
    }
    return stat_compare(row, value);
}

static bool starts_with(const struct stat_value *value, const struct stat_value *prefix)
{
    return value->as.bytes.length >= prefix->as.bytes.length &&
           memcmp(value->as.bytes.data, prefix->as.bytes.data, prefix->as.bytes.length) == 0;
}

static bool order_matches(enum predicate_test test, int order)
{
    switch (test) {
    case PREDICATE_EQ:
    case PREDICATE_IN:
        return order == 0;
    case PREDICATE_NE:
        return order != 0;
    case PREDICATE_LT:
        return order < 0;
    case PREDICATE_LE:
        return order <= 0;
    case PREDICATE_GT:
        return order > 0;
    default:
        return order >= 0;
    }
}

/* A condition of one column, or of a text column's terms; for terms the "document" of a row is the
 * one term that its string is. */
struct made_leaf {
    bool terms;
    struct predicate test;
    struct prune_terms leaf;
    struct cell cells[3];
    struct stat_value values[3];
};

enum { ID_COLUMN = 0, TEXT_COLUMN = COLUMNS }; /* of the schema: _id, a, b, c, d */

static bool terms_match(const struct prune_terms *leaf, const struct cell *cell,
                        const struct stat_value *value)
{
    size_t matches = 0;
    if (cell->null || cell->length == 0) {
        return leaf->op == PRUNE_ALL_TERMS && leaf->count == 0;
    }
    if (leaf->op == PRUNE_TERM_PREFIX) {
        return starts_with(value, &leaf->values[0]);
    }
    for (size_t i = 0; i < leaf->count; i++) {
        matches += row_compare(value, &leaf->values[i]) == 0;
    }
    return leaf->op == PRUNE_ALL_TERMS ? matches == leaf->count : matches > 0;
}

static bool row_matches(const struct world *w, const struct made_leaf *made, size_t row)
{
    const struct predicate *test = &made->test;
    size_t column = test->column == ID_COLUMN ? 0 : test->column - 1;
    const struct cell *cell = &w->cells[made->terms ? TEXT_COLUMN - 1 : column][row];
    bool null = cell->null && test->column != ID_COLUMN;
    struct stat_value value = value_of(cell, made->terms ? TEXT_COLUMN - 1 : column);
    if (made->terms) {
        return terms_match(&made->leaf, cell, &value);
    }
    if (test->column == ID_COLUMN) {
        value = stat_int128((int64_t)w->ids[row].hi, w->ids[row].lo);
    }
    if (test->test == PREDICATE_IS_NULL || null) {
        return null && test->test == PREDICATE_IS_NULL;
    }
    if (test->test == PREDICATE_NOT_NULL) {
        return true;
    }
    if (test->test == PREDICATE_LIKE) {
        return starts_with(&value, &test->values[0]);
    }
    for (size_t i = 0; i < test->value_count; i++) {
        if (order_matches(test->test, row_compare(&value, &test->values[i]))) {
            return true;
        }
    }
    return false;
}

static void make_values(struct world *w, struct made_leaf *made, uint32_t column)
{
    for (size_t i = 0; i < 3; i++) {
        make_cell(w, &made->cells[i]);
        if (made->terms && made->cells[i].length == 0) {
            made->cells[i].s[0] = 'a';
            made->cells[i].length = 1;
        }
        made->values[i] = column == ID_COLUMN
                              ? stat_int128((int64_t)test_random_below(&w->random, 12) - 1,
                                            test_random_below(&w->random, 12))
                              : value_of(&made->cells[i], column - 1);
        if (column == ID_COLUMN && test_random_below(&w->random, 8) != 0) {
            made->values[i].as.wide.hi = 5;
        }
    }
}

static void make_leaf(struct world *w, struct made_leaf *made)
{
    size_t several = (size_t)test_random_below(&w->random, 4);
    memset(made, 0, sizeof(*made));
    made->terms = test_random_below(&w->random, 4) == 0;
    if (made->terms) {
        make_values(w, made, TEXT_COLUMN);
        made->leaf.op = (enum prune_op)test_random_below(&w->random, PRUNE_TERM_PREFIX + 1);
        made->leaf.column = names[TEXT_COLUMN - 1];
        made->leaf.values = made->values;
        made->leaf.count = made->leaf.op == PRUNE_TERM_PREFIX ? 1 : several;
        return;
    }
    made->test.kind = PREDICATE_TEST;
    made->test.test = (enum predicate_test)test_random_below(&w->random, PREDICATE_LIKE + 1);
    made->test.anchored_start = true;
    made->test.column = made->test.test == PREDICATE_LIKE
                            ? TEXT_COLUMN
                            : (uint32_t)test_random_below(&w->random, COLUMNS + 1);
    make_values(w, made, made->test.column);
    made->test.values = made->values;
    made->test.value_count = made->test.test == PREDICATE_IN ? several : 1;
}

/* Trees of conditions: an AND of leaves, each alone or with another one under an OR. */
struct made_tree {
    struct made_leaf leaves[3];
    struct made_leaf others[3];
    struct predicate either[3];
    const struct predicate *pairs[3][2];
    const struct predicate *parts[3];
    struct predicate root;
    struct prune_terms terms[3];
    size_t count;
};

static void make_tree(struct world *w, struct made_tree *tree, struct prune *prune)
{
    memset(tree, 0, sizeof(*tree));
    tree->count = 1 + (size_t)test_random_below(&w->random, 3);
    tree->root.kind = PREDICATE_AND;
    tree->root.parts = tree->parts;
    for (size_t i = 0; i < tree->count; i++) {
        make_leaf(w, &tree->leaves[i]);
        make_leaf(w, &tree->others[i]);
        if (tree->leaves[i].terms) {
            tree->terms[prune->count++] = tree->leaves[i].leaf;
            continue;
        }
        tree->either[i].kind = PREDICATE_OR;
        tree->either[i].parts = tree->pairs[i];
        tree->either[i].part_count = 1 + !tree->others[i].terms;
        tree->pairs[i][0] = &tree->leaves[i].test;
        tree->pairs[i][1] = &tree->others[i].test;
        tree->parts[tree->root.part_count++] = &tree->either[i];
    }
    prune->predicate = &tree->root;
    prune->terms = tree->terms;
}

static bool tree_matches(const struct world *w, const struct made_tree *tree, size_t row)
{
    for (size_t i = 0; i < tree->count; i++) {
        if (!row_matches(w, &tree->leaves[i], row) &&
            (tree->leaves[i].terms || tree->others[i].terms ||
             !row_matches(w, &tree->others[i], row))) {
            return false;
        }
    }
    return true;
}

static void never_drops_a_matching_row(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct made_tree *tree = calloc(1, sizeof(*tree));
    struct field fields[1 + COLUMNS] = {{.name = (char *)"_id"}};
    const struct schema schema = {fields, 1 + COLUMNS};
    size_t dropped = 0;
    size_t empty = 0;
    (void)state;
    for (size_t i = 0; i < COLUMNS; i++) {
        fields[1 + i].name = names[i];
    }
    w->random = test_random_init(11);
    arena_init(&w->arena, SIZE_MAX);
    for (int round = 0; round < 60000; round++) {
        struct prune prune = {.schema = &schema};
        bool any = false;
        bool kept;
        make_world(w);
        make_tree(w, tree, &prune);
        for (size_t row = 0; row < w->rows && !any; row++) {
            any = tree_matches(w, tree, row);
        }
        kept = prune_keeps(&prune, &w->entry);
        if (any && !kept) {
            fail_msg("round %d: a matching row was pruned (test %d of column %u)", round,
                     (int)tree->leaves[0].test.test, tree->leaves[0].test.column);
        }
        dropped += !kept;
        empty += !any;
    }
    assert_true(dropped > empty / 4); /* and it is of use */
    arena_free(&w->arena);
    free(tree);
    free(w);
}

/* The same predicates over a table with parts: scanning with and without pruning finds the same
 * superfiles, and whole parts are left out. */
static void parts_are_pruned_whole(void **state)
{
    struct fake_env fake;
    struct provider *memory;
    struct provider *counted;
    struct table_options options;
    struct table *table;
    struct table *fresh;
    struct snapshot *snapshot;
    struct entry_list list;
    inlay_error err;
    struct stat_value day = stat_int(3);
    struct stat_value key = stat_bytes("k00000520", 9);
    struct field fields[] = {{.name = (char *)"_id"}, {.name = (char *)"day"}};
    const struct schema schema = {fields, 2};
    const struct predicate by_day = {.kind = PREDICATE_TEST,
                                     .test = PREDICATE_EQ,
                                     .column = 1,
                                     .values = &day,
                                     .value_count = 1};
    const struct prune_terms by_term = {PRUNE_ALL_TERMS, "body", &key, 1};
    struct prune prune = {.predicate = &by_day, .schema = &schema};
    (void)state;
    inlay_error_init(&err);
    fake_env_init(&fake, 1);
    assert_ok(provider_memory_create(&memory, &err), err);
    assert_ok(provider_fault_wrap(memory, true, 1, &fake.env, &counted, &err), err);
    options = fixture_options(counted, &fake.env);
    assert_ok(table_create(&options, &table, &err), err);
    for (uint64_t i = 0; i < 500; i++) {
        struct made_entry made;
        make_entry(&made, i);
        assert_ok(table_append(table, &made.entry, 1, NULL, &err), err);
    }
    assert_ok(table_open(&options, &fresh, &err), err);
    snapshot = table_current(fresh);
    assert_true(snapshot->part_count >= 2);
    provider_fault_clear(counted);
    assert_ok(snapshot_scan(snapshot, &prune, 0, &list, &err), err);
    assert_int_equal(list.count, 11); /* number - 50 <= 3 <= number - 40 */
    assert_int_equal(list.parts_pruned, snapshot->part_count - 1);
    assert_int_equal(list.parts_read, 1);
    assert_int_equal(provider_fault_calls(counted, 0), 1);
    entry_list_free(&list);
    prune.predicate = NULL;
    prune.terms = &by_term;
    prune.count = 1;
    assert_ok(snapshot_scan(snapshot, &prune, 0, &list, &err), err);
    assert_int_equal(list.count, 1);
    assert_int_equal(entry_number(&list.entries[0]), 52);
    entry_list_free(&list);
    provider_fault_clear(counted);
    assert_ok(snapshot_scan(snapshot, NULL, ENTRY_HAS_TEXTS, &list, &err), err);
    assert_int_equal(list.count, 500);
    assert_int_equal(provider_fault_calls(counted, 0), 0); /* loaded once, kept */
    entry_list_free(&list);
    snapshot_release(snapshot);
    table_close(table);
    table_close(fresh);
    provider_close(counted);
}

static void integers_of_both_kinds_compare(void **state)
{
    struct stat_value negative = stat_int(-1);
    struct stat_value large = stat_uint(UINT64_MAX);
    struct stat_value small = stat_uint(0);
    struct stat_value text = stat_bytes("x", 1);
    (void)state;
    assert_true(stat_comparable(&negative, &large));
    assert_true(stat_compare(&negative, &large) < 0);
    assert_true(stat_compare(&small, &negative) > 0);
    assert_false(stat_comparable(&negative, &text));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(never_drops_a_matching_row),
        cmocka_unit_test(parts_are_pruned_whole),
        cmocka_unit_test(integers_of_both_kinds_compare),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
