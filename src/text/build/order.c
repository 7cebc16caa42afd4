/* SPDX-License-Identifier: Apache-2.0 */
/* The terms of a table in byte order: a radix sort by their first 8 bytes, then by comparison among
 * those that share them. */
#include "text/build/builder_priv.h"
#include "text/build/pages.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#include <stdlib.h>
#include <string.h>

#define DIGIT_BITS 11
#define DIGITS ((64 + DIGIT_BITS - 1) / DIGIT_BITS)
#define DIGIT_VALUES (1u << DIGIT_BITS)

struct sort_key {
    uint64_t prefix; /* first 8 bytes, most significant first, zeros behind a shorter term */
    uint32_t term;
};

static uint64_t prefix_of(const uint8_t *text, size_t length)
{
    uint8_t bytes[8] = {0};
    memcpy(bytes, text, length < 8 ? length : 8);
    return __builtin_bswap64(load_u64(bytes));
}

static unsigned digit_of(uint64_t prefix, unsigned digit)
{
    return (unsigned)(prefix >> (digit * DIGIT_BITS)) & (DIGIT_VALUES - 1);
}

/* One pass of a least-significant-first radix sort; false: all keys have the same digit. */
static bool sort_digit(const struct sort_key *from, struct sort_key *to, size_t count,
                       unsigned digit)
{
    size_t starts[DIGIT_VALUES] = {0};
    size_t start = 0;
    size_t i;
    for (i = 0; i < count; i++) {
        starts[digit_of(from[i].prefix, digit)]++;
    }
    if (starts[digit_of(from[0].prefix, digit)] == count) {
        return false;
    }
    for (i = 0; i < DIGIT_VALUES; i++) {
        size_t size = starts[i];
        starts[i] = start;
        start += size;
    }
    for (i = 0; i < count; i++) {
        to[starts[digit_of(from[i].prefix, digit)]++] = from[i];
    }
    return true;
}

static int compare_terms(const void *a, const void *b, void *context)
{
    const struct text_builder *builder = context;
    const struct build_term *x = &builder->terms[((const struct sort_key *)a)->term];
    const struct build_term *y = &builder->terms[((const struct sort_key *)b)->term];
    size_t common = x->length < y->length ? x->length : y->length;
    int order =
        memcmp(builder->term_bytes.data + x->text, builder->term_bytes.data + y->text, common);
    return order != 0 ? order : (int)x->length - (int)y->length;
}

static void sort_equal_prefixes(const struct text_builder *builder, struct sort_key *keys,
                                size_t count)
{
    size_t i;
    size_t end;
    for (i = 0; i < count; i = end) {
        for (end = i + 1; end < count && keys[end].prefix == keys[i].prefix; end++) {
        }
        if (end - i > 1) {
            qsort_r(keys + i, end - i, sizeof(*keys), compare_terms, (void *)(uintptr_t)builder);
        }
    }
}

inlay_status builder_sort(const struct text_builder *builder, uint32_t **order, inlay_error *err)
{
    size_t count = builder->term_count;
    uint32_t *numbers = mem_alloc_array(count, sizeof(*numbers));
    struct sort_key *keys = pages_alloc(2 * count * sizeof(*keys)); /* count is below 2^30 */
    struct sort_key *from = keys;
    unsigned digit;
    size_t i;
    *order = NULL;
    if (numbers == NULL || keys == NULL) {
        mem_free(numbers);
        pages_free(keys);
        return error_no_memory(err);
    }
    for (i = 0; i < count; i++) {
        const struct build_term *term = &builder->terms[i];
        from[i].prefix = prefix_of(builder->term_bytes.data + term->text, term->length);
        from[i].term = (uint32_t)i;
    }
    for (digit = 0; digit < DIGITS && count > 1; digit++) {
        struct sort_key *to = from == keys ? keys + count : keys;
        from = sort_digit(from, to, count, digit) ? to : from;
    }
    sort_equal_prefixes(builder, from, count);
    for (i = 0; i < count; i++) {
        numbers[i] = from[i].term;
    }
    pages_free(keys);
    *order = numbers;
    return INLAY_OK;
}
