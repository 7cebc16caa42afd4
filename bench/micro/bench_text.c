/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-thread figures (processor time, so that a busy machine does not show) of the text index.
 *
 *   bench_text [documents] [tokens per document]
 *       A synthetic Zipf corpus: build speed, size, and the median time of single terms,
 *       disjunctions, conjunctions, phrases and counts; every kind is also checked a few times
 *       against the exhaustive engine.
 *   bench_text FILE
 *       The lines of a file as documents: build speed and size.
 */
#include "base/alloc.h"
#include "base/byte_source.h"
#include "text/text_builder.h"
#include "text/text_search.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
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

/* Where documents come from: the lines of a file, or random words. */
struct corpus {
    FILE *file; /* NULL: random */
    size_t left;
    size_t tokens;
    size_t room; /* bytes of the longest document and more */
};

/* Writes the next document; false when there are no more. */
static bool next_document(struct corpus *corpus, char *out, size_t *length)
{
    size_t count;
    *length = 0;
    if (corpus->file != NULL) {
        if (fgets(out, (int)corpus->room, corpus->file) == NULL) {
            return false;
        }
        *length = strlen(out);
        return true;
    }
    if (corpus->left == 0) {
        return false;
    }
    corpus->left--;
    count = corpus->tokens / 2 + next_random() % (corpus->tokens + 1);
    for (; count > 0; count--) {
        *length += word(zipf(), out + *length);
        out[(*length)++] = ' ';
    }
    return true;
}

struct built {
    struct text_index_summary summary;
    struct buffer body;
    struct buffer hot;
    size_t documents;
    uint64_t bytes;
    uint64_t tokens;
    double analysis_seconds;
    double add_seconds;
    double finish_seconds;
};

/* Adds all documents, in batches because reading the clock is slow. */
static void add_documents(struct corpus *corpus, const struct analyzer *analyzer,
                          struct text_builder *builder, struct built *built)
{
    char *text = malloc(corpus->room * BATCH);
    struct analyzer_scratch *scratch;
    const struct token *found;
    size_t count;
    bool more = true;
    inlay_error err;
    inlay_error_init(&err);
    must(analyzer_scratch_create(analyzer, &scratch, &err), &err);
    while (more) {
        size_t ends[BATCH + 1] = {0};
        size_t batch = 0;
        size_t d;
        double start;
        double middle;
        for (; batch < BATCH; batch++) {
            size_t length;
            more = next_document(corpus, text + ends[batch], &length);
            if (!more) {
                break;
            }
            ends[batch + 1] = ends[batch] + length;
        }
        start = now();
        for (d = 0; d < batch; d++) {
            must(analyzer_run(analyzer, scratch, text + ends[d], ends[d + 1] - ends[d], &found,
                              &count, &err),
                 &err);
            built->tokens += count;
        }
        middle = now();
        for (d = 0; d < batch; d++) {
            must(text_builder_add(builder, (uint32_t)built->documents++, text + ends[d],
                                  ends[d + 1] - ends[d], &err),
                 &err);
        }
        built->bytes += ends[batch];
        built->analysis_seconds += middle - start;
        built->add_seconds += (now() - middle) - (middle - start);
    }
    analyzer_scratch_free(scratch);
    free(text);
}

static void build(struct corpus *corpus, const struct analyzer *analyzer, struct built *built)
{
    struct text_options options;
    struct text_builder *builder;
    struct byte_sink sink;
    struct rusage before;
    struct rusage after;
    double start;
    inlay_error err;
    inlay_error_init(&err);
    memset(built, 0, sizeof(*built));
    text_options_init(&options);
    options.memory_budget = (size_t)1 << 30;
    must(text_builder_create(analyzer, &options, &builder, &err), &err);
    add_documents(corpus, analyzer, builder, built);
    buffer_init(&built->body, SIZE_MAX);
    buffer_init(&built->hot, SIZE_MAX);
    byte_sink_to_buffer(&sink, &built->body);
    (void)getrusage(RUSAGE_SELF, &before);
    start = now();
    must(text_builder_finish(&builder, 1, built->documents, &sink, &built->hot, &built->summary,
                             &err),
         &err);
    built->finish_seconds = now() - start;
    (void)getrusage(RUSAGE_SELF, &after);
    text_builder_free(builder);
    (void)printf("resident: %ld MB before the finish, %ld MB after it\n", before.ru_maxrss / 1024,
                 after.ru_maxrss / 1024);
}

static void report_build(const struct built *built)
{
    double megabytes = (double)built->bytes / 1e6;
    double postings = (double)built->summary.postings;
    (void)printf("%zu documents, %.1f MB of text, %llu tokens, %llu terms, %llu postings\n",
                 built->documents, megabytes, (unsigned long long)built->tokens,
                 (unsigned long long)built->summary.terms,
                 (unsigned long long)built->summary.postings);
    (void)printf("analysis %.0f MB/s, adding %.0f MB/s (%.1f ns per token), finish %.0f MB/s "
                 "(%.1f ns per posting), together %.0f MB/s\n",
                 megabytes / built->analysis_seconds, megabytes / built->add_seconds,
                 built->add_seconds * 1e9 / (double)built->tokens,
                 megabytes / built->finish_seconds, built->finish_seconds * 1e9 / postings,
                 megabytes /
                     (built->analysis_seconds + built->add_seconds + built->finish_seconds));
    (void)printf("body %.1f MB, hot %.2f MB: %.2f bytes per posting\n",
                 (double)built->body.len / 1e6, (double)built->hot.len / 1e6,
                 (double)(built->body.len + built->hot.len) / postings);
}

static void run_queries(const struct built *built, const struct analyzer *analyzer)
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
    struct text_segment segment;
    struct byte_source *source;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    memset(&segment, 0, sizeof(segment));
    must(byte_source_from_memory(built->body.data, built->body.len, 0, "bench", &source, &err),
         &err);
    must(text_index_open(built->hot.data, built->hot.len, source, 0, built->body.len,
                         &segment.index, &err),
         &err);
    for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        random_state = 7;
        run_kind(&kinds[i], analyzer, &segment); /* touches, and so checks, every unit once */
        random_state = 7;
        run_kind(&kinds[i], analyzer, &segment);
    }
    text_index_close(segment.index);
    byte_source_release(source);
}

int main(int argc, char **argv)
{
    struct corpus corpus = {NULL, 1000000, 60, 0};
    struct analyzer_config config;
    struct analyzer *analyzer;
    struct built built;
    inlay_error err;
    inlay_error_init(&err);
    if (argc > 1 && (argv[1][0] < '0' || argv[1][0] > '9')) {
        corpus.file = fopen(argv[1], "r");
        if (corpus.file == NULL) {
            perror(argv[1]);
            return 1;
        }
    } else {
        corpus.left = argc > 1 ? strtoull(argv[1], NULL, 0) : corpus.left;
        corpus.tokens = argc > 2 ? strtoull(argv[2], NULL, 0) : corpus.tokens;
    }
    corpus.room = corpus.file != NULL ? 64 << 10 : corpus.tokens * 32;
    analyzer_config_init(&config);
    must(analyzer_create(&config, &analyzer, &err), &err);
    build(&corpus, analyzer, &built);
    report_build(&built);
    if (corpus.file == NULL) {
        run_queries(&built, analyzer);
    } else {
        (void)fclose(corpus.file);
    }
    buffer_free(&built.body);
    buffer_free(&built.hot);
    analyzer_free(analyzer);
    return 0;
}
