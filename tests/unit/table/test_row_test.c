/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tests of decoded values against a comparison of each value by itself: every type, values at the
 * ends of their ranges, nulls, dictionaries, and random AND/OR trees.
 */
#include "support/test.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "table/predicate/row_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COLUMNS = 16, TREES = 3000 };

static const enum column_type types[COLUMNS] = {
    COLUMN_BOOL,   COLUMN_INT8,   COLUMN_INT16,      COLUMN_INT32,   COLUMN_INT64,   COLUMN_UINT8,
    COLUMN_UINT16, COLUMN_UINT32, COLUMN_UINT64,     COLUMN_FLOAT32, COLUMN_FLOAT64, COLUMN_DATE32,
    COLUMN_UTF8,   COLUMN_UTF8,   COLUMN_DECIMAL128, COLUMN_BINARY};
#define CODED 13 /* the text column with a dictionary */

static const char *const texts[] = {"",
                                    "a",
                                    "ab",
                                    "abc",
                                    "abcd",
                                    "abcdefghijkl",
                                    "b",
                                    "abcdefghijklm",
                                    "abcdefghijklmnopqrstuvwxyz",
                                    "日本",
                                    "ba",
                                    "abcdefghijklmnopqrstuvwxyy"};
enum { TEXTS = sizeof(texts) / sizeof(texts[0]) };

struct column {
    struct field field;
    struct colvec vector;
    struct colvec dictionary;
    struct colvec_owner owner;
    uint8_t values[ROW_TEST_ROWS * 16];
    uint8_t dictionary_values[TEXTS * 16];
    uint32_t codes[ROW_TEST_ROWS];
    uint64_t validity[ROW_TEST_ROWS / 64];
    struct stat_value truth[ROW_TEST_ROWS];
};

struct world {
    size_t decided;
    struct test_random random;
    struct column columns[COLUMNS];
    struct schema schema;
    struct field fields[COLUMNS];
    struct colvec vectors[COLUMNS];
    uint32_t all[COLUMNS];
    uint64_t rows;
    struct predicate nodes[64];
    const struct predicate *parts[64];
    struct stat_value values[1024];
    size_t node_count;
    size_t part_count;
    size_t value_count;
};

static void nobody_owns(struct colvec_owner *owner)
{
    (void)owner;
}

static uint64_t below(struct world *w, uint64_t n)
{
    return test_random_below(&w->random, n);
}

/* Values that a column of the type can have, its ends among them. */
static struct stat_value value_of(struct world *w, enum column_type type)
{
    static const double reals[] = {0, -0.0, 1.5, -1.5, INFINITY, -INFINITY, 16777217, 0.1, 5e-324};
    const uint32_t bits = 8 * column_type_width(&(struct field){.type = type});
    const int64_t small = (int64_t)below(w, 7) - 3;
    switch (stat_kind_of_type(type)) {
    case STAT_INT:
        if (type == COLUMN_BOOL) {
            return stat_int(small & 1);
        }
        return below(w, 4) != 0   ? stat_int(small)
               : below(w, 2) != 0 ? stat_int((int64_t)(UINT64_MAX >> 1) >> (64 - bits))
                                  : stat_int(-((int64_t)(UINT64_MAX >> 1) >> (64 - bits)) - 1);
    case STAT_UINT:
        return below(w, 4) != 0 ? stat_uint((uint64_t)(small + 3))
                                : stat_uint(UINT64_MAX >> (64 - bits));
    case STAT_FLOAT: {
        const double real = reals[below(w, sizeof(reals) / sizeof(reals[0]))];
        return stat_float(type == COLUMN_FLOAT32 ? (double)(float)real : real);
    }
    case STAT_INT128:
        return below(w, 3) != 0 ? stat_int128(small < 0 ? -1 : 0, (uint64_t)small)
                                : stat_int128((int64_t)below(w, 3) - 1, below(w, 3));
    default: {
        const char *text = texts[below(w, TEXTS)];
        return stat_bytes(text, (uint32_t)strlen(text));
    }
    }
}

static void put(struct column *c, uint8_t *values, uint64_t row, const struct stat_value *value)
{
    const uint32_t width = column_type_width(&c->field);
    uint8_t *at = values + row * (width != 0 ? width : 16);
    float narrow = (float)(value->kind == STAT_FLOAT ? value->as.f : 0);
    if (value->kind == STAT_BYTES) {
        colvec_string_set((struct colvec_string *)(void *)at, (const char *)value->as.bytes.data,
                          value->as.bytes.length);
    } else if (c->field.type == COLUMN_FLOAT32) {
        memcpy(at, &narrow, 4);
    } else if (value->kind == STAT_INT128) {
        memcpy(at, &value->as.wide.lo, 8);
        memcpy(at + 8, &value->as.wide.hi, 8);
    } else {
        memcpy(at, &value->as, width);
    }
}

static void fill_column(struct world *w, size_t i)
{
    struct column *c = &w->columns[i];
    const bool nulls = below(w, 2) != 0;
    uint64_t row;
    memset(&c->vector, 0, sizeof(c->vector));
    memset(c->validity, 0, sizeof(c->validity));
    for (row = 0; row < w->rows; row++) {
        const bool null = nulls && below(w, 3) == 0;
        struct stat_value value = value_of(w, c->field.type);
        if (c->field.type == COLUMN_FLOAT64 && below(w, 8) == 0) {
            value = stat_float(NAN);
        }
        if (i == CODED) { /* a null's code may be anything */
            for (c->codes[row] = 0;
                 strcmp(texts[c->codes[row]], (const char *)value.as.bytes.data) != 0;) {
                c->codes[row]++;
            }
            c->codes[row] = null ? UINT32_MAX : c->codes[row];
        }
        put(c, c->values, row, &value);
        c->validity[row / 64] |= (uint64_t)!null << (row % 64);
        c->vector.null_count += null;
        c->truth[row] = null ? (struct stat_value){.kind = STAT_NONE} : value;
    }
    c->vector.field = &c->field;
    c->vector.count = w->rows;
    c->vector.values = c->values;
    c->vector.validity = nulls ? c->validity : NULL;
    if (i == CODED) {
        colvec_owner_init(&c->owner, nobody_owns);
        c->dictionary =
            (struct colvec){.field = &c->field, .count = TEXTS, .values = c->dictionary_values};
        for (row = 0; row < TEXTS; row++) {
            struct stat_value value = stat_bytes(texts[row], (uint32_t)strlen(texts[row]));
            put(c, c->dictionary_values, row, &value);
        }
        c->vector.form = COLVEC_DICTIONARY;
        c->vector.values = NULL;
        c->vector.codes = c->codes;
        c->vector.dictionary = &c->dictionary;
        c->vector.owner = below(w, 2) != 0 ? &c->owner : NULL;
    }
    w->vectors[i] = c->vector;
}

static void world_fill(struct world *w, uint64_t rows)
{
    size_t i;
    w->rows = rows;
    for (i = 0; i < COLUMNS; i++) {
        w->columns[i].field = (struct field){.name = (char *)"c", .type = types[i]};
        w->fields[i] = w->columns[i].field;
        w->all[i] = (uint32_t)i;
        fill_column(w, i);
    }
    w->schema = (struct schema){.fields = w->fields, .count = COLUMNS};
}

/* ---- conditions ---- */

static const struct predicate *make_test(struct world *w)
{
    static const size_t lists[] = {0, 1, 2, 3, 8, 9, 20};
    struct predicate *p = &w->nodes[w->node_count++];
    const size_t column = below(w, COLUMNS);
    const bool is_text = stat_kind_of_type(types[column]) == STAT_BYTES;
    size_t i;
    *p = (struct predicate){.column = (uint32_t)column,
                            .test = (enum predicate_test)below(w, is_text ? 10 : 9)};
    p->values = &w->values[w->value_count];
    p->value_count = p->test == PREDICATE_IN     ? lists[below(w, 7)]
                     : p->test == PREDICATE_LIKE ? 1 + below(w, 2)
                     : p->test < PREDICATE_IN    ? 1
                                                 : 0;
    for (i = 0; i < p->value_count; i++) {
        struct stat_value *value = &w->values[w->value_count++];
        do {
            *value = value_of(w, types[column]);
        } while (p->test == PREDICATE_LIKE && value->as.bytes.length == 0);
    }
    p->anchored_start = below(w, 2) != 0;
    p->anchored_end = below(w, 2) != 0;
    return p;
}

static const struct predicate *make_tree(struct world *w, unsigned depth)
{
    struct predicate *p;
    const size_t count = below(w, 4);
    size_t i;
    if (depth == 0 || below(w, 3) == 0) {
        return make_test(w);
    }
    p = &w->nodes[w->node_count++];
    *p = (struct predicate){.kind = below(w, 2) != 0 ? PREDICATE_AND : PREDICATE_OR};
    p->parts = &w->parts[w->part_count];
    p->part_count = count;
    w->part_count += count;
    for (i = 0; i < count; i++) {
        w->parts[(size_t)(p->parts - w->parts) + i] = make_tree(w, depth - 1);
    }
    return p;
}

static int compare(const struct stat_value *a, const struct stat_value *b)
{
    return a->kind == STAT_FLOAT && isnan(a->as.f) ? 1 : stat_compare(a, b);
}

static bool is_like(const struct predicate *p, const struct stat_value *text)
{
    char whole[64];
    const char *at = whole;
    size_t i;
    (void)snprintf(whole, sizeof(whole), "%.*s", (int)text->as.bytes.length,
                   (const char *)text->as.bytes.data);
    for (i = 0; i < p->value_count; i++) {
        char piece[64];
        const char *found;
        const bool last = i + 1 == p->value_count && p->anchored_end;
        (void)snprintf(piece, sizeof(piece), "%.*s", (int)p->values[i].as.bytes.length,
                       (const char *)p->values[i].as.bytes.data);
        found = strstr(at, piece);
        while (found != NULL && last && found[strlen(piece)] != '\0') {
            found = strstr(found + 1, piece);
        }
        if (found == NULL || (i == 0 && p->anchored_start && found != whole)) {
            return false;
        }
        at = found + strlen(piece);
    }
    return true;
}

static bool holds(const struct world *w, const struct predicate *p, uint64_t row)
{
    const struct stat_value *value = &w->columns[p->column].truth[row];
    bool found = false;
    size_t i;
    if (p->kind != PREDICATE_TEST) {
        for (i = 0; i < p->part_count; i++) {
            if (holds(w, p->parts[i], row) != (p->kind == PREDICATE_AND)) {
                return p->kind == PREDICATE_OR;
            }
        }
        return p->kind == PREDICATE_AND;
    }
    if (p->test == PREDICATE_IS_NULL || p->test == PREDICATE_NOT_NULL || value->kind == STAT_NONE) {
        return (value->kind == STAT_NONE) == (p->test == PREDICATE_IS_NULL);
    }
    switch (p->test) {
    case PREDICATE_IN:
        for (i = 0; i < p->value_count; i++) {
            found |= compare(value, &p->values[i]) == 0;
        }
        return found;
    case PREDICATE_LIKE:
        return is_like(p, value);
    case PREDICATE_EQ:
        return compare(value, p->values) == 0;
    case PREDICATE_NE:
        return compare(value, p->values) != 0;
    case PREDICATE_LT:
        return compare(value, p->values) < 0;
    case PREDICATE_LE:
        return compare(value, p->values) <= 0;
    case PREDICATE_GT:
        return compare(value, p->values) > 0;
    default:
        return compare(value, p->values) >= 0;
    }
}

/* Is the answer exact, or may it keep more? */
static bool is_exact(const struct predicate *p)
{
    bool exact = true;
    size_t i;
    for (i = 0; i < p->part_count; i++) {
        exact &= is_exact(p->parts[i]);
    }
    return exact &&
           !(p->kind == PREDICATE_TEST && ((p->test == PREDICATE_IN && p->value_count > 8) ||
                                           (p->test == PREDICATE_LIKE && p->column != CODED)));
}

/* ---- checks ---- */

static void check(struct world *w, const struct predicate *p, const uint32_t *columns, size_t count,
                  size_t *exact)
{
    struct row_test *test;
    struct colvec vectors[COLUMNS];
    uint32_t picks[ROW_TEST_ROWS];
    uint64_t found = 0;
    uint64_t row;
    uint64_t next = 0;
    inlay_error err;
    const bool decides = count == COLUMNS && row_test_decides(p, &w->schema);
    const bool all = decides || (count == COLUMNS && is_exact(p));
    size_t i;
    inlay_error_init(&err);
    for (i = 0; i < count; i++) {
        vectors[i] = w->vectors[columns[i]];
    }
    assert_ok(row_test_create(p, &w->schema, columns, count, decides, &test, &err), err);
    if (test == NULL) {
        for (row = 0; row < w->rows && all; row++) {
            assert_true(holds(w, p, row));
        }
        return;
    }
    for (i = 0; i < 2; i++) { /* the second time dictionaries are known */
        assert_ok(row_test_pick(test, vectors, w->rows, picks, &found, &err), err);
    }
    for (row = 0; row < w->rows; row++) {
        const bool wanted = holds(w, p, row);
        const bool picked = next < found && picks[next] == row;
        if (picked != wanted && (all || wanted)) {
            fail_msg("row %llu of %llu: wanted %d, picked %d, test %d of column %u",
                     (unsigned long long)row, (unsigned long long)w->rows, wanted, picked,
                     p->kind == PREDICATE_TEST ? (int)p->test : -1, p->column);
        }
        next += picked;
    }
    assert_int_equal(next, found); /* ascending, none twice, none behind the rows */
    *exact += all;
    w->decided += decides && !is_exact(p); /* without `decides` it would have kept more */
    row_test_free(test);
}

static void picks_are_the_rows_that_hold(void **state)
{
    static const uint64_t rows[] = {1, 63, 64, 65, 1000, ROW_TEST_ROWS};
    struct world *w = calloc(1, sizeof(*w));
    size_t exact = 0;
    unsigned round;
    (void)state;
    w->random = test_random_init(4711);
    for (round = 0; round < TREES; round++) {
        if (round % 50 == 0) {
            world_fill(w, rows[round / 50 % 6]);
        }
        w->node_count = w->part_count = w->value_count = 0;
        check(w, make_tree(w, round % 4), w->all, COLUMNS, &exact);
    }
    assert_true(exact > TREES / 2);
    assert_true(w->decided > TREES / 100);
    free(w);
}

/* Tests of columns that are not read keep their rows. */
static void some_columns_are_enough(void **state)
{
    static const uint32_t some[] = {CODED, 4, 10};
    struct world *w = calloc(1, sizeof(*w));
    size_t exact = 0;
    unsigned round;
    (void)state;
    w->random = test_random_init(4712);
    world_fill(w, 500);
    for (round = 0; round < 500; round++) {
        w->node_count = w->part_count = w->value_count = 0;
        check(w, make_tree(w, 3), some, 3, &exact);
    }
    assert_int_equal(exact, 0);
    free(w);
}

/* Values of another kind than the column's are not compared. */
static void other_kinds_keep_everything(void **state)
{
    struct world *w = calloc(1, sizeof(*w));
    struct stat_value value = stat_float(1);
    struct predicate p = {.column = 4, .test = PREDICATE_EQ, .values = &value, .value_count = 1};
    struct row_test *test = NULL;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    w->random = test_random_init(1);
    world_fill(w, 8);
    assert_ok(row_test_create(&p, &w->schema, w->all, COLUMNS, false, &test, &err), err);
    assert_null(test);
    value = stat_float(NAN);
    p.column = 10;
    assert_ok(row_test_create(&p, &w->schema, w->all, COLUMNS, false, &test, &err), err);
    assert_null(test);
    free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(picks_are_the_rows_that_hold),
        cmocka_unit_test(some_columns_are_enough),
        cmocka_unit_test(other_kinds_keep_everything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
