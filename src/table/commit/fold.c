/* SPDX-License-Identifier: Apache-2.0 */
#include "table/commit/fold.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define FOLD_ALL_BYTES_MAX (8u << 20) /* of a part's three objects together */

/* Entries on their way into new parts; what they point to is kept alive by the draft's old parts
 * and tail, which are released only when the fold is done. */
struct run {
    struct manifest_entry *entries;
    size_t *sizes; /* encoded bytes */
    size_t count;
    size_t capacity;
    size_t size_capacity;
    uint64_t bytes;
};

static void run_free(struct run *run)
{
    mem_free(run->entries);
    mem_free(run->sizes);
}

static bool run_add(struct run *run, const struct manifest_entry *entry, size_t size)
{
    void *entries = run->entries;
    void *sizes = run->sizes;
    if (!mem_grow(&entries, &run->capacity, run->count + 1, sizeof(*run->entries))) {
        return false;
    }
    run->entries = entries;
    if (!mem_grow(&sizes, &run->size_capacity, run->count + 1, sizeof(*run->sizes))) {
        return false;
    }
    run->sizes = sizes;
    run->entries[run->count] = *entry;
    run->sizes[run->count++] = size;
    run->bytes += size;
    return true;
}

static inlay_status run_add_part(struct run *run, const struct snapshot_part *part,
                                 inlay_error *err)
{
    struct manifest_entry entry;
    INLAY_TRY(part_load(part->part, ENTRY_HAS_TEXTS | ENTRY_HAS_VECTORS, err));
    for (uint32_t i = 0; i < part->part->entry_count; i++) {
        if (!snapshot_part_is_dead(part, i)) {
            part_entry(part->part, i, &entry);
            if (!run_add(run, &entry, entry_encoded_size(&entry))) {
                return error_no_memory(err);
            }
        }
    }
    return INLAY_OK;
}

static uint32_t live_entries(const struct snapshot_part *part)
{
    return part->part->entry_count - part->dead_count;
}

static uint64_t part_bytes(const struct part *part)
{
    return part->objects[PART_CORE].size + part->objects[PART_TEXTS].size +
           part->objects[PART_VECTORS].size;
}

static bool tail_is_full(const struct snapshot *draft, uint64_t *bytes)
{
    *bytes = 0;
    for (size_t i = 0; i < draft->tail_count; i++) {
        *bytes += draft->tail[i].encoded_size;
    }
    return draft->tail_count > TAIL_ENTRIES_MAX || *bytes > TAIL_BYTES_MAX;
}

/* The first of the youngest parts that the fold swallows. */
static size_t first_merged(const struct snapshot *draft, uint64_t bytes)
{
    size_t first = draft->part_count;
    uint64_t entries = draft->tail_count;
    while (first > 0) {
        const struct snapshot_part *part = &draft->parts[first - 1];
        uint64_t live = live_entries(part);
        if (live > entries || live + entries > PART_ENTRIES_MAX ||
            part->part->objects[PART_CORE].size + bytes > PART_BYTES_MAX ||
            part_bytes(part->part) + bytes > FOLD_ALL_BYTES_MAX) {
            break;
        }
        entries += live;
        bytes += part_bytes(part->part);
        first--;
    }
    return first;
}

/* The part below `limit` with the most dead entries, a quarter at least; SIZE_MAX for none. One per
 * fold, so that a fold stays bounded work. */
static size_t most_dead(const struct snapshot *draft, size_t limit)
{
    size_t best = SIZE_MAX;
    for (size_t i = 0; i < limit; i++) {
        const struct snapshot_part *part = &draft->parts[i];
        if ((uint64_t)part->dead_count * 4 >= part->part->entry_count &&
            (best == SIZE_MAX || part->dead_count > draft->parts[best].dead_count)) {
            best = i;
        }
    }
    return best;
}

static size_t chunk_length(const struct run *run, size_t from)
{
    uint64_t bytes = 0;
    size_t end = from;
    while (end < run->count && end - from < PART_ENTRIES_MAX) {
        bytes += run->sizes[end];
        if (bytes > FOLD_ALL_BYTES_MAX && end > from) {
            break;
        }
        end++;
    }
    return end - from;
}

static inlay_status add_image(struct successor *out, struct part_image **image, inlay_error *err)
{
    void *images = out->images;
    *image = NULL;
    if (!mem_grow(&images, &out->image_capacity, out->image_count + 1, sizeof(*out->images))) {
        return error_no_memory(err);
    }
    out->images = images;
    *image = &out->images[out->image_count++];
    memset(*image, 0, sizeof(**image));
    return INLAY_OK;
}

struct part_list {
    struct snapshot_part *parts;
    size_t count;
    size_t capacity;
};

static bool list_add(struct part_list *list, const struct snapshot_part *part)
{
    void *parts = list->parts;
    if (!mem_grow(&parts, &list->capacity, list->count + 1, sizeof(*list->parts))) {
        return false;
    }
    list->parts = parts;
    list->parts[list->count++] = *part;
    return true;
}

/* Builds parts from the whole run; `list` takes their references. A part whose core would pass
 * PART_BYTES_MAX is halved until it does not. */
static inlay_status build_range(struct snapshot *draft, const struct run *run, size_t from,
                                size_t count, struct part_list *list, struct successor *out,
                                inlay_error *err)
{
    struct snapshot_part built = {0};
    struct part_image *image;
    INLAY_TRY(add_image(out, &image, err));
    INLAY_TRY(part_build(draft->store, &run->entries[from], count, &built.part, image, err));
    if (built.part->objects[PART_CORE].size > PART_BYTES_MAX && count > 1) {
        part_release(built.part);
        part_image_free(image);
        INLAY_TRY(build_range(draft, run, from, count / 2, list, out, err));
        return build_range(draft, run, from + count / 2, count - count / 2, list, out, err);
    }
    if (!list_add(list, &built)) {
        part_release(built.part);
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static inlay_status build_parts(struct snapshot *draft, const struct run *run,
                                struct part_list *list, struct successor *out, inlay_error *err)
{
    for (size_t from = 0, count; from < run->count; from += count) {
        count = chunk_length(run, from);
        INLAY_TRY(build_range(draft, run, from, count, list, out, err));
    }
    return INLAY_OK;
}

static void list_free(struct part_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        part_release(list->parts[i].part);
    }
    mem_free(list->parts);
}

static inlay_status collect(struct snapshot *draft, struct run *run, struct part_list *kept,
                            inlay_error *err)
{
    uint64_t bytes;
    (void)tail_is_full(draft, &bytes);
    size_t first = first_merged(draft, bytes);
    size_t purged = most_dead(draft, first);
    for (size_t i = 0; i < draft->part_count; i++) {
        const struct snapshot_part *part = &draft->parts[i];
        if (i >= first || i == purged) {
            INLAY_TRY(run_add_part(run, part, err));
        } else if (list_add(kept, part)) {
            part_retain(part->part);
        } else {
            return error_no_memory(err);
        }
    }
    for (size_t i = 0; i < draft->tail_count; i++) {
        if (!run_add(run, &draft->tail[i].entry, draft->tail[i].encoded_size)) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

static void adopt(struct snapshot *draft, struct part_list *list)
{
    struct snapshot_part *old = draft->parts;
    size_t old_count = draft->part_count;
    for (size_t i = 0; i < draft->tail_count; i++) {
        entry_block_release(draft->tail[i].block);
    }
    draft->tail_count = 0;
    draft->parts = list->parts;
    draft->part_count = list->count;
    list->parts = old;
    list->count = old_count;
}

inlay_status fold_tail(struct snapshot *draft, struct successor *out, inlay_error *err)
{
    struct run run = {0};
    struct part_list list = {0};
    uint64_t bytes;
    inlay_status status;
    if (!tail_is_full(draft, &bytes)) {
        return INLAY_OK;
    }
    status = collect(draft, &run, &list, err);
    if (status == INLAY_OK) {
        status = build_parts(draft, &run, &list, out, err);
    }
    if (status == INLAY_OK) {
        adopt(draft, &list); /* the list then holds the old parts */
    }
    list_free(&list);
    run_free(&run);
    return status;
}
