/* SPDX-License-Identifier: Apache-2.0 */
/* A predicate as text, for tests and explanations: "(a >= 5 and (t like 'ab%' or t is null))".
 * Values are the numbers of their kind: days, unscaled decimals. */
#ifndef INLAY_TABLE_PREDICATE_PRINT_H
#define INLAY_TABLE_PREDICATE_PRINT_H

#include "base/buffer.h"
#include "columnar/schema.h"
#include "table/predicate/predicate.h"

/* Columns are named by `schema`. NULL, which keeps every row, is "all". */
void predicate_print(const struct predicate *predicate, const struct schema *schema,
                     struct buffer *out);

#endif
