/* SPDX-License-Identifier: Apache-2.0 */
/* Opening a file: footer, schema, and the caches that hang on a reader. */
#include "parquet/reader.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/schema.h"
#include "parquet/arrow_key.h"
#include "parquet/reader_priv.h"

#include <string.h>

#define TAIL_GUESS (64 * 1024)
#define TRAILER 8 /* footer length, magic */
#define DEFAULT_CACHE_BYTES (UINT64_C(64) << 20)
#define DEFAULT_MAX_PAGE (UINT64_C(1) << 30)

/* Keeps the source alive as long as a page points into its view. */
struct file_owner {
    struct colvec_owner owner;
    struct byte_source *source;
};

static void file_owner_destroy(struct colvec_owner *owner)
{
    struct file_owner *file = (struct file_owner *)owner;
    byte_source_release(file->source);
    mem_free(file);
}

const uint8_t *reader_bytes_view(const struct parquet_reader *reader, uint64_t offset,
                                 uint64_t length)
{
    const struct parquet_open_options *o = &reader->options;
    if (o->resident_length != 0 && offset >= o->resident_offset &&
        range_inside(offset - o->resident_offset, length, o->resident_length)) {
        return o->resident + (offset - o->resident_offset);
    }
    return byte_source_view(reader->source, offset, length);
}

inlay_status reader_wrap(const struct parquet_reader *reader, size_t leaf, uint64_t offset,
                         inlay_status status, inlay_error *err)
{
    const struct schema_leaf *l = &reader->map.leaves[leaf];
    const char *column = reader->map.schema.fields[l->column].name;
    error_wrap(err, status, "%s, column '%s'%s%s%s, page at byte %llu", reader->source->name,
               column, l->field->name != column ? " (" : "",
               l->field->name != column ? l->field->name : "", l->field->name != column ? ")" : "",
               (unsigned long long)offset);
    error_key(err, reader->source->name);
    error_offset(err, offset);
    return status;
}

/* The last `length` bytes, without a read when they are resident. */
static inlay_status tail_slice(const struct parquet_reader *reader, uint64_t length,
                               struct byte_slice *out, inlay_error *err)
{
    uint64_t offset = reader->source->size - length;
    memset(out, 0, sizeof(*out));
    out->data = reader_bytes_view(reader, offset, length);
    out->length = length;
    return out->data != NULL ? INLAY_OK
                             : byte_source_slice(reader->source, offset, length, out, err);
}

static inlay_status not_parquet(const struct parquet_reader *reader, const char *why,
                                inlay_error *err)
{
    error_set(err, INLAY_CORRUPT, "%s is not a Parquet file: %s", reader->source->name, why);
    error_key(err, reader->source->name);
    return INLAY_CORRUPT;
}

static inlay_status trailer_check(const struct parquet_reader *reader, const uint8_t *trailer,
                                  uint32_t *footer_length, inlay_error *err)
{
    *footer_length = load_u32(trailer);
    if (memcmp(trailer + 4, "PARE", 4) == 0) {
        return error_set(err, INLAY_UNSUPPORTED, "%s has an encrypted footer",
                         reader->source->name);
    }
    if (memcmp(trailer + 4, "PAR1", 4) != 0) {
        return not_parquet(reader, "it does not end with PAR1", err);
    }
    if (*footer_length > reader->source->size - TRAILER) {
        return not_parquet(reader, "its footer is longer than the file", err);
    }
    return INLAY_OK;
}

static inlay_status footer_read(struct parquet_reader *reader, inlay_error *err)
{
    const uint64_t size = reader->source->size;
    uint64_t guess = size < TAIL_GUESS ? size : TAIL_GUESS;
    uint32_t length;
    if (size < TRAILER) {
        return not_parquet(reader, "it is too short", err);
    }
    if (reader_bytes_view(reader, size - TRAILER, TRAILER) != NULL) {
        guess = TRAILER;
    }
    INLAY_TRY(tail_slice(reader, guess, &reader->tail, err));
    INLAY_TRY(trailer_check(reader, reader->tail.data + guess - TRAILER, &length, err));
    if ((uint64_t)length + TRAILER > guess) {
        byte_slice_free(&reader->tail);
        guess = (uint64_t)length + TRAILER;
        INLAY_TRY(tail_slice(reader, guess, &reader->tail, err));
    }
    if (parquet_file_metadata_read(reader->tail.data + guess - TRAILER - length, length,
                                   size - TRAILER - length, size, &reader->metadata,
                                   err) != INLAY_OK) {
        inlay_status status = err != NULL ? err->status : INLAY_CORRUPT;
        error_wrap(err, status, "%s: the Parquet footer cannot be read", reader->source->name);
        error_key(err, reader->source->name);
        return status;
    }
    return INLAY_OK;
}

static inlay_status tables_fill(struct parquet_reader *reader, inlay_error *err)
{
    const struct parquet_file_metadata *metadata = &reader->metadata;
    const size_t leaves = reader->map.leaf_count;
    size_t i;
    reader->converts = mem_zalloc_array(leaves, sizeof(*reader->converts));
    reader->first_rows =
        mem_zalloc_array(metadata->row_group_count + 1, sizeof(*reader->first_rows));
    reader->indexes =
        mem_zalloc_array(metadata->row_group_count * leaves + 1, sizeof(*reader->indexes));
    if (reader->converts == NULL || reader->first_rows == NULL || reader->indexes == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < leaves; i++) {
        reader->converts[i] = value_convert_find(&reader->map.leaves[i]);
    }
    for (i = 0; i < metadata->row_group_count; i++) {
        reader->first_rows[i + 1] = reader->first_rows[i] + metadata->row_groups[i].num_rows;
    }
    return INLAY_OK;
}

static inlay_status open_parts(struct parquet_reader *reader, inlay_error *err)
{
    struct file_owner *file;
    INLAY_TRY(footer_read(reader, err));
    INLAY_TRY(schema_map_from_file(&reader->metadata, &reader->map, err));
    INLAY_TRY(arrow_key_refine(&reader->map, &reader->metadata, err));
    INLAY_TRY(tables_fill(reader, err));
    INLAY_TRY(page_cache_create(reader->options.cache_bytes, &reader->cache, err));
    file = mem_zalloc(sizeof(*file));
    if (file == NULL) {
        return error_no_memory(err);
    }
    colvec_owner_init(&file->owner, file_owner_destroy);
    file->source = byte_source_retain(reader->source);
    reader->file_bytes = &file->owner;
    return INLAY_OK;
}

inlay_status parquet_reader_open(struct byte_source *source,
                                 const struct parquet_open_options *options,
                                 struct parquet_reader **out, inlay_error *err)
{
    struct parquet_reader *reader = mem_zalloc(sizeof(*reader));
    inlay_status status;
    *out = NULL;
    if (reader == NULL) {
        return error_no_memory(err);
    }
    reader->source = byte_source_retain(source);
    if (options != NULL) {
        reader->options = *options;
    }
    if (reader->options.cache_bytes == 0) {
        reader->options.cache_bytes = DEFAULT_CACHE_BYTES;
    }
    if (reader->options.max_page_bytes == 0) {
        reader->options.max_page_bytes = DEFAULT_MAX_PAGE;
    }
    status = open_parts(reader, err);
    if (status != INLAY_OK) {
        parquet_reader_close(reader);
        return status;
    }
    *out = reader;
    return INLAY_OK;
}

void parquet_reader_close(struct parquet_reader *reader)
{
    size_t count;
    size_t i;
    if (reader == NULL) {
        return;
    }
    page_cache_free(reader->cache);
    codec_decompressor_free(atomic_load(&reader->idle_decompressor));
    count = reader->metadata.row_group_count * reader->map.leaf_count;
    for (i = 0; reader->indexes != NULL && i < count; i++) {
        chunk_index_free(atomic_load(&reader->indexes[i]));
    }
    mem_free(reader->indexes);
    mem_free(reader->converts);
    mem_free(reader->first_rows);
    schema_map_free(&reader->map);
    parquet_file_metadata_free(&reader->metadata);
    byte_slice_free(&reader->tail);
    colvec_owner_release(reader->file_bytes);
    byte_source_release(reader->source);
    mem_free(reader);
}

const struct schema *parquet_reader_schema(const struct parquet_reader *reader)
{
    return &reader->map.schema;
}

const struct parquet_file_metadata *parquet_reader_metadata(const struct parquet_reader *reader)
{
    return &reader->metadata;
}

uint64_t parquet_reader_rows(const struct parquet_reader *reader)
{
    return reader->first_rows[reader->metadata.row_group_count];
}

size_t parquet_reader_row_groups(const struct parquet_reader *reader)
{
    return reader->metadata.row_group_count;
}

uint64_t parquet_reader_first_row(const struct parquet_reader *reader, size_t row_group)
{
    return reader->first_rows[row_group];
}

static bool fixed_list_of_groups(const struct schema_node *node)
{
    size_t i;
    if (node->field->type == COLUMN_FIXED_LIST && node->children[0].child_count != 0) {
        return true;
    }
    for (i = 0; i < node->child_count; i++) {
        if (fixed_list_of_groups(&node->children[i])) {
            return true;
        }
    }
    return false;
}

inlay_status parquet_reader_column_check(const struct parquet_reader *reader, size_t column,
                                         inlay_error *err)
{
    const struct schema_node *node = &reader->map.nodes[column];
    size_t i;
    for (i = node->first_leaf; i < node->first_leaf + node->leaf_count; i++) {
        if (reader->converts[i].kind == CONVERT_UNSUPPORTED) {
            char type[64];
            field_type_text(reader->map.leaves[i].field, type, sizeof(type));
            return error_set(err, INLAY_UNSUPPORTED,
                             "%s, column '%s': type %s stored as Parquet type %d is not supported",
                             reader->source->name, node->field->name, type,
                             (int)reader->map.leaves[i].type);
        }
    }
    if (fixed_list_of_groups(node)) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "%s, column '%s': fixed-size lists of nested values are not supported",
                         reader->source->name, node->field->name);
    }
    return INLAY_OK;
}

bool parquet_reader_key_value(const struct parquet_reader *reader, const char *key,
                              struct parquet_bytes *value)
{
    const struct parquet_key_value *found = parquet_key_value_find(&reader->metadata, key);
    if (found == NULL || found->value.data == NULL) {
        return false;
    }
    *value = found->value;
    return true;
}

/* ---- page indexes ---- */

void chunk_index_free(struct chunk_index *index)
{
    if (index != NULL) {
        parquet_offset_index_free(&index->offsets);
        parquet_column_index_free(&index->bounds);
        byte_slice_free(&index->bounds_bytes);
        mem_free(index);
    }
}

static inlay_status index_bytes(const struct parquet_reader *reader, uint64_t offset,
                                uint64_t length, struct byte_slice *out, inlay_error *err)
{
    memset(out, 0, sizeof(*out));
    out->data = reader_bytes_view(reader, offset, length);
    out->length = length;
    return out->data != NULL ? INLAY_OK
                             : byte_source_slice(reader->source, offset, length, out, err);
}

static inlay_status index_load(const struct parquet_reader *reader, size_t row_group, size_t leaf,
                               struct chunk_index *index, inlay_error *err)
{
    const struct parquet_row_group *group = &reader->metadata.row_groups[row_group];
    const struct parquet_column_chunk *chunk = &group->columns[leaf];
    struct byte_slice bytes = {0};
    inlay_status status = INLAY_OK;
    if (chunk->offset_index_offset == 0) {
        return INLAY_OK;
    }
    INLAY_TRY(
        index_bytes(reader, chunk->offset_index_offset, chunk->offset_index_length, &bytes, err));
    status = parquet_offset_index_read(bytes.data, bytes.length, chunk->offset_index_offset,
                                       reader->source->size, group->num_rows, &index->offsets, err);
    byte_slice_free(&bytes);
    if (status != INLAY_OK || chunk->column_index_offset == 0) {
        return status;
    }
    INLAY_TRY(index_bytes(reader, chunk->column_index_offset, chunk->column_index_length,
                          &index->bounds_bytes, err));
    status = parquet_column_index_read(index->bounds_bytes.data, index->bounds_bytes.length,
                                       chunk->column_index_offset, &index->bounds, NULL);
    if (status == INLAY_OK && index->bounds.page_count != index->offsets.page_count) {
        parquet_column_index_free(&index->bounds);
    }
    /* Bounds only spare work: malformed ones, which old writers left behind, are as good as none.
     */
    return status == INLAY_NO_MEMORY ? error_no_memory(err) : INLAY_OK;
}

inlay_status reader_chunk_index(struct parquet_reader *reader, size_t row_group, size_t leaf,
                                const struct chunk_index **out, inlay_error *err)
{
    _Atomic(struct chunk_index *) *slot =
        &reader->indexes[row_group * reader->map.leaf_count + leaf];
    struct chunk_index *index = atomic_load_explicit(slot, memory_order_acquire);
    struct chunk_index *expected = NULL;
    inlay_status status;
    if (index == NULL) {
        index = mem_zalloc(sizeof(*index));
        if (index == NULL) {
            return error_no_memory(err);
        }
        status = index_load(reader, row_group, leaf, index, err);
        if (status != INLAY_OK) {
            chunk_index_free(index);
            return reader_wrap(
                reader, leaf,
                reader->metadata.row_groups[row_group].columns[leaf].offset_index_offset, status,
                err);
        }
        /* Release publishes the parsed index; a thread that lost the race uses the winner's. */
        if (!atomic_compare_exchange_strong_explicit(slot, &expected, index, memory_order_acq_rel,
                                                     memory_order_acquire)) {
            chunk_index_free(index);
            index = expected;
        }
    }
    *out = index;
    return INLAY_OK;
}
