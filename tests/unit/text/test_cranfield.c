/* SPDX-License-Identifier: Apache-2.0 */
/* Ranking quality on the Cranfield collection: 1,400 abstracts, 225 questions, judged documents. */
#include "text_fixture.h"

#define DOCS 1400
#define QUESTIONS 225
#define DEPTH 1000

struct item {
    const char *text;
    size_t length;
};

/* The .W parts of a file of ".I n" records, in order. */
static size_t read_items(const char *data, size_t size, struct item *items, size_t room)
{
    const char *p = data;
    const char *end = data + size;
    size_t count = 0;
    while (p < end && count < room) {
        const char *start = memmem(p, (size_t)(end - p), "\n.W\n", 4);
        const char *stop;
        if (start == NULL) {
            break;
        }
        start += 4;
        stop = start >= end ? NULL : memmem(start - 1, (size_t)(end - start + 1), "\n.I ", 4);
        if (stop == NULL || stop < start) {
            stop = stop == NULL ? end : start;
        }
        items[count++] = (struct item){start, (size_t)(stop - start)};
        p = stop;
    }
    return count;
}

static uint8_t judged[QUESTIONS + 1][DOCS + 1]; /* 1: relevant */

static void read_judgments(const char *data, size_t size)
{
    const char *p = data;
    const char *end = data + size;
    while (p < end) {
        int question;
        int doc;
        int grade;
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        char line[64] = {0};
        size_t length = (size_t)((line_end != NULL ? line_end : end) - p);
        memcpy(line, p, length < 63 ? length : 63);
        if (sscanf(line, "%d %d %d", &question, &doc, &grade) == 3 && question >= 1 &&
            question <= QUESTIONS && doc >= 1 && doc <= DOCS && grade >= 1 && grade <= 4) {
            judged[question][doc] = 1;
        }
        p += length + 1;
    }
}

struct quality {
    double map;
    double ndcg;
};

static void judge(const struct text_hit *hits, size_t count, size_t question, struct quality *sum)
{
    double precision = 0;
    double gain = 0;
    double ideal = 0;
    size_t relevant = 0;
    size_t found = 0;
    size_t i;
    for (i = 1; i <= DOCS; i++) {
        relevant += judged[question][i];
    }
    for (i = 0; i < count; i++) {
        if (judged[question][hits[i].row + 1] != 0) {
            found++;
            precision += (double)found / (double)(i + 1);
            gain += i < 10 ? 1 / log2((double)i + 2) : 0;
        }
    }
    for (i = 0; i < relevant && i < 10; i++) {
        ideal += 1 / log2((double)i + 2);
    }
    sum->map += relevant != 0 ? precision / (double)relevant : 0;
    sum->ndcg += ideal != 0 ? gain / ideal : 0;
}

static char *data_file(const char *folder, const char *name, size_t *size)
{
    char path[4200];
    char *data;
    size_t kept = 0;
    size_t i;
    (void)snprintf(path, sizeof(path), "%s/cranfield/%s", folder, name);
    data = (char *)test_read_file(path, size);
    for (i = 0; data != NULL && i < *size; i++) { /* some of the files have DOS line ends */
        data[kept] = data[i];
        kept += data[i] != '\r';
    }
    *size = kept;
    return data;
}

static void rankings_are_good(void **state)
{
    static struct item items[DOCS];
    static struct item questions[QUESTIONS];
    const char *folder = test_data_folder();
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct text_options options;
    struct text_builder *builder;
    struct built built;
    struct byte_sink sink;
    struct byte_source *source;
    struct text_segment segment;
    struct quality sum = {0, 0};
    size_t sizes[3];
    char *docs;
    char *asked;
    char *rels;
    inlay_error err;
    size_t i;
    (void)state;
    if (folder == NULL) {
        skip();
    }
    inlay_error_init(&err);
    docs = data_file(folder, "cran.all.1400", &sizes[0]);
    asked = data_file(folder, "cran.qry", &sizes[1]);
    rels = data_file(folder, "cranqrel", &sizes[2]);
    assert_true(docs != NULL && asked != NULL && rels != NULL);
    assert_int_equal(read_items(docs, sizes[0], items, DOCS), DOCS);
    assert_int_equal(read_items(asked, sizes[1], questions, QUESTIONS), QUESTIONS);
    read_judgments(rels, sizes[2]);
    analyzer_config_init(&config);
    (void)strcpy(config.stemmer, "english");
    assert_ok(analyzer_create(&config, &analyzer, &err), err);
    text_options_init(&options);
    assert_ok(text_builder_create(analyzer, &options, &builder, &err), err);
    for (i = 0; i < DOCS; i++) {
        assert_ok(text_builder_add(builder, (uint32_t)i, items[i].text, items[i].length, &err),
                  err);
    }
    buffer_init(&built.body, SIZE_MAX);
    buffer_init(&built.hot, SIZE_MAX);
    byte_sink_to_buffer(&sink, &built.body);
    assert_ok(text_builder_finish(&builder, 1, DOCS, &sink, &built.hot, &built.summary, &err), err);
    text_builder_free(builder);
    memset(&segment, 0, sizeof(segment));
    assert_ok(byte_source_from_memory(built.body.data, built.body.len, 0, NULL, &source, &err),
              err);
    assert_ok(text_index_open(built.hot.data, built.hot.len, source, 0, built.body.len,
                              &segment.index, &err),
              err);
    for (i = 0; i < QUESTIONS; i++) {
        struct text_search_options search;
        struct text_query *query;
        struct text_hit *hits;
        size_t count;
        text_search_options_init(&search);
        search.k = DEPTH;
        assert_ok(
            text_query_parse(analyzer, questions[i].text, questions[i].length, NULL, &query, &err),
            err);
        assert_ok(text_search(query, &segment, 1, &search, &hits, &count, &err), err);
        judge(hits, count, i + 1, &sum);
        mem_free(hits);
        text_query_free(query);
    }
    print_message("Cranfield: MAP %.4f, nDCG@10 %.4f\n", sum.map / QUESTIONS, sum.ndcg / QUESTIONS);
    assert_true(sum.map / QUESTIONS > 0.27);
    assert_true(sum.ndcg / QUESTIONS > 0.36);
    text_index_close(segment.index);
    byte_source_release(source);
    built_free(&built);
    analyzer_free(analyzer);
    free(docs);
    free(asked);
    free(rels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rankings_are_good),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
