/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/builder_priv.h"

#include "text/build/pages.h"
#include "text/format/length_code.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define FIRST_SLOTS ((size_t)1 << 12)
#define LEAST_BUDGET ((size_t)1 << 20)
#define MOST_BATCH_TOKENS ((size_t)1 << 20)
#define BATCH_SHARE 64 /* bytes of the budget per token of a batch */

void text_options_init(struct text_options *options)
{
    memset(options, 0, sizeof(*options));
    options->positions = true;
    options->k1 = 1.2;
    options->b = 0.75;
    options->memory_budget = (size_t)256 << 20;
}

static inlay_status check_options(const struct text_options *options, inlay_error *err)
{
    if (!(options->k1 >= 0 && options->k1 <= 100)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "k1 is %g; it must be 0 to 100", options->k1);
    }
    if (!(options->b >= 0 && options->b <= 1)) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "b is %g; it must be 0 to 1", options->b);
    }
    return INLAY_OK;
}

inlay_status text_builder_create(const struct analyzer *analyzer,
                                 const struct text_options *options, struct text_builder **out,
                                 inlay_error *err)
{
    struct text_builder *builder;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(check_options(options, err));
    builder = mem_zalloc(sizeof(*builder));
    if (builder == NULL) {
        return error_no_memory(err);
    }
    builder->analyzer = analyzer;
    builder->options = *options;
    if (builder->options.memory_budget < LEAST_BUDGET) {
        builder->options.memory_budget = LEAST_BUDGET;
    }
    builder->batch_tokens = builder->options.memory_budget / BATCH_SHARE;
    if (builder->batch_tokens > MOST_BATCH_TOKENS) {
        builder->batch_tokens = MOST_BATCH_TOKENS;
    }
    token_batch_init(&builder->batch);
    stream_pool_init(&builder->pool);
    buffer_init(&builder->term_bytes, UINT32_MAX);
    buffer_init(&builder->codes, SIZE_MAX);
    builder->slot_count = FIRST_SLOTS;
    builder->slots = pages_zalloc(FIRST_SLOTS * sizeof(*builder->slots));
    if (builder->slots == NULL) {
        text_builder_free(builder);
        return error_no_memory(err);
    }
    status = analyzer_scratch_create(analyzer, &builder->scratch, err);
    if (status != INLAY_OK) {
        text_builder_free(builder);
        return status;
    }
    *out = builder;
    return INLAY_OK;
}

void text_builder_free(struct text_builder *builder)
{
    size_t i;
    if (builder == NULL) {
        return;
    }
    for (i = 0; i < builder->run_count; i++) {
        spool_free(&builder->runs[i].terms);
        spool_free(&builder->runs[i].postings);
    }
    analyzer_scratch_free(builder->scratch);
    token_batch_free(&builder->batch);
    stream_pool_free(&builder->pool);
    buffer_free(&builder->term_bytes);
    buffer_free(&builder->codes);
    mem_free(builder->runs);
    pages_free(builder->terms);
    pages_free(builder->slots);
    mem_free(builder);
}

void builder_forget(struct text_builder *builder)
{
    memset(builder->slots, 0, builder->slot_count * sizeof(*builder->slots));
    builder->term_count = 0;
    buffer_clear(&builder->term_bytes);
    stream_pool_clear(&builder->pool);
}

void builder_seal(struct text_builder *builder)
{
    token_batch_free(&builder->batch);
    pages_free(builder->slots);
    builder->slots = NULL;
    builder->slot_count = 0;
    builder->failed = true; /* nothing can be added any more */
}

static inlay_status set_code(struct text_builder *builder, uint32_t row, uint8_t code,
                             inlay_error *err)
{
    if (row == UINT32_MAX || row < builder->codes.len) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "row %u does not follow the last one added to the text index", row);
    }
    buffer_fill(&builder->codes, LENGTH_CODE_NULL, row - builder->codes.len);
    buffer_u8(&builder->codes, code);
    return buffer_status(&builder->codes, err);
}

static size_t memory_used(const struct text_builder *builder)
{
    return token_batch_memory(&builder->batch) + stream_pool_memory(&builder->pool) +
           builder->term_count * sizeof(struct build_term) + builder->term_bytes.len +
           builder->slot_count * sizeof(uint64_t);
}

static inlay_status add_tokens(struct text_builder *builder, uint32_t row,
                               const struct token *tokens, size_t count, inlay_error *err)
{
    uint8_t code = length_code_encode(count);
    if (builder->failed) {
        return error_set(err, INLAY_INTERNAL, "a text builder is used after a failure");
    }
    builder->failed = true;
    INLAY_TRY(set_code(builder, row, code, err));
    if (!token_batch_add(&builder->batch, row, code, tokens, count,
                         analyzer_tokens_padded(builder->analyzer))) {
        return error_no_memory(err);
    }
    builder->documents++;
    if (builder->batch.token_count >= builder->batch_tokens) {
        INLAY_TRY(builder_settle(builder, err));
        if (memory_used(builder) > builder->options.memory_budget) {
            INLAY_TRY(builder_spill(builder, err));
        }
    }
    builder->failed = false;
    return INLAY_OK;
}

inlay_status text_builder_add(struct text_builder *builder, uint32_t row, const char *text,
                              size_t length, inlay_error *err)
{
    const struct token *tokens;
    size_t count;
    INLAY_TRY(
        analyzer_run(builder->analyzer, builder->scratch, text, length, &tokens, &count, err));
    return add_tokens(builder, row, tokens, count, err);
}
