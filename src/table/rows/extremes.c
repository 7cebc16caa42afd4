/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/extremes.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/rows/typed_table_priv.h"

#include <stdlib.h>
#include <string.h>

struct extreme {
    struct stat_value value; /* bytes below */
    uint8_t *bytes;          /* owned; NULL: the column has no value */
};

struct bound {
    bool known;
    struct stat_value value; /* borrowed */
};

/* A superfile or a page, and what its values cannot pass. */
struct place {
    struct bound bound;
    size_t number;      /* of the superfile in the view, or of the row group */
    uint64_t first_row; /* of the page */
    uint64_t row_count;
};

struct places {
    struct place *items; /* owned */
    size_t count;
    size_t capacity;
};

struct finding {
    struct table_view *view;
    size_t column;
    bool greatest;
    const struct cancel_token *cancel;
    uint8_t *best; /* owned; NULL: no value yet */
    size_t capacity;
    struct stat_value value; /* its bytes */
};

/* ---- order ---- */

static bool is_better(const struct finding *finding, const struct stat_value *value)
{
    int order;
    if (finding->best == NULL) {
        return true;
    }
    order = stat_compare(value, &finding->value);
    return finding->greatest ? order > 0 : order < 0;
}

/* Can values behind this bound be better than what was found? */
static bool may_be_better(const struct finding *finding, const struct bound *bound)
{
    return !bound->known || is_better(finding, &bound->value);
}

/* The greatest bounds first, unknown ones before all. */
static int descending(const void *a, const void *b)
{
    const struct bound *x = &((const struct place *)a)->bound;
    const struct bound *y = &((const struct place *)b)->bound;
    if (!x->known || !y->known) {
        return (int)x->known - (int)y->known;
    }
    return stat_compare(&y->value, &x->value);
}

static int ascending(const void *a, const void *b)
{
    const struct bound *x = &((const struct place *)a)->bound;
    const struct bound *y = &((const struct place *)b)->bound;
    return x->known && y->known ? descending(b, a) : (int)x->known - (int)y->known;
}

static void sort_places(const struct finding *finding, struct places *places)
{
    if (places->count > 1) {
        qsort(places->items, places->count, sizeof(*places->items),
              finding->greatest ? descending : ascending);
    }
}

static inlay_status add_place(struct places *places, const struct place *place, inlay_error *err)
{
    void *items = places->items;
    if (!mem_grow(&items, &places->capacity, places->count + 1, sizeof(*places->items))) {
        return error_no_memory(err);
    }
    places->items = items;
    places->items[places->count++] = *place;
    return INLAY_OK;
}

/* ---- rows ---- */

static inlay_status take(struct finding *finding, const struct colvec_string *text,
                         inlay_error *err)
{
    const struct stat_value value = stat_bytes(colvec_string_data(text), text->length);
    void *best = finding->best;
    if (!is_better(finding, &value)) {
        return INLAY_OK;
    }
    if (!mem_grow(&best, &finding->capacity, (size_t)text->length + 1, 1)) {
        return error_no_memory(err);
    }
    finding->best = best;
    memcpy(finding->best, value.as.bytes.data, text->length);
    finding->value = stat_bytes(finding->best, text->length);
    return INLAY_OK;
}

static inlay_status take_vector(struct finding *finding, const struct colvec *vector,
                                inlay_error *err)
{
    const bool coded = vector->form == COLVEC_DICTIONARY;
    const struct colvec_string *values = coded ? vector->dictionary->values : vector->values;
    uint64_t row;
    for (row = 0; row < vector->count; row++) {
        if (colvec_valid(vector, row)) {
            INLAY_TRY(take(finding, &values[coded ? vector->codes[row] : row], err));
        }
    }
    return INLAY_OK;
}

static inlay_status read_page(struct finding *finding, struct parquet_reader *reader,
                              const struct place *page, inlay_error *err)
{
    const uint32_t column = (uint32_t)finding->column;
    const struct parquet_row_range range = {page->first_row, page->row_count};
    const struct parquet_scan_options options = {.columns = &column,
                                                 .column_count = 1,
                                                 .first_row_group = page->number,
                                                 .row_group_count = 1,
                                                 .ranges = &range,
                                                 .range_count = 1,
                                                 .use_ranges = true};
    struct parquet_scan *scan;
    inlay_status status;
    bool more = true;
    INLAY_TRY(parquet_scan_open(reader, &options, &scan, err));
    do {
        struct parquet_batch batch;
        memset(&batch, 0, sizeof(batch));
        status = parquet_scan_next(scan, &batch, err);
        more = batch.row_count != 0;
        if (status == INLAY_OK && more) {
            status = take_vector(finding, &batch.columns[0], err);
        }
        parquet_batch_release(&batch);
    } while (status == INLAY_OK && more);
    parquet_scan_close(scan);
    return status;
}

/* ---- pages ---- */

static struct bound bound_of(const struct finding *finding, const struct parquet_value_stats *stats)
{
    struct bound bound = {.known = false};
    if (stats->kind == PARQUET_STAT_BYTES &&
        (finding->greatest ? stats->has_max : stats->has_min)) {
        const struct parquet_bytes *bytes =
            finding->greatest ? &stats->max.as.bytes : &stats->min.as.bytes;
        bound.known = bytes->length <= UINT32_MAX;
        bound.value = stat_bytes(bytes->data, (uint32_t)bytes->length);
    }
    return bound;
}

/* The pages of a row group; without a page index all of it as one. */
static inlay_status add_pages(const struct finding *finding, struct parquet_reader *reader,
                              size_t group, struct places *places, inlay_error *err)
{
    struct parquet_page_stats *pages = NULL;
    struct place place = {.number = group};
    inlay_status status = INLAY_OK;
    size_t count = 0;
    size_t i;
    INLAY_TRY(parquet_reader_page_stats(reader, group, finding->column, &pages, &count, err));
    for (i = 0; i < count && status == INLAY_OK; i++) {
        if (!pages[i].stats.all_null) {
            place.bound = bound_of(finding, &pages[i].stats);
            place.first_row = pages[i].first_row;
            place.row_count = pages[i].row_count;
            status = add_place(places, &place, err);
        }
    }
    mem_free(pages);
    if (count == 0) {
        struct parquet_value_stats stats;
        parquet_reader_chunk_stats(reader, group, finding->column, &stats);
        place.bound = bound_of(finding, &stats);
        place.first_row = parquet_reader_first_row(reader, group);
        place.row_count = parquet_reader_first_row(reader, group + 1) - place.first_row;
        status = add_place(places, &place, err);
    }
    return status;
}

static inlay_status read_superfile(struct finding *finding, struct superfile *file,
                                   inlay_error *err)
{
    struct parquet_reader *reader = superfile_parquet(file);
    struct places pages = {NULL, 0, 0};
    inlay_status status = INLAY_OK;
    size_t i;
    for (i = 0; i < parquet_reader_row_groups(reader) && status == INLAY_OK; i++) {
        status = add_pages(finding, reader, i, &pages, err);
    }
    sort_places(finding, &pages);
    for (i = 0; i < pages.count && status == INLAY_OK; i++) {
        if (!may_be_better(finding, &pages.items[i].bound)) {
            break;
        }
        status = cancel_check(finding->cancel, err);
        if (status == INLAY_OK) {
            status = read_page(finding, reader, &pages.items[i], err);
        }
    }
    mem_free(pages.items);
    return status;
}

/* ---- superfiles ---- */

static inlay_status add_superfiles(const struct finding *finding, struct places *places,
                                   inlay_error *err)
{
    const struct entry_list *list = &finding->view->list;
    const char *name = typed_table_file_schema(finding->view->table)->fields[finding->column].name;
    size_t i;
    for (i = 0; i < list->count; i++) {
        const struct entry_column *stats = manifest_entry_column(&list->entries[i], name);
        const struct stat_bound *bound = stats == NULL       ? NULL
                                         : finding->greatest ? &stats->max
                                                             : &stats->min;
        struct place place = {.number = i};
        if (stats != NULL && stats->nulls_known && stats->null_count == list->entries[i].rows) {
            continue;
        }
        if (bound != NULL && bound->state != BOUND_UNKNOWN && bound->value.kind == STAT_BYTES) {
            place.bound = (struct bound){true, bound->value};
        }
        INLAY_TRY(add_place(places, &place, err));
    }
    return INLAY_OK;
}

static inlay_status find(struct finding *finding, inlay_error *err)
{
    struct places files = {NULL, 0, 0};
    inlay_status status = add_superfiles(finding, &files, err);
    size_t i;
    sort_places(finding, &files);
    for (i = 0; i < files.count && status == INLAY_OK; i++) {
        struct superfile *file = NULL;
        if (!may_be_better(finding, &files.items[i].bound)) {
            break;
        }
        status = table_view_superfile(finding->view, files.items[i].number, &file, err);
        if (status == INLAY_OK) {
            status = read_superfile(finding, file, err);
        }
        superfile_release(file);
    }
    mem_free(files.items);
    return status;
}

static inlay_status make_extreme(struct finding *finding, struct extreme **out, inlay_error *err)
{
    struct extreme *extreme = mem_zalloc(sizeof(*extreme));
    inlay_status status = extreme != NULL ? find(finding, err) : error_no_memory(err);
    if (status != INLAY_OK) {
        mem_free(finding->best);
        mem_free(extreme);
        return status;
    }
    extreme->bytes = finding->best;
    extreme->value = finding->value;
    *out = extreme;
    return INLAY_OK;
}

inlay_status table_view_extreme(struct table_view *view, size_t column, bool greatest,
                                const struct cancel_token *cancel, const struct stat_value **out,
                                inlay_error *err)
{
    const enum column_type type = typed_table_file_schema(view->table)->fields[column].type;
    _Atomic(struct extreme *) *place = &view->core->extremes[2 * column + greatest];
    struct extreme *extreme = atomic_load_explicit(place, memory_order_acquire);
    *out = NULL;
    if (!column_type_is_string(type) || type == COLUMN_FIXED_BINARY) {
        return INLAY_OK;
    }
    if (extreme == NULL) {
        struct finding finding = {
            .view = view, .column = column, .greatest = greatest, .cancel = cancel};
        struct extreme *made = NULL;
        INLAY_TRY(make_extreme(&finding, &made, err));
        /* Two threads may have found the same: the first one's is kept. */
        if (atomic_compare_exchange_strong_explicit(place, &extreme, made, memory_order_acq_rel,
                                                    memory_order_acquire)) {
            extreme = made;
        } else {
            extreme_free(made);
        }
    }
    *out = extreme != NULL && extreme->bytes != NULL ? &extreme->value : NULL;
    return INLAY_OK;
}

void extreme_free(struct extreme *extreme)
{
    if (extreme != NULL) {
        mem_free(extreme->bytes);
        mem_free(extreme);
    }
}
