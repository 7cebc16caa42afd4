/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Run-time choice of SIMD kernels. A level names an instruction set that the processor has and that
 * the operating system saves (OSXSAVE and XCR0 are checked); levels of one architecture are
 * ordered.
 *
 * The pattern for a layer with kernels, say sum.h with sum_scalar.c and sum_avx2.c:
 *
 *     struct sum_kernels { uint64_t (*u32)(const uint32_t *values, size_t count); };
 *     extern const struct sum_kernels sum_kernels_scalar;  // const, the oracle of every test
 *     extern const struct sum_kernels sum_kernels_avx2;    // sum_avx2.c, compiled with AVX2
 *
 *     const struct sum_kernels *sum_kernels(void)
 *     {
 *     #if defined(__x86_64__)
 *         if (cpu_level() >= CPU_AVX2) {
 *             return &sum_kernels_avx2;
 *         }
 *     #endif
 *         return &sum_kernels_scalar;
 *     }
 *
 * The getter costs one relaxed load: call it once per batch, not per value. A test walks the
 * levels:
 *
 *     for (level = CPU_SCALAR; level <= cpu_best_level(); level++) { cpu_force_level(level); ... }
 *     cpu_force_level(cpu_best_level());
 *
 * The environment variable INLAY_CPU (scalar, sse42, avx2, avx512, neon) lowers the level for a
 * whole process; a level that the machine lacks is ignored. All functions are thread-safe.
 */
#ifndef INLAY_BASE_CPU_H
#define INLAY_BASE_CPU_H

#include <stdbool.h>

enum cpu_level {
    CPU_SCALAR = 0,
    CPU_NEON = 1,   /* aarch64, always there */
    CPU_SSE42 = 2,  /* SSE4.2, POPCNT, PCLMULQDQ */
    CPU_AVX2 = 3,   /* adds AVX2, BMI1, BMI2, LZCNT, F16C, FMA */
    CPU_AVX512 = 4, /* adds AVX-512 F, BW, CD, DQ, VL */
    CPU_LEVEL_COUNT = 5
};

enum cpu_flag { /* extras within CPU_AVX512 */
                CPU_FLAG_VPOPCNT = 1 << 0,
                CPU_FLAG_VNNI = 1 << 1
};

/* The level in force: the machine's best, lowered by INLAY_CPU or by cpu_force_level. */
enum cpu_level cpu_level(void);

/* The best level of this machine, whatever is in force. */
enum cpu_level cpu_best_level(void);

/* True when the level in force is CPU_AVX512 and the machine has this extra. */
bool cpu_has(enum cpu_flag flag);

/* Test hook: puts a level in force. False, and nothing changes, when the machine lacks it. */
bool cpu_force_level(enum cpu_level level);

/* "scalar", "sse42", ...; never NULL. */
const char *cpu_level_name(enum cpu_level level);

#endif
