/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector search on a dataset of bench/vectors: build, recall beside every latency, filters.
 * Searches go through the public functions and return _id and distance; filtered ones go to the
 * engine with row sets, as SQL predicates will. JSON lines as bench/vectors/README.md says.
 */
#include "base/error.h"
#include "base/json.h"
#include "bench/bench.h"
#include "cache/mmap_source.h"
#include "columnar/builder.h"
#include "columnar/stream.h"
#include "superfile/superfile.h"
#include "vector/vector_search.h"

#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { K_MAX = 100, BATCH_ROWS = 2048, TEXT_SIZE = 512, FILTERS = 4 };
#define FIGURE_SECONDS 1.5
#define PUBLIC "inlay"
#define TUNED "inlay, tuned"    /* asked for the least recall that gives it */
#define INNER "inlay, row sets" /* below the public functions */

static const char *const filter_names[FILTERS] = {"50", "10", "1", "0.1"};

struct dataset {
    const char *folder;
    char name[64];
    char metric[16];
    uint64_t rows;
    uint64_t queries;
    uint64_t neighbours;
    int dim;
    const float *base;
    const float *query;
    const int32_t *truth;
    uint64_t superfiles; /* that it is written as, about */
};

static const void *map_file(const char *folder, const char *name, size_t *size)
{
    char path[PATH_SIZE];
    struct stat info;
    void *data;
    int fd;
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    bench_check(fd >= 0 && fstat(fd, &info) == 0, "%s cannot be opened", path);
    data = mmap(NULL, (size_t)info.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    bench_check(data != MAP_FAILED, "%s cannot be mapped", path);
    (void)close(fd);
    *size = (size_t)info.st_size;
    return data;
}

static void read_meta(struct dataset *set)
{
    size_t size;
    const void *text = map_file(set->folder, "meta.json", &size);
    const char *name;
    const char *metric;
    uint64_t dim;
    struct json *meta;
    inlay_error err;
    inlay_error_init(&err);
    must(json_parse(text, size, size + 1, 0, &meta, &err), &err);
    must(json_get_string(meta, "name", &name, NULL, &err), &err);
    must(json_get_string(meta, "metric", &metric, NULL, &err), &err);
    must(json_get_u64(meta, "rows", &set->rows, &err), &err);
    must(json_get_u64(meta, "queries", &set->queries, &err), &err);
    must(json_get_u64(meta, "neighbours", &set->neighbours, &err), &err);
    must(json_get_u64(meta, "dim", &dim, &err), &err);
    set->dim = (int)dim;
    (void)snprintf(set->name, sizeof(set->name), "%s", name);
    (void)snprintf(set->metric, sizeof(set->metric), "%s", metric);
    json_free(meta);
}

static void open_dataset(const char *folder, struct dataset *set)
{
    size_t size;
    memset(set, 0, sizeof(*set));
    set->folder = folder;
    read_meta(set);
    set->base = map_file(folder, "base.f32", &size);
    bench_check(size == set->rows * (size_t)set->dim * 4, "base.f32 has another size");
    set->query = map_file(folder, "queries.f32", &size);
    set->truth = map_file(folder, "truth.i32", &size);
}

/* ---- building ---- */

struct producer {
    const struct dataset *set;
    const struct schema *schema;
    uint64_t row;
};

static void make_schema(const struct dataset *set, struct schema *schema)
{
    struct field *field;
    memset(schema, 0, sizeof(*schema));
    field = schema_add(schema, "embedding", COLUMN_FIXED_LIST, true);
    field->width = set->dim;
    (void)field_add_child(field, "item", COLUMN_FLOAT32, true);
}

static inlay_status next_batch(void *context, struct ArrowArray *out, inlay_error *err)
{
    struct producer *p = context;
    struct builder *builder;
    uint64_t part = p->set->rows / p->set->superfiles + 1;
    uint64_t rows = part < BATCH_ROWS ? part : BATCH_ROWS;
    uint64_t end = p->row + rows < p->set->rows ? p->row + rows : p->set->rows;
    memset(out, 0, sizeof(*out));
    if (p->row == end) {
        return INLAY_OK;
    }
    INLAY_TRY(builder_new_batch(p->schema, UINT64_MAX, &builder, err));
    for (; p->row < end; p->row++) {
        struct builder *list = builder_child(builder, 0);
        const float *vector = p->set->base + p->row * (size_t)p->set->dim;
        int d;
        for (d = 0; d < p->set->dim; d++) {
            INLAY_TRY(builder_float(builder_child(list, 0), (double)vector[d], err));
        }
        INLAY_TRY(builder_close_row(list, err));
        INLAY_TRY(builder_close_row(builder, err));
    }
    INLAY_TRY(builder_finish(builder, out, err));
    builder_free(builder);
    return INLAY_OK;
}

static void line(const struct dataset *set, const char *engine, const char *name, const char *unit,
                 double value, const char *more)
{
    double load = 0;
    (void)getloadavg(&load, 1);
    (void)printf("{\"engine\": \"%s\", \"suite\": \"vectors\", \"dataset\": \"%s\", \"name\": "
                 "\"%s\", \"unit\": \"%s\", \"p50\": %.3f, %s, \"load\": %.2f}\n",
                 engine, set->name, name, unit, value, more, load);
    (void)fflush(stdout);
}

static inlay_table *create(const struct dataset *set, inlay_connection *connection)
{
    inlay_vector_index index;
    inlay_table_options options;
    struct ArrowSchema arrow;
    struct schema schema;
    inlay_table *table = NULL;
    inlay_error err;
    inlay_error_init(&err);
    inlay_vector_index_init(&index);
    index.column = "embedding";
    index.metric = set->metric;
    inlay_table_options_init(&options);
    options.vector_indexes = &index;
    options.vector_index_count = 1;
    make_schema(set, &schema);
    must(schema_to_arrow(&schema, &arrow, &err), &err);
    must(inlay_create_table(connection, BENCH_TABLE, &arrow, &options, &table, &err), &err);
    arrow.release(&arrow);
    schema_free(&schema);
    return table;
}

/* One append into so many superfiles. */
static void build(const struct dataset *set, inlay_table *table)
{
    struct schema schema;
    struct producer producer = {set, &schema, 0};
    struct stream_producer calls = {next_batch, NULL, &producer};
    struct ArrowArrayStream stream;
    inlay_append_options options;
    inlay_append_result result;
    char more[TEXT_SIZE];
    double wall;
    double cpu;
    inlay_error err;
    inlay_error_init(&err);
    inlay_append_options_init(&options);
    options.target_superfile_bytes =
        set->superfiles == 1 ? (uint64_t)1 << 40
                             : set->rows * (uint64_t)set->dim * sizeof(float) / set->superfiles;
    make_schema(set, &schema);
    must(stream_export(&schema, &calls, &stream, &err), &err);
    wall = wall_seconds();
    cpu = cpu_seconds();
    must(inlay_table_append(table, &stream, &options, &result, &err), &err);
    wall = wall_seconds() - wall;
    cpu = cpu_seconds() - cpu;
    bench_check((set->superfiles != 1 || result.superfiles == 1) && result.rows == set->rows,
                "not one superfile");
    (void)snprintf(more, sizeof(more), "\"setting\": \"%llu superfile%s\", \"check\": \"%llu\"",
                   (unsigned long long)result.superfiles, result.superfiles == 1 ? "" : "s",
                   (unsigned long long)set->rows);
    line(set, PUBLIC, "build, wall", "s", wall, more);
    line(set, PUBLIC, "build, processor", "s", cpu, more);
    line(set, PUBLIC, "peak memory of building", "MiB", process_memory("VmHWM"), more);
    line(set, PUBLIC, "bytes a vector on disk", "B", (double)result.bytes / (double)set->rows,
         more);
    schema_free(&schema);
}

/* ---- recall ---- */

static double true_distance(const struct dataset *set, size_t query, int32_t row)
{
    const float *q = set->query + query * (size_t)set->dim;
    const float *x = set->base + (size_t)row * (size_t)set->dim;
    double dot = 0;
    double qq = 0;
    double xx = 0;
    double l2 = 0;
    int d;
    for (d = 0; d < set->dim; d++) {
        double difference = (double)q[d] - (double)x[d];
        dot += (double)q[d] * (double)x[d];
        qq += (double)q[d] * (double)q[d];
        xx += (double)x[d] * (double)x[d];
        l2 += difference * difference;
    }
    return strcmp(set->metric, "l2") == 0 ? l2 : 1 - dot / sqrt(qq * xx);
}

/* A found row counts when it is one of the k nearest or as near as the k-th. */
static double recall_of(const struct dataset *set, const int32_t *truth, size_t query, size_t k,
                        const int32_t *found, size_t count)
{
    const int32_t *nearest = truth + query * set->neighbours;
    size_t wanted = 0;
    size_t hits = 0;
    size_t i;
    size_t j;
    while (wanted < k && nearest[wanted] >= 0) {
        wanted++;
    }
    for (i = 0; i < count && wanted > 0; i++) {
        for (j = 0; j < wanted && nearest[j] != found[i]; j++) {
        }
        hits += j < wanted || true_distance(set, query, found[i]) <=
                                  true_distance(set, query, nearest[wanted - 1]) * (1 + 1e-9);
    }
    hits = hits < wanted ? hits : wanted;
    return wanted == 0 ? 1 : (double)hits / (double)wanted;
}

/* ---- searching ---- */

struct runner {
    const struct dataset *set;
    /* Fills `found` with at most k rows. */
    size_t (*search)(struct runner *runner, size_t query, size_t k, int32_t *found);
    inlay_table *table;
    struct superfile *file; /* the table's only one; NULL: there are many */
    struct id128 *ids;      /* of all rows, in order */
    double recall;          /* asked; 0 = default */
    bool tuned;             /* it was chosen to reach the target */
    struct vector_segment segment;
    const struct rowset *allowed;
    const uint64_t *allowed_words;  /* the same; kept beside the set, as filters of SQL are */
    struct vector_search_cost cost; /* of all searches */
};

/* Ids ascend with the rows. */
static int by_id(const void *a, const void *b)
{
    const struct id128 *x = a;
    const struct id128 *y = b;
    return x->hi != y->hi ? (x->hi > y->hi) - (x->hi < y->hi) : (x->lo > y->lo) - (x->lo < y->lo);
}

static void read_ids(struct runner *runner, inlay_connection *connection)
{
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    size_t count = 0;
    inlay_error err;
    inlay_error_init(&err);
    runner->ids = calloc(runner->set->rows, sizeof(*runner->ids));
    must(inlay_query_sql(connection, "SELECT _id FROM " BENCH_TABLE, NULL, 0, NULL, &stream, NULL,
                         &err),
         &err);
    while (stream.get_next(&stream, &batch) == 0 && batch.release != NULL) {
        const uint64_t *ids = batch.children[0]->buffers[1];
        int64_t i;
        for (i = 0; i < batch.length; i++) {
            runner->ids[count++] = (struct id128){ids[2 * i + 1], ids[2 * i]};
        }
        batch.release(&batch);
    }
    stream.release(&stream);
    bench_check(count == runner->set->rows, "%zu ids", count);
    qsort(runner->ids, count, sizeof(*runner->ids), by_id);
}

static int32_t row_of(const struct runner *runner, struct id128 id)
{
    const struct id128 *found =
        bsearch(&id, runner->ids, runner->set->rows, sizeof(*runner->ids), by_id);
    bench_check(found != NULL, "a hit has an unknown _id");
    return (int32_t)(found - runner->ids);
}

static size_t search_table(struct runner *runner, size_t query, size_t k, int32_t *found)
{
    static const char *const no_columns[] = {"_id"};
    inlay_vector_options options;
    struct ArrowArrayStream stream;
    struct ArrowArray batch;
    size_t count = 0;
    inlay_error err;
    inlay_error_init(&err);
    inlay_vector_options_init(&options);
    options.k = k;
    options.recall = runner->recall != 0 ? runner->recall : options.recall;
    options.columns = no_columns;
    options.column_count = 1;
    must(inlay_vector_search(runner->table, "embedding",
                             runner->set->query + query * (size_t)runner->set->dim,
                             (size_t)runner->set->dim, &options, &stream, NULL, &err),
         &err);
    while (stream.get_next(&stream, &batch) == 0 && batch.release != NULL) {
        const uint64_t *ids = batch.children[0]->buffers[1];
        int64_t i;
        for (i = 0; i < batch.length; i++) {
            struct id128 id = {ids[2 * i + 1], ids[2 * i]};
            found[count++] = row_of(runner, id);
        }
        batch.release(&batch);
    }
    stream.release(&stream);
    return count;
}

static size_t search_engine(struct runner *runner, size_t query, size_t k, int32_t *found)
{
    struct vector_search_options options;
    struct vector_search_cost cost = {0};
    struct vector_segment segment = runner->segment;
    struct vector_hit *hits;
    size_t count;
    size_t i;
    inlay_error err;
    inlay_error_init(&err);
    vector_search_options_init(&options);
    options.k = k;
    options.recall = runner->recall != 0 ? runner->recall : options.recall;
    segment.allowed = runner->allowed;
    segment.allowed_words = runner->allowed_words;
    must(vector_search(runner->set->query + query * (size_t)runner->set->dim, &segment, 1, &options,
                       &hits, &count, &cost, &err),
         &err);
    for (i = 0; i < count; i++) {
        found[i] = (int32_t)hits[i].row;
    }
    runner->cost.cells_probed += cost.cells_probed;
    runner->cost.rows_scanned += cost.rows_scanned;
    runner->cost.rows_refined += cost.rows_refined;
    runner->cost.rows_reranked += cost.rows_reranked;
    free(hits);
    return count;
}

/* All queries one by one, again while time lasts; one line. */
static void measure(struct runner *runner, const int32_t *truth, size_t k, const char *target,
                    const char *filter)
{
    static struct samples samples;
    const struct dataset *set = runner->set;
    int32_t found[K_MAX];
    char more[TEXT_SIZE];
    double recall = 0;
    double cpu = 0;
    size_t runs = 0;
    double begin = wall_seconds();
    samples.count = 0;
    memset(&runner->cost, 0, sizeof(runner->cost));
    while (runs < set->queries || wall_seconds() - begin < FIGURE_SECONDS) {
        size_t query = runs % set->queries;
        double wall = wall_seconds();
        double start = cpu_seconds();
        size_t count = runner->search(runner, query, k, found);
        cpu += cpu_seconds() - start;
        wall = wall_seconds() - wall;
        if (samples.count < SAMPLES_MAX) {
            samples_add(&samples, wall * 1e6);
        }
        if (runs < set->queries) {
            recall += recall_of(set, truth, query, k, found, count);
        }
        runs++;
    }
    (void)snprintf(more, sizeof(more),
                   "\"p95\": %.1f, \"best\": %.1f, \"cpu\": %.1f, \"qps\": %.1f, \"n\": %zu, "
                   "\"k\": %zu, \"target\": %s, \"recall\": %.4f, \"filter\": \"%s\", \"threads\": "
                   "1, \"setting\": {\"cells\": %.1f, \"scanned\": %.0f, \"refined\": %.0f, "
                   "\"reranked\": %.1f}",
                   samples_quantile(&samples, 0.95), samples_quantile(&samples, 0),
                   cpu * 1e6 / (double)runs, (double)runs / cpu, runs, k, target,
                   recall / (double)set->queries, filter,
                   (double)runner->cost.cells_probed / (double)runs,
                   (double)runner->cost.rows_scanned / (double)runs,
                   (double)runner->cost.rows_refined / (double)runs,
                   (double)runner->cost.rows_reranked / (double)runs);
    line(set,
         runner->search == search_engine ? INNER
         : runner->tuned                 ? TUNED
                                         : PUBLIC,
         "search", "us", samples_quantile(&samples, 0.5), more);
}

/* The least recall to ask for that gives the target on all queries, as the peers are tuned. */
static void measure_tuned(struct runner *runner, size_t k, double target, const char *label)
{
    static const double asks[] = {0.80, 0.83, 0.86, 0.88,  0.90, 0.92,  0.94, 0.95,
                                  0.96, 0.97, 0.98, 0.985, 0.99, 0.995, 0.999};
    const struct dataset *set = runner->set;
    int32_t found[K_MAX];
    size_t i;
    for (i = 0; i < sizeof(asks) / sizeof(asks[0]); i++) {
        double recall = 0;
        size_t query;
        runner->recall = asks[i];
        for (query = 0; query < set->queries; query++) {
            size_t count = runner->search(runner, query, k, found);
            recall += recall_of(set, set->truth, query, k, found, count);
        }
        if (recall / (double)set->queries >= target) {
            runner->tuned = true;
            measure(runner, set->truth, k, label, "");
            runner->tuned = false;
            return;
        }
    }
}

static void measure_filters(struct runner *runner)
{
    const struct dataset *set = runner->set;
    size_t i;
    for (i = 0; i < FILTERS; i++) {
        char name[32];
        size_t size;
        size_t truth_size;
        struct rowset *allowed;
        const uint32_t *rows;
        const int32_t *truth;
        uint64_t *words;
        inlay_error err;
        inlay_error_init(&err);
        (void)snprintf(name, sizeof(name), "allow-%s.i32", filter_names[i]);
        rows = map_file(set->folder, name, &size);
        (void)snprintf(name, sizeof(name), "truth-%s.i32", filter_names[i]);
        truth = map_file(set->folder, name, &truth_size);
        must(rowset_create(&allowed, &err), &err);
        rowset_add_many(allowed, rows, size / 4);
        words = calloc((size_t)set->rows / 64 + 1, sizeof(*words));
        rowset_fill_words(allowed, 0, set->rows, words);
        runner->allowed = allowed;
        runner->allowed_words = words;
        measure(runner, truth, 10, "\"default\"", filter_names[i]);
        rowset_free(allowed);
        free(words);
    }
    runner->allowed = NULL;
    runner->allowed_words = NULL;
}

static void measure_batch(struct runner *runner, unsigned threads)
{
    static const char *const columns[] = {"_id"};
    const struct dataset *set = runner->set;
    inlay_vector_options options;
    struct ArrowArrayStream stream;
    struct stream_content content;
    char more[TEXT_SIZE];
    double wall = 0;
    size_t runs = 0;
    inlay_error err;
    inlay_error_init(&err);
    inlay_vector_options_init(&options);
    options.columns = columns;
    options.column_count = 1;
    while (wall < FIGURE_SECONDS) {
        double start = wall_seconds();
        must(inlay_vector_search_batch(runner->table, "embedding", set->query, set->queries,
                                       (size_t)set->dim, &options, &stream, NULL, &err),
             &err);
        bench_drain(&stream, &content);
        wall += wall_seconds() - start;
        runs++;
    }
    (void)snprintf(more, sizeof(more),
                   "\"best\": %.1f, \"n\": %zu, \"k\": 10, \"target\": \"default\", \"recall\": 0, "
                   "\"filter\": \"\", \"threads\": %u, \"setting\": {}",
                   (double)(runs * set->queries) / wall, runs * (size_t)set->queries, threads);
    line(set, PUBLIC, "batch", "1/s", (double)(runs * set->queries) / wall, more);
}

/* The engine below the public functions, with row sets as filters. */
static void measure_superfile(struct runner *runner)
{
    inlay_error err;
    inlay_error_init(&err);
    runner->segment.index = superfile_vector(runner->file, "embedding");
    must(superfile_vector_rows(runner->file, "embedding", &runner->segment.rows, &err), &err);
    runner->search = search_engine;
    runner->recall = 0;
    measure(runner, runner->set->truth, 10, "\"default\"", "");
    measure_filters(runner);
}

void suite_vectors(const char *dataset_folder, const char *work_folder, uint64_t superfiles)
{
    struct bench bench = {.folder = work_folder, .threads = 1};
    struct dataset set;
    struct runner runner = {.set = &set, .search = search_table};
    struct superfile_place place;
    struct byte_source *source;
    inlay_connection *connection;
    inlay_table *table;
    inlay_error err;
    inlay_error_init(&err);
    bench.threads = (unsigned)sysconf(_SC_NPROCESSORS_ONLN);
    open_dataset(dataset_folder, &set);
    connection = bench_connect(&bench);
    table = create(&set, connection);
    set.superfiles = superfiles;
    build(&set, table);
    read_ids(&runner, connection);
    runner.table = table;
    runner.recall = 0;
    measure(&runner, set.truth, 10, "\"default\"", "");
    measure(&runner, set.truth, 100, "\"default\"", "");
    runner.recall = 0.95;
    measure(&runner, set.truth, 10, "0.95", "");
    measure(&runner, set.truth, 100, "0.95", "");
    runner.recall = 0.99;
    measure(&runner, set.truth, 10, "0.99", "");
    measure(&runner, set.truth, 100, "0.99", "");
    measure_tuned(&runner, 10, 0.95, "0.95");
    measure_tuned(&runner, 10, 0.99, "0.99");
    measure_tuned(&runner, 100, 0.95, "0.95");
    measure_tuned(&runner, 100, 0.99, "0.99");
    if (superfiles == 1) {
        place = bench_superfile(&bench, table);
        must(mmap_source_open(place.path, NULL, place.bytes, MMAP_RANDOM, NULL, &source, &err),
             &err);
        must(superfile_open(source, 0, &runner.file, &err), &err);
        measure_superfile(&runner);
        superfile_release(runner.file);
        byte_source_release(source);
    }
    measure_batch(&runner, bench.threads);
    free(runner.ids);
    inlay_table_close(table);
    inlay_close(connection);
}
