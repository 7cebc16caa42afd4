/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Append-only scratch bytes that live in memory up to a limit and then in an unlinked temporary
 * file; read back sequentially, once the writing is over. Not thread-safe.
 */
#ifndef INLAY_TEXT_BUILD_SPOOL_H
#define INLAY_TEXT_BUILD_SPOOL_H

#include "base/buffer.h"
#include "base/byte_sink.h"

#include <stddef.h>
#include <stdint.h>

struct spool {
    struct buffer buffer; /* everything, or what is not yet in the file */
    const char *folder;   /* borrowed */
    size_t limit;
    int fd;           /* -1 = all in memory */
    uint64_t written; /* bytes in the file */
};

/* `folder` NULL: the system's temporary folder. */
void spool_init(struct spool *spool, const char *folder, size_t limit);
void spool_free(struct spool *spool);
uint64_t spool_length(const struct spool *spool);
/* Appending straight to spool->buffer is allowed; spool_settle then moves it out when it is over
 * the limit. */
inlay_status spool_append(struct spool *spool, const void *data, size_t length, inlay_error *err);
inlay_status spool_settle(struct spool *spool, inlay_error *err);
/* Writes everything out, so that little memory is held. */
inlay_status spool_flush(struct spool *spool, inlay_error *err);
inlay_status spool_copy(const struct spool *spool, struct byte_sink *sink, inlay_error *err);
inlay_status spool_read(const struct spool *spool, uint64_t offset, void *into, size_t length,
                        inlay_error *err);

#endif
