/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/vector_column.h"

bool vector_column_type(const struct field *field, enum vector_element *element)
{
    enum vector_element found;
    if (field->type != COLUMN_FIXED_LIST || field->width < 1 || field->width > VECTOR_MAX_DIM) {
        return false;
    }
    switch (field->children[0].type) {
    case COLUMN_FLOAT32:
        found = VECTOR_F32;
        break;
    case COLUMN_FLOAT16:
        found = VECTOR_F16;
        break;
    case COLUMN_FLOAT64:
        found = VECTOR_F64;
        break;
    case COLUMN_INT8:
        found = VECTOR_I8;
        break;
    default:
        return false;
    }
    if (element != NULL) {
        *element = found;
    }
    return true;
}
