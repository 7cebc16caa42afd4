/* SPDX-License-Identifier: Apache-2.0 */
/* A condition as SQL for people: year < 1855 AND (lang = 'en' OR lang IS NULL). */
#ifndef INLAY_TABLE_PREDICATE_PREDICATE_PRINT_H
#define INLAY_TABLE_PREDICATE_PREDICATE_PRINT_H

#include "base/buffer.h"
#include "columnar/schema.h"
#include "table/predicate/predicate.h"

/* `schema` is the table's file schema, which gives names and types. Long texts and long lists are
 * cut short. The buffer's status tells of failures. */
void predicate_print(const struct predicate *predicate, const struct schema *schema,
                     struct buffer *out);

#endif
