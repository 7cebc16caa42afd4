/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes one superfile: rows stream through the Parquet writer and the index builders into a sink,
 * in bounded memory. Deterministic: the same rows, ids and options give the same bytes, however the
 * rows were cut into batches. One thread at a time. Format: docs/format/superfile.md.
 */
#ifndef INLAY_SUPERFILE_SUPERFILE_BUILDER_H
#define INLAY_SUPERFILE_SUPERFILE_BUILDER_H

#include "base/byte_sink.h"
#include "base/id.h"
#include "columnar/array_view.h"
#include "columnar/schema.h"
#include "parquet/writer.h"
#include "text/text_builder.h"
#include "vector/vector_builder.h"

struct superfile_text_column {
    const char *column;              /* a utf8 column of the schema */
    const struct analyzer *analyzer; /* borrowed for the builder's life */
    bool positions;
    double k1;
    double b;
};

struct superfile_vector_column {
    const char *column; /* a fixed list of 1 to 65,535 float16, float32, float64 or int8 */
    enum vector_metric metric;
    unsigned code_bits; /* 4 or 8; 0 = 4 */
    uint32_t cell_rows; /* wanted rows per cell; 0 = the builder's choice */
};

struct superfile_options {
    const struct superfile_text_column *texts; /* borrowed during create */
    size_t text_count;
    size_t memory_budget;     /* of all index builders together; 0 = 256 MiB */
    const char *spill_folder; /* borrowed; NULL = the system's temporary folder */
    const struct superfile_vector_column *vectors; /* borrowed during create */
    size_t vector_count;
    /* Of vector indexes, which are built when the file is finished; borrowed for the builder's
     * life, may be NULL. */
    struct exec_pool *pool;
    const struct cancel_token *cancel;
    struct progress *progress;
    uint32_t row_group_rows; /* most rows of a row group and of a page; 0 = the writer's choice */
    uint32_t page_rows;
};

/* Appends _id to the front of a table's schema: the schema of its superfiles. */
inlay_status superfile_schema(const struct schema *columns, struct schema *out, inlay_error *err);

struct superfile_builder;

/* `columns` is the table's schema without _id, copied. The sink is borrowed and must stand at 0. */
inlay_status superfile_builder_create(const struct schema *columns,
                                      const struct superfile_options *options,
                                      struct byte_sink *sink, struct superfile_builder **out,
                                      inlay_error *err);
void superfile_builder_free(struct superfile_builder *builder); /* NULL-safe, at any moment */

/* Rows of a struct array whose children are the columns in order. Row i gets the i-th id of the
 * spans, which must ascend and go on after the last append's. Errors of the batch name column and
 * row; after an error the builder can only be freed. */
inlay_status superfile_builder_append(struct superfile_builder *builder,
                                      const struct ArrowArray *batch, const struct id_span *spans,
                                      size_t span_count, inlay_error *err);

struct superfile_text_result {
    const char *column; /* borrowed from the builder */
    struct text_index_summary summary;
    const uint8_t *filter; /* the term filter, summary.filter_length bytes, borrowed */
};

struct superfile_vector_result {
    const char *column; /* borrowed from the builder */
    uint32_t dim;
    struct vector_index_summary summary;
};

struct superfile_result {
    uint64_t rows;
    uint64_t size; /* bytes of the file */
    struct id128 first_id;
    struct id128 last_id;
    uint64_t hot_offset;
    uint64_t hot_length; /* of the hot region; an open reads [hot_offset, size) */
    const struct parquet_summary *parquet;
    const struct schema *schema;
    const struct superfile_text_result *texts;
    size_t text_count;
    const struct superfile_vector_result *vectors;
    size_t vector_count;
};

/* Writes everything that is left. *out is valid until the builder is freed. A file without rows is
 * INLAY_INVALID_ARGUMENT. */
inlay_status superfile_builder_finish(struct superfile_builder *builder,
                                      struct superfile_result *out, inlay_error *err);

/* Rows so far, and a rough measure of the bytes that they will take. */
uint64_t superfile_builder_rows(const struct superfile_builder *builder);

#endif
