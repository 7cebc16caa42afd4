/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector columns of a superfile that is being built: which columns hold vectors, and the index of
 * one of them. Used by superfile_builder.c, one thread at a time.
 */
#ifndef INLAY_SUPERFILE_VECTOR_COLUMN_H
#define INLAY_SUPERFILE_VECTOR_COLUMN_H

#include "superfile/superfile_builder.h"

/* Is it a fixed list of 1 to 65,535 float16, float32, float64 or int8? *element (may be NULL) says
 * which. Such columns are stored raw, with an index or without. */
bool vector_column_type(const struct field *field, enum vector_element *element);

/* INLAY_SCHEMA, naming the column and what an index needs, when a schema's column is no such. */
inlay_status vector_column_check(const struct schema *columns, const char *name, inlay_error *err);

struct vector_column {
    const struct field *field; /* borrowed */
    size_t column;             /* index in the superfile's schema */
    enum vector_element element;
    struct vector_builder *builder;
    void *stored; /* owned: one vector, aligned, as it comes and as f32 */
    float *vector;
    uint64_t body_offset;
    struct buffer hot;
    struct superfile_vector_result result;
};

/* `columns` is the superfile's schema, borrowed for the column's life. `budget` is this
 * index's part of the options' memory. INLAY_SCHEMA says what an index needs. *out is freed by the
 * caller also after a failure; a zeroed one is empty. */
inlay_status vector_column_create(const struct schema *columns,
                                  const struct superfile_vector_column *config,
                                  const struct superfile_options *options, size_t budget,
                                  struct vector_column *out, inlay_error *err);
void vector_column_free(struct vector_column *column);

/* Adds the vectors of a batch's column; null rows are skipped. A null, NaN or infinite element is
 * INLAY_INVALID_ARGUMENT with column and row (of the batch). */
inlay_status vector_column_append(struct vector_column *column, const struct array_view *values,
                                  uint64_t first_row, inlay_error *err);

/* Writes the body at the next multiple of 64; the hot part is then in column->hot. Gives the
 * builder's memory back. `rows` is the superfile's number of rows. */
inlay_status vector_column_finish(struct vector_column *column, uint64_t rows,
                                  struct byte_sink *sink, inlay_error *err);

#endif
