/* SPDX-License-Identifier: Apache-2.0 */
#include "table/predicate/text_bound.h"

#include "base/error.h"
#include "text/analysis/ascii.h"

#include <string.h>

#define FRAGMENT_MIN 2 /* bytes: shorter ones are in too many words */

/* ---- whole texts ---- */

/* Puts a token among the longest ones, which are kept in order of length. */
static void keep_longest(const struct token **kept, size_t *count, size_t most,
                         const struct token *token)
{
    size_t at = *count;
    while (at > 0 && kept[at - 1]->length < token->length) {
        at--;
    }
    if (at == most) {
        return;
    }
    *count += *count < most;
    memmove(&kept[at + 1], &kept[at], (*count - at - 1) * sizeof(*kept));
    kept[at] = token;
}

static bool token_listed(const struct token_list *list, const struct token *token)
{
    size_t i;
    for (i = 0; i < list->count; i++) {
        if (list->items[i].length == token->length &&
            memcmp(list->items[i].text, token->bytes, token->length) == 0) {
            return true;
        }
    }
    return false;
}

/* Adds tokens to a list with room for them, each once. */
static inlay_status list_add(struct token_list *list, const struct token *const *tokens,
                             size_t count, struct arena *arena, inlay_error *err)
{
    size_t i;
    for (i = 0; i < count; i++) {
        struct bound_token *item = &list->items[list->count];
        if (token_listed(list, tokens[i])) {
            continue;
        }
        item->text = arena_dup(arena, tokens[i]->bytes, tokens[i]->length);
        item->length = tokens[i]->length;
        if (item->text == NULL) {
            return error_no_memory(err);
        }
        list->count++;
    }
    return INLAY_OK;
}

static inlay_status add_tokens(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const void *text, uint32_t length, size_t most, struct arena *arena,
                               struct token_list *list, inlay_error *err)
{
    const struct token *longest[LIKE_TOKENS_MAX];
    const struct token *tokens;
    size_t kept = 0;
    size_t count;
    size_t i;
    INLAY_TRY(analyzer_run(analyzer, scratch, text, length, &tokens, &count, err));
    most = most < LIKE_TOKENS_MAX ? most : LIKE_TOKENS_MAX;
    for (i = 0; i < count && most != 0; i++) {
        keep_longest(longest, &kept, most, &tokens[i]);
    }
    return list_add(list, longest, kept, arena, err);
}

static inlay_status list_init(struct token_list *list, size_t most, struct arena *arena,
                              inlay_error *err)
{
    list->count = 0;
    list->items = arena_alloc_array(arena, most, sizeof(*list->items));
    return list->items != NULL ? INLAY_OK : error_no_memory(err);
}

inlay_status text_bound_tokens(const struct analyzer *analyzer, struct analyzer_scratch *scratch,
                               const void *text, uint32_t length, size_t most, struct arena *arena,
                               struct token_list *out, inlay_error *err)
{
    INLAY_TRY(list_init(out, most, arena, err));
    return add_tokens(analyzer, scratch, text, length, most, arena, out, err);
}

/* ---- LIKE ---- */

struct like_maker {
    const struct predicate *test;
    const struct analyzer *analyzer;
    const struct analyzer_config *config;
    struct analyzer_scratch *scratch;
    struct arena *arena;
    struct like_bound *out;
    inlay_error *err;
};

/* A stretch of a piece, and whether words certainly end on its two sides. */
struct stretch {
    const uint8_t *text;
    uint32_t length;
    bool starts;
    bool ends;
    bool followed; /* an unknown character may come next */
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
}

static bool separates(const struct like_maker *maker, uint8_t byte)
{
    switch (maker->config->kind) {
    case ANALYZER_WHITESPACE:
        return is_space(byte);
    case ANALYZER_KEYWORD:
        return false;
    default:
        return ascii_is_separator(byte);
    }
}

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool is_alphanumeric(uint8_t byte)
{
    return is_digit(byte) || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

static bool folds(const struct like_maker *maker)
{
    return maker->config->kind == ANALYZER_STANDARD || maker->config->kind == ANALYZER_ASCII ||
           maker->config->kind == ANALYZER_CODE;
}

/* ILIKE finds U+0130 for an i and U+212A for a k. The standard analyzer makes an i with a dot of
 * the one and a k of the other; the others leave what is not ASCII as it is. */
static bool has_look_alike(const struct like_maker *maker, uint8_t byte)
{
    return maker->test->fold_case &&
           (lower(byte) == 'i' || (lower(byte) == 'k' && maker->config->kind != ANALYZER_STANDARD));
}

/* Can the tokens of a whole stretch be told from the pattern's? Of ILIKE only when case and
 * look-alikes change nothing. */
static bool is_exact(const struct like_maker *maker, const struct stretch *stretch)
{
    uint32_t i;
    if (!stretch->starts || !stretch->ends) {
        return false;
    }
    if (!maker->test->fold_case) {
        return true;
    }
    if (maker->config->kind != ANALYZER_STANDARD && maker->config->kind != ANALYZER_ASCII) {
        return false;
    }
    for (i = 0; i < stretch->length; i++) {
        if (stretch->text[i] >= 0x80 || has_look_alike(maker, stretch->text[i])) {
            return false;
        }
    }
    return true;
}

/* A word that never gets into the index says nothing by its absence. */
static bool in_stop_word(const struct like_maker *maker, const struct text_fragment *fragment)
{
    size_t i;
    for (i = 0; i < maker->config->stop_word_count; i++) {
        const char *word = maker->config->stop_words[i];
        if (memmem(word, strlen(word), fragment->text, fragment->length) != NULL) {
            return true;
        }
    }
    return false;
}

/* Keeps the longest fragments. */
static void keep_fragment(struct text_walk *walk, const struct text_fragment *fragment)
{
    size_t shortest = 0;
    size_t i;
    if (walk->count < TEXT_WALK_FRAGMENTS) {
        walk->fragments[walk->count++] = *fragment;
        return;
    }
    for (i = 1; i < walk->count; i++) {
        if (walk->fragments[i].length < walk->fragments[shortest].length) {
            shortest = i;
        }
    }
    if (walk->fragments[shortest].length < fragment->length) {
        walk->fragments[shortest] = *fragment;
    }
}

/* Do the terms have the letters of LIKE's pattern as they stand there? */
static bool keeps_letters(const struct like_maker *maker)
{
    const enum analyzer_kind kind = maker->config->kind;
    return !maker->test->fold_case && !maker->config->ascii_folding &&
           (kind == ANALYZER_KEYWORD || kind == ANALYZER_WHITESPACE);
}

static inlay_status add_fragment(struct like_maker *maker, const struct stretch *stretch,
                                 uint32_t from, uint32_t to)
{
    struct text_fragment fragment = {0};
    uint8_t *text;
    uint32_t i;
    const bool last = to == stretch->length;
    fragment.at_start = from == 0 && stretch->starts;
    fragment.at_end = last && stretch->ends;
    /* Digits are composed with nothing, and letters that are kept as they stand neither. */
    if (!keeps_letters(maker) && (last ? stretch->followed : stretch->text[to] >= 0x80) &&
        to > from && !is_digit(stretch->text[to - 1])) {
        to--;
    }
    if (to < from + FRAGMENT_MIN || to - from > TOKEN_MAX_BYTES) {
        return INLAY_OK;
    }
    text = arena_alloc(maker->arena, to - from);
    if (text == NULL) {
        return error_no_memory(maker->err);
    }
    for (i = from; i < to; i++) {
        text[i - from] = lower(stretch->text[i]);
    }
    fragment.text = text;
    if (keeps_letters(maker)) {
        fragment.exact = arena_dup(maker->arena, stretch->text + from, to - from);
        if (fragment.exact == NULL) {
            return error_no_memory(maker->err);
        }
    }
    fragment.length = to - from;
    fragment.dotted = maker->test->fold_case;
    if (!in_stop_word(maker, &fragment)) {
        keep_fragment(&maker->out->walk, &fragment);
    }
    return INLAY_OK;
}

/* Does a run of letters and digits end before this character, as far as one token goes? */
static bool run_breaks(const struct like_maker *maker, uint8_t byte)
{
    return !is_alphanumeric(byte) ||
           (maker->config->kind != ANALYZER_STANDARD && has_look_alike(maker, byte));
}

static inlay_status add_fragments(struct like_maker *maker, const struct stretch *stretch)
{
    uint32_t from = 0;
    uint32_t i;
    /* The code analyzer cuts words by their case; stems are not parts of words; stop words are
     * compared in lower case. */
    if (maker->config->kind == ANALYZER_CODE || maker->config->stemmer[0] != '\0' ||
        (maker->config->stop_word_count != 0 && !folds(maker))) {
        return INLAY_OK;
    }
    for (i = 0; i <= stretch->length; i++) {
        if (i == stretch->length || run_breaks(maker, stretch->text[i])) {
            if (i > from) {
                INLAY_TRY(add_fragment(maker, stretch, from, i));
            }
            from = i + 1;
        }
    }
    return INLAY_OK;
}

static inlay_status add_words(struct like_maker *maker, const struct stretch *stretch)
{
    struct token_list *words = &maker->out->words;
    return add_tokens(maker->analyzer, maker->scratch, stretch->text, stretch->length,
                      LIKE_TOKENS_MAX - words->count, maker->arena, words, maker->err);
}

static inlay_status add_stretch(struct like_maker *maker, const struct stretch *stretch)
{
    if (stretch->length == 0) {
        return INLAY_OK;
    }
    return is_exact(maker, stretch) ? add_words(maker, stretch) : add_fragments(maker, stretch);
}

static inlay_status add_piece(struct like_maker *maker, const struct stretch *piece)
{
    uint32_t from = 0;
    uint32_t i;
    for (i = 0; i <= piece->length; i++) {
        struct stretch stretch;
        if (i < piece->length && !separates(maker, piece->text[i])) {
            continue;
        }
        stretch.text = piece->text + from;
        stretch.length = i - from;
        stretch.starts = from != 0 || piece->starts;
        stretch.ends = i != piece->length || piece->ends;
        stretch.followed = i == piece->length && piece->followed;
        INLAY_TRY(add_stretch(maker, &stretch));
        from = i + 1;
    }
    return INLAY_OK;
}

inlay_status like_bound_make(const struct predicate *test, const struct analyzer *analyzer,
                             struct analyzer_scratch *scratch, struct arena *arena,
                             struct like_bound *out, inlay_error *err)
{
    struct like_maker maker = {test, analyzer, analyzer_config_of(analyzer), scratch, arena,
                               out,  err};
    size_t i;
    memset(out, 0, sizeof(*out));
    out->walk.folded = folds(&maker);
    INLAY_TRY(list_init(&out->words, LIKE_TOKENS_MAX, arena, err));
    for (i = 0; i < test->value_count; i++) {
        const struct stat_value *value = &test->values[i];
        const bool ends = i + 1 == test->value_count && test->anchored_end;
        const struct stretch piece = {value->as.bytes.data, value->as.bytes.length,
                                      i == 0 && test->anchored_start, ends, !ends};
        if (value->kind == STAT_BYTES) {
            INLAY_TRY(add_piece(&maker, &piece));
        }
    }
    return INLAY_OK;
}
