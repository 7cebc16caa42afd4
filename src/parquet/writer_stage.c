/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Level building after Melnik et al., "Dremel" (VLDB 2010): every entry of a leaf gets the
 * repetition level of the list that it continues and the definition level down to which its path is
 * there. Leaves are fed in runs of neighbouring rows, so flat columns and long lists move as
 * blocks.
 */
#include "parquet/writer_stage.h"

#include "base/checked.h"
#include "base/error.h"

#include <string.h>

#define RUN 256 /* rows that are converted at a time; bounds the scratch on the stack */
#define STAGE_CAP INT32_MAX
#define NESTED_ENTRIES (1u << 18) /* entries that fill a page of a nested leaf */

static unsigned stored_width(const struct schema_leaf *leaf)
{
    switch (leaf->type) {
    case PARQUET_BOOLEAN:
        return 1;
    case PARQUET_INT32:
    case PARQUET_FLOAT:
        return 4;
    case PARQUET_INT64:
    case PARQUET_DOUBLE:
        return 8;
    case PARQUET_FIXED:
        return (unsigned)leaf->type_length;
    default:
        return 0;
    }
}

static void find_path(const struct schema_map *map, size_t leaf, struct leaf_path *path)
{
    const struct schema_node *node = &map->nodes[map->leaves[leaf].column];
    path->depth = 0;
    for (;;) {
        size_t i = 0;
        path->nodes[path->depth++] = node;
        if (node->child_count == 0) {
            return;
        }
        while (leaf >= node->children[i].first_leaf + node->children[i].leaf_count) {
            i++;
        }
        path->children[path->depth - 1] = i;
        node = &node->children[i];
    }
}

void leaf_stage_init(struct leaf_stage *stage, const struct schema_map *map, size_t leaf,
                     size_t page_rows, size_t page_bytes)
{
    memset(stage, 0, sizeof(*stage));
    stage->leaf = &map->leaves[leaf];
    stage->width = stored_width(stage->leaf);
    find_path(map, leaf, &stage->path);
    stage->page_rows = page_rows;
    stage->page_bytes = page_bytes;
    if (stage->width != 0 && page_bytes / stage->width < page_rows) {
        stage->page_rows = page_bytes / stage->width & ~(size_t)7;
        stage->page_rows = stage->page_rows != 0 ? stage->page_rows : 1;
    }
    buffer_init(&stage->definition, STAGE_CAP);
    buffer_init(&stage->repetition, STAGE_CAP);
    buffer_init(&stage->values, STAGE_CAP);
    buffer_init(&stage->lengths, STAGE_CAP);
}

void leaf_stage_free(struct leaf_stage *stage)
{
    if (stage != NULL) {
        buffer_free(&stage->definition);
        buffer_free(&stage->repetition);
        buffer_free(&stage->values);
        buffer_free(&stage->lengths);
    }
}

void leaf_stage_clear(struct leaf_stage *stage)
{
    buffer_clear(&stage->definition);
    buffer_clear(&stage->repetition);
    buffer_clear(&stage->values);
    buffer_clear(&stage->lengths);
    stage->entries = 0;
    stage->value_count = 0;
    stage->rows = 0;
}

size_t leaf_stage_bytes(const struct leaf_stage *stage)
{
    return stage->values.len + stage->lengths.len;
}

bool leaf_stage_full(const struct leaf_stage *stage)
{
    if (stage->rows >= stage->page_rows) {
        return true;
    }
    return (stage->width == 0 || stage->path.depth > 1) &&
           (leaf_stage_bytes(stage) >= stage->page_bytes || stage->entries >= NESTED_ENTRIES);
}

/* ---- values ---- */

static inlay_status bad_value(const struct leaf_stage *stage, uint64_t row, const char *what,
                              inlay_error *err)
{
    inlay_status status = error_set(err, INLAY_INVALID_ARGUMENT, "column '%s': %s",
                                    stage->path.nodes[0]->field->name, what);
    error_key(err, stage->path.nodes[0]->field->name);
    error_row(err, (int64_t)row);
    return status;
}

/* Two's complement of 16 bytes, little-endian, in the stored form: big-endian or a short integer.
 */
static void put_decimal(const struct leaf_stage *stage, const uint8_t *value, uint8_t *out)
{
    if (stage->leaf->type == PARQUET_FIXED) {
        store_u64(out, __builtin_bswap64(load_u64(value + 8)));
        store_u64(out + 8, __builtin_bswap64(load_u64(value)));
    } else {
        memcpy(out, value, stage->width);
    }
}

/* Integers whose stored form differs from Arrow's. */
static inlay_status put_integer(const struct leaf_stage *stage, int64_t value, uint64_t row,
                                uint8_t *out, inlay_error *err)
{
    const struct field *field = stage->leaf->field;
    if (field->type == COLUMN_DATE64) {
        if (value % 86400000 != 0) {
            return bad_value(stage, row, "a date64 value is not a whole number of days", err);
        }
        value /= 86400000;
    } else if (field->unit == UNIT_SECOND &&
               (field->type == COLUMN_TIME32 || field->type == COLUMN_TIMESTAMP) &&
               !i64_mul(value, 1000, &value)) {
        return bad_value(stage, row, "a timestamp in seconds overflows milliseconds", err);
    }
    if (stage->width == 8) {
        store_u64(out, (uint64_t)value);
    } else if (value >= INT32_MIN && value <= INT32_MAX) {
        store_u32(out, (uint32_t)value);
    } else {
        return bad_value(stage, row, "a date or time is outside the range that can be stored", err);
    }
    return INLAY_OK;
}

static bool is_copied(const struct field *field)
{
    switch (field->type) {
    case COLUMN_BOOL:
    case COLUMN_INT8:
    case COLUMN_INT16:
    case COLUMN_UINT8:
    case COLUMN_UINT16:
    case COLUMN_DATE64:
    case COLUMN_DECIMAL128:
        return false;
    case COLUMN_TIME32:
    case COLUMN_TIMESTAMP:
        return field->unit != UNIT_SECOND;
    default:
        return true;
    }
}

/* Values of rows [first, first + count), those with valid[i] == 0 left out. `row` is the file's row
 * of the first one, or of all of them in a nested leaf. */
static inlay_status put_fixed(struct leaf_stage *stage, const struct array_view *view,
                              int64_t first, int64_t count, const uint8_t *valid, int64_t present,
                              uint64_t row, inlay_error *err)
{
    const struct field *field = stage->leaf->field;
    uint8_t *p = buffer_extend(&stage->values, (size_t)present * stage->width);
    bool copied = is_copied(field);
    int64_t i;
    if (p == NULL) {
        return buffer_status(&stage->values, err);
    }
    if (copied && present == count && view->codes == NULL) {
        memcpy(p, view->values + (uint64_t)first * stage->width, (size_t)count * stage->width);
        return INLAY_OK;
    }
    for (i = 0; i < count; i++) {
        if (!valid[i]) {
            continue;
        }
        if (copied) {
            memcpy(p, array_view_fixed(view, first + i), stage->width);
        } else if (field->type == COLUMN_BOOL) {
            *p = array_view_bool(view, first + i);
        } else if (field->type == COLUMN_DECIMAL128) {
            put_decimal(stage, array_view_fixed(view, first + i), p);
        } else {
            uint64_t at = stage->path.depth == 1 ? row + (uint64_t)i : row;
            INLAY_TRY(put_integer(stage, array_view_int(view, first + i), at, p, err));
        }
        p += stage->width;
    }
    return INLAY_OK;
}

static inlay_status too_long(const struct leaf_stage *stage, uint64_t length, inlay_error *err)
{
    return error_set(err, INLAY_OVER_BUDGET, "column '%s': a value of %llu bytes is too long",
                     stage->path.nodes[0]->field->name, (unsigned long long)length);
}

/* Byte arrays of up to RUN rows; stops behind the row that fills the page when `stop_when_full`.
 * Returns through *taken the rows used, and counts the values among them in *present. The size of
 * the run is found first, so that the copy loop has no checks. */
static inlay_status put_bytes(struct leaf_stage *stage, const struct array_view *view,
                              int64_t first, int64_t count, const uint8_t *valid,
                              bool stop_when_full, int64_t *taken, int64_t *present,
                              inlay_error *err)
{
    struct byte_view views[RUN];
    uint64_t room = stop_when_full ? stage->page_bytes - leaf_stage_bytes(stage) : UINT64_MAX;
    uint64_t bytes = 0;
    uint8_t *length;
    uint8_t *value;
    int64_t i;
    int64_t n;
    array_view_bytes_run(view, first, count, views);
    *present = 0;
    for (n = 0; n < count && bytes + 4 * (uint64_t)*present < room; n++) {
        if (views[n].length > STAGE_CAP) {
            return too_long(stage, views[n].length, err);
        }
        bytes += valid[n] ? views[n].length : 0;
        *present += valid[n];
    }
    *taken = n;
    length = buffer_extend(&stage->lengths, 4 * (size_t)*present);
    value = buffer_extend(&stage->values, (size_t)bytes);
    if (length == NULL || value == NULL) {
        INLAY_TRY(buffer_status(&stage->lengths, err));
        return buffer_status(&stage->values, err);
    }
    for (i = 0; i < n; i++) {
        if (valid[i]) {
            store_u32(length, (uint32_t)views[i].length);
            length += 4;
            if (views[i].length != 0) {
                memcpy(value, views[i].data, (size_t)views[i].length);
                value += views[i].length;
            }
        }
    }
    return INLAY_OK;
}

/* ---- levels ---- */

static inlay_status put_levels(struct leaf_stage *stage, const uint8_t *valid, int64_t count,
                               uint8_t first_repetition, inlay_error *err)
{
    const struct schema_leaf *leaf = stage->leaf;
    const struct schema_node *node = stage->path.nodes[stage->path.depth - 1];
    uint8_t *p;
    int64_t i;
    if (leaf->max_definition != 0) {
        p = buffer_extend(&stage->definition, (size_t)count);
        for (i = 0; p != NULL && i < count; i++) {
            /* A null leaf is defined one level less; leaves without nulls are always valid. */
            p[i] = (uint8_t)(node->definition - 1 + valid[i]);
        }
        INLAY_TRY(buffer_status(&stage->definition, err));
    }
    if (leaf->max_repetition != 0 && count != 0) {
        buffer_u8(&stage->repetition, first_repetition);
        buffer_fill(&stage->repetition, (uint8_t)leaf->max_repetition, (size_t)count - 1);
        INLAY_TRY(buffer_status(&stage->repetition, err));
    }
    return INLAY_OK;
}

/* A run of leaf values; `repetition` is the first one's level, the others continue the innermost
 * list (or have none). Takes all, or, when `stop_when_full`, what fits the page. */
static inlay_status put_run(struct leaf_stage *stage, const struct array_view *view, int64_t first,
                            int64_t count, uint8_t repetition, uint64_t row, bool stop_when_full,
                            int64_t *taken, inlay_error *err)
{
    uint8_t valid[RUN];
    int64_t done = 0;
    while (done < count && !(stop_when_full && leaf_stage_full(stage))) {
        int64_t n = count - done < RUN ? count - done : RUN;
        uint64_t at = stop_when_full ? row + (uint64_t)done : row;
        int64_t present;
        if (stop_when_full && (size_t)n > stage->page_rows - stage->rows) {
            n = (int64_t)(stage->page_rows - stage->rows);
        }
        present = array_view_valid_run(view, first + done, n, valid);
        if (present != n && !stage->leaf->field->nullable) {
            inlay_status status =
                error_set(err, INLAY_SCHEMA, "column '%s' has a null, but may not hold nulls",
                          stage->path.nodes[0]->field->name);
            error_row(err, (int64_t)at);
            return status;
        }
        if (stage->leaf->type == PARQUET_BYTE_ARRAY) {
            INLAY_TRY(
                put_bytes(stage, view, first + done, n, valid, stop_when_full, &n, &present, err));
        } else if (present != 0) {
            INLAY_TRY(put_fixed(stage, view, first + done, n, valid, present, at, err));
        }
        INLAY_TRY(
            put_levels(stage, valid, n, done == 0 ? repetition : stage->leaf->max_repetition, err));
        stage->entries += (size_t)n;
        stage->value_count += (size_t)present;
        stage->rows += stop_when_full ? (size_t)n : 0;
        done += n;
    }
    *taken = done;
    return INLAY_OK;
}

/* An entry without a value: the path ends at a null or an empty list. */
static inlay_status put_absent(struct leaf_stage *stage, uint16_t definition, uint8_t repetition,
                               inlay_error *err)
{
    buffer_u8(&stage->definition, (uint8_t)definition);
    if (stage->leaf->max_repetition != 0) {
        buffer_u8(&stage->repetition, repetition);
        INLAY_TRY(buffer_status(&stage->repetition, err));
    }
    stage->entries += 1;
    return buffer_status(&stage->definition, err);
}

/* Item `row` of the view at `level` of the path, and everything below it. */
static inlay_status put_nested(struct leaf_stage *stage, const struct array_view *view,
                               size_t level, int64_t item, uint8_t repetition, uint64_t row,
                               inlay_error *err)
{
    const struct schema_node *node = stage->path.nodes[level];
    const struct array_view *child;
    int64_t begin = item;
    int64_t end = item + 1;
    int64_t taken;
    if (level + 1 == stage->path.depth) {
        return put_run(stage, view, item, 1, repetition, row, false, &taken, err);
    }
    if (array_view_is_null(view, item)) {
        if (!node->field->nullable) {
            inlay_status status =
                error_set(err, INLAY_SCHEMA, "column '%s' has a null, but may not hold nulls",
                          stage->path.nodes[0]->field->name);
            error_row(err, (int64_t)row);
            return status;
        }
        return put_absent(stage, (uint16_t)(node->definition - 1), repetition, err);
    }
    child = &view->children[stage->path.children[level]];
    if (node->field->type != COLUMN_STRUCT) {
        array_view_list(view, item, &begin, &end);
        if (begin == end) {
            return put_absent(stage, node->definition, repetition, err);
        }
        if (level + 2 == stage->path.depth) { /* the items are the leaf: one block */
            return put_run(stage, child, begin, end - begin, repetition, row, false, &taken, err);
        }
    }
    for (; begin < end; begin++) {
        INLAY_TRY(put_nested(stage, child, level + 1, begin, repetition, row, err));
        repetition = (uint8_t)node->item_repetition;
    }
    return INLAY_OK;
}

inlay_status leaf_stage_fill(struct leaf_stage *stage, const struct array_view *column,
                             int64_t first, int64_t count, uint64_t first_row, int64_t *taken,
                             inlay_error *err)
{
    int64_t i;
    *taken = 0;
    if (stage->path.depth == 1) {
        return put_run(stage, column, first, count, 0, first_row, true, taken, err);
    }
    for (i = 0; i < count && !leaf_stage_full(stage); i++) {
        INLAY_TRY(put_nested(stage, column, 0, first + i, 0, first_row + (uint64_t)i, err));
        stage->rows += 1;
    }
    *taken = i;
    return INLAY_OK;
}
