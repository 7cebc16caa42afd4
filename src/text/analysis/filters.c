/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/analyzer_priv.h"

#include <libstemmer.h>
#include <string.h>

static bool is_ascii(const uint8_t *bytes, size_t length)
{
    uint8_t any = 0;
    for (size_t i = 0; i < length; i++) {
        any |= bytes[i];
    }
    return any < 0x80;
}

/* Gives the token new bytes, which lie in the room. */
static void replace(struct analyzer_scratch *scratch, struct token *token, size_t length)
{
    token->bytes = scratch->room;
    token->length = (uint32_t)length;
    scratch->room += length;
    scratch->room_left -= length;
}

static void fold(struct analyzer_scratch *scratch, struct token *token)
{
    uint8_t *room;
    if (is_ascii(token->bytes, token->length)) {
        return;
    }
    room = scratch_room(scratch);
    if (room != NULL) {
        replace(scratch, token, fold_to_ascii(token->bytes, token->length, room));
    }
}

static void stem(struct analyzer_scratch *scratch, struct token *token)
{
    const sb_symbol *stemmed = sb_stemmer_stem(scratch->stemmer, token->bytes, (int)token->length);
    size_t length;
    uint8_t *room;
    if (stemmed == NULL) {
        scratch->failed = true;
        return;
    }
    length = (size_t)sb_stemmer_length(scratch->stemmer);
    if (length == 0) {
        return;
    }
    length = token_cut(stemmed, length);
    if (length <= token->length && memcmp(stemmed, token->bytes, length) == 0) {
        token->length = (uint32_t)length; /* a suffix went, the usual case */
        return;
    }
    room = scratch_room(scratch);
    if (room != NULL) {
        memcpy(room, stemmed, length);
        replace(scratch, token, length);
    }
}

void filter_tokens(const struct analyzer *analyzer, struct analyzer_scratch *scratch)
{
    const struct analyzer_config *config = &analyzer->config;
    size_t kept = 0;
    if (!config->ascii_folding && config->stop_word_count == 0 && scratch->stemmer == NULL) {
        return;
    }
    for (size_t i = 0; i < scratch->count && !scratch->failed; i++) {
        struct token token = scratch->tokens[i];
        if (config->ascii_folding) {
            fold(scratch, &token);
        }
        if (config->stop_word_count > 0 &&
            stop_words_contain(&analyzer->stop, token.bytes, token.length)) {
            continue;
        }
        if (scratch->stemmer != NULL) {
            stem(scratch, &token);
        }
        scratch->tokens[kept++] = token;
    }
    scratch->count = kept;
}
