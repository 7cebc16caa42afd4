/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A query made ready: distinct terms with numbers, boosts multiplied down to the leaves, nested
 * groups of one kind merged, equal terms of a group added up, and the shape that chooses the
 * engine. Memory is the arena's.
 */
#ifndef INLAY_TEXT_QUERY_PLAN_H
#define INLAY_TEXT_QUERY_PLAN_H

#include "text/read/dictionary.h"
#include "text/text_query.h"

enum plan_kind { PLAN_TERM, PLAN_PHRASE, PLAN_GROUP };

struct plan_node {
    enum plan_kind kind;
    double boost;
    uint32_t term;   /* of a term */
    uint32_t *terms; /* of a phrase: numbers and places */
    uint32_t *offsets;
    uint32_t term_count;
    uint32_t slop;
    struct plan_node **parts[3]; /* of a group, by text_occur */
    size_t part_count[3];
};

enum plan_shape {
    SHAPE_NOTHING, /* can match no row */
    SHAPE_TERM,
    SHAPE_UNION,        /* terms under should */
    SHAPE_INTERSECTION, /* terms under must */
    SHAPE_TREE
};

struct plan {
    struct plan_node *root; /* NULL: nothing */
    enum plan_shape shape;
    struct dictionary_key *keys; /* the distinct terms */
    bool *positions;             /* whether a phrase uses it */
    size_t term_count;
    bool has_phrase;
};

inlay_status plan_compile(const struct text_query *query, struct arena *arena, struct plan *plan,
                          inlay_error *err);

#endif
