/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A table's handle: the present snapshot, refreshing it, committing to it, its versions. One handle
 * is shared by all threads of a process that use the table; writers queue in it, and small appends
 * of several threads share one commit. Handles in other processes meet only at the pointer object.
 * All functions are thread-safe unless they say otherwise.
 *
 * Requests, on a provider that answers: open 1 read (2 when the snapshot is too large to sit in the
 * pointer), refresh without news 1 conditional read, commit 2 writes (snapshot, pointer) plus the
 * new parts when the tail folds. A lost race adds 1 read and the two writes again.
 *
 * Snapshots are used with snapshot_*, scanned with table/scan.h.
 */
#ifndef INLAY_TABLE_TABLE_H
#define INLAY_TABLE_TABLE_H

#include "table/commit/change.h"

struct table;

enum table_consistency {
    TABLE_BOUNDED, /* table_pin looks at the pointer when the last look is older than a bound */
    TABLE_STRONG,  /* at every table_pin */
    TABLE_PINNED   /* only in table_refresh */
};

struct table_options {
    struct provider *provider; /* borrowed; outlives the handle and its snapshots */
    const char *location;      /* of the table in the provider; "" = its root */
    const struct env *env;     /* NULL = the system's; outlives handle and snapshots */
    enum table_consistency consistency;
    uint64_t staleness_ns; /* bound of TABLE_BOUNDED; 0 = 1 s */
    unsigned commit_tries; /* 0 = 10 */
    uint64_t linger_ns;    /* how long an append waits for others to share its commit; 0 = not */
    size_t group_entries;  /* most superfiles in one shared commit; 0 = 1000 */
    size_t staged_entries; /* table_stage flushes by itself at this many; 0 = 64 */
};

void table_options_init(struct table_options *options);

/* Writes version 0 and the pointer at a location that no table uses, else INLAY_ALREADY_EXISTS. */
inlay_status table_create(const struct table_options *options, struct table **out,
                          inlay_error *err);
/* INLAY_NOT_FOUND when there is no pointer: never an empty table by mistake. */
inlay_status table_open(const struct table_options *options, struct table **out, inlay_error *err);
/* No call may be running. Snapshots stay valid. What is staged is lost. NULL-safe. */
void table_close(struct table *table);

/* Reading. Every returned snapshot is one reference of the caller's (snapshot_release). */

/* The newest version that this handle knows, own commits included; no I/O. */
struct snapshot *table_current(struct table *table);
/* By the handle's consistency. */
inlay_status table_pin(struct table *table, struct snapshot **out, inlay_error *err);
/* One conditional read of the pointer. */
inlay_status table_refresh(struct table *table, inlay_error *err);

/* Committing. */

struct commit_result {
    uint64_t version; /* that has the change; the base's when `changed` is false */
    bool changed;     /* false: everything was there already */
    unsigned tries;   /* publish attempts of the commit that carried this change */
    size_t shared;    /* how many callers' changes that commit carried */
};

struct commit_request {
    /* Either a fixed change (its contents are consumed when it only adds and the commit succeeds;
     * kept on failure), ... */
    struct change *change;
    /* ... or a function that fills an empty one for every attempt, seeing the base that it will be
     * applied to. It runs on the committing thread and must not call this table's commit functions.
     */
    inlay_status (*prepare)(void *context, struct snapshot *base, struct change *change,
                            inlay_error *err);
    void *context;
    enum table_operation operation; /* with `prepare` */
};

/*
 * Publishes atomically: afterwards the change is visible to every reader and durable, or the status
 * says that it is not. INLAY_CONFLICT: other writers won every try (retryable), or an entry is not
 * what the change was made from. INLAY_UNAVAILABLE: the store did not answer; the commit may
 * become visible later; repeating the same additions is safe, since superfile ids and WAL ids are
 * never applied twice. `result` may be NULL.
 */
inlay_status table_commit(struct table *table, const struct commit_request *request,
                          struct commit_result *result, inlay_error *err);
/* Adds superfiles whose bodies are on the store; returns when they are durable and visible. */
inlay_status table_append(struct table *table, const struct manifest_entry *entries, size_t count,
                          struct commit_result *result, inlay_error *err);
/* The same without waiting: kept in memory until table_flush, or until there are many; then, and
 * only then, a failure is reported, and the entries stay staged. */
inlay_status table_stage(struct table *table, const struct manifest_entry *entries, size_t count,
                         inlay_error *err);
inlay_status table_flush(struct table *table, struct commit_result *result, inlay_error *err);
size_t table_staged(struct table *table);

/* Stores a superfile's body under superfile_key(id), create only. The same bytes there already are
 * success, other bytes INLAY_ALREADY_EXISTS. For bodies that fit one put. */
inlay_status table_put_superfile(struct table *table, struct id128 id, const void *data,
                                 uint64_t size, inlay_error *err);

/* The mutation's documents are deleted: the next commit forgets its id. */
inlay_status table_wal_done(struct table *table, struct id128 wal_id, inlay_error *err);

/* Tags the version `version` (NULL: the newest), or removes a tag. */
inlay_status table_set_tag(struct table *table, const char *name, const struct snapshot *version,
                           inlay_error *err);
inlay_status table_remove_tag(struct table *table, const char *name, inlay_error *err);

/* Versions. They look from the newest version after a refresh. INLAY_NOT_FOUND: no such version,
 * or it is no longer kept. */
inlay_status table_open_version(struct table *table, uint64_t id, struct snapshot **out,
                                inlay_error *err);
/* The version that was the newest at this time (Unix ms). */
inlay_status table_open_at(struct table *table, int64_t time_ms, struct snapshot **out,
                           inlay_error *err);
inlay_status table_open_tag(struct table *table, const char *name, struct snapshot **out,
                            inlay_error *err);
/* The newest `limit` versions, newest first; fewer when older ones are no longer kept. *records is
 * the caller's (mem_free). */
inlay_status table_versions(struct table *table, size_t limit, struct history_record **records,
                            size_t *count, inlay_error *err);

/* For layers that work beside the manifest (WAL, gc, superfile readers). */
struct manifest_store *table_store(struct table *table); /* borrowed */
struct id_generator *table_ids(struct table *table);     /* mints row, WAL and commit ids */
const struct env *table_env(struct table *table);

#endif
