/* SPDX-License-Identifier: Apache-2.0 */
/* Lossless change of type, value by value. The rules stand at batch_coerce. */
#ifndef INLAY_COLUMNAR_COERCE_H
#define INLAY_COLUMNAR_COERCE_H

#include "columnar/array_view.h"
#include "columnar/builder.h"

/* True when values of one type can become the other, apart from single values that do not fit. */
bool coerce_possible(const struct field *from, const struct field *to);

/* Appends all rows of a view to a builder of another type for which coerce_possible holds. */
inlay_status coerce_append(struct builder *builder, const struct array_view *view,
                           inlay_error *err);

#endif
