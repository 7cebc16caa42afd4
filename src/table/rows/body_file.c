/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/body_file.h"

#include "base/alloc.h"
#include "base/env.h"
#include "base/error.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define PENDING_BYTES ((size_t)1 << 18)

static inlay_status write_all(int fd, const uint8_t *data, size_t length, inlay_error *err)
{
    while (length != 0) {
        ssize_t written = write(fd, data, length);
        if (written < 0 && errno != EINTR) {
            return error_from_errno(err, errno, "cannot write to the temporary file of a build");
        }
        if (written > 0) {
            data += written;
            length -= (size_t)written;
        }
    }
    return INLAY_OK;
}

static inlay_status flush(struct body_file *file, inlay_error *err)
{
    size_t length = file->pending_length;
    file->pending_length = 0;
    return write_all(file->fd, file->pending, length, err);
}

static inlay_status body_write(struct byte_sink *sink, const void *data, size_t length,
                               inlay_error *err)
{
    struct body_file *file = sink->context;
    if (length > PENDING_BYTES - file->pending_length) {
        INLAY_TRY(flush(file, err));
    }
    if (length >= PENDING_BYTES) {
        return write_all(file->fd, data, length, err);
    }
    memcpy(file->pending + file->pending_length, data, length);
    file->pending_length += length;
    return INLAY_OK;
}

static int open_unlinked(const char *folder)
{
    char path[4096];
    int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0 || (errno != EOPNOTSUPP && errno != EISDIR && errno != EINVAL)) {
        return fd;
    }
    if ((size_t)snprintf(path, sizeof(path), "%s/inlay-build-XXXXXX", folder) >= sizeof(path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    fd = mkostemp(path, O_CLOEXEC);
    if (fd >= 0) {
        (void)unlink(path);
    }
    return fd;
}

inlay_status body_file_create(struct body_file *file, const char *folder, inlay_error *err)
{
    const struct env *env = env_system();
    memset(file, 0, sizeof(*file));
    file->fd = -1;
    if (folder == NULL) {
        folder = env->variable(env->context, "TMPDIR");
    }
    if (folder == NULL || folder[0] == '\0') {
        folder = "/tmp";
    }
    file->pending = mem_alloc(PENDING_BYTES);
    if (file->pending == NULL) {
        return error_no_memory(err);
    }
    file->fd = open_unlinked(folder);
    if (file->fd < 0) {
        inlay_status status =
            error_from_errno(err, errno, "cannot make a temporary file in %s", folder);
        body_file_close(file);
        return status;
    }
    file->sink.write = body_write;
    file->sink.context = file;
    return INLAY_OK;
}

inlay_status body_file_map(struct body_file *file, inlay_error *err)
{
    void *data;
    INLAY_TRY(flush(file, err));
    file->size = file->sink.offset;
    data = mmap(NULL, (size_t)file->size, PROT_READ, MAP_SHARED, file->fd, 0);
    if (data == MAP_FAILED) {
        return error_from_errno(err, errno, "cannot map a finished superfile of %llu bytes",
                                (unsigned long long)file->size);
    }
    file->data = data;
    return INLAY_OK;
}

void body_file_close(struct body_file *file)
{
    if (file->data != NULL) {
        void *data;
        memcpy(&data, &file->data, sizeof(data));
        (void)munmap(data, (size_t)file->size);
    }
    if (file->fd >= 0) {
        (void)close(file->fd);
    }
    mem_free(file->pending);
    memset(file, 0, sizeof(*file));
    file->fd = -1;
}
