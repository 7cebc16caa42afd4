/* SPDX-License-Identifier: Apache-2.0 */
/* Whatever comes in whatever batches, none of the first rows of the order is left out. */
#include "support/test.h"

#include "table/predicate/top_filter.h"

#include <stdlib.h>

enum { ROWS = 40000, BATCH = 2048 };

struct rows {
    struct field field;
    uint64_t bits[ROWS]; /* the value's bytes */
    bool null[ROWS];
    uint64_t keys[ROWS]; /* greater is earlier */
};

static const enum column_type types[] = {
    COLUMN_BOOL,   COLUMN_INT8,   COLUMN_INT16,  COLUMN_INT32,  COLUMN_INT64,    COLUMN_UINT8,
    COLUMN_UINT16, COLUMN_UINT32, COLUMN_UINT64, COLUMN_DATE32, COLUMN_TIMESTAMP};

static uint64_t key_of(const struct field *field, uint64_t bits, bool descending)
{
    const unsigned width = 8 * column_type_width(field);
    const bool is_signed = field->type != COLUMN_BOOL && field->type != COLUMN_UINT8 &&
                           field->type != COLUMN_UINT16 && field->type != COLUMN_UINT32 &&
                           field->type != COLUMN_UINT64;
    uint64_t key = bits;
    if (is_signed) {
        key = (uint64_t)((int64_t)(bits << (64 - width)) >> (64 - width)) + (UINT64_C(1) << 63);
    }
    return descending ? key : ~key;
}

static int descending_keys(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a;
    const uint64_t y = *(const uint64_t *)b;
    return (x < y) - (x > y);
}

static void fill(struct rows *rows, struct test_random *random, bool descending)
{
    const uint32_t width = column_type_width(&rows->field);
    const uint64_t spread = test_random_below(random, 3);
    size_t i;
    for (i = 0; i < ROWS; i++) {
        uint64_t value = test_random_next(random);
        value = spread == 0   ? value % 50
                : spread == 1 ? i
                              : value; /* 1: each is better, or worse */
        value = rows->field.type == COLUMN_BOOL ? value % 2 : value;
        value = width < 8 ? value & ((UINT64_C(1) << (8 * width)) - 1) : value;
        rows->bits[i] = value;
        rows->null[i] = test_random_below(random, 10) == 0;
        rows->keys[i] = key_of(&rows->field, value, descending);
    }
}

/* The least key that is among the first. */
static uint64_t last_key(const struct rows *rows, uint64_t wanted)
{
    uint64_t *keys = malloc(ROWS * sizeof(*keys));
    uint64_t count = 0;
    uint64_t last;
    size_t i;
    for (i = 0; i < ROWS; i++) {
        keys[count] = rows->keys[i];
        count += !rows->null[i];
    }
    qsort(keys, count, sizeof(*keys), descending_keys);
    last = keys[(wanted < count ? wanted : count) - 1];
    free(keys);
    return last;
}

static uint64_t run(const struct rows *rows, struct test_random *random, bool descending,
                    uint64_t wanted, bool all)
{
    const uint32_t width = column_type_width(&rows->field);
    const uint64_t last = last_key(rows, wanted);
    struct top_filter *filter;
    uint64_t kept = 0;
    size_t first = 0;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(top_filter_create(&rows->field, descending, wanted, &filter, &err), err);
    while (first < ROWS) {
        size_t count = 1 + (size_t)test_random_below(random, BATCH);
        struct colvec vector = {.field = &rows->field};
        uint64_t validity[BATCH / 64] = {0};
        uint8_t values[8 * BATCH];
        uint32_t picks[BATCH];
        uint64_t left;
        uint64_t next = 0;
        size_t i;
        count = count < ROWS - first ? count : ROWS - first;
        for (i = 0; i < count; i++) {
            memcpy(values + i * width, &rows->bits[first + i], width); /* little-endian */
            validity[i / 64] |= (uint64_t)!rows->null[first + i] << (i % 64);
            picks[i] = all ? UINT32_MAX : (uint32_t)i;
        }
        vector.count = count;
        vector.values = values;
        vector.validity = validity;
        left = top_filter_pick(filter, &vector, picks, count, all);
        assert_true(left <= count);
        for (i = 0; i < count; i++) {
            if (next < left && picks[next] == i) {
                next++;
            } else {
                assert_true(!rows->null[first + i] && rows->keys[first + i] < last);
            }
        }
        assert_int_equal(next, left);
        kept += left;
        first += count;
    }
    top_filter_free(filter);
    return kept;
}

static void no_first_row_is_left_out(void **state)
{
    static const uint64_t sizes[] = {1, 2, 10, 100, 1000, 3000, TOP_FILTER_ROWS_MAX};
    struct test_random random = test_random_init(3);
    struct rows *rows = calloc(1, sizeof(*rows));
    uint64_t kept = 0;
    unsigned round;
    (void)state;
    for (round = 0; round < 120; round++) {
        const bool descending = test_random_below(&random, 2) != 0;
        const uint64_t wanted = sizes[test_random_below(&random, 7)];
        rows->field.type = types[test_random_below(&random, sizeof(types) / sizeof(types[0]))];
        assert_true(top_filter_takes(&rows->field));
        fill(rows, &random, descending);
        kept += run(rows, &random, descending, wanted, round % 2 != 0);
    }
    print_message("%.3f of the rows were kept\n", (double)kept / ROWS / 120);
    assert_true(kept < (uint64_t)ROWS * 120 / 2);
    rows->field.type = COLUMN_FLOAT64;
    assert_false(top_filter_takes(&rows->field));
    free(rows);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_first_row_is_left_out),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
