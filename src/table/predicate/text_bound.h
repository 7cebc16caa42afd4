/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a condition on a text asks of the words of a row, as the column's analyzer makes them. Each
 * is a necessary condition: the same text gives the same tokens, so a row whose text is the value,
 * or holds it as LIKE says, has them.
 *
 * Of a LIKE, stretches between characters that certainly separate words (or the text's ends) are
 * whole words. Runs of ASCII letters and digits elsewhere are fragments of words, less a last
 * letter where an unknown character follows, because normalisation may compose the two.
 */
#ifndef INLAY_TABLE_PREDICATE_TEXT_BOUND_H
#define INLAY_TABLE_PREDICATE_TEXT_BOUND_H

#include "base/arena.h"
#include "table/predicate/predicate.h"
#include "text/analyzer.h"
#include "text/term_walk.h"

struct bound_token {
    const uint8_t *text; /* in the arena */
    uint32_t length;
};

/* Tokens that a row has all of. None: nothing is known. */
struct token_list {
    struct bound_token *items;
    size_t count;
};

/* The longest tokens of a text, `most` at most: they are likely the rarest. */
inlay_status text_bound_tokens(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const void *text, uint32_t length, size_t most, struct arena *arena,
                               struct token_list *out, inlay_error *err);

struct like_bound {
    struct token_list words;
    struct text_walk walk; /* fragments, count and folded; count 0: none */
};

#define LIKE_TOKENS_MAX 16

/* `test` is PREDICATE_LIKE. */
inlay_status like_bound_make(const struct predicate *test, const struct analyzer *analyzer,
                             struct analyzer_scratch *scratch, struct arena *arena,
                             struct like_bound *out, inlay_error *err);

#endif
