/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/kernels/kernels.h"

const struct vector_kernels *vector_kernels(void)
{
    return &vector_kernels_scalar;
}
