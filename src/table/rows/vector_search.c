/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/vector_search.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/view_files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HYBRID_LEAST_DEPTH 100
#define HYBRID_DEPTH_FACTOR 10

static inlay_status no_index(const struct typed_table *table, const char *column, inlay_error *err)
{
    char names[256] = "";
    size_t used = 0;
    size_t count;
    size_t i;
    const struct typed_vector_index *vectors = typed_table_vectors(table, &count);
    for (i = 0; i < count && used + 1 < sizeof(names); i++) {
        int wrote = snprintf(names + used, sizeof(names) - used, "%s\"%s\"", i != 0 ? ", " : "",
                             vectors[i].column);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    error_set(err, INLAY_INVALID_ARGUMENT,
              "column \"%s\" has no vector index; columns with one: %s", column,
              count != 0 ? names : "none");
    error_key(err, column);
    return INLAY_INVALID_ARGUMENT;
}

inlay_status table_check_vectors(const struct typed_table *table, const char *column,
                                 const float *vectors, size_t count, size_t dim, inlay_error *err)
{
    const struct schema *columns = typed_table_columns(table);
    ptrdiff_t at = schema_find(columns, column);
    size_t i;
    if (at < 0 || typed_table_vector(table, column) == NULL) {
        return no_index(table, column, err);
    }
    if (dim != (size_t)columns->fields[at].width) {
        error_set(err, INLAY_INVALID_ARGUMENT,
                  "column \"%s\" has vectors of %d elements, the query has %zu", column,
                  (int)columns->fields[at].width, dim);
        error_key(err, column);
        return INLAY_INVALID_ARGUMENT;
    }
    for (i = 0; i < count * dim; i++) {
        if (!isfinite(vectors[i])) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "query vector %zu: element %zu is not a finite number", i / dim,
                             i % dim);
        }
    }
    return INLAY_OK;
}

/* The superfiles of a view as segments of one search. */
struct segments {
    struct view_files files;
    struct vector_segment *items; /* owned */
    size_t count;
};

static void segments_free(struct segments *segments)
{
    view_files_close(&segments->files);
    mem_free(segments->items);
}

static inlay_status segments_open(struct table_view *view, const char *column,
                                  const struct row_filter *filter, struct segments *segments,
                                  inlay_error *err)
{
    size_t i;
    memset(segments, 0, sizeof(*segments));
    INLAY_TRY(view_files_open(view, &segments->files, err));
    segments->count = segments->files.count;
    segments->items = mem_zalloc_array(segments->count, sizeof(*segments->items));
    if (segments->items == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < segments->count; i++) {
        struct superfile *file = segments->files.files[i];
        struct vector_segment *segment = &segments->items[i];
        segment->index = superfile_vector(file, column);
        if (segment->index == NULL) {
            return view_file_lacks(file, "vector", column, err);
        }
        segment->row_id = view_file_id;
        segment->context = file;
        segment->allowed = row_filter_entry(filter, i);
        segment->allowed_words = row_filter_words(filter, i);
        INLAY_TRY(superfile_vector_rows(file, column, &segment->rows, err));
    }
    return INLAY_OK;
}

static inlay_status take_hits(const struct vector_hit *found, size_t count, uint64_t offset,
                              struct table_hit **hits, size_t *hit_count, inlay_error *err)
{
    size_t first = offset < count ? (size_t)offset : count;
    size_t i;
    *hits = mem_zalloc_array(count - first, sizeof(**hits));
    if (*hits == NULL) {
        return error_no_memory(err);
    }
    *hit_count = count - first;
    for (i = first; i < count; i++) {
        struct table_hit *hit = &(*hits)[i - first];
        hit->place.entry = found[i].segment;
        hit->place.row = found[i].row;
        hit->id = found[i].id;
        hit->score = found[i].distance;
    }
    return INLAY_OK;
}

inlay_status table_vector_search(struct table_view *view, const char *column, const float *query,
                                 const struct row_filter *filter, uint64_t offset,
                                 const struct vector_search_options *options,
                                 struct table_hit **hits, size_t *count,
                                 struct vector_search_cost *cost, inlay_error *err)
{
    struct vector_search_options deeper = *options;
    struct segments segments;
    struct vector_hit *found = NULL;
    size_t found_count = 0;
    inlay_status status;
    *hits = NULL;
    *count = 0;
    if (options->k == SEARCH_ALL) {
        deeper.k = (size_t)table_view_rows(view);
    } else {
        INLAY_TRY(search_depth_check(options->k, offset, err));
        deeper.k = options->k + (size_t)offset;
    }
    status = segments_open(view, column, filter, &segments, err);
    if (status == INLAY_OK) {
        status = vector_search(query, segments.items, segments.count, &deeper, &found, &found_count,
                               cost, err);
    }
    if (status == INLAY_OK) {
        status = take_hits(found, found_count, offset, hits, count, err);
    }
    mem_free(found);
    segments_free(&segments);
    return status;
}

static inlay_status take_all(struct vector_hit *const *found, const size_t *found_counts,
                             size_t query_count, uint64_t offset, struct table_hit **hits,
                             size_t *counts, inlay_error *err)
{
    size_t i;
    for (i = 0; i < query_count; i++) {
        INLAY_TRY(take_hits(found[i], found_counts[i], offset, &hits[i], &counts[i], err));
    }
    return INLAY_OK;
}

inlay_status table_vector_search_batch(struct table_view *view, const char *column,
                                       const float *queries, size_t query_count,
                                       const struct row_filter *filter, uint64_t offset,
                                       const struct vector_search_options *options,
                                       struct table_hit **hits, size_t *counts, inlay_error *err)
{
    struct vector_search_options deeper = *options;
    struct segments segments = {0};
    struct vector_hit **found;
    size_t *found_counts;
    inlay_status status;
    size_t i;
    memset(hits, 0, query_count * sizeof(struct table_hit *));
    memset(counts, 0, query_count * sizeof(*counts));
    INLAY_TRY(search_depth_check(options->k, offset, err));
    deeper.k = options->k + (size_t)offset;
    found = mem_zalloc_array(query_count, sizeof(struct vector_hit *));
    found_counts = mem_zalloc_array(query_count, sizeof(*found_counts));
    status = found != NULL && found_counts != NULL
                 ? segments_open(view, column, filter, &segments, err)
                 : error_no_memory(err);
    if (status == INLAY_OK) {
        status = vector_search_batch(queries, query_count, segments.items, segments.count, &deeper,
                                     found, found_counts, err);
    }
    if (status == INLAY_OK) {
        status = take_all(found, found_counts, query_count, offset, hits, counts, err);
    }
    for (i = 0; i < query_count && found != NULL; i++) {
        mem_free(found[i]);
    }
    mem_free(found);
    mem_free(found_counts);
    segments_free(&segments);
    return status;
}

static uint64_t hybrid_depth(const struct hybrid_options *options)
{
    uint64_t wanted = options->k + options->offset;
    uint64_t depth = options->depth;
    if (depth == SEARCH_ALL || options->k == SEARCH_ALL) {
        return depth != 0 ? depth : SEARCH_ALL;
    }
    if (depth == 0) {
        depth = HYBRID_DEPTH_FACTOR * wanted;
        depth = depth > HYBRID_LEAST_DEPTH ? depth : HYBRID_LEAST_DEPTH;
    }
    depth = depth > wanted ? depth : wanted;
    return depth < SEARCH_DEPTH_MAX ? depth : SEARCH_DEPTH_MAX;
}

/* Keeps [offset, offset + k) of the fused hits. */
static void cut(struct fused_hit *hits, size_t *count, uint64_t offset, uint64_t k)
{
    size_t first = offset < *count ? (size_t)offset : *count;
    size_t left = *count - first;
    *count = k < left ? (size_t)k : left;
    memmove(hits, hits + first, *count * sizeof(*hits));
}

inlay_status table_hybrid_search(struct table_view *view, const char *text_column,
                                 const struct text_query *query, const char *vector_column,
                                 const float *vector, const struct row_filter *filter,
                                 const struct hybrid_options *options, struct fused_hit **hits,
                                 size_t *count, inlay_error *err)
{
    struct vector_search_options vector_options = options->vector;
    struct table_hit *texts = NULL;
    struct table_hit *vectors = NULL;
    size_t text_count = 0;
    size_t vector_count = 0;
    inlay_status status;
    *hits = NULL;
    *count = 0;
    INLAY_TRY(fusion_options_check(&options->fusion, err));
    if (options->k != SEARCH_ALL) {
        INLAY_TRY(search_depth_check(options->k, options->offset, err));
    }
    vector_options.k = (size_t)hybrid_depth(options);
    status = table_search(view, text_column, query, filter, 0, vector_options.k,
                          vector_options.cancel, &texts, &text_count, err);
    if (status == INLAY_OK) {
        status = table_vector_search(view, vector_column, vector, filter, 0, &vector_options,
                                     &vectors, &vector_count, NULL, err);
    }
    if (status == INLAY_OK) {
        status = fusion_run(texts, text_count, vectors, vector_count, &options->fusion, hits, count,
                            err);
    }
    if (status == INLAY_OK) {
        cut(*hits, count, options->offset, options->k);
    }
    mem_free(texts);
    mem_free(vectors);
    return status;
}

inlay_status table_vector_recall(struct table_view *view, const char *column, size_t samples,
                                 const struct vector_search_options *options, uint64_t seed,
                                 struct vector_recall *out, inlay_error *err)
{
    struct segments segments;
    inlay_status status = segments_open(view, column, NULL, &segments, err);
    if (status == INLAY_OK) {
        status =
            vector_measure_recall(segments.items, segments.count, samples, options, seed, out, err);
    }
    segments_free(&segments);
    return status;
}
