/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads row groups with the Parquet reader, except for _id: the superfile's id index, which is in
 * memory, gives the column without reading a page. The engine also asks for _id alone, as the first
 * column, when it only counts rows.
 *
 * A predicate leaves out superfiles (by the manifest, when the scan is opened), row groups and rows
 * (when the first worker comes to their superfile) and pages (when a worker takes their row group).
 * What is left is dealt out and read in the order of a scan without one; of the rows that were read
 * those are picked that pass the tests of their columns' values.
 */
#include "sql/table_relation_priv.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/predicate/row_test.h"
#include "table/predicate/table_predicate.h"
#include "table/predicate/top_filter.h"

#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

/* One superfile that is read. */
struct scan_part {
    size_t entry;         /* of the view */
    uint64_t first_group; /* its row groups' numbers in the scan */
    pthread_mutex_t lock; /* held while the selection is made: others wait for it */
    bool opened;
    struct file_selection selection; /* empty without a predicate: everything */
};

/* Work is handed out one row group at a time: `next` counts row groups over all parts. */
struct table_scan {
    struct table_relation *relation;
    uint32_t *columns; /* owned; to read: indexes into the file schema without _id */
    size_t column_count;
    size_t given_count; /* of the columns: those that are asked for; the rest is read for tests */
    size_t *place_of;   /* owned; scanned column -> its place in `columns`, or one of the below */
    size_t vector_count;
    bool wants_id;
    bool wants_places;
    const struct predicate *condition; /* borrowed; NULL: every row */
    bool exact;                        /* `columns` has those of the condition too */
    const struct cancel_token *cancel; /* of an exact scan; NULL: none */
    struct scan_top top;               /* its column is a place in `columns` */
    struct table_predicate *predicate; /* owned; the condition made ready */
    struct scan_account *account;      /* never NULL */
    struct scan_account nobody;        /* where counts go when nobody asks */
    struct scan_part *parts;           /* owned */
    size_t part_count;
    uint64_t row_groups;
    _Atomic uint64_t next;
};

struct table_worker {
    struct table_scan *scan;
    struct scan_part *part;       /* of the running row group */
    struct superfile *file;       /* one reference; NULL between row groups, or nothing is wanted */
    struct parquet_scan *parquet; /* NULL also when no column is read */
    struct parquet_batch batch;   /* what was handed over last */
    struct row_ranges pages;      /* rows that page statistics leave; of the running row group */
    bool cut;                     /* the pages count */
    bool decided;                 /* an index has decided which rows are wanted: no tests */
    size_t column_count;          /* that are read of the row group */
    uint64_t bare_row; /* rows [bare_row, bare_end) of `file` are left, of which nothing is read */
    uint64_t bare_end;
    size_t bare_range;      /* of `pages`: the first one that is not behind bare_row */
    uint64_t *bare_rows;    /* owned; row numbers of a batch of which nothing is read */
    struct colvec *vectors; /* owned; what is handed over: borrows from `batch` and `ids` */
    struct row_test *test;  /* owned; NULL: the values of the columns read say nothing */
    struct top_filter *top; /* owned; NULL: it is not the first rows of an order that matter */
    uint32_t *picks;        /* owned; RELATION_BATCH_ROWS; with one of these */
    unsigned passed;        /* batches without a pick */
    uint8_t *ids;           /* owned; RELATION_BATCH_ROWS values of _id; NULL when not wanted */
    uint32_t *place_parts;  /* owned; the same of the places */
    uint32_t *place_rows;   /* owned */
};

#define ID_COLUMN 0 /* in the file schema */
#define ID_BYTES 16

/* Scanned columns that are not read from the file. */
#define PLACE_ID SIZE_MAX
#define PLACE_PART (SIZE_MAX - 1)
#define PLACE_ROW (SIZE_MAX - 2)

/* After so many batches without a row one row is handed over all the same, so that the engine comes
 * to look for interrupts; it finds for itself that the row is not wanted. */
#define PASSED_BATCHES_MAX 256

/* Relaxed: counts that are read when the statement has ended. */
static void count_up(_Atomic uint64_t *counter, uint64_t by)
{
    atomic_fetch_add_explicit(counter, by, memory_order_relaxed);
}

/* ---- scans ---- */

void table_scan_close(struct relation_scan *relation_scan)
{
    struct table_scan *scan = (struct table_scan *)relation_scan;
    size_t i;
    for (i = 0; i < scan->part_count; i++) {
        pthread_mutex_destroy(&scan->parts[i].lock);
        file_selection_free(&scan->parts[i].selection);
    }
    table_predicate_free(scan->predicate);
    mem_free(scan->parts);
    mem_free(scan->columns);
    mem_free(scan->place_of);
    mem_free(scan);
}

static size_t place_of(struct table_scan *scan, size_t column)
{
    size_t plain = table_relation_schema(&scan->relation->base)->count;
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

static inlay_status add_columns(struct table_scan *scan, const struct scan_request *request,
                                inlay_error *err)
{
    size_t i;
    scan->vector_count = request->count;
    scan->columns =
        mem_alloc_array(request->count + table_relation_schema(&scan->relation->base)->count,
                        sizeof(*scan->columns));
    scan->place_of = mem_alloc_array(request->count, sizeof(*scan->place_of));
    if (scan->columns == NULL || scan->place_of == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < request->count; i++) {
        scan->place_of[i] = place_of(scan, request->columns[i]);
    }
    return INLAY_OK;
}

/* What an exact scan has to read to know which rows are wanted. */
static void add_tested(struct table_scan *scan, const struct predicate *predicate)
{
    size_t i;
    for (i = 0; i < predicate->part_count; i++) {
        add_tested(scan, predicate->parts[i]);
    }
    if (predicate->kind != PREDICATE_TEST) {
        return;
    }
    for (i = 0; i < scan->column_count && scan->columns[i] != predicate->column; i++) {
    }
    if (i == scan->column_count) {
        scan->columns[scan->column_count++] = predicate->column;
    }
}

static void add_top(struct table_scan *scan, const struct scan_top *top)
{
    const struct field *field = &table_relation_schema(&scan->relation->base)->fields[top->column];
    size_t i;
    for (i = 0; i < scan->given_count && scan->columns[i] != top->column; i++) {
    }
    if (i < scan->given_count && top->rows <= TOP_FILTER_ROWS_MAX && top_filter_takes(field)) {
        scan->top = *top;
        scan->top.column = i;
    }
}

/* The superfiles that the manifest does not exclude. */
static inlay_status add_parts(struct table_scan *scan, inlay_error *err)
{
    const struct entry_list *list = &scan->relation->view->list;
    size_t i;
    scan->parts = mem_zalloc_array(list->count, sizeof(*scan->parts));
    if (scan->parts == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < list->count; i++) {
        struct scan_part *part = &scan->parts[scan->part_count];
        if (scan->predicate != NULL && !table_predicate_keeps(scan->predicate, &list->entries[i])) {
            continue;
        }
        if (pthread_mutex_init(&part->lock, NULL) != 0) {
            return error_no_memory(err);
        }
        part->entry = i;
        part->first_group = scan->row_groups;
        scan->row_groups += list->entries[i].row_groups;
        scan->part_count++;
    }
    count_up(&scan->account->superfiles, list->count);
    count_up(&scan->account->superfiles_pruned, list->count - scan->part_count);
    return INLAY_OK;
}

inlay_status table_scan_open(struct relation *relation, const struct scan_request *request,
                             struct relation_scan **out, inlay_error *err)
{
    struct table_relation *table = (struct table_relation *)relation;
    struct table_scan *scan = mem_zalloc(sizeof(*scan));
    inlay_status status;
    *out = NULL;
    if (scan == NULL) {
        return error_no_memory(err);
    }
    scan->relation = table;
    scan->condition = request->predicate;
    scan->account = request->account != NULL ? request->account : &scan->nobody;
    scan->exact = request->exact && request->predicate != NULL;
    scan->cancel = request->cancel;
    INLAY_TRY_GOTO(status, add_columns(scan, request, err), cleanup);
    scan->given_count = scan->column_count;
    if (scan->exact) {
        add_tested(scan, request->predicate);
    }
    if (request->top.rows != 0) {
        add_top(scan, &request->top);
    }
    if (request->predicate != NULL) {
        INLAY_TRY_GOTO(
            status,
            table_predicate_create(request->predicate, table->view->table, &scan->predicate, err),
            cleanup);
    }
    INLAY_TRY_GOTO(status, add_parts(scan, err), cleanup);
    *out = (struct relation_scan *)scan;
    scan = NULL;
cleanup:
    if (scan != NULL) {
        table_scan_close((struct relation_scan *)scan);
    }
    return status;
}

uint64_t table_scan_parallelism(const struct relation_scan *relation_scan)
{
    const struct table_scan *scan = (const struct table_scan *)relation_scan;
    return scan->row_groups != 0 ? scan->row_groups : 1;
}

/* ---- workers ---- */

static void end_row_group(struct table_worker *worker)
{
    parquet_scan_close(worker->parquet);
    worker->parquet = NULL;
    row_ranges_free(&worker->pages);
    superfile_release(worker->file);
    worker->file = NULL;
}

void table_worker_close(struct relation_worker *relation_worker)
{
    struct table_worker *worker = (struct table_worker *)relation_worker;
    parquet_batch_release(&worker->batch);
    end_row_group(worker);
    row_test_free(worker->test);
    top_filter_free(worker->top);
    mem_free(worker->picks);
    mem_free(worker->bare_rows);
    mem_free(worker->vectors);
    mem_free(worker->ids);
    mem_free(worker->place_parts);
    mem_free(worker->place_rows);
    mem_free(worker);
}

inlay_status table_worker_open(struct relation_scan *relation_scan, struct relation_worker **out,
                               inlay_error *err)
{
    struct table_scan *scan = (struct table_scan *)relation_scan;
    struct table_worker *worker = mem_zalloc(sizeof(*worker));
    inlay_status status = INLAY_OK;
    bool complete;
    *out = NULL;
    if (worker == NULL) {
        return error_no_memory(err);
    }
    worker->scan = scan;
    worker->vectors = mem_zalloc_array(scan->vector_count, sizeof(*worker->vectors));
    complete = worker->vectors != NULL;
    if (scan->given_count == 0 && scan->predicate != NULL) {
        worker->bare_rows = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->bare_rows));
        complete = complete && worker->bare_rows != NULL;
    }
    if (scan->wants_id) {
        worker->ids = mem_alloc((size_t)RELATION_BATCH_ROWS * ID_BYTES);
        complete = complete && worker->ids != NULL;
    }
    if (scan->wants_places) {
        worker->place_parts = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->place_parts));
        worker->place_rows = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->place_rows));
        complete = complete && worker->place_parts != NULL && worker->place_rows != NULL;
    }
    if (scan->predicate != NULL && scan->column_count != 0) {
        status =
            row_test_create(scan->condition, table_relation_schema(&scan->relation->base),
                            scan->columns, scan->column_count, scan->exact, &worker->test, err);
    }
    if (scan->top.rows != 0 && status == INLAY_OK) {
        const uint32_t column = scan->columns[scan->top.column];
        status = top_filter_create(&table_relation_schema(&scan->relation->base)->fields[column],
                                   scan->top.descending, scan->top.rows, &worker->top, err);
    }
    if (worker->test != NULL || worker->top != NULL) {
        worker->picks = mem_alloc_array(RELATION_BATCH_ROWS, sizeof(*worker->picks));
        complete = complete && worker->picks != NULL;
    }
    if (status == INLAY_OK && !complete) {
        status = error_no_memory(err);
    }
    if (status != INLAY_OK) {
        table_worker_close((struct relation_worker *)worker);
        return status;
    }
    *out = (struct relation_worker *)worker;
    return INLAY_OK;
}

/* The part that holds the n-th row group of all. */
static struct scan_part *part_of_group(const struct table_scan *scan, uint64_t group)
{
    size_t low = 0;
    size_t high = scan->part_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (scan->parts[middle].first_group <= group) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return &scan->parts[low];
}

static inlay_status check_row_groups(const struct table_worker *worker,
                                     const struct manifest_entry *entry, inlay_error *err)
{
    const struct parquet_reader *reader = superfile_parquet(worker->file);
    if (parquet_reader_row_groups(reader) != entry->row_groups) {
        const char *name = superfile_source(worker->file)->name;
        error_set(err, INLAY_CORRUPT, "%s has %zu row groups, the manifest says %u", name,
                  parquet_reader_row_groups(reader), entry->row_groups);
        error_key(err, name);
        return INLAY_CORRUPT;
    }
    return INLAY_OK;
}

/* Finds out what to read of a part's superfile. */
static inlay_status open_part(struct table_worker *worker, const struct manifest_entry *entry,
                              inlay_error *err)
{
    struct table_scan *scan = worker->scan;
    struct file_selection *selection = &worker->part->selection;
    INLAY_TRY(check_row_groups(worker, entry, err));
    if (scan->predicate != NULL) {
        inlay_status status =
            table_predicate_select(scan->predicate, entry, worker->file, selection, err);
        if (status != INLAY_OK) {
            file_selection_free(selection);
            return status;
        }
        count_up(&scan->account->row_groups_pruned,
                 selection->group_count - selection->groups_left);
    }
    count_up(&scan->account->row_groups, entry->row_groups);
    worker->part->opened = true;
    return INLAY_OK;
}

static inlay_status open_file(struct table_worker *worker, inlay_error *err)
{
    return table_view_superfile(worker->scan->relation->view, worker->part->entry, &worker->file,
                                err);
}

/* Opens the superfile of a row group, unless it is known already that nothing of it is wanted. */
static inlay_status take_part(struct table_worker *worker, size_t group, bool *wanted,
                              inlay_error *err)
{
    const struct table_scan *scan = worker->scan;
    struct scan_part *part = worker->part;
    inlay_status status = INLAY_OK;
    (void)pthread_mutex_lock(&part->lock);
    if (!part->opened) {
        status = open_file(worker, err);
        if (status == INLAY_OK) {
            status = open_part(worker, &scan->relation->view->list.entries[part->entry], err);
        }
    }
    (void)pthread_mutex_unlock(&part->lock);
    *wanted = status == INLAY_OK && (scan->predicate == NULL || part->selection.groups[group]);
    if (*wanted && worker->file == NULL) {
        status = open_file(worker, err);
    }
    return status;
}

/* The rows of the row group that are left by pages, when no index names rows. */
static inlay_status take_pages(struct table_worker *worker, size_t group, inlay_error *err)
{
    struct table_scan *scan = worker->scan;
    const struct manifest_entry *entry = &scan->relation->view->list.entries[worker->part->entry];
    uint64_t pruned;
    INLAY_TRY(table_predicate_pages(scan->predicate, entry, worker->file, group, &worker->pages,
                                    &pruned, err));
    worker->cut = row_ranges_rows(&worker->pages) < worker->bare_end - worker->bare_row;
    count_up(&scan->account->pages_pruned, pruned);
    return INLAY_OK;
}

/* Makes a row group the running one; it may have no rows to read. */
static inlay_status begin_row_group(struct table_worker *worker, uint64_t number, inlay_error *err)
{
    const struct table_scan *scan = worker->scan;
    struct parquet_scan_options options;
    struct parquet_reader *reader;
    const struct file_selection *selection;
    size_t group;
    bool wanted;
    worker->part = part_of_group(scan, number);
    worker->cut = false;
    worker->bare_range = 0;
    worker->bare_row = 0;
    worker->bare_end = 0;
    selection = &worker->part->selection;
    worker->decided = false;
    worker->column_count = 0;
    group = (size_t)(number - worker->part->first_group);
    INLAY_TRY(take_part(worker, group, &wanted, err));
    if (!wanted) {
        return INLAY_OK;
    }
    worker->decided = scan->exact && selection->exact;
    worker->column_count = worker->decided ? scan->given_count : scan->column_count;
    reader = superfile_parquet(worker->file);
    worker->bare_row = parquet_reader_first_row(reader, group);
    worker->bare_end = parquet_reader_first_row(reader, group + 1);
    if (scan->predicate != NULL && selection->rows == NULL) {
        INLAY_TRY(take_pages(worker, group, err));
    }
    if (worker->column_count == 0 || (worker->cut && worker->pages.count == 0)) {
        return INLAY_OK;
    }
    memset(&options, 0, sizeof(options));
    options.columns = scan->columns;
    options.column_count = worker->column_count;
    options.first_row_group = group;
    options.row_group_count = 1;
    options.batch_rows = RELATION_BATCH_ROWS;
    options.rowset = selection->rows;
    options.use_ranges = worker->cut;
    options.ranges = worker->cut ? worker->pages.items : NULL;
    options.range_count = worker->cut ? worker->pages.count : 0;
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
        vector->values = worker->place_parts;
        break;
    case PLACE_ROW:
        vector->field = &row_field;
        vector->values = worker->place_rows;
        break;
    default:
        vector->field = &table_relation_schema(&worker->scan->relation->base)->fields[ID_COLUMN];
        vector->values = worker->ids;
        break;
    }
}

/* Rows that are to be handed over: `numbers`, or without them first, first + 1, ... */
struct taken_rows {
    const uint64_t *numbers;
    uint64_t first;
    uint64_t count;
};

static uint64_t row_at(const struct taken_rows *rows, uint64_t i)
{
    return rows->numbers != NULL ? rows->numbers[i] : rows->first + i;
}

/* Ids of rows that follow each other are filled together. */
static void fill_ids(struct table_worker *worker, const struct taken_rows *rows)
{
    uint64_t i = 0;
    while (i < rows->count) {
        uint64_t first = row_at(rows, i);
        uint64_t run = rows->numbers != NULL ? 1 : rows->count;
        while (i + run < rows->count && rows->numbers[i + run] == first + run) {
            run++;
        }
        superfile_fill_ids(worker->file, (uint32_t)first, (uint32_t)run,
                           worker->ids + i * ID_BYTES);
        i += run;
    }
}

/* Puts the vectors of the rows in the order of the scan. */
static void hand_over(struct table_worker *worker, const struct taken_rows *rows)
{
    const struct table_scan *scan = worker->scan;
    size_t i;
    if (scan->wants_id) {
        fill_ids(worker, rows);
    }
    for (i = 0; scan->wants_places && i < rows->count; i++) {
        worker->place_parts[i] = (uint32_t)worker->part->entry;
        worker->place_rows[i] = (uint32_t)row_at(rows, i);
    }
    for (i = 0; i < scan->vector_count; i++) {
        if (scan->place_of[i] < PLACE_ROW) {
            worker->vectors[i] = worker->batch.columns[scan->place_of[i]];
        } else {
            made_vector(worker, scan->place_of[i], rows->count, &worker->vectors[i]);
        }
    }
}

/* The next rows of an index's set. */
static void bare_of_set(struct table_worker *worker, struct taken_rows *out)
{
    struct rowset_iterator iterator;
    uint32_t rows[RELATION_BATCH_ROWS];
    size_t count;
    size_t i;
    if (worker->bare_row == worker->bare_end) {
        return;
    }
    rowset_iterate_from(worker->part->selection.rows, (uint32_t)worker->bare_row, &iterator);
    count = rowset_next_many(&iterator, rows, RELATION_BATCH_ROWS);
    for (i = 0; i < count && rows[i] < worker->bare_end; i++) {
        worker->bare_rows[i] = rows[i];
    }
    out->count = i;
    worker->bare_row = i == RELATION_BATCH_ROWS ? worker->bare_rows[i - 1] + 1 : worker->bare_end;
}

/* The next rows of the pages that are left. */
static void bare_of_pages(struct table_worker *worker, struct taken_rows *out)
{
    const struct row_ranges *pages = &worker->pages;
    while (out->count < RELATION_BATCH_ROWS && worker->bare_range < pages->count) {
        const struct parquet_row_range *range = &pages->items[worker->bare_range];
        if (worker->bare_row < range->first) {
            worker->bare_row = range->first;
        }
        if (worker->bare_row >= range->first + range->count) {
            worker->bare_range++;
            continue;
        }
        worker->bare_rows[out->count++] = worker->bare_row++;
    }
}

/* The next rows when nothing is read of them. */
static void take_bare(struct table_worker *worker, struct taken_rows *out)
{
    uint64_t left = worker->bare_end - worker->bare_row;
    if (worker->part->selection.rows != NULL) {
        out->numbers = worker->bare_rows;
        bare_of_set(worker, out);
    } else if (worker->cut) {
        out->numbers = worker->bare_rows;
        bare_of_pages(worker, out);
    } else {
        out->first = worker->bare_row;
        out->count = left < RELATION_BATCH_ROWS ? left : RELATION_BATCH_ROWS;
        worker->bare_row += out->count;
    }
}

/* The rows that tests of their values leave, in worker->picks. */
static inlay_status test_rows(struct table_worker *worker, uint64_t count, uint64_t *left,
                              inlay_error *err)
{
    const struct colvec *columns = worker->batch.columns;
    const bool test = worker->test != NULL && !worker->decided;
    *left = count;
    if (test) {
        INLAY_TRY(row_test_pick(worker->test, columns, count, worker->picks, left, err));
    }
    if (worker->top != NULL) {
        *left = top_filter_pick(worker->top, &columns[worker->scan->top.column], worker->picks,
                                *left, !test);
    }
    return INLAY_OK;
}

/* The rows whose values may satisfy the condition; where the engine looks at them again, all of
 * them if that is nearly all. */
static inlay_status pick_rows(struct table_worker *worker, struct relation_rows *out,
                              inlay_error *err)
{
    const bool exact = worker->scan->exact;
    const uint64_t most = exact ? out->count - 1 : out->count - out->count / 8;
    INLAY_TRY(test_rows(worker, out->count, &out->pick_count, err));
    out->picks = out->pick_count <= most ? worker->picks : NULL;
    if (out->pick_count == 0 && ++worker->passed == PASSED_BATCHES_MAX) {
        worker->passed = 0;
        if (exact) {
            return cancel_check(worker->scan->cancel, err);
        }
        worker->picks[0] = 0;
        out->pick_count = 1;
    }
    return INLAY_OK;
}

/* The next rows of the row group that is being read; none: it is at its end. */
static inlay_status continue_row_group(struct table_worker *worker, struct relation_rows *out,
                                       inlay_error *err)
{
    struct taken_rows taken = {NULL, 0, 0};
    if (worker->parquet != NULL) {
        INLAY_TRY(parquet_scan_next(worker->parquet, &worker->batch, err));
        taken.numbers = worker->batch.rows;
        taken.first = worker->batch.first_row;
        taken.count = worker->batch.row_count;
    } else if (worker->column_count == 0) {
        take_bare(worker, &taken);
    }
    out->count = taken.count;
    out->picks = NULL;
    if (taken.count == 0) {
        return INLAY_OK;
    }
    count_up(&worker->scan->account->rows_read, taken.count);
    if (worker->part->selection.rows != NULL) {
        count_up(&worker->scan->account->rows_by_index, taken.count);
    }
    if (worker->top != NULL || (worker->test != NULL && !worker->decided)) {
        INLAY_TRY(pick_rows(worker, out, err));
    }
    if (out->picks == NULL || out->pick_count != 0) {
        hand_over(worker, &taken);
    }
    return INLAY_OK;
}

inlay_status table_worker_next(struct relation_worker *relation_worker, struct relation_rows *out,
                               inlay_error *err)
{
    struct table_worker *worker = (struct table_worker *)relation_worker;
    memset(out, 0, sizeof(*out));
    out->vectors = worker->vectors;
    for (;;) {
        uint64_t group;
        parquet_batch_release(&worker->batch);
        if (worker->file != NULL) {
            INLAY_TRY(continue_row_group(worker, out, err));
            if (out->count != 0 && out->picks != NULL && out->pick_count == 0) {
                continue;
            }
            if (out->count != 0) {
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
