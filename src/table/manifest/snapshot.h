/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A snapshot: one version of a table, immutable and reference counted. It names every superfile:
 * the youngest entries inline (the tail), the others in parts. See docs/format/manifest.md,
 * "Snapshot". Everything here is thread-safe; nothing changes under a reader.
 */
#ifndef INLAY_TABLE_MANIFEST_SNAPSHOT_H
#define INLAY_TABLE_MANIFEST_SNAPSHOT_H

#include "table/manifest/part.h"

#define TAIL_ENTRIES_MAX 64u
#define TAIL_BYTES_MAX (128u << 10)
#define TAG_NAME_MAX 128u
#define SNAPSHOT_WALS_MAX 4096u
#define SNAPSHOT_WAL_RETENTION_MS ((int64_t)24 * 60 * 60 * 1000)

enum table_operation { /* stored */
                       OPERATION_CREATE = 0,
                       OPERATION_APPEND = 1,
                       OPERATION_UPDATE = 2,
                       OPERATION_DELETE = 3,
                       OPERATION_UPSERT = 4,
                       OPERATION_COMPACT = 5,
                       OPERATION_TAG = 6,
                       OPERATION_MAINTAIN = 7,
                       OPERATION_LAST = 7
};

const char *table_operation_name(enum table_operation operation); /* "append", ... */

/* An earlier version that a snapshot remembers. */
struct history_record {
    uint64_t id;
    struct content content;
    struct id128 commit_id;
    int64_t time_ms;
    enum table_operation operation;
};

struct snapshot_tag {
    const char *name;
    uint64_t id;
    struct content content;
    int64_t time_ms;
};

/* Sums over the live superfiles that know the column; they are the table's when `superfiles` is the
 * snapshot's. */
struct text_total {
    const char *column;
    uint64_t superfiles;
    uint64_t live_docs;
    uint64_t live_length;
};

struct vector_total {
    const char *column;
    uint64_t superfiles;
    uint64_t vectors; /* dead rows included */
};

struct snapshot_counts {
    uint64_t superfiles;
    uint64_t rows; /* dead ones included */
    uint64_t deleted;
    uint64_t bytes; /* of superfiles */
};

struct tail_item {
    struct entry_block *block; /* one reference: owns what the entry points to */
    struct manifest_entry entry;
    size_t encoded_size;
};

struct snapshot_part {
    struct part *part;    /* one reference */
    const uint32_t *dead; /* ascending positions of entries replaced or removed since */
    uint32_t dead_count;
};

struct snapshot {
    _Atomic int64_t references;
    struct manifest_store *store;
    struct arena arena;     /* of everything that has no other owner named */
    struct content content; /* of the encoded form */
    uint64_t id;            /* 0 = the empty table, +1 per commit */
    struct id128 commit_id;
    int64_t time_ms; /* never below the parent's */
    enum table_operation operation;
    struct snapshot_counts counts;
    const struct history_record *history; /* parent first; see history_keeps */
    size_t history_count;
    const struct id128 *wals; /* mutations published recently, oldest first */
    size_t wal_count;
    int64_t wal_horizon_ms; /* ids minted after this time and not in `wals` are not published */
    const struct snapshot_tag *tags; /* ascending by name */
    size_t tag_count;
    const struct text_total *texts; /* ascending by column */
    size_t text_count;
    const struct vector_total *vectors; /* ascending by column */
    size_t vector_count;
    struct tail_item *tail; /* owned array */
    size_t tail_count;
    struct snapshot_part *parts; /* owned array, oldest first */
    size_t part_count;
};

struct snapshot *snapshot_retain(struct snapshot *snapshot);
void snapshot_release(struct snapshot *snapshot); /* NULL-safe */

/* Version 0 of a new table. */
inlay_status snapshot_create_empty(struct manifest_store *store, struct id128 commit_id,
                                   struct snapshot **out, inlay_error *err);
/* An otherwise empty struct with one reference; for the functions that fill one. */
inlay_status snapshot_allocate(struct manifest_store *store, struct snapshot **out,
                               inlay_error *err);

/* Encodes into an empty buffer and sets `content`. */
inlay_status snapshot_encode(struct snapshot *snapshot, struct buffer *out, inlay_error *err);
/* Untrusted bytes. Parts that `previous` (may be NULL) has too are shared with it, loaded or not.
 */
inlay_status snapshot_decode(struct manifest_store *store, const void *data, size_t size,
                             struct snapshot *previous, struct snapshot **out, inlay_error *err);

/* True when the snapshot `id` keeps a record of its ancestor: the last 16, then every 16th of the
 * last 256, and so on; any version is then at most log16(n) reads away. */
bool history_keeps(uint64_t id, uint64_t ancestor);
/* The remembered ancestor with this id, or the oldest one after it: where to look next. NULL when
 * `id` is not below the snapshot's own. */
const struct history_record *snapshot_ancestor(const struct snapshot *snapshot, uint64_t id);
const struct snapshot_tag *snapshot_find_tag(const struct snapshot *snapshot, const char *name);

enum wal_publication { WAL_UNPUBLISHED, WAL_PUBLISHED, WAL_FORGOTTEN };
/* WAL_FORGOTTEN: older than what the snapshot remembers, it may have been published. */
enum wal_publication snapshot_wal(const struct snapshot *snapshot, struct id128 wal_id);

const struct text_total *snapshot_text_total(const struct snapshot *snapshot, const char *column);

/* Finds a live entry by its superfile id. The _id range says which parts can hold it; only those
 * are loaded, with what `want` asks for. *found = false is no error. */
struct entry_place {
    size_t part;    /* index, or SIZE_MAX for the tail */
    uint32_t index; /* in the part or in the tail */
};
inlay_status snapshot_find(struct snapshot *snapshot, struct id128 superfile_id,
                           struct id128 id_min, struct id128 id_max, unsigned want, bool *found,
                           struct entry_place *place, struct manifest_entry *out, inlay_error *err);

/* True when entry `index` of a part is not live. */
bool snapshot_part_is_dead(const struct snapshot_part *part, uint32_t index);

/* Calls back with every key, relative to the table's location, that this version needs: its own
 * object, parts with their summaries, superfiles and, where deletions are not inline, tombstone
 * sidecars. For garbage collection; loads every part. A failure of the callback stops. */
inlay_status snapshot_each_key(struct snapshot *snapshot,
                               inlay_status (*callback)(void *context, const char *key,
                                                        inlay_error *err),
                               void *context, inlay_error *err);

#endif
