/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A part: folded entries in immutable, content-addressed objects, with a summary that the snapshot
 * keeps. The entries' core, their text summaries and their vector summaries are separate objects,
 * each loaded on first use and then kept. See docs/format/manifest.md, "Part".
 *
 * Parts are shared by snapshots and reference counted; all functions are thread-safe. Concurrent
 * loads of one object cost one request.
 */
#ifndef INLAY_TABLE_MANIFEST_PART_H
#define INLAY_TABLE_MANIFEST_PART_H

#include "table/manifest/entry_codec.h"
#include "table/manifest/store.h"

#include <pthread.h>

#define PART_ENTRIES_MAX 1000u
#define PART_BYTES_MAX (1u << 20) /* of the core object; one entry alone may be larger */

enum part_object { PART_CORE = 0, PART_TEXTS = 1, PART_VECTORS = 2, PART_OBJECTS = 3 };

struct part {
    _Atomic int64_t references;
    struct manifest_store *store;
    /* Fixed at creation. A size of 0 means that no entry has anything of that kind. */
    struct content objects[PART_OBJECTS];
    uint32_t entry_count;
    struct arena arena;            /* of the summary */
    struct manifest_entry summary; /* rows, _id range and column bounds over all entries */
    uint64_t summary_rows;         /* the sum; summary.rows is capped */
    /* Guarded by the lock; an array, once there, never changes or moves. */
    pthread_mutex_t lock;
    struct entry_block *loaded[PART_OBJECTS];
};

struct part *part_retain(struct part *part);
void part_release(struct part *part); /* NULL-safe */

/* One encoded object that has to be on the store before the snapshot that names it. */
struct part_bytes {
    struct buffer bytes; /* owned */
    char key[CONTENT_KEY_SIZE];
};

struct part_image {
    struct part_bytes objects[PART_OBJECTS];
    size_t count;
};

void part_image_free(struct part_image *image); /* NULL-safe */

/* Encodes `count` >= 1 complete entries. Nothing is written: `image` is what to write. The part
 * has them loaded. */
inlay_status part_build(struct manifest_store *store, const struct manifest_entry *entries,
                        size_t count, struct part **out, struct part_image *image,
                        inlay_error *err);

/* The part's record in a snapshot. Decoding gives a part with nothing loaded; NULL and a failed
 * cursor otherwise. */
void part_record_encode(const struct part *part, struct name_writer *names, struct buffer *out);
struct part *part_record_decode(struct reader *in, const struct name_table *names,
                                struct manifest_store *store);

/* Makes the entries available with what `want` (ENTRY_HAS_* bits) asks for. */
inlay_status part_load(struct part *part, unsigned want, inlay_error *err);
bool part_is_loaded(struct part *part, unsigned want);
/* Entry `index` with whatever is loaded; only after part_load. Pointers live as long as the part.
 */
void part_entry(struct part *part, uint32_t index, struct manifest_entry *out);

/* Decoders of the three objects, for untrusted bytes. `core` is what part_core_decode gave. */
inlay_status part_core_decode(const void *data, size_t size, struct entry_block **out,
                              inlay_error *err);
inlay_status part_texts_decode(const void *data, size_t size, const struct entry_block *core,
                               struct entry_block **out, inlay_error *err);
inlay_status part_vectors_decode(const void *data, size_t size, const struct entry_block *core,
                                 struct entry_block **out, inlay_error *err);

#endif
