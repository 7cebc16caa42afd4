/* SPDX-License-Identifier: Apache-2.0 */
#include "base/cpu.h"

#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

struct cpu_features {
    enum cpu_level best;
    unsigned flags;
};

#if defined(__x86_64__)

#define XCR0_AVX 0x06u    /* XMM and upper YMM halves */
#define XCR0_AVX512 0xe6u /* and the opmasks, upper ZMM halves, ZMM16 to 31 */

static uint64_t read_xcr0(void)
{
    uint32_t low;
    uint32_t high;
    __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
    return ((uint64_t)high << 32) | low;
}

static bool all_set(uint64_t bits, uint64_t wanted)
{
    return (bits & wanted) == wanted;
}

static struct cpu_features detect(void)
{
    struct cpu_features found = {CPU_SCALAR, 0};
    unsigned eax;
    unsigned ebx;
    unsigned ecx;
    unsigned edx;
    unsigned basic;
    unsigned extended;
    uint64_t saved;
    if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0) {
        return found;
    }
    basic = ecx;
    if (!all_set(basic, bit_SSE4_2 | bit_POPCNT | bit_PCLMUL)) {
        return found;
    }
    found.best = CPU_SSE42;
    saved = (basic & bit_OSXSAVE) != 0 ? read_xcr0() : 0;
    extended = __get_cpuid(0x80000001u, &eax, &ebx, &ecx, &edx) != 0 ? ecx : 0;
    if (!all_set(basic, bit_AVX | bit_F16C | bit_FMA) || !all_set(extended, bit_LZCNT) ||
        !all_set(saved, XCR0_AVX) || __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0 ||
        !all_set(ebx, bit_AVX2 | bit_BMI | bit_BMI2)) {
        return found;
    }
    found.best = CPU_AVX2;
    if (all_set(saved, XCR0_AVX512) &&
        all_set(ebx, bit_AVX512F | bit_AVX512BW | bit_AVX512CD | bit_AVX512DQ | bit_AVX512VL)) {
        found.best = CPU_AVX512;
        found.flags |= (ecx & bit_AVX512VPOPCNTDQ) != 0 ? CPU_FLAG_VPOPCNT : 0;
        found.flags |= (ecx & bit_AVX512VNNI) != 0 ? CPU_FLAG_VNNI : 0;
    }
    return found;
}

#elif defined(__aarch64__)

static struct cpu_features detect(void)
{
    struct cpu_features found = {CPU_NEON, 0};
    return found;
}

#else

static struct cpu_features detect(void)
{
    struct cpu_features found = {CPU_SCALAR, 0};
    return found;
}

#endif

const char *cpu_level_name(enum cpu_level level)
{
    static const char *const names[CPU_LEVEL_COUNT] = {"scalar", "neon", "sse42", "avx2", "avx512"};
    return (unsigned)level < CPU_LEVEL_COUNT ? names[level] : "unknown";
}

/* A level that the architecture cannot have is above `best` or the wrong kind. */
static bool level_available(enum cpu_level level, enum cpu_level best)
{
    if (level == CPU_SCALAR || level == best) {
        return true;
    }
    return best >= CPU_SSE42 && level >= CPU_SSE42 && level <= best;
}

static enum cpu_level level_from_environment(enum cpu_level best)
{
    const char *name = getenv("INLAY_CPU");
    int level;
    for (level = CPU_SCALAR; name != NULL && level < CPU_LEVEL_COUNT; level++) {
        if (strcmp(name, cpu_level_name((enum cpu_level)level)) == 0 &&
            level_available((enum cpu_level)level, best)) {
            return (enum cpu_level)level;
        }
    }
    return best;
}

/*
 * The one cached word: bits 0..7 level + 1 in force, 8..15 the best level, 16.. the flags; 0 = not
 * detected yet. Detection has the same result in every thread, so racing ones store one value and
 * relaxed order is enough.
 */
static _Atomic uint32_t cached;

static uint32_t pack(enum cpu_level level, enum cpu_level best, unsigned flags)
{
    return ((uint32_t)level + 1) | ((uint32_t)best << 8) | ((uint32_t)flags << 16);
}

static uint32_t features(void)
{
    uint32_t word = atomic_load_explicit(&cached, memory_order_relaxed);
    if (__builtin_expect(word == 0, 0)) {
        struct cpu_features found = detect();
        uint32_t fresh = pack(level_from_environment(found.best), found.best, found.flags);
        if (atomic_compare_exchange_strong_explicit(&cached, &word, fresh, memory_order_relaxed,
                                                    memory_order_relaxed)) {
            word = fresh;
        }
    }
    return word;
}

enum cpu_level cpu_level(void)
{
    return (enum cpu_level)((features() & 0xff) - 1);
}

enum cpu_level cpu_best_level(void)
{
    return (enum cpu_level)((features() >> 8) & 0xff);
}

bool cpu_has(enum cpu_flag flag)
{
    uint32_t word = features();
    return (word & 0xff) == (uint32_t)CPU_AVX512 + 1 && ((word >> 16) & (uint32_t)flag) != 0;
}

bool cpu_force_level(enum cpu_level level)
{
    uint32_t word = features();
    enum cpu_level best = (enum cpu_level)((word >> 8) & 0xff);
    if ((unsigned)level >= CPU_LEVEL_COUNT || !level_available(level, best)) {
        return false;
    }
    atomic_store_explicit(&cached, pack(level, best, word >> 16), memory_order_relaxed);
    return true;
}
