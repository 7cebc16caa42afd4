/* SPDX-License-Identifier: Apache-2.0 */
/* Compact protocol: a field header is one byte (id delta, type) with the id as a zigzag varint when
 * the delta does not fit four bits; integers are zigzag varints; a list header packs a small count
 * with the element type. */
#include "parquet/thrift.h"

static int64_t zigzag_decode(uint64_t v)
{
    return (int64_t)(v >> 1) ^ -(int64_t)(v & 1);
}

static uint64_t zigzag_encode(int64_t v)
{
    return ((uint64_t)v << 1) ^ (uint64_t)(v >> 63);
}

static int64_t read_zigzag(struct reader *r, int64_t min, int64_t max)
{
    int64_t value = zigzag_decode(reader_varint(r));
    if (value < min || value > max) {
        reader_fail(r, "Thrift integer out of range of its type");
        return 0;
    }
    return value;
}

bool thrift_next_field(struct reader *r, struct thrift_field *field)
{
    uint8_t header = reader_u8(r);
    unsigned delta = header >> 4;
    field->type = (enum thrift_type)(header & 15);
    if (!reader_ok(r) || field->type == THRIFT_STOP) {
        return false;
    }
    if ((header & 15) > THRIFT_UUID) {
        reader_fail(r, "unknown Thrift type");
        return false;
    }
    field->id =
        delta != 0 ? field->id + (int32_t)delta : (int32_t)read_zigzag(r, INT16_MIN, INT16_MAX);
    if (field->id > INT16_MAX) {
        reader_fail(r, "Thrift field id out of range");
    }
    return reader_ok(r);
}

static uint32_t read_list_header(struct reader *r, unsigned *element)
{
    uint8_t header = reader_u8(r);
    uint64_t count = header >> 4;
    *element = header & 15;
    if (count == 15) {
        count = reader_varint(r);
    }
    if (count > reader_left(r)) {
        reader_fail(r, "Thrift list is longer than the data");
        return 0;
    }
    return (uint32_t)count;
}

static void skip_value(struct reader *r, unsigned type, unsigned depth);

static void skip_struct(struct reader *r, unsigned depth)
{
    struct thrift_field field = {0, THRIFT_STOP};
    while (thrift_next_field(r, &field)) {
        /* The value of a boolean field is in its header. */
        if (field.type != THRIFT_TRUE && field.type != THRIFT_FALSE) {
            skip_value(r, field.type, depth + 1);
        }
    }
}

static void skip_list(struct reader *r, unsigned depth)
{
    unsigned element;
    uint32_t count = read_list_header(r, &element);
    for (; count != 0 && reader_ok(r); count--) {
        skip_value(r, element, depth + 1);
    }
}

static void skip_map(struct reader *r, unsigned depth)
{
    uint64_t count = reader_varint_max(r, reader_left(r));
    uint8_t types = count != 0 ? reader_u8(r) : 0;
    for (; count != 0 && reader_ok(r); count--) {
        skip_value(r, types >> 4, depth + 1);
        skip_value(r, types & 15, depth + 1);
    }
}

static void skip_value(struct reader *r, unsigned type, unsigned depth)
{
    if (depth > THRIFT_MAX_DEPTH) {
        reader_fail(r, "Thrift values are nested too deeply");
        return;
    }
    switch (type) {
    case THRIFT_TRUE: /* as an element: one byte */
    case THRIFT_FALSE:
    case THRIFT_BYTE:
        reader_skip(r, 1);
        break;
    case THRIFT_I16:
    case THRIFT_I32:
    case THRIFT_I64:
        (void)reader_varint(r);
        break;
    case THRIFT_DOUBLE:
        reader_skip(r, 8);
        break;
    case THRIFT_BINARY:
        reader_skip(r, (size_t)reader_varint_max(r, SIZE_MAX));
        break;
    case THRIFT_LIST:
    case THRIFT_SET:
        skip_list(r, depth);
        break;
    case THRIFT_MAP:
        skip_map(r, depth);
        break;
    case THRIFT_STRUCT:
        skip_struct(r, depth);
        break;
    case THRIFT_UUID:
        reader_skip(r, 16);
        break;
    default:
        reader_fail(r, "unknown Thrift type");
    }
}

void thrift_skip_field(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_TRUE && field->type != THRIFT_FALSE) {
        skip_value(r, field->type, 0);
    }
}

static bool expect(struct reader *r, const struct thrift_field *field, enum thrift_type type)
{
    if (field->type != type) {
        reader_fail(r, "Thrift field has another type than the format says");
    }
    return reader_ok(r);
}

bool thrift_field_bool(struct reader *r, const struct thrift_field *field)
{
    if (field->type != THRIFT_TRUE) {
        (void)expect(r, field, THRIFT_FALSE);
    }
    return field->type == THRIFT_TRUE;
}

int8_t thrift_field_i8(struct reader *r, const struct thrift_field *field)
{
    return expect(r, field, THRIFT_BYTE) ? (int8_t)reader_u8(r) : 0;
}

int16_t thrift_field_i16(struct reader *r, const struct thrift_field *field)
{
    return expect(r, field, THRIFT_I16) ? (int16_t)read_zigzag(r, INT16_MIN, INT16_MAX) : 0;
}

int32_t thrift_field_i32(struct reader *r, const struct thrift_field *field)
{
    return expect(r, field, THRIFT_I32) ? thrift_element_i32(r) : 0;
}

int64_t thrift_field_i64(struct reader *r, const struct thrift_field *field)
{
    return expect(r, field, THRIFT_I64) ? thrift_element_i64(r) : 0;
}

const uint8_t *thrift_field_binary(struct reader *r, const struct thrift_field *field,
                                   size_t *length)
{
    *length = 0;
    return expect(r, field, THRIFT_BINARY) ? thrift_element_binary(r, length) : NULL;
}

void thrift_field_struct(struct reader *r, const struct thrift_field *field)
{
    (void)expect(r, field, THRIFT_STRUCT);
}

uint32_t thrift_field_list(struct reader *r, const struct thrift_field *field,
                           enum thrift_type element)
{
    unsigned found;
    uint32_t count;
    if (!expect(r, field, THRIFT_LIST)) {
        return 0;
    }
    count = read_list_header(r, &found);
    /* Writers differ in which of the two boolean types they name. */
    if (found == THRIFT_FALSE) {
        found = THRIFT_TRUE;
    }
    if (count != 0 && found != (unsigned)element) {
        reader_fail(r, "Thrift list has another element type than the format says");
        return 0;
    }
    return count;
}

bool thrift_element_bool(struct reader *r)
{
    uint8_t value = reader_u8(r);
    if (value > THRIFT_FALSE) { /* 0 and 2 are false in the wild, 1 is true */
        reader_fail(r, "Thrift boolean is neither true nor false");
    }
    return value == THRIFT_TRUE;
}

int32_t thrift_element_i32(struct reader *r)
{
    return (int32_t)read_zigzag(r, INT32_MIN, INT32_MAX);
}

int64_t thrift_element_i64(struct reader *r)
{
    return zigzag_decode(reader_varint(r));
}

const uint8_t *thrift_element_binary(struct reader *r, size_t *length)
{
    const uint8_t *bytes;
    *length = (size_t)reader_varint_max(r, SIZE_MAX);
    bytes = reader_bytes(r, *length);
    if (bytes == NULL) {
        *length = 0;
    }
    return bytes;
}

struct thrift_struct thrift_struct_begin(struct buffer *out)
{
    struct thrift_struct s = {out, 0};
    return s;
}

void thrift_struct_end(struct thrift_struct *s)
{
    buffer_u8(s->out, THRIFT_STOP);
}

static void put_header(struct thrift_struct *s, int32_t id, enum thrift_type type)
{
    int32_t delta = id - s->last_id;
    if (delta >= 1 && delta <= 15) {
        buffer_u8(s->out, (uint8_t)((unsigned)delta << 4 | (unsigned)type));
    } else {
        buffer_u8(s->out, (uint8_t)type);
        buffer_varint(s->out, zigzag_encode(id));
    }
    s->last_id = id;
}

struct thrift_struct thrift_put_struct(struct thrift_struct *s, int32_t id)
{
    put_header(s, id, THRIFT_STRUCT);
    return thrift_struct_begin(s->out);
}

void thrift_put_empty_struct(struct thrift_struct *s, int32_t id)
{
    struct thrift_struct empty = thrift_put_struct(s, id);
    thrift_struct_end(&empty);
}

void thrift_put_bool(struct thrift_struct *s, int32_t id, bool value)
{
    put_header(s, id, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_put_i8(struct thrift_struct *s, int32_t id, int8_t value)
{
    put_header(s, id, THRIFT_BYTE);
    buffer_u8(s->out, (uint8_t)value);
}

void thrift_put_i16(struct thrift_struct *s, int32_t id, int16_t value)
{
    put_header(s, id, THRIFT_I16);
    buffer_varint(s->out, zigzag_encode(value));
}

void thrift_put_i32(struct thrift_struct *s, int32_t id, int32_t value)
{
    put_header(s, id, THRIFT_I32);
    buffer_varint(s->out, zigzag_encode(value));
}

void thrift_put_i64(struct thrift_struct *s, int32_t id, int64_t value)
{
    put_header(s, id, THRIFT_I64);
    buffer_varint(s->out, zigzag_encode(value));
}

void thrift_put_binary(struct thrift_struct *s, int32_t id, const void *data, size_t length)
{
    put_header(s, id, THRIFT_BINARY);
    thrift_add_binary(s->out, data, length);
}

void thrift_put_list(struct thrift_struct *s, int32_t id, enum thrift_type element, size_t count)
{
    put_header(s, id, THRIFT_LIST);
    if (count < 15) {
        buffer_u8(s->out, (uint8_t)((unsigned)count << 4 | (unsigned)element));
    } else {
        buffer_u8(s->out, (uint8_t)(0xf0u | (unsigned)element));
        buffer_varint(s->out, count);
    }
}

void thrift_add_bool(struct buffer *out, bool value)
{
    buffer_u8(out, value ? THRIFT_TRUE : THRIFT_FALSE);
}

void thrift_add_i32(struct buffer *out, int32_t value)
{
    buffer_varint(out, zigzag_encode(value));
}

void thrift_add_i64(struct buffer *out, int64_t value)
{
    buffer_varint(out, zigzag_encode(value));
}

void thrift_add_binary(struct buffer *out, const void *data, size_t length)
{
    buffer_varint(out, length);
    buffer_append(out, data, length);
}
