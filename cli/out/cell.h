/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of an Arrow array as text or JSON, for every type that the library returns. Arrays come
 * from the library, so their buffers are trusted; an unknown format prints as its format string.
 * `row` counts from the start of the array as it is sliced (its offset is added here).
 */
#ifndef INLAY_CLI_OUT_CELL_H
#define INLAY_CLI_OUT_CELL_H

#include "text.h"

#include "inlay/arrow.h"

bool cell_is_null(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row);

/*
 * Plain text: strings as they are, at most `max_bytes` of them (SIZE_MAX = all, else "…" follows a
 * cut), instants as RFC 3339, decimals exactly, floats in the fewest digits that read back the
 * same, lists and structs as JSON, bytes as hex. A null adds nothing.
 */
void cell_add_text(struct text *out, const struct ArrowSchema *schema,
                   const struct ArrowArray *array, int64_t row, size_t max_bytes);

/* A JSON value: integers exact, decimals as strings, bytes as base64 strings, NaN and infinities
 * and nulls as null. */
void cell_add_json(struct text *out, const struct ArrowSchema *schema,
                   const struct ArrowArray *array, int64_t row);

/* The bytes of a utf8 or binary value without copying; false for other types and nulls. */
bool cell_bytes(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                const char **bytes, size_t *length);

/* The value of an integer column as uint64 (negative ones wrap); false for other types and nulls.
 */
bool cell_integer(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
                  uint64_t *value);

/* The value of a float32 or float64 column; false for other types and nulls. */
bool cell_real(const struct ArrowSchema *schema, const struct ArrowArray *array, int64_t row,
               double *value);

/* Columns of numbers are aligned to the right. */
bool cell_is_number(const struct ArrowSchema *schema);

#endif
