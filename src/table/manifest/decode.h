/* SPDX-License-Identifier: Apache-2.0 */
/* Small helpers of the manifest codecs: bounded counts, 128-bit ids and the table of column names
 * that every object holds once. */
#ifndef INLAY_TABLE_MANIFEST_DECODE_H
#define INLAY_TABLE_MANIFEST_DECODE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/id.h"
#include "base/reader.h"

#define NAME_MAX_BYTES 65535

/* Makes the cursor fail with INLAY_NO_MEMORY. */
void decode_no_memory(struct reader *in);
/* A count of items of at least `item_bytes` each: one that cannot fit what is left is a failure. */
size_t decode_count(struct reader *in, size_t item_bytes);
/* `count` zeroed items; NULL for 0 items or on failure, which then sticks to the cursor. */
void *decode_array(struct reader *in, struct arena *arena, size_t count, size_t item_size);
/* Length-prefixed bytes copied into the arena with a NUL behind them. */
const uint8_t *decode_bytes(struct reader *in, struct arena *arena, uint64_t max, uint64_t *length);
/* The same as text: a NUL inside is a failure. NULL on failure. */
const char *decode_text(struct reader *in, struct arena *arena, uint64_t max);
struct id128 decode_id(struct reader *in);

void encode_bytes(struct buffer *out, const void *data, uint64_t length); /* length-prefixed */
void encode_id(struct buffer *out, struct id128 id);

/* Column names met while an object is written, in the order of their first use. */
struct name_writer {
    const char **names; /* owned array of borrowed names */
    size_t count;
    size_t capacity;
    size_t next; /* names come in the same order again and again: where to look first */
};

/* Index of a name, added when new; no memory is reported by the buffer that the index goes to. */
void name_write(struct name_writer *names, const char *name, struct buffer *out);
void name_writer_encode(const struct name_writer *names, struct buffer *out);
void name_writer_free(struct name_writer *names);

struct name_table {
    struct arena *arena; /* of the names */
    const char **names;
    size_t count;
};

void name_table_decode(struct reader *in, struct arena *arena, struct name_table *out);
/* A name that lives as long as `arena`: copied unless the table lives there too. NULL on failure.
 */
const char *name_read(struct reader *in, const struct name_table *names, struct arena *arena);

#endif
