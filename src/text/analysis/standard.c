/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The standard and code tokenizers. Text is cut at ASCII separators, which no word contains and
 * across which no rule of UAX #29 looks; pure ASCII stretches between them take the mask walk of
 * ascii_words.c, the rest goes segment by segment through word_break.h.
 */
#include "text/analysis/analyzer_priv.h"
#include "text/analysis/ascii.h"
#include "text/analysis/unicode.h"
#include "text/analysis/word_break.h"

#define SPACELESS (UNICODE_CJK | UNICODE_COMPLEX)
#define MIN_FAST_BYTES 32 /* a shorter ASCII stretch is not worth the change of path */

struct tokenizer {
    struct analyzer_scratch *scratch;
    const uint8_t *text;
    bool splits; /* the code analyzer */
};

/* A character with what attaches to it. */
struct cluster {
    size_t end;
    uint32_t bits; /* of the character */
    uint32_t all;  /* shared with what attaches */
};

static struct cluster cluster_at(const uint8_t *text, size_t start, size_t end)
{
    struct utf8_item item = utf8_decode(text + start, text + end);
    struct cluster cluster = {.end = start + item.size, .bits = unicode_bits(item)};
    cluster.all = cluster.bits;
    while (cluster.end < end) {
        uint32_t bits;
        item = utf8_decode(text + cluster.end, text + end);
        bits = unicode_bits(item);
        if (!unicode_attaches(bits)) {
            break;
        }
        cluster.all &= bits;
        cluster.end += item.size;
    }
    return cluster;
}

static void push_word(struct tokenizer *t, size_t start, size_t end, uint32_t all)
{
    uint8_t *room;
    bigrams_end(t->scratch);
    room = scratch_room(t->scratch);
    if (room != NULL) {
        size_t length =
            normalize_word(&t->scratch->normalizer, t->text + start, end - start, all, room);
        scratch_push(t->scratch, room, length, start, end);
    }
}

enum letter_case { CASE_NONE, CASE_LOWER, CASE_UPPER, CASE_DIGIT, CASE_SEPARATOR };

static enum letter_case case_of(uint32_t bits)
{
    if ((bits & UNICODE_WORD) == 0) {
        return CASE_SEPARATOR;
    }
    if ((bits & UNICODE_DIGIT) != 0) {
        return CASE_DIGIT;
    }
    if ((bits & UNICODE_UPPER) != 0) {
        return CASE_UPPER;
    }
    return (bits & UNICODE_LOWER) != 0 ? CASE_LOWER : CASE_NONE;
}

static bool part_ends(enum letter_case before, enum letter_case here)
{
    return before == CASE_SEPARATOR || here == CASE_SEPARATOR ||
           (before == CASE_DIGIT) != (here == CASE_DIGIT) ||
           (before == CASE_LOWER && here == CASE_UPPER);
}

static void push_part(struct tokenizer *t, size_t start, size_t end, enum letter_case kind,
                      uint32_t all)
{
    if (end > start && kind != CASE_SEPARATOR) {
        push_word(t, start, end, all);
    }
}

/* Parts of one word: between separators, at letter and digit borders, before an upper-case letter
 * that follows a lower-case one (getName) or starts a lower-case word (HTTPServer). */
static void push_parts(struct tokenizer *t, size_t start, size_t end)
{
    enum letter_case before = CASE_SEPARATOR;
    size_t last = start; /* where the last cluster begins */
    uint32_t all_before_last = UINT32_MAX;
    uint32_t all = UINT32_MAX;
    uint32_t last_all = UINT32_MAX;
    for (size_t at = start; at < end;) {
        struct cluster cluster = cluster_at(t->text, at, end);
        enum letter_case here = case_of(cluster.bits);
        if (part_ends(before, here)) {
            push_part(t, start, at, before, all);
            start = at;
            all = UINT32_MAX;
        } else if (before == CASE_UPPER && here == CASE_LOWER && last > start) {
            push_part(t, start, last, before, all_before_last);
            start = last;
            all = last_all;
        }
        all_before_last = all;
        last_all = cluster.all;
        all &= cluster.all;
        before = here;
        last = at;
        at = cluster.end;
    }
    push_part(t, start, end, before, all);
}

static void push_letters(struct tokenizer *t, size_t start, size_t end, uint32_t any, uint32_t all)
{
    if ((any & UNICODE_WORD) == 0) {
        return;
    }
    if (t->splits) {
        push_parts(t, start, end);
    } else {
        push_word(t, start, end, all);
    }
}

/* A segment with characters of a spaceless script, which join runs; the rest of it (Katakana joins
 * letters through '_') are words. */
static void push_spaceless(struct tokenizer *t, size_t start, size_t end)
{
    size_t word = start;
    uint32_t any = 0;
    uint32_t all = UINT32_MAX;
    for (size_t at = start; at < end;) {
        struct cluster cluster = cluster_at(t->text, at, end);
        if ((cluster.bits & SPACELESS) != 0) {
            push_letters(t, word, at, any, all);
            bigrams_add(t->scratch, t->text, at, cluster.end, cluster.bits & SPACELESS,
                        cluster.all);
            word = cluster.end;
            any = 0;
            all = UINT32_MAX;
        } else {
            any |= cluster.bits;
            all &= cluster.all;
        }
        at = cluster.end;
    }
    push_letters(t, word, end, any, all);
}

/* Any text between two separators or ends. */
static void general_words(struct tokenizer *t, size_t start, size_t end)
{
    while (start < end) {
        struct word_segment segment;
        if (ascii_is_separator(t->text[start])) {
            start++;
            continue;
        }
        segment = word_break_next(t->text, end, start);
        if ((segment.any & SPACELESS) != 0) {
            push_spaceless(t, start, segment.end);
        } else {
            push_letters(t, start, segment.end, segment.any, segment.all);
        }
        start = segment.end;
    }
    bigrams_end(t->scratch);
}

static size_t separator_after(const uint8_t *text, size_t at, size_t length)
{
    while (at < length && !ascii_is_separator(text[at])) {
        at++;
    }
    return at;
}

static size_t behind_last_separator(const uint8_t *text, size_t start, size_t end)
{
    while (end > start && !ascii_is_separator(text[end - 1])) {
        end--;
    }
    return end;
}

void tokenize_standard(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                       const uint8_t *text, size_t length)
{
    struct tokenizer t = {scratch, text, analyzer->config.kind == ANALYZER_CODE};
    const struct ascii_kernels *kernels = ascii_kernels();
    size_t at = 0; /* a separator is before it, or nothing */
    if (t.splits || scratch->general_only) {
        general_words(&t, 0, length);
        return;
    }
    if (!scratch_lower(scratch, length)) {
        return;
    }
    while (at < length && !scratch->failed) {
        size_t ascii = at + kernels->prefix(text + at, length - at);
        size_t cut = ascii == length ? length : behind_last_separator(text, at, ascii);
        if (cut - at >= MIN_FAST_BYTES || cut == length) {
            tokenize_ascii_words(scratch, text, at, cut);
            at = cut;
        }
        if (at < length) {
            size_t end = separator_after(text, ascii, length);
            general_words(&t, at, end);
            at = end;
        }
    }
}
