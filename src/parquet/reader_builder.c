/* SPDX-License-Identifier: Apache-2.0 */
/* Vectors of a batch while they grow, and the memory that keeps them. */
#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/decode_bits.h"
#include "parquet/reader_priv.h"

#include <string.h>

static void batch_destroy(struct colvec_owner *owner)
{
    struct batch_memory *memory = (struct batch_memory *)owner;
    size_t i;
    for (i = 0; i < memory->kept_count; i++) {
        colvec_owner_release(memory->kept[i]);
    }
    mem_free(memory->kept);
    arena_free(&memory->arena);
    mem_free(memory);
}

inlay_status batch_memory_create(uint64_t limit, struct batch_memory **out, inlay_error *err)
{
    struct batch_memory *memory = mem_zalloc(sizeof(*memory));
    *out = memory;
    if (memory == NULL) {
        return error_no_memory(err);
    }
    colvec_owner_init(&memory->owner, batch_destroy);
    arena_init(&memory->arena, limit > SIZE_MAX ? SIZE_MAX : (size_t)limit);
    return INLAY_OK;
}

inlay_status batch_memory_keep(struct batch_memory *memory, struct colvec_owner *owner,
                               inlay_error *err)
{
    if (!mem_grow((void **)&memory->kept, &memory->kept_capacity, memory->kept_count + 1,
                  sizeof(*memory->kept))) {
        return error_no_memory(err);
    }
    memory->kept[memory->kept_count++] = colvec_owner_retain(owner);
    return INLAY_OK;
}

inlay_status node_builder_init(struct node_builder *builder, const struct parquet_reader *reader,
                               const struct schema_node *node, unsigned depth, unsigned slot,
                               inlay_error *err)
{
    const bool list = node->field->type == COLUMN_LIST || node->field->type == COLUMN_LARGE_LIST ||
                      node->field->type == COLUMN_FIXED_LIST;
    size_t i;
    memset(builder, 0, sizeof(*builder));
    builder->node = node;
    builder->depth = depth;
    builder->is_leaf = node->child_count == 0;
    builder->slot = slot;
    builder->nullable = node->definition > slot;
    if (builder->is_leaf) {
        builder->width = reader->converts[node->first_leaf].out_width;
        return INLAY_OK;
    }
    builder->children = mem_zalloc_array(node->child_count, sizeof(*builder->children));
    if (builder->children == NULL) {
        return error_no_memory(err);
    }
    builder->child_count = node->child_count;
    for (i = 0; i < node->child_count; i++) {
        INLAY_TRY(node_builder_init(&builder->children[i], reader, &node->children[i],
                                    depth + (list ? 1 : 0), list ? node->item_definition : slot,
                                    err));
        /* The items that fill up a null fixed list are nulls. */
        builder->children[i].nullable |= node->field->type == COLUMN_FIXED_LIST;
    }
    return INLAY_OK;
}

void node_builder_free(struct node_builder *builder)
{
    size_t i;
    for (i = 0; i < builder->child_count; i++) {
        node_builder_free(&builder->children[i]);
    }
    mem_free(builder->children);
    memset(builder, 0, sizeof(*builder));
}

static inlay_status over_budget(inlay_error *err)
{
    return error_set(err, INLAY_OVER_BUDGET, "the rows of one batch pass its memory limit");
}

/* A larger copy of an array in the arena; the new part is zero when `zero` says so. */
static void *array_grow(struct arena *arena, const void *old, size_t old_bytes, size_t new_bytes,
                        bool zero)
{
    uint8_t *grown = arena_alloc_aligned(arena, new_bytes, 64);
    if (grown == NULL) {
        return NULL;
    }
    if (old_bytes != 0) {
        memcpy(grown, old, old_bytes);
    }
    if (zero) {
        memset(grown + old_bytes, 0, new_bytes - old_bytes);
    }
    return grown;
}

static size_t bitmap_bytes(uint64_t count)
{
    return (size_t)((count + 63) / 64 * 8);
}

inlay_status node_builder_grow(struct node_builder *builder, struct batch_memory *memory,
                               uint64_t capacity, inlay_error *err)
{
    struct arena *arena = &memory->arena;
    uint64_t old = builder->capacity;
    bool there = true;
    if (capacity <= old) {
        return INLAY_OK;
    }
    capacity = capacity < 2 * old ? 2 * old : capacity;
    capacity = old != 0 && capacity < 64 ? 64 : capacity;
    if (capacity > (UINT64_C(1) << 40) / 16 || capacity > SIZE_MAX / 64) {
        return over_budget(err);
    }
    if (builder->nullable) {
        builder->validity =
            array_grow(arena, builder->validity, bitmap_bytes(old), bitmap_bytes(capacity), true);
        there = there && builder->validity != NULL;
    }
    if (builder->node->field->type == COLUMN_LIST ||
        builder->node->field->type == COLUMN_LARGE_LIST) {
        builder->offsets = array_grow(arena, builder->offsets, old != 0 ? (size_t)(old + 1) * 8 : 0,
                                      (size_t)(capacity + 1) * 8, false);
        there = there && builder->offsets != NULL;
    }
    if (builder->form == LEAF_FLAT) {
        size_t bytes;
        if (!size_mul((size_t)capacity, builder->width, &bytes)) {
            return over_budget(err);
        }
        builder->values =
            array_grow(arena, builder->values, (size_t)old * builder->width, bytes, false);
        there = there && builder->values != NULL;
    } else if (builder->form == LEAF_CODES) {
        builder->codes =
            array_grow(arena, builder->codes, (size_t)old * 4, (size_t)capacity * 4, false);
        there = there && builder->codes != NULL;
    }
    if (!there) {
        return over_budget(err);
    }
    builder->capacity = capacity;
    return INLAY_OK;
}

inlay_status node_builder_begin(struct node_builder *builder, struct batch_memory *memory,
                                uint64_t rows, inlay_error *err)
{
    size_t i;
    builder->count = 0;
    builder->null_count = 0;
    builder->capacity = 0;
    builder->validity = NULL;
    builder->offsets = NULL;
    builder->form = LEAF_EMPTY;
    builder->values = NULL;
    builder->codes = NULL;
    builder->view = NULL;
    builder->dictionary = NULL;
    if (builder->depth == 0) {
        INLAY_TRY(node_builder_grow(builder, memory, rows, err));
    } else {
        INLAY_TRY(node_builder_grow(builder, memory, 64, err));
    }
    for (i = 0; i < builder->child_count; i++) {
        INLAY_TRY(node_builder_begin(&builder->children[i], memory, rows, err));
    }
    return INLAY_OK;
}

inlay_status node_builder_flat(struct node_builder *builder, struct batch_memory *memory,
                               uint64_t filled, inlay_error *err)
{
    size_t bytes;
    size_t i;
    const size_t width = builder->width;
    if (builder->form == LEAF_FLAT) {
        return INLAY_OK;
    }
    if (!size_mul((size_t)builder->capacity, width, &bytes)) {
        return over_budget(err);
    }
    builder->values = arena_alloc_aligned(&memory->arena, bytes, 64);
    if (builder->values == NULL) {
        return over_budget(err);
    }
    if (builder->form == LEAF_VIEW) {
        memcpy(builder->values, builder->view, (size_t)filled * width);
    } else if (builder->form == LEAF_CODES) {
        for (i = 0; i < filled; i++) {
            if (builder->dictionary->count != 0) {
                memcpy(builder->values + i * width,
                       builder->dictionary->values + builder->codes[i] * width, width);
            } else { /* nothing but nulls so far */
                memset(builder->values + i * width, 0, width);
            }
        }
    }
    builder->form = LEAF_FLAT;
    return INLAY_OK;
}

inlay_status node_builder_codes(struct node_builder *builder, struct batch_memory *memory,
                                struct dictionary *dictionary, inlay_error *err)
{
    if (builder->form == LEAF_CODES) {
        return INLAY_OK;
    }
    builder->codes = arena_alloc_aligned(&memory->arena, (size_t)builder->capacity * 4, 64);
    if (builder->codes == NULL) {
        return over_budget(err);
    }
    builder->dictionary = dictionary;
    builder->form = LEAF_CODES;
    return INLAY_OK;
}

static inlay_status count_check(const struct node_builder *builder, uint64_t expected,
                                inlay_error *err)
{
    if (builder->count == expected) {
        return INLAY_OK;
    }
    return error_set(err, INLAY_CORRUPT, "field %s has %llu values where its parent has %llu",
                     builder->node->field->name, (unsigned long long)builder->count,
                     (unsigned long long)expected);
}

static inlay_status leaf_finish(struct node_builder *builder, struct batch_memory *memory,
                                struct colvec *out, inlay_error *err)
{
    if (builder->form == LEAF_EMPTY) { /* no rows, or none but nulls */
        INLAY_TRY(node_builder_flat(builder, memory, 0, err));
        memset(builder->values, 0, (size_t)builder->capacity * builder->width);
    }
    if (builder->form == LEAF_CODES) {
        out->form = COLVEC_DICTIONARY;
        out->codes = builder->codes;
        out->dictionary = &builder->dictionary->vector;
    } else {
        out->values = builder->form == LEAF_VIEW ? builder->view : builder->values;
    }
    return INLAY_OK;
}

inlay_status node_builder_finish(struct node_builder *builder, struct batch_memory *memory,
                                 uint64_t rows, struct colvec *out, inlay_error *err)
{
    const struct field *field = builder->node->field;
    size_t i;
    memset(out, 0, sizeof(*out));
    INLAY_TRY(count_check(builder, rows, err));
    out->field = field;
    out->count = builder->count;
    out->null_count = builder->null_count;
    out->validity = builder->null_count != 0 ? builder->validity : NULL;
    if (builder->is_leaf) {
        return leaf_finish(builder, memory, out, err);
    }
    out->children = arena_zalloc_array(&memory->arena, builder->child_count, sizeof(*out));
    if (out->children == NULL) {
        return over_budget(err);
    }
    out->child_count = builder->child_count;
    for (i = 0; i < builder->child_count; i++) {
        uint64_t expected = rows;
        if (field->type == COLUMN_LIST || field->type == COLUMN_LARGE_LIST) {
            expected = builder->children[i].count;
            builder->offsets[rows] = expected;
            out->offsets = builder->offsets;
        } else if (field->type == COLUMN_FIXED_LIST) {
            expected = rows * (uint64_t)field->width;
        }
        INLAY_TRY(
            node_builder_finish(&builder->children[i], memory, expected, &out->children[i], err));
    }
    return INLAY_OK;
}
