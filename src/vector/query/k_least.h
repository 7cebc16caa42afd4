/* SPDX-License-Identifier: Apache-2.0 */
/* The k smallest of the values that came, sorted: for a small k inserting costs less than selecting
 * again and again. Its worst value is the threshold of a search. One thread. */
#ifndef INLAY_VECTOR_QUERY_K_LEAST_H
#define INLAY_VECTOR_QUERY_K_LEAST_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>

#define K_LEAST_MOST 128

struct k_least {
    size_t k; /* 0: nobody asks */
    size_t count;
    float values[K_LEAST_MOST]; /* ascending */
};

/* A greater k than K_LEAST_MOST is not kept: others must find the threshold. */
static inline void k_least_init(struct k_least *least, size_t k)
{
    least->k = k <= K_LEAST_MOST ? k : 0;
    least->count = 0;
}

static inline bool k_least_is_kept(const struct k_least *least)
{
    return least->k != 0;
}

static inline void k_least_add(struct k_least *least, float value)
{
    size_t at = least->count;
    if (least->k == 0 || (at == least->k && !(value < least->values[at - 1]))) {
        return;
    }
    if (at < least->k) {
        least->count++;
    } else {
        at--; /* the last one drops out */
    }
    for (; at > 0 && least->values[at - 1] > value; at--) {
        least->values[at] = least->values[at - 1];
    }
    least->values[at] = value;
}

/* The k-th smallest, infinity before there are k. */
static inline float k_least_worst(const struct k_least *least)
{
    return least->k != 0 && least->count == least->k ? least->values[least->k - 1] : INFINITY;
}

#endif
