/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Recursive descent over the language of text_query.h:
 *   either := some (OR some)*          some := chain chain ...
 *   chain  := part (AND part)*         part := [+ - NOT] atom [~slop] [^boost]
 * Nothing is an error: what cannot be understood is skipped.
 */
#include "text/text_query.h"

#include "base/error.h"

#include <string.h>

struct parser {
    struct text_query *query;
    const struct analyzer *analyzer;
    struct analyzer_scratch *scratch;
    const char *p;
    const char *end;
    bool require_all;
    unsigned depth;
    inlay_status status; /* sticky */
    inlay_error *err;
};

static struct text_node *parse_either(struct parser *parser);

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f' || c == '\v';
}

static void skip_space(struct parser *parser)
{
    while (parser->p < parser->end && is_space(*parser->p)) {
        parser->p++;
    }
}

static bool ends_word(char c)
{
    return is_space(c) || c == '(' || c == ')' || c == '"' || c == '^';
}

/* The bare words AND, OR and NOT. */
static bool at_operator(struct parser *parser, const char *name)
{
    size_t length = strlen(name);
    skip_space(parser);
    return (size_t)(parser->end - parser->p) >= length && memcmp(parser->p, name, length) == 0 &&
           ((size_t)(parser->end - parser->p) == length || ends_word(parser->p[length]));
}

static bool take_operator(struct parser *parser, const char *name)
{
    if (!at_operator(parser, name)) {
        return false;
    }
    parser->p += strlen(name);
    return true;
}

static struct text_node *kept(struct parser *parser, struct text_node *node)
{
    if (node == NULL && parser->status == INLAY_OK) {
        parser->status = error_no_memory(parser->err);
    }
    return node;
}

/* A number such as 2 or 0.75; false, and nothing is taken, when there is none. */
static bool take_number(struct parser *parser, double *value)
{
    const char *p = parser->p;
    double scale = 0.1;
    *value = 0;
    for (; p < parser->end && *p >= '0' && *p <= '9'; p++) {
        *value = *value < 1e9 ? *value * 10 + (*p - '0') : *value;
    }
    if (p == parser->p) {
        return false;
    }
    if (parser->end - p >= 2 && p[0] == '.' && p[1] >= '0' && p[1] <= '9') {
        for (p++; p < parser->end && *p >= '0' && *p <= '9'; p++, scale /= 10) {
            *value += scale * (*p - '0');
        }
    }
    parser->p = p;
    return true;
}

static bool take_suffix(struct parser *parser, char mark, double *value)
{
    if (parser->p == parser->end || *parser->p != mark) {
        return false;
    }
    parser->p++;
    return take_number(parser, value);
}

static bool analyze(struct parser *parser, const char *text, size_t length,
                    const struct token **tokens, size_t *count)
{
    parser->status =
        analyzer_run(parser->analyzer, parser->scratch, text, length, tokens, count, parser->err);
    return parser->status == INLAY_OK;
}

/* A word: a term, or a group of the tokens that the analyzer makes of it. */
static struct text_node *word_node(struct parser *parser, const char *text, size_t length, bool all)
{
    const struct token *tokens;
    size_t count;
    size_t i;
    struct text_node *group;
    if (!analyze(parser, text, length, &tokens, &count) || count == 0) {
        return NULL;
    }
    if (count == 1) {
        return kept(parser, text_query_term(parser->query, tokens[0].bytes, tokens[0].length, 1));
    }
    group = kept(parser, text_query_group(parser->query, 1));
    for (i = 0; i < count && group != NULL; i++) {
        struct text_node *term =
            kept(parser, text_query_term(parser->query, tokens[i].bytes, tokens[i].length, 1));
        if (term == NULL) {
            return NULL;
        }
        text_query_add(group, all ? TEXT_MUST : TEXT_SHOULD, term);
    }
    return group;
}

/* Copies text up to `end` without its backslashes; the result lives in the query. */
static char *unescape(struct parser *parser, const char *text, const char *end, size_t *length)
{
    char *copy = arena_alloc(&parser->query->arena, (size_t)(end - text));
    *length = 0;
    if (copy == NULL) {
        parser->status = error_no_memory(parser->err);
        return NULL;
    }
    for (; text < end; text++) {
        if (*text == '\\' && text + 1 < end) {
            text++;
        }
        copy[(*length)++] = *text;
    }
    return copy;
}

static struct text_node *parse_word(struct parser *parser, bool all)
{
    const char *start = parser->p;
    char *text;
    size_t length;
    while (parser->p < parser->end && !ends_word(*parser->p)) {
        parser->p += *parser->p == '\\' && parser->p + 1 < parser->end ? 2 : 1;
    }
    text = unescape(parser, start, parser->p, &length);
    return text != NULL ? word_node(parser, text, length, all) : NULL;
}

static struct text_node *phrase_node(struct parser *parser, const char *text, size_t length,
                                     uint32_t slop)
{
    const struct token *tokens;
    struct text_phrase_term *terms;
    size_t count;
    size_t i;
    if (!analyze(parser, text, length, &tokens, &count) || count == 0) {
        return NULL;
    }
    terms = arena_alloc_array(&parser->query->arena, count, sizeof(*terms));
    if (terms == NULL) {
        return kept(parser, NULL);
    }
    for (i = 0; i < count; i++) {
        terms[i] = (struct text_phrase_term){tokens[i].bytes, tokens[i].length,
                                             tokens[i].position - tokens[0].position};
    }
    return kept(parser, text_query_phrase(parser->query, terms, (uint32_t)count, slop, 1));
}

static struct text_node *parse_phrase(struct parser *parser)
{
    const char *start = ++parser->p;
    char *text;
    size_t length;
    double slop = 0;
    while (parser->p < parser->end && *parser->p != '"') {
        parser->p += *parser->p == '\\' && parser->p + 1 < parser->end ? 2 : 1;
    }
    text = unescape(parser, start, parser->p, &length);
    if (parser->p < parser->end) {
        parser->p++;
    }
    (void)take_suffix(parser, '~', &slop);
    if (text == NULL) {
        return NULL;
    }
    return phrase_node(parser, text, length,
                       slop < QUERY_MAX_SLOP ? (uint32_t)slop : QUERY_MAX_SLOP);
}

static struct text_node *parse_group(struct parser *parser)
{
    struct text_node *node;
    parser->p++;
    if (parser->depth >= QUERY_MAX_DEPTH / 4) { /* each parenthesis nests up to four groups */
        return NULL;                            /* ignored: what follows joins this level */
    }
    parser->depth++;
    node = parse_either(parser);
    parser->depth--;
    skip_space(parser);
    if (parser->p < parser->end && *parser->p == ')') {
        parser->p++;
    }
    return node;
}

/* NULL: nothing to search for, or a failure. */
static struct text_node *parse_part(struct parser *parser, enum text_occur *occur)
{
    struct text_node *node;
    double boost;
    *occur = TEXT_SHOULD;
    for (skip_space(parser); parser->p < parser->end; skip_space(parser)) {
        if ((*parser->p == '+' || *parser->p == '-') &&
            (parser->p + 1 == parser->end || is_space(parser->p[1]))) {
            parser->p++; /* a dash between words */
            continue;
        }
        if (*parser->p == '+' || *parser->p == '-') {
            *occur = *parser->p++ == '+' ? TEXT_MUST : TEXT_MUST_NOT;
            continue;
        }
        if (!take_operator(parser, "NOT")) {
            break;
        }
        *occur = TEXT_MUST_NOT;
    }
    if (parser->p == parser->end || *parser->p == ')' || at_operator(parser, "AND") ||
        at_operator(parser, "OR")) {
        return NULL;
    }
    if (*parser->p == '(') {
        node = parse_group(parser);
    } else if (*parser->p == '"') {
        node = parse_phrase(parser);
    } else {
        node = parse_word(parser, parser->require_all || *occur != TEXT_SHOULD);
    }
    if (take_suffix(parser, '^', &boost) && node != NULL) {
        node->boost = boost < QUERY_MAX_BOOST ? boost : QUERY_MAX_BOOST;
    }
    return node;
}

/* A group that only wraps one part says nothing. */
static struct text_node *unwrap(struct text_node *group)
{
    if (group != NULL && group->first != NULL && group->first == group->last &&
        group->first->occur != TEXT_MUST_NOT) {
        return group->first;
    }
    return group != NULL && group->first != NULL ? group : NULL;
}

/* part AND part AND ...; `occur` is what the chain asks of its group. */
static struct text_node *parse_chain(struct parser *parser, enum text_occur *occur)
{
    struct text_node *first = parse_part(parser, occur);
    struct text_node *group;
    if (!at_operator(parser, "AND")) {
        return first;
    }
    group = kept(parser, text_query_group(parser->query, 1));
    if (group == NULL) {
        return NULL;
    }
    if (first != NULL) {
        text_query_add(group, *occur == TEXT_MUST_NOT ? TEXT_MUST_NOT : TEXT_MUST, first);
    }
    while (take_operator(parser, "AND") && parser->status == INLAY_OK) {
        struct text_node *part = parse_part(parser, occur);
        if (part != NULL) {
            text_query_add(group, *occur == TEXT_MUST_NOT ? TEXT_MUST_NOT : TEXT_MUST, part);
        }
    }
    *occur = TEXT_SHOULD;
    return unwrap(group);
}

static bool at_end(struct parser *parser)
{
    skip_space(parser);
    if (parser->p < parser->end && *parser->p == ')' && parser->depth == 0) {
        parser->p++; /* nothing was opened */
        return at_end(parser);
    }
    return parser->p == parser->end || *parser->p == ')' || parser->status != INLAY_OK;
}

static struct text_node *parse_some(struct parser *parser)
{
    struct text_node *group = kept(parser, text_query_group(parser->query, 1));
    while (group != NULL && !at_end(parser) && !at_operator(parser, "OR")) {
        enum text_occur occur;
        const char *before = parser->p;
        struct text_node *part = parse_chain(parser, &occur);
        if (part != NULL) {
            text_query_add(group, occur == TEXT_SHOULD && parser->require_all ? TEXT_MUST : occur,
                           part);
        } else if (parser->p == before) {
            parser->p++; /* a lone mark */
        }
    }
    return group;
}

static struct text_node *parse_either(struct parser *parser)
{
    struct text_node *first = unwrap(parse_some(parser));
    struct text_node *group;
    if (!at_operator(parser, "OR")) {
        return first;
    }
    group = kept(parser, text_query_group(parser->query, 1));
    if (group != NULL && first != NULL) {
        text_query_add(group, TEXT_SHOULD, first);
    }
    while (group != NULL && take_operator(parser, "OR")) {
        struct text_node *part = unwrap(parse_some(parser));
        if (part != NULL) {
            text_query_add(group, TEXT_SHOULD, part);
        }
    }
    return unwrap(group);
}

inlay_status text_query_parse(const struct analyzer *analyzer, const char *text, size_t length,
                              const struct text_query_options *options, struct text_query **out,
                              inlay_error *err)
{
    struct parser parser;
    struct text_query *query;
    *out = NULL;
    INLAY_TRY(text_query_create(&query, err));
    memset(&parser, 0, sizeof(parser));
    parser.query = query;
    parser.analyzer = analyzer;
    parser.p = text;
    parser.end = text + length;
    parser.require_all = options != NULL && options->require_all;
    parser.err = err;
    parser.status = analyzer_scratch_create(analyzer, &parser.scratch, err);
    while (parser.status == INLAY_OK && !at_end(&parser)) {
        struct text_node *node = parse_either(&parser);
        query->root = query->root == NULL ? node : query->root;
    }
    analyzer_scratch_free(parser.scratch);
    if (parser.status != INLAY_OK) {
        text_query_free(query);
        return parser.status;
    }
    *out = query;
    return INLAY_OK;
}
