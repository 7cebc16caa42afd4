/* SPDX-License-Identifier: Apache-2.0 */
/* Arrow streams from text cells, for tests of the command line tool without the library. */
#ifndef INLAY_TESTS_CLI_FIXTURE_H
#define INLAY_TESTS_CLI_FIXTURE_H

#include "inlay/arrow.h"

#include <stddef.h>

/*
 * A stream of one batch per `batch_rows` rows. columns[i] is "name:format" with a format of u, z,
 * b, i, l, L, e (raw bits), f, g, d:38,S, tdD, ttu or ts*; cells are row-major texts, NULL for
 * null.
 */
void fixture_stream(struct ArrowArrayStream *out, const char *const *columns, size_t column_count,
                    const char *const *cells, size_t row_count, size_t batch_rows);

/* A struct schema of such columns. */
void fixture_schema(struct ArrowSchema *out, const char *const *columns, size_t column_count);

/* The rows [from, to) as a struct array whose children have an offset of one row before them. */
void fixture_batch(struct ArrowArray *out, const char *const *columns, size_t column_count,
                   const char *const *cells, size_t from, size_t to);

#endif
