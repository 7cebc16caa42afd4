/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-thread figures (processor time, so that a busy machine does not show) of the text index on
 * a synthetic Zipf corpus: build speed, size, and the median time of single terms, disjunctions,
 * conjunctions, phrases and counts. Every kind is also checked once against the exhaustive engine.
 * Usage: bench_text [documents] [tokens per document]
 */
#include "base/alloc.h"
#include "base/byte_source.h"
#include "text/text_builder.h"
#include "text/text_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define VOCABULARY 200000u
#define ROUNDS 200
#define BATCH 256

static uint64_t random_state = 42;

static uint64_t next_random(void)
{
    uint64_t z = (random_state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static double unit(void)
{
    return (double)(next_random() >> 11) * 0x1p-53;
}

static uint32_t zipf(void)
{
    uint32_t w = (uint32_t)(exp(unit() * log(VOCABULARY + 1.0)) - 1);
    return w < VOCABULARY ? w : VOCABULARY - 1;
}

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a;
    double y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/* A word of a rank: between 2 and 8 letters, distinct per rank. */
static size_t word(uint32_t rank, char *out)
{
    size_t length = 0;
    uint64_t x = (uint64_t)rank * 7 + 31;
    for (; x != 0; x /= 23) {
        out[length++] = (char)('a' + x % 23);
    }
    out[length] = 0;
    return length;
}

struct kind {
    const char *name;
    const char *format; /* %s: words of random ranks from the ranges below */
    uint32_t low[4];
    uint32_t high[4];
    bool count;
};

static void make_query(const struct kind *kind, char *out)
{
    size_t i = 0;
    const char *p;
    for (p = kind->format; *p != 0; p++) {
        if (*p == '%') {
            uint32_t rank =
                kind->low[i] + (uint32_t)(next_random() % (kind->high[i] - kind->low[i]));
            out += word(rank, out);
            i++;
        } else {
            *out++ = *p;
        }
    }
    *out = 0;
}

static void run_kind(const struct kind *kind, const struct analyzer *analyzer,
                     const struct text_segment *segment)
{
    static double times[ROUNDS];
    struct text_search_options options;
    double total = 0;
    inlay_error err;
    size_t r;
    inlay_error_init(&err);
    text_search_options_init(&options);
    {
        struct text_statistics *statistics = malloc(sizeof(*statistics));
        must(text_statistics_collect(segment, 1, statistics, &err), &err);
        options.statistics = statistics;
    }
    for (r = 0; r < ROUNDS; r++) {
        char text[256];
        struct text_query *query;
        struct text_hit *hits = NULL;
        struct text_hit *slow = NULL;
        size_t count = 0;
        size_t slow_count = 0;
        uint64_t matches;
        double start;
        make_query(kind, text);
        must(text_query_parse(analyzer, text, strlen(text), NULL, &query, &err), &err);
        start = now();
        if (kind->count) {
            must(text_count(query, segment, 1, &matches, &err), &err);
        } else {
            must(text_search(query, segment, 1, &options, &hits, &count, &err), &err);
        }
        times[r] = (now() - start) * 1e6;
        total += times[r];
        if (!kind->count && r < 3) {
            size_t i;
            struct text_search_options exhaustive = options;
            exhaustive.exhaustive = true;
            must(text_search(query, segment, 1, &exhaustive, &slow, &slow_count, &err), &err);
            for (i = 0; i < slow_count || i < count; i++) {
                if (count != slow_count || hits[i].row != slow[i].row ||
                    hits[i].score_sum != slow[i].score_sum) {
                    (void)fprintf(stderr, "%s: '%s' differs from the exhaustive engine\n",
                                  kind->name, text);
                    exit(1);
                }
            }
        }
        mem_free(hits);
        mem_free(slow);
        text_query_free(query);
    }
    qsort(times, ROUNDS, sizeof(double), by_value);
    (void)printf("%-28s p50 %9.1f us  p99 %9.1f us  mean %9.1f us\n", kind->name, times[ROUNDS / 2],
                 times[ROUNDS * 99 / 100], total / ROUNDS);
    free((void *)(uintptr_t)options.statistics);
}

int main(int argc, char **argv)
{
    static const struct kind kinds[] = {
        {"term, frequent", "%", {0}, {20}, false},
        {"term, medium", "%", {100}, {2000}, false},
        {"term, rare", "%", {20000}, {200000}, false},
        {"OR 3, mixed", "% % %", {0, 50, 500}, {20, 500, 5000}, false},
        {"OR 3, frequent", "% % %", {0, 10, 20}, {10, 20, 40}, false},
        {"OR 8, mixed", "% % % % % % % %", {0, 5, 50, 500}, {5, 50, 500, 5000}, false},
        {"AND 2, frequent", "+% +%", {0, 20}, {20, 60}, false},
        {"AND 2, mixed", "+% +%", {0, 200}, {20, 2000}, false},
        {"AND 3, medium", "+% +% +%", {0, 20, 50}, {20, 50, 200}, false},
        {"phrase, frequent", "\"% %\"", {0, 5}, {5, 20}, false},
        {"count term", "%", {0}, {20}, true},
        {"count OR 3", "% % %", {0, 50, 500}, {20, 500, 5000}, true},
        {"count AND 2", "+% +%", {0, 20}, {20, 60}, true},
    };
    size_t documents = argc > 1 ? strtoull(argv[1], NULL, 0) : 1000000;
    size_t tokens = argc > 2 ? strtoull(argv[2], NULL, 0) : 60;
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct text_options options;
    struct text_builder *builder;
    struct text_index_summary summary;
    struct text_segment segment;
    struct byte_source *source;
    struct byte_sink sink;
    struct buffer body;
    struct buffer hot;
    char *text = malloc(tokens * 32 * BATCH);
    struct analyzer_scratch *scratch;
    const struct token *found;
    size_t found_count;
    double analysis_seconds = 0;
    double add_seconds = 0;
    double finish_seconds;
    uint64_t bytes = 0;
    double start;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    analyzer_config_init(&config);
    must(analyzer_create(&config, &analyzer, &err), &err);
    must(analyzer_scratch_create(analyzer, &scratch, &err), &err);
    text_options_init(&options);
    options.memory_budget = (size_t)1 << 30;
    must(text_builder_create(analyzer, &options, &builder, &err), &err);
    for (i = 0; i < documents; i += BATCH) { /* in batches: reading the clock is slow */
        size_t ends[BATCH];
        size_t length = 0;
        size_t batch = documents - i < BATCH ? documents - i : BATCH;
        size_t d;
        for (d = 0; d < batch; d++) {
            size_t count = tokens / 2 + next_random() % (tokens + 1);
            for (; count > 0; count--) {
                length += word(zipf(), text + length);
                text[length++] = ' ';
            }
            ends[d] = length;
        }
        bytes += length;
        start = now();
        for (d = 0; d < batch; d++) {
            size_t from = d != 0 ? ends[d - 1] : 0;
            must(analyzer_run(analyzer, scratch, text + from, ends[d] - from, &found, &found_count,
                              &err),
                 &err);
        }
        analysis_seconds += now() - start;
        start = now();
        for (d = 0; d < batch; d++) {
            size_t from = d != 0 ? ends[d - 1] : 0;
            must(text_builder_add(builder, (uint32_t)(i + d), text + from, ends[d] - from, &err),
                 &err);
        }
        add_seconds += now() - start;
    }
    add_seconds -= analysis_seconds;
    buffer_init(&body, SIZE_MAX);
    buffer_init(&hot, SIZE_MAX);
    byte_sink_to_buffer(&sink, &body);
    start = now();
    must(text_builder_finish(&builder, 1, documents, &sink, &hot, &summary, &err), &err);
    finish_seconds = now() - start;
    text_builder_free(builder);
    (void)printf("%zu documents, %.1f MB of text, %llu terms, %llu postings\n", documents,
                 (double)bytes / 1e6, (unsigned long long)summary.terms,
                 (unsigned long long)summary.postings);
    (void)printf("analysis %.0f MB/s, adding %.0f MB/s, finish %.0f MB/s, together %.0f MB/s\n",
                 (double)bytes / 1e6 / analysis_seconds, (double)bytes / 1e6 / add_seconds,
                 (double)bytes / 1e6 / finish_seconds,
                 (double)bytes / 1e6 / (analysis_seconds + add_seconds + finish_seconds));
    (void)printf("body %.1f MB, hot %.2f MB: %.2f bytes per posting\n", (double)body.len / 1e6,
                 (double)hot.len / 1e6, (double)(body.len + hot.len) / (double)summary.postings);
    memset(&segment, 0, sizeof(segment));
    must(byte_source_from_memory(body.data, body.len, 0, "bench", &source, &err), &err);
    must(text_index_open(hot.data, hot.len, source, 0, body.len, &segment.index, &err), &err);
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        random_state = 7;
        run_kind(&kinds[i], analyzer, &segment); /* touches, and so checks, every unit once */
        random_state = 7;
        run_kind(&kinds[i], analyzer, &segment);
    }
    text_index_close(segment.index);
    byte_source_release(source);
    buffer_free(&body);
    buffer_free(&hot);
    analyzer_scratch_free(scratch);
    analyzer_free(analyzer);
    free(text);
    return 0;
}
