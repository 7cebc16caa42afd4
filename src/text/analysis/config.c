/* SPDX-License-Identifier: Apache-2.0 */
/* Stored analyzer configurations: docs/format/analyzers.md. */
#include "base/alloc.h"
#include "base/buffer.h"
#include "base/error.h"
#include "base/hash.h"
#include "base/reader.h"
#include "text/analysis/generated/unicode_tables.h"
#include "text/analysis/stop_words.h"
#include "text/analyzer.h"

#include <libstemmer.h>
#include <string.h>
#include <utf8proc.h>

#define CONFIG_FORMAT 1
#define FLAG_ASCII_FOLDING 0x01u

/* The three numbers of "15.0.0"; a number that does not fit is 255. */
static void parse_version(const char *text, uint8_t out[3])
{
    for (size_t i = 0; i < 3; i++) {
        unsigned number = 0;
        for (; *text >= '0' && *text <= '9'; text++) {
            number = number * 10 + (unsigned)(*text - '0');
            number = number < 255 ? number : 255;
        }
        out[i] = (uint8_t)number;
        text += *text == '.';
    }
}

/* Words whose stems have changed between releases of Snowball, and ordinary ones of several
 * languages. The list is part of the format: another list is another fingerprint. */
static const char *const probes[] = {
    "added",     "emergency", "apologists", "skis",      "organization", "beauvais", "bijoux",
    "c'est",     "fêtes",     "abgebildet", "abgeödete", "häuser",       "книгами",  "весёлый",
    "canciones", "città",     "corações",   "huizen",    "evlerden",     "taloissa", "barnen",
};

/* XXH3 of the stems in order, each ended by a zero byte, low 32 bits. */
static uint32_t stemmer_fingerprint(const char *language)
{
    struct sb_stemmer *stemmer = language[0] == '\0' ? NULL : sb_stemmer_new(language, NULL);
    uint8_t stems[sizeof(probes) / sizeof(probes[0]) * 32] = {0};
    size_t length = 0;
    if (stemmer == NULL) {
        return 0;
    }
    for (size_t i = 0; i < sizeof(probes) / sizeof(probes[0]); i++) {
        const sb_symbol *word = (const sb_symbol *)probes[i];
        const sb_symbol *stem = sb_stemmer_stem(stemmer, word, (int)strlen(probes[i]));
        size_t size = stem == NULL ? 0 : (size_t)sb_stemmer_length(stemmer);
        size = size < 31 ? size : 31;
        if (size > 0) {
            memcpy(stems + length, stem, size);
        }
        length += size + 1;
    }
    sb_stemmer_delete(stemmer);
    return (uint32_t)hash_xxh3_64(stems, length);
}

struct analyzer_stamp analyzer_stamp_of(const struct analyzer_config *config)
{
    struct analyzer_stamp stamp = {
        .behaviour = ANALYZER_BEHAVIOUR,
        .unicode = {UNICODE_VERSION_MAJOR, UNICODE_VERSION_MINOR, UNICODE_VERSION_UPDATE},
        .stemmer = stemmer_fingerprint(config->stemmer),
    };
    parse_version(utf8proc_unicode_version(), stamp.normalizer);
    return stamp;
}

bool analyzer_stamp_equal(struct analyzer_stamp a, struct analyzer_stamp b)
{
    return a.behaviour == b.behaviour && a.stemmer == b.stemmer &&
           memcmp(a.unicode, b.unicode, sizeof(a.unicode)) == 0 &&
           memcmp(a.normalizer, b.normalizer, sizeof(a.normalizer)) == 0;
}

void analyzer_config_write(const struct analyzer_config *config, struct buffer *out)
{
    struct analyzer_stamp stamp = analyzer_stamp_of(config);
    size_t stemmer = strnlen(config->stemmer, sizeof(config->stemmer) - 1);
    buffer_u8(out, CONFIG_FORMAT);
    buffer_u16(out, stamp.behaviour);
    buffer_append(out, stamp.unicode, sizeof(stamp.unicode));
    buffer_append(out, stamp.normalizer, sizeof(stamp.normalizer));
    buffer_u32(out, stamp.stemmer);
    buffer_u8(out, (uint8_t)config->kind);
    buffer_u8(out, config->ascii_folding ? FLAG_ASCII_FOLDING : 0);
    buffer_u8(out, (uint8_t)stemmer);
    buffer_append(out, config->stemmer, stemmer);
    buffer_varint(out, config->stop_word_count);
    for (size_t i = 0; i < config->stop_word_count; i++) {
        size_t length = strlen(config->stop_words[i]);
        buffer_u8(out, (uint8_t)length);
        buffer_append(out, config->stop_words[i], length);
    }
}

static void read_stamp(struct reader *in, struct analyzer_stamp *stamp)
{
    stamp->behaviour = reader_u16(in);
    reader_copy(in, stamp->unicode, sizeof(stamp->unicode));
    reader_copy(in, stamp->normalizer, sizeof(stamp->normalizer));
    stamp->stemmer = reader_u32(in);
}

static void read_stemmer(struct reader *in, struct analyzer_config *out)
{
    uint8_t length = reader_u8(in);
    if (length >= sizeof(out->stemmer)) {
        reader_fail(in, "stemmer name is too long");
        return;
    }
    reader_copy(in, out->stemmer, length);
    if (strlen(out->stemmer) != length) {
        reader_fail(in, "stemmer name has a zero byte");
    }
}

static char *read_stop_word(struct reader *in)
{
    uint8_t length = reader_u8(in);
    const uint8_t *bytes = reader_bytes(in, length);
    if (bytes == NULL) {
        return NULL;
    }
    if (length == 0 || memchr(bytes, '\0', length) != NULL) {
        reader_fail(in, "stop word is empty or has a zero byte");
        return NULL;
    }
    return mem_strndup((const char *)bytes, length);
}

static inlay_status read_stop_words(struct reader *in, struct analyzer_config *out,
                                    inlay_error *err)
{
    uint64_t count = reader_varint_max(in, STOP_WORDS_MAX);
    char **words;
    if (!reader_ok(in) || count == 0) {
        return INLAY_OK;
    }
    if (count > reader_left(in) / 2) { /* a word takes two bytes at least */
        reader_fail(in, "more stop words than bytes");
        return INLAY_OK;
    }
    words = mem_zalloc_array((size_t)count, sizeof(*words));
    if (words == NULL) {
        return error_no_memory(err);
    }
    out->stop_words = (const char *const *)words;
    while (out->stop_word_count < count) {
        words[out->stop_word_count] = read_stop_word(in);
        if (words[out->stop_word_count] == NULL) {
            return reader_ok(in) ? error_no_memory(err) : INLAY_OK;
        }
        out->stop_word_count++;
    }
    return INLAY_OK;
}

/* Everything behind the format byte. A malformed input is left to the reader's status. */
static inlay_status read_body(struct reader *in, struct analyzer_config *out,
                              struct analyzer_stamp *stamp, inlay_error *err)
{
    uint8_t kind;
    uint8_t flags;
    read_stamp(in, stamp);
    kind = reader_u8(in);
    flags = reader_u8(in);
    if (reader_ok(in) &&
        (kind < ANALYZER_STANDARD || kind > ANALYZER_CODE || (flags & ~FLAG_ASCII_FOLDING) != 0)) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "analyzer configuration: this version knows no kind %u with flags 0x%02x; "
                         "a later version wrote it",
                         kind, flags);
    }
    out->kind = (enum analyzer_kind)kind;
    out->ascii_folding = (flags & FLAG_ASCII_FOLDING) != 0;
    read_stemmer(in, out);
    return read_stop_words(in, out, err);
}

inlay_status analyzer_config_read(struct reader *in, struct analyzer_config *out,
                                  struct analyzer_stamp *stamp, inlay_error *err)
{
    struct analyzer_stamp ignored;
    uint8_t format = reader_u8(in);
    inlay_status status;
    stamp = stamp == NULL ? &ignored : stamp;
    *stamp = (struct analyzer_stamp){0};
    analyzer_config_init(out);
    if (reader_ok(in) && format != CONFIG_FORMAT) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "analyzer configuration: format %u is not %d, the one this version reads",
                         format, CONFIG_FORMAT);
    }
    status = read_body(in, out, stamp, err);
    if (status == INLAY_OK) {
        status = reader_status(in, "analyzer configuration", err);
    }
    if (status != INLAY_OK) {
        analyzer_config_free(out);
        *stamp = (struct analyzer_stamp){0};
    }
    return status;
}

void analyzer_config_free(struct analyzer_config *config)
{
    char **words = (char **)(uintptr_t)config->stop_words;
    for (size_t i = 0; i < config->stop_word_count; i++) {
        mem_free(words[i]);
    }
    mem_free(words);
    analyzer_config_init(config);
}
