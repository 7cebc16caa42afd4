/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analyzer.h"

#include "base/alloc.h"
#include "base/error.h"
#include "text/analysis/analyzer_priv.h"
#include "text/analysis/ascii.h"
#include "text/analysis/utf8.h"

#include <libstemmer.h>
#include <string.h>

#define ROOM_CHUNK ((size_t)32 * 1024)
#define KEPT_BYTES ((size_t)8 * 1024 * 1024) /* of each region, from one run to the next */

void analyzer_config_init(struct analyzer_config *config)
{
    *config = (struct analyzer_config){.kind = ANALYZER_STANDARD};
}

static inlay_status check_config(const struct analyzer_config *config, inlay_error *err)
{
    bool verbatim = config->kind == ANALYZER_WHITESPACE || config->kind == ANALYZER_KEYWORD;
    if (config->kind < ANALYZER_STANDARD || config->kind > ANALYZER_CODE) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "there is no analyzer of kind %d",
                         (int)config->kind);
    }
    if (memchr(config->stemmer, '\0', sizeof(config->stemmer)) == NULL) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "the stemmer's name has no end");
    }
    if (verbatim && (config->stemmer[0] != '\0' || config->ascii_folding)) {
        return error_set(
            err, INLAY_INVALID_ARGUMENT,
            "the analyzers 'whitespace' and 'keyword' keep text unchanged: stemmer and "
            "ASCII folding need 'standard', 'ascii' or 'code'");
    }
    return INLAY_OK;
}

static inlay_status create_stemmer(const struct analyzer_config *config, struct sb_stemmer **out,
                                   inlay_error *err)
{
    const char **names = sb_stemmer_list();
    *out = NULL;
    if (config->stemmer[0] == '\0') {
        return INLAY_OK;
    }
    while (*names != NULL && strcmp(*names, config->stemmer) != 0) {
        names++;
    }
    if (*names == NULL) {
        return error_set(
            err, INLAY_INVALID_ARGUMENT,
            "there is no Snowball stemmer '%s'; names are English and lower-case, such "
            "as 'english' or 'german'",
            config->stemmer);
    }
    *out = sb_stemmer_new(config->stemmer, NULL);
    return *out == NULL ? error_no_memory(err) : INLAY_OK;
}

inlay_status analyzer_create(const struct analyzer_config *config, struct analyzer **out,
                             inlay_error *err)
{
    struct sb_stemmer *probe = NULL;
    struct analyzer *analyzer;
    inlay_status status;
    *out = NULL;
    INLAY_TRY(check_config(config, err));
    INLAY_TRY(create_stemmer(config, &probe, err));
    sb_stemmer_delete(probe);
    analyzer = mem_zalloc(sizeof(*analyzer));
    if (analyzer == NULL) {
        return error_no_memory(err);
    }
    analyzer->config = *config;
    status = stop_words_init(&analyzer->stop, config->stop_words, config->stop_word_count, err);
    if (status != INLAY_OK) {
        mem_free(analyzer);
        return status;
    }
    analyzer->config.stop_words = (const char *const *)analyzer->stop.words;
    *out = analyzer;
    return INLAY_OK;
}

void analyzer_free(struct analyzer *analyzer)
{
    if (analyzer != NULL) {
        stop_words_free(&analyzer->stop);
        mem_free(analyzer);
    }
}

const struct analyzer_config *analyzer_config_of(const struct analyzer *analyzer)
{
    return &analyzer->config;
}

inlay_status analyzer_scratch_create(const struct analyzer *analyzer, struct analyzer_scratch **out,
                                     inlay_error *err)
{
    struct analyzer_scratch *scratch = mem_zalloc(sizeof(*scratch));
    inlay_status status;
    *out = NULL;
    if (scratch == NULL) {
        return error_no_memory(err);
    }
    arena_init(&scratch->arena, SIZE_MAX);
    status = create_stemmer(&analyzer->config, &scratch->stemmer, err);
    if (status != INLAY_OK) {
        analyzer_scratch_free(scratch);
        return status;
    }
    *out = scratch;
    return INLAY_OK;
}

void analyzer_scratch_free(struct analyzer_scratch *scratch)
{
    if (scratch != NULL) {
        sb_stemmer_delete(scratch->stemmer);
        arena_free(&scratch->arena);
        mem_free(scratch->lower);
        mem_free(scratch->tokens);
        mem_free(scratch);
    }
}

bool analyzer_tokens_padded(const struct analyzer *analyzer)
{
    enum analyzer_kind kind = analyzer->config.kind;
    return kind != ANALYZER_WHITESPACE && kind != ANALYZER_KEYWORD;
}

uint8_t *scratch_room(struct analyzer_scratch *scratch)
{
    if (scratch->room_left < TOKEN_ROOM) {
        scratch->room = arena_alloc(&scratch->arena, ROOM_CHUNK);
        scratch->room_left = scratch->room == NULL ? 0 : ROOM_CHUNK;
        scratch->failed |= scratch->room == NULL;
    }
    return scratch->room;
}

size_t token_cut(const uint8_t *bytes, size_t length)
{
    if (length <= TOKEN_MAX_BYTES) {
        return length;
    }
    length = TOKEN_MAX_BYTES;
    /* Back over the bytes of the code point that does not fit; invalid bytes are cut anywhere. */
    for (size_t back = 0; back < UTF8_MAX_SIZE; back++) {
        if (!utf8_is_trail(bytes[length - back])) {
            return length - back;
        }
    }
    return length;
}

void scratch_push(struct analyzer_scratch *scratch, const uint8_t *bytes, size_t length,
                  size_t start, size_t end)
{
    if (length == 0 || scratch->failed) {
        return;
    }
    if (scratch->count == scratch->capacity &&
        !mem_grow((void **)&scratch->tokens, &scratch->capacity, scratch->count + 1,
                  sizeof(struct token))) {
        scratch->failed = true;
        return;
    }
    length = token_cut(bytes, length);
    if (bytes == scratch->room) {
        scratch->room += length;
        scratch->room_left -= length;
    }
    scratch->tokens[scratch->count++] = (struct token){
        .bytes = bytes,
        .length = (uint32_t)length,
        .position = scratch->position++,
        .start = (uint32_t)start,
        .end = (uint32_t)end,
    };
}

bool scratch_lower(struct analyzer_scratch *scratch, size_t length)
{
    length += 2 * ASCII_BLOCK;
    if (length > scratch->lower_capacity &&
        !mem_grow((void **)&scratch->lower, &scratch->lower_capacity, length, 1)) {
        scratch->failed = true;
        return false;
    }
    return true;
}

static void reset(struct analyzer_scratch *scratch)
{
    if (scratch->arena.allocated > KEPT_BYTES) {
        arena_free(&scratch->arena);
    } else {
        arena_reset(&scratch->arena);
    }
    if (scratch->lower_capacity > KEPT_BYTES) {
        mem_free(scratch->lower);
        scratch->lower = NULL;
        scratch->lower_capacity = 0;
    }
    if (scratch->capacity > KEPT_BYTES / sizeof(struct token)) {
        mem_free(scratch->tokens);
        scratch->tokens = NULL;
        scratch->capacity = 0;
    }
    scratch->room = NULL;
    scratch->room_left = 0;
    scratch->count = 0;
    scratch->position = 0;
    scratch->failed = false;
    scratch->bigrams.count = 0;
}

static void tokenize(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                     const uint8_t *text, size_t length)
{
    switch (analyzer->config.kind) {
    case ANALYZER_ASCII:
        tokenize_ascii(scratch, text, length);
        break;
    case ANALYZER_WHITESPACE:
        tokenize_whitespace(scratch, text, length);
        break;
    case ANALYZER_KEYWORD:
        tokenize_keyword(scratch, text, length);
        break;
    case ANALYZER_STANDARD:
    case ANALYZER_CODE:
        tokenize_standard(analyzer, scratch, text, length);
        break;
    }
}

inlay_status analyzer_run(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                          const char *text, size_t length, const struct token **tokens,
                          size_t *count, inlay_error *err)
{
    *tokens = NULL;
    *count = 0;
    if (length > UINT32_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "a text of %zu bytes: at most %u can be analyzed as one value", length,
                         UINT32_MAX);
    }
    reset(scratch);
    if (length > 0) {
        tokenize(analyzer, scratch, (const uint8_t *)text, length);
        filter_tokens(analyzer, scratch);
    }
    if (scratch->failed) {
        return error_no_memory(err);
    }
    *tokens = scratch->tokens;
    *count = scratch->count;
    return INLAY_OK;
}
