/* SPDX-License-Identifier: Apache-2.0 */
/* Messages of an IPC stream and the schema in the first one: the reader's lower half. */
#ifndef INLAY_COLUMNAR_IPC_MESSAGE_H
#define INLAY_COLUMNAR_IPC_MESSAGE_H

#include "columnar/ipc_flatbuf.h"
#include "columnar/ipc_format.h"
#include "columnar/schema.h"

struct ipc_stream {
    const uint8_t *data;
    size_t size;
    size_t position; /* of the next message */
    bool ended;
};

struct ipc_message {
    struct fb_reader metadata; /* tables below point into it */
    enum ipc_header type;
    struct fb_table header;
    const uint8_t *body;
    size_t body_size;
    size_t body_offset; /* in the stream */
};

/* The dictionaries that fields refer to, in depth-first order of the fields. */
struct ipc_dictionary_ids {
    int64_t *ids;
    size_t count;
    size_t capacity;
};

/* Reads one message; at the end of the stream sets stream->ended and leaves *out alone. `out` must
 * stay where it is while its tables are used. */
inlay_status ipc_message_next(struct ipc_stream *stream, struct ipc_message *out, inlay_error *err);
/* The status of a message's metadata: INLAY_CORRUPT with the offset after a bad read. */
inlay_status ipc_message_status(const struct ipc_message *message, inlay_error *err);
/* Reads a schema header. `ids` may be NULL. */
inlay_status ipc_schema_read(struct ipc_message *message, struct schema *out,
                             struct ipc_dictionary_ids *ids, inlay_error *err);

inlay_status ipc_corrupt(uint64_t offset, const char *what, inlay_error *err);

#endif
