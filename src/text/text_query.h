/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Boolean full-text queries: a tree of terms, phrases and groups. A query is built from a person's
 * text or node by node, is then immutable, and may be used by many threads.
 *
 * A group matches a row when all of its `must` parts match, none of its `must_not` parts does, and,
 * if it has no `must` part, at least one `should` part does. A group with only `must_not` parts
 * matches nothing. Its score is the sum over its matching `must` and `should` parts.
 *
 * The language, in order of binding strength:
 *   term  "a phrase"  "a phrase"~2  ( group )   each may be followed by ^boost
 *   +part  -part  NOT part                      must, must not
 *   part AND part                               both must
 *   part part                                   the default operator: OR, or AND on request
 *   part OR part                                either
 * AND, OR and NOT are operators in capitals only. A backslash makes the next character ordinary.
 * Text is never an error: operators without parts, unbalanced parentheses and quotes are read as
 * the likeliest wish. A word of which the analyzer makes several tokens ("state-of-the-art") stands
 * for all of them, each on its own under OR, all together under AND, + and -. Groups nest to
 * QUERY_MAX_DEPTH; parentheses beyond that are ignored.
 */
#ifndef INLAY_TEXT_TEXT_QUERY_H
#define INLAY_TEXT_TEXT_QUERY_H

#include "base/arena.h"
#include "base/buffer.h"
#include "text/analyzer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define QUERY_MAX_DEPTH 64
#define QUERY_MAX_SLOP 1000
#define QUERY_MAX_BOOST 1000.0

enum text_occur { TEXT_SHOULD, TEXT_MUST, TEXT_MUST_NOT };
enum text_node_kind { TEXT_NODE_TERM, TEXT_NODE_PHRASE, TEXT_NODE_GROUP };

struct text_phrase_term {
    const uint8_t *text; /* token form */
    uint32_t length;
    uint32_t offset; /* position in the phrase, ascending; stop words leave gaps */
};

struct text_node {
    enum text_node_kind kind;
    enum text_occur occur; /* in its group; the root's is not looked at */
    double boost;          /* 0 to QUERY_MAX_BOOST */
    const uint8_t *text;   /* of a term */
    uint32_t length;
    const struct text_phrase_term *terms; /* of a phrase: at least two */
    uint32_t term_count;
    uint32_t slop;           /* of a phrase: see docs/format/text-index.md */
    struct text_node *first; /* parts of a group, in order */
    struct text_node *last;
    struct text_node *next; /* in the group */
};

struct text_query {
    struct arena arena;
    struct text_node *root; /* NULL: matches nothing */
};

struct text_query_options {
    bool require_all; /* the default operator is AND */
};

/* NULL options: the default. Fails only for want of memory. */
inlay_status text_query_parse(const struct analyzer *analyzer, const char *text, size_t length,
                              const struct text_query_options *options, struct text_query **out,
                              inlay_error *err);
void text_query_free(struct text_query *query); /* NULL-safe */

/* Building by hand: nodes and the bytes they hold belong to the query. NULL: no memory. Boosts and
 * slops are brought into range. A phrase of one term is a term. */
inlay_status text_query_create(struct text_query **out, inlay_error *err);
struct text_node *text_query_term(struct text_query *query, const void *text, uint32_t length,
                                  double boost);
struct text_node *text_query_phrase(struct text_query *query, const struct text_phrase_term *terms,
                                    uint32_t count, uint32_t slop, double boost);
struct text_node *text_query_group(struct text_query *query, double boost);
void text_query_add(struct text_node *group, enum text_occur occur, struct text_node *part);

/* A canonical text of the tree, for messages and tests. */
void text_query_print(const struct text_query *query, struct buffer *out);

#endif
