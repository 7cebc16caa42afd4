/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Version tokens: <generation>-<modification time>-<size>, all hexadecimal.
 *
 * The generation is 128 random bits in an extended attribute of the file, so the name may come back
 * with the same bytes and still be another version. Time and size are part of the token because
 * tools that overwrite a file in place keep its attributes. Where there are no attributes, or a
 * copying tool dropped them, the generation is the content's BLAKE3 and the inode for small objects
 * (all that are ever replaced), and the inode alone for greater ones; the stamp then makes the
 * modification time unique instead.
 */
#include "storage/local_priv.h"

#include "base/error.h"
#include "base/hash.h"
#include "base/hex.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#if defined(__linux__)
#include <sys/xattr.h>
#endif

#define ATTRIBUTE "user.inlay.version"
#define GENERATION_SIZE 16
#define HASHED_MAX ((uint64_t)1 << 20)
#define NS_PER_MS 1000000

/* False: this file system has no attributes (or the file is without). */
static bool attribute_get(int fd, uint8_t generation[GENERATION_SIZE])
{
#if defined(__linux__)
    return fgetxattr(fd, ATTRIBUTE, generation, GENERATION_SIZE) == GENERATION_SIZE;
#else
    (void)fd;
    (void)generation;
    return false;
#endif
}

static int attribute_set(int fd, const uint8_t generation[GENERATION_SIZE])
{
#if defined(__linux__)
    return fsetxattr(fd, ATTRIBUTE, generation, GENERATION_SIZE, 0) == 0 ? 0 : errno;
#else
    (void)fd;
    (void)generation;
    return ENOTSUP;
#endif
}

/* The kernel's own timestamps stand still for milliseconds; random digits below that do not. */
static inlay_status time_make_unique(const struct local *local, int fd, uint64_t random,
                                     inlay_error *err)
{
    int64_t ms = local->env->unix_ms(local->env->context);
    struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {0}};
    times[1].tv_sec = (time_t)(ms / 1000);
    times[1].tv_nsec = (long)(ms % 1000 * NS_PER_MS + (int64_t)(random % NS_PER_MS));
    if (futimens(fd, times) != 0) {
        return local_write_error(err, errno, "cannot stamp the staged object");
    }
    return INLAY_OK;
}

inlay_status local_token_stamp(struct local *local, int fd, inlay_error *err)
{
    uint8_t generation[GENERATION_SIZE];
    uint64_t random;
    if (!local->env->random(local->env->context, generation, sizeof(generation))) {
        return error_set(err, INLAY_IO, "the system gives no random bytes");
    }
    if (!atomic_load_explicit(&local->no_xattr, memory_order_relaxed)) {
        int failure = attribute_set(fd, generation);
        if (failure == 0) {
            return INLAY_OK;
        }
        if (failure != ENOTSUP && failure != ENOSYS && failure != EPERM) {
            return local_write_error(err, failure, "cannot stamp the staged object");
        }
        atomic_store_explicit(&local->no_xattr, true, memory_order_relaxed);
    }
    memcpy(&random, generation, sizeof(random));
    return time_make_unique(local, fd, random, err);
}

/* 128 bits that stand for the content (if it is small) and the inode. */
static inlay_status generation_derive(int fd, const struct stat *info,
                                      uint8_t generation[GENERATION_SIZE], inlay_error *err)
{
    struct hash_blake3 state;
    uint8_t digest[HASH_BLAKE3_SIZE];
    uint64_t inode = (uint64_t)info->st_ino;
    uint64_t size = (uint64_t)info->st_size;
    uint64_t at = 0;
    uint8_t block[16384];
    hash_blake3_init(&state);
    hash_blake3_update(&state, &inode, sizeof(inode));
    while (size <= HASHED_MAX && at < size) {
        uint64_t step = size - at < sizeof(block) ? size - at : sizeof(block);
        INLAY_TRY(local_read(fd, at, block, step, err));
        hash_blake3_update(&state, block, (size_t)step);
        at += step;
    }
    hash_blake3_final(&state, digest);
    memcpy(generation, digest, GENERATION_SIZE);
    return INLAY_OK;
}

inlay_status local_token_read(int fd, const struct stat *info, struct object_meta *out,
                              inlay_error *err)
{
    uint8_t generation[GENERATION_SIZE];
    char text[2 * GENERATION_SIZE + 1];
    int64_t ns = (int64_t)info->st_mtim.tv_sec * 1000 * NS_PER_MS + info->st_mtim.tv_nsec;
    memset(out, 0, sizeof(*out));
    if (!attribute_get(fd, generation)) {
        INLAY_TRY(generation_derive(fd, info, generation, err));
    }
    hex_encode(generation, GENERATION_SIZE, text);
    out->size = (uint64_t)info->st_size;
    out->last_modified_ms = ns / NS_PER_MS;
    (void)snprintf(out->etag, sizeof(out->etag), "%s-%llx-%llx", text, (unsigned long long)ns,
                   (unsigned long long)out->size);
    return INLAY_OK;
}
