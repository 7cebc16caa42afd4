/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as text for every analyzer. The first byte picks the configuration; the rest is the
 * text, and once more a stored configuration. Checked: tokens keep their contract, the fast path
 * gives what the general one gives, a snippet can be made.
 */
#include "base/buffer.h"
#include "base/reader.h"
#include "text/analysis/analyzer_priv.h"
#include "text/highlight.h"

#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tokens(const struct token *tokens, size_t count, size_t length)
{
    for (size_t i = 0; i < count; i++) {
        CHECK(tokens[i].length >= 1 && tokens[i].length <= TOKEN_MAX_BYTES);
        CHECK(tokens[i].start < tokens[i].end && tokens[i].end <= length);
        CHECK(i == 0 || (tokens[i].position > tokens[i - 1].position &&
                         tokens[i].start >= tokens[i - 1].start));
    }
}

static void check_paths_agree(const struct analyzer *analyzer, struct analyzer_scratch *general,
                              const struct token *fast, size_t fast_count, const char *text,
                              size_t length)
{
    const struct token *tokens;
    size_t count;
    general->general_only = true;
    CHECK(analyzer_run(analyzer, general, text, length, &tokens, &count, NULL) == INLAY_OK);
    CHECK(count == fast_count);
    for (size_t i = 0; i < count; i++) {
        CHECK(tokens[i].position == fast[i].position && tokens[i].start == fast[i].start &&
              tokens[i].end == fast[i].end && tokens[i].length == fast[i].length &&
              memcmp(tokens[i].bytes, fast[i].bytes, fast[i].length) == 0);
    }
}

static void run_snippet(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                        const struct token *tokens, size_t count, const char *text, size_t length)
{
    struct highlight_term terms[2];
    uint8_t bytes[2][TOKEN_MAX_BYTES];
    size_t term_count = count < 2 ? count : 2;
    struct buffer out;
    for (size_t i = 0; i < term_count; i++) {
        const struct token *token = &tokens[i * (count - 1)];
        memcpy(bytes[i], token->bytes, token->length);
        terms[i] = (struct highlight_term){bytes[i], token->length};
    }
    buffer_init(&out, (size_t)1 << 24);
    CHECK(highlight_snippet(analyzer, scratch, text, length, terms, term_count, 1 + length / 2, "[",
                            "]", &out, NULL) == INLAY_OK);
    buffer_free(&out);
}

static void run_text(const struct analyzer_config *config, const char *text, size_t length)
{
    struct analyzer *analyzer = NULL;
    struct analyzer_scratch *scratch = NULL;
    struct analyzer_scratch *general = NULL;
    const struct token *tokens;
    size_t count;
    CHECK(analyzer_create(config, &analyzer, NULL) == INLAY_OK);
    CHECK(analyzer_scratch_create(analyzer, &scratch, NULL) == INLAY_OK);
    CHECK(analyzer_scratch_create(analyzer, &general, NULL) == INLAY_OK);
    CHECK(analyzer_run(analyzer, scratch, text, length, &tokens, &count, NULL) == INLAY_OK);
    check_tokens(tokens, count, length);
    check_paths_agree(analyzer, general, tokens, count, text, length);
    run_snippet(analyzer, scratch, tokens, count, text, length);
    analyzer_scratch_free(scratch);
    analyzer_scratch_free(general);
    analyzer_free(analyzer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const stemmers[] = {"", "english", "russian", "turkish"};
    struct analyzer_config config;
    struct reader in;
    if (size == 0) {
        return 0;
    }
    analyzer_config_init(&config);
    config.kind = (enum analyzer_kind)(1 + data[0] % 5);
    if (config.kind != ANALYZER_WHITESPACE && config.kind != ANALYZER_KEYWORD) {
        strcpy(config.stemmer, stemmers[data[0] / 5 % 4]);
        config.ascii_folding = (data[0] & 0x80) != 0;
    }
    if ((data[0] & 0x40) != 0) {
        config.stop_words = analyzer_stop_words("english", &config.stop_word_count);
    }
    run_text(&config, (const char *)data + 1, size - 1);

    reader_init(&in, data + 1, size - 1, 0);
    if (analyzer_config_read(&in, &config, NULL, NULL) == INLAY_OK) {
        analyzer_config_free(&config);
    }
    return 0;
}
