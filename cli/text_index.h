/* SPDX-License-Identifier: Apache-2.0 */
/* The --text option: COLUMN[:ANALYZER[:STEMMER]]. */
#ifndef INLAY_CLI_TEXT_INDEX_H
#define INLAY_CLI_TEXT_INDEX_H

#include "options.h"

#include "inlay/connection.h"

struct text_indexes {
    inlay_text_index *items;
    size_t count;
    char **owned; /* the texts that the items point into, one per item */
};

#define TEXT_INDEX_HELP                                                                            \
    "full-text index on a column, with analyzer standard (default),\n"                             \
    "ascii, whitespace, keyword or code, and a stemmer such as english;\n"                         \
    "repeatable"

/* False with the reason when an option is malformed. Free in any case. */
bool text_indexes_parse(const struct option_value *option, struct text_indexes *out,
                        struct text *problem);
void text_indexes_free(struct text_indexes *indexes);

#endif
