/* SPDX-License-Identifier: Apache-2.0 */
/* The --vector option: COLUMN[:METRIC[:BITS]]. */
#ifndef INLAY_CLI_VECTOR_INDEX_H
#define INLAY_CLI_VECTOR_INDEX_H

#include "options.h"

#include "inlay/connection.h"

struct vector_indexes {
    inlay_vector_index *items;
    size_t count;
    char **owned; /* the texts that the items point into, one per item */
};

#define VECTOR_INDEX_HELP                                                                          \
    "vector index on a column, with metric cosine (default), l2 or\n"                              \
    "inner_product, and codes of 4 (default) or 8 bits per element; repeatable"

/* False with the reason when an option is malformed. Free in any case. */
bool vector_indexes_parse(const struct option_value *option, struct vector_indexes *out,
                          struct text *problem);
void vector_indexes_free(struct vector_indexes *indexes);

#endif
