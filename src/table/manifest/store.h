/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where one table's objects are: a provider and the table's location in it, shared by the table's
 * handle, its snapshots and parts. Immutable after creation, thread-safe.
 */
#ifndef INLAY_TABLE_MANIFEST_STORE_H
#define INLAY_TABLE_MANIFEST_STORE_H

#include "base/buffer.h"
#include "base/env.h"
#include "base/hash.h"
#include "storage/provider.h"

#define STORE_LOCATION_MAX 512
#define STORE_KEY_SIZE (STORE_LOCATION_MAX + 1100)
#define MANIFEST_OBJECT_MAX ((uint64_t)256 << 20) /* bytes of one manifest object */

#define STORE_POINTER "_supertable/current"

struct manifest_store {
    _Atomic int64_t references;
    struct provider *provider; /* borrowed; outlives the store */
    const struct env *env;     /* borrowed; outlives the store */
    char location[STORE_LOCATION_MAX + 1];
};

/* `location` "" is the provider's root. The caller owns one reference. */
inlay_status manifest_store_create(struct provider *provider, const char *location,
                                   const struct env *env, struct manifest_store **out,
                                   inlay_error *err);
struct manifest_store *manifest_store_retain(struct manifest_store *store);
void manifest_store_release(struct manifest_store *store); /* NULL-safe */

/* The provider's key of `relative`. */
void manifest_store_key(const struct manifest_store *store, const char *relative,
                        char key[STORE_KEY_SIZE]);

/* Content that is named, or pinned, by its hash. */
struct content {
    uint8_t hash[HASH_BLAKE3_SIZE];
    uint64_t size;
};

struct content content_of(const void *data, uint64_t size);
bool content_equal(const struct content *a, const struct content *b); /* by hash */

/* "manifest-parts/<hash>.<suffix>" and "manifest/<id, 20 digits>-<hash>.snap". */
#define CONTENT_KEY_SIZE 128
void part_object_key(const struct content *content, const char *suffix, char key[CONTENT_KEY_SIZE]);
void snapshot_object_key(uint64_t id, const struct content *content, char key[CONTENT_KEY_SIZE]);

/* Reads an object and checks its size and hash: a difference is INLAY_CORRUPT. */
inlay_status manifest_store_read(struct manifest_store *store, const char *relative,
                                 const struct content *expected, struct object_data *out,
                                 inlay_error *err);
/* Writes an object whose name is, or contains, its hash. That it exists already is success. */
inlay_status manifest_store_write(struct manifest_store *store, const char *relative,
                                  const void *data, uint64_t size, inlay_error *err);

#endif
