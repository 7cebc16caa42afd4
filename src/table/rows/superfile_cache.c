/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/superfile_cache.h"

#include "base/alloc.h"
#include "base/error.h"
#include "cache/source_open.h"

#include <stdio.h>
#include <string.h>

void superfile_cache_init(struct superfile_cache *cache, struct provider *provider,
                          const char *location, struct io_account *account, size_t limit)
{
    memset(cache, 0, sizeof(*cache));
    cache->provider = provider;
    cache->location = location;
    cache->account = account;
    cache->limit = limit < SUPERFILE_NO_SLOT ? limit : SUPERFILE_NO_SLOT - 1;
    memset(cache->buckets, 0xff, sizeof(cache->buckets)); /* SUPERFILE_NO_SLOT */
    (void)pthread_mutex_init(&cache->lock, NULL);
}

void superfile_cache_destroy(struct superfile_cache *cache)
{
    size_t i;
    for (i = 0; i < cache->count; i++) {
        superfile_release(cache->slots[i].file);
    }
    mem_free(cache->slots);
    (void)pthread_mutex_destroy(&cache->lock);
}

/* Ids of superfiles are random. */
static uint32_t *bucket_of(struct superfile_cache *cache, struct id128 id)
{
    return &cache->buckets[id.lo % SUPERFILE_BUCKETS];
}

/* Under the lock. */
static struct superfile *find(struct superfile_cache *cache, struct id128 id)
{
    uint32_t at;
    for (at = *bucket_of(cache, id); at != SUPERFILE_NO_SLOT; at = cache->slots[at].next) {
        if (id_compare(cache->slots[at].id, id) == 0) {
            cache->slots[at].last_used = ++cache->clock;
            return superfile_retain(cache->slots[at].file);
        }
    }
    return NULL;
}

static void unlink_slot(struct superfile_cache *cache, uint32_t slot)
{
    uint32_t *link = bucket_of(cache, cache->slots[slot].id);
    while (*link != slot) {
        link = &cache->slots[*link].next;
    }
    *link = cache->slots[slot].next;
}

/* Under the lock: the slot to fill, after dropping the least recently used one when all are taken.
 * *evicted is to be released outside. NULL: no memory, the file is simply not kept. */
static struct superfile_slot *take_slot(struct superfile_cache *cache, struct superfile **evicted)
{
    void *slots = cache->slots;
    size_t oldest = 0;
    size_t i;
    *evicted = NULL;
    if (cache->count < cache->limit) {
        if (!mem_grow(&slots, &cache->capacity, cache->count + 1, sizeof(*cache->slots))) {
            return NULL;
        }
        cache->slots = slots;
        return &cache->slots[cache->count++];
    }
    for (i = 1; i < cache->count; i++) {
        if (cache->slots[i].last_used < cache->slots[oldest].last_used) {
            oldest = i;
        }
    }
    unlink_slot(cache, (uint32_t)oldest);
    *evicted = cache->slots[oldest].file;
    return &cache->slots[oldest];
}

static void keep(struct superfile_cache *cache, struct id128 id, struct superfile *file)
{
    struct superfile *evicted = NULL;
    struct superfile *present;
    struct superfile_slot *slot;
    (void)pthread_mutex_lock(&cache->lock);
    present = find(cache, id);
    if (present == NULL) {
        slot = take_slot(cache, &evicted);
        if (slot != NULL) {
            slot->id = id;
            slot->file = superfile_retain(file);
            slot->last_used = ++cache->clock;
            slot->next = *bucket_of(cache, id);
            *bucket_of(cache, id) = (uint32_t)(slot - cache->slots);
        }
    }
    (void)pthread_mutex_unlock(&cache->lock);
    superfile_release(present);
    superfile_release(evicted);
}

inlay_status superfile_source_open(const struct superfile_cache *cache,
                                   const struct manifest_entry *entry, struct byte_source **out,
                                   inlay_error *err)
{
    char scratch[SUPERFILE_KEY_SIZE];
    char key[ENTRY_KEY_MAX + 1];
    if ((size_t)snprintf(key, sizeof(key), "%s%s%s", cache->location,
                         cache->location[0] != '\0' ? "/" : "",
                         manifest_entry_key(entry, scratch)) >= sizeof(key)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a superfile's key is too long");
    }
    return source_open(cache->provider, key, entry->size, cache->account, out, err);
}

static inlay_status open_entry(const struct superfile_cache *cache,
                               const struct manifest_entry *entry, struct superfile **out,
                               inlay_error *err)
{
    struct byte_source *source;
    inlay_status status;
    INLAY_TRY(superfile_source_open(cache, entry, &source, err));
    status = superfile_open(source, entry->hot_offset, out, err);
    if (status == INLAY_OK && superfile_rows(*out) != entry->rows) {
        status =
            error_set(err, INLAY_CORRUPT, "%s has %llu rows, the manifest says %llu", source->name,
                      (unsigned long long)superfile_rows(*out), (unsigned long long)entry->rows);
        error_key(err, source->name);
        superfile_release(*out);
        *out = NULL;
    }
    byte_source_release(source);
    return status;
}

inlay_status superfile_cache_get(struct superfile_cache *cache, const struct manifest_entry *entry,
                                 struct superfile **out, inlay_error *err)
{
    (void)pthread_mutex_lock(&cache->lock);
    *out = find(cache, entry->superfile_id);
    (void)pthread_mutex_unlock(&cache->lock);
    if (*out != NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(open_entry(cache, entry, out, err));
    keep(cache, entry->superfile_id, *out);
    return INLAY_OK;
}
