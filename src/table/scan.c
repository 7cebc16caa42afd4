/* SPDX-License-Identifier: Apache-2.0 */
#include "table/scan.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>
#include <string.h>

#define LOAD_THREADS_MAX 16

void entry_list_free(struct entry_list *list)
{
    if (list != NULL) {
        mem_free(list->entries);
        memset(list, 0, sizeof(*list));
    }
}

/* Waiting for the store is not the CPU pool's work, so loads get threads of their own: short-lived,
 * and only when two or more parts have to be read. */
struct loader {
    struct part **parts;
    size_t count;
    unsigned want;
    _Atomic size_t next;
    pthread_mutex_t lock;
    inlay_status status; /* the first failure */
    inlay_error error;
};

static void *load_parts(void *context)
{
    struct loader *loader = context;
    for (;;) {
        size_t index = atomic_fetch_add_explicit(&loader->next, 1, memory_order_relaxed);
        inlay_error error;
        inlay_status status;
        if (index >= loader->count) {
            return NULL;
        }
        inlay_error_init(&error);
        status = part_load(loader->parts[index], loader->want, &error);
        if (status != INLAY_OK) {
            pthread_mutex_lock(&loader->lock);
            if (loader->status == INLAY_OK) {
                loader->status = status;
                loader->error = error;
            }
            pthread_mutex_unlock(&loader->lock);
            atomic_store_explicit(&loader->next, loader->count, memory_order_relaxed);
        }
    }
}

static inlay_status load_all(struct part **parts, size_t count, unsigned want, inlay_error *err)
{
    struct loader loader = {.parts = parts, .count = count, .want = want};
    pthread_t threads[LOAD_THREADS_MAX];
    size_t started = 0;
    if (pthread_mutex_init(&loader.lock, NULL) != 0) {
        return error_no_memory(err);
    }
    while (started + 1 < count && started < LOAD_THREADS_MAX &&
           pthread_create(&threads[started], NULL, load_parts, &loader) == 0) {
        started++; /* fewer threads than wanted only make it slower */
    }
    load_parts(&loader);
    for (size_t i = 0; i < started; i++) {
        pthread_join(threads[i], NULL);
    }
    pthread_mutex_destroy(&loader.lock);
    if (loader.status != INLAY_OK && err != NULL) {
        *err = loader.error;
    }
    return loader.status;
}

static inlay_status offer(const struct prune *prune, const struct manifest_entry *entry,
                          struct entry_list *out, inlay_error *err)
{
    void *entries = out->entries;
    if (prune != NULL && !prune_keeps(prune, entry)) {
        out->entries_pruned++;
        return INLAY_OK;
    }
    if (!mem_grow(&entries, &out->capacity, out->count + 1, sizeof(*out->entries))) {
        return error_no_memory(err);
    }
    out->entries = entries;
    out->entries[out->count++] = *entry;
    return INLAY_OK;
}

static bool part_is_kept(const struct prune *prune, const struct part *part)
{
    return prune == NULL || prune_keeps(prune, &part->summary);
}

static inlay_status load_kept(struct snapshot *snapshot, const struct prune *prune, unsigned want,
                              struct entry_list *out, inlay_error *err)
{
    struct part **missing = mem_alloc_array(snapshot->part_count + 1, sizeof(struct part *));
    size_t count = 0;
    inlay_status status = INLAY_OK;
    if (missing == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < snapshot->part_count; i++) {
        struct part *part = snapshot->parts[i].part;
        if (!part_is_kept(prune, part)) {
            out->parts_pruned++;
        } else if (!part_is_loaded(part, want)) {
            missing[count++] = part;
        }
    }
    out->parts_read = count;
    if (count > 0) {
        status = load_all(missing, count, want, err);
    }
    mem_free(missing);
    return status;
}

static inlay_status offer_part(const struct snapshot_part *part, const struct prune *prune,
                               struct entry_list *out, inlay_error *err)
{
    struct manifest_entry entry;
    for (uint32_t i = 0; i < part->part->entry_count; i++) {
        if (!snapshot_part_is_dead(part, i)) {
            part_entry(part->part, i, &entry);
            INLAY_TRY(offer(prune, &entry, out, err));
        }
    }
    return INLAY_OK;
}

static inlay_status scan(struct snapshot *snapshot, const struct prune *prune, unsigned want,
                         struct entry_list *out, inlay_error *err)
{
    INLAY_TRY(load_kept(snapshot, prune, want, out, err));
    for (size_t i = 0; i < snapshot->part_count; i++) {
        if (part_is_kept(prune, snapshot->parts[i].part)) {
            INLAY_TRY(offer_part(&snapshot->parts[i], prune, out, err));
        }
    }
    for (size_t i = 0; i < snapshot->tail_count; i++) {
        INLAY_TRY(offer(prune, &snapshot->tail[i].entry, out, err));
    }
    return INLAY_OK;
}

inlay_status snapshot_scan(struct snapshot *snapshot, const struct prune *prune, unsigned want,
                           struct entry_list *out, inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (prune != NULL && prune_needs_texts(prune)) {
        want |= ENTRY_HAS_TEXTS;
    }
    status = scan(snapshot, prune, want, out, err);
    if (status != INLAY_OK) {
        entry_list_free(out);
    }
    return status;
}
