/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/kernels/kernels.h"

#include "base/cpu.h"

const struct vector_kernels *vector_kernels(void)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_AVX2) {
        return &vector_kernels_avx2;
    }
#elif defined(__aarch64__)
    if (cpu_level() >= CPU_NEON) {
        return &vector_kernels_neon;
    }
#endif
    return &vector_kernels_scalar;
}
