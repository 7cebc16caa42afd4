/* SPDX-License-Identifier: Apache-2.0 */
#include "text/read/list.h"

#include "text/format/block.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <string.h>

#define PARTS_PER_LIST 3

/* Bytes that a list needs, and where their address goes. */
struct wanted {
    uint64_t offset;
    uint64_t length;
    const uint8_t **place;
};

static uint32_t bound_u32(const struct posting_list *list, uint64_t array, uint32_t i)
{
    return load_u32(list->bounds + array + 4 * (uint64_t)i);
}

/* Chunk i ends where its last block does. */
static uint64_t chunk_end(const struct posting_list *list, uint64_t ends, uint32_t chunk)
{
    uint32_t block = (chunk + 1) * CHUNK_BLOCKS;
    if (block > list->layout.blocks) {
        block = list->layout.blocks;
    }
    return bound_u32(list, ends, block - 1);
}

static inlay_status check_bounds(const struct posting_list *list, inlay_error *err)
{
    const struct bounds_layout *layout = &list->layout;
    const struct text_index *index = list->index;
    const uint8_t *bounds = list->bounds;
    uint32_t i;
    bool ok;
    if (crc32c(0, bounds, (size_t)layout->crc) != load_u32(bounds + layout->crc)) {
        return index_corrupt(index, list->term.bounds, "the checksum of block bounds is wrong",
                             err);
    }
    ok = bound_u32(list, layout->last_row, layout->blocks - 1) < index->info.row_count &&
         bound_u32(list, layout->block_end, layout->blocks - 1) == list->postings_length;
    for (i = 1; i < layout->blocks && ok; i++) {
        ok = bound_u32(list, layout->last_row, i - 1) < bound_u32(list, layout->last_row, i) &&
             bound_u32(list, layout->block_end, i - 1) < bound_u32(list, layout->block_end, i);
    }
    if (index->info.positions) {
        ok = ok && bound_u32(list, layout->positions_end, layout->blocks - 1) ==
                       list->term.positions_length;
        for (i = 1; i < layout->blocks && ok; i++) {
            ok = bound_u32(list, layout->positions_end, i - 1) <
                 bound_u32(list, layout->positions_end, i);
        }
    }
    return ok ? INLAY_OK
              : index_corrupt(index, list->term.bounds, "block bounds contradict each other", err);
}

static inlay_status check_chunk(const struct posting_list *list, uint32_t chunk, inlay_error *err)
{
    const struct bounds_layout *layout = &list->layout;
    uint64_t start = chunk != 0 ? chunk_end(list, layout->block_end, chunk - 1) : 0;
    uint64_t end = chunk_end(list, layout->block_end, chunk);
    uint32_t block = chunk * CHUNK_BLOCKS;
    uint32_t previous = block != 0 ? bound_u32(list, layout->last_row, block - 1) : UINT32_MAX;
    if (crc32c(0, list->postings + start, (size_t)(end - start)) !=
        bound_u32(list, layout->chunk_crc, chunk)) {
        return index_corrupt(list->index, list->term.postings + start,
                             "the checksum of postings is wrong", err);
    }
    for (; start < end; block++) {
        uint64_t length = bound_u32(list, layout->block_end, block) - start;
        uint32_t left = list->term.df - block * BLOCK_POSTINGS;
        uint32_t last;
        if (block_check(list->postings + start, (size_t)length,
                        left < BLOCK_POSTINGS ? left : BLOCK_POSTINGS, previous,
                        list->index->info.row_count, &last) != length ||
            last != bound_u32(list, layout->last_row, block)) {
            return index_corrupt(list->index, list->term.postings + start,
                                 "a block of postings is wrong", err);
        }
        previous = last;
        start += length;
    }
    return INLAY_OK;
}

static inlay_status check_positions(const struct posting_list *list, uint32_t chunk,
                                    inlay_error *err)
{
    const struct bounds_layout *layout = &list->layout;
    uint64_t start = chunk != 0 ? chunk_end(list, layout->positions_end, chunk - 1) : 0;
    uint64_t end = chunk_end(list, layout->positions_end, chunk);
    if (crc32c(0, list->positions + start, (size_t)(end - start)) !=
        bound_u32(list, layout->positions_crc, chunk)) {
        return index_corrupt(list->index, list->term.positions + start,
                             "the checksum of positions is wrong", err);
    }
    return INLAY_OK;
}

static inlay_status
touch(const struct posting_list *list, uint64_t unit, uint32_t chunk,
      inlay_status (*check)(const struct posting_list *, uint32_t, inlay_error *), inlay_error *err)
{
    if (unit_is_checked(list->index, unit)) {
        return INLAY_OK;
    }
    INLAY_TRY(check(list, chunk, err));
    unit_set_checked(list->index, unit);
    return INLAY_OK;
}

inlay_status list_touch_chunk(const struct posting_list *list, uint32_t chunk, inlay_error *err)
{
    if (list->checked) {
        return INLAY_OK;
    }
    return touch(list, unit_chunk(list->index, list->term.unit + chunk), chunk, check_chunk, err);
}

inlay_status list_touch_positions(const struct posting_list *list, uint32_t chunk, inlay_error *err)
{
    if (list->checked || !list_is_long(list)) {
        return INLAY_OK;
    }
    return touch(list, unit_positions_chunk(list->index, list->term.unit + chunk), chunk,
                 check_positions, err);
}

/* What the lists need: at most PARTS_PER_LIST entries each. */
static size_t list_parts(struct list_set *set, const bool *positions, struct wanted *wanted)
{
    size_t used = 0;
    size_t i;
    for (i = 0; i < set->count; i++) {
        struct posting_list *list = &set->lists[i];
        const struct text_term *term = &list->term;
        if (term->df == 0) {
            continue;
        }
        if (term->df > TEXT_INLINE_POSTINGS) {
            wanted[used++] =
                (struct wanted){term->postings, term->postings_length, &list->postings};
        }
        if (list_is_long(list)) {
            bounds_layout(term->df, list->index->info.positions, &list->layout);
            wanted[used++] = (struct wanted){term->bounds, list->layout.size, &list->bounds};
        }
        if (positions != NULL && positions[i]) {
            wanted[used++] =
                (struct wanted){term->positions, term->positions_length, &list->positions};
        }
    }
    return used;
}

/* Views where the file is resident; everything else in one batch. */
static inlay_status fetch_parts(const struct text_index *index, struct wanted *wanted, size_t count,
                                uint8_t **copies, inlay_error *err)
{
    struct byte_range *ranges;
    inlay_status status;
    uint64_t total = 0;
    size_t i;
    uint8_t *to;
    for (i = 0; i < count; i++) {
        /* The padding behind lies inside the body, which open has checked. */
        *wanted[i].place =
            byte_source_view(index->file, wanted[i].offset, wanted[i].length + PACK_PADDING);
        total += *wanted[i].place == NULL ? wanted[i].length + PACK_PADDING : 0;
    }
    if (total == 0) {
        return INLAY_OK;
    }
    ranges = mem_alloc_array(count, sizeof(*ranges));
    *copies = mem_zalloc((size_t)total);
    if (ranges == NULL || *copies == NULL) {
        mem_free(ranges);
        return error_no_memory(err);
    }
    to = *copies;
    total = 0;
    for (i = 0; i < count; i++) {
        if (*wanted[i].place == NULL) {
            ranges[total++] = (struct byte_range){wanted[i].offset, wanted[i].length, to};
            *wanted[i].place = to;
            to += wanted[i].length + PACK_PADDING;
        }
    }
    status = byte_source_read(index->file, ranges, (size_t)total, err);
    mem_free(ranges);
    return status;
}

/* The checksum of a unit: once when resident, always when copied. */
static inlay_status check_unit(const struct text_index *index, uint64_t unit, bool copied,
                               const uint8_t *data, uint64_t length, uint32_t crc, uint64_t offset,
                               inlay_error *err)
{
    if (!copied && unit_is_checked(index, unit)) {
        return INLAY_OK;
    }
    if (crc32c(0, data, (size_t)length) != crc) {
        return index_corrupt(index, offset, "the checksum of short lists is wrong", err);
    }
    if (!copied) {
        unit_set_checked(index, unit);
    }
    return INLAY_OK;
}

/* Narrows the short units to the term's own part. */
static inlay_status open_short(struct posting_list *list, bool copied, inlay_error *err)
{
    const struct text_index *index = list->index;
    const struct text_term *term = &list->term;
    uint32_t last;
    if (list->postings != NULL) {
        INLAY_TRY(check_unit(index, unit_short(index, term->block), copied, list->postings,
                             term->postings_length, term->postings_crc, term->postings, err));
        list->postings += term->part;
        list->postings_length = term->part_length;
        if (block_check(list->postings, (size_t)list->postings_length, term->df, UINT32_MAX,
                        index->info.row_count, &last) != list->postings_length) {
            return index_corrupt(index, term->postings + term->part, "a short list is wrong", err);
        }
    }
    if (list->positions != NULL) {
        INLAY_TRY(check_unit(index, unit_short_positions(index, term->block), copied,
                             list->positions, term->positions_length, term->positions_crc,
                             term->positions, err));
        list->positions += term->positions_part;
        list->positions_length = term->positions_part_length;
    }
    return INLAY_OK;
}

static inlay_status open_long(struct posting_list *list, bool copied, inlay_error *err)
{
    const struct text_index *index = list->index;
    uint64_t unit = unit_chunk(index, list->term.unit + list->layout.chunks);
    uint32_t chunk;
    list->postings_length = list->term.postings_length;
    list->positions_length = list->term.positions_length;
    if (copied || !unit_is_checked(index, unit)) {
        INLAY_TRY(check_bounds(list, err));
    }
    if (!copied) {
        unit_set_checked(index, unit);
        return INLAY_OK;
    }
    for (chunk = 0; chunk < list->layout.chunks; chunk++) {
        INLAY_TRY(check_chunk(list, chunk, err));
        if (list->positions != NULL) {
            INLAY_TRY(check_positions(list, chunk, err));
        }
    }
    list->checked = true;
    return INLAY_OK;
}

static inlay_status open_lists(struct list_set *set, inlay_error *err)
{
    bool copied = set->copies != NULL;
    size_t i;
    for (i = 0; i < set->count; i++) {
        struct posting_list *list = &set->lists[i];
        if (list->term.df != 0) {
            INLAY_TRY(list_is_long(list) ? open_long(list, copied, err)
                                         : open_short(list, copied, err));
        }
    }
    return INLAY_OK;
}

inlay_status list_set_fetch(const struct text_index *index, const struct text_term *terms,
                            const bool *positions, size_t count, struct list_set *set,
                            inlay_error *err)
{
    struct wanted *wanted = mem_alloc_array(count, PARTS_PER_LIST * sizeof(*wanted));
    inlay_status status;
    size_t i;
    memset(set, 0, sizeof(*set));
    set->lists = mem_zalloc_array(count, sizeof(*set->lists));
    if (wanted == NULL || set->lists == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    set->count = count;
    for (i = 0; i < count; i++) {
        set->lists[i].index = index;
        set->lists[i].term = terms[i];
    }
    status = fetch_parts(index, wanted, list_parts(set, positions, wanted), &set->copies, err);
    if (status == INLAY_OK) {
        status = open_lists(set, err);
    }
cleanup:
    mem_free(wanted);
    if (status != INLAY_OK) {
        list_set_free(set);
    }
    return status;
}

void list_set_free(struct list_set *set)
{
    mem_free(set->lists);
    mem_free(set->copies);
    memset(set, 0, sizeof(*set));
}
