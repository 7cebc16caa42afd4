/* SPDX-License-Identifier: Apache-2.0 */
/* A set of stop words: copies, in the order given, and an open-addressing hash table over them. */
#ifndef INLAY_TEXT_STOP_WORDS_H
#define INLAY_TEXT_STOP_WORDS_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STOP_WORDS_MAX 65536

struct stop_words {
    char **words; /* in the order given; NUL terminated, owned */
    size_t count;
    uint32_t *slots; /* 1 + number of a word, 0 = free; a power of two of them */
    size_t slot_mask;
    uint64_t lengths; /* bit min(length, 63): the filter that most tokens end at */
};

/* Copies the words. A word that is empty or longer than TOKEN_MAX_BYTES, or more than
 * STOP_WORDS_MAX words, is INLAY_INVALID_ARGUMENT. On failure the set is empty. */
inlay_status stop_words_init(struct stop_words *set, const char *const *words, size_t count,
                             inlay_error *err);
void stop_words_free(struct stop_words *set);
bool stop_words_contain(const struct stop_words *set, const uint8_t *bytes, size_t length);

#endif
