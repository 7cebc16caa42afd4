/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/store.h"

#include "base/alloc.h"
#include "base/error.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

inlay_status manifest_store_create(struct provider *provider, const char *location,
                                   const struct env *env, struct manifest_store **out,
                                   inlay_error *err)
{
    struct manifest_store *store;
    *out = NULL;
    if (strlen(location) > STORE_LOCATION_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "the table's location is longer than %d bytes", STORE_LOCATION_MAX);
    }
    if (location[0] != '\0') {
        INLAY_TRY(provider_check_key(location, err));
    }
    store = mem_zalloc(sizeof(*store));
    if (store == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&store->references, 1);
    store->provider = provider;
    store->env = env;
    memcpy(store->location, location, strlen(location) + 1);
    *out = store;
    return INLAY_OK;
}

struct manifest_store *manifest_store_retain(struct manifest_store *store)
{
    atomic_fetch_add_explicit(&store->references, 1, memory_order_relaxed);
    return store;
}

void manifest_store_release(struct manifest_store *store)
{
    /* Acquire-release: the last one must see all other threads' use as finished. */
    if (store != NULL &&
        atomic_fetch_sub_explicit(&store->references, 1, memory_order_acq_rel) == 1) {
        mem_free(store);
    }
}

void manifest_store_key(const struct manifest_store *store, const char *relative,
                        char key[STORE_KEY_SIZE])
{
    snprintf(key, STORE_KEY_SIZE, "%s%s%s", store->location, store->location[0] != '\0' ? "/" : "",
             relative);
}

struct content content_of(const void *data, uint64_t size)
{
    struct content content;
    hash_blake3(data, (size_t)size, content.hash);
    content.size = size;
    return content;
}

bool content_equal(const struct content *a, const struct content *b)
{
    return memcmp(a->hash, b->hash, sizeof(a->hash)) == 0;
}

void part_object_key(const struct content *content, const char *suffix, char key[CONTENT_KEY_SIZE])
{
    char hash[HASH_BLAKE3_TEXT_SIZE];
    hash_blake3_to_text(content->hash, hash);
    snprintf(key, CONTENT_KEY_SIZE, "manifest-parts/%s.%s", hash, suffix);
}

void snapshot_object_key(uint64_t id, const struct content *content, char key[CONTENT_KEY_SIZE])
{
    char hash[HASH_BLAKE3_TEXT_SIZE];
    hash_blake3_to_text(content->hash, hash);
    snprintf(key, CONTENT_KEY_SIZE, "manifest/%020llu-%s.snap", (unsigned long long)id, hash);
}

inlay_status manifest_store_read(struct manifest_store *store, const char *relative,
                                 const struct content *expected, struct object_data *out,
                                 inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    struct content found;
    manifest_store_key(store, relative, key);
    INLAY_TRY(provider_get(store->provider, key, out, err));
    found = content_of(out->data, out->size);
    if (found.size == expected->size && content_equal(&found, expected)) {
        return INLAY_OK;
    }
    error_set(err, INLAY_CORRUPT, "a manifest object is not what was written");
    error_key(err, key);
    error_expected(err, "%llu bytes with the referenced BLAKE3 hash",
                   (unsigned long long)expected->size);
    error_found(err, "%llu bytes%s", (unsigned long long)found.size,
                content_equal(&found, expected) ? "" : " with another hash");
    object_data_free(out);
    memset(out, 0, sizeof(*out));
    return INLAY_CORRUPT;
}

inlay_status manifest_store_write(struct manifest_store *store, const char *relative,
                                  const void *data, uint64_t size, inlay_error *err)
{
    char key[STORE_KEY_SIZE];
    inlay_status status;
    manifest_store_key(store, relative, key);
    status = provider_put_atomic(store->provider, key, data, size, NULL, err);
    return status == INLAY_PRECONDITION_FAILED ? INLAY_OK : status;
}
