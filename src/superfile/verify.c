/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/verify.h"

#include "base/alloc.h"
#include "base/arena.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/crc32c.h"
#include "base/error.h"
#include "columnar/ipc_reader.h"
#include "parquet/arrow_key.h"
#include "parquet/reader.h"
#include "superfile/superfile.h"
#include "superfile/verify_chunk.h"
#include "text/text_verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ALIGNMENT = 64, TRAILER = 8, MAGIC = 4, LEAST_HOT = 44 };

struct verify {
    struct byte_source *source;
    struct progress *progress;
    struct verify_result *out;
    struct parquet_reader *reader;
    const struct parquet_file_metadata *metadata;
    struct schema_map map;
    struct codec_decompressor *decompressor;
    struct superfile *file; /* NULL for a foreign file */
    uint64_t position;      /* strict: where the next region starts */
    uint64_t hot_offset;
    uint64_t hot_length;
    struct parquet_row_group *expected; /* what the footer must say; columns in the arena */
    struct arena arena;
};

static inlay_status expect_position(const struct verify *v, uint64_t offset, const char *what,
                                    inlay_error *err)
{
    return offset == v->position
               ? INLAY_OK
               : verify_fail(v->source, v->position, err, "%s should start here, not at byte %llu",
                             what, (unsigned long long)offset);
}

/* ---- column chunks ---- */

static bool kept(struct arena *arena, struct parquet_bytes *value)
{
    static const uint8_t nothing[1] = {0};
    if (value->data != NULL) {
        value->data = value->length != 0 ? arena_dup(arena, value->data, value->length) : nothing;
        return value->data != NULL;
    }
    return true;
}

/* What the footer must say of the chunk outlives the facts that it follows from. */
static inlay_status keep_expected(struct verify *v, const struct chunk_input *in,
                                  const struct chunk_facts *facts, struct parquet_column_chunk *out,
                                  inlay_error *err)
{
    uint8_t room[128];
    chunk_facts_expected(in, facts, room, out);
    if (!out->has_statistics) {
        return INLAY_OK;
    }
    return kept(&v->arena, &out->statistics.min_value) &&
                   kept(&v->arena, &out->statistics.max_value)
               ? INLAY_OK
               : error_no_memory(err);
}

static inlay_status verify_chunk(struct verify *v, size_t group, size_t leaf, inlay_error *err)
{
    const struct parquet_row_group *stored = &v->metadata->row_groups[group];
    struct parquet_row_group *expected = v->file != NULL ? &v->expected[group] : NULL;
    struct chunk_input in = {v->source,        &v->map.leaves[leaf], &stored->columns[leaf],
                             stored->num_rows, v->file != NULL,      v->decompressor};
    struct chunk_facts facts;
    inlay_status status;
    if (v->file != NULL) {
        INLAY_TRY(expect_position(v, in.chunk->start, "a column chunk", err));
        v->position += in.chunk->compressed_size;
    } else if (in.chunk->num_values == 0) {
        return INLAY_OK; /* nobody reads it, and writers put it anywhere */
    }
    status = chunk_facts_collect(&in, &facts, err);
    if (status == INLAY_OK) {
        status = chunk_facts_compare(&in, &facts, err);
    }
    if (status == INLAY_OK && expected != NULL) {
        struct parquet_column_chunk *chunk = &expected->columns[leaf];
        status = keep_expected(v, &in, &facts, chunk, err);
        expected->total_byte_size += chunk->uncompressed_size;
        expected->total_compressed_size += chunk->compressed_size;
    }
    v->out->checksums += facts.checksums;
    chunk_facts_free(&facts);
    progress_add(v->progress, in.chunk->compressed_size);
    return status;
}

static inlay_status expect_filters(struct verify *v, size_t group, inlay_error *err)
{
    const struct parquet_row_group *stored = &v->metadata->row_groups[group];
    size_t i;
    for (i = 0; i < stored->column_count; i++) {
        if (stored->columns[i].bloom_filter_offset != 0) {
            INLAY_TRY(
                expect_position(v, stored->columns[i].bloom_filter_offset, "a Bloom filter", err));
            v->position += stored->columns[i].bloom_filter_length;
        }
    }
    return INLAY_OK;
}

static inlay_status begin_expected(struct verify *v, size_t group, inlay_error *err)
{
    const struct parquet_row_group *stored = &v->metadata->row_groups[group];
    struct parquet_row_group *expected = &v->expected[group];
    expected->columns =
        arena_zalloc_array(&v->arena, stored->column_count, sizeof(*expected->columns));
    expected->column_count = stored->column_count;
    expected->num_rows = stored->num_rows;
    expected->file_offset = v->position;
    return expected->columns != NULL ? INLAY_OK : error_no_memory(err);
}

static inlay_status verify_groups(struct verify *v, inlay_error *err)
{
    size_t group;
    size_t leaf;
    if (v->file != NULL) {
        v->expected =
            arena_zalloc_array(&v->arena, v->metadata->row_group_count, sizeof(*v->expected));
        if (v->expected == NULL) {
            return error_no_memory(err);
        }
    }
    for (group = 0; group < v->metadata->row_group_count; group++) {
        if (v->file != NULL) {
            INLAY_TRY(begin_expected(v, group, err));
        }
        for (leaf = 0; leaf < v->map.leaf_count; leaf++) {
            INLAY_TRY(verify_chunk(v, group, leaf, err));
        }
        if (v->file != NULL) {
            INLAY_TRY(expect_filters(v, group, err));
        }
    }
    return INLAY_OK;
}

/* ---- regions behind the row groups ---- */

/* All column indexes stand together, then all offset indexes. */
static inlay_status expect_indexes(struct verify *v, inlay_error *err)
{
    size_t count = v->metadata->row_group_count * v->map.leaf_count;
    size_t i;
    for (i = 0; i < 2 * count; i++) {
        size_t n = i % count;
        const struct parquet_column_chunk *chunk =
            &v->metadata->row_groups[n / v->map.leaf_count].columns[n % v->map.leaf_count];
        bool first = i < count;
        uint64_t offset = first ? chunk->column_index_offset : chunk->offset_index_offset;
        uint64_t length = first ? chunk->column_index_length : chunk->offset_index_length;
        if (length != 0) {
            INLAY_TRY(expect_position(v, offset, "a page index", err));
            v->position += length;
        }
    }
    return INLAY_OK;
}

/* Zero bytes up to the region at `offset`, which is aligned and the next one. */
static inlay_status skip_padding(struct verify *v, uint64_t offset, const char *what,
                                 inlay_error *err)
{
    struct byte_slice bytes;
    inlay_status status = INLAY_OK;
    uint64_t i;
    if (offset != align_up(v->position, ALIGNMENT)) {
        return verify_fail(v->source, v->position, err,
                           "%s should start at the next multiple of %d, not at byte %llu", what,
                           ALIGNMENT, (unsigned long long)offset);
    }
    INLAY_TRY(byte_source_slice(v->source, v->position, offset - v->position, &bytes, err));
    for (i = 0; i < bytes.length && status == INLAY_OK; i++) {
        if (bytes.data[i] != 0) {
            status = verify_fail(v->source, v->position + i, err, "padding is not zero");
        }
    }
    byte_slice_free(&bytes);
    v->position = offset;
    return status;
}

static inlay_status verify_text(struct verify *v, const struct section *section, inlay_error *err)
{
    struct text_index *index = superfile_text(v->file, section->column);
    struct text_verify_counts counts;
    INLAY_TRY(skip_padding(v, section->body_offset, "a text index", err));
    if (index == NULL) {
        return verify_fail(v->source, v->hot_offset, err, "a text index belongs to no column");
    }
    INLAY_TRY(text_index_verify(index, &counts, err));
    if (counts.bytes != section->body_length) {
        return verify_fail(v->source, section->body_offset, err,
                           "the text index of '%s' has %llu bytes, the hot region says %llu",
                           section->column, (unsigned long long)counts.bytes,
                           (unsigned long long)section->body_length);
    }
    v->out->checksums += counts.checksums + 1; /* and that of its hot part, which open compared */
    v->position += section->body_length;
    progress_add(v->progress, section->body_length);
    return INLAY_OK;
}

/* The index holds the rows of the column that have a vector, each once, and no others. */
static inlay_status compare_vector_rows(const struct verify *v, const struct section *section,
                                        const uint64_t *seen, inlay_error *err)
{
    uint32_t rows = (uint32_t)superfile_rows(v->file);
    uint64_t *nulls = mem_zalloc_array((size_t)rows / 64 + 1, sizeof(*nulls));
    struct vector_rows vectors;
    inlay_status status;
    uint32_t row;
    if (nulls == NULL) {
        return error_no_memory(err);
    }
    status = superfile_vector_rows(v->file, section->column, &vectors, err);
    if (status == INLAY_OK) {
        status = vectors.nulls(vectors.context, 0, rows, nulls, err);
    }
    for (row = 0; row < rows && status == INLAY_OK; row++) {
        bool has_vector = (nulls[row / 64] >> (row % 64) & 1) == 0;
        if (has_vector != ((seen[row / 64] >> (row % 64) & 1) != 0)) {
            status = verify_fail(v->source, section->body_offset, err,
                                 has_vector
                                     ? "row %u of column '%s' is missing in the vector index"
                                     : "the vector index has row %u of column '%s', which is null",
                                 row, section->column);
            error_row(err, row);
        }
    }
    mem_free(nulls);
    return status;
}

static inlay_status verify_vector(struct verify *v, const struct section *section, inlay_error *err)
{
    struct vector_index *index = superfile_vector(v->file, section->column);
    uint64_t checksums = 0;
    uint64_t *seen;
    inlay_status status;
    INLAY_TRY(skip_padding(v, section->body_offset, "a vector index", err));
    if (index == NULL) {
        return verify_fail(v->source, v->hot_offset, err, "a vector index belongs to no column");
    }
    seen = mem_zalloc_array((size_t)superfile_rows(v->file) / 64 + 1, sizeof(*seen));
    if (seen == NULL) {
        return error_no_memory(err);
    }
    status = vector_index_verify_rows(index, seen, &checksums, err);
    if (status == INLAY_OK) {
        status = compare_vector_rows(v, section, seen, err);
    }
    mem_free(seen);
    v->out->checksums += checksums;
    v->position += section->body_length;
    progress_add(v->progress, section->body_length);
    return status;
}

static inlay_status verify_sections(struct verify *v, inlay_error *err)
{
    const struct hot_directory *directory = superfile_directory(v->file);
    size_t i;
    for (i = 0; i < directory->count; i++) {
        const struct section *section = &directory->sections[i];
        if (section->type == SECTION_TEXT) {
            INLAY_TRY(verify_text(v, section, err));
        } else if (section->type == SECTION_VECTOR) {
            INLAY_TRY(verify_vector(v, section, err));
        } else if (section->body_length != 0) { /* of a type that this version does not know */
            INLAY_TRY(skip_padding(v, section->body_offset, "a section's body", err));
            v->position += section->body_length;
        }
    }
    INLAY_TRY(skip_padding(v, v->hot_offset, "the hot region", err));
    v->position += v->hot_length;
    progress_add(v->progress, v->hot_length);
    return INLAY_OK;
}

/* ---- rows ---- */

static inlay_status compare_ids(const struct verify *v, const struct parquet_batch *batch,
                                inlay_error *err)
{
    const uint8_t *values = batch->columns[0].values;
    uint64_t i;
    for (i = 0; i < batch->row_count; i++) {
        struct id128 stored = {load_u64(values + 16 * i + 8), load_u64(values + 16 * i)};
        uint64_t row = batch->first_row + i;
        if (id_compare(stored, superfile_id(v->file, (uint32_t)row)) != 0) {
            (void)verify_fail(v->source, v->hot_offset, err,
                              "the id index and the column _id differ in row %llu",
                              (unsigned long long)row);
            error_row(err, (int64_t)row);
            return INLAY_CORRUPT;
        }
    }
    return INLAY_OK;
}

/* Reads all columns the way queries do, which also checks what levels and values alone do not show
 * (the width of fixed lists, values against their types), and compares the ids. */
static inlay_status verify_rows(struct verify *v, inlay_error *err)
{
    struct parquet_scan_options options;
    struct parquet_scan *scan;
    struct parquet_batch batch;
    inlay_status status;
    const struct field *field = &v->map.schema.fields[0];
    uint64_t rows = 0;
    if (strcmp(field->name, "_id") != 0 || field->type != COLUMN_DECIMAL128 || field->nullable) {
        return verify_fail(v->source, v->position, err, "the first column is not _id");
    }
    memset(&options, 0, sizeof(options));
    INLAY_TRY(parquet_scan_open(v->reader, &options, &scan, err));
    do {
        status = parquet_scan_next(scan, &batch, err);
        if (status == INLAY_OK) {
            rows = batch.row_count;
            status = rows != 0 ? compare_ids(v, &batch, err) : INLAY_OK;
            parquet_batch_release(&batch);
        }
    } while (status == INLAY_OK && rows != 0);
    parquet_scan_close(scan);
    return status;
}

/* ---- footer ---- */

static inlay_status expect_value(const struct verify *v, const char *key, const void *text,
                                 size_t length, inlay_error *err)
{
    struct parquet_bytes value;
    if (!parquet_reader_key_value(v->reader, key, &value) || value.length != length ||
        memcmp(value.data, text, length) != 0) {
        return verify_fail(v->source, v->position, err,
                           "the footer's \"%s\" is not what the file says elsewhere", key);
    }
    return INLAY_OK;
}

/* The bytes of a base64 text; those of a damaged one are not what its schema encodes to. */
static void decode_base64(struct parquet_bytes text, struct buffer *out)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    uint32_t bits = 0;
    unsigned filled = 0;
    size_t i;
    for (i = 0; i < text.length; i++) {
        const char *digit = text.data[i] != 0 ? strchr(digits, text.data[i]) : NULL;
        if (digit == NULL) {
            return;
        }
        bits = bits << 6 | (uint32_t)(digit - digits);
        filled += 6;
        if (filled >= 8) {
            filled -= 8;
            buffer_u8(out, (uint8_t)(bits >> filled));
        }
    }
}

/* The Arrow schema is that of the columns, and is written as it would be today. Only names of list
 * items are nowhere else: the Parquet schema calls all of them "element". */
static inlay_status verify_arrow_schema(const struct verify *v, inlay_error *err)
{
    struct parquet_bytes text = {NULL, 0};
    struct schema schema = {NULL, 0};
    struct buffer message;
    struct buffer again;
    inlay_status status = INLAY_CORRUPT;
    buffer_init(&message, SIZE_MAX);
    buffer_init(&again, SIZE_MAX);
    if (parquet_reader_key_value(v->reader, ARROW_SCHEMA_KEY, &text)) {
        decode_base64(text, &message);
        status = message.len != 0 ? ipc_read_schema(message.data, message.len, &schema, err)
                                  : INLAY_CORRUPT;
    }
    if (status == INLAY_OK) {
        status = arrow_key_encode(&schema, &again, err);
    }
    if (status == INLAY_OK &&
        (again.len != text.length || memcmp(again.data, text.data, again.len) != 0 ||
         !schema_equal(&schema, &v->map.schema))) {
        status = INLAY_CORRUPT;
    }
    if (status != INLAY_OK && status != INLAY_NO_MEMORY) {
        status = verify_fail(v->source, v->position, err,
                             "the footer's \"" ARROW_SCHEMA_KEY "\" is not that of the columns");
    }
    schema_free(&schema);
    buffer_free(&message);
    buffer_free(&again);
    return status;
}

static inlay_status verify_keys(const struct verify *v, inlay_error *err)
{
    char hot[48];
    struct parquet_bytes builder;
    int length = snprintf(hot, sizeof(hot), "%" PRIu64 ",%" PRIu64, v->hot_offset, v->hot_length);
    INLAY_TRY(expect_value(v, "inlay.version", "1", 1, err));
    INLAY_TRY(expect_value(v, "inlay.hot", hot, (size_t)length, err));
    if (!parquet_reader_key_value(v->reader, "inlay.builder", &builder)) {
        return verify_fail(v->source, v->position, err, "the footer has no \"inlay.builder\"");
    }
    return verify_arrow_schema(v, err);
}

/* The footer that follows from schema, values and places is the one that is there. */
static inlay_status verify_footer(struct verify *v, inlay_error *err)
{
    struct parquet_file_metadata expected = *v->metadata;
    struct schema_map written;
    struct buffer footer;
    inlay_status status;
    uint64_t length = v->source->size - v->position;
    INLAY_TRY(verify_keys(v, err));
    INLAY_TRY(schema_map_for_writing(&v->map.schema, &written, err));
    expected.version = 2;
    expected.schema = written.elements;
    expected.schema_count = written.element_count;
    expected.leaf_count = written.leaf_count;
    expected.row_groups = v->expected;
    expected.has_column_orders = true;
    buffer_init(&footer, SIZE_MAX);
    parquet_file_metadata_write(&expected, &footer);
    buffer_u32(&footer, (uint32_t)footer.len);
    buffer_append(&footer, "PAR1", MAGIC);
    status = buffer_status(&footer, err);
    if (status == INLAY_OK && footer.len != length) {
        status = verify_fail(v->source, v->position, err,
                             "the footer has %llu bytes where %zu are expected",
                             (unsigned long long)length, footer.len);
    }
    if (status == INLAY_OK) {
        status = verify_same_bytes(v->source, v->position, &footer, "the footer", err);
    }
    buffer_free(&footer);
    schema_map_free(&written);
    return status;
}

/* ---- opening ---- */

static bool has_our_keys(const struct parquet_file_metadata *metadata)
{
    size_t i;
    for (i = 0; i < metadata->key_value_count; i++) {
        const struct parquet_bytes *key = &metadata->key_values[i].key;
        if (key->length > 6 && memcmp(key->data, "inlay.", 6) == 0) {
            return true;
        }
    }
    return false;
}

/* Damage to the footer must not turn a superfile into a foreign file, so the key "inlay.hot" as
 * Thrift writes it is looked for as well. Only for a footer that was opened. */
static inlay_status is_ours(const struct verify *v, bool *ours, inlay_error *err)
{
    static const char marker[] = "\x18\x09inlay.hot\x18";
    struct byte_slice footer;
    uint64_t end = v->source->size - TRAILER;
    uint8_t length[4];
    *ours = has_our_keys(v->metadata);
    if (*ours) {
        return INLAY_OK;
    }
    INLAY_TRY(byte_source_read_one(v->source, end, sizeof(length), length, err));
    INLAY_TRY(byte_source_slice(v->source, end - load_u32(length), load_u32(length), &footer, err));
    *ours = memmem(footer.data, (size_t)footer.length, marker, sizeof(marker) - 1) != NULL;
    byte_slice_free(&footer);
    return INLAY_OK;
}

/* "<offset>,<length>": the offset, or 0. */
static uint64_t stated_hot_offset(const struct verify *v)
{
    struct parquet_bytes value;
    uint64_t offset = 0;
    size_t i;
    if (!parquet_reader_key_value(v->reader, "inlay.hot", &value)) {
        return 0;
    }
    for (i = 0; i < value.length && i < 19 && value.data[i] >= '0' && value.data[i] <= '9'; i++) {
        offset = offset * 10 + (uint64_t)(value.data[i] - '0');
    }
    return offset;
}

/* The hot region ends where the footer begins. Its checksum is compared before anything in it is
 * believed, so that damage is not mistaken for a newer version. */
static inlay_status check_hot(struct verify *v, inlay_error *err)
{
    struct byte_slice bytes;
    inlay_status status = INLAY_OK;
    uint64_t footer = v->source->size - TRAILER;
    uint8_t trailer[TRAILER];
    INLAY_TRY(byte_source_read_one(v->source, footer, TRAILER, trailer, err));
    footer -= load_u32(trailer); /* not less than 0: the reader has opened it */
    v->hot_offset = stated_hot_offset(v);
    if (v->hot_offset < MAGIC || v->hot_offset >= footer || footer - v->hot_offset < LEAST_HOT) {
        return verify_fail(v->source, footer, err,
                           "the footer's \"inlay.hot\" is not a region before the footer");
    }
    v->hot_length = footer - v->hot_offset;
    INLAY_TRY(byte_source_slice(v->source, v->hot_offset, v->hot_length, &bytes, err));
    if (crc32c(0, bytes.data, (size_t)v->hot_length - 4) !=
        load_u32(bytes.data + v->hot_length - 4)) {
        status =
            verify_fail(v->source, v->hot_offset, err, "the checksum of the hot region is wrong");
    }
    byte_slice_free(&bytes);
    v->out->checksums++;
    return status;
}

static inlay_status open_superfile(struct verify *v, inlay_error *err)
{
    INLAY_TRY(check_hot(v, err));
    INLAY_TRY(superfile_open(v->source, 0, &v->file, err));
    v->out->is_superfile = true;
    return INLAY_OK;
}

static inlay_status open_parts(struct verify *v, inlay_error *err)
{
    uint8_t magic[MAGIC];
    bool ours;
    INLAY_TRY(parquet_reader_open(v->source, NULL, &v->reader, err));
    INLAY_TRY(byte_source_read_one(v->source, 0, MAGIC, magic, err));
    if (memcmp(magic, "PAR1", MAGIC) != 0) {
        return verify_fail(v->source, 0, err, "the file does not begin with PAR1");
    }
    v->position = MAGIC;
    v->metadata = parquet_reader_metadata(v->reader);
    INLAY_TRY(schema_map_from_file(v->metadata, &v->map, err));
    INLAY_TRY(arrow_key_refine(&v->map, v->metadata, err));
    INLAY_TRY(codec_decompressor_create(&v->decompressor, err));
    INLAY_TRY(is_ours(v, &ours, err));
    return ours ? open_superfile(v, err) : INLAY_OK;
}

static inlay_status verify_all(struct verify *v, inlay_error *err)
{
    INLAY_TRY(open_parts(v, err));
    INLAY_TRY(verify_groups(v, err));
    v->out->rows = parquet_reader_rows(v->reader);
    v->out->bytes = v->source->size;
    if (v->file == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(expect_indexes(v, err));
    INLAY_TRY(verify_sections(v, err));
    INLAY_TRY(verify_footer(v, err));
    return verify_rows(v, err);
}

inlay_status superfile_verify(struct byte_source *source, struct progress *progress,
                              struct verify_result *out, inlay_error *err)
{
    struct verify v;
    inlay_status status;
    memset(out, 0, sizeof(*out));
    memset(&v, 0, sizeof(v));
    v.source = source;
    v.progress = progress;
    v.out = out;
    arena_init(&v.arena, SIZE_MAX);
    progress_begin(progress, "verify", source->size);
    status = verify_all(&v, err);
    progress_end(progress);
    if (status != INLAY_OK) {
        memset(out, 0, sizeof(*out));
    }
    superfile_release(v.file);
    codec_decompressor_free(v.decompressor);
    schema_map_free(&v.map);
    parquet_reader_close(v.reader);
    arena_free(&v.arena);
    return status;
}
