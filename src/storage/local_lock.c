/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Advisory locks: flock on one of 64 files, chosen by the key's hash. Each operation opens its own
 * descriptor, so the lock also excludes the threads of one process, and the kernel drops it when a
 * process dies. Lock files are never removed: removing one would split its waiters.
 */
#include "storage/local_priv.h"

#include "base/error.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

static int lock_file_open(const struct local *local, const char *name)
{
    const int flags = O_CREAT | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(local->root_fd, name, O_RDWR | flags, 0666);
    if (fd < 0 && errno == EACCES) { /* another user's file: reading is enough to lock it */
        fd = openat(local->root_fd, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
    }
    return fd;
}

inlay_status local_lock_take(struct local *local, const char *key, struct local_lock *out,
                             inlay_error *err)
{
    char name[64];
    unsigned shard = (unsigned)(hash_xxh3_64(key, strlen(key)) % LOCAL_LOCK_SHARDS);
    (void)snprintf(name, sizeof(name), LOCAL_LOCK_FOLDER "/%02x", shard);
    out->fd = lock_file_open(local, name);
    if (out->fd < 0 && errno == ENOENT) {
        if (mkdirat(local->root_fd, LOCAL_LOCK_FOLDER, 0777) != 0 && errno != EEXIST) {
            return local_write_error(err, errno, "cannot make the folder of lock files");
        }
        out->fd = lock_file_open(local, name);
    }
    if (out->fd < 0) {
        return local_write_error(err, errno, "cannot open the lock file");
    }
    while (flock(out->fd, LOCK_EX) != 0) {
        if (errno != EINTR) {
            inlay_status status = local_write_error(err, errno, "cannot lock the object");
            local_close_fd(out->fd);
            return status;
        }
    }
    return INLAY_OK;
}

void local_lock_drop(struct local_lock *lock)
{
    /* Explicitly: a child forked meanwhile holds a duplicate of the descriptor. */
    (void)flock(lock->fd, LOCK_UN);
    local_close_fd(lock->fd);
    lock->fd = -1;
}
