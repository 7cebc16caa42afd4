/* SPDX-License-Identifier: Apache-2.0 */
#include "text/term_walk.h"

#include "text/read/dictionary.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

#define CUT_BYTES (TOKEN_MAX_BYTES - 3) /* a cut term may lack the rest of a code point */

struct found {
    bool over; /* more than the caller wants */
    struct text_lookup *terms;
    size_t count;
    size_t capacity; /* terms is owned until the walk ends */
    uint64_t postings;
};

struct walker {
    const struct text_index *index;
    const struct text_walk *walk;
    struct arena *arena;
    struct found found[TEXT_WALK_FRAGMENTS];
    size_t left; /* fragments that are not over */
};

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + ('a' - 'A')) : byte;
}

/* Where the fragment ends when it begins at `at`; 0: it does not. */
static uint32_t match_end(const struct text_fragment *fragment, const uint8_t *term,
                          uint32_t length, uint32_t at)
{
    uint32_t i;
    for (i = 0; i < fragment->length; i++) {
        if (at >= length || lower(term[at]) != fragment->text[i]) {
            return 0;
        }
        at++;
        if (fragment->dotted && fragment->text[i] == 'i' && length - at >= 2 && term[at] == 0xcc &&
            term[at + 1] == 0x87) {
            at += 2;
        }
    }
    return at;
}

static bool holds(const struct text_fragment *fragment, const uint8_t *term, uint32_t length)
{
    const bool cut = length >= CUT_BYTES;
    const uint32_t last = fragment->at_start ? 0 : length;
    uint32_t at;
    if (cut && !fragment->at_start) {
        return true;
    }
    for (at = 0; at <= last; at++) {
        uint32_t end = match_end(fragment, term, length, at);
        if (end != 0 && (!fragment->at_end || end == length || cut)) {
            return true;
        }
    }
    return false;
}

static inlay_status found_add(struct walker *walker, struct found *found,
                              const struct dictionary_scan *scan, inlay_error *err)
{
    const struct text_walk *walk = walker->walk;
    struct text_lookup *lookup;
    found->postings += scan->term.df;
    if (found->postings > walk->max_postings || found->count == walk->max_terms) {
        found->over = true;
        walker->left--;
        return INLAY_OK;
    }
    if (!mem_grow((void **)&found->terms, &found->capacity, found->count + 1,
                  sizeof(*found->terms))) {
        return error_no_memory(err);
    }
    lookup = &found->terms[found->count++];
    lookup->term = arena_dup(walker->arena, scan->text, scan->length);
    lookup->length = scan->length;
    lookup->df = scan->term.df;
    return lookup->term != NULL ? INLAY_OK : error_no_memory(err);
}

static inlay_status walk_block(struct walker *walker, uint32_t block, const uint8_t *bytes,
                               size_t length, inlay_error *err)
{
    struct dictionary_scan scan;
    inlay_status status;
    size_t i;
    INLAY_TRY(dictionary_scan_start(&scan, walker->index, block, bytes, length, err));
    while ((status = dictionary_scan_next(&scan, err)) == INLAY_OK && walker->left != 0) {
        for (i = 0; i < walker->walk->count; i++) {
            if (!walker->found[i].over &&
                holds(&walker->walk->fragments[i], scan.text, scan.length)) {
                INLAY_TRY(found_add(walker, &walker->found[i], &scan, err));
            }
        }
    }
    return status == INLAY_NOT_FOUND ? INLAY_OK : status;
}

/* The bytes of its terms with which all terms that hold the fragment begin. */
static uint32_t prefix_length(const struct text_walk *walk, const struct text_fragment *fragment)
{
    const uint8_t *i;
    if (fragment->at_start && fragment->exact != NULL) {
        return fragment->length;
    }
    if (!fragment->at_start || !walk->folded) {
        return 0;
    }
    i = fragment->dotted ? memchr(fragment->text, 'i', fragment->length) : NULL;
    return i != NULL ? (uint32_t)(i - fragment->text) + 1 : fragment->length;
}

/* The blocks that may have a term of any fragment. */
static void block_range(const struct walker *walker, uint32_t *first, uint32_t *end)
{
    size_t i;
    *first = walker->index->blocks;
    *end = 0;
    for (i = 0; i < walker->walk->count; i++) {
        const struct text_fragment *fragment = &walker->walk->fragments[i];
        const uint32_t length = prefix_length(walker->walk, fragment);
        const uint8_t *prefix = fragment->exact != NULL ? fragment->exact : fragment->text;
        uint8_t behind[TOKEN_MAX_BYTES];
        uint32_t from = 0;
        uint32_t to = walker->index->blocks;
        if (length != 0 && length <= sizeof(behind)) {
            memcpy(behind, prefix, length);
            behind[length - 1]++; /* ASCII: never a carry */
            from = dictionary_blocks_before(walker->index, prefix, length);
            from -= from != 0;
            to = dictionary_blocks_before(walker->index, behind, length);
        }
        *first = from < *first ? from : *first;
        *end = to > *end ? to : *end;
    }
}

static uint64_t block_start(const struct text_index *index, uint32_t block)
{
    return block != 0 ? load_u64(index->block_ends + 8 * (size_t)(block - 1)) : 0;
}

static inlay_status walk_blocks(struct walker *walker, uint32_t first, uint32_t end,
                                inlay_error *err)
{
    const struct text_index *index = walker->index;
    const uint64_t start = block_start(index, first);
    const uint64_t length = block_start(index, end) - start;
    const uint64_t offset = index->region_offset[TEXT_DICTIONARY] + start;
    struct byte_slice slice;
    inlay_status status = INLAY_OK;
    uint32_t block;
    if (length > walker->walk->max_bytes) {
        walker->left = 0;
        return INLAY_OK;
    }
    INLAY_TRY(byte_source_slice(index->file, offset, length, &slice, err));
    for (block = first; block < end && walker->left != 0 && status == INLAY_OK; block++) {
        const uint8_t *bytes = slice.data + (block_start(index, block) - start);
        const size_t size = (size_t)(block_start(index, block + 1) - block_start(index, block));
        status = dictionary_block_check(index, block, bytes, size, slice.owned == NULL, err);
        if (status == INLAY_OK) {
            status = walk_block(walker, block, bytes, size, err);
        }
    }
    byte_slice_free(&slice);
    return status;
}

static inlay_status take_best(struct walker *walker, struct text_walk_result *out, inlay_error *err)
{
    const struct found *best = NULL;
    size_t i;
    for (i = 0; i < walker->walk->count; i++) {
        const struct found *found = &walker->found[i];
        if (!found->over && (best == NULL || found->postings < best->postings)) {
            best = found;
        }
    }
    out->known = true;
    out->count = best->count;
    if (best->count != 0) {
        out->terms = arena_dup(walker->arena, best->terms, best->count * sizeof(*best->terms));
    }
    return best->count == 0 || out->terms != NULL ? INLAY_OK : error_no_memory(err);
}

inlay_status text_index_walk(struct text_index *index, const struct text_walk *walk,
                             struct arena *arena, struct text_walk_result *out, inlay_error *err)
{
    struct walker walker = {.index = index, .walk = walk, .arena = arena, .left = walk->count};
    inlay_status status = INLAY_OK;
    uint32_t first;
    uint32_t end;
    size_t i;
    memset(out, 0, sizeof(*out));
    block_range(&walker, &first, &end);
    if (first < end) {
        status = walk_blocks(&walker, first, end, err);
    }
    if (status == INLAY_OK && walker.left != 0) {
        status = take_best(&walker, out, err);
    }
    for (i = 0; i < TEXT_WALK_FRAGMENTS; i++) {
        mem_free(walker.found[i].terms);
    }
    return status;
}
