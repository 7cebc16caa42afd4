/* SPDX-License-Identifier: Apache-2.0 */
#include "unit/vector/built.h"

#include "support/alloc_fault.h"

#include "base/cpu.h"
#include "exec/pool.h"

#include <float.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

static void all_cells_give_what_the_exact_scan_gives(void **state)
{
    float *vectors = clustered(3100, 70, 1);
    int metric;
    (void)state;
    for (metric = VECTOR_COSINE; metric <= VECTOR_INNER_PRODUCT; metric++) {
        struct vector_options options = options_of(70, (enum vector_metric)metric);
        struct built b;
        options.cell_rows = 50;
        options.code_bits = metric == VECTOR_L2 ? 8 : 4;
        b = build(&options, vectors, 3000);
        assert_true(b.summary.cells > 30 && b.summary.cells < 120);
        assert_recall(recall_of(&b, vectors + 3000 * 70, 100, 10, b.summary.cells), 0.9999);
        assert_recall(recall_of(&b, vectors + 3000 * 70, 100, 10, 0), 0.99);
        assert_recall(recall_of(&b, vectors + 3000 * 70, 30, 100, 0), 0.98);
        built_free(&b);
    }
    free(vectors);
}

/* The first `rows` lines of tab-separated numbers, or NULL. */
static float *read_sift(size_t rows, uint32_t dim)
{
    char path[4096];
    size_t size;
    uint8_t *text;
    char *at;
    float *out;
    size_t i;
    const char *folder = test_data_folder();
    if (folder == NULL) {
        return NULL;
    }
    (void)snprintf(path, sizeof(path), "%s/sift5k/sift-dataset-5k.tsv", folder);
    text = test_read_file(path, &size);
    if (text == NULL) {
        return NULL;
    }
    text = realloc(text, size + 1);
    text[size] = 0;
    out = malloc(rows * dim * sizeof(float));
    at = (char *)text;
    for (i = 0; i < rows * dim; i++) {
        out[i] = strtof(at, &at);
    }
    free(text);
    return out;
}

static void sift_recall_by_default(void **state)
{
    float *vectors = read_sift(5000, 128);
    int metric;
    (void)state;
    if (vectors == NULL) {
        print_message("no sift5k data: skipped\n");
        skip();
    }
    for (metric = VECTOR_COSINE; metric <= VECTOR_INNER_PRODUCT; metric++) {
        struct vector_options options = options_of(128, (enum vector_metric)metric);
        struct built b = build(&options, vectors, 4800);
        double recall = recall_of(&b, vectors + (size_t)4800 * 128, 200, 10, 0);
        if (recall < 0.99) {
            fail_msg("metric %d: recall %.4f", metric, recall);
        }
        built_free(&b);
    }
    free(vectors);
}

static void assert_same(const struct built *a, const struct built *b)
{
    assert_int_equal(a->hot.len, b->hot.len);
    assert_int_equal(a->body.len, b->body.len);
    assert_memory_equal(a->body.data, b->body.data, a->body.len);
    assert_memory_equal(a->hot.data, b->hot.data, a->hot.len);
}

static void bytes_depend_on_vectors_and_options_only(void **state)
{
    const size_t rows = 3000;
    float *vectors = clustered(rows, 512, 2);
    struct vector_options options = options_of(512, VECTOR_COSINE);
    struct built first = build(&options, vectors, rows);
    struct built other;
    unsigned threads;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (threads = 1; threads <= 3; threads += 2) {
        assert_ok(exec_pool_create(threads, &options.pool, &err), err);
        options.memory_budget = (size_t)(threads == 1 ? 48 : 64) << 20;
        other = build(&options, vectors, rows);
        assert_same(&first, &other);
        built_free(&other);
        exec_pool_destroy(options.pool);
    }
    options.pool = NULL;
    (void)cpu_force_level(CPU_SCALAR);
    other = build(&options, vectors, 700);
    (void)cpu_force_level(cpu_best_level());
    built_free(&first);
    first = build(&options, vectors, 700);
    assert_same(&first, &other);
    built_free(&first);
    built_free(&other);
    free(vectors);
}

/* With the sample fitting both, a build that spills and one that does not are equal. */
static void spilling_does_not_show(void **state)
{
    const size_t rows = 4200; /* x 512 floats: 8.2 MiB, over half of the least budget */
    float *vectors = clustered(rows, 512, 3);
    struct vector_options options = options_of(512, VECTOR_L2);
    struct built first;
    struct built other;
    (void)state;
    options.cell_rows = 256;
    options.memory_budget = (size_t)16 << 20;
    first = build(&options, vectors, rows);
    options.memory_budget = 0;
    other = build(&options, vectors, rows);
    assert_same(&first, &other);
    built_free(&first);
    built_free(&other);
    free(vectors);
}

static void few_rows(void **state)
{
    static const size_t counts[] = {1, 2, 3, 11, 31, 33, 65};
    float *vectors = clustered(70, 5, 4);
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct vector_options options = options_of(5, VECTOR_L2);
        struct built b;
        options.cell_rows = 1 + (uint32_t)i;
        b = build(&options, vectors, counts[i]);
        assert_true(b.summary.cells >= 1 && b.summary.cells <= counts[i]);
        assert_recall(recall_of(&b, vectors, 5, 5, b.summary.cells), 1.0);
        built_free(&b);
    }
    free(vectors);
}

static void no_rows(void **state)
{
    struct vector_options options = options_of(3, VECTOR_COSINE);
    struct built b = build(&options, NULL, 0);
    (void)state;
    assert_int_equal(b.summary.cells, 0);
    assert_int_equal(b.summary.body_length, 0);
    built_free(&b);
}

static void equal_rows(void **state)
{
    const size_t rows = 20000;
    float *vectors = malloc(rows * 8 * sizeof(float));
    struct vector_options options = options_of(8, VECTOR_L2);
    struct built b;
    size_t i;
    (void)state;
    for (i = 0; i < rows * 8; i++) {
        vectors[i] = (float)(i % 8) - 3;
    }
    b = build(&options, vectors, rows);
    assert_true(b.summary.cells >= rows / 256);
    assert_recall(recall_of(&b, vectors, 1, 10, 0), 1.0);
    built_free(&b);
    free(vectors);
}

/* Half of the rows are one vector many times over, among others. */
static void duplicates_among_others(void **state)
{
    const size_t rows = 6000;
    float *vectors = clustered(rows, 24, 5);
    struct vector_options options = options_of(24, VECTOR_COSINE);
    struct built b;
    size_t i;
    (void)state;
    for (i = 1; i < rows; i += 2) {
        memcpy(vectors + i * 24, vectors + 24, 24 * sizeof(float));
    }
    b = build(&options, vectors, rows);
    assert_recall(recall_of(&b, vectors, 20, 10, 0), 0.99);
    built_free(&b);
    free(vectors);
}

static void zero_vectors_under_cosine(void **state)
{
    float *vectors = clustered(600, 16, 6);
    struct vector_options options = options_of(16, VECTOR_COSINE);
    struct built b;
    size_t i;
    (void)state;
    for (i = 0; i < 600; i += 3) {
        memset(vectors + i * 16, 0, 16 * sizeof(float));
    }
    b = build(&options, vectors, 600);
    assert_recall(recall_of(&b, vectors, 40, 10, b.summary.cells), 1.0);
    built_free(&b);
    memset(vectors, 0, 600 * 16 * sizeof(float));
    b = build(&options, vectors, 600);
    built_free(&b);
    free(vectors);
}

static void scale(float *vectors, size_t count, float by)
{
    size_t i;
    for (i = 0; i < count; i++) {
        vectors[i] *= by;
    }
}

static bool all_finite(const struct built *b)
{
    size_t laws;
    uint32_t count;
    float value;
    memcpy(&count, b->hot.data + 80, sizeof(count));
    for (laws = 0; laws < count; laws++) {
        memcpy(&value, b->hot.data + 88 + 16 * laws + 8, sizeof(value));
        if (!isfinite(value)) {
            return false;
        }
    }
    return true;
}

static void tiny_and_huge_values(void **state)
{
    static const float factors[] = {1e-41f, 1e-30f, 1e-20f, 1e15f, 1e30f};
    size_t i;
    int metric;
    (void)state;
    for (i = 0; i < sizeof(factors) / sizeof(factors[0]); i++) {
        float *vectors = clustered(500, 16, 7);
        scale(vectors, (size_t)500 * 16, factors[i]);
        for (metric = VECTOR_COSINE; metric <= VECTOR_INNER_PRODUCT; metric++) {
            struct vector_options options = options_of(16, (enum vector_metric)metric);
            struct built b;
            options.cell_rows = 20;
            if (metric != VECTOR_COSINE && factors[i] > 1e18f) {
                inlay_error err;
                inlay_error_init(&err);
                assert_status(build_rows(&options, vectors, 500, &b, &err), INLAY_INVALID_ARGUMENT);
                assert_int_equal(err.row, 0);
                assert_non_null(strstr(err.message, "length"));
            } else {
                b = build(&options, vectors, 500);
                assert_true(all_finite(&b));
                if (metric == VECTOR_COSINE && factors[i] > 1e-35f) { /* above: few bits are left */
                    assert_recall(recall_of(&b, vectors, 20, 10, b.summary.cells), 1.0);
                }
            }
            built_free(&b);
        }
        free(vectors);
    }
}

static void least_and_most_dimensions(void **state)
{
    static const uint32_t dims[] = {1, 63, 64, 65, 65535};
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(dims) / sizeof(dims[0]); i++) {
        size_t rows = dims[i] > 1000 ? 40 : 400;
        float *vectors = clustered(rows, dims[i], 8);
        struct vector_options options = options_of(dims[i], VECTOR_L2);
        struct built b = build(&options, vectors, rows);
        assert_recall(recall_of(&b, vectors, 3, 5, b.summary.cells), 1.0);
        built_free(&b);
        free(vectors);
    }
}

static void bad_arguments(void **state)
{
    struct vector_options options = options_of(4, VECTOR_L2);
    struct vector_builder *builder;
    struct vector_index_summary summary;
    struct byte_sink sink;
    struct buffer body;
    float vector[4] = {1, 2, 3, 4};
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.dim = 0;
    assert_status(vector_builder_create(&options, &builder, &err), INLAY_INVALID_ARGUMENT);
    options.dim = 65536;
    assert_status(vector_builder_create(&options, &builder, &err), INLAY_INVALID_ARGUMENT);
    options.dim = 4;
    options.code_bits = 5;
    assert_status(vector_builder_create(&options, &builder, &err), INLAY_INVALID_ARGUMENT);
    assert_null(builder);
    options.code_bits = 4;
    assert_ok(vector_builder_create(&options, &builder, &err), err);
    assert_ok(vector_builder_add(builder, 7, vector, &err), err);
    assert_status(vector_builder_add(builder, 7, vector, &err), INLAY_INVALID_ARGUMENT);
    vector[2] = NAN;
    assert_status(vector_builder_add(builder, 8, vector, &err), INLAY_INVALID_ARGUMENT);
    assert_int_equal(err.row, 8);
    assert_non_null(strstr(err.message, "element 2 of the vector of row 8"));
    vector[2] = -INFINITY;
    assert_status(vector_builder_add(builder, 8, vector, &err), INLAY_INVALID_ARGUMENT);
    buffer_init(&body, SIZE_MAX);
    byte_sink_to_buffer(&sink, &body);
    assert_status(vector_builder_finish(builder, 7, &sink, &body, &summary, &err),
                  INLAY_INVALID_ARGUMENT);
    assert_ok(byte_sink_write(&sink, "x", 1, &err), err);
    assert_status(vector_builder_finish(builder, 8, &sink, &body, &summary, &err),
                  INLAY_INVALID_ARGUMENT);
    vector_builder_free(builder);
    vector_builder_free(NULL);
    buffer_free(&body);
}

static inlay_status build_and_drop(void *context, inlay_error *err)
{
    struct vector_options options = options_of(20, VECTOR_L2);
    struct built b;
    inlay_status status;
    options.cell_rows = 16;
    status = build_rows(&options, context, 300, &b, err);
    built_free(&b);
    return status;
}

static void failing_allocations(void **state)
{
    float *vectors = clustered(300, 20, 9);
    (void)state;
    assert_true(alloc_fault_sweep(build_and_drop, vectors) > 20);
    free(vectors);
}

/* A file of at most 1 MiB stands for a full disk. */
static void full_disk(void **state)
{
    const size_t rows = 5000;
    float *vectors = clustered(rows, 512, 10);
    struct vector_options options = options_of(512, VECTOR_L2);
    struct rlimit old;
    struct rlimit small;
    struct built b;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    options.memory_budget = (size_t)16 << 20;
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = old;
    small.rlim_cur = 1 << 20;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    assert_status(build_rows(&options, vectors, rows, &b, &err), INLAY_IO);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_non_null(strstr(err.message, "spill file"));
    built_free(&b);
    options.spill_folder = "/nonexistent";
    assert_status(build_rows(&options, vectors, rows, &b, &err), INLAY_NOT_FOUND);
    built_free(&b);
    free(vectors);
}

/* Counts bytes in use through the allocation hooks; a size stands before each block. */
struct counted {
    size_t used;
    size_t peak;
};

static void *counted_alloc(void *context, size_t size)
{
    struct counted *c = context;
    size_t *block = malloc(size + 16);
    if (block == NULL) {
        return NULL;
    }
    *block = size;
    c->used += size;
    c->peak = c->used > c->peak ? c->used : c->peak;
    return (char *)block + 16;
}

static void counted_free(void *context, void *pointer)
{
    struct counted *c = context;
    if (pointer != NULL) {
        size_t *block = (size_t *)(void *)((char *)pointer - 16);
        c->used -= *block;
        free(block);
    }
}

static void *counted_realloc(void *context, void *pointer, size_t size)
{
    void *grown = counted_alloc(context, size); /* both at once: what a bad realloc takes */
    if (grown != NULL && pointer != NULL) {
        size_t *block = (size_t *)(void *)((char *)pointer - 16);
        memcpy(grown, pointer, *block < size ? *block : size);
        counted_free(context, pointer);
    }
    return grown;
}

static inlay_status drop_bytes(struct byte_sink *sink, const void *data, size_t length,
                               inlay_error *err)
{
    (void)sink;
    (void)data;
    (void)length;
    (void)err;
    return INLAY_OK;
}

/* 34,000 x 256 floats are 33 MiB: more than the budget. */
static void memory_stays_within_the_budget(void **state)
{
    const uint32_t rows = 34000;
    struct counted counted = {0, 0};
    struct mem_hooks hooks = {counted_alloc, counted_realloc, counted_free, &counted};
    struct vector_options options = options_of(256, VECTOR_COSINE);
    struct vector_builder *builder;
    struct vector_index_summary summary;
    struct byte_sink sink = {drop_bytes, NULL, 0, INLAY_OK};
    struct buffer hot;
    float *some = clustered(4096, 256, 11);
    inlay_error err;
    uint32_t i;
    (void)state;
    inlay_error_init(&err);
    mem_set_hooks(&hooks);
    options.memory_budget = (size_t)32 << 20;
    buffer_init(&hot, SIZE_MAX);
    assert_ok(vector_builder_create(&options, &builder, &err), err);
    for (i = 0; i < rows; i++) {
        float *vector = some + (size_t)(i % 4096) * 256;
        vector[i / 4096] += 0.25f;
        assert_ok(vector_builder_add(builder, i, vector, &err), err);
    }
    assert_ok(vector_builder_finish(builder, rows, &sink, &hot, &summary, &err), err);
    vector_builder_free(builder);
    buffer_free(&hot);
    mem_set_hooks(NULL);
    free(some);
    assert_int_equal(counted.used, 0);
    if (counted.peak > options.memory_budget + ((size_t)2 << 20)) {
        fail_msg("peak %zu of %zu", counted.peak, options.memory_budget);
    }
    print_message("peak %zu KiB of %zu\n", counted.peak >> 10, options.memory_budget >> 10);
}

struct heard {
    char stages[64];
    unsigned finished;
};

static void hear(void *context, const struct progress_event *event)
{
    struct heard *heard = context;
    if (event->finished != 0) {
        assert_int_equal(event->done, event->total);
        (void)snprintf(heard->stages + strlen(heard->stages),
                       sizeof(heard->stages) - strlen(heard->stages), "%s;", event->stage);
    }
}

static void progress_and_cancel(void **state)
{
    float *vectors = clustered(2000, 32, 12);
    struct vector_options options = options_of(32, VECTOR_COSINE);
    struct heard heard = {"", 0};
    struct progress progress;
    struct cancel_token token;
    struct built b;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    progress_init(&progress, hear, &heard, env_system(), 0);
    options.progress = &progress;
    b = build(&options, vectors, 2000);
    assert_string_equal(heard.stages, "cluster vectors;encode vectors;");
    built_free(&b);
    progress_destroy(&progress);
    options.progress = NULL;
    cancel_token_init(&token, env_system(), CANCEL_NO_TIMEOUT, NULL);
    cancel_token_cancel(&token);
    options.cancel = &token;
    assert_status(build_rows(&options, vectors, 2000, &b, &err), INLAY_CANCELLED);
    built_free(&b);
    free(vectors);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_cells_give_what_the_exact_scan_gives),
        cmocka_unit_test(sift_recall_by_default),
        cmocka_unit_test(bytes_depend_on_vectors_and_options_only),
        cmocka_unit_test(spilling_does_not_show),
        cmocka_unit_test(few_rows),
        cmocka_unit_test(no_rows),
        cmocka_unit_test(equal_rows),
        cmocka_unit_test(duplicates_among_others),
        cmocka_unit_test(zero_vectors_under_cosine),
        cmocka_unit_test(tiny_and_huge_values),
        cmocka_unit_test(least_and_most_dimensions),
        cmocka_unit_test(bad_arguments),
        cmocka_unit_test(failing_allocations),
        cmocka_unit_test(full_disk),
        cmocka_unit_test(memory_stays_within_the_budget),
        cmocka_unit_test(progress_and_cancel),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
