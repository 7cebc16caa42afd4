/* SPDX-License-Identifier: Apache-2.0 */
/* Column vectors over Arrow arrays: the way back from colvec_to_arrow. */
#ifndef INLAY_COLUMNAR_COLVEC_ARROW_H
#define INLAY_COLUMNAR_COLVEC_ARROW_H

#include "columnar/colvec.h"

/* Takes over a valid array, also on failure, and shows it as a vector: numbers and text bytes are
 * not copied when they are aligned; strings, validity, offsets and bools get new memory. A
 * dictionary without nulls stays one. `field` is borrowed for the vector's life. */
inlay_status colvec_from_arrow(const struct field *field, struct ArrowArray *array,
                               struct colvec *out, inlay_error *err);

#endif
