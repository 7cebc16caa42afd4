/* SPDX-License-Identifier: Apache-2.0 */
/* The inside of row bounds: made in row_bounds.c, asked of a superfile in row_bounds_find.c. */
#ifndef INLAY_TABLE_PREDICATE_ROW_BOUNDS_PRIV_H
#define INLAY_TABLE_PREDICATE_ROW_BOUNDS_PRIV_H

#include "base/arena.h"
#include "table/predicate/row_bounds.h"
#include "table/predicate/text_bound.h"

#define BOUND_VALUES_MAX                                                                           \
    1024 /* of an IN list of texts: longer ones find many rows, or cost more                       \
          */

enum bound_kind {
    BOUND_IDS,       /* the rows with the test's ids */
    BOUND_WORDS,     /* all words of any of the lists */
    BOUND_FRAGMENTS, /* of LIKE */
    BOUND_ALL_OF,
    BOUND_ANY_OF
};

struct bound_node {
    enum bound_kind kind;
    const struct predicate *test;
    const struct typed_text_index *text; /* of words and fragments */
    struct token_list *words;            /* none of them empty */
    size_t word_count;
    const struct text_walk *walk; /* without its limits */
    struct bound_node **parts;
    size_t part_count;
};

struct row_bounds {
    struct arena arena;
    const struct predicate
        *like; /* the whole condition, of texts that are terms; NULL: it is not */
    struct bound_node *root;
};

#endif
