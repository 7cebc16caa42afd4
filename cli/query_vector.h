/* SPDX-License-Identifier: Apache-2.0 */
/* The vector that a search is for: typed, from a file, or a stored row's. */
#ifndef INLAY_CLI_QUERY_VECTOR_H
#define INLAY_CLI_QUERY_VECTOR_H

#include "session.h"

struct query_vector {
    float *items; /* owned */
    size_t count;
};

#define QUERY_VECTOR_HELP                                                                          \
    "VECTOR is a list of numbers such as [0.1,0.2], @FILE with one in it, or - for\n"              \
    "standard input; --like ID takes the vector of a stored row instead, which is then\n"          \
    "no hit itself.\n"

/* INLAY_INVALID_ARGUMENT tells where the text is no list of numbers. Free in any case. */
inlay_status query_vector_parse(const char *text, struct query_vector *out, inlay_error *err);
/* The vector of a row. INLAY_NOT_FOUND: no such row; INLAY_INVALID_ARGUMENT: it has no vector. */
inlay_status query_vector_of_row(inlay_table *table, const char *column, const inlay_id *id,
                                 struct query_vector *out, inlay_error *err);
void query_vector_free(struct query_vector *vector);

#endif
