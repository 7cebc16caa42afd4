/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/kernels/rotation.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "vector/kernels/kernels.h"

#include <stdbool.h>
#include <string.h>

enum { ROUNDS = 4, WORD_BITS = 64 };

struct rotation {
    uint32_t dim;
    uint32_t padded;
    unsigned log2; /* of H */
    float signs[]; /* ROUNDS x padded, each 1 or -1 */
};

static uint64_t splitmix64(uint64_t *state)
{
    uint64_t z = (*state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

inlay_status rotation_create(uint32_t dim, uint64_t seed, struct rotation **out, inlay_error *err)
{
    struct rotation *rotation = NULL;
    size_t signs = 0;
    size_t size = 0;
    size_t i;
    uint64_t word = 0;
    *out = NULL;
    if (dim == 0 || dim > UINT32_MAX - 63) {
        return error_set(err, INLAY_INVALID_ARGUMENT, "a vector has %u dimensions; give it 1 to %u",
                         dim, UINT32_MAX - 63);
    }
    if (size_mul(rotation_padded(dim), ROUNDS, &signs) && size_mul(signs, sizeof(float), &size) &&
        size_add(size, sizeof(*rotation), &size)) {
        rotation = mem_alloc(size);
    }
    if (rotation == NULL) {
        return error_no_memory(err);
    }
    rotation->dim = dim;
    rotation->padded = rotation_padded(dim);
    rotation->log2 = 31 - (unsigned)__builtin_clz(rotation->padded);
    for (i = 0; i < signs; i++) { /* a round is a whole number of words */
        word = i % WORD_BITS == 0 ? splitmix64(&seed) : word >> 1;
        rotation->signs[i] = (word & 1) != 0 ? -1.0f : 1.0f;
    }
    *out = rotation;
    return INLAY_OK;
}

void rotation_free(struct rotation *rotation)
{
    mem_free(rotation);
}

void rotation_apply(const struct rotation *rotation, const float *in, float *out)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t padded = rotation->padded;
    size_t half = (size_t)1 << rotation->log2;
    size_t round;
    size_t i;
    memcpy(out, in, rotation->dim * sizeof(*out));
    memset(out + rotation->dim, 0, (padded - rotation->dim) * sizeof(*out));
    for (round = 0; round < ROUNDS; round++) {
        const float *signs = rotation->signs + round * padded;
        for (i = 0; i < padded; i++) {
            out[i] *= signs[i];
        }
        kernels->hadamard(out, rotation->log2);
        if (half < padded) {
            kernels->hadamard(out + (padded - half), rotation->log2);
        }
    }
}
