/* SPDX-License-Identifier: Apache-2.0 */
#include "vector/vector_builder.h"

#include "vector/build/index_build.h"

#include "base/alloc.h"
#include "base/error.h"

#include <string.h>

struct vector_builder {
    struct index_build build;
    bool finished;
};

void vector_options_init(struct vector_options *options)
{
    memset(options, 0, sizeof(*options));
    options->metric = VECTOR_COSINE;
    options->element = VECTOR_F32;
    options->code_bits = 4;
}

inlay_status vector_builder_create(const struct vector_options *options,
                                   struct vector_builder **out, inlay_error *err)
{
    struct vector_builder *builder = mem_zalloc(sizeof(*builder));
    inlay_status status;
    *out = NULL;
    if (builder == NULL) {
        return error_no_memory(err);
    }
    status = index_build_init(&builder->build, options, err);
    if (status != INLAY_OK) {
        vector_builder_free(builder);
        return status;
    }
    *out = builder;
    return INLAY_OK;
}

void vector_builder_free(struct vector_builder *builder)
{
    if (builder != NULL) {
        index_build_free(&builder->build);
        mem_free(builder);
    }
}

static bool follows_last(const struct index_build *build, uint64_t row)
{
    return build->store.count == 0 || row > build->rows[build->store.count - 1];
}

inlay_status vector_builder_add(struct vector_builder *builder, uint32_t row, const float *vector,
                                inlay_error *err)
{
    if (builder->finished || row == UINT32_MAX || !follows_last(&builder->build, row)) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "row %u does not follow the last one added to the vector index", row);
    }
    return index_build_add(&builder->build, row, vector, err);
}

inlay_status vector_builder_finish(struct vector_builder *builder, uint64_t row_count,
                                   struct byte_sink *body, struct buffer *hot,
                                   struct vector_index_summary *summary, inlay_error *err)
{
    struct index_build *build = &builder->build;
    memset(summary, 0, sizeof(*summary));
    if (builder->finished || row_count > UINT32_MAX || !follows_last(build, row_count) ||
        body->offset % VECTOR_ALIGNMENT != 0) {
        return error_set(err, INLAY_INVALID_ARGUMENT,
                         "cannot finish a vector index of %llu rows at offset %llu: all rows must "
                         "be below that number, and the offset a multiple of %d",
                         (unsigned long long)row_count, (unsigned long long)body->offset,
                         VECTOR_ALIGNMENT);
    }
    builder->finished = true;
    if (build->store.count != 0) {
        INLAY_TRY(index_build_cluster(build, err));
        INLAY_TRY(index_build_choose_queries(build, err));
    }
    return index_build_write(build, NULL, row_count, body, hot, summary, err);
}
