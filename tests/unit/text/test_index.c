/* SPDX-License-Identifier: Apache-2.0 */
/* Builder and reader of the text index: same bytes however built, block borders, corruption. */
#include "text_fixture.h"

static uint32_t *all_numbers(size_t count)
{
    uint32_t *numbers = calloc(count + 1, sizeof(uint32_t));
    size_t i;
    for (i = 0; i < count; i++) {
        numbers[i] = (uint32_t)i;
    }
    return numbers;
}

static void assert_same(const struct built *a, const struct built *b)
{
    assert_int_equal(a->body.len, b->body.len);
    assert_int_equal(a->hot.len, b->hot.len);
    assert_memory_equal(a->body.data, b->body.data, a->body.len);
    assert_memory_equal(a->hot.data, b->hot.data, a->hot.len);
}

static void spills_and_builders_do_not_show_in_the_bytes(void **state)
{
    struct test_random random = test_random_init(5);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 6000, 30000, 120, 0.8);
    uint32_t *numbers = all_numbers(corpus.count);
    char *folder = test_folder_make();
    struct text_options options;
    struct built memory;
    struct built spilled;
    struct built many;
    (void)state;
    text_options_init(&options);
    build_index(analyzer, &corpus, numbers, corpus.count, &options, 1, &memory);
    options.memory_budget = 1; /* raised to the least, 1 MiB: several runs */
    options.spill_folder = folder;
    build_index(analyzer, &corpus, numbers, corpus.count, &options, 1, &spilled);
    assert_same(&memory, &spilled);
    build_index(analyzer, &corpus, numbers, corpus.count, &options, 3, &many);
    assert_same(&memory, &many);
    assert_true(memory.summary.terms > 1000);
    built_free(&memory);
    built_free(&spilled);
    built_free(&many);
    test_folder_remove(folder);
    free(folder);
    free(numbers);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

/* Every document has w0; w1 is in the first `count` of them. */
static void check_border(const struct analyzer *analyzer, size_t count, bool cold)
{
    struct corpus corpus = {calloc(count + 3, sizeof(struct doc)), count + 3, 10};
    struct part part;
    struct text_segment segment;
    struct text_query *query;
    struct text_lookup lookup = {(const uint8_t *)"w1", 2, 0};
    struct rowset *rows;
    uint64_t matches;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    for (i = 0; i < corpus.count; i++) {
        corpus.docs[i].words = calloc(3, sizeof(uint32_t));
        corpus.docs[i].count = i < count ? 2 : 1;
        corpus.docs[i].words[1] = 1;
    }
    part_make(analyzer, &corpus, all_numbers(corpus.count), corpus.count, false, cold, &part);
    segment = part_segment(&part, true);
    assert_ok(text_index_lookup(part.index, &lookup, 1, &err), err);
    assert_int_equal(lookup.df, count);
    assert_ok(text_query_parse(analyzer, "+w1 +w0", 7, NULL, &query, &err), err);
    assert_ok(rowset_create(&rows, &err), err);
    assert_ok(text_match(query, &segment, rows, &err), err);
    assert_int_equal(rowset_cardinality(rows), count);
    assert_ok(text_count(query, &segment, 1, &matches, &err), err);
    assert_int_equal(matches, count);
    rowset_free(rows);
    text_query_free(query);
    part_free(&part);
    corpus_free(&corpus);
}

static void block_borders(void **state)
{
    static const size_t counts[] = {1,   2,   4,    5,    127,  128,  129,  255,
                                    256, 257, 4095, 4096, 4097, 8192, 12289};
    struct analyzer *analyzer = plain_analyzer();
    size_t i;
    (void)state;
    for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        check_border(analyzer, counts[i], i % 2 != 0);
    }
    analyzer_free(analyzer);
}

static void huge_frequencies_and_far_rows(void **state)
{
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = {calloc(2, sizeof(struct doc)), 2, 2};
    struct text_options options;
    struct text_builder *builder;
    struct buffer body;
    struct buffer hot;
    struct byte_sink sink;
    struct text_index_summary summary;
    struct byte_source *source;
    struct text_segment segment;
    struct text_query *query;
    struct text_hit *hits;
    size_t count;
    uint32_t rows[2] = {70000, 70001};
    uint32_t lengths[2];
    bool present[2];
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    corpus.docs[0].count = 100000;
    corpus.docs[0].words = calloc(100000, sizeof(uint32_t));
    corpus.docs[1].count = 1;
    corpus.docs[1].words = calloc(1, sizeof(uint32_t));
    text_options_init(&options);
    buffer_init(&body, SIZE_MAX);
    buffer_init(&hot, SIZE_MAX);
    byte_sink_to_buffer(&sink, &body);
    assert_ok(text_builder_create(analyzer, &options, &builder, &err), err);
    add_doc(builder, 70000, &corpus.docs[0]);
    add_doc(builder, 4000000, &corpus.docs[1]);
    assert_status(text_builder_add(builder, 5, "x", 1, &err), INLAY_INVALID_ARGUMENT);
    text_builder_free(builder);
    assert_ok(text_builder_create(analyzer, &options, &builder, &err), err);
    add_doc(builder, 70000, &corpus.docs[0]);
    add_doc(builder, 4000000, &corpus.docs[1]);
    assert_ok(text_builder_finish(&builder, 1, 4000001, &sink, &hot, &summary, &err), err);
    text_builder_free(builder);
    assert_int_equal(summary.documents, 2);
    assert_int_equal(summary.postings, 2);
    assert_int_equal(summary.min_length, 2);
    assert_memory_equal(summary.max_term, "w0", 2);
    memset(&segment, 0, sizeof(segment));
    assert_ok(byte_source_from_memory(body.data, body.len, 0, NULL, &source, &err), err);
    assert_ok(text_index_open(hot.data, hot.len, source, 0, body.len, &segment.index, &err), err);
    assert_ok(text_index_lengths(segment.index, rows, 2, lengths, present, &err), err);
    assert_true(present[0] && !present[1]);
    assert_int_equal(lengths[0], length_code_decode(length_code_encode(100000)));
    assert_ok(text_query_parse(analyzer, "\"w0 w0 w0\"", 10, NULL, &query, &err), err);
    assert_ok(text_search(query, &segment, 1, NULL, &hits, &count, &err), err);
    assert_int_equal(count, 1);
    assert_int_equal(hits[0].row, 70000);
    mem_free(hits);
    text_query_free(query);
    text_index_close(segment.index);
    byte_source_release(source);
    buffer_free(&body);
    buffer_free(&hot);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

static void no_documents_at_all(void **state)
{
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = {calloc(3, sizeof(struct doc)), 3, 1};
    struct part part;
    struct text_segment segment;
    struct text_query *query;
    struct text_hit *hits;
    size_t count;
    inlay_error err;
    size_t i;
    (void)state;
    inlay_error_init(&err);
    for (i = 0; i < 3; i++) {
        corpus.docs[i].null = i != 1; /* an empty document is one, a null is none */
    }
    part_make(analyzer, &corpus, all_numbers(3), 3, false, false, &part);
    assert_int_equal(text_index_info(part.index)->documents, 1);
    assert_int_equal(text_index_info(part.index)->terms, 0);
    segment = part_segment(&part, true);
    assert_ok(text_query_parse(analyzer, "w0 OR w1", 8, NULL, &query, &err), err);
    assert_ok(text_search(query, &segment, 1, NULL, &hits, &count, &err), err);
    assert_int_equal(count, 0);
    mem_free(hits);
    text_query_free(query);
    part_free(&part);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

static void phrases_need_positions(void **state)
{
    struct analyzer *analyzer = plain_analyzer();
    struct test_random random = test_random_init(3);
    struct corpus corpus = corpus_make(&random, 300, 5, 8, 1);
    uint32_t *numbers = all_numbers(300);
    struct text_options options;
    struct built built;
    struct byte_source *source;
    struct text_segment segment;
    struct text_query *query;
    struct text_hit *hits;
    size_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    text_options_init(&options);
    options.positions = false;
    build_index(analyzer, &corpus, numbers, 300, &options, 1, &built);
    memset(&segment, 0, sizeof(segment));
    assert_ok(byte_source_from_memory(built.body.data, built.body.len, 0, NULL, &source, &err),
              err);
    assert_ok(text_index_open(built.hot.data, built.hot.len, source, 0, built.body.len,
                              &segment.index, &err),
              err);
    assert_ok(text_query_parse(analyzer, "\"w0 w1\"", 7, NULL, &query, &err), err);
    assert_status(text_search(query, &segment, 1, NULL, &hits, &count, &err), INLAY_UNSUPPORTED);
    assert_non_null(strstr(err.message, "positions"));
    text_query_free(query);
    assert_ok(text_query_parse(analyzer, "w0 w1", 5, NULL, &query, &err), err);
    assert_ok(text_search(query, &segment, 1, NULL, &hits, &count, &err), err);
    assert_int_equal(count, 10);
    mem_free(hits);
    text_query_free(query);
    text_index_close(segment.index);
    byte_source_release(source);
    built_free(&built);
    free(numbers);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

static const char *const probes[] = {"w0",          "w0 w3 w17",    "+w1 +w0",
                                     "\"w0 w1\"~1", "w2 -w0 (w40)", "w200 w300 w5"};
#define PROBES (sizeof(probes) / sizeof(probes[0]))

struct answers {
    size_t count[PROBES];
    struct text_hit *hits[PROBES];
};

/* Runs all probes over the bytes; false when anything was refused. */
static bool ask(const uint8_t *hot, size_t hot_length, const uint8_t *body, size_t body_length,
                struct text_query *const *queries, struct answers *answers)
{
    struct byte_source *source;
    struct text_segment segment;
    inlay_error err;
    inlay_status status;
    size_t q;
    inlay_error_init(&err);
    memset(&segment, 0, sizeof(segment));
    memset(answers, 0, sizeof(*answers));
    assert_ok(byte_source_from_memory(body, body_length, 0, NULL, &source, &err), err);
    status = text_index_open(hot, hot_length, source, 0, body_length, &segment.index, &err);
    for (q = 0; q < PROBES && status == INLAY_OK; q++) {
        status =
            text_search(queries[q], &segment, 1, NULL, &answers->hits[q], &answers->count[q], &err);
    }
    if (status != INLAY_OK) {
        assert_true(status == INLAY_CORRUPT || status == INLAY_UNSUPPORTED);
        assert_true(err.message[0] != 0);
    }
    text_index_close(segment.index);
    byte_source_release(source);
    return status == INLAY_OK;
}

static void answers_free(struct answers *answers)
{
    size_t q;
    for (q = 0; q < PROBES; q++) {
        mem_free(answers->hits[q]);
    }
}

static void assert_same_answers(const struct answers *a, const struct answers *b)
{
    size_t q;
    size_t i;
    for (q = 0; q < PROBES; q++) {
        assert_int_equal(a->count[q], b->count[q]);
        for (i = 0; i < a->count[q]; i++) {
            assert_int_equal(a->hits[q][i].row, b->hits[q][i].row);
            assert_true(a->hits[q][i].score_sum == b->hits[q][i].score_sum);
        }
    }
}

static uint8_t *exact_copy(const uint8_t *data, size_t length)
{
    uint8_t *copy = malloc(length != 0 ? length : 1); /* so that ASan sees an over-read */
    memcpy(copy, data, length);
    return copy;
}

static void flipped_and_cut_bytes(void **state)
{
    struct test_random random = test_random_init(77);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 700, 150, 12, 1);
    uint32_t *numbers = all_numbers(corpus.count);
    struct text_query *queries[PROBES];
    struct text_options options;
    struct built built;
    struct answers right;
    struct answers got;
    size_t accepted = 0;
    size_t step;
    size_t i;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    text_options_init(&options);
    build_index(analyzer, &corpus, numbers, corpus.count, &options, 1, &built);
    for (i = 0; i < PROBES; i++) {
        assert_ok(text_query_parse(analyzer, probes[i], strlen(probes[i]), NULL, &queries[i], &err),
                  err);
    }
    assert_true(
        ask(built.hot.data, built.hot.len, built.body.data, built.body.len, queries, &right));
    for (i = 0; i < built.hot.len; i++) { /* its checksum covers all of it */
        uint8_t *hot = exact_copy(built.hot.data, built.hot.len);
        hot[i] = (uint8_t)(hot[i] ^ (1u << (i % 8)));
        assert_false(ask(hot, built.hot.len, built.body.data, built.body.len, queries, &got));
        answers_free(&got);
        free(hot);
    }
    for (i = 0; i < built.hot.len; i += 7) {
        uint8_t *hot = exact_copy(built.hot.data, i);
        assert_false(ask(hot, i, built.body.data, built.body.len, queries, &got));
        answers_free(&got);
        free(hot);
    }
    step = built.body.len / 1500 + 1;
    for (i = 0; i < built.body.len; i += step) {
        uint8_t *body = exact_copy(built.body.data, built.body.len);
        body[i] = (uint8_t)(body[i] ^ (1u << (i % 8)));
        if (ask(built.hot.data, built.hot.len, body, built.body.len, queries, &got)) {
            assert_same_answers(&right, &got); /* a byte that no probe reads */
            accepted++;
        }
        answers_free(&got);
        free(body);
    }
    assert_true(accepted < built.body.len / step);
    for (i = 0; i < built.body.len; i += built.body.len / 50 + 1) {
        assert_false(ask(built.hot.data, built.hot.len, built.body.data, i, queries, &got));
        answers_free(&got);
    }
    answers_free(&right);
    for (i = 0; i < PROBES; i++) {
        text_query_free(queries[i]);
    }
    built_free(&built);
    free(numbers);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

static void cold_lookup_takes_two_waves(void **state)
{
    struct test_random random = test_random_init(9);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 3000, 3000, 30, 1);
    struct part part;
    struct text_segment segment;
    struct text_query *query;
    struct text_hit *hits;
    size_t count;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    part_make(analyzer, &corpus, all_numbers(corpus.count), corpus.count, false, true, &part);
    segment = part_segment(&part, true);
    assert_int_equal(((struct cold_source *)part.source)->waves, 0); /* opening read nothing */
    assert_ok(text_query_parse(analyzer, "w0 w7 w900 \"w1 w2\"", 18, NULL, &query, &err), err);
    assert_ok(text_search(query, &segment, 1, NULL, &hits, &count, &err), err);
    assert_int_equal(((struct cold_source *)part.source)->waves, 2);
    mem_free(hits);
    text_query_free(query);
    part_free(&part);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

struct found_terms {
    char names[3000][16];
    size_t count;
    size_t most;
};

static bool note_term(void *context, const uint8_t *text, uint32_t length)
{
    struct found_terms *found = context;
    assert_true(length < sizeof(found->names[0]));
    memcpy(found->names[found->count], text, length);
    found->names[found->count++][length] = '\0';
    return found->count < found->most;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

/* The words of the corpus with the prefix, each once, in order of bytes. */
static void expect_terms(const struct corpus *corpus, const char *prefix, struct found_terms *out)
{
    bool *seen = calloc(corpus->vocabulary + 1, sizeof(bool));
    size_t i;
    uint32_t j;
    out->count = 0;
    for (i = 0; i < corpus->count; i++) {
        for (j = 0; !corpus->docs[i].null && j < corpus->docs[i].count; j++) {
            seen[corpus->docs[i].words[j]] = true;
        }
    }
    for (j = 0; j < corpus->vocabulary; j++) {
        char *name = out->names[out->count];
        (void)snprintf(name, sizeof(out->names[0]), "w%u", j);
        out->count += seen[j] && strncmp(name, prefix, strlen(prefix)) == 0;
    }
    qsort(out->names, out->count, sizeof(out->names[0]), by_name);
    free(seen);
}

static void prefixes_find_every_term(void **state)
{
    static const char *const prefixes[] = {"w",  "w0",  "w1", "w29", "w299",   "w2999",
                                           "w9", "w99", "v",  "x",   "w12345", "wa"};
    struct test_random random = test_random_init(10);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 1500, 3000, 30, 1);
    struct found_terms *found = calloc(1, sizeof(*found));
    struct found_terms *expected = calloc(1, sizeof(*expected));
    size_t cold;
    size_t i;
    size_t k;
    inlay_error err;
    (void)state;
    inlay_error_init(&err);
    for (cold = 0; cold < 2; cold++) {
        struct part part;
        part_make(analyzer, &corpus, all_numbers(corpus.count), corpus.count, false, cold != 0,
                  &part);
        for (i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
            expect_terms(&corpus, prefixes[i], expected);
            found->count = 0;
            found->most = SIZE_MAX;
            assert_ok(text_index_prefix(part.index, (const uint8_t *)prefixes[i],
                                        (uint32_t)strlen(prefixes[i]), note_term, found, &err),
                      err);
            assert_int_equal(found->count, expected->count);
            for (k = 0; k < found->count; k++) {
                assert_string_equal(found->names[k], expected->names[k]);
            }
        }
        expect_terms(&corpus, "w", expected);
        assert_true(expected->count > 1000); /* many blocks of the dictionary */
        found->count = 0;
        found->most = 3;
        assert_ok(text_index_prefix(part.index, (const uint8_t *)"w", 1, note_term, found, &err),
                  err);
        assert_int_equal(found->count, 3);
        found->count = 0;
        assert_ok(text_index_prefix(part.index, (const uint8_t *)"", 0, note_term, found, &err),
                  err);
        assert_int_equal(found->count, 0);
        part_free(&part);
    }
    free(found);
    free(expected);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spills_and_builders_do_not_show_in_the_bytes),
        cmocka_unit_test(block_borders),
        cmocka_unit_test(huge_frequencies_and_far_rows),
        cmocka_unit_test(no_documents_at_all),
        cmocka_unit_test(phrases_need_positions),
        cmocka_unit_test(flipped_and_cut_bytes),
        cmocka_unit_test(cold_lookup_takes_two_waves),
        cmocka_unit_test(prefixes_find_every_term),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
