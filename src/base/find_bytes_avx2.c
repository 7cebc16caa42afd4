/* SPDX-License-Identifier: Apache-2.0 */
#include "base/find_bytes.h"

#if defined(__AVX2__)
#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#define STEP 32
#define PAGE 4096

/* A load of 32 bytes that stays within a page cannot fail, whatever lies behind the text. */
static bool stays_in_page(const char *at)
{
    return ((uintptr_t)at & (PAGE - 1)) <= PAGE - STEP;
}

/* May load bytes behind the text; none of them changes the answer. */
__attribute__((no_sanitize("address", "thread"))) const char *
find_bytes_avx2(const char *text, size_t length, const char *piece, size_t piece_length)
{
    const __m256i first = _mm256_set1_epi8(piece[0]);
    const __m256i last = _mm256_set1_epi8(piece[piece_length - 1]);
    size_t places;
    size_t i;
    if (length < piece_length) {
        return NULL;
    }
    places = length - piece_length + 1;
    for (i = 0; i < places; i += STEP) {
        const char *head = text + i;
        const char *tail = head + piece_length - 1;
        const size_t left = places - i;
        uint32_t found;
        if (left < STEP && !(stays_in_page(head) && stays_in_page(tail))) {
            return find_bytes_scalar(head, length - i, piece, piece_length);
        }
        found = (uint32_t)_mm256_movemask_epi8(_mm256_and_si256(
            _mm256_cmpeq_epi8(first, _mm256_loadu_si256((const __m256i *)(const void *)head)),
            _mm256_cmpeq_epi8(last, _mm256_loadu_si256((const __m256i *)(const void *)tail))));
        found &= left < STEP ? (UINT32_C(1) << left) - 1 : UINT32_MAX;
        for (; found != 0; found &= found - 1) {
            const char *place = head + __builtin_ctz(found);
            if (piece_length <= 2 || memcmp(place + 1, piece + 1, piece_length - 2) == 0) {
                return place;
            }
        }
    }
    return NULL;
}
#endif
