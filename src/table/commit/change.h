/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What one commit does to a table: superfiles added, replaced (new tombstones) and removed, WAL
 * mutations published or forgotten, tags. A change owns copies of all it is given, is built by one
 * thread, and may be applied to several base versions until one of them wins.
 */
#ifndef INLAY_TABLE_COMMIT_CHANGE_H
#define INLAY_TABLE_COMMIT_CHANGE_H

#include "table/manifest/snapshot.h"

struct change_item {
    struct entry_block *block; /* one reference */
    const struct manifest_entry *entry;
};

struct change_items {
    struct change_item *items; /* owned */
    size_t count;
    size_t capacity;
};

struct change_ids {
    struct id128 *ids; /* owned */
    size_t count;
    size_t capacity;
};

struct change_tag {
    char name[TAG_NAME_MAX + 1];
    bool remove;
    bool of_base; /* the version that the commit builds on */
    uint64_t id;
    struct content content;
    int64_t time_ms;
};

struct change {
    enum table_operation operation;
    struct change_items added;
    struct change_items replaced;
    struct change_items removed;
    struct change_ids published; /* WAL ids */
    struct change_ids forgotten; /* WAL ids whose documents are deleted */
    struct change_tag *tags;     /* owned */
    size_t tag_count;
    size_t tag_capacity;
};

void change_init(struct change *change, enum table_operation operation);
void change_clear(struct change *change); /* as after change_init, with the same operation */
void change_free(struct change *change);  /* NULL-safe */
bool change_is_empty(const struct change *change);

/* New superfiles. An entry whose superfile is in the table already is left out: adding is
 * idempotent. INLAY_INVALID_ARGUMENT when an entry breaks a rule of manifest_entry.h or has not all
 * summaries loaded. */
inlay_status change_add(struct change *change, const struct manifest_entry *entries, size_t count,
                        inlay_error *err);
/* A new state of a superfile: usually a copy of a scan's entry (with texts and vectors loaded) with
 * other tombstones and live counts. `revision` is the one seen: when the entry has changed since,
 * or is gone, the commit fails with INLAY_CONFLICT. Revision 0 accepts any. */
inlay_status change_replace(struct change *change, const struct manifest_entry *entry,
                            inlay_error *err);
/* Removes a superfile; `entry` as above, of which only ids and revision matter. */
inlay_status change_remove(struct change *change, const struct manifest_entry *entry,
                           inlay_error *err);
/* Marks a mutation as published. When the base has it already the whole commit is a success that
 * changes nothing. */
inlay_status change_publish_wal(struct change *change, struct id128 wal_id, inlay_error *err);
/* The mutation's documents are deleted: nobody will ever ask for it again. */
inlay_status change_forget_wal(struct change *change, struct id128 wal_id, inlay_error *err);
/* Names a version, or with `version` NULL the one that the commit builds on. An existing tag of
 * this name is moved. Names are 1 to TAG_NAME_MAX bytes of visible ASCII. */
inlay_status change_set_tag(struct change *change, const char *name, const struct snapshot *version,
                            inlay_error *err);
/* INLAY_NOT_FOUND comes from the commit when there is no such tag. */
inlay_status change_remove_tag(struct change *change, const char *name, inlay_error *err);

/* Moves everything that `from` adds to the end of `to`; `from` is then empty. Only for changes that
 * do nothing but add. */
inlay_status change_merge(struct change *to, struct change *from, inlay_error *err);
bool change_only_adds(const struct change *change);

#endif
