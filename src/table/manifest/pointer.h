/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pointer: the one mutable object of a table, whose conditional replacement publishes a commit.
 * JSON, see docs/format/manifest.md, "Pointer". It names the present snapshot with its hash, and
 * carries the snapshot itself when that is small, so that opening a table is one read.
 */
#ifndef INLAY_TABLE_MANIFEST_POINTER_H
#define INLAY_TABLE_MANIFEST_POINTER_H

#include "table/manifest/snapshot.h"

#define POINTER_VERSION 1
#define POINTER_INLINE_MAX (256u << 10) /* bytes of a snapshot inside the pointer */
#define POINTER_BYTES_MAX (1u << 20)

struct pointer {
    uint64_t manifest_id;
    struct content snapshot;
    uint8_t *inline_bytes; /* owned; NULL: only in its own object */
    size_t inline_size;
};

/* `bytes` are the encoded form of the snapshot. */
inlay_status pointer_encode(const struct snapshot *snapshot, const struct buffer *bytes,
                            struct buffer *out, inlay_error *err);
/* Untrusted bytes; inline bytes are checked against the hash. */
inlay_status pointer_decode(const void *data, size_t size, struct pointer *out, inlay_error *err);
void pointer_free(struct pointer *pointer); /* NULL-safe */

/* The snapshot that a pointer's bytes lead to: from inside it, else by one more read. */
inlay_status pointer_follow(struct manifest_store *store, const void *data, size_t size,
                            struct snapshot *previous, struct snapshot **out, inlay_error *err);

#endif
