/* SPDX-License-Identifier: Apache-2.0 */
#include "base/byte_sink.h"

#include "base/checked.h"
#include "base/error.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

inlay_status byte_sink_write(struct byte_sink *sink, const void *data, size_t length,
                             inlay_error *err)
{
    if (sink->status != INLAY_OK) {
        return error_set(err, sink->status, "the output failed earlier, at byte %llu",
                         (unsigned long long)sink->offset);
    }
    if (length == 0) {
        return INLAY_OK;
    }
    sink->status = sink->write(sink, data, length, err);
    if (sink->status == INLAY_OK) {
        sink->offset += length;
    }
    return sink->status;
}

inlay_status byte_sink_align(struct byte_sink *sink, size_t alignment, inlay_error *err)
{
    static const uint8_t zeros[4096];
    uint64_t padding = align_up(sink->offset, alignment) - sink->offset;
    return byte_sink_write(sink, zeros, (size_t)padding, err);
}

static inlay_status write_to_buffer(struct byte_sink *sink, const void *data, size_t length,
                                    inlay_error *err)
{
    struct buffer *buffer = sink->context;
    buffer_append(buffer, data, length);
    return buffer_status(buffer, err);
}

void byte_sink_to_buffer(struct byte_sink *sink, struct buffer *buffer)
{
    memset(sink, 0, sizeof(*sink));
    sink->write = write_to_buffer;
    sink->context = buffer;
}

static inlay_status write_to_fd(struct byte_sink *sink, const void *data, size_t length,
                                inlay_error *err)
{
    int fd = (int)(intptr_t)sink->context;
    const uint8_t *bytes = data;
    while (length != 0) {
        ssize_t written = write(fd, bytes, length);
        if (written < 0) {
            if (errno == EINTR) {
                continue;
            }
            return error_from_errno(err, errno, "cannot write %zu bytes to a file being built",
                                    length);
        }
        bytes += written;
        length -= (size_t)written;
    }
    return INLAY_OK;
}

void byte_sink_to_fd(struct byte_sink *sink, int fd)
{
    memset(sink, 0, sizeof(*sink));
    sink->write = write_to_fd;
    sink->context = (void *)(intptr_t)fd;
}
