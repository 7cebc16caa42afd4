/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Vector columns of a superfile that is being built: which columns hold vectors, and the index of
 * one of them. Used by superfile_builder.c, one thread at a time.
 */
#ifndef INLAY_SUPERFILE_VECTOR_COLUMN_H
#define INLAY_SUPERFILE_VECTOR_COLUMN_H

#include "columnar/array_view.h"
#include "columnar/schema.h"
#include "vector/vector_builder.h"

/* Is it a fixed list of 1 to 65,535 float16, float32, float64 or int8? *element (may be NULL) says
 * which. Such columns are stored raw, with an index or without. */
bool vector_column_type(const struct field *field, enum vector_element *element);

#endif
