/* SPDX-License-Identifier: Apache-2.0 */
/* The nearest known word to a mistyped one. */
#ifndef INLAY_CLI_SUGGEST_H
#define INLAY_CLI_SUGGEST_H

#include <stddef.h>

/* Within a third of the word's length (at least 1) of Damerau-Levenshtein distance, or a word that
 * begins with it; NULL when nothing is near. Returns one of `words`. */
const char *suggest_nearest(const char *word, const char *const *words, size_t count);

#endif
