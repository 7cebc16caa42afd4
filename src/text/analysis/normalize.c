/* SPDX-License-Identifier: Apache-2.0 */
#include "text/analysis/normalize.h"

#include "text/analysis/unicode.h"
#include "text/analyzer.h"

#include <utf8proc.h>

#define RIGHT_QUOTE 0x2019
#define CASEFOLD_OPTIONS                                                                           \
    (UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

/* Code points whose image is one inert code point: images concatenate to a normal form. */
static size_t normalize_simple(const uint8_t *word, size_t length, uint8_t *out)
{
    const uint8_t *end = word + length;
    size_t size = 0;
    for (const uint8_t *p = word; p < end;) {
        struct utf8_item item = utf8_decode(p, end);
        uint32_t folded = item.point + (uint32_t)unicode_record_of(item.point)->fold;
        uint8_t encoded[UTF8_MAX_SIZE];
        uint32_t encoded_size = utf8_encode(folded, encoded);
        if (size + encoded_size > TOKEN_MAX_BYTES) {
            break;
        }
        for (uint32_t i = 0; i < encoded_size; i++) {
            out[size++] = encoded[i];
        }
        p += item.size;
    }
    return size;
}

/* Stable insertion sort of every run of combining marks by class (canonical ordering). */
static void order_marks(int32_t *points, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        int32_t mark = points[i];
        utf8proc_propval_t class = utf8proc_get_property(mark)->combining_class;
        size_t at = i;
        while (class != 0 && at > 0 &&
               utf8proc_get_property(points[at - 1])->combining_class > class) {
            points[at] = points[at - 1];
            at--;
        }
        points[at] = mark;
    }
}

static size_t decompose(const uint8_t *word, size_t length, int32_t *points)
{
    const uint8_t *end = word + length;
    size_t count = 0;
    for (const uint8_t *p = word; p < end && count < NORMALIZE_MAX_POINTS;) {
        struct utf8_item item = utf8_decode(p, end);
        uint32_t point = item.point == RIGHT_QUOTE ? '\'' : item.point;
        int boundary = 0;
        utf8proc_ssize_t added;
        p += item.size;
        /* utf8proc leaves the ignorable code points that are not assigned. */
        if ((unicode_record_of(point)->bits & UNICODE_IGNORED) != 0) {
            continue;
        }
        added = utf8proc_decompose_char((utf8proc_int32_t)point, points + count,
                                        NORMALIZE_MAX_EXPANSION, CASEFOLD_OPTIONS, &boundary);
        if (added > 0 && added <= NORMALIZE_MAX_EXPANSION) {
            count += (size_t)added;
        }
    }
    return count;
}

static size_t normalize_full(struct normalizer *normalizer, const uint8_t *word, size_t length,
                             uint8_t *out)
{
    size_t count = decompose(word, length, normalizer->points);
    utf8proc_ssize_t composed;
    size_t size = 0;
    order_marks(normalizer->points, count);
    composed = utf8proc_normalize_utf32(normalizer->points, (utf8proc_ssize_t)count,
                                        UTF8PROC_COMPOSE | UTF8PROC_STABLE);
    for (utf8proc_ssize_t i = 0; i < composed; i++) {
        uint8_t encoded[UTF8_MAX_SIZE];
        uint32_t encoded_size = utf8_encode((uint32_t)normalizer->points[i], encoded);
        if (size + encoded_size > TOKEN_MAX_BYTES) {
            break;
        }
        for (uint32_t k = 0; k < encoded_size; k++) {
            out[size++] = encoded[k];
        }
    }
    return size;
}

size_t normalize_word(struct normalizer *normalizer, const uint8_t *word, size_t length,
                      uint32_t all, uint8_t *out)
{
    if ((all & UNICODE_SIMPLE) != 0) {
        return normalize_simple(word, length, out);
    }
    return normalize_full(normalizer, word, length, out);
}
