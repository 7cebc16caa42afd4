/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/bytes.h"
#include "superfile/id_index.h"

#include <stdlib.h>

static void open_index(const struct id_index_builder *builder, struct id_index *index)
{
    struct buffer out;
    struct reader in;
    uint8_t *exact;
    inlay_error err;
    inlay_error_init(&err);
    buffer_init(&out, SIZE_MAX);
    id_index_builder_write(builder, &out);
    assert_int_equal(out.status, INLAY_OK);
    exact = malloc(out.len);
    memcpy(exact, out.data, out.len);
    reader_init(&in, exact, out.len, 0);
    assert_ok(id_index_read(&in, builder->rows, index, &err), err);
    free(exact);
    buffer_free(&out);
}

/* Ids in runs of random length, starting near a carry of the low half. */
static void every_row_and_id_is_found(void **state)
{
    struct test_random random = test_random_init(11);
    int round;
    (void)state;
    for (round = 0; round < 50; round++) {
        struct id_index_builder builder = {0};
        struct id_index index;
        struct id128 ids[2000];
        struct id128 next = {5, UINT64_MAX - test_random_below(&random, 500)};
        uint64_t longest = round % 3 == 0 ? 1 : 200;
        uint32_t rows = 0;
        uint32_t row;
        inlay_error err;
        inlay_error_init(&err);
        while (rows < 1000) {
            uint64_t count = 1 + test_random_below(&random, longest);
            uint64_t i;
            assert_ok(id_index_builder_add(&builder, next, count, &err), err);
            for (i = 0; i < count; i++) {
                ids[rows++] = id_add(next, i);
            }
            next = id_add(next, count + test_random_below(&random, 3));
        }
        open_index(&builder, &index);
        assert_int_equal(index.plain != NULL, longest == 1 && builder.count * 20 > rows * 16);
        for (row = 0; row < rows; row++) {
            uint32_t found;
            struct id128 gap = id_add(ids[row], 1);
            assert_int_equal(id_compare(id_index_id(&index, row), ids[row]), 0);
            assert_true(id_index_row(&index, ids[row], &found));
            assert_int_equal(found, row);
            if (row + 1 == rows || id_compare(gap, ids[row + 1]) != 0) {
                assert_false(id_index_row(&index, gap, &found));
            }
        }
        for (row = 0; row < 50; row++) { /* runs of rows as the _id column holds them */
            uint32_t first = (uint32_t)test_random_below(&random, rows);
            uint32_t count = (uint32_t)test_random_below(&random, rows - first + 1);
            uint8_t *filled = malloc((size_t)count * 16 + 1);
            uint32_t i;
            assert_non_null(filled);
            filled[(size_t)count * 16] = 0x5a;
            id_index_fill(&index, first, count, filled);
            for (i = 0; i < count; i++) {
                assert_true(load_u64(filled + 16 * (size_t)i) == ids[first + i].lo);
                assert_true(load_u64(filled + 16 * (size_t)i + 8) == ids[first + i].hi);
            }
            assert_int_equal(filled[(size_t)count * 16], 0x5a);
            free(filled);
        }
        {
            uint32_t found;
            struct id128 before = {ids[0].hi, ids[0].lo - 1};
            assert_false(id_index_row(&index, before, &found));
        }
        id_index_free(&index);
        id_index_builder_free(&builder);
    }
}

static void ids_must_ascend(void **state)
{
    struct id_index_builder builder = {0};
    struct id128 first = {1, 10};
    struct id128 again = {1, 14};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_index_builder_add(&builder, first, 5, &err), err);
    assert_status(id_index_builder_add(&builder, again, 1, &err), INLAY_INVALID_ARGUMENT);
    assert_int_equal(builder.rows, 5);
    id_index_builder_free(&builder);
}

/* Every flipped bit and every cut: an error, or an index that answers without touching bad memory.
 */
static void damage_is_an_error_or_harmless(void **state)
{
    struct id_index_builder builder = {0};
    struct id128 first = {1, 10};
    struct id128 second = {1, 100};
    struct buffer out;
    size_t bit;
    size_t cut;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(id_index_builder_add(&builder, first, 5, &err), err);
    assert_ok(id_index_builder_add(&builder, second, 7, &err), err);
    buffer_init(&out, SIZE_MAX);
    id_index_builder_write(&builder, &out);
    for (cut = 0; cut < out.len; cut++) {
        struct id_index index;
        struct reader in;
        reader_init(&in, out.data, cut, 0);
        assert_status(id_index_read(&in, 12, &index, &err), INLAY_CORRUPT);
    }
    for (bit = 0; bit < out.len * 8; bit++) {
        struct id_index index;
        struct reader in;
        out.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        reader_init(&in, out.data, out.len, 0);
        if (id_index_read(&in, 12, &index, NULL) == INLAY_OK) {
            uint32_t row;
            for (row = 0; row < 12; row++) {
                (void)id_index_row(&index, id_index_id(&index, row), &row);
            }
            id_index_free(&index);
        }
        out.data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    buffer_free(&out);
    id_index_builder_free(&builder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_and_id_is_found),
        cmocka_unit_test(ids_must_ascend),
        cmocka_unit_test(damage_is_an_error_or_harmless),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
