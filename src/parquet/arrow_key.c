/* SPDX-License-Identifier: Apache-2.0 */
#include "parquet/arrow_key.h"

#include "base/error.h"
#include "columnar/ipc_reader.h"
#include "columnar/ipc_writer.h"

#include <string.h>

#define KEY_CAP ((size_t)256 << 20)

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static void encode_base64(const uint8_t *data, size_t size, struct buffer *out)
{
    size_t i;
    for (i = 0; i < size; i += 3) {
        size_t left = size - i;
        uint32_t bits = (uint32_t)data[i] << 16;
        bits |= left > 1 ? (uint32_t)data[i + 1] << 8 : 0;
        bits |= left > 2 ? data[i + 2] : 0;
        buffer_u8(out, (uint8_t)digits[bits >> 18]);
        buffer_u8(out, (uint8_t)digits[bits >> 12 & 63]);
        buffer_u8(out, left > 1 ? (uint8_t)digits[bits >> 6 & 63] : '=');
        buffer_u8(out, left > 2 ? (uint8_t)digits[bits & 63] : '=');
    }
}

static int digit_value(uint8_t c)
{
    const char *found = c != 0 ? strchr(digits, c) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

/* False when the text is not base64. */
static bool decode_base64(struct parquet_bytes text, struct buffer *out)
{
    size_t length = text.length;
    uint32_t bits = 0;
    unsigned filled = 0;
    size_t i;
    while (length > 0 && text.data[length - 1] == '=' && text.length - length < 2) {
        length--;
    }
    for (i = 0; i < length; i++) {
        int value = digit_value(text.data[i]);
        if (value < 0) {
            return false;
        }
        bits = bits << 6 | (uint32_t)value;
        filled += 6;
        if (filled >= 8) {
            filled -= 8;
            buffer_u8(out, (uint8_t)(bits >> filled));
        }
    }
    return out->status == INLAY_OK;
}

static void drop_views(struct field *field)
{
    size_t i;
    field->view = false;
    for (i = 0; i < field->child_count; i++) {
        drop_views(&field->children[i]);
    }
}

inlay_status arrow_key_encode(const struct schema *schema, struct buffer *out, inlay_error *err)
{
    struct schema plain;
    struct buffer message;
    inlay_status status;
    size_t i;
    buffer_init(&message, KEY_CAP);
    INLAY_TRY(schema_copy(schema, &plain, err));
    for (i = 0; i < plain.count; i++) {
        drop_views(&plain.fields[i]);
    }
    status = ipc_write_schema(&plain, &message, err);
    if (status == INLAY_OK) {
        encode_base64(message.data, message.len, out);
        status = buffer_status(out, err);
    }
    buffer_free(&message);
    schema_free(&plain);
    return status;
}

inlay_status arrow_key_refine(struct schema_map *map, const struct parquet_file_metadata *metadata,
                              inlay_error *err)
{
    const struct parquet_key_value *entry = parquet_key_value_find(metadata, ARROW_SCHEMA_KEY);
    struct schema original = {0};
    struct buffer message;
    inlay_status status = INLAY_OK;
    if (entry == NULL || entry->value.data == NULL) {
        return INLAY_OK;
    }
    buffer_init(&message, KEY_CAP);
    if (decode_base64(entry->value, &message)) {
        status = ipc_read_schema(message.data, message.len, &original, err);
        if (status == INLAY_OK) {
            status = schema_map_refine(map, &original, err);
        }
    }
    if (message.status == INLAY_NO_MEMORY) {
        status = error_no_memory(err);
    }
    schema_free(&original);
    buffer_free(&message);
    return status == INLAY_NO_MEMORY ? status : INLAY_OK;
}
