/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Encoding. The magnitudes |r| are multiplied by a scale t, cut at the top level and rounded down;
 * the code is best when the angle between r and p is smallest, that is when <r, p>/|p| is greatest.
 * That is a bumpy function of t with one broad hill, whose top for the near-normal residuals of a
 * rotated space lies where the greatest magnitude is hardly cut. A coarse walk over the hill and a
 * fine one around its best place come within 1 % (4 bits more than the sign) and 9 % (8, whose
 * error matters less) of the error of the paper's exhaustive search over all t at which some
 * rounding changes.
 *
 * The loops are written in vectors of four floats, which every 64-bit machine has, so the result is
 * the same everywhere.
 */
#include "vector/format/code.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

/* Scales tried, as multiples of that which puts the greatest magnitude at the end of the top level.
 */
#define COARSE_FIRST 0.94f
#define COARSE_STEP 0.1f
#define COARSE_COUNT 6
#define FINE_STEP 0.03f
#define FINE_REACH 2

typedef float quad __attribute__((vector_size(16)));
typedef int32_t quad_int __attribute__((vector_size(16)));

static inline quad quad_load(const float *p)
{
    quad v;
    memcpy(&v, p, sizeof(v));
    return v;
}

static inline quad quad_all(float value)
{
    quad v = {value, value, value, value};
    return v;
}

/* Lane by lane: a where the mask is set, else b. */
static inline quad quad_choose(quad_int mask, quad a, quad b)
{
    return (quad)(((quad_int)a & mask) | ((quad_int)b & ~mask));
}

static inline quad quad_negate_unless(quad_int mask, quad v)
{
    const quad_int sign = {INT32_MIN, INT32_MIN, INT32_MIN, INT32_MIN};
    return (quad)((quad_int)v ^ (sign & ~mask));
}

static inline float quad_sum(quad v)
{
    return (v[0] + v[2]) + (v[1] + v[3]);
}

/* The levels min(floor(a * t), top) of four magnitudes. */
static inline quad_int quad_levels(quad a, quad t, quad top)
{
    quad scaled = a * t;
    return __builtin_convertvector(quad_choose(scaled < top, scaled, top), quad_int);
}

static inline quad quad_middles(quad_int levels)
{
    return __builtin_convertvector(levels, quad) + quad_all(0.5f);
}

/* <a, p>^2 / |p|^2 for p = levels + 1/2. */
static float quality(const float *a, size_t n, float t, float top)
{
    quad dot[2] = {{0}, {0}};
    quad norm[2] = {{0}, {0}};
    float sum;
    size_t i;
    size_t j;
    for (i = 0; i < n; i += 8) {
        for (j = 0; j < 2; j++) {
            quad magnitude = quad_load(a + i + 4 * j);
            quad p = quad_middles(quad_levels(magnitude, quad_all(t), quad_all(top)));
            dot[j] += magnitude * p;
            norm[j] += p * p;
        }
    }
    sum = quad_sum(dot[0] + dot[1]);
    return sum * (sum / quad_sum(norm[0] + norm[1]));
}

/* The greatest of the magnitudes in `a` is `peak`, a normal number. */
static float best_scale(const float *a, size_t n, float peak, unsigned code_bits)
{
    float levels = (float)(1u << (code_bits - 1));
    float unit = levels / peak;
    float best = COARSE_FIRST;
    float best_quality = -1;
    float centre;
    int i;
    for (i = 0; i < COARSE_COUNT; i++) {
        float multiple = COARSE_FIRST + COARSE_STEP * (float)i;
        float q = quality(a, n, multiple * unit, levels - 1);
        if (q > best_quality) {
            best_quality = q;
            best = multiple;
        }
    }
    centre = best;
    for (i = -FINE_REACH; i <= FINE_REACH; i++) {
        float multiple = centre + FINE_STEP * (float)i;
        float q = i != 0 ? quality(a, n, multiple * unit, levels - 1) : -1;
        if (q > best_quality) {
            best_quality = q;
            best = multiple;
        }
    }
    return best * unit;
}

/* The sums that the factors are made of. */
struct code_sums {
    float rr; /* |r|^2 */
    float cr; /* <c, r> */
    float ro; /* <r, o> */
    float co;
    float rp; /* <r, p> */
    float cp;
    float pp; /* |p|^2 */
    float xx; /* |x|^2 */
};

/* |r| to `a`; its greatest element comes back. */
static float residual_sums(const float *x, const float *c, size_t n, float *a,
                           struct code_sums *sums)
{
    quad rr = {0};
    quad cr = {0};
    quad ro = {0};
    quad co = {0};
    quad xx = {0};
    quad peak = {0};
    float most = 0;
    size_t i;
    for (i = 0; i < n; i += 4) {
        quad centre = quad_load(c + i);
        quad row = quad_load(x + i);
        quad r = row - centre;
        quad_int positive = r >= quad_all(0);
        quad magnitude = quad_negate_unless(positive, r);
        memcpy(a + i, &magnitude, sizeof(magnitude));
        xx += row * row;
        rr += r * r;
        cr += r * centre;
        ro += magnitude;
        co += quad_negate_unless(positive, centre);
        peak = quad_choose(magnitude > peak, magnitude, peak);
    }
    for (i = 0; i < 4; i++) {
        most = peak[i] > most ? peak[i] : most;
    }
    sums->xx = quad_sum(xx);
    sums->rr = quad_sum(rr);
    sums->cr = quad_sum(cr);
    sums->ro = quad_sum(ro);
    sums->co = quad_sum(co);
    return most;
}

static void pack(const int32_t codes[64], unsigned code_bits, uint8_t *out)
{
    size_t j;
    if (code_bits == 8) {
        for (j = 0; j < 64; j++) {
            out[j] = (uint8_t)codes[j];
        }
        return;
    }
    for (j = 0; j < 32; j++) {
        out[j] = (uint8_t)(codes[j] | codes[32 + j] << 4);
    }
}

/* Signs and codes at scale t, and their sums. The levels of a negative element are mirrored, as u
 * counts up from the most negative. */
static void write_code(const float *x, const float *c, const float *a, size_t n, float t,
                       unsigned code_bits, uint8_t *signs, uint8_t *code, struct code_sums *sums)
{
    const int32_t top = (1 << (code_bits - 1)) - 1;
    const quad_int mirror = {top, top, top, top};
    const quad_int upper = mirror + 1;
    const quad_int weights = {1, 2, 4, 8};
    quad rp = {0};
    quad cp = {0};
    quad pp = {0};
    int32_t codes[64];
    size_t i;
    for (i = 0; i < n; i += 4) {
        quad magnitude = quad_load(a + i);
        quad centre = quad_load(c + i);
        quad_int positive = quad_load(x + i) - centre >= quad_all(0);
        quad_int levels = quad_levels(magnitude, quad_all(t), quad_all((float)top));
        quad p = quad_middles(levels);
        quad_int bits = positive & weights;
        int32_t nibble = (bits[0] | bits[1]) | (bits[2] | bits[3]);
        rp += magnitude * p;
        pp += p * p;
        cp += quad_negate_unless(positive, centre * p);
        levels = (positive & (levels | upper)) | (~positive & (levels ^ mirror));
        memcpy(codes + i % 64, &levels, sizeof(levels));
        signs[i / 8] = (uint8_t)(i % 8 == 0 ? nibble : signs[i / 8] | nibble << 4);
        if (i % 64 == 60) {
            pack(codes, code_bits, code + i / 64 * 8 * code_bits);
        }
    }
    sums->rp = quad_sum(rp);
    sums->cp = quad_sum(cp);
    sums->pp = quad_sum(pp);
}

/* One plane's factors: v is o or p, rv = <r, v>, cv = <c, v>, vv = |v|^2. */
static void make_factors(const struct code_sums *sums, float rv, float cv, float vv, size_t n,
                         enum vector_metric metric, struct code_factors *out)
{
    float unit = sums->rr / rv; /* |r|^2 / <r, v> */
    float excess = unit * (vv / rv) - 1;
    float deviation = sqrtf(sums->rr) * sqrtf((excess > 0 ? excess : 0) / (float)(n - 1));
    if (metric == VECTOR_INNER_PRODUCT) {
        out->scale = unit;
        out->add = unit * cv - sums->cr;
        out->error = deviation;
    } else {
        out->scale = 2 * unit;
        out->add = sums->rr + 2 * unit * cv;
        out->error = 2 * deviation;
    }
}

void code_encode(const float *x, const float *c, size_t n, enum vector_metric metric,
                 unsigned code_bits, uint8_t *signs, uint8_t *code, struct code_factors *first,
                 struct code_factors *full, float *scratch)
{
    struct code_sums sums;
    float peak = residual_sums(x, c, n, scratch, &sums);
    bool usable = sums.rr >= FLT_MIN && sums.rr <= FLT_MAX;
    float t = usable ? best_scale(scratch, n, peak, code_bits) : 0;
    memset(first, 0, sizeof(*first));
    memset(full, 0, sizeof(*full));
    write_code(x, c, scratch, n, t, code_bits, signs, code, &sums);
    if (usable) {
        make_factors(&sums, sums.ro, sums.co, (float)n, n, metric, first);
        make_factors(&sums, sums.rp, sums.cp, sums.pp, n, metric, full);
    } else if (!(sums.rr < FLT_MIN)) {
        first->add = full->add = FLT_MAX; /* squares overflow: as far as can be said */
    }
    if (metric == VECTOR_COSINE && sums.xx == 0) {
        first->add += 1; /* a zero vector is at squared distance 1; 2 is its cosine distance */
        full->add += 1;
    }
}
