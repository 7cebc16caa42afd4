/* SPDX-License-Identifier: Apache-2.0 */
/* Validation of the values behind a view whose shape is right. Used by array_view_open. */
#ifndef INLAY_COLUMNAR_ARRAY_CHECK_H
#define INLAY_COLUMNAR_ARRAY_CHECK_H

#include "columnar/array_view.h"

/* Offsets ascend and stay inside, text is UTF-8, dictionary indexes and views stay inside, decimals
 * have at most `precision` digits, fields that may not be null are not. Only rows that the view
 * reaches are read; the bytes of null rows are not judged. O(bytes reached). `bad`: see
 * array_view_open. */
inlay_status array_check_values(const struct array_view *view, inlay_status bad, inlay_error *err);

#endif
