/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text analysis: one analyzer object serves index, query and highlight. Immutable after creation
 * and shared by threads; per-thread scratch lives in analyzer_scratch.
 *
 *   standard    Unicode UAX #29 word boundaries; words with a letter, digit or ideograph are
 * tokens; NFKC and full case folding (Unicode, via utf8proc); CJK runs as bigrams; tokens longer
 *               than 255 bytes are cut at a code point. Pure ASCII text takes a SIMD fast path with
 *               identical results.
 *   ascii       runs of ASCII letters and digits, lower-cased; every other byte separates
 *   whitespace  runs between Unicode white space, unchanged
 *   keyword     the whole value, unchanged, one token
 *   code        standard words further split at camelCase, snake_case and letter/digit borders
 */
#ifndef INLAY_TEXT_ANALYZER_H
#define INLAY_TEXT_ANALYZER_H

#include "inlay/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TOKEN_MAX_BYTES 255

enum analyzer_kind { /* numbers are stored in files and never change */
                     ANALYZER_STANDARD = 1,
                     ANALYZER_ASCII = 2,
                     ANALYZER_WHITESPACE = 3,
                     ANALYZER_KEYWORD = 4,
                     ANALYZER_CODE = 5
};

struct analyzer_config {
    enum analyzer_kind kind;
    char stemmer[16];              /* Snowball language such as "english"; "" = none */
    bool ascii_folding;            /* strip diacritics of Latin letters after folding */
    const char *const *stop_words; /* borrowed during creation; already in token form */
    size_t stop_word_count;
};

struct analyzer;         /* immutable */
struct analyzer_scratch; /* one per thread */

void analyzer_config_init(struct analyzer_config *config); /* standard, no stemmer, no stop words */
inlay_status analyzer_create(const struct analyzer_config *config, struct analyzer **out,
                             inlay_error *err);
void analyzer_free(struct analyzer *analyzer);
const struct analyzer_config *analyzer_config_of(const struct analyzer *analyzer);
inlay_status analyzer_scratch_create(const struct analyzer *analyzer, struct analyzer_scratch **out,
                                     inlay_error *err);
void analyzer_scratch_free(struct analyzer_scratch *scratch);

struct token {
    const uint8_t *bytes; /* normalised; in scratch or in the text, valid until the next run */
    uint32_t length;      /* 1..TOKEN_MAX_BYTES */
    uint32_t position;    /* word number; stop words leave a gap */
    uint32_t start;       /* byte range in the original text, for highlighting */
    uint32_t end;
};

/* All tokens of a text in order, into the scratch's array. Invalid UTF-8 bytes separate tokens and
 * never fail. A text of 4 GiB or more is INLAY_INVALID_ARGUMENT. */
inlay_status analyzer_run(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                          const char *text, size_t length, const struct token **tokens,
                          size_t *count, inlay_error *err);

/* True when TOKEN_PADDING bytes behind each token of the analyzer may be loaded (they mean
 * nothing): its tokens lie in the scratch, not in the text. */
#define TOKEN_PADDING 16
bool analyzer_tokens_padded(const struct analyzer *analyzer);

/*
 * Stored form of a configuration (docs/format/analyzers.md). It carries a stamp of what made it:
 * tokens of equal configurations are equal when the stamps are, so an index can tell that the
 * program which reads it would analyze differently.
 */
#define ANALYZER_BEHAVIOUR 1 /* goes up when the tokens of any text change */

struct analyzer_stamp {
    uint16_t behaviour;
    uint8_t unicode[3];    /* of the word break tables: major, minor, update */
    uint8_t normalizer[3]; /* Unicode version of the normalisation library */
    uint32_t stemmer; /* fingerprint of the stemmer's release: the library names none; 0 = none */
};

struct buffer;
struct reader;

/* What this program would write beside the configuration. */
struct analyzer_stamp analyzer_stamp_of(const struct analyzer_config *config);
bool analyzer_stamp_equal(struct analyzer_stamp a, struct analyzer_stamp b);

/* Appends the stored form, with the current stamp. The configuration must be one that
 * analyzer_create accepts. */
void analyzer_config_write(const struct analyzer_config *config, struct buffer *out);

/* Reads it from untrusted bytes. `out` owns its stop words: release it with analyzer_config_free
 * (analyzer_create copies them). `stamp` may be NULL. INLAY_CORRUPT for malformed bytes,
 * INLAY_UNSUPPORTED for a later format or an analyzer this version lacks. */
inlay_status analyzer_config_read(struct reader *in, struct analyzer_config *out,
                                  struct analyzer_stamp *stamp, inlay_error *err);
/* Only for what analyzer_config_read gave. Leaves the initial configuration. */
void analyzer_config_free(struct analyzer_config *config);

/* A built-in stop word list by name ("english"), or NULL: static, for analyzer_config. */
const char *const *analyzer_stop_words(const char *name, size_t *count);

#endif
