/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The WAL state document: everything a driver must know to finish one update, delete or upsert, in
 * any process. Format: docs/format/wal-document.md. A document is a plain value; it has no logic
 * of the state machine. Not thread-safe.
 */
#ifndef INLAY_WAL_WAL_DOCUMENT_H
#define INLAY_WAL_WAL_DOCUMENT_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/hash.h"
#include "base/id.h"
#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WAL_DOCUMENT_VERSION 1
#define WAL_DOCUMENT_MAX_BYTES (64u << 20)

enum wal_op { WAL_OP_UPDATE, WAL_OP_DELETE, WAL_OP_UPSERT };
enum wal_state { WAL_STATE_INTENT, WAL_STATE_APPENDED, WAL_STATE_COMPLETE, WAL_STATE_FAILED };
enum wal_outcome { WAL_OUTCOME_PENDING, WAL_OUTCOME_TOMBSTONED, WAL_OUTCOME_NOT_FOUND };

/* Advisory: correctness comes from conditional writes. Times are Unix milliseconds. */
struct wal_lease {
    struct id128 owner;
    int64_t acquired_at_ms;
    int64_t expires_at_ms; /* a lease is live while now < expires_at */
};

struct wal_progress {
    struct id128 target_id;
    enum wal_outcome outcome;
    char superfile_id[UUID_TEXT_SIZE]; /* where it was tombstoned; else empty */
};

struct wal_document {
    struct id128 wal_id;
    enum wal_op op;
    enum wal_state state;
    int64_t created_at_ms;
    bool has_lease;
    struct wal_lease lease;
    const char *predicate; /* for people, never evaluated */
    const char *failure;   /* why the state is FAILED; NULL = not stated */
    const struct id128 *target_ids;
    size_t target_count;
    bool has_new_rows; /* update and upsert: the next four count */
    uint32_t new_row_count;
    char new_row_hash[HASH_BLAKE3_TEXT_SIZE]; /* BLAKE3 of the .arrow object */
    char superfile_id[UUID_TEXT_SIZE];        /* pre-allocated for the new rows */
    const struct id_span *minted_spans;       /* ascending; together new_row_count ids */
    size_t minted_span_count;
    struct wal_progress *progress; /* in the order of target_ids, each target at most once */
    size_t progress_count;
    struct arena arena; /* owns all that the pointers above point to */
};

void wal_document_init(struct wal_document *document); /* an empty DELETE in INTENT */
void wal_document_free(struct wal_document *document); /* NULL-safe */

/* Copy into the document's arena. Setting targets also makes their progress, all PENDING. */
inlay_status wal_document_set_predicate(struct wal_document *document, const char *text,
                                        inlay_error *err);
inlay_status wal_document_set_failure(struct wal_document *document, const char *reason,
                                      inlay_error *err);
inlay_status wal_document_set_targets(struct wal_document *document, const struct id128 *ids,
                                      size_t count, inlay_error *err);
inlay_status wal_document_set_new_rows(struct wal_document *document, uint32_t count,
                                       const char *content_hash, const char *superfile_id,
                                       const struct id_span *spans, size_t span_count,
                                       inlay_error *err);

/* The id minted for new row `index`, which is below new_row_count. */
struct id128 wal_document_minted_id(const struct wal_document *document, uint32_t index);

/* How many targets have this outcome. */
size_t wal_document_count_outcome(const struct wal_document *document, enum wal_outcome outcome);

/* "UPDATE", "INTENT", "PENDING", ...: the texts of the format. */
const char *wal_op_name(enum wal_op op);
const char *wal_state_name(enum wal_state state);
const char *wal_outcome_name(enum wal_outcome outcome);

/* Both check that the members agree (WAL_ERROR_DOCUMENT). Encoding the same document gives the same
 * bytes. Decoding takes untrusted bytes; `out` is initialised by it and is empty on failure. */
inlay_status wal_document_encode(const struct wal_document *document, struct buffer *out,
                                 inlay_error *err);
inlay_status wal_document_decode(const void *data, size_t size, struct wal_document *out,
                                 inlay_error *err);

/* 36 characters of lower-case hexadecimal, with hyphens where a UUID has them. */
bool wal_is_superfile_id(const char *text, size_t length);

#endif
