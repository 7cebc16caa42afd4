/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The normal form of a word: NFKC_Casefold (Unicode standard 3.13, R5 of "Default Case Folding"),
 * which is NFKC, full case folding and the removal of default ignorable code points in one closed
 * mapping. One tailoring: U+2019, the typographic apostrophe, becomes U+0027. Words of inert code
 * points take the generated table, all others utf8proc.
 */
#ifndef INLAY_TEXT_NORMALIZE_H
#define INLAY_TEXT_NORMALIZE_H

#include <stddef.h>
#include <stdint.h>

/* Of a longer word only so many code points of its decomposition count. They are enough for
 * TOKEN_MAX_BYTES bytes, as no composition gives fewer than two bytes for three code points. */
#define NORMALIZE_MAX_POINTS 512
#define NORMALIZE_MAX_EXPANSION 18 /* U+FDFA */

struct normalizer {
    int32_t points[NORMALIZE_MAX_POINTS + NORMALIZE_MAX_EXPANSION];
};

/* Writes the normal form of a word (valid UTF-8), cut at TOKEN_MAX_BYTES at a code point; `out` has
 * TOKEN_ROOM bytes. `all` are the UNICODE_ bits that all its code points share. Returns the number
 * of bytes, which is 0 when every code point is ignorable. */
size_t normalize_word(struct normalizer *normalizer, const uint8_t *word, size_t length,
                      uint32_t all, uint8_t *out);

/* Removes the diacritics of Latin letters and spells Latin letters outside ASCII in ASCII where
 * that is usual (ae for æ, o for ø, d for đ, ...). Other scripts stay. `word` is in normal form;
 * `out` has TOKEN_ROOM bytes; returns their number, never more than `length`. */
size_t fold_to_ascii(const uint8_t *word, size_t length, uint8_t *out);

#endif
