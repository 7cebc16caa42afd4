/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/stop_words.h"

#include "base/alloc.h"
#include "base/error.h"
#include "base/hash.h"
#include "text/analyzer.h"

#include <string.h>

/* The short list that Lucene's EnglishAnalyzer has had from its beginning. */
static const char *const english[] = {
    "a",   "an",    "and",  "are",   "as",    "at",   "be",   "but", "by",  "for",  "if",
    "in",  "into",  "is",   "it",    "no",    "not",  "of",   "on",  "or",  "such", "that",
    "the", "their", "then", "there", "these", "they", "this", "to",  "was", "will", "with"};

const char *const *analyzer_stop_words(const char *name, size_t *count)
{
    if (strcmp(name, "english") != 0) {
        *count = 0;
        return NULL;
    }
    *count = sizeof(english) / sizeof(english[0]);
    return english;
}

static uint64_t length_bit(size_t length)
{
    return 1ull << (length < 63 ? length : 63);
}

/* The slot of a word, or the free slot where it would go. */
static uint32_t *find_slot(const struct stop_words *set, const uint8_t *bytes, size_t length)
{
    size_t at = (size_t)hash_xxh3_64(bytes, length) & set->slot_mask;
    for (;; at = (at + 1) & set->slot_mask) {
        const char *word;
        if (set->slots[at] == 0) {
            return &set->slots[at];
        }
        word = set->words[set->slots[at] - 1];
        if (strlen(word) == length && memcmp(word, bytes, length) == 0) {
            return &set->slots[at];
        }
    }
}

static inlay_status add_word(struct stop_words *set, const char *word, inlay_error *err)
{
    size_t length = word == NULL ? 0 : strlen(word);
    uint32_t *slot;
    if (length == 0 || length > TOKEN_MAX_BYTES) {
        return error_set(
            err, INLAY_INVALID_ARGUMENT,
            "stop word %zu has %zu bytes: it can never equal a token, which has 1 to %d",
            set->count, length, TOKEN_MAX_BYTES);
    }
    set->words[set->count] = mem_strdup(word);
    if (set->words[set->count] == NULL) {
        return error_no_memory(err);
    }
    slot = find_slot(set, (const uint8_t *)word, length);
    set->count++;
    if (*slot == 0) {
        *slot = (uint32_t)set->count;
    }
    set->lengths |= length_bit(length);
    return INLAY_OK;
}

inlay_status stop_words_init(struct stop_words *set, const char *const *words, size_t count,
                             inlay_error *err)
{
    inlay_status status = INLAY_OK;
    size_t slots = 16;
    *set = (struct stop_words){0};
    if (count == 0) {
        return INLAY_OK;
    }
    if (words == NULL || count > STOP_WORDS_MAX) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "%zu stop words given: at most %d fit", count,
                         STOP_WORDS_MAX);
    }
    while (slots < 2 * count) {
        slots *= 2;
    }
    set->slot_mask = slots - 1;
    set->words = mem_zalloc_array(count, sizeof(*set->words));
    set->slots = mem_zalloc_array(slots, sizeof(*set->slots));
    if (set->words == NULL || set->slots == NULL) {
        status = error_no_memory(err);
    }
    for (size_t i = 0; status == INLAY_OK && i < count; i++) {
        status = add_word(set, words[i], err);
    }
    if (status != INLAY_OK) {
        stop_words_free(set);
    }
    return status;
}

void stop_words_free(struct stop_words *set)
{
    for (size_t i = 0; i < set->count; i++) {
        mem_free(set->words[i]);
    }
    mem_free(set->words);
    mem_free(set->slots);
    *set = (struct stop_words){0};
}

bool stop_words_contain(const struct stop_words *set, const uint8_t *bytes, size_t length)
{
    return (set->lengths & length_bit(length)) != 0 && *find_slot(set, bytes, length) != 0;
}
