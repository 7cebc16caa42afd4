/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The storage provider contract: one small vtable over immutable and conditionally replaced
 * objects. Everything above is backend-blind. See docs/architecture.md, "Storage".
 *
 * Keys are relative, '/'-separated UTF-8 of at most PROVIDER_KEY_MAX bytes. Empty segments, ".",
 * "..", segments that start with ".inlay-" (reserved for backends), control bytes and a leading or
 * trailing '/' are INLAY_INVALID_ARGUMENT before any I/O (provider_* functions check; backends need
 * not). All operations are thread-safe and blocking.
 *
 * The etag that a read returns, a write returns and a conditional write accepts is of one kind per
 * backend; callers chain it without re-reading.
 *
 * Errors: INLAY_NOT_FOUND, INLAY_PRECONDITION_FAILED (the only contention signal, never retried
 * below), INLAY_UNAVAILABLE (transient, retries exhausted), INLAY_PERMISSION,
 * INLAY_INVALID_ARGUMENT, INLAY_CORRUPT, INLAY_IO, each with the key set.
 */
#ifndef INLAY_STORAGE_PROVIDER_H
#define INLAY_STORAGE_PROVIDER_H

#include "base/io_account.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ETAG_SIZE 128
#define PROVIDER_KEY_MAX 1024
#define PROVIDER_PARTS_MAX 10000

struct object_meta {
    uint64_t size;
    int64_t last_modified_ms; /* Unix, 0 = unknown */
    char etag[ETAG_SIZE];
};

struct object_data {
    uint8_t *data; /* owned; free with object_data_free */
    uint64_t size;
    /* Of exactly these bytes; after get_tail meta.size is the whole size. */
    struct object_meta meta;
};

void object_data_free(struct object_data *object); /* NULL-safe */

struct object_entry {
    char *key; /* relative to the provider's root */
    struct object_meta meta;
};

struct object_page {
    struct object_entry *entries;
    size_t count;
    char *next_cursor; /* NULL: this was the last page */
};

void object_page_free(struct object_page *page); /* NULL-safe */

/* One range of one object, for batched reads. */
struct object_range {
    uint64_t offset;
    uint64_t length;
    uint8_t *into;
};

struct provider;
struct multipart;

struct provider_ops {
    inlay_status (*get)(struct provider *, const char *key, struct object_data *out, inlay_error *);
    /* *changed = false and no body when the object still has this etag. */
    inlay_status (*get_if_changed)(struct provider *, const char *key, const char *etag,
                                   bool *changed, struct object_data *out, inlay_error *);
    /* All ranges exactly, or an error; past the end is INLAY_INVALID_ARGUMENT. Backends run them in
     * parallel: one round trip. */
    inlay_status (*get_ranges)(struct provider *, const char *key,
                               const struct object_range *ranges, size_t count, inlay_error *);
    inlay_status (*get_tail)(struct provider *, const char *key, uint64_t n,
                             struct object_data *out, inlay_error *);
    inlay_status (*head)(struct provider *, const char *key, struct object_meta *out,
                         inlay_error *);
    inlay_status (*put_atomic)(struct provider *, const char *key, const void *data, uint64_t size,
                               char etag[ETAG_SIZE], inlay_error *);
    inlay_status (*put_if_match)(struct provider *, const char *key, const void *data,
                                 uint64_t size, const char *expected, char etag[ETAG_SIZE],
                                 inlay_error *);
    inlay_status (*multipart_begin)(struct provider *, const char *key, struct multipart **out,
                                    inlay_error *);
    inlay_status (*remove)(struct provider *, const char *key, inlay_error *);
    inlay_status (*list)(struct provider *, const char *prefix, const char *cursor,
                         struct object_page *out, inlay_error *);
    /* A path that can be opened and mapped, or NULL: only the local backend has one. `path` is
     * owned by the caller. May be NULL itself. */
    char *(*local_path)(struct provider *, const char *key);
    /* Removes what crashed writers left (staging files, unfinished uploads) if it was last written
     * before that time. May be NULL itself: nothing can be left. */
    inlay_status (*clean_staging)(struct provider *, int64_t before_unix_ms, uint64_t *removed,
                                  inlay_error *);
    void (*destroy)(struct provider *);
};

struct provider {
    const struct provider_ops *ops;
    const char *name; /* "memory", "local", ... for messages; static */
    /* The least size of upload parts that suits the backend; 0 = 8 MiB, as object stores ask for.
     */
    uint32_t part_bytes;
};

/* Parts are numbered from 0 and may be put concurrently, in any order, without gaps at completion.
 */
struct multipart_ops {
    inlay_status (*put_part)(struct multipart *, uint32_t number, const void *data, uint64_t size,
                             inlay_error *);
    /* Create only where the backend can: an existing object is INLAY_PRECONDITION_FAILED. */
    inlay_status (*complete)(struct multipart *, char etag[ETAG_SIZE], inlay_error *);
    void (*abort)(struct multipart *);   /* nothing is left behind */
    void (*destroy)(struct multipart *); /* aborts when neither completed nor aborted */
};

struct multipart {
    const struct multipart_ops *ops;
};

/* The checked entry points; use these, never the table. `out` is zeroed on failure. */
inlay_status provider_get(struct provider *provider, const char *key, struct object_data *out,
                          inlay_error *err);
inlay_status provider_get_if_changed(struct provider *provider, const char *key, const char *etag,
                                     bool *changed, struct object_data *out, inlay_error *err);
inlay_status provider_get_range(struct provider *provider, const char *key, uint64_t offset,
                                uint64_t length, uint8_t *into, inlay_error *err);
inlay_status provider_get_ranges(struct provider *provider, const char *key,
                                 const struct object_range *ranges, size_t count, inlay_error *err);
/* Last min(n, size) bytes. */
inlay_status provider_get_tail(struct provider *provider, const char *key, uint64_t n,
                               struct object_data *out, inlay_error *err);
inlay_status provider_head(struct provider *provider, const char *key, struct object_meta *out,
                           inlay_error *err);
/* Create only; existing => INLAY_PRECONDITION_FAILED. `etag` (ETAG_SIZE bytes) may be NULL. */
inlay_status provider_put_atomic(struct provider *provider, const char *key, const void *data,
                                 uint64_t size, char *etag, inlay_error *err);
/* Replaces only that version; NULL or "" = create only; lost or missing =>
 * INLAY_PRECONDITION_FAILED or INLAY_NOT_FOUND. */
inlay_status provider_put_if_match(struct provider *provider, const char *key, const void *data,
                                   uint64_t size, const char *expected, char *etag,
                                   inlay_error *err);
inlay_status provider_multipart_begin(struct provider *provider, const char *key,
                                      struct multipart **out, inlay_error *err);
/* Idempotent: a missing object is success. */
inlay_status provider_delete(struct provider *provider, const char *key, inlay_error *err);
/* Directory-prefix semantics: "seg" matches "seg/a", not "segx"; "" lists all. cursor NULL = start.
 */
inlay_status provider_list(struct provider *provider, const char *prefix, const char *cursor,
                           struct object_page *out, inlay_error *err);
/* Every page; entries sorted by key. */
inlay_status provider_list_all(struct provider *provider, const char *prefix,
                               struct object_page *out, inlay_error *err);
/* A path of the object's file, free with mem_free; NULL when the store is not local, the object is
 * missing, or memory is out: read through the provider then, which says why. */
char *provider_local_path(struct provider *provider, const char *key);
/* Removes invisible remains of crashed writers that were last written before that time; counts them
 * in *removed (may be NULL). Never touches an object. */
inlay_status provider_clean_staging(struct provider *provider, int64_t before_unix_ms,
                                    uint64_t *removed, inlay_error *err);
void provider_close(struct provider *provider); /* NULL-safe */

/*
 * The handle of a multipart upload. Nothing is visible before completion, which creates the object
 * (existing => INLAY_PRECONDITION_FAILED) from parts 0..n-1 in order; a missing number is
 * INLAY_INVALID_ARGUMENT, no part at all makes an empty object. Parts may be put concurrently and a
 * part may be put again. After a failed completion the handle may complete again or abort.
 */
inlay_status multipart_put_part(struct multipart *upload, uint32_t number, const void *data,
                                uint64_t size, inlay_error *err);
inlay_status multipart_complete(struct multipart *upload, char *etag, inlay_error *err);
void multipart_abort(struct multipart *upload); /* NULL-safe; nothing is left behind */
void multipart_close(struct multipart *upload); /* NULL-safe; aborts unless completed */

/* Refuses what the contract refuses. */
inlay_status provider_check_key(const char *key, inlay_error *err);

#endif
