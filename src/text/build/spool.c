/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/spool.h"

#include "base/alloc.h"
#include "base/error.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define COPY_BYTES ((size_t)256 << 10)

void spool_init(struct spool *spool, const char *folder, size_t limit)
{
    memset(spool, 0, sizeof(*spool));
    buffer_init(&spool->buffer, SIZE_MAX);
    spool->folder = folder != NULL ? folder : P_tmpdir;
    spool->limit = limit;
    spool->fd = -1;
}

void spool_free(struct spool *spool)
{
    buffer_free(&spool->buffer);
    if (spool->fd >= 0) {
        (void)close(spool->fd);
        spool->fd = -1;
    }
    spool->written = 0;
}

uint64_t spool_length(const struct spool *spool)
{
    return spool->written + spool->buffer.len;
}

static inlay_status open_file(struct spool *spool, inlay_error *err)
{
    char path[4096];
    int length = snprintf(path, sizeof(path), "%s/inlay-spill-XXXXXX", spool->folder);
    if (length < 0 || (size_t)length >= sizeof(path)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the spill folder's path is too long");
    }
    spool->fd = mkstemp(path);
    if (spool->fd < 0) {
        return error_from_errno(err, errno, "cannot create a spill file in %s", spool->folder);
    }
    (void)unlink(path); /* the name goes at once, the bytes with the descriptor */
    return INLAY_OK;
}

inlay_status spool_flush(struct spool *spool, inlay_error *err)
{
    size_t done = 0;
    INLAY_TRY(buffer_status(&spool->buffer, err));
    if (spool->fd < 0) {
        INLAY_TRY(open_file(spool, err));
    }
    while (done < spool->buffer.len) {
        ssize_t n = write(spool->fd, spool->buffer.data + done, spool->buffer.len - done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_from_errno(err, errno, "cannot write a spill file in %s", spool->folder);
        }
        done += (size_t)n;
    }
    spool->written += done;
    buffer_clear(&spool->buffer);
    return INLAY_OK;
}

inlay_status spool_settle(struct spool *spool, inlay_error *err)
{
    INLAY_TRY(buffer_status(&spool->buffer, err));
    return spool->buffer.len > spool->limit ? spool_flush(spool, err) : INLAY_OK;
}

inlay_status spool_append(struct spool *spool, const void *data, size_t length, inlay_error *err)
{
    buffer_append(&spool->buffer, data, length);
    return spool_settle(spool, err);
}

static inlay_status read_file(const struct spool *spool, uint64_t offset, uint8_t *into,
                              size_t length, inlay_error *err)
{
    size_t done = 0;
    while (done < length) {
        ssize_t n = pread(spool->fd, into + done, length - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return error_from_errno(err, errno, "cannot read a spill file in %s", spool->folder);
        }
        if (n == 0) {
            return error_set(err, INLAY_IO, "a spill file in %s was cut short", spool->folder);
        }
        done += (size_t)n;
    }
    return INLAY_OK;
}

inlay_status spool_read(const struct spool *spool, uint64_t offset, void *into, size_t length,
                        inlay_error *err)
{
    uint8_t *to = into;
    size_t from_file = 0;
    if (offset < spool->written) {
        uint64_t there = spool->written - offset;
        from_file = there < length ? (size_t)there : length;
        INLAY_TRY(read_file(spool, offset, to, from_file, err));
    }
    if (length > from_file) {
        memcpy(to + from_file, spool->buffer.data + (offset + from_file - spool->written),
               length - from_file);
    }
    return INLAY_OK;
}

inlay_status spool_copy(const struct spool *spool, struct byte_sink *sink, inlay_error *err)
{
    inlay_status status = INLAY_OK;
    uint64_t offset;
    uint8_t *copy = NULL;
    if (spool->written != 0) {
        copy = mem_alloc(COPY_BYTES);
        if (copy == NULL) {
            return error_no_memory(err);
        }
    }
    for (offset = 0; offset < spool->written && status == INLAY_OK; offset += COPY_BYTES) {
        uint64_t left = spool->written - offset;
        size_t length = left < COPY_BYTES ? (size_t)left : COPY_BYTES;
        status = read_file(spool, offset, copy, length, err);
        if (status == INLAY_OK) {
            status = byte_sink_write(sink, copy, length, err);
        }
    }
    mem_free(copy);
    if (status != INLAY_OK || spool->buffer.len == 0) {
        return status;
    }
    return byte_sink_write(sink, spool->buffer.data, spool->buffer.len, err);
}
