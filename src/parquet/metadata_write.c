/* SPDX-License-Identifier: Apache-2.0 */
/* Metadata to bytes: field ids and order as in parquet.thrift. */
#include "parquet/metadata.h"
#include "parquet/thrift.h"

static void put_bytes(struct thrift_struct *s, int32_t id, struct parquet_bytes value)
{
    if (value.data != NULL) {
        thrift_put_binary(s, id, value.data, value.length);
    }
}

/* ---- schema ---- */

static void put_time(struct thrift_struct *s, const struct parquet_logical *logical)
{
    struct thrift_struct time = thrift_put_struct(s, logical->kind);
    struct thrift_struct unit;
    thrift_put_bool(&time, 1, logical->utc);
    unit = thrift_put_struct(&time, 2);
    thrift_put_empty_struct(&unit, (int32_t)logical->unit); /* UNIT_MILLI is 1, as MILLIS */
    thrift_struct_end(&unit);
    thrift_struct_end(&time);
}

static void put_logical(struct thrift_struct *element, int32_t id,
                        const struct parquet_logical *logical)
{
    struct thrift_struct s = thrift_put_struct(element, id);
    struct thrift_struct member;
    switch (logical->kind) {
    case PARQUET_LOGICAL_DECIMAL:
        member = thrift_put_struct(&s, logical->kind);
        thrift_put_i32(&member, 1, logical->scale);
        thrift_put_i32(&member, 2, logical->precision);
        thrift_struct_end(&member);
        break;
    case PARQUET_LOGICAL_TIME:
    case PARQUET_LOGICAL_TIMESTAMP:
        put_time(&s, logical);
        break;
    case PARQUET_LOGICAL_INTEGER:
        member = thrift_put_struct(&s, logical->kind);
        thrift_put_i8(&member, 1, (int8_t)logical->bit_width);
        thrift_put_bool(&member, 2, logical->is_signed);
        thrift_struct_end(&member);
        break;
    default:
        thrift_put_empty_struct(&s, logical->kind);
    }
    thrift_struct_end(&s);
}

static void add_schema_element(struct buffer *out, const struct parquet_schema_element *e,
                               bool is_root)
{
    struct thrift_struct s = thrift_struct_begin(out);
    if (e->type != PARQUET_GROUP) {
        thrift_put_i32(&s, 1, e->type);
    }
    if (e->type == PARQUET_FIXED) {
        thrift_put_i32(&s, 2, e->type_length);
    }
    if (!is_root) {
        thrift_put_i32(&s, 3, e->repetition);
    }
    thrift_put_binary(&s, 4, e->name.data, e->name.length);
    if (e->type == PARQUET_GROUP) {
        thrift_put_i32(&s, 5, (int32_t)e->child_count);
    }
    if (e->converted != PARQUET_CONVERTED_NONE) {
        thrift_put_i32(&s, 6, e->converted);
    }
    if (e->converted == PARQUET_CONVERTED_DECIMAL) {
        thrift_put_i32(&s, 7, e->scale);
        thrift_put_i32(&s, 8, e->precision);
    }
    if (e->field_id != INT32_MIN) {
        thrift_put_i32(&s, 9, e->field_id);
    }
    if (e->logical.kind != PARQUET_LOGICAL_NONE && e->logical.kind != PARQUET_LOGICAL_OTHER) {
        put_logical(&s, 10, &e->logical);
    }
    thrift_struct_end(&s);
}

/* ---- row groups ---- */

static void put_statistics(struct thrift_struct *outer, int32_t id,
                           const struct parquet_statistics *v)
{
    struct thrift_struct s = thrift_put_struct(outer, id);
    put_bytes(&s, 1, v->old_max);
    put_bytes(&s, 2, v->old_min);
    if (v->null_count >= 0) {
        thrift_put_i64(&s, 3, v->null_count);
    }
    if (v->distinct_count >= 0) {
        thrift_put_i64(&s, 4, v->distinct_count);
    }
    put_bytes(&s, 5, v->max_value);
    put_bytes(&s, 6, v->min_value);
    if (v->max_value.data != NULL) {
        thrift_put_bool(&s, 7, v->max_exact);
    }
    if (v->min_value.data != NULL) {
        thrift_put_bool(&s, 8, v->min_exact);
    }
    thrift_struct_end(&s);
}

static void put_encodings(struct thrift_struct *s, uint32_t encodings)
{
    uint32_t i;
    thrift_put_list(s, 2, THRIFT_I32, (size_t)__builtin_popcount(encodings));
    for (i = 0; i < 32; i++) {
        if ((encodings >> i & 1) != 0) {
            thrift_add_i32(s->out, (int32_t)i);
        }
    }
}

static void put_encoding_stats(struct thrift_struct *outer, const struct parquet_column_chunk *c)
{
    uint32_t i;
    if (c->encoding_stat_count == 0) {
        return;
    }
    thrift_put_list(outer, 13, THRIFT_STRUCT, c->encoding_stat_count);
    for (i = 0; i < c->encoding_stat_count; i++) {
        struct thrift_struct s = thrift_struct_begin(outer->out);
        thrift_put_i32(&s, 1, c->encoding_stats[i].page_type);
        thrift_put_i32(&s, 2, c->encoding_stats[i].encoding);
        thrift_put_i32(&s, 3, c->encoding_stats[i].count);
        thrift_struct_end(&s);
    }
}

/* Names from below the root down to schema element `leaf`, found by the stack of open groups. */
struct path_walk {
    const struct parquet_schema_element *schema;
    size_t next;                             /* schema element to visit */
    size_t group[PARQUET_MAX_SCHEMA_DEPTH];  /* open groups, the outermost first */
    uint32_t left[PARQUET_MAX_SCHEMA_DEPTH]; /* their children still to come */
    size_t depth;
};

static void put_next_leaf_path(struct path_walk *w, struct thrift_struct *s)
{
    size_t i;
    for (;;) {
        const struct parquet_schema_element *e = &w->schema[w->next];
        while (w->depth > 0 && w->left[w->depth - 1] == 0) {
            w->depth--;
        }
        if (w->depth > 0) {
            w->left[w->depth - 1]--;
        }
        if (e->type != PARQUET_GROUP) {
            break;
        }
        w->group[w->depth] = w->next++;
        w->left[w->depth++] = e->child_count;
    }
    thrift_put_list(s, 3, THRIFT_BINARY, w->depth + 1);
    for (i = 0; i < w->depth; i++) {
        const struct parquet_bytes name = w->schema[w->group[i]].name;
        thrift_add_binary(s->out, name.data, name.length);
    }
    thrift_add_binary(s->out, w->schema[w->next].name.data, w->schema[w->next].name.length);
    w->next++;
}

static void put_column_metadata(struct thrift_struct *outer, struct path_walk *walk,
                                const struct parquet_column_chunk *c)
{
    struct thrift_struct s = thrift_put_struct(outer, 3);
    thrift_put_i32(&s, 1, c->type);
    put_encodings(&s, c->encodings);
    put_next_leaf_path(walk, &s);
    thrift_put_i32(&s, 4, c->codec);
    thrift_put_i64(&s, 5, (int64_t)c->num_values);
    thrift_put_i64(&s, 6, (int64_t)c->uncompressed_size);
    thrift_put_i64(&s, 7, (int64_t)c->compressed_size);
    thrift_put_i64(&s, 9, (int64_t)c->data_page_offset);
    if (c->dictionary_page_offset != 0) {
        thrift_put_i64(&s, 11, (int64_t)c->dictionary_page_offset);
    }
    if (c->has_statistics) {
        put_statistics(&s, 12, &c->statistics);
    }
    put_encoding_stats(&s, c);
    if (c->bloom_filter_offset != 0) {
        thrift_put_i64(&s, 14, (int64_t)c->bloom_filter_offset);
        thrift_put_i32(&s, 15, (int32_t)c->bloom_filter_length);
    }
    thrift_struct_end(&s);
}

static void add_column_chunk(struct buffer *out, struct path_walk *walk,
                             const struct parquet_column_chunk *c)
{
    struct thrift_struct s = thrift_struct_begin(out);
    thrift_put_i64(&s, 2, 0); /* file_offset: deprecated, writers state 0 */
    put_column_metadata(&s, walk, c);
    if (c->offset_index_length != 0) {
        thrift_put_i64(&s, 4, (int64_t)c->offset_index_offset);
        thrift_put_i32(&s, 5, (int32_t)c->offset_index_length);
    }
    if (c->column_index_length != 0) {
        thrift_put_i64(&s, 6, (int64_t)c->column_index_offset);
        thrift_put_i32(&s, 7, (int32_t)c->column_index_length);
    }
    thrift_struct_end(&s);
}

static void add_row_group(struct buffer *out, const struct parquet_file_metadata *m,
                          const struct parquet_row_group *g, size_t ordinal)
{
    struct thrift_struct s = thrift_struct_begin(out);
    struct path_walk walk = {m->schema, 1, {0}, {0}, 0};
    size_t i;
    thrift_put_list(&s, 1, THRIFT_STRUCT, g->column_count);
    for (i = 0; i < g->column_count; i++) {
        add_column_chunk(out, &walk, &g->columns[i]);
    }
    thrift_put_i64(&s, 2, (int64_t)g->total_byte_size);
    thrift_put_i64(&s, 3, (int64_t)g->num_rows);
    if (g->file_offset != 0) {
        thrift_put_i64(&s, 5, (int64_t)g->file_offset);
    }
    if (g->total_compressed_size != 0) {
        thrift_put_i64(&s, 6, (int64_t)g->total_compressed_size);
    }
    if (ordinal <= INT16_MAX) {
        thrift_put_i16(&s, 7, (int16_t)ordinal);
    }
    thrift_struct_end(&s);
}

/* ---- footer ---- */

static void put_key_values(struct thrift_struct *outer, const struct parquet_file_metadata *m)
{
    size_t i;
    if (m->key_value_count == 0) {
        return;
    }
    thrift_put_list(outer, 5, THRIFT_STRUCT, m->key_value_count);
    for (i = 0; i < m->key_value_count; i++) {
        struct thrift_struct s = thrift_struct_begin(outer->out);
        thrift_put_binary(&s, 1, m->key_values[i].key.data, m->key_values[i].key.length);
        put_bytes(&s, 2, m->key_values[i].value);
        thrift_struct_end(&s);
    }
}

/* One ColumnOrder per leaf, all of the only kind there is: the order that the type defines. */
static void put_column_orders(struct thrift_struct *outer, size_t leaf_count)
{
    size_t i;
    thrift_put_list(outer, 7, THRIFT_STRUCT, leaf_count);
    for (i = 0; i < leaf_count; i++) {
        struct thrift_struct s = thrift_struct_begin(outer->out);
        thrift_put_empty_struct(&s, 1);
        thrift_struct_end(&s);
    }
}

void parquet_file_metadata_write(const struct parquet_file_metadata *metadata, struct buffer *out)
{
    struct thrift_struct s = thrift_struct_begin(out);
    size_t i;
    thrift_put_i32(&s, 1, metadata->version);
    thrift_put_list(&s, 2, THRIFT_STRUCT, metadata->schema_count);
    for (i = 0; i < metadata->schema_count; i++) {
        add_schema_element(out, &metadata->schema[i], i == 0);
    }
    thrift_put_i64(&s, 3, (int64_t)metadata->num_rows);
    thrift_put_list(&s, 4, THRIFT_STRUCT, metadata->row_group_count);
    for (i = 0; i < metadata->row_group_count; i++) {
        add_row_group(out, metadata, &metadata->row_groups[i], i);
    }
    put_key_values(&s, metadata);
    put_bytes(&s, 6, metadata->created_by);
    if (metadata->has_column_orders) {
        put_column_orders(&s, metadata->leaf_count);
    }
    thrift_struct_end(&s);
}

/* ---- pages and indexes ---- */

static void put_data_page(struct thrift_struct *outer, const struct parquet_page_header *h)
{
    struct thrift_struct s = thrift_put_struct(outer, 5);
    thrift_put_i32(&s, 1, (int32_t)h->num_values);
    thrift_put_i32(&s, 2, h->encoding);
    thrift_put_i32(&s, 3, h->definition_encoding);
    thrift_put_i32(&s, 4, h->repetition_encoding);
    if (h->has_statistics) {
        put_statistics(&s, 5, &h->statistics);
    }
    thrift_struct_end(&s);
}

static void put_data_page_v2(struct thrift_struct *outer, const struct parquet_page_header *h)
{
    struct thrift_struct s = thrift_put_struct(outer, 8);
    thrift_put_i32(&s, 1, (int32_t)h->num_values);
    thrift_put_i32(&s, 2, (int32_t)h->num_nulls);
    thrift_put_i32(&s, 3, (int32_t)h->num_rows);
    thrift_put_i32(&s, 4, h->encoding);
    thrift_put_i32(&s, 5, (int32_t)h->definition_length);
    thrift_put_i32(&s, 6, (int32_t)h->repetition_length);
    thrift_put_bool(&s, 7, h->is_compressed);
    if (h->has_statistics) {
        put_statistics(&s, 8, &h->statistics);
    }
    thrift_struct_end(&s);
}

static void put_dictionary_page(struct thrift_struct *outer, const struct parquet_page_header *h)
{
    struct thrift_struct s = thrift_put_struct(outer, 7);
    thrift_put_i32(&s, 1, (int32_t)h->num_values);
    thrift_put_i32(&s, 2, h->encoding);
    thrift_put_bool(&s, 3, h->is_sorted);
    thrift_struct_end(&s);
}

void parquet_page_header_write(const struct parquet_page_header *header, struct buffer *out)
{
    struct thrift_struct s = thrift_struct_begin(out);
    thrift_put_i32(&s, 1, header->type);
    thrift_put_i32(&s, 2, (int32_t)header->uncompressed_size);
    thrift_put_i32(&s, 3, (int32_t)header->compressed_size);
    if (header->has_crc) {
        thrift_put_i32(&s, 4, (int32_t)header->crc);
    }
    if (header->type == PARQUET_DATA_PAGE) {
        put_data_page(&s, header);
    } else if (header->type == PARQUET_DICTIONARY_PAGE) {
        put_dictionary_page(&s, header);
    } else if (header->type == PARQUET_DATA_PAGE_V2) {
        put_data_page_v2(&s, header);
    }
    thrift_struct_end(&s);
}

void parquet_offset_index_write(const struct parquet_offset_index *index, struct buffer *out)
{
    struct thrift_struct s = thrift_struct_begin(out);
    size_t i;
    thrift_put_list(&s, 1, THRIFT_STRUCT, index->page_count);
    for (i = 0; i < index->page_count; i++) {
        struct thrift_struct page = thrift_struct_begin(out);
        thrift_put_i64(&page, 1, (int64_t)index->pages[i].offset);
        thrift_put_i32(&page, 2, (int32_t)index->pages[i].compressed_size);
        thrift_put_i64(&page, 3, (int64_t)index->pages[i].first_row);
        thrift_struct_end(&page);
    }
    thrift_struct_end(&s);
}

static void put_bytes_list(struct thrift_struct *s, int32_t id, const struct parquet_bytes *values,
                           size_t count)
{
    size_t i;
    thrift_put_list(s, id, THRIFT_BINARY, count);
    for (i = 0; i < count; i++) {
        thrift_add_binary(s->out, values[i].data, values[i].length);
    }
}

void parquet_column_index_write(const struct parquet_column_index *index, struct buffer *out)
{
    struct thrift_struct s = thrift_struct_begin(out);
    size_t i;
    thrift_put_list(&s, 1, THRIFT_TRUE, index->page_count);
    for (i = 0; i < index->page_count; i++) {
        thrift_add_bool(out, index->null_pages[i] != 0);
    }
    put_bytes_list(&s, 2, index->min_values, index->page_count);
    put_bytes_list(&s, 3, index->max_values, index->page_count);
    thrift_put_i32(&s, 4, index->order);
    if (index->null_counts != NULL) {
        thrift_put_list(&s, 5, THRIFT_I64, index->page_count);
        for (i = 0; i < index->page_count; i++) {
            thrift_add_i64(out, index->null_counts[i]);
        }
    }
    thrift_struct_end(&s);
}

void parquet_bloom_header_write(const struct parquet_bloom_header *header, struct buffer *out)
{
    struct thrift_struct s = thrift_struct_begin(out);
    struct thrift_struct choice;
    int32_t id;
    thrift_put_i32(&s, 1, (int32_t)header->num_bytes);
    for (id = 2; id <= 4; id++) { /* split blocks, XXH64, uncompressed */
        choice = thrift_put_struct(&s, id);
        thrift_put_empty_struct(&choice, 1);
        thrift_struct_end(&choice);
    }
    thrift_struct_end(&s);
}
