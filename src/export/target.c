/* SPDX-License-Identifier: Apache-2.0 */
#include "export/target.h"

#include "base/alloc.h"
#include "base/env.h"
#include "base/error.h"
#include "base/hex.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define HELD_BYTES ((size_t)256 << 10)
#define NAME_KEPT 200 /* of the file's name, in its hidden one */
#define NAME_TRIES 16

static inlay_status write_failed(const struct export_target *target, int code, inlay_error *err)
{
    inlay_status status;
    if (target->path == NULL) {
        return error_from_errno(err, code, "the export's bytes could not be handed over");
    }
    status = error_from_errno(err, code, "cannot write \"%.300s\"", target->path);
    error_key(err, target->path);
    return status;
}

static inlay_status write_out(struct export_target *target, const uint8_t *bytes, size_t length,
                              inlay_error *err)
{
    int code;
    if (target->write != NULL) {
        code = length != 0 ? target->write(target->context, bytes, length) : 0;
        return code == 0 ? INLAY_OK : write_failed(target, code, err);
    }
    while (length != 0) {
        ssize_t written = write(target->fd, bytes, length);
        if (written < 0 && errno != EINTR) {
            return write_failed(target, errno, err);
        }
        if (written > 0) {
            bytes += written;
            length -= (size_t)written;
        }
    }
    return INLAY_OK;
}

static inlay_status flush(struct export_target *target, inlay_error *err)
{
    inlay_status status = write_out(target, target->held.data, target->held.len, err);
    buffer_clear(&target->held);
    return status;
}

static inlay_status sink_write(struct byte_sink *sink, const void *data, size_t length,
                               inlay_error *err)
{
    struct export_target *target = sink->context;
    if (target->held.len + length > HELD_BYTES) {
        INLAY_TRY(flush(target, err));
    }
    if (length > HELD_BYTES) {
        return write_out(target, data, length, err);
    }
    buffer_append(&target->held, data, length);
    return buffer_status(&target->held, err);
}

static void target_init(struct export_target *target)
{
    memset(target, 0, sizeof(*target));
    target->fd = -1;
    target->sink.write = sink_write;
    target->sink.context = target;
    buffer_init(&target->held, HELD_BYTES);
}

void export_target_callback(struct export_target *target, export_write write, void *context)
{
    target_init(target);
    target->write = write;
    target->context = context;
}

/* Looks at what stands there already. A link is followed: its target is what is replaced. */
static inlay_status settle_path(struct export_target *target, const char *path, inlay_error *err)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        target->path = mem_strdup(path);
        return target->path != NULL ? INLAY_OK : error_no_memory(err);
    }
    if (!S_ISREG(info.st_mode)) {
        error_set(err, INLAY_INVALID_ARGUMENT,
                  "\"%.300s\" is %s, and an export is written to a file of its own", path,
                  S_ISDIR(info.st_mode) ? "a folder" : "no regular file");
        error_key(err, path);
        return INLAY_INVALID_ARGUMENT;
    }
    if (!target->overwrite) {
        error_set(
            err, INLAY_ALREADY_EXISTS,
            "the file \"%.300s\" exists; name another one, or have it overwritten (--overwrite)",
            path);
        error_key(err, path);
        return INLAY_ALREADY_EXISTS;
    }
    target->path = mem_alloc(PATH_MAX);
    if (target->path == NULL) {
        return error_no_memory(err);
    }
    return realpath(path, target->path) != NULL ? INLAY_OK : write_failed(target, errno, err);
}

/* "folder/.name.0123456789abcdef.part" */
static inlay_status create_temporary(struct export_target *target, inlay_error *err)
{
    const struct env *env = env_system();
    const char *slash = strrchr(target->path, '/');
    size_t folder = slash != NULL ? (size_t)(slash - target->path) + 1 : 0;
    size_t size = folder + NAME_KEPT + 32;
    char *name = mem_alloc(size);
    int tries;
    if (name == NULL) {
        return error_no_memory(err);
    }
    for (tries = 0; tries < NAME_TRIES && target->fd < 0; tries++) {
        uint8_t random[8];
        char digits[2 * sizeof(random) + 1];
        if (!env->random(env->context, random, sizeof(random))) {
            mem_free(name);
            return error_set(err, INLAY_IO, "the system gave no random bytes");
        }
        hex_encode(random, sizeof(random), digits);
        (void)snprintf(name, size, "%.*s.%.*s.%s.part", (int)folder, target->path, NAME_KEPT,
                       target->path + folder, digits);
        target->fd = open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
        if (target->fd < 0 && errno != EEXIST) {
            break;
        }
    }
    if (target->fd < 0) {
        mem_free(name);
        return write_failed(target, errno, err);
    }
    target->temporary = name;
    return INLAY_OK;
}

inlay_status export_target_file(struct export_target *target, const char *path, bool overwrite,
                                inlay_error *err)
{
    inlay_status status;
    target_init(target);
    target->overwrite = overwrite;
    if (path[0] == '\0' || path[strlen(path) - 1] == '/') {
        return error_set(err, INLAY_INVALID_ARGUMENT, "\"%.300s\" names no file", path);
    }
    status = settle_path(target, path, err);
    if (status == INLAY_OK) {
        status = create_temporary(target, err);
    }
    if (status != INLAY_OK) {
        export_target_free(target);
    }
    return status;
}

/* 0, or an errno value. Without overwriting, a file that came in the meantime wins. */
static int take_name(const struct export_target *target)
{
    if (target->overwrite) {
        return rename(target->temporary, target->path) == 0 ? 0 : errno;
    }
    if (renameat2(AT_FDCWD, target->temporary, AT_FDCWD, target->path, RENAME_NOREPLACE) == 0) {
        return 0;
    }
    if (errno != EINVAL && errno != ENOSYS) {
        return errno;
    }
    if (link(target->temporary, target->path) != 0) { /* file systems that lack the flag */
        return errno;
    }
    (void)unlink(target->temporary);
    return 0;
}

inlay_status export_target_finish(struct export_target *target, inlay_error *err)
{
    int code = 0;
    if (target->sink.status != INLAY_OK) {
        return error_set(err, target->sink.status, "the output failed earlier");
    }
    INLAY_TRY(flush(target, err));
    if (target->temporary == NULL) {
        return INLAY_OK;
    }
    /* Some file systems tell of a full disk only now. */
    code = fsync(target->fd) == 0 ? 0 : errno;
    if (close(target->fd) != 0 && code == 0) {
        code = errno;
    }
    target->fd = -1;
    code = code == 0 ? take_name(target) : code;
    if (code != 0) {
        return write_failed(target, code, err);
    }
    mem_free(target->temporary);
    target->temporary = NULL;
    return INLAY_OK;
}

void export_target_free(struct export_target *target)
{
    if (target->sink.write == NULL) {
        return;
    }
    if (target->fd >= 0) {
        (void)close(target->fd);
    }
    if (target->temporary != NULL) {
        (void)unlink(target->temporary);
    }
    mem_free(target->temporary);
    mem_free(target->path);
    buffer_free(&target->held);
    memset(target, 0, sizeof(*target));
}
