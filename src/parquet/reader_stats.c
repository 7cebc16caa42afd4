/* SPDX-License-Identifier: Apache-2.0 */
/* Statistics as typed bounds. Whatever is missing, malformed or of unknown order becomes absent. */
#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"
#include "parquet/reader_priv.h"
#include "parquet/value_order.h"

#include <math.h>
#include <string.h>

static double half_to_double(uint16_t half)
{
    const int exponent = (half >> 10) & 0x1f;
    const double mantissa = half & 0x3ff;
    double value;
    if (exponent == 31) {
        value = mantissa != 0 ? (double)NAN : (double)INFINITY;
    } else if (exponent == 0) {
        value = ldexp(mantissa, -24);
    } else {
        value = ldexp(1024 + mantissa, exponent - 25);
    }
    return (half & 0x8000) != 0 ? -value : value;
}

static bool float_decode(enum value_order order, struct parquet_bytes stored, double *out)
{
    if (order == VALUE_ORDER_HALF) {
        *out = half_to_double(load_u16(stored.data));
    } else if (order == VALUE_ORDER_FLOAT) {
        uint32_t bits = load_u32(stored.data);
        float value;
        memcpy(&value, &bits, sizeof(value));
        *out = (double)value;
    } else {
        uint64_t bits = load_u64(stored.data);
        memcpy(out, &bits, sizeof(*out));
    }
    return !isnan(*out);
}

static bool integer_decode(const struct value_convert *convert, bool is_unsigned,
                           struct parquet_bytes stored, struct parquet_stat_value *out)
{
    uint8_t value[16] = {0};
    uint64_t bits;
    if (!value_convert_run(convert, stored.data, 1, value)) {
        return false;
    }
    if (convert->out_width == 16) {
        memcpy(out->as.decimal, value, 16);
        return true;
    }
    bits = load_u64(value); /* zero-extended by the zeroed bytes behind */
    if (is_unsigned) {
        out->as.u64 = bits;
    } else {
        unsigned shift = 64 - 8 * convert->out_width;
        out->as.i64 = (int64_t)(bits << shift) >> shift;
    }
    return true;
}

static enum parquet_stat_kind kind_of(enum value_order order, const struct value_convert *convert)
{
    if (convert->kind == CONVERT_UNSUPPORTED || convert->kind == CONVERT_NULL) {
        return PARQUET_STAT_NONE;
    }
    switch (order) {
    case VALUE_ORDER_BOOL:
    case VALUE_ORDER_INT32:
    case VALUE_ORDER_INT64:
        return convert->out_width == 16 ? PARQUET_STAT_DECIMAL : PARQUET_STAT_INT;
    case VALUE_ORDER_UINT32:
    case VALUE_ORDER_UINT64:
        return PARQUET_STAT_UINT;
    case VALUE_ORDER_HALF:
    case VALUE_ORDER_FLOAT:
    case VALUE_ORDER_DOUBLE:
        return PARQUET_STAT_FLOAT;
    case VALUE_ORDER_DECIMAL:
        return PARQUET_STAT_DECIMAL;
    case VALUE_ORDER_BYTES:
        return convert->kind == CONVERT_STRING || convert->kind == CONVERT_SAME ? PARQUET_STAT_BYTES
                                                                                : PARQUET_STAT_NONE;
    default:
        return PARQUET_STAT_NONE;
    }
}

/* One stored bound; false when it cannot be used. */
static bool bound_decode(const struct value_convert *convert, enum value_order order,
                         enum parquet_stat_kind kind, struct parquet_bytes stored,
                         struct parquet_stat_value *out)
{
    memset(out, 0, sizeof(*out));
    if (stored.data == NULL || (kind != PARQUET_STAT_BYTES && convert->in_width != 0 &&
                                stored.length != convert->in_width)) {
        return false;
    }
    switch (kind) {
    case PARQUET_STAT_INT:
    case PARQUET_STAT_UINT:
        return integer_decode(convert, kind == PARQUET_STAT_UINT, stored, out);
    case PARQUET_STAT_FLOAT:
        return float_decode(order, stored, &out->as.f64);
    case PARQUET_STAT_DECIMAL:
        if (convert->kind == CONVERT_DECIMAL_FIXED || convert->kind == CONVERT_DECIMAL_BYTES) {
            return decimal_from_big_endian(stored.data, stored.length, out->as.decimal);
        }
        return integer_decode(convert, false, stored, out);
    case PARQUET_STAT_BYTES:
        out->as.bytes = stored;
        return true;
    default:
        return false;
    }
}

static int decimal_compare(const uint8_t *a, const uint8_t *b)
{
    int64_t a_high = (int64_t)load_u64(a + 8);
    int64_t b_high = (int64_t)load_u64(b + 8);
    if (a_high != b_high) {
        return a_high < b_high ? -1 : 1;
    }
    return load_u64(a) < load_u64(b) ? -1 : load_u64(a) > load_u64(b);
}

static bool in_order(enum parquet_stat_kind kind, const struct parquet_stat_value *min,
                     const struct parquet_stat_value *max)
{
    switch (kind) {
    case PARQUET_STAT_INT:
        return min->as.i64 <= max->as.i64;
    case PARQUET_STAT_UINT:
        return min->as.u64 <= max->as.u64;
    case PARQUET_STAT_FLOAT:
        return min->as.f64 <= max->as.f64;
    case PARQUET_STAT_DECIMAL:
        return decimal_compare(min->as.decimal, max->as.decimal) <= 0;
    default:
        return value_compare(VALUE_ORDER_BYTES, min->as.bytes, max->as.bytes) <= 0;
    }
}

static void bounds_fill(const struct value_convert *convert, enum value_order order,
                        struct parquet_bytes min, struct parquet_bytes max,
                        struct parquet_value_stats *out)
{
    enum parquet_stat_kind kind = kind_of(order, convert);
    out->has_min = bound_decode(convert, order, kind, min, &out->min);
    out->has_max = bound_decode(convert, order, kind, max, &out->max);
    /* A writer that got the order wrong is not to be believed at all. */
    if (out->has_min && out->has_max && !in_order(kind, &out->min, &out->max)) {
        out->has_min = false;
        out->has_max = false;
    }
    out->kind = out->has_min || out->has_max ? kind : PARQUET_STAT_NONE;
}

/* The leaf of a column whose rows are its entries, or -1. */
static ptrdiff_t flat_leaf(const struct parquet_reader *reader, size_t column)
{
    const struct schema_node *node = &reader->map.nodes[column];
    return node->child_count == 0 && reader->map.leaves[node->first_leaf].max_repetition == 0
               ? (ptrdiff_t)node->first_leaf
               : -1;
}

/* The deprecated pair was compared as signed, whatever the type: right for signed numbers only. */
static bool old_order_holds(enum value_order order)
{
    return order == VALUE_ORDER_BOOL || order == VALUE_ORDER_INT32 || order == VALUE_ORDER_INT64 ||
           order == VALUE_ORDER_FLOAT || order == VALUE_ORDER_DOUBLE;
}

void parquet_reader_chunk_stats(const struct parquet_reader *reader, size_t row_group,
                                size_t column, struct parquet_value_stats *out)
{
    const ptrdiff_t leaf = flat_leaf(reader, column);
    const struct parquet_column_chunk *chunk;
    const struct parquet_statistics *s;
    enum value_order order;
    memset(out, 0, sizeof(*out));
    out->null_count = -1;
    out->value_count = reader->metadata.row_groups[row_group].num_rows;
    if (leaf < 0) {
        return;
    }
    chunk = &reader->metadata.row_groups[row_group].columns[leaf];
    s = &chunk->statistics;
    if (!chunk->has_statistics) {
        return;
    }
    order = value_order_of(&reader->map.leaves[leaf]);
    if (s->null_count >= 0 && (uint64_t)s->null_count <= out->value_count) {
        out->null_count = s->null_count;
        out->all_null = (uint64_t)s->null_count == out->value_count;
    }
    if (s->min_value.data != NULL || s->max_value.data != NULL) {
        if (reader->metadata.has_column_orders) {
            bounds_fill(&reader->converts[leaf], order, s->min_value, s->max_value, out);
        }
    } else if (old_order_holds(order)) {
        bounds_fill(&reader->converts[leaf], order, s->old_min, s->old_max, out);
    }
    /* Only strings are ever cut. */
    out->min_exact = out->has_min && (s->min_exact || out->kind != PARQUET_STAT_BYTES);
    out->max_exact = out->has_max && (s->max_exact || out->kind != PARQUET_STAT_BYTES);
}

static void page_stats_fill(const struct parquet_reader *reader, size_t leaf,
                            const struct chunk_index *index, size_t page,
                            struct parquet_page_stats *out)
{
    const struct parquet_column_index *bounds = &index->bounds;
    struct parquet_value_stats *stats = &out->stats;
    stats->null_count = -1;
    stats->value_count = out->row_count;
    if (bounds->page_count == 0) {
        return;
    }
    if (bounds->null_counts != NULL && bounds->null_counts[page] >= 0 &&
        (uint64_t)bounds->null_counts[page] <= out->row_count) {
        stats->null_count = bounds->null_counts[page];
    }
    stats->all_null = bounds->null_pages[page] != 0;
    if (!stats->all_null && reader->metadata.has_column_orders) {
        bounds_fill(&reader->converts[leaf], value_order_of(&reader->map.leaves[leaf]),
                    bounds->min_values[page], bounds->max_values[page], stats);
        stats->min_exact = stats->has_min && stats->kind != PARQUET_STAT_BYTES;
        stats->max_exact = stats->has_max && stats->kind != PARQUET_STAT_BYTES;
    }
}

inlay_status parquet_reader_page_stats(struct parquet_reader *reader, size_t row_group,
                                       size_t column, struct parquet_page_stats **pages,
                                       size_t *count, inlay_error *err)
{
    const ptrdiff_t leaf = flat_leaf(reader, column);
    const uint64_t rows = reader->metadata.row_groups[row_group].num_rows;
    const struct chunk_index *index;
    size_t i;
    *pages = NULL;
    *count = 0;
    if (leaf < 0) {
        return INLAY_OK;
    }
    INLAY_TRY(reader_chunk_index(reader, row_group, (size_t)leaf, &index, err));
    if (index->offsets.page_count == 0) {
        return INLAY_OK;
    }
    *pages = mem_zalloc_array(index->offsets.page_count, sizeof(**pages));
    if (*pages == NULL) {
        return error_no_memory(err);
    }
    *count = index->offsets.page_count;
    for (i = 0; i < *count; i++) {
        const struct parquet_page_location *page = &index->offsets.pages[i];
        uint64_t end = i + 1 < *count ? index->offsets.pages[i + 1].first_row : rows;
        (*pages)[i].first_row = reader->first_rows[row_group] + page->first_row;
        (*pages)[i].row_count = end - page->first_row;
        page_stats_fill(reader, (size_t)leaf, index, i, &(*pages)[i]);
    }
    return INLAY_OK;
}
