/* SPDX-License-Identifier: Apache-2.0 */
/* Selection and sorting of 64-bit keys, in place. Pure functions. */
#ifndef INLAY_BASE_SELECT_H
#define INLAY_BASE_SELECT_H

#include <stddef.h>
#include <stdint.h>

/* Puts the `wanted` smallest of `count` keys first, in no order. wanted <= count. */
void select_smallest(uint64_t *keys, size_t count, size_t wanted);

/* Ascending, without memory. */
void select_sort(uint64_t *keys, size_t count);

#endif
