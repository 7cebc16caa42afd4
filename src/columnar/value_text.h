/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Values of an array as text or JSON, for every type of the schema model. The view was opened with
 * a full check. Appended to a buffer, whose status tells of failures.
 */
#ifndef INLAY_COLUMNAR_VALUE_TEXT_H
#define INLAY_COLUMNAR_VALUE_TEXT_H

#include "base/buffer.h"
#include "columnar/array_view.h"

/* Text as it is, instants as RFC 3339, decimals exactly, floats in the fewest digits that read back
 * the same, durations as integers, bytes as \x and hex digits, lists and structs as JSON. A null
 * adds nothing. */
void value_text_plain(struct buffer *out, const struct array_view *view, int64_t row);

/* A JSON value: integers exact, decimals and instants as strings, bytes as base64 strings; NaN,
 * infinities and nulls as null. */
void value_text_json(struct buffer *out, const struct array_view *view, int64_t row);

#endif
