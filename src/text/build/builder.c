/* SPDX-License-Identifier: Apache-2.0 */
#include "text/build/builder_priv.h"

#include "text/format/length_code.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"

#include <stdlib.h>
#include <string.h>

#define FIRST_SLOTS ((size_t)1 << 12)
#define LEAST_BUDGET ((size_t)1 << 20)
#define MAX_TERMS ((size_t)1 << 30) /* so that 32 bits of the hash address every slot */

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
    stream_pool_init(&builder->pool);
    buffer_init(&builder->term_bytes, UINT32_MAX);
    buffer_init(&builder->codes, SIZE_MAX);
    builder->slot_count = FIRST_SLOTS;
    builder->slots = mem_zalloc_array(FIRST_SLOTS, sizeof(*builder->slots));
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
        spool_free(&builder->runs[i].positions);
    }
    analyzer_scratch_free(builder->scratch);
    stream_pool_free(&builder->pool);
    buffer_free(&builder->term_bytes);
    buffer_free(&builder->codes);
    mem_free(builder->runs);
    mem_free(builder->terms);
    mem_free(builder->slots);
    mem_free(builder->hashes);
    mem_free(builder);
}

void builder_forget(struct text_builder *builder)
{
    memset(builder->slots, 0, builder->slot_count * sizeof(*builder->slots));
    builder->term_count = 0;
    buffer_clear(&builder->term_bytes);
    stream_pool_clear(&builder->pool);
}

/* Ends the open document of a term: now its frequency is known. */
static bool close_document(struct text_builder *builder, struct build_term *term)
{
    uint64_t gap = (uint32_t)(term->row - term->previous_row - 1);
    uint8_t bytes[24];
    uint8_t *end = stream_varint(bytes, gap << 1 | (term->tf == 1));
    if (term->tf != 1) {
        end = stream_varint(end, term->tf);
    }
    *end++ = term->code;
    if (!stream_put(&builder->pool, &term->postings, bytes, (size_t)(end - bytes))) {
        return false;
    }
    term->previous_row = term->row;
    term->tf = 0;
    term->df++;
    return true;
}

static uint64_t slot_of(uint32_t hash, size_t term)
{
    return (uint64_t)hash << 32 | (uint32_t)(term + 1);
}

static bool grow_slots(struct text_builder *builder)
{
    size_t count = builder->slot_count * 2;
    uint64_t *slots = mem_zalloc_array(count, sizeof(*slots));
    size_t i;
    if (slots == NULL) {
        return false;
    }
    for (i = 0; i < builder->term_count; i++) {
        size_t at = (size_t)builder->terms[i].hash & (count - 1);
        while (slots[at] != 0) {
            at = (at + 1) & (count - 1);
        }
        slots[at] = slot_of(builder->terms[i].hash, i);
    }
    mem_free(builder->slots);
    builder->slots = slots;
    builder->slot_count = count;
    return true;
}

static struct build_term *add_term(struct text_builder *builder, const struct token *token,
                                   uint64_t hash, size_t slot)
{
    void *terms = builder->terms;
    struct build_term *term;
    if (builder->term_count >= MAX_TERMS ||
        !mem_grow(&terms, &builder->term_capacity, builder->term_count + 1, sizeof(*term))) {
        return NULL;
    }
    builder->terms = terms;
    term = &builder->terms[builder->term_count];
    memset(term, 0, sizeof(*term));
    term->hash = (uint32_t)hash;
    term->text = (uint32_t)builder->term_bytes.len;
    term->length = (uint8_t)token->length;
    term->previous_row = UINT32_MAX;
    buffer_append(&builder->term_bytes, token->bytes, token->length);
    if (builder->term_bytes.status != INLAY_OK) {
        return NULL;
    }
    builder->slots[slot] = slot_of(term->hash, builder->term_count++);
    if (builder->term_count * 2 > builder->slot_count && !grow_slots(builder)) {
        return NULL;
    }
    return term;
}

static struct build_term *find_term(struct text_builder *builder, const struct token *token,
                                    uint64_t hash)
{
    size_t mask = builder->slot_count - 1;
    size_t at = (size_t)hash & mask;
    for (; builder->slots[at] != 0; at = (at + 1) & mask) {
        struct build_term *term;
        if ((uint32_t)(builder->slots[at] >> 32) != (uint32_t)hash) {
            continue; /* without touching the term's memory */
        }
        term = &builder->terms[(uint32_t)builder->slots[at] - 1];
        if (term->length == token->length &&
            memcmp(builder->term_bytes.data + term->text, token->bytes, token->length) == 0) {
            return term;
        }
    }
    return add_term(builder, token, hash, at);
}

static bool add_token(struct text_builder *builder, uint32_t row, uint8_t code,
                      const struct token *token, uint64_t hash)
{
    struct build_term *term = find_term(builder, token, hash);
    if (term == NULL) {
        return false;
    }
    if (term->tf != 0 && term->row != row && !close_document(builder, term)) {
        return false;
    }
    if (term->tf == 0) {
        term->row = row;
        term->code = code;
        term->position = 0;
    }
    term->tf++;
    if (builder->options.positions) {
        uint8_t bytes[10];
        uint8_t *end = stream_varint(bytes, token->position - term->position);
        if (!stream_put(&builder->pool, &term->positions, bytes, (size_t)(end - bytes))) {
            return false;
        }
        term->position = token->position;
    }
    return true;
}

static size_t memory_used(const struct text_builder *builder)
{
    return stream_pool_memory(&builder->pool) + builder->term_count * sizeof(struct build_term) +
           builder->term_bytes.len + builder->slot_count * sizeof(uint64_t);
}

/* Hashes first, so that the table's lines are on their way when they are needed. */
static bool hash_tokens(struct text_builder *builder, const struct token *tokens, size_t count)
{
    void *hashes = builder->hashes;
    size_t i;
    if (!mem_grow(&hashes, &builder->hash_capacity, count, sizeof(uint64_t))) {
        return false;
    }
    builder->hashes = hashes;
    for (i = 0; i < count; i++) {
        builder->hashes[i] = hash_xxh3_64(tokens[i].bytes, tokens[i].length);
        __builtin_prefetch(&builder->slots[builder->hashes[i] & (builder->slot_count - 1)]);
    }
    return true;
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

/* Each token needs a chain of cache lines: slot, term, then its text and the ends of its streams.
 * The links are fetched some tokens ahead of their use. */
#define TERMS_AHEAD 12
#define STREAMS_AHEAD 5

static const struct build_term *likely_term(const struct text_builder *builder, uint64_t hash)
{
    size_t mask = builder->slot_count - 1;
    size_t at = (size_t)hash & mask;
    while (builder->slots[at] != 0 && (uint32_t)(builder->slots[at] >> 32) != (uint32_t)hash) {
        at = (at + 1) & mask;
    }
    return builder->slots[at] != 0 ? &builder->terms[(uint32_t)builder->slots[at] - 1] : NULL;
}

static void prefetch(const struct text_builder *builder, size_t i, size_t count)
{
    const struct build_term *term;
    if (i + TERMS_AHEAD < count) {
        term = likely_term(builder, builder->hashes[i + TERMS_AHEAD]);
        if (term != NULL) {
            __builtin_prefetch(term, 1);
            __builtin_prefetch((const uint8_t *)term + sizeof(*term) - 1, 1);
        }
    }
    if (i + STREAMS_AHEAD < count) {
        term = likely_term(builder, builder->hashes[i + STREAMS_AHEAD]);
        if (term != NULL) {
            __builtin_prefetch(builder->term_bytes.data + term->text);
            stream_prefetch(&builder->pool, &term->postings);
            stream_prefetch(&builder->pool, &term->positions);
        }
    }
}

inlay_status text_builder_add_tokens(struct text_builder *builder, uint32_t row,
                                     const struct token *tokens, size_t count, inlay_error *err)
{
    uint8_t code = length_code_encode(count);
    size_t i;
    if (builder->failed) {
        return error_set(err, INLAY_INTERNAL, "a text builder is used after a failure");
    }
    builder->failed = true;
    INLAY_TRY(set_code(builder, row, code, err));
    if (!hash_tokens(builder, tokens, count)) {
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        prefetch(builder, i, count);
        if (!add_token(builder, row, code, &tokens[i], builder->hashes[i])) {
            return error_no_memory(err);
        }
    }
    builder->documents++;
    if (memory_used(builder) > builder->options.memory_budget) {
        INLAY_TRY(builder_spill(builder, err));
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
    return text_builder_add_tokens(builder, row, tokens, count, err);
}

static int compare_terms(const void *a, const void *b, void *context)
{
    const struct text_builder *builder = context;
    const struct build_term *x = &builder->terms[*(const uint32_t *)a];
    const struct build_term *y = &builder->terms[*(const uint32_t *)b];
    size_t common = x->length < y->length ? x->length : y->length;
    int order =
        memcmp(builder->term_bytes.data + x->text, builder->term_bytes.data + y->text, common);
    return order != 0 ? order : (int)x->length - (int)y->length;
}

inlay_status builder_sort(struct text_builder *builder, uint32_t **order, inlay_error *err)
{
    uint32_t *numbers = mem_alloc_array(builder->term_count, sizeof(*numbers));
    size_t i;
    *order = NULL;
    if (numbers == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < builder->term_count; i++) {
        numbers[i] = (uint32_t)i;
        if (builder->terms[i].tf != 0 && !close_document(builder, &builder->terms[i])) {
            mem_free(numbers);
            return error_no_memory(err);
        }
    }
    if (builder->term_count > 1) {
        qsort_r(numbers, builder->term_count, sizeof(*numbers), compare_terms, builder);
    }
    *order = numbers;
    return INLAY_OK;
}
