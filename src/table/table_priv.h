/* SPDX-License-Identifier: Apache-2.0 */
#ifndef INLAY_TABLE_TABLE_PRIV_H
#define INLAY_TABLE_TABLE_PRIV_H

#include "table/table.h"

/* One caller of table_commit in the queue. On its stack. */
struct commit_waiter {
    const struct commit_request *request;
    struct commit_result result;
    inlay_status status;
    inlay_error error;
    bool done;
    struct commit_waiter *next;
};

/* Lock order: refresh_lock before lock. Neither is held while the commit queue's leader works. */
struct table {
    struct table_options options; /* with the defaults filled in; location is not used */
    struct manifest_store *store;
    struct id_generator ids;
    /* Guards everything below. */
    pthread_mutex_t lock;
    struct snapshot *current;
    char etag[ETAG_SIZE]; /* of the pointer that led to `current` */
    uint64_t checked_ns;  /* when it was last known to be the newest */
    struct change staged;
    struct change_ids finished_wals;
    /* The commit queue. */
    pthread_cond_t moved;
    struct commit_waiter *first;
    struct commit_waiter *last;
    bool committing;
    /* One refresh at a time. */
    pthread_mutex_t refresh_lock;
};

/* The current version and its pointer's token, as a pair. */
struct snapshot *table_base(struct table *table, char etag[ETAG_SIZE]);
/* Takes the reference. An older version than the current one is dropped. */
void table_install(struct table *table, struct snapshot *snapshot, const char *etag,
                   uint64_t checked_ns);
/* Reads the pointer and installs what it leads to; *out, if not NULL, is a reference to it. */
inlay_status table_reload(struct table *table, struct snapshot **out, inlay_error *err);
/* Sleeps a random part of an exponentially growing time: "full jitter" (Brooker, "Exponential
 * Backoff And Jitter", 2015). */
void table_backoff(struct table *table, unsigned attempt);

/* commit/publish.c: the attempts of one commit. `change` is cleared and refilled by `prepare`. */
inlay_status commit_publish(struct table *table, const struct commit_request *request,
                            struct change *change, struct commit_result *result, inlay_error *err);

/* versions.c: the ancestor `id` of `from`, loaded; parts are shared with `from`. */
inlay_status version_load(struct snapshot *from, uint64_t id, struct snapshot **out,
                          inlay_error *err);

#endif
