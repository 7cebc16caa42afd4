/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From keys to descriptors. Folders are walked one name at a time with O_NOFOLLOW, so that no
 * symbolic link below the root can lead a key outside it.
 */
#include "storage/local_priv.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#define READ_STEP ((uint64_t)1 << 30) /* the kernel moves at most 2 GiB per call */

void local_close_fd(int fd)
{
    if (fd >= 0) {
        (void)close(fd);
    }
}

inlay_status local_read_error(inlay_error *err, int errnum, const char *what)
{
    switch (errnum) {
    case ENOENT:
    case ENOTDIR: /* a name of the key is a file or a symbolic link */
    case ELOOP:
    case ENXIO: /* a socket */
        return error_set(err, INLAY_NOT_FOUND, "no such object in the folder");
    case ENAMETOOLONG:
        return error_set(err, INLAY_NOT_FOUND,
                         "a name of the key is longer than the file system "
                         "allows, so the object cannot exist");
    case EMFILE:
    case ENFILE:
        error_set(err, INLAY_UNAVAILABLE, "%s: too many open files; raise the limit or retry",
                  what);
        error_sub_code(err, errnum);
        return INLAY_UNAVAILABLE;
    default:
        return error_from_errno(err, errnum, "%s", what);
    }
}

inlay_status local_write_error(inlay_error *err, int errnum, const char *what)
{
    inlay_status status = INLAY_INVALID_ARGUMENT;
    switch (errnum) {
    case ENOTDIR:
    case ELOOP:
    case EISDIR:
        error_set(err, status,
                  "%s: an object, a symbolic link or a folder stands in the way of "
                  "this key",
                  what);
        break;
    case ENAMETOOLONG:
        error_set(err, status, "%s: a name of the key is longer than the file system allows", what);
        break;
    case ENOENT:
        status = error_set(err, INLAY_IO, "%s: the folder was removed meanwhile", what);
        break;
    case ENOSPC:
    case EDQUOT:
        status = error_set(err, INLAY_IO,
                           "%s: no space left on the file system; free some and "
                           "retry, nothing was changed",
                           what);
        break;
    default:
        return local_read_error(err, errnum, what);
    }
    error_sub_code(err, errnum);
    return status;
}

inlay_status local_sync(const struct local *local, int fd, const char *what, inlay_error *err)
{
    if (local->sync && fsync(fd) != 0) {
        return local_write_error(err, errno, what);
    }
    return INLAY_OK;
}

void local_place_close(struct local_place *place)
{
    if (place->owned) {
        local_close_fd(place->fd);
    }
    place->owned = false;
    place->fd = -1;
}

/*
 * A folder survives a power cut only when its parent was synced after it was made, by whomever. So
 * the first write into each folder by this provider syncs the parent; later ones know.
 */
static inlay_status folder_make_durable(struct local *local, int parent, const char *key,
                                        size_t length, bool made, inlay_error *err)
{
    uint64_t hash = hash_xxh3_64(key, length) | 1; /* 0 is an empty slot */
    _Atomic uint64_t *slot = &local->synced[(hash >> 1) % LOCAL_SYNCED_FOLDERS];
    if (!made && atomic_load_explicit(slot, memory_order_relaxed) == hash) {
        return INLAY_OK;
    }
    INLAY_TRY(local_sync(local, parent, "cannot sync the parent folder", err));
    atomic_store_explicit(slot, hash, memory_order_relaxed);
    return INLAY_OK;
}

/* Opens the folder `name` in `parent`; `key`..`length` is its path from the root. */
static inlay_status folder_enter(struct local *local, int parent, const char *name, const char *key,
                                 size_t length, bool create, int *out, inlay_error *err)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    bool made = false;
    *out = openat(parent, name, flags);
    if (*out < 0 && errno == ENOENT && create) {
        made = mkdirat(parent, name, 0777) == 0;
        if (!made && errno != EEXIST) {
            return local_write_error(err, errno, "cannot make the object's folder");
        }
        *out = openat(parent, name, flags);
    }
    if (*out < 0) {
        return create ? local_write_error(err, errno, "cannot open the object's folder")
                      : local_read_error(err, errno, "cannot open the object's folder");
    }
    return create ? folder_make_durable(local, parent, key, length, made, err) : INLAY_OK;
}

inlay_status local_place_open(struct local *local, const char *key, bool create,
                              struct local_place *out, inlay_error *err)
{
    const char *slash;
    *out = (struct local_place){local->root_fd, false, key};
    while ((slash = strchr(out->leaf, '/')) != NULL) {
        char name[PROVIDER_KEY_MAX + 1];
        size_t length = (size_t)(slash - out->leaf);
        int fd;
        inlay_status status;
        memcpy(name, out->leaf, length);
        name[length] = '\0';
        status = folder_enter(local, out->fd, name, key, (size_t)(slash - key), create, &fd, err);
        local_place_close(out);
        if (status != INLAY_OK) {
            local_close_fd(fd);
            return status;
        }
        *out = (struct local_place){fd, true, slash + 1};
    }
    return INLAY_OK;
}

inlay_status local_object_open_at(int folder, const char *leaf, int *fd, struct stat *info,
                                  inlay_error *err)
{
    /* O_NONBLOCK: a foreign FIFO must not block us. */
    *fd = openat(folder, leaf, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (*fd < 0) {
        return local_read_error(err, errno, "cannot open the object");
    }
    if (fstat(*fd, info) != 0 || !S_ISREG(info->st_mode)) {
        local_close_fd(*fd);
        *fd = -1;
        return local_read_error(err, ENOENT, "cannot open the object");
    }
    return INLAY_OK;
}

inlay_status local_object_open(struct local *local, const char *key, int *fd, struct stat *info,
                               inlay_error *err)
{
    struct local_place place;
    inlay_status status;
    *fd = -1;
    INLAY_TRY(local_place_open(local, key, false, &place, err));
    status = local_object_open_at(place.fd, place.leaf, fd, info, err);
    local_place_close(&place);
    return status;
}

inlay_status local_read(int fd, uint64_t offset, void *into, uint64_t length, inlay_error *err)
{
    uint64_t done = 0;
    while (done < length) {
        uint64_t left = length - done;
        ssize_t got = pread(fd, (uint8_t *)into + done,
                            (size_t)(left < READ_STEP ? left : READ_STEP), (off_t)(offset + done));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return local_read_error(err, errno, "cannot read the object");
        }
        if (got == 0) { /* versions never change: someone else cut the file */
            error_set(err, INLAY_CORRUPT, "the object's file became shorter while it was read");
            error_offset(err, offset + done);
            return INLAY_CORRUPT;
        }
        done += (uint64_t)got;
    }
    return INLAY_OK;
}
