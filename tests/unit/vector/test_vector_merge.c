/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/vector/built.h"

#include "support/alloc_fault.h"

#include "base/cpu.h"
#include "vector/vector_merge.h"

#include <stdio.h>

#define DIM 40
#define MOST_INPUTS 4

/* Inputs cut from one array of vectors, and what became of their rows. */
struct parts {
    struct vector_options options;
    struct built part[MOST_INPUTS];
    uint32_t *new_rows[MOST_INPUTS];
    size_t rows[MOST_INPUTS];
    size_t count;
    float *merged; /* the vectors that stay, by new number */
    size_t merged_rows;
};

/* Rows for which `stays` is false are dropped. Even parts' rows come in the order of the parts;
 * with `interleaved` a new number is the old one in the array of all vectors. */
static void parts_make(struct parts *p, const float *vectors, const size_t *rows, size_t count,
                       bool (*stays)(size_t part, size_t row), bool interleaved)
{
    size_t total = 0;
    size_t next[MOST_INPUTS] = {0};
    size_t i;
    size_t r;
    p->count = count;
    p->merged_rows = 0;
    for (i = 0; i < count; i++) {
        p->part[i] = build(&p->options, vectors + total * DIM, rows[i]);
        p->rows[i] = rows[i];
        p->new_rows[i] = malloc(rows[i] * sizeof(uint32_t));
        total += rows[i];
    }
    p->merged = malloc(total * DIM * sizeof(float));
    for (r = 0; r < total; r++) {
        size_t part = r % count;
        for (i = 0; i < count && (!interleaved || next[part] == rows[part]); i++) {
            part = interleaved ? (part + 1) % count : i;
            if (next[part] < rows[part]) {
                break;
            }
        }
        p->new_rows[part][next[part]] = VECTOR_MERGE_DROPPED;
        if (stays(part, next[part])) {
            memcpy(p->merged + p->merged_rows * DIM, p->part[part].vectors + next[part] * DIM,
                   DIM * sizeof(float));
            p->new_rows[part][next[part]] = (uint32_t)p->merged_rows++;
        }
        next[part]++;
    }
}

static void parts_free(struct parts *p)
{
    size_t i;
    for (i = 0; i < p->count; i++) {
        built_free(&p->part[i]);
        free(p->new_rows[i]);
    }
    free(p->merged);
}

static inlay_status merge_parts(struct parts *p, struct built *out, inlay_error *err)
{
    struct vector_merge_input inputs[MOST_INPUTS];
    struct byte_sink sink;
    size_t i;
    memset(out, 0, sizeof(*out));
    buffer_init(&out->hot, SIZE_MAX);
    buffer_init(&out->body, SIZE_MAX);
    byte_sink_to_buffer(&sink, &out->body);
    out->vectors = p->merged;
    out->dim = DIM;
    for (i = 0; i < p->count; i++) {
        inputs[i].index = p->part[i].index;
        inputs[i].rows = segment_of(&p->part[i]).rows;
        inputs[i].new_rows = p->new_rows[i];
    }
    return vector_merge(inputs, p->count, &p->options, p->merged_rows, &sink, &out->hot,
                        &out->summary, err);
}

static struct built merged(struct parts *p)
{
    struct built b;
    inlay_error err;
    inlay_error_init(&err);
    assert_ok(merge_parts(p, &b, &err), err);
    assert_int_equal(b.summary.vectors, p->merged_rows);
    built_open(&b);
    return b;
}

static bool all_stay(size_t part, size_t row)
{
    (void)part;
    (void)row;
    return true;
}

static bool a_third_goes(size_t part, size_t row)
{
    return (part + row) % 3 != 0;
}

static bool most_of_the_first_goes(size_t part, size_t row)
{
    return part != 0 || row % 5 == 0;
}

static bool nothing_stays(size_t part, size_t row)
{
    (void)part;
    (void)row;
    return false;
}

static bool whole_cells_go(size_t part, size_t row)
{
    return part != 0 || row < 2600;
}

struct shape {
    size_t rows[MOST_INPUTS];
    size_t count;
    bool (*stays)(size_t part, size_t row);
    bool interleaved;
};

static const struct shape shapes[] = {
    {{3000, 500, 20}, 3, all_stay, false},             /* cells kept */
    {{3000, 500, 20}, 3, a_third_goes, true},          /* kept, fewer rows, other order */
    {{3000, 1450, 0}, 2, all_stay, true},              /* kept, larger: some split */
    {{1500, 1600, 1700}, 3, a_third_goes, false},      /* made anew: none has half */
    {{3000, 400, 0}, 2, most_of_the_first_goes, true}, /* made anew: the first is hollow */
    {{3000, 10, 0}, 2, whole_cells_go, false},         /* cells fall empty */
    {{2000, 0}, 1, a_third_goes, false},               /* one input */
    {{0, 700, 0}, 3, all_stay, false},                 /* inputs without rows */
};

static void merged_indexes_answer_like_the_exact_scan(void **state)
{
    float *vectors = clustered(6000, DIM, 21);
    float *queries = clustered(6100, DIM, 21) + (size_t)6000 * DIM;
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
        struct parts p = {0};
        struct built b;
        p.options = options_of(DIM, (enum vector_metric)(1 + i % 3));
        p.options.cell_rows = 64;
        parts_make(&p, vectors, shapes[i].rows, shapes[i].count, shapes[i].stays,
                   shapes[i].interleaved);
        b = merged(&p);
        assert_true(b.summary.cells >= p.merged_rows / 128);
        assert_true(i != 2 || b.summary.cells > p.part[0].summary.cells);
        assert_recall(recall_of(&b, queries, 40, 10, b.summary.cells), 0.9999);
        assert_recall(recall_of(&b, queries, 100, 10, 0), 0.99);
        built_free(&b);
        parts_free(&p);
    }
    free(vectors);
    free(queries - (size_t)6000 * DIM);
}

/* A merge of everything anew, in order, is what a builder makes of all rows. */
static void made_anew_equals_built(void **state)
{
    const size_t rows[] = {700, 800, 900};
    float *vectors = clustered(2400, DIM, 22);
    struct parts p = {0};
    struct built b;
    struct built whole;
    (void)state;
    p.options = options_of(DIM, VECTOR_COSINE);
    p.options.cell_rows = 32;
    parts_make(&p, vectors, rows, 3, all_stay, false);
    b = merged(&p);
    whole = build(&p.options, vectors, 2400);
    assert_int_equal(b.body.len, whole.body.len);
    assert_memory_equal(b.body.data, whole.body.data, b.body.len);
    assert_int_equal(b.hot.len, whole.hot.len);
    assert_memory_equal(b.hot.data, whole.hot.data, b.hot.len);
    built_free(&b);
    built_free(&whole);
    parts_free(&p);
    free(vectors);
}

/* With nothing dropped and nothing added the cells are those of the input. */
static void one_input_is_copied(void **state)
{
    const size_t rows[] = {2000};
    float *vectors = clustered(2000, DIM, 23);
    struct parts p = {0};
    struct built b;
    (void)state;
    p.options = options_of(DIM, VECTOR_L2);
    p.options.cell_rows = 64;
    parts_make(&p, vectors, rows, 1, all_stay, false);
    b = merged(&p);
    assert_int_equal(b.summary.cells, p.part[0].summary.cells);
    assert_int_equal(b.body.len, p.part[0].body.len);
    /* Groups are chained by centroids that are means of their cells' now: the order may change. */
    built_free(&b);
    parts_free(&p);
    free(vectors);
}

static void bytes_do_not_depend_on_threads_or_level(void **state)
{
    const size_t rows[] = {2000, 900};
    float *vectors = clustered(2900, DIM, 24);
    struct parts p = {0};
    struct built first;
    struct built other;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    p.options = options_of(DIM, VECTOR_INNER_PRODUCT);
    p.options.cell_rows = 48;
    parts_make(&p, vectors, rows, 2, a_third_goes, true);
    first = merged(&p);
    assert_ok(exec_pool_create(3, &p.options.pool, &err), err);
    (void)cpu_force_level(CPU_SCALAR);
    other = merged(&p);
    (void)cpu_force_level(cpu_best_level());
    exec_pool_destroy(p.options.pool);
    assert_int_equal(first.body.len, other.body.len);
    assert_memory_equal(first.body.data, other.body.data, first.body.len);
    assert_memory_equal(first.hot.data, other.hot.data, first.hot.len);
    built_free(&first);
    built_free(&other);
    parts_free(&p);
    free(vectors);
}

static void nothing_left_and_bad_arguments(void **state)
{
    const size_t rows[] = {300, 200};
    float *vectors = clustered(500, DIM, 25);
    struct parts p = {0};
    struct built b;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    p.options = options_of(DIM, VECTOR_COSINE);
    parts_make(&p, vectors, rows, 2, nothing_stays, false);
    b = merged(&p);
    assert_int_equal(b.summary.cells, 0);
    built_free(&b);
    p.options.metric = VECTOR_L2;
    assert_status(merge_parts(&p, &b, &err), INLAY_INVALID_ARGUMENT);
    assert_non_null(strstr(err.message, "metric 1"));
    built_free(&b);
    p.options.metric = VECTOR_COSINE;
    p.count = 0;
    assert_status(merge_parts(&p, &b, &err), INLAY_INVALID_ARGUMENT);
    built_free(&b);
    p.count = 2;
    parts_free(&p);
    free(vectors);
}

/* Codes of other bits: the codes of the inputs are of no use. */
static void code_bits_may_change(void **state)
{
    const size_t rows[] = {900, 100};
    float *vectors = clustered(1000, DIM, 26);
    struct parts p = {0};
    struct built b;
    (void)state;
    p.options = options_of(DIM, VECTOR_L2);
    parts_make(&p, vectors, rows, 2, all_stay, false);
    p.options.code_bits = 8;
    b = merged(&p);
    assert_int_equal(vector_index_info(b.index)->code_bits, 8);
    built_free(&b);
    parts_free(&p);
    free(vectors);
}

static inlay_status merge_and_drop(void *context, inlay_error *err)
{
    struct built b;
    inlay_status status = merge_parts(context, &b, err);
    built_free(&b);
    return status;
}

static void failing_allocations(void **state)
{
    const size_t rows[] = {300, 250};
    float *vectors = clustered(550, DIM, 27);
    struct parts p = {0};
    (void)state;
    p.options = options_of(DIM, VECTOR_L2);
    p.options.cell_rows = 32;
    parts_make(&p, vectors, rows, 2, all_stay, true);
    assert_true(alloc_fault_sweep(merge_and_drop, &p) > 20);
    parts_free(&p);
    free(vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merged_indexes_answer_like_the_exact_scan),
        cmocka_unit_test(made_anew_equals_built),
        cmocka_unit_test(one_input_is_copied),
        cmocka_unit_test(bytes_do_not_depend_on_threads_or_level),
        cmocka_unit_test(nothing_left_and_bad_arguments),
        cmocka_unit_test(code_bits_may_change),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
