/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/typed_table.h"

#include "base/alloc.h"
#include "base/error.h"
#include "superfile/superfile_builder.h"
#include "superfile/vector_column.h"
#include "table/rows/typed_table_priv.h"

#include <stdlib.h>
#include <string.h>

#define DEFAULT_BUILD_MEMORY ((size_t)128 << 20)
#define DEFAULT_OPEN_SUPERFILES 1024

void typed_text_index_free(struct typed_text_index *text)
{
    mem_free(text->column);
    analyzer_free(text->analyzer);
    memset(text, 0, sizeof(*text));
}

static inlay_status check_texts(const struct typed_table *table, inlay_error *err)
{
    size_t i;
    for (i = 0; i < table->text_count; i++) {
        const char *name = table->texts[i].column;
        ptrdiff_t column = schema_find(&table->columns, name);
        if (column < 0 || (table->columns.fields[column].type != COLUMN_UTF8 &&
                           table->columns.fields[column].type != COLUMN_LARGE_UTF8)) {
            error_set(err, INLAY_SCHEMA, "a text index needs a utf8 column; \"%s\" is %s", name,
                      column < 0 ? "not a column of the table" : "of another type");
            error_key(err, name);
            return INLAY_SCHEMA;
        }
    }
    return INLAY_OK;
}

static inlay_status copy_vectors(struct typed_table *table,
                                 const struct typed_table_options *options, inlay_error *err)
{
    size_t i;
    table->vectors = mem_zalloc_array(options->vector_count, sizeof(*table->vectors));
    if (table->vectors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < options->vector_count; i++) {
        table->vectors[i] = options->vectors[i];
        table->vectors[i].column = mem_strdup(options->vectors[i].column);
        table->vector_count++;
        if (table->vectors[i].column == NULL) {
            return error_no_memory(err);
        }
        INLAY_TRY(vector_column_check(&table->columns, table->vectors[i].column, err));
    }
    return INLAY_OK;
}

static inlay_status set_options(struct typed_table *table,
                                const struct typed_table_options *options, inlay_error *err)
{
    table->provider = options->provider;
    table->pool = options->pool;
    table->location = mem_strdup(options->location);
    table->spill_folder = options->spill_folder != NULL ? mem_strdup(options->spill_folder) : NULL;
    table->build_memory = options->build_memory != 0 ? options->build_memory : DEFAULT_BUILD_MEMORY;
    superfile_cache_init(&table->cache, table->provider, table->location, options->account,
                         options->open_superfiles != 0 ? options->open_superfiles
                                                       : DEFAULT_OPEN_SUPERFILES);
    if (table->location == NULL || (options->spill_folder != NULL && table->spill_folder == NULL)) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

inlay_status typed_table_create(struct table *table, struct schema *columns,
                                struct typed_text_index *texts, size_t text_count,
                                const struct typed_table_options *options, struct typed_table **out,
                                inlay_error *err)
{
    struct typed_table *typed = mem_zalloc(sizeof(*typed));
    inlay_status status;
    size_t i;
    *out = NULL;
    if (typed == NULL) {
        for (i = 0; i < text_count; i++) {
            typed_text_index_free(&texts[i]);
        }
        mem_free(texts);
        schema_free(columns);
        table_close(table);
        return error_no_memory(err);
    }
    atomic_init(&typed->references, 1);
    (void)pthread_mutex_init(&typed->view_lock, NULL);
    typed->table = table;
    typed->columns = *columns;
    memset(columns, 0, sizeof(*columns));
    typed->texts = texts;
    typed->text_count = text_count;
    status = set_options(typed, options, err);
    if (status == INLAY_OK) {
        status = check_texts(typed, err);
    }
    if (status == INLAY_OK) {
        status = copy_vectors(typed, options, err);
    }
    if (status == INLAY_OK) {
        status = superfile_schema(&typed->columns, &typed->file_schema, err);
    }
    if (status != INLAY_OK) {
        typed_table_release(typed);
        return status;
    }
    *out = typed;
    return INLAY_OK;
}

static void view_core_release(struct view_core *core)
{
    size_t i;
    if (core == NULL ||
        atomic_fetch_sub_explicit(&core->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (i = 0; i < core->column_count; i++) {
        value_counts_free(atomic_load_explicit(&core->counts[i], memory_order_relaxed));
        extreme_free(atomic_load_explicit(&core->extremes[2 * i], memory_order_relaxed));
        extreme_free(atomic_load_explicit(&core->extremes[2 * i + 1], memory_order_relaxed));
    }
    mem_free(core->counts);
    mem_free(core->extremes);
    entry_list_free(&core->list);
    snapshot_release(core->snapshot);
    mem_free(core);
}

struct typed_table *typed_table_retain(struct typed_table *table)
{
    atomic_fetch_add_explicit(&table->references, 1, memory_order_relaxed);
    return table;
}

void typed_table_release(struct typed_table *table)
{
    size_t i;
    /* acq_rel: the last releaser sees all that the others did with the table. */
    if (table == NULL ||
        atomic_fetch_sub_explicit(&table->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    superfile_cache_destroy(&table->cache);
    view_core_release(table->last_view);
    (void)pthread_mutex_destroy(&table->view_lock);
    for (i = 0; i < table->text_count; i++) {
        typed_text_index_free(&table->texts[i]);
    }
    mem_free(table->texts);
    for (i = 0; i < table->vector_count; i++) {
        mem_free(table->vectors[i].column);
    }
    mem_free(table->vectors);
    schema_free(&table->columns);
    schema_free(&table->file_schema);
    table_close(table->table);
    mem_free(table->location);
    mem_free(table->spill_folder);
    mem_free(table);
}

struct table *typed_table_handle(struct typed_table *table)
{
    return table->table;
}

const struct schema *typed_table_columns(const struct typed_table *table)
{
    return &table->columns;
}

const char *typed_table_location(const struct typed_table *table)
{
    return table->location;
}

const struct schema *typed_table_file_schema(const struct typed_table *table)
{
    return &table->file_schema;
}

const struct typed_text_index *typed_table_text(const struct typed_table *table, const char *column)
{
    size_t i;
    for (i = 0; i < table->text_count; i++) {
        if (strcmp(table->texts[i].column, column) == 0) {
            return &table->texts[i];
        }
    }
    return NULL;
}

const struct typed_text_index *typed_table_texts(const struct typed_table *table, size_t *count)
{
    *count = table->text_count;
    return table->texts;
}

const struct typed_vector_index *typed_table_vector(const struct typed_table *table,
                                                    const char *column)
{
    size_t i;
    for (i = 0; i < table->vector_count; i++) {
        if (strcmp(table->vectors[i].column, column) == 0) {
            return &table->vectors[i];
        }
    }
    return NULL;
}

const struct typed_vector_index *typed_table_vectors(const struct typed_table *table, size_t *count)
{
    *count = table->vector_count;
    return table->vectors;
}

static int by_first_id(const void *a, const void *b)
{
    const struct manifest_entry *x = a;
    const struct manifest_entry *y = b;
    int order = id_compare(x->id_min, y->id_min);
    return order != 0 ? order : id_compare(x->superfile_id, y->superfile_id);
}

/* Deletes come with the mutation pipeline; until then a table that has some is refused, not
 * misread. */
static inlay_status check_entries(const struct entry_list *list, inlay_error *err)
{
    size_t i;
    for (i = 0; i < list->count; i++) {
        if (list->entries[i].tombstones.deleted != 0) {
            return error_set(err, INLAY_UNSUPPORTED,
                             "the table has deleted rows, which this version cannot read");
        }
    }
    return INLAY_OK;
}

/* Takes the reference to the snapshot over, also on failure. */
static inlay_status view_core_make(struct snapshot *snapshot, size_t column_count,
                                   struct view_core **out, inlay_error *err)
{
    struct view_core *core = mem_zalloc(sizeof(*core));
    inlay_status status;
    *out = NULL;
    if (core != NULL) {
        core->counts = mem_zalloc_array(column_count, sizeof(*core->counts));
        core->extremes = mem_zalloc_array(column_count, 2 * sizeof(*core->extremes));
    }
    if (core == NULL || core->counts == NULL || core->extremes == NULL) {
        mem_free(core != NULL ? core->counts : NULL);
        mem_free(core != NULL ? core->extremes : NULL);
        mem_free(core);
        snapshot_release(snapshot);
        return error_no_memory(err);
    }
    core->column_count = column_count;
    atomic_init(&core->references, 1);
    core->snapshot = snapshot;
    status = snapshot_scan(snapshot, NULL, 0, &core->list, err);
    if (status == INLAY_OK) {
        status = check_entries(&core->list, err);
    }
    if (status != INLAY_OK) {
        view_core_release(core);
        return status;
    }
    if (core->list.count > 1) {
        qsort(core->list.entries, core->list.count, sizeof(*core->list.entries), by_first_id);
    }
    *out = core;
    return INLAY_OK;
}

/* The kept core when it is of this snapshot; NULL: it is not. */
static struct view_core *kept_core(struct typed_table *table, const struct snapshot *snapshot)
{
    struct view_core *core = NULL;
    (void)pthread_mutex_lock(&table->view_lock);
    if (table->last_view != NULL && table->last_view->snapshot == snapshot) {
        core = table->last_view;
        atomic_fetch_add_explicit(&core->references, 1, memory_order_relaxed);
    }
    (void)pthread_mutex_unlock(&table->view_lock);
    return core;
}

static void keep_core(struct typed_table *table, struct view_core *core)
{
    struct view_core *before;
    atomic_fetch_add_explicit(&core->references, 1, memory_order_relaxed);
    (void)pthread_mutex_lock(&table->view_lock);
    before = table->last_view;
    table->last_view = core;
    (void)pthread_mutex_unlock(&table->view_lock);
    view_core_release(before);
}

/* The shared part of a view of the version that `wanted` is, or that the handle gives. A list of
 * many superfiles is made once per version, not once per query. */
static inlay_status view_core_get(struct typed_table *table, struct snapshot *wanted,
                                  struct view_core **out, inlay_error *err)
{
    struct snapshot *snapshot = NULL;
    *out = NULL;
    if (wanted != NULL) {
        snapshot = snapshot_retain(wanted);
    } else {
        INLAY_TRY(table_pin(table->table, &snapshot, err));
    }
    *out = kept_core(table, snapshot);
    if (*out != NULL) {
        snapshot_release(snapshot);
        return INLAY_OK;
    }
    INLAY_TRY(view_core_make(snapshot, table->file_schema.count, out, err));
    if (wanted == NULL) {
        keep_core(table, *out);
    }
    return INLAY_OK;
}

inlay_status table_view_open(struct typed_table *table, struct snapshot *snapshot,
                             struct table_view **out, inlay_error *err)
{
    struct table_view *view = mem_zalloc(sizeof(*view));
    inlay_status status;
    *out = NULL;
    if (view == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&view->references, 1);
    view->table = typed_table_retain(table);
    status = view_core_get(table, snapshot, &view->core, err);
    if (status != INLAY_OK) {
        table_view_release(view);
        return status;
    }
    view->snapshot = view->core->snapshot;
    view->list = view->core->list;
    *out = view;
    return INLAY_OK;
}

struct table_view *table_view_retain(struct table_view *view)
{
    atomic_fetch_add_explicit(&view->references, 1, memory_order_relaxed);
    return view;
}

void table_view_release(struct table_view *view)
{
    if (view == NULL ||
        atomic_fetch_sub_explicit(&view->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    view_core_release(view->core);
    typed_table_release(view->table);
    mem_free(view);
}

uint64_t table_view_rows(const struct table_view *view)
{
    return view->snapshot->counts.rows - view->snapshot->counts.deleted;
}

inlay_status table_view_superfile(struct table_view *view, size_t index, struct superfile **out,
                                  inlay_error *err)
{
    return superfile_cache_get(&view->table->cache, &view->list.entries[index], out, err);
}

inlay_status table_view_source(struct table_view *view, size_t index, struct byte_source **out,
                               inlay_error *err)
{
    return superfile_source_open(&view->table->cache, &view->list.entries[index], out, err);
}
