/* SPDX-License-Identifier: Apache-2.0 */
/* The bytes of a snapshot, see docs/format/manifest.md, "Snapshot". */
#include "table/manifest/snapshot.h"

#include "base/alloc.h"
#include "base/error.h"
#include "table/manifest/container.h"

#include <stdlib.h>
#include <string.h>

enum snapshot_section {
    SECTION_NAMES = 1,
    SECTION_HEADER = 2,
    SECTION_HISTORY = 3,
    SECTION_WALS = 4,
    SECTION_TAGS = 5,
    SECTION_TOTALS = 6,
    SECTION_TAIL = 7,
    SECTION_PARTS = 8,
    SECTION_COUNT = 8
};

static const struct container_kind kind = {"INLSNAP", "manifest snapshot", SECTION_COUNT, 0};

static void header_encode(const struct snapshot *s, struct buffer *out)
{
    buffer_varint(out, s->id);
    encode_id(out, s->commit_id);
    buffer_varint(out, (uint64_t)s->time_ms);
    buffer_u8(out, (uint8_t)s->operation);
    buffer_varint(out, s->counts.superfiles);
    buffer_varint(out, s->counts.rows);
    buffer_varint(out, s->counts.deleted);
    buffer_varint(out, s->counts.bytes);
}

static enum table_operation operation_decode(struct reader *in)
{
    unsigned operation = reader_u8(in);
    if (operation > OPERATION_LAST) {
        operation = OPERATION_MAINTAIN; /* a newer version's: shown, never acted on */
    }
    return (enum table_operation)operation;
}

static int64_t time_decode(struct reader *in)
{
    return (int64_t)reader_varint_max(in, INT64_MAX);
}

static void header_decode(struct reader *in, struct snapshot *s)
{
    s->id = reader_varint(in);
    s->commit_id = decode_id(in);
    s->time_ms = time_decode(in);
    s->operation = operation_decode(in);
    s->counts.superfiles = reader_varint(in);
    s->counts.rows = reader_varint(in);
    s->counts.deleted = reader_varint(in);
    s->counts.bytes = reader_varint(in);
    reader_expect_end(in, "bytes after the header");
}

static void content_encode(const struct content *content, struct buffer *out)
{
    buffer_append(out, content->hash, sizeof(content->hash));
    buffer_varint(out, content->size);
}

static void content_decode(struct reader *in, struct content *content)
{
    reader_copy(in, content->hash, sizeof(content->hash));
    content->size = reader_varint_max(in, MANIFEST_OBJECT_MAX);
}

/* Distances to the version before, so that the common record is short. */
static void history_encode(const struct snapshot *s, struct buffer *out)
{
    uint64_t previous = s->id;
    int64_t time = s->time_ms;
    buffer_varint(out, s->history_count);
    for (size_t i = 0; i < s->history_count; i++) {
        const struct history_record *record = &s->history[i];
        buffer_varint(out, previous - record->id);
        content_encode(&record->content, out);
        encode_id(out, record->commit_id);
        buffer_varint(out, (uint64_t)(time - record->time_ms));
        buffer_u8(out, (uint8_t)record->operation);
        previous = record->id;
        time = record->time_ms;
    }
}

static void history_decode(struct reader *in, struct snapshot *s)
{
    uint64_t previous = s->id;
    int64_t time = s->time_ms;
    size_t count = decode_count(in, 52);
    struct history_record *records = decode_array(in, &s->arena, count, sizeof(*records));
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        uint64_t step = reader_varint_max(in, previous);
        content_decode(in, &records[i].content);
        records[i].commit_id = decode_id(in);
        records[i].time_ms = time - (int64_t)reader_varint_max(in, (uint64_t)time);
        records[i].operation = operation_decode(in);
        if (step == 0 || (i == 0 && step != 1)) {
            reader_fail(in, "versions are not in order");
        }
        records[i].id = previous - step;
        previous = records[i].id;
        time = records[i].time_ms;
    }
    reader_expect_end(in, "bytes after the history");
    if (reader_ok(in) && (count == 0) != (s->id == 0)) {
        reader_fail(in, "a version without its parent");
    }
    s->history = records;
    s->history_count = reader_ok(in) ? count : 0;
}

static void wals_encode(const struct snapshot *s, struct buffer *out)
{
    buffer_varint(out, (uint64_t)s->wal_horizon_ms);
    buffer_varint(out, s->wal_count);
    for (size_t i = 0; i < s->wal_count; i++) {
        encode_id(out, s->wals[i]);
    }
}

static void wals_decode(struct reader *in, struct snapshot *s)
{
    struct id128 *wals;
    s->wal_horizon_ms = time_decode(in);
    s->wal_count = decode_count(in, sizeof(*wals));
    s->wals = wals = decode_array(in, &s->arena, s->wal_count, sizeof(*wals));
    for (size_t i = 0; i < s->wal_count && reader_ok(in); i++) {
        wals[i] = decode_id(in);
    }
    reader_expect_end(in, "bytes after the WAL ids");
}

static void tags_encode(const struct snapshot *s, struct buffer *out)
{
    buffer_varint(out, s->tag_count);
    for (size_t i = 0; i < s->tag_count; i++) {
        encode_bytes(out, s->tags[i].name, strlen(s->tags[i].name));
        buffer_varint(out, s->tags[i].id);
        content_encode(&s->tags[i].content, out);
        buffer_varint(out, (uint64_t)s->tags[i].time_ms);
    }
}

static void tags_decode(struct reader *in, struct snapshot *s)
{
    size_t count = decode_count(in, 36);
    struct snapshot_tag *tags = decode_array(in, &s->arena, count, sizeof(*tags));
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        tags[i].name = decode_text(in, &s->arena, TAG_NAME_MAX);
        tags[i].id = reader_varint(in);
        content_decode(in, &tags[i].content);
        tags[i].time_ms = time_decode(in);
        if (reader_ok(in) && i > 0 && strcmp(tags[i - 1].name, tags[i].name) >= 0) {
            reader_fail(in, "tags are not in order");
        }
        if (reader_ok(in) && tags[i].id >= s->id) {
            reader_fail(in, "a tag of a version that did not exist yet");
        }
    }
    reader_expect_end(in, "bytes after the tags");
    s->tags = tags;
    s->tag_count = reader_ok(in) ? count : 0;
}

static void totals_encode(const struct snapshot *s, struct name_writer *names, struct buffer *out)
{
    buffer_varint(out, s->text_count);
    for (size_t i = 0; i < s->text_count; i++) {
        name_write(names, s->texts[i].column, out);
        buffer_varint(out, s->texts[i].superfiles);
        buffer_varint(out, s->texts[i].live_docs);
        buffer_varint(out, s->texts[i].live_length);
    }
    buffer_varint(out, s->vector_count);
    for (size_t i = 0; i < s->vector_count; i++) {
        name_write(names, s->vectors[i].column, out);
        buffer_varint(out, s->vectors[i].superfiles);
        buffer_varint(out, s->vectors[i].vectors);
    }
}

static void totals_decode(struct reader *in, const struct name_table *names, struct snapshot *s)
{
    size_t text_count = decode_count(in, 4);
    struct text_total *texts = decode_array(in, &s->arena, text_count, sizeof(*texts));
    size_t vector_count;
    struct vector_total *vectors;
    for (size_t i = 0; i < text_count && reader_ok(in); i++) {
        texts[i].column = name_read(in, names, &s->arena);
        texts[i].superfiles = reader_varint_max(in, s->counts.superfiles);
        texts[i].live_docs = reader_varint_max(in, s->counts.rows);
        texts[i].live_length = reader_varint(in);
        if (reader_ok(in) && i > 0 && strcmp(texts[i - 1].column, texts[i].column) >= 0) {
            reader_fail(in, "text totals are not in order");
        }
    }
    vector_count = decode_count(in, 3);
    vectors = decode_array(in, &s->arena, vector_count, sizeof(*vectors));
    for (size_t i = 0; i < vector_count && reader_ok(in); i++) {
        vectors[i].column = name_read(in, names, &s->arena);
        vectors[i].superfiles = reader_varint_max(in, s->counts.superfiles);
        vectors[i].vectors = reader_varint_max(in, s->counts.rows);
        if (reader_ok(in) && i > 0 && strcmp(vectors[i - 1].column, vectors[i].column) >= 0) {
            reader_fail(in, "vector totals are not in order");
        }
    }
    reader_expect_end(in, "bytes after the totals");
    s->texts = texts;
    s->vectors = vectors;
    s->text_count = reader_ok(in) ? text_count : 0;
    s->vector_count = reader_ok(in) ? vector_count : 0;
}

static void tail_encode(const struct snapshot *s, struct name_writer *names, struct buffer *out)
{
    buffer_varint(out, s->tail_count);
    for (size_t i = 0; i < s->tail_count; i++) {
        const struct manifest_entry *entry = &s->tail[i].entry;
        entry_core_encode(entry, names, out);
        entry_texts_encode(entry, names, out);
        entry_vectors_encode(entry, names, out);
    }
}

/* All tail entries share one block, which outlives the snapshot: it has names of its own. */
static void tail_decode(struct reader *in, struct reader *name_bytes, struct snapshot *s)
{
    struct name_table names;
    size_t count = decode_count(in, ENTRY_CORE_MIN_BYTES + 2);
    struct entry_block *block = NULL;
    if (count == 0 || !reader_ok(in)) {
        reader_expect_end(in, "bytes after the last entry");
        return;
    }
    s->tail = mem_zalloc_array(count, sizeof(*s->tail));
    if (s->tail == NULL || entry_block_create(&block, NULL) != INLAY_OK) {
        decode_no_memory(in);
        return;
    }
    name_table_decode(name_bytes, &block->arena, &names);
    if (!reader_ok(name_bytes)) {
        decode_no_memory(in); /* it could be read before */
    }
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        struct tail_item *item = &s->tail[i];
        uint64_t start = reader_offset(in);
        entry_core_decode(in, &names, &block->arena, &item->entry);
        entry_texts_decode(in, &names, &block->arena, &item->entry);
        entry_vectors_decode(in, &names, &block->arena, &item->entry);
        item->encoded_size = (size_t)(reader_offset(in) - start);
        item->block = entry_block_retain(block);
        s->tail_count++;
    }
    entry_block_release(block);
    reader_expect_end(in, "bytes after the last entry");
}

static void parts_encode(const struct snapshot *s, struct name_writer *names, struct buffer *out)
{
    buffer_varint(out, s->part_count);
    for (size_t i = 0; i < s->part_count; i++) {
        const struct snapshot_part *part = &s->parts[i];
        uint32_t next = 0;
        part_record_encode(part->part, names, out);
        buffer_varint(out, part->dead_count);
        for (uint32_t d = 0; d < part->dead_count; d++) {
            buffer_varint(out, part->dead[d] - next);
            next = part->dead[d] + 1;
        }
    }
}

static void dead_decode(struct reader *in, struct arena *arena, struct snapshot_part *part)
{
    uint64_t next = 0;
    size_t count = decode_count(in, 1);
    uint32_t *dead = decode_array(in, arena, count, sizeof(*dead));
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        uint64_t position = next + reader_varint_max(in, UINT32_MAX);
        if (position >= part->part->entry_count) {
            reader_fail(in, "a dead entry that its part does not have");
            return;
        }
        dead[i] = (uint32_t)position;
        next = position + 1;
    }
    part->dead = dead;
    part->dead_count = (uint32_t)count;
    if (reader_ok(in) && count >= part->part->entry_count) {
        reader_fail(in, "a part without a live entry");
    }
}

/* The same object in the previous snapshot: what it has loaded need not be loaded again. */
static struct part *share_part(struct part *part, struct snapshot *previous, size_t hint)
{
    size_t count = previous == NULL ? 0 : previous->part_count;
    for (size_t n = 0; n < count; n++) {
        struct part *candidate = previous->parts[(hint + n) % count].part;
        if (memcmp(candidate->objects, part->objects, sizeof(part->objects)) == 0) {
            part_retain(candidate);
            part_release(part);
            return candidate;
        }
    }
    return part;
}

static void parts_decode(struct reader *in, const struct name_table *names,
                         struct snapshot *previous, struct snapshot *s)
{
    size_t count = decode_count(in, 70);
    if (count > 0 && reader_ok(in)) {
        s->parts = mem_zalloc_array(count, sizeof(*s->parts));
        if (s->parts == NULL) {
            decode_no_memory(in);
        }
    }
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        struct part *part = part_record_decode(in, names, s->store);
        if (part != NULL) {
            s->parts[i].part = share_part(part, previous, i);
            s->part_count++;
            dead_decode(in, &s->arena, &s->parts[i]);
        }
    }
    reader_expect_end(in, "bytes after the last part");
}

inlay_status snapshot_encode(struct snapshot *snapshot, struct buffer *out, inlay_error *err)
{
    struct container_writer writer;
    struct name_writer names = {0};
    inlay_status status;
    container_writer_init(&writer, &kind, MANIFEST_OBJECT_MAX);
    header_encode(snapshot, container_begin(&writer, SECTION_HEADER, CONTAINER_SECTION_REQUIRED));
    history_encode(snapshot, container_begin(&writer, SECTION_HISTORY, CONTAINER_SECTION_REQUIRED));
    wals_encode(snapshot, container_begin(&writer, SECTION_WALS, CONTAINER_SECTION_REQUIRED));
    tags_encode(snapshot, container_begin(&writer, SECTION_TAGS, CONTAINER_SECTION_REQUIRED));
    totals_encode(snapshot, &names,
                  container_begin(&writer, SECTION_TOTALS, CONTAINER_SECTION_REQUIRED));
    tail_encode(snapshot, &names,
                container_begin(&writer, SECTION_TAIL, CONTAINER_SECTION_REQUIRED));
    parts_encode(snapshot, &names,
                 container_begin(&writer, SECTION_PARTS, CONTAINER_SECTION_REQUIRED));
    name_writer_encode(&names, container_begin(&writer, SECTION_NAMES, CONTAINER_SECTION_REQUIRED));
    status = container_finish(&writer, 0, out, err);
    if (status == INLAY_OK) {
        snapshot->content = content_of(out->data, out->len);
    }
    name_writer_free(&names);
    container_writer_free(&writer);
    return status;
}

static int compare_ids(const void *a, const void *b)
{
    return id_compare(*(const struct id128 *)a, *(const struct id128 *)b);
}

static inlay_status check_unique(const struct snapshot *s, inlay_error *err)
{
    struct id128 *ids;
    inlay_status status = INLAY_OK;
    if (s->tail_count < 2) {
        return INLAY_OK;
    }
    ids = mem_alloc_array(s->tail_count, sizeof(*ids));
    if (ids == NULL) {
        return error_no_memory(err);
    }
    for (size_t i = 0; i < s->tail_count; i++) {
        ids[i] = s->tail[i].entry.superfile_id;
    }
    qsort(ids, s->tail_count, sizeof(*ids), compare_ids);
    for (size_t i = 1; i < s->tail_count && status == INLAY_OK; i++) {
        if (id_compare(ids[i - 1], ids[i]) == 0) {
            status = error_set(err, INLAY_CORRUPT, "manifest snapshot: a superfile appears twice");
        }
    }
    mem_free(ids);
    return status;
}

/* What can be checked without loading parts. */
static inlay_status check_counts(const struct snapshot *s, inlay_error *err)
{
    uint64_t superfiles = s->tail_count;
    for (size_t i = 0; i < s->part_count; i++) {
        superfiles += s->parts[i].part->entry_count - s->parts[i].dead_count;
    }
    if (superfiles != s->counts.superfiles || s->counts.deleted > s->counts.rows ||
        s->counts.rows < superfiles) {
        error_set(err, INLAY_CORRUPT, "manifest snapshot: its counts do not fit its entries");
        error_expected(err, "%llu superfiles", (unsigned long long)s->counts.superfiles);
        error_found(err, "%llu", (unsigned long long)superfiles);
        return INLAY_CORRUPT;
    }
    return check_unique(s, err);
}

static inlay_status decode_sections(const struct container *container, struct snapshot *previous,
                                    struct snapshot *s, inlay_error *err)
{
    struct name_table names;
    struct reader tail_names = container_reader(container, SECTION_NAMES);
    struct reader in = tail_names;
    name_table_decode(&in, &s->arena, &names);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_HEADER);
    header_decode(&in, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_HISTORY);
    history_decode(&in, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_WALS);
    wals_decode(&in, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_TAGS);
    tags_decode(&in, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_TOTALS);
    totals_decode(&in, &names, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_TAIL);
    tail_decode(&in, &tail_names, s);
    INLAY_TRY(reader_status(&in, kind.what, err));
    in = container_reader(container, SECTION_PARTS);
    parts_decode(&in, &names, previous, s);
    return reader_status(&in, kind.what, err);
}

inlay_status snapshot_decode(struct manifest_store *store, const void *data, size_t size,
                             struct snapshot *previous, struct snapshot **out, inlay_error *err)
{
    struct container container;
    struct snapshot *snapshot;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(container_open(&kind, data, size, &container, err));
    INLAY_TRY(snapshot_allocate(store, &snapshot, err));
    status = decode_sections(&container, previous, snapshot, err);
    if (status == INLAY_OK) {
        status = check_counts(snapshot, err);
    }
    if (status != INLAY_OK) {
        snapshot_release(snapshot);
        return status;
    }
    snapshot->content = content_of(data, size);
    *out = snapshot;
    return INLAY_OK;
}
