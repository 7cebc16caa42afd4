/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/format/layout.h"

#include "base/checked.h"

/* `end` with zeros up to four bytes before a multiple of the alignment, and a checksum. */
static uint64_t sealed_size(uint64_t end)
{
    return align_up(end + 4, VECTOR_ALIGNMENT);
}

struct cell_layout cell_layout_make(uint32_t padded, unsigned code_bits, uint32_t rows)
{
    struct cell_layout layout;
    layout.codes = coded_layout_make(padded, code_bits, rows);
    layout.codes_offset = 4 * (uint64_t)padded;
    layout.rows_offset = layout.codes_offset + layout.codes.size;
    layout.size = sealed_size(layout.rows_offset + 4 * (uint64_t)rows);
    layout.crc_offset = layout.size - 4;
    return layout;
}

struct hot_layout hot_layout_make(uint32_t padded, uint32_t groups, uint32_t cells, uint32_t laws)
{
    struct hot_layout layout;
    layout.groups_offset =
        align_up(VECTOR_HOT_LAWS + VECTOR_LAW_SIZE * (uint64_t)laws, VECTOR_ALIGNMENT);
    layout.first_cell_offset = layout.groups_offset + 4 * (uint64_t)padded * groups;
    layout.rows_offset = layout.first_cell_offset + 4 * ((uint64_t)groups + 1);
    layout.spread_offset = layout.rows_offset + 4 * (uint64_t)cells;
    layout.codes_offset = align_up(layout.spread_offset + 4 * (uint64_t)cells, VECTOR_ALIGNMENT);
    layout.codes = coded_layout_make(padded, VECTOR_CENTROID_BITS, cells);
    layout.size = sealed_size(layout.codes_offset + layout.codes.size);
    layout.crc_offset = layout.size - 4;
    return layout;
}
