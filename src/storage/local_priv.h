/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files of the local provider only. */
#ifndef INLAY_STORAGE_LOCAL_PRIV_H
#define INLAY_STORAGE_LOCAL_PRIV_H

#include "storage/local.h"

#include <stdatomic.h>
#include <sys/stat.h>

#define LOCAL_STAGE_PREFIX ".inlay-stage-"
#define LOCAL_LOCK_FOLDER ".inlay-locks"
#define LOCAL_LOCK_SHARDS 64
#define LOCAL_SYNCED_FOLDERS 256

struct local {
    struct provider provider;
    char *root;
    int root_fd;
    const struct env *env;
    size_t list_page;
    bool sync;
    /* Learned at run time, only ever set: relaxed, a late thread just learns it again. */
    _Atomic bool no_tmpfile;
    _Atomic bool no_xattr;
    /* Hashes of the folders whose own directory entries this provider has made durable. */
    _Atomic uint64_t synced[LOCAL_SYNCED_FOLDERS];
};

/* ---- local_paths.c: folders, opening, error mapping ---- */

/* The folder of a key, and the key's last name within it. */
struct local_place {
    int fd;
    bool owned; /* fd is not the root's */
    const char *leaf;
};

/* Never follows a symbolic link. A missing folder is INLAY_NOT_FOUND, or made when `create`. */
inlay_status local_place_open(struct local *local, const char *key, bool create,
                              struct local_place *out, inlay_error *err);
void local_place_close(struct local_place *place);
/* Opens an object for reading; INLAY_NOT_FOUND for everything that is no regular file. */
inlay_status local_object_open(struct local *local, const char *key, int *fd, struct stat *info,
                               inlay_error *err);
inlay_status local_object_open_at(int folder, const char *leaf, int *fd, struct stat *info,
                                  inlay_error *err);
/* Exactly `length` bytes. */
inlay_status local_read(int fd, uint64_t offset, void *into, uint64_t length, inlay_error *err);
/* The status of a failed call on an object or its folder; reading and writing see ENOENT apart. */
inlay_status local_read_error(inlay_error *err, int errnum, const char *what);
inlay_status local_write_error(inlay_error *err, int errnum, const char *what);
inlay_status local_sync(const struct local *local, int fd, const char *what, inlay_error *err);
void local_close_fd(int fd);

/* ---- local_token.c: versions ---- */

/* Marks a staged file as a version of its own; before it is synced and published. */
inlay_status local_token_stamp(struct local *local, int fd, inlay_error *err);
/* Size, modification time and token of the version behind `fd`. */
inlay_status local_token_read(int fd, const struct stat *info, struct object_meta *out,
                              inlay_error *err);

/* ---- local_stage.c: one version on its way in ---- */

struct local_stage {
    struct local_place place;
    int fd;
    char name[64]; /* hidden name in the folder; "" = no name (O_TMPFILE) */
};

inlay_status local_stage_open(struct local *local, const char *key, struct local_stage *out,
                              inlay_error *err);
inlay_status local_stage_write(int fd, uint64_t offset, const void *data, uint64_t size,
                               inlay_error *err);
/* All bytes are there: stamps, syncs, gives the token. */
inlay_status local_stage_seal(struct local *local, struct local_stage *stage,
                              struct object_meta *meta, inlay_error *err);
/* Gives a sealed version its name, durably. Create: existing => INLAY_PRECONDITION_FAILED. */
inlay_status local_stage_create(struct local *local, struct local_stage *stage, const char *key,
                                inlay_error *err);
/* Replace only the version `expected`. */
inlay_status local_stage_replace(struct local *local, struct local_stage *stage, const char *key,
                                 const char *expected, inlay_error *err);
/* Frees; removes the hidden name if it is still there. */
void local_stage_close(struct local_stage *stage);

/* ---- local_lock.c ---- */

struct local_lock {
    int fd;
};

/* Exclusive among threads and processes for this key (and those of its shard); blocks. No caller
 * holds two, so there is no order to keep. */
inlay_status local_lock_take(struct local *local, const char *key, struct local_lock *out,
                             inlay_error *err);
void local_lock_drop(struct local_lock *lock);

/* ---- operations of the table ---- */

inlay_status local_put_atomic(struct provider *provider, const char *key, const void *data,
                              uint64_t size, char etag[ETAG_SIZE], inlay_error *err);
inlay_status local_put_if_match(struct provider *provider, const char *key, const void *data,
                                uint64_t size, const char *expected, char etag[ETAG_SIZE],
                                inlay_error *err);
inlay_status local_remove(struct provider *provider, const char *key, inlay_error *err);
inlay_status local_list(struct provider *provider, const char *prefix, const char *cursor,
                        struct object_page *out, inlay_error *err);
inlay_status local_clean_staging(struct provider *provider, int64_t before_unix_ms,
                                 uint64_t *removed, inlay_error *err);
inlay_status local_multipart_begin(struct provider *provider, const char *key,
                                   struct multipart **out, inlay_error *err);

#endif
