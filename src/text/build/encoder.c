/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/encoder.h"

#include "text/build/stream.h"
#include "text/format/filter.h"

#include "base/alloc.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

enum {
    PART_LAST_ROW,
    PART_BLOCK_END,
    PART_PAIRS,
    PART_CHUNK_PAIRS,
    PART_CHUNK_CRC,
    PART_POSITIONS_END,
    PART_POSITIONS_CRC,
    PART_COUNT
};

/* Bytes of an entry without the lengths at its end. */
#define MOST_ENTRY (2 + TOKEN_MAX_BYTES + 10 + TEXT_INLINE_POSTINGS * 21)
#define SPOOL_MEMORY ((size_t)16 << 20)
#define POSITIONS_MEMORY ((size_t)64 << 20) /* the batch's memory is free by then */

void text_encoder_init(struct text_encoder *encoder, const struct text_options *options,
                       struct byte_sink *sink)
{
    struct buffer *plain[] = {
        &encoder->block_ends,      &encoder->block_crcs, &encoder->first_term_ends,
        &encoder->first_terms,     &encoder->entries,    &encoder->short_postings,
        &encoder->short_positions, &encoder->chunk,      &encoder->positions_chunk};
    size_t i;
    memset(encoder, 0, sizeof(*encoder));
    encoder->options = options;
    encoder->sink = sink;
    encoder->body_start = sink->offset;
    spool_init(&encoder->positions, options->spill_folder, POSITIONS_MEMORY);
    spool_init(&encoder->bounds, options->spill_folder, SPOOL_MEMORY);
    spool_init(&encoder->dictionary, options->spill_folder, SPOOL_MEMORY);
    spool_init(&encoder->hashes, options->spill_folder, SPOOL_MEMORY);
    for (i = 0; i < sizeof(plain) / sizeof(plain[0]); i++) {
        buffer_init(plain[i], SIZE_MAX);
    }
    for (i = 0; i < PART_COUNT; i++) {
        buffer_init(&encoder->bound_parts[i], SIZE_MAX);
    }
}

void text_encoder_free(struct text_encoder *encoder)
{
    size_t i;
    spool_free(&encoder->positions);
    spool_free(&encoder->bounds);
    spool_free(&encoder->dictionary);
    spool_free(&encoder->hashes);
    buffer_free(&encoder->block_ends);
    buffer_free(&encoder->block_crcs);
    buffer_free(&encoder->first_term_ends);
    buffer_free(&encoder->first_terms);
    buffer_free(&encoder->entries);
    buffer_free(&encoder->short_postings);
    buffer_free(&encoder->short_positions);
    buffer_free(&encoder->chunk);
    buffer_free(&encoder->positions_chunk);
    for (i = 0; i < PART_COUNT; i++) {
        buffer_free(&encoder->bound_parts[i]);
    }
    mem_free(encoder->distances);
}

static bool is_long(const struct text_encoder *encoder)
{
    return encoder->df > TEXT_SHORT_POSTINGS;
}

static inlay_status write_postings(struct text_encoder *encoder, const struct buffer *bytes,
                                   inlay_error *err)
{
    INLAY_TRY(buffer_status(bytes, err));
    INLAY_TRY(byte_sink_write(encoder->sink, bytes->data, bytes->len, err));
    encoder->postings_length += bytes->len;
    return INLAY_OK;
}

/* The parts of a dictionary block's group begin where the regions end now. */
static void begin_group(struct text_encoder *encoder)
{
    encoder->group_postings = encoder->postings_length;
    encoder->group_positions = spool_length(&encoder->positions);
    encoder->group_bounds = spool_length(&encoder->bounds);
    encoder->group_unit = encoder->units;
    encoder->previous_length = 0;
}

inlay_status text_encoder_term(struct text_encoder *encoder, const uint8_t *term, uint32_t length,
                               uint32_t df, inlay_error *err)
{
    uint64_t hash = filter_hash(term, length);
    if (encoder->entry_count == 0) {
        begin_group(encoder);
        buffer_append(&encoder->first_terms, term, length);
        buffer_u32(&encoder->first_term_ends, (uint32_t)encoder->first_terms.len);
        INLAY_TRY(buffer_status(&encoder->first_terms, err));
        INLAY_TRY(buffer_status(&encoder->first_term_ends, err));
        if (encoder->first_terms.len > UINT32_MAX) {
            return error_set(err, INLAY_OVER_BUDGET, "a text index has too many distinct terms");
        }
    }
    if (encoder->terms == 0) {
        memcpy(encoder->min_term, term, length);
        encoder->min_length = length;
    }
    encoder->df = df;
    encoder->held = 0;
    encoder->last_row = UINT32_MAX;
    encoder->distance_count = 0;
    encoder->list_length = 0;
    encoder->positions_length = 0;
    encoder->chunk_blocks = 0;
    bound_set_clear(&encoder->chunk_set);
    buffer_u64(&encoder->hashes.buffer, hash);
    return spool_settle(&encoder->hashes, err);
}

bool text_encoder_grow_distances(struct text_encoder *encoder, uint32_t tf)
{
    void *distances = encoder->distances;
    if (!mem_grow(&distances, &encoder->distance_capacity, encoder->distance_count + tf,
                  sizeof(uint32_t))) {
        return false;
    }
    encoder->distances = distances;
    return true;
}

/* The positions of one block of postings: packs of 128, the last one shorter. */
static void encode_positions(struct text_encoder *encoder, struct buffer *out)
{
    size_t done;
    for (done = 0; done < encoder->distance_count; done += PACK_MAX) {
        size_t left = encoder->distance_count - done;
        (void)pack_encode(encoder->distances + done, left < PACK_MAX ? left : PACK_MAX, out);
    }
    encoder->distance_count = 0;
}

static inlay_status flush_chunk(struct text_encoder *encoder, inlay_error *err)
{
    struct buffer *parts = encoder->bound_parts;
    bound_set_encode(&encoder->chunk_set, CHUNK_PAIRS, &parts[PART_CHUNK_PAIRS]);
    buffer_u32(&parts[PART_CHUNK_CRC], crc32c(0, encoder->chunk.data, encoder->chunk.len));
    INLAY_TRY(write_postings(encoder, &encoder->chunk, err));
    encoder->list_length += encoder->chunk.len;
    buffer_clear(&encoder->chunk);
    if (encoder->options->positions) {
        struct buffer *chunk = &encoder->positions_chunk;
        INLAY_TRY(buffer_status(chunk, err));
        buffer_u32(&parts[PART_POSITIONS_CRC], crc32c(0, chunk->data, chunk->len));
        INLAY_TRY(spool_append(&encoder->positions, chunk->data, chunk->len, err));
        encoder->positions_length += chunk->len;
        buffer_clear(chunk);
    }
    bound_set_clear(&encoder->chunk_set);
    encoder->chunk_blocks = 0;
    encoder->units++;
    return INLAY_OK;
}

inlay_status text_encoder_block(struct text_encoder *encoder, inlay_error *err)
{
    struct buffer *parts = encoder->bound_parts;
    uint32_t i;
    bound_set_clear(&encoder->block_set);
    for (i = 0; i < encoder->held; i++) {
        bound_set_add(&encoder->block_set, encoder->tfs[i], encoder->codes[i]);
    }
    bound_set_merge(&encoder->chunk_set, &encoder->block_set);
    block_encode(encoder->rows, encoder->tfs, encoder->codes, encoder->held, encoder->last_row,
                 &encoder->chunk);
    encoder->last_row = encoder->rows[encoder->held - 1];
    encoder->held = 0;
    if (encoder->options->positions) {
        encode_positions(encoder, &encoder->positions_chunk);
        buffer_u32(&parts[PART_POSITIONS_END],
                   (uint32_t)(encoder->positions_length + encoder->positions_chunk.len));
    }
    buffer_u32(&parts[PART_LAST_ROW], encoder->last_row);
    buffer_u32(&parts[PART_BLOCK_END], (uint32_t)(encoder->list_length + encoder->chunk.len));
    bound_set_encode(&encoder->block_set, BLOCK_PAIRS, &parts[PART_PAIRS]);
    if (encoder->list_length + encoder->chunk.len > UINT32_MAX ||
        encoder->positions_length + encoder->positions_chunk.len > UINT32_MAX) {
        return error_set(err, INLAY_OVER_BUDGET,
                         "a term's postings pass 4 GiB; write smaller superfiles");
    }
    return ++encoder->chunk_blocks == CHUNK_BLOCKS ? flush_chunk(encoder, err) : INLAY_OK;
}

static uint8_t *put_inline(const struct text_encoder *encoder, uint8_t *to)
{
    uint32_t previous = UINT32_MAX;
    uint32_t i;
    for (i = 0; i < encoder->held; i++) {
        to = stream_varint(to, (uint32_t)(encoder->rows[i] - previous - 1));
        to = stream_varint(to, encoder->tfs[i]);
        *to++ = encoder->codes[i];
        previous = encoder->rows[i];
    }
    return to;
}

static inlay_status end_long(struct text_encoder *encoder, inlay_error *err)
{
    struct buffer *out = &encoder->bounds.buffer;
    uint32_t crc = 0;
    size_t i;
    if (encoder->held != 0) {
        INLAY_TRY(text_encoder_block(encoder, err));
    }
    if (encoder->chunk_blocks != 0) {
        INLAY_TRY(flush_chunk(encoder, err));
    }
    for (i = 0; i < PART_COUNT; i++) {
        struct buffer *part = &encoder->bound_parts[i];
        INLAY_TRY(buffer_status(part, err));
        crc = crc32c(crc, part->data, part->len);
        buffer_append(out, part->data, part->len);
        buffer_clear(part);
    }
    buffer_u32(out, crc);
    encoder->units++; /* the record itself */
    buffer_varint(&encoder->entries, encoder->list_length);
    if (encoder->options->positions) {
        buffer_varint(&encoder->entries, encoder->positions_length);
    }
    return spool_settle(&encoder->bounds, err);
}

static void end_short(struct text_encoder *encoder)
{
    if (encoder->df > TEXT_INLINE_POSTINGS) {
        size_t start = encoder->short_postings.len;
        block_encode(encoder->rows, encoder->tfs, encoder->codes, encoder->held, UINT32_MAX,
                     &encoder->short_postings);
        buffer_varint(&encoder->entries, encoder->short_postings.len - start);
    }
    if (encoder->options->positions) {
        size_t start = encoder->short_positions.len;
        encode_positions(encoder, &encoder->short_positions);
        buffer_varint(&encoder->entries, encoder->short_positions.len - start);
    }
}

/* The entry up to what depends on the kind of list, inline postings included. */
static void put_entry(struct text_encoder *encoder, const uint8_t *term, uint32_t length)
{
    uint8_t *start = buffer_extend(&encoder->entries, MOST_ENTRY);
    uint8_t *to = start;
    uint32_t shared = 0;
    if (start == NULL) {
        return;
    }
    while (shared < length && shared < encoder->previous_length &&
           term[shared] == encoder->previous[shared]) {
        shared++;
    }
    *to++ = (uint8_t)shared;
    *to++ = (uint8_t)(length - shared);
    for (; shared < length; shared++) {
        *to++ = encoder->previous[shared] = term[shared];
    }
    encoder->previous_length = length;
    to = stream_varint(to, encoder->df);
    if (encoder->df <= TEXT_INLINE_POSTINGS) {
        to = put_inline(encoder, to);
    }
    encoder->entries.len -= MOST_ENTRY - (size_t)(to - start);
}

inlay_status text_encoder_term_end(struct text_encoder *encoder, const uint8_t *term,
                                   uint32_t length, inlay_error *err)
{
    put_entry(encoder, term, length);
    if (is_long(encoder)) {
        INLAY_TRY(end_long(encoder, err));
    } else {
        end_short(encoder);
    }
    encoder->terms++;
    encoder->postings += encoder->df;
    encoder->entry_count++;
    return encoder->entry_count == TEXT_DICTIONARY_TERMS ? text_encoder_flush_block(encoder, err)
                                                         : INLAY_OK;
}

/* Appends a unit's length and, when there is one, its checksum. */
static void put_unit(struct buffer *out, const struct buffer *unit)
{
    buffer_varint(out, unit->len);
    buffer_u32(out, unit->len != 0 ? crc32c(0, unit->data, unit->len) : 0);
}

inlay_status text_encoder_flush_block(struct text_encoder *encoder, inlay_error *err)
{
    struct buffer head;
    inlay_status status;
    uint32_t crc;
    if (encoder->entry_count == 0) {
        return INLAY_OK;
    }
    buffer_init(&head, SIZE_MAX);
    buffer_u8(&head, (uint8_t)encoder->entry_count);
    buffer_varint(&head, encoder->group_unit);
    buffer_varint(&head, encoder->group_bounds);
    buffer_varint(&head, encoder->group_postings);
    buffer_varint(&head, encoder->postings_length - encoder->group_postings);
    put_unit(&head, &encoder->short_postings);
    if (encoder->options->positions) {
        buffer_varint(&head, encoder->group_positions);
        buffer_varint(&head, spool_length(&encoder->positions) - encoder->group_positions);
        put_unit(&head, &encoder->short_positions);
    }
    buffer_append(&head, encoder->entries.data, encoder->entries.len);
    crc = crc32c(0, head.data, head.len);
    status = buffer_status(&encoder->entries, err);
    if (status == INLAY_OK) {
        status = buffer_status(&head, err);
    }
    if (status == INLAY_OK) {
        status = spool_append(&encoder->dictionary, head.data, head.len, err);
    }
    buffer_free(&head);
    INLAY_TRY(status);
    buffer_u64(&encoder->block_ends, spool_length(&encoder->dictionary));
    buffer_u32(&encoder->block_crcs, crc);
    INLAY_TRY(buffer_status(&encoder->block_ends, err));
    INLAY_TRY(buffer_status(&encoder->block_crcs, err));
    INLAY_TRY(write_postings(encoder, &encoder->short_postings, err));
    INLAY_TRY(buffer_status(&encoder->short_positions, err));
    INLAY_TRY(spool_append(&encoder->positions, encoder->short_positions.data,
                           encoder->short_positions.len, err));
    buffer_clear(&encoder->entries);
    buffer_clear(&encoder->short_postings);
    buffer_clear(&encoder->short_positions);
    encoder->entry_count = 0;
    return INLAY_OK;
}
