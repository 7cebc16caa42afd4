/* SPDX-License-Identifier: Apache-2.0 */
#include "table/manifest/manifest_entry.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "base/rowset_check.h"
#include "storage/provider.h"
#include "table/manifest/entry_codec.h"
#include "text/format/filter.h"

#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

void manifest_entry_init(struct manifest_entry *entry)
{
    memset(entry, 0, sizeof(*entry));
    entry->loaded = ENTRY_HAS_TEXTS | ENTRY_HAS_VECTORS;
}

uint64_t manifest_entry_live_rows(const struct manifest_entry *entry)
{
    return entry->rows - entry->tombstones.deleted;
}

/* Each check returns NULL or what is wrong. */

static const char *check_core(const struct manifest_entry *entry)
{
    if (id_is_zero(entry->superfile_id)) {
        return "it has no superfile id";
    }
    if (entry->rows == 0 || entry->rows > ENTRY_ROWS_MAX) {
        return "its row count is outside 1 to 4294967295";
    }
    if (id_compare(entry->id_min, entry->id_max) > 0) {
        return "its smallest _id is above its greatest";
    }
    if (!range_inside(entry->hot_offset, entry->hot_length, entry->size)) {
        return "its hot region lies outside the file";
    }
    if (entry->key != NULL &&
        (strlen(entry->key) > ENTRY_KEY_MAX || provider_check_key(entry->key, NULL) != INLAY_OK)) {
        return "its key is not a valid storage key";
    }
    return NULL;
}

static const char *check_tombstones(const struct manifest_entry *entry)
{
    const struct entry_tombstones *t = &entry->tombstones;
    if (t->deleted > entry->rows) {
        return "it has more deleted rows than rows";
    }
    if (t->bitmap_length > ENTRY_BITMAP_INLINE_MAX) {
        return "its inline deletion bitmap is too long";
    }
    if (t->bitmap != NULL && rowset_check(t->bitmap, t->bitmap_length, NULL) != INLAY_OK) {
        return "its inline deletion bitmap is damaged";
    }
    return NULL;
}

static bool bound_is_valid(const struct stat_bound *bound, enum stat_kind kind)
{
    if (bound->state == BOUND_UNKNOWN) {
        return true;
    }
    return bound->value.kind == kind &&
           (kind != STAT_BYTES || bound->value.as.bytes.length <= STAT_BYTES_MAX) &&
           (kind != STAT_FLOAT || !isnan(bound->value.as.f));
}

static const char *check_column(const struct entry_column *stat, uint64_t rows)
{
    bool both = stat->min.state != BOUND_UNKNOWN && stat->max.state != BOUND_UNKNOWN;
    if (!bound_is_valid(&stat->min, stat->kind) || !bound_is_valid(&stat->max, stat->kind)) {
        return "a column bound has another type than its column, or is too long, or is NaN";
    }
    if (both && stat_compare(&stat->min.value, &stat->max.value) > 0) {
        return "a column's minimum is above its maximum";
    }
    if (stat->nulls_known && stat->null_count > rows) {
        return "a column has more nulls than rows";
    }
    return NULL;
}

static const char *check_blob(const struct blob_ref *blob, uint64_t file_size)
{
    if (blob->place == BLOB_SUPERFILE && !range_inside(blob->offset, blob->length, file_size)) {
        return "a summary lies outside the file";
    }
    if (blob->place == BLOB_INLINE &&
        (blob->data == NULL || blob->length == 0 || blob->length > ENTRY_BLOB_INLINE_MAX)) {
        return "an inline summary is empty or too long";
    }
    return NULL;
}

static int compare_terms(const struct entry_text *text)
{
    struct stat_value min = stat_bytes(text->min_term, text->min_term_length);
    struct stat_value max = stat_bytes(text->max_term, text->max_term_length);
    return stat_compare(&min, &max);
}

static const char *check_text(const struct entry_text *text, const struct manifest_entry *entry)
{
    if (text->live_docs > entry->rows) {
        return "a text column has more live documents than rows";
    }
    if (text->terms_known && (text->min_term_length > ENTRY_TERM_MAX ||
                              text->max_term_length > ENTRY_TERM_MAX || compare_terms(text) > 0)) {
        return "a text column's first term is above its last, or one is too long";
    }
    if (text->filter.place != BLOB_NONE &&
        (text->filter.length == 0 || text->filter.length % FILTER_BLOCK != 0)) {
        return "a term filter is not a whole number of blocks";
    }
    return check_blob(&text->filter, entry->size);
}

static bool names_ascend(const char *previous, const char *name)
{
    return name != NULL && name[0] != '\0' && strlen(name) <= NAME_MAX_BYTES &&
           (previous == NULL || strcmp(previous, name) < 0);
}

static const char unordered[] = "its columns are not in strictly ascending order of name";

const char *column_stats_wrong(const struct entry_column *columns, size_t count, uint64_t rows)
{
    const char *previous = NULL;
    const char *wrong = NULL;
    for (size_t i = 0; i < count && wrong == NULL; i++) {
        wrong =
            names_ascend(previous, columns[i].column) ? check_column(&columns[i], rows) : unordered;
        previous = columns[i].column;
    }
    return wrong;
}

static const char *check_summaries(const struct manifest_entry *entry)
{
    const char *wrong = column_stats_wrong(entry->columns, entry->column_count, entry->rows);
    const char *previous = NULL;
    for (size_t i = 0; i < entry->text_count && wrong == NULL; i++) {
        const struct entry_text *text = &entry->texts[i];
        wrong = names_ascend(previous, text->column) ? check_text(text, entry) : unordered;
        previous = text->column;
    }
    previous = NULL;
    for (size_t i = 0; i < entry->vector_count && wrong == NULL; i++) {
        const struct entry_vector *vector = &entry->vectors[i];
        wrong = names_ascend(previous, vector->column) ? check_blob(&vector->centroids, entry->size)
                                                       : unordered;
        if (wrong == NULL && vector->count > entry->rows) {
            wrong = "a vector column has more vectors than rows";
        }
        previous = vector->column;
    }
    return wrong;
}

inlay_status manifest_entry_check(const struct manifest_entry *entry, inlay_error *err)
{
    char id[UUID_TEXT_SIZE];
    const char *wrong = check_core(entry);
    if (wrong == NULL) {
        wrong = check_tombstones(entry);
    }
    if (wrong == NULL) {
        wrong = check_summaries(entry);
    }
    if (wrong == NULL) {
        return INLAY_OK;
    }
    superfile_id_text(entry->superfile_id, id);
    return error_set(err, INLAY_INVALID_ARGUMENT, "manifest entry of superfile %s: %s", id, wrong);
}

const struct entry_column *manifest_entry_column(const struct manifest_entry *entry,
                                                 const char *column)
{
    for (size_t i = 0; i < entry->column_count; i++) {
        if (strcmp(entry->columns[i].column, column) == 0) {
            return &entry->columns[i];
        }
    }
    return NULL;
}

const struct entry_text *manifest_entry_text(const struct manifest_entry *entry, const char *column)
{
    for (size_t i = 0; i < entry->text_count; i++) {
        if (strcmp(entry->texts[i].column, column) == 0) {
            return &entry->texts[i];
        }
    }
    return NULL;
}

const struct entry_vector *manifest_entry_vector(const struct manifest_entry *entry,
                                                 const char *column)
{
    for (size_t i = 0; i < entry->vector_count; i++) {
        if (strcmp(entry->vectors[i].column, column) == 0) {
            return &entry->vectors[i];
        }
    }
    return NULL;
}

inlay_status superfile_id_mint(const struct env *env, struct id128 *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    if (!env->random(env->context, out, sizeof(*out))) {
        memset(out, 0, sizeof(*out));
        return error_set(err, INLAY_IO, "the system has no random bytes for a superfile id");
    }
    out->hi = (out->hi & ~0xf000ull) | 0x4000ull; /* RFC 9562: version 4, variant 10 */
    out->lo = (out->lo & ~(3ull << 62)) | (2ull << 62);
    return INLAY_OK;
}

void superfile_id_text(struct id128 id, char text[UUID_TEXT_SIZE])
{
    snprintf(text, UUID_TEXT_SIZE, "%08x-%04x-%04x-%04x-%012llx", (unsigned)(id.hi >> 32),
             (unsigned)(id.hi >> 16 & 0xffff), (unsigned)(id.hi & 0xffff), (unsigned)(id.lo >> 48),
             (unsigned long long)(id.lo & 0xffffffffffffull));
}

void superfile_key(struct id128 id, char key[SUPERFILE_KEY_SIZE])
{
    char text[UUID_TEXT_SIZE];
    superfile_id_text(id, text);
    snprintf(key, SUPERFILE_KEY_SIZE, "data/%s.parquet", text);
}

void superfile_tombstones_key(struct id128 id, char key[SUPERFILE_KEY_SIZE])
{
    char text[UUID_TEXT_SIZE];
    superfile_id_text(id, text);
    snprintf(key, SUPERFILE_KEY_SIZE, "superfiles/%s.tombstones", text);
}

const char *manifest_entry_key(const struct manifest_entry *entry, char scratch[SUPERFILE_KEY_SIZE])
{
    if (entry->key != NULL) {
        return entry->key;
    }
    superfile_key(entry->superfile_id, scratch);
    return scratch;
}

inlay_status entry_block_create(struct entry_block **out, inlay_error *err)
{
    struct entry_block *block = mem_zalloc(sizeof(*block));
    *out = block;
    if (block == NULL) {
        return error_no_memory(err);
    }
    atomic_init(&block->references, 1);
    arena_init(&block->arena, SIZE_MAX);
    return INLAY_OK;
}

struct entry_block *entry_block_retain(struct entry_block *block)
{
    atomic_fetch_add_explicit(&block->references, 1, memory_order_relaxed);
    return block;
}

void entry_block_release(struct entry_block *block)
{
    /* Acquire-release: the last one must see all other threads' use as finished. */
    if (block != NULL &&
        atomic_fetch_sub_explicit(&block->references, 1, memory_order_acq_rel) == 1) {
        arena_free(&block->arena);
        mem_free(block);
    }
}

/* One way to copy: through the codec, which also brings every pointer into the arena. */
static void copy_entry(const struct manifest_entry *from, struct buffer *bytes,
                       struct entry_block *block, struct manifest_entry *to, struct reader *in)
{
    struct name_writer writer = {0};
    struct name_table names = {0};
    struct reader name_bytes;
    size_t body;
    entry_core_encode(from, &writer, bytes);
    entry_texts_encode(from, &writer, bytes);
    entry_vectors_encode(from, &writer, bytes);
    body = bytes->len;
    name_writer_encode(&writer, bytes);
    name_writer_free(&writer);
    reader_init(in, bytes->data, body, 0);
    if (bytes->status != INLAY_OK) {
        decode_no_memory(in);
        return;
    }
    reader_init(&name_bytes, bytes->data + body, bytes->len - body, body);
    name_table_decode(&name_bytes, &block->arena, &names);
    if (!reader_ok(&name_bytes)) { /* our own bytes: nothing else can go wrong with them */
        decode_no_memory(in);
        return;
    }
    entry_core_decode(in, &names, &block->arena, to);
    entry_texts_decode(in, &names, &block->arena, to);
    entry_vectors_decode(in, &names, &block->arena, to);
    to->loaded = from->loaded;
}

inlay_status entry_block_copy(const struct manifest_entry *entries, size_t count,
                              struct entry_block **out, inlay_error *err)
{
    struct entry_block *block = NULL;
    struct buffer bytes;
    struct reader in;
    inlay_status status;
    *out = NULL;
    buffer_init(&bytes, SIZE_MAX / 2);
    for (size_t i = 0; i < count; i++) {
        INLAY_TRY_GOTO(status, manifest_entry_check(&entries[i], err), cleanup);
    }
    INLAY_TRY_GOTO(status, entry_block_create(&block, err), cleanup);
    block->entries = arena_zalloc_array(&block->arena, count, sizeof(*block->entries));
    if (block->entries == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (size_t i = 0; i < count; i++) {
        buffer_clear(&bytes);
        copy_entry(&entries[i], &bytes, block, &block->entries[i], &in);
        INLAY_TRY_GOTO(status, reader_status(&in, "copy of a manifest entry", err), cleanup);
    }
    block->count = count;
    *out = block;
    block = NULL;
cleanup:
    entry_block_release(block);
    buffer_free(&bytes);
    return status;
}
