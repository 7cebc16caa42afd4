/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/source.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define WINDOW_BYTES ((size_t)64 << 10)
#define TERMS_AHEAD 16
#define STREAMS_AHEAD 8
#define LINKS_AHEAD 4

static bool refill(struct term_source *source, struct source_input *input)
{
    uint64_t left;
    size_t length;
    if (source->status != INLAY_OK) {
        return false;
    }
    if (input->pool != NULL) {
        length = stream_part(input->pool, &input->reader, &input->p);
    } else {
        left = spool_length(input->spool) - input->offset;
        length = left < WINDOW_BYTES ? (size_t)left : WINDOW_BYTES;
        source->status =
            spool_read(input->spool, input->offset, input->window, length, source->err);
        input->p = input->window;
        input->offset += length;
    }
    if (source->status == INLAY_OK && length == 0) {
        source->status = error_set(source->err, INLAY_INTERNAL, "a text run ends too early");
    }
    input->end = input->p + (source->status == INLAY_OK ? length : 0);
    return source->status == INLAY_OK;
}

static inline uint8_t get_byte(struct term_source *source, struct source_input *input)
{
    if (input->p == input->end && !refill(source, input)) {
        return 0;
    }
    return *input->p++;
}

static uint64_t get_long_varint(struct term_source *source, struct source_input *input)
{
    uint64_t value = 0;
    unsigned shift;
    for (shift = 0; shift < 63; shift += 7) {
        uint8_t byte = get_byte(source, input);
        value |= (uint64_t)(byte & 0x7fu) << shift;
        if (byte < 0x80) {
            break;
        }
    }
    return value;
}

/* The usual varints; the others byte by byte. */
static inline uint64_t get_varint(struct term_source *source, struct source_input *input)
{
    const uint8_t *p = input->p;
    size_t left = (size_t)(input->end - p);
    if (left >= 1 && p[0] < 0x80) {
        input->p = p + 1;
        return p[0];
    }
    if (left >= 2 && p[1] < 0x80) {
        input->p = p + 2;
        return (p[0] & 0x7fu) | (uint32_t)p[1] << 7;
    }
    if (left >= 3 && p[2] < 0x80) {
        input->p = p + 3;
        return (p[0] & 0x7fu) | (p[1] & 0x7fu) << 7 | (uint32_t)p[2] << 14;
    }
    return get_long_varint(source, input);
}

inlay_status term_source_memory(struct term_source *source, struct text_builder *builder,
                                inlay_error *err)
{
    memset(source, 0, sizeof(*source));
    source->builder = builder;
    source->err = err;
    source->postings.pool = &builder->pool;
    INLAY_TRY(builder_settle(builder, err));
    return builder_sort(builder, &source->order, err);
}

static inlay_status open_input(struct source_input *input, const struct spool *spool,
                               inlay_error *err)
{
    input->spool = spool;
    input->window = mem_alloc(WINDOW_BYTES);
    return input->window != NULL ? INLAY_OK : error_no_memory(err);
}

inlay_status term_source_run(struct term_source *source, const struct build_run *run,
                             inlay_error *err)
{
    memset(source, 0, sizeof(*source));
    source->err = err;
    INLAY_TRY(open_input(&source->terms, &run->terms, err));
    return open_input(&source->postings, &run->postings, err);
}

void term_source_free(struct term_source *source)
{
    mem_free(source->order);
    mem_free(source->terms.window);
    mem_free(source->postings.window);
    memset(source, 0, sizeof(*source));
}

/* Terms come in byte order, so their memory lies anywhere. */
static void prefetch(const struct term_source *source)
{
    const struct text_builder *builder = source->builder;
    const struct build_term *term;
    if (source->next + TERMS_AHEAD < builder->term_count) {
        __builtin_prefetch(&builder->terms[source->order[source->next + TERMS_AHEAD]]);
        term = &builder->terms[source->order[source->next + STREAMS_AHEAD]];
        __builtin_prefetch(builder->term_bytes.data + term->text);
        stream_prefetch_first(&builder->pool, &term->postings);
        term = &builder->terms[source->order[source->next + LINKS_AHEAD]];
        stream_prefetch_second(&builder->pool, &term->postings);
    }
}

static void next_memory_term(struct term_source *source)
{
    const struct build_term *term;
    if (source->next == source->builder->term_count) {
        return;
    }
    prefetch(source);
    term = &source->builder->terms[source->order[source->next++]];
    source->text = source->builder->term_bytes.data + term->text;
    source->length = term->length;
    source->df = term->df;
    stream_read(&term->postings, &source->postings.reader);
    source->postings.p = source->postings.end;
}

static void next_run_term(struct term_source *source)
{
    struct source_input *terms = &source->terms;
    uint32_t i;
    if (terms->p == terms->end && terms->offset == spool_length(terms->spool)) {
        return;
    }
    source->length = get_byte(source, terms);
    source->text = source->run_text;
    for (i = 0; i < source->length; i++) {
        source->run_text[i] = get_byte(source, terms);
    }
    source->df = (uint32_t)get_varint(source, terms);
}

static void next_posting(struct term_source *source)
{
    uint64_t value = get_varint(source, &source->postings);
    source->row += (uint32_t)(value >> 1) + 1;
    source->tf = (value & 1) != 0 ? 1 : (uint32_t)get_varint(source, &source->postings);
    source->code = get_byte(source, &source->postings);
}

inlay_status term_source_next(struct term_source *source)
{
    source->length = 0;
    source->df = 0;
    if (source->builder != NULL) {
        next_memory_term(source);
    } else {
        next_run_term(source);
    }
    source->left = source->df;
    source->row = UINT32_MAX;
    if (source->df != 0) {
        next_posting(source);
    }
    return source->status;
}

inlay_status term_source_copy(struct term_source *source, uint32_t limit, bool positions,
                              struct text_encoder *encoder)
{
    do {
        if (positions) {
            uint32_t *distances = text_encoder_distances(encoder, source->tf);
            uint32_t i;
            if (distances == NULL) {
                return error_no_memory(source->err);
            }
            for (i = 0; i < source->tf; i++) {
                distances[i] = (uint32_t)get_varint(source, &source->postings);
            }
        }
        INLAY_TRY(source->status);
        INLAY_TRY(
            text_encoder_posting(encoder, source->row, source->tf, source->code, source->err));
        if (--source->left == 0) {
            source->df = 0;
            return INLAY_OK;
        }
        next_posting(source);
        INLAY_TRY(source->status);
    } while (source->row < limit);
    return INLAY_OK;
}
