/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arrow C streams out of a producer callback, and the reading of foreign ones. An exported stream
 * owns its producer and needs nothing else of the library's handles. One thread at a time.
 */
#ifndef INLAY_COLUMNAR_STREAM_H
#define INLAY_COLUMNAR_STREAM_H

#include "columnar/batch.h"

struct stream_producer {
    /* The next batch, which is taken over; a zeroed *out (release NULL) ends the stream. */
    inlay_status (*next)(void *context, struct ArrowArray *out, inlay_error *err);
    void (*destroy)(void *context); /* called once, when the stream is released; may be NULL */
    void *context;
};

/* Takes the producer over, also on failure. `schema` (copied) describes its arrays exactly. */
inlay_status stream_export(const struct schema *schema, const struct stream_producer *producer,
                           struct ArrowArrayStream *out, inlay_error *err);
/* The error record behind the last failure of a stream made by stream_export; NULL when there was
 * none or the stream is foreign. Valid until the next call on the stream. */
const inlay_error *stream_last_error(const struct ArrowArrayStream *stream);

/* What a stream's functions return for a status: 0, ENOMEM, EINVAL, ENOTSUP, ECANCELED, ETIMEDOUT,
 * EBADMSG for INLAY_CORRUPT, EIO for the rest. */
int stream_errno(inlay_status status);

/* A stream over batches in memory; they are taken over, also on failure. `schema` is that of all of
 * them. */
inlay_status stream_of_batches(const struct schema *schema, struct batch *batches, size_t count,
                               struct ArrowArrayStream *out, inlay_error *err);

/* The schema of a stream. Failures carry the stream's own message and errno. */
inlay_status stream_read_schema(struct ArrowArrayStream *stream, struct schema *out,
                                inlay_error *err);
/* The next batch, fully checked against the schema; *end = true and an empty batch after the last.
 */
inlay_status stream_read_batch(struct ArrowArrayStream *stream, const struct schema *schema,
                               struct batch *out, bool *end, inlay_error *err);

#endif
