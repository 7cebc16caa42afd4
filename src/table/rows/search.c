/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/search.h"

#include "base/alloc.h"
#include "base/error.h"
#include "text/text_search.h"

#include <stdio.h>
#include <string.h>

static inlay_status no_index(const struct typed_table *table, const char *column, inlay_error *err)
{
    char names[256] = "";
    size_t used = 0;
    size_t count;
    size_t i;
    const struct typed_text_index *texts = typed_table_texts(table, &count);
    for (i = 0; i < count && used + 1 < sizeof(names); i++) {
        int wrote = snprintf(names + used, sizeof(names) - used, "%s\"%s\"", i != 0 ? ", " : "",
                             texts[i].column);
        used += wrote > 0 ? (size_t)wrote : 0;
    }
    error_set(err, INLAY_INVALID_ARGUMENT, "column \"%s\" has no text index; columns with one: %s",
              column, count != 0 ? names : "none");
    error_key(err, column);
    return INLAY_INVALID_ARGUMENT;
}

inlay_status table_parse_query(const struct typed_table *table, const char *column,
                               const char *text, bool require_all, struct text_query **out,
                               inlay_error *err)
{
    const struct typed_text_index *index = typed_table_text(table, column);
    struct text_query_options options = {require_all};
    *out = NULL;
    if (index == NULL) {
        return no_index(table, column, err);
    }
    return text_query_parse(index->analyzer, text, strlen(text), &options, out, err);
}

/* The superfiles of a view as segments of one search. */
struct segments {
    struct superfile **files; /* owned references */
    struct text_segment *items;
    size_t count;
};

static void segments_free(struct segments *segments)
{
    size_t i;
    for (i = 0; segments->files != NULL && i < segments->count; i++) {
        superfile_release(segments->files[i]);
    }
    mem_free(segments->files);
    mem_free(segments->items);
}

static struct id128 segment_id(void *context, uint32_t row)
{
    return superfile_id(context, row);
}

static inlay_status segments_open(struct table_view *view, const char *column,
                                  const struct row_filter *filter, struct segments *segments,
                                  inlay_error *err)
{
    size_t count = view->list.count;
    size_t i;
    memset(segments, 0, sizeof(*segments));
    segments->files = mem_zalloc_array(count, sizeof(*segments->files));
    segments->items = mem_zalloc_array(count, sizeof(*segments->items));
    if (segments->files == NULL || segments->items == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        struct text_segment *segment = &segments->items[i];
        INLAY_TRY(table_view_superfile(view, i, &segments->files[i], err));
        segments->count++;
        segment->index = superfile_text(segments->files[i], column);
        segment->row_id = segment_id;
        segment->context = segments->files[i];
        segment->ids_ascend = true;
        segment->allowed = row_filter_entry(filter, i);
        if (segment->index == NULL) {
            const char *name = superfile_source(segments->files[i])->name;
            error_set(err, INLAY_CORRUPT, "%s has no text index of \"%s\"", name, column);
            error_key(err, name);
            return INLAY_CORRUPT;
        }
    }
    return INLAY_OK;
}

/* The snapshot keeps the sums; files need not be asked. */
static bool statistics_of(const struct table_view *view, const char *column,
                          struct text_statistics *out)
{
    const struct snapshot *snapshot = view->snapshot;
    size_t i;
    for (i = 0; i < snapshot->text_count; i++) {
        if (strcmp(snapshot->texts[i].column, column) == 0 &&
            snapshot->texts[i].superfiles == snapshot->counts.superfiles) {
            out->documents = snapshot->texts[i].live_docs;
            out->total_length = snapshot->texts[i].live_length;
            return true;
        }
    }
    return false;
}

static inlay_status take_hits(const struct text_hit *found, size_t count, uint64_t offset,
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
        hit->score = found[i].score;
    }
    return INLAY_OK;
}

inlay_status search_depth_check(uint64_t k, uint64_t offset, inlay_error *err)
{
    if (k > SEARCH_DEPTH_MAX || offset > SEARCH_DEPTH_MAX - k) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "k and offset may add up to %llu at most",
                         (unsigned long long)SEARCH_DEPTH_MAX);
    }
    return INLAY_OK;
}

inlay_status table_search(struct table_view *view, const char *column,
                          const struct text_query *query, const struct row_filter *filter,
                          uint64_t offset, uint64_t k, const atomic_bool *cancel,
                          struct table_hit **hits, size_t *count, inlay_error *err)
{
    struct text_search_options options;
    struct text_statistics statistics;
    struct segments segments;
    struct text_hit *found = NULL;
    size_t found_count = 0;
    inlay_status status;
    *hits = NULL;
    *count = 0;
    INLAY_TRY(search_depth_check(k, offset, err));
    text_search_options_init(&options);
    options.k = (size_t)(k + offset);
    options.cancel = cancel;
    options.statistics = statistics_of(view, column, &statistics) ? &statistics : NULL;
    status = segments_open(view, column, filter, &segments, err);
    if (status == INLAY_OK) {
        status =
            text_search(query, segments.items, segments.count, &options, &found, &found_count, err);
    }
    if (status == INLAY_OK) {
        status = take_hits(found, found_count, offset, hits, count, err);
    }
    mem_free(found);
    segments_free(&segments);
    return status;
}

inlay_status table_count_matches(struct table_view *view, const char *column,
                                 const struct text_query *query, const struct row_filter *filter,
                                 uint64_t *matches, inlay_error *err)
{
    struct segments segments;
    inlay_status status = segments_open(view, column, filter, &segments, err);
    *matches = 0;
    if (status == INLAY_OK) {
        status = text_count(query, segments.items, segments.count, matches, err);
    }
    segments_free(&segments);
    return status;
}
