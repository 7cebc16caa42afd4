/* SPDX-License-Identifier: Apache-2.0 */
#include "superfile/id_index.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/error.h"

#include <string.h>

enum { ENCODING_SPANS = 1, ENCODING_PLAIN = 2, SPAN_BYTES = 20, PLAIN_BYTES = 16 };

static bool id_distance(struct id128 from, struct id128 to, uint64_t *distance)
{
    uint64_t lo = to.lo - from.lo;
    uint64_t hi = to.hi - from.hi - (to.lo < from.lo);
    *distance = lo;
    return hi == 0;
}

inlay_status id_index_builder_add(struct id_index_builder *builder, struct id128 first,
                                  uint64_t count, inlay_error *err)
{
    struct id128 next = id_add(builder->last, 1);
    void *runs = builder->runs;
    if (count == 0) {
        return INLAY_OK;
    }
    if (builder->rows != 0 && id_compare(first, builder->last) <= 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "the ids of a superfile must ascend: row %llu does not",
                         (unsigned long long)builder->rows);
    }
    if (count > UINT32_MAX || builder->rows > UINT32_MAX - count) {
        return error_set(err, INLAY_OVER_BUDGET, "a superfile holds at most %u rows", UINT32_MAX);
    }
    if (builder->rows == 0 || id_compare(first, next) != 0) {
        if (!mem_grow(&runs, &builder->capacity, builder->count + 1, sizeof(*builder->runs))) {
            return error_no_memory(err);
        }
        builder->runs = runs;
        builder->runs[builder->count].first = first;
        builder->runs[builder->count].row = (uint32_t)builder->rows;
        builder->count++;
    }
    builder->rows += count;
    builder->last = id_add(first, count - 1);
    return INLAY_OK;
}

static void write_id(struct buffer *out, struct id128 id)
{
    buffer_u64(out, id.lo);
    buffer_u64(out, id.hi);
}

void id_index_builder_write(const struct id_index_builder *builder, struct buffer *out)
{
    bool spans = builder->count * SPAN_BYTES <= builder->rows * PLAIN_BYTES;
    size_t i;
    buffer_u32(out, spans ? ENCODING_SPANS : ENCODING_PLAIN);
    buffer_u32(out, (uint32_t)builder->rows);
    buffer_u32(out, spans ? (uint32_t)builder->count : (uint32_t)builder->rows);
    for (i = 0; i < builder->count; i++) {
        uint64_t end = i + 1 < builder->count ? builder->runs[i + 1].row : builder->rows;
        uint64_t n;
        if (spans) {
            write_id(out, builder->runs[i].first);
            buffer_u32(out, builder->runs[i].row);
            continue;
        }
        for (n = 0; n < end - builder->runs[i].row; n++) {
            write_id(out, id_add(builder->runs[i].first, n));
        }
    }
}

void id_index_builder_free(struct id_index_builder *builder)
{
    mem_free(builder->runs);
    memset(builder, 0, sizeof(*builder));
}

static struct id128 read_id(struct reader *in)
{
    struct id128 id;
    id.lo = reader_u64(in);
    id.hi = reader_u64(in);
    return id;
}

static void read_spans(struct reader *in, struct id_index *out, size_t count)
{
    size_t i;
    for (i = 0; i < count && reader_ok(in); i++) {
        struct id_run *run = &out->runs[i];
        run->first = read_id(in);
        run->row = reader_u32(in);
        if (i == 0 ? run->row != 0 : run->row <= run[-1].row) {
            reader_fail(in, "id spans are not in row order");
        } else if (run->row >= out->rows) {
            reader_fail(in, "an id span starts past the last row");
        } else if (i != 0 &&
                   id_compare(run->first, id_add(run[-1].first, run->row - run[-1].row)) <= 0) {
            /* <=: a span that continues the one before would be one span. */
            reader_fail(in, "ids do not ascend");
        }
    }
}

static void read_plain(struct reader *in, struct id_index *out)
{
    uint64_t i;
    for (i = 0; i < out->rows && reader_ok(in); i++) {
        out->plain[i] = read_id(in);
        if (i != 0 && id_compare(out->plain[i], out->plain[i - 1]) <= 0) {
            reader_fail(in, "ids do not ascend");
        }
    }
}

inlay_status id_index_read(struct reader *in, uint64_t rows, struct id_index *out, inlay_error *err)
{
    uint32_t encoding = reader_u32(in);
    uint32_t stored_rows = reader_u32(in);
    uint32_t count = reader_u32(in);
    inlay_status status;
    memset(out, 0, sizeof(*out));
    out->rows = rows;
    if (encoding != ENCODING_SPANS && encoding != ENCODING_PLAIN) {
        reader_fail(in, "unknown encoding");
    } else if (stored_rows != rows) {
        reader_fail(in, "row count differs from the file's");
    } else if (count == 0 || (encoding == ENCODING_PLAIN && count != rows) ||
               reader_left(in) !=
                   (uint64_t)count * (encoding == ENCODING_SPANS ? SPAN_BYTES : PLAIN_BYTES)) {
        reader_fail(in, "wrong length");
    } else if (encoding == ENCODING_SPANS) {
        out->run_count = count;
        out->runs = mem_alloc_array(count, sizeof(*out->runs));
        if (out->runs == NULL) {
            return error_no_memory(err);
        }
        read_spans(in, out, count);
    } else {
        out->plain = mem_alloc_array(count, sizeof(*out->plain));
        if (out->plain == NULL) {
            return error_no_memory(err);
        }
        read_plain(in, out);
    }
    status = reader_status(in, "id index", err);
    if (status != INLAY_OK) {
        id_index_free(out);
    }
    return status;
}

void id_index_free(struct id_index *index)
{
    mem_free(index->runs);
    mem_free(index->plain);
    memset(index, 0, sizeof(*index));
}

/* The run that holds a row. */
static size_t run_of(const struct id_index *index, uint32_t row)
{
    size_t low = 0;
    size_t high = index->run_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (index->runs[middle].row <= row) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return low;
}

struct id128 id_index_id(const struct id_index *index, uint32_t row)
{
    const struct id_run *run;
    if (index->plain != NULL) {
        return index->plain[row];
    }
    run = &index->runs[run_of(index, row)];
    return id_add(run->first, row - run->row);
}

/* `count` consecutive ids. The loop without a carry is the one that compilers vectorise. */
static void fill_run(struct id128 id, uint32_t count, uint8_t *out)
{
    uint32_t i;
    if (id.lo <= UINT64_MAX - count) {
        for (i = 0; i < count; i++) {
            store_u64(out + 16 * (size_t)i, id.lo + i);
            store_u64(out + 16 * (size_t)i + 8, id.hi);
        }
        return;
    }
    for (i = 0; i < count; i++) {
        struct id128 each = id_add(id, i);
        store_u64(out + 16 * (size_t)i, each.lo);
        store_u64(out + 16 * (size_t)i + 8, each.hi);
    }
}

void id_index_fill(const struct id_index *index, uint32_t first, uint32_t count, uint8_t *out)
{
    size_t run = index->plain == NULL && count != 0 ? run_of(index, first) : 0;
    uint32_t end = first + count;
    uint32_t row = first;
    while (row < end) {
        uint32_t stop = end;
        if (index->plain != NULL) {
            stop = row + 1;
        } else if (run + 1 < index->run_count && index->runs[run + 1].row < end) {
            stop = index->runs[++run].row;
        }
        fill_run(id_index_id(index, row), stop - row, out);
        out += 16 * (size_t)(stop - row);
        row = stop;
    }
}

static bool plain_row(const struct id_index *index, struct id128 id, uint32_t *row)
{
    uint64_t low = 0;
    uint64_t high = index->rows;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (id_compare(index->plain[middle], id) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *row = (uint32_t)low;
    return low < index->rows && id_compare(index->plain[low], id) == 0;
}

bool id_index_row(const struct id_index *index, struct id128 id, uint32_t *row)
{
    size_t low = 0;
    size_t high = index->run_count;
    uint64_t distance;
    uint64_t end;
    *row = 0;
    if (index->plain != NULL) {
        return plain_row(index, id, row);
    }
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (id_compare(index->runs[middle].first, id) <= 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    if (low == 0) {
        return false;
    }
    end = low < index->run_count ? index->runs[low].row : index->rows;
    if (!id_distance(index->runs[low - 1].first, id, &distance) ||
        distance >= end - index->runs[low - 1].row) {
        return false;
    }
    *row = index->runs[low - 1].row + (uint32_t)distance;
    return true;
}
