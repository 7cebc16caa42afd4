/* SPDX-License-Identifier: Apache-2.0 */
#include "sql/filter_cache.h"

#include "base/alloc.h"
#include "base/error.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

/* The list is searched from end to end: so many hashes are compared in a few microseconds. */
#define ENTRIES_MAX 1024

/* How long a wait that may be cancelled sleeps before it looks. */
#define WAIT_NS 10000000

struct entry {
    struct entry *next; /* used less recently */
    struct entry *previous;
    uint8_t *key; /* owned */
    size_t key_length;
    uint64_t hash;
    uint64_t table;
    uint64_t version;
    uint64_t bytes;
    bool outdated;                   /* there is an entry of a later version of the table, or was */
    const struct row_filter *filter; /* one reference; NULL: is being made */
};

struct filter_cache {
    pthread_mutex_t lock; /* guards what follows; a leaf */
    pthread_cond_t made;
    uint64_t budget;
    uint64_t bytes;
    uint64_t entries; /* made and being made */
    uint64_t hits;
    uint64_t misses;
    struct entry *first;
    struct entry *last;
};

inlay_status filter_cache_create(uint64_t byte_budget, struct filter_cache **out, inlay_error *err)
{
    struct filter_cache *cache = mem_zalloc(sizeof(*cache));
    pthread_condattr_t attributes;
    *out = cache;
    if (cache == NULL) {
        return error_no_memory(err);
    }
    cache->budget = byte_budget;
    (void)pthread_mutex_init(&cache->lock, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&cache->made, &attributes);
    (void)pthread_condattr_destroy(&attributes);
    return INLAY_OK;
}

static void unlink_entry(struct filter_cache *cache, struct entry *entry)
{
    *(entry->previous != NULL ? &entry->previous->next : &cache->first) = entry->next;
    *(entry->next != NULL ? &entry->next->previous : &cache->last) = entry->previous;
    entry->next = NULL;
    entry->previous = NULL;
}

static void link_first(struct filter_cache *cache, struct entry *entry)
{
    entry->next = cache->first;
    *(cache->first != NULL ? &cache->first->previous : &cache->last) = entry;
    cache->first = entry;
}

static void remove_entry(struct filter_cache *cache, struct entry *entry)
{
    unlink_entry(cache, entry);
    cache->entries--;
    cache->bytes -= entry->bytes;
    row_filter_release(entry->filter);
    mem_free(entry->key);
    mem_free(entry);
}

void filter_cache_free(struct filter_cache *cache)
{
    if (cache == NULL) {
        return;
    }
    while (cache->first != NULL) {
        remove_entry(cache, cache->first);
    }
    (void)pthread_cond_destroy(&cache->made);
    (void)pthread_mutex_destroy(&cache->lock);
    mem_free(cache);
}

static struct entry *find(const struct filter_cache *cache, const struct filter_key *key)
{
    struct entry *entry;
    for (entry = cache->first; entry != NULL; entry = entry->next) {
        if (entry->hash == key->hash && entry->key_length == key->bytes.len &&
            memcmp(entry->key, key->bytes.data, entry->key_length) == 0) {
            return entry;
        }
    }
    return NULL;
}

/* Tells the entries of one table which versions there are. */
static void compare_versions(struct filter_cache *cache, struct entry *fresh)
{
    struct entry *entry;
    for (entry = cache->first; entry != NULL; entry = entry->next) {
        if (entry->table == fresh->table) {
            entry->outdated = entry->outdated || entry->version < fresh->version;
            fresh->outdated = fresh->outdated || entry->version > fresh->version;
        }
    }
}

/* An entry that says that the caller makes the filter. */
static inlay_status announce(struct filter_cache *cache, const struct filter_key *key,
                             inlay_error *err)
{
    struct entry *entry = mem_zalloc(sizeof(*entry));
    uint8_t *copy = mem_dup(key->bytes.data, key->bytes.len);
    if (entry == NULL || copy == NULL) {
        mem_free(entry);
        mem_free(copy);
        return error_no_memory(err);
    }
    entry->key = copy;
    entry->key_length = key->bytes.len;
    entry->hash = key->hash;
    entry->table = key->table;
    entry->version = key->version;
    entry->bytes = sizeof(*entry) + key->bytes.len;
    cache->bytes += entry->bytes;
    cache->entries++;
    cache->misses++;
    compare_versions(cache, entry);
    link_first(cache, entry);
    return INLAY_OK;
}

static void wait_for_others(struct filter_cache *cache, bool forever)
{
    struct timespec until;
    if (forever) {
        (void)pthread_cond_wait(&cache->made, &cache->lock);
        return;
    }
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += WAIT_NS;
    if (until.tv_nsec >= 1000000000) {
        until.tv_nsec -= 1000000000;
        until.tv_sec++;
    }
    (void)pthread_cond_timedwait(&cache->made, &cache->lock, &until);
}

inlay_status filter_cache_get(struct filter_cache *cache, const struct filter_key *key,
                              const struct cancel_token *cancel, const struct row_filter **out,
                              inlay_error *err)
{
    inlay_status status = INLAY_OK;
    struct entry *entry;
    *out = NULL;
    (void)pthread_mutex_lock(&cache->lock);
    while ((entry = find(cache, key)) != NULL && entry->filter == NULL && status == INLAY_OK) {
        wait_for_others(cache, cancel == NULL);
        status = cancel_check(cancel, err);
    }
    if (status == INLAY_OK && entry != NULL) {
        cache->hits++;
        unlink_entry(cache, entry);
        link_first(cache, entry);
        *out = row_filter_retain(entry->filter);
    } else if (status == INLAY_OK) {
        status = announce(cache, key, err);
    }
    (void)pthread_mutex_unlock(&cache->lock);
    return status;
}

/* The entry that leaves next, other than `kept`; NULL: there is none. */
static struct entry *least_wanted(const struct filter_cache *cache, const struct entry *kept)
{
    struct entry *oldest = NULL;
    struct entry *entry;
    for (entry = cache->last; entry != NULL; entry = entry->previous) {
        if (entry->filter == NULL || entry == kept) {
            continue;
        }
        if (entry->outdated) {
            return entry;
        }
        oldest = oldest != NULL ? oldest : entry;
    }
    return oldest;
}

static void make_room(struct filter_cache *cache, struct entry *kept)
{
    struct entry *victim;
    while ((cache->bytes > cache->budget || cache->entries > ENTRIES_MAX) &&
           (victim = least_wanted(cache, kept)) != NULL) {
        remove_entry(cache, victim);
    }
    if (cache->bytes > cache->budget) { /* it alone is too large */
        remove_entry(cache, kept);
    }
}

void filter_cache_done(struct filter_cache *cache, const struct filter_key *key,
                       const struct row_filter *filter)
{
    uint64_t bytes = filter != NULL ? row_filter_bytes(filter) : 0;
    struct entry *entry;
    (void)pthread_mutex_lock(&cache->lock);
    entry = find(cache, key);
    if (entry != NULL && entry->filter == NULL) {
        if (filter == NULL) {
            remove_entry(cache, entry);
        } else {
            entry->filter = row_filter_retain(filter);
            entry->bytes += bytes;
            cache->bytes += bytes;
            make_room(cache, entry);
        }
    }
    (void)pthread_cond_broadcast(&cache->made);
    (void)pthread_mutex_unlock(&cache->lock);
}

void filter_cache_count(struct filter_cache *cache, struct filter_cache_counts *counts)
{
    (void)pthread_mutex_lock(&cache->lock);
    counts->hits = cache->hits;
    counts->misses = cache->misses;
    counts->entries = cache->entries;
    counts->bytes = cache->bytes;
    (void)pthread_mutex_unlock(&cache->lock);
}
