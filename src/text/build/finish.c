/* SPDX-License-Identifier: Apache-2.0 */
/* The last step of a build: merge all sources term by term, then lay out the body and the hot
 * part. */
#include "text/build/builder_priv.h"
#include "text/build/encoder.h"
#include "text/build/source.h"
#include "text/format/filter.h"
#include "text/format/layout.h"
#include "text/format/length_code.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

struct finish {
    struct text_builder *const *builders;
    size_t builder_count;
    uint64_t row_count;
    struct byte_sink *body;
    struct buffer *hot;
    struct text_index_summary *summary;
    struct text_encoder encoder;
    struct term_source *sources;
    size_t source_count;
    struct term_source **present; /* the sources that have the present term */
    size_t present_count;
    uint8_t *codes; /* one per row */
    uint64_t offsets[TEXT_REGION_COUNT];
    uint64_t lengths[TEXT_REGION_COUNT];
};

static int compare_text(const uint8_t *a, uint32_t a_length, const uint8_t *b, uint32_t b_length)
{
    int order = memcmp(a, b, a_length < b_length ? a_length : b_length);
    return order != 0 ? order : (a_length > b_length) - (a_length < b_length);
}

static inlay_status open_sources(struct finish *f, inlay_error *err)
{
    size_t total = f->builder_count;
    size_t i;
    size_t j;
    for (i = 0; i < f->builder_count; i++) {
        total += f->builders[i]->run_count;
    }
    f->sources = mem_zalloc_array(total, sizeof(*f->sources));
    f->present = mem_zalloc_array(total, sizeof(struct term_source *));
    if (f->sources == NULL || f->present == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < f->builder_count; i++) {
        for (j = 0; j < f->builders[i]->run_count; j++) {
            INLAY_TRY(
                term_source_run(&f->sources[f->source_count++], &f->builders[i]->runs[j], err));
        }
        INLAY_TRY(term_source_memory(&f->sources[f->source_count++], f->builders[i], err));
    }
    for (i = 0; i < f->source_count; i++) {
        INLAY_TRY(term_source_next(&f->sources[i]));
    }
    return INLAY_OK;
}

/* Finds the least term and who has it; the document frequency over all of them. */
static uint32_t gather_term(struct finish *f)
{
    uint64_t df = 0;
    size_t i;
    f->present_count = 0;
    for (i = 0; i < f->source_count; i++) {
        struct term_source *source = &f->sources[i];
        int order = -1;
        if (source->length == 0) {
            continue;
        }
        if (f->present_count != 0) {
            order = compare_text(source->text, source->length, f->present[0]->text,
                                 f->present[0]->length);
        }
        if (order > 0) {
            continue;
        }
        if (order < 0) {
            f->present_count = 0;
            df = 0;
        }
        f->present[f->present_count++] = source;
        df += source->df;
    }
    return (uint32_t)df;
}

/* The present source with the least row, and the least row of the others (UINT32_MAX: they have
 * none); NULL when all postings of the term are written. */
static struct term_source *least_row(struct finish *f, uint32_t *limit)
{
    struct term_source *least = NULL;
    size_t i;
    *limit = UINT32_MAX;
    for (i = 0; i < f->present_count; i++) {
        struct term_source *source = f->present[i];
        if (source->df == 0) {
            continue;
        }
        if (least == NULL || source->row < least->row) {
            *limit = least != NULL ? least->row : UINT32_MAX;
            least = source;
        } else if (source->row < *limit) {
            *limit = source->row;
        }
    }
    return least;
}

static inlay_status merge_term(struct finish *f, uint32_t df, inlay_error *err)
{
    const struct term_source *first = f->present[0];
    bool positions = f->builders[0]->options.positions;
    struct term_source *source;
    uint32_t limit;
    size_t i;
    INLAY_TRY(text_encoder_term(&f->encoder, first->text, first->length, df, err));
    while ((source = least_row(f, &limit)) != NULL) {
        INLAY_TRY(term_source_copy(source, limit, positions, &f->encoder));
    }
    INLAY_TRY(text_encoder_term_end(&f->encoder, first->text, first->length, err));
    for (i = 0; i < f->present_count; i++) {
        INLAY_TRY(term_source_next(f->present[i]));
    }
    return INLAY_OK;
}

static inlay_status merge_terms(struct finish *f, inlay_error *err)
{
    uint32_t df;
    while ((df = gather_term(f)) != 0) {
        INLAY_TRY(merge_term(f, df, err));
    }
    return text_encoder_flush_block(&f->encoder, err);
}

/* One length code per row, and the statistics that follow from them. */
static inlay_status merge_codes(struct finish *f, inlay_error *err)
{
    size_t i;
    size_t row;
    f->codes = mem_alloc((size_t)f->row_count);
    if (f->codes == NULL) {
        return error_no_memory(err);
    }
    memset(f->codes, LENGTH_CODE_NULL, (size_t)f->row_count);
    for (i = 0; i < f->builder_count; i++) {
        const struct buffer *codes = &f->builders[i]->codes;
        if (codes->len > f->row_count) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "a text index of %llu rows was given row %llu",
                             (unsigned long long)f->row_count, (unsigned long long)codes->len - 1);
        }
        for (row = 0; row < codes->len; row++) {
            if (codes->data[row] == LENGTH_CODE_NULL) {
                continue;
            }
            if (f->codes[row] != LENGTH_CODE_NULL) {
                return error_set(err, INLAY_INVALID_ARGUMENT,
                                 "row %llu was added to two text builders",
                                 (unsigned long long)row);
            }
            f->codes[row] = codes->data[row];
            f->summary->documents++;
            f->summary->total_length += length_code_decode(codes->data[row]);
        }
    }
    return INLAY_OK;
}

static inlay_status write_region(struct finish *f, enum text_region region,
                                 const struct spool *spool, inlay_error *err)
{
    INLAY_TRY(byte_sink_align(f->body, TEXT_ALIGNMENT, err));
    f->offsets[region] = f->body->offset - f->encoder.body_start;
    f->lengths[region] = spool_length(spool);
    return spool_copy(spool, f->body, err);
}

static inlay_status write_body(struct finish *f, inlay_error *err)
{
    static const uint8_t padding[TEXT_ALIGNMENT] = {0};
    f->offsets[TEXT_POSTINGS] = 0;
    f->lengths[TEXT_POSTINGS] = f->encoder.postings_length;
    INLAY_TRY(write_region(f, TEXT_POSITIONS, &f->encoder.positions, err));
    INLAY_TRY(write_region(f, TEXT_BOUNDS, &f->encoder.bounds, err));
    INLAY_TRY(write_region(f, TEXT_DICTIONARY, &f->encoder.dictionary, err));
    INLAY_TRY(byte_sink_align(f->body, TEXT_ALIGNMENT, err));
    f->offsets[TEXT_CODES] = f->body->offset - f->encoder.body_start;
    f->lengths[TEXT_CODES] = f->row_count;
    INLAY_TRY(byte_sink_write(f->body, f->codes, (size_t)f->row_count, err));
    INLAY_TRY(byte_sink_write(f->body, padding, sizeof(padding), err));
    INLAY_TRY(byte_sink_align(f->body, TEXT_ALIGNMENT, err));
    f->summary->body_length = f->body->offset - f->encoder.body_start;
    return INLAY_OK;
}

static inlay_status put_filter(struct finish *f, inlay_error *err)
{
    size_t size = filter_size(f->encoder.terms);
    uint8_t *filter = buffer_extend(f->hot, size);
    uint8_t hashes[512 * 8];
    uint64_t done;
    uint64_t total = spool_length(&f->encoder.hashes);
    if (filter == NULL) {
        return buffer_status(f->hot, err);
    }
    memset(filter, 0, size);
    for (done = 0; done < total; done += sizeof(hashes)) {
        size_t length = total - done < sizeof(hashes) ? (size_t)(total - done) : sizeof(hashes);
        size_t i;
        INLAY_TRY(spool_read(&f->encoder.hashes, done, hashes, length, err));
        for (i = 0; i < length; i += 8) {
            filter_add(filter, size, load_u64(hashes + i));
        }
    }
    f->summary->filter_length = size;
    return INLAY_OK;
}

static void put_fixed(struct finish *f)
{
    const struct text_encoder *encoder = &f->encoder;
    struct buffer *hot = f->hot;
    size_t i;
    buffer_u32(hot, TEXT_MAGIC);
    buffer_u32(hot, TEXT_VERSION);
    buffer_u32(hot, encoder->options->positions ? TEXT_FLAG_POSITIONS : 0);
    buffer_u32(hot, (uint32_t)(encoder->block_crcs.len / 4));
    buffer_u64(hot, f->row_count);
    buffer_u64(hot, f->summary->documents);
    buffer_u64(hot, f->summary->total_length);
    buffer_u64(hot, encoder->terms);
    buffer_u64(hot, encoder->postings);
    buffer_u64(hot, encoder->units);
    buffer_f64(hot, encoder->options->k1);
    buffer_f64(hot, encoder->options->b);
    for (i = 0; i < TEXT_REGION_COUNT; i++) {
        buffer_u64(hot, f->offsets[i]);
        buffer_u64(hot, f->lengths[i]);
    }
    buffer_u64(hot, f->summary->body_length);
    buffer_u64(hot, 0); /* filter offset and length, known later */
    buffer_u64(hot, 0);
    buffer_u32(hot, 0); /* config length */
    buffer_u32(hot, (uint32_t)encoder->first_terms.len);
}

static inlay_status write_hot(struct finish *f, inlay_error *err)
{
    const struct text_encoder *encoder = &f->encoder;
    struct buffer *hot = f->hot;
    size_t start = hot->len;
    size_t config;
    uint64_t row;
    put_fixed(f);
    buffer_append(hot, encoder->block_ends.data, encoder->block_ends.len);
    for (row = 0; row < f->row_count; row += TEXT_CODE_CHUNK) {
        uint64_t left = f->row_count - row;
        buffer_u32(hot, crc32c(0, f->codes + row,
                               left < TEXT_CODE_CHUNK ? (size_t)left : TEXT_CODE_CHUNK));
    }
    buffer_append(hot, encoder->block_crcs.data, encoder->block_crcs.len);
    buffer_append(hot, encoder->first_term_ends.data, encoder->first_term_ends.len);
    buffer_append(hot, encoder->first_terms.data, encoder->first_terms.len);
    buffer_u8(hot, (uint8_t)encoder->previous_length); /* the last term */
    buffer_append(hot, encoder->previous, encoder->previous_length);
    config = hot->len;
    analyzer_config_write(analyzer_config_of(f->builders[0]->analyzer), hot);
    INLAY_TRY(buffer_status(hot, err));
    buffer_patch_u32(hot, start + 184, (uint32_t)(hot->len - config));
    buffer_fill(hot, 0, (size_t)(-(hot->len - start)) % FILTER_BLOCK);
    f->summary->filter_offset = hot->len - start;
    INLAY_TRY(put_filter(f, err));
    buffer_patch_u64(hot, start + 168, f->summary->filter_offset);
    buffer_patch_u64(hot, start + 176, f->summary->filter_length);
    buffer_u32(hot, crc32c(0, hot->data + start, hot->len - start));
    return buffer_status(hot, err);
}

static void fill_summary(struct finish *f)
{
    struct text_index_summary *summary = f->summary;
    summary->terms = f->encoder.terms;
    summary->postings = f->encoder.postings;
    summary->min_length = f->encoder.min_length;
    memcpy(summary->min_term, f->encoder.min_term, f->encoder.min_length);
    summary->max_length = f->encoder.previous_length;
    memcpy(summary->max_term, f->encoder.previous, f->encoder.previous_length);
}

static inlay_status check_finish(struct text_builder *const *builders, size_t count,
                                 uint64_t row_count, const struct byte_sink *body, inlay_error *err)
{
    size_t i;
    if (count == 0 || row_count == 0 || row_count > UINT32_MAX ||
        body->offset % TEXT_ALIGNMENT != 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a text index needs a builder, 1 to 2^32 - 1 rows and an aligned sink");
    }
    for (i = 0; i < count; i++) {
        const struct text_options *options = &builders[i]->options;
        const struct text_options *first = &builders[0]->options;
        if (builders[i]->failed || options->positions != first->positions ||
            options->k1 != first->k1 || options->b != first->b) {
            return error_set(err, INLAY_INVALID_ARGUMENT,
                             "text builder %zu has failed or has other options than the first", i);
        }
    }
    return INLAY_OK;
}

inlay_status text_builder_finish(struct text_builder *const *builders, size_t count,
                                 uint64_t row_count, struct byte_sink *body, struct buffer *hot,
                                 struct text_index_summary *summary, inlay_error *err)
{
    struct finish f;
    inlay_status status;
    size_t i;
    memset(summary, 0, sizeof(*summary));
    INLAY_TRY(check_finish(builders, count, row_count, body, err));
    memset(&f, 0, sizeof(f));
    f.builders = builders;
    f.builder_count = count;
    f.row_count = row_count;
    f.body = body;
    f.hot = hot;
    f.summary = summary;
    text_encoder_init(&f.encoder, &builders[0]->options, body);
    INLAY_TRY_GOTO(status, merge_codes(&f, err), cleanup);
    INLAY_TRY_GOTO(status, open_sources(&f, err), cleanup);
    INLAY_TRY_GOTO(status, merge_terms(&f, err), cleanup);
    INLAY_TRY_GOTO(status, write_body(&f, err), cleanup);
    INLAY_TRY_GOTO(status, write_hot(&f, err), cleanup);
    fill_summary(&f);
cleanup:
    for (i = 0; i < count; i++) {
        builders[i]->failed = true; /* used up */
    }
    for (i = 0; i < f.source_count; i++) {
        term_source_free(&f.sources[i]);
    }
    mem_free(f.sources);
    mem_free(f.present);
    mem_free(f.codes);
    text_encoder_free(&f.encoder);
    if (status != INLAY_OK) {
        memset(summary, 0, sizeof(*summary));
    }
    return status;
}
