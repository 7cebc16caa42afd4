/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a version gets in: all bytes into a staging file in the object's own folder, stamp, sync,
 * then one system call gives it the name (link for a creation, rename for a replacement), then the
 * folder is synced. Before that call nothing is visible, after it everything is.
 *
 * Creation needs no lock: link refuses an existing name. Replacement compares and renames under the
 * key's lock, which deletions take too; so between the comparison and the rename the object can
 * neither change nor vanish, and while it is there nobody can create it.
 */
#include "storage/local_priv.h"

#include "base/error.h"
#include "base/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define WRITE_STEP ((uint64_t)1 << 30)

static inlay_status hidden_name(const struct local *local, char name[64], inlay_error *err)
{
    uint8_t random[16];
    char text[33];
    if (!local->env->random(local->env->context, random, sizeof(random))) {
        return error_set(err, INLAY_IO, "the system gives no random bytes");
    }
    hex_encode(random, sizeof(random), text);
    (void)snprintf(name, 64, LOCAL_STAGE_PREFIX "%s", text);
    return INLAY_OK;
}

/* A file without a name, or -1 with no_tmpfile set where that does not work. */
static int unnamed_open(struct local *local, int folder)
{
#if defined(O_TMPFILE)
    if (!atomic_load_explicit(&local->no_tmpfile, memory_order_relaxed)) {
        int fd = openat(folder, ".", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
        if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
            return fd;
        }
    }
#endif
    (void)folder;
    atomic_store_explicit(&local->no_tmpfile, true, memory_order_relaxed);
    return -1;
}

inlay_status local_stage_open(struct local *local, const char *key, struct local_stage *out,
                              inlay_error *err)
{
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->fd = -1;
    INLAY_TRY(local_place_open(local, key, true, &out->place, err));
    out->fd = unnamed_open(local, out->place.fd);
    if (out->fd < 0 && atomic_load_explicit(&local->no_tmpfile, memory_order_relaxed)) {
        INLAY_TRY_GOTO(status, hidden_name(local, out->name, err), fail);
        out->fd = openat(out->place.fd, out->name,
                         O_CREAT | O_EXCL | O_RDWR | O_NOFOLLOW | O_CLOEXEC, 0666);
    }
    if (out->fd < 0) {
        status = local_write_error(err, errno, "cannot stage the object");
        out->name[0] = '\0';
        goto fail;
    }
    return INLAY_OK;
fail:
    local_place_close(&out->place);
    return status;
}

inlay_status local_stage_write(int fd, uint64_t offset, const void *data, uint64_t size,
                               inlay_error *err)
{
    uint64_t done = 0;
    while (done < size) {
        uint64_t left = size - done;
        ssize_t put =
            pwrite(fd, (const uint8_t *)data + done,
                   (size_t)(left < WRITE_STEP ? left : WRITE_STEP), (off_t)(offset + done));
        if (put < 0 && errno == EINTR) {
            continue;
        }
        if (put <= 0) {
            return local_write_error(err, put < 0 ? errno : EIO, "cannot write the object");
        }
        done += (uint64_t)put;
    }
    return INLAY_OK;
}

inlay_status local_stage_seal(struct local *local, struct local_stage *stage,
                              struct object_meta *meta, inlay_error *err)
{
    struct stat info;
    INLAY_TRY(local_token_stamp(local, stage->fd, err));
    INLAY_TRY(local_sync(local, stage->fd, "cannot sync the object", err));
    if (fstat(stage->fd, &info) != 0) {
        return local_write_error(err, errno, "cannot read the staged object's time");
    }
    return local_token_read(stage->fd, &info, meta, err);
}

/* Links the file without a name to `name` in its folder; 0 or errno. */
static int unnamed_link(const struct local_stage *stage, const char *name)
{
    char path[64];
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", stage->fd);
    return linkat(AT_FDCWD, path, stage->place.fd, name, AT_SYMLINK_FOLLOW) == 0 ? 0 : errno;
}

/* For file systems without hard links; under the key's lock, as all creators here take it. */
static int named_move(struct local_stage *stage)
{
    struct stat info;
#if defined(RENAME_NOREPLACE)
    if (renameat2(stage->place.fd, stage->name, stage->place.fd, stage->place.leaf,
                  RENAME_NOREPLACE) == 0) {
        stage->name[0] = '\0';
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
#endif
    if (fstatat(stage->place.fd, stage->place.leaf, &info, AT_SYMLINK_NOFOLLOW) == 0) {
        return EEXIST;
    }
    if (renameat(stage->place.fd, stage->name, stage->place.fd, stage->place.leaf) != 0) {
        return errno;
    }
    stage->name[0] = '\0';
    return 0;
}

static inlay_status name_create(struct local *local, struct local_stage *stage, const char *key,
                                int *failure, inlay_error *err)
{
    struct local_lock lock;
    if (stage->name[0] == '\0') {
        *failure = unnamed_link(stage, stage->place.leaf);
        return INLAY_OK;
    }
    *failure = linkat(stage->place.fd, stage->name, stage->place.fd, stage->place.leaf, 0) == 0
                   ? 0
                   : errno;
    if (*failure != EPERM && *failure != EOPNOTSUPP && *failure != ENOSYS) {
        return INLAY_OK;
    }
    INLAY_TRY(local_lock_take(local, key, &lock, err));
    *failure = named_move(stage);
    local_lock_drop(&lock);
    return INLAY_OK;
}

inlay_status local_stage_create(struct local *local, struct local_stage *stage, const char *key,
                                inlay_error *err)
{
    struct stat info;
    int failure;
    INLAY_TRY(name_create(local, stage, key, &failure, err));
    if (failure == EEXIST) {
        if (fstatat(stage->place.fd, stage->place.leaf, &info, AT_SYMLINK_NOFOLLOW) == 0 &&
            !S_ISREG(info.st_mode)) {
            return local_write_error(err, EISDIR, "cannot create the object");
        }
        return error_set(err, INLAY_PRECONDITION_FAILED, "the object exists already");
    }
    if (failure != 0) {
        return local_write_error(err, failure, "cannot create the object");
    }
    if (stage->name[0] != '\0') {
        (void)unlinkat(stage->place.fd, stage->name, 0);
        stage->name[0] = '\0';
    }
    return local_sync(local, stage->place.fd,
                      "the object was created, but its folder cannot be "
                      "synced",
                      err);
}

/* INLAY_OK when the object is this version now. */
static inlay_status version_check(const struct local_place *place, const char *expected,
                                  inlay_error *err)
{
    struct object_meta meta;
    struct stat info;
    int fd;
    inlay_status status;
    INLAY_TRY(local_object_open_at(place->fd, place->leaf, &fd, &info, err));
    status = local_token_read(fd, &info, &meta, err);
    local_close_fd(fd);
    if (status == INLAY_OK && strcmp(meta.etag, expected) != 0) {
        status = error_set(err, INLAY_PRECONDITION_FAILED, "the object is another version");
        error_expected(err, "%s", expected);
        error_found(err, "%s", meta.etag);
    }
    return status;
}

inlay_status local_stage_replace(struct local *local, struct local_stage *stage, const char *key,
                                 const char *expected, inlay_error *err)
{
    struct local_lock lock;
    inlay_status status;
    if (stage->name[0] == '\0') { /* rename needs a name */
        char name[64];
        int failure;
        INLAY_TRY(hidden_name(local, name, err));
        failure = unnamed_link(stage, name);
        if (failure != 0) {
            return local_write_error(err, failure, "cannot stage the object");
        }
        memcpy(stage->name, name, sizeof(name));
    }
    INLAY_TRY(local_lock_take(local, key, &lock, err));
    status = version_check(&stage->place, expected, err);
    if (status == INLAY_OK) {
        if (renameat(stage->place.fd, stage->name, stage->place.fd, stage->place.leaf) == 0) {
            stage->name[0] = '\0';
        } else {
            status = local_write_error(err, errno, "cannot replace the object");
        }
    }
    local_lock_drop(&lock);
    if (status == INLAY_OK) {
        status = local_sync(local, stage->place.fd,
                            "the object was replaced, but its folder "
                            "cannot be synced",
                            err);
    }
    return status;
}

void local_stage_close(struct local_stage *stage)
{
    if (stage->name[0] != '\0') {
        (void)unlinkat(stage->place.fd, stage->name, 0);
        stage->name[0] = '\0';
    }
    local_close_fd(stage->fd);
    stage->fd = -1;
    local_place_close(&stage->place);
}

inlay_status local_put_atomic(struct provider *provider, const char *key, const void *data,
                              uint64_t size, char etag[ETAG_SIZE], inlay_error *err)
{
    struct local *local = (struct local *)provider;
    struct local_stage stage;
    struct object_meta meta;
    inlay_status status;
    INLAY_TRY(local_stage_open(local, key, &stage, err));
    INLAY_TRY_GOTO(status, local_stage_write(stage.fd, 0, data, size, err), cleanup);
    INLAY_TRY_GOTO(status, local_stage_seal(local, &stage, &meta, err), cleanup);
    INLAY_TRY_GOTO(status, local_stage_create(local, &stage, key, err), cleanup);
    memcpy(etag, meta.etag, ETAG_SIZE);
cleanup:
    local_stage_close(&stage);
    return status;
}

inlay_status local_put_if_match(struct provider *provider, const char *key, const void *data,
                                uint64_t size, const char *expected, char etag[ETAG_SIZE],
                                inlay_error *err)
{
    struct local *local = (struct local *)provider;
    struct local_place place;
    struct local_stage stage;
    struct object_meta meta;
    inlay_status status;
    /* A loser that is late already need not write its bytes. */
    INLAY_TRY(local_place_open(local, key, false, &place, err));
    status = version_check(&place, expected, err);
    local_place_close(&place);
    if (status != INLAY_OK) {
        return status;
    }
    INLAY_TRY(local_stage_open(local, key, &stage, err));
    INLAY_TRY_GOTO(status, local_stage_write(stage.fd, 0, data, size, err), cleanup);
    INLAY_TRY_GOTO(status, local_stage_seal(local, &stage, &meta, err), cleanup);
    INLAY_TRY_GOTO(status, local_stage_replace(local, &stage, key, expected, err), cleanup);
    memcpy(etag, meta.etag, ETAG_SIZE);
cleanup:
    local_stage_close(&stage);
    return status;
}

inlay_status local_remove(struct provider *provider, const char *key, inlay_error *err)
{
    struct local *local = (struct local *)provider;
    struct local_place place;
    struct local_lock lock;
    struct stat info;
    inlay_status status = local_place_open(local, key, false, &place, err);
    if (status == INLAY_NOT_FOUND) {
        return INLAY_OK;
    }
    if (status != INLAY_OK) {
        return status;
    }
    /* What is no regular file is no object. */
    if (fstatat(place.fd, place.leaf, &info, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(info.st_mode)) {
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, local_lock_take(local, key, &lock, err), cleanup);
    if (unlinkat(place.fd, place.leaf, 0) != 0 && errno != ENOENT) {
        status = local_write_error(err, errno, "cannot delete the object");
    }
    local_lock_drop(&lock);
    if (status == INLAY_OK) {
        status = local_sync(local, place.fd,
                            "the object was deleted, but its folder cannot be "
                            "synced",
                            err);
    }
cleanup:
    local_place_close(&place);
    return status;
}
