/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finding a piece in a short text, as memmem does, without its start-up cost: with AVX2 the first
 * and the last byte of the piece are looked for together, 32 places at a time (Muła, "SIMD-friendly
 * algorithms for substring searching", 2016), and what is between is compared where both are found.
 * Texts of column values are some dozen bytes: two or three steps.
 */
#ifndef INLAY_BASE_FIND_BYTES_H
#define INLAY_BASE_FIND_BYTES_H

#include <stddef.h>

/* The first place of a piece (at least one byte) in the text; NULL: it is not there. */
typedef const char *(*find_bytes_function)(const char *text, size_t length, const char *piece,
                                           size_t piece_length);

/* The best for this processor; get it once per batch. */
find_bytes_function find_bytes(void);

/* The oracle: memmem. */
const char *find_bytes_scalar(const char *text, size_t length, const char *piece,
                              size_t piece_length);
const char *find_bytes_avx2(const char *text, size_t length, const char *piece,
                            size_t piece_length);

#endif
