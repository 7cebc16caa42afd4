/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The row half of a leaf cursor. Between calls a cursor stands at the start of a row: the next
 * entry of the level stream, if one is loaded, has repetition level 0.
 *
 * Assembly follows Dremel (Melnik et al., VLDB 2010, section 4.2), turned around for columns: an
 * entry (r, d) begins a new value of a node when r <= the node's repetition depth and d reaches the
 * level at which the node's parent has a value there. Each node is filled by the first leaf below
 * it only; node_builder_finish checks that the other leaves agree.
 */
#include "base/error.h"
#include "parquet/decode_bits.h"
#include "parquet/reader_priv.h"

static inlay_status levels_end_early(const struct leaf_cursor *cursor, inlay_error *err)
{
    return reader_wrap(cursor->reader, cursor->plan->leaf, cursor->page->file_offset,
                       error_set(err, INLAY_CORRUPT, "the page's levels end early"), err);
}

static inlay_status rows_end_early(const struct leaf_cursor *cursor, inlay_error *err)
{
    const struct chunk_segment *segment = &cursor->plan->segments[cursor->segment];
    return reader_wrap(cursor->reader, cursor->plan->leaf, segment->offset + segment->length,
                       error_set(err, INLAY_CORRUPT, "pages end at row %llu, expected %llu",
                                 (unsigned long long)cursor->row,
                                 (unsigned long long)segment->end_row),
                       err);
}

static inlay_status in_page(const struct leaf_cursor *cursor, inlay_status status, inlay_error *err)
{
    return status == INLAY_OK ? INLAY_OK
                              : reader_wrap(cursor->reader, cursor->plan->leaf,
                                            cursor->page->file_offset, status, err);
}

/* Loads the next page when the present one is used up; fails when there is none. */
static inlay_status page_ensure(struct leaf_cursor *cursor, inlay_error *err)
{
    if (cursor->entries_left == 0) {
        INLAY_TRY(leaf_cursor_next_page(cursor, err));
        if (cursor->entries_left == 0) {
            return rows_end_early(cursor, err);
        }
    }
    return INLAY_OK;
}

/* ---- columns whose entries are their rows, with at most one level to tell nulls by ---- */

static bool is_simple(const struct leaf_cursor *cursor)
{
    return cursor->leaf->max_repetition == 0 && cursor->leaf->max_definition <= 1 &&
           cursor->path_length <= 1;
}

static inlay_status simple_read(struct leaf_cursor *cursor, uint64_t rows,
                                struct batch_memory *memory, inlay_error *err)
{
    struct node_builder *target = cursor->target;
    INLAY_TRY(node_builder_grow(target, memory, target->count + rows, err));
    while (rows != 0) {
        uint64_t take;
        uint64_t valid;
        INLAY_TRY(page_ensure(cursor, err));
        take = rows < cursor->entries_left ? rows : cursor->entries_left;
        valid = take;
        if (cursor->leaf->max_definition != 0 &&
            rle_decoder_read_bits(&cursor->definition, take, target->validity, target->count,
                                  &valid) != take) {
            return levels_end_early(cursor, err);
        }
        INLAY_TRY(in_page(
            cursor, leaf_cursor_values(cursor, target->count, take, valid, memory, err), err));
        target->count += take;
        target->null_count += take - valid;
        cursor->entries_left -= take;
        cursor->row += take;
        rows -= take;
    }
    return INLAY_OK;
}

/* ---- the general case ---- */

static inlay_status levels_fill(struct leaf_cursor *cursor, inlay_error *err)
{
    const struct schema_leaf *leaf = cursor->leaf;
    uint64_t take = cursor->entries_left < CURSOR_LEVELS ? cursor->entries_left : CURSOR_LEVELS;
    uint32_t wrong = 0;
    uint64_t i;
    if (leaf->max_repetition != 0) {
        /* One run at a time, so that long runs are met by entries_in_bulk. */
        uint64_t packed;
        uint32_t value;
        uint64_t run = rle_decoder_run(&cursor->repetition, &value, &packed);
        run += packed;
        take = run != 0 && run < take ? run : take;
    }
    cursor->level_next = 0;
    cursor->level_count = 0;
    if (rle_decoder_read(&cursor->repetition, (size_t)take, cursor->repetitions) != take ||
        rle_decoder_read(&cursor->definition, (size_t)take, cursor->definitions) != take) {
        return levels_end_early(cursor, err);
    }
    for (i = 0; i < take; i++) {
        wrong |= (cursor->repetitions[i] > leaf->max_repetition) |
                 (cursor->definitions[i] > leaf->max_definition);
    }
    if (wrong) {
        return in_page(cursor, error_set(err, INLAY_CORRUPT, "a level is above its maximum"), err);
    }
    cursor->level_count = (size_t)take;
    return INLAY_OK;
}

static inlay_status null_items_append(struct node_builder *child, uint64_t count,
                                      struct batch_memory *memory, inlay_error *err)
{
    INLAY_TRY(node_builder_grow(child, memory, child->count + count, err));
    bitmap_fill(child->validity, child->count, count, 0);
    child->count += count;
    child->null_count += count;
    return INLAY_OK;
}

/* One entry: a new value in every builder of the path at which it begins one. */
static inlay_status entry_append(struct leaf_cursor *cursor, uint32_t r, uint32_t d,
                                 struct batch_memory *memory, inlay_error *err)
{
    size_t i;
    for (i = 0; i < cursor->path_length; i++) {
        struct node_builder *b = cursor->path[i];
        const struct schema_node *node = b->node;
        if (r > b->depth) {
            continue;
        }
        if (d < b->slot) {
            break; /* nothing below exists either */
        }
        if (b->count == b->capacity) {
            INLAY_TRY(node_builder_grow(b, memory, b->count + 1, err));
        }
        if (b->offsets != NULL) {
            b->offsets[b->count] = b->children[0].count;
        }
        if (b->nullable) {
            bool valid = d >= node->definition;
            b->validity[b->count >> 6] |= (uint64_t)valid << (b->count & 63);
            b->null_count += !valid;
            if (!valid && node->field->type == COLUMN_FIXED_LIST) {
                INLAY_TRY(
                    null_items_append(&b->children[0], (uint64_t)node->field->width, memory, err));
            }
        }
        b->count++;
    }
    return INLAY_OK;
}

/* A run of further, present items of the innermost list, which only the leaf's own builder takes.
 * Returns the entries done; 0 when the levels are not in such a run. */
static uint64_t entries_in_bulk(struct leaf_cursor *cursor)
{
    const struct schema_leaf *leaf = cursor->leaf;
    uint32_t r;
    uint32_t d;
    uint64_t packed;
    uint64_t run;
    uint64_t present;
    if (leaf->max_repetition == 0 || cursor->level_next != cursor->level_count) {
        return 0;
    }
    run = rle_decoder_run(&cursor->repetition, &r, &packed);
    if (run < 16 || r != leaf->max_repetition) {
        return 0;
    }
    present = rle_decoder_run(&cursor->definition, &d, &packed);
    if (present < 16 || d != leaf->max_definition) {
        return 0;
    }
    run = run < present ? run : present;
    run = run < cursor->entries_left ? run : cursor->entries_left;
    (void)rle_decoder_skip(&cursor->repetition, run);
    (void)rle_decoder_skip(&cursor->definition, run);
    return run;
}

/* May the builders of the path above the leaf be left alone by further items? */
static bool bulk_allowed(const struct leaf_cursor *cursor)
{
    size_t i;
    for (i = 0; i + 1 < cursor->path_length; i++) {
        if (cursor->path[i]->depth >= cursor->leaf->max_repetition) {
            return false;
        }
    }
    return true;
}

/* Values of the slots that were appended to the leaf since the last flush. */
struct pending {
    uint64_t first;
    uint64_t valid;
};

static inlay_status pending_flush(struct leaf_cursor *cursor, struct pending *pending,
                                  struct batch_memory *memory, inlay_error *err)
{
    inlay_status status;
    if (memory == NULL) {
        status = value_decoder_skip(&cursor->values, pending->valid, err);
    } else {
        struct node_builder *target = cursor->target;
        status = leaf_cursor_values(cursor, pending->first, target->count - pending->first,
                                    pending->valid, memory, err);
        pending->first = target->count;
    }
    pending->valid = 0;
    return in_page(cursor, status, err);
}

/* May the present row go on in the next page? Only version 1 pages without a page index do that. */
static bool row_may_continue(const struct leaf_cursor *cursor)
{
    const struct chunk_segment *segment = &cursor->plan->segments[cursor->segment];
    return cursor->leaf->max_repetition != 0 && !segment->whole_rows &&
           cursor->page->header.type == PARQUET_DATA_PAGE && cursor->position < segment->length;
}

static inlay_status bulk_append(struct leaf_cursor *cursor, uint64_t count,
                                struct batch_memory *memory, inlay_error *err)
{
    struct node_builder *target = cursor->target;
    if (memory == NULL) {
        return INLAY_OK;
    }
    INLAY_TRY(node_builder_grow(target, memory, target->count + count, err));
    if (target->nullable) {
        bitmap_fill(target->validity, target->count, count, 1);
    }
    target->count += count;
    return INLAY_OK;
}

/* Takes entries of the present page until it is used up or the next row would begin after `rows`
 * rows; *done says that the latter happened. */
static inlay_status page_entries(struct leaf_cursor *cursor, uint64_t rows, uint64_t *started,
                                 struct pending *pending, struct batch_memory *memory, bool *done,
                                 inlay_error *err)
{
    const uint32_t max_definition = cursor->leaf->max_definition;
    const bool bulk = bulk_allowed(cursor);
    while (cursor->entries_left != 0) {
        uint64_t run = bulk && *started != 0 ? entries_in_bulk(cursor) : 0;
        if (run != 0) {
            INLAY_TRY(bulk_append(cursor, run, memory, err));
            pending->valid += run;
            cursor->entries_left -= run;
            continue;
        }
        if (cursor->level_next == cursor->level_count) {
            INLAY_TRY(levels_fill(cursor, err));
        }
        for (; cursor->level_next < cursor->level_count; cursor->level_next++) {
            uint32_t r = cursor->repetitions[cursor->level_next];
            uint32_t d = cursor->definitions[cursor->level_next];
            if (r == 0) {
                if (*started == rows) {
                    *done = true;
                    return INLAY_OK;
                }
                ++*started;
                cursor->row++;
            } else if (*started == 0) {
                return in_page(cursor, error_set(err, INLAY_CORRUPT, "a page begins within a row"),
                               err);
            }
            if (memory != NULL) {
                INLAY_TRY(entry_append(cursor, r, d, memory, err));
            }
            pending->valid += d == max_definition;
            cursor->entries_left--;
        }
    }
    return INLAY_OK;
}

/* Appends `rows` rows to the builders, or skips them when `memory` is NULL. */
static inlay_status nested_read(struct leaf_cursor *cursor, uint64_t rows,
                                struct batch_memory *memory, inlay_error *err)
{
    struct pending pending = {memory != NULL ? cursor->target->count : 0, 0};
    uint64_t started = 0;
    bool done = rows == 0;
    while (!done) {
        if (cursor->entries_left == 0) {
            if (started == rows && !row_may_continue(cursor)) {
                break;
            }
            INLAY_TRY(leaf_cursor_next_page(cursor, err));
            if (cursor->entries_left == 0) {
                if (started == rows) {
                    break;
                }
                return rows_end_early(cursor, err);
            }
        }
        INLAY_TRY(page_entries(cursor, rows, &started, &pending, memory, &done, err));
        INLAY_TRY(pending_flush(cursor, &pending, memory, err));
    }
    return INLAY_OK;
}

inlay_status leaf_cursor_read(struct leaf_cursor *cursor, uint64_t rows,
                              struct batch_memory *memory, inlay_error *err)
{
    return is_simple(cursor) ? simple_read(cursor, rows, memory, err)
                             : nested_read(cursor, rows, memory, err);
}

/* ---- forward to a row ---- */

static inlay_status flat_skip(struct leaf_cursor *cursor, uint64_t rows, inlay_error *err)
{
    uint64_t valid = rows;
    if (cursor->leaf->max_definition != 0) {
        /* Entries already taken apart into the level buffer come first. */
        uint64_t left = rows;
        uint64_t more = 0;
        valid = 0;
        for (; left != 0 && cursor->level_next < cursor->level_count; left--) {
            valid += cursor->definitions[cursor->level_next++] == cursor->leaf->max_definition;
        }
        if (rle_decoder_count(&cursor->definition, left, cursor->leaf->max_definition, &more) !=
            left) {
            return levels_end_early(cursor, err);
        }
        valid += more;
    }
    INLAY_TRY(in_page(cursor, value_decoder_skip(&cursor->values, valid, err), err));
    cursor->entries_left -= rows;
    cursor->row += rows;
    return INLAY_OK;
}

static inlay_status segment_find(struct leaf_cursor *cursor, uint64_t row, inlay_error *err)
{
    const struct chunk_plan *plan = cursor->plan;
    size_t segment = cursor->segment;
    while (segment < plan->segment_count && row >= plan->segments[segment].end_row) {
        segment++;
    }
    if (segment == plan->segment_count || row < plan->segments[segment].first_row) {
        return error_set(err, INLAY_INTERNAL, "row %llu was not planned for",
                         (unsigned long long)row);
    }
    if (segment != cursor->segment) {
        cursor->segment = segment;
        cursor->position = 0;
        cursor->row = plan->segments[segment].first_row;
        cursor->entries_left = 0;
        cursor->level_next = 0;
        cursor->level_count = 0;
    }
    return INLAY_OK;
}

inlay_status leaf_cursor_seek(struct leaf_cursor *cursor, uint64_t row, inlay_error *err)
{
    INLAY_TRY(segment_find(cursor, row, err));
    while (cursor->row < row) {
        if (cursor->entries_left != 0 && cursor->page_end_row <= row) {
            cursor->row = cursor->page_end_row;
            cursor->entries_left = 0;
            cursor->level_next = 0;
            cursor->level_count = 0;
        }
        INLAY_TRY(leaf_cursor_skip_pages(cursor, row, err));
        if (cursor->row == row) {
            break;
        }
        INLAY_TRY(page_ensure(cursor, err));
        if (cursor->leaf->max_repetition != 0) {
            INLAY_TRY(nested_read(cursor, row - cursor->row, NULL, err));
        } else if (cursor->page_end_row > row) {
            INLAY_TRY(flat_skip(cursor, row - cursor->row, err));
        }
    }
    return INLAY_OK;
}
