/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Builds Arrow arrays value by value. All builders of one tree share a byte cap: an append that
 * would pass it fails with INLAY_OVER_BUDGET. A failed append leaves the builder as it was before
 * (for nested types: cut it back with builder_truncate). A value that does not fit the type is
 * INLAY_SCHEMA with column and row. Arrays come out plain: never dictionary-encoded, never in view
 * layout, whatever the field says. Not thread-safe.
 *
 * A list row is appended by appending its items to builder_child(b, 0) and then builder_close_row;
 * a struct row by appending to every child and then builder_close_row. A batch is a struct.
 */
#ifndef INLAY_COLUMNAR_BUILDER_H
#define INLAY_COLUMNAR_BUILDER_H

#include "columnar/array_view.h"

struct builder;

inlay_status builder_new(const struct field *field, uint64_t byte_cap, struct builder **out,
                         inlay_error *err);
inlay_status builder_new_batch(const struct schema *schema, uint64_t byte_cap, struct builder **out,
                               inlay_error *err);
void builder_free(struct builder *builder); /* NULL-safe; only for the root of a tree */

int64_t builder_count(const struct builder *builder);  /* finished rows */
uint64_t builder_bytes(const struct builder *builder); /* of the whole tree */
/* The field as it is built: without dictionary and view. Lives as long as the builder. */
const struct field *builder_field(const struct builder *builder);
struct builder *builder_child(struct builder *builder, size_t index);

inlay_status builder_null(struct builder *builder, inlay_error *err); /* any type */
inlay_status builder_bool(struct builder *builder, bool value, inlay_error *err);
/* Integers, dates, times, timestamps, durations. */
inlay_status builder_int(struct builder *builder, int64_t value, inlay_error *err);
inlay_status builder_uint(struct builder *builder, uint64_t value, inlay_error *err);
/* Floats; rounds to nearest when the type is narrower. */
inlay_status builder_float(struct builder *builder, double value, inlay_error *err);
/* utf8 (which must be valid UTF-8), binary. */
inlay_status builder_bytes_value(struct builder *builder, const void *data, uint64_t length,
                                 inlay_error *err);
/* The little-endian Arrow form of a fixed-width value: decimals, fixed binary, any number. */
inlay_status builder_fixed(struct builder *builder, const void *value, inlay_error *err);
inlay_status builder_close_row(struct builder *builder, inlay_error *err);

/* Appends rows of a view of the same type in any layout. */
inlay_status builder_append(struct builder *builder, const struct array_view *view, int64_t first,
                            int64_t count, inlay_error *err);

/* Appends all rows of a batch's view (array_view_open_batch) to a builder of a batch. */
inlay_status builder_append_batch(struct builder *builder, const struct array_view *batch,
                                  inlay_error *err);

/* Drops rows from the end, and what was appended to children without being closed. */
void builder_truncate(struct builder *builder, int64_t count);

/* Hands the rows over; the builder is empty afterwards and may be used again. */
inlay_status builder_finish(struct builder *builder, struct ArrowArray *out, inlay_error *err);
struct colvec;
inlay_status builder_finish_colvec(struct builder *builder, struct colvec *out, inlay_error *err);

/* Nearest float16, ties to even. */
uint16_t float16_from_double(double value);

#endif
