/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/source.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define WINDOW_BYTES ((size_t)64 << 10)

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

static uint8_t get_byte(struct term_source *source, struct source_input *input)
{
    if (input->p == input->end && !refill(source, input)) {
        return 0;
    }
    return *input->p++;
}

static uint64_t get_varint(struct term_source *source, struct source_input *input)
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

static void next_memory_term(struct term_source *source)
{
    const struct build_term *term;
    if (source->next == source->builder->term_count) {
        return;
    }
    term = &source->builder->terms[source->order[source->next++]];
    memcpy(source->text, source->builder->term_bytes.data + term->text, term->length);
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
    for (i = 0; i < source->length; i++) {
        source->text[i] = get_byte(source, terms);
    }
    source->df = (uint32_t)get_varint(source, terms);
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
        (void)term_source_next_posting(source);
    }
    return source->status;
}

bool term_source_next_posting(struct term_source *source)
{
    uint64_t value;
    if (source->left == 0 || source->status != INLAY_OK) {
        return false;
    }
    value = get_varint(source, &source->postings);
    source->row += (uint32_t)(value >> 1) + 1;
    source->tf = (value & 1) != 0 ? 1 : (uint32_t)get_varint(source, &source->postings);
    source->code = get_byte(source, &source->postings);
    source->left--;
    return source->status == INLAY_OK;
}

inlay_status term_source_positions(struct term_source *source, uint32_t *distances)
{
    uint32_t i;
    for (i = 0; i < source->tf; i++) {
        distances[i] = (uint32_t)get_varint(source, &source->postings);
    }
    return source->status;
}
