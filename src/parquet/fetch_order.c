/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/fetch_order.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

struct numbered {
    uint64_t row;
    size_t position;
};

static int numbered_compare(const void *a, const void *b)
{
    const struct numbered *x = a;
    const struct numbered *y = b;
    return x->row < y->row ? -1 : x->row > y->row;
}

static bool ascends(const uint64_t *rows, size_t count)
{
    size_t i;
    for (i = 1; i < count; i++) {
        if (rows[i] <= rows[i - 1]) {
            return false;
        }
    }
    return true;
}

inlay_status fetch_order_make(const uint64_t *rows, size_t count, struct fetch_order *out,
                              inlay_error *err)
{
    struct numbered *sorted;
    size_t i;
    memset(out, 0, sizeof(*out));
    out->count = count;
    out->distinct = mem_alloc_array(count, sizeof(*out->distinct));
    if (out->distinct == NULL) {
        return error_no_memory(err);
    }
    if (ascends(rows, count)) {
        memcpy(out->distinct, rows, count * sizeof(*rows));
        out->distinct_count = count;
        return INLAY_OK;
    }
    sorted = mem_alloc_array(count, sizeof(*sorted));
    out->from = mem_alloc_array(count, sizeof(*out->from));
    if (sorted == NULL || out->from == NULL) {
        mem_free(sorted);
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        sorted[i].row = rows[i];
        sorted[i].position = i;
    }
    qsort(sorted, count, sizeof(*sorted), numbered_compare);
    for (i = 0; i < count; i++) {
        if (i == 0 || sorted[i].row != sorted[i - 1].row) {
            out->distinct[out->distinct_count++] = sorted[i].row;
        }
        out->from[sorted[i].position] = out->distinct_count - 1;
    }
    mem_free(sorted);
    return INLAY_OK;
}

void fetch_order_free(struct fetch_order *order)
{
    mem_free(order->distinct);
    mem_free(order->from);
    memset(order, 0, sizeof(*order));
}

static inlay_status gather(struct arena *arena, struct colvec *vector, const uint64_t *from,
                           uint64_t count, inlay_error *err);

static inlay_status no_room(inlay_error *err)
{
    return error_set(err, INLAY_OVER_BUDGET, "the rows of one fetch pass its memory limit");
}

static bool validity_gather(struct arena *arena, struct colvec *vector, const uint64_t *from,
                            uint64_t count)
{
    uint64_t *validity = arena_zalloc_array(arena, (size_t)(count + 63) / 64, 8);
    uint64_t i;
    if (validity == NULL) {
        return false;
    }
    vector->null_count = 0;
    for (i = 0; i < count; i++) {
        uint64_t bit = (vector->validity[from[i] >> 6] >> (from[i] & 63)) & 1;
        validity[i >> 6] |= bit << (i & 63);
        vector->null_count += bit == 0;
    }
    vector->validity = vector->null_count != 0 ? validity : NULL;
    return true;
}

static bool values_gather(struct arena *arena, struct colvec *vector, const uint64_t *from,
                          uint64_t count)
{
    size_t width = column_type_width(vector->field);
    const uint8_t *old = vector->values;
    uint8_t *values;
    uint64_t i;
    if (vector->field->type == COLUMN_BOOL || vector->field->type == COLUMN_NULL) {
        width = 1;
    } else if (width == 0) {
        width = sizeof(struct colvec_string);
    }
    values = arena_alloc_array(arena, (size_t)count, width);
    if (values == NULL) {
        return false;
    }
    for (i = 0; i < count; i++) {
        memcpy(values + i * width, old + from[i] * width, width);
    }
    vector->values = values;
    return true;
}

/* Lists of either kind: the items of list i are [start(i), start(i + 1)) of the child. */
static uint64_t list_start(const struct colvec *vector, uint64_t i)
{
    return vector->offsets != NULL ? vector->offsets[i] : i * (uint64_t)vector->field->width;
}

static inlay_status lists_gather(struct arena *arena, struct colvec *vector, const uint64_t *from,
                                 uint64_t count, inlay_error *err)
{
    uint64_t *offsets = arena_alloc_array(arena, (size_t)count + 1, sizeof(*offsets));
    uint64_t *items;
    uint64_t total = 0;
    uint64_t i;
    uint64_t k;
    if (offsets == NULL) {
        return no_room(err);
    }
    for (i = 0; i < count; i++) {
        offsets[i] = total;
        total += list_start(vector, from[i] + 1) - list_start(vector, from[i]);
    }
    offsets[count] = total;
    items = arena_alloc_array(arena, (size_t)total, sizeof(*items));
    if (items == NULL) {
        return no_room(err);
    }
    for (i = 0; i < count; i++) {
        for (k = offsets[i]; k < offsets[i + 1]; k++) {
            items[k] = list_start(vector, from[i]) + (k - offsets[i]);
        }
    }
    vector->offsets = vector->offsets != NULL ? offsets : NULL;
    return gather(arena, &vector->children[0], items, total, err);
}

static inlay_status gather(struct arena *arena, struct colvec *vector, const uint64_t *from,
                           uint64_t count, inlay_error *err)
{
    size_t i;
    const enum column_type type = vector->field->type;
    if (type == COLUMN_LIST || type == COLUMN_LARGE_LIST || type == COLUMN_FIXED_LIST) {
        INLAY_TRY(lists_gather(arena, vector, from, count, err));
    } else if (type == COLUMN_STRUCT) {
        for (i = 0; i < vector->child_count; i++) {
            INLAY_TRY(gather(arena, &vector->children[i], from, count, err));
        }
    } else if (!values_gather(arena, vector, from, count)) {
        return no_room(err);
    }
    if (vector->validity != NULL && !validity_gather(arena, vector, from, count)) {
        return no_room(err);
    }
    vector->count = count;
    return INLAY_OK;
}

inlay_status fetch_order_restore(const struct fetch_order *order, struct arena *arena,
                                 struct parquet_batch *batch, inlay_error *err)
{
    size_t i;
    if (order->from == NULL) {
        return INLAY_OK;
    }
    for (i = 0; i < batch->column_count; i++) {
        INLAY_TRY(gather(arena, &batch->columns[i], order->from, order->count, err));
    }
    batch->row_count = order->count;
    return INLAY_OK;
}
