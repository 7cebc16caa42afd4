/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/search.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/view_files.h"
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
    struct view_files files;
    struct text_segment *items; /* owned */
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
        struct text_segment *segment = &segments->items[i];
        segment->index = superfile_text(file, column);
        if (segment->index == NULL) {
            return view_file_lacks(file, "text", column, err);
        }
        segment->row_id = view_file_id;
        segment->context = file;
        segment->ids_ascend = true;
        segment->allowed = row_filter_entry(filter, i);
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
                          uint64_t offset, uint64_t k, const struct cancel_token *cancel,
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
    text_search_options_init(&options);
    if (k == SEARCH_ALL) {
        options.k = (size_t)table_view_rows(view);
    } else {
        INLAY_TRY(search_depth_check(k, offset, err));
        options.k = (size_t)(k + offset);
    }
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
                                 const struct cancel_token *cancel, uint64_t *matches,
                                 inlay_error *err)
{
    struct segments segments;
    size_t i;
    inlay_status status = segments_open(view, column, filter, &segments, err);
    *matches = 0;
    for (i = 0; status == INLAY_OK && i < segments.count; i++) {
        uint64_t more = 0;
        status = cancel_check(cancel, err);
        if (status == INLAY_OK) {
            status = text_count(query, &segments.items[i], 1, &more, err);
        }
        *matches += more;
    }
    segments_free(&segments);
    return status;
}
