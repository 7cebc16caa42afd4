/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/cell_writer.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/crc32c.h"
#include "base/error.h"

#include <math.h>

#include <stdlib.h>
#include <string.h>

/* One row of a cell of the batch on its way to its place. */
struct placed_row {
    uint32_t row; /* number in the file */
    uint32_t from;
    bool kept; /* `from` is a place in the kept codes, else an index into the cell's vectors */
};

struct batch_cell {
    uint32_t cell;
    uint32_t first; /* row of the batch */
    uint32_t count;
    size_t kept; /* index of the load; SIZE_MAX: none */
    struct cell_layout layout;
    uint64_t offset; /* of its bytes in the batch */
};

/* Scratch of one thread. Owned. */
struct encode_slot {
    double *sums;
    float *floats;
    uint8_t *signs;
};

struct batch {
    const struct cell_writer *writer;
    const uint32_t *members;
    const uint32_t *begin;
    const struct vector_kernels *kernels;
    struct encode_slot *slots; /* owned */
    unsigned slot_count;
    struct batch_cell *cells; /* owned; as many as the plan has */
    struct law_cell *seen;    /* owned, likewise */
    uint32_t *kept;           /* owned, likewise: cells of the kept index to load */
    size_t count;
    size_t kept_count;
    /* Of the rows of the batch; owned. */
    float *vectors;
    float *half_norms;
    uint32_t *rows;
    struct placed_row *placed;
    size_t row_capacity;
    size_t row_count;
    uint8_t *bytes; /* owned */
    size_t byte_capacity;
    uint64_t byte_count;
};

static size_t width_of(const struct batch *batch)
{
    return batch->writer->plan->store->width;
}

static void batch_free(struct batch *batch)
{
    unsigned i;
    for (i = 0; batch->slots != NULL && i < batch->slot_count; i++) {
        mem_free(batch->slots[i].sums);
        mem_free(batch->slots[i].floats);
        mem_free(batch->slots[i].signs);
    }
    mem_free(batch->slots);
    mem_free(batch->cells);
    mem_free(batch->seen);
    mem_free(batch->kept);
    mem_free(batch->vectors);
    mem_free(batch->half_norms);
    mem_free(batch->rows);
    mem_free(batch->placed);
    mem_free(batch->bytes);
}

static inlay_status batch_init(struct batch *batch, const struct cell_writer *writer,
                               inlay_error *err)
{
    size_t cells = writer->plan->tree.cell_count;
    unsigned i;
    memset(batch, 0, sizeof(*batch));
    batch->writer = writer;
    batch->kernels = vector_kernels();
    batch->slot_count = exec_pool_slots(writer->plan->pool);
    batch->slots = mem_zalloc_array(batch->slot_count, sizeof(*batch->slots));
    batch->cells = mem_alloc_array(cells, sizeof(*batch->cells));
    batch->seen = mem_alloc_array(cells, sizeof(*batch->seen));
    batch->kept = mem_alloc_array(cells, sizeof(*batch->kept));
    if (batch->slots == NULL || batch->cells == NULL || batch->seen == NULL ||
        batch->kept == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < batch->slot_count; i++) {
        struct encode_slot *slot = &batch->slots[i];
        slot->sums = mem_alloc_array(width_of(batch), sizeof(double));
        slot->floats = mem_alloc_array(width_of(batch), sizeof(float));
        slot->signs = mem_alloc(width_of(batch) / 8);
        if (slot->sums == NULL || slot->floats == NULL || slot->signs == NULL) {
            return error_no_memory(err);
        }
    }
    return INLAY_OK;
}

/* Takes cells from `first` on while they fit, at least one; returns the next. */
static uint32_t batch_plan(struct batch *batch, uint32_t first)
{
    const struct cell_plan *plan = batch->writer->plan;
    size_t row_bytes =
        width_of(batch) * sizeof(float) + 2 * sizeof(uint32_t) + sizeof(struct placed_row);
    uint64_t memory = 0;
    uint32_t cell;
    batch->count = 0;
    batch->kept_count = 0;
    batch->row_count = 0;
    batch->byte_count = 0;
    for (cell = first; cell < plan->tree.cell_count; cell++) {
        struct batch_cell *out = &batch->cells[batch->count];
        out->cell = cell;
        out->first = (uint32_t)batch->row_count;
        out->count = plan->rows[cell];
        out->offset = batch->byte_count;
        out->kept = SIZE_MAX;
        out->layout =
            cell_layout_make((uint32_t)width_of(batch), batch->writer->code_bits, out->count);
        memory += out->count * row_bytes + out->layout.size;
        if (cell != first && memory > batch->writer->memory) {
            break;
        }
        if (batch->writer->kept != NULL && plan->kept[cell].cell != CELL_NOT_KEPT) {
            out->kept = batch->kept_count;
            batch->kept[batch->kept_count++] = plan->kept[cell].cell;
        }
        batch->row_count += out->count;
        batch->byte_count += out->layout.size;
        batch->count++;
    }
    return cell;
}

/* Room for what was planned; what is larger than before is allocated anew, not copied. */
static inlay_status batch_reserve(struct batch *batch, inlay_error *err)
{
    if (batch->row_count > batch->row_capacity) {
        mem_free(batch->vectors);
        mem_free(batch->half_norms);
        mem_free(batch->rows);
        mem_free(batch->placed);
        batch->row_capacity = batch->row_count;
        batch->vectors = mem_alloc_array(batch->row_count, width_of(batch) * sizeof(float));
        batch->half_norms = mem_alloc_array(batch->row_count, sizeof(float));
        batch->rows = mem_alloc_array(batch->row_count, sizeof(uint32_t));
        batch->placed = mem_alloc_array(batch->row_count, sizeof(*batch->placed));
    }
    if (batch->byte_count > batch->byte_capacity) {
        mem_free(batch->bytes);
        batch->byte_capacity = (size_t)batch->byte_count;
        batch->bytes = mem_alloc(batch->byte_capacity);
    }
    if (batch->vectors == NULL || batch->half_norms == NULL || batch->rows == NULL ||
        batch->placed == NULL || batch->bytes == NULL) {
        return error_no_memory(err);
    }
    return INLAY_OK;
}

static int by_row(const void *a, const void *b)
{
    const struct placed_row *x = a;
    const struct placed_row *y = b;
    return x->row < y->row ? -1 : x->row > y->row;
}

/* The rows of a cell, kept ones and others, in the order of their numbers. */
static void place_rows(const struct batch *batch, const struct batch_cell *cell,
                       const struct kept_rows *kept)
{
    struct placed_row *placed = batch->placed + cell->first;
    const uint32_t *members = batch->members + batch->begin[cell->cell];
    uint32_t others = cell->count - kept->count;
    bool sorted = kept->count == 0;
    uint32_t i;
    for (i = 0; i < others; i++) {
        placed[i].row = batch->writer->rows[members[i]];
        placed[i].from = i;
        placed[i].kept = false;
        sorted = sorted && (i == 0 || placed[i].row > placed[i - 1].row);
    }
    for (i = 0; i < kept->count; i++) {
        placed[others + i].row = kept->rows[i];
        placed[others + i].from = kept->places[i];
        placed[others + i].kept = true;
    }
    if (!sorted) {
        qsort(placed, cell->count, sizeof(*placed), by_row);
    }
}

/* The mean of the rows, each element summed in row order. */
static void mean_of(const float *vectors, uint32_t count, size_t width, double *sums, float *mean)
{
    uint32_t i;
    size_t j;
    memset(sums, 0, width * sizeof(*sums));
    for (i = 0; i < count; i++) {
        const float *x = vectors + i * width;
        for (j = 0; j < width; j++) {
            sums[j] += (double)x[j];
        }
    }
    for (j = 0; j < width; j++) {
        mean[j] = (float)(sums[j] / count);
    }
}

static void put_centroid(const float *centroid, size_t width, uint8_t *out)
{
    size_t i;
    for (i = 0; i < width; i++) {
        store_f32(out + 4 * i, centroid[i]);
    }
}

static bool is_zero(const struct vector_kernels *kernels, const float *x, size_t width)
{
    return !(kernels->dot(x, x, width) > 0);
}

/* Codes and numbers of the rows in their places; returns the sum of the squared residuals of those
 * that were encoded. */
static double put_rows(const struct batch *batch, const struct batch_cell *cell,
                       const struct kept_rows *kept, const float *centroid,
                       const struct coded_scratch *scratch)
{
    const struct cell_writer *writer = batch->writer;
    const struct coded_layout *codes = &cell->layout.codes;
    const struct placed_row *placed = batch->placed + cell->first;
    const float *vectors = batch->vectors + cell->first * width_of(batch);
    uint8_t *bytes = batch->bytes + cell->offset;
    uint8_t *coded = bytes + cell->layout.codes_offset;
    double squares = 0;
    uint32_t i;
    coded_rows_begin(codes, coded);
    for (i = 0; i < cell->count; i++) {
        store_u32(bytes + cell->layout.rows_offset + 4 * (size_t)i, placed[i].row);
        if (placed[i].kept) {
            coded_rows_copy(&kept->codes, placed[i].from, codes, coded, i);
        } else {
            const float *x = vectors + placed[i].from * width_of(batch);
            coded_rows_encode(codes, coded, i, x, centroid, writer->metric, scratch);
            if (writer->metric == VECTOR_COSINE && is_zero(batch->kernels, x, width_of(batch))) {
                coded_rows_raise(codes, coded, i, VECTOR_ZERO_RAISE);
            }
            squares += (double)batch->kernels->l2(x, centroid, width_of(batch));
        }
    }
    return squares;
}

/* What the laws see of a cell: its own vectors, and of kept rows what their codes tell. */
static void show_rows(struct batch *batch, const struct batch_cell *cell,
                      const struct kept_rows *kept)
{
    size_t width = width_of(batch);
    float *vectors = batch->vectors + cell->first * width;
    uint32_t others = cell->count - kept->count;
    struct law_cell *seen = &batch->seen[cell - batch->cells];
    uint32_t i;
    for (i = 0; i < cell->count; i++) {
        float *x = vectors + i * width;
        if (i < others) {
            batch->rows[cell->first + i] =
                batch->writer->rows[batch->members[batch->begin[cell->cell] + i]];
        } else {
            batch->rows[cell->first + i] = kept->rows[i - others];
            coded_rows_decode(&kept->codes, kept->places[i - others], kept->centroid,
                              batch->writer->metric, x);
        }
        batch->half_norms[cell->first + i] = batch->kernels->dot(x, x, width) / 2;
    }
    seen->cell = cell->cell;
    seen->count = cell->count;
    seen->rows = batch->rows + cell->first;
    seen->vectors = vectors;
    seen->half_norms = batch->half_norms + cell->first;
}

static inlay_status encode_cell(void *context, size_t index, unsigned slot, inlay_error *err)
{
    struct batch *batch = context;
    const struct cell_writer *writer = batch->writer;
    const struct batch_cell *cell = &batch->cells[index];
    const struct encode_slot *own = &batch->slots[slot];
    struct coded_scratch scratch = {own->floats, own->signs};
    size_t width = width_of(batch);
    float *centroid = writer->centroids + cell->cell * width;
    float *vectors = batch->vectors + cell->first * width;
    uint8_t *bytes = batch->bytes + cell->offset;
    struct kept_rows kept = {0};
    double squares;
    if (cell->kept != SIZE_MAX) {
        writer->kept->get(writer->kept->context, cell->kept, &kept);
    }
    INLAY_TRY(row_store_gather(writer->plan->store, batch->members + batch->begin[cell->cell],
                               cell->count - kept.count, vectors, err));
    if (cell->kept != SIZE_MAX) {
        memcpy(centroid, kept.centroid, width * sizeof(float));
    } else {
        mean_of(vectors, cell->count, width, own->sums, centroid);
    }
    place_rows(batch, cell, &kept);
    put_centroid(centroid, width, bytes);
    squares = put_rows(batch, cell, &kept, centroid, &scratch);
    squares += (double)kept.count * kept.spread * kept.spread;
    writer->spreads[cell->cell] = (float)sqrt(squares / cell->count);
    memset(bytes + cell->layout.rows_offset + 4 * (size_t)cell->count, 0,
           (size_t)(cell->layout.crc_offset - cell->layout.rows_offset) - 4 * (size_t)cell->count);
    store_u32(bytes + cell->layout.crc_offset, crc32c(0, bytes, (size_t)cell->layout.crc_offset));
    show_rows(batch, cell, &kept);
    progress_add(writer->progress, cell->count);
    return INLAY_OK;
}

static inlay_status write_batch(struct batch *batch, struct byte_sink *body, inlay_error *err)
{
    const struct cell_writer *writer = batch->writer;
    const struct cell_plan *plan = writer->plan;
    INLAY_TRY(batch_reserve(batch, err));
    if (batch->kept_count != 0) {
        INLAY_TRY(writer->kept->load(writer->kept->context, batch->kept, batch->kept_count, err));
    }
    INLAY_TRY(exec_pool_run(plan->pool, encode_cell, batch, batch->count, plan->cancel, err));
    INLAY_TRY(
        law_meter_see(writer->laws, batch->seen, batch->count, plan->pool, plan->cancel, err));
    return byte_sink_write(body, batch->bytes, (size_t)batch->byte_count, err);
}

inlay_status cell_writer_run(const struct cell_writer *writer, struct byte_sink *body,
                             inlay_error *err)
{
    struct batch batch;
    uint32_t *members = NULL;
    uint32_t *begin = NULL;
    uint32_t next = 0;
    inlay_status status;
    INLAY_TRY_GOTO(status, batch_init(&batch, writer, err), cleanup);
    INLAY_TRY_GOTO(status, cell_plan_members(writer->plan, &members, &begin, err), cleanup);
    batch.members = members;
    batch.begin = begin;
    while (next < writer->plan->tree.cell_count) {
        next = batch_plan(&batch, next);
        INLAY_TRY_GOTO(status, write_batch(&batch, body, err), cleanup);
    }
cleanup:
    batch_free(&batch);
    mem_free(members);
    mem_free(begin);
    return status;
}
