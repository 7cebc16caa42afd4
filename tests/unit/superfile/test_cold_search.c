/* SPDX-License-Identifier: Apache-2.0 */
/* What a vector search of a superfile that is not resident reads: the tail opens it, one batch
 * brings the probed cells and what reading stored vectors takes, one batch those vectors. */
#include "vector_fixture.h"

#include "support/alloc_fault.h"

#include "base/alloc.h"
#include "base/error.h"

#include <pthread.h>

enum {
    ROWS = 4000,
    MOST_RANKED = 40, /* stored vectors that ten hits are chosen from */
    GAP = 4096,       /* bytes that are read along between two of them, at most */
    WAVES = 8         /* kept; later ones are only counted */
};

/* A byte source without views that keeps what was asked of it. */
struct cold_source {
    struct byte_source base;
    const uint8_t *data;
    pthread_mutex_t lock;
    size_t count;
    struct wave {
        size_t ranges;
        uint64_t bytes;
        struct byte_range last;
    } waves[WAVES];
};

static inlay_status cold_read(struct byte_source *source, const struct byte_range *ranges,
                              size_t count, inlay_error *err)
{
    struct cold_source *cold = (struct cold_source *)source;
    struct wave wave = {count, 0, ranges[count - 1]};
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        memcpy(ranges[i].into, cold->data + ranges[i].offset, (size_t)ranges[i].length);
        wave.bytes += ranges[i].length;
    }
    pthread_mutex_lock(&cold->lock);
    if (cold->count < WAVES) {
        cold->waves[cold->count] = wave;
    }
    cold->count++;
    pthread_mutex_unlock(&cold->lock);
    return INLAY_OK;
}

static void cold_destroy(struct byte_source *source)
{
    (void)source;
}

/* Built once for all tests. */
struct fixture {
    struct buffer bytes;
    struct superfile_result result;
};

struct world {
    struct fixture *file;
    struct superfile *resident;
    struct cold_source source;
    struct superfile *cold;
    inlay_error err;
};

/* Opens the file anew over the source; its waves are then counted from 0. */
static void open_cold(struct world *w)
{
    static const struct byte_source_ops ops = {cold_read, NULL, cold_destroy};
    superfile_release(w->cold);
    w->source.count = 0;
    byte_source_init(&w->source.base, &ops, w->file->bytes.len, "cold", NULL);
    assert_ok(superfile_open(&w->source.base, w->file->result.hot_offset, &w->cold, &w->err),
              w->err);
    byte_source_release(&w->source.base);
    assert_int_equal(w->source.count, 1);
    assert_int_equal(w->source.waves[0].ranges, 1);
    w->source.count = 0;
}

static void world_make(struct world *w, struct fixture *file)
{
    struct byte_source *source;
    memset(w, 0, sizeof(*w));
    inlay_error_init(&w->err);
    pthread_mutex_init(&w->source.lock, NULL);
    w->file = file;
    w->source.data = file->bytes.data;
    assert_ok(byte_source_from_memory(w->file->bytes.data, w->file->bytes.len, 0, "file", &source,
                                      &w->err),
              w->err);
    assert_ok(superfile_open(source, w->file->result.hot_offset, &w->resident, &w->err), w->err);
    byte_source_release(source);
    open_cold(w);
}

static void world_free(struct world *w)
{
    superfile_release(w->cold);
    superfile_release(w->resident);
    pthread_mutex_destroy(&w->source.lock);
}

struct answer {
    struct vector_hit *hits;
    size_t count;
    struct vector_search_cost cost;
};

/* The ten nearest of a row's neighbour; *answer is freed with mem_free(hits). */
static inlay_status try_search(const struct superfile *file, size_t column, uint64_t row,
                               enum vector_rerank rerank, const struct rowset *allowed,
                               struct answer *answer, inlay_error *err)
{
    const struct vector_fixture_column *of = &vector_fixture_columns[column];
    struct vector_segment segment = {.index = superfile_vector(file, of->name), .allowed = allowed};
    struct vector_search_options options;
    float query[70];
    uint32_t k;
    for (k = 0; k < of->dim; k++) {
        query[k] = (float)vector_fixture_value(row, column, k) + 1;
    }
    memset(answer, 0, sizeof(*answer));
    INLAY_TRY(superfile_vector_rows(file, of->name, &segment.rows, err));
    vector_search_options_init(&options);
    options.rerank = rerank;
    return vector_search(query, &segment, 1, &options, &answer->hits, &answer->count, &answer->cost,
                         err);
}

/* Searches the cold file, compares with the resident one, and says how many waves it took. */
static size_t search(struct world *w, size_t column, uint64_t row, enum vector_rerank rerank,
                     const struct rowset *allowed)
{
    struct answer cold;
    struct answer resident;
    size_t i;
    w->source.count = 0;
    assert_ok(try_search(w->cold, column, row, rerank, allowed, &cold, &w->err), w->err);
    assert_ok(try_search(w->resident, column, row, rerank, allowed, &resident, &w->err), w->err);
    assert_int_equal(cold.count, allowed != NULL ? rowset_cardinality(allowed) : 10);
    assert_int_equal(cold.count, resident.count);
    for (i = 0; i < cold.count; i++) {
        assert_int_equal(cold.hits[i].row, resident.hits[i].row);
        assert_float_equal(cold.hits[i].distance, resident.hits[i].distance, 0);
    }
    assert_true(cold.cost.rows_reranked <= MOST_RANKED);
    mem_free(cold.hits);
    mem_free(resident.hits);
    return w->source.count;
}

/* Opening was the one read before. */
static void a_cold_search_takes_two_waves(void **state)
{
    struct world w;
    size_t c;
    world_make(&w, *state);
    for (c = 0; c < VECTOR_COLUMNS; c++) {
        size_t groups = parquet_reader_row_groups(superfile_parquet(w.cold));
        size_t cells;
        uint64_t row;
        open_cold(&w);
        assert_int_equal(search(&w, c, 17, VECTOR_RERANK_EXACT, NULL), 2);
        assert_true(w.source.waves[1].ranges <= MOST_RANKED);
        cells = w.source.waves[0].ranges - groups;
        assert_int_equal(search(&w, c, 17, VECTOR_RERANK_EXACT, NULL), 2);
        assert_int_equal(w.source.waves[0].ranges, cells); /* what was learnt is kept */
        for (row = 100; row < ROWS; row += 900) {
            assert_int_equal(search(&w, c, row, VECTOR_RERANK_EXACT, NULL), 2);
        }
    }
    world_free(&w);
}

/* Of a column without nulls, only the bytes of the few vectors that are compared. */
static void few_stored_vectors_are_read(void **state)
{
    const size_t column = 2;
    const uint64_t size = vector_fixture_columns[column].dim * sizeof(double);
    struct world w;
    uint64_t row;
    world_make(&w, *state);
    for (row = 0; row < ROWS; row += 200) {
        assert_int_equal(search(&w, column, row, VECTOR_RERANK_EXACT, NULL), 2);
        assert_in_range(w.source.waves[1].bytes, 10 * size, MOST_RANKED * (size + GAP));
    }
    world_free(&w);
}

static void estimates_take_one_wave(void **state)
{
    struct world w;
    size_t c;
    world_make(&w, *state);
    for (c = 0; c < VECTOR_COLUMNS; c++) {
        uint64_t bytes;
        open_cold(&w);
        assert_int_equal(search(&w, c, 17, VECTOR_RERANK_CODES, NULL), 1);
        bytes = w.source.waves[0].bytes;
        assert_int_equal(search(&w, c, 17, VECTOR_RERANK_EXACT, NULL), 2);
        assert_true(w.source.waves[0].bytes > bytes); /* the same cells, and more */
        assert_int_equal(search(&w, c, 17, VECTOR_RERANK_CODES, NULL), 1);
        assert_int_equal(w.source.waves[0].bytes, bytes);
    }
    world_free(&w);
}

/* No cells are read then; the pages must be known before the rows are. */
static void few_allowed_rows_take_two_waves(void **state)
{
    struct rowset *allowed;
    struct world w;
    world_make(&w, *state);
    assert_ok(rowset_create(&allowed, &w.err), w.err);
    rowset_add(allowed, 5);
    rowset_add(allowed, 3999);
    assert_int_equal(search(&w, 2, 17, VECTOR_RERANK_EXACT, allowed), 2);
    assert_int_equal(search(&w, 2, 17, VECTOR_RERANK_EXACT, allowed), 1);
    rowset_free(allowed);
    world_free(&w);
}

/* ---- threads ---- */

enum { THREADS = 4 };

static void *search_first(void *context)
{
    struct world *w = context;
    struct answer *answer = mem_zalloc(sizeof(*answer));
    if (answer != NULL &&
        try_search(w->cold, 0, 17, VECTOR_RERANK_EXACT, NULL, answer, NULL) != INLAY_OK) {
        mem_free(answer);
        answer = NULL;
    }
    return answer;
}

/* Whoever comes first makes what the others use; all of them get the same. */
static void threads_share_what_was_learnt(void **state)
{
    pthread_t threads[THREADS];
    struct answer expected;
    struct world w;
    size_t i;
    world_make(&w, *state);
    assert_ok(try_search(w.resident, 0, 17, VECTOR_RERANK_EXACT, NULL, &expected, &w.err), w.err);
    for (i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_create(&threads[i], NULL, search_first, &w), 0);
    }
    for (i = 0; i < THREADS; i++) {
        void *result;
        struct answer *answer;
        size_t k;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        answer = result;
        assert_non_null(answer);
        assert_int_equal(answer->count, expected.count);
        for (k = 0; k < answer->count; k++) {
            assert_int_equal(answer->hits[k].row, expected.hits[k].row);
        }
        mem_free(answer->hits);
        mem_free(answer);
    }
    assert_int_equal(w.source.count, 2 * THREADS);
    mem_free(expected.hits);
    world_free(&w);
}

/* ---- failures ---- */

/* Flips bits of the offset index, which comes last in the first wave. */
static void damage_is_an_error(void **state)
{
    struct byte_range index;
    struct answer answer;
    struct world w;
    uint64_t at;
    world_make(&w, *state);
    (void)search(&w, 2, 17, VECTOR_RERANK_EXACT, NULL);
    index = w.source.waves[0].last;
    for (at = 0; at < index.length; at++) {
        uint8_t *byte = w.file->bytes.data + index.offset + at;
        uint8_t kept = *byte;
        inlay_status status;
        open_cold(&w);
        *byte = (uint8_t) ~*byte;
        status = try_search(w.cold, 2, 17, VECTOR_RERANK_EXACT, NULL, &answer, &w.err);
        assert_true(status == INLAY_OK || status == INLAY_CORRUPT);
        if (at == 0) { /* of its list of pages nothing is left */
            assert_status(status, INLAY_CORRUPT);
            assert_string_equal(w.err.key, "cold");
            assert_non_null(strstr(w.err.message, "offset index"));
        }
        mem_free(answer.hits);
        /* Estimates need none of it. */
        assert_ok(try_search(w.cold, 2, 17, VECTOR_RERANK_CODES, NULL, &answer, &w.err), w.err);
        mem_free(answer.hits);
        *byte = kept;
        if (status == INLAY_CORRUPT) { /* nothing of the failure is kept */
            assert_int_equal(search(&w, 2, 17, VECTOR_RERANK_EXACT, NULL), 2);
        }
    }
    world_free(&w);
}

static inlay_status search_once(void *context, inlay_error *err)
{
    struct world *w = context;
    struct superfile *file;
    struct answer answer = {0};
    inlay_status status = superfile_open(&w->source.base, w->file->result.hot_offset, &file, err);
    if (status == INLAY_OK) {
        status = try_search(file, 1, 17, VECTOR_RERANK_EXACT, NULL, &answer, err);
    }
    mem_free(answer.hits);
    superfile_release(file);
    return status;
}

static void failing_allocations(void **state)
{
    struct world w;
    world_make(&w, *state);
    assert_true(alloc_fault_sweep(search_once, &w) > 10);
    world_free(&w);
}

static int fixture_make(void **state)
{
    struct fixture *file = calloc(1, sizeof(*file));
    vector_fixture_build(ROWS, ROWS, 0, &file->bytes, &file->result);
    *state = file;
    return 0;
}

static int fixture_free(void **state)
{
    struct fixture *file = *state;
    buffer_free(&file->bytes);
    free(file);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cold_search_takes_two_waves),
        cmocka_unit_test(few_stored_vectors_are_read),
        cmocka_unit_test(estimates_take_one_wave),
        cmocka_unit_test(few_allowed_rows_take_two_waves),
        cmocka_unit_test(threads_share_what_was_learnt),
        cmocka_unit_test(damage_is_an_error),
        cmocka_unit_test(failing_allocations),
    };
    return cmocka_run_group_tests(tests, fixture_make, fixture_free);
}
