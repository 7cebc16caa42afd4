/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, reading and verifying: damaged bytes anywhere are found, and never believed. */
#include "support/test.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "vector/format/layout.h"
#include "vector/vector_builder.h"
#include "vector/vector_search.h"

#include <stdlib.h>

#define ROWS 400
#define DIM 10

struct made {
    struct buffer hot;
    struct buffer body;
    float *vectors;
};

static struct made make(void)
{
    struct test_random random = {17};
    struct made m;
    struct vector_options options;
    struct vector_builder *builder;
    struct vector_index_summary summary;
    struct byte_sink sink;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    m.vectors = malloc(ROWS * DIM * sizeof(float));
    for (i = 0; i < ROWS * DIM; i++) {
        m.vectors[i] = (float)test_random_unit(&random) + (float)(i / DIM % 5);
    }
    buffer_init(&m.hot, SIZE_MAX);
    buffer_init(&m.body, SIZE_MAX);
    byte_sink_to_buffer(&sink, &m.body);
    vector_options_init(&options);
    options.dim = DIM;
    options.metric = VECTOR_L2;
    options.element = VECTOR_F32;
    options.cell_rows = 32;
    assert_ok(vector_builder_create(&options, &builder, &err), err);
    for (i = 0; i < ROWS; i++) {
        assert_ok(vector_builder_add(builder, (uint32_t)i, m.vectors + i * DIM, &err), err);
    }
    assert_ok(vector_builder_finish(builder, ROWS, &sink, &m.hot, &summary, &err), err);
    vector_builder_free(builder);
    return m;
}

static void made_free(struct made *m)
{
    buffer_free(&m->hot);
    buffer_free(&m->body);
    free(m->vectors);
}

static const void *view_row(void *context, uint32_t row)
{
    return (const float *)context + (size_t)row * DIM;
}

static inlay_status read_rows(void *context, const uint32_t *rows, size_t count, void *out,
                              inlay_error *err)
{
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        memcpy((float *)out + i * DIM, view_row(context, rows[i]), DIM * sizeof(float));
    }
    return INLAY_OK;
}

/* Opens, searches and verifies; whatever the bytes, nothing but an error may come of it. */
static inlay_status use(const struct made *m, const uint8_t *hot, size_t hot_length,
                        const uint8_t *body, uint64_t body_length, inlay_error *err)
{
    struct byte_source *source;
    struct vector_index *index = NULL;
    struct vector_segment segment = {0};
    struct vector_search_options options;
    struct vector_hit *hits = NULL;
    uint64_t checksums;
    size_t count;
    inlay_status status;
    assert_int_equal(byte_source_from_memory(body, body_length, 0, "the file", &source, err),
                     INLAY_OK);
    status = vector_index_open(hot, hot_length, source, 0, body_length, &index, err);
    if (status == INLAY_OK) {
        segment.index = index;
        segment.rows.view = view_row;
        segment.rows.read = read_rows;
        segment.rows.context = m->vectors;
        vector_search_options_init(&options);
        options.nprobe = UINT32_MAX;
        status = vector_search(m->vectors, &segment, 1, &options, &hits, &count, NULL, err);
        if (status == INLAY_OK) {
            assert_int_equal(count, 10);
            assert_int_equal(hits[0].row, 0);
            status = vector_index_verify(index, &checksums, err);
        }
        mem_free(hits);
    } else {
        assert_null(index);
    }
    vector_index_close(index);
    byte_source_release(source);
    return status;
}

static void information_comes_back(void **state)
{
    struct made m = make();
    struct byte_source *source;
    struct vector_index *index;
    const struct vector_index_info *info;
    uint64_t checksums;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    assert_ok(byte_source_from_memory(m.body.data, m.body.len, 0, "f", &source, &err), err);
    assert_ok(vector_index_open(m.hot.data, m.hot.len, source, 0, m.body.len, &index, &err), err);
    info = vector_index_info(index);
    assert_int_equal(info->row_count, ROWS);
    assert_int_equal(info->vectors, ROWS);
    assert_int_equal(info->dim, DIM);
    assert_int_equal(info->padded, 64);
    assert_int_equal(info->metric, VECTOR_L2);
    assert_int_equal(info->element, VECTOR_F32);
    assert_int_equal(info->code_bits, 4);
    assert_true(info->cells >= ROWS / 64);
    assert_ok(vector_index_verify(index, &checksums, &err), err);
    assert_int_equal(checksums, info->cells + 1);
    vector_index_close(index);
    byte_source_release(source);
    made_free(&m);
}

static void bytes_may_lie_anywhere(void **state)
{
    struct made m = make();
    uint8_t *hot = malloc(m.hot.len + 8);
    uint8_t *body = malloc(m.body.len + 8);
    inlay_error err;
    size_t shift;
    (void)state;
    inlay_error_init(&err);
    for (shift = 0; shift < 4; shift++) {
        memcpy(hot + shift, m.hot.data, m.hot.len);
        memcpy(body + 3 - shift, m.body.data, m.body.len);
        assert_ok(use(&m, hot + shift, m.hot.len, body + 3 - shift, m.body.len, &err), err);
    }
    free(hot);
    free(body);
    made_free(&m);
}

static void every_changed_byte_is_found(void **state)
{
    struct made m = make();
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < m.hot.len; i += i < 256 ? 1 : 37) {
        m.hot.data[i] ^= (uint8_t)(1 << i % 8);
        assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len, &err), INLAY_CORRUPT);
        assert_string_equal(err.key, "the file");
        m.hot.data[i] ^= (uint8_t)(1 << i % 8);
    }
    for (i = 0; i < m.body.len; i += 119) {
        m.body.data[i] ^= (uint8_t)(1 << i % 8);
        assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len, &err), INLAY_CORRUPT);
        assert_true(err.offset >= 0 && (uint64_t)err.offset <= i);
        m.body.data[i] ^= (uint8_t)(1 << i % 8);
    }
    for (i = 0; i < m.hot.len; i += i < 200 ? 1 : 61) {
        uint8_t *cut = malloc(i + 1);
        memcpy(cut, m.hot.data, i);
        assert_status(use(&m, cut, i, m.body.data, m.body.len, &err), INLAY_CORRUPT);
        free(cut);
    }
    assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len - 64, &err),
                  INLAY_CORRUPT);
    made_free(&m);
}

static void seal(uint8_t *data, size_t length)
{
    store_u32(data + length - 4, crc32c(0, data, length - 4));
}

/* A forger who gets the checksums right: wrong answers are possible, wrong memory is not. */
static void forged_bytes_do_no_harm(void **state)
{
    struct test_random random = test_random_init(51);
    struct made m = make();
    uint32_t cells = load_u32(m.hot.data + VECTOR_HOT_GROUPS + 4);
    uint32_t groups = load_u32(m.hot.data + VECTOR_HOT_GROUPS);
    struct hot_layout layout =
        hot_layout_make(64, groups, cells, load_u32(m.hot.data + VECTOR_HOT_GROUPS + 8));
    unsigned refused = 0;
    unsigned trial;
    (void)state;
    assert_int_equal(layout.size, m.hot.len);
    for (trial = 0; trial < 1500; trial++) {
        uint8_t *hot = malloc(m.hot.len);
        struct byte_source *source;
        struct vector_index *index = NULL;
        size_t at = test_random_below(&random, trial % 2 ? VECTOR_HOT_LAWS : m.hot.len - 8);
        inlay_error err;
        inlay_status status;
        inlay_error_init(&err);
        memcpy(hot, m.hot.data, m.hot.len);
        store_u32(hot + at, trial % 3 ? (uint32_t)test_random_next(&random)
                                      : (uint32_t)test_random_below(&random, 8));
        seal(hot, m.hot.len);
        assert_int_equal(byte_source_from_memory(m.body.data, m.body.len, 0, "f", &source, &err),
                         INLAY_OK);
        status = vector_index_open(hot, m.hot.len, source, 0, m.body.len, &index, &err);
        refused += status != INLAY_OK;
        if (status == INLAY_OK) {
            struct vector_segment segment = {0};
            struct vector_search_options options;
            struct vector_hit *hits;
            size_t count;
            float query[256] = {1, 2, 3};
            segment.index = index;
            segment.rows.view = view_row;
            segment.rows.read = read_rows;
            segment.rows.context = m.vectors;
            vector_search_options_init(&options);
            options.rerank = VECTOR_RERANK_CODES;
            status = vector_search(query, &segment, 1, &options, &hits, &count, NULL, &err);
            assert_true(status == INLAY_OK || status == INLAY_CORRUPT);
            mem_free(hits);
        } else {
            assert_true(status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED);
        }
        vector_index_close(index);
        byte_source_release(source);
        free(hot);
    }
    assert_true(refused > 300);
    made_free(&m);
}

static void forged_row_numbers_are_found(void **state)
{
    struct made m = make();
    uint32_t cells = load_u32(m.hot.data + VECTOR_HOT_GROUPS + 4);
    uint32_t groups = load_u32(m.hot.data + VECTOR_HOT_GROUPS);
    struct hot_layout hot =
        hot_layout_make(64, groups, cells, load_u32(m.hot.data + VECTOR_HOT_GROUPS + 8));
    struct cell_layout cell = cell_layout_make(64, 4, load_u32(m.hot.data + hot.rows_offset));
    uint8_t *rows = m.body.data + cell.rows_offset;
    uint32_t last = 4 * (cell.codes.rows - 1);
    uint32_t before = load_u32(rows + last);
    uint32_t other =
        load_u32(m.body.data + cell.size +
                 cell_layout_make(64, 4, load_u32(m.hot.data + hot.rows_offset + 4)).rows_offset);
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    store_u32(rows + last, ROWS); /* past the end */
    seal(m.body.data, (size_t)cell.size);
    assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len, &err), INLAY_CORRUPT);
    store_u32(rows + last, load_u32(rows)); /* not ascending */
    seal(m.body.data, (size_t)cell.size);
    assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len, &err), INLAY_CORRUPT);
    store_u32(rows + last, before);
    if (other > load_u32(rows + last - 4)) { /* in two cells */
        store_u32(rows + last, other);
        seal(m.body.data, (size_t)cell.size);
        assert_status(use(&m, m.hot.data, m.hot.len, m.body.data, m.body.len, &err), INLAY_CORRUPT);
    }
    made_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(information_comes_back),       cmocka_unit_test(bytes_may_lie_anywhere),
        cmocka_unit_test(every_changed_byte_is_found),  cmocka_unit_test(forged_bytes_do_no_harm),
        cmocka_unit_test(forged_row_numbers_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
