/* SPDX-License-Identifier: Apache-2.0 */
/* Column vectors into the engine's vectors: strings by reference, dictionaries as dictionaries. */
#ifndef INLAY_SQL_FILL_H
#define INLAY_SQL_FILL_H

#include "columnar/colvec.h"
#include "columnar/text_values.h"
#include "inlay/error.h"

#include <duckdb.h>

/* Fills rows 0..rows-1 of `target`, whose type is sql_type_of(source->field). Strings longer than
 * 12 bytes are not copied: `source` must outlive the engine's use of the chunk. */
inlay_status sql_fill_vector(const struct colvec *source, uint64_t rows, duckdb_vector target,
                             inlay_error *err);
/* The same for a column of numbers that stand for texts: `target` is of the ENUM type of the
 * coder's values. */
inlay_status sql_fill_codes(struct text_coder *coder, const struct colvec *source, uint64_t rows,
                            duckdb_vector target, inlay_error *err);

#endif
