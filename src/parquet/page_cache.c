/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pages and dictionaries kept for fetches by row number: a hash table with second-chance (CLOCK)
 * eviction under one lock, which is held for a few dozen instructions. Entries are references, so
 * an evicted page lives on in the vectors that point into it.
 */
#include "base/alloc.h"
#include "base/error.h"
#include "parquet/reader_priv.h"

#include <string.h>

struct cache_entry {
    struct page_cache_key key;
    struct colvec_owner *owner; /* NULL: free */
    uint64_t bytes;
    uint32_t next; /* in its bucket, index + 1; 0 = end */
    bool used;     /* since the clock hand last passed */
};

#define BUCKETS 1024
#define ENTRIES 8192

struct page_cache {
    pthread_mutex_t lock;
    uint64_t limit;
    uint64_t bytes;
    uint32_t hand;
    uint32_t count; /* entries ever used */
    uint32_t buckets[BUCKETS];
    struct cache_entry *entries; /* grows to ENTRIES */
    size_t capacity;
};

static uint32_t bucket_of(struct page_cache_key key)
{
    uint64_t h = (key.offset * 2 + key.kind) * UINT64_C(0x9e3779b97f4a7c15);
    return (uint32_t)(h >> 54) % BUCKETS;
}

inlay_status page_cache_create(uint64_t limit, struct page_cache **out, inlay_error *err)
{
    struct page_cache *cache = mem_zalloc(sizeof(*cache));
    *out = NULL;
    if (cache == NULL) {
        return error_no_memory(err);
    }
    if (pthread_mutex_init(&cache->lock, NULL) != 0) {
        mem_free(cache);
        return error_no_memory(err);
    }
    cache->limit = limit;
    *out = cache;
    return INLAY_OK;
}

void page_cache_free(struct page_cache *cache)
{
    uint32_t i;
    if (cache == NULL) {
        return;
    }
    for (i = 0; i < cache->count; i++) {
        colvec_owner_release(cache->entries[i].owner);
    }
    mem_free(cache->entries);
    pthread_mutex_destroy(&cache->lock);
    mem_free(cache);
}

static struct cache_entry *find(struct page_cache *cache, struct page_cache_key key)
{
    uint32_t at = cache->buckets[bucket_of(key)];
    while (at != 0) {
        struct cache_entry *entry = &cache->entries[at - 1];
        if (entry->key.offset == key.offset && entry->key.kind == key.kind) {
            return entry;
        }
        at = entry->next;
    }
    return NULL;
}

struct colvec_owner *page_cache_get(struct page_cache *cache, struct page_cache_key key)
{
    struct colvec_owner *owner = NULL;
    struct cache_entry *entry;
    pthread_mutex_lock(&cache->lock);
    entry = find(cache, key);
    if (entry != NULL) {
        entry->used = true;
        owner = colvec_owner_retain(entry->owner);
    }
    pthread_mutex_unlock(&cache->lock);
    return owner;
}

static struct colvec_owner *entry_remove(struct page_cache *cache, struct cache_entry *entry)
{
    struct colvec_owner *owner = entry->owner;
    uint32_t *link = &cache->buckets[bucket_of(entry->key)];
    uint32_t self = (uint32_t)(entry - cache->entries) + 1;
    while (*link != self) {
        link = &cache->entries[*link - 1].next;
    }
    *link = entry->next;
    cache->bytes -= entry->bytes;
    memset(entry, 0, sizeof(*entry));
    return owner;
}

/* Turns the clock by one step; the owner of an entry that had to go, or NULL. */
static struct colvec_owner *clock_step(struct page_cache *cache)
{
    struct cache_entry *entry = &cache->entries[cache->hand];
    cache->hand = (cache->hand + 1) % cache->count;
    if (entry->owner == NULL) {
        return NULL;
    }
    if (entry->used) {
        entry->used = false;
        return NULL;
    }
    return entry_remove(cache, entry);
}

static struct cache_entry *entry_free(struct page_cache *cache)
{
    uint32_t i;
    if (cache->count < ENTRIES) {
        if (!mem_grow((void **)&cache->entries, &cache->capacity, cache->count + 1,
                      sizeof(*cache->entries))) {
            return NULL;
        }
        memset(&cache->entries[cache->count], 0, sizeof(*cache->entries));
        return &cache->entries[cache->count++];
    }
    for (i = 0; i < 2 * ENTRIES; i++) {
        struct cache_entry *entry = &cache->entries[cache->hand];
        colvec_owner_release(clock_step(cache));
        if (entry->owner == NULL) {
            return entry;
        }
    }
    return NULL;
}

void page_cache_put(struct page_cache *cache, struct page_cache_key key, struct colvec_owner *owner,
                    uint64_t bytes)
{
    struct cache_entry *entry;
    if (bytes > cache->limit / 4) {
        return; /* one object must not push out all others */
    }
    pthread_mutex_lock(&cache->lock);
    if (find(cache, key) == NULL) {
        while (cache->count != 0 && cache->bytes + bytes > cache->limit) {
            colvec_owner_release(clock_step(cache));
        }
        entry = entry_free(cache);
        if (entry != NULL) {
            uint32_t *bucket = &cache->buckets[bucket_of(key)];
            entry->key = key;
            entry->owner = colvec_owner_retain(owner);
            entry->bytes = bytes;
            entry->used = true;
            entry->next = *bucket;
            *bucket = (uint32_t)(entry - cache->entries) + 1;
            cache->bytes += bytes;
        }
    }
    pthread_mutex_unlock(&cache->lock);
}
