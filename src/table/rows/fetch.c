/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/fetch.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/builder.h"
#include "parquet/fetch.h"
#include "table/rows/typed_table_priv.h"

#include <stdlib.h>
#include <string.h>

#define ID_BYTES 16

/* What is asked for: _id comes from the id index, which is in memory, the others from the file. */
struct projection {
    const uint32_t *columns; /* the caller's, of the file schema; _id is 0 */
    size_t column_count;
    uint32_t *stored; /* owned: those that are not _id, in order */
    size_t stored_count;
};

/* The rows wanted of one superfile, fetched together. */
struct group {
    uint8_t *ids;              /* owned; NULL: not asked for */
    struct ArrowArray *arrays; /* one per stored column; owned */
    struct array_view *views;  /* over the arrays; owned */
    size_t opened;             /* views open */
};

struct ordered_place {
    struct row_place place;
    size_t position; /* in the caller's order */
    size_t group;
    size_t in_group;
};

static int by_entry(const void *a, const void *b)
{
    const struct ordered_place *x = a;
    const struct ordered_place *y = b;
    if (x->place.entry != y->place.entry) {
        return x->place.entry < y->place.entry ? -1 : 1;
    }
    return x->place.row < y->place.row ? -1 : x->place.row > y->place.row;
}

static int by_position(const void *a, const void *b)
{
    const struct ordered_place *x = a;
    const struct ordered_place *y = b;
    return x->position < y->position ? -1 : x->position > y->position;
}

static void group_free(struct group *group, size_t columns)
{
    size_t i;
    for (i = 0; group->views != NULL && i < group->opened; i++) {
        array_view_close(&group->views[i]);
    }
    for (i = 0; group->arrays != NULL && i < columns; i++) {
        if (group->arrays[i].release != NULL) {
            group->arrays[i].release(&group->arrays[i]);
        }
    }
    mem_free(group->views);
    mem_free(group->arrays);
    mem_free(group->ids);
}

static inlay_status group_convert(struct group *group, const struct schema *schema,
                                  const struct projection *projection,
                                  const struct parquet_batch *fetched, inlay_error *err)
{
    size_t count = projection->stored_count;
    size_t i;
    group->arrays = mem_zalloc_array(count, sizeof(*group->arrays));
    group->views = mem_zalloc_array(count, sizeof(*group->views));
    if (group->arrays == NULL || group->views == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        INLAY_TRY(colvec_to_arrow(&fetched->columns[i], &group->arrays[i], err));
        INLAY_TRY(array_view_open(&schema->fields[projection->stored[i]], &group->arrays[i],
                                  ARRAY_CHECK_STRUCTURE, INLAY_CORRUPT, &group->views[i], err));
        group->opened++;
    }
    return INLAY_OK;
}

static inlay_status group_ids(struct group *group, const struct superfile *file,
                              const uint64_t *rows, size_t count, inlay_error *err)
{
    size_t i;
    group->ids = mem_alloc_array(count, ID_BYTES);
    if (group->ids == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        superfile_fill_ids(file, (uint32_t)rows[i], 1, group->ids + i * ID_BYTES);
    }
    return INLAY_OK;
}

static inlay_status group_stored(struct group *group, struct superfile *file,
                                 const struct schema *schema, const struct projection *projection,
                                 const uint64_t *rows, size_t count, inlay_error *err)
{
    struct parquet_batch fetched;
    inlay_status status;
    memset(&fetched, 0, sizeof(fetched));
    INLAY_TRY(parquet_fetch_rows(superfile_parquet(file), projection->stored,
                                 projection->stored_count, rows, count, &fetched, err));
    status = group_convert(group, schema, projection, &fetched, err);
    parquet_batch_release(&fetched);
    return status;
}

static inlay_status group_fetch(struct table_view *view, struct ordered_place *places, size_t count,
                                const struct projection *projection, struct group *group,
                                inlay_error *err)
{
    struct superfile *file = NULL;
    uint64_t *rows = mem_alloc_array(count, sizeof(*rows));
    inlay_status status;
    size_t i;
    if (rows == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        rows[i] = places[i].place.row;
        places[i].in_group = i;
    }
    status = table_view_superfile(view, places[0].place.entry, &file, err);
    if (status == INLAY_OK && projection->stored_count < projection->column_count) {
        status = group_ids(group, file, rows, count, err);
    }
    if (status == INLAY_OK && projection->stored_count != 0) {
        status = group_stored(group, file, &view->table->file_schema, projection, rows, count, err);
    }
    superfile_release(file);
    mem_free(rows);
    return status;
}

static inlay_status projected_schema(const struct schema *schema, const uint32_t *columns,
                                     size_t column_count, struct schema *out, inlay_error *err)
{
    size_t i;
    memset(out, 0, sizeof(*out));
    for (i = 0; i < column_count; i++) {
        inlay_status status = schema_add_copy(out, &schema->fields[columns[i]], err);
        if (status != INLAY_OK) {
            schema_free(out);
            return status;
        }
        out->fields[i].dictionary = false;
    }
    return INLAY_OK;
}

static inlay_status append_row(struct builder *builder, const struct projection *projection,
                               const struct group *group, size_t in_group, inlay_error *err)
{
    size_t stored = 0;
    size_t c;
    for (c = 0; c < projection->column_count; c++) {
        struct builder *child = builder_child(builder, c);
        if (projection->columns[c] == 0) {
            INLAY_TRY(builder_fixed(child, group->ids + in_group * ID_BYTES, err));
        } else {
            INLAY_TRY(builder_append(child, &group->views[stored++], (int64_t)in_group, 1, err));
        }
    }
    return builder_close_row(builder, err);
}

static inlay_status assemble(const struct ordered_place *places, size_t count,
                             const struct projection *projection, const struct group *groups,
                             const struct schema *schema, struct batch *out, inlay_error *err)
{
    struct builder *builder = NULL;
    struct ArrowArray array;
    inlay_status status = builder_new_batch(schema, UINT64_MAX, &builder, err);
    size_t i;
    for (i = 0; i < count && status == INLAY_OK; i++) {
        status = append_row(builder, projection, &groups[places[i].group], places[i].in_group, err);
    }
    if (status == INLAY_OK) {
        status = builder_finish(builder, &array, err);
    }
    if (status == INLAY_OK) {
        status = batch_from_array(schema, &array, ARRAY_CHECK_STRUCTURE, INLAY_INTERNAL, out, err);
    }
    builder_free(builder);
    return status;
}

static inlay_status fetch_groups(struct table_view *view, struct ordered_place *places,
                                 size_t count, const struct projection *projection,
                                 struct group *groups, inlay_error *err)
{
    size_t group = 0;
    size_t first;
    size_t end;
    size_t i;
    for (first = 0; first < count; first = end, group++) {
        for (end = first; end < count && places[end].place.entry == places[first].place.entry;
             end++) {
            places[end].group = group;
        }
        INLAY_TRY(group_fetch(view, places + first, end - first, projection, &groups[group], err));
    }
    for (i = 0; i + 1 < count; i++) {
        /* Sorted by file until here; the caller's order again for the answer. */
        if (places[i].position > places[i + 1].position) {
            qsort(places, count, sizeof(*places), by_position);
            break;
        }
    }
    return INLAY_OK;
}

inlay_status table_fetch(struct table_view *view, const struct row_place *places, size_t count,
                         const uint32_t *columns, size_t column_count, struct batch *out,
                         inlay_error *err)
{
    struct ordered_place *ordered = mem_zalloc_array(count, sizeof(*ordered));
    struct group *groups = mem_zalloc_array(count, sizeof(*groups));
    struct projection projection = {columns, column_count, NULL, 0};
    struct schema schema = {NULL, 0};
    inlay_status status;
    size_t i;
    memset(out, 0, sizeof(*out));
    projection.stored = mem_alloc_array(column_count, sizeof(*projection.stored));
    if (ordered == NULL || groups == NULL || projection.stored == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (i = 0; i < column_count; i++) {
        if (columns[i] != 0) {
            projection.stored[projection.stored_count++] = columns[i];
        }
    }
    for (i = 0; i < count; i++) {
        ordered[i].place = places[i];
        ordered[i].position = i;
    }
    if (count > 1) {
        qsort(ordered, count, sizeof(*ordered), by_entry);
    }
    INLAY_TRY_GOTO(status,
                   projected_schema(&view->table->file_schema, columns, column_count, &schema, err),
                   cleanup);
    INLAY_TRY_GOTO(status, fetch_groups(view, ordered, count, &projection, groups, err), cleanup);
    status = assemble(ordered, count, &projection, groups, &schema, out, err);
cleanup:
    for (i = 0; groups != NULL && i < count; i++) {
        group_free(&groups[i], projection.stored_count);
    }
    mem_free(projection.stored);
    mem_free(groups);
    mem_free(ordered);
    schema_free(&schema);
    return status;
}

inlay_status table_find(struct table_view *view, struct id128 id, struct row_place *place,
                        bool *found, inlay_error *err)
{
    size_t i;
    *found = false;
    for (i = 0; i < view->list.count && !*found; i++) {
        const struct manifest_entry *entry = &view->list.entries[i];
        struct superfile *file;
        if (id_compare(id, entry->id_min) < 0 || id_compare(id, entry->id_max) > 0) {
            continue;
        }
        INLAY_TRY(table_view_superfile(view, i, &file, err));
        if (superfile_row(file, id, &place->row)) {
            place->entry = i;
            *found = true;
        }
        superfile_release(file);
    }
    return INLAY_OK;
}
