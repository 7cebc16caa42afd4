/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single-thread figures of the kernels of vector/, at the level in force (INLAY_CPU lowers it):
 * nanoseconds a call (thread processor time, best of several runs, as other work on the machine
 * only adds), and how that compares with the processor's FMA peak, which is measured first.
 *
 *   bench_vector_kernels [dimensions, a multiple of 64]
 */
#include "base/cpu.h"
#include "vector/kernels/kernels.h"
#include "vector/kernels/rotation.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { ROWS = 512, CENTROIDS = 1024, RUNS = 15 };
#define RUN_SECONDS 2e-3

struct bench {
    const struct vector_kernels *kernels;
    struct rotation *rotation;
    size_t n;
    float *rows;      /* ROWS x n */
    float *centroids; /* CENTROIDS x n */
    float *half_norms;
    uint32_t *best;
    float *out;     /* n, and room for a rotation */
    uint8_t *codes; /* n, at least 4 n bytes: also planes and tables */
    int8_t *query;
    float sink;
};

static double now(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The best of RUNS means, in seconds a call. */
static double measure(void (*work)(struct bench *bench), struct bench *bench)
{
    double best = INFINITY;
    size_t calls = 1;
    double took = 0;
    size_t run;
    size_t i;
    for (run = 0; run < RUNS;) {
        double start = now();
        for (i = 0; i < calls; i++) {
            work(bench);
        }
        took = now() - start;
        if (took < RUN_SECONDS) {
            calls *= 2;
            continue;
        }
        best = fmin(best, took / (double)calls);
        run++;
    }
    return best;
}

/* 12 independent chains: more than latency times throughput of any processor with AVX2. */
enum { PEAK_ROUNDS = 1000, PEAK_CHAINS = 12 };
#if defined(__x86_64__)
enum { PEAK_LANES = 8 };
__attribute__((target("avx2,fma"))) static void peak(struct bench *bench)
{
    __m256 chain[PEAK_CHAINS];
    __m256 factor = _mm256_set1_ps(0.999f);
    size_t i;
    size_t c;
#pragma GCC unroll 12
    for (c = 0; c < PEAK_CHAINS; c++) {
        chain[c] = _mm256_set1_ps((float)c);
    }
    for (i = 0; i < PEAK_ROUNDS; i++) {
#pragma GCC unroll 12
        for (c = 0; c < PEAK_CHAINS; c++) {
            chain[c] = _mm256_fmadd_ps(chain[c], factor, factor);
        }
#pragma GCC unroll 12
        for (c = 0; c < PEAK_CHAINS; c++) {
            __asm__ volatile("" : "+x"(chain[c]));
        }
    }
#pragma GCC unroll 12
    for (c = 0; c < PEAK_CHAINS; c++) {
        bench->sink += _mm256_cvtss_f32(chain[c]);
    }
}
#else
enum { PEAK_LANES = 1 };
static void peak(struct bench *bench)
{
    float chain[PEAK_CHAINS] = {0};
    size_t i;
    size_t c;
    for (i = 0; i < PEAK_ROUNDS; i++) {
        for (c = 0; c < PEAK_CHAINS; c++) {
            chain[c] = fmaf(chain[c], 0.999f, 0.999f);
        }
    }
    bench->sink += chain[0];
}
#endif

static void run_dot(struct bench *b)
{
    b->sink += b->kernels->dot(b->rows, b->centroids, b->n);
}

static void run_l2(struct bench *b)
{
    b->sink += b->kernels->l2(b->rows, b->centroids, b->n);
}

static void run_dot_norm(struct bench *b)
{
    float norm;
    float product;
    b->kernels->dot_norm(b->rows, b->centroids, b->n, &product, &norm);
    b->sink += product + norm;
}

static void run_nearest(struct bench *b)
{
    b->kernels->nearest(b->rows, ROWS, b->centroids, b->half_norms, CENTROIDS, b->n, b->best, NULL);
}

static void run_nearest_few(struct bench *b)
{
    b->kernels->nearest(b->rows, ROWS, b->centroids, b->half_norms, 8, b->n, b->best, NULL);
}

static void run_hadamard(struct bench *b)
{
    b->kernels->hadamard(b->out, 8);
}

static void run_rotation(struct bench *b)
{
    rotation_apply(b->rotation, b->rows, b->out);
}

static void run_scan(struct bench *b)
{
    uint32_t sums[SCAN_LANES];
    b->kernels->scan(b->codes, b->codes, b->n / 4, sums);
    b->sink += (float)sums[0];
}

static void run_bound(struct bench *b)
{
    float lower[SCAN_LANES];
    b->sink += (float)b->kernels->bound(b->best, b->rows, b->rows + 32, b->rows + 64, 1.0f, 2.0f,
                                        3.0f, 4.0f, 5.0f, lower);
}

static void run_product4(struct bench *b)
{
    b->sink += (float)b->kernels->product4(b->query, b->codes, b->n);
}

static void run_product8(struct bench *b)
{
    b->sink += (float)b->kernels->product8(b->query, b->codes, b->n);
}

static void run_from_f16(struct bench *b)
{
    b->kernels->from_f16((const uint16_t *)(const void *)b->codes, b->n, b->out);
}

static void run_from_f64(struct bench *b)
{
    b->kernels->from_f64((const double *)(const void *)b->rows, b->n, b->out);
}

static void run_from_i32(struct bench *b)
{
    b->kernels->from_i32((const int32_t *)(const void *)b->codes, b->n, b->out);
}

struct line {
    const char *name;
    void (*work)(struct bench *bench);
    double operations; /* floating-point, for each dimension; 0: none to speak of */
};

static void report(struct bench *bench, double peak_rate)
{
    static const struct line lines[] = {
        {"dot", run_dot, 2},
        {"l2", run_l2, 3},
        {"dot_norm", run_dot_norm, 4},
        {"nearest 512 x 1024", run_nearest, 2.0 * ROWS * CENTROIDS},
        {"nearest 512 x 8", run_nearest_few, 2.0 * ROWS * 8},
        {"hadamard of 256", run_hadamard, 0},
        {"rotation", run_rotation, 0},
        {"scan, a block of 32", run_scan, 0},
        {"bound, a block of 32", run_bound, 0},
        {"product4", run_product4, 0},
        {"product8", run_product8, 0},
        {"from_f16", run_from_f16, 0},
        {"from_f64", run_from_f64, 0},
        {"from_i32", run_from_i32, 0},
    };
    size_t i;
    for (i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        double seconds = measure(lines[i].work, bench);
        double rate = lines[i].operations * (double)bench->n / seconds;
        (void)printf("%-22s %12.1f ns", lines[i].name, seconds * 1e9);
        if (rate > 0) {
            (void)printf("  %7.1f GFLOP/s  %5.1f %% of peak", rate * 1e-9, 100 * rate / peak_rate);
        }
        (void)printf("\n");
    }
}

static float *random_floats(size_t count)
{
    float *x = malloc(count * sizeof(*x));
    uint64_t state = 42;
    size_t i;
    for (i = 0; x != NULL && i < count; i++) {
        state = state * UINT64_C(6364136223846793005) + 1442695040888963407u;
        x[i] = (float)(int32_t)(state >> 32) * 0x1p-31f;
    }
    return x;
}

/* That the figures are of right answers: a sample against the oracle. */
static int check(const struct bench *b)
{
    uint32_t best[8];
    size_t i;
    b->kernels->nearest(b->rows, 8, b->centroids, b->half_norms, CENTROIDS, b->n, b->best, NULL);
    vector_kernels_scalar.nearest(b->rows, 8, b->centroids, b->half_norms, CENTROIDS, b->n, best,
                                  NULL);
    for (i = 0; i < 8; i++) {
        if (best[i] != b->best[i]) {
            (void)fprintf(stderr, "row %zu: centroid %u instead of %u\n", i, b->best[i], best[i]);
            return 1;
        }
    }
    return 0;
}

int main(int argc, char **argv)
{
    struct bench bench = {0};
    double peak_rate;
    size_t i;
    bench.n = argc > 1 ? strtoull(argv[1], NULL, 0) : 384;
    if (bench.n == 0 || bench.n % 64 != 0 || bench.n > 65536) {
        (void)fprintf(stderr, "the dimensions must be a multiple of 64, at most 65536\n");
        return 2;
    }
    bench.kernels = vector_kernels();
    bench.rows = random_floats(ROWS * bench.n);
    bench.centroids = random_floats(CENTROIDS * bench.n);
    bench.half_norms = calloc(CENTROIDS, sizeof(float));
    bench.best = calloc(ROWS, sizeof(uint32_t));
    bench.out = calloc(bench.n < 256 ? 256 : bench.n, sizeof(float));
    bench.codes = calloc(bench.n, 4);
    bench.query = calloc(bench.n, 1);
    if (bench.rows == NULL || bench.centroids == NULL || bench.half_norms == NULL ||
        bench.best == NULL || bench.out == NULL || bench.codes == NULL || bench.query == NULL ||
        rotation_create((uint32_t)bench.n, ROTATION_SEED, &bench.rotation, NULL) != INLAY_OK) {
        (void)fprintf(stderr, "out of memory\n");
        return 1;
    }
    for (i = 0; i < CENTROIDS; i++) {
        const float *c = bench.centroids + i * bench.n;
        bench.half_norms[i] = bench.kernels->dot(c, c, bench.n) / 2;
    }
    if (check(&bench) != 0) {
        return 1;
    }
    peak_rate = 2.0 * PEAK_LANES * PEAK_CHAINS * PEAK_ROUNDS / measure(peak, &bench);
    (void)printf("level %s, %zu dimensions, FMA peak %.1f GFLOP/s\n", cpu_level_name(cpu_level()),
                 bench.n, peak_rate * 1e-9);
    report(&bench, peak_rate);
    rotation_free(bench.rotation);
    free(bench.rows);
    free(bench.centroids);
    free(bench.half_norms);
    free(bench.best);
    free(bench.out);
    free(bench.codes);
    free(bench.query);
    return bench.sink == 12345.0f;
}
