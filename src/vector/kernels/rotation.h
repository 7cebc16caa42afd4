/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An exact random isometry of R^P, P a multiple of 64, that any language can reproduce:
 * docs/format/vector-index.md "Rotation". Four rounds; a round flips signs by bits of SplitMix64
 * (Steele, Lea, Flood 2014), then applies the orthonormal Walsh-Hadamard transform to the first H
 * elements and, when H < P, to the last H, where H is the greatest power of two not above P.
 */
#ifndef INLAY_VECTOR_KERNELS_ROTATION_H
#define INLAY_VECTOR_KERNELS_ROTATION_H

#include "inlay/error.h"

#include <stddef.h>
#include <stdint.h>

struct rotation; /* immutable, shared by threads */

/* The seed that writers use. Equal seeds and dimensions: equal rotations, so one rotated query
 * serves all superfiles. */
#define ROTATION_SEED UINT64_C(0x696e6c617976656b)

/* dim + padding: the code dimension. dim is 1 to 2^32 - 64. */
static inline uint32_t rotation_padded(uint32_t dim)
{
    return (dim + 63) / 64 * 64;
}

/* INVALID_ARGUMENT for another dim. Takes 16 bytes for each of rotation_padded(dim). */
inlay_status rotation_create(uint32_t dim, uint64_t seed, struct rotation **out, inlay_error *err);
void rotation_free(struct rotation *rotation); /* NULL-safe */
/* `in` has dim elements, `out` rotation_padded(dim); they must not overlap. */
void rotation_apply(const struct rotation *rotation, const float *in, float *out);

#endif
