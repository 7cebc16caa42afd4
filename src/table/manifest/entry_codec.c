/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/entry_codec.h"

#include "base/error.h"

#include <string.h>

enum core_flags { CORE_KEY = 1, CORE_WAL = 2, CORE_TOMBSTONES = 4, CORE_HOT = 8, CORE_ALL = 15 };

enum stat_flags { /* two bits for each bound's state, then these */
                  STAT_NULLS = 16,
                  STAT_NAN = 32,
                  STAT_ALL = 63
};

enum text_flags { TEXT_TERMS = 1, TEXT_ALL = 1 };

static void tombstones_encode(const struct entry_tombstones *t, struct buffer *out)
{
    buffer_varint(out, t->deleted);
    buffer_varint(out, t->wal_count);
    for (size_t i = 0; i < t->wal_count; i++) {
        encode_id(out, t->wals[i]);
    }
    encode_bytes(out, t->bitmap, t->bitmap == NULL ? 0 : t->bitmap_length);
}

static void tombstones_decode(struct reader *in, struct arena *arena, struct entry_tombstones *t)
{
    struct id128 *wals;
    uint64_t length;
    t->deleted = reader_varint(in);
    t->wal_count = decode_count(in, sizeof(struct id128));
    t->wals = wals = decode_array(in, arena, t->wal_count, sizeof(*wals));
    for (size_t i = 0; i < t->wal_count && reader_ok(in); i++) {
        wals[i] = decode_id(in);
    }
    t->bitmap = decode_bytes(in, arena, ENTRY_BITMAP_INLINE_MAX, &length);
    t->bitmap_length = (uint32_t)length;
    if (length == 0) {
        t->bitmap = NULL;
    }
}

static bool has_tombstones(const struct entry_tombstones *t)
{
    return t->deleted > 0 || t->wal_count > 0 || t->bitmap != NULL;
}

void entry_core_encode(const struct manifest_entry *entry, struct name_writer *names,
                       struct buffer *out)
{
    unsigned flags = (entry->key != NULL ? CORE_KEY : 0u) |
                     (!id_is_zero(entry->wal_id) ? CORE_WAL : 0u) |
                     (has_tombstones(&entry->tombstones) ? CORE_TOMBSTONES : 0u) |
                     (entry->hot_length > 0 ? CORE_HOT : 0u);
    encode_id(out, entry->superfile_id);
    buffer_u8(out, (uint8_t)flags);
    buffer_varint(out, entry->size);
    buffer_varint(out, entry->rows);
    encode_id(out, entry->id_min);
    encode_id(out, entry->id_max);
    buffer_varint(out, entry->row_groups);
    buffer_varint(out, entry->revision);
    if (flags & CORE_HOT) {
        buffer_varint(out, entry->hot_offset);
        buffer_varint(out, entry->hot_length);
    }
    if (flags & CORE_KEY) {
        encode_bytes(out, entry->key, strlen(entry->key));
    }
    if (flags & CORE_WAL) {
        encode_id(out, entry->wal_id);
    }
    if (flags & CORE_TOMBSTONES) {
        tombstones_encode(&entry->tombstones, out);
    }
    column_stats_encode(entry->columns, entry->column_count, names, out);
}

/* Decoded values obey the same rules as a writer's. */
static void check_decoded(struct reader *in, const struct manifest_entry *entry)
{
    if (reader_ok(in) && manifest_entry_check(entry, NULL) != INLAY_OK) {
        reader_fail(in, "an entry breaks a rule of the format");
    }
}

void entry_core_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                       struct manifest_entry *entry)
{
    unsigned flags;
    memset(entry, 0, sizeof(*entry));
    entry->superfile_id = decode_id(in);
    flags = reader_u8(in);
    if (flags & ~(unsigned)CORE_ALL) {
        reader_fail(in, "unknown entry flags");
    }
    entry->size = reader_varint(in);
    entry->rows = reader_varint_max(in, ENTRY_ROWS_MAX);
    entry->id_min = decode_id(in);
    entry->id_max = decode_id(in);
    entry->row_groups = (uint32_t)reader_varint_max(in, UINT32_MAX);
    entry->revision = reader_varint(in);
    if (flags & CORE_HOT) {
        entry->hot_offset = reader_varint(in);
        entry->hot_length = reader_varint(in);
    }
    if (flags & CORE_KEY) {
        entry->key = decode_text(in, arena, ENTRY_KEY_MAX);
    }
    if (flags & CORE_WAL) {
        entry->wal_id = decode_id(in);
    }
    if (flags & CORE_TOMBSTONES) {
        tombstones_decode(in, arena, &entry->tombstones);
    }
    entry->columns = column_stats_decode(in, names, arena, entry->rows, &entry->column_count);
    check_decoded(in, entry);
}

void column_stats_encode(const struct entry_column *columns, size_t count,
                         struct name_writer *names, struct buffer *out)
{
    buffer_varint(out, count);
    for (size_t i = 0; i < count; i++) {
        const struct entry_column *stat = &columns[i];
        unsigned flags = (unsigned)stat->min.state | (unsigned)stat->max.state << 2 |
                         (stat->nulls_known ? STAT_NULLS : 0u) |
                         (stat->may_have_nan ? STAT_NAN : 0u);
        name_write(names, stat->column, out);
        buffer_u8(out, (uint8_t)flags);
        buffer_u8(out, (uint8_t)stat->kind);
        if (stat->nulls_known) {
            buffer_varint(out, stat->null_count);
        }
        if (stat->min.state != BOUND_UNKNOWN) {
            stat_value_write(&stat->min.value, out);
        }
        if (stat->max.state != BOUND_UNKNOWN) {
            stat_value_write(&stat->max.value, out);
        }
    }
}

static void column_stat_decode(struct reader *in, const struct name_table *names,
                               struct arena *arena, struct entry_column *stat)
{
    unsigned flags;
    unsigned kind;
    stat->column = name_read(in, names, arena);
    flags = reader_u8(in);
    kind = reader_u8(in);
    stat->min.state = (enum stat_bound_state)(flags & 3);
    stat->max.state = (enum stat_bound_state)(flags >> 2 & 3);
    if (flags & ~(unsigned)STAT_ALL || kind > STAT_INT128 || stat->min.state > BOUND_INEXACT ||
        stat->max.state > BOUND_INEXACT) {
        reader_fail(in, "unknown statistics flags or type");
        return;
    }
    stat->kind = (enum stat_kind)kind;
    stat->nulls_known = (flags & STAT_NULLS) != 0;
    stat->may_have_nan = (flags & STAT_NAN) != 0;
    if (stat->nulls_known) {
        stat->null_count = reader_varint(in);
    }
    if (stat->min.state != BOUND_UNKNOWN) {
        stat_value_read(in, stat->kind, arena, &stat->min.value);
    }
    if (stat->max.state != BOUND_UNKNOWN) {
        stat_value_read(in, stat->kind, arena, &stat->max.value);
    }
}

const struct entry_column *column_stats_decode(struct reader *in, const struct name_table *names,
                                               struct arena *arena, uint64_t rows, size_t *count)
{
    size_t wanted = decode_count(in, 3);
    struct entry_column *columns = decode_array(in, arena, wanted, sizeof(*columns));
    for (size_t i = 0; i < wanted && reader_ok(in); i++) {
        column_stat_decode(in, names, arena, &columns[i]);
    }
    if (reader_ok(in) && column_stats_wrong(columns, wanted, rows) != NULL) {
        reader_fail(in, "column statistics break a rule of the format");
    }
    *count = reader_ok(in) ? wanted : 0;
    return *count > 0 ? columns : NULL;
}

static void blob_encode(const struct blob_ref *blob, struct buffer *out)
{
    buffer_u8(out, (uint8_t)blob->place);
    if (blob->place == BLOB_INLINE) {
        encode_bytes(out, blob->data, blob->length);
    } else if (blob->place == BLOB_SUPERFILE) {
        buffer_varint(out, blob->offset);
        buffer_varint(out, blob->length);
    }
}

static void blob_decode(struct reader *in, struct arena *arena, struct blob_ref *blob)
{
    unsigned place = reader_u8(in);
    if (place > BLOB_SUPERFILE) {
        reader_fail(in, "unknown place of a summary");
        return;
    }
    blob->place = (enum blob_place)place;
    if (blob->place == BLOB_INLINE) {
        blob->data = decode_bytes(in, arena, ENTRY_BLOB_INLINE_MAX, &blob->length);
    } else if (blob->place == BLOB_SUPERFILE) {
        blob->offset = reader_varint(in);
        blob->length = reader_varint(in);
    }
}

void entry_texts_encode(const struct manifest_entry *entry, struct name_writer *names,
                        struct buffer *out)
{
    buffer_varint(out, entry->text_count);
    for (size_t i = 0; i < entry->text_count; i++) {
        const struct entry_text *text = &entry->texts[i];
        name_write(names, text->column, out);
        buffer_u8(out, text->terms_known ? TEXT_TERMS : 0);
        buffer_varint(out, text->live_docs);
        buffer_varint(out, text->live_length);
        buffer_varint(out, text->distinct_terms);
        if (text->terms_known) {
            encode_bytes(out, text->min_term, text->min_term_length);
            encode_bytes(out, text->max_term, text->max_term_length);
        }
        blob_encode(&text->filter, out);
    }
}

static void text_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                        struct entry_text *text)
{
    unsigned flags;
    uint64_t length;
    text->column = name_read(in, names, arena);
    flags = reader_u8(in);
    if (flags & ~(unsigned)TEXT_ALL) {
        reader_fail(in, "unknown text summary flags");
    }
    text->terms_known = (flags & TEXT_TERMS) != 0;
    text->live_docs = reader_varint(in);
    text->live_length = reader_varint(in);
    text->distinct_terms = reader_varint(in);
    if (text->terms_known) {
        text->min_term = decode_bytes(in, arena, ENTRY_TERM_MAX, &length);
        text->min_term_length = (uint32_t)length;
        text->max_term = decode_bytes(in, arena, ENTRY_TERM_MAX, &length);
        text->max_term_length = (uint32_t)length;
    }
    blob_decode(in, arena, &text->filter);
}

void entry_texts_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                        struct manifest_entry *entry)
{
    size_t count = decode_count(in, 6);
    struct entry_text *texts = decode_array(in, arena, count, sizeof(*texts));
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        text_decode(in, names, arena, &texts[i]);
    }
    if (reader_ok(in)) {
        entry->texts = texts;
        entry->text_count = count;
        entry->loaded |= ENTRY_HAS_TEXTS;
        check_decoded(in, entry);
    }
}

void entry_vectors_encode(const struct manifest_entry *entry, struct name_writer *names,
                          struct buffer *out)
{
    buffer_varint(out, entry->vector_count);
    for (size_t i = 0; i < entry->vector_count; i++) {
        name_write(names, entry->vectors[i].column, out);
        buffer_varint(out, entry->vectors[i].count);
        blob_encode(&entry->vectors[i].centroids, out);
    }
}

void entry_vectors_decode(struct reader *in, const struct name_table *names, struct arena *arena,
                          struct manifest_entry *entry)
{
    size_t count = decode_count(in, 3);
    struct entry_vector *vectors = decode_array(in, arena, count, sizeof(*vectors));
    for (size_t i = 0; i < count && reader_ok(in); i++) {
        vectors[i].column = name_read(in, names, arena);
        vectors[i].count = reader_varint(in);
        blob_decode(in, arena, &vectors[i].centroids);
    }
    if (reader_ok(in)) {
        entry->vectors = vectors;
        entry->vector_count = count;
        entry->loaded |= ENTRY_HAS_VECTORS;
        check_decoded(in, entry);
    }
}

size_t entry_encoded_size(const struct manifest_entry *entry)
{
    struct name_writer names = {0};
    struct buffer bytes;
    size_t size;
    buffer_init(&bytes, SIZE_MAX / 2);
    entry_core_encode(entry, &names, &bytes);
    entry_texts_encode(entry, &names, &bytes);
    entry_vectors_encode(entry, &names, &bytes);
    size = bytes.len;
    buffer_free(&bytes);
    name_writer_free(&names);
    return size;
}
