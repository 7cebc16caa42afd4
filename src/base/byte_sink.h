/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Append-only output of a file being built. Writers below stream into it and remember offsets.
 * Sticky failure: after the first failed write every later one returns the same status. Not
 * thread-safe.
 */
#ifndef INLAY_BASE_BYTE_SINK_H
#define INLAY_BASE_BYTE_SINK_H

#include "base/buffer.h"
#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct byte_sink {
    inlay_status (*write)(struct byte_sink *sink, const void *data, size_t length,
                          inlay_error *err);
    void *context;
    uint64_t offset; /* bytes accepted so far: where the next byte will stand in the file */
    inlay_status status;
};

/* Writes all of it or fails. */
inlay_status byte_sink_write(struct byte_sink *sink, const void *data, size_t length,
                             inlay_error *err);
/* Zero bytes up to a multiple of `alignment` (at most 4096). */
inlay_status byte_sink_align(struct byte_sink *sink, size_t alignment, inlay_error *err);

/* Sinks over a buffer and over a file descriptor (both borrowed). */
void byte_sink_to_buffer(struct byte_sink *sink, struct buffer *buffer);
void byte_sink_to_fd(struct byte_sink *sink, int fd);

#endif
