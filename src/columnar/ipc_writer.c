/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/ipc_writer.h"

#include "base/alloc.h"
#include "base/error.h"
#include "columnar/array.h"
#include "columnar/array_view.h"
#include "columnar/builder.h"
#include "columnar/ipc_flatbuf.h"
#include "columnar/ipc_format.h"

#include <string.h>

/* ---- schema ---- */

static struct fb_field number(uint8_t size, int64_t value)
{
    struct fb_field field = {size, (uint64_t)value};
    return field;
}

/* The table of a type: which member of the union, and its attributes by number. */
struct type_table {
    enum ipc_type type;
    struct fb_field fields[3];
    int count;
    const char *text; /* a string as field 1: the time zone */
};

static void set_type(struct type_table *t, enum ipc_type type, int count, struct fb_field a,
                     struct fb_field b)
{
    t->type = type;
    t->count = count;
    t->fields[0] = a;
    t->fields[1] = b;
}

static void describe_nested(const struct field *field, struct type_table *t)
{
    struct fb_field none = {0, 0};
    switch (field->type) {
    case COLUMN_LIST:
        set_type(t, TYPE_LIST, 0, none, none);
        break;
    case COLUMN_LARGE_LIST:
        set_type(t, TYPE_LARGE_LIST, 0, none, none);
        break;
    case COLUMN_FIXED_LIST:
        set_type(t, TYPE_FIXED_LIST, 1, number(4, field->width), none);
        break;
    default:
        set_type(t, TYPE_STRUCT, 0, none, none);
        break;
    }
}

static void describe_time(const struct field *field, struct type_table *t)
{
    struct fb_field none = {0, 0};
    switch (field->type) {
    case COLUMN_DATE32:
    case COLUMN_DATE64:
        set_type(t, TYPE_DATE, 1, number(2, field->type == COLUMN_DATE64), none);
        break;
    case COLUMN_TIME32:
    case COLUMN_TIME64:
        set_type(t, TYPE_TIME, 2, number(2, field->unit),
                 number(4, field->type == COLUMN_TIME32 ? 32 : 64));
        break;
    case COLUMN_DURATION:
        set_type(t, TYPE_DURATION, 1, number(2, field->unit), none);
        break;
    default:
        t->text = field->timezone;
        set_type(t, TYPE_TIMESTAMP, t->text != NULL ? 2 : 1, number(2, field->unit),
                 number(t->text != NULL ? 4 : 0, 0));
        break;
    }
}

static void describe_bytes(const struct field *field, struct type_table *t)
{
    struct fb_field none = {0, 0};
    switch (field->type) {
    case COLUMN_UTF8:
        set_type(t, TYPE_UTF8, 0, none, none);
        break;
    case COLUMN_LARGE_UTF8:
        set_type(t, TYPE_LARGE_UTF8, 0, none, none);
        break;
    case COLUMN_BINARY:
        set_type(t, TYPE_BINARY, 0, none, none);
        break;
    case COLUMN_LARGE_BINARY:
        set_type(t, TYPE_LARGE_BINARY, 0, none, none);
        break;
    default:
        set_type(t, TYPE_FIXED_BINARY, 1, number(4, field->width), none);
        break;
    }
}

static void describe(const struct field *field, struct type_table *t)
{
    struct fb_field none = {0, 0};
    memset(t, 0, sizeof(*t));
    if (column_type_is_integer(field->type)) {
        set_type(t, TYPE_INT, 2, number(4, column_type_width(field) * 8),
                 number(1, field->type <= COLUMN_INT64));
    } else if (field->type == COLUMN_NULL) {
        set_type(t, TYPE_NULL, 0, none, none);
    } else if (field->type == COLUMN_BOOL) {
        set_type(t, TYPE_BOOL, 0, none, none);
    } else if (field->type >= COLUMN_FLOAT16 && field->type <= COLUMN_FLOAT64) {
        set_type(t, TYPE_FLOAT, 1, number(2, field->type - COLUMN_FLOAT16), none);
    } else if (field->type == COLUMN_DECIMAL128) {
        set_type(t, TYPE_DECIMAL, 3, number(4, field->precision), number(4, field->scale));
        t->fields[2] = number(4, 128);
    } else if (column_type_is_nested(field->type)) {
        describe_nested(field, t);
    } else if (column_type_is_string(field->type) || field->type == COLUMN_FIXED_BINARY) {
        describe_bytes(field, t);
    } else if (field->type != COLUMN_INTERVAL) {
        describe_time(field, t);
    }
}

static inlay_status write_field(struct fb_writer *w, const struct field *field, size_t slot,
                                inlay_error *err);

static inlay_status write_fields(struct fb_writer *w, const struct field *fields, size_t count,
                                 size_t slot, inlay_error *err)
{
    size_t vector = fb_write_offset_vector(w, (uint32_t)count);
    size_t i;
    fb_link(w, slot, vector);
    for (i = 0; i < count; i++) {
        INLAY_TRY(write_field(w, &fields[i], vector + 4 + 4 * i, err));
    }
    return INLAY_OK;
}

static inlay_status write_field(struct fb_writer *w, const struct field *field, size_t slot,
                                inlay_error *err)
{
    struct type_table type;
    struct fb_field fields[FIELD_COUNT] = {{0, 0}};
    size_t slots[FB_MAX_FIELDS];
    size_t type_slots[FB_MAX_FIELDS];
    describe(field, &type);
    if (type.type == 0) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "column \"%.200s\": its type cannot be written as Arrow IPC", field->name);
    }
    fields[FIELD_NAME] = number(4, 0);
    fields[FIELD_NULLABLE] = number(1, field->nullable);
    fields[FIELD_TYPE_TYPE] = number(1, type.type);
    fields[FIELD_TYPE] = number(4, 0);
    fields[FIELD_CHILDREN] = number(4, 0); /* readers want the vector even when it is empty */
    fb_link(w, slot, fb_write_table(w, fields, FIELD_COUNT, slots));
    fb_link(w, slots[FIELD_NAME], fb_write_string(w, field->name != NULL ? field->name : ""));
    fb_link(w, slots[FIELD_TYPE], fb_write_table(w, type.fields, type.count, type_slots));
    if (type.text != NULL) {
        fb_link(w, type_slots[1], fb_write_string(w, type.text));
    }
    return write_fields(w, field->children, field->child_count, slots[FIELD_CHILDREN], err);
}

/* The Message table; the slot of its header is given back. */
static size_t write_message(struct fb_writer *w, enum ipc_header header, uint64_t body_length)
{
    struct fb_field fields[4];
    size_t slots[FB_MAX_FIELDS];
    fields[MESSAGE_VERSION] = number(2, IPC_VERSION_V5);
    fields[MESSAGE_HEADER_TYPE] = number(1, header);
    fields[MESSAGE_HEADER] = number(4, 0);
    fields[MESSAGE_BODY_LENGTH] = number(8, (int64_t)body_length);
    fb_link(w, w->start, fb_write_table(w, fields, 4, slots));
    return slots[MESSAGE_HEADER];
}

/* Continuation mark and size go in front; the size includes padding to 8 bytes. */
static size_t begin_encapsulated(struct buffer *out)
{
    size_t start = out->len;
    buffer_u32(out, IPC_CONTINUATION);
    buffer_u32(out, 0);
    return start;
}

static void end_encapsulated(struct buffer *out, size_t start)
{
    size_t size = out->len - start;
    buffer_fill(out, 0, (8 - (size & 7)) & 7);
    buffer_patch_u32(out, start + 4, (uint32_t)(out->len - start - 8));
}

inlay_status ipc_write_schema(const struct schema *schema, struct buffer *out, inlay_error *err)
{
    struct fb_writer w;
    struct fb_field fields[2] = {{0, 0}};
    size_t slots[FB_MAX_FIELDS];
    size_t start = begin_encapsulated(out);
    size_t header;
    fb_writer_init(&w, out);
    header = write_message(&w, IPC_SCHEMA, 0);
    fields[SCHEMA_ENDIANNESS] = number(2, 0); /* little */
    fields[SCHEMA_FIELDS] = number(4, 0);
    fb_link(&w, header, fb_write_table(&w, fields, 2, slots));
    INLAY_TRY(write_fields(&w, schema->fields, schema->count, slots[SCHEMA_FIELDS], err));
    end_encapsulated(out, start);
    return buffer_status(out, err);
}

/* ---- record batches ---- */

struct pairs { /* growing list of two int64 per item */
    int64_t *items;
    size_t capacity;
    uint32_t count;
};

/* Body and description of one batch. */
struct batch_writer {
    struct buffer body;
    struct pairs nodes;   /* length, null count */
    struct pairs buffers; /* offset, length */
    bool no_memory;
};

static void push_pair(struct batch_writer *b, struct pairs *pairs, int64_t first, int64_t second)
{
    void *items = pairs->items;
    size_t at = 2 * (size_t)pairs->count;
    if (b->no_memory || !mem_grow(&items, &pairs->capacity, at + 2, sizeof(int64_t))) {
        b->no_memory = true;
        return;
    }
    pairs->items = items;
    pairs->items[at] = first;
    pairs->items[at + 1] = second;
    pairs->count++;
}

/* Notes what was appended to the body since `start` as a buffer, and pads. */
static void end_buffer(struct batch_writer *b, size_t start)
{
    push_pair(b, &b->buffers, (int64_t)start, (int64_t)(b->body.len - start));
    buffer_align(&b->body, 8);
}

/* Bits [offset, offset + count) moved to bit 0; the rest of the last byte is zero. */
static void write_bits(struct batch_writer *b, const uint8_t *bits, int64_t offset, int64_t count)
{
    size_t start = b->body.len;
    size_t bytes = (size_t)((count + 7) / 8);
    uint8_t *out = buffer_extend(&b->body, bytes);
    int64_t i;
    if (out != NULL && bytes != 0) {
        if ((offset & 7) == 0) {
            memcpy(out, bits + (offset >> 3), bytes);
            if ((count & 7) != 0) {
                out[bytes - 1] &= (uint8_t)((1u << (count & 7)) - 1);
            }
        } else {
            memset(out, 0, bytes);
            for (i = 0; i < count; i++) {
                out[i >> 3] |= (uint8_t)(bitmap_get(bits, offset + i) << (i & 7));
            }
        }
    }
    end_buffer(b, start);
}

static int64_t offset_of(const struct array_view *v, int64_t i)
{
    return v->wide_offsets ? (int64_t)load_u64(v->offsets + 8 * i)
                           : (int32_t)load_u32(v->offsets + 4 * i);
}

/* Offsets rebased to 0; *begin and *end are what they span in the old numbering. */
static void write_offsets(struct batch_writer *b, const struct array_view *v, int64_t first,
                          int64_t count, int64_t *begin, int64_t *end)
{
    size_t start = b->body.len;
    int64_t i;
    *begin = count != 0 ? offset_of(v, first) : 0;
    *end = count != 0 ? offset_of(v, first + count) : 0;
    for (i = 0; i <= count; i++) {
        int64_t offset = count != 0 ? offset_of(v, first + i) - *begin : 0;
        if (v->wide_offsets) {
            buffer_u64(&b->body, (uint64_t)offset);
        } else {
            buffer_u32(&b->body, (uint32_t)offset);
        }
    }
    end_buffer(b, start);
}

static void write_bytes(struct batch_writer *b, const uint8_t *data, uint64_t length)
{
    size_t start = b->body.len;
    buffer_append(&b->body, data, (size_t)length);
    end_buffer(b, start);
}

static inlay_status write_rows(struct batch_writer *b, const struct array_view *v, int64_t first,
                               int64_t count, inlay_error *err);

/* Dictionaries and views are materialised first. */
static inlay_status write_as_plain(struct batch_writer *b, const struct array_view *v,
                                   int64_t first, int64_t count, inlay_error *err)
{
    struct builder *builder = NULL;
    struct ArrowArray array = {0};
    struct array_view plain = {0};
    inlay_status status;
    INLAY_TRY_GOTO(status, builder_new(v->field, UINT64_MAX, &builder, err), cleanup);
    INLAY_TRY_GOTO(status, builder_append(builder, v, first, count, err), cleanup);
    INLAY_TRY_GOTO(status, builder_finish(builder, &array, err), cleanup);
    INLAY_TRY_GOTO(status,
                   array_view_open(builder_field(builder), &array, ARRAY_CHECK_STRUCTURE,
                                   INLAY_INTERNAL, &plain, err),
                   cleanup);
    status = write_rows(b, &plain, 0, count, err);
cleanup:
    array_view_close(&plain);
    array_release(&array);
    builder_free(builder);
    return status;
}

static inlay_status write_children(struct batch_writer *b, const struct array_view *v,
                                   int64_t first, int64_t count, inlay_error *err)
{
    size_t i;
    for (i = 0; i < v->child_count; i++) {
        INLAY_TRY(write_rows(b, &v->children[i], first, count, err));
    }
    return INLAY_OK;
}

static int64_t nulls_in(const struct array_view *v, int64_t first, int64_t count)
{
    int64_t nulls = 0;
    int64_t i;
    if (v->null_count == 0 || (first == 0 && count == v->length)) {
        return v->null_count;
    }
    for (i = first; i < first + count; i++) {
        nulls += array_view_is_null(v, i);
    }
    return nulls;
}

static inlay_status write_values(struct batch_writer *b, const struct array_view *v, int64_t first,
                                 int64_t count, inlay_error *err)
{
    int64_t begin;
    int64_t end;
    switch (v->field->type) {
    case COLUMN_BOOL:
        write_bits(b, v->values, v->bit_offset + first, count);
        return INLAY_OK;
    case COLUMN_UTF8:
    case COLUMN_LARGE_UTF8:
    case COLUMN_BINARY:
    case COLUMN_LARGE_BINARY:
        write_offsets(b, v, first, count, &begin, &end);
        write_bytes(b, begin == end ? NULL : v->data + begin, (uint64_t)(end - begin));
        return INLAY_OK;
    case COLUMN_LIST:
    case COLUMN_LARGE_LIST:
        write_offsets(b, v, first, count, &begin, &end);
        return write_children(b, v, begin, end - begin, err);
    case COLUMN_FIXED_LIST:
        return write_children(b, v, first * v->field->width, count * v->field->width, err);
    case COLUMN_STRUCT:
        return write_children(b, v, first, count, err);
    default:
        write_bytes(b, count == 0 ? NULL : v->values + (uint64_t)first * v->width,
                    (uint64_t)count * v->width);
        return INLAY_OK;
    }
}

static inlay_status write_rows(struct batch_writer *b, const struct array_view *v, int64_t first,
                               int64_t count, inlay_error *err)
{
    int64_t nulls;
    if (v->codes != NULL || v->field->view) {
        return write_as_plain(b, v, first, count, err);
    }
    nulls = nulls_in(v, first, count);
    push_pair(b, &b->nodes, count, nulls);
    if (v->field->type == COLUMN_NULL) {
        return INLAY_OK;
    }
    if (nulls != 0) {
        write_bits(b, v->validity, v->bit_offset + first, count);
    } else {
        write_bytes(b, NULL, 0); /* an absent bitmap: no nulls */
    }
    return write_values(b, v, first, count, err);
}

static void write_batch_header(struct batch_writer *b, int64_t rows, struct buffer *out)
{
    struct fb_writer w;
    struct fb_field fields[3];
    size_t slots[FB_MAX_FIELDS];
    size_t start = begin_encapsulated(out);
    size_t header;
    fb_writer_init(&w, out);
    header = write_message(&w, IPC_RECORD_BATCH, b->body.len);
    fields[BATCH_LENGTH] = number(8, rows);
    fields[BATCH_NODES] = number(4, 0);
    fields[BATCH_BUFFERS] = number(4, 0);
    fb_link(&w, header, fb_write_table(&w, fields, 3, slots));
    fb_link(&w, slots[BATCH_NODES], fb_write_pair_vector(&w, b->nodes.items, b->nodes.count));
    fb_link(&w, slots[BATCH_BUFFERS], fb_write_pair_vector(&w, b->buffers.items, b->buffers.count));
    end_encapsulated(out, start);
}

inlay_status ipc_writer_batch(struct ipc_writer *writer, const struct ArrowArray *batch,
                              inlay_error *err)
{
    struct batch_writer b;
    struct array_view view;
    struct buffer header;
    inlay_status status;
    memset(&b, 0, sizeof(b));
    buffer_init(&b.body, SIZE_MAX);
    buffer_init(&header, INT32_MAX);
    INLAY_TRY(array_view_open_batch(writer->schema, batch, ARRAY_CHECK_STRUCTURE,
                                    INLAY_INVALID_ARGUMENT, &view, err));
    INLAY_TRY_GOTO(status, write_children(&b, &view, 0, view.length, err), cleanup);
    if (b.no_memory) {
        status = error_no_memory(err);
        goto cleanup;
    }
    INLAY_TRY_GOTO(status, buffer_status(&b.body, err), cleanup);
    write_batch_header(&b, view.length, &header);
    INLAY_TRY_GOTO(status, buffer_status(&header, err), cleanup);
    INLAY_TRY_GOTO(status, byte_sink_write(writer->sink, header.data, header.len, err), cleanup);
    status = byte_sink_write(writer->sink, b.body.data, b.body.len, err);
cleanup:
    array_view_close(&view);
    mem_free(b.nodes.items);
    mem_free(b.buffers.items);
    buffer_free(&b.body);
    buffer_free(&header);
    return status;
}

inlay_status ipc_writer_begin(struct ipc_writer *writer, const struct schema *schema,
                              struct byte_sink *sink, inlay_error *err)
{
    struct buffer message;
    inlay_status status;
    writer->sink = sink;
    writer->schema = schema;
    buffer_init(&message, INT32_MAX);
    status = ipc_write_schema(schema, &message, err);
    if (status == INLAY_OK) {
        status = byte_sink_write(sink, message.data, message.len, err);
    }
    buffer_free(&message);
    return status;
}

inlay_status ipc_writer_end(struct ipc_writer *writer, inlay_error *err)
{
    static const uint8_t mark[8] = {0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0};
    return byte_sink_write(writer->sink, mark, sizeof(mark), err);
}
