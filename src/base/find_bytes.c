/* SPDX-License-Identifier: Apache-2.0 */
#include "base/find_bytes.h"

#include "base/cpu.h"

#include <string.h>

const char *find_bytes_scalar(const char *text, size_t length, const char *piece,
                              size_t piece_length)
{
    return memmem(text, length, piece, piece_length);
}

find_bytes_function find_bytes(void)
{
#if defined(__x86_64__)
    if (cpu_level() >= CPU_AVX2) {
        return find_bytes_avx2;
    }
#endif
    return find_bytes_scalar;
}
