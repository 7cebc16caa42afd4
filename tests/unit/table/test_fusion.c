/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include "base/alloc.h"
#include "table/rows/fusion.h"

#include <math.h>

static struct table_hit hit(uint64_t id, float score)
{
    struct table_hit h = {{0, (uint32_t)id}, {0, id}, score};
    return h;
}

struct fused {
    struct fused_hit *hits;
    size_t count;
};

static struct fused fuse(const struct table_hit *texts, size_t text_count,
                         const struct table_hit *vectors, size_t vector_count,
                         const struct fusion_options *options)
{
    struct fused out;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(
        fusion_run(texts, text_count, vectors, vector_count, options, &out.hits, &out.count, &err),
        err);
    return out;
}

static void reciprocal_ranks_add_up(void **state)
{
    const struct table_hit texts[] = {hit(7, 9.5f), hit(3, 4.0f), hit(5, 4.0f)};
    const struct table_hit vectors[] = {hit(3, 0.1f), hit(9, 0.2f)};
    struct fusion_options options;
    struct fused fused;
    (void)state;
    fusion_options_init(&options);
    fused = fuse(texts, 3, vectors, 2, &options);
    assert_int_equal(fused.count, 4);
    assert_int_equal(fused.hits[0].id.lo, 3);
    assert_true(fused.hits[0].score == 1.0 / 62 + 1.0 / 61);
    assert_int_equal(fused.hits[0].text_rank, 2);
    assert_int_equal(fused.hits[0].vector_rank, 1);
    assert_true(fused.hits[0].text_score == 4.0f);
    assert_true(fused.hits[0].vector_distance == 0.1f);
    assert_int_equal(fused.hits[1].id.lo, 7);
    assert_int_equal(fused.hits[1].vector_rank, 0);
    assert_int_equal(fused.hits[2].id.lo, 9);
    assert_int_equal(fused.hits[2].text_rank, 0);
    assert_int_equal(fused.hits[3].id.lo, 5);
    mem_free(fused.hits);
    options.vector_weight = 3;
    options.rank_constant = 0;
    fused = fuse(texts, 3, vectors, 2, &options);
    assert_true(fused.hits[0].score == 0.5 + 3.0);
    assert_int_equal(fused.hits[1].id.lo, 9); /* 3 / 2 against 1 */
    mem_free(fused.hits);
}

static void normalized_scores_span_zero_to_one(void **state)
{
    const struct table_hit texts[] = {hit(1, 10), hit(2, 6), hit(3, 2)};
    const struct table_hit vectors[] = {hit(3, 0.5f), hit(2, 0.75f), hit(4, 1.5f)};
    struct fusion_options options;
    struct fused fused;
    (void)state;
    fusion_options_init(&options);
    options.kind = FUSION_NORMALIZED;
    options.text_weight = 3;
    options.vector_weight = 1;
    fused = fuse(texts, 3, vectors, 3, &options);
    assert_int_equal(fused.count, 4);
    assert_int_equal(fused.hits[0].id.lo, 1);
    assert_true(fabs(fused.hits[0].score - 0.75) < 1e-12);
    assert_int_equal(fused.hits[1].id.lo, 2);
    assert_true(fabs(fused.hits[1].score - (0.75 * 0.5 + 0.25 * 0.75)) < 1e-12);
    assert_int_equal(fused.hits[2].id.lo, 3);
    assert_true(fabs(fused.hits[2].score - 0.25) < 1e-12);
    assert_true(fused.hits[3].score == 0);
    mem_free(fused.hits);
}

static void ties_go_by_id_and_lists_may_be_empty(void **state)
{
    const struct table_hit texts[] = {hit(8, 1), hit(2, 1)};
    struct fusion_options options;
    struct fused fused;
    (void)state;
    fusion_options_init(&options);
    fused = fuse(texts, 0, texts, 0, &options);
    assert_int_equal(fused.count, 0);
    mem_free(fused.hits);
    options.kind = FUSION_NORMALIZED;
    fused = fuse(texts, 2, texts, 0, &options);
    assert_int_equal(fused.count, 2);
    assert_int_equal(fused.hits[0].id.lo, 2);
    assert_true(fused.hits[0].score == fused.hits[1].score && fused.hits[0].score == 0.5);
    mem_free(fused.hits);
}

static void options_are_checked(void **state)
{
    struct fusion_options options;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    fusion_options_init(&options);
    assert_ok(fusion_options_check(&options, &err), err);
    options.text_weight = 0;
    assert_ok(fusion_options_check(&options, &err), err);
    options.vector_weight = 0;
    assert_status(fusion_options_check(&options, &err), INLAY_INVALID_ARGUMENT);
    options.vector_weight = -1;
    assert_status(fusion_options_check(&options, &err), INLAY_INVALID_ARGUMENT);
    fusion_options_init(&options);
    options.rank_constant = (double)NAN;
    assert_status(fusion_options_check(&options, &err), INLAY_INVALID_ARGUMENT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reciprocal_ranks_add_up),
        cmocka_unit_test(normalized_scores_span_zero_to_one),
        cmocka_unit_test(ties_go_by_id_and_lists_may_be_empty),
        cmocka_unit_test(options_are_checked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
