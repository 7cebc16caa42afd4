/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of building, opening, searching and parsing fails once: the status says so, and
 * nothing leaks. */
#include "support/alloc_fault.h"

#include "text_fixture.h"

struct world {
    const struct analyzer *analyzer;
    const struct corpus *corpus;
    const char *folder;
    const struct text_segment *segments;
    const char *text;
};

static inlay_status add_all(struct text_builder *builder, const struct corpus *corpus,
                            inlay_error *err)
{
    char text[1024];
    size_t i;
    for (i = 0; i < corpus->count; i++) {
        size_t length = doc_text(&corpus->docs[i], text);
        inlay_status status = text_builder_add(builder, (uint32_t)i, text, length, err);
        if (status != INLAY_OK) {
            return status;
        }
    }
    return INLAY_OK;
}

static inlay_status build(void *context, inlay_error *err)
{
    const struct world *world = context;
    struct text_options options;
    struct text_builder *builder;
    struct text_index_summary summary;
    struct byte_sink sink;
    struct buffer body;
    struct buffer hot;
    inlay_status status;
    text_options_init(&options);
    options.spill_folder = world->folder;
    buffer_init(&body, SIZE_MAX);
    buffer_init(&hot, SIZE_MAX);
    byte_sink_to_buffer(&sink, &body);
    status = text_builder_create(world->analyzer, &options, &builder, err);
    if (status == INLAY_OK) {
        status = add_all(builder, world->corpus, err);
    }
    if (status == INLAY_OK) {
        status = text_builder_finish(&builder, 1, world->corpus->count, &sink, &hot, &summary, err);
    }
    text_builder_free(builder);
    buffer_free(&body);
    buffer_free(&hot);
    return status;
}

static inlay_status search(void *context, inlay_error *err)
{
    const struct world *world = context;
    struct text_query *query;
    struct text_hit *hits = NULL;
    size_t count;
    uint64_t matches;
    inlay_status status =
        text_query_parse(world->analyzer, world->text, strlen(world->text), NULL, &query, err);
    if (status == INLAY_OK) {
        status = text_search(query, world->segments, 2, NULL, &hits, &count, err);
    }
    if (status == INLAY_OK) {
        status = text_count(query, world->segments, 2, &matches, err);
    }
    mem_free(hits);
    text_query_free(query);
    return status;
}

static void building_survives_every_failure(void **state)
{
    struct test_random random = test_random_init(21);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 400, 40, 30, 1);
    struct world world = {analyzer, &corpus, NULL, NULL, NULL};
    (void)state;
    assert_true(alloc_fault_sweep(build, &world) > 20);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

static void searching_survives_every_failure(void **state)
{
    static const char *const texts[] = {"w0", "w0 w3 w9", "+w0 +w1", "(w0 \"w1 w2\"~1) -w5"};
    struct test_random random = test_random_init(22);
    struct analyzer *analyzer = plain_analyzer();
    struct corpus corpus = corpus_make(&random, 600, 40, 20, 1);
    struct part parts[2];
    struct text_segment segments[2];
    struct world world = {analyzer, &corpus, NULL, segments, NULL};
    size_t p;
    size_t i;
    (void)state;
    for (i = 0; i < corpus.count; i += 9) {
        corpus.docs[i].deleted = true;
    }
    for (p = 0; p < 2; p++) {
        uint32_t *numbers = calloc(300, sizeof(uint32_t));
        for (i = 0; i < 300; i++) {
            numbers[i] = (uint32_t)(p * 300 + i);
        }
        part_make(analyzer, &corpus, numbers, 300, false, p == 1, &parts[p]);
        segments[p] = part_segment(&parts[p], true);
    }
    for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        world.text = texts[i];
        assert_true(alloc_fault_sweep(search, &world) > 8);
    }
    part_free(&parts[0]);
    part_free(&parts[1]);
    corpus_free(&corpus);
    analyzer_free(analyzer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(building_survives_every_failure),
        cmocka_unit_test(searching_survives_every_failure),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
