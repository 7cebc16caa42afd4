/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Split-block Bloom filter of terms (Putze, Sanders, Singler, WEA 2007, in the form that Parquet
 * specifies): blocks of 256 bits, XXH64 with seed 0, about 10 bits per term, 1 % false positives.
 */
#ifndef INLAY_TEXT_FORMAT_FILTER_H
#define INLAY_TEXT_FORMAT_FILTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FILTER_BLOCK 32

/* Bytes of a filter for this many terms: a multiple of FILTER_BLOCK, at least one block. */
size_t filter_size(uint64_t terms);
uint64_t filter_hash(const void *term, size_t length);
void filter_add(uint8_t *filter, size_t size, uint64_t hash);
bool filter_may_contain(const uint8_t *filter, size_t size, uint64_t hash);

#endif
