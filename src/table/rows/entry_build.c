/* SPDX-License-Identifier: Apache-2.0 */
#include "table/rows/entry_build.h"

#include "base/bytes.h"
#include "base/error.h"
#include "columnar/array_view.h"

#include <stdlib.h>
#include <string.h>

/* An integer in the column's own unit: Parquet has neither seconds nor dates in milliseconds. */
static int64_t own_unit(const struct field *field, int64_t stored)
{
    switch (field->type) {
    case COLUMN_DATE64:
        return stored * INT64_C(86400000); /* an int32 of days */
    case COLUMN_TIME32:
    case COLUMN_TIMESTAMP:
        return field->unit == UNIT_SECOND ? stored / 1000 : stored;
    default:
        return stored;
    }
}

/* A bound in the Parquet writer's stored form (see parquet/value_order.h) as a number. */
static struct stat_bound number_bound(const struct field *field, struct parquet_bytes bytes)
{
    struct stat_bound bound = {BOUND_EXACT, {0}};
    uint8_t wide[8] = {0};
    uint64_t raw;
    size_t length = bytes.length < sizeof(wide) ? bytes.length : sizeof(wide);
    memcpy(wide, bytes.data, length);
    raw = load_u64(wide);
    switch (stat_kind_of_type(field->type)) {
    case STAT_INT:
        bound.value = stat_int(own_unit(field, length == 4 ? (int64_t)(int32_t)raw : (int64_t)raw));
        break;
    case STAT_UINT:
        bound.value = stat_uint(raw);
        break;
    case STAT_FLOAT:
        if (field->type == COLUMN_FLOAT16) {
            bound.value = stat_float((double)float16_to_float((uint16_t)raw));
        } else if (field->type == COLUMN_FLOAT32) {
            uint32_t bits = (uint32_t)raw;
            float value;
            memcpy(&value, &bits, sizeof(value));
            bound.value = stat_float((double)value);
        } else {
            double value;
            memcpy(&value, &raw, sizeof(value));
            bound.value = stat_float(value);
        }
        break;
    default:
        bound.state = BOUND_UNKNOWN;
        break;
    }
    return bound;
}

/* Decimals are stored as big-endian two's complement of 16 bytes. */
static struct stat_bound decimal_bound(struct parquet_bytes bytes)
{
    struct stat_bound bound = {BOUND_EXACT, {0}};
    uint64_t hi = 0;
    uint64_t lo = 0;
    size_t i;
    if (bytes.length != 16) {
        bound.state = BOUND_UNKNOWN;
        return bound;
    }
    for (i = 0; i < 8; i++) {
        hi = hi << 8 | bytes.data[i];
        lo = lo << 8 | bytes.data[8 + i];
    }
    bound.value = stat_int128((int64_t)hi, lo);
    return bound;
}

static struct stat_bound make_bound(const struct field *field, struct parquet_bytes bytes,
                                    bool upper, struct arena *arena)
{
    struct stat_bound unknown = {BOUND_UNKNOWN, {0}};
    if (bytes.data == NULL) {
        return unknown;
    }
    switch (stat_kind_of_type(field->type)) {
    case STAT_BYTES:
        return upper ? stat_bytes_upper(bytes.data, (uint32_t)bytes.length, arena)
                     : stat_bytes_lower(bytes.data, (uint32_t)bytes.length, arena);
    case STAT_INT128:
        return decimal_bound(bytes);
    default:
        return number_bound(field, bytes);
    }
}

static size_t leaf_count(const struct field *field)
{
    size_t count = 0;
    size_t i;
    for (i = 0; i < field->child_count; i++) {
        count += leaf_count(&field->children[i]);
    }
    return field->child_count != 0 ? count : 1;
}

static int by_column(const void *a, const void *b)
{
    return strcmp(((const struct entry_column *)a)->column,
                  ((const struct entry_column *)b)->column);
}

/* Flat columns only: a list's leaf says nothing about rows. _id has its own range in the entry. */
static inlay_status build_columns(const struct superfile_result *result, struct arena *arena,
                                  struct manifest_entry *out, inlay_error *err)
{
    struct entry_column *columns =
        arena_zalloc_array(arena, result->schema->count, sizeof(*columns));
    size_t leaf = 0;
    size_t count = 0;
    size_t i;
    if (columns == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < result->schema->count; i++) {
        const struct field *field = &result->schema->fields[i];
        const struct parquet_leaf_summary *summary = &result->parquet->leaves[leaf];
        leaf += leaf_count(field);
        if (i == 0 || field->child_count != 0 || stat_kind_of_type(field->type) == STAT_NONE) {
            continue;
        }
        columns[count].column = field->name;
        columns[count].kind = stat_kind_of_type(field->type);
        columns[count].nulls_known = true;
        columns[count].null_count = summary->null_count;
        columns[count].may_have_nan = summary->has_nan;
        columns[count].min = make_bound(field, summary->min, false, arena);
        columns[count].max = make_bound(field, summary->max, true, arena);
        count++;
    }
    qsort(columns, count, sizeof(*columns), by_column);
    out->columns = columns;
    out->column_count = count;
    return INLAY_OK;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(((const struct entry_text *)a)->column, ((const struct entry_text *)b)->column);
}

static inlay_status build_texts(const struct superfile_result *result, struct arena *arena,
                                struct manifest_entry *out, inlay_error *err)
{
    struct entry_text *texts = arena_zalloc_array(arena, result->text_count + 1, sizeof(*texts));
    size_t i;
    if (texts == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < result->text_count; i++) {
        const struct text_index_summary *summary = &result->texts[i].summary;
        texts[i].column = result->texts[i].column;
        texts[i].live_docs = summary->documents;
        texts[i].live_length = summary->total_length;
        texts[i].distinct_terms = summary->terms;
        texts[i].terms_known = true;
        texts[i].min_term = summary->min_term;
        texts[i].min_term_length = summary->min_length;
        texts[i].max_term = summary->max_term;
        texts[i].max_term_length = summary->max_length;
    }
    qsort(texts, result->text_count, sizeof(*texts), by_text);
    out->texts = texts;
    out->text_count = result->text_count;
    return INLAY_OK;
}

static int by_vector(const void *a, const void *b)
{
    return strcmp(((const struct entry_vector *)a)->column,
                  ((const struct entry_vector *)b)->column);
}

static inlay_status build_vectors(const struct superfile_result *result, struct arena *arena,
                                  struct manifest_entry *out, inlay_error *err)
{
    struct entry_vector *vectors =
        arena_zalloc_array(arena, result->vector_count + 1, sizeof(*vectors));
    size_t i;
    if (vectors == NULL) {
        return error_no_memory(err);
    }
    for (i = 0; i < result->vector_count; i++) {
        vectors[i].column = result->vectors[i].column;
        vectors[i].count = result->vectors[i].summary.vectors;
    }
    qsort(vectors, result->vector_count, sizeof(*vectors), by_vector);
    out->vectors = vectors;
    out->vector_count = result->vector_count;
    return INLAY_OK;
}

inlay_status entry_build(const struct superfile_result *result, struct id128 superfile_id,
                         struct arena *arena, struct manifest_entry *out, inlay_error *err)
{
    manifest_entry_init(out);
    out->superfile_id = superfile_id;
    out->size = result->size;
    out->rows = result->rows;
    out->id_min = result->first_id;
    out->id_max = result->last_id;
    out->row_groups = (uint32_t)result->parquet->row_group_count;
    out->hot_offset = result->hot_offset;
    out->hot_length = result->hot_length;
    INLAY_TRY(build_columns(result, arena, out, err));
    INLAY_TRY(build_texts(result, arena, out, err));
    return build_vectors(result, arena, out, err);
}
