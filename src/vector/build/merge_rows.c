/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/build/merge_rows.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

#define WINDOW_ROWS 16384u /* looked through for nulls at a time; a multiple of 64 */

/* As rows come from vector_rows; int8 columns as int32. */
static size_t element_size(enum vector_element element)
{
    switch (element) {
    case VECTOR_F16:
        return 2;
    case VECTOR_F64:
        return 8;
    default:
        return 4;
    }
}

/* `raw` is aligned for its elements. */
static void to_floats(const struct vector_kernels *kernels, enum vector_element element,
                      const void *raw, size_t n, float *out)
{
    switch (element) {
    case VECTOR_F16:
        kernels->from_f16(raw, n, out);
        break;
    case VECTOR_F64:
        kernels->from_f64(raw, n, out);
        break;
    case VECTOR_I8:
        kernels->from_i32(raw, n, out);
        break;
    default:
        memcpy(out, raw, n * sizeof(*out));
    }
}

inlay_status merge_read(struct index_build *build, const struct vector_merge_input *input,
                        const uint32_t *rows, size_t count,
                        inlay_status (*take)(void *context, size_t index, const float *vector,
                                             inlay_error *err),
                        void *context, inlay_error *err)
{
    const struct vector_kernels *kernels = vector_kernels();
    size_t dim = build->options.dim;
    size_t row_bytes = dim * element_size(build->options.element);
    size_t at_once = index_build_step_memory(build) / row_bytes + 1;
    size_t first;
    size_t i;
    float *vector = mem_alloc_array(dim, sizeof(*vector));
    uint8_t *raw = mem_alloc_array(at_once < count ? at_once : count, row_bytes);
    inlay_status status = INLAY_OK;
    if (vector == NULL || raw == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (first = 0; first < count; first += at_once) {
        size_t some = count - first < at_once ? count - first : at_once;
        INLAY_TRY_GOTO(status, cancel_check(build->options.cancel, err), cleanup);
        INLAY_TRY_GOTO(status, input->rows.read(input->rows.context, rows + first, some, raw, err),
                       cleanup);
        for (i = 0; i < some; i++) {
            to_floats(kernels, build->options.element, raw + i * row_bytes, dim, vector);
            INLAY_TRY_GOTO(status, take(context, first + i, vector, err), cleanup);
        }
    }
cleanup:
    mem_free(vector);
    mem_free(raw);
    return status;
}

struct adding {
    struct index_build *build;
    const uint32_t *new_rows;
    const uint32_t *rows;
};

static inlay_status add_row(void *context, size_t index, const float *vector, inlay_error *err)
{
    const struct adding *adding = context;
    return index_build_add(adding->build, adding->new_rows[adding->rows[index]], vector, err);
}

inlay_status merge_add(struct index_build *build, const struct vector_merge_input *input,
                       const uint32_t *rows, size_t count, inlay_error *err)
{
    struct adding adding = {build, input->new_rows, rows};
    return merge_read(build, input, rows, count, add_row, &adding, err);
}

inlay_status merge_add_all(struct index_build *build, const struct vector_merge_input *input,
                           inlay_error *err)
{
    uint64_t row_count = vector_index_info(input->index)->row_count;
    uint64_t *nulls = mem_alloc(WINDOW_ROWS / 8);
    uint32_t *rows = mem_alloc_array(WINDOW_ROWS, sizeof(*rows));
    inlay_status status = INLAY_OK;
    uint64_t first;
    if (nulls == NULL || rows == NULL) {
        status = error_no_memory(err);
        goto cleanup;
    }
    for (first = 0; first < row_count; first += WINDOW_ROWS) {
        uint64_t left = row_count - first;
        uint32_t window = left < WINDOW_ROWS ? (uint32_t)left : WINDOW_ROWS;
        size_t count = 0;
        uint32_t i;
        memset(nulls, 0, WINDOW_ROWS / 8);
        INLAY_TRY_GOTO(status,
                       input->rows.nulls(input->rows.context, (uint32_t)first, window, nulls, err),
                       cleanup);
        for (i = 0; i < window; i++) {
            bool null = (nulls[i / 64] >> i % 64 & 1) != 0;
            if (!null && input->new_rows[first + i] != VECTOR_MERGE_DROPPED) {
                rows[count++] = (uint32_t)first + i;
            }
        }
        INLAY_TRY_GOTO(status, merge_add(build, input, rows, count, err), cleanup);
    }
cleanup:
    mem_free(nulls);
    mem_free(rows);
    return status;
}
