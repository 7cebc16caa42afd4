/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Build and search figures of the vector index, one thread unless told otherwise.
 *
 *   bench_vector FOLDER DIM METRIC [option=value ...]
 *
 * FOLDER is a dataset of bench/vectors (base.f32, queries.f32, truth.i32 with 100 neighbours per
 * query); METRIC is cosine, l2 or ip. Options: rows (of the base; truth is then computed by exact
 * scans of `queries` queries), queries, cell_rows, code_bits, budget (MiB), threads (of the
 * build), recall (a list: 0.9,0.99), k (10 and 100 without), nprobe (instead of recall: a list),
 * filter (50, 10, 1, 0.1: the dataset's allow-P.i32 and truth-P.i32), repeat (each query so often),
 * save and load (the index: FILE.hot and FILE.body).
 */
#include "base/alloc.h"
#include "base/byte_source.h"
#include "base/bytes.h"
#include "base/error.h"
#include "vector/vector_builder.h"
#include "vector/vector_search.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define NEIGHBOURS 100

struct bench {
    struct vector_options options;
    const float *base;
    const float *queries;
    const int32_t *truth; /* NULL: by exact scan */
    size_t rows;
    size_t query_count;
    size_t repeat;
    struct buffer hot;
    struct buffer body;
    struct vector_segment segment;
};

static double seconds_of(clockid_t clock)
{
    struct timespec t;
    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void must(inlay_status status, const inlay_error *err)
{
    if (status != INLAY_OK) {
        (void)fprintf(stderr, "%s\n", err->message);
        exit(1);
    }
}

static const void *map_file(const char *folder, const char *name, size_t *size)
{
    char path[4096];
    struct stat about;
    void *data;
    int fd;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY);
    if (fd < 0 || fstat(fd, &about) != 0) {
        perror(path);
        exit(1);
    }
    *size = (size_t)about.st_size;
    data = mmap(NULL, *size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, fd, 0);
    (void)close(fd);
    return data == MAP_FAILED ? NULL : data;
}

static const void *view_row(void *context, uint32_t row)
{
    const struct bench *bench = context;
    return bench->base + (size_t)row * bench->options.dim;
}

static inlay_status read_rows(void *context, const uint32_t *rows, size_t count, void *out,
                              inlay_error *err)
{
    size_t bytes = ((struct bench *)context)->options.dim * sizeof(float);
    size_t i;
    (void)err;
    for (i = 0; i < count; i++) {
        memcpy((uint8_t *)out + i * bytes, view_row(context, rows[i]), bytes);
    }
    return INLAY_OK;
}

static inlay_status no_nulls(void *context, uint32_t first, uint32_t count, uint64_t *words,
                             inlay_error *err)
{
    (void)context;
    (void)first;
    (void)err;
    memset(words, 0, ((size_t)count + 63) / 64 * 8);
    return INLAY_OK;
}

static void report(void *context, const struct progress_event *event)
{
    (void)context;
    if (event->finished != 0) {
        printf("  %-16s %7.2f s\n", event->stage, (double)event->elapsed_ns * 1e-9);
    }
}

static void build(struct bench *bench)
{
    struct vector_builder *builder;
    struct vector_index_summary summary;
    struct byte_sink sink;
    struct progress progress;
    struct rusage usage;
    inlay_error err;
    double wall = seconds_of(CLOCK_MONOTONIC);
    double cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID);
    size_t i;
    uint32_t laws;
    inlay_error_init(&err);
    progress_init(&progress, report, NULL, env_system(), 1000000000u);
    bench->options.progress = &progress;
    byte_sink_to_buffer(&sink, &bench->body);
    must(vector_builder_create(&bench->options, &builder, &err), &err);
    for (i = 0; i < bench->rows; i++) {
        must(vector_builder_add(builder, (uint32_t)i, bench->base + i * bench->options.dim, &err),
             &err);
    }
    printf("  %-16s %7.2f s\n", "add", seconds_of(CLOCK_MONOTONIC) - wall);
    must(vector_builder_finish(builder, bench->rows, &sink, &bench->hot, &summary, &err), &err);
    vector_builder_free(builder);
    progress_destroy(&progress);
    wall = seconds_of(CLOCK_MONOTONIC) - wall;
    cpu = seconds_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    (void)getrusage(RUSAGE_SELF, &usage);
    printf("build: %.2f s wall, %.2f s processor; %u cells in %u groups; body %.1f, hot %.2f bytes "
           "a vector; peak memory %ld MiB (input and output included)\n",
           wall, cpu, summary.cells, summary.groups,
           (double)summary.body_length / (double)bench->rows,
           (double)bench->hot.len / (double)bench->rows, usage.ru_maxrss / 1024);
    laws = load_u32(bench->hot.data + 80);
    for (i = 0; i < laws; i++) {
        const uint8_t *law = bench->hot.data + 88 + 16 * i;
        printf("  law %.3f k %3u: margin %.4f, %u cells\n", (double)load_f32(law),
               load_u32(law + 4), (double)load_f32(law + 8), load_u32(law + 12));
    }
}

static void keep_file(const char *name, const char *suffix, struct buffer *buffer, bool load)
{
    char path[4096];
    FILE *file;
    uint8_t block[1 << 16];
    size_t n;
    (void)snprintf(path, sizeof(path), "%s.%s", name, suffix);
    file = fopen(path, load ? "rb" : "wb");
    if (file == NULL) {
        perror(path);
        exit(1);
    }
    while (load && (n = fread(block, 1, sizeof(block), file)) != 0) {
        buffer_append(buffer, block, n);
    }
    if (!load && fwrite(buffer->data, 1, buffer->len, file) != buffer->len) {
        perror(path);
    }
    (void)fclose(file);
}

/* Exact distances of the k-th neighbours. */
static float *limits(struct bench *bench, size_t k)
{
    struct vector_search_options options;
    float *out = malloc(bench->query_count * sizeof(*out));
    inlay_error err;
    size_t q;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    options.exact = true;
    options.k = k;
    for (q = 0; q < bench->query_count; q++) {
        struct vector_hit *hits;
        size_t count;
        must(vector_search(bench->queries + q * bench->options.dim, &bench->segment, 1, &options,
                           &hits, &count, NULL, &err),
             &err);
        out[q] = hits[count - 1].distance;
        mem_free(hits);
    }
    return out;
}

static bool is_true(const struct bench *bench, size_t query, size_t k, const struct vector_hit *hit,
                    const float *limit)
{
    size_t i;
    if (bench->truth == NULL) {
        return hit->distance <= limit[query] + 1e-6f * fabsf(limit[query]);
    }
    for (i = 0; i < k; i++) {
        if (bench->truth[query * NEIGHBOURS + i] == (int32_t)hit->row) {
            return true;
        }
    }
    return false;
}

/* `asked` is a recall, or from 1 on a number of cells. */
static void search(struct bench *bench, size_t k, double asked, const float *limit)
{
    struct vector_search_options options;
    struct vector_search_cost total = {0};
    inlay_error err;
    double cpu = 0;
    size_t found = 0;
    size_t q;
    size_t i;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    options.k = k;
    options.recall = asked < 1 ? asked : options.recall;
    options.nprobe = asked < 1 ? 0 : (uint32_t)asked;
    for (q = 0; q < bench->query_count * bench->repeat; q++) {
        size_t query = q / bench->repeat;
        struct vector_search_cost cost = {0};
        struct vector_hit *hits;
        size_t count;
        double start = seconds_of(CLOCK_THREAD_CPUTIME_ID);
        must(vector_search(bench->queries + query * bench->options.dim, &bench->segment, 1,
                           &options, &hits, &count, &cost, &err),
             &err);
        cpu += seconds_of(CLOCK_THREAD_CPUTIME_ID) - start;
        for (i = 0; i < count; i++) {
            found += is_true(bench, query, k, &hits[i], limit);
        }
        total.cells_probed += cost.cells_probed;
        total.rows_scanned += cost.rows_scanned;
        total.rows_refined += cost.rows_refined;
        total.rows_reranked += cost.rows_reranked;
        mem_free(hits);
    }
    {
        double n = (double)(bench->query_count * bench->repeat);
        printf("k %3zu asked %.3f: recall %.4f, %.0f queries a second; a query: %.1f cells, %.0f "
               "rows scanned, %.0f refined, %.1f reranked\n",
               k, asked, (double)found / (n * (double)k), n / cpu, (double)total.cells_probed / n,
               (double)total.rows_scanned / n, (double)total.rows_refined / n,
               (double)total.rows_reranked / n);
    }
}

/* `only` 0: k = 10 and 100. */
static void search_all(struct bench *bench, const char *recalls, size_t only)
{
    const size_t ks[] = {only != 0 ? only : 10, 100};
    struct byte_source *source;
    inlay_error err;
    size_t i;
    inlay_error_init(&err);
    must(byte_source_from_memory(bench->body.data, bench->body.len, 0, "body", &source, &err),
         &err);
    must(vector_index_open(bench->hot.data, bench->hot.len, source, 0, bench->body.len,
                           &bench->segment.index, &err),
         &err);
    byte_source_release(source);
    bench->segment.rows.view = view_row;
    bench->segment.rows.read = read_rows;
    bench->segment.rows.nulls = no_nulls;
    bench->segment.rows.context = bench;
    for (i = 0; i < (only != 0 ? 1 : 2); i++) {
        float *limit = bench->truth == NULL ? limits(bench, ks[i]) : NULL;
        const char *at = recalls;
        while (*at != 0) {
            char *end;
            search(bench, ks[i], strtod(at, &end), limit);
            at = *end == ',' ? end + 1 : end;
        }
        free(limit);
    }
    vector_index_close(bench->segment.index);
}

static const char *option(int argc, char **argv, const char *name, const char *fallback)
{
    size_t length = strlen(name);
    int i;
    for (i = 4; i < argc; i++) {
        if (strncmp(argv[i], name, length) == 0 && argv[i][length] == '=') {
            return argv[i] + length + 1;
        }
    }
    return fallback;
}

/* Only the dataset's set of this name may be hits. */
static void take_filter(struct bench *bench, const char *folder, const char *filter)
{
    struct rowset *allowed;
    const uint32_t *rows;
    char name[64];
    size_t size;
    inlay_error err;
    inlay_error_init(&err);
    if (filter == NULL) {
        return;
    }
    (void)snprintf(name, sizeof(name), "allow-%s.i32", filter);
    rows = map_file(folder, name, &size);
    must(rowset_create(&allowed, &err), &err);
    rowset_add_many(allowed, rows, size / sizeof(*rows));
    bench->segment.allowed = allowed;
    (void)snprintf(name, sizeof(name), "truth-%s.i32", filter);
    bench->truth = map_file(folder, name, &size);
}

static size_t number(int argc, char **argv, const char *name, size_t fallback)
{
    const char *text = option(argc, argv, name, NULL);
    return text != NULL ? strtoul(text, NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    inlay_error err;
    size_t size;
    size_t row_bytes;
    size_t threads;
    inlay_error_init(&err);
    if (argc < 4) {
        (void)fprintf(stderr, "usage: bench_vector FOLDER DIM cosine|l2|ip [option=value ...]\n");
        return 2;
    }
    vector_options_init(&bench.options);
    bench.options.dim = (uint32_t)strtoul(argv[2], NULL, 10);
    bench.options.metric = argv[3][0] == 'c'   ? VECTOR_COSINE
                           : argv[3][0] == 'l' ? VECTOR_L2
                                               : VECTOR_INNER_PRODUCT;
    row_bytes = bench.options.dim * sizeof(float);
    bench.base = map_file(argv[1], "base.f32", &size);
    bench.rows = number(argc, argv, "rows", size / row_bytes);
    bench.truth = bench.rows == size / row_bytes ? map_file(argv[1], "truth.i32", &size) : NULL;
    bench.queries = map_file(argv[1], "queries.f32", &size);
    bench.query_count = number(argc, argv, "queries", size / row_bytes);
    bench.repeat = number(argc, argv, "repeat", 1);
    bench.options.cell_rows = (uint32_t)number(argc, argv, "cell_rows", 0);
    bench.options.code_bits = (unsigned)number(argc, argv, "code_bits", 4);
    bench.options.memory_budget = number(argc, argv, "budget", 0) << 20;
    threads = number(argc, argv, "threads", 0);
    if (threads != 0) {
        must(exec_pool_create((unsigned)threads, &bench.options.pool, &err), &err);
    }
    buffer_init(&bench.hot, SIZE_MAX);
    buffer_init(&bench.body, SIZE_MAX);
    if (option(argc, argv, "load", NULL) != NULL) {
        keep_file(option(argc, argv, "load", NULL), "hot", &bench.hot, true);
        keep_file(option(argc, argv, "load", NULL), "body", &bench.body, true);
    } else {
        build(&bench);
    }
    if (option(argc, argv, "save", NULL) != NULL) {
        keep_file(option(argc, argv, "save", NULL), "hot", &bench.hot, false);
        keep_file(option(argc, argv, "save", NULL), "body", &bench.body, false);
    }
    take_filter(&bench, argv[1], option(argc, argv, "filter", NULL));
    search_all(&bench,
               option(argc, argv, "nprobe", option(argc, argv, "recall", "0.9,0.95,0.99,0.995")),
               number(argc, argv, "k", 0));
    exec_pool_destroy(bench.options.pool);
    buffer_free(&bench.hot);
    buffer_free(&bench.body);
    return 0;
}
