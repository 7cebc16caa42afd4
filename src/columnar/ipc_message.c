/* SPDX-License-Identifier: Apache-2.0 */
#include "columnar/ipc_message.h"

#include "base/alloc.h"
#include "base/bytes.h"
#include "base/checked.h"
#include "base/error.h"
#include "columnar/utf8.h"

#include <string.h>

inlay_status ipc_corrupt(uint64_t offset, const char *what, inlay_error *err)
{
    inlay_status status = error_set(err, INLAY_CORRUPT, "Arrow IPC stream, byte %llu: %s",
                                    (unsigned long long)offset, what);
    error_offset(err, offset);
    return status;
}

inlay_status ipc_message_status(const struct ipc_message *message, inlay_error *err)
{
    const struct fb_reader *r = &message->metadata;
    return r->fail_what == NULL ? INLAY_OK : ipc_corrupt(r->fail_offset, r->fail_what, err);
}

/* The size in front of a message: with the continuation mark, or without (before Arrow 0.15). */
static inlay_status read_size(struct ipc_stream *s, uint32_t *size, inlay_error *err)
{
    size_t left = s->size - s->position;
    *size = 0;
    if (left == 0) {
        return INLAY_OK;
    }
    if (left < 4) {
        return ipc_corrupt(s->position, "the stream is cut off inside a message", err);
    }
    *size = load_u32(s->data + s->position);
    s->position += 4;
    if (*size == IPC_CONTINUATION) {
        if (left < 8) {
            return ipc_corrupt(s->position, "the stream is cut off inside a message", err);
        }
        *size = load_u32(s->data + s->position);
        s->position += 4;
    }
    return INLAY_OK;
}

static inlay_status read_header(struct ipc_message *m, int64_t *body_length, inlay_error *err)
{
    struct fb_table message = fb_root(&m->metadata);
    int16_t version = fb_i16(&message, MESSAGE_VERSION, 0);
    m->type = fb_u8(&message, MESSAGE_HEADER_TYPE, 0);
    m->header = fb_child(&message, MESSAGE_HEADER);
    *body_length = fb_i64(&message, MESSAGE_BODY_LENGTH, 0);
    INLAY_TRY(ipc_message_status(m, err));
    if (version != IPC_VERSION_V4 && version != IPC_VERSION_V5) {
        return error_set(err, INLAY_UNSUPPORTED,
                         "Arrow IPC metadata version %d; V4 and V5 are read", version + 1);
    }
    if (!fb_present(&m->header)) {
        return ipc_corrupt(m->metadata.base_offset, "a message without a header", err);
    }
    return INLAY_OK;
}

inlay_status ipc_message_next(struct ipc_stream *s, struct ipc_message *out, inlay_error *err)
{
    uint32_t size;
    int64_t body_length;
    INLAY_TRY(read_size(s, &size, err));
    if (size == 0) {
        s->ended = true;
        return INLAY_OK;
    }
    if (!range_inside(s->position, size, s->size)) {
        return ipc_corrupt(s->position, "the metadata is longer than the stream", err);
    }
    memset(out, 0, sizeof(*out));
    fb_reader_init(&out->metadata, s->data + s->position, size, s->position);
    INLAY_TRY(read_header(out, &body_length, err));
    s->position += size;
    if (body_length < 0 || !range_inside(s->position, (uint64_t)body_length, s->size)) {
        return ipc_corrupt(s->position, "the body is longer than the stream", err);
    }
    out->body = s->data + s->position;
    out->body_size = (size_t)body_length;
    out->body_offset = s->position;
    s->position += (size_t)body_length;
    return INLAY_OK;
}

/* ---- schema ---- */

struct schema_reader {
    struct ipc_message *message;
    struct ipc_dictionary_ids *ids;
    /* Offsets may share tables, so that few bytes could describe endlessly many fields. */
    size_t *fields_left;
    inlay_error *err;
};

static inlay_status unsupported(const struct schema_reader *s, const struct field *field,
                                const char *what)
{
    return error_set(s->err, INLAY_UNSUPPORTED, "Arrow IPC column \"%.200s\": %s is not supported",
                     field->name, what);
}

static inlay_status read_text(const struct schema_reader *s, const struct fb_table *table,
                              int index, char **out)
{
    uint32_t length;
    const char *text = fb_string(table, index, &length);
    if (text != NULL && (!utf8_valid(text, length) || memchr(text, '\0', length) != NULL)) {
        return ipc_corrupt(s->message->metadata.base_offset, "a name is not valid UTF-8", s->err);
    }
    *out = mem_strndup(text, length);
    return *out != NULL ? INLAY_OK : error_no_memory(s->err);
}

static enum column_type int_type(const struct fb_table *table)
{
    bool is_signed = fb_u8(table, 1, 0) != 0;
    switch (fb_i32(table, 0, 0)) {
    case 8:
        return is_signed ? COLUMN_INT8 : COLUMN_UINT8;
    case 16:
        return is_signed ? COLUMN_INT16 : COLUMN_UINT16;
    case 32:
        return is_signed ? COLUMN_INT32 : COLUMN_UINT32;
    case 64:
        return is_signed ? COLUMN_INT64 : COLUMN_UINT64;
    default:
        return COLUMN_INTERVAL;
    }
}

/* Types without a unit or a time zone; COLUMN_INTERVAL when it is none. */
static enum column_type plain_type(enum ipc_type type)
{
    switch (type) {
    case TYPE_NULL:
        return COLUMN_NULL;
    case TYPE_BOOL:
        return COLUMN_BOOL;
    case TYPE_BINARY:
    case TYPE_BINARY_VIEW:
        return COLUMN_BINARY;
    case TYPE_UTF8:
    case TYPE_UTF8_VIEW:
        return COLUMN_UTF8;
    case TYPE_LARGE_BINARY:
        return COLUMN_LARGE_BINARY;
    case TYPE_LARGE_UTF8:
        return COLUMN_LARGE_UTF8;
    case TYPE_LIST:
    case TYPE_MAP:
        return COLUMN_LIST;
    case TYPE_LARGE_LIST:
        return COLUMN_LARGE_LIST;
    case TYPE_STRUCT:
        return COLUMN_STRUCT;
    default:
        return COLUMN_INTERVAL;
    }
}

static inlay_status read_unit(const struct schema_reader *s, const struct fb_table *table,
                              int16_t absent, struct field *out)
{
    int16_t unit = fb_i16(table, 0, absent);
    if (unit < 0 || unit > UNIT_NANO) {
        return ipc_corrupt(s->message->metadata.base_offset, "a bad time unit", s->err);
    }
    out->unit = (enum time_unit)unit;
    return INLAY_OK;
}

static inlay_status read_time(const struct schema_reader *s, const struct fb_table *table,
                              struct field *out)
{
    int32_t bits = fb_i32(table, 1, 32);
    INLAY_TRY(read_unit(s, table, UNIT_MILLI, out));
    out->type = out->unit <= UNIT_MILLI ? COLUMN_TIME32 : COLUMN_TIME64;
    if (bits != (out->type == COLUMN_TIME32 ? 32 : 64)) {
        return ipc_corrupt(s->message->metadata.base_offset, "a time with a wrong width", s->err);
    }
    return INLAY_OK;
}

static inlay_status read_decimal(const struct schema_reader *s, const struct fb_table *table,
                                 struct field *out)
{
    out->type = COLUMN_DECIMAL128;
    out->precision = fb_i32(table, 0, 0);
    out->scale = fb_i32(table, 1, 0);
    if (fb_i32(table, 2, 128) != 128) {
        return unsupported(s, out, "a decimal that is not 128 bits wide");
    }
    if (out->precision < 1 || out->precision > 38 || out->scale < 0 ||
        out->scale > out->precision) {
        return unsupported(s, out, "this precision and scale of a decimal");
    }
    return INLAY_OK;
}

static inlay_status read_width(const struct schema_reader *s, const struct fb_table *table,
                               enum column_type type, struct field *out)
{
    out->type = type;
    out->width = fb_i32(table, 0, 0);
    return out->width > 0 ? INLAY_OK : unsupported(s, out, "a width below 1");
}

static inlay_status read_type(const struct schema_reader *s, enum ipc_type type,
                              const struct fb_table *table, struct field *out)
{
    int16_t code = fb_i16(table, 0, 0);
    switch (type) {
    case TYPE_INT:
        out->type = int_type(table);
        break;
    case TYPE_FLOAT:
        out->type =
            code >= 0 && code <= 2 ? (enum column_type)(COLUMN_FLOAT16 + code) : COLUMN_INTERVAL;
        break;
    case TYPE_DECIMAL:
        return read_decimal(s, table, out);
    case TYPE_DATE:
        out->type = fb_i16(table, 0, 1) == 0 ? COLUMN_DATE32 : COLUMN_DATE64;
        break;
    case TYPE_TIME:
        return read_time(s, table, out);
    case TYPE_TIMESTAMP:
        out->type = COLUMN_TIMESTAMP;
        INLAY_TRY(read_text(s, table, 1, &out->timezone));
        if (out->timezone[0] == '\0') { /* absent, or empty, which means the same */
            (void)field_set_timezone(out, NULL);
        }
        return read_unit(s, table, UNIT_SECOND, out);
    case TYPE_DURATION:
        out->type = COLUMN_DURATION;
        return read_unit(s, table, UNIT_MILLI, out);
    case TYPE_FIXED_BINARY:
        return read_width(s, table, COLUMN_FIXED_BINARY, out);
    case TYPE_FIXED_LIST:
        return read_width(s, table, COLUMN_FIXED_LIST, out);
    default:
        out->type = plain_type(type);
        out->view = type == TYPE_BINARY_VIEW || type == TYPE_UTF8_VIEW;
        break;
    }
    if (out->type == COLUMN_DATE64) {
        out->unit = UNIT_MILLI;
    }
    return out->type != COLUMN_INTERVAL ? INLAY_OK : unsupported(s, out, "its type");
}

static inlay_status read_dictionary(const struct schema_reader *s, const struct fb_table *encoding,
                                    struct field *out)
{
    struct fb_table index = fb_child(encoding, ENCODING_INDEX_TYPE);
    enum column_type type = fb_present(&index) ? int_type(&index) : COLUMN_INT32;
    void *ids;
    if (column_type_is_nested(out->type) || out->type == COLUMN_NULL) {
        return unsupported(s, out, "a dictionary of nested values");
    }
    if (type == COLUMN_INTERVAL) {
        return unsupported(s, out, "the index type of its dictionary");
    }
    out->dictionary = true;
    out->index_type = type == COLUMN_INT32 ? COLUMN_NULL : type;
    if (s->ids == NULL) {
        return INLAY_OK;
    }
    ids = s->ids->ids;
    if (!mem_grow(&ids, &s->ids->capacity, s->ids->count + 1, sizeof(int64_t))) {
        return error_no_memory(s->err);
    }
    s->ids->ids = ids;
    s->ids->ids[s->ids->count++] = fb_i64(encoding, ENCODING_ID, 0);
    return INLAY_OK;
}

static inlay_status read_fields(const struct schema_reader *s, const struct fb_table *table,
                                int index, int depth, struct field **fields, size_t *count);

static inlay_status read_field(const struct schema_reader *s, const struct fb_table *table,
                               int depth, struct field *out)
{
    struct fb_table type = fb_child(table, FIELD_TYPE);
    struct fb_table encoding = fb_child(table, FIELD_DICTIONARY);
    bool list;
    INLAY_TRY(read_text(s, table, FIELD_NAME, &out->name));
    INLAY_TRY(ipc_message_status(s->message, s->err));
    out->nullable = fb_u8(table, FIELD_NULLABLE, 0) != 0;
    INLAY_TRY(read_type(s, fb_u8(table, FIELD_TYPE_TYPE, 0), &type, out));
    if (fb_present(&encoding)) {
        INLAY_TRY(read_dictionary(s, &encoding, out));
    }
    INLAY_TRY(read_fields(s, table, FIELD_CHILDREN, depth + 1, &out->children, &out->child_count));
    list = column_type_is_nested(out->type) && out->type != COLUMN_STRUCT;
    if ((list && out->child_count != 1) ||
        (!column_type_is_nested(out->type) && out->child_count != 0)) {
        return ipc_corrupt(s->message->metadata.base_offset, "a type with wrong children", s->err);
    }
    return INLAY_OK;
}

static inlay_status read_fields(const struct schema_reader *s, const struct fb_table *table,
                                int index, int depth, struct field **fields, size_t *count)
{
    struct fb_vector vector = fb_vector(table, index, 4);
    uint32_t i;
    INLAY_TRY(ipc_message_status(s->message, s->err));
    if (vector.count == 0) {
        return INLAY_OK;
    }
    if (depth > SCHEMA_MAX_DEPTH) {
        return error_set(s->err, INLAY_UNSUPPORTED, "Arrow IPC types nested more than %d deep",
                         SCHEMA_MAX_DEPTH);
    }
    if (vector.count > *s->fields_left) {
        return ipc_corrupt(s->message->metadata.base_offset, "more fields than bytes", s->err);
    }
    *s->fields_left -= vector.count;
    *fields = mem_zalloc_array(vector.count, sizeof(**fields));
    if (*fields == NULL) {
        return error_no_memory(s->err);
    }
    for (i = 0; i < vector.count; i++) {
        struct fb_table field = fb_vector_table(&vector, i);
        INLAY_TRY(ipc_message_status(s->message, s->err));
        (*count)++;
        INLAY_TRY(read_field(s, &field, depth, &(*fields)[i]));
    }
    return INLAY_OK;
}

inlay_status ipc_schema_read(struct ipc_message *message, struct schema *out,
                             struct ipc_dictionary_ids *ids, inlay_error *err)
{
    size_t fields_left = message->metadata.size / 8; /* a field's table alone takes more */
    struct schema_reader s = {message, ids, &fields_left, err};
    inlay_status status;
    memset(out, 0, sizeof(*out));
    if (message->type != IPC_SCHEMA) {
        return ipc_corrupt(message->metadata.base_offset, "the first message is not a schema", err);
    }
    if (fb_i16(&message->header, SCHEMA_ENDIANNESS, 0) != 0) {
        return error_set(err, INLAY_UNSUPPORTED, "an Arrow IPC stream in big-endian byte order");
    }
    status = read_fields(&s, &message->header, SCHEMA_FIELDS, 0, &out->fields, &out->count);
    if (status == INLAY_OK) {
        status = ipc_message_status(message, err);
    }
    if (status != INLAY_OK) {
        schema_free(out);
    }
    return status;
}
