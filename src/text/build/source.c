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
    builder_seal(builder);
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

/* The slices of a short stream are put together, so that reading it never comes to an end of one.
 */
static void open_stream(struct term_source *source, const struct stream *stream)
{
    struct source_input *input = &source->postings;
    const uint8_t *part;
    size_t length;
    stream_read(stream, &input->reader);
    input->p = input->end;
    input->slack = 0;
    if (stream->length <= SOURCE_GATHERED) {
        uint8_t *to = source->gathered;
        while ((length = stream_part(input->pool, &input->reader, &part)) != 0) {
            memcpy(to, part, length);
            to += length;
        }
        input->p = source->gathered;
        input->end = to;
        input->slack = SOURCE_SLACK;
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
    open_stream(source, &term->postings);
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

/* The present posting with its positions goes to the encoder, the next one is read. */
static inlay_status copy_posting(struct term_source *source, bool positions,
                                 struct text_encoder *encoder)
{
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
    INLAY_TRY(text_encoder_posting(encoder, source->row, source->tf, source->code, source->err));
    if (--source->left != 0) {
        next_posting(source);
    }
    return source->status;
}

/* At most MOST_VARINT bytes. */
#define MOST_VARINT 10
static inline const uint8_t *load_varint(const uint8_t *p, uint64_t *value)
{
    uint64_t result = *p++;
    if (result >= 0x80) {
        unsigned shift = 7;
        uint64_t byte;
        result &= 0x7f;
        do {
            byte = *p++;
            result |= (byte & 0x7f) << shift;
            shift += 7;
        } while (byte >= 0x80 && shift < 7 * MOST_VARINT);
    }
    *value = result;
    return p;
}

/* The same for as many postings below the limit as certainly end in the part that is there; the
 * last posting of the term is left. */
static inlay_status copy_run(struct term_source *source, uint32_t limit, bool positions,
                             struct text_encoder *encoder)
{
    const uint8_t *p = source->postings.p;
    const uint8_t *end = source->postings.end;
    size_t slack = source->postings.slack;
    uint32_t row = source->row;
    uint32_t tf = source->tf;
    uint8_t code = source->code;
    uint32_t left = source->left;
    inlay_status status = INLAY_OK;
    while (left > 1 && row < limit && status == INLAY_OK &&
           (size_t)(end - p) + slack >= ((uint64_t)tf + 2) * MOST_VARINT + 1) {
        uint64_t value;
        if (positions) {
            uint32_t *distances = text_encoder_distances(encoder, tf);
            uint32_t i;
            if (distances == NULL) {
                status = error_no_memory(source->err);
                break;
            }
            for (i = 0; i < tf; i++) {
                p = load_varint(p, &value);
                distances[i] = (uint32_t)value;
            }
        }
        status = text_encoder_posting(encoder, row, tf, code, source->err);
        left--;
        p = load_varint(p, &value);
        row += (uint32_t)(value >> 1) + 1;
        tf = 1;
        if ((value & 1) == 0) {
            p = load_varint(p, &value);
            tf = (uint32_t)value;
        }
        code = *p++;
    }
    source->postings.p = p;
    source->row = row;
    source->tf = tf;
    source->code = code;
    source->left = left;
    return status;
}

inlay_status term_source_copy(struct term_source *source, uint32_t limit, bool positions,
                              struct text_encoder *encoder)
{
    do {
        INLAY_TRY(copy_run(source, limit, positions, encoder));
        if (source->row >= limit) {
            return INLAY_OK;
        }
        INLAY_TRY(copy_posting(source, positions, encoder));
        if (source->left == 0) {
            source->df = 0;
            return INLAY_OK;
        }
    } while (source->row < limit);
    return INLAY_OK;
}
