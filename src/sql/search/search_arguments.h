/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of a search function as C values. Messages name the argument and show the value. */
#ifndef INLAY_SQL_SEARCH_SEARCH_ARGUMENTS_H
#define INLAY_SQL_SEARCH_SEARCH_ARGUMENTS_H

#include "sql/search/search_call.h"

struct argument_reader {
    duckdb_bind_info info;
    const struct search_function *function;
    inlay_error *err;
};

/* Whether it is given: the function has it, and it is not NULL. */
bool argument_given(const struct argument_reader *reader, enum search_argument argument);

/* Each leaves *out as it was when the argument is not given. What is pointed to is the caller's
 * (mem_free). */
inlay_status argument_text(const struct argument_reader *reader, enum search_argument argument,
                           char **out);
/* A text or a list of texts, at least one. */
inlay_status argument_texts(const struct argument_reader *reader, enum search_argument argument,
                            char ***out, size_t *count);
inlay_status argument_count(const struct argument_reader *reader, enum search_argument argument,
                            uint64_t *out);
inlay_status argument_number(const struct argument_reader *reader, enum search_argument argument,
                             double *out);
/* A list or array of numbers, or a text: '1, 2, 3' or '[1, 2, 3]'. */
inlay_status argument_floats(const struct argument_reader *reader, enum search_argument argument,
                             float **out, size_t *count);

/* INLAY_QUERY: "<argument> <what>, not <value>". */
inlay_status argument_refuse(const struct argument_reader *reader, enum search_argument argument,
                             const char *what);

#endif
