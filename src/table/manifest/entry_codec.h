/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of entries, see docs/format/manifest.md, "Entry". Core, text and vector summaries are
 * separate runs, so that parts keep them in separate objects. Decoders read untrusted bytes: what
 * they return passes manifest_entry_check. Failures stick to the cursor.
 */
#ifndef INLAY_TABLE_MANIFEST_ENTRY_CODEC_H
#define INLAY_TABLE_MANIFEST_ENTRY_CODEC_H

#include "table/manifest/decode.h"
#include "table/manifest/manifest_entry.h"

#define ENTRY_CORE_MIN_BYTES 54 /* the shortest core */

void entry_core_encode(const struct manifest_entry *entry, struct name_writer *names,
                       struct buffer *out);
void entry_texts_encode(const struct manifest_entry *entry, struct name_writer *names,
                        struct buffer *out);
void entry_vectors_encode(const struct manifest_entry *entry, struct name_writer *names,
                          struct buffer *out);

/* `entry` is written whole, with nothing loaded. */
void entry_core_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                       struct manifest_entry *entry);
/* These two set their fields and flag of an entry whose core is there. */
void entry_texts_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                        struct manifest_entry *entry);
void entry_vectors_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                          struct manifest_entry *entry);

/* Column statistics alone: the summary of a part. `rows` bounds the null counts. */
void column_stats_encode(const struct entry_column *columns, size_t count,
                         struct name_writer *names, struct buffer *out);
const struct entry_column *column_stats_decode(struct reader *in, const struct name_table *names,
                                               struct arena *arena, uint64_t rows, size_t *count);

/* Bytes that an entry adds to a snapshot's tail, names not counted. */
size_t entry_encoded_size(const struct manifest_entry *entry);

#endif
