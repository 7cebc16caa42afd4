/* SPDX-License-Identifier: Apache-2.0 */
/* From a batch into the table of terms: each distinct term is found once, and what the batch has of
 * it goes to its stream in one piece. */
#include "text/build/builder_priv.h"
#include "text/build/pages.h"

#include "base/error.h"

#include <string.h>

#define MAX_TERMS ((size_t)1 << 30) /* so that 32 bits of the hash address every slot */
#define PIECE 1024                  /* bytes of a stream put together before they are appended */
#define MOST_BYTES 16               /* of one posting without its positions, or of one position */

/* Each term needs a chain of cache lines: slot, term, then its text and the end of its stream. The
 * links are fetched some terms ahead of their use. */
#define SLOTS_AHEAD 24
#define TERMS_AHEAD 16
#define STREAMS_AHEAD 8

static uint64_t slot_of(uint32_t hash, size_t term)
{
    return (uint64_t)hash << 32 | (uint32_t)(term + 1);
}

static bool grow_slots(struct text_builder *builder)
{
    size_t count = builder->slot_count * 2;
    uint64_t *slots = pages_zalloc(count * sizeof(*slots)); /* count is below 2^32 */
    size_t i;
    if (slots == NULL) {
        return false;
    }
    for (i = 0; i < builder->slot_count; i++) {
        size_t at = (size_t)(builder->slots[i] >> 32) & (count - 1);
        if (builder->slots[i] == 0) {
            continue;
        }
        while (slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        slots[at] = builder->slots[i];
    }
    pages_free(builder->slots);
    builder->slots = slots;
    builder->slot_count = count;
    return true;
}

static const uint8_t *text_of(const struct token_batch *batch, const struct batch_term *term)
{
    return batch->bytes.data + term->text;
}

static struct build_term *add_term(struct text_builder *builder, const struct batch_term *from,
                                   size_t slot)
{
    void *terms = builder->terms;
    struct build_term *term;
    if (builder->term_count >= MAX_TERMS ||
        !pages_grow(&terms, &builder->term_capacity, builder->term_count, builder->term_count + 1,
                    sizeof(*term))) {
        return NULL;
    }
    builder->terms = terms;
    term = &builder->terms[builder->term_count];
    memset(term, 0, sizeof(*term));
    term->text = (uint32_t)builder->term_bytes.len;
    term->length = (uint8_t)from->length;
    term->previous_row = UINT32_MAX;
    buffer_append(&builder->term_bytes, text_of(&builder->batch, from), from->length);
    if (builder->term_bytes.status != INLAY_OK) {
        return NULL;
    }
    builder->slots[slot] = slot_of(from->hash, builder->term_count++);
    if (builder->term_count * 2 > builder->slot_count && !grow_slots(builder)) {
        return NULL;
    }
    return term;
}

static bool is_term(const struct text_builder *builder, const struct build_term *term,
                    const struct batch_term *from)
{
    return term->length == from->length &&
           memcmp(builder->term_bytes.data + term->text, text_of(&builder->batch, from),
                  from->length) == 0;
}

static struct build_term *find_term(struct text_builder *builder, const struct batch_term *from)
{
    size_t mask = builder->slot_count - 1;
    size_t at = (size_t)from->hash & mask;
    for (; builder->slots[at] != 0; at = (at + 1) & mask) {
        struct build_term *term;
        if ((uint32_t)(builder->slots[at] >> 32) != from->hash) {
            continue; /* without touching the term's memory */
        }
        term = &builder->terms[(uint32_t)builder->slots[at] - 1];
        if (is_term(builder, term, from)) {
            return term;
        }
    }
    return add_term(builder, from, at);
}

/* Terms of the batch on their way: what the table seems to have of the next ones. */
#define LOOKUPS 32 /* a power of two above TERMS_AHEAD */
struct lookups {
    uint32_t numbers[LOOKUPS]; /* of the term of the table + 1, by number in the batch; 0 = none */
};

static uint32_t likely_term(const struct text_builder *builder, uint32_t hash)
{
    size_t mask = builder->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (builder->slots[at] != 0 && (uint32_t)(builder->slots[at] >> 32) != hash) {
        at = (at + 1) & mask;
    }
    return (uint32_t)builder->slots[at];
}

static inline void look_ahead(const struct text_builder *builder, struct lookups *lookups,
                              size_t slots, size_t terms, size_t streams)
{
    const struct batch_term *batch = builder->batch.terms;
    size_t count = builder->batch.term_count;
    uint32_t number;
    if (slots < count) {
        __builtin_prefetch(&builder->slots[batch[slots].hash & (builder->slot_count - 1)]);
    }
    if (terms < count) {
        number = lookups->numbers[terms % LOOKUPS] = likely_term(builder, batch[terms].hash);
        if (number != 0) {
            __builtin_prefetch(&builder->terms[number - 1], 1);
        }
    }
    if (streams < count) {
        number = lookups->numbers[streams % LOOKUPS];
        if (number != 0) {
            const struct build_term *term = &builder->terms[number - 1];
            __builtin_prefetch(builder->term_bytes.data + term->text);
            stream_prefetch(&builder->pool, &term->postings);
        }
    }
}

/* Fills the pipeline, so that the steps of settling find every term in it. */
static void start_lookups(const struct text_builder *builder, struct lookups *lookups)
{
    size_t i;
    for (i = 0; i < SLOTS_AHEAD; i++) {
        look_ahead(builder, lookups, i, SIZE_MAX, SIZE_MAX);
    }
    for (i = 0; i < TERMS_AHEAD; i++) {
        look_ahead(builder, lookups, SIZE_MAX, i, SIZE_MAX);
    }
}

static struct build_term *settle_term(struct text_builder *builder, const struct lookups *lookups,
                                      size_t i)
{
    const struct batch_term *from = &builder->batch.terms[i];
    uint32_t number = lookups->numbers[i % LOOKUPS];
    struct build_term *term = number != 0 ? &builder->terms[number - 1] : NULL;
    return term != NULL && is_term(builder, term, from) ? term : find_term(builder, from);
}

/* Bytes on their way to a stream. */
struct piece {
    struct stream_pool *pool;
    struct stream *stream;
    uint8_t *end;
    bool ok;
    uint8_t bytes[PIECE + MOST_BYTES];
};

static void piece_flush(struct piece *piece)
{
    piece->ok = piece->ok && stream_put(piece->pool, piece->stream, piece->bytes,
                                        (size_t)(piece->end - piece->bytes));
    piece->end = piece->bytes;
}

/* Makes room for MOST_BYTES more. */
static void piece_reserve(struct piece *piece)
{
    if (piece->end - piece->bytes > PIECE) {
        piece_flush(piece);
    }
}

static void put_positions(struct piece *piece, const struct batch_occurrence *at, uint32_t tf)
{
    uint32_t position = 0;
    uint32_t i;
    for (i = 0; i < tf; i++) {
        piece_reserve(piece);
        piece->end = stream_varint(piece->end, at[i].position - position);
        position = at[i].position;
    }
}

/* Appends the occurrences of a term, document by document. */
static bool put_term(struct text_builder *builder, struct build_term *term,
                     const struct batch_occurrence *at, const struct batch_occurrence *end)
{
    struct piece piece;
    piece.pool = &builder->pool;
    piece.stream = &term->postings;
    piece.end = piece.bytes;
    piece.ok = true;
    while (at != end) {
        const struct batch_document *document = &builder->batch.documents[at->document];
        uint64_t gap = (uint32_t)(document->row - term->previous_row - 1);
        uint32_t tf = 1;
        while (at + tf != end && at[tf].document == at->document) {
            tf++;
        }
        piece_reserve(&piece);
        piece.end = stream_varint(piece.end, gap << 1 | (tf == 1));
        if (tf != 1) {
            piece.end = stream_varint(piece.end, tf);
        }
        *piece.end++ = document->code;
        if (builder->options.positions) {
            put_positions(&piece, at, tf);
        }
        term->previous_row = document->row;
        term->df++;
        at += tf;
    }
    piece_flush(&piece);
    return piece.ok;
}

inlay_status builder_settle(struct text_builder *builder, inlay_error *err)
{
    struct token_batch *batch = &builder->batch;
    const struct batch_occurrence *start;
    struct lookups lookups;
    size_t i;
    if (!token_batch_sort(batch)) {
        return error_no_memory(err);
    }
    start = batch->occurrences;
    start_lookups(builder, &lookups);
    for (i = 0; i < batch->term_count; i++) {
        const struct batch_occurrence *end = batch->occurrences + batch->ends[i];
        struct build_term *term;
        look_ahead(builder, &lookups, i + SLOTS_AHEAD, i + TERMS_AHEAD, i + STREAMS_AHEAD);
        term = settle_term(builder, &lookups, i);
        if (term == NULL || !put_term(builder, term, start, end)) {
            return error_no_memory(err);
        }
        start = end;
    }
    token_batch_clear(batch);
    return INLAY_OK;
}
