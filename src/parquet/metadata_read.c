/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Metadata from untrusted bytes. Each struct has one function that reads its fields in any order
 * and then checks what is required; arrays grow as their elements are decoded, so a claimed count
 * allocates nothing by itself. Checks that need the whole footer come last.
 */
#include "parquet/metadata.h"

#include "base/alloc.h"
#include "base/checked.h"
#include "base/error.h"
#include "parquet/thrift.h"

#include <string.h>

/* Bits for "field seen", one per required field id. */
#define SEEN(id) (1u << (id))

static void require(struct reader *r, uint32_t seen, uint32_t wanted, const char *what)
{
    if ((seen & wanted) != wanted) {
        reader_fail(r, what);
    }
}

static uint64_t field_u64(struct reader *r, const struct thrift_field *f)
{
    int64_t value = thrift_field_i64(r, f);
    if (value < 0) {
        reader_fail(r, "negative size, count or offset");
        return 0;
    }
    return (uint64_t)value;
}

static uint32_t field_u32(struct reader *r, const struct thrift_field *f)
{
    int32_t value = thrift_field_i32(r, f);
    if (value < 0) {
        reader_fail(r, "negative size, count or offset");
        return 0;
    }
    return (uint32_t)value;
}

static int32_t field_enum(struct reader *r, const struct thrift_field *f, int32_t max)
{
    int32_t value = thrift_field_i32(r, f);
    if (value < 0 || value > max) {
        reader_fail(r, "enumeration value out of range");
        return 0;
    }
    return value;
}

static struct parquet_bytes field_bytes(struct reader *r, const struct thrift_field *f)
{
    struct parquet_bytes b;
    b.data = thrift_field_binary(r, f, &b.length);
    return b;
}

/* Room for one more item; memory failure is a failure of the reader too. */
static void *array_add(struct reader *r, void **items, size_t *count, size_t *capacity,
                       size_t item_size)
{
    uint8_t *item;
    if (!reader_ok(r)) {
        return NULL;
    }
    if (!mem_grow(items, capacity, *count + 1, item_size)) {
        reader_fail(r, "out of memory");
        r->status = INLAY_NO_MEMORY;
        return NULL;
    }
    item = (uint8_t *)*items + *count * item_size;
    memset(item, 0, item_size);
    *count += 1;
    return item;
}

static inlay_status finish(const struct reader *r, const char *context, inlay_error *err)
{
    if (r->status == INLAY_NO_MEMORY) {
        return error_no_memory(err);
    }
    return reader_status(r, context, err);
}

/* ---- schema ---- */

static enum time_unit read_time_unit(struct reader *r)
{
    static const enum time_unit units[4] = {UNIT_SECOND, UNIT_MILLI, UNIT_MICRO, UNIT_NANO};
    enum time_unit unit = UNIT_SECOND;
    struct thrift_field f = {0, THRIFT_STOP};
    bool found = false;
    while (thrift_next_field(r, &f)) {
        if (f.id >= 1 && f.id <= 3) {
            unit = units[f.id];
            found = true;
        }
        thrift_skip_field(r, &f);
    }
    if (!found) {
        reader_fail(r, "time unit is missing or unknown");
    }
    return unit;
}

static void read_logical_time(struct reader *r, struct parquet_logical *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        if (f.id == 1) {
            out->utc = thrift_field_bool(r, &f);
        } else if (f.id == 2) {
            thrift_field_struct(r, &f);
            out->unit = read_time_unit(r);
            seen |= SEEN(2);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(2), "time type without a unit");
}

static void read_logical_decimal(struct reader *r, struct parquet_logical *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        if (f.id == 1) {
            out->scale = thrift_field_i32(r, &f);
        } else if (f.id == 2) {
            out->precision = thrift_field_i32(r, &f);
            seen |= SEEN(2);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(2), "decimal type without a precision");
}

static void read_logical_integer(struct reader *r, struct parquet_logical *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    while (thrift_next_field(r, &f)) {
        if (f.id == 1) {
            out->bit_width = thrift_field_i8(r, &f);
        } else if (f.id == 2) {
            out->is_signed = thrift_field_bool(r, &f);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    if (out->bit_width != 8 && out->bit_width != 16 && out->bit_width != 32 &&
        out->bit_width != 64) {
        reader_fail(r, "integer type of an unknown width");
    }
}

static void read_logical(struct reader *r, struct parquet_logical *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    while (thrift_next_field(r, &f)) {
        switch (f.id) {
        case PARQUET_LOGICAL_DECIMAL:
            thrift_field_struct(r, &f);
            read_logical_decimal(r, out);
            break;
        case PARQUET_LOGICAL_TIME:
        case PARQUET_LOGICAL_TIMESTAMP:
            thrift_field_struct(r, &f);
            read_logical_time(r, out);
            break;
        case PARQUET_LOGICAL_INTEGER:
            thrift_field_struct(r, &f);
            read_logical_integer(r, out);
            break;
        default:
            thrift_skip_field(r, &f);
        }
        out->kind = (f.id >= PARQUET_LOGICAL_STRING && f.id <= PARQUET_LOGICAL_FLOAT16 && f.id != 9)
                        ? (enum parquet_logical_kind)f.id
                        : PARQUET_LOGICAL_OTHER;
    }
}

static void read_schema_element(struct reader *r, struct parquet_schema_element *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    out->type = PARQUET_GROUP;
    out->converted = PARQUET_CONVERTED_NONE;
    out->field_id = INT32_MIN;
    while (thrift_next_field(r, &f)) {
        switch (f.id) {
        case 1:
            out->type = (enum parquet_type)field_enum(r, &f, PARQUET_FIXED);
            break;
        case 2:
            out->type_length = thrift_field_i32(r, &f);
            break;
        case 3:
            out->repetition = (enum parquet_repetition)field_enum(r, &f, PARQUET_REPEATED);
            break;
        case 4:
            out->name = field_bytes(r, &f);
            break;
        case 5:
            out->child_count = field_u32(r, &f);
            break;
        case 6:
            out->converted = thrift_field_i32(r, &f);
            break;
        case 7:
            out->scale = thrift_field_i32(r, &f);
            break;
        case 8:
            out->precision = thrift_field_i32(r, &f);
            break;
        case 9:
            out->field_id = thrift_field_i32(r, &f);
            break;
        case 10:
            thrift_field_struct(r, &f);
            read_logical(r, &out->logical);
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    if (out->name.data == NULL) {
        reader_fail(r, "schema element without a name");
    }
    if (out->type == PARQUET_FIXED && out->type_length < 1) {
        reader_fail(r, "fixed-length type without a length");
    }
    /* Some writers state 0 children for leaves. */
    if (out->type != PARQUET_GROUP && out->child_count != 0) {
        reader_fail(r, "schema element has both a type and children");
    }
}

/* ---- row groups ---- */

static void read_statistics(struct reader *r, struct parquet_statistics *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    out->null_count = -1;
    out->distinct_count = -1;
    while (thrift_next_field(r, &f)) {
        switch (f.id) {
        case 1:
            out->old_max = field_bytes(r, &f);
            break;
        case 2:
            out->old_min = field_bytes(r, &f);
            break;
        case 3:
            out->null_count = (int64_t)field_u64(r, &f);
            break;
        case 4:
            out->distinct_count = (int64_t)field_u64(r, &f);
            break;
        case 5:
            out->max_value = field_bytes(r, &f);
            break;
        case 6:
            out->min_value = field_bytes(r, &f);
            break;
        case 7:
            out->max_exact = thrift_field_bool(r, &f);
            break;
        case 8:
            out->min_exact = thrift_field_bool(r, &f);
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
}

static void read_encodings(struct reader *r, const struct thrift_field *f,
                           struct parquet_column_chunk *out)
{
    uint32_t count = thrift_field_list(r, f, THRIFT_I32);
    for (; count != 0 && reader_ok(r); count--) {
        int32_t encoding = thrift_element_i32(r);
        if (encoding >= 0 && encoding < 32) {
            out->encodings |= 1u << encoding;
        }
    }
}

static void read_encoding_stats(struct reader *r, const struct thrift_field *list,
                                struct parquet_column_chunk *out)
{
    uint32_t count = thrift_field_list(r, list, THRIFT_STRUCT);
    uint32_t i;
    for (i = 0; i < count && reader_ok(r); i++) {
        struct parquet_encoding_stat stat = {0, 0, 0};
        struct thrift_field f = {0, THRIFT_STOP};
        while (thrift_next_field(r, &f)) {
            if (f.id == 1) {
                stat.page_type = thrift_field_i32(r, &f);
            } else if (f.id == 2) {
                stat.encoding = thrift_field_i32(r, &f);
            } else if (f.id == 3) {
                stat.count = thrift_field_i32(r, &f);
            } else {
                thrift_skip_field(r, &f);
            }
        }
        if (i < PARQUET_MAX_ENCODING_STATS) {
            out->encoding_stats[i] = stat;
        }
    }
    out->encoding_stat_count = count <= PARQUET_MAX_ENCODING_STATS ? count : 0;
}

static void read_column_metadata(struct reader *r, struct parquet_column_chunk *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1:
            out->type = (enum parquet_type)field_enum(r, &f, PARQUET_FIXED);
            break;
        case 2:
            read_encodings(r, &f, out);
            break;
        case 4:
            out->codec = thrift_field_i32(r, &f);
            break;
        case 5:
            out->num_values = field_u64(r, &f);
            break;
        case 6:
            out->uncompressed_size = field_u64(r, &f);
            break;
        case 7:
            out->compressed_size = field_u64(r, &f);
            break;
        case 9:
            out->data_page_offset = field_u64(r, &f);
            break;
        case 11:
            out->dictionary_page_offset = field_u64(r, &f);
            break;
        case 12:
            thrift_field_struct(r, &f);
            read_statistics(r, &out->statistics);
            out->has_statistics = true;
            break;
        case 13:
            read_encoding_stats(r, &f, out);
            break;
        case 14:
            out->bloom_filter_offset = field_u64(r, &f);
            break;
        case 15:
            if (f.type == THRIFT_I32) {
                out->bloom_filter_length = field_u32(r, &f);
            } else { /* a fork of Parquet used this number before */
                thrift_skip_field(r, &f);
            }
            break;
        default: /* 3 path (known from the schema), 8 key-values, 10 index page, 16 sizes */
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(1) | SEEN(4) | SEEN(5) | SEEN(6) | SEEN(7) | SEEN(9),
            "column metadata lacks a required field");
}

/* Ranges inside the file; `start` is where the first page stands. */
static void check_column_ranges(struct reader *r, struct parquet_column_chunk *c,
                                uint64_t file_size)
{
    c->start = c->data_page_offset;
    /* Some writers state a dictionary offset of 0, or one behind the data, without a dictionary. */
    if (c->dictionary_page_offset != 0 && c->dictionary_page_offset < c->data_page_offset) {
        c->start = c->dictionary_page_offset;
    } else {
        c->dictionary_page_offset = 0;
    }
    if (!range_inside(c->start, c->compressed_size, file_size)) {
        reader_fail(r, "column chunk lies outside the file");
    }
    if (!range_inside(c->offset_index_offset, c->offset_index_length, file_size) ||
        !range_inside(c->column_index_offset, c->column_index_length, file_size)) {
        reader_fail(r, "page index lies outside the file");
    }
    if (!range_inside(c->bloom_filter_offset, c->bloom_filter_length, file_size)) {
        reader_fail(r, "Bloom filter lies outside the file");
    }
    if (c->offset_index_length == 0) {
        c->offset_index_offset = 0;
    }
    if (c->column_index_length == 0) {
        c->column_index_offset = 0;
    }
}

static void read_column_chunk(struct reader *r, struct parquet_column_chunk *out,
                              uint64_t file_size)
{
    struct thrift_field f = {0, THRIFT_STOP};
    bool has_metadata = false;
    bool elsewhere = false;
    while (thrift_next_field(r, &f)) {
        switch (f.id) {
        case 1:
            elsewhere = field_bytes(r, &f).length != 0;
            break;
        case 3:
            thrift_field_struct(r, &f);
            read_column_metadata(r, out);
            has_metadata = true;
            break;
        case 4:
            out->offset_index_offset = field_u64(r, &f);
            break;
        case 5:
            out->offset_index_length = field_u32(r, &f);
            break;
        case 6:
            out->column_index_offset = field_u64(r, &f);
            break;
        case 7:
            out->column_index_length = field_u32(r, &f);
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    if (elsewhere) {
        reader_fail(r, "column data in another file is not supported");
        r->status = INLAY_UNSUPPORTED;
    }
    if (!has_metadata) {
        reader_fail(r, "column chunk without metadata (an encrypted or damaged file)");
    }
    check_column_ranges(r, out, file_size);
}

static void read_row_group(struct reader *r, struct parquet_row_group *out, uint64_t file_size)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    size_t capacity = 0;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1: {
            uint32_t count = thrift_field_list(r, &f, THRIFT_STRUCT);
            void *items = out->columns;
            if (out->column_count != 0) {
                reader_fail(r, "a row group's columns are stated twice");
            }
            for (; count != 0 && reader_ok(r); count--) {
                struct parquet_column_chunk *c =
                    array_add(r, &items, &out->column_count, &capacity, sizeof(*c));
                out->columns = items;
                if (c != NULL) {
                    read_column_chunk(r, c, file_size);
                }
            }
            break;
        }
        case 2:
            out->total_byte_size = (uint64_t)thrift_field_i64(r, &f); /* informative */
            break;
        case 3:
            out->num_rows = field_u64(r, &f);
            break;
        case 5:
            out->file_offset = (uint64_t)thrift_field_i64(r, &f); /* informative */
            break;
        case 6:
            out->total_compressed_size = (uint64_t)thrift_field_i64(r, &f); /* informative */
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(1) | SEEN(3), "row group lacks a required field");
}

/* ---- footer ---- */

static void read_key_value(struct reader *r, struct parquet_key_value *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    while (thrift_next_field(r, &f)) {
        if (f.id == 1) {
            out->key = field_bytes(r, &f);
        } else if (f.id == 2) {
            out->value = field_bytes(r, &f);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    if (out->key.data == NULL) {
        reader_fail(r, "key-value entry without a key");
    }
}

static void read_schema_list(struct reader *r, const struct thrift_field *f,
                             struct parquet_file_metadata *out)
{
    uint32_t count = thrift_field_list(r, f, THRIFT_STRUCT);
    size_t capacity = 0;
    void *items = out->schema;
    if (out->schema_count != 0) {
        reader_fail(r, "the schema is stated twice");
    }
    for (; count != 0 && reader_ok(r); count--) {
        struct parquet_schema_element *e =
            array_add(r, &items, &out->schema_count, &capacity, sizeof(*e));
        out->schema = items;
        if (e != NULL) {
            read_schema_element(r, e);
        }
    }
}

static void read_row_group_list(struct reader *r, const struct thrift_field *f,
                                struct parquet_file_metadata *out, uint64_t file_size)
{
    uint32_t count = thrift_field_list(r, f, THRIFT_STRUCT);
    size_t capacity = 0;
    void *items = out->row_groups;
    if (out->row_group_count != 0) {
        reader_fail(r, "the row groups are stated twice");
    }
    for (; count != 0 && reader_ok(r); count--) {
        struct parquet_row_group *g =
            array_add(r, &items, &out->row_group_count, &capacity, sizeof(*g));
        out->row_groups = items;
        if (g != NULL) {
            read_row_group(r, g, file_size);
        }
    }
}

static void read_key_value_list(struct reader *r, const struct thrift_field *f,
                                struct parquet_file_metadata *out)
{
    uint32_t count = thrift_field_list(r, f, THRIFT_STRUCT);
    size_t capacity = 0;
    void *items = out->key_values;
    if (out->key_value_count != 0) {
        reader_fail(r, "the key-values are stated twice");
    }
    for (; count != 0 && reader_ok(r); count--) {
        struct parquet_key_value *kv =
            array_add(r, &items, &out->key_value_count, &capacity, sizeof(*kv));
        out->key_values = items;
        if (kv != NULL) {
            read_key_value(r, kv);
        }
    }
}

static void read_footer(struct reader *r, struct parquet_file_metadata *out, uint64_t file_size)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1:
            out->version = thrift_field_i32(r, &f);
            break;
        case 2:
            read_schema_list(r, &f, out);
            break;
        case 3:
            out->num_rows = field_u64(r, &f);
            break;
        case 4:
            read_row_group_list(r, &f, out, file_size);
            break;
        case 5:
            read_key_value_list(r, &f, out);
            break;
        case 6:
            out->created_by = field_bytes(r, &f);
            break;
        case 7:
            out->has_column_orders = true;
            thrift_skip_field(r, &f);
            break;
        case 8:
            reader_fail(r, "encrypted Parquet files are not supported");
            r->status = INLAY_UNSUPPORTED;
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(2) | SEEN(3) | SEEN(4), "file metadata lacks a required field");
}

/* ---- checks over the whole footer ---- */

/* Walks the flattened tree: every group's children are there, nothing is left over. */
static void check_schema_tree(struct reader *r, struct parquet_file_metadata *m)
{
    uint32_t open[PARQUET_MAX_SCHEMA_DEPTH + 1]; /* children still to come, per level */
    size_t depth = 0;
    size_t i;
    if (m->schema_count == 0 || m->schema[0].type != PARQUET_GROUP) {
        reader_fail(r, "the schema has no root group");
        return;
    }
    m->schema[0].repetition = PARQUET_REQUIRED;
    open[0] = m->schema[0].child_count;
    for (i = 1; i < m->schema_count; i++) {
        const struct parquet_schema_element *e = &m->schema[i];
        while (depth > 0 && open[depth] == 0) {
            depth--;
        }
        if (open[depth] == 0) {
            reader_fail(r, "the schema has more elements than its groups claim");
            return;
        }
        open[depth] -= 1;
        if (e->type != PARQUET_GROUP) {
            m->leaf_count += 1;
        } else if (e->child_count == 0) {
            reader_fail(r, "the schema has a group without children");
            return;
        } else if (depth == PARQUET_MAX_SCHEMA_DEPTH) {
            reader_fail(r, "the schema is nested too deeply");
            return;
        } else {
            open[++depth] = e->child_count;
        }
    }
    for (; depth > 0 && open[depth] == 0; depth--) {
    }
    if (open[depth] != 0) {
        reader_fail(r, "the schema has fewer elements than its groups claim");
    }
}

static void check_row_groups(struct reader *r, struct parquet_file_metadata *m)
{
    uint64_t rows = 0;
    size_t g;
    for (g = 0; g < m->row_group_count && reader_ok(r); g++) {
        const struct parquet_row_group *group = &m->row_groups[g];
        size_t leaf = 0;
        size_t i;
        if (group->column_count != m->leaf_count) {
            reader_fail(r, "a row group has another number of columns than the schema");
            return;
        }
        for (i = 1; i < m->schema_count; i++) {
            if (m->schema[i].type == PARQUET_GROUP) {
                continue;
            }
            if (group->columns[leaf].type != m->schema[i].type) {
                reader_fail(r, "a column chunk has another type than the schema");
                return;
            }
            leaf++;
        }
        if (!u64_add(rows, group->num_rows, &rows)) {
            reader_fail(r, "row counts overflow");
        }
    }
    m->num_rows = rows; /* some writers get the total wrong: the row groups are what is read */
}

inlay_status parquet_file_metadata_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                        uint64_t file_size, struct parquet_file_metadata *out,
                                        inlay_error *err)
{
    struct reader r;
    memset(out, 0, sizeof(*out));
    reader_init(&r, data, size, base_offset);
    read_footer(&r, out, file_size);
    if (reader_ok(&r)) {
        check_schema_tree(&r, out);
    }
    if (reader_ok(&r)) {
        check_row_groups(&r, out);
    }
    if (!reader_ok(&r)) {
        parquet_file_metadata_free(out);
    }
    return finish(&r, "Parquet footer", err);
}

void parquet_file_metadata_free(struct parquet_file_metadata *metadata)
{
    size_t i;
    if (metadata == NULL) {
        return;
    }
    for (i = 0; i < metadata->row_group_count; i++) {
        mem_free(metadata->row_groups[i].columns);
    }
    mem_free(metadata->row_groups);
    mem_free(metadata->schema);
    mem_free(metadata->key_values);
    memset(metadata, 0, sizeof(*metadata));
}

const struct parquet_key_value *parquet_key_value_find(const struct parquet_file_metadata *metadata,
                                                       const char *key)
{
    size_t length = strlen(key);
    size_t i;
    for (i = 0; i < metadata->key_value_count; i++) {
        const struct parquet_key_value *kv = &metadata->key_values[i];
        if (kv->key.length == length && memcmp(kv->key.data, key, length) == 0) {
            return kv;
        }
    }
    return NULL;
}

/* ---- page headers ---- */

static void read_data_page_header(struct reader *r, struct parquet_page_header *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1:
            out->num_values = field_u32(r, &f);
            break;
        case 2:
            out->encoding = thrift_field_i32(r, &f);
            break;
        case 3:
            out->definition_encoding = thrift_field_i32(r, &f);
            break;
        case 4:
            out->repetition_encoding = thrift_field_i32(r, &f);
            break;
        case 5:
            thrift_field_struct(r, &f);
            read_statistics(r, &out->statistics);
            out->has_statistics = true;
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(1) | SEEN(2), "data page header lacks a required field");
}

static void read_data_page_header_v2(struct reader *r, struct parquet_page_header *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    out->is_compressed = true;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1:
            out->num_values = field_u32(r, &f);
            break;
        case 2:
            out->num_nulls = field_u32(r, &f);
            break;
        case 3:
            out->num_rows = field_u32(r, &f);
            break;
        case 4:
            out->encoding = thrift_field_i32(r, &f);
            break;
        case 5:
            out->definition_length = field_u32(r, &f);
            break;
        case 6:
            out->repetition_length = field_u32(r, &f);
            break;
        case 7:
            out->is_compressed = thrift_field_bool(r, &f);
            break;
        case 8:
            thrift_field_struct(r, &f);
            read_statistics(r, &out->statistics);
            out->has_statistics = true;
            break;
        default:
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(1) | SEEN(2) | SEEN(3) | SEEN(4) | SEEN(5) | SEEN(6),
            "data page header lacks a required field");
    if (out->num_nulls > out->num_values || out->num_rows > out->num_values) {
        reader_fail(r, "data page has more nulls or rows than values");
    }
}

static void read_dictionary_page_header(struct reader *r, struct parquet_page_header *out)
{
    struct thrift_field f = {0, THRIFT_STOP};
    uint32_t seen = 0;
    while (thrift_next_field(r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        if (f.id == 1) {
            out->num_values = field_u32(r, &f);
        } else if (f.id == 2) {
            out->encoding = thrift_field_i32(r, &f);
        } else if (f.id == 3) {
            out->is_sorted = thrift_field_bool(r, &f);
        } else {
            thrift_skip_field(r, &f);
        }
    }
    require(r, seen, SEEN(1) | SEEN(2), "dictionary page header lacks a required field");
}

/* The header struct that the page's type asks for must be there. */
static void check_page_header(struct reader *r, uint32_t seen, struct parquet_page_header *out)
{
    static const uint32_t part[4] = {SEEN(5), 0, SEEN(7), SEEN(8)};
    uint32_t levels;
    require(r, seen, SEEN(1) | SEEN(2) | SEEN(3) | part[out->type],
            "page header lacks a required field");
    if (out->type == PARQUET_DATA_PAGE_V2 &&
        (__builtin_add_overflow(out->definition_length, out->repetition_length, &levels) ||
         levels > out->compressed_size || levels > out->uncompressed_size)) {
        reader_fail(r, "levels are longer than their data page");
    }
}

inlay_status parquet_page_header_read(const uint8_t *data, size_t size, uint64_t base_offset,
                                      struct parquet_page_header *out, size_t *header_size,
                                      inlay_error *err)
{
    struct thrift_field f = {0, THRIFT_STOP};
    struct reader r;
    uint32_t seen = 0;
    memset(out, 0, sizeof(*out));
    *header_size = 0;
    reader_init(&r, data, size, base_offset);
    while (thrift_next_field(&r, &f)) {
        seen |= f.id > 0 && f.id < 32 ? SEEN(f.id) : 0;
        switch (f.id) {
        case 1:
            out->type = (enum parquet_page_type)field_enum(&r, &f, PARQUET_DATA_PAGE_V2);
            break;
        case 2:
            out->uncompressed_size = field_u32(&r, &f);
            break;
        case 3:
            out->compressed_size = field_u32(&r, &f);
            break;
        case 4:
            out->crc = (uint32_t)thrift_field_i32(&r, &f);
            out->has_crc = true;
            break;
        case 5:
            thrift_field_struct(&r, &f);
            read_data_page_header(&r, out);
            break;
        case 7:
            thrift_field_struct(&r, &f);
            read_dictionary_page_header(&r, out);
            break;
        case 8:
            thrift_field_struct(&r, &f);
            read_data_page_header_v2(&r, out);
            break;
        default:
            thrift_skip_field(&r, &f);
        }
    }
    check_page_header(&r, seen, out);
    if (!reader_ok(&r)) {
        memset(out, 0, sizeof(*out));
    } else {
        *header_size = (size_t)(r.p - r.start);
    }
    return finish(&r, "Parquet page header", err);
}
