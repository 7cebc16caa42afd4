/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WHERE that the scan of its table decides alone need not be asked again by the engine:
 *
 *   SELECT sum(n) FROM t WHERE kind IN ('a', 'b') ORDER BY 1
 *
 * is run as SELECT sum(n) FROM t WHERE true ORDER BY 1, and the scan gives the rows with these
 * kinds and no others. Parameters keep their places: each in the condition becomes (? IS NULL OR
 * true).
 */
#ifndef INLAY_SQL_EXACT_WHERE_H
#define INLAY_SQL_EXACT_WHERE_H

#include "inlay/error.h"

#include <stddef.h>

/* The statement without its condition (mem_free); NULL when the text has not one WHERE, or it
 * cannot be told where that ends. The first `skip` bytes are no part of the SELECT. */
inlay_status exact_where_rewrite(const char *text, size_t skip, char **out, inlay_error *err);

#endif
