/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/snapshot.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>
#include <string.h>

#define HISTORY_FAN 16u

const char *table_operation_name(enum table_operation operation)
{
    static const char *const names[] = {"create", "append",  "update", "delete",
                                        "upsert", "compact", "tag",    "maintain"};
    return (unsigned)operation <= OPERATION_LAST ? names[operation] : "unknown";
}

inlay_status snapshot_allocate(struct manifest_store *store, struct snapshot **out,
                               inlay_error *err)
{
    struct snapshot *snapshot = mem_zalloc(sizeof(*snapshot));
    *out = snapshot;
    if (snapshot == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&snapshot->references, 1);
    arena_init(&snapshot->arena, SIZE_MAX);
    snapshot->store = manifest_store_retain(store);
    return INLAY_OK;
}

struct snapshot *snapshot_retain(struct snapshot *snapshot)
{
    atomic_fetch_add_explicit(&snapshot->references, 1, memory_order_relaxed);
    return snapshot;
}

void snapshot_release(struct snapshot *snapshot)
{
    /* Acquire-release: the last one must see all other threads' use as finished. */
    if (snapshot == NULL ||
        atomic_fetch_sub_explicit(&snapshot->references, 1, memory_order_acq_rel) != 1) {
        return;
    }
    for (size_t i = 0; i < snapshot->tail_count; i++) {
        entry_block_release(snapshot->tail[i].block);
    }
    for (size_t i = 0; i < snapshot->part_count; i++) {
        part_release(snapshot->parts[i].part);
    }
    mem_free(snapshot->tail);
    mem_free(snapshot->parts);
    arena_free(&snapshot->arena);
    manifest_store_release(snapshot->store);
    mem_free(snapshot);
}

inlay_status snapshot_create_empty(struct manifest_store *store, struct id128 commit_id,
                                   struct snapshot **out, inlay_error *err)
{
    INLAY_TRY(snapshot_allocate(store, out, err));
    (*out)->commit_id = commit_id;
    (*out)->time_ms = store->env->unix_ms(store->env->context);
    (*out)->operation = OPERATION_CREATE;
    return INLAY_OK;
}

bool history_keeps(uint64_t id, uint64_t ancestor)
{
    uint64_t distance = id - ancestor;
    uint64_t step = 1;
    while (distance > HISTORY_FAN * step) {
        if (step > UINT64_MAX / (HISTORY_FAN * HISTORY_FAN)) {
            return false;
        }
        step *= HISTORY_FAN;
    }
    /* A coarser level keeps it too, when it falls on one: levels nest. */
    return ancestor % step == 0;
}

const struct history_record *snapshot_ancestor(const struct snapshot *snapshot, uint64_t id)
{
    const struct history_record *best = NULL;
    if (id >= snapshot->id) {
        return NULL;
    }
    for (size_t i = 0; i < snapshot->history_count && snapshot->history[i].id >= id; i++) {
        best = &snapshot->history[i];
    }
    return best;
}

const struct snapshot_tag *snapshot_find_tag(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->tag_count; i++) {
        if (strcmp(snapshot->tags[i].name, name) == 0) {
            return &snapshot->tags[i];
        }
    }
    return NULL;
}

enum wal_publication snapshot_wal(const struct snapshot *snapshot, struct id128 wal_id)
{
    for (size_t i = 0; i < snapshot->wal_count; i++) {
        if (id_compare(snapshot->wals[i], wal_id) == 0) {
            return WAL_PUBLISHED;
        }
    }
    return (int64_t)id_unix_ms(wal_id) <= snapshot->wal_horizon_ms ? WAL_FORGOTTEN
                                                                   : WAL_UNPUBLISHED;
}

const struct text_total *snapshot_text_total(const struct snapshot *snapshot, const char *column)
{
    for (size_t i = 0; i < snapshot->text_count; i++) {
        if (strcmp(snapshot->texts[i].column, column) == 0) {
            return &snapshot->texts[i];
        }
    }
    return NULL;
}

bool snapshot_part_is_dead(const struct snapshot_part *part, uint32_t index)
{
    uint32_t low = 0;
    uint32_t high = part->dead_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (part->dead[middle] < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low < part->dead_count && part->dead[low] == index;
}

static bool can_hold(const struct part *part, struct id128 id_min, struct id128 id_max)
{
    return id_compare(part->summary.id_min, id_min) <= 0 &&
           id_compare(part->summary.id_max, id_max) >= 0;
}

/* With the part loaded. */
static bool find_in_part(const struct snapshot_part *part, struct id128 superfile_id,
                         struct manifest_entry *out, uint32_t *index)
{
    for (uint32_t i = 0; i < part->part->entry_count; i++) {
        part_entry(part->part, i, out);
        if (id_compare(out->superfile_id, superfile_id) == 0 && !snapshot_part_is_dead(part, i)) {
            *index = i;
            return true;
        }
    }
    return false;
}

inlay_status snapshot_find(struct snapshot *snapshot, struct id128 superfile_id,
                           struct id128 id_min, struct id128 id_max, unsigned want, bool *found,
                           struct entry_place *place, struct manifest_entry *out, inlay_error *err)
{
    *found = true;
    for (size_t i = snapshot->tail_count; i-- > 0;) {
        if (id_compare(snapshot->tail[i].entry.superfile_id, superfile_id) == 0) {
            place->part = SIZE_MAX;
            place->index = (uint32_t)i;
            *out = snapshot->tail[i].entry;
            return INLAY_OK;
        }
    }
    for (size_t i = snapshot->part_count; i-- > 0;) {
        struct snapshot_part *part = &snapshot->parts[i];
        if (!can_hold(part->part, id_min, id_max)) {
            continue;
        }
        INLAY_TRY(part_load(part->part, 0, err));
        if (find_in_part(part, superfile_id, out, &place->index)) {
            place->part = i;
            INLAY_TRY(part_load(part->part, want, err));
            part_entry(part->part, place->index, out);
            return INLAY_OK;
        }
    }
    *found = false;
    return INLAY_OK;
}

typedef inlay_status key_callback(void *context, const char *key, inlay_error *err);

static inlay_status each_entry_key(const struct manifest_entry *entry, key_callback *callback,
                                   void *context, inlay_error *err)
{
    char scratch[SUPERFILE_KEY_SIZE];
    INLAY_TRY(callback(context, manifest_entry_key(entry, scratch), err));
    if (entry->tombstones.wal_count > 0 || entry->tombstones.deleted > 0) {
        superfile_tombstones_key(entry->superfile_id, scratch);
        INLAY_TRY(callback(context, scratch, err));
    }
    return INLAY_OK;
}

static inlay_status each_part_key(const struct snapshot_part *part, key_callback *callback,
                                  void *context, inlay_error *err)
{
    static const char *const suffixes[PART_OBJECTS] = {"part", "text", "vec"};
    char key[CONTENT_KEY_SIZE];
    struct manifest_entry entry;
    for (int i = 0; i < PART_OBJECTS; i++) {
        if (part->part->objects[i].size > 0) {
            part_object_key(&part->part->objects[i], suffixes[i], key);
            INLAY_TRY(callback(context, key, err));
        }
    }
    INLAY_TRY(part_load(part->part, 0, err));
    for (uint32_t i = 0; i < part->part->entry_count; i++) {
        if (!snapshot_part_is_dead(part, i)) {
            part_entry(part->part, i, &entry);
            INLAY_TRY(each_entry_key(&entry, callback, context, err));
        }
    }
    return INLAY_OK;
}

inlay_status snapshot_each_key(struct snapshot *snapshot, key_callback *callback, void *context,
                               inlay_error *err)
{
    char key[CONTENT_KEY_SIZE];
    snapshot_object_key(snapshot->id, &snapshot->content, key);
    INLAY_TRY(callback(context, key, err));
    for (size_t i = 0; i < snapshot->tail_count; i++) {
        INLAY_TRY(each_entry_key(&snapshot->tail[i].entry, callback, context, err));
    }
    for (size_t i = 0; i < snapshot->part_count; i++) {
        INLAY_TRY(each_part_key(&snapshot->parts[i], callback, context, err));
    }
    return INLAY_OK;
}
