/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analyzer.h"

#include "base/alloc.h"
#include "base/error.h"

struct analyzer {
    struct analyzer_config config;
};

struct analyzer_scratch {
    uint8_t *lower;
    size_t lower_capacity;
    struct token *tokens;
    size_t token_capacity;
    size_t count;
};

void analyzer_config_init(struct analyzer_config *config)
{
    *config = (struct analyzer_config){.kind = ANALYZER_STANDARD};
}

inlay_status analyzer_create(const struct analyzer_config *config, struct analyzer **out,
                             inlay_error *err)
{
    *out = mem_zalloc(sizeof(**out));
    if (*out == NULL) {
        return error_no_memory(err);
    }
    (*out)->config = *config;
    return INLAY_OK;
}

void analyzer_free(struct analyzer *analyzer)
{
    mem_free(analyzer);
}

const struct analyzer_config *analyzer_config_of(const struct analyzer *analyzer)
{
    return &analyzer->config;
}

inlay_status analyzer_scratch_create(const struct analyzer *analyzer, struct analyzer_scratch **out,
                                     inlay_error *err)
{
    (void)analyzer;
    *out = mem_zalloc(sizeof(**out));
    return *out == NULL ? error_no_memory(err) : INLAY_OK;
}

void analyzer_scratch_free(struct analyzer_scratch *scratch)
{
    if (scratch != NULL) {
        mem_free(scratch->lower);
        mem_free(scratch->tokens);
        mem_free(scratch);
    }
}

static bool is_word_byte(enum analyzer_kind kind, uint8_t c)
{
    bool alnum = (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
    switch (kind) {
    case ANALYZER_ASCII:
        return alnum;
    case ANALYZER_WHITESPACE:
        return c > ' ';
    case ANALYZER_KEYWORD:
        return true;
    default:
        return alnum || c == '_' || c >= 0x80;
    }
}

inlay_status analyzer_run(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                          const char *text, size_t length, const struct token **tokens,
                          size_t *count, inlay_error *err)
{
    enum analyzer_kind kind = analyzer->config.kind;
    bool folds = kind != ANALYZER_WHITESPACE && kind != ANALYZER_KEYWORD;
    const uint8_t *bytes = (const uint8_t *)text;
    *tokens = NULL;
    *count = 0;
    if (length > UINT32_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a text of %zu bytes is too long", length);
    }
    if (!mem_grow((void **)&scratch->lower, &scratch->lower_capacity, length, 1)) {
        return error_no_memory(err);
    }
    scratch->count = 0;
    for (size_t at = 0; at < length;) {
        size_t start = at;
        while (at < length && is_word_byte(kind, bytes[at])) {
            uint8_t c = bytes[at];
            scratch->lower[at++] = folds && c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
        }
        if (at == start) {
            at++;
            continue;
        }
        if (!mem_grow((void **)&scratch->tokens, &scratch->token_capacity, scratch->count + 1,
                      sizeof(struct token))) {
            return error_no_memory(err);
        }
        scratch->tokens[scratch->count] = (struct token){
            .bytes = scratch->lower + start,
            .length = (uint32_t)(at - start > TOKEN_MAX_BYTES ? TOKEN_MAX_BYTES : at - start),
            .position = (uint32_t)scratch->count,
            .start = (uint32_t)start,
            .end = (uint32_t)at,
        };
        scratch->count++;
    }
    *tokens = scratch->tokens;
    *count = scratch->count;
    return INLAY_OK;
}
