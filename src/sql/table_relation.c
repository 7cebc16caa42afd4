/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads row groups with the Parquet reader, except for _id: the superfile's id index, which is in
 * memory, gives the column without reading a page. The engine also asks for _id alone, as the first
 * column, when it only counts rows.
 */
#include "sql/table_relation.h"

#include "base/alloc.h"
#include "base/error.h"
#include "parquet/reader.h"

#include <stdatomic.h>
#include <string.h>

struct table_relation {
    struct relation base;
    struct table_view *view; /* one reference */
};

/* Work is handed out one row group at a time: `next` counts row groups over all superfiles. */
struct table_scan {
    struct table_relation *relation;
    uint32_t *columns; /* owned; to read: indexes into the file schema without _id */
    size_t column_count;
    size_t *place_of; /* owned; scanned column -> its place in `columns`, or one of the below */
    size_t vector_count;
    bool wants_id;
    bool wants_places;
    uint64_t row_groups;
    uint64_t *first_group; /* owned: of each superfile, and the total */
    _Atomic uint64_t next;
};

struct table_worker {
    struct table_scan *scan;
    struct superfile *file;       /* of the running scan; one reference */
    struct parquet_scan *parquet; /* NULL between row groups */
    struct parquet_batch batch;   /* what was handed over last */
    uint64_t bare_row; /* rows [bare_row, bare_end) of `file` are left, of which nothing is read */
    uint64_t bare_end;
    struct colvec *vectors; /* owned; what is handed over: borrows from `batch` and `ids` */
    uint8_t *ids;           /* owned; RELATION_BATCH_ROWS values of _id; NULL when not wanted */
    uint32_t *parts;        /* owned; the same of the places */
    uint32_t *rows;         /* owned */
    uint32_t part;          /* the superfile of the running scan */
};

#define ID_COLUMN 0 /* in the file schema */
#define ID_BYTES 16

/* Scanned columns that are not read from the file. */
#define PLACE_ID SIZE_MAX
#define PLACE_PART (SIZE_MAX - 1)
#define PLACE_ROW (SIZE_MAX - 2)

static const struct schema *relation_schema(const struct relation *relation)
{
    const struct table_relation *table = (const struct table_relation *)relation;
    return typed_table_file_schema(table->view->table);
}

static uint64_t relation_row_count(const struct relation *relation)
{
    return table_view_rows(((const struct table_relation *)relation)->view);
}

static void scan_close(struct relation_scan *relation_scan)
{
    struct table_scan *scan = (struct table_scan *)relation_scan;
    mem_free(scan->columns);
    mem_free(scan->place_of);
    mem_free(scan->first_group);
    mem_free(scan);
}

static size_t place_of(struct table_scan *scan, size_t column)
{
    size_t plain = relation_schema(&scan->relation->base)->count;
    if (column >= plain) {
        scan->wants_places = true;
        return column == plain ? PLACE_PART : PLACE_ROW;
    }
    if (column == ID_COLUMN) {
        scan->wants_id = true;
        return PLACE_ID;
    }
    scan->columns[scan->column_count] = (uint32_t)column;
    return scan->column_count++;
}

static inlay_status scan_open(struct relation *relation, const struct scan_request *request,
                              struct relation_scan **out, inlay_error *err)
{
    struct table_relation *table = (struct table_relation *)relation;
    const struct entry_list *list = &table->view->list;
    struct table_scan *scan = mem_zalloc(sizeof(*scan));
    size_t count = request->count;
    size_t i;
    if (scan == NULL) {
        return error_no_memory(err);
    }
    scan->relation = table;
    scan->vector_count = count;
    scan->columns = mem_alloc_array(count, sizeof(*scan->columns));
    scan->place_of = mem_alloc_array(count, sizeof(*scan->place_of));
    scan->first_group = mem_zalloc_array(list->count + 1, sizeof(*scan->first_group));
    if (scan->columns == NULL || scan->place_of == NULL || scan->first_group == NULL) {
        scan_close((struct relation_scan *)scan);
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        scan->place_of[i] = place_of(scan, request->columns[i]);
    }
    for (i = 0; i < list->count; i++) {
        scan->first_group[i] = scan->row_groups;
        scan->row_groups += list->entries[i].row_groups;
    }
    scan->first_group[list->count] = scan->row_groups;
    *out = (struct relation_scan *)scan;
    return INLAY_OK;
}

static uint64_t scan_parallelism(const struct relation_scan *relation_scan)
{
    const struct table_scan *scan = (const struct table_scan *)relation_scan;
    return scan->row_groups != 0 ? scan->row_groups : 1;
}

static void end_row_group(struct table_worker *worker)
{
    parquet_scan_close(worker->parquet);
    worker->parquet = NULL;
    superfile_release(worker->file);
    worker->file = NULL;
}

static void worker_close(struct relation_worker *relation_worker)
{
    struct table_worker *worker = (struct table_worker *)relation_worker;
    parquet_batch_release(&worker->batch);
    end_row_group(worker);
    mem_free(worker->vectors);
    mem_free(worker->ids);
    mem_free(worker->parts);
    mem_free(worker->rows);
    mem_free(worker);
}

static inlay_status worker_open(struct relation_scan *relation_scan, struct relation_worker **out,
                                inlay_error *err)
{
    struct table_scan *scan = (struct table_scan *)relation_scan;
    struct table_worker *worker = mem_zalloc(sizeof(*worker));
    *out = NULL;
    if (worker == NULL) {
        return error_no_memory(err);
    }
    worker->scan = scan;
    worker->vectors = mem_zalloc_array(scan->vector_count, sizeof(*worker->vectors));
    worker->ids = scan->wants_id ? mem_alloc((size_t)RELATION_BATCH_ROWS * ID_BYTES) : NULL;
    if (scan->wants_places) {
        worker->parts = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->parts));
        worker->rows = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->rows));
    }
    if (worker->vectors == NULL || (scan->wants_id && worker->ids == NULL) ||
        (scan->wants_places && (worker->parts == NULL || worker->rows == NULL))) {
        worker_close((struct relation_worker *)worker);
        return error_no_memory(err);
    }
    *out = (struct relation_worker *)worker;
    return INLAY_OK;
}

/* The superfile that holds the n-th row group of all. */
static size_t superfile_of_group(const struct table_scan *scan, uint64_t group)
{
    size_t low = 0;
    size_t high = scan->relation->view->list.count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (scan->first_group[middle] <= group) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

static inlay_status begin_row_group(struct table_worker *worker, uint64_t group, inlay_error *err)
{
    struct table_scan *scan = worker->scan;
    struct table_view *view = scan->relation->view;
    size_t index = superfile_of_group(scan, group);
    uint64_t inside = group - scan->first_group[index];
    struct parquet_scan_options options;
    struct parquet_reader *reader;
    worker->part = (uint32_t)index;
    INLAY_TRY(table_view_superfile(view, index, &worker->file, err));
    reader = superfile_parquet(worker->file);
    if (parquet_reader_row_groups(reader) != view->list.entries[index].row_groups) {
        const char *name = superfile_source(worker->file)->name;
        error_set(err, INLAY_CORRUPT, "%s has %zu row groups, the manifest says %u", name,
                  parquet_reader_row_groups(reader), view->list.entries[index].row_groups);
        error_key(err, name);
        return INLAY_CORRUPT;
    }
    if (scan->column_count == 0) {
        worker->bare_row = parquet_reader_first_row(reader, (size_t)inside);
        worker->bare_end = parquet_reader_first_row(reader, (size_t)inside + 1);
        return INLAY_OK;
    }
    memset(&options, 0, sizeof(options));
    options.columns = scan->columns;
    options.column_count = scan->column_count;
    options.first_row_group = (size_t)inside;
    options.row_group_count = 1;
    options.batch_rows = RELATION_BATCH_ROWS;
    return parquet_scan_open(reader, &options, &worker->parquet, err);
}

static const struct field part_field = {.name = (char *)"part", .type = COLUMN_UINT32};
static const struct field row_field = {.name = (char *)"row", .type = COLUMN_UINT32};

/* A column that is made here. */
static void made_vector(const struct table_worker *worker, size_t place, uint64_t rows,
                        struct colvec *vector)
{
    vector->count = rows;
    switch (place) {
    case PLACE_PART:
        vector->field = &part_field;
        vector->values = worker->parts;
        break;
    case PLACE_ROW:
        vector->field = &row_field;
        vector->values = worker->rows;
        break;
    default:
        vector->field = &relation_schema(&worker->scan->relation->base)->fields[ID_COLUMN];
        vector->values = worker->ids;
        break;
    }
}

/* Puts the vectors of rows [first_row, first_row + rows) of the file in the order of the scan. */
static void hand_over(struct table_worker *worker, uint64_t first_row, uint64_t rows)
{
    const struct table_scan *scan = worker->scan;
    size_t i;
    if (scan->wants_id) {
        superfile_fill_ids(worker->file, (uint32_t)first_row, (uint32_t)rows, worker->ids);
    }
    for (i = 0; scan->wants_places && i < rows; i++) {
        worker->parts[i] = worker->part;
        worker->rows[i] = (uint32_t)(first_row + i);
    }
    for (i = 0; i < scan->vector_count; i++) {
        if (scan->place_of[i] < PLACE_ROW) {
            worker->vectors[i] = worker->batch.columns[scan->place_of[i]];
        } else {
            made_vector(worker, scan->place_of[i], rows, &worker->vectors[i]);
        }
    }
}

/* The next rows of the row group that is being read; *rows = 0: there are none. */
static inlay_status continue_row_group(struct table_worker *worker, uint64_t *rows,
                                       inlay_error *err)
{
    uint64_t first_row = worker->bare_row;
    *rows = worker->bare_end - worker->bare_row;
    *rows = *rows < RELATION_BATCH_ROWS ? *rows : RELATION_BATCH_ROWS;
    worker->bare_row += *rows;
    if (worker->parquet != NULL) {
        INLAY_TRY(parquet_scan_next(worker->parquet, &worker->batch, err));
        first_row = worker->batch.first_row;
        *rows = worker->batch.row_count;
    }
    if (*rows != 0) {
        hand_over(worker, first_row, *rows);
    }
    return INLAY_OK;
}

static inlay_status worker_next(struct relation_worker *relation_worker,
                                const struct colvec **vectors, uint64_t *rows, inlay_error *err)
{
    struct table_worker *worker = (struct table_worker *)relation_worker;
    *rows = 0;
    *vectors = worker->vectors;
    parquet_batch_release(&worker->batch);
    for (;;) {
        uint64_t group;
        if (worker->file != NULL) {
            INLAY_TRY(continue_row_group(worker, rows, err));
            if (*rows != 0) {
                return INLAY_OK;
            }
            end_row_group(worker);
        }
        /* Relaxed: the counter only deals out numbers. */
        group = atomic_fetch_add_explicit(&worker->scan->next, 1, memory_order_relaxed);
        if (group >= worker->scan->row_groups) {
            return INLAY_OK;
        }
        INLAY_TRY(begin_row_group(worker, group, err));
    }
}

static inlay_status add_superfile_values(struct superfile *file, size_t column,
                                         struct text_values *values, bool *known, inlay_error *err)
{
    struct parquet_reader *reader = superfile_parquet(file);
    size_t group;
    for (group = 0; group < parquet_reader_row_groups(reader) && *known; group++) {
        struct colvec dictionary;
        inlay_status status;
        INLAY_TRY(parquet_reader_dictionary(reader, group, column, TEXT_VALUES_MAX, &dictionary,
                                            known, err));
        status = *known ? text_values_add(values, &dictionary, known, err) : INLAY_OK;
        colvec_release(&dictionary);
        INLAY_TRY(status);
    }
    return INLAY_OK;
}

/* The union of the dictionaries of all column chunks. */
static inlay_status relation_text_values(struct relation *relation, size_t column,
                                         struct text_values **out, inlay_error *err)
{
    struct table_view *view = ((struct table_relation *)relation)->view;
    struct text_values *values;
    inlay_status status = INLAY_OK;
    bool known = true;
    size_t i;
    *out = NULL;
    values = mem_zalloc(sizeof(*values));
    if (values == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < view->list.count && known && status == INLAY_OK; i++) {
        struct superfile *file = NULL;
        status = table_view_superfile(view, i, &file, err);
        if (status == INLAY_OK) {
            status = add_superfile_values(file, column, values, &known, err);
        }
        superfile_release(file);
    }
    if (status == INLAY_OK && known) {
        *out = values;
        return INLAY_OK;
    }
    text_values_free(values);
    return status;
}

static void relation_facts(const struct relation *relation, struct relation_facts *out)
{
    const struct table_view *view = ((const struct table_relation *)relation)->view;
    out->version = view->snapshot->id;
    out->superfiles = view->list.count;
}

static void relation_release(struct relation *relation)
{
    struct table_relation *table = (struct table_relation *)relation;
    table_view_release(table->view);
    mem_free(table);
}

static const struct relation_ops table_relation_ops = {
    .schema = relation_schema,
    .row_count = relation_row_count,
    .scan_open = scan_open,
    .scan_parallelism = scan_parallelism,
    .worker_open = worker_open,
    .worker_next = worker_next,
    .worker_close = worker_close,
    .scan_close = scan_close,
    .release = relation_release,
    .text_values = relation_text_values,
    .facts = relation_facts,
};

inlay_status table_relation_create(struct table_view *view, struct relation **out, inlay_error *err)
{
    struct table_relation *relation = mem_zalloc(sizeof(*relation));
    *out = NULL;
    if (relation == NULL) {
        table_view_release(view);
        return error_no_memory(err);
    }
    relation->base.ops = &table_relation_ops;
    relation->view = view;
    *out = &relation->base;
    return INLAY_OK;
}
