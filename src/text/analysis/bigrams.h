/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlapping bigrams of scripts written without spaces. A run is a stretch of adjacent characters
 * of one kind (CJK, or one of the complex-context scripts); n units give n - 1 tokens of two units,
 * a single one gives itself. A unit is one normalised code point with what attaches to it.
 */
#ifndef INLAY_TEXT_BIGRAMS_H
#define INLAY_TEXT_BIGRAMS_H

#include <stddef.h>
#include <stdint.h>

#define BIGRAM_UNIT_MAX 127 /* bytes; two of them fit a token */

struct analyzer_scratch;

struct bigram_unit {
    uint8_t bytes[BIGRAM_UNIT_MAX];
    uint8_t length;
    size_t start; /* byte range in the text */
    size_t end;
};

struct bigram_run { /* zero is an empty run */
    struct bigram_unit last;
    uint32_t kind;  /* UNICODE_CJK or UNICODE_COMPLEX */
    uint32_t count; /* units so far */
};

/* Adds the cluster text[start, end): a character of `kind` and what attaches to it; `all` are the
 * property bits that its code points share. Ends the run before it when it does not continue it. */
void bigrams_add(struct analyzer_scratch *scratch, const uint8_t *text, size_t start, size_t end,
                 uint32_t kind, uint32_t all);

/* Ends the run. Called before any other token is appended, and at the end of the text. */
void bigrams_end(struct analyzer_scratch *scratch);

#endif
