/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the analyzers: the two objects, and how a tokenizer hands tokens on.
 *
 * A run has two passes. The tokenizer of the analyzer's kind appends normalised tokens with
 * positions and byte ranges (standard.c, simple.c); then filters.c folds to ASCII, drops stop words
 * and stems, in this order, in place. Neither allocates per token: bytes go to a bump region, and
 * all memory is kept for the next run.
 */
#ifndef INLAY_TEXT_ANALYZER_PRIV_H
#define INLAY_TEXT_ANALYZER_PRIV_H

#include "base/arena.h"
#include "text/analysis/bigrams.h"
#include "text/analysis/normalize.h"
#include "text/analysis/stop_words.h"
#include "text/analyzer.h"

struct sb_stemmer;

struct analyzer {
    struct analyzer_config config; /* its stop words are those of `stop` */
    struct stop_words stop;
};

struct analyzer_scratch {
    struct arena arena; /* token bytes that are not in `lower` */
    uint8_t *room;      /* the part of it that is free now */
    size_t room_left;
    uint8_t *lower; /* lower-cased copy of the ASCII stretches, at the offsets of the text */
    size_t lower_capacity;
    struct token *tokens;
    size_t count;
    size_t capacity;
    uint32_t position; /* of the next token */
    bool failed;       /* out of memory: sticky until the next run */
    bool general_only; /* tests: no fast path */
    struct sb_stemmer *stemmer;
    struct bigram_run bigrams;
    struct normalizer normalizer;
};

/* Room for the bytes of one token and the padding behind it, TOKEN_ROOM of them; NULL (and failed)
 * without memory. They stay reserved once scratch_push has taken them. */
#define TOKEN_ROOM (TOKEN_MAX_BYTES + 1 + TOKEN_PADDING)
uint8_t *scratch_room(struct analyzer_scratch *scratch);

/* Appends a token at the next position. Bytes in the room become taken. Nothing for length 0. */
void scratch_push(struct analyzer_scratch *scratch, const uint8_t *bytes, size_t length,
                  size_t start, size_t end);

/* Makes `lower` hold `length` bytes, those of the whole text, and two blocks behind them. It moves,
 * so it is called before the first token. False, and failed, without memory. */
bool scratch_lower(struct analyzer_scratch *scratch, size_t length);

/* The largest prefix of at most TOKEN_MAX_BYTES bytes that ends at a code point of valid UTF-8. */
size_t token_cut(const uint8_t *bytes, size_t length);

/* Tokenizers: append the tokens of a text. */
void tokenize_standard(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                       const uint8_t *text, size_t length); /* and code */
void tokenize_ascii(struct analyzer_scratch *scratch, const uint8_t *text, size_t length);
void tokenize_whitespace(struct analyzer_scratch *scratch, const uint8_t *text, size_t length);
void tokenize_keyword(struct analyzer_scratch *scratch, const uint8_t *text, size_t length);

/* Tokens of pure ASCII text[start, end) as `standard` makes them. The bytes on both sides of the
 * range must be the text's ends or separators (ascii_is_separator); `lower` has its room. */
void tokenize_ascii_words(struct analyzer_scratch *scratch, const uint8_t *text, size_t start,
                          size_t end);

/* Folding, stop words and stemming over all tokens of the scratch. */
void filter_tokens(const struct analyzer *analyzer, struct analyzer_scratch *scratch);

#endif
